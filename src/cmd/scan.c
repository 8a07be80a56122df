/* akashi scan: Sigma rules over files, without a store. Batches go through the pipeline of parse,
 * with the rules in its workers; findings are summed up in order in the caller's thread.
 */
#include "cmd/alerts.h"

#include "query/when.h"

enum { KEPT_IN_TABLE = 3, KEPT_IN_PAGE = 100 };
/* Lines of a timeline wait for their order; sightings for all others. */
#define LINES_BYTES_MAX ((size_t)1 << 30)
#define SIGHTINGS_MAX ((size_t)1 << 22)

/* ---- options ---- */

static enum err read_format(struct scan *scan, struct diag *diag) {
	static const struct {
		struct str name;
		enum scan_format format;
	} names[] = {{STR_INIT("table"), SCAN_TABLE},
	             {STR_INIT("jsonl"), SCAN_JSONL},
	             {STR_INIT("csv"), SCAN_CSV},
	             {STR_INIT("html"), SCAN_HTML}};
	if (scan->args->format == NULL) {
		scan->format = scan->style.terminal ? SCAN_TABLE : SCAN_JSONL;
		return ERR_OK;
	}
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (str_eq(names[i].name, str_from(scan->args->format))) {
			scan->format = names[i].format;
			return ERR_OK;
		}
	}
	return diag_set(diag, ERR_INVALID, "--format wants table, jsonl, csv or html, not '%.40s'",
	                scan->args->format);
}

enum err scan_read_level(const struct args *args, enum sigma_level *out_level, struct diag *diag) {
	struct str text = str_from(args->level);
	for (int i = SIGMA_INFORMATIONAL; i < SIGMA_LEVEL_COUNT && text.len > 0; i++) {
		if (str_eq_nocase(str_from(sigma_level_name((enum sigma_level)i)), text)) {
			*out_level = (enum sigma_level)i;
			return ERR_OK;
		}
	}
	return text.len == 0 ? ERR_OK
	                     : diag_set(diag, ERR_INVALID,
	                                "--level wants informational, low, medium, high or critical, "
	                                "not '%.40s'",
	                                args->level);
}

static enum err read_time(const struct scan *scan, const char *text, int64_t *out_ns,
                          struct diag *diag) {
	const struct os *os = os_real();
	struct when when;
	if (text == NULL) {
		return ERR_OK;
	}
	TRY(when_parse(str_from(text), os->wall_ns(os->ctx), console_zone(&scan->style), &when, diag));
	*out_ns = when.ns;
	return ERR_OK;
}

/* Then the values are all that is given out. */
static enum err read_pivot(struct scan *scan, struct diag *diag) {
	if (scan->args->pivot && scan->format != SCAN_TABLE && scan->format != SCAN_JSONL) {
		return diag_set(diag, ERR_INVALID, "--pivot goes with the formats table and jsonl");
	}
	if (scan->args->pivot) {
		scan->pivot_lines = scan->format == SCAN_JSONL;
		scan->format = SCAN_TABLE;
	}
	if (scan->args->pivot || scan->format == SCAN_HTML) {
		scan->pivots = pivots_new();
	}
	return ERR_OK;
}

enum err scan_read_options(struct scan *scan, struct diag *diag) {
	TRY(console_style(scan->args, &scan->style, diag));
	TRY(read_format(scan, diag));
	TRY(read_pivot(scan, diag));
	TRY(scan_read_level(scan->args, &scan->level, diag));
	scan->from_ns = INT64_MIN;
	scan->to_ns = INT64_MAX;
	TRY(read_time(scan, scan->args->from, &scan->from_ns, diag));
	TRY(read_time(scan, scan->args->to, &scan->to_ns, diag));
	if (scan->args->threads > 1024) {
		return diag_set(diag, ERR_INVALID, "--threads wants at most 1024");
	}
	return ERR_OK;
}

/* ---- the pipeline ---- */

static void *worker_new(void *ctx) {
	return scan_worker_new(ctx);
}

static void worker_free(void *worker) {
	scan_worker_free(worker);
}

static void *work(void *ctx, void *worker, struct batch *batch) {
	return scan_batch(ctx, worker, batch);
}

static void take_findings(struct scan *scan, const struct scanned *scanned) {
	const struct finding *findings = (const struct finding *)(const void *)scanned->findings.ptr;
	for (size_t i = 0; i < scanned->findings.len / sizeof(*findings); i++) {
		findings_add(scan->findings, &findings[i],
		             render_offset(&scan->style, findings[i].time_ns));
		if (scan->alerts != NULL) {
			alerts_take(scan->alerts, &findings[i], STR(""));
		}
	}
	const struct scan_hit *hits = (const struct scan_hit *)(const void *)scanned->hits.ptr;
	for (size_t i = 0; i < scanned->hits.len / sizeof(*hits); i++) {
		alerts_hit(scan->alerts, hits[i].tree, hits[i].index);
	}
	scan->findings->records += scanned->records;
	scan->findings->records_hit += scanned->records_hit;
	scan->findings->bytes += scanned->bytes;
	scan->gave_up += scanned->gave_up;
	if (scanned->first_ns <= scanned->last_ns) {
		findings_time(scan->findings, scanned->first_ns);
		findings_time(scan->findings, scanned->last_ns);
	}
}

/* Their arena is kept with them. */
static void take_sightings(struct scan *scan, struct scanned *scanned) {
	struct sighting *rows = (struct sighting *)(void *)scanned->sightings.ptr;
	size_t count = scanned->sightings.len / sizeof(*rows);
	size_t known = scan->sightings.len / sizeof(*rows);
	if (count == 0) {
		return;
	}
	if (known >= SIGHTINGS_MAX) {
		scan->sightings_dropped += count;
		return;
	}
	for (size_t i = 0; i < count; i++) {
		rows[i].number = known + i;
	}
	buf_append(&scan->sightings, rows, count * sizeof(*rows));
	buf_append(&scan->arenas, &scanned->arena, sizeof(scanned->arena));
	scanned->arena = NULL;
}

/* Writes the lines of the timeline that are there, in order of time. */
static int by_time(const void *a, const void *b) {
	const struct scan_line *x = a;
	const struct scan_line *y = b;
	if (x->time_ns != y->time_ns) {
		return x->time_ns < y->time_ns ? -1 : 1;
	}
	return x->number < y->number ? -1 : x->number > y->number;
}

static enum err write_timeline(struct scan *scan) {
	struct scan_line *lines = (struct scan_line *)(void *)scan->order.ptr;
	size_t count = scan->order.len / sizeof(*lines);
	if (count > 0) {
		qsort(lines, count, sizeof(*lines), by_time);
	}
	for (size_t i = 0; i < count; i++) {
		TRY(output_write(scan->output, scan->lines.ptr + lines[i].offset, lines[i].len));
	}
	buf_clear(&scan->lines);
	buf_clear(&scan->order);
	return ERR_OK;
}

static enum err take_lines(struct scan *scan, const struct scanned *scanned) {
	const struct scan_line *lines = (const struct scan_line *)(const void *)scanned->order.ptr;
	if (scan->format == SCAN_JSONL) {
		return output_write(scan->output, scanned->out.ptr, scanned->out.len);
	}
	if (scan->lines.len + scanned->out.len > LINES_BYTES_MAX) {
		scan->lines_dropped++; /* not dropped: not in order with what follows */
		TRY(write_timeline(scan));
	}
	for (size_t i = 0; i < scanned->order.len / sizeof(*lines); i++) {
		struct scan_line line = lines[i];
		line.number = scan->order.len;
		line.offset += scan->lines.len;
		buf_append(&scan->order, &line, sizeof(line));
	}
	buf_append(&scan->lines, scanned->out.ptr, scanned->out.len);
	return ERR_OK;
}

enum err scan_take(struct scan *scan, struct scanned *scanned) {
	take_findings(scan, scanned);
	enum err err = take_lines(scan, scanned);
	scan->output_err = err;
	take_sightings(scan, scanned);
	scan_take_pivots(scan, scanned);
	scanned_free(scanned);
	return err;
}

static enum err finish(void *ctx, void *result, bool discard) {
	struct scan *scan = ctx;
	struct scanned *scanned = result;
	if (!discard) {
		return scan_take(scan, scanned);
	}
	scanned_free(scanned);
	return ERR_OK;
}

static enum err put(void *ctx, struct batch *batch) {
	struct scan *scan = ctx;
	return pipeline_put(scan->pipeline, batch);
}

/* ---- all ---- */

static enum err read_all(struct scan *scan) {
	struct args args = *scan->args;
	args.format = NULL; /* here it is the output's */
	scan->pipeline =
	    pipeline_new(&(struct pipeline_options){.workers = (uint32_t)scan->args->threads,
	                                            .ctx = scan,
	                                            .worker_new = worker_new,
	                                            .worker_free = worker_free,
	                                            .work = work,
	                                            .finish = finish});
	struct sink sink = {.ctx = scan, .put = put};
	enum err err = inputs_run(&scan->inputs, &args, &sink);
	enum err drain_err = pipeline_drain(scan->pipeline);
	pipeline_free(scan->pipeline);
	progress_end(&scan->inputs.progress);
	return err != ERR_OK ? err : drain_err;
}

/* Also after an interruption. */
enum err scan_write_rest(struct scan *scan, double seconds) {
	struct buf out = {0};
	enum err err = ERR_OK;
	scan->findings->files = scan->inputs.totals.files;
	scan_correlate(scan);
	if (scan->format == SCAN_CSV) {
		err = write_timeline(scan);
	} else if (scan->format == SCAN_JSONL) {
		err = output_write(scan->output, scan->lines.ptr, scan->lines.len);
	} else if (scan->format == SCAN_HTML) {
		scan_append_html(&out, scan);
		err = output_write(scan->output, out.ptr, out.len);
	} else if (scan->args->pivot) {
		scan_append_pivots(&out, scan);
		if (!scan->pivot_lines) {
			output_trust(scan->output); /* as below */
		}
		err = output_write(scan->output, out.ptr, out.len);
	} else {
		scan_append_table(&out, scan);
		scan_append_summary(&out, scan, seconds);
		output_trust(scan->output); /* what could steer the terminal was made safe */
		err = output_write(scan->output, out.ptr, out.len);
	}
	buf_deinit(&out);
	return err;
}

bool scan_tell_troubles(const struct scan *scan) {
	if (scan->lines_dropped > 0) {
		console_note("the timeline is too large to be put in order as a whole: it is in %llu parts",
		             (unsigned long long)scan->lines_dropped + 1);
	}
	if (scan->sightings_dropped > 0) {
		console_note("correlations left %llu events out: they are too many",
		             (unsigned long long)scan->sightings_dropped);
	}
	if (scan->pivots != NULL && pivots_left_out(scan->pivots) > 0) {
		console_note("%llu records have values that were not counted: they are too many",
		             (unsigned long long)pivots_left_out(scan->pivots));
	}
	if (scan->gave_up > 0) {
		console_note("in %llu records a regular expression or fieldref gave up",
		             (unsigned long long)scan->gave_up);
	}
	if (scan->set->refused + scan->rule_files_failed > 0) {
		console_note(
		    "%llu rules or files of rules were not understood: akashi rules check says why",
		    (unsigned long long)(scan->set->refused + scan->rule_files_failed));
	}
	return scan->sightings_dropped + scan->gave_up + scan->rule_files_failed == 0;
}

void scan_print_summary(const struct scan *scan, double seconds) {
	struct buf out = {0};
	if (scan->args->json) {
		scan_append_summary_json(&out, scan, seconds);
	} else if (scan->format != SCAN_TABLE || scan->args->pivot) {
		scan_append_summary(&out, scan, seconds);
	}
	(void)console_print_error(&out);
	buf_deinit(&out);
}

static int summarize(struct scan *scan, enum err err, double seconds) {
	int status = inputs_status(&scan->inputs, err);
	bool whole = scan_tell_troubles(scan);
	scan_print_summary(scan, seconds);
	return status == EXIT_DONE && !whole ? EXIT_FAILED : status;
}

enum err scan_begin_output(struct scan *scan, struct diag *diag) {
	scan->findings =
	    findings_new(scan->set, scan->format == SCAN_HTML ? KEPT_IN_PAGE : KEPT_IN_TABLE);
	TRY(output_open(scan->args->out, &scan->output, diag));
	struct buf header = {0};
	if (scan->format == SCAN_CSV) {
		scan_append_csv_header(&header);
	}
	enum err err = output_write(scan->output, header.ptr, header.len);
	buf_deinit(&header);
	return err;
}

static enum err begin(struct scan *scan, struct diag *diag) {
	struct args args = *scan->args;
	args.format = NULL;
	TRY(scan_read_options(scan, diag));
	TRY(inputs_init(&scan->inputs, &args, diag));
	inputs_skip_store(&scan->inputs, &args);
	TRY(scan_read_rules(scan, diag));
	return scan_begin_output(scan, diag);
}

void scan_deinit(struct scan *scan) {
	struct arena *const *arenas = (struct arena *const *)(const void *)scan->arenas.ptr;
	for (size_t i = 0; i < scan->arenas.len / sizeof(struct arena *); i++) {
		arena_free(arenas[i]);
	}
	if (!scan->stored) {
		inputs_deinit(&scan->inputs);
	}
	findings_free(scan->findings);
	pivots_free(scan->pivots);
	detector_free(scan->detector);
	sigma_set_free(scan->set);
	map_free(scan->asked);
	free(scan->correlated);
	buf_deinit(&scan->lines);
	buf_deinit(&scan->order);
	buf_deinit(&scan->sightings);
	buf_deinit(&scan->arenas);
	console_style_deinit(&scan->style);
}

int cmd_scan(const struct args *args) {
	struct diag diag = {0};
	struct scan scan = {.args = args};
	int status;
	enum err err = begin(&scan, &diag);
	if (err != ERR_OK) {
		output_abandon(scan.output);
		status = console_fail(args, err, &diag, STR(""));
	} else {
		err = read_all(&scan);
		double seconds = progress_seconds(&scan.inputs.progress);
		if (scan.output_err == ERR_OK) {
			scan.output_err = scan_write_rest(&scan, seconds);
		}
		enum err close_err = output_close(scan.output, &diag);
		scan.output_err = scan.output_err == ERR_OK ? close_err : scan.output_err;
		err = err == ERR_OK ? scan.output_err : err;
		if (scan.output_err != ERR_OK && scan.output_err != ERR_CLOSED) {
			console_note("cannot write the output: %s", err_text(scan.output_err));
		}
		status = summarize(&scan, err, seconds);
	}
	scan_deinit(&scan);
	return status;
}

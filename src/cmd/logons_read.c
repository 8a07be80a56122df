/* Where akashi logons takes its records from: files through the pipeline of parse, or the store
 * through a search for everything.
 */
#include "base/instant.h"
#include "cmd/audit.h"
#include "cmd/console.h"
#include "cmd/logons.h"
#include "os/priority.h"
#include "query/query.h"
#include "server/pipeline.h"

/* time_ns: of receiving where the record has none. */
static bool in_span(const struct logons_run *run, int64_t time_ns) {
	return time_ns >= run->from_ns && time_ns < run->to_ns;
}

static void count(struct logons_run *run, const struct logon *logon, int64_t time_ns,
                  uint8_t time_flags) {
	bool timed = (time_flags & TIME_NONE) == 0 && time_ns != INSTANT_MIN;
	run->found++;
	logons_add(run->logons, logon, timed ? time_ns : INSTANT_MIN);
}

/* ---- files ---- */

struct reading {
	struct logons_run *run;
	struct inputs inputs;
	struct pipeline *pipeline;
};

struct found {
	struct logon logon;
	int64_t time_ns;
	uint8_t time_flags;
};

/* A batch with its records read, in a worker. */
struct judged {
	struct batch *batch; /* whose texts the logons borrow */
	struct found *found;
	size_t count;
	uint64_t records, bytes;
};

static void *worker_new(void *ctx) {
	const struct reading *reading = ctx;
	return parser_new(os_real(), reading->inputs.formats);
}

static void worker_free(void *worker) {
	parser_free(worker);
}

static void judge_row(const struct logons_run *run, uint32_t i, struct row_field *fields,
                      struct judged *judged) {
	struct row row;
	struct found *found = &judged->found[judged->count];
	row_from_batch(judged->batch, i, fields, &row);
	bool timed = (row.time_flags & TIME_NONE) == 0 && row.time_ns != INSTANT_MIN;
	if (!in_span(run, timed ? row.time_ns : row.received_ns)) {
		return;
	}
	judged->records++;
	judged->bytes += judged->batch->records[i].body_len;
	if (logon_read(&row, &found->logon)) {
		found->time_ns = row.time_ns;
		found->time_flags = row.time_flags;
		judged->count++;
	}
}

static void *work(void *ctx, void *worker, struct batch *batch) {
	const struct reading *reading = ctx;
	struct judged *judged = calloc(1, sizeof(*judged));
	struct row_field *fields = calloc(LIMIT_FIELDS_PER_RECORD, sizeof(*fields));
	ASSERT(judged != NULL && fields != NULL);
	parser_run(worker, batch);
	judged->batch = batch;
	judged->found = calloc(batch->count + 1, sizeof(*judged->found));
	ASSERT(judged->found != NULL);
	for (uint32_t i = 0; i < batch->count; i++) {
		if (batch->records[i].type == RECORD_DATA) {
			judge_row(reading->run, i, fields, judged);
		}
	}
	free(fields);
	return judged;
}

static enum err finish(void *ctx, void *result, bool discard) {
	struct reading *reading = ctx;
	struct judged *judged = result;
	if (!discard) {
		reading->run->records += judged->records;
		reading->run->bytes += judged->bytes;
		for (size_t i = 0; i < judged->count; i++) {
			const struct found *found = &judged->found[i];
			count(reading->run, &found->logon, found->time_ns, found->time_flags);
		}
	}
	batch_free(judged->batch);
	free(judged->found);
	free(judged);
	return ERR_OK;
}

static enum err put(void *ctx, struct batch *batch) {
	struct reading *reading = ctx;
	return pipeline_put(reading->pipeline, batch);
}

static enum err read_and_print(struct reading *reading, const struct args *args) {
	struct logons_run *run = reading->run;
	reading->pipeline = pipeline_new(&(struct pipeline_options){.ctx = reading,
	                                                            .worker_new = worker_new,
	                                                            .worker_free = worker_free,
	                                                            .work = work,
	                                                            .finish = finish});
	struct sink sink = {.ctx = reading, .put = put};
	enum err err = inputs_run(&reading->inputs, args, &sink);
	enum err drain_err = pipeline_drain(reading->pipeline);
	pipeline_free(reading->pipeline);
	TRY(err);
	TRY(drain_err);
	progress_end(&reading->inputs.progress);
	run->output_err = logons_print(run);
	return run->output_err;
}

enum err logons_read_files(struct logons_run *run, int *out_status, struct diag *diag) {
	struct reading reading = {.run = run};
	struct args args = *run->args;
	args.format = NULL; /* here it is the output's */
	enum err err = inputs_init(&reading.inputs, &args, diag);
	if (err == ERR_OK) {
		inputs_skip_store(&reading.inputs, &args);
		err = read_and_print(&reading, &args);
		double seconds = progress_seconds(&reading.inputs.progress);
		const struct ingest_totals *totals = &reading.inputs.totals;
		progress_end(&reading.inputs.progress);
		if (run->output_err == ERR_OK && err != ERR_CANCELED) {
			*out_status = inputs_status(&reading.inputs, err);
			if (err == ERR_OK) {
				logons_summarize(run, totals->files, totals->files_failed, seconds);
			}
			err = ERR_OK; /* was told, and is in the status */
		}
	}
	inputs_deinit(&reading.inputs);
	return err;
}

/* ---- the store ---- */

struct searching {
	struct logons_run *run;
	struct progress progress;
};

static enum err begin(void *ctx, const struct str *columns, size_t columns_count) {
	(void)ctx;
	(void)columns;
	(void)columns_count;
	return ERR_OK;
}

static enum err take_record(void *ctx, const struct row *row) {
	struct searching *searching = ctx;
	struct logons_run *run = searching->run;
	struct logon logon;
	run->records++;
	run->bytes += row->text.len;
	if (row->type == RECORD_DATA && logon_read(row, &logon)) {
		count(run, &logon, row->time_ns, row->time_flags);
	}
	return ERR_OK;
}

static bool on_progress(void *ctx, uint64_t done, uint64_t all, uint64_t found) {
	struct searching *searching = ctx;
	(void)found;
	if (progress_due(&searching->progress)) {
		progress_show(&searching->progress, "read %llu of %llu records",
		              (unsigned long long)MIN_OF(done, all), (unsigned long long)all);
	}
	return !console_interrupted();
}

/* Durable before anything of the answer is seen. */
static enum err write_down(const struct logons_run *run, const struct store_set *set,
                           struct diag *diag) {
	CLEANUP(buf_deinit) struct buf body = {0};
	const struct args *args = run->args;
	if (!audit_wanted(args)) {
		return ERR_OK;
	}
	audit_begin(args, "logons", set, &body);
	audit_add_time(&body, "from", run->from_ns);
	audit_add_time(&body, "to", run->to_ns);
	audit_add_option(&body, "output", args->out);
	return audit_write(args, RECORD_AUDIT, &body, diag);
}

static enum err search_and_print(struct searching *searching, const struct store_set *set,
                                 struct query_stats *out_stats, struct diag *diag) {
	struct logons_run *run = searching->run;
	struct query_options options = {.from_ns = run->from_ns,
	                                .to_ns = run->to_ns,
	                                .limit = UINT64_MAX,
	                                .order = QUERY_BY_INDEX,
	                                .os = os_real(),
	                                .progress = on_progress,
	                                .progress_ctx = searching};
	CLEANUP(arena_freep) struct arena *arena = arena_new(SIZE_MAX);
	CLEANUP(query_freep) struct query *query = NULL;
	struct query_output output = {.ctx = searching, .begin = begin, .record = take_record};
	TRY(write_down(run, set, diag));
	TRY(query_parse(arena, STR("*"), &options, &query, diag));
	TRY(query_run(query, set, &options, &output, out_stats, diag));
	progress_end(&searching->progress);
	return logons_print(run);
}

enum err logons_read_store(struct logons_run *run, int *out_status, struct diag *diag) {
	struct searching searching = {.run = run};
	struct store_set set = {0};
	struct query_stats stats = {0};
	struct store_info info;
	priority_give_way();
	progress_begin(&searching.progress);
	enum err err = console_open_stores(run->args, &set, diag);
	if (err == ERR_OK) {
		err = search_and_print(&searching, &set, &stats, diag);
	}
	progress_end(&searching.progress);
	if (err == ERR_OK) {
		store_set_info(&set, &info);
		*out_status = console_tell_losses(stats.pages_damaged, &info) ? EXIT_FAILED : EXIT_DONE;
		logons_summarize(run, 0, 0, progress_seconds(&searching.progress));
	}
	store_set_close(&set);
	return err;
}

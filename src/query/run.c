/* Running: pages are scanned in order of index, the filter makes a bitmap of each, matching rows
 * are pushed through the chain.
 */
#include "query/run.h"

#include "base/bits.h"
#include "base/instant.h"
#include "base/limits.h"
#include "query/columns.h"
#include "query/parts.h"
#include "query/pipes.h"
#include "query/run_source.h"
#include "query/when.h"

enum err run_take(struct run *run, size_t bytes) {
	run->budget->used += bytes;
	if (run->budget->used <= run->budget->max) {
		return ERR_OK;
	}
	enum err err = diag_set(run->diag, ERR_LIMIT, "the query needs more than %zu MiB of memory",
	                        run->budget->max >> 20);
	diag_hint(run->diag,
	          "raise it with --memory, narrow the time with --from and --to, or keep less: "
	          "--limit, head, fewer fields in stats by, a narrower query in join");
	return err;
}

enum err run_check(struct run *run) {
	const struct query_options *options = run->options;
	uint64_t rows_done = run->rows_done;
	uint64_t found = run->stats->found;
	if (run->part != NULL) {
		TRY(run_part_meet(run->part, &rows_done, &found));
	}
	if (options->deadline_ns != 0 && options->os != NULL &&
	    options->os->monotonic_ns(options->os->ctx) >= options->deadline_ns) {
		enum err err = diag_set(run->diag, ERR_CANCELED, "the time allowed for the query is over");
		diag_hint(run->diag, "allow more with --timeout, or narrow the time with --from and --to");
		return err;
	}
	if (options->progress != NULL &&
	    !options->progress(options->progress_ctx, rows_done,
	                       run->source->rows_all(run->source->ctx), found)) {
		return diag_set(run->diag, ERR_CANCELED, "interrupted");
	}
	return ERR_OK;
}

enum err run_tick(struct run *run) {
	return ++run->ticks % 256 == 0 ? run_check(run) : ERR_OK;
}

enum err op_finish_next(struct op *op) {
	return op->next->finish(op->next);
}

/* ---- one page ---- */

struct scan {
	struct run *run;
	struct op *first; /* NULL: only counting */
	struct arena *scratch;
	const struct column **columns; /* of query->fields */
	struct value *values;
	size_t time_field; /* @timestamp among the fields, to be shown in a zone; SIZE_MAX: none */
	struct columns *by_columns; /* NULL: rows are pushed */
};

struct input {
	const struct query_source *source;
	void *page;
};

static enum err input_column(void *ctx, struct str name, const struct column **out_column) {
	const struct input *input = ctx;
	return input->source->column(input->page, name, out_column);
}
static enum err input_texts(void *ctx, const struct str **out_texts) {
	const struct input *input = ctx;
	return input->source->texts(input->page, out_texts);
}
static enum err input_times(void *ctx, const int64_t **out_times) {
	const struct input *input = ctx;
	return input->source->times(input->page, out_times);
}

static enum err drop_own_records(const struct query_source *source, const struct query_page *page,
                                 uint64_t *bits) {
	const uint8_t *types;
	TRY(source->types(page->page, &types));
	for (uint32_t row = 0; row < page->rows; row++) {
		if (types[row] != RECORD_DATA) {
			bits_clear(bits, row);
		}
	}
	return ERR_OK;
}

static bool all_sure(const struct query_page *page) {
	return page->sure != NULL && bits_count(page->sure, page->rows) == page->rows;
}

static enum err filter_page(struct scan *scan, const struct query_page *page, uint64_t *out_bits) {
	struct run *run = scan->run;
	struct input at = {run->source, page->page};
	struct expr_input input = {.ctx = &at,
	                           .rows = page->rows,
	                           .column = input_column,
	                           .texts = input_texts,
	                           .times = input_times};
	if (all_sure(page)) {
		bits_fill(out_bits, page->rows, true);
		return page->all_data ? ERR_OK : drop_own_records(run->source, page, out_bits);
	}
	enum err err = expr_eval(run->query->filter, &input, scan->scratch, out_bits);
	if (err == ERR_LIMIT) {
		(void)diag_set(
		    run->diag, err,
		    "a regular expression gave up after %u steps on one of the records %llu to %llu",
		    LIMIT_REGEX_MATCH, (unsigned long long)query_page_index(page, 0),
		    (unsigned long long)query_page_index(page, page->rows - 1));
		diag_hint(run->diag, "make it simpler: no repetition inside a repetition, as in (a+)+");
	}
	TRY(err);
	return page->all_data ? ERR_OK : drop_own_records(run->source, page, out_bits);
}

/* @timestamp as the reader wants to see it; lives as long as the page. */
static struct value time_shown(struct scan *scan, int64_t ns) {
	CLEANUP(buf_deinit) struct buf text = {0};
	int64_t offset_ns = when_to_local(scan->run->options->zone, ns) - ns;
	instant_format(&text, ns, (int32_t)(offset_ns / INSTANT_SECOND));
	return value_string(arena_str(scan->scratch, buf_str(&text)));
}

/* The number of @timestamp among the fields when a zone was asked for: the store's is in UTC. */
static size_t find_time_field(const struct run *run) {
	const struct query *query = run->query;
	for (size_t i = 0; i < query->fields_count && run->options->zone != NULL; i++) {
		if (query->fields[i].from_source && str_eq(query->fields[i].name, STR("@timestamp"))) {
			return i;
		}
	}
	return SIZE_MAX;
}

static enum err push_row(struct scan *scan, const struct query_page *page, const int64_t *times,
                         uint32_t row) {
	size_t fields = scan->run->query->fields_count;
	for (size_t i = 0; i < fields; i++) {
		scan->values[i] =
		    scan->columns[i] == NULL ? VALUE_ABSENT : column_get(scan->columns[i], row);
	}
	if (scan->time_field != SIZE_MAX) {
		scan->values[scan->time_field] = time_shown(scan, times[row]);
	}
	struct flow_row flow = {.values = scan->values,
	                        .time_ns = times[row],
	                        .index = query_page_index(page, row),
	                        .page = page,
	                        .row = row};
	return scan->first->push(scan->first, &flow);
}

static enum err push_page(struct scan *scan, const struct query_page *page, const uint64_t *bits) {
	const struct query_source *source = scan->run->source;
	const int64_t *times;
	for (size_t i = 0; i < scan->run->query->fields_count; i++) {
		const struct field_use *field = &scan->run->query->fields[i];
		if (field->from_source) {
			TRY(source->column(page->page, field->name, &scan->columns[i]));
		}
	}
	TRY(source->times(page->page, &times));
	for (uint32_t row = 0; row < page->rows && !scan->first->full; row++) {
		if (bits_get(bits, row)) {
			TRY(push_row(scan, page, times, row));
		}
	}
	return ERR_OK;
}

static enum err scan_page(struct scan *scan, const struct query_page *page) {
	struct run *run = scan->run;
	arena_reset(scan->scratch);
	uint64_t *bits = ARENA_ARRAY(scan->scratch, bits_words(page->rows) + 1, uint64_t);
	TRY(filter_page(scan, page, bits));
	size_t found = bits_count(bits, page->rows);
	run->stats->found += found;
	if (found > 0 && scan->first != NULL) {
		TRY(push_page(scan, page, bits));
	}
	return ERR_OK;
}

/* ---- all ---- */

static void narrow(struct run *run) {
	const struct query_source *source = run->source;
	if (source->narrow != NULL &&
	    (run->wanted_from_ns != INSTANT_MIN || run->wanted_to_ns != INSTANT_MAX)) {
		source->narrow(source->ctx, run->wanted_from_ns, run->wanted_to_ns);
		run->stats->found_more = true;
	}
}

static enum err scan_all(struct scan *scan) {
	struct run *run = scan->run;
	const struct query_source *source = run->source;
	if (scan->first == NULL && source->only_counting != NULL) {
		source->only_counting(source->ctx);
	}
	if (source->reduce != NULL && scan->by_columns != NULL) {
		source->reduce(source->ctx, columns_reduction(scan->by_columns));
	}
	if (source->newest_first != NULL && pipes_want_newest(run)) {
		source->newest_first(source->ctx);
	}
	TRY(source->begin(source->ctx, run->query->filter, run->diag));
	while (scan->first == NULL || !scan->first->full) {
		struct query_page page = {0};
		TRY(run_check(run));
		narrow(run);
		if (source->rest != NULL) {
			source->rest(source->ctx, &run->rest_low_ns, &run->rest_high_ns);
		}
		enum err err = source->next(source->ctx, &page, run->diag);
		if (err == ERR_OK && page.page == NULL && page.reduced == NULL) {
			break;
		}
		if (err == ERR_OK && page.reduced != NULL) {
			err = columns_merge(scan->by_columns, page.reduced, page.first_index);
		} else if (err == ERR_OK) {
			run->rows_done += page.rows;
			err = scan_page(scan, &page);
			source->release(source->ctx, &page);
		}
		if (err == ERR_CORRUPT) { /* the rest can still be read; the caller is told how many */
			run->stats->pages_damaged++;
			err = ERR_OK;
		}
		TRY(err);
	}
	run->stats->found_more = run->stats->found_more || (scan->first != NULL && scan->first->full);
	return ERR_OK;
}

static enum err start_all(struct op *first) {
	for (struct op *op = first; op != NULL; op = op->next) {
		if (op->start != NULL) {
			TRY(op->start(op));
		}
	}
	return ERR_OK;
}

enum err run_scan(struct run *run, struct op *first) {
	size_t fields = run->query->fields_count;
	CLEANUP(arena_freep) struct arena *scratch = arena_new(SIZE_MAX);
	struct scan scan = {
	    .run = run,
	    .first = first,
	    .scratch = scratch,
	    .columns = ARENA_ARRAY(run->arena, fields + 1, const struct column *),
	    .values = ARENA_ARRAY(run->arena, fields + 1, struct value),
	    .time_field = find_time_field(run),
	    .by_columns = first == NULL ? NULL : columns_new(run, first),
	};
	enum err err = scan_all(&scan);
	run->stats->scan = run->source->stats(run->source->ctx);
	run->stats->found += run->stats->scan.rows_sure;
	if (scan.by_columns != NULL) {
		run->source->end(run->source->ctx);
		columns_free(scan.by_columns);
	}
	return err;
}

/* In several threads where that gives the same, else in this one. */
static enum err run_rows(struct run *run, struct op **first) {
	size_t used = run->budget->used;
	bool done;
	TRY(start_all(*first));
	TRY(run_in_parts(run, *first, &done));
	if (done) {
		return ERR_OK;
	}
	if (run->order_counts && *first != NULL) { /* parts of it have come to the chain */
		pipes_free(*first);
		run->budget->used = used;
		*first = pipes_chain(run);
		TRY(start_all(*first));
	}
	return run_scan(run, *first);
}

static enum err run_chain(struct run *run) {
	bool counting = run->options->count_only && run->query->stages_count == 0;
	struct op *first = counting ? NULL : pipes_chain(run);
	enum err err = run_rows(run, &first);
	if (err == ERR_OK && first != NULL) {
		err = first->finish(first);
	}
	if (counting) {
		run->stats->results = MIN_OF(run->stats->found, run->options->limit);
	}
	pipes_free(first);
	return err;
}

static enum err run_with(struct run *run) {
	CLEANUP(arena_freep) struct arena *arena = arena_new(SIZE_MAX);
	run->arena = arena;
	run->wanted_from_ns = INSTANT_MIN;
	run->wanted_to_ns = INSTANT_MAX;
	run->rest_low_ns = INSTANT_MIN;
	run->rest_high_ns = INSTANT_MAX;
	enum err err = run_chain(run);
	/* The same pages, as far as both wanted them: no sum. */
	run->stats->pages_damaged = MAX_OF(run->stats->pages_damaged, run->inner_damaged);
	return err;
}

enum err run_inner(struct run *run, const struct query *query, const struct query_output *output) {
	struct query_stats stats = {0};
	struct query_options options = *run->options;
	options.limit = UINT64_MAX;
	options.count_only = false;
	struct run inner = {
	    .query = query,
	    .source = run->source,
	    .options = &options,
	    .output = output,
	    .stats = &stats,
	    .diag = run->diag,
	    .budget = run->budget,
	};
	enum err err = run_with(&inner);
	run->inner_damaged = MAX_OF(run->inner_damaged, stats.pages_damaged);
	run->stats->estimated_counts += stats.estimated_counts;
	run->stats->estimated_percentiles += stats.estimated_percentiles;
	return err;
}

enum err query_run_source(const struct query *query, const struct query_source *source,
                          const struct query_options *options, const struct query_output *output,
                          struct query_stats *out_stats, struct diag *diag) {
	struct query_stats stats = {0};
	struct budget budget = {
	    .max = options->memory_max != 0 ? options->memory_max : LIMIT_QUERY_MEMORY,
	};
	struct run run = {
	    .query = query,
	    .source = source,
	    .options = options,
	    .output = output,
	    .stats = &stats,
	    .diag = diag,
	    .budget = &budget,
	};
	enum err err = run_with(&run);
	*out_stats = stats;
	return err;
}

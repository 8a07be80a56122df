/* Where akashi patterns takes its records from: files through the pipeline of parse, or the store
 * through a search for everything.
 */
#include "base/instant.h"
#include "cmd/audit.h"
#include "cmd/console.h"
#include "cmd/patterns.h"
#include "os/priority.h"
#include "query/query.h"
#include "server/pipeline.h"

/* ---- files ---- */

struct reading {
	struct patterns *patterns;
	struct inputs inputs;
	struct pipeline *pipeline;
};

/* A batch with its records read, in a worker: the rest is quick. */
struct mined {
	struct batch *batch;
	struct miner_key *keys; /* by row */
	struct miner_text *texts;
	struct buf *titles; /* that own those of texts; by row, few */
};

static void *worker_new(void *ctx) {
	const struct reading *reading = ctx;
	return parser_new(os_real(), reading->inputs.formats);
}

static void worker_free(void *worker) {
	parser_free(worker);
}

static struct str text_of(const struct batch *batch, uint32_t row, uint32_t name) {
	struct value value = fields_get(batch, row, name);
	return value.kind == VALUE_NONE || value.kind == VALUE_LIST ? STR("") : value.text;
}

static void *work(void *ctx, void *worker, struct batch *batch) {
	const struct reading *reading = ctx;
	struct mined *mined = calloc(1, sizeof(*mined));
	ASSERT(mined != NULL);
	parser_run(worker, batch);
	mined->batch = batch;
	mined->keys = malloc((batch->count + 1) * sizeof(*mined->keys));
	mined->texts = malloc((batch->count + 1) * sizeof(*mined->texts));
	mined->titles = calloc(batch->count + 1, sizeof(*mined->titles));
	ASSERT(mined->keys != NULL && mined->texts != NULL && mined->titles != NULL);
	for (uint32_t i = 0; i < batch->count; i++) {
		if (batch->records[i].type == RECORD_DATA) {
			struct str message = text_of(batch, i, FIELD_MESSAGE);
			bool plain = message.len > 0;
			mined->texts[i] =
			    miner_choose(message, plain ? STR("") : text_of(batch, i, FIELD_EVENT_PROVIDER),
			                 plain ? STR("") : text_of(batch, i, FIELD_EVENT_CODE),
			                 batch_text(batch, i), &mined->titles[i]);
			miner_read(reading->patterns->seed, &mined->texts[i], &mined->keys[i]);
		}
	}
	return mined;
}

static enum err take_row(struct patterns *patterns, const struct mined *mined, uint32_t row) {
	const struct batch *batch = mined->batch;
	const struct batch_record *record = &batch->records[row];
	const struct field_row *fields = &batch->fields.rows[row];
	bool timed = (fields->time_flags & TIME_NONE) == 0 && fields->time_ns != INSTANT_MIN;
	struct patterns_record taken = {
	    .line = {.text = mined->texts[row],
	             .example = batch_text(batch, row),
	             .time_ns = timed ? fields->time_ns : INSTANT_MIN,
	             .host = text_of(batch, row, FIELD_HOST_NAME)},
	    .key = &mined->keys[row],
	    .time_ns = timed ? fields->time_ns : record->received_ns,
	    .path = batch->sources[record->source].path,
	    .number = record->number,
	};
	patterns->bytes += patterns->assigning ? 0 : record->body_len;
	return patterns_take(patterns, &taken);
}

static enum err finish(void *ctx, void *result, bool discard) {
	struct reading *reading = ctx;
	struct mined *mined = result;
	struct batch *batch = mined->batch;
	enum err err = ERR_OK;
	for (uint32_t i = 0; i < batch->count && err == ERR_OK && !discard; i++) {
		if (batch->records[i].type == RECORD_DATA) {
			err = take_row(reading->patterns, mined, i);
		}
	}
	for (uint32_t i = 0; i < batch->count; i++) {
		buf_deinit(&mined->titles[i]);
	}
	if (!discard && err != ERR_OK) {
		reading->patterns->output_err = err;
	}
	free(mined->keys);
	free(mined->texts);
	free(mined->titles);
	free(mined);
	batch_free(batch);
	return err;
}

static enum err put(void *ctx, struct batch *batch) {
	struct reading *reading = ctx;
	return pipeline_put(reading->pipeline, batch);
}

static enum err read_once(struct reading *reading, const struct args *args) {
	reading->pipeline = pipeline_new(&(struct pipeline_options){.ctx = reading,
	                                                            .worker_new = worker_new,
	                                                            .worker_free = worker_free,
	                                                            .work = work,
	                                                            .finish = finish});
	struct sink sink = {.ctx = reading, .put = put};
	enum err err = inputs_run(&reading->inputs, args, &sink);
	enum err drain_err = pipeline_drain(reading->pipeline);
	pipeline_free(reading->pipeline);
	return err != ERR_OK ? err : drain_err;
}

static enum err read_and_print(struct reading *reading, const struct args *args) {
	struct patterns *patterns = reading->patterns;
	TRY(read_once(reading, args));
	miner_end(patterns->miner);
	progress_end(&reading->inputs.progress);
	if (!args->assign) {
		patterns->output_err = patterns_print(patterns);
		return patterns->output_err;
	}
	patterns->output_err = patterns_begin_assign(patterns);
	TRY(patterns->output_err);
	inputs_begin_again(&reading->inputs);
	return read_once(reading, args);
}

enum err patterns_read_files(struct patterns *patterns, int *out_status, struct diag *diag) {
	struct reading reading = {.patterns = patterns};
	struct args args = *patterns->args;
	args.format = NULL; /* here it is the output's */
	enum err err = inputs_init(&reading.inputs, &args, diag);
	if (err == ERR_OK) {
		inputs_skip_store(&reading.inputs, &args);
		err = read_and_print(&reading, &args);
		double seconds = progress_seconds(&reading.inputs.progress);
		const struct ingest_totals *totals = &reading.inputs.totals;
		progress_end(&reading.inputs.progress);
		if (patterns->output_err == ERR_OK && err != ERR_CANCELED) {
			*out_status = inputs_status(&reading.inputs, err);
			if (err == ERR_OK) {
				patterns_summarize(patterns, totals->files, totals->files_failed, seconds);
			}
			err = ERR_OK; /* was told, and is in the status */
		}
	}
	inputs_deinit(&reading.inputs);
	return err;
}

/* ---- the store ---- */

struct searching {
	struct patterns *patterns;
	struct progress progress;
};

static enum err begin(void *ctx, const struct str *columns, size_t count) {
	(void)ctx;
	(void)columns;
	(void)count;
	return ERR_OK;
}

static struct str field_of(const struct row *row, struct str name) {
	for (size_t i = 0; i < row->fields_count; i++) {
		const struct row_field *field = &row->fields[i];
		if (str_eq(field->name, name)) {
			return field->value.kind == VALUE_LIST ? STR("") : field->value.text;
		}
	}
	return STR("");
}

static enum err take_record(void *ctx, const struct row *row) {
	struct searching *searching = ctx;
	struct patterns *patterns = searching->patterns;
	bool timed = (row->time_flags & TIME_NONE) == 0;
	struct patterns_record record = {
	    .line = {.text = miner_choose(
	                 field_of(row, STR("message")), field_of(row, STR("event.provider")),
	                 field_of(row, STR("event.code")), row->text, &patterns->title),
	             .example = row->text,
	             .time_ns = timed ? row->time_ns : INSTANT_MIN,
	             .host = field_of(row, STR("host.name"))},
	    .time_ns = row->time_ns,
	    .path = row->path,
	    .number = row->number,
	    .tree = row->tree,
	    .index = row->index,
	};
	patterns->bytes += patterns->assigning ? 0 : row->text.len;
	return patterns_take(patterns, &record);
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
static enum err write_down(const struct patterns *patterns, const struct store_set *set,
                           struct diag *diag) {
	CLEANUP(buf_deinit) struct buf body = {0};
	const struct args *args = patterns->args;
	if (!audit_wanted(args)) {
		return ERR_OK;
	}
	audit_begin(args, "patterns", set, &body);
	audit_add_time(&body, "from", patterns->from_ns);
	audit_add_time(&body, "to", patterns->to_ns);
	audit_add_option(&body, "output", args->out);
	return audit_write(args, RECORD_AUDIT, &body, diag);
}

static enum err search(struct searching *searching, const struct store_set *set,
                       struct query_stats *out_stats, struct diag *diag) {
	const struct patterns *patterns = searching->patterns;
	struct query_options options = {.from_ns = patterns->from_ns,
	                                .to_ns = patterns->to_ns,
	                                .limit = UINT64_MAX,
	                                .order = QUERY_BY_INDEX,
	                                .os = os_real(),
	                                .progress = on_progress,
	                                .progress_ctx = searching};
	CLEANUP(arena_freep) struct arena *arena = arena_new(SIZE_MAX);
	CLEANUP(query_freep) struct query *query = NULL;
	struct query_output output = {.ctx = searching, .begin = begin, .record = take_record};
	TRY(query_parse(arena, STR("*"), &options, &query, diag));
	return query_run(query, set, &options, &output, out_stats, diag);
}

static enum err search_and_print(struct searching *searching, const struct store_set *set,
                                 struct query_stats *out_stats, struct diag *diag) {
	struct patterns *patterns = searching->patterns;
	TRY(write_down(patterns, set, diag));
	TRY(search(searching, set, out_stats, diag));
	progress_end(&searching->progress);
	miner_end(patterns->miner);
	if (!patterns->args->assign) {
		return patterns_print(patterns);
	}
	TRY(patterns_begin_assign(patterns));
	*out_stats = (struct query_stats){0};
	return search(searching, set, out_stats, diag);
}

enum err patterns_read_store(struct patterns *patterns, int *out_status, struct diag *diag) {
	struct searching searching = {.patterns = patterns};
	struct store_set set = {0};
	struct query_stats stats = {0};
	struct store_info info;
	priority_give_way();
	progress_begin(&searching.progress);
	enum err err = console_open_stores(patterns->args, &set, diag);
	if (err == ERR_OK) {
		err = search_and_print(&searching, &set, &stats, diag);
	}
	progress_end(&searching.progress);
	if (err == ERR_OK) {
		store_set_info(&set, &info);
		*out_status = console_tell_losses(stats.pages_damaged, &info) ? EXIT_FAILED : EXIT_DONE;
		patterns_summarize(patterns, 0, 0, progress_seconds(&searching.progress));
	}
	store_set_close(&set);
	return err;
}

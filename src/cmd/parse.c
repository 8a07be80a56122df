/* akashi parse: reads logs, keeps nothing, prints one JSON object per record. */
#include "cmd/command.h"
#include "cmd/console.h"
#include "cmd/inputs.h"
#include "cmd/output.h"
#include "server/pipeline.h"

struct parse {
	struct inputs inputs;
	struct pipeline *pipeline;
	struct output *output;
	bool print;
	bool explain;
	uint64_t records, unparsed, left_out, bytes;
	enum err output_err;
};

struct parsed {
	struct buf json;
	struct buf explained;
	uint64_t records, unparsed, left_out, bytes;
};

static void *worker_new(void *ctx) {
	const struct parse *parse = ctx;
	return parser_new(os_real(), parse->inputs.formats);
}

static void worker_free(void *worker) {
	parser_free(worker);
}

static void render_row(const struct parse *parse, struct parser *parser, const struct batch *batch,
                       uint32_t i, struct row_field *fields, struct parsed *parsed) {
	static const struct render_style style = {0};
	struct row row;
	row_from_batch(batch, i, fields, &row);
	parsed->records++;
	parsed->unparsed += str_eq(row.format, STR("text"));
	parsed->left_out += (row.time_flags & FIELDS_LEFT_OUT) != 0;
	parsed->bytes += batch->records[i].body_len;
	if (parse->print) {
		render_json(&row, &style, &parsed->json);
	}
	if (parse->explain) {
		render_safe(&parsed->explained, row.path);
		buf_printf(&parsed->explained, ":%llu: %.*s\n", (unsigned long long)row.number,
		           STR_ARG(row.format));
		parser_explain(parser, batch, i, &parsed->explained);
	}
}

static void *work(void *ctx, void *worker, struct batch *batch) {
	const struct parse *parse = ctx;
	struct parsed *parsed = calloc(1, sizeof(*parsed));
	struct row_field *fields = calloc(LIMIT_FIELDS_PER_RECORD, sizeof(*fields));
	ASSERT(parsed != NULL && fields != NULL);
	parser_run(worker, batch);
	for (uint32_t i = 0; i < batch->count; i++) {
		if (batch->records[i].type == RECORD_DATA) {
			render_row(parse, worker, batch, i, fields, parsed);
		}
	}
	free(fields);
	batch_free(batch);
	return parsed;
}

static enum err finish(void *ctx, void *result, bool discard) {
	struct parse *parse = ctx;
	struct parsed *parsed = result;
	enum err err = ERR_OK;
	if (!discard) {
		parse->records += parsed->records;
		parse->unparsed += parsed->unparsed;
		parse->left_out += parsed->left_out;
		parse->bytes += parsed->bytes;
		err = output_write(parse->output, parsed->json.ptr, parsed->json.len);
		parse->output_err = err;
		if (parsed->explained.len > 0) {
			(void)console_print_error(&parsed->explained);
		}
	}
	buf_deinit(&parsed->json);
	buf_deinit(&parsed->explained);
	free(parsed);
	return err;
}

static enum err put(void *ctx, struct batch *batch) {
	struct parse *parse = ctx;
	return pipeline_put(parse->pipeline, batch);
}

/* The object of --json comes last: programs read the last line. */
static int summarize(struct parse *parse, const struct args *args, enum err err) {
	double seconds = progress_seconds(&parse->inputs.progress);
	int status = inputs_status(&parse->inputs, err);
	if (err == ERR_OK && parse->records == 0 && parse->inputs.problems == 0) {
		console_note("no records: %llu file%s, nothing in %s",
		             (unsigned long long)parse->inputs.totals.files,
		             parse->inputs.totals.files == 1 ? "" : "s",
		             parse->inputs.totals.files == 1 ? "it" : "them");
	}
	if (parse->left_out > 0 && !args->json) {
		struct buf out = {0};
		console_append_left_out(&out, parse->left_out);
		console_note("%.*s", STR_ARG(buf_str(&out)));
		buf_deinit(&out);
	}
	if (args->json) {
		struct buf out = {0};
		buf_printf(&out,
		           "{\"akashi.schema\":%d,\"records\":%llu,\"bytes_raw\":%llu,"
		           "\"records_unparsed\":%llu,\"records_fields_left_out\":%llu,"
		           "\"files\":%llu,\"files_failed\":%llu,"
		           "\"seconds\":%.3f}\n",
		           JSON_SCHEMA, (unsigned long long)parse->records,
		           (unsigned long long)parse->bytes, (unsigned long long)parse->unparsed,
		           (unsigned long long)parse->left_out,
		           (unsigned long long)parse->inputs.totals.files,
		           (unsigned long long)parse->inputs.totals.files_failed, seconds);
		(void)console_print_error(&out);
		buf_deinit(&out);
	}
	return status;
}

int cmd_parse(const struct args *args) {
	struct diag diag = {0};
	struct parse parse = {.print = true, .explain = args->explain};
	struct str kind = args->output != NULL ? str_from(args->output) : STR("jsonl");
	if (!str_eq(kind, STR("jsonl")) && !str_eq(kind, STR("none"))) {
		(void)diag_set(&diag, ERR_INVALID, "--output wants jsonl or none, not '%.40s'",
		               args->output);
		return console_fail(args, ERR_INVALID, &diag, STR(""));
	}
	parse.print = str_eq(kind, STR("jsonl"));
	enum err err = inputs_init(&parse.inputs, args, &diag);
	inputs_skip_store(&parse.inputs, args);
	if (err == ERR_OK) {
		err = output_open(args->out, &parse.output, &diag);
	}
	if (err != ERR_OK) {
		inputs_deinit(&parse.inputs);
		return console_fail(args, err, &diag, STR(""));
	}
	parse.pipeline = pipeline_new(&(struct pipeline_options){.ctx = &parse,
	                                                         .worker_new = worker_new,
	                                                         .worker_free = worker_free,
	                                                         .work = work,
	                                                         .finish = finish});
	struct sink sink = {.ctx = &parse, .put = put};
	err = inputs_run(&parse.inputs, args, &sink);
	enum err drain_err = pipeline_drain(parse.pipeline);
	err = err != ERR_OK ? err : drain_err;
	pipeline_free(parse.pipeline);
	enum err close_err = output_close(parse.output, &diag);
	if (err == ERR_OK && close_err != ERR_OK) {
		err = close_err;
		parse.output_err = close_err;
	}
	if (parse.output_err != ERR_OK && parse.output_err != ERR_CLOSED) {
		console_note("cannot write the output: %s", err_text(parse.output_err));
	}
	int status = summarize(&parse, args, err);
	inputs_deinit(&parse.inputs);
	return status;
}

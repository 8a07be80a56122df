/* akashi logons: options, and the order of things. */
#include "cmd/logons.h"

#include "base/instant.h"
#include "cmd/console.h"
#include "query/when.h"

static enum err choose_format(const struct args *args, enum logons_format *out_format,
                              struct diag *diag) {
	static const struct str names[] = {[LOGONS_TABLE] = STR_INIT("table"),
	                                   [LOGONS_JSONL] = STR_INIT("jsonl"),
	                                   [LOGONS_CSV] = STR_INIT("csv")};
	bool terminal = args->out == NULL && console_stdout_is_terminal();
	*out_format = terminal ? LOGONS_TABLE : LOGONS_JSONL;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (args->format != NULL && str_eq(names[i], str_from(args->format))) {
			*out_format = (enum logons_format)i;
			return ERR_OK;
		}
	}
	return args->format == NULL
	           ? ERR_OK
	           : diag_set(diag, ERR_INVALID, "--format wants table, jsonl or csv, not '%.40s'",
	                      args->format);
}

static enum err read_time(const struct logons_run *run, const char *text, int64_t now_ns,
                          int64_t *out_ns, struct diag *diag) {
	struct when when;
	if (text == NULL) {
		return ERR_OK;
	}
	TRY(when_parse(str_from(text), now_ns, console_zone(&run->style), &when, diag));
	*out_ns = when.ns;
	return ERR_OK;
}

static enum err read_options(struct logons_run *run, struct diag *diag) {
	const struct args *args = run->args;
	const struct os *os = os_real();
	int64_t now_ns = os->wall_ns(os->ctx);
	run->from_ns = INSTANT_MIN;
	run->to_ns = INSTANT_MAX;
	TRY(console_style(args, &run->style, diag));
	TRY(choose_format(args, &run->format, diag));
	if (args->store != NULL && args->paths_count > 0) {
		enum err err = diag_set(diag, ERR_INVALID, "both --store and files are given");
		diag_hint(diag, "files are read as they are, a store is searched: one at a time");
		return err;
	}
	TRY(read_time(run, args->from, now_ns, &run->from_ns, diag));
	TRY(read_time(run, args->to, now_ns, &run->to_ns, diag));
	if (run->from_ns > run->to_ns) {
		enum err err = diag_set(diag, ERR_INVALID, "--from is later than --to");
		diag_hint(diag, "nothing lies between them; --to is the end, which does not belong to it");
		return err;
	}
	return ERR_OK;
}

static enum err run_all(struct logons_run *run, int *out_status, struct diag *diag) {
	const struct args *args = run->args;
	TRY(read_options(run, diag));
	run->logons = logons_new(args->all);
	TRY(output_open(args->out, &run->output, diag));
	if (run->format == LOGONS_TABLE) {
		output_trust(run->output);
	}
	return args->paths_count > 0 ? logons_read_files(run, out_status, diag)
	                             : logons_read_store(run, out_status, diag);
}

int cmd_logons(const struct args *args) {
	struct diag diag = {0};
	struct logons_run run = {.args = args};
	int status = EXIT_DONE;
	enum err err = run_all(&run, &status, &diag);
	if (run.output != NULL) {
		err = err == ERR_OK ? output_close(run.output, &diag) : output_fail(run.output, err, &diag);
	}
	if (err != ERR_OK) {
		status = console_fail(args, err, &diag, STR(""));
	}
	logons_free(run.logons);
	console_style_deinit(&run.style);
	buf_deinit(&run.line);
	return status;
}

/* akashi patterns: options, and the order of things. */
#include "cmd/patterns.h"

#include "base/instant.h"
#include "cmd/console.h"
#include "query/when.h"

static enum err choose_format(const struct args *args, enum patterns_format *out_format,
                              struct diag *diag) {
	static const struct str names[] = {[PATTERNS_TEXT] = STR_INIT("text"),
	                                   [PATTERNS_TABLE] = STR_INIT("table"),
	                                   [PATTERNS_JSONL] = STR_INIT("jsonl"),
	                                   [PATTERNS_CSV] = STR_INIT("csv")};
	bool terminal = args->out == NULL && console_stdout_is_terminal();
	*out_format = args->assign || !terminal ? PATTERNS_JSONL : PATTERNS_TEXT;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (args->format != NULL && str_eq(names[i], str_from(args->format))) {
			*out_format = (enum patterns_format)i;
			if (args->assign && i != PATTERNS_JSONL && i != PATTERNS_CSV) {
				break;
			}
			return ERR_OK;
		}
	}
	if (args->format == NULL) {
		return ERR_OK;
	}
	return diag_set(diag, ERR_INVALID,
	                args->assign ? "--assign prints jsonl or csv, not '%.40s'"
	                             : "--format wants text, table, jsonl or csv, not '%.40s'",
	                args->format);
}

static enum err read_time(const struct patterns *patterns, const char *text, int64_t now_ns,
                          int64_t *out_ns, struct diag *diag) {
	struct when when;
	if (text == NULL) {
		return ERR_OK;
	}
	TRY(when_parse(str_from(text), now_ns, console_zone(&patterns->style), &when, diag));
	*out_ns = when.ns;
	return ERR_OK;
}

/* Two sources are one too many; what is read twice must be there twice. */
static enum err check_paths(const struct args *args, struct diag *diag) {
	if (args->store != NULL && args->paths_count > 0) {
		enum err err = diag_set(diag, ERR_INVALID, "both --store and files are given");
		diag_hint(diag, "files are read as they are, a store is searched: one at a time");
		return err;
	}
	for (size_t i = 0; args->assign && i < args->paths_count; i++) {
		if (strcmp(args->paths[i], "-") == 0) {
			enum err err = diag_set(diag, ERR_INVALID, "--assign cannot read standard input");
			diag_hint(diag, "it reads everything twice: put it into a file first");
			return err;
		}
	}
	return ERR_OK;
}

static enum err read_options(struct patterns *patterns, struct diag *diag) {
	const struct args *args = patterns->args;
	const struct os *os = os_real();
	int64_t now_ns = os->wall_ns(os->ctx);
	patterns->from_ns = INSTANT_MIN;
	patterns->to_ns = INSTANT_MAX;
	patterns->new_since_ns = INSTANT_MIN;
	TRY(console_style(args, &patterns->style, diag));
	TRY(choose_format(args, &patterns->format, diag));
	TRY(check_paths(args, diag));
	TRY(read_time(patterns, args->from, now_ns, &patterns->from_ns, diag));
	TRY(read_time(patterns, args->to, now_ns, &patterns->to_ns, diag));
	TRY(read_time(patterns, args->new_since, now_ns, &patterns->new_since_ns, diag));
	if (patterns->from_ns > patterns->to_ns) {
		enum err err = diag_set(diag, ERR_INVALID, "--from is later than --to");
		diag_hint(diag, "nothing lies between them; --to is the end, which does not belong to it");
		return err;
	}
	if (args->sort != NULL && miner_order_parse(str_from(args->sort), &patterns->order) != ERR_OK) {
		return diag_set(diag, ERR_INVALID, "--sort wants rare, count, first or last, not '%.40s'",
		                args->sort);
	}
	return os->random(os->ctx, &patterns->seed, sizeof(patterns->seed));
}

enum err patterns_take(struct patterns *patterns, const struct patterns_record *record) {
	if (record->time_ns < patterns->from_ns || record->time_ns >= patterns->to_ns) {
		return ERR_OK;
	}
	if (patterns->assigning) {
		return patterns_print_record(patterns, record);
	}
	struct miner_key key;
	if (record->key == NULL) {
		miner_read(patterns->seed, &record->line.text, &key);
	}
	patterns->records++;
	miner_add(patterns->miner, record->key != NULL ? record->key : &key, &record->line);
	return ERR_OK;
}

static enum err run(struct patterns *patterns, int *out_status, struct diag *diag) {
	const struct args *args = patterns->args;
	TRY(read_options(patterns, diag));
	patterns->miner = miner_new(patterns->seed);
	TRY(output_open(args->out, &patterns->output, diag));
	if (patterns->format == PATTERNS_TEXT || patterns->format == PATTERNS_TABLE) {
		output_trust(patterns->output);
	}
	return args->paths_count > 0 ? patterns_read_files(patterns, out_status, diag)
	                             : patterns_read_store(patterns, out_status, diag);
}

int cmd_patterns(const struct args *args) {
	struct diag diag = {0};
	struct patterns patterns = {.args = args, .arena = arena_new(SIZE_MAX)};
	int status = EXIT_DONE;
	enum err err = run(&patterns, &status, &diag);
	if (patterns.output != NULL) {
		err = err == ERR_OK ? output_close(patterns.output, &diag)
		                    : output_fail(patterns.output, err, &diag);
	}
	if (err != ERR_OK) {
		status = console_fail(args, err, &diag, STR(""));
	}
	miner_free(patterns.miner);
	console_style_deinit(&patterns.style);
	buf_deinit(&patterns.line);
	buf_deinit(&patterns.title);
	arena_free(patterns.arena);
	return status;
}

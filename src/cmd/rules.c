/* akashi rules: checks, lists, shows and tries Sigma rules. */
#include "cmd/rules.h"

#include "base/limits.h"
#include "cmd/console.h"
#include "cmd/output.h"
#include "cmd/rules_compile.h"
#include "cmd/rules_reach.h"
#include "render/record.h"
#include "sigma/source.h"

struct verb {
	struct str name;
	enum err (*run)(struct rules *rules, struct diag *diag);
	bool reaches; /* with --store: asks which rules can hold there */
};

/* ---- check ---- */

static void append_problem_json(struct buf *out, const struct sigma_problem *problem) {
	buf_printf(out, "{\"severity\":\"%s\",\"file.path\":", problem->warning ? "warning" : "error");
	buf_append_json(out, problem->path);
	buf_printf(out, ",\"file.line\":%u,\"file.column\":%u,\"rule.name\":", problem->place.line,
	           problem->place.column);
	buf_append_json(out, problem->title);
	buf_append_str(out, STR(",\"message\":"));
	buf_append_json(out, problem->message);
	buf_append_str(out, STR(",\"hint\":"));
	buf_append_json(out, problem->hint);
	buf_append_str(out, STR("}\n"));
}

enum err rules_write_problems(struct rules *rules) {
	struct buf out = {0};
	for (uint32_t i = 0; i < rules->set->problems_count; i++) {
		if (rules->json) {
			append_problem_json(&out, &rules->set->problems[i]);
		} else {
			sigma_problem_append(&out, &rules->set->problems[i]);
		}
	}
	enum err err = output_write(rules->output, out.ptr, out.len);
	buf_deinit(&out);
	return err;
}

static enum err run_check(struct rules *rules, struct diag *diag) {
	(void)diag;
	if (rules->reach == NULL) {
		return rules_write_problems(rules);
	}
	rules_tell_problems(rules);
	return rules_check_store(rules, rules->reach);
}

void rules_tell_problems(const struct rules *rules) {
	struct buf out = {0};
	for (uint32_t i = 0; i < rules->set->problems_count; i++) {
		struct buf line = {0};
		if (!rules->set->problems[i].warning) {
			sigma_problem_append(&line, &rules->set->problems[i]);
			struct str rest = buf_str(&line);
			while (rest.len > 0) {
				render_safe(&out, str_cut(&rest, '\n'));
				buf_append_char(&out, '\n');
			}
		}
		buf_deinit(&line);
	}
	(void)console_print_error(&out);
	buf_deinit(&out);
}

/* ---- list, explain ---- */

static enum err run_list(struct rules *rules, struct diag *diag) {
	struct buf out = {0};
	(void)diag;
	rules_tell_problems(rules);
	for (uint32_t i = 0; i < rules->set->rules_count; i++) {
		rules_list_rule(&out, &rules->set->rules[i], rules->json);
	}
	for (uint32_t i = 0; i < rules->set->correlations_count; i++) {
		rules_list_correlation(&out, &rules->set->correlations[i], rules->json);
	}
	enum err err = output_write(rules->output, out.ptr, out.len);
	buf_deinit(&out);
	return err;
}

static enum err run_explain(struct rules *rules, struct diag *diag) {
	struct buf out = {0};
	(void)diag;
	rules_tell_problems(rules);
	for (uint32_t i = 0; i < rules->set->rules_count; i++) {
		buf_append_str(&out, out.len > 0 ? STR("\n") : STR(""));
		rules_explain_rule(&out, rules->set, &rules->set->rules[i]);
	}
	for (uint32_t i = 0; i < rules->set->correlations_count; i++) {
		buf_append_str(&out, out.len > 0 ? STR("\n") : STR(""));
		rules_explain_correlation(&out, rules->set, &rules->set->correlations[i]);
	}
	enum err err = output_write(rules->output, out.ptr, out.len);
	buf_deinit(&out);
	return err;
}

/* ---- all ---- */

static const struct verb verbs[] = {
    {STR_INIT("check"), run_check, true}, {STR_INIT("coverage"), rules_coverage, true},
    {STR_INIT("list"), run_list, false},  {STR_INIT("explain"), run_explain, false},
    {STR_INIT("test"), rules_try, false}, {STR_INIT("import"), rules_import, false},
};

static enum err find_verb(const struct args *args, const struct verb **out_verb,
                          struct diag *diag) {
	struct str name = str_from(args->paths[0]);
	for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
		if (str_eq(verbs[i].name, name)) {
			*out_verb = &verbs[i];
			return ERR_OK;
		}
	}
	enum err err =
	    diag_set(diag, ERR_INVALID, "rules does not know what to do with '%.80s'", args->paths[0]);
	diag_hint(diag,
	          "check, coverage, list, explain, test or import, then paths: akashi rules --help");
	return err;
}

static enum err read_placeholders(struct rules *rules, struct diag *diag) {
	const char *path = rules->args->placeholders;
	struct buf text = {0};
	if (path == NULL) {
		return ERR_OK;
	}
	enum err err = rules_read_text(path, LIMIT_RULES_FILE, &text);
	if (err != ERR_OK) {
		err = diag_set(diag, err, "%.200s: %s", path, err_text(err));
	} else if (sigma_set_placeholders(rules->set, str_from(path), buf_str(&text)) != ERR_OK) {
		const struct sigma_problem *problem = &rules->set->problems[rules->set->problems_count - 1];
		err = diag_set(diag, ERR_INVALID, "%.200s:%u: %.*s", path, problem->place.line,
		               STR_ARG(problem->message));
	}
	buf_deinit(&text);
	return err;
}

static enum err read_sources(const struct args *args, struct sigma_sources *sources,
                             struct diag *diag) {
	CLEANUP(buf_deinit) struct buf text = {0};
	const char *path = args->sources;
	if (path == NULL) {
		return ERR_OK;
	}
	enum err err = rules_read_text(path, LIMIT_RULES_FILE, &text);
	return err != ERR_OK ? diag_set(diag, err, "%.200s: %s", path, err_text(err))
	                     : sigma_sources_add(sources, str_from(path), buf_str(&text), diag);
}

/* With --records or --sources, or about a store, rules are about records, not about events as rules
 * name them. */
static enum err map_sources(struct rules *rules, const struct verb *verb, struct diag *diag) {
	const struct args *args = rules->args;
	bool reaches = verb->reaches && args->store != NULL;
	if (args->sources == NULL && !args->records && !reaches) {
		return ERR_OK;
	}
	struct sigma_sources *sources = sigma_sources_new();
	enum err err = read_sources(args, sources, diag);
	if (err == ERR_OK) {
		sigma_set_map(rules->set, sources);
	}
	if (err == ERR_OK && reaches) {
		rules->reach = calloc(1, sizeof(*rules->reach));
		ASSERT(rules->reach != NULL);
		err = rules_reach_read(rules, sources, rules->reach, diag);
	}
	sigma_sources_free(sources);
	return err;
}

void rules_packs_folder(const struct args *args, struct buf *out) {
	struct str path =
	    str_from(args->rules_dir != NULL ? args->rules_dir : console_store_path(args));
	while (path.len > 1 && path.ptr[path.len - 1] == '/') {
		path.len--;
	}
	buf_append_str(out, path);
	buf_append_str(out, args->rules_dir != NULL ? STR("") : STR(".rules"));
}

static enum err no_rules(struct diag *diag) {
	enum err err = diag_set(diag, ERR_INVALID, "no rules are given, and none are installed");
	diag_hint(diag, "give folders or files of rules, or install some: akashi rules import");
	return err;
}

static void take_file(void *ctx, struct str path, struct str text) {
	sigma_set_add(ctx, path, text);
}

/* Without paths: the packs that are installed; what is asked of a store is else asked of ours. */
static enum err read_rules(struct rules *rules, const struct verb *verb, struct diag *diag) {
	const struct args *args = rules->args;
	const struct os *os = os_real();
	CLEANUP(buf_deinit) struct buf folder = {0};
	struct os_stat st;
	if (args->paths_count > 1) {
		rules_read(take_file, rules->set, args->paths + 1, args->paths_count - 1, &rules->files,
		           &rules->failed);
		return ERR_OK;
	}
	rules_packs_folder(args, &folder);
	*buf_reserve(&folder, 1) = '\0';
	const char *path = folder.ptr;
	bool installed = os->stat(os->ctx, path, true, &st) == ERR_OK;
	if (!installed && (verb->run == rules_coverage || (verb->reaches && args->store != NULL))) {
		rules->files = rules_read_builtin(take_file, rules->set);
		return ERR_OK;
	}
	if (!installed) {
		return no_rules(diag);
	}
	rules_read(take_file, rules->set, &path, 1, &rules->files, &rules->failed);
	return ERR_OK;
}

/* rules test: the set with its detector, from the cache when it has them. */
static enum err compile_rules(struct rules *rules, struct diag *diag) {
	const struct args *args = rules->args;
	const struct os *os = os_real();
	CLEANUP(buf_deinit) struct buf folder = {0};
	struct rules_wanted wanted = {.paths = args->paths + 1,
	                              .paths_count = args->paths_count - 1,
	                              .placeholders = args->placeholders,
	                              .sources = args->sources,
	                              .mapped = args->records || args->sources != NULL,
	                              .no_cache = args->no_cache};
	struct rules_compiled compiled = {0};
	struct os_stat st;
	rules_packs_folder(args, &folder);
	*buf_reserve(&folder, 1) = '\0';
	const char *installed = folder.ptr;
	if (wanted.paths_count == 0) {
		TRY(os->stat(os->ctx, installed, true, &st) == ERR_OK ? ERR_OK : no_rules(diag));
		wanted.paths = &installed;
		wanted.paths_count = 1;
	}
	enum err err = rules_compile(&wanted, &compiled, diag);
	sigma_set_free(rules->set);
	rules->set = compiled.set;
	rules->detector = compiled.detector;
	rules->files = compiled.files;
	rules->failed = compiled.files_failed;
	return err;
}

/* What is said of a store is for programs where it goes to one. */
static enum err read_format(struct rules *rules, const struct verb *verb, struct diag *diag) {
	const struct args *args = rules->args;
	struct str format = args->format == NULL ? STR("") : str_from(args->format);
	bool coverage = verb->run == rules_coverage;
	bool piped = (coverage || (verb->reaches && args->store != NULL)) && args->out == NULL &&
	             !console_stdout_is_terminal();
	rules->json = str_eq(format, STR("jsonl")) || (format.len == 0 && piped);
	rules->navigator = coverage && str_eq(format, STR("navigator"));
	if (format.len == 0 || str_eq(format, STR("text")) || rules->json || rules->navigator) {
		return ERR_OK;
	}
	return diag_set(diag, ERR_INVALID, "--format wants text%s, not '%.40s'",
	                coverage ? ", jsonl or navigator" : " or jsonl", args->format);
}

static enum err run(struct rules *rules, struct diag *diag) {
	const struct args *args = rules->args;
	const struct verb *verb = NULL;
	TRY(find_verb(args, &verb, diag));
	TRY(read_format(rules, verb, diag));
	if (verb->run == rules_try && !args->plain) {
		TRY(output_open(args->out, &rules->output, diag));
		TRY(compile_rules(rules, diag));
		return verb->run(rules, diag);
	}
	TRY(read_placeholders(rules, diag));
	if (verb->run == rules_import) {
		if (args->paths_count < 2) {
			return diag_set(diag, ERR_INVALID, "rules import wants folders or archives of rules");
		}
		TRY(output_open(args->out, &rules->output, diag));
		return rules_import(rules, diag);
	}
	TRY(output_open(args->out, &rules->output, diag));
	TRY(read_rules(rules, verb, diag));
	sigma_set_close(rules->set);
	TRY(map_sources(rules, verb, diag));
	return verb->run(rules, diag);
}

static void append_reach(struct buf *out, const struct rules_reach *reach, bool json) {
	if (reach == NULL) {
		return;
	}
	if (json) {
		buf_printf(out, ",\"records\":%llu,\"reasons\":{", (unsigned long long)reach->records);
		rules_append_reach_summary(out, reach, true);
		buf_append_char(out, '}');
		return;
	}
	buf_printf(out, "of %llu records: ", (unsigned long long)reach->records);
	rules_append_reach_summary(out, reach, false);
	buf_append_char(out, '\n');
}

static void summarize(const struct rules *rules) {
	const struct sigma_set *set = rules->set;
	struct buf out = {0};
	if (rules->args->json) {
		buf_printf(&out,
		           "{\"akashi.schema\":%d,\"files\":%llu,\"files_failed\":%llu,\"rules\":%u,"
		           "\"correlations\":%u,\"filters\":%u,\"refused\":%u,\"atoms\":%u,"
		           "\"events\":%llu,\"events_failed\":%llu,\"matches\":%llu",
		           JSON_SCHEMA, (unsigned long long)rules->files, (unsigned long long)rules->failed,
		           set->rules_count, set->correlations_count, set->filters_count, set->refused,
		           set->atoms_count, (unsigned long long)rules->events,
		           (unsigned long long)rules->events_failed, (unsigned long long)rules->matches);
		if (rules->techniques > 0) {
			buf_printf(&out, ",\"techniques\":%u", rules->techniques);
		}
		append_reach(&out, rules->reach, true);
		buf_append_str(&out, STR("}\n"));
		(void)console_print_error(&out);
		buf_deinit(&out);
		return;
	}
	console_note("%u rules, %u correlations, %u filters of %llu files; %u refused",
	             set->rules_count, set->correlations_count, set->filters_count,
	             (unsigned long long)rules->files, set->refused);
	append_reach(&out, rules->reach, false);
	if (rules->techniques > 0 && rules->reach != NULL) {
		buf_printf(&out, "of %u techniques %u have a rule that can fire\n", rules->techniques,
		           rules->techniques_able);
	} else if (rules->techniques > 0) {
		buf_printf(&out, "%u techniques\n", rules->techniques);
	}
	(void)console_print_error(&out);
	buf_deinit(&out);
}

int cmd_rules(const struct args *args) {
	struct diag diag = {0};
	struct rules rules = {.args = args, .set = sigma_set_new()};
	enum err err = run(&rules, &diag);
	if (rules.output != NULL) {
		err = err == ERR_OK ? output_close(rules.output, &diag)
		                    : output_fail(rules.output, err, &diag);
	}
	int status = EXIT_DONE;
	if (err != ERR_OK) {
		status = console_fail(args, err, &diag, STR(""));
	} else {
		summarize(&rules);
		if (rules.failed + rules.events_failed > 0) {
			status = EXIT_FAILED;
		} else if (rules.set->refused > 0 && strcmp(args->paths[0], "import") != 0) {
			status = EXIT_NO;
		}
	}
	if (rules.reach != NULL) {
		status = err == ERR_OK && rules.reach->pages_damaged > 0 ? EXIT_FAILED : status;
		rules_reach_deinit(rules.reach);
		free(rules.reach);
	}
	detector_free(rules.detector);
	sigma_set_free(rules.set);
	return status;
}

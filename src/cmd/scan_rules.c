/* The rules of a scan: those that are named, or those that akashi is shipped with. */
#include "base/limits.h"
#include "cmd/rules.gen.h"
#include "cmd/rules.h"
#include "cmd/scan.h"
#include "sigma/source.h"

static void read_builtin(struct scan *scan) {
	for (size_t i = 0; i < ARRAY_LEN(builtin_rules); i++) {
		struct buf path = {0};
		buf_printf(&path, "akashi:%s", builtin_rules[i].name);
		sigma_set_add(scan->set, buf_str(&path),
		              str_make((const char *)builtin_rules[i].bytes, builtin_rules[i].len));
		buf_deinit(&path);
	}
	scan->rule_files = ARRAY_LEN(builtin_rules);
}

static enum err read_text(const char *path, struct buf *out, struct diag *diag) {
	enum err err = rules_read_text(path, LIMIT_RULES_FILE, out);
	return err == ERR_OK ? ERR_OK : diag_set(diag, err, "%.200s: %s", path, err_text(err));
}

static enum err read_placeholders(struct scan *scan, struct diag *diag) {
	CLEANUP(buf_deinit) struct buf text = {0};
	const char *path = scan->args->placeholders;
	if (path == NULL) {
		return ERR_OK;
	}
	TRY(read_text(path, &text, diag));
	if (sigma_set_placeholders(scan->set, str_from(path), buf_str(&text)) == ERR_OK) {
		return ERR_OK;
	}
	const struct sigma_problem *problem = &scan->set->problems[scan->set->problems_count - 1];
	return diag_set(diag, ERR_INVALID, "%.200s:%u: %.*s", path, problem->place.line,
	                STR_ARG(problem->message));
}

static enum err map_rules(struct scan *scan, struct diag *diag) {
	CLEANUP(buf_deinit) struct buf text = {0};
	const char *path = scan->args->sources;
	struct sigma_sources *sources = sigma_sources_new();
	enum err err = path != NULL ? read_text(path, &text, diag) : ERR_OK;
	if (err == ERR_OK && path != NULL) {
		err = sigma_sources_add(sources, str_from(path), buf_str(&text), diag);
	}
	if (err == ERR_OK) {
		sigma_set_map(scan->set, sources);
	}
	sigma_sources_free(sources);
	return err;
}

static void ask(struct scan *scan, struct str name) {
	(void)map_put(scan->asked, name, 0, NULL);
}

/* A name, and what records of the rule call it. */
static void ask_renamed(struct scan *scan, const struct sigma_rule *rule, struct str name) {
	ask(scan, name);
	for (uint32_t i = 0; i < rule->renames_count; i++) {
		for (uint32_t k = 0; str_eq(rule->renames[i].from, name) && k < rule->renames[i].to.count;
		     k++) {
			ask(scan, rule->renames[i].to.items[k]);
		}
	}
}

/* Which rules correlations are about, and which fields of their records they ask for. */
static void plan_correlations(struct scan *scan) {
	const struct sigma_set *set = scan->set;
	scan->correlated = calloc((size_t)set->rules_count + 1, sizeof(*scan->correlated));
	scan->asked = map_new();
	ASSERT(scan->correlated != NULL);
	for (uint32_t i = 0; i < set->correlations_count; i++) {
		const struct sigma_correlation *c = &set->correlations[i];
		for (uint32_t k = 0; c->sound && k < c->refs_count; k++) {
			if (c->refs[k].to_correlation) {
				continue;
			}
			const struct sigma_rule *rule = &set->rules[c->refs[k].index];
			scan->correlated[c->refs[k].index] = true;
			for (uint32_t n = 0; n < c->group_by.count; n++) {
				ask_renamed(scan, rule, c->group_by.items[n]);
			}
			for (uint32_t n = 0; n < c->fields.count; n++) {
				ask_renamed(scan, rule, c->fields.items[n]);
			}
			for (uint32_t n = 0; n < c->aliases_count; n++) {
				ask_renamed(scan, rule, c->aliases[n].field);
			}
		}
	}
}

enum err scan_read_rules(struct scan *scan, struct diag *diag) {
	const struct option_values *paths = &scan->args->rules;
	scan->set = sigma_set_new();
	TRY(read_placeholders(scan, diag));
	if (paths->count == 0) {
		read_builtin(scan);
	} else {
		rules_read(scan->set, paths->items, paths->count, &scan->rule_files,
		           &scan->rule_files_failed);
	}
	sigma_set_close(scan->set);
	TRY(map_rules(scan, diag));
	if (scan->set->rules_count == 0) {
		enum err err = diag_set(diag, ERR_INVALID, "there is no rule that could be read");
		diag_hint(diag, "akashi rules check tells what is wrong with files of rules");
		return err;
	}
	plan_correlations(scan);
	return detector_new(scan->set, &scan->detector, diag);
}

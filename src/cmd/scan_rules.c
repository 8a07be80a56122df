/* The rules of a scan, and what their correlations ask for. */
#include "cmd/rules_compile.h"
#include "cmd/scan.h"

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
	const struct args *args = scan->args;
	struct rules_wanted wanted = {.paths = args->rules.items,
	                              .paths_count = args->rules.count,
	                              .placeholders = args->placeholders,
	                              .sources = args->sources,
	                              .mapped = true,
	                              .no_cache = args->no_cache};
	struct rules_compiled rules = {0};
	enum err err = rules_compile(&wanted, &rules, diag);
	scan->set = rules.set;
	scan->detector = rules.detector;
	scan->rule_files = rules.files;
	scan->rule_files_failed = rules.files_failed;
	TRY(err);
	if (scan->set->rules_count == 0) {
		err = diag_set(diag, ERR_INVALID, "there is no rule that could be read");
		diag_hint(diag, "akashi rules check tells what is wrong with files of rules");
		return err;
	}
	plan_correlations(scan);
	return ERR_OK;
}

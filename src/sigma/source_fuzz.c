/* Any bytes as a table of log sources, up to a NUL; what stands behind is a rule that is put under
 * it. The rule must be valid under any table.
 */
#include "sigma/source.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(struct str table, struct str rule) {
	struct sigma_sources *sources = sigma_sources_new();
	struct sigma_set *set = sigma_set_new();
	struct diag diag = {0};
	bool read = sigma_sources_add(sources, STR("t.yml"), table, &diag) == ERR_OK;
	ASSERT(read || diag.message[0] != '\0');
	sigma_set_add(set, STR("x.yml"), rule);
	sigma_set_close(set);
	sigma_set_map(set, sources);
	sigma_sources_free(sources); /* the set needs nothing of it */
	for (uint32_t i = 0; i < set->rules_count; i++) {
		ASSERT(program_valid(&set->rules[i].program, set->atoms_count));
		ASSERT(set->rules[i].mapped || !program_holds_without(&set->rules[i].program));
	}
	struct buf text = {0};
	for (uint32_t i = 0; i < set->atoms_count; i++) {
		atom_append_text(&text, &set->atoms[i]);
	}
	buf_deinit(&text);
	sigma_set_free(set);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	static const char rule[] = "title: t\nlogsource: {product: p, service: s}\ndetection:\n"
	                           "  s: {A: [x, null], B|contains: b, C|fieldref: A, D|exists: true}\n"
	                           "  k: [key]\n  condition: s or not k\n";
	struct str rest = str_make((const char *)data, size);
	struct str table = str_cut(&rest, '\0');
	check(table, rest.len > 0 ? rest : str_from(rule));
	return 0;
}

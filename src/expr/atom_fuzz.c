/* Any atom against any value. The first byte is the kind, the second the flags, the third op and
 * part; then the atom's text, a NUL, and the value. Where two ways mean the same, they must agree.
 */
#include "base/utf8.h"
#include "expr/atom.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* False when the atom cannot be made. */
static bool match(struct atom atom, struct value value, bool *out_hit) {
	CLEANUP(arena_freep) struct arena *arena = arena_new(SIZE_MAX);
	struct atom_test *test = NULL;
	struct atom_run run = {0};
	struct diag diag = {0};
	if (atom_test_new(arena, &atom, &test, &diag) != ERR_OK) {
		ASSERT(diag.message[0] != '\0');
		return false;
	}
	*out_hit = atom.kind == ATOM_FIELD ? atom_match_field(test, value, value_string(atom.text))
	                                   : atom_match(test, &run, value);
	atom_run_deinit(&run);
	atom_test_deinit(test);
	return true;
}

static bool hits(enum atom_kind kind, unsigned flags, struct str text, struct value value) {
	bool hit = false;
	ASSERT(
	    match((struct atom){.kind = kind, .flags = flags & ATOM_CASED, .text = text}, value, &hit));
	return hit;
}

static void compare(unsigned flags, struct str text, struct value value) {
	bool equals = hits(ATOM_EQUALS, flags, text, value);
	bool contains = hits(ATOM_CONTAINS, flags, text, value);
	bool starts = hits(ATOM_STARTS, flags, text, value);
	bool ends = hits(ATOM_ENDS, flags, text, value);
	bool valid = utf8_valid(text) && utf8_valid(value.text);
	ASSERT(!equals || (starts && ends));
	ASSERT(!valid || !(starts || ends) || contains);
	ASSERT(hits(ATOM_EQUALS, ATOM_CASED, text, value) <= hits(ATOM_EQUALS, 0, text, value));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	if (size < 3) {
		return 0;
	}
	struct str value = str_make((const char *)data + 3, size - 3);
	struct str text = str_cut(&value, '\0');
	struct atom atom = {.kind = (enum atom_kind)(data[0] % ATOM_KIND_COUNT),
	                    .flags = data[1] & 15u,
	                    .op = (enum atom_op)(data[2] % ATOM_OP_COUNT),
	                    .part = (enum atom_part)(data[2] / 16 % ATOM_PART_COUNT),
	                    .relation = (enum atom_kind)(data[2] % 4),
	                    .text = text};
	bool hit = false;
	if (match(atom, value_string(value), &hit) && value.len < 4096) {
		compare(atom.flags, text, value_string(value));
	}
	return 0;
}

/* Atoms, values and the kept form from any bytes. The first byte says which:
 *   even: lines; the first are atoms (a letter of kind, one of flags, the text), behind an empty
 *         line come values: many_match must say what atom_match says, before and after it was kept;
 *   odd:  the rest is read as a kept form.
 */
#include "expr/many.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char key[MANY_KEY_SIZE] = "fuzz";
enum { ATOMS_MAX = 64, VALUES_MAX = 64 };

static void add(struct many_build *build, struct str line) {
	unsigned char head = line.len > 0 ? (unsigned char)line.ptr[0] : 0;
	unsigned char flags = line.len > 1 ? (unsigned char)line.ptr[1] : 0;
	struct atom atom = {.kind = (enum atom_kind)(head % ATOM_KIND_COUNT), .field = STR("f")};
	uint32_t number;
	if (atom.kind == ATOM_FIELD) {
		return;
	}
	if (atom.kind == ATOM_REGEX) {
		atom.flags = flags & (ATOM_CASELESS | ATOM_MULTILINE | ATOM_DOTALL);
	} else if (atom.kind <= ATOM_WILDCARD) {
		atom.flags = flags & ATOM_CASED;
	} else if (atom.kind == ATOM_COMPARE) {
		atom.op = (enum atom_op)(flags % ATOM_OP_COUNT);
	}
	atom.text = str_slice(line, 2, line.len);
	enum err err = many_build_atom(build, &atom, &number, NULL);
	ASSERT(err == ERR_OK || err == ERR_INVALID || err == ERR_LIMIT);
}

static struct many *reload(const struct many *many) {
	struct many *loaded = NULL;
	struct buf kept = {0};
	many_save(many, key, STR("x"), &kept);
	enum err err = many_load(buf_str(&kept), key, &loaded, NULL);
	ASSERT(err == ERR_OK);
	buf_deinit(&kept);
	return loaded;
}

static void compare(const struct many *many, struct many_run *run, struct value value) {
	CLEANUP(arena_freep) struct arena *arena = arena_new(SIZE_MAX);
	many_event(run);
	many_match(run, 0, value);
	for (uint32_t i = 0; i < many_atoms_count(many); i++) {
		struct atom_test *test = NULL;
		struct atom_run atom_run = {0};
		enum err err = atom_test_new(arena, many_atom(many, i), &test, NULL);
		ASSERT(err == ERR_OK);
		bool holds = (many_bits(run)[i / 64] >> i % 64 & 1) != 0;
		bool expected = atom_match(test, &atom_run, value);
		/* A regex that gives up says no. */
		ASSERT(holds == expected || atom_run.err != ERR_OK || many_error(run) != ERR_OK);
		atom_run_deinit(&atom_run);
		atom_test_deinit(test);
	}
}

static void match_lines(struct str rest) {
	struct many_build *build = many_build_new();
	for (size_t i = 0; i < ATOMS_MAX && rest.len > 0; i++) {
		struct str line = str_cut(&rest, '\n');
		if (line.len == 0) {
			break;
		}
		add(build, line);
	}
	struct many *many = many_build_finish(build);
	struct many *loaded = reload(many);
	struct many_run *run = many_run_new(many);
	struct many_run *again = many_run_new(loaded);
	for (size_t i = 0; i < VALUES_MAX && rest.len > 0 && many_atoms_count(many) > 0; i++) {
		struct value value = value_string(str_cut(&rest, '\n'));
		compare(many, run, value);
		compare(loaded, again, value);
	}
	many_run_free(run);
	many_run_free(again);
	many_free(many);
	many_free(loaded);
}

static void read_kept(struct str bytes) {
	struct many *many = NULL;
	uint32_t count;
	if (many_load(bytes, key, &many, NULL) != ERR_OK) {
		return;
	}
	struct many_run *run = many_run_new(many);
	many_event(run);
	for (uint32_t i = 0; i < many_fields_count(many); i++) {
		many_match(run, i, value_string(STR("abc 10.1.2.3")));
	}
	(void)many_rules(run, NULL, &count); /* whichever */
	many_run_free(run);
	many_free(many);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct str bytes = str_make((const char *)data, size);
	if (size == 0) {
		return 0;
	}
	if (data[0] % 2 == 0) {
		match_lines(str_slice(bytes, 1, size));
	} else {
		read_kept(str_slice(bytes, 1, size));
	}
	return 0;
}

/* YAML with places: types, places, aliases, limits. */
#include "sigma/tree.h"

#include "base/buf.h"
#include "base/limits.h"
#include "tap.h"

/* Shows a tree on one line: types, texts, places where asked. */
static void show(struct buf *out, const struct tree_node *node, bool places) {
	if (places) {
		buf_printf(out, "%u:%u ", node->place.line, node->place.column);
	}
	if (tree_is_scalar(node)) {
		buf_printf(out, "%c(%.*s)", "nbifs"[node->kind], STR_ARG(node->text));
		return;
	}
	buf_append_char(out, node->kind == TREE_LIST ? '[' : '{');
	for (uint32_t i = 0; i < node->count; i++) {
		buf_append_str(out, i > 0 ? STR(" ") : STR(""));
		show(out, node->items[i], places);
	}
	buf_append_char(out, node->kind == TREE_LIST ? ']' : '}');
}

static void check(struct str yaml, bool places, const char *expected) {
	CLEANUP(arena_freep) struct arena *arena = arena_new(SIZE_MAX);
	struct tree tree = {0};
	struct place place;
	struct diag diag = {0};
	struct buf shown = {0};
	if (CHECK(tree_read(arena, yaml, &tree, &place, &diag) == ERR_OK)) {
		for (uint32_t i = 0; i < tree.count; i++) {
			buf_append_str(&shown, i > 0 ? STR(" | ") : STR(""));
			show(&shown, tree.documents[i], places);
		}
	}
	CHECK_STR(shown, expected);
	buf_deinit(&shown);
}

TEST(scalars_are_typed_by_the_core_schema) {
	check(STR("[x, 'x', \"1\", 1, -5, +5, 0x10, 00000429, 1.5, -1e3, .5]"), false,
	      "[s(x) s(x) s(1) i(1) i(-5) i(5) i(16) i(00000429) f(1.5) f(-1e3) f(.5)]");
	check(STR("[null, ~, Null, '', true, False, yes, on, 2024-01-02, 1_000, 0x, 1.2.3]"), false,
	      "[n(null) n(~) n(Null) s() b(true) b(False) s(yes) s(on) s(2024-01-02) s(1_000) "
	      "s(0x) s(1.2.3)]");
	check(STR("[!!str 5, !!int 5, !x 5]"), false, "[s(5) i(5) s(5)]");
	check(STR("a: |\n  two\n  lines\nb: >-\n  one\n  line\nc:\n"), false,
	      "{s(a) s(two\nlines\n) s(b) s(one line) s(c) n()}");
}

TEST(nodes_know_their_places) {
	check(STR("a:\r\n  - b\r\n  - {c: 1}\r\n"), true,
	      "1:1 {1:1 s(a) 2:3 [2:5 s(b) 3:5 {3:6 s(c) 3:9 i(1)}]}");
	check(STR("\xef\xbb\xbf"
	          "日: x\n"),
	      true, "1:1 {1:1 s(日) 1:4 s(x)}");
}

TEST(a_file_has_several_documents_and_empty_ones_do_not_count) {
	check(STR("a: 1\n---\n---\nb: 2\n...\n# end\n"), false, "{s(a) i(1)} | {s(b) i(2)}");
	check(STR(""), false, "");
	check(STR("# only a comment\n"), false, "");
}

TEST(aliases_stand_for_their_nodes) {
	check(STR("a: &x [1, 2]\nb: *x\nc: &x 3\nd: *x\n"), false,
	      "{s(a) [i(1) i(2)] s(b) [i(1) i(2)] s(c) i(3) s(d) i(3)}");
}

static void refused(struct str yaml, uint32_t line, uint32_t column, enum err err,
                    const char *message) {
	CLEANUP(arena_freep) struct arena *arena = arena_new(SIZE_MAX);
	struct tree tree = {0};
	struct place place = {0};
	struct diag diag = {0};
	CHECK_EQ(tree_read(arena, yaml, &tree, &place, &diag), err);
	CHECK_EQ(place.line, line);
	CHECK_EQ(place.column, column);
	if (!CHECK(strstr(diag.message, message) != NULL)) {
		printf("# %s\n", diag.message);
	}
}

TEST(what_is_not_a_tree_is_refused_with_its_place) {
	refused(STR("a: [x\n"), 2, 1, ERR_INVALID, "not YAML: did not find expected ',' or ']'");
	refused(STR("a: 1\nb: 2\na: 3\n"), 3, 1, ERR_INVALID, "the key 'a' is there twice");
	refused(STR("a: &x [1, *x]\n"), 1, 11, ERR_INVALID, "inside what it stands for");
	refused(STR("a: *x\n"), 1, 4, ERR_INVALID, "stands for nothing");
	refused(STR("a: &x 1\n---\nb: *x\n"), 3, 4, ERR_INVALID, "stands for nothing");
	refused(STR("? [a]\n: 1\n"), 1, 3, ERR_INVALID, "a key is a text");
	refused(STR("a: \xff\n"), 1, 1, ERR_INVALID, "not YAML");
}

TEST(a_file_that_is_too_large_is_refused) {
	struct buf text = {0};
	for (int i = 0; i < 100; i++) {
		buf_append_char(&text, '[');
	}
	refused(buf_str(&text), 1, LIMIT_TREE_DEPTH + 1, ERR_LIMIT, "too deeply");
	buf_clear(&text);
	for (int i = 0; i < 4; i++) { /* deep by aliases */
		buf_printf(&text, "%s&a%d ", i > 0 ? ", " : "[", i);
		for (int j = 0; j < 20; j++) {
			buf_append_char(&text, '[');
		}
		if (i > 0) {
			buf_printf(&text, "*a%d", i - 1);
		}
		for (int j = 0; j < 20; j++) {
			buf_append_char(&text, ']');
		}
	}
	refused(buf_str(&text), 1, 97, ERR_LIMIT, "too deeply");
	buf_clear(&text);
	buf_append_str(&text, STR("a0: &a0 [x, x, x, x, x, x, x, x, x]\n"));
	for (int i = 1; i < 12; i++) { /* a billion laughs */
		buf_printf(&text, "a%d: &a%d [*a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d]\n", i,
		           i, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1);
	}
	refused(buf_str(&text), 6, 5, ERR_LIMIT, "too many values");
	buf_deinit(&text);
}

/* Pieces of tests: bytes, what of them counts, and whether they are all there is. */
#include "expr/pieces.h"

#include "base/buf.h"
#include "tap.h"

static void add(void *ctx, const struct expr_piece *piece) {
	struct buf *all = ctx;
	buf_printf(all, "%s%.*s%s%s%s", all->len > 0 ? "|" : "", STR_ARG(piece->bytes),
	           piece->whole ? "!" : "", piece->word ? "#" : "", piece->bordered ? "=" : "");
	for (size_t i = 0; i < piece->bytes.len; i++) {
		CHECK((piece->bytes.ptr[i] | piece->mask[i]) == piece->bytes.ptr[i]);
	}
}

static void check(enum expr_test_kind kind, const char *text, const char *expected) {
	struct buf all CLEANUP(buf_deinit) = {0};
	CLEANUP(arena_freep) struct arena *arena = arena_new(SIZE_MAX);
	struct diag diag = {0};
	struct expr *expr = NULL;
	REQUIRE(expr_test(arena, kind, STR(""), str_from(text), &expr, &diag) == ERR_OK);
	expr_test_pieces(expr, arena, add, &all);
	CHECK_STR(buf_str(&all), expected);
	expr_free(expr);
}

TEST(literal_tests_have_one_piece) {
	check(EXPR_CONTAINS, "ssword fo", "ssword fo!");
	check(EXPR_CONTAINS, "ERR", "err!");
	check(EXPR_CONTAINS, "失敗", "失敗!");
	check(EXPR_WORDS, "Failed password", "failed password#=");
	check(EXPR_WORDS, "kelvin straße", "kelvin stra");
	check(EXPR_EQUALS, "Root", "root");
	check(EXPR_PATTERN, "admin*", "admin");
}

TEST(patterns_have_what_is_literal_in_them) {
	check(EXPR_REGEX, "fail(ed|ure) in \\d", "fail| in ");
	check(EXPR_WILDCARD, "web*", "");
	check(EXPR_CIDR, "10.0.0.0/8", "");
}

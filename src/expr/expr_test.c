/* Meaning of single tests; what trees say of themselves. */
#include "expr/expr.h"

#include "tap.h"

static bool match(enum expr_test_kind kind, const char *text, const char *value) {
	CLEANUP(arena_freep) struct arena *arena = arena_new(SIZE_MAX);
	struct expr *expr = NULL;
	if (!CHECK(expr_test(arena, kind, STR("f"), str_from(text), &expr, NULL) == ERR_OK)) {
		return false;
	}
	bool hit = expr_test_value(expr->test, value_string(str_from(value)));
	expr_free(expr);
	return hit;
}

TEST(a_pattern_ends_words_where_it_has_no_star) {
	CHECK(match(EXPR_PATTERN, "fail*", "login failed"));
	CHECK(!match(EXPR_PATTERN, "fail*", "login unfailing"));
	CHECK(match(EXPR_PATTERN, "*fail", "prefail x"));
	CHECK(!match(EXPR_PATTERN, "*fail", "prefailed x"));
	CHECK(match(EXPR_PATTERN, "*ail*", "prefailed x"));
	CHECK(match(EXPR_PATTERN, "f*ed", "login FAILED now"));
	CHECK(!match(EXPR_PATTERN, "f*ed", "f red now"));
	CHECK(!match(EXPR_PATTERN, "f*ed", "login FAILEDx"));
	CHECK(match(EXPR_PATTERN, "10.0.?.7", "from 10.0.3.7:22"));
	CHECK(!match(EXPR_PATTERN, "10.0.?.7", "from 10.0.3.77"));
	CHECK(match(EXPR_PATTERN, "a\\*b", "x a*b y"));
	CHECK(!match(EXPR_PATTERN, "a\\*b", "x aab y"));
	CHECK(match(EXPR_PATTERN, "ログ?ン", "不正ログイン検知"));
}

static bool in_range(const char *min, bool open, const char *value) {
	CLEANUP(arena_freep) struct arena *arena = arena_new(SIZE_MAX);
	struct expr_range range = {.has_min = true, .min_open = open, .min = str_from(min)};
	const struct expr *expr = expr_test_range(arena, STR("f"), &range);
	return expr_test_value(expr->test, value_string(str_from(value)));
}

TEST(ranges_compare_only_what_is_of_one_sort) {
	CHECK(in_range("10", false, "10"));
	CHECK(!in_range("10", true, "10"));
	CHECK(in_range("10", true, "10.5"));
	CHECK(!in_range("10", false, "9"));
	CHECK(!in_range("10", false, "-"));
	CHECK(!in_range("10", false, "abc"));
	CHECK(in_range("b", false, "Cat"));
	CHECK(!in_range("b", false, "Apple"));
	CHECK(in_range("B", false, "b"));
	CHECK(in_range("10.0.0.9", true, "10.0.0.10"));
	CHECK(in_range("2026-11-22", false, "2026-11-22T00:00:00Z"));
}

TEST(a_list_matches_when_an_element_does) {
	CLEANUP(arena_freep) struct arena *arena = arena_new(SIZE_MAX);
	CLEANUP(buf_deinit) struct buf list = {0};
	struct expr *expr = NULL;
	value_list_append(&list, value_string(STR("staff")));
	value_list_append(&list, value_string(STR("wheel")));
	struct value value = {VALUE_LIST, buf_str(&list)};
	REQUIRE(expr_test(arena, EXPR_EQUALS, STR("f"), STR("Wheel"), &expr, NULL) == ERR_OK);
	CHECK(expr_test_value(expr->test, value));
	REQUIRE(expr_test(arena, EXPR_EQUALS, STR("f"), STR("staff, wheel"), &expr, NULL) == ERR_OK);
	CHECK(!expr_test_value(expr->test, value));
	REQUIRE(expr_test(arena, EXPR_EXISTS, STR("f"), STR(""), &expr, NULL) == ERR_OK);
	CHECK(expr_test_value(expr->test, value));
	CHECK(!expr_test_value(expr->test, VALUE_ABSENT));
}

TEST(a_bad_network_is_refused) {
	CLEANUP(arena_freep) struct arena *arena = arena_new(SIZE_MAX);
	struct diag diag = {0};
	struct expr *expr = NULL;
	CHECK_EQ(expr_test(arena, EXPR_CIDR, STR("f"), STR("10.0.0.0/99"), &expr, &diag), ERR_INVALID);
	CHECK(diag.has_position);
}

static void collect(void *ctx, struct str text, bool whole_words) {
	struct buf *out = ctx;
	buf_printf(out, "%s%.*s|", whole_words ? "=" : "~", STR_ARG(text));
}

static struct expr *text_test(struct arena *arena, enum expr_test_kind kind, const char *text) {
	struct expr *expr = NULL;
	CHECK(expr_test(arena, kind, STR(""), str_from(text), &expr, NULL) == ERR_OK);
	return expr;
}

TEST(required_texts_are_those_that_every_match_has) {
	CLEANUP(arena_freep) struct arena *arena = arena_new(SIZE_MAX);
	CLEANUP(buf_deinit) struct buf out = {0};
	struct expr *either[] = {text_test(arena, EXPR_WORDS, "a"), text_test(arena, EXPR_WORDS, "b")};
	struct expr *children[] = {
	    text_test(arena, EXPR_WORDS, "failed password"),
	    text_test(arena, EXPR_CONTAINS, "sswor"),
	    text_test(arena, EXPR_PATTERN, "ssh*"),
	    text_test(arena, EXPR_WORDS, "失敗"),
	    expr_not(arena, text_test(arena, EXPR_WORDS, "root")),
	    expr_group(arena, EXPR_OR, either, 2),
	};
	struct expr *all = expr_group(arena, EXPR_AND, children, ARRAY_LEN(children));
	expr_required_texts(all, collect, &out);
	buf_append_char(&out, '\n');
	expr_describe(all, &out);
	CHECK_STR(buf_str(&out),
	          "=failed password|~sswor|=失敗|~ssh|\n"
	          "(and (words \"failed password\") (contains \"sswor\") (words \"失敗\") "
	          "(not (words \"root\")) (or (words \"a\") (words \"b\")) (pattern \"ssh*\"))");
	expr_free(all);
}

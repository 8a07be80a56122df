/* Building predicate trees, and what can be said of them without data. */
#include "expr/expr.h"

#include "base/instant.h"
#include "base/utf8.h"
#include "expr/test.h"

/* How dear a test is on a page, whether it reads a column or the texts. */
static const unsigned costs[EXPR_TEST_KIND_COUNT] = {
    [EXPR_TIME] = 0,  [EXPR_EXISTS] = 1,   [EXPR_EQUALS] = 1,   [EXPR_CIDR] = 2,
    [EXPR_RANGE] = 2, [EXPR_WORDS] = 2,    [EXPR_CONTAINS] = 2, [EXPR_PATTERN] = 3,
    [EXPR_REGEX] = 3, [EXPR_WILDCARD] = 2, [EXPR_ALIKE] = 3,
};
enum { COST_TEXT = 3 }; /* more for the texts of a page than for a column */

struct expr *expr_constant(struct arena *arena, bool all) {
	struct expr *expr = ARENA_NEW(arena, struct expr);
	expr->kind = all ? EXPR_ALL : EXPR_NONE;
	return expr;
}

struct expr *expr_group(struct arena *arena, enum expr_kind kind, struct expr *const *children,
                        size_t count) {
	ASSERT(kind == EXPR_AND || kind == EXPR_OR);
	struct expr *expr = ARENA_NEW(arena, struct expr);
	struct expr **ordered = ARENA_ARRAY(arena, count + 1, struct expr *);
	size_t filled = 0;
	for (unsigned cost = 0; cost <= EXPR_COST_MAX; cost++) {
		for (size_t i = 0; i < count; i++) {
			if (children[i]->cost == cost) {
				ordered[filled++] = children[i];
				expr->cost = cost;
			}
		}
	}
	ASSERT(filled == count);
	expr->kind = kind;
	expr->children = ordered;
	expr->children_count = count;
	return expr;
}

struct expr *expr_not(struct arena *arena, struct expr *child) {
	struct expr *expr = ARENA_NEW(arena, struct expr);
	struct expr **children = ARENA_ARRAY(arena, 1, struct expr *);
	children[0] = child;
	expr->kind = EXPR_NOT;
	expr->children = children;
	expr->children_count = 1;
	expr->cost = child->cost;
	return expr;
}

static struct expr *new_test(struct arena *arena, struct str field, struct expr_test *test) {
	struct expr *expr = ARENA_NEW(arena, struct expr);
	bool is_text = field.len == 0 || str_eq(field, STR("event.original"));
	expr->kind = EXPR_TEST;
	expr->field = is_text ? STR("") : arena_str(arena, field);
	expr->test_kind = test->kind;
	expr->test = test;
	expr->cost = costs[test->kind] + (is_text && test->kind != EXPR_TIME ? COST_TEXT : 0);
	return expr;
}

enum err expr_test(struct arena *arena, enum expr_test_kind kind, struct str field, struct str text,
                   struct expr **out_expr, struct diag *diag) {
	ASSERT(kind != EXPR_RANGE && kind != EXPR_TIME);
	struct expr_test *test = NULL;
	TRY(test_new(arena, kind, text, &test, diag));
	*out_expr = new_test(arena, field, test);
	return ERR_OK;
}

struct expr *expr_test_range(struct arena *arena, struct str field,
                             const struct expr_range *range) {
	struct expr_test *test = ARENA_NEW(arena, struct expr_test);
	test->kind = EXPR_RANGE;
	test->range = *range;
	test->range.min = arena_str(arena, range->min);
	test->range.max = arena_str(arena, range->max);
	test->min = scalar_read(test->range.min);
	test->max = scalar_read(test->range.max);
	return new_test(arena, field, test);
}

struct expr *expr_test_time(struct arena *arena, int64_t from_ns, int64_t to_ns) {
	struct expr_test *test = ARENA_NEW(arena, struct expr_test);
	test->kind = EXPR_TIME;
	test->from_ns = from_ns;
	test->to_ns = to_ns;
	return new_test(arena, STR("@timestamp"), test);
}

void expr_free(struct expr *expr) {
	if (expr == NULL) {
		return;
	}
	for (size_t i = 0; i < expr->children_count; i++) {
		expr_free(expr->children[i]);
	}
	if (expr->test != NULL) {
		regex_free(TAKE(expr->test->regex));
	}
}

static void require_test(const struct expr *expr,
                         void (*need)(void *ctx, struct str text, bool whole_words), void *ctx) {
	const struct expr_test *test = expr->test;
	if (expr->field.len > 0 || test->needle_text.len == 0) {
		return;
	}
	bool whole = (test->by_needle && test->needle.border_first && test->needle.border_last) ||
	             test->kind == EXPR_EQUALS;
	need(ctx, test->needle_text, whole && utf8_valid(test->needle_text));
}

void expr_required_texts(const struct expr *expr,
                         void (*need)(void *ctx, struct str text, bool whole_words), void *ctx) {
	switch (expr->kind) {
	case EXPR_AND:
		for (size_t i = 0; i < expr->children_count; i++) {
			expr_required_texts(expr->children[i], need, ctx);
		}
		break;
	case EXPR_OR:
		if (expr->children_count == 1) {
			expr_required_texts(expr->children[0], need, ctx);
		}
		break;
	case EXPR_TEST:
		require_test(expr, need, ctx);
		break;
	case EXPR_ALL:
	case EXPR_NONE:
	case EXPR_NOT:
	default:
		break;
	}
}

static void hull_of_or(const struct expr *expr, int64_t *out_from_ns, int64_t *out_to_ns) {
	*out_from_ns = INSTANT_MAX;
	*out_to_ns = INSTANT_MIN;
	for (size_t i = 0; i < expr->children_count; i++) {
		int64_t from;
		int64_t to;
		expr_time_hull(expr->children[i], &from, &to);
		*out_from_ns = MIN_OF(*out_from_ns, from);
		*out_to_ns = MAX_OF(*out_to_ns, to);
	}
}

void expr_time_hull(const struct expr *expr, int64_t *out_from_ns, int64_t *out_to_ns) {
	*out_from_ns = INSTANT_MIN;
	*out_to_ns = INSTANT_MAX;
	if (expr->kind == EXPR_TEST && expr->test_kind == EXPR_TIME) {
		*out_from_ns = expr->test->from_ns;
		*out_to_ns = expr->test->to_ns;
	} else if (expr->kind == EXPR_OR) {
		hull_of_or(expr, out_from_ns, out_to_ns);
	} else if (expr->kind == EXPR_AND) {
		for (size_t i = 0; i < expr->children_count; i++) {
			int64_t from;
			int64_t to;
			expr_time_hull(expr->children[i], &from, &to);
			*out_from_ns = MAX_OF(*out_from_ns, from);
			*out_to_ns = MIN_OF(*out_to_ns, to);
		}
	}
}

/* ---- describing ---- */

static void describe_range(const struct expr_test *test, struct buf *out) {
	const struct expr_range *range = &test->range;
	if (range->has_min) {
		buf_append_str(out, range->min_open ? STR(" >") : STR(" >="));
		buf_append_json(out, range->min);
	}
	if (range->has_max) {
		buf_append_str(out, range->max_open ? STR(" <") : STR(" <="));
		buf_append_json(out, range->max);
	}
}

static void describe_time(const struct expr_test *test, struct buf *out) {
	if (test->from_ns != INSTANT_MIN) {
		buf_append_str(out, STR(" >="));
		instant_format(out, test->from_ns, 0);
	}
	if (test->to_ns != INSTANT_MAX) {
		buf_append_str(out, STR(" <"));
		instant_format(out, test->to_ns, 0);
	}
}

static void describe_test(const struct expr *expr, struct buf *out) {
	static const char *const names[EXPR_TEST_KIND_COUNT] = {
	    [EXPR_WORDS] = "words",       [EXPR_PATTERN] = "pattern", [EXPR_CONTAINS] = "contains",
	    [EXPR_EQUALS] = "equals",     [EXPR_REGEX] = "regex",     [EXPR_RANGE] = "range",
	    [EXPR_WILDCARD] = "wildcard", [EXPR_CIDR] = "cidr",       [EXPR_EXISTS] = "exists",
	    [EXPR_TIME] = "time",         [EXPR_ALIKE] = "alike",
	};
	buf_printf(out, "(%s", names[expr->test_kind]);
	if (expr->field.len > 0 && expr->test_kind != EXPR_TIME) {
		buf_append_char(out, ' ');
		buf_append_str(out, expr->field);
	}
	if (expr->test_kind == EXPR_RANGE) {
		describe_range(expr->test, out);
	} else if (expr->test_kind == EXPR_TIME) {
		describe_time(expr->test, out);
	} else if (expr->test_kind != EXPR_EXISTS) {
		buf_append_char(out, ' ');
		buf_append_json(out, expr->test->text);
	}
	buf_append_char(out, ')');
}

void expr_describe(const struct expr *expr, struct buf *out) {
	static const char *const names[] = {
	    [EXPR_ALL] = "all", [EXPR_NONE] = "none", [EXPR_AND] = "and",
	    [EXPR_OR] = "or",   [EXPR_NOT] = "not",
	};
	if (expr->kind == EXPR_TEST) {
		describe_test(expr, out);
		return;
	}
	buf_printf(out, "(%s", names[expr->kind]);
	for (size_t i = 0; i < expr->children_count; i++) {
		buf_append_char(out, ' ');
		expr_describe(expr->children[i], out);
	}
	buf_append_char(out, ')');
}

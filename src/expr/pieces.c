/* Pieces of the tests that are made of literal text. */
#include "expr/pieces.h"

#include "expr/regex_pieces.h"
#include "expr/test.h"

struct asking {
	struct arena *arena;
	void (*need)(void *ctx, const struct expr_piece *piece);
	void *ctx;
};

static void need_needle(const struct asking *asking, const struct needle *needle, bool whole) {
	if (needle->anchor.len == 0) {
		return;
	}
	bool complete = needle->anchor_first == 0 && needle->anchor_end == needle->codes_count;
	bool all = whole && needle->anchor_is_sure && complete;
	bool border = needle->border_first || needle->border_last;
	bool word = complete && needle->border_first && needle->border_last;
	struct expr_piece piece = {.bytes = needle->anchor,
	                           .mask = needle->fold,
	                           .whole = all && !border,
	                           .word = word,
	                           .bordered = all && word};
	asking->need(asking->ctx, &piece);
}

static void need_text(void *ctx, struct str text) {
	const struct asking *asking = ctx;
	char *mask = arena_alloc(asking->arena, text.len);
	for (size_t i = 0; i < text.len; i++) {
		mask[i] = char_is_alpha(text.ptr[i]) ? 0x20 : 0;
	}
	struct expr_piece piece = {.bytes = text, .mask = mask};
	asking->need(asking->ctx, &piece);
}

void expr_test_pieces(const struct expr *expr, struct arena *arena,
                      void (*need)(void *ctx, const struct expr_piece *piece), void *ctx) {
	ASSERT(expr->kind == EXPR_TEST);
	const struct expr_test *test = expr->test;
	struct asking asking = {arena, need, ctx};
	if (test->by_needle) {
		need_needle(&asking, &test->needle,
		            test->kind == EXPR_CONTAINS || test->kind == EXPR_WORDS);
	} else if (test->kind == EXPR_PATTERN) {
		need_needle(&asking, &test->glob.piece, false);
	} else if (test->kind == EXPR_REGEX) {
		regex_pieces(test->text, arena, need_text, &asking);
	}
}

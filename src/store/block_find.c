/* A filter over a whole block: each node of the tree gives the rows that it may match and those
 * that it surely does. Tests of the text are looked up by their pieces; tests of fields are in
 * block_find_field.c.
 */
#include "store/block_find.h"

#include <stdlib.h>

#include "base/bits.h"
#include "base/instant.h"
#include "codec/lines_find.h"
#include "expr/pieces.h"
#include "store/block_find_field.h"
#include "store/block_find_regex.h"
#include "store/block_judge.h"
#include "store/block_words.h"
#include "store/view_private.h"

/* Rows whose shapes are read in less time than 8,000 shapes are asked. */
enum { NARROW_ROWS_MAX = 32768 };

struct find {
	struct block_finder base;
	const struct block_find_page *pages;
	size_t pages_count;
	bool by_shapes; /* whole shapes may be the answer */
};

static enum err find(struct find *f, const struct expr *expr, uint64_t *maybe, uint64_t *sure);

static uint64_t *new_bits(const struct find *f) {
	return ARENA_ARRAY(f->base.arena, f->base.words + 1, uint64_t);
}

static void fill(const struct find *f, uint64_t *bits, bool value) {
	bits_fill(bits, f->base.rows, value);
}

/* ---- pieces of text ---- */

struct pieces {
	const struct block_finder *finder;
	bool of_text;           /* the test is of the text, at whose words it looks */
	uint64_t *maybe, *sure; /* NULL until the first piece */
	bool *shapes;           /* in which all pieces so far were found */
	bool whole;             /* one piece, which is all that is asked */
	bool by_shapes;         /* it is in all rows of shapes, and in no others: no bits are set */
	size_t count;
	enum err err;
};

static void find_piece(void *ctx, const struct expr_piece *piece) {
	struct pieces *pieces = ctx;
	const struct block_finder *finder = pieces->finder;
	/* The value of a field may begin and end within a word of the text. */
	struct lines_needle needle = {piece->bytes, piece->mask, piece->word && pieces->of_text, false};
	if (pieces->err != ERR_OK || piece->bytes.len > UINT16_MAX) {
		return;
	}
	if (needle.word) {
		pieces->err =
		    block_words_in_strings(finder->block, piece->bytes, piece->mask, &needle.in_strings);
		if (pieces->err != ERR_OK) {
			return;
		}
	}
	uint64_t *maybe = ARENA_ARRAY(finder->arena, finder->words + 1, uint64_t);
	bool whole = piece->whole || (piece->bordered && needle.word);
	uint64_t *sure = whole ? ARENA_ARRAY(finder->arena, finder->words + 1, uint64_t) : NULL;
	if (pieces->shapes == NULL) {
		pieces->shapes = ARENA_ARRAY(finder->arena, lines_shapes(finder->lines), bool);
		memset(pieces->shapes, true, lines_shapes(finder->lines));
	}
	if (whole && pieces->of_text && finder->shapes != NULL && pieces->count == 0) {
		pieces->err = lines_find_shapes(finder->lines, &needle, pieces->shapes, maybe, sure,
		                                &pieces->by_shapes);
	} else {
		pieces->err = lines_find(finder->lines, &needle, pieces->shapes, maybe, sure);
	}
	for (size_t i = 0; pieces->maybe != NULL && i < finder->words; i++) {
		maybe[i] &= pieces->maybe[i];
	}
	pieces->maybe = maybe;
	pieces->sure = sure;
	pieces->whole = whole && pieces->count == 0;
	pieces->count++;
}

enum err block_find_pieces(const struct block_finder *finder, const struct expr *expr,
                           uint64_t **out_maybe, uint64_t **out_sure) {
	struct block_finder by_rows = *finder; /* what is asked for is bits */
	struct pieces pieces = {.finder = &by_rows, .of_text = expr->field.len == 0};
	by_rows.shapes = NULL;
	expr_test_pieces(expr, finder->arena, find_piece, &pieces);
	*out_maybe = pieces.maybe;
	*out_sure = pieces.whole ? pieces.sure : NULL;
	return pieces.err;
}

/* ---- tests ---- */

static enum err find_text(struct find *f, const struct expr *expr, uint64_t *maybe,
                          uint64_t *sure) {
	bool may;
	TRY(block_words_may_match(f->base.block, expr, &may));
	if (!may) {
		fill(f, maybe, false);
		fill(f, sure, false);
		return ERR_OK;
	}
	if (block_find_regex_can(expr)) {
		fill(f, maybe, false);
		fill(f, sure, false);
		return block_find_regex(&f->base, expr, maybe, sure);
	}
	struct pieces pieces = {.finder = &f->base, .of_text = true};
	expr_test_pieces(expr, f->base.arena, find_piece, &pieces);
	TRY(pieces.err);
	const uint64_t *found = pieces.maybe;
	const uint64_t *surely = pieces.whole ? pieces.sure : NULL;
	if (pieces.by_shapes) {
		memcpy(f->base.shapes, pieces.shapes, lines_shapes(f->base.lines) * sizeof(bool));
		f->base.by_shapes = true;
	}
	if (found == NULL) {
		fill(f, maybe, true);
	} else {
		memcpy(maybe, found, f->base.words * sizeof(*maybe));
	}
	if (surely == NULL) {
		fill(f, sure, false);
	} else {
		memcpy(sure, surely, f->base.words * sizeof(*sure));
	}
	return ERR_OK;
}

/* Rows [first, first + count). */
static void set_range(uint64_t *bits, uint32_t first, uint32_t count) {
	for (uint32_t row = first; row < first + count;) {
		if (row % 64 == 0 && first + count - row >= 64) {
			bits[row / 64] = UINT64_MAX;
			row += 64;
		} else {
			bits_set(bits, row++);
		}
	}
}

/* By the times of pages. */
static void find_time(struct find *f, const struct expr *expr, uint64_t *maybe, uint64_t *sure) {
	int64_t from;
	int64_t to;
	uint32_t row = 0;
	expr_time_hull(expr, &from, &to);
	fill(f, maybe, false);
	fill(f, sure, false);
	for (size_t i = 0; i < f->pages_count; i++) {
		const struct block_find_page *page = &f->pages[i];
		bool open = to == INSTANT_MAX;
		bool none =
		    page->has_data && (page->time_max_ns < from || (!open && page->time_min_ns >= to));
		bool all = page->has_data && page->time_min_ns >= from && (open || page->time_max_ns < to);
		/* Records of other types have times that the page does not tell. */
		if (!none || !page->all_data) {
			set_range(maybe, row, page->rows);
		}
		if (all) {
			set_range(sure, row, page->rows);
		}
		row += page->rows;
	}
}

static enum err find_test(struct find *f, const struct expr *expr, uint64_t *maybe,
                          uint64_t *sure) {
	if (expr->test_kind == EXPR_TIME) {
		find_time(f, expr, maybe, sure);
		return ERR_OK;
	}
	if (expr->field.len == 0) {
		return find_text(f, expr, maybe, sure);
	}
	bool built_in = view_built_in_has(expr->field); /* pages know those */
	fill(f, maybe, built_in);
	fill(f, sure, false);
	return built_in ? ERR_OK : block_find_field(&f->base, expr, maybe, sure);
}

/* ---- groups ---- */

static bool is_time(const struct expr *expr) {
	return expr->kind == EXPR_TEST && expr->test_kind == EXPR_TIME;
}

struct narrowing { /* rows that may match, as they come */
	uint32_t *shapes, *ranks, *rows;
	uint32_t count;
};

/* Rows [first, first + count). */
static enum err note_rows(struct find *f, uint32_t first, uint32_t count,
                          struct narrowing *narrowing) {
	uint32_t at = narrowing->count;
	count = MIN_OF(count, f->base.rows - first);
	TRY(lines_order(f->base.lines, first, count, narrowing->shapes + at, narrowing->ranks + at));
	for (uint32_t i = 0; i < count; i++) {
		narrowing->rows[at + i] = first + i;
	}
	narrowing->count += count;
	return ERR_OK;
}

/* Rows of a shape stay in their order, and so do their ranks. */
static void sort_few(struct find *f, const struct narrowing *narrowing, bool *wanted,
                     struct block_few *few) {
	uint32_t shapes = lines_shapes(f->base.lines);
	uint32_t *next = ARENA_ARRAY(f->base.arena, (size_t)shapes + 2, uint32_t);
	few->starts = next; /* filled one place ahead, so that it ends up as the starts */
	for (uint32_t i = 0; i < narrowing->count; i++) {
		wanted[narrowing->shapes[i]] = true;
		next[narrowing->shapes[i] + 2]++;
	}
	for (uint32_t i = 2; i < shapes + 2; i++) {
		next[i] += next[i - 1];
	}
	few->ranks = ARENA_ARRAY(f->base.arena, (size_t)narrowing->count + 1, uint32_t);
	few->rows = ARENA_ARRAY(f->base.arena, (size_t)narrowing->count + 1, uint32_t);
	for (uint32_t i = 0; i < narrowing->count; i++) {
		uint32_t at = next[narrowing->shapes[i] + 1]++;
		few->ranks[at] = narrowing->ranks[i];
		few->rows[at] = narrowing->rows[i];
	}
}

/* When few rows may match, only of these is more asked. */
static enum err narrow_rows(struct find *f, const uint64_t *maybe) {
	struct narrowing narrowing = {0};
	size_t words = 0;
	if (bits_count(maybe, f->base.rows) > NARROW_ROWS_MAX) {
		return ERR_OK;
	}
	for (size_t k = 0; k < f->base.words; k++) {
		words += maybe[k] != 0;
	}
	narrowing.shapes = ARENA_ARRAY(f->base.arena, words * 64 + 1, uint32_t);
	narrowing.ranks = ARENA_ARRAY(f->base.arena, words * 64 + 1, uint32_t);
	narrowing.rows = ARENA_ARRAY(f->base.arena, words * 64 + 1, uint32_t);
	for (size_t k = 0; k < f->base.words;) {
		size_t first = k;
		while (k < f->base.words && maybe[k] != 0) {
			k++;
		}
		if (k > first) {
			TRY(note_rows(f, (uint32_t)first * 64, (uint32_t)(k - first) * 64, &narrowing));
		}
		k += k == first;
	}
	bool *wanted = ARENA_ARRAY(f->base.arena, lines_shapes(f->base.lines), bool);
	struct block_few *few = ARENA_NEW(f->base.arena, struct block_few);
	sort_few(f, &narrowing, wanted, few);
	f->base.wanted = wanted;
	f->base.few = few;
	return ERR_OK;
}

static enum err find_or(struct find *f, const struct expr *expr, uint64_t *maybe, uint64_t *sure) {
	uint64_t *one = new_bits(f);
	uint64_t *surely = new_bits(f);
	fill(f, maybe, false);
	fill(f, sure, false);
	for (size_t i = 0; i < expr->children_count; i++) {
		TRY(find(f, expr->children[i], one, surely));
		for (size_t k = 0; k < f->base.words; k++) {
			maybe[k] |= one[k];
			sure[k] |= surely[k];
		}
	}
	return ERR_OK;
}

/* Children that are times, or the others. */
static enum err find_some(struct find *f, const struct expr *expr, bool times, uint64_t *maybe,
                          uint64_t *sure) {
	uint64_t *one = new_bits(f);
	uint64_t *surely = new_bits(f);
	for (size_t i = 0; i < expr->children_count; i++) {
		if (is_time(expr->children[i]) == times) {
			TRY(find(f, expr->children[i], one, surely));
			for (size_t k = 0; k < f->base.words; k++) {
				maybe[k] &= one[k];
				sure[k] &= surely[k];
			}
		}
	}
	return ERR_OK;
}

static enum err find_and(struct find *f, const struct expr *expr, uint64_t *maybe, uint64_t *sure) {
	const bool *wanted = f->base.wanted;
	const struct block_few *few = f->base.few;
	fill(f, maybe, true);
	fill(f, sure, true);
	TRY(find_some(f, expr, true, maybe, sure));
	TRY(narrow_rows(f, maybe));
	TRY(find_some(f, expr, false, maybe, sure));
	f->base.wanted = wanted;
	f->base.few = few;
	return ERR_OK;
}

static enum err find_not(struct find *f, const struct expr *expr, uint64_t *maybe, uint64_t *sure) {
	uint64_t *all = new_bits(f);
	TRY(find(f, expr->children[0], sure, maybe)); /* the other way round */
	fill(f, all, true);
	for (size_t k = 0; k < f->base.words; k++) {
		maybe[k] = all[k] & ~maybe[k];
		sure[k] = all[k] & ~sure[k];
	}
	return ERR_OK;
}

static enum err find(struct find *f, const struct expr *expr, uint64_t *maybe, uint64_t *sure) {
	switch (expr->kind) {
	case EXPR_AND:
		return find_and(f, expr, maybe, sure);
	case EXPR_OR:
		return find_or(f, expr, maybe, sure);
	case EXPR_NOT:
		return find_not(f, expr, maybe, sure);
	case EXPR_TEST:
		return find_test(f, expr, maybe, sure);
	case EXPR_ALL:
	case EXPR_NONE:
	default:
		fill(f, maybe, expr->kind == EXPR_ALL);
		fill(f, sure, expr->kind == EXPR_ALL);
		return ERR_OK;
	}
}

static enum err find_rows(struct find *f, const struct expr *filter, uint64_t *maybe,
                          uint64_t *sure) {
	enum block_verdict verdict;
	for (size_t i = 0; i < f->pages_count; i++) {
		f->base.rows += f->pages[i].rows;
	}
	f->base.words = bits_words(f->base.rows);
	TRY(block_judge(f->base.block, filter, &verdict));
	if (verdict != BLOCK_SOME) { /* nothing else need be opened */
		fill(f, maybe, verdict == BLOCK_ALL);
		fill(f, sure, verdict == BLOCK_ALL);
		return ERR_OK;
	}
	TRY(block_texts(f->base.block, &f->base.lines));
	if (filter->kind == EXPR_TEST && filter->field.len > 0) {
		struct block_values *values;
		TRY(block_values_of(f->base.block, &values));
		f->base.pass_known = block_values_pass(values, filter, &f->base.pass);
	}
	if (f->by_shapes && filter->kind == EXPR_TEST) {
		f->base.shapes = ARENA_ARRAY(f->base.arena, lines_shapes(f->base.lines), bool);
	}
	return find(f, filter, maybe, sure);
}

enum err block_find(struct block *block, const struct expr *filter,
                    const struct block_find_page *pages, size_t pages_count, uint64_t *maybe,
                    uint64_t *sure) {
	CLEANUP(arena_freep) struct arena *arena = arena_new(SIZE_MAX);
	struct find f = {
	    .base = {.arena = arena, .block = block}, .pages = pages, .pages_count = pages_count};
	return find_rows(&f, filter, maybe, sure);
}

enum err block_find_shapes(struct block *block, const struct expr *filter,
                           const struct block_find_page *pages, size_t pages_count, uint64_t *maybe,
                           uint64_t *sure, bool **out_shapes) {
	CLEANUP(arena_freep) struct arena *arena = arena_new(SIZE_MAX);
	struct find f = {.base = {.arena = arena, .block = block},
	                 .pages = pages,
	                 .pages_count = pages_count,
	                 .by_shapes = true};
	*out_shapes = NULL;
	TRY(find_rows(&f, filter, maybe, sure));
	if (f.base.by_shapes) {
		size_t count = lines_shapes(f.base.lines);
		*out_shapes = malloc(count + 1);
		ASSERT(*out_shapes != NULL);
		memcpy(*out_shapes, f.base.shapes, count);
	}
	return ERR_OK;
}

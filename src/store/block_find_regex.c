/* Shape by shape: other pieces that a match must have leave a few ranks, of which the regular
 * expression is asked (block_regex.h).
 */
#include "store/block_find_regex.h"

#include <stdlib.h>

#include "base/bits.h"
#include "codec/lines_ask.h"
#include "expr/pieces.h"
#include "store/block_regex.h"

/* More rows in which a match may begin elsewhere are asked whether they have all pieces. */
enum { ELSEWHERE_MAX = 64 };

struct search {
	const struct block_finder *finder;
	struct block_regex *regex;
	struct str begins; /* of each match */
	struct buf pieces; /* struct lines_finder *, for the others */
	uint64_t *maybe, *sure;
	bool *all; /* of each shape: all rows match */
	/* of the rows of a shape */
	uint64_t *bits, *some;
	uint32_t *ranks, *matches;
	struct buf rows;
};

bool block_find_regex_can(const struct expr *expr) {
	const struct regex *regex = expr_test_regex(expr);
	struct str begins;
	const char *mask;
	return expr->field.len == 0 && regex != NULL && regex_begins(regex, &begins, &mask) &&
	       begins.len <= UINT16_MAX;
}

/* Whether the piece, which is of lower case, stands in what each match begins with. */
static bool in_beginning(const struct search *search, struct str piece) {
	for (size_t i = 0; i + piece.len <= search->begins.len; i++) {
		if (str_eq_nocase(str_slice(search->begins, i, i + piece.len), piece)) {
			return true;
		}
	}
	return false;
}

static void add_piece(void *ctx, const struct expr_piece *piece) {
	struct search *search = ctx;
	struct lines_needle needle = {piece->bytes, piece->mask, false, false};
	if (piece->bytes.len <= UINT16_MAX && !in_beginning(search, piece->bytes)) {
		struct lines_finder *finder = lines_finder_new(search->finder->lines, &needle);
		buf_append(&search->pieces, &finder, sizeof(finder));
	}
}

static void search_deinit(struct search *search) {
	struct lines_finder **pieces = (struct lines_finder **)(void *)search->pieces.ptr;
	for (size_t i = 0; i < search->pieces.len / sizeof(struct lines_finder *); i++) {
		lines_finder_free(pieces[i]);
	}
	buf_deinit(&search->pieces);
	buf_deinit(&search->rows);
	block_regex_free(search->regex);
}

/* Ranks of a shape whose rows have all pieces; returns how many. */
static enum err list_ranks(struct search *search, uint32_t shape, uint32_t *out_count) {
	struct lines_finder *const *pieces =
	    (struct lines_finder *const *)(const void *)search->pieces.ptr;
	uint32_t rows = lines_shape_rows(search->finder->lines, shape);
	size_t words = bits_words(rows);
	uint32_t count = 0;
	bits_fill(search->bits, rows, true);
	for (size_t i = 0; i < search->pieces.len / sizeof(struct lines_finder *); i++) {
		memset(search->some, 0, words * sizeof(*search->some));
		TRY(lines_finder_ranks(pieces[i], shape, search->some));
		for (size_t k = 0; k < words; k++) {
			search->bits[k] &= search->some[k];
		}
	}
	for (size_t k = 0; k < words; k++) {
		for (uint64_t left = search->bits[k]; left != 0; left &= left - 1) {
			search->ranks[count++] = (uint32_t)(k * 64) + (uint32_t)__builtin_ctzll(left);
		}
	}
	*out_count = count;
	return ERR_OK;
}

/* The rows of those ranks whose match is open, or of those that match. */
static enum err set_rows(struct search *search, uint32_t shape, uint32_t count, bool open) {
	uint32_t *some = (uint32_t *)(void *)search->some; /* as many as ranks have bits */
	uint32_t found = 0;
	for (uint32_t i = 0; i < count; i++) {
		uint32_t match = search->matches[i];
		bool wanted =
		    open ? match == BLOCK_REGEX_OPEN : match != BLOCK_REGEX_OPEN && match != BLOCK_REGEX_NO;
		some[found] = search->ranks[i];
		found += wanted;
	}
	if (!open && found == lines_shape_rows(search->finder->lines, shape)) {
		search->all[shape] = true;
		return ERR_OK;
	}
	if (found == 0) {
		return ERR_OK;
	}
	buf_clear(&search->rows);
	TRY(lines_rows_of(search->finder->lines, shape, some, found, &search->rows));
	const uint32_t *rows = (const uint32_t *)(const void *)search->rows.ptr;
	for (uint32_t i = 0; i < found; i++) {
		bits_set(search->maybe, rows[i]);
		if (!open) {
			bits_set(search->sure, rows[i]);
		}
	}
	return ERR_OK;
}

static enum err find_shapes(struct search *search) {
	size_t count;
	const struct lines_once *shapes = block_regex_shapes(search->regex, &count);
	uint32_t most = 0;
	for (size_t i = 0; i < count; i++) {
		most = MAX_OF(most, lines_shape_rows(search->finder->lines, shapes[i].shape));
	}
	struct arena *arena = search->finder->arena;
	search->bits = ARENA_ARRAY(arena, bits_words(most) + 1, uint64_t);
	search->some = ARENA_ARRAY(arena, most / 2 + 1, uint64_t);
	search->ranks = ARENA_ARRAY(arena, most + 1, uint32_t);
	search->matches = ARENA_ARRAY(arena, most + 1, uint32_t);
	search->all = ARENA_ARRAY(arena, lines_shapes(search->finder->lines), bool);
	bool any = false;
	for (size_t i = 0; i < count; i++) {
		uint32_t ranks;
		TRY(list_ranks(search, shapes[i].shape, &ranks));
		TRY(block_regex_match(search->regex, &shapes[i], search->ranks, ranks, search->matches));
		TRY(set_rows(search, shapes[i].shape, ranks, true));
		TRY(set_rows(search, shapes[i].shape, ranks, false));
		any = any || search->all[shapes[i].shape];
	}
	return any ? lines_shape_bits(search->finder->lines, search->all, search->sure) : ERR_OK;
}

/* Rows in which a match may begin elsewhere. */
static enum err find_elsewhere(struct search *search, const struct expr *expr) {
	const uint64_t *elsewhere = block_regex_elsewhere(search->regex);
	uint64_t *found = NULL;
	uint64_t *ignored;
	if (bits_count(elsewhere, search->finder->rows) > ELSEWHERE_MAX) {
		TRY(block_find_pieces(search->finder, expr, &found, &ignored));
	}
	for (size_t i = 0; i < search->finder->words; i++) {
		search->maybe[i] |= elsewhere[i] & (found == NULL ? UINT64_MAX : found[i]);
		search->maybe[i] |= search->sure[i];
	}
	return ERR_OK;
}

enum err block_find_regex(const struct block_finder *finder, const struct expr *expr,
                          uint64_t *maybe, uint64_t *sure) {
	const struct regex *regex = expr_test_regex(expr);
	const char *mask;
	struct search search CLEANUP(search_deinit) = {.finder = finder, .maybe = maybe, .sure = sure};
	bool begins = regex_begins(regex, &search.begins, &mask);
	ASSERT(begins);
	TRY(block_regex_new(finder->lines, regex, finder->wanted, finder->rows, &search.regex));
	expr_test_pieces(expr, finder->arena, add_piece, &search);
	TRY(find_shapes(&search));
	return find_elsewhere(&search, expr);
}

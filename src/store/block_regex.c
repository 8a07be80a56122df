/* Pieces go from the place where a match may begin to the end of the literal text behind one slot,
 * two, four..., or to the end of the row: a longer one is taken for those rows in which the shorter
 * one does not decide.
 */
#include "store/block_regex.h"

#include <stdlib.h>

#include "base/bits.h"
#include "codec/lines_codes.h"

enum {
	PIECES_MAX = 1 << 20, /* different ones */
	TRIED = 32,           /* rows by which it is told whether pieces are too short */
};

enum verdict { NOT_ASKED, NO, YES, OPEN };

struct part { /* of a piece */
	uint32_t from, end;
};

struct block_regex {
	struct lines *lines;
	const struct regex *regex;
	struct regex_run *run;
	size_t names;
	struct buf once;
	uint64_t *elsewhere;
	struct lines_coder *coder; /* of pieces; tag: nothing stands behind it */
	uint8_t *verdicts;         /* of each piece */
	struct part *parts;        /* names of each piece; what it did not take: end before from */
	uint32_t verdicts_cap;
	/* rows of a shape that are not decided: which, their ranks, and their pieces */
	uint32_t *at, *ranks, *codes;
	uint32_t rows_cap;
};

static void *new_array(size_t count, size_t size) {
	void *array = calloc(count + 1, size);
	ASSERT(array != NULL);
	return array;
}

enum err block_regex_new(struct lines *lines, const struct regex *regex, const bool *shapes,
                         uint32_t rows, struct block_regex **out_regex) {
	struct lines_needle needle = {0};
	bool begins = regex_begins(regex, &needle.bytes, &needle.mask);
	ASSERT(begins);
	struct block_regex *made = new_array(1, sizeof(*made));
	*made = (struct block_regex){.lines = lines, .regex = regex, .names = regex_names(regex)};
	made->elsewhere = new_array(bits_words(rows), sizeof(*made->elsewhere));
	enum err err = lines_find_once(lines, &needle, shapes, &made->once, made->elsewhere);
	if (err != ERR_OK) {
		block_regex_free(made);
		return err;
	}
	made->run = regex_run_new(regex);
	made->coder = lines_coder_new(lines, PIECES_MAX);
	*out_regex = made;
	return ERR_OK;
}

void block_regex_free(struct block_regex *regex) {
	if (regex != NULL) {
		regex_run_free(regex->run);
		buf_deinit(&regex->once);
		free(regex->elsewhere);
		lines_coder_free(regex->coder);
		free(regex->verdicts);
		free(regex->parts);
		free(regex->at);
		free(regex->ranks);
		free(regex->codes);
		free(regex);
	}
}

const struct lines_once *block_regex_shapes(const struct block_regex *regex, size_t *out_count) {
	*out_count = regex->once.len / sizeof(struct lines_once);
	return (const struct lines_once *)(const void *)regex->once.ptr;
}

const uint64_t *block_regex_elsewhere(const struct block_regex *regex) {
	return regex->elsewhere;
}

uint32_t block_regex_matches(const struct block_regex *regex) {
	return lines_coder_count(regex->coder);
}

bool block_regex_captured(const struct block_regex *regex, uint32_t match, size_t i,
                          struct str *out_part) {
	ASSERT(match > 0 && match < regex->verdicts_cap && regex->verdicts[match] == YES);
	ASSERT(i < regex->names);
	struct part part = regex->parts[match * regex->names + i];
	if (part.end < part.from) {
		return false;
	}
	*out_part = str_slice(lines_coder_text(regex->coder, match), part.from, part.end);
	return true;
}

/* ---- pieces ---- */

static void make_room(struct block_regex *regex) {
	uint32_t need = lines_coder_count(regex->coder) + 1;
	if (need <= regex->verdicts_cap) {
		return;
	}
	uint32_t cap = need + need / 2 + 64;
	regex->verdicts = reallocarray(regex->verdicts, cap, sizeof(*regex->verdicts));
	regex->parts =
	    reallocarray(regex->parts, (size_t)cap * regex->names + 1, sizeof(*regex->parts));
	ASSERT(regex->verdicts != NULL && regex->parts != NULL);
	memset(regex->verdicts + regex->verdicts_cap, NOT_ASKED, cap - regex->verdicts_cap);
	regex->verdicts_cap = cap;
}

static void take_parts(struct block_regex *regex, uint32_t code, struct str text) {
	struct part *parts = regex->parts + code * regex->names;
	for (size_t i = 0; i < regex->names; i++) {
		struct str part;
		parts[i] = (struct part){1, 0};
		if (regex_captured(regex->regex, regex->run, i, text, &part)) {
			uint32_t from = (uint32_t)(part.ptr - text.ptr);
			parts[i] = (struct part){from, from + (uint32_t)part.len};
		}
	}
}

static enum verdict judge(struct block_regex *regex, uint32_t code) {
	if (regex->verdicts[code] == NOT_ASKED) {
		struct str text = lines_coder_text(regex->coder, code);
		bool to_end = lines_coder_tag(regex->coder, code) != 0;
		enum regex_answer answer = regex_match_start(regex->regex, regex->run, text, to_end);
		regex->verdicts[code] = answer == REGEX_NO ? NO : answer == REGEX_YES ? YES : OPEN;
		if (answer == REGEX_YES) {
			take_parts(regex, code, text);
		}
	}
	return regex->verdicts[code];
}

/* ---- rows ---- */

static void take_rows(struct block_regex *regex, const uint32_t *ranks, uint32_t count) {
	if (count > regex->rows_cap) {
		free(regex->at);
		free(regex->ranks);
		free(regex->codes);
		regex->at = new_array(count, sizeof(*regex->at));
		regex->ranks = new_array(count, sizeof(*regex->ranks));
		regex->codes = new_array(count, sizeof(*regex->codes));
		regex->rows_cap = count;
	}
	for (uint32_t i = 0; i < count; i++) {
		regex->at[i] = i;
		regex->ranks[i] = ranks == NULL ? i : ranks[i];
	}
}

/* Decides those rows that it can; returns how many are left. */
static uint32_t decide(struct block_regex *regex, uint32_t count, uint32_t *out_matches) {
	uint32_t left = 0;
	make_room(regex);
	for (uint32_t i = 0; i < count; i++) {
		uint32_t code = regex->codes[i];
		enum verdict verdict = code == 0 ? OPEN : judge(regex, code);
		if (verdict == OPEN) {
			regex->at[left] = regex->at[i];
			regex->ranks[left++] = regex->ranks[i];
		} else {
			out_matches[regex->at[i]] = verdict == YES ? code : BLOCK_REGEX_NO;
		}
	}
	return left;
}

/* The piece from the place to the end of the literal text behind so many slots; false: it is none
 * that can be coded. */
static enum err find_piece(struct block_regex *regex, const struct lines_once *once, uint32_t slots,
                           struct lines_piece *out_piece, bool *out_can) {
	uint32_t slot = once->from.slot + slots;
	*out_piece = (struct lines_piece){
	    .shape = once->shape,
	    .from = once->from,
	    .to = {.where = LINES_LITERAL,
	           .slot = (uint16_t)slot,
	           .at = lines_shape_before(regex->lines, once->shape, slot)},
	};
	return lines_coder_can(regex->coder, out_piece, out_can);
}

/* Pieces of the first count of those rows that are left. */
static enum err code_rows(struct block_regex *regex, const struct lines_piece *piece, bool to_end,
                          uint32_t count) {
	bool all = count == lines_shape_rows(regex->lines, piece->shape);
	return lines_coder_piece(regex->coder, to_end, piece, all ? NULL : regex->ranks, count,
	                         regex->codes);
}

/* Whether this piece decides nothing in most of the first rows. */
static enum err too_short(struct block_regex *regex, const struct lines_piece *piece,
                          bool *out_short) {
	uint32_t open = 0;
	TRY(code_rows(regex, piece, false, TRIED));
	make_room(regex);
	for (uint32_t i = 0; i < TRIED; i++) {
		open += regex->codes[i] == 0 || judge(regex, regex->codes[i]) == OPEN;
	}
	*out_short = open > TRIED * 3 / 4;
	return ERR_OK;
}

/* Goes on as long as rows are *left. ERR_LIMIT: there are too many pieces. */
static enum err match_left(struct block_regex *regex, const struct lines_once *once, uint32_t *left,
                           uint32_t *out_matches) {
	uint32_t behind = lines_shape_slots(regex->lines, once->shape) - once->from.slot;
	for (uint32_t slots = MIN_OF(1u, behind); *left > 0; slots = MIN_OF(slots * 2, behind)) {
		bool last = slots == behind;
		struct lines_piece piece;
		bool can;
		bool skip = false;
		TRY(find_piece(regex, once, slots, &piece, &can));
		if (!can) {
			return ERR_OK;
		}
		if (!last && *left > 2 * TRIED) {
			TRY(too_short(regex, &piece, &skip));
		}
		if (!skip) {
			TRY(code_rows(regex, &piece, last, *left));
			*left = decide(regex, *left, out_matches);
		}
		if (last) {
			return ERR_OK;
		}
	}
	return ERR_OK;
}

enum err block_regex_match(struct block_regex *regex, const struct lines_once *once,
                           const uint32_t *ranks, uint32_t count, uint32_t *out_matches) {
	uint32_t left = count;
	take_rows(regex, ranks, count);
	TRY(lines_shape_read(regex->lines, once->shape));
	ASSERT(once->from.where == LINES_LITERAL);
	ASSERT(once->from.slot <= lines_shape_slots(regex->lines, once->shape));
	enum err err = match_left(regex, once, &left, out_matches);
	if (err != ERR_LIMIT) {
		TRY(err);
	}
	for (uint32_t i = 0; i < left; i++) {
		out_matches[regex->at[i]] = BLOCK_REGEX_OPEN;
	}
	return ERR_OK;
}

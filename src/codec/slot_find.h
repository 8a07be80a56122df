/* Which rows have a value in a slot that begins with, ends with, contains or is a piece of text.
 * What is found once in a part that all columns share is kept for the next column.
 */
#pragma once

#include "codec/slots.h"

enum slot_match { SLOT_CONTAINS, SLOT_PREFIX, SLOT_SUFFIX, SLOT_EQUALS };

struct slot_piece {
	struct str bytes;
	const char *mask; /* for each byte the bits that do not count, set in bytes; NULL: none */
	uint8_t match;    /* enum slot_match */
	bool word;        /* no word goes on where the piece has an end that is one of the needle's */
};

enum slot_found {
	SLOT_NONE, /* no row */
	SLOT_SOME, /* the hits */
	SLOT_ALL,  /* every row, surely */
	SLOT_ANY,  /* every row, perhaps: not looked at */
};

/* Shorter pieces are not looked for in strings that stand but once: very many have them. */
enum { SLOT_TEXT_LEAST = 3 };

struct slot_finder; /* one for each question and struct slots */

struct slot_finder *slot_finder_new(struct slots *slots);
void slot_finder_free(struct slot_finder *finder);
/* False: no value of this code can be so, whatever it is. */
bool slot_can(uint8_t code, const struct slot_piece *piece);
/* Whether some slot of SLOT_TEXT may hold a value that is so; false: none of the block does. */
MUST_USE enum err slot_text_can(struct slot_finder *finder, const struct slot_piece *piece,
                                bool *out_can);
/* The same for slots that have words alone, wherever they lie; and for those that have the strings
 * [first, end) of form SLOT_AS_TEXTS alone. */
MUST_USE enum err slot_words_can(struct slot_finder *finder, const struct slot_piece *piece,
                                 bool *out_can);
MUST_USE enum err slot_texts_can(struct slot_finder *finder, const struct slot_piece *piece,
                                 size_t first, size_t end, bool *out_can);
/* The same for one such slot, which was taken but need not be used. */
MUST_USE enum err slot_text_has(struct slot_finder *finder, const struct slot *slot,
                                const struct slot_piece *piece, bool *out_can);
/* The same for slots whose values are the addresses [first, end) of the pool of these alone. */
MUST_USE enum err slot_addresses_can(struct slot_finder *finder, const struct slot_piece *piece,
                                     size_t first, size_t end, bool *out_can);
/* Ranks (uint32_t, ascending) of [0, count) whose value fits are appended to hits. ERR_CORRUPT. */
MUST_USE enum err slot_find(struct slot_finder *finder, const struct slot *slot, size_t count,
                            const struct slot_piece *piece, struct buf *hits,
                            enum slot_found *out_found);
/* Likewise of all strings of texts, which must outlive the finder; for rows of shape 0. */
MUST_USE enum err slot_find_whole(struct slot_finder *finder, struct texts *texts,
                                  const struct slot_piece *piece, struct buf *hits,
                                  enum slot_found *out_found);
/* Whether text fits; also for literals. */
bool slot_piece_fits(const struct slot_piece *piece, struct str text);
/* Whether len bytes are those of the piece from its byte from on. */
static inline bool slot_piece_same(const struct slot_piece *piece, size_t from, const char *at,
                                   size_t len) {
	const char *bytes = piece->bytes.ptr + from;
	if (piece->mask == NULL) {
		return memcmp(at, bytes, len) == 0;
	}
	for (size_t i = 0; i < len; i++) {
		if ((char)(at[i] | piece->mask[from + i]) != bytes[i]) {
			return false;
		}
	}
	return true;
}

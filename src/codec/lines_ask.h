/* Asking the values of single slots: each different value once where a dictionary says which there
 * are, else every value as it prints.
 */
#pragma once

#include "codec/lines.h"

enum lines_answer {
	LINES_NONE, /* of no row */
	LINES_SOME, /* of the ranks given */
	LINES_ALL,  /* of every row */
	LINES_OPEN, /* not asked: the value follows from the row's time */
};

/* True for a value that is looked for; value is good for the call only. */
typedef bool (*lines_match_f)(void *ctx, struct str value);

/* One question to many slots: what words have answered is kept. */
struct lines_asker;
struct lines_asker *lines_asker_new(struct lines *lines, lines_match_f match, void *ctx);
void lines_asker_free(struct lines_asker *asker); /* NULL is fine */
/* Ranks of a shape that count, ascending; others need not be asked. */
struct lines_few {
	const uint32_t *ranks;
	size_t count;
};
/* Appends to ranks (uint32_t, ascending) those of the shape whose value in the slot matches, when
 * the answer is LINES_SOME. few: NULL when all ranks count. The shape must not be 0. ERR_CORRUPT.
 */
MUST_USE enum err lines_ask(struct lines_asker *asker, uint32_t shape, uint32_t slot,
                            const struct lines_few *few, struct buf *ranks,
                            enum lines_answer *out_answer);
/* Whether all rows of the shape have one value in the slot, as its entry says. The shape must not
 * be 0. ERR_CORRUPT. */
MUST_USE enum err lines_slot_same(struct lines *lines, uint32_t shape, uint32_t slot,
                                  bool *out_same);
/* Appends to rows (uint32_t) the rows of ranks (ascending) of a shape. */
MUST_USE enum err lines_rows_of(struct lines *lines, uint32_t shape, const uint32_t *ranks,
                                size_t count, struct buf *rows);
/* Sets the bits (base/bits.h) of all rows of the shapes for which wanted[shape] is true. */
MUST_USE enum err lines_shape_bits(struct lines *lines, const bool *wanted, uint64_t *bits);

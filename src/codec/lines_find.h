/* Rows that have a piece of text, found in shapes and columns: rows are not put together. A literal
 * answers for all rows of its shape; a piece that goes over a border is looked for on both sides of
 * it.
 */
#pragma once

#include "codec/lines.h"

struct lines_needle {
	struct str bytes; /* at least one byte, at most 65,535 */
	const char *mask; /* for each byte the bits that do not count (0x20 for an ASCII letter in any
	                     case), set in bytes; NULL: none */
	bool word;        /* what counts has no letter, digit or underscore of ASCII beside it where it
	                     has one at its end: rows that have it otherwise need not be found */
	bool in_strings;  /* it is a word, and surely each row that has it so has it in one string of a
	                     slot or of shape 0 */
};

/* Sets the bits (base/bits.h, one for each row) of all rows that have needle, and perhaps of
 * others: where a value is looked at only in part. sure may be NULL; else the bits of rows that
 * surely have it are set there: a word (needle->word) with another ASCII byte beside it, or the
 * text's end, that is none of a word. shapes may be NULL; else only rows of shapes for which it is
 * true count, and those of which none was found become false: for a needle that must be there, too.
 * ERR_CORRUPT. */
MUST_USE enum err lines_find(struct lines *lines, const struct lines_needle *needle, bool *shapes,
                             uint64_t *maybe, uint64_t *sure);

/* The same with shapes and sure, which must not be NULL; but when it is surely all rows of some
 * shapes that have needle, and no others, *out_whole is true, shapes says which, and no bit is set.
 */
MUST_USE enum err lines_find_shapes(struct lines *lines, const struct lines_needle *needle,
                                    bool *shapes, uint64_t *maybe, uint64_t *sure, bool *out_whole);

/* ---- where a needle may begin ---- */

/* The only place in a shape's literal text where a needle stands. */
struct lines_once {
	uint32_t shape;
	struct lines_place from; /* LINES_LITERAL */
};
/* Appends to once (struct lines_once, by shape) the shapes that have needle just once in their
 * literal text, and sets in elsewhere the bits of all rows that have it in another place (also a
 * row of such a shape), and perhaps of others. A row of no such shape and without its bit has not
 * needle. shapes may be NULL; else only rows of shapes for which it is true are asked. needle->word
 * must be false. ERR_CORRUPT. */
MUST_USE enum err lines_find_once(struct lines *lines, const struct lines_needle *needle,
                                  const bool *shapes, struct buf *once, uint64_t *elsewhere);

/* One needle in the rows of one shape after the other, as ranks. */
struct lines_finder;
struct lines_finder *lines_finder_new(struct lines *lines, const struct lines_needle *needle);
void lines_finder_free(struct lines_finder *finder); /* NULL is fine */
/* Sets the bits of all ranks of the shape (not 0) whose rows have the needle, and perhaps of
 * others; ranks has one bit for each row of the shape. ERR_CORRUPT. */
MUST_USE enum err lines_finder_ranks(struct lines_finder *finder, uint32_t shape, uint64_t *ranks);

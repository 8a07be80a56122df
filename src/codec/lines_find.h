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
};

/* Sets the bits (base/bits.h, one for each row) of all rows that have needle, and perhaps of
 * others: where a value is looked at only in part. sure may be NULL; else the bits of rows that
 * surely have it are set there. shapes may be NULL; else only rows of shapes for which it is true
 * count, and those of which none was found become false: for a needle that must be there, too.
 * ERR_CORRUPT. */
MUST_USE enum err lines_find(struct lines *lines, const struct lines_needle *needle, bool *shapes,
                             uint64_t *maybe, uint64_t *sure);

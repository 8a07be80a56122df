/* Pieces of many rows as codes: each different value has a number, and its text is made once. Rows
 * of one shape are asked together, by their ranks; no row is put together.
 */
#pragma once

#include "codec/lines.h"

/* The same bytes of all rows of a shape: from one place to another. */
struct lines_piece {
	uint32_t shape;
	struct lines_place from, to;
};

/* The values of one field, say. */
struct lines_coder;
/* lines must outlive it. values_max: more different values are ERR_LIMIT. */
struct lines_coder *lines_coder_new(struct lines *lines, uint32_t values_max);
void lines_coder_free(struct lines_coder *coder); /* NULL is fine */
/* False: pieces like this have to be taken from the joined rows, for they are of shape 0, or what
 * stands there follows from a row's time, or the places are not as they should be. ERR_CORRUPT. */
MUST_USE enum err lines_coder_can(const struct lines_coder *coder, const struct lines_piece *piece,
                                  bool *out_can);
/* The code of a value, from 1 on; its text is copied. The same text with another tag is another
 * value. */
MUST_USE enum err lines_coder_value(struct lines_coder *coder, uint8_t tag, struct str text,
                                    uint32_t *out_code);
/* The codes of a piece that lines_coder_can take, of count ranks (ascending; NULL: from 0 on); 0
 * where a value is too short for the places. ERR_CORRUPT, ERR_LIMIT. */
MUST_USE enum err lines_coder_piece(struct lines_coder *coder, uint8_t tag,
                                    const struct lines_piece *piece, const uint32_t *ranks,
                                    uint32_t count, uint32_t *out_codes);
/* ---- numbers, without texts ---- */

/* How the numbers are written of a piece that is one slot of numbers and nothing else. */
enum lines_numbers {
	LINES_NO_NUMBERS, /* it is something else */
	LINES_DECIMALS,   /* without leading zeros */
	LINES_ADDRESSES,  /* as IPv4 addresses */
};
MUST_USE enum err lines_piece_numbers(struct lines *lines, const struct lines_piece *piece,
                                      enum lines_numbers *out_how);
/* Those of count rows: of ranks (ascending), or from rank first on when ranks is NULL. Decimals are
 * below 2^63, addresses below 2^32. ERR_CORRUPT. */
MUST_USE enum err lines_numbers_get(struct lines *lines, const struct lines_piece *piece,
                                    const uint32_t *ranks, uint32_t first, uint32_t count,
                                    uint64_t *out);

/* ---- */

/* Codes are 1 to so many. */
uint32_t lines_coder_count(const struct lines_coder *coder);
/* Borrowed, until the next value is added. */
struct str lines_coder_text(const struct lines_coder *coder, uint32_t code);
uint8_t lines_coder_tag(const struct lines_coder *coder, uint32_t code);
/* Memory held, in bytes. */
size_t lines_coder_bytes(const struct lines_coder *coder);

/* Which shapes a needle may lie in that begins or ends in a slot, told from the skeletons alone:
 * most have no border where it could go on. Private to src/codec (lines).
 */
#pragma once

#include "codec/lines_open.h"
#include "codec/slot_find.h"

struct lines_marks {
	struct str needle;
	const char *mask;   /* for each byte the bits that do not count; NULL: none */
	bool is_code[256];  /* slot codes there are */
	bool begins[256];   /* by code: a value of it may end with the needle's first byte */
	bool contains[256]; /* by code: a value of it may have all of the needle */
	/* By group of shapes: some address in it may have all of the needle. NULL: what contains says.
	 */
	const bool *addresses;
	/* Whether one may end with the needle's first len bytes; asked of codes that begin. */
	bool (*can_end)(void *ctx, uint8_t code, size_t len);
	void *ctx;
};

/* Sets out_can[shape] for every shape but 0 that lines_find must ask; false: surely no row has the
 * needle but in literal text. The skeletons must have been read. ERR_CORRUPT. */
MUST_USE enum err lines_marks(const struct lines *lines, const struct lines_marks *question,
                              bool *out_can);
/* Sets out_can[shape] for every shape that has a slot of SLOT_TEXT in some value of which piece may
 * lie; others are left alone. No shape is parsed for it. ERR_CORRUPT, ERR_LIMIT. */
MUST_USE enum err lines_marks_texts(struct lines *lines, struct slot_finder *finder,
                                    const struct slot_piece *piece, bool *out_can);

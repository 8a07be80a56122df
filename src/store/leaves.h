/* Leaf hashes made again from what a segment holds: bodies (those of containers from their object)
 * and salts. For verifying, proving, and going on after a crash.
 */
#pragma once

#include "store/objects.h"
#include "store/segment.h"

struct leaf_reader {
	const struct os *os;
	const char *objects; /* folder, borrowed */
	struct object *object;
	struct buf leaves, bodies, salts, copies; /* scratch */
};

void leaf_reader_init(struct leaf_reader *reader, const struct os *os, const char *objects);
void leaf_reader_deinit(struct leaf_reader *reader);
/* Writes the leaf hashes of the rows [from, to) of a page: 32 bytes each. ERR_CORRUPT when a part
 * is damaged. The leaves themselves stay in reader->leaves (struct leaf) until the next call. */
MUST_USE enum err leaf_reader_hash(struct leaf_reader *reader, struct store_view *view,
                                   uint32_t from, uint32_t to, uint8_t *out_hashes,
                                   struct diag *diag);
/* The body of a row: in the page, or in reader's object until the next call. */
MUST_USE enum err leaf_reader_body(struct leaf_reader *reader, struct store_view *view,
                                   uint32_t row, struct str *out_body, struct diag *diag);

/* Numbers in blocks of 64, each block with its own least value and width: for columns whose values
 * are near to their neighbours but far apart over the whole (process ids that follow each other,
 * sizes, dictionaries in order). Number i is had without decoding its block.
 *
 * Bytes (the reader knows the count; nothing is written for count 0), for B = ceil(count / 64)
 * blocks:
 *   1. the least number of all, varint;
 *   2. the width W of the blocks' least numbers, 1 byte, 0 to 64;
 *   3. widths and sums of widths of the blocks (codec/blocks.h);
 *   4. B packed numbers of W bits: the least number of each block less the least of all;
 *   5. for each block its numbers less the block's least, packed at the block's width. A block is
 *      8 * width bytes long; the last one ends with its last number.
 * Sums wrap. PACKED_SLACK readable bytes must lie behind, as behind packed numbers.
 */
#pragma once

#include "codec/blocks.h"

enum { BLOCKED_BLOCK = 64 };

/* Borrows the bytes. Zero-initialised: no numbers. */
struct blocked {
	size_t count;
	uint64_t least; /* of all */
	unsigned leasts_width;
	struct blocks blocks;
	const char *leasts;
	const char *numbers;
};

/* Bytes that blocked_put would append. */
size_t blocked_cost(const uint64_t *values, size_t count);
void blocked_put(struct buf *out, const uint64_t *values, size_t count);
/* Takes what blocked_put wrote for count numbers (below 2^32); borrowed. Checks every block's
 * place. ERR_CORRUPT. */
MUST_USE enum err blocked_open(struct wire *in, size_t count, struct blocked *out_blocked);

/* Number i, i < count. */
uint64_t blocked_get(const struct blocked *blocked, size_t i);
void blocked_get_many(const struct blocked *blocked, size_t first, size_t count, uint64_t *out);
/* Appends to hits (uint32_t) every i in [first, first + count) with least <= number <= greatest,
 * ascending. Blocks that cannot have one are passed over. */
void blocked_find(const struct blocked *blocked, size_t first, size_t count, uint64_t least,
                  uint64_t greatest, struct buf *hits);

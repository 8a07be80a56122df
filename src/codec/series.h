/* Numbers that mostly go on from their neighbours (times, counters): blocks of 128 with first
 * value, least step, steps less that at the block's width. A value is had by summing within its
 * block only.
 *
 * Bytes (the reader knows the count; nothing is written for count 0), for B = ceil(count / 128)
 * blocks:
 *   1. the least value of all, zigzag;
 *   2. divisor, varint, at least 1: every value is least + k * divisor. What follows is of the ks,
 *      64 bits without sign; all sums and products wrap;
 *   3. the width F of the blocks' first k, 1 byte, 0 to 64;
 *   4. the least step of all blocks, zigzag, and the width S of the blocks' least steps, 1 byte;
 *   5. widths and sums of widths of the blocks (codec/blocks.h);
 *   6. B packed numbers of F bits: the first k of each block;
 *   7. B packed numbers of S bits: the least step of each block less the least of all;
 *   8. for each block the steps from each k to the next within it, less the block's least step,
 *      packed at the block's width: 127 steps in 16 * width bytes (the last width bits are 0), and
 * in the last block as many bytes as its steps need. A block of one value has width 0. PACKED_SLACK
 * readable bytes must lie behind, as behind packed numbers.
 */
#pragma once

#include "codec/blocks.h"

enum { SERIES_BLOCK = 128 };

/* Borrows the bytes. Zero-initialised: no values. */
struct series {
	size_t count;
	int64_t least;
	uint64_t divisor;
	unsigned firsts_width;
	int64_t step; /* least of all */
	unsigned steps_width;
	struct blocks blocks;
	const char *firsts;
	const char *least_steps;
	const char *steps;
};

/* Bytes that series_put would append. */
size_t series_cost(const int64_t *values, size_t count);
void series_put(struct buf *out, const int64_t *values, size_t count);
/* Takes what series_put wrote for count values (below 2^32); borrowed. Checks every block's place.
 * ERR_CORRUPT. */
MUST_USE enum err series_open(struct wire *in, size_t count, struct series *out_series);

/* Value i, i < count: costs up to 127 additions. */
int64_t series_get(const struct series *series, size_t i);
void series_get_many(const struct series *series, size_t first, size_t count, int64_t *out);
/* Appends to hits (uint32_t) every i in [first, first + count) with least <= value <= greatest,
 * ascending. Blocks that surely have none are passed over. */
void series_find(const struct series *series, size_t first, size_t count, int64_t least,
                 int64_t greatest, struct buf *hits);

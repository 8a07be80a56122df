/* Private to src/codec: where the blocks of blocked.h and series.h lie. A block holds 64 (or 128)
 * packed numbers of one width, so it is as many words long as its width is (or twice).
 *
 * Bytes, for B blocks: B bytes, the width of each, 0 to 64; then for each eighth block but block 0
 * (8, 16, ...) 4 bytes, the sum of the widths of all blocks before it.
 */
#pragma once

#include "base/err.h"
#include "codec/packed.h"
#include "codec/wire.h"

enum { BLOCKS_GROUP = 8 };

struct blocks {
	const char *widths;
	const char *sums; /* of groups 1, 2, ... */
};

static inline size_t blocks_bytes(size_t count) {
	return count + (count == 0 ? 0 : (count - 1) / BLOCKS_GROUP * 4);
}

void blocks_put(struct buf *out, const uint8_t *widths, size_t count);
/* Borrowed; every width and sum is checked (ERR_CORRUPT). out_sum: of all widths but the last. */
MUST_USE enum err blocks_open(struct wire *in, size_t count, struct blocks *out_blocks,
                              uint64_t *out_sum);

static inline unsigned blocks_width(const struct blocks *blocks, size_t block) {
	return (uint8_t)blocks->widths[block];
}

/* The sum of the widths of all blocks before this one. Loads up to 7 bytes behind the widths. */
static inline uint64_t blocks_sum(const struct blocks *blocks, size_t block) {
	size_t group = block / BLOCKS_GROUP;
	uint64_t sum = group == 0 ? 0 : le32_load(blocks->sums + 4 * (group - 1));
	uint64_t widths = le64_load(blocks->widths + group * BLOCKS_GROUP) &
	                  (((uint64_t)1 << 8 * (block % BLOCKS_GROUP)) - 1);
	/* Seven bytes of at most 64: added up in four lanes of 16 bits. */
	widths = (widths & 0x00ff00ff00ff00ff) + (widths >> 8 & 0x00ff00ff00ff00ff);
	return sum + (widths * 0x0001000100010001 >> 48);
}

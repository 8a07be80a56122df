/* The widths of blocks and the sums of them that make each block's place known. */
#include "codec/blocks.h"

void blocks_put(struct buf *out, const uint8_t *widths, size_t count) {
	uint64_t sum = 0;
	buf_append(out, widths, count);
	for (size_t i = 0; i < count; i++) {
		if (i > 0 && i % BLOCKS_GROUP == 0) {
			ASSERT(sum <= UINT32_MAX);
			wire_put_u32(out, (uint32_t)sum);
		}
		sum += widths[i];
	}
}

enum err blocks_open(struct wire *in, size_t count, struct blocks *out_blocks, uint64_t *out_sum) {
	struct str widths = wire_bytes(in, count);
	struct str sums = wire_bytes(in, blocks_bytes(count) - count);
	uint64_t sum = 0;
	uint8_t last = 0;
	if (in->bad) {
		return ERR_CORRUPT;
	}
	for (size_t i = 0; i < count; i++) {
		sum += last;
		last = (uint8_t)widths.ptr[i];
		bool told = i > 0 && i % BLOCKS_GROUP == 0;
		if (last > PACKED_WIDTH_MAX ||
		    (told && sum != le32_load(sums.ptr + (i / BLOCKS_GROUP - 1) * 4))) {
			return ERR_CORRUPT;
		}
	}
	*out_blocks = (struct blocks){.widths = widths.ptr, .sums = sums.ptr};
	*out_sum = sum;
	return ERR_OK;
}

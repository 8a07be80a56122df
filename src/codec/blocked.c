/* Numbers in blocks of 64 that each have a least value and a width of their own. */
#include "codec/blocked.h"

#include <stdlib.h>

/* ---- writing ---- */

struct extremes {
	uint64_t least;
	uint64_t greatest;
};

static struct extremes extremes_of(const uint64_t *values, size_t count) {
	struct extremes of = {.least = values[0], .greatest = values[0]};
	for (size_t i = 1; i < count; i++) {
		of.least = MIN_OF(of.least, values[i]);
		of.greatest = MAX_OF(of.greatest, values[i]);
	}
	return of;
}

static size_t block_len(size_t count, size_t block) {
	return MIN_OF(count - block * BLOCKED_BLOCK, (size_t)BLOCKED_BLOCK);
}

static size_t block_count(size_t count) {
	return count / BLOCKED_BLOCK + (count % BLOCKED_BLOCK != 0);
}

static size_t varint_bytes(uint64_t value) {
	return value == 0 ? 1 : (packed_width(value) + 6) / 7;
}

size_t blocked_cost(const uint64_t *values, size_t count) {
	struct extremes leasts = {.least = UINT64_MAX};
	size_t cost = 0;
	if (count == 0) {
		return 0;
	}
	for (size_t b = 0; b < block_count(count); b++) {
		size_t n = block_len(count, b);
		struct extremes of = extremes_of(values + b * BLOCKED_BLOCK, n);
		leasts.least = MIN_OF(leasts.least, of.least);
		leasts.greatest = MAX_OF(leasts.greatest, of.least);
		cost += (size_t)packed_bytes(n, packed_width(of.greatest - of.least));
	}
	unsigned width = packed_width(leasts.greatest - leasts.least);
	return cost + varint_bytes(leasts.least) + 1 + blocks_bytes(block_count(count)) +
	       (size_t)packed_bytes(block_count(count), width);
}

static void put_block(struct buf *out, const uint64_t *values, size_t count, uint64_t least,
                      unsigned width) {
	uint64_t less[BLOCKED_BLOCK];
	for (size_t i = 0; i < count; i++) {
		less[i] = values[i] - least;
	}
	packed_put(out, less, count, width);
}

void blocked_put(struct buf *out, const uint64_t *values, size_t count) {
	struct extremes all = {.least = UINT64_MAX};
	size_t blocks = block_count(count);
	if (count == 0) {
		return;
	}
	ASSERT(count <= UINT32_MAX);
	uint64_t *leasts = malloc(blocks * sizeof(*leasts));
	uint8_t *widths = malloc(blocks);
	ASSERT(leasts != NULL && widths != NULL);
	for (size_t b = 0; b < blocks; b++) {
		struct extremes of = extremes_of(values + b * BLOCKED_BLOCK, block_len(count, b));
		leasts[b] = of.least;
		widths[b] = (uint8_t)packed_width(of.greatest - of.least);
		all.least = MIN_OF(all.least, of.least);
		all.greatest = MAX_OF(all.greatest, of.least);
	}
	for (size_t b = 0; b < blocks; b++) {
		leasts[b] -= all.least;
	}
	unsigned leasts_width = packed_width(all.greatest - all.least);
	wire_put_varint(out, all.least);
	buf_append_char(out, (char)leasts_width);
	blocks_put(out, widths, blocks);
	packed_put(out, leasts, blocks, leasts_width);
	for (size_t b = 0; b < blocks; b++) {
		put_block(out, values + b * BLOCKED_BLOCK, block_len(count, b), all.least + leasts[b],
		          widths[b]);
	}
	free(leasts);
	free(widths);
}

/* ---- reading ---- */

enum err blocked_open(struct wire *in, size_t count, struct blocked *out_blocked) {
	struct blocked blocked = {.count = count};
	size_t blocks = block_count(count);
	uint64_t sum;
	if (count == 0) {
		*out_blocked = blocked;
		return ERR_OK;
	}
	blocked.least = wire_varint(in);
	blocked.leasts_width = wire_u8(in);
	if (in->bad || count > UINT32_MAX || blocked.leasts_width > PACKED_WIDTH_MAX) {
		return ERR_CORRUPT;
	}
	TRY(blocks_open(in, blocks, &blocked.blocks, &sum));
	blocked.leasts = wire_bytes(in, packed_bytes(blocks, blocked.leasts_width)).ptr;
	uint64_t last =
	    packed_bytes(block_len(count, blocks - 1), blocks_width(&blocked.blocks, blocks - 1));
	blocked.numbers = wire_bytes(in, sum * 8 + last).ptr;
	if (in->bad) {
		return ERR_CORRUPT;
	}
	*out_blocked = blocked;
	return ERR_OK;
}

struct block {
	uint64_t least;
	unsigned width;
	const char *numbers;
};

static inline struct block block_at(const struct blocked *blocked, size_t block) {
	uint64_t above = packed_get(blocked->leasts, blocked->leasts_width, block);
	return (struct block){
	    .least = blocked->least + above,
	    .width = blocks_width(&blocked->blocks, block),
	    .numbers = blocked->numbers + 8 * blocks_sum(&blocked->blocks, block),
	};
}

uint64_t blocked_get(const struct blocked *blocked, size_t i) {
	ASSERT(i < blocked->count);
	struct block block = block_at(blocked, i / BLOCKED_BLOCK);
	return block.least + packed_get(block.numbers, block.width, i % BLOCKED_BLOCK);
}

void blocked_get_many(const struct blocked *blocked, size_t first, size_t count, uint64_t *out) {
	ASSERT(first <= blocked->count && count <= blocked->count - first);
	for (size_t end = first + count; first < end;) {
		struct block block = block_at(blocked, first / BLOCKED_BLOCK);
		size_t from = first % BLOCKED_BLOCK;
		size_t n = MIN_OF(end - first, BLOCKED_BLOCK - from);
		packed_get_many(block.numbers, block.width, from, n, out);
		for (size_t i = 0; i < n; i++) {
			out[i] += block.least;
		}
		out += n;
		first += n;
	}
}

void blocked_find(const struct blocked *blocked, size_t first, size_t count, uint64_t least,
                  uint64_t greatest, struct buf *hits) {
	ASSERT(first <= blocked->count && count <= blocked->count - first);
	if (least > greatest) {
		return;
	}
	struct packed_range range = {.least = least, .span = greatest - least};
	for (size_t end = first + count; first < end;) {
		size_t from = first % BLOCKED_BLOCK;
		size_t n = MIN_OF(end - first, BLOCKED_BLOCK - from);
		size_t at = first / BLOCKED_BLOCK;
		range.base = blocked->least + packed_get(blocked->leasts, blocked->leasts_width, at);
		range.hit_first = first - from;
		if (packed_may_have(blocks_width(&blocked->blocks, at), &range)) {
			struct block block = block_at(blocked, at);
			packed_find_range(block.numbers, block.width, from, n, &range, hits);
		}
		first += n;
	}
}

/* Blocks of a first value and steps. */
#include "codec/series.h"

#include <stdlib.h>

static size_t block_count(size_t count) {
	return count / SERIES_BLOCK + (count % SERIES_BLOCK != 0);
}

static size_t block_len(size_t count, size_t block) {
	return MIN_OF(count - block * SERIES_BLOCK, (size_t)SERIES_BLOCK);
}

/* ---- writing ---- */

/* Everything about a column but its steps. */
struct plan {
	int64_t least;
	uint64_t divisor;
	uint64_t *ks;
	size_t count;
	size_t blocks;
	int64_t *least_steps;
	uint8_t *widths;
	int64_t step; /* least of all */
	unsigned firsts_width;
	unsigned steps_width;
};

static uint64_t common_divisor(uint64_t a, uint64_t b) {
	while (b != 0) {
		uint64_t rest = a % b;
		a = b;
		b = rest;
	}
	return a;
}

/* Fills ks, the values less the least of them, divided by what divides them all. */
static void plan_ks(struct plan *plan, const int64_t *values) {
	uint64_t divisor = 0;
	plan->least = values[0];
	for (size_t i = 1; i < plan->count; i++) {
		plan->least = MIN_OF(plan->least, values[i]);
	}
	for (size_t i = 0; i < plan->count; i++) {
		plan->ks[i] = (uint64_t)values[i] - (uint64_t)plan->least;
		if (divisor != 1 && (divisor == 0 || plan->ks[i] % divisor != 0)) {
			divisor = common_divisor(plan->ks[i], divisor);
		}
	}
	plan->divisor = MAX_OF(divisor, (uint64_t)1);
	for (size_t i = 0; plan->divisor > 1 && i < plan->count; i++) {
		plan->ks[i] /= plan->divisor;
	}
}

static int64_t step_at(const uint64_t *ks, size_t i) {
	return (int64_t)(ks[i + 1] - ks[i]);
}

static void plan_block(struct plan *plan, size_t block) {
	const uint64_t *ks = plan->ks + block * SERIES_BLOCK;
	size_t n = block_len(plan->count, block);
	int64_t least = n > 1 ? step_at(ks, 0) : 0;
	int64_t greatest = least;
	for (size_t i = 1; i + 1 < n; i++) {
		int64_t step = step_at(ks, i);
		least = MIN_OF(least, step);
		greatest = MAX_OF(greatest, step);
	}
	plan->least_steps[block] = least;
	plan->widths[block] = (uint8_t)packed_width((uint64_t)greatest - (uint64_t)least);
}

static void plan_init(struct plan *plan, const int64_t *values, size_t count) {
	uint64_t first = 0;
	*plan = (struct plan){.count = count, .blocks = block_count(count)};
	plan->ks = malloc(count * sizeof(*plan->ks));
	plan->least_steps = malloc(plan->blocks * sizeof(*plan->least_steps));
	plan->widths = malloc(plan->blocks);
	ASSERT(count <= UINT32_MAX);
	ASSERT(plan->ks != NULL && plan->least_steps != NULL && plan->widths != NULL);
	plan_ks(plan, values);
	for (size_t b = 0; b < plan->blocks; b++) {
		plan_block(plan, b);
		first |= plan->ks[b * SERIES_BLOCK];
	}
	int64_t greatest = plan->step = plan->least_steps[0];
	for (size_t b = 1; b < plan->blocks; b++) {
		plan->step = MIN_OF(plan->step, plan->least_steps[b]);
		greatest = MAX_OF(greatest, plan->least_steps[b]);
	}
	plan->firsts_width = packed_width(first);
	plan->steps_width = packed_width((uint64_t)greatest - (uint64_t)plan->step);
}

static void plan_deinit(struct plan *plan) {
	free(plan->ks);
	free(plan->least_steps);
	free(plan->widths);
}

static void put_header(struct buf *out, const struct plan *plan) {
	wire_put_zigzag(out, plan->least);
	wire_put_varint(out, plan->divisor);
	buf_append_char(out, (char)plan->firsts_width);
	wire_put_zigzag(out, plan->step);
	buf_append_char(out, (char)plan->steps_width);
	blocks_put(out, plan->widths, plan->blocks);
}

static void put_firsts_and_least_steps(struct buf *out, const struct plan *plan) {
	uint64_t *numbers = malloc(plan->blocks * sizeof(*numbers));
	ASSERT(numbers != NULL);
	for (size_t b = 0; b < plan->blocks; b++) {
		numbers[b] = plan->ks[b * SERIES_BLOCK];
	}
	packed_put(out, numbers, plan->blocks, plan->firsts_width);
	for (size_t b = 0; b < plan->blocks; b++) {
		numbers[b] = (uint64_t)plan->least_steps[b] - (uint64_t)plan->step;
	}
	packed_put(out, numbers, plan->blocks, plan->steps_width);
	free(numbers);
}

static void put_steps(struct buf *out, const struct plan *plan, size_t block) {
	uint64_t steps[SERIES_BLOCK] = {0};
	const uint64_t *ks = plan->ks + block * SERIES_BLOCK;
	size_t n = block_len(plan->count, block);
	for (size_t i = 0; i + 1 < n; i++) {
		steps[i] = ks[i + 1] - ks[i] - (uint64_t)plan->least_steps[block];
	}
	bool last = block + 1 == plan->blocks;
	packed_put(out, steps, last ? n - 1 : SERIES_BLOCK, plan->widths[block]);
}

size_t series_cost(const int64_t *values, size_t count) {
	struct plan plan CLEANUP(plan_deinit) = {0};
	struct buf header CLEANUP(buf_deinit) = {0};
	if (count == 0) {
		return 0;
	}
	plan_init(&plan, values, count);
	put_header(&header, &plan);
	uint64_t cost = header.len + packed_bytes(plan.blocks, plan.firsts_width) +
	                packed_bytes(plan.blocks, plan.steps_width);
	for (size_t b = 0; b + 1 < plan.blocks; b++) {
		cost += packed_bytes(SERIES_BLOCK, plan.widths[b]);
	}
	size_t last = plan.blocks - 1;
	return (size_t)(cost + packed_bytes(block_len(count, last) - 1, plan.widths[last]));
}

void series_put(struct buf *out, const int64_t *values, size_t count) {
	struct plan plan CLEANUP(plan_deinit) = {0};
	if (count == 0) {
		return;
	}
	plan_init(&plan, values, count);
	put_header(out, &plan);
	put_firsts_and_least_steps(out, &plan);
	for (size_t b = 0; b < plan.blocks; b++) {
		put_steps(out, &plan, b);
	}
}

/* ---- reading ---- */

enum err series_open(struct wire *in, size_t count, struct series *out_series) {
	struct series series = {.count = count};
	size_t blocks = block_count(count);
	uint64_t sum;
	if (count == 0) {
		*out_series = series;
		return ERR_OK;
	}
	series.least = wire_zigzag(in);
	series.divisor = wire_varint(in);
	series.firsts_width = wire_u8(in);
	series.step = wire_zigzag(in);
	series.steps_width = wire_u8(in);
	if (in->bad || count > UINT32_MAX || series.divisor == 0 ||
	    series.firsts_width > PACKED_WIDTH_MAX || series.steps_width > PACKED_WIDTH_MAX) {
		return ERR_CORRUPT;
	}
	TRY(blocks_open(in, blocks, &series.blocks, &sum));
	series.firsts = wire_bytes(in, packed_bytes(blocks, series.firsts_width)).ptr;
	series.least_steps = wire_bytes(in, packed_bytes(blocks, series.steps_width)).ptr;
	unsigned last_width = blocks_width(&series.blocks, blocks - 1);
	uint64_t last = packed_bytes(block_len(count, blocks - 1) - 1, last_width);
	series.steps = wire_bytes(in, sum * (SERIES_BLOCK / 8) + last).ptr;
	if (in->bad) {
		return ERR_CORRUPT;
	}
	*out_series = series;
	return ERR_OK;
}

struct block {
	uint64_t first; /* k */
	uint64_t step;  /* least */
	unsigned width;
	const char *steps;
};

static struct block block_at(const struct series *series, size_t block) {
	uint64_t above = packed_get(series->least_steps, series->steps_width, block);
	return (struct block){
	    .first = packed_get(series->firsts, series->firsts_width, block),
	    .step = (uint64_t)series->step + above,
	    .width = blocks_width(&series->blocks, block),
	    .steps = series->steps + SERIES_BLOCK / 8 * blocks_sum(&series->blocks, block),
	};
}

static int64_t value_of(const struct series *series, uint64_t k) {
	return (int64_t)((uint64_t)series->least + k * series->divisor);
}

int64_t series_get(const struct series *series, size_t i) {
	uint64_t steps[SERIES_BLOCK];
	ASSERT(i < series->count);
	struct block block = block_at(series, i / SERIES_BLOCK);
	size_t n = i % SERIES_BLOCK;
	packed_get_many(block.steps, block.width, 0, n, steps);
	uint64_t k = block.first + n * block.step;
	for (size_t s = 0; s < n; s++) {
		k += steps[s];
	}
	return value_of(series, k);
}

/* Values 0 to n - 1 of a block, n >= 1. */
static void block_values(const struct series *series, const struct block *block, size_t n,
                         int64_t *out) {
	uint64_t steps[SERIES_BLOCK];
	uint64_t k = block->first;
	packed_get_many(block->steps, block->width, 0, n - 1, steps);
	out[0] = value_of(series, k);
	for (size_t i = 1; i < n; i++) {
		k += block->step + steps[i - 1];
		out[i] = value_of(series, k);
	}
}

void series_get_many(const struct series *series, size_t first, size_t count, int64_t *out) {
	int64_t values[SERIES_BLOCK];
	ASSERT(first <= series->count && count <= series->count - first);
	for (size_t end = first + count; first < end;) {
		struct block block = block_at(series, first / SERIES_BLOCK);
		size_t from = first % SERIES_BLOCK;
		size_t n = MIN_OF(end - first, SERIES_BLOCK - from);
		block_values(series, &block, from + n, values);
		memcpy(out, values + from, n * sizeof(*out));
		out += n;
		first += n;
	}
}

/* False: surely no value of the block is in the range. Where its bounds leave 64 bits, sums may
 * have wrapped and nothing is sure. */
static bool block_may_have(const struct series *series, const struct block *block, int64_t least,
                           int64_t greatest) {
	__int128 steps = SERIES_BLOCK - 1;
	__int128 lower = (__int128)(int64_t)block->step * steps;
	__int128 upper = lower + (__int128)packed_mask(block->width) * steps;
	lower = block->first + MIN_OF(lower, 0);
	upper = block->first + MAX_OF(upper, 0);
	if (lower < 0 || upper > UINT64_MAX || __builtin_mul_overflow(lower, series->divisor, &lower) ||
	    __builtin_mul_overflow(upper, series->divisor, &upper) ||
	    __builtin_add_overflow(upper, series->least, &upper) || upper > INT64_MAX) {
		return true;
	}
	return lower + series->least <= greatest && upper >= least;
}

void series_find(const struct series *series, size_t first, size_t count, int64_t least,
                 int64_t greatest, struct buf *hits) {
	int64_t values[SERIES_BLOCK];
	ASSERT(first <= series->count && count <= series->count - first);
	for (size_t end = first + count; first < end;) {
		struct block block = block_at(series, first / SERIES_BLOCK);
		size_t from = first % SERIES_BLOCK;
		size_t n = MIN_OF(end - first, SERIES_BLOCK - from);
		if (block_may_have(series, &block, least, greatest)) {
			block_values(series, &block, from + n, values);
			for (size_t i = from; i < from + n; i++) {
				uint32_t hit = (uint32_t)(first - from + i);
				if (values[i] >= least && values[i] <= greatest) {
					buf_append(hits, &hit, sizeof(hit));
				}
			}
		}
		first += n;
	}
}

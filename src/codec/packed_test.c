/* Packed numbers come back at every width, count and place, and are found by range. Buffers end
 * exactly PACKED_SLACK behind the numbers, so that the sanitizer sees a load too far.
 */
#include "codec/packed.h"

#include "tap.h"

static const size_t edge_counts[] = {0,  1,  2,  3,   4,   5,    7,    8,   9,
                                     63, 64, 65, 127, 129, 2047, 2048, 2049};

enum { COUNT_MAX = 2049 };

struct sample {
	uint64_t values[COUNT_MAX + 1];
	size_t count;
	unsigned width;
	char *bytes; /* packed, with slack of ones behind */
};

static void sample_init(struct sample *sample, size_t count, unsigned width) {
	struct buf out CLEANUP(buf_deinit) = {0};
	sample->count = count;
	sample->width = width;
	for (size_t i = 0; i < count; i++) {
		uint64_t narrow = tap_random() % 4 == 0 ? tap_random() % 3 : tap_random();
		sample->values[i] = narrow & packed_mask(width);
	}
	buf_append(&out, "before", 6);
	packed_put(&out, sample->values, count, width);
	CHECK_EQ(out.len, 6 + packed_bytes(count, width));
	CHECK_EQ(packed_bytes(count, width), ((uint64_t)count * width + 7) / 8);
	CHECK(memcmp(out.ptr, "before", 6) == 0);
	sample->bytes = malloc(out.len - 6 + PACKED_SLACK);
	memcpy(sample->bytes, out.ptr + 6, out.len - 6);
	memset(sample->bytes + out.len - 6, 0xff, PACKED_SLACK);
}

static void sample_deinit(struct sample *sample) {
	free(sample->bytes);
}

/* Bit by bit, as the header says. */
static uint64_t by_the_words(const char *bytes, unsigned width, size_t i) {
	uint64_t value = 0;
	for (unsigned b = 0; b < width; b++) {
		size_t bit = i * width + b;
		value |= (uint64_t)((uint8_t)bytes[bit / 8] >> bit % 8 & 1) << b;
	}
	return value;
}

static void check_find(const struct sample *sample, size_t first, size_t count, uint64_t least,
                       uint64_t greatest) {
	struct buf hits CLEANUP(buf_deinit) = {0};
	packed_find(sample->bytes, sample->width, first, count, least, greatest, &hits);
	const char *at = hits.ptr;
	for (size_t i = first; i < first + count; i++) {
		if (sample->values[i] >= least && sample->values[i] <= greatest) {
			REQUIRE(at != NULL && at < hits.ptr + hits.len);
			CHECK_EQ(le32_load(at), i);
			at += 4;
		}
	}
	CHECK(at == hits.ptr + hits.len);
}

static void check_stretch(const struct sample *sample, size_t first, size_t count) {
	uint64_t *back = malloc((count + 1) * sizeof(*back));
	packed_get_many(sample->bytes, sample->width, first, count, back);
	CHECK(count == 0 || memcmp(back, sample->values + first, count * sizeof(*back)) == 0);
	free(back);
	uint64_t one = count == 0 ? 0 : sample->values[first + tap_random() % count];
	uint64_t other = tap_random() & packed_mask(sample->width);
	check_find(sample, first, count, one, one);
	check_find(sample, first, count, MIN_OF(one, other), MAX_OF(one, other));
	check_find(sample, first, count, 0, UINT64_MAX);
	check_find(sample, first, count, one, UINT64_MAX);
	check_find(sample, first, count, UINT64_MAX, 0);
	check_find(sample, first, count, packed_mask(sample->width) + (sample->width < 64), UINT64_MAX);
}

TEST(numbers_of_every_width_and_count_come_back) {
	static struct sample sample;
	for (unsigned width = 0; width <= PACKED_WIDTH_MAX; width++) {
		for (size_t c = 0; c < ARRAY_LEN(edge_counts); c++) {
			sample_init(&sample, edge_counts[c], width);
			for (size_t i = 0; i < sample.count; i++) {
				if (packed_get(sample.bytes, width, i) != sample.values[i] ||
				    by_the_words(sample.bytes, width, i) != sample.values[i]) {
					CHECK_EQ(packed_get(sample.bytes, width, i), sample.values[i]);
					CHECK_EQ(by_the_words(sample.bytes, width, i), sample.values[i]);
					return;
				}
			}
			check_stretch(&sample, 0, sample.count);
			sample_deinit(&sample);
		}
	}
}

TEST(any_stretch_comes_back) {
	static struct sample sample;
	for (size_t round = 0; round < tap_rounds(500); round++) {
		size_t count = (size_t)(tap_random() % COUNT_MAX);
		sample_init(&sample, count, (unsigned)(tap_random() % (PACKED_WIDTH_MAX + 1)));
		size_t first = (size_t)(tap_random() % (count + 1));
		check_stretch(&sample, first, (size_t)(tap_random() % (count - first + 1)));
		sample_deinit(&sample);
	}
}

TEST(the_unused_bits_of_the_last_byte_are_zero) {
	struct buf out CLEANUP(buf_deinit) = {0};
	const uint64_t ones[] = {7, 7, 7};
	memset(buf_reserve(&out, 64), 0xff, 64);
	packed_put(&out, ones, 3, 3);
	CHECK_EQ(out.len, 2);
	CHECK_EQ((uint8_t)out.ptr[0], 0xff);
	CHECK_EQ((uint8_t)out.ptr[1], 0x01);
}

TEST(the_width_of_a_number_is_its_bits) {
	CHECK_EQ(packed_width(0), 0);
	for (unsigned width = 1; width <= PACKED_WIDTH_MAX; width++) {
		CHECK_EQ(packed_width(packed_mask(width)), width);
		CHECK_EQ(packed_width((uint64_t)1 << (width - 1)), width);
	}
	CHECK_EQ(packed_mask(0), 0);
	CHECK(packed_mask(64) == UINT64_MAX);
}

static void put_too_wide(void) {
	struct buf out = {0};
	packed_put(&out, &(uint64_t){1}, 1, 65);
}

TEST(a_width_above_64_is_a_bug) {
	CHECK(tap_aborts(put_too_wide));
}

TEST(ranges_of_sums_wrap) {
	struct buf out CLEANUP(buf_deinit) = {0};
	struct buf hits CLEANUP(buf_deinit) = {0};
	const uint64_t values[] = {0, 1, 2, 3};
	packed_put(&out, values, 4, 2);
	(void)buf_reserve(&out, PACKED_SLACK);
	/* The sums are UINT64_MAX - 1, UINT64_MAX, 0 and 1. */
	struct packed_range range = {
	    .base = UINT64_MAX - 1, .least = UINT64_MAX, .span = 1, .hit_first = 100};
	packed_find_range(out.ptr, 2, 0, 4, &range, &hits);
	REQUIRE(hits.len == 8);
	CHECK_EQ(le32_load(hits.ptr), 101);
	CHECK_EQ(le32_load(hits.ptr + 4), 102);
	range = (struct packed_range){.base = 5, .least = 3, .span = 2};
	CHECK(packed_may_have(2, &range)); /* 5 + 0 */
	range.span = 1;
	CHECK(!packed_may_have(2, &range));
}

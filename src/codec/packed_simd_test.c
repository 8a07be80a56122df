/* Whole groups come back and are found in AVX2 as in the portable way. */
#include "codec/packed_simd.h"

#include "codec/numbers_sample.h"

enum { GROUPS_MAX = 20 };

static void check_groups(unsigned width, size_t groups) {
	uint64_t values[GROUPS_MAX * PACKED_GROUP];
	uint64_t back[GROUPS_MAX * PACKED_GROUP];
	struct buf out CLEANUP(buf_deinit) = {0};
	struct buf hits CLEANUP(buf_deinit) = {0};
	struct buf expected CLEANUP(buf_deinit) = {0};
	size_t count = groups * PACKED_GROUP;
	sample_fill(values, count, width);
	packed_put(&out, values, count, width);
	char *bytes = sample_tight(&out, 0);
	size_t first = (size_t)(tap_random() % groups);
	if (width <= PACKED_WIDTH_ONE_LOAD) {
		packed_get_groups(bytes, width, first * PACKED_GROUP, groups - first, back);
		CHECK(memcmp(back, values + first * PACKED_GROUP,
		             (groups - first) * PACKED_GROUP * sizeof(*back)) == 0);
	}
	struct packed_range range = {.base = tap_random() % 2 == 0 ? 0 : tap_random(),
	                             .span = tap_random() >> tap_random() % 64,
	                             .hit_first = (size_t)(tap_random() % 1000)};
	range.least = range.base + values[tap_random() % count] - tap_random() % 2;
	packed_find_groups(bytes, width, first * PACKED_GROUP, groups - first, &range, &hits);
	packed_find_portable(bytes, width, first * PACKED_GROUP, (groups - first) * PACKED_GROUP,
	                     &range, &expected);
	CHECK(hits.len == expected.len &&
	      (hits.len == 0 || memcmp(hits.ptr, expected.ptr, hits.len) == 0));
	free(bytes);
}

TEST(groups_are_read_and_found_as_in_the_portable_way) {
	if (!packed_has_simd()) {
		tap_skip("no AVX2");
		return;
	}
	for (size_t round = 0; round < tap_rounds(20); round++) {
		for (unsigned width = 1; width <= PACKED_WIDTH_MAX; width++) {
			if (width <= PACKED_WIDTH_ONE_LOAD || width == PACKED_WIDTH_MAX) {
				check_groups(width, (size_t)(tap_random() % GROUPS_MAX) + 1);
			}
		}
	}
}

TEST(the_portable_way_reads_every_width) {
	uint64_t values[100];
	uint64_t back[100];
	for (unsigned width = 0; width <= PACKED_WIDTH_MAX; width++) {
		struct buf out CLEANUP(buf_deinit) = {0};
		sample_fill(values, ARRAY_LEN(values), width);
		packed_put(&out, values, ARRAY_LEN(values), width);
		char *bytes = sample_tight(&out, 0);
		size_t first = (size_t)(tap_random() % ARRAY_LEN(values));
		size_t count = ARRAY_LEN(values) - first;
		packed_get_portable(bytes, width, first, count, back);
		CHECK(memcmp(back, values + first, count * sizeof(*back)) == 0);
		free(bytes);
	}
}

/* Sums of widths, by group and within it, are those of a plain loop; wrong ones are refused. */
#include "codec/blocks.h"

#include "codec/numbers_sample.h"

static void check_sums(const uint8_t *widths, size_t count) {
	struct buf out CLEANUP(buf_deinit) = {0};
	struct blocks blocks;
	uint64_t total;
	blocks_put(&out, widths, count);
	CHECK_EQ(out.len, blocks_bytes(count));
	char *bytes = sample_tight(&out, 0);
	struct wire in = wire_from(str_make(bytes, out.len));
	CHECK_EQ(blocks_open(&in, count, &blocks, &total), ERR_OK);
	CHECK(wire_done(&in));
	uint64_t sum = 0;
	for (size_t i = 0; i < count; i++) {
		CHECK_EQ(blocks_width(&blocks, i), widths[i]);
		CHECK_EQ(blocks_sum(&blocks, i), sum);
		CHECK(i + 1 < count || total == sum);
		sum += widths[i];
	}
	if (out.len > 0) {
		struct wire half = wire_from(str_make(bytes, out.len - 1));
		CHECK_EQ(blocks_open(&half, count, &blocks, &total), ERR_CORRUPT);
	}
	free(bytes);
}

TEST(sums_are_those_of_a_plain_loop) {
	uint8_t widths[100];
	for (size_t count = 0; count <= ARRAY_LEN(widths); count++) {
		unsigned most = (unsigned)(tap_random() % 65) + 1;
		for (size_t i = 0; i < count; i++) {
			widths[i] = (uint8_t)(count % 3 == 0 ? 64 : tap_random() % most);
		}
		check_sums(widths, count);
	}
}

TEST(widths_above_64_and_wrong_sums_are_refused) {
	struct blocks blocks;
	uint64_t sum;
	struct wire wide = wire_from(STR("\x41"));
	CHECK_EQ(blocks_open(&wide, 1, &blocks, &sum), ERR_CORRUPT);
	struct wire right = wire_from(STR("\1\1\1\1\1\1\1\1\2\x08\0\0\0"));
	CHECK_EQ(blocks_open(&right, 9, &blocks, &sum), ERR_OK);
	CHECK_EQ(sum, 8);
	struct wire wrong = wire_from(STR("\1\1\1\1\1\1\1\1\2\x09\0\0\0"));
	CHECK_EQ(blocks_open(&wrong, 9, &blocks, &sum), ERR_CORRUPT);
}

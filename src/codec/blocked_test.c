/* Blocked numbers come back, alone and in stretches, and are found by range; damage is refused. */
#include "codec/blocked.h"

#include "codec/numbers_sample.h"

static void check_stretch(const struct blocked *blocked, const uint64_t *values) {
	struct stretch stretch = sample_stretch(blocked->count);
	struct buf hits CLEANUP(buf_deinit) = {0};
	uint64_t *back = malloc((stretch.count + 1) * sizeof(*back));
	blocked_get_many(blocked, stretch.first, stretch.count, back);
	CHECK(stretch.count == 0 ||
	      memcmp(back, values + stretch.first, stretch.count * sizeof(*back)) == 0);
	free(back);
	uint64_t one = blocked->count == 0 ? 0 : values[tap_random() % blocked->count];
	uint64_t other = tap_random() % 2 == 0 ? tap_random() : one + tap_random() % 1000;
	const uint64_t asked[][2] = {{one, one},        {MIN_OF(one, other), MAX_OF(one, other)},
	                             {other, other},    {0, one},
	                             {one, UINT64_MAX}, {UINT64_MAX, 0}};
	for (size_t i = 0; i < ARRAY_LEN(asked); i++) {
		buf_clear(&hits);
		blocked_find(blocked, stretch.first, stretch.count, asked[i][0], asked[i][1], &hits);
		sample_check_hits(&hits, values, stretch, asked[i][0], asked[i][1]);
	}
}

static size_t check_blocked(const uint64_t *values, size_t count) {
	struct buf out CLEANUP(buf_deinit) = {0};
	struct blocked blocked;
	blocked_put(&out, values, count);
	CHECK_EQ(out.len, blocked_cost(values, count));
	char *bytes = sample_tight(&out, 0);
	struct wire in = wire_from(str_make(bytes, out.len));
	CHECK_EQ(blocked_open(&in, count, &blocked), ERR_OK);
	CHECK(wire_done(&in));
	for (size_t i = 0; i < count; i++) {
		if (blocked_get(&blocked, i) != values[i]) {
			CHECK_EQ(blocked_get(&blocked, i), values[i]);
			break;
		}
	}
	for (unsigned i = 0; i < 4; i++) {
		check_stretch(&blocked, values);
	}
	for (size_t cut = 0; cut < out.len; cut += 1 + out.len / 50) {
		struct wire half = wire_from(str_make(bytes, cut));
		CHECK_EQ(blocked_open(&half, count, &blocked), ERR_CORRUPT);
	}
	free(bytes);
	return out.len;
}

TEST(columns_of_all_kinds_come_back) {
	static uint64_t values[SAMPLE_MAX];
	for (size_t round = 0; round < tap_rounds(300); round++) {
		size_t count = sample_count();
		sample_fill(values, count, (unsigned)(tap_random() % 65));
		(void)check_blocked(values, count);
	}
}

TEST(every_edge_count_comes_back) {
	static uint64_t values[SAMPLE_MAX];
	for (size_t i = 0; i < ARRAY_LEN(sample_edges); i++) {
		sample_fill(values, sample_edges[i], 64);
		(void)check_blocked(values, sample_edges[i]);
	}
}

TEST(numbers_near_to_their_neighbours_are_small) {
	uint64_t values[4096];
	for (size_t i = 0; i < ARRAY_LEN(values); i++) {
		values[i] = 1000000 * (i / 256) + tap_random() % 16;
	}
	/* 4 bits each; 64 blocks with 1 byte, half a byte for the sums and 24 bits for the least. */
	CHECK(check_blocked(values, ARRAY_LEN(values)) <= 2048 + 64 * 5);
}

TEST(the_bytes_are_those_of_the_header) {
	struct buf out CLEANUP(buf_deinit) = {0};
	uint64_t values[65];
	for (size_t i = 0; i < 64; i++) {
		values[i] = 300 + i % 2;
	}
	values[64] = 303;
	blocked_put(&out, values, 65);
	/* least 300; width of leasts 2; widths 1, 0; leasts 0, 3; 64 bits 0101... */
	CHECK(out.len == 14 &&
	      memcmp(out.ptr, "\xac\x02\x02\x01\x00\x0c\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa", 14) == 0);
}

TEST(forms_that_do_not_exist_are_refused) {
	struct blocked blocked;
	struct wire wide_leasts = wire_from(STR("\x00\x41\x00\x00\x00\x00\x00\x00\x00\x00\x00"));
	CHECK_EQ(blocked_open(&wide_leasts, 1, &blocked), ERR_CORRUPT);
	struct wire wide = wire_from(STR("\x00\x00\x41\x00\x00\x00\x00\x00\x00\x00\x00\x00"));
	CHECK_EQ(blocked_open(&wide, 1, &blocked), ERR_CORRUPT);
	struct wire many = wire_from(STR("\x00\x00\x00"));
	CHECK_EQ(blocked_open(&many, SIZE_MAX, &blocked), ERR_CORRUPT);
}

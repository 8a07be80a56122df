/* Plain numbers come back in either form, and are found by range; damage is refused. */
#include "codec/plain.h"

#include "codec/numbers_sample.h"

static void check_stretch(const struct plain *plain, const uint64_t *values) {
	struct stretch stretch = sample_stretch(plain->count);
	struct buf hits CLEANUP(buf_deinit) = {0};
	uint64_t *back = malloc((stretch.count + 1) * sizeof(*back));
	plain_get_many(plain, stretch.first, stretch.count, back);
	CHECK(stretch.count == 0 ||
	      memcmp(back, values + stretch.first, stretch.count * sizeof(*back)) == 0);
	free(back);
	uint64_t one = plain->count == 0 ? 0 : values[tap_random() % plain->count];
	uint64_t other = tap_random() % 2 == 0 ? tap_random() : one + tap_random() % 1000;
	const uint64_t asked[][2] = {{one, one}, {MIN_OF(one, other), MAX_OF(one, other)}, {1, 0}};
	for (size_t i = 0; i < ARRAY_LEN(asked); i++) {
		buf_clear(&hits);
		plain_find(plain, stretch.first, stretch.count, asked[i][0], asked[i][1], &hits);
		sample_check_hits(&hits, values, stretch, asked[i][0], asked[i][1]);
	}
}

/* Returns whether it was blocked. */
static bool check_plain(const uint64_t *values, size_t count) {
	struct buf out CLEANUP(buf_deinit) = {0};
	struct plain plain = {0};
	plain_put(&out, values, count);
	CHECK_EQ(out.len, plain_cost(values, count));
	char *bytes = sample_tight(&out, 0);
	struct wire in = wire_from(str_make(bytes, out.len));
	CHECK_EQ(plain_open(&in, count, &plain), ERR_OK);
	CHECK(wire_done(&in));
	CHECK(plain.is_blocked || plain.width == plain_width(values, count));
	for (size_t i = 0; i < count; i++) {
		if (plain_get(&plain, i) != values[i]) {
			CHECK_EQ(plain_get(&plain, i), values[i]);
			break;
		}
	}
	for (unsigned i = 0; i < 4; i++) {
		check_stretch(&plain, values);
	}
	for (size_t cut = 0; cut < out.len; cut += 1 + out.len / 50) {
		struct plain half_plain;
		struct wire half = wire_from(str_make(bytes, cut));
		CHECK_EQ(plain_open(&half, count, &half_plain), ERR_CORRUPT);
	}
	free(bytes);
	return plain.is_blocked;
}

TEST(columns_of_all_kinds_come_back_in_either_form) {
	static uint64_t values[SAMPLE_MAX];
	size_t rounds = tap_rounds(300);
	size_t blocked = 0;
	for (size_t round = 0; round < rounds; round++) {
		size_t count = sample_count();
		sample_fill(values, count, (unsigned)(tap_random() % 65));
		blocked += check_plain(values, count);
	}
	CHECK(blocked > 0 && blocked < rounds);
}

TEST(the_bytes_are_those_of_the_header) {
	struct buf out CLEANUP(buf_deinit) = {0};
	const uint64_t values[] = {200, 207, 201};
	plain_put(&out, values, 3);
	CHECK(out.len == 6 && memcmp(out.ptr, "\x00\xc8\x01\x03\x78\x00", 6) == 0);
	CHECK_EQ(plain_width(values, 3), 3);
	CHECK_EQ(plain_width(values, 0), 0);
}

TEST(forms_that_do_not_exist_are_refused) {
	struct plain plain;
	struct wire form = wire_from(STR("\x02\x00\x00\x00\x00"));
	CHECK_EQ(plain_open(&form, 2, &plain), ERR_CORRUPT);
	struct wire wide = wire_from(STR("\x00\x00\x41\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"));
	CHECK_EQ(plain_open(&wide, 1, &plain), ERR_CORRUPT);
	struct wire many = wire_from(STR("\x00\x00\x00"));
	CHECK_EQ(plain_open(&many, SIZE_MAX, &plain), ERR_CORRUPT);
}

/* Columns of integers come back, are as small as they should be, and damage is refused. */
#include "codec/ints.h"

#include "tap.h"

static size_t check_ints(const int64_t *values, size_t count) {
	struct buf out = {0};
	int64_t *back = malloc((count + 1) * sizeof(*back));
	ints_put(&out, values, count);
	struct wire in = wire_from(buf_str(&out));
	CHECK_EQ(ints_get(&in, count, back), ERR_OK);
	CHECK(wire_done(&in));
	CHECK(count == 0 || memcmp(values, back, count * sizeof(*back)) == 0);
	bool same = count > 0;
	for (size_t i = 0; i < count; i++) {
		same = same && values[i] == values[0];
	}
	in = wire_from(buf_str(&out));
	CHECK_EQ(ints_get_same(&in, count, back), same);
	CHECK(same ? wire_done(&in) && back[0] == values[0] : wire_left(&in) == out.len);
	for (size_t cut = 0; cut < out.len; cut += 1 + out.len / 50) {
		struct wire half = wire_from(str_make(out.ptr, cut));
		CHECK_EQ(ints_get(&half, count, back), ERR_CORRUPT);
	}
	size_t len = out.len;
	buf_deinit(&out);
	free(back);
	return len;
}

TEST(constants_and_even_steps_cost_a_few_bytes) {
	int64_t values[LIMIT_BATCH_ROWS];
	for (size_t i = 0; i < ARRAY_LEN(values); i++) {
		values[i] = 1700000000000000000;
	}
	CHECK(check_ints(values, ARRAY_LEN(values)) < 16);
	for (size_t i = 0; i < ARRAY_LEN(values); i++) {
		values[i] = (int64_t)(1000000 + 37 * i);
	}
	CHECK(check_ints(values, ARRAY_LEN(values)) < 16);
}

TEST(times_in_whole_seconds_cost_little) {
	int64_t values[LIMIT_BATCH_ROWS];
	int64_t now = 1700000000;
	for (size_t i = 0; i < ARRAY_LEN(values); i++) {
		now += (int64_t)(tap_random() % 4);
		values[i] = now * 1000000000;
	}
	CHECK(check_ints(values, ARRAY_LEN(values)) < ARRAY_LEN(values) / 3);
}

TEST(extreme_values_come_back) {
	const int64_t values[] = {0, INT64_MIN, INT64_MAX, -1, 1, INT64_MIN, INT64_MIN, INT64_MAX};
	for (size_t count = 0; count <= ARRAY_LEN(values); count++) {
		for (size_t first = 0; first + count <= ARRAY_LEN(values); first++) {
			(void)check_ints(values + first, count);
		}
	}
}

TEST(random_columns_of_all_widths_come_back) {
	int64_t values[300];
	for (unsigned round = 0; round < 400; round++) {
		unsigned bits = (unsigned)(tap_random() % 64);
		uint64_t mask = ((uint64_t)2 << bits) - 1;
		uint64_t step = tap_random() % 3 == 0 ? 1000 : 1;
		uint64_t base = tap_random();
		size_t count = (size_t)(tap_random() % ARRAY_LEN(values));
		bool running = tap_random() % 2 == 0;
		for (size_t i = 0; i < count; i++) {
			base = running ? base + (tap_random() & mask) * step : base;
			values[i] = (int64_t)(running ? base : base + (tap_random() & mask) * step);
		}
		(void)check_ints(values, count);
	}
}

TEST(forms_that_do_not_exist_are_refused) {
	int64_t back[4];
	struct wire too_wide = wire_from(STR("\x09\x00\x00\x00\x00\x00"));
	CHECK_EQ(ints_get(&too_wide, 4, back), ERR_CORRUPT);
	struct wire unknown = wire_from(STR("\x40\x00"));
	CHECK_EQ(ints_get(&unknown, 4, back), ERR_CORRUPT);
	struct wire plane = wire_from(STR("\x01\x00\x03\x00"));
	CHECK_EQ(ints_get(&plane, 4, back), ERR_CORRUPT);
}

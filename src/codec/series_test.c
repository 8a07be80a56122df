/* Series come back, alone and in stretches, and are found by range; damage is refused. */
#include "codec/series.h"

#include "codec/numbers_sample.h"

static void check_find(const struct series *series, const int64_t *values, struct stretch stretch,
                       int64_t least, int64_t greatest) {
	struct buf hits CLEANUP(buf_deinit) = {0};
	size_t at = 0;
	series_find(series, stretch.first, stretch.count, least, greatest, &hits);
	for (size_t i = stretch.first; i < stretch.first + stretch.count; i++) {
		if (values[i] >= least && values[i] <= greatest) {
			REQUIRE((at + 1) * 4 <= hits.len);
			REQUIRE(le32_load(hits.ptr + 4 * at) == i);
			at++;
		}
	}
	CHECK_EQ(hits.len, at * 4);
}

static void check_stretch(const struct series *series, const int64_t *values) {
	struct stretch stretch = sample_stretch(series->count);
	int64_t *back = malloc((stretch.count + 1) * sizeof(*back));
	series_get_many(series, stretch.first, stretch.count, back);
	CHECK(stretch.count == 0 ||
	      memcmp(back, values + stretch.first, stretch.count * sizeof(*back)) == 0);
	free(back);
	int64_t one = series->count == 0 ? 0 : values[tap_random() % series->count];
	int64_t other = tap_random() % 2 == 0 ? (int64_t)tap_random()
	                                      : (int64_t)((uint64_t)one + tap_random() % 100000);
	check_find(series, values, stretch, one, one);
	check_find(series, values, stretch, MIN_OF(one, other), MAX_OF(one, other));
	check_find(series, values, stretch, INT64_MIN, one);
	check_find(series, values, stretch, other, INT64_MAX);
	check_find(series, values, stretch, INT64_MAX, INT64_MIN);
}

static size_t check_series(const int64_t *values, size_t count) {
	struct buf out CLEANUP(buf_deinit) = {0};
	struct series series;
	series_put(&out, values, count);
	CHECK_EQ(out.len, series_cost(values, count));
	char *bytes = sample_tight(&out, 0);
	struct wire in = wire_from(str_make(bytes, out.len));
	CHECK_EQ(series_open(&in, count, &series), ERR_OK);
	CHECK(wire_done(&in));
	for (size_t i = 0; i < count; i++) {
		if (series_get(&series, i) != values[i]) {
			CHECK_EQ(series_get(&series, i), values[i]);
			break;
		}
	}
	for (unsigned i = 0; i < 4; i++) {
		check_stretch(&series, values);
	}
	for (size_t cut = 0; cut < out.len; cut += 1 + out.len / 50) {
		struct wire half = wire_from(str_make(bytes, cut));
		CHECK_EQ(series_open(&half, count, &series), ERR_CORRUPT);
	}
	free(bytes);
	return out.len;
}

TEST(columns_of_all_kinds_come_back) {
	static int64_t values[SAMPLE_MAX];
	for (size_t round = 0; round < tap_rounds(300); round++) {
		size_t count = sample_count();
		uint64_t divisor = tap_random() % 2 == 0 ? 1 : 1000;
		sample_fill((uint64_t *)values, count, (unsigned)(tap_random() % 65));
		for (size_t i = 0; i < count; i++) {
			values[i] = (int64_t)((uint64_t)values[i] * divisor - 1700000000);
		}
		(void)check_series(values, count);
	}
}

TEST(every_edge_count_comes_back) {
	static int64_t values[SAMPLE_MAX];
	for (size_t i = 0; i < ARRAY_LEN(sample_edges); i++) {
		sample_fill((uint64_t *)values, sample_edges[i], 64);
		(void)check_series(values, sample_edges[i]);
	}
}

TEST(extreme_values_come_back) {
	const int64_t values[] = {0, INT64_MIN, INT64_MAX, -1, 1, INT64_MIN, INT64_MIN, INT64_MAX};
	for (size_t count = 0; count <= ARRAY_LEN(values); count++) {
		for (size_t first = 0; first + count <= ARRAY_LEN(values); first++) {
			(void)check_series(values + first, count);
		}
	}
}

TEST(times_of_a_day_in_order_are_small_and_found) {
	int64_t values[20000];
	int64_t now = 1700000000;
	for (size_t i = 0; i < ARRAY_LEN(values); i++) {
		now += (int64_t)(tap_random() % 4);
		values[i] = now * 1000000000;
	}
	/* 2 bits each, and some 4 bytes a block. */
	CHECK(check_series(values, ARRAY_LEN(values)) < ARRAY_LEN(values) / 4 + 157 * 5);
	for (size_t i = 1; i + 1 < ARRAY_LEN(values); i++) {
		values[i] += (int64_t)(tap_random() % 1000000000);
	}
	CHECK(check_series(values, ARRAY_LEN(values)) < ARRAY_LEN(values) * 33 / 8 + 157 * 12);
}

TEST(the_bytes_are_those_of_the_header) {
	struct buf out CLEANUP(buf_deinit) = {0};
	int64_t values[129];
	for (size_t i = 0; i < 128; i++) {
		values[i] = 5000 + 10 * (int64_t)i;
	}
	values[128] = 5000;
	series_put(&out, values, 129);
	/* least 5000; divisor 10; first 0 bits; steps from 0 in 1 bit; widths 0, 0; least steps 1, 0 */
	CHECK(out.len == 9 && memcmp(out.ptr, "\x90\x4e\x0a\x00\x00\x01\x00\x00\x01", 9) == 0);
}

TEST(forms_that_do_not_exist_are_refused) {
	struct series series;
	const struct str bad[] = {
	    STR("\x00\x00\x00\x00\x00\x00"), /* divisor 0 */
	    STR("\x00\x01\x41\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"),
	    STR("\x00\x01\x00\x00\x41\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"),
	    STR("\x00\x01\x00\x00\x00\x41\x00\x00\x00\x00\x00\x00\x00\x00\x00"),
	};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct wire in = wire_from(bad[i]);
		CHECK_EQ(series_open(&in, 2, &series), ERR_CORRUPT);
	}
	struct wire right = wire_from(STR("\x00\x01\x00\x00\x00\x00"));
	CHECK_EQ(series_open(&right, 2, &series), ERR_OK);
}

TEST(sums_that_wrap_are_found_where_they_are) {
	struct series series;
	struct buf hits CLEANUP(buf_deinit) = {0};
	/* least INT64_MAX, divisor 1, first k 1: no writer makes this */
	struct wire in =
	    wire_from(STR("\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01\x01\x01\x00\x00\x00\x01"
	                  "0123456789abcdef"));
	CHECK_EQ(series_open(&in, 1, &series), ERR_OK);
	CHECK(series_get(&series, 0) == INT64_MIN);
	series_find(&series, 0, 1, INT64_MIN, 0, &hits);
	CHECK_EQ(hits.len, 4);
	series_find(&series, 0, 1, 0, INT64_MAX, &hits);
	CHECK_EQ(hits.len, 4);
}

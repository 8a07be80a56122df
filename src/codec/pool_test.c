/* Pools come back, alone and in stretches, and are found by value and by range; damage is refused
 * or gives wrong values.
 */
#include "codec/pool.h"

#include "codec/numbers_sample.h"

struct sample {
	uint64_t values[SAMPLE_MAX];
	size_t count;
	struct pool pool;
	char *bytes;
	size_t len;
};

/* Writes and opens what values and count say. */
static void sample_open(struct sample *sample, unsigned width) {
	struct buf out CLEANUP(buf_deinit) = {0};
	struct pool_writer *writer = pool_writer_new(width);
	size_t part = (size_t)(tap_random() % (sample->count + 1));
	pool_writer_add(writer, sample->values, part);
	pool_writer_add(writer, sample->values + part, sample->count - part);
	CHECK_EQ(pool_writer_count(writer), sample->count);
	pool_writer_put(writer, &out);
	pool_writer_free(writer);
	CHECK(out.len <= 20 + packed_bytes(sample->count, width));
	sample->bytes = sample_tight(&out, 0);
	sample->len = out.len;
	struct wire in = wire_from(str_make(sample->bytes, sample->len));
	CHECK_EQ(pool_open(&in, &sample->pool), ERR_OK);
	CHECK(wire_done(&in));
	CHECK_EQ(pool_count(&sample->pool), sample->count);
	CHECK_EQ(pool_check(&sample->pool), ERR_OK);
}

struct span {
	uint64_t least, greatest;
};

static bool is_within(const void *ctx, uint64_t value) {
	const struct span *span = ctx;
	return value >= span->least && value <= span->greatest;
}

static void check_find(const struct sample *sample, struct stretch stretch, uint64_t least,
                       uint64_t greatest) {
	struct buf hits CLEANUP(buf_deinit) = {0};
	struct buf sought CLEANUP(buf_deinit) = {0};
	pool_find(&sample->pool, stretch.first, stretch.count, least, greatest, &hits);
	sample_check_hits(&hits, sample->values, stretch, least, greatest);
	pool_find(&sample->pool, 0, sample->count, least, greatest, &sought);
	buf_clear(&hits);
	struct span span = {least, greatest};
	pool_find_if(&sample->pool, stretch.first, stretch.count, is_within, &span, &hits);
	sample_check_hits(&hits, sample->values, stretch, least, greatest);
	buf_clear(&hits);
	pool_hits(&sought, stretch.first, stretch.count, &hits);
	sample_check_hits(&hits, sample->values, stretch, least, greatest);
}

static void check_stretch(const struct sample *sample) {
	struct stretch stretch = sample_stretch(sample->count);
	uint64_t *back = malloc((stretch.count + 1) * sizeof(*back));
	pool_get_many(&sample->pool, stretch.first, stretch.count, back);
	CHECK(stretch.count == 0 ||
	      memcmp(back, sample->values + stretch.first, stretch.count * sizeof(*back)) == 0);
	free(back);
	uint64_t one = sample->count == 0 ? 0 : sample->values[tap_random() % sample->count];
	uint64_t other = tap_random() % 2 == 0 ? tap_random() : one + tap_random() % 100;
	check_find(sample, stretch, one, one);
	check_find(sample, stretch, MIN_OF(one, other), MAX_OF(one, other));
	check_find(sample, stretch, one, one + (one < UINT64_MAX));
	check_find(sample, stretch, 0, UINT64_MAX);
	check_find(sample, stretch, 1, 0);
}

static void check_pool(struct sample *sample, unsigned width) {
	sample_open(sample, width);
	for (size_t i = 0; i < sample->count; i++) {
		if (pool_get(&sample->pool, i) != sample->values[i]) {
			CHECK_EQ(pool_get(&sample->pool, i), sample->values[i]);
			break;
		}
	}
	for (unsigned i = 0; i < 4; i++) {
		check_stretch(sample);
	}
	for (size_t cut = 0; cut < sample->len; cut += 1 + sample->len / 50) {
		struct pool pool;
		struct wire half = wire_from(str_make(sample->bytes, cut));
		CHECK_EQ(pool_open(&half, &pool), ERR_CORRUPT);
	}
	free(sample->bytes);
}

TEST(pools_of_all_kinds_come_back) {
	static struct sample sample;
	size_t rounds = tap_rounds(300);
	size_t ranked = 0;
	for (size_t round = 0; round < rounds; round++) {
		unsigned width = (unsigned)(tap_random() % 64) + 1;
		sample.count = sample_count();
		sample_fill(sample.values, sample.count, width);
		check_pool(&sample, width);
		ranked += sample.pool.entries_count > 0;
	}
	CHECK(ranked > rounds / 20 && ranked < rounds);
}

TEST(every_edge_count_comes_back) {
	static struct sample sample;
	for (size_t i = 0; i < ARRAY_LEN(sample_edges); i++) {
		sample.count = sample_edges[i];
		for (size_t v = 0; v < sample.count; v++) {
			bool often = tap_random() % 3 != 0;
			sample.values[v] = often ? sample_skewed() * 0x123456789 : tap_random();
		}
		check_pool(&sample, 64);
	}
}

TEST(addresses_that_come_often_are_small) {
	static struct sample sample;
	sample.count = SAMPLE_MAX;
	for (size_t i = 0; i < sample.count; i++) {
		sample.values[i] = 0x0a000000 + (tap_random() % 16) * 0x12345;
	}
	check_pool(&sample, 32);
	CHECK(sample.len < sample.count);
}

static void add_too_wide(void) {
	pool_writer_add(pool_writer_new(8), &(uint64_t){256}, 1);
}

TEST(a_value_that_is_too_wide_is_a_bug) {
	CHECK(tap_aborts(add_too_wide));
}

TEST(the_bytes_are_those_of_the_header) {
	struct buf out CLEANUP(buf_deinit) = {0};
	struct pool_writer *writer = pool_writer_new(64);
	pool_writer_put(writer, &out);
	CHECK(out.len == 1 && out.ptr[0] == 0);
	buf_clear(&out);
	for (unsigned i = 0; i < 30; i++) {
		pool_writer_add(writer, &(uint64_t){i == 7 ? 1 : (uint64_t)0x55 << 57}, 1);
	}
	pool_writer_put(writer, &out);
	/* 30 values, ranked, 1 entry: plain of width 0; ranks: classes 0 and 15, 29 times and once;
	 * one other: plain of width 0 */
	static const char expected[] = "\x1e\x01\x01"
	                               "\x00\x80\x80\x80\x80\x80\x80\x80\x80\xaa\x01\x00"
	                               "\x01\x80\x1d\x01"
	                               "\x00\x00\x00\xf0\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
	                               "\x00\x01\x00";
	CHECK(out.len == sizeof(expected) - 1 && memcmp(out.ptr, expected, out.len) == 0);
	pool_writer_free(writer);
}

TEST(forms_that_do_not_exist_are_refused) {
	struct pool pool;
	const struct str bad[] = {STR(""), STR("\x01"), STR("\x01\x02\x00\x00\x00\x00"),
	                          STR("\x01\x01\x00\x00\x00\x00\x00"),
	                          STR("\x80\x80\x80\x80\x10\x00\x00\x00")};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct wire in = wire_from(bad[i]);
		CHECK_EQ(pool_open(&in, &pool), ERR_CORRUPT);
	}
}

TEST(damage_gives_wrong_values_at_worst) {
	static struct sample sample;
	static uint64_t back[SAMPLE_MAX];
	for (size_t round = 0; round < tap_rounds(200); round++) {
		struct buf hits CLEANUP(buf_deinit) = {0};
		sample.count = sample_count() + 1;
		for (size_t v = 0; v < sample.count; v++) {
			sample.values[v] = tap_random() % 3 == 0 ? tap_random() : sample_skewed() << 40;
		}
		sample_open(&sample, 64);
		for (unsigned n = 0; n < 3; n++) {
			sample.bytes[tap_random() % sample.len] = (char)tap_random();
		}
		struct wire in = wire_from(str_make(sample.bytes, sample.len));
		if (pool_open(&in, &sample.pool) == ERR_OK && pool_count(&sample.pool) <= SAMPLE_MAX) {
			size_t count = pool_count(&sample.pool);
			pool_get_many(&sample.pool, 0, count, back);
			for (size_t i = 0; i < count; i++) {
				(void)pool_get(&sample.pool, i);
			}
			pool_find(&sample.pool, count / 3, count / 3, back[0], back[0], &hits);
			pool_find(&sample.pool, count / 3, count / 3, 1, UINT64_MAX, &hits);
		}
		free(sample.bytes);
	}
}

TEST(what_is_smaller_in_blocks_has_no_dictionary) {
	static struct sample sample;
	sample.count = 4000;
	for (size_t i = 0; i < sample.count; i++) {
		sample.values[i] = i / 64 << 30; /* repeated, but beside each other */
	}
	check_pool(&sample, 37);
	CHECK_EQ(sample.pool.entries_count, 0);
	CHECK(sample.pool.others.is_blocked && sample.len < sample.count / 4);
}

/* numbers_bench [THOUSANDS]: what arrays of numbers cost, in nanoseconds of CPU a value: packing,
 * reading and searching at several widths; then pools with values as in logs, and their size. Least
 * of several runs.
 */
#include <math.h>
#include <stdlib.h>
#include <time.h>

#include "codec/pool.h"
#include "codec/series.h"

enum { RUNS = 7 };

static double now(void) {
	struct timespec time;
	ASSERT(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time) == 0);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static uint64_t next_random(uint64_t *state) {
	uint64_t z = *state += 0x9e3779b97f4a7c15;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

/* What is measured: one of these ran over count values; the least of its times. */
struct timing {
	double least;
	double start;
};

static void timing_start(struct timing *timing) {
	timing->start = now();
}

static void timing_end(struct timing *timing) {
	double seconds = now() - timing->start;
	if (timing->least == 0 || seconds < timing->least) {
		timing->least = seconds;
	}
}

static double per_value(const struct timing *timing, size_t count) {
	return timing->least / (double)count * 1e9;
}

/* ---- packed ---- */

static void bench_packed(size_t count, unsigned width) {
	struct timing put = {0};
	struct timing get = {0};
	struct timing get_one = {0};
	struct timing find = {0};
	struct buf out CLEANUP(buf_deinit) = {0};
	struct buf hits CLEANUP(buf_deinit) = {0};
	uint64_t state = width;
	uint64_t *values = malloc(count * sizeof(*values));
	uint64_t sum = 0;
	ASSERT(values != NULL);
	for (size_t i = 0; i < count; i++) {
		values[i] = next_random(&state) & packed_mask(width);
	}
	uint64_t wanted = values[count / 2];
	for (unsigned run = 0; run < RUNS; run++) {
		buf_clear(&out);
		buf_clear(&hits);
		timing_start(&put);
		packed_put(&out, values, count, width);
		timing_end(&put);
		(void)buf_reserve(&out, PACKED_SLACK);
		timing_start(&get);
		packed_get_many(out.ptr, width, 0, count, values);
		timing_end(&get);
		timing_start(&get_one);
		for (size_t i = 0; i < count; i++) {
			sum += packed_get(out.ptr, width, i);
		}
		timing_end(&get_one);
		timing_start(&find);
		packed_find(out.ptr, width, 0, count, wanted, wanted, &hits);
		timing_end(&find);
	}
	printf("packed %2u bits: put %5.2f get_many %5.2f get %5.2f find %5.2f ns (%zu hits)%s\n",
	       width, per_value(&put, count), per_value(&get, count), per_value(&get_one, count),
	       per_value(&find, count), hits.len / 4, sum == 1 ? " " : "");
	free(values);
}

/* ---- pools ---- */

/* Rank of a Zipf distribution with exponent 1 over n values, nearly. */
static uint64_t zipf(uint64_t *state, double n) {
	double u = (double)(next_random(state) >> 11) / 9007199254740992.0;
	return (uint64_t)pow(n + 1, u) - 1;
}

static uint64_t scattered(uint64_t rank, unsigned width) {
	uint64_t state = rank;
	return next_random(&state) & packed_mask(width);
}

struct kind {
	const char *name;
	unsigned width;
	uint64_t (*value)(uint64_t *state, size_t i);
};

static uint64_t address_common(uint64_t *state, size_t i) {
	(void)i;
	return scattered(zipf(state, 5000), 32);
}
static uint64_t address_many(uint64_t *state, size_t i) {
	(void)i;
	return scattered(zipf(state, 1e6), 32);
}
static uint64_t address_inside(uint64_t *state, size_t i) {
	(void)i;
	return 0x0a000000 + (zipf(state, 60000) * 7 & 0xffff);
}
static uint64_t id_unique(uint64_t *state, size_t i) {
	(void)i;
	return next_random(state);
}
static uint64_t id_in_pairs(uint64_t *state, size_t i) {
	uint64_t state_of_pair = i % 2 == 0 ? i : i - 1 - 2 * (next_random(state) % 500);
	return next_random(&state_of_pair) & packed_mask(48);
}
static uint64_t port(uint64_t *state, size_t i) {
	(void)i;
	return next_random(state) % 3 == 0 ? scattered(zipf(state, 200), 10)
	                                   : 32768 + next_random(state) % 28232;
}
static uint64_t counter(uint64_t *state, size_t i) {
	return 1000000 + i * 3 + next_random(state) % 3;
}
static uint64_t size_of_answer(uint64_t *state, size_t i) {
	(void)i;
	return next_random(state) % 4 == 0 ? 512
	                                   : (uint64_t)exp2((double)(next_random(state) % 2000) / 100);
}

struct pool_timing {
	struct timing put, get_many, get, find, find_frequent, find_range, find_stretches;
};

/* Hundred stretches of 1 % each, for one value. */
static void find_in_stretches(const struct pool *pool, uint64_t value, struct buf *hits) {
	size_t count = pool_count(pool) / 100;
	for (size_t i = 0; i < 100; i++) {
		pool_find(pool, i * count, count, value, value, hits);
	}
}

static void bench_reading(const struct pool *pool, uint64_t *values, struct pool_timing *timing,
                          struct buf *hits) {
	size_t count = pool_count(pool);
	uint64_t sum = 0;
	uint64_t state = 1;
	timing_start(&timing->get_many);
	pool_get_many(pool, 0, count, values);
	timing_end(&timing->get_many);
	timing_start(&timing->get);
	for (size_t i = 0; i < count / 16; i++) {
		sum += pool_get(pool, (size_t)(next_random(&state) % count));
	}
	timing_end(&timing->get);
	uint64_t wanted = values[count / 2] + (sum == 1);
	timing_start(&timing->find);
	pool_find(pool, 0, count, wanted ^ 1, wanted ^ 1, hits);
	timing_end(&timing->find);
	uint64_t frequent = pool->entries_count == 0 ? wanted : plain_get(&pool->entries, 0);
	timing_start(&timing->find_frequent);
	pool_find(pool, 0, count, frequent, frequent, hits);
	timing_end(&timing->find_frequent);
	timing_start(&timing->find_range);
	pool_find(pool, 0, count, wanted, wanted + (wanted >> 6), hits);
	timing_end(&timing->find_range);
	timing_start(&timing->find_stretches);
	find_in_stretches(pool, wanted, hits);
	timing_end(&timing->find_stretches);
}

static double bench_pool(size_t count, const struct kind *kind) {
	struct pool_timing timing = {0};
	struct pool pool = {0};
	struct buf out CLEANUP(buf_deinit) = {0};
	struct buf hits CLEANUP(buf_deinit) = {0};
	uint64_t *values = malloc(count * sizeof(*values));
	uint64_t state = 1;
	ASSERT(values != NULL);
	for (size_t i = 0; i < count; i++) {
		values[i] = kind->value(&state, i);
	}
	for (unsigned run = 0; run < RUNS; run++) {
		buf_clear(&out);
		buf_clear(&hits);
		timing_start(&timing.put);
		struct pool_writer *writer = pool_writer_new(kind->width);
		pool_writer_add(writer, values, count);
		pool_writer_put(writer, &out);
		pool_writer_free(writer);
		timing_end(&timing.put);
		size_t len = out.len;
		memset(buf_reserve(&out, PACKED_SLACK), 0, PACKED_SLACK);
		struct wire in = wire_from(str_make(out.ptr, len));
		ASSERT(pool_open(&in, &pool) == ERR_OK);
		bench_reading(&pool, values, &timing, &hits);
	}
	printf("%-15s %5.2f B of %u bits, %5zu entries: put %5.1f get_many %5.2f get %5.1f find %5.2f "
	       "frequent %5.2f range %5.2f stretches %5.2f ns\n",
	       kind->name, (double)out.len / (double)count, kind->width, pool.entries_count,
	       per_value(&timing.put, count), per_value(&timing.get_many, count),
	       per_value(&timing.get, count / 16), per_value(&timing.find, count),
	       per_value(&timing.find_frequent, count), per_value(&timing.find_range, count),
	       per_value(&timing.find_stretches, count));
	free(values);
	return timing.put.least;
}

/* ---- series ---- */

static void bench_series(size_t count) {
	struct timing put = {0};
	struct timing get = {0};
	struct timing find = {0};
	struct series series = {0};
	struct buf out CLEANUP(buf_deinit) = {0};
	struct buf hits CLEANUP(buf_deinit) = {0};
	int64_t *values = malloc(count * sizeof(*values));
	uint64_t state = 1;
	int64_t time = 1700000000000000;
	ASSERT(values != NULL);
	for (size_t i = 0; i < count; i++) {
		time += (int64_t)(next_random(&state) % 4096);
		values[i] = time * 1000;
	}
	for (unsigned run = 0; run < RUNS; run++) {
		buf_clear(&out);
		buf_clear(&hits);
		timing_start(&put);
		series_put(&out, values, count);
		timing_end(&put);
		size_t len = out.len;
		memset(buf_reserve(&out, PACKED_SLACK), 0, PACKED_SLACK);
		struct wire in = wire_from(str_make(out.ptr, len));
		ASSERT(series_open(&in, count, &series) == ERR_OK);
		timing_start(&get);
		series_get_many(&series, 0, count, values);
		timing_end(&get);
		timing_start(&find);
		series_find(&series, 0, count, values[count / 3], values[count / 3 + count / 100], &hits);
		timing_end(&find);
	}
	printf("series %.2f B: put %.2f get_many %.2f find %.2f ns\n", (double)out.len / (double)count,
	       per_value(&put, count), per_value(&get, count), per_value(&find, count));
	free(values);
}

int main(int argc, char **argv) {
	static const unsigned widths[] = {1, 4, 7, 8, 12, 14, 16, 20, 24, 32, 40, 48, 57, 60, 64};
	static const struct kind kinds[] = {
	    {"address common", 32, address_common},
	    {"address many", 32, address_many},
	    {"address inside", 32, address_inside},
	    {"id unique", 64, id_unique},
	    {"id in pairs", 48, id_in_pairs},
	    {"port", 16, port},
	    {"counter", 32, counter},
	    {"size", 32, size_of_answer},
	};
	uint64_t thousands = 700;
	if (argc > 1 && !str_to_u64(str_from(argv[1]), 100000, &thousands)) {
		return 2;
	}
	size_t count = (size_t)MAX_OF(thousands, (uint64_t)1) * 1000;
	for (size_t i = 0; i < ARRAY_LEN(widths); i++) {
		bench_packed(MIN_OF(count, (size_t)65536), widths[i]);
	}
	bench_series(count);
	double put = 0;
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		put += bench_pool(count, &kinds[i]);
	}
	printf("pools: %.1f ns a value written\n", put / (double)(ARRAY_LEN(kinds) * count) * 1e9);
	return 0;
}

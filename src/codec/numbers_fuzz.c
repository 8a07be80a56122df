/* Arbitrary bytes as blocked, series, plain, ranks and pool; the first byte says which, the next
 * two how many, two more how many entries. What opens must answer everything within bounds, alike
 * however it is asked, and survive a round trip.
 */
#include <stdlib.h>

#include "codec/pool.h"
#include "codec/series.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { READER_BLOCKED, READER_SERIES, READER_PLAIN, READER_RANKS, READER_POOL, READERS };

struct asked {
	size_t count;
	size_t entries;
	size_t first; /* a stretch: from here to count */
	struct wire in;
};

static uint64_t *values_new(size_t count) {
	uint64_t *values = malloc((count + 1) * sizeof(*values));
	ASSERT(values != NULL);
	return values;
}

/* Whether hits are every i in [first, count) with least <= values[i] <= greatest. */
static void check_hits(const struct buf *hits, const uint64_t *values, const struct asked *asked,
                       uint64_t least, uint64_t greatest) {
	size_t at = 0;
	for (size_t i = asked->first; i < asked->count; i++) {
		if (values[i] >= least && values[i] <= greatest) {
			ASSERT(at + 4 <= hits->len && le32_load(hits->ptr + at) == i);
			at += 4;
		}
	}
	ASSERT(at == hits->len);
}

static void try_blocked(struct asked *asked) {
	struct blocked blocked;
	struct buf hits CLEANUP(buf_deinit) = {0};
	struct buf out CLEANUP(buf_deinit) = {0};
	if (blocked_open(&asked->in, asked->count, &blocked) != ERR_OK) {
		return;
	}
	uint64_t *values = values_new(asked->count);
	blocked_get_many(&blocked, 0, asked->count, values);
	for (size_t i = 0; i < asked->count; i++) {
		ASSERT(blocked_get(&blocked, i) == values[i]);
	}
	uint64_t least = asked->count == 0 ? 0 : values[asked->first % asked->count];
	uint64_t greatest = least + 1000 < least ? UINT64_MAX : least + 1000;
	blocked_find(&blocked, asked->first, asked->count - asked->first, least, greatest, &hits);
	check_hits(&hits, values, asked, least, greatest);
	blocked_put(&out, values, asked->count);
	ASSERT(out.len == blocked_cost(values, asked->count));
	free(values);
}

static void try_series(struct asked *asked) {
	struct series series;
	struct buf hits CLEANUP(buf_deinit) = {0};
	struct buf out CLEANUP(buf_deinit) = {0};
	if (series_open(&asked->in, asked->count, &series) != ERR_OK) {
		return;
	}
	uint64_t *values = values_new(asked->count);
	series_get_many(&series, 0, asked->count, (int64_t *)values);
	for (size_t i = 0; i < asked->count; i++) {
		ASSERT(series_get(&series, i) == (int64_t)values[i]);
	}
	int64_t least = asked->count == 0 ? 0 : (int64_t)values[asked->first % asked->count];
	series_find(&series, asked->first, asked->count - asked->first, least, least, &hits);
	check_hits(&hits, values, asked, (uint64_t)least, (uint64_t)least);
	series_put(&out, (const int64_t *)values, asked->count);
	ASSERT(out.len == series_cost((const int64_t *)values, asked->count));
	free(values);
}

static void try_plain(struct asked *asked) {
	struct plain plain;
	struct buf hits CLEANUP(buf_deinit) = {0};
	if (plain_open(&asked->in, asked->count, &plain) != ERR_OK) {
		return;
	}
	uint64_t *values = values_new(asked->count);
	plain_get_many(&plain, 0, asked->count, values);
	for (size_t i = 0; i < asked->count; i++) {
		ASSERT(plain_get(&plain, i) == values[i]);
	}
	uint64_t least = asked->count == 0 ? 0 : values[asked->first % asked->count];
	plain_find(&plain, asked->first, asked->count - asked->first, least, UINT64_MAX, &hits);
	check_hits(&hits, values, asked, least, UINT64_MAX);
	free(values);
}

static void check_rank(const struct ranks *ranks, uint32_t rank, size_t other) {
	ASSERT(rank == RANK_NONE ? other < ranks_others(ranks) : rank < ranks->entries);
}

static void try_ranks(struct asked *asked) {
	struct ranks ranks;
	struct buf hits CLEANUP(buf_deinit) = {0};
	if (ranks_open(&asked->in, asked->count, asked->entries, &ranks) != ERR_OK) {
		return;
	}
	bool sound = ranks_check(&ranks) == ERR_OK;
	size_t n = asked->count - asked->first;
	uint32_t *many = malloc((n + 1) * sizeof(*many));
	size_t next_other = 0;
	ASSERT(many != NULL);
	ranks_get_many(&ranks, asked->first, n, many, &next_other);
	for (size_t i = 0; i < n; i++) {
		size_t other = SIZE_MAX;
		uint32_t one = ranks_get(&ranks, asked->first + i, &other);
		check_rank(&ranks, one, other);
		check_rank(&ranks, many[i], next_other);
		ASSERT(!sound || (one == many[i] && (one != RANK_NONE || other == next_other)));
		ASSERT(!sound || one != RANK_NONE || ranks_place(&ranks, other) == asked->first + i);
		next_other += many[i] == RANK_NONE;
	}
	if (n > 0 && many[n / 2] != RANK_NONE) {
		ranks_find(&ranks, asked->first, n, many[n / 2], &hits);
		ASSERT(!sound || hits.len >= 4);
		for (size_t at = 0; at < hits.len; at += 4) {
			size_t hit = le32_load(hits.ptr + at);
			ASSERT(hit >= asked->first && hit < asked->count);
			ASSERT(!sound || many[hit - asked->first] == many[n / 2]);
		}
	}
	free(many);
}

static bool is_equal(const void *ctx, uint64_t value) {
	return value == *(const uint64_t *)ctx;
}

static void try_pool(struct asked *asked) {
	struct pool pool;
	struct buf hits CLEANUP(buf_deinit) = {0};
	struct buf out CLEANUP(buf_deinit) = {0};
	if (pool_open(&asked->in, &pool) != ERR_OK || pool_count(&pool) > UINT16_MAX) {
		return;
	}
	bool sound = pool_check(&pool) == ERR_OK;
	asked->count = pool_count(&pool);
	asked->first = MIN_OF(asked->first, asked->count);
	uint64_t *values = values_new(asked->count);
	pool_get_many(&pool, 0, asked->count, values);
	for (size_t i = 0; i < asked->count; i++) {
		ASSERT(pool_get(&pool, i) == values[i] || !sound);
	}
	uint64_t least = asked->count == 0 ? 0 : values[asked->first % asked->count];
	pool_find(&pool, asked->first, asked->count - asked->first, least, least, &hits);
	if (sound) {
		check_hits(&hits, values, asked, least, least);
	}
	buf_clear(&hits);
	pool_find_if(&pool, asked->first, asked->count - asked->first, is_equal, &least, &hits);
	if (sound) {
		check_hits(&hits, values, asked, least, least);
	}
	struct pool_writer *writer = pool_writer_new(PACKED_WIDTH_MAX);
	pool_writer_add(writer, values, asked->count);
	pool_writer_put(writer, &out);
	pool_writer_free(writer);
	free(values);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	static void (*const readers[READERS])(struct asked *) = {
	    [READER_BLOCKED] = try_blocked, [READER_SERIES] = try_series, [READER_PLAIN] = try_plain,
	    [READER_RANKS] = try_ranks,     [READER_POOL] = try_pool,
	};
	if (size < 7) {
		return 0;
	}
	char *bytes = malloc(size - 7 + PACKED_SLACK);
	ASSERT(bytes != NULL);
	memcpy(bytes, data + 7, size - 7);
	memset(bytes + size - 7, 0, PACKED_SLACK);
	struct asked asked = {
	    .count = le16_load(data + 1),
	    .entries = le16_load(data + 3),
	    .in = wire_from(str_make(bytes, size - 7)),
	};
	asked.first = MIN_OF((size_t)le16_load(data + 5), asked.count);
	readers[data[0] % READERS](&asked);
	free(bytes);
	return 0;
}

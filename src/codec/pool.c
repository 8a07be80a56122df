/* Pools: frequent values in a dictionary, the others in place. */
#include "codec/pool.h"

#include <stdlib.h>

#include "base/bits.h"
#include "codec/dictionary.h"

enum { FORM_PLAIN, FORM_RANKED };

/* ---- writing ---- */

struct pool_writer {
	struct buf values; /* uint64_t */
	unsigned width;
};

struct pool_writer *pool_writer_new(unsigned width) {
	struct pool_writer *writer = calloc(1, sizeof(*writer));
	ASSERT(writer != NULL && width >= 1 && width <= PACKED_WIDTH_MAX);
	writer->width = width;
	return writer;
}

void pool_writer_free(struct pool_writer *writer) {
	if (writer != NULL) {
		buf_deinit(&writer->values);
		free(writer);
	}
}

void pool_writer_add(struct pool_writer *writer, const uint64_t *values, size_t count) {
	uint64_t bits = 0;
	for (size_t i = 0; i < count; i++) {
		bits |= values[i];
	}
	ASSERT(bits <= packed_mask(writer->width));
	buf_append(&writer->values, values, count * sizeof(*values));
}

size_t pool_writer_count(const struct pool_writer *writer) {
	return writer->values.len / sizeof(uint64_t);
}

static void put_ranked(struct buf *out, const uint64_t *values, size_t count,
                       const struct dictionary *dictionary) {
	struct buf others CLEANUP(buf_deinit) = {0};
	for (size_t i = 0; i < count; i++) {
		if (dictionary->ranks[i] == RANK_NONE) {
			buf_append(&others, &values[i], sizeof(values[i]));
		}
	}
	buf_append_char(out, FORM_RANKED);
	wire_put_varint(out, dictionary->count);
	plain_put(out, dictionary->entries, dictionary->count);
	ranks_put(out, dictionary->ranks, count);
	plain_put(out, (const uint64_t *)(const void *)others.ptr, others.len / sizeof(uint64_t));
}

void pool_writer_put(struct pool_writer *writer, struct buf *out) {
	struct dictionary dictionary CLEANUP(dictionary_deinit) = {0};
	const uint64_t *values = (const uint64_t *)(const void *)writer->values.ptr;
	size_t count = pool_writer_count(writer);
	ASSERT(count <= UINT32_MAX);
	wire_put_varint(out, count);
	if (count == 0) {
		return;
	}
	size_t form_at = out->len;
	dictionary_init(&dictionary, values, count);
	if (dictionary.count > 0) {
		put_ranked(out, values, count, &dictionary);
	}
	if (dictionary.count == 0 || out->len - form_at > 1 + plain_cost(values, count)) {
		out->len = form_at;
		buf_append_char(out, FORM_PLAIN);
		plain_put(out, values, count);
	}
}

/* ---- reading ---- */

static enum err open_ranked(struct wire *in, struct pool *pool) {
	pool->entries_count = (size_t)wire_varint_max(in, RANKS_MAX);
	if (pool->entries_count == 0) {
		return ERR_CORRUPT;
	}
	TRY(plain_open(in, pool->entries_count, &pool->entries));
	TRY(ranks_open(in, pool->count, pool->entries_count, &pool->ranks));
	return plain_open(in, ranks_others(&pool->ranks), &pool->others);
}

enum err pool_open(struct wire *in, struct pool *out_pool) {
	struct pool pool = {.count = (size_t)wire_varint_max(in, UINT32_MAX)};
	unsigned form = pool.count == 0 ? FORM_PLAIN : wire_u8(in);
	if (in->bad || form > FORM_RANKED) {
		return ERR_CORRUPT;
	}
	TRY(form == FORM_RANKED ? open_ranked(in, &pool) : plain_open(in, pool.count, &pool.others));
	*out_pool = pool;
	return ERR_OK;
}

enum err pool_check(const struct pool *pool) {
	return pool->entries_count == 0 ? ERR_OK : ranks_check(&pool->ranks);
}

uint64_t pool_get(const struct pool *pool, size_t i) {
	size_t other = i;
	ASSERT(i < pool->count);
	if (pool->entries_count > 0) {
		uint32_t entry = ranks_get(&pool->ranks, i, &other);
		if (entry != RANK_NONE) {
			return plain_get(&pool->entries, entry);
		}
	}
	return plain_get(&pool->others, other);
}

/* Values of one block of ranks. entries: the dictionary decoded, or NULL. */
static void get_some(const struct pool *pool, const uint64_t *entries, size_t first, size_t count,
                     uint64_t *out) {
	uint32_t ranks[RANKS_BLOCK];
	uint64_t others[RANKS_BLOCK];
	size_t first_other;
	size_t others_count = 0;
	ranks_get_many(&pool->ranks, first, count, ranks, &first_other);
	for (size_t i = 0; i < count; i++) {
		others_count += ranks[i] == RANK_NONE;
	}
	plain_get_many(&pool->others, first_other, others_count, others);
	const uint64_t *other = others;
	for (size_t i = 0; i < count; i++) {
		uint32_t rank = ranks[i];
		if (rank == RANK_NONE) {
			out[i] = *other++;
		} else {
			out[i] = entries != NULL ? entries[rank] : plain_get(&pool->entries, rank);
		}
	}
}

void pool_get_many(const struct pool *pool, size_t first, size_t count, uint64_t *out) {
	uint64_t *entries = NULL;
	ASSERT(first <= pool->count && count <= pool->count - first);
	if (pool->entries_count == 0) {
		plain_get_many(&pool->others, first, count, out);
		return;
	}
	/* To decode an entry in its row costs about a tenth of finding it alone. */
	if (count > pool->entries_count / 8) {
		entries = malloc(pool->entries_count * sizeof(*entries));
		ASSERT(entries != NULL);
		plain_get_many(&pool->entries, 0, pool->entries_count, entries);
	}
	while (count > 0) {
		size_t n = MIN_OF(count, RANKS_BLOCK - first % RANKS_BLOCK);
		get_some(pool, entries, first, n, out);
		first += n;
		count -= n;
		out += n;
	}
	free(entries);
}

/* ---- searching ---- */

enum { FEW_ENTRIES = 8 };

/* Where few entries (uint32_t) fit: each is looked for by its number. */
static void find_few(const struct pool *pool, size_t first, size_t count, const struct buf *entries,
                     struct buf *hits) {
	for (size_t at = 0; at < entries->len; at += 4) {
		ranks_find(&pool->ranks, first, count, le32_load(entries->ptr + at), hits);
	}
}

/* Where many fit: they are marked, and every value's entry is looked at. */
static void find_marked(const struct pool *pool, size_t first, size_t count,
                        const struct buf *entries, struct buf *hits) {
	uint64_t marks[RANKS_MAX / 64 + 1] = {0}; /* by entry */
	uint32_t ranks[RANKS_BLOCK];
	size_t first_other;
	for (size_t at = 0; at < entries->len; at += 4) {
		bits_set(marks, le32_load(entries->ptr + at));
	}
	for (size_t end = first + count; first < end;) {
		size_t n = MIN_OF(end - first, RANKS_BLOCK - first % RANKS_BLOCK);
		ranks_get_many(&pool->ranks, first, n, ranks, &first_other);
		/* Written always and kept when it fits: a branch would be guessed wrong every other time.
		 */
		char *at = buf_reserve(hits, 4 * n);
		for (size_t i = 0; i < n; i++) {
			le32_store(at, (uint32_t)(first + i));
			/* RANK_NONE falls on the last bit, which no entry has. */
			at += bits_get(marks, MIN_OF(ranks[i], (uint32_t)RANKS_MAX)) ? 4 : 0;
		}
		hits->len = (size_t)(at - hits->ptr);
		first += n;
	}
}

/* Others of a stretch of values: their numbers. */
struct others {
	size_t from, to;
};

static struct others others_of(const struct pool *pool, size_t first, size_t count) {
	return (struct others){ranks_others_before(&pool->ranks, first),
	                       ranks_others_before(&pool->ranks, first + count)};
}

/* Sorts hits from an offset on, all in [first, first + count): by marking them. */
static void sort_hits(struct buf *hits, size_t offset, size_t first, size_t count) {
	uint64_t *marks = calloc(count / 64 + 1, sizeof(*marks));
	ASSERT(marks != NULL);
	for (size_t at = offset; at < hits->len; at += 4) {
		size_t i = le32_load(hits->ptr + at) - first;
		bits_set(marks, i);
	}
	hits->len = offset;
	for (size_t word = 0; word <= count / 64; word++) {
		for (uint64_t bits = marks[word]; bits != 0; bits &= bits - 1) {
			uint32_t hit = (uint32_t)(first + word * 64 + (unsigned)__builtin_ctzll(bits));
			buf_append(hits, &hit, sizeof(hit));
		}
	}
	free(marks);
}

/* Values whose entry is one of entries, or whose number among the others one of others (both
 * uint32_t, ascending). */
static void find_ranked(const struct pool *pool, size_t first, size_t count,
                        const struct buf *entries, const struct buf *others, struct buf *hits) {
	size_t offset = hits->len;
	bool few = entries->len / 4 <= FEW_ENTRIES;
	if (few) {
		find_few(pool, first, count, entries, hits);
	} else {
		find_marked(pool, first, count, entries, hits);
	}
	bool ascending = !few || entries->len <= 4 || hits->len == offset;
	size_t found = hits->len;
	ranks_places(&pool->ranks, (const uint32_t *)(const void *)others->ptr, others->len / 4, first,
	             first + count, hits);
	if (!ascending || (found > offset && hits->len > found)) {
		sort_hits(hits, offset, first, count);
	}
}

void pool_find(const struct pool *pool, size_t first, size_t count, uint64_t least,
               uint64_t greatest, struct buf *hits) {
	struct buf entries CLEANUP(buf_deinit) = {0};
	struct buf found CLEANUP(buf_deinit) = {0};
	ASSERT(first <= pool->count && count <= pool->count - first);
	if (pool->entries_count == 0) {
		plain_find(&pool->others, first, count, least, greatest, hits);
		return;
	}
	struct others others = others_of(pool, first, count);
	plain_find(&pool->entries, 0, pool->entries_count, least, greatest, &entries);
	if (others.from < others.to) {
		plain_find(&pool->others, others.from, others.to - others.from, least, greatest, &found);
	}
	find_ranked(pool, first, count, &entries, &found, hits);
}

/* As plain_find. */
static void plain_find_if(const struct plain *plain, size_t first, size_t count,
                          bool (*wanted)(const void *ctx, uint64_t value), const void *ctx,
                          struct buf *hits) {
	uint64_t values[512];
	for (size_t i = 0; i < count; i += ARRAY_LEN(values)) {
		size_t some = MIN_OF(count - i, ARRAY_LEN(values));
		plain_get_many(plain, first + i, some, values);
		for (size_t k = 0; k < some; k++) {
			if (wanted(ctx, values[k])) {
				uint32_t hit = (uint32_t)(first + i + k);
				buf_append(hits, &hit, sizeof(hit));
			}
		}
	}
}

void pool_find_if(const struct pool *pool, size_t first, size_t count,
                  bool (*wanted)(const void *ctx, uint64_t value), const void *ctx,
                  struct buf *hits) {
	struct buf entries CLEANUP(buf_deinit) = {0};
	struct buf found CLEANUP(buf_deinit) = {0};
	ASSERT(first <= pool->count && count <= pool->count - first);
	if (pool->entries_count == 0) {
		plain_find_if(&pool->others, first, count, wanted, ctx, hits);
		return;
	}
	struct others others = others_of(pool, first, count);
	plain_find_if(&pool->entries, 0, pool->entries_count, wanted, ctx, &entries);
	if (others.from < others.to) {
		plain_find_if(&pool->others, others.from, others.to - others.from, wanted, ctx, &found);
	}
	find_ranked(pool, first, count, &entries, &found, hits);
}

/* The first of count ascending numbers that is at least i, or count. */
static size_t lower_bound(const char *numbers, size_t count, size_t i) {
	size_t from = 0;
	while (from < count) {
		size_t middle = from + (count - from) / 2;
		if (le32_load(numbers + 4 * middle) < i) {
			from = middle + 1;
		} else {
			count = middle;
		}
	}
	return from;
}

void pool_hits(const struct buf *sought, size_t first, size_t count, struct buf *hits) {
	size_t all = sought->len / 4;
	size_t from = lower_bound(sought->ptr, all, first);
	size_t to = lower_bound(sought->ptr, all, first + count);
	if (from < to) {
		buf_append(hits, sought->ptr + 4 * from, 4 * (to - from));
	}
}

/* A pool of numbers below 2^width in the order they were added: one that comes often stands once,
 * in a dictionary (codec/ranks.h), any other in place.
 *
 * Bytes:
 *   1. count, varint; when it is 0, this is all;
 *   2. form, 1 byte;
 *      form 0: count plain numbers (codec/plain.h);
 *      form 1: 3. entries of the dictionary, varint, 1 to RANKS_MAX;
 *              4. as many plain numbers: the entries. The frequent ones are in the first classes;
 *                 within a class they ascend, so that they are small when blocked;
 *              5. count ranks;
 *              6. as many plain numbers as values are in no dictionary: these, in order.
 * The writer takes the smaller form. PACKED_SLACK readable bytes must lie behind.
 */
#pragma once

#include "codec/plain.h"
#include "codec/ranks.h"

/* Gathers the values of one pool, at 8 to 16 bytes a value. While pool_writer_put runs, counting
 * takes 20 to 40 bytes a value (at most 64 MiB) and 6 more, then laying out some 20. */
struct pool_writer;

/* width: 1 to 64. */
struct pool_writer *pool_writer_new(unsigned width);
void pool_writer_free(struct pool_writer *writer); /* NULL is fine */
/* Values below 2^width; at most 2^32 - 1 in all. */
void pool_writer_add(struct pool_writer *writer, const uint64_t *values, size_t count);
size_t pool_writer_count(const struct pool_writer *writer);
/* Appends the pool; the writer may be freed then. */
void pool_writer_put(struct pool_writer *writer, struct buf *out);

/* Borrows the bytes. */
struct pool {
	size_t count;
	size_t entries_count; /* 0: no dictionary */
	struct plain entries;
	struct ranks ranks;
	struct plain others; /* without a dictionary: all */
};

/* Takes what pool_writer_put wrote; borrowed. Checks sizes and places, and not that every rank is
 * right: pool_check. What is wrong then gives other values of the pool. ERR_CORRUPT. A pool of one
 * value 2^32 - 1 times has a few bytes: the caller compares the count with what it expects. */
MUST_USE enum err pool_open(struct wire *in, struct pool *out_pool);
/* Looks at every rank. ERR_CORRUPT. */
MUST_USE enum err pool_check(const struct pool *pool);

static inline size_t pool_count(const struct pool *pool) {
	return pool->count;
}
/* Value i, i < count. */
uint64_t pool_get(const struct pool *pool, size_t i);
void pool_get_many(const struct pool *pool, size_t first, size_t count, uint64_t *out);
/* Appends to hits (uint32_t) every i in [first, first + count) with least <= value <= greatest,
 * ascending. */
void pool_find(const struct pool *pool, size_t first, size_t count, uint64_t least,
               uint64_t greatest, struct buf *hits);
/* As pool_find, for values that wanted is true of; it is asked once for each entry of the
 * dictionary, and for each value that stands in place. */
void pool_find_if(const struct pool *pool, size_t first, size_t count,
                  bool (*wanted)(const void *ctx, uint64_t value), const void *ctx,
                  struct buf *hits);
/* Where many stretches of one pool are asked the same: pool_find over the whole pool once, then
 * this, which appends those of sought in [first, first + count). */
void pool_hits(const struct buf *sought, size_t first, size_t count, struct buf *hits);

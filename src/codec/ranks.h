/* Which entry of a dictionary ordered by frequency, or that it is in none: for each of count values
 * a class of 4 bits (class c, 0 to 14: entries 2^c - 1 to 2^(c+1) - 2, that is c bits more; class
 * 15: not in the dictionary), the bits of each class at fixed width beside each other, and every
 * 2,048 values how many of each class came before: value i is had without decoding others (the
 * directly addressable codes of Brisaboa, Ladra and Navarro, 2009). Used by pool and texts.
 *
 * Bytes (the reader knows the count and the entries of the dictionary; nothing is written for count
 * 0):
 *   1. 2 bytes, little-endian: bit c is 1 when class c occurs;
 *   2. for each class that occurs, ascending: how often, varint, at least 1; their sum is the
 * count. When class 15 alone occurs, this is all;
 *   3. count packed numbers of 4 bits: the class of each value;
 *   4. for each class that occurs, ascending: for values 2048, 4096, ... below count, how many
 * values before them have the class, packed at the width of how often it occurs;
 *   5. for each class 1 to 14 that occurs, ascending: for each of its values in order, packed at
 *      width c: entry - (2^c - 1).
 * A class whose first entry is not below the number of entries does not occur. PACKED_SLACK
 * readable bytes must lie behind, as behind packed numbers.
 *
 * Opening checks sizes, not every class and number (it costs nothing then): ranks_check does that.
 * When something is wrong with them, the functions below still give only entries below the number
 * of entries, others below the number of others and values below the count, though not the right
 * ones.
 */
#pragma once

#include "base/err.h"
#include "codec/packed.h"
#include "codec/wire.h"

enum {
	RANKS_CLASSES = 16,
	RANKS_OTHER = 15,  /* the class of what is not in the dictionary */
	RANKS_MAX = 32767, /* entries that the other classes hold */
	RANKS_BLOCK = 2048,
};
#define RANK_NONE UINT32_MAX

/* The class of an entry. */
static inline unsigned rank_class(uint32_t entry) {
	return 31 - (unsigned)__builtin_clz(entry + 1);
}

struct rank_class {
	size_t total;        /* values of this class */
	const char *before;  /* of blocks 1, 2, ... */
	const char *numbers; /* readable also where they have no bits */
	unsigned width;      /* of before */
};

/* Borrows the bytes. Zero-initialised: no values. */
struct ranks {
	size_t count;
	size_t entries;
	const char *classes; /* NULL: class 15 alone occurs */
	struct rank_class of[RANKS_CLASSES];
};

/* ranks: below RANKS_MAX, or RANK_NONE. */
void ranks_put(struct buf *out, const uint32_t *ranks, size_t count);
/* Takes what ranks_put wrote for count values (below 2^32). ERR_CORRUPT. */
MUST_USE enum err ranks_open(struct wire *in, size_t count, size_t entries,
                             struct ranks *out_ranks);
/* Looks at every class, count and number. ERR_CORRUPT. */
MUST_USE enum err ranks_check(const struct ranks *ranks);

/* How many values are in no dictionary. */
static inline size_t ranks_others(const struct ranks *ranks) {
	return ranks->of[RANKS_OTHER].total;
}
/* The entry of value i; RANK_NONE: *out_other says its number among the others. */
uint32_t ranks_get(const struct ranks *ranks, size_t i, size_t *out_other);
/* Many: out[k] = entry, or RANK_NONE; *out_first_other: number of the first other in [first, ...);
 * as many as there are RANK_NONEs from there on are below ranks_others. */
void ranks_get_many(const struct ranks *ranks, size_t first, size_t count, uint32_t *out,
                    size_t *out_first_other);
/* Appends to hits (uint32_t) every i in [first, first + count) with this entry, ascending. Only
 * numbers of its class are looked at, then the classes near those that are equal. */
void ranks_find(const struct ranks *ranks, size_t first, size_t count, uint32_t entry,
                struct buf *hits);
/* How many others are before value i, i <= count: the others of [first, last) are those from
 * ranks_others_before(first) on. */
size_t ranks_others_before(const struct ranks *ranks, size_t i);
/* The value whose number among the others is other. */
size_t ranks_place(const struct ranks *ranks, size_t other);
/* Appends to hits the values within [first, last) of count others, which are ascending numbers
 * (uint32_t), each below ranks_others. */
void ranks_places(const struct ranks *ranks, const uint32_t *others, size_t count, size_t first,
                  size_t last, struct buf *hits);

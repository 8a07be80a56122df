/* Groups of rows by one value, of which only counts and sums of whole numbers are wanted, at 16
 * bytes a group and 16 for each function. What is written as a decimal number
 * or an IPv4 address is a number here and has no text; each text has one key, whoever brings it.
 * Private to src/query.
 */
#pragma once

#include "base/err.h"
#include "event/value.h"

struct tally;

/* What a value is in the table: a decimal number is its own key. */
#define TALLY_DECIMALS ((uint64_t)1 << 63) /* numbers are below */
#define TALLY_ADDRESS TALLY_DECIMALS       /* with an address in the lower half */
#define TALLY_TEXT                                                                 \
	(TALLY_DECIMALS | (uint64_t)1 << 62) /* with the number of a text of the table \
	                                      */
#define TALLY_ABSENT (UINT64_MAX - 1)
#define TALLY_FREE UINT64_MAX /* no value */

struct tally_sum {
	uint64_t count;
	int64_t sum;
};
struct tally_group {
	uint64_t key;
	uint32_t first; /* tally_first: no row of it is before */
	uint8_t kind;   /* enum value_kind, of its first row */
	struct tally_sum sums[];
};
enum {
	TALLY_NOWHERE = 0, /* place of rows that are left out */
	TALLY_GROUPS_MAX = (1 << 24) - 1,
};

/* sums: of each group. */
struct tally *tally_new(size_t sums);
void tally_free(struct tally *tally); /* NULL is fine */
size_t tally_count(const struct tally *tally);
size_t tally_bytes(const struct tally *tally); /* memory held */
/* For all rows that came: no row of them is before. As made: 0. */
void tally_set_first(struct tally *tally, uint64_t first_index);
uint64_t tally_first(const struct tally *tally, const struct tally_group *group);

/* The key of a text; one that is no number is copied. */
uint64_t tally_key(struct tally *tally, struct str text);
/* Appends the text of a key (none: absent). */
void tally_text(const struct tally *tally, uint64_t key, struct buf *out);

/* Places of the groups of keys, which are made where there are none. TALLY_FREE: left out.
 * ERR_UNSUPPORTED: a value has two kinds; ERR_LIMIT: too many groups. */
struct tally_keys {
	const uint64_t *keys;
	const uint8_t *kinds; /* NULL: all have kind */
	uint8_t kind;
	uint32_t count;
};
MUST_USE enum err tally_find(struct tally *tally, const struct tally_keys *keys,
                             uint32_t *out_places);
/* One more row in each of these places, of sum number at. */
void tally_count_rows(struct tally *tally, size_t at, const uint32_t *places, uint32_t count);
/* The same with a number each (below 2^63). ERR_LIMIT: a sum could be beyond 64 bits; nothing is
 * added then. */
MUST_USE enum err tally_add_numbers(struct tally *tally, size_t at, const uint32_t *places,
                                    const uint64_t *numbers, uint32_t count);
/* What each[codes[i]] says of row i, likewise. */
MUST_USE enum err tally_add_each(struct tally *tally, size_t at, const uint32_t *places,
                                 const struct tally_sum *each, const uint32_t *codes,
                                 uint32_t count);

/* Whether all sums stay within 64 bits when both come together, and groups are few enough. */
bool tally_merges(const struct tally *tally, const struct tally *more);
/* The groups of more, as if their rows had come here, too; asked when tally_merges. Of two kinds of
 * a value that of the earlier row counts. */
void tally_merge(struct tally *tally, const struct tally *more);

/* Group i of tally_count. */
const struct tally_group *tally_get(const struct tally *tally, size_t i);

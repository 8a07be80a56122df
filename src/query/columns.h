/* Private to src/query: what stats, timechart, top and rare make of whole blocks without their
 * rows. Threads of the scan bring the rows of a block together by the codes of their values; the
 * results come to the run's own thread in the order of the rows, and go into the groups there.
 *
 *   columns.c        functions over the rows of a block, and results into groups
 *   columns_group.c  which group of a block each row is in
 *   columns_tally.c  all that where it is counts and sums by one field
 */
#pragma once

#include "base/map.h"
#include "query/group.h"
#include "store/columns.h"

struct columns;

/* first: of the chain. NULL: rows have to be pushed (what comes is no grouping, nor one behind
 * pipes that extract fields of the text; functions that need each row; a source that cannot). */
struct columns *columns_new(struct run *run, const struct op *first);
void columns_free(struct columns *columns); /* NULL is fine; the scan must have ended */
const struct store_reduction *columns_reduction(const struct columns *columns);
/* Takes what the reduction gave over, also on failure. first_index: no row of it is before. */
MUST_USE enum err columns_merge(struct columns *columns, void *reduced, uint64_t first_index);

/* ---- columns_tally.c ---- */

struct columns_asked { /* fields that are needed, each once */
	const struct grouping *grouping;
	const uint32_t *fields;
	const struct str *names;
	size_t count;
};
/* Whether the groups may be a tally. */
bool columns_tallies(const struct grouping *grouping);
/* The groups of a block. ERR_UNSUPPORTED, ERR_LIMIT: not so; ERR_CORRUPT. */
MUST_USE enum err columns_tally(const struct columns_asked *asked, struct store_block *block,
                                struct tally **out_tally);

/* ---- between columns.c and columns_group.c ---- */

enum { COLUMNS_GROUPS_MAX = 65536, COLUMNS_NO_GROUP = -1 };

/* The rows of a block, or values with how many rows have them. */
struct columns_rows {
	uint32_t count;
	const uint64_t *weights; /* NULL: 1 each */
	const int64_t *times;    /* NULL: not needed */
};

struct columns_groups {
	uint32_t count;
	int32_t *of_row;  /* COLUMNS_NO_GROUP: left out */
	int64_t *buckets; /* of each group; NULL: no spans */
	uint32_t *codes;  /* of each group those of the by fields */
};

/* by: of each of the grouping's by fields. All memory is arena's. ERR_LIMIT: too many. */
MUST_USE enum err columns_group(struct arena *arena, const struct grouping *grouping,
                                const struct columns_rows *rows, const struct store_codes *by,
                                struct columns_groups *out_groups);
/* Numbers of pairs (a, b), from 0 on, by first appearance. Zero-initialise. */
struct columns_pairs {
	uint64_t *keys; /* of each number: a above b */
	uint32_t count, cap;
	uint32_t *slots; /* number + 1; 0: free */
	uint32_t slots_count;
};
void columns_pairs_deinit(struct columns_pairs *pairs);
uint32_t columns_pairs_put(struct columns_pairs *pairs, uint32_t a, uint32_t b);

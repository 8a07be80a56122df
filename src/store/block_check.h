/* What a segment says of a block and its pages that follows from their records, and by which search
 * passes records over: made again from the records and compared, so that who writes to the store
 * cannot hide any with right checksums. For verify and scrub. Private to src/store.
 */
#pragma once

#include "store/block.h"
#include "store/segment_table.h"

/* A block that is being checked. All of it is read, and lives as long as the check. */
struct block_case {
	const struct segment *segment;
	uint32_t number;
	const struct segment_block *entry;
	struct block *block;
	struct lines *lines; /* texts */
	struct layouts *layouts;
	int64_t *times;     /* event times of all rows */
	uint8_t *types;     /* of the records of all rows (enum record_type) */
	uint32_t *own_rows; /* those that are not of type data, ascending */
	uint32_t own;
};

/* ERR_CORRUPT when something does not fit the records, or cannot be read: diag says what. The
 * checksums of block and pages have been compared before. */
MUST_USE enum err segment_block_derived(const struct segment *segment, uint32_t block,
                                        struct diag *diag);

/* ---- what is compared, each by itself: ERR_CORRUPT when it does not fit ---- */

/* BLOCK_VALUES: every value of every field that is kept, and how many records have it
 * (block_values_check.c). */
MUST_USE enum err block_values_check(struct block_case *at);

/* ---- for these ---- */

/* A view of a page of the block, number counted from the block's first, which uses the block at
 * hand; freed by the caller. ERR_CORRUPT. */
MUST_USE enum err block_case_view(const struct block_case *at, uint32_t page,
                                  struct store_view **out_view);

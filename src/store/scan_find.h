/* Which rows of the blocks ahead of a scan its filter may find: looked for by several threads, in
 * the order in which the scan comes by. Private to src/store.
 */
#pragma once

#include "store/block_find.h"
#include "store/segment.h"

struct scan_find;

/* One block of the scan. */
struct scan_block {
	const struct segment *segment; /* of version 2 */
	uint32_t block;
};

struct scan_found {
	enum err err;           /* the block cannot be searched: every row may be found */
	uint64_t *maybe, *sure; /* bits of the block's rows */
};

/* blocks, in the scan's order, are copied; filter and segments must outlive it. threads: at most so
 * many besides the caller's; 0: the caller does it. */
struct scan_find *scan_find_new(const struct scan_block *blocks, size_t count,
                                const struct expr *filter, uint32_t threads);
void scan_find_free(struct scan_find *find); /* NULL is fine */
/* What was found in block number, waiting for it. Numbers ascend from call to call; what was given
 * before is gone then. */
const struct scan_found *scan_find_get(struct scan_find *find, size_t number);

/* Which rows of the blocks ahead of a scan its filter may find: looked for by several threads, in
 * the order in which the scan comes by. Private to src/store.
 */
#pragma once

#include "store/block_find.h"
#include "store/segment.h"

struct scan_find;

enum scan_page { /* what the scan wants of a page */
	             SCAN_PAGE_NONE,
	             SCAN_PAGE_PART, /* not all indices */
	             SCAN_PAGE_WHOLE,
};

/* One block of the scan. */
struct scan_block {
	const struct segment *segment; /* of version 2 */
	uint32_t block;
	size_t pages; /* where its pages begin in what the scan wants of them */
};

struct scan_found {
	enum err err;           /* the block cannot be searched: every row may be found */
	bool none;              /* no row is found; maybe and sure are NULL then */
	uint64_t *maybe, *sure; /* bits of the block's rows */
	/* What the records of pages [reduced_from, reduced_to) of the segment come to. NULL: it was
	 * taken, if there are such pages. */
	void *reduced;
	uint32_t reduced_from, reduced_to;
};

struct store_reduction;

struct scan_find_options {
	const struct scan_block *blocks; /* in the scan's order; copied */
	size_t count;
	const uint8_t *pages; /* enum scan_page of each page of these blocks; copied */
	size_t pages_count;
	const struct expr *filter;
	const struct store_reduction *reduction; /* NULL: none */
	uint32_t threads; /* at most so many besides the caller's; 0: the caller does it */
};

/* filter, reduction and segments must outlive it. */
struct scan_find *scan_find_new(const struct scan_find_options *options);
void scan_find_free(struct scan_find *find); /* NULL is fine */
/* What was found in block number, waiting for it. Numbers ascend from call to call; what was given
 * before is gone then. */
const struct scan_found *scan_find_get(struct scan_find *find, size_t number);
/* The reduction of a block that was got, for the caller to keep; NULL: it was taken already. */
void *scan_find_take(struct scan_find *find, size_t number);

/* One block of a scan as those see it who count and sum (store/columns.h). Private to src/store.
 */
#pragma once

#include "store/block.h"
#include "store/columns.h"
#include "store/segment.h"

/* Rows of a block that match, all of type data: those whose bits are set, or all of some shapes. */
struct store_block_chosen {
	const uint64_t *bits;
	const bool *shapes; /* of each shape; NULL: bits say it */
};

/* All of these are borrowed. */
struct store_block *store_block_new(const struct segment *segment, uint32_t number,
                                    struct block *block, const struct store_block_chosen *rows);
void store_block_free(struct store_block *block); /* NULL is fine */

/* Takes the records that are not of type data out of bits, which are of the rows of a page. */
MUST_USE enum err scan_block_drop_own(const struct segment *segment, uint32_t page, uint64_t *bits);

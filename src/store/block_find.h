/* Which rows of a block a filter may find, from shapes, columns and layouts: no row is put
 * together. Private to src/store.
 */
#pragma once

#include "expr/expr.h"
#include "store/block.h"

struct block_find_page { /* pages of the block, in order */
	uint32_t rows;
	bool has_data;                    /* some record is of type data */
	bool all_data;                    /* every one is */
	int64_t time_min_ns, time_max_ns; /* of records of type data */
};

/* Sets in maybe (base/bits.h, one bit for each row of the block) all rows that filter may match,
 * and in sure those that it surely does, as far as their records are of type data (times of others
 * are not known here). Both are overwritten. ERR_CORRUPT. Thread-safe but for block. */
MUST_USE enum err block_find(struct block *block, const struct expr *filter,
                             const struct block_find_page *pages, size_t pages_count,
                             uint64_t *maybe, uint64_t *sure);

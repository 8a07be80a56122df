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

/* The same for who can do with less: where the filter surely matches all rows of some shapes
 * (codec/lines.h) and no others, *out_shapes says which (one for each; to be freed), and maybe and
 * sure are left empty: lines_shape_bits has them. Else *out_shapes is NULL. */
MUST_USE enum err block_find_shapes(struct block *block, const struct expr *filter,
                                    const struct block_find_page *pages, size_t pages_count,
                                    uint64_t *maybe, uint64_t *sure, bool **out_shapes);

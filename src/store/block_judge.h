/* What follows for all rows of a block from the little that it says of itself: counts of values
 * (block_values.h) and the filter of words (block_words.h). Private to src/store.
 */
#pragma once

#include "store/block_values.h"

/* Opens of block nothing but the parts that filter asks about. ERR_CORRUPT. */
MUST_USE enum err block_judge(struct block *block, const struct expr *filter,
                              enum block_verdict *out_verdict);

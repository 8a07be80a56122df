/* Fields of a block's rows, shape by shape, each as it lies there: what is numbers stays numbers.
 * Private to src/store.
 */
#pragma once

#include "store/block_columns.h"
#include "store/columns.h"

/* As store_block_strips. */
MUST_USE enum err block_strips(struct block_columns *columns, const struct str *fields,
                               size_t count, store_strips_f take, void *ctx);

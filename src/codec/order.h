/* Which shape each row of a segment has, in row order: a byte a row for the shapes that are most
 * frequent, a list of numbers for the others, in chunks of ORDER_CHUNK rows of which one is decoded
 * to know a row. Counts before each chunk give a row's rank within its shape, and the row of a rank
 * back. What is written: docs/formats/texts.md.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "codec/wire.h"

enum {
	ORDER_CHUNK = 16384,
	ORDER_ROWS_MAX = 1 << 24,
	ORDER_SHAPES_MAX = 1 << 24,
};

/* Appends the shapes of rows rows, each below shapes. Within the limits above. */
void order_put(struct buf *out, const uint32_t *shape_of_row, size_t rows, size_t shapes);

struct order; /* opened; one thread at a time; keeps what it decoded */

/* Borrows the bytes until order_free; leaves in behind them. rows and shapes as they were given to
 * order_put: ERR_CORRUPT when they cannot belong to these bytes. Memory: at most 1 byte a row and
 * 11 for each row of a shape that has no byte, 8 a shape, 1 KB a chunk. */
MUST_USE enum err order_open(struct wire *in, size_t rows, size_t shapes, struct order **out_order);
void order_free(struct order *order); /* NULL is fine */
/* How many rows have it; shape < shapes. 0 also when that cannot be read. */
size_t order_rows_of(struct order *order, uint32_t shape);
/* Shapes of rows [first, first + count), and the rank of each row within its shape (out_ranks may
 * be NULL). ERR_CORRUPT. */
MUST_USE enum err order_get(struct order *order, size_t first, size_t count, uint32_t *out_shapes,
                            uint32_t *out_ranks);
/* The same for some rows, ascending. */
MUST_USE enum err order_get_some(struct order *order, const uint32_t *rows, size_t count,
                                 uint32_t *out_shapes, uint32_t *out_ranks);
/* Appends to out (uint32_t) the rows of the given ranks of a shape, ascending. ERR_CORRUPT: also
 * when one is not below order_rows_of. */
MUST_USE enum err order_rows(struct order *order, uint32_t shape, const uint32_t *ranks,
                             size_t count, struct buf *out);
/* Sets the bits (base/bits.h) of all rows of the shapes for which wanted[shape] is true; others are
 * left alone. ERR_CORRUPT. */
MUST_USE enum err order_bits(struct order *order, const bool *wanted, uint64_t *bits);

/* An opened row order from inside: private to src/codec (order). */
#pragma once

#include "codec/compress.h"
#include "codec/order.h"

/* The byte of all shapes that have none of their own. */
enum { ORDER_OTHER = 255 };

struct order_chunk {
	struct blob stored; /* empty: all zeros */
	uint8_t *bytes;     /* decoded, or NULL as long as nobody asked; owned */
};

struct order {
	size_t rows;
	size_t shapes;
	uint32_t shape_of[ORDER_OTHER]; /* of a byte; ascending */
	struct order_chunk *chunks;
	size_t chunks_count;
	uint32_t (*before)[256]; /* rows of each byte before chunk i, 0 to chunks_count */
	/* Shapes without a byte; the lists are NULL until asked for, the last two until asked often. */
	struct blob others_stored;
	char *others; /* the shapes of rows with byte ORDER_OTHER, as they are stored */
	size_t others_count;
	uint32_t passes;  /* so often */
	uint32_t *starts; /* of each shape in places */
	uint32_t *places; /* numbers in others by shape, ascending */
	/* Where the last rows that were asked for end: who goes on from there need not count again. */
	size_t end_chunk, end_offset;
	uint32_t end_seen[256]; /* rows of each byte before; of no use while end_offset is 0 */
};

static inline size_t order_chunks(size_t rows) {
	return (rows + ORDER_CHUNK - 1) / ORDER_CHUNK;
}
static inline size_t order_chunk_rows(const struct order *order, size_t chunk) {
	return MIN_OF(order->rows - chunk * ORDER_CHUNK, (size_t)ORDER_CHUNK);
}
/* How many values a byte can have. */
static inline size_t order_values(size_t shapes) {
	return shapes > ORDER_OTHER ? ORDER_OTHER + 1 : shapes;
}
/* Bytes of a number in the list of others. */
static inline size_t order_other_size(size_t shapes) {
	return shapes > 1 << 16 ? 3 : 2;
}

/* The bytes of a chunk, owned by order; NULL: corrupt. */
const uint8_t *order_chunk_decode(struct order *order, size_t chunk);

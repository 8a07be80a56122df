/* Arbitrary bytes as a row order: numbers of rows and shapes, then what order_open reads. What
 * opens must answer in range, and rows and ranks must be each other's inverse. */
#include <stdlib.h>

#include "base/bits.h"
#include "codec/order.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ROWS_MAX = 34000, SHAPES_MAX = 70000 };

static void use(struct order *order, size_t rows, size_t shapes) {
	uint32_t *shape_of_row = malloc((rows + 1) * sizeof(*shape_of_row));
	uint32_t *rank_of_row = malloc((rows + 1) * sizeof(*rank_of_row));
	bool *wanted = calloc(shapes + 1, sizeof(*wanted));
	uint64_t *bits = calloc(bits_words(rows) + 1, sizeof(*bits));
	for (size_t shape = 0; shape < shapes; shape += 2) {
		wanted[shape] = true;
	}
	bool whole = order_get(order, 0, rows, shape_of_row, rank_of_row) == ERR_OK;
	for (size_t row = 0; whole && row < rows; row += 1 + rows / 50) {
		struct buf out = {0};
		uint32_t back;
		ASSERT(shape_of_row[row] < shapes);
		ASSERT(rank_of_row[row] < order_rows_of(order, shape_of_row[row]));
		ASSERT(order_rows(order, shape_of_row[row], &rank_of_row[row], 1, &out) == ERR_OK);
		memcpy(&back, out.ptr, sizeof(back));
		ASSERT(back == row);
		buf_deinit(&out);
	}
	for (size_t row = 0; whole && row < rows; row += 1 + rows / 5) {
		uint32_t some[] = {(uint32_t)(row / 2), (uint32_t)row};
		uint32_t shape_of[2];
		uint32_t rank_of[2];
		size_t skip = row == 0;
		ASSERT(order_get_some(order, some + skip, 2 - skip, shape_of, rank_of) == ERR_OK);
		ASSERT(shape_of[1 - skip] == shape_of_row[row]);
		ASSERT(rank_of[1 - skip] == rank_of_row[row]);
	}
	if (order_bits(order, wanted, bits) == ERR_OK && whole) {
		for (size_t row = 0; row < rows; row++) {
			ASSERT(bits_get(bits, row) == wanted[shape_of_row[row]]);
		}
	}
	free(shape_of_row);
	free(rank_of_row);
	free(wanted);
	free(bits);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct wire in = wire_from(str_make((const char *)data, size));
	size_t rows = (size_t)wire_varint_max(&in, ROWS_MAX);
	size_t shapes = (size_t)wire_varint_max(&in, SHAPES_MAX);
	struct order *order;
	if (!in.bad && order_open(&in, rows, shapes, &order) == ERR_OK) {
		use(order, rows, shapes);
		order_free(order);
	}
	return 0;
}

/* Row order, written and opened; what is asked of it stands in order_find.c. */
#include "codec/order.h"

#include <stdlib.h>

#include "codec/compress.h"
#include "codec/order_parts.h"

/* ---- writing ---- */

struct tally {
	uint32_t rows;
	uint32_t shape;
};

static int more_rows_first(const void *a, const void *b) {
	const struct tally *x = a;
	const struct tally *y = b;
	if (x->rows != y->rows) {
		return x->rows < y->rows ? 1 : -1;
	}
	return x->shape < y->shape ? -1 : 1;
}

/* Which byte each shape has, ORDER_OTHER for all but the most frequent; appends which these are. */
static void put_frequent(struct buf *out, const uint32_t *shape_of_row, size_t rows, size_t shapes,
                         uint8_t *out_byte_of) {
	struct tally *tallies = calloc(shapes, sizeof(*tallies));
	ASSERT(tallies != NULL);
	for (size_t shape = 0; shape < shapes; shape++) {
		tallies[shape].shape = (uint32_t)shape;
	}
	for (size_t row = 0; row < rows; row++) {
		tallies[shape_of_row[row]].rows++;
	}
	qsort(tallies, shapes, sizeof(*tallies), more_rows_first);
	memset(out_byte_of, ORDER_OTHER, shapes);
	for (size_t i = 0; i < ORDER_OTHER; i++) {
		out_byte_of[tallies[i].shape] = 0;
	}
	free(tallies);
	uint8_t byte = 0;
	size_t next = 0;
	for (size_t shape = 0; shape < shapes; shape++) {
		if (out_byte_of[shape] != ORDER_OTHER) {
			out_byte_of[shape] = byte++;
			wire_put_varint(out, shape - next);
			next = shape + 1;
		}
	}
}

static void put_counts(struct buf *out, const uint8_t *bytes, size_t rows, size_t values) {
	struct buf counts = {0};
	size_t chunks = order_chunks(rows);
	uint32_t(*in_chunk)[256] = calloc(chunks, sizeof(*in_chunk));
	ASSERT(in_chunk != NULL);
	for (size_t row = 0; row < rows; row++) {
		in_chunk[row / ORDER_CHUNK][bytes[row]]++;
	}
	for (size_t value = 0; value < values; value++) {
		for (size_t chunk = 0; chunk < chunks; chunk++) {
			wire_put_varint(&counts, in_chunk[chunk][value]);
		}
	}
	blob_put(out, buf_str(&counts), COMPRESS_FAST);
	free(in_chunk);
	buf_deinit(&counts);
}

static void put_others(struct buf *out, const uint32_t *shape_of_row, const uint8_t *bytes,
                       size_t rows, size_t shapes) {
	struct buf others = {0};
	for (size_t row = 0; row < rows; row++) {
		if (bytes[row] == ORDER_OTHER) {
			char number[4];
			le32_store(number, shape_of_row[row]);
			buf_append(&others, number, order_other_size(shapes));
		}
	}
	blob_put(out, buf_str(&others), COMPRESS_FAST);
	buf_deinit(&others);
}

/* A full chunk that would not become smaller by a fourth stays as it is: it is there at once. */
static void put_chunk(struct buf *out, struct str bytes, bool many) {
	size_t start = out->len;
	blob_put(out, bytes, COMPRESS_FAST);
	if (many && out->len - start > bytes.len / 4 * 3) {
		out->len = start;
		blob_put_plain(out, bytes);
	}
}

void order_put(struct buf *out, const uint32_t *shape_of_row, size_t rows, size_t shapes) {
	ASSERT(rows <= ORDER_ROWS_MAX);
	ASSERT(shapes <= ORDER_SHAPES_MAX);
	ASSERT(rows == 0 || shapes > 0);
	if (rows == 0 || shapes == 1) {
		return;
	}
	uint8_t *byte_of = malloc(shapes);
	uint8_t *bytes = malloc(rows);
	ASSERT(byte_of != NULL);
	ASSERT(bytes != NULL);
	if (shapes > ORDER_OTHER) {
		put_frequent(out, shape_of_row, rows, shapes, byte_of);
	} else {
		for (size_t shape = 0; shape < shapes; shape++) {
			byte_of[shape] = (uint8_t)shape;
		}
	}
	for (size_t row = 0; row < rows; row++) {
		bytes[row] = byte_of[shape_of_row[row]];
	}
	for (size_t first = 0; first < rows; first += ORDER_CHUNK) {
		size_t len = MIN_OF(rows - first, (size_t)ORDER_CHUNK);
		put_chunk(out, str_make((const char *)bytes + first, len), rows > ORDER_CHUNK);
	}
	if (rows > ORDER_CHUNK) {
		put_counts(out, bytes, rows, order_values(shapes));
	}
	if (shapes > ORDER_OTHER) {
		put_others(out, shape_of_row, bytes, rows, shapes);
	}
	free(bytes);
	free(byte_of);
}

/* ---- opening ---- */

void order_free(struct order *order) {
	if (order != NULL) {
		for (size_t i = 0; i < order->chunks_count; i++) {
			free(order->chunks[i].bytes);
		}
		free(order->chunks);
		free(order->before);
		free(order->others);
		free(order->starts);
		free(order->places);
		free(order);
	}
}

static enum err read_frequent(struct wire *in, struct order *order) {
	if (order->shapes <= ORDER_OTHER) {
		for (uint32_t i = 0; i < ORDER_OTHER; i++) {
			order->shape_of[i] = i;
		}
		return ERR_OK;
	}
	uint64_t next = 0;
	for (size_t i = 0; i < ORDER_OTHER; i++) {
		next += wire_varint_max(in, order->shapes);
		if (in->bad || next >= order->shapes) {
			return ERR_CORRUPT;
		}
		order->shape_of[i] = (uint32_t)next++;
	}
	return ERR_OK;
}

static enum err read_chunks(struct wire *in, struct order *order) {
	for (size_t i = 0; i < order->chunks_count; i++) {
		size_t rows = order_chunk_rows(order, i);
		order->chunks[i].stored = blob_get(in, rows);
		if (in->bad || order->chunks[i].stored.len != rows) {
			return ERR_CORRUPT;
		}
	}
	return ERR_OK;
}

/* From the counts of each chunk, which stand in the row behind it, to those before each chunk. */
static enum err add_up(struct order *order) {
	for (size_t chunk = 0; chunk < order->chunks_count; chunk++) {
		uint64_t rows = 0;
		for (size_t value = 0; value < 256; value++) {
			rows += order->before[chunk + 1][value];
			order->before[chunk + 1][value] += order->before[chunk][value];
		}
		if (rows != order_chunk_rows(order, chunk)) {
			return ERR_CORRUPT;
		}
	}
	return ERR_OK;
}

static enum err read_counts(struct wire *in, struct order *order) {
	size_t values = order_values(order->shapes);
	struct blob blob = blob_get(in, order->chunks_count * values * 3);
	char *bytes = malloc(blob.len + 1);
	ASSERT(bytes != NULL);
	enum err err = in->bad ? ERR_CORRUPT : blob_decode(&blob, bytes);
	if (err == ERR_OK) {
		struct wire counts = wire_from(str_make(bytes, blob.len));
		for (size_t value = 0; value < values; value++) {
			for (size_t chunk = 0; chunk < order->chunks_count; chunk++) {
				order->before[chunk + 1][value] = (uint32_t)wire_varint_max(&counts, ORDER_CHUNK);
			}
		}
		err = wire_done(&counts) ? add_up(order) : ERR_CORRUPT;
	}
	free(bytes);
	return err;
}

/* What is in the only chunk nobody wrote down: it is counted. */
static enum err count_only_chunk(struct order *order) {
	const uint8_t *bytes = order_chunk_decode(order, 0);
	if (bytes == NULL) {
		return ERR_CORRUPT;
	}
	for (size_t row = 0; row < order->rows; row++) {
		order->before[1][bytes[row]]++;
	}
	size_t values = order_values(order->shapes);
	for (size_t value = values; value < 256; value++) {
		if (order->before[1][value] != 0) {
			return ERR_CORRUPT;
		}
	}
	return ERR_OK;
}

static enum err read_others(struct wire *in, struct order *order) {
	size_t len = order->before[order->chunks_count][ORDER_OTHER] * order_other_size(order->shapes);
	order->others_stored = blob_get(in, len);
	return in->bad || order->others_stored.len != len ? ERR_CORRUPT : ERR_OK;
}

static enum err read_all(struct wire *in, struct order *order) {
	order->chunks_count = order_chunks(order->rows);
	order->chunks = calloc(order->chunks_count + 1, sizeof(*order->chunks));
	ASSERT(order->chunks != NULL);
	bool stored = order->rows > 0 && order->shapes > 1;
	if (stored) {
		TRY(read_frequent(in, order));
		TRY(read_chunks(in, order));
	}
	order->before = calloc(order->chunks_count + 1, sizeof(*order->before));
	ASSERT(order->before != NULL);
	if (!stored) { /* all rows have shape 0 */
		for (size_t chunk = 0; chunk < order->chunks_count; chunk++) {
			order->before[chunk + 1][0] = (uint32_t)order_chunk_rows(order, chunk);
		}
		return add_up(order);
	}
	TRY(order->chunks_count > 1 ? read_counts(in, order) : count_only_chunk(order));
	return order->shapes > ORDER_OTHER ? read_others(in, order) : ERR_OK;
}

enum err order_open(struct wire *in, size_t rows, size_t shapes, struct order **out_order) {
	if (rows > ORDER_ROWS_MAX || shapes > ORDER_SHAPES_MAX || (rows > 0 && shapes == 0)) {
		return ERR_CORRUPT;
	}
	struct order *order = calloc(1, sizeof(*order));
	ASSERT(order != NULL);
	order->rows = rows;
	order->shapes = shapes;
	enum err err = read_all(in, order);
	if (err != ERR_OK) {
		order_free(order);
		return err;
	}
	*out_order = order;
	return ERR_OK;
}

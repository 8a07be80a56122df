/* Rows to shapes and ranks, and back (of order.h). Bytes are counted in blocks, so that compilers
 * make vector instructions of it. A decoded chunk has what its counts say: so ranks are always in
 * range.
 */
#include <stdlib.h>

#include "base/bits.h"
#include "codec/order_parts.h"

enum {
	BLOCK = 128, /* below 256, so that a block's count fits in a byte */
	FEW = 8,     /* rows for which counting one byte value each is less than counting all */
};

const uint8_t *order_chunk_decode(struct order *order, size_t chunk) {
	struct order_chunk *at = &order->chunks[chunk];
	if (at->bytes == NULL) {
		uint8_t *bytes = calloc(1, ORDER_CHUNK);
		ASSERT(bytes != NULL);
		if (blob_decode(&at->stored, bytes) != ERR_OK) {
			free(bytes);
			return NULL;
		}
		at->bytes = bytes;
	}
	return at->bytes;
}

static void count_all(const uint8_t *bytes, size_t len, uint32_t *counts) {
	for (size_t i = 0; i < len; i++) {
		counts[bytes[i]]++;
	}
}

/* As order_chunk_decode, and compared with the counts when it is decoded. */
static const uint8_t *chunk_bytes(struct order *order, size_t chunk) {
	bool known = order->chunks[chunk].bytes != NULL;
	const uint8_t *bytes = order_chunk_decode(order, chunk);
	if (known || bytes == NULL) {
		return bytes;
	}
	uint32_t counts[256];
	memcpy(counts, order->before[chunk], sizeof(counts));
	count_all(bytes, order_chunk_rows(order, chunk), counts);
	if (memcmp(counts, order->before[chunk + 1], sizeof(counts)) != 0) {
		free(order->chunks[chunk].bytes);
		order->chunks[chunk].bytes = NULL;
		return NULL;
	}
	return bytes;
}

static inline uint32_t count_block(const uint8_t *bytes, uint8_t value) {
	uint8_t count = 0;
	for (size_t i = 0; i < BLOCK; i++) {
		count = (uint8_t)(count + (bytes[i] == value));
	}
	return count;
}

static uint32_t count_one(const uint8_t *bytes, size_t len, uint8_t value) {
	uint32_t count = 0;
	size_t i = 0;
	for (; i + BLOCK <= len; i += BLOCK) {
		count += count_block(bytes + i, value);
	}
	for (; i < len; i++) {
		count += bytes[i] == value;
	}
	return count;
}

/* The byte that stands for shape. */
static uint8_t byte_of(const struct order *order, uint32_t shape) {
	if (order->shapes <= ORDER_OTHER) {
		return (uint8_t)shape;
	}
	size_t low = 0;
	size_t high = ORDER_OTHER;
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (order->shape_of[middle] < shape) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low < ORDER_OTHER && order->shape_of[low] == shape ? (uint8_t)low : ORDER_OTHER;
}

/* ---- shapes that share one byte ---- */

static const uint32_t *places(struct order *order) {
	if (order->places == NULL) {
		size_t count = order->starts[order->shapes];
		uint32_t *next = malloc((order->shapes + 1) * sizeof(*next));
		order->places = malloc((count + 1) * sizeof(*order->places));
		ASSERT(next != NULL);
		ASSERT(order->places != NULL);
		memcpy(next, order->starts, (order->shapes + 1) * sizeof(*next));
		for (size_t i = 0; i < count; i++) {
			order->places[next[order->others[i]]++] = (uint32_t)i;
		}
		free(next);
	}
	return order->places;
}

/* The rank within its shape of entry other of the list. */
static uint32_t rank_of_other(struct order *order, uint32_t other) {
	uint32_t shape = order->others[other];
	const uint32_t *mine = places(order) + order->starts[shape];
	size_t low = 0;
	size_t high = order->starts[shape + 1] - order->starts[shape];
	while (low + 1 < high) {
		size_t middle = (low + high) / 2;
		if (mine[middle] <= other) {
			low = middle;
		} else {
			high = middle;
		}
	}
	return (uint32_t)low;
}

/* ---- what is asked ---- */

size_t order_rows_of(const struct order *order, uint32_t shape) {
	ASSERT(shape < order->shapes);
	if (order->rows == 0) {
		return 0;
	}
	uint8_t byte = byte_of(order, shape);
	return byte != ORDER_OTHER ? order->before[order->chunks_count][byte]
	                           : order->starts[shape + 1] - order->starts[shape];
}

/* Rows offset to offset + count - 1 of a chunk. */
static enum err get_part(struct order *order, size_t chunk, size_t offset, size_t count,
                         uint32_t *out_shapes, uint32_t *out_ranks) {
	const uint8_t *bytes = chunk_bytes(order, chunk);
	if (bytes == NULL) {
		return ERR_CORRUPT;
	}
	uint32_t seen[256];
	memcpy(seen, order->before[chunk], sizeof(seen));
	bool few = count <= FEW;
	if (!few) {
		count_all(bytes, offset, seen);
	}
	for (size_t i = 0; i < count; i++) {
		uint8_t byte = bytes[offset + i];
		bool other = byte == ORDER_OTHER;
		uint32_t rank = few && (other || out_ranks != NULL)
		                    ? seen[byte] + count_one(bytes, offset + i, byte)
		                    : seen[byte];
		seen[byte] += !few;
		out_shapes[i] = other ? order->others[rank] : order->shape_of[byte];
		if (out_ranks != NULL) {
			out_ranks[i] = other ? rank_of_other(order, rank) : rank;
		}
	}
	return ERR_OK;
}

enum err order_get(struct order *order, size_t first, size_t count, uint32_t *out_shapes,
                   uint32_t *out_ranks) {
	ASSERT(first <= order->rows);
	ASSERT(count <= order->rows - first);
	for (size_t done = 0; done < count;) {
		size_t chunk = (first + done) / ORDER_CHUNK;
		size_t offset = (first + done) % ORDER_CHUNK;
		size_t part = MIN_OF(count - done, (size_t)ORDER_CHUNK - offset);
		TRY(get_part(order, chunk, offset, part, out_shapes + done,
		             out_ranks == NULL ? NULL : out_ranks + done));
		done += part;
	}
	return ERR_OK;
}

/* Where to go on in a chunk: seen of the value's bytes lie before at. */
struct place {
	size_t chunk, at;
	uint32_t seen;
};

/* Moves place to the byte with the given rank, which is there and not before it. */
static void find_rank(const uint8_t *bytes, uint8_t value, uint32_t rank, struct place *place) {
	while (place->at % BLOCK != 0 && (place->seen < rank || bytes[place->at] != value)) {
		place->seen += bytes[place->at++] == value;
	}
	uint32_t in_block = 0;
	while (place->at % BLOCK == 0 &&
	       place->seen + (in_block = count_block(bytes + place->at, value)) <= rank) {
		place->seen += in_block;
		place->at += BLOCK;
	}
	while (place->seen < rank || bytes[place->at] != value) {
		place->seen += bytes[place->at++] == value;
	}
}

enum err order_rows(struct order *order, uint32_t shape, const uint32_t *ranks, size_t count,
                    struct buf *out) {
	ASSERT(shape < order->shapes);
	uint8_t byte = byte_of(order, shape);
	const uint32_t *mine =
	    byte == ORDER_OTHER && count > 0 ? places(order) + order->starts[shape] : NULL;
	size_t rows = order_rows_of(order, shape);
	const uint8_t *bytes = NULL;
	struct place place = {0};
	for (size_t i = 0; i < count; i++) {
		ASSERT(ranks[i] < rows);
		ASSERT(i == 0 || ranks[i - 1] < ranks[i]);
		uint32_t rank = mine != NULL ? mine[ranks[i]] : ranks[i];
		while (order->before[place.chunk + 1][byte] <= rank) {
			place.chunk++;
			bytes = NULL;
		}
		if (bytes == NULL) {
			place.at = 0;
			place.seen = order->before[place.chunk][byte];
			bytes = chunk_bytes(order, place.chunk);
		}
		if (bytes == NULL) {
			return ERR_CORRUPT;
		}
		find_rank(bytes, byte, rank, &place);
		uint32_t row = (uint32_t)(place.chunk * ORDER_CHUNK + place.at);
		buf_append(out, &row, sizeof(row));
	}
	return ERR_OK;
}

static void set_bits(const struct order *order, size_t chunk, const uint8_t *bytes,
                     const uint8_t *wanted_byte, const bool *wanted, uint64_t *bits) {
	size_t rows = order_chunk_rows(order, chunk);
	size_t other = order->before[chunk][ORDER_OTHER];
	for (size_t first = 0; first < rows; first += 64) {
		uint64_t word = 0;
		size_t part = MIN_OF(rows - first, (size_t)64);
		for (size_t i = 0; i < part; i++) {
			uint8_t byte = bytes[first + i];
			uint64_t bit = wanted_byte[byte];
			if (UNLIKELY(byte == ORDER_OTHER)) {
				bit = wanted[order->others[other++]];
			}
			word |= bit << i;
		}
		bits[(chunk * ORDER_CHUNK + first) / 64] |= word;
	}
}

enum err order_bits(struct order *order, const bool *wanted, uint64_t *bits) {
	uint8_t wanted_byte[256] = {0};
	size_t values = MIN_OF(order->shapes, (size_t)ORDER_OTHER);
	for (size_t byte = 0; byte < values; byte++) {
		wanted_byte[byte] = wanted[order->shape_of[byte]];
	}
	for (size_t shape = 0; order->starts != NULL && shape < order->shapes; shape++) {
		wanted_byte[ORDER_OTHER] |=
		    wanted[shape] && order->starts[shape + 1] > order->starts[shape];
	}
	for (size_t chunk = 0; chunk < order->chunks_count; chunk++) {
		const uint32_t *before = order->before[chunk];
		const uint32_t *behind = order->before[chunk + 1];
		bool any = false;
		for (size_t byte = 0; byte < 256; byte++) {
			any |= wanted_byte[byte] && behind[byte] > before[byte];
		}
		if (!any) {
			continue;
		}
		const uint8_t *bytes = chunk_bytes(order, chunk);
		if (bytes == NULL) {
			return ERR_CORRUPT;
		}
		set_bits(order, chunk, bytes, wanted_byte, wanted, bits);
	}
	return ERR_OK;
}

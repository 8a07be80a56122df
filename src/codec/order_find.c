/* Rows to shapes and ranks, and back (of order.h). Bytes are counted in blocks, so that compilers
 * make vector instructions of it. A decoded chunk has what its counts say: so ranks are always in
 * range.
 */
#include <stdlib.h>

#include "base/bits.h"
#include "codec/order_parts.h"
#include "codec/order_simd.h"

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

/* Bytes that are alike stand beside each other: each of four tables is asked every fourth time, so
 * that none waits for what it has just written. */
static void count_all(const uint8_t *bytes, size_t len, uint32_t *counts) {
	enum { TABLES = 4, MANY = 1024 };
	size_t i = 0;
	if (len >= MANY) {
		uint32_t tables[TABLES][256] = {0};
		for (; i + TABLES <= len; i += TABLES) {
			tables[0][bytes[i]]++;
			tables[1][bytes[i + 1]]++;
			tables[2][bytes[i + 2]]++;
			tables[3][bytes[i + 3]]++;
		}
		for (size_t byte = 0; byte < 256; byte++) {
			counts[byte] += tables[0][byte] + tables[1][byte] + tables[2][byte] + tables[3][byte];
		}
	}
	for (; i < len; i++) {
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

/* The shape of entry i of the list, whose numbers have 2 or 3 bytes. */
static inline uint32_t other_at(const struct order *order, size_t i) {
	if (order->shapes <= 1 << 16) {
		return le16_load(order->others + 2 * i);
	}
	const char *at = order->others + 3 * i;
	return le16_load(at) | (uint32_t)(uint8_t)at[2] << 16;
}

static bool are_others(const struct order *order) {
	bool *refused = calloc(order->shapes + 1, sizeof(*refused)); /* they have a byte of their own */
	bool bad = false;
	ASSERT(refused != NULL);
	for (size_t byte = 0; byte < ORDER_OTHER && order->others_count > 0; byte++) {
		refused[order->shape_of[byte]] = true;
	}
	for (size_t i = 0; i < order->others_count && !bad; i++) {
		uint32_t shape = other_at(order, i);
		bad = shape >= order->shapes || refused[shape];
	}
	free(refused);
	return !bad;
}

/* Makes the list, if it is not made. */
static enum err load_others(struct order *order) {
	if (order->others != NULL) {
		return ERR_OK;
	}
	size_t size = order_other_size(order->shapes);
	order->others_count = order->others_stored.len / size;
	order->others = malloc(order->others_stored.len + 1);
	ASSERT(order->others != NULL);
	enum err err = blob_decode(&order->others_stored, order->others);
	if (err == ERR_OK && !are_others(order)) {
		err = ERR_CORRUPT;
	}
	if (err != ERR_OK) {
		free(TAKE(order->others));
	}
	return err;
}

/* Numbers of each shape one behind the other. */
static void sort_places(struct order *order) {
	size_t size = (order->shapes + 1) * sizeof(uint32_t);
	order->starts = calloc(1, size);
	order->places = malloc((order->others_count + 1) * sizeof(*order->places));
	uint32_t *next = malloc(size);
	ASSERT(order->starts != NULL && order->places != NULL);
	ASSERT(next != NULL);
	for (size_t i = 0; i < order->others_count; i++) {
		order->starts[other_at(order, i) + 1]++;
	}
	for (size_t shape = 0; shape < order->shapes; shape++) {
		order->starts[shape + 1] += order->starts[shape];
	}
	memcpy(next, order->starts, size);
	for (size_t i = 0; i < order->others_count; i++) {
		order->places[next[other_at(order, i)]++] = (uint32_t)i;
	}
	free(next);
}

/* Whether shapes are to be looked up in places: these are made when the list, which was loaded, has
 * been passed through often enough. */
static bool use_places(struct order *order) {
	enum { PASSES_MAX = 32 };
	if (order->places == NULL && ++order->passes > PASSES_MAX) {
		sort_places(order);
	}
	return order->places != NULL;
}

/* How often shape stands in the first count entries of the list. */
static uint32_t count_others(const struct order *order, uint32_t shape, size_t count) {
	uint32_t found = 0;
	for (size_t i = 0; i < count; i++) {
		found += other_at(order, i) == shape;
	}
	return found;
}

/* Appends (uint32_t) where a shape stands in the list. */
static void find_others(struct order *order, uint32_t shape, struct buf *out) {
	enum { SOME = 64 };
	if (use_places(order)) {
		buf_append(out, order->places + order->starts[shape],
		           (order->starts[shape + 1] - order->starts[shape]) * sizeof(*order->places));
		return;
	}
	for (size_t first = 0; first < order->others_count; first += SOME) {
		size_t end = MIN_OF(first + SOME, order->others_count);
		bool any = false;
		for (size_t i = first; i < end; i++) {
			any |= other_at(order, i) == shape;
		}
		for (size_t i = first; i < end && any; i++) {
			if (other_at(order, i) == shape) {
				uint32_t place = (uint32_t)i;
				buf_append(out, &place, sizeof(place));
			}
		}
	}
}

/* The rank within its shape of entry other of the list. */
static uint32_t rank_of_other(struct order *order, uint32_t other) {
	uint32_t shape = other_at(order, other);
	if (!use_places(order)) {
		return count_others(order, shape, other);
	}
	const uint32_t *mine = order->places + order->starts[shape];
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

size_t order_rows_of(struct order *order, uint32_t shape) {
	ASSERT(shape < order->shapes);
	if (order->rows == 0) {
		return 0;
	}
	uint8_t byte = byte_of(order, shape);
	if (byte != ORDER_OTHER) {
		return order->before[order->chunks_count][byte];
	}
	if (load_others(order) != ERR_OK) {
		return 0;
	}
	return use_places(order) ? order->starts[shape + 1] - order->starts[shape]
	                         : count_others(order, shape, order->others_count);
}

/* Fills seen, the rows of each byte before some offset of the chunk, which is given back: at most
 * offset, and as near to it as is known. */
static size_t begin_counting(const struct order *order, size_t chunk, size_t offset,
                             uint32_t *seen) {
	bool known = order->end_offset > 0 && order->end_chunk == chunk && order->end_offset <= offset;
	memcpy(seen, known ? order->end_seen : order->before[chunk], 256 * sizeof(*seen));
	return known ? order->end_offset : 0;
}

/* Rows offset to offset + count - 1 of a chunk. */
static enum err get_part(struct order *order, size_t chunk, size_t offset, size_t count,
                         uint32_t *out_shapes, uint32_t *out_ranks) {
	const uint8_t *bytes = chunk_bytes(order, chunk);
	if (bytes == NULL) {
		return ERR_CORRUPT;
	}
	uint32_t seen[256];
	size_t from = begin_counting(order, chunk, offset, seen);
	bool few = count <= FEW;
	if (!few) {
		count_all(bytes + from, offset - from, seen);
	}
	for (size_t i = 0; i < count; i++) {
		uint8_t byte = bytes[offset + i];
		bool other = byte == ORDER_OTHER;
		if (other) {
			TRY(load_others(order));
		}
		uint32_t rank = few && (other || out_ranks != NULL)
		                    ? seen[byte] + count_one(bytes + from, offset + i - from, byte)
		                    : seen[byte];
		seen[byte] += !few;
		out_shapes[i] = other ? other_at(order, rank) : order->shape_of[byte];
		if (out_ranks != NULL) {
			out_ranks[i] = other ? rank_of_other(order, rank) : rank;
		}
	}
	if (!few) {
		order->end_chunk = chunk;
		order->end_offset = offset + count;
		memcpy(order->end_seen, seen, sizeof(seen));
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

/* Rows of one chunk. What lies between them is counted as a whole where they are many, else each is
 * asked how often its byte came before. */
static enum err get_picks(struct order *order, size_t chunk, const uint32_t *rows, size_t count,
                          uint32_t *out_shapes, uint32_t *out_ranks) {
	const uint8_t *bytes = chunk_bytes(order, chunk);
	if (bytes == NULL) {
		return ERR_CORRUPT;
	}
	uint32_t seen[256];
	size_t at = begin_counting(order, chunk, rows[0] % ORDER_CHUNK, seen);
	bool few = count <= FEW;
	for (size_t i = 0; i < count; i++) {
		size_t offset = rows[i] % ORDER_CHUNK;
		uint8_t byte = bytes[offset];
		uint32_t rank = few ? seen[byte] + count_one(bytes + at, offset - at, byte) : 0;
		if (!few) {
			count_all(bytes + at, offset - at, seen);
			at = offset;
			rank = seen[byte];
		}
		TRY(byte == ORDER_OTHER ? load_others(order) : ERR_OK);
		out_shapes[i] = byte == ORDER_OTHER ? other_at(order, rank) : order->shape_of[byte];
		out_ranks[i] = byte == ORDER_OTHER ? rank_of_other(order, rank) : rank;
	}
	if (!few) {
		order->end_chunk = chunk;
		order->end_offset = at;
		memcpy(order->end_seen, seen, sizeof(seen));
	}
	return ERR_OK;
}

enum err order_get_some(struct order *order, const uint32_t *rows, size_t count,
                        uint32_t *out_shapes, uint32_t *out_ranks) {
	for (size_t done = 0; done < count;) {
		size_t chunk = rows[done] / ORDER_CHUNK;
		size_t end = done + 1;
		ASSERT(rows[done] < order->rows);
		while (end < count && rows[end] / ORDER_CHUNK == chunk) {
			ASSERT(rows[end] > rows[end - 1] && rows[end] < order->rows);
			end++;
		}
		TRY(get_picks(order, chunk, rows + done, end - done, out_shapes + done, out_ranks + done));
		done = end;
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

/* Where the rows of a shape stand among those of its byte; NULL: each has its rank there. */
static enum err list_ranks(struct order *order, uint32_t shape, struct buf *mine,
                           const uint32_t **out_mine, size_t *out_rows) {
	uint8_t byte = byte_of(order, shape);
	*out_mine = NULL;
	if (byte != ORDER_OTHER || order->rows == 0) {
		*out_rows = order_rows_of(order, shape);
		return ERR_OK;
	}
	TRY(load_others(order));
	find_others(order, shape, mine);
	*out_mine = (const uint32_t *)(const void *)mine->ptr;
	*out_rows = mine->len / sizeof(uint32_t);
	return ERR_OK;
}

enum err order_rows(struct order *order, uint32_t shape, const uint32_t *ranks, size_t count,
                    struct buf *out) {
	CLEANUP(buf_deinit) struct buf list = {0};
	const uint32_t *mine;
	size_t rows;
	ASSERT(shape < order->shapes);
	if (count == 0) {
		return ERR_OK;
	}
	TRY(list_ranks(order, shape, &list, &mine, &rows));
	uint8_t byte = byte_of(order, shape);
	const uint8_t *bytes = NULL;
	struct place place = {0};
	for (size_t i = 0; i < count; i++) {
		ASSERT(i == 0 || ranks[i - 1] < ranks[i]);
		if (ranks[i] >= rows) {
			return ERR_CORRUPT;
		}
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
                     const struct order_set *set, const struct order_set *others,
                     const bool *wanted, uint64_t *bits) {
	size_t rows = order_chunk_rows(order, chunk);
	size_t other = order->before[chunk][ORDER_OTHER];
	for (size_t first = 0; first < rows; first += 64) { /* there is room behind the rows */
		uint64_t word = order_set_members(set, bytes + first);
		uint64_t mine = rows - first < 64 ? ((uint64_t)1 << (rows - first)) - 1 : UINT64_MAX;
		uint64_t look = others == NULL ? 0 : order_set_members(others, bytes + first) & mine;
		for (; look != 0; look &= look - 1) {
			word |= wanted[other_at(order, other++)] ? look & -look : 0;
		}
		bits[(chunk * ORDER_CHUNK + first) / 64] |= word & mine;
	}
}

/* Whether a chunk has rows of shapes that are wanted, from its counts and the list of others. */
static bool has_wanted(const struct order *order, size_t chunk, const uint8_t *wanted_byte,
                       const bool *wanted) {
	const uint32_t *before = order->before[chunk];
	const uint32_t *behind = order->before[chunk + 1];
	for (size_t byte = 0; byte < ORDER_OTHER; byte++) {
		if (wanted_byte[byte] && behind[byte] > before[byte]) {
			return true;
		}
	}
	if (wanted_byte[ORDER_OTHER]) {
		for (size_t other = before[ORDER_OTHER]; other < behind[ORDER_OTHER]; other++) {
			if (wanted[other_at(order, other)]) {
				return true;
			}
		}
	}
	return false;
}

enum err order_bits(struct order *order, const bool *wanted, uint64_t *bits) {
	uint8_t wanted_byte[256] = {0};
	size_t values = MIN_OF(order->shapes, (size_t)ORDER_OTHER);
	for (size_t byte = 0; byte < values; byte++) {
		wanted_byte[byte] = wanted[order->shape_of[byte]];
	}
	if (order->others_stored.len > 0) {
		for (uint32_t shape = 0; shape < order->shapes; shape++) {
			wanted_byte[ORDER_OTHER] |= wanted[shape] && byte_of(order, shape) == ORDER_OTHER;
		}
		TRY(wanted_byte[ORDER_OTHER] ? load_others(order) : ERR_OK);
	}
	struct order_set set = {0};
	struct order_set others = {0};
	for (size_t byte = 0; byte < ORDER_OTHER; byte++) {
		if (wanted_byte[byte]) {
			order_set_add(&set, (uint8_t)byte);
		}
	}
	order_set_add(&others, ORDER_OTHER);
	for (size_t chunk = 0; chunk < order->chunks_count; chunk++) {
		if (!has_wanted(order, chunk, wanted_byte, wanted)) {
			continue;
		}
		const uint8_t *bytes = chunk_bytes(order, chunk);
		if (bytes == NULL) {
			return ERR_CORRUPT;
		}
		set_bits(order, chunk, bytes, &set, wanted_byte[ORDER_OTHER] ? &others : NULL, wanted,
		         bits);
	}
	return ERR_OK;
}

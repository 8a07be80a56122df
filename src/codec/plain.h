/* Numbers without a dictionary, in the smaller of two forms: packed at one width over the least of
 * all, or blocked where that is smaller by a tenth.
 *
 * Bytes (the reader knows the count; nothing is written for count 0): form, 1 byte;
 *   form 0: the least number, varint; width, 1 byte, 0 to 64; packed numbers less the least;
 *   form 1: blocked numbers (codec/blocked.h).
 * Sums wrap. PACKED_SLACK readable bytes must lie behind, as behind packed numbers.
 */
#pragma once

#include "codec/blocked.h"

/* Borrows the bytes. Zero-initialised: no numbers. */
struct plain {
	size_t count;
	bool is_blocked;
	uint64_t least;
	unsigned width;
	const char *numbers;
	struct blocked blocked;
};

/* Bits that one number takes in form 0. */
unsigned plain_width(const uint64_t *values, size_t count);
/* Bytes that plain_put would append. */
size_t plain_cost(const uint64_t *values, size_t count);
void plain_put(struct buf *out, const uint64_t *values, size_t count);
/* Takes what plain_put wrote for count numbers (below 2^32); borrowed. ERR_CORRUPT. Numbers of
 * width 0 take no bytes: the caller limits the count. */
MUST_USE enum err plain_open(struct wire *in, size_t count, struct plain *out_plain);

/* Number i, i < count. */
uint64_t plain_get(const struct plain *plain, size_t i);
void plain_get_many(const struct plain *plain, size_t first, size_t count, uint64_t *out);
/* As packed_find. */
void plain_find(const struct plain *plain, size_t first, size_t count, uint64_t least,
                uint64_t greatest, struct buf *hits);

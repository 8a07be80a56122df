/* Numbers of one width (0 to 64 bits), one behind the other, each readable without the others.
 *
 * Bytes: number i is the bits i * width to (i + 1) * width - 1 of the whole; bit b is bit b % 8
 * (0 the lowest) of byte b / 8. Its lowest bit comes first. count * width bits, rounded up to a
 * whole byte; what is left of the last byte is zero (readers do not look at it).
 *
 * Readers load whole words: PACKED_SLACK readable bytes must lie behind the last number (whoever
 * keeps packed numbers puts them once behind a whole part). What these bytes are does not matter.
 */
#pragma once

#include "base/buf.h"
#include "base/endian.h"

enum { PACKED_SLACK = 16, PACKED_WIDTH_MAX = 64 };

/* Widths up to this are read with one load, whatever the place of their first bit in its byte. */
enum { PACKED_WIDTH_ONE_LOAD = 57 };

/* Bits that value needs: 0 for 0, 64 for UINT64_MAX. */
static inline unsigned packed_width(uint64_t value) {
	return value == 0 ? 0 : 64 - (unsigned)__builtin_clzll(value);
}

/* The greatest number of width bits. */
static inline uint64_t packed_mask(unsigned width) {
	return width == 0 ? 0 : UINT64_MAX >> (64 - width);
}

/* Bytes of count numbers (below 2^58), without slack. */
static inline uint64_t packed_bytes(uint64_t count, unsigned width) {
	return count / 8 * width + (count % 8 * width + 7) / 8;
}

/* Appends count numbers, each below 2^width. No slack. */
void packed_put(struct buf *out, const uint64_t *values, size_t count, unsigned width);

/* Number i. */
static inline uint64_t packed_get(const char *bytes, unsigned width, size_t i) {
	uint64_t bit = (uint64_t)i * width;
	const char *at = bytes + (bit >> 3);
	unsigned shift = (unsigned)bit & 7;
	uint64_t value = le64_load(at) >> shift;
	if (width > PACKED_WIDTH_ONE_LOAD) {
		value |= (uint64_t)(uint8_t)at[8] << 1 << (63 - shift);
	}
	return value & packed_mask(width);
}

/* Numbers first to first + count - 1: the fast way to have many. */
void packed_get_many(const char *bytes, unsigned width, size_t first, size_t count, uint64_t *out);

/* Appends to hits (uint32_t) every i in [first, first + count) with least <= number <= greatest, in
 * ascending order. first + count is at most 2^32. */
void packed_find(const char *bytes, unsigned width, size_t first, size_t count, uint64_t least,
                 uint64_t greatest, struct buf *hits);

/* A range of sums: number + base in [least, least + span], all modulo 2^64. */
struct packed_range {
	uint64_t base;
	uint64_t least;
	uint64_t span;    /* greatest - least */
	size_t hit_first; /* added to each hit: what number 0 is called */
};

/* As packed_find for numbers that are kept less a base. hit_first + first + count is at most 2^32.
 */
void packed_find_range(const char *bytes, unsigned width, size_t first, size_t count,
                       const struct packed_range *range, struct buf *hits);
/* Some number of width bits can be in the range. */
bool packed_may_have(unsigned width, const struct packed_range *range);

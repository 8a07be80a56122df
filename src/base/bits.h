/* A row bitmap in 64-bit words: one bit a row, unused bits of the last word always zero. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static inline size_t bits_words(size_t rows) {
	return (rows + 63) / 64;
}
static inline bool bits_get(const uint64_t *bits, size_t row) {
	return (bits[row / 64] >> (row % 64)) & 1;
}
static inline void bits_set(uint64_t *bits, size_t row) {
	bits[row / 64] |= (uint64_t)1 << (row % 64);
}
static inline void bits_clear(uint64_t *bits, size_t row) {
	bits[row / 64] &= ~((uint64_t)1 << (row % 64));
}
/* Sets every bit of rows rows (value true) or none. */
static inline void bits_fill(uint64_t *bits, size_t rows, bool value) {
	memset(bits, value ? 0xff : 0, bits_words(rows) * 8);
	if (value && rows % 64 != 0) {
		bits[rows / 64] = ((uint64_t)1 << (rows % 64)) - 1;
	}
}
/* Without an instruction for it the compiler would call a function for each word. */
static inline uint64_t bits_of_word(uint64_t word) {
	const uint64_t ones = 0x0101010101010101;
	word -= word >> 1 & 0x55 * ones;
	word = (word & 0x33 * ones) + (word >> 2 & 0x33 * ones);
	word = (word + (word >> 4)) & 0x0f * ones;
	return word * ones >> 56;
}
static inline size_t bits_count(const uint64_t *bits, size_t rows) {
	size_t n = 0;
	for (size_t i = 0; i < bits_words(rows); i++) {
		n += (size_t)bits_of_word(bits[i]);
	}
	return n;
}

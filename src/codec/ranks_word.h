/* Private to src/codec: sixteen classes of 4 bits in a 64-bit word, for ranks.h. */
#pragma once

#include "codec/packed.h"

enum { RANKS_WORD = 16 }; /* classes in 64 bits */

#define RANKS_EACH ((uint64_t)0x1111111111111111)

/* The lowest bit of each class in word that is this one. */
static inline uint64_t ranks_same(uint64_t word, unsigned class) {
	uint64_t other = word ^ class * RANKS_EACH;
	other |= other >> 2;
	other |= other >> 1;
	return ~other & RANKS_EACH;
}

/* The sum of lanes of 4 bits. */
static inline size_t ranks_count_same(uint64_t same) {
	same = (same & 0x0f0f0f0f0f0f0f0f) + (same >> 4 & 0x0f0f0f0f0f0f0f0f);
	return same * 0x0101010101010101 >> 56;
}

/* The bits of the first n classes of a word, n <= RANKS_WORD. */
static inline uint64_t ranks_first(size_t n) {
	return packed_mask((unsigned)n * 4);
}

/* Which words of which skeletons become slots. Private to src/codec. */
#pragma once

#include "codec/skeleton.h"

struct mined {
	struct str skeleton; /* in */
	uint64_t rows;       /* in */
	uint64_t wild;       /* out: bit i: word i (codec/shapes_words.h) becomes a slot */
};

/* Words that a skeleton of so many may have. */
uint32_t mine_words_max(uint32_t count);
/* Fills wild. How many different patterns are left (but for accidents of hashing). */
uint32_t mine_words(struct mined *skeletons, uint32_t count);

/* Classes are counted as one by one, in either way. */
#include "codec/ranks_simd.h"

#include "codec/numbers_sample.h"
#include "codec/ranks_word.h"

enum { STEPS = 64 };

static size_t one_by_one(const char *classes, size_t bytes, unsigned class) {
	size_t count = 0;
	for (size_t i = 0; i < bytes; i++) {
		count += ((uint8_t)classes[i] & 15) == class;
		count += ((uint8_t)classes[i] >> 4) == class;
	}
	return count;
}

static void check_steps(const char *classes, size_t steps) {
	for (unsigned class = 0; class < 16; class ++) {
		size_t expected = one_by_one(classes, steps * RANKS_SIMD_BYTES, class);
		CHECK_EQ(ranks_count_steps(classes, steps, class), expected);
		CHECK_EQ(ranks_count_steps_portable(classes, steps, class), expected);
	}
}

TEST(classes_are_counted_as_one_by_one) {
	for (size_t steps = 0; steps <= STEPS; steps++) {
		char *classes = malloc(steps * RANKS_SIMD_BYTES + 1);
		uint64_t few = tap_random();
		for (size_t i = 0; i < steps * RANKS_SIMD_BYTES; i++) {
			classes[i] = (char)(tap_random() & few);
		}
		check_steps(classes, steps);
		memset(classes, 0x33, steps * RANKS_SIMD_BYTES);
		check_steps(classes, steps);
		free(classes);
	}
}

TEST(words_are_counted_as_one_by_one) {
	for (unsigned round = 0; round < 100; round++) {
		char word[8];
		uint64_t few = tap_random();
		le64_store(word, tap_random() & few);
		for (unsigned class = 0; class < 16; class ++) {
			uint64_t same = ranks_same(le64_load(word), class);
			CHECK_EQ(ranks_count_same(same), one_by_one(word, 8, class));
			CHECK_EQ(ranks_count_same(same & ranks_first(6)), one_by_one(word, 3, class));
			CHECK_EQ(ranks_count_same(15 * same), 15 * one_by_one(word, 8, class));
		}
	}
	CHECK(ranks_first(16) == UINT64_MAX && ranks_first(0) == 0);
}

/* Counting classes: in AVX2 32 bytes at a time, each with two classes of 4 bits, compared apart;
 * else 16 classes in a 64-bit word.
 */
#include "codec/ranks_simd.h"

#include <stdbool.h>

#include "base/macros.h"
#include "codec/ranks_word.h"

enum { STEPS_MAX = 64, WORDS = RANKS_SIMD_BYTES / 8 };

size_t ranks_count_steps_portable(const char *classes, size_t steps, unsigned class) {
	size_t count = 0;
	for (size_t step = 0; step < steps; step++) {
		uint64_t sums = 0; /* four words: at most 4 in a lane of 4 bits */
		for (size_t word = 0; word < WORDS; word++) {
			sums += ranks_same(le64_load(classes + 8 * (step * WORDS + word)), class);
		}
		count += ranks_count_same(sums);
	}
	return count;
}

#if defined(__x86_64__)
#include <immintrin.h>

#define SIMD __attribute__((target("avx2")))

SIMD static size_t count_steps(const char *classes, size_t steps, unsigned class) {
	const __m256i *at = (const __m256i *)(const void *)classes;
	const __m256i both = _mm256_set1_epi8((char)(class * 0x11));
	const __m256i low = _mm256_set1_epi8(0x0f);
	const __m256i zero = _mm256_setzero_si256();
	__m256i counts = zero; /* bytes: twice STEPS_MAX at most */
	for (size_t step = 0; step < steps; step++) {
		__m256i other = _mm256_xor_si256(_mm256_loadu_si256(at + step), both);
		__m256i low_same = _mm256_cmpeq_epi8(_mm256_and_si256(other, low), zero);
		__m256i high_same = _mm256_cmpeq_epi8(_mm256_andnot_si256(low, other), zero);
		counts = _mm256_sub_epi8(_mm256_sub_epi8(counts, low_same), high_same);
	}
	__m256i sums = _mm256_sad_epu8(counts, zero);
	__m128i half = _mm_add_epi64(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
	return (size_t)_mm_extract_epi64(half, 0) + (size_t)_mm_extract_epi64(half, 1);
}

size_t ranks_count_steps(const char *classes, size_t steps, unsigned class) {
	ASSERT(steps <= STEPS_MAX);
	return __builtin_cpu_supports("avx2") ? count_steps(classes, steps, class)
	                                      : ranks_count_steps_portable(classes, steps, class);
}

#else

size_t ranks_count_steps(const char *classes, size_t steps, unsigned class) {
	ASSERT(steps <= STEPS_MAX);
	return ranks_count_steps_portable(classes, steps, class);
}

#endif

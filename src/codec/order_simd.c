/* With SSSE3 two shuffles look a byte up in the set, 16 bytes at a time. */
#include "codec/order_simd.h"

#include "base/macros.h"

uint64_t order_set_members_portable(const struct order_set *set, const uint8_t *bytes) {
	uint64_t members = 0;
	for (size_t i = 0; i < 64; i++) {
		const uint8_t *row = bytes[i] < 128 ? set->low : set->high;
		members |= (uint64_t)(row[bytes[i] & 15] >> (bytes[i] >> 4 & 7) & 1) << i;
	}
	return members;
}

#if defined(__x86_64__)
#include <immintrin.h>

__attribute__((target("ssse3"))) static uint64_t members_fast(const struct order_set *set,
                                                              const uint8_t *bytes) {
	const __m128i low = _mm_loadu_si128((const __m128i *)(const void *)set->low);
	const __m128i high = _mm_loadu_si128((const __m128i *)(const void *)set->high);
	const __m128i bit_of =
	    _mm_setr_epi8(1, 2, 4, 8, 16, 32, 64, (char)128, 1, 2, 4, 8, 16, 32, 64, (char)128);
	const __m128i half = _mm_set1_epi8(15);
	uint64_t members = 0;
	for (size_t i = 0; i < 4; i++) {
		__m128i some = _mm_loadu_si128((const __m128i *)(const void *)(bytes + 16 * i));
		__m128i column = _mm_and_si128(some, half);
		__m128i number = _mm_and_si128(_mm_srli_epi16(some, 4), half);
		/* all ones where the byte is 128 or more */
		__m128i upper = _mm_cmpgt_epi8(_mm_setzero_si128(), some);
		__m128i row = _mm_or_si128(_mm_andnot_si128(upper, _mm_shuffle_epi8(low, column)),
		                           _mm_and_si128(upper, _mm_shuffle_epi8(high, column)));
		__m128i bit = _mm_shuffle_epi8(bit_of, number);
		__m128i is = _mm_cmpeq_epi8(_mm_and_si128(row, bit), bit);
		members |= (uint64_t)(unsigned)_mm_movemask_epi8(is) << 16 * i;
	}
	return members;
}

uint64_t order_set_members(const struct order_set *set, const uint8_t *bytes) {
	return __builtin_cpu_supports("ssse3") ? members_fast(set, bytes)
	                                       : order_set_members_portable(set, bytes);
}

#else

uint64_t order_set_members(const struct order_set *set, const uint8_t *bytes) {
	return order_set_members_portable(set, bytes);
}

#endif

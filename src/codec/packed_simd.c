/* Packed numbers in AVX2. Eight numbers of any width take whole bytes, so where each begins in its
 * group is the same for every group: two 16-byte loads bring four numbers, one shuffle puts the
 * bytes of each into a lane of 64 bits, one shift and one mask leave the number. No load goes
 * further than PACKED_SLACK behind the last number.
 */
#include "codec/packed_simd.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define SIMD __attribute__((target("avx2")))
#define SIMD_INLINE __attribute__((target("avx2"), always_inline)) static inline

bool packed_has_simd(void) {
	return __builtin_cpu_supports("avx2");
}

/* Where numbers lie in a group, for its two halves of four. */
struct lanes {
	size_t loads[4]; /* a load for each pair of numbers: bytes from the start of the group */
	__m256i shuffle[2];
	__m256i shift[2];
	__m256i mask;
};

SIMD static struct lanes lanes_make(unsigned width) {
	struct lanes lanes = {.mask = _mm256_set1_epi64x((long long)packed_mask(width))};
	for (unsigned half = 0; half < 2; half++) {
		uint64_t shuffle[4];
		uint64_t shift[4];
		for (unsigned n = 0; n < 4; n++) {
			unsigned pair = half * 2 + n / 2;
			unsigned load = pair * 2 * width / 8;
			unsigned bit = (half * 4 + n) * width - load * 8;
			lanes.loads[pair] = load;
			shift[n] = bit % 8;
			/* The eight bytes from bit / 8 on; that is at most 8, so all are in the load. */
			shuffle[n] = (uint64_t)(bit / 8) * 0x0101010101010101 + 0x0706050403020100;
		}
		lanes.shuffle[half] = _mm256_loadu_si256((const __m256i *)(const void *)shuffle);
		lanes.shift[half] = _mm256_loadu_si256((const __m256i *)(const void *)shift);
	}
	return lanes;
}

SIMD_INLINE __m128i load(const char *at) {
	return _mm_loadu_si128((const __m128i *)(const void *)at);
}

/* Four numbers of the group. */
SIMD_INLINE __m256i four(const struct lanes *lanes, const char *group, unsigned half) {
	__m128i low = load(group + lanes->loads[half * 2]);
	__m128i high = load(group + lanes->loads[half * 2 + 1]);
	__m256i bytes = _mm256_inserti128_si256(_mm256_castsi128_si256(low), high, 1);
	bytes = _mm256_shuffle_epi8(bytes, lanes->shuffle[half]);
	return _mm256_and_si256(_mm256_srlv_epi64(bytes, lanes->shift[half]), lanes->mask);
}

SIMD void packed_get_groups(const char *bytes, unsigned width, size_t first, size_t groups,
                            uint64_t *out) {
	ASSERT(width <= PACKED_WIDTH_ONE_LOAD && first % PACKED_GROUP == 0);
	struct lanes lanes = lanes_make(width);
	const char *group = bytes + first / PACKED_GROUP * width;
	for (size_t g = 0; g < groups; g++, group += width, out += PACKED_GROUP) {
		_mm256_storeu_si256((__m256i *)(void *)out, four(&lanes, group, 0));
		_mm256_storeu_si256((__m256i *)(void *)(out + 4), four(&lanes, group, 1));
	}
}

/* A range for comparing: AVX2 compares with sign only, so the highest bit is turned over. */
struct bounds {
	__m256i least;
	__m256i span;
};

SIMD_INLINE struct bounds bounds_make(const struct packed_range *range) {
	uint64_t highest = (uint64_t)1 << 63;
	return (struct bounds){
	    .least = _mm256_set1_epi64x((long long)((range->least - range->base) ^ highest)),
	    .span = _mm256_set1_epi64x((long long)(range->span ^ highest)),
	};
}

/* A bit for each of four numbers that is outside. */
SIMD_INLINE unsigned outside(const struct bounds *bounds, __m256i numbers) {
	/* (number - least) ^ highest == number - (least ^ highest), modulo 2^64 */
	__m256i above = _mm256_sub_epi64(numbers, bounds->least);
	__m256i out = _mm256_cmpgt_epi64(above, bounds->span);
	return (unsigned)_mm256_movemask_pd(_mm256_castsi256_pd(out));
}

static void append_hits(struct buf *hits, size_t first, unsigned bits) {
	for (; bits != 0; bits &= bits - 1) {
		uint32_t hit = (uint32_t)(first + (unsigned)__builtin_ctz(bits));
		buf_append(hits, &hit, sizeof(hit));
	}
}

SIMD static void find_words(const char *bytes, size_t first, size_t groups,
                            const struct packed_range *range, struct buf *hits) {
	struct bounds bounds = bounds_make(range);
	for (size_t g = 0; g < groups; g++) {
		size_t at = first + g * PACKED_GROUP;
		const __m256i *words = (const __m256i *)(const void *)(bytes + at * 8);
		unsigned low = outside(&bounds, _mm256_loadu_si256(words));
		unsigned high = outside(&bounds, _mm256_loadu_si256(words + 1));
		if ((low & high) != 0xf) {
			append_hits(hits, range->hit_first + at, ~(low | high << 4) & 0xff);
		}
	}
}

SIMD void packed_find_groups(const char *bytes, unsigned width, size_t first, size_t groups,
                             const struct packed_range *range, struct buf *hits) {
	ASSERT(first % PACKED_GROUP == 0);
	if (width == PACKED_WIDTH_MAX) {
		find_words(bytes, first, groups, range, hits);
		return;
	}
	ASSERT(width <= PACKED_WIDTH_ONE_LOAD);
	struct lanes lanes = lanes_make(width);
	struct bounds bounds = bounds_make(range);
	const char *group = bytes + first / PACKED_GROUP * width;
	for (size_t g = 0; g < groups; g++, group += width) {
		unsigned low = outside(&bounds, four(&lanes, group, 0));
		unsigned high = outside(&bounds, four(&lanes, group, 1));
		if ((low & high) != 0xf) {
			append_hits(hits, range->hit_first + first + g * PACKED_GROUP,
			            ~(low | high << 4) & 0xff);
		}
	}
}

#else

bool packed_has_simd(void) {
	return false;
}

void packed_get_groups(const char *bytes, unsigned width, size_t first, size_t groups,
                       uint64_t *out) {
	packed_get_portable(bytes, width, first, groups * PACKED_GROUP, out);
}

void packed_find_groups(const char *bytes, unsigned width, size_t first, size_t groups,
                        const struct packed_range *range, struct buf *hits) {
	packed_find_portable(bytes, width, first, groups * PACKED_GROUP, range, hits);
}

#endif

/* XXH3 from the library; CRC32C by the SSE 4.2 instruction, or bit by bit where the CPU lacks it.
 */
#include "base/hash.h"

#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#if defined(__x86_64__)
#include <nmmintrin.h>
#include <wmmintrin.h>
#endif

uint64_t hash64(const void *bytes, size_t len) {
	return XXH3_64bits(len == 0 ? "" : bytes, len);
}

uint64_t hash64_seeded(const void *bytes, size_t len, uint64_t seed) {
	return XXH3_64bits_withSeed(len == 0 ? "" : bytes, len, seed);
}

static uint32_t crc32c_byte(uint32_t crc, uint8_t byte) {
	crc ^= byte;
	for (int bit = 0; bit < 8; bit++) {
		crc = (crc >> 1) ^ (0x82f63b78u & (0 - (crc & 1)));
	}
	return crc;
}

static uint32_t crc32c_portable(uint32_t crc, const uint8_t *in, size_t len) {
	for (size_t i = 0; i < len; i++) {
		crc = crc32c_byte(crc, in[i]);
	}
	return crc;
}

#if defined(__x86_64__)
/* Three runs side by side: an instruction gives its result after three cycles, but one can begin in
 * each. A sum is carried over the bytes that follow by multiplying it with a power of x, modulo the
 * polynomial (Gopal and others, "Fast CRC computation for iSCSI polynomial using CRC32
 * instruction", Intel 2011): x^(8 * n - 33), bits reversed, for n bytes. */
enum { RUN = 1024 };
#define CARRY_RUN 0x170076fau
#define CARRY_TWO 0xa51b6135u

__attribute__((target("sse4.2"))) static uint64_t crc32c_word(uint64_t crc, const uint8_t *in) {
	uint64_t word;
	memcpy(&word, in, sizeof(word));
	return _mm_crc32_u64(crc, word);
}

__attribute__((target("sse4.2,pclmul"))) static uint64_t carry(uint64_t crc, uint32_t power) {
	__m128i product =
	    _mm_clmulepi64_si128(_mm_cvtsi64_si128((int64_t)crc), _mm_cvtsi32_si128((int)power), 0);
	return _mm_crc32_u64(0, (uint64_t)_mm_cvtsi128_si64(product));
}

__attribute__((target("sse4.2,pclmul"))) static uint32_t
crc32c_fast(uint32_t crc, const uint8_t *in, size_t len) {
	uint64_t first = crc;
	for (; len >= 3 * (size_t)RUN; len -= 3 * (size_t)RUN, in += 3 * (size_t)RUN) {
		uint64_t second = 0;
		uint64_t third = 0;
		for (size_t i = 0; i < RUN; i += 8) {
			first = crc32c_word(first, in + i);
			second = crc32c_word(second, in + RUN + i);
			third = crc32c_word(third, in + 2 * (size_t)RUN + i);
		}
		first = carry(first, CARRY_TWO) ^ carry(second, CARRY_RUN) ^ third;
	}
	for (; len >= 8; len -= 8, in += 8) {
		first = crc32c_word(first, in);
	}
	crc = (uint32_t)first;
	for (; len > 0; len--, in++) {
		crc = _mm_crc32_u8(crc, *in);
	}
	return crc;
}
#endif

uint32_t crc32c(uint32_t crc, const void *bytes, size_t len) {
	const uint8_t *in = bytes;
#if defined(__x86_64__)
	if (__builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("pclmul")) {
		return ~crc32c_fast(~crc, in, len);
	}
#endif
	return ~crc32c_portable(~crc, in, len);
}

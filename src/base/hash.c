/* XXH3 from the library; CRC32C by the SSE 4.2 instruction, or a table where the CPU lacks it. */
#include "base/hash.h"

#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#if defined(__x86_64__)
#include <nmmintrin.h>
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
__attribute__((target("sse4.2"))) static uint32_t crc32c_sse(uint32_t crc, const uint8_t *in,
                                                             size_t len) {
	uint64_t wide = crc;
	for (; len >= 8; len -= 8, in += 8) {
		uint64_t word;
		memcpy(&word, in, 8);
		wide = _mm_crc32_u64(wide, word);
	}
	crc = (uint32_t)wide;
	for (; len > 0; len--, in++) {
		crc = _mm_crc32_u8(crc, *in);
	}
	return crc;
}
#endif

uint32_t crc32c(uint32_t crc, const void *bytes, size_t len) {
	const uint8_t *in = bytes;
#if defined(__x86_64__)
	if (__builtin_cpu_supports("sse4.2")) {
		return ~crc32c_sse(~crc, in, len);
	}
#endif
	return ~crc32c_portable(~crc, in, len);
}

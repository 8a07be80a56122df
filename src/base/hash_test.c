/* Tests of base/hash: published CRC32C values, going on from a part, and stable hashes. */
#include "base/hash.h"

#include <string.h>

#include "tap.h"

/* RFC 3720 appendix B.4. */
TEST(crc32c_gives_the_values_of_rfc_3720) {
	uint8_t bytes[32];
	memset(bytes, 0, sizeof(bytes));
	CHECK_EQ(crc32c(0, bytes, 32), 0x8a9136aau);
	memset(bytes, 0xff, sizeof(bytes));
	CHECK_EQ(crc32c(0, bytes, 32), 0x62a8ab43u);
	for (int i = 0; i < 32; i++) {
		bytes[i] = (uint8_t)i;
	}
	CHECK_EQ(crc32c(0, bytes, 32), 0x46dd794eu);
	for (int i = 0; i < 32; i++) {
		bytes[i] = (uint8_t)(31 - i);
	}
	CHECK_EQ(crc32c(0, bytes, 32), 0x113fdb5cu);
	CHECK_EQ(crc32c(0, "123456789", 9), 0xe3069283u);
	CHECK_EQ(crc32c(0, NULL, 0), 0);
}

/* Bit by bit, as the definition has it. */
static uint32_t crc32c_by_definition(const uint8_t *bytes, size_t len) {
	uint32_t crc = UINT32_MAX;
	for (size_t i = 0; i < len * 8; i++) {
		uint32_t bit = ((uint32_t)bytes[i / 8] >> (i % 8)) & 1u;
		crc = (crc >> 1) ^ (((crc ^ bit) & 1u) != 0 ? 0x82f63b78u : 0);
	}
	return ~crc;
}

TEST(crc32c_of_parts_is_crc32c_of_the_whole) {
	uint8_t bytes[200];
	for (size_t round = 0; round < tap_rounds(1000); round++) {
		size_t len = tap_random() % sizeof(bytes);
		size_t cut = len == 0 ? 0 : tap_random() % len;
		for (size_t i = 0; i < len; i++) {
			bytes[i] = (uint8_t)tap_random();
		}
		uint32_t whole = crc32c(0, bytes, len);
		REQUIRE(whole == crc32c(crc32c(0, bytes, cut), bytes + cut, len - cut));
		REQUIRE(whole == crc32c_by_definition(bytes, len));
	}
}

/* Long runs are summed side by side. */
TEST(crc32c_of_long_bytes_is_that_of_the_definition) {
	enum { MOST = 20000 };
	uint8_t *bytes = malloc(MOST);
	REQUIRE(bytes != NULL);
	for (size_t i = 0; i < MOST; i++) {
		bytes[i] = (uint8_t)tap_random();
	}
	for (size_t round = 0; round < tap_rounds(100); round++) {
		size_t len = tap_random() % MOST;
		size_t from = tap_random() % (len + 1);
		REQUIRE(crc32c(0, bytes + from, len - from) ==
		        crc32c_by_definition(bytes + from, len - from));
		REQUIRE(crc32c(crc32c(0, bytes, from), bytes + from, len - from) ==
		        crc32c_by_definition(bytes, len));
	}
	free(bytes);
}

TEST(crc32c_tells_every_single_flipped_bit) {
	uint8_t bytes[64] = {1, 2, 3};
	uint32_t whole = crc32c(0, bytes, sizeof(bytes));
	for (size_t bit = 0; bit < sizeof(bytes) * 8; bit++) {
		bytes[bit / 8] ^= (uint8_t)(1u << (bit % 8));
		CHECK(crc32c(0, bytes, sizeof(bytes)) != whole);
		bytes[bit / 8] ^= (uint8_t)(1u << (bit % 8));
	}
}

TEST(hash64_is_xxh3_and_stays_so) {
	/* XXH3_64bits of nothing, from the reference implementation's own checks. */
	CHECK(hash64(NULL, 0) == 0x2d06800538d394c2u);
	CHECK(hash64("", 0) == hash64(NULL, 0));
	CHECK(hash64("a", 1) != hash64("b", 1));
	CHECK(hash64("a", 1) != hash64("a\0", 2));
}

TEST(a_seed_makes_another_hash) {
	CHECK(hash64_seeded("akashi", 6, 0) == hash64("akashi", 6));
	CHECK(hash64_seeded("akashi", 6, 1) != hash64("akashi", 6));
	CHECK(hash64_seeded(NULL, 0, 1) == hash64_seeded("", 0, 1));
}

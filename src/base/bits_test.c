/* Tests of the headers base/bits.h and base/endian.h. */
#include "base/bits.h"

#include "base/endian.h"
#include "tap.h"

TEST(a_bitmap_holds_one_bit_a_row_and_nothing_behind_them) {
	for (size_t rows = 0; rows < 200; rows++) {
		uint64_t bits[4];
		memset(bits, 0xaa, sizeof(bits));
		bits_fill(bits, rows, true);
		REQUIRE(bits_count(bits, rows) == rows);
		if (rows % 64 != 0) {
			REQUIRE(bits[rows / 64] >> (rows % 64) == 0);
		}
		for (size_t row = 0; row < rows; row += 3) {
			bits_clear(bits, row);
			REQUIRE(!bits_get(bits, row));
		}
		REQUIRE(bits_count(bits, rows) == rows - (rows + 2) / 3);
		for (size_t row = 0; row < rows; row += 3) {
			bits_set(bits, row);
			REQUIRE(bits_get(bits, row));
		}
		REQUIRE(bits_count(bits, rows) == rows);
		bits_fill(bits, rows, false);
		REQUIRE(bits_count(bits, rows) == 0);
	}
}

TEST(integers_are_stored_in_the_order_their_name_says) {
	uint8_t b[8];
	le16_store(b, 0x0102);
	CHECK(b[0] == 2 && b[1] == 1 && le16_load(b) == 0x0102);
	le32_store(b, 0x01020304);
	CHECK(b[0] == 4 && b[3] == 1 && le32_load(b) == 0x01020304 && be32_load(b) == 0x04030201);
	le64_store(b, 0x0102030405060708);
	CHECK(b[0] == 8 && b[7] == 1 && le64_load(b) == 0x0102030405060708);
	CHECK(be64_load(b) == 0x0807060504030201);
	be16_store(b, 0x0102);
	CHECK(b[0] == 1 && b[1] == 2);
	be32_store(b, 0x01020304);
	CHECK(b[0] == 1 && b[3] == 4 && be32_load(b) == 0x01020304);
	be64_store(b, 0x0102030405060708);
	CHECK(b[0] == 1 && b[7] == 8 && be64_load(b) == 0x0102030405060708);
}

TEST(integers_may_lie_at_any_address) {
	uint8_t b[16] = {0};
	for (size_t at = 0; at < 8; at++) {
		uint64_t v = tap_random();
		le64_store(b + at, v);
		REQUIRE(le64_load(b + at) == v);
		be32_store(b + at, (uint32_t)v);
		REQUIRE(be32_load(b + at) == (uint32_t)v);
	}
}

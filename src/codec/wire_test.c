/* Integers and strings of our files: there and back, and failures that stay failures. */
#include "codec/wire.h"

#include "tap.h"

TEST(integers_of_every_length_come_back) {
	struct buf out = {0};
	for (unsigned bit = 0; bit < 64; bit++) {
		uint64_t value = (uint64_t)1 << bit;
		wire_put_varint(&out, value);
		wire_put_varint(&out, value - 1);
		wire_put_zigzag(&out, (int64_t)(value - 1));
		wire_put_zigzag(&out, (int64_t)(0 - value));
	}
	wire_put_u32(&out, 0xdeadbeef);
	wire_put_u64(&out, UINT64_MAX);
	struct wire in = wire_from(buf_str(&out));
	for (unsigned bit = 0; bit < 64; bit++) {
		uint64_t value = (uint64_t)1 << bit;
		CHECK(wire_varint(&in) == value);
		CHECK(wire_varint(&in) == value - 1);
		CHECK(wire_zigzag(&in) == (int64_t)(value - 1));
		CHECK(wire_zigzag(&in) == (int64_t)(0 - value));
	}
	CHECK(wire_u32(&in) == 0xdeadbeef);
	CHECK(wire_u64(&in) == UINT64_MAX);
	CHECK(wire_done(&in));
	buf_deinit(&out);
}

TEST(strings_come_back_and_too_long_ones_are_refused) {
	struct buf out = {0};
	wire_put_str(&out, STR("sshd"));
	struct wire in = wire_from(buf_str(&out));
	CHECK_STR(wire_str(&in, 4), "sshd");
	CHECK(wire_done(&in));
	in = wire_from(buf_str(&out));
	CHECK_STR(wire_str(&in, 3), "");
	CHECK(in.bad);
	buf_deinit(&out);
}

TEST(reading_behind_the_end_fails_and_goes_on_failing) {
	struct wire in = wire_from(STR("\x01\x02\x03"));
	CHECK_EQ(wire_u32(&in), 0);
	CHECK(in.bad);
	CHECK_EQ(wire_u8(&in), 0);
	CHECK(!wire_done(&in));
	in = wire_from(STR("\x80"));
	CHECK_EQ(wire_varint(&in), 0);
	CHECK(in.bad);
}

TEST(a_value_has_one_form_only) {
	struct wire overlong = wire_from(STR("\x81\x00"));
	CHECK_EQ(wire_varint(&overlong), 0);
	CHECK(overlong.bad);
	struct wire too_large = wire_from(STR("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"));
	CHECK_EQ(wire_varint(&too_large), 0);
	CHECK(too_large.bad);
	struct wire above = wire_from(STR("\x05"));
	CHECK_EQ(wire_varint_max(&above, 4), 0);
	CHECK(above.bad);
}

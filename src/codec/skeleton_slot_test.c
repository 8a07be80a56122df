/* Codes: one text for each number, both ways. */
#include "codec/skeleton_slot.h"

#include "codec/skeleton_time.h"
#include "tap.h"

static void check_both(uint8_t code, const char *text, uint64_t number) {
	struct buf out = {0};
	uint64_t parsed = ~number;
	CHECK(slot_code_valid(code));
	slot_print(&out, code, number, STR(""));
	CHECK_STR(buf_str(&out), text);
	CHECK(slot_parse(code, str_from(text), &parsed));
	CHECK_EQ(parsed, number);
	buf_deinit(&out);
}

static bool parses(uint8_t code, const char *text) {
	uint64_t number;
	return slot_parse(code, str_from(text), &number);
}

TEST(codes_print_and_parse) {
	check_both(SLOT_INT, "0", 0);
	check_both(SLOT_INT, "9223372036854775807", INT64_MAX);
	check_both(SLOT_IPV4, "0.0.0.0", 0);
	check_both(SLOT_IPV4, "255.255.255.255", UINT32_MAX);
	check_both(SLOT_IPV4, "10.0.99.101", 0x0a006365);
	check_both(SLOT_FRACTION, "0013577938089833984", 10013577938089833984u);
	check_both(SLOT_FRACTION, "0000000000000001", 10000000000000001u);
	check_both(SLOT_FRACTION, "9876543210", 19876543210u);
	check_both(SLOT_DIGITS + 1, "7", 7);
	check_both(SLOT_DIGITS + 15, "000000000000012", 12);
	check_both(SLOT_HEX + 4, "00af", 0xaf);
	check_both(SLOT_HEX + 16, "ffffffffffffffff", UINT64_MAX);
	check_both(SLOT_HEX_UPPER + 3, "0AF", 0xaf);
	check_both(SLOT_TIME + (int)TIME_BSD, "Jan  1 00:00:01", 946684801);
}

TEST(texts_that_no_number_prints_are_not_parsed) {
	CHECK(!parses(SLOT_INT, ""));
	CHECK(!parses(SLOT_INT, "01"));
	CHECK(!parses(SLOT_INT, "-1"));
	CHECK(!parses(SLOT_INT, "+1"));
	CHECK(!parses(SLOT_INT, "9223372036854775808"));
	CHECK(!parses(SLOT_IPV4, "255.255.255.256"));
	CHECK(!parses(SLOT_IPV4, "01.2.3.4"));
	CHECK(!parses(SLOT_IPV4, "1.2.3"));
	CHECK(!parses(SLOT_IPV4, "1.2.3."));
	CHECK(!parses(SLOT_IPV4, "1.2.3.4.5"));
	CHECK(!parses(SLOT_FRACTION, "123456789"));
	CHECK(!parses(SLOT_FRACTION, "9999999999999999999"));
	CHECK(!parses(SLOT_FRACTION, "00000000000000000000"));
	CHECK(!parses(SLOT_DIGITS + 2, "1"));
	CHECK(!parses(SLOT_DIGITS + 2, "123"));
	CHECK(!parses(SLOT_DIGITS + 2, "1a"));
	CHECK(!parses(SLOT_HEX + 2, "1A"));
	CHECK(!parses(SLOT_HEX + 2, "1g"));
	CHECK(!parses(SLOT_HEX_UPPER + 2, "1a"));
	CHECK(!parses(SLOT_HEX_UPPER + 2, "1"));
	CHECK(!parses(SLOT_TIME, "2026-11-14T01:02:03Z"));
	CHECK(parses(SLOT_TEXT, ""));
}

TEST(every_valid_code_prints_any_number_within_its_room) {
	unsigned valid = 0;
	for (unsigned code = 0; code < 256; code++) {
		uint64_t number;
		if (!slot_code_valid((uint8_t)code)) {
			CHECK(!slot_parse((uint8_t)code, STR("1"), &number));
			continue;
		}
		valid++;
		for (size_t i = 0; i < tap_rounds(200) && code != SLOT_TEXT; i++) {
			char out[SLOT_PRINT_MAX];
			uint64_t value = i == 0 ? UINT64_MAX : tap_random() >> (tap_random() % 64);
			size_t len = slot_print_number((uint8_t)code, value, out);
			CHECK(len <= SLOT_PRINT_MAX);
			/* What prints and is a text of the code comes back as that text. */
			struct buf again = {0};
			if (slot_parse((uint8_t)code, str_make(out, len), &number)) {
				slot_print(&again, (uint8_t)code, number, STR(""));
				CHECK(str_eq(buf_str(&again), str_make(out, len)));
			}
			buf_deinit(&again);
		}
	}
	CHECK_EQ(valid, 4 + 15 + 16 + 16 + (int)TIME_FORMS);
}

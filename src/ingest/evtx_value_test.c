#include "ingest/evtx_value.h"

#include "base/endian.h"
#include "base/instant.h"
#include "tap.h"

static struct buf made;

/* The value as text; bytes given as a literal. */
static struct str rendered(uint8_t type, struct str value) {
	struct evtx_out out = {.xml = &made};
	buf_clear(&made);
	evtx_append_value(&out, type, value);
	return buf_str(&made);
}

#define CHECK_VALUE(type, bytes, text) CHECK_STR(rendered((type), STR(bytes)), (text))

TEST(integers_are_decimal_in_the_size_and_sign_of_their_type) {
	CHECK_VALUE(EVTX_INT8, "\xff", "-1");
	CHECK_VALUE(EVTX_UINT8, "\xff", "255");
	CHECK_VALUE(EVTX_INT16, "\x00\x80", "-32768");
	CHECK_VALUE(EVTX_UINT16, "\x00\x80", "32768");
	CHECK_VALUE(EVTX_INT32, "\xfe\xff\xff\xff", "-2");
	CHECK_VALUE(EVTX_UINT32, "\xfe\xff\xff\xff", "4294967294");
	CHECK_VALUE(EVTX_INT64, "\x00\x00\x00\x00\x00\x00\x00\x80", "-9223372036854775808");
	CHECK_VALUE(EVTX_UINT64, "\xff\xff\xff\xff\xff\xff\xff\xff", "18446744073709551615");
}

TEST(hexadecimal_integers_and_pointers_have_no_leading_zeros) {
	CHECK_VALUE(EVTX_HEX_INT32, "\xe7\x03\x00\x00", "0x3e7");
	CHECK_VALUE(EVTX_HEX_INT64, "\x00\x00\x00\x00\x00\x00\x20\x80", "0x8020000000000000");
	CHECK_VALUE(EVTX_SIZE_T, "\x00\x00\x00\x00", "0x0");
	CHECK_VALUE(EVTX_SIZE_T, "\xf4\x01\x00\x00\x00\x00\x00\x00", "0x1f4");
}

TEST(booleans_are_words) {
	CHECK_VALUE(EVTX_BOOL, "\x00\x00\x00\x00", "false");
	CHECK_VALUE(EVTX_BOOL, "\x01\x00\x00\x00", "true");
	CHECK_VALUE(EVTX_BOOL, "\x00\x00\x00\x80", "true");
}

TEST(floating_point_has_six_digits_behind_the_point) {
	CHECK_VALUE(EVTX_REAL32, "\x00\x00\x20\xc0", "-2.500000");
	CHECK_VALUE(EVTX_REAL64, "\x00\x00\x00\x00\x00\x00\xf8\x3f", "1.500000");
	CHECK_VALUE(EVTX_REAL64, "\x00\x00\x00\x00\x00\x00\xf0\x7f", "INF");
	CHECK_VALUE(EVTX_REAL64, "\x00\x00\x00\x00\x00\x00\xf0\xff", "-INF");
	CHECK_VALUE(EVTX_REAL64, "\x00\x00\x00\x00\x00\x00\xf8\x7f", "NaN");
}

TEST(guids_and_binary_are_in_capitals) {
	CHECK_VALUE(EVTX_GUID, "\x03\x02\x01\x00\x05\x04\x07\x06\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f",
	            "{00010203-0405-0607-0809-0A0B0C0D0E0F}");
	CHECK_VALUE(EVTX_BINARY, "\xde\xad\x00", "DEAD00");
}

TEST(sids_show_their_authority_and_all_parts) {
	CHECK_VALUE(EVTX_SID, "\x01\x01\x00\x00\x00\x00\x00\x05\x12\x00\x00\x00", "S-1-5-18");
	CHECK_VALUE(EVTX_SID, "\x01\x02\x00\x00\x00\x00\x00\x05\x20\x00\x00\x00\x20\x02\x00\x00",
	            "S-1-5-32-544");
	CHECK_VALUE(EVTX_SID, "\x01\x00\x01\x00\x00\x00\x00\x00", "S-1-0x10000000000");
}

TEST(a_value_too_short_for_its_type_is_given_in_hex) {
	CHECK_VALUE(EVTX_SID, "\x01\x02\x00\x00\x00\x00\x00\x05\x12\x00\x00\x00",
	            "010200000000000512000000");
	CHECK_VALUE(EVTX_GUID, "\x01", "01");
	CHECK_VALUE(EVTX_FILETIME, "\x01\x02\x03", "010203");
	CHECK_VALUE(0x7e, "\x01\x02", "0102");
	CHECK_VALUE(EVTX_UINT32, "", "");
}

static struct str filetime(uint64_t ticks) {
	char bytes[8];
	le64_store(bytes, ticks);
	return rendered(EVTX_FILETIME, str_make(bytes, 8));
}

TEST(file_times_have_seven_digits_and_any_year) {
	CHECK_STR(filetime(0), "1601-01-01T00:00:00.0000000Z");
	CHECK_STR(filetime(116444736000000000u), "1970-01-01T00:00:00.0000000Z");
	CHECK_STR(filetime(132277535999999999u), "2020-03-03T23:59:59.9999999Z");
	CHECK_STR(filetime(116444736000000000u + 951782400u * 10000000ull),
	          "2000-02-29T00:00:00.0000000Z");
	CHECK_STR(filetime(UINT64_MAX), "60056-05-28T05:36:10.9551615Z");
}

TEST(system_times_have_milliseconds) {
	CHECK_VALUE(EVTX_SYSTEMTIME, "\xea\x07\x0b\x00\x00\x00\x16\x00\x05\x00\x06\x00\x07\x00\x08\x00",
	            "2026-11-22T05:06:07.008Z");
}

TEST(a_file_time_is_an_instant_where_it_fits) {
	CHECK_EQ(evtx_filetime_ns(116444736000000000u), 0);
	CHECK_EQ(evtx_filetime_ns(116444736000000001u), 100);
	CHECK_EQ(evtx_filetime_ns(0), INSTANT_MIN);
	CHECK_EQ(evtx_filetime_ns(UINT64_MAX), INSTANT_MIN);
}

TEST(strings_lose_only_the_nuls_at_their_end) {
	CHECK_VALUE(EVTX_STRING, "a\0b\0\0\0\0\0", "ab");
	CHECK_VALUE(EVTX_STRING, "a\0\0\0b\0", "a&#x0;b");
	CHECK_VALUE(EVTX_STRING, "\0\0", "");
	CHECK_VALUE(EVTX_STRING, "a\0b", "a");
	CHECK_VALUE(EVTX_ANSI_STRING, "abc\0", "abc");
	CHECK_VALUE(EVTX_ANSI_STRING, "caf\xc3\xa9", "caf\xc3\xa9");
	CHECK_VALUE(EVTX_ANSI_STRING, "caf\xe9", "caf\xc3\xa9");
	CHECK_VALUE(EVTX_ANSI_STRING, "\x80 \x93x\x94 \x81", "€ “x” \xc2\x81");
}

TEST(all_planes_of_unicode_become_utf8) {
	CHECK_VALUE(EVTX_STRING, "\xe9\x00", "\xc3\xa9");
	CHECK_VALUE(EVTX_STRING, "\xac\x20", "\xe2\x82\xac");
	CHECK_VALUE(EVTX_STRING, "\x3d\xd8\x00\xde", "\xf0\x9f\x98\x80");
	CHECK_VALUE(EVTX_STRING,
	            "\x3d\xd8"
	            "a\0",
	            "\xef\xbf\xbd"
	            "a");
	CHECK_VALUE(EVTX_STRING, "\x00\xde", "\xef\xbf\xbd");
	CHECK_VALUE(EVTX_STRING, "a\0\x3d\xd8", "a\xef\xbf\xbd");
}

TEST(text_is_escaped_so_that_it_stays_on_one_line) {
	struct evtx_out out = {.xml = &made};
	buf_clear(&made);
	evtx_append_utf16(&out, "p\0l\0a\0i\0n\0\"\0'\0\t\0", 8);
	CHECK_STR(buf_str(&made), "plain\"'\t");
	CHECK(!out.escaped);
	buf_clear(&made);
	evtx_append_utf16(&out, "<\0a\0&\0b\0>\0\r\0\n\0\x1f\0", 8);
	CHECK_STR(buf_str(&made), "&lt;a&amp;b&gt;&#xD;&#xA;&#x1F;");
	CHECK(out.escaped);
	out = (struct evtx_out){.xml = &made, .place = EVTX_IN_ATTRIBUTE};
	buf_clear(&made);
	evtx_append_utf16(&out, "'\0\t\0\"\0", 3);
	CHECK_STR(buf_str(&made), "&apos;&#x9;\"");
}

TEST(what_was_escaped_comes_back) {
	for (int round = 0; round < 200; round++) {
		char text[40];
		char escaped_from[80];
		struct buf back = {0};
		size_t len = tap_random() % sizeof(text);
		for (size_t i = 0; i < len; i++) {
			uint64_t roll = tap_random();
			text[i] = roll % 3 == 0 ? "&<>'\"\r\n"[roll / 3 % 7] : (char)(roll / 3 % 128);
			le16_store(escaped_from + 2 * i, (uint16_t)text[i]);
		}
		struct evtx_out out = {.xml = &made, .place = round % 2 ? EVTX_IN_TEXT : EVTX_IN_ATTRIBUTE};
		buf_clear(&made);
		evtx_append_utf16(&out, escaped_from, len);
		evtx_unescape(&back, buf_str(&made));
		CHECK(str_eq(buf_str(&back), str_make(text, len)));
		CHECK(memchr(made.ptr, '\n', made.len) == NULL);
		buf_deinit(&back);
	}
}

TEST(references_that_are_not_ours_stay) {
	struct buf back = {0};
	evtx_unescape(&back, STR("&copy; & &#; &#xZ; &#x41"));
	CHECK_STR(buf_str(&back), "&copy; & &#; &#xZ; &#x41");
	buf_clear(&back);
	evtx_unescape(&back, STR("&quot;&#x41;&#x3b1;&#66;&"));
	CHECK_STR(buf_str(&back), "\"A\xce\xb1"
	                          "B&");
	buf_deinit(&back);
}

/* The elements of an array, each followed by a semicolon. */
static struct str listed(uint8_t type, struct str array) {
	struct evtx_out out = {.xml = &made};
	struct str element;
	buf_clear(&made);
	for (size_t at = 0; evtx_array_next(type, array, &at, &element);) {
		evtx_append_value(&out, type, element);
		buf_append_char(&made, ';');
	}
	return buf_str(&made);
}

TEST(arrays_fall_into_their_elements) {
	CHECK_STR(listed(EVTX_STRING, STR("a\0\0\0b\0c\0\0\0\0\0d\0")), "a;bc;;d;");
	CHECK_STR(listed(EVTX_ANSI_STRING, STR("one\0two")), "one;two;");
	CHECK_STR(listed(EVTX_UINT16, STR("\1\0\2\0\3")), "1;2;3;");
	CHECK_STR(listed(EVTX_SIZE_T, STR("\1\0\0\0\2\0\0\0\3\0\0\0")), "0x1;0x2;0x3;");
	CHECK_STR(listed(EVTX_SIZE_T, STR("\1\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0")), "0x1;0x2;");
	CHECK_STR(listed(EVTX_SID, STR("\1\1\0\0\0\0\0\5\x12\0\0\0\1\0\0\0\0\0\0\1")),
	          "S-1-5-18;S-1-1;");
	CHECK_STR(listed(EVTX_GUID, STR("")), "");
}

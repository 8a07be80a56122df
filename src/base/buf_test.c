/* Tests of base/buf: growth, decimal, hex, base64 (RFC 4648 section 10) and JSON strings. */
#include "base/buf.h"

#include <inttypes.h>

#include "tap.h"

TEST(an_empty_buffer_is_empty_text) {
	struct buf buf = {0};
	CHECK_EQ(buf_str(&buf).len, 0);
	buf_append(&buf, NULL, 0);
	buf_append_str(&buf, STR(""));
	CHECK_EQ(buf.len, 0);
	buf_deinit(&buf);
	buf_deinit(&buf);
	CHECK(buf.ptr == NULL && buf.cap == 0);
}

TEST(a_buffer_grows_and_keeps_what_it_has) {
	struct buf buf = {0};
	for (uint32_t i = 0; i < 10000; i++) {
		buf_append(&buf, &i, sizeof(i));
	}
	CHECK_EQ(buf.len, 40000);
	CHECK(buf.cap >= buf.len);
	for (uint32_t i = 0; i < 10000; i++) {
		uint32_t back;
		memcpy(&back, buf.ptr + i * sizeof(i), sizeof(back));
		REQUIRE(back == i);
	}
	size_t cap = buf.cap;
	buf_clear(&buf);
	CHECK(buf.len == 0 && buf.cap == cap);
	buf_deinit(&buf);
}

TEST(reserved_room_is_behind_the_text_and_not_yet_part_of_it) {
	struct buf buf = {0};
	buf_append_str(&buf, STR("ab"));
	char *at = buf_reserve(&buf, 1000);
	CHECK(at == buf.ptr + 2 && buf.len == 2 && buf.cap >= 1002);
	memset(at, 'x', 1000);
	buf.len += 1000;
	CHECK(buf_reserve(&buf, 0) != NULL);
	struct buf fresh = {0};
	CHECK(buf_reserve(&fresh, 0) != NULL);
	buf_deinit(&fresh);
	buf_deinit(&buf);
}

TEST(printf_appends_text_of_any_length) {
	struct buf buf = {0};
	buf_append_char(&buf, '<');
	buf_printf(&buf, "%s-%03d", "a", 7);
	CHECK_STR(buf_str(&buf), "<a-007");
	buf_printf(&buf, "%*s", 5000, "");
	CHECK_EQ(buf.len, 5006);
	buf_printf(&buf, "%s", "");
	CHECK_EQ(buf.len, 5006);
	buf_deinit(&buf);
}

TEST(decimal_is_what_printf_would_write) {
	static const uint64_t edges[] = {0, 1, 9, 10, 99, 100, UINT32_MAX, UINT64_MAX};
	struct buf buf = {0};
	char expected[32];
	for (size_t i = 0; i < ARRAY_LEN(edges) + 2000; i++) {
		uint64_t v = i < ARRAY_LEN(edges) ? edges[i] : tap_random() >> (tap_random() % 64);
		buf_clear(&buf);
		buf_append_u64(&buf, v);
		(void)snprintf(expected, sizeof(expected), "%" PRIu64, v);
		CHECK_STR(buf_str(&buf), expected);
		buf_clear(&buf);
		buf_append_i64(&buf, (int64_t)v);
		(void)snprintf(expected, sizeof(expected), "%" PRId64, (int64_t)v);
		CHECK_STR(buf_str(&buf), expected);
	}
	buf_clear(&buf);
	buf_append_i64(&buf, INT64_MIN);
	CHECK_STR(buf_str(&buf), "-9223372036854775808");
	buf_deinit(&buf);
}

TEST(hex_is_lower_case_two_digits_a_byte) {
	struct buf buf = {0};
	buf_append_hex(&buf, "\x00\x0f\xa0\xff", 4);
	CHECK_STR(buf_str(&buf), "000fa0ff");
	buf_append_hex(&buf, NULL, 0);
	CHECK_EQ(buf.len, 8);
	buf_deinit(&buf);
}

TEST(base64_gives_the_vectors_of_rfc_4648) {
	static const char *const vectors[][2] = {
	    {"", ""},
	    {"f", "Zg=="},
	    {"fo", "Zm8="},
	    {"foo", "Zm9v"},
	    {"foob", "Zm9vYg=="},
	    {"fooba", "Zm9vYmE="},
	    {"foobar", "Zm9vYmFy"},
	};
	for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
		struct buf buf = {0};
		buf_append_base64(&buf, vectors[i][0], strlen(vectors[i][0]));
		CHECK_STR(buf_str(&buf), vectors[i][1]);
		buf_clear(&buf);
		CHECK_EQ(buf_append_base64_decoded(&buf, str_from(vectors[i][1])), ERR_OK);
		CHECK_STR(buf_str(&buf), vectors[i][0]);
		buf_deinit(&buf);
	}
}

TEST(random_bytes_come_back_from_base64) {
	for (size_t round = 0; round < tap_rounds(500); round++) {
		unsigned char bytes[70];
		size_t len = tap_random() % sizeof(bytes);
		for (size_t i = 0; i < len; i++) {
			bytes[i] = (unsigned char)tap_random();
		}
		struct buf text = {0};
		struct buf back = {0};
		buf_append_base64(&text, bytes, len);
		CHECK_EQ(text.len, (len + 2) / 3 * 4);
		CHECK_EQ(buf_append_base64_decoded(&back, buf_str(&text)), ERR_OK);
		CHECK(back.len == len && (len == 0 || memcmp(back.ptr, bytes, len) == 0));
		buf_deinit(&text);
		buf_deinit(&back);
	}
}

TEST(base64_that_is_not_strict_is_refused_and_changes_nothing) {
	static const char *const bad[] = {
	    "Z",     "Zg",   "Zg=",    "Zh==", "Zm9=", "====", "Z===", "Zg==Zg==",
	    "Zm9v ", "Zm 9", "Zm9v\n", "Zm9-", "Zm9_", "=m9v", "Zm=v", "Zm9vZg=a",
	};
	struct buf buf = {0};
	buf_append_str(&buf, STR("keep"));
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		CHECK_EQ(buf_append_base64_decoded(&buf, str_from(bad[i])), ERR_INVALID);
		CHECK_STR(buf_str(&buf), "keep");
	}
	CHECK_EQ(buf_append_base64_decoded(&buf, STR("Zm\0v")), ERR_INVALID);
	CHECK_EQ(buf_append_base64_decoded(&buf, STR("\xc3\xa9\xc3\xa9")), ERR_INVALID);
	CHECK_STR(buf_str(&buf), "keep");
	buf_deinit(&buf);
}

TEST(json_strings_escape_what_rfc_8259_asks_for) {
	struct buf buf = {0};
	buf_append_json(&buf, STR("a\"b\\c/\b\f\n\r\t\x01\x1f\x7f"));
	CHECK_STR(buf_str(&buf), "\"a\\\"b\\\\c/\\b\\f\\n\\r\\t\\u0001\\u001f\\u007f\"");
	buf_clear(&buf);
	buf_append_json(&buf, STR("x\0y"));
	CHECK_STR(buf_str(&buf), "\"x\\u0000y\"");
	buf_clear(&buf);
	buf_append_json(&buf, (struct str){NULL, 0});
	CHECK_STR(buf_str(&buf), "\"\"");
	buf_deinit(&buf);
}

TEST(json_strings_keep_utf8_and_mend_what_is_not) {
	struct buf buf = {0};
	buf_append_json(&buf, STR("\xe8\xa8\xbc \xf0\x9f\x94\x8d"));
	CHECK_STR(buf_str(&buf), "\"\xe8\xa8\xbc \xf0\x9f\x94\x8d\"");
	buf_clear(&buf);
	buf_append_json(&buf, STR("a\xff\xe8\xa8z"));
	CHECK_STR(buf_str(&buf), "\"a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdz\"");
	buf_deinit(&buf);
}

/* Tests of event/value: packed lists, also malformed ones, and JSON as RFC 8259 has it. */
#include "event/value.h"

#include "tap.h"

static struct value number(struct str text) {
	return (struct value){VALUE_NUMBER, text};
}

static void check_json(struct value value, const char *expected) {
	struct buf out = {0};
	value_append_json(&out, value);
	CHECK_STR(buf_str(&out), expected);
	buf_deinit(&out);
}

TEST(list_elements_come_back_in_order) {
	struct buf list = {0};
	char long_text[20000];
	memset(long_text, 'x', sizeof(long_text));
	static const size_t lengths[] = {0, 1, 127, 128, 129, 16383, 16384, 20000};
	for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
		value_list_append(&list, value_string(str_make(long_text, lengths[i])));
	}
	value_list_append(&list, number(STR("7")));
	size_t at = 0;
	struct value element;
	for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
		REQUIRE(value_list_next(buf_str(&list), &at, &element));
		CHECK(element.kind == VALUE_STRING && element.text.len == lengths[i]);
	}
	REQUIRE(value_list_next(buf_str(&list), &at, &element));
	CHECK(element.kind == VALUE_NUMBER);
	CHECK(!value_list_next(buf_str(&list), &at, &element));
	CHECK_EQ(at, list.len);
	buf_deinit(&list);
}

TEST(malformed_lists_end_without_reading_beyond) {
	static const struct str bad[] = {
	    STR_INIT("\x01"),                                         /* no length */
	    STR_INIT("\x01\x05zzzz"),                                 /* shorter than it says */
	    STR_INIT("\x01\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"), /* length too long */
	    STR_INIT("\x01\xff\xff\xff\xff\xff\x7f"),                 /* length beyond everything */
	    STR_INIT("\x04\x00"),                                     /* a list in a list */
	    STR_INIT("\xff\x00"),                                     /* no such kind */
	    STR_INIT("\x01\x80"),
	};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		size_t at = 0;
		struct value element = VALUE_ABSENT;
		char *exact = malloc(bad[i].len);
		memcpy(exact, bad[i].ptr, bad[i].len);
		CHECK(!value_list_next(str_make(exact, bad[i].len), &at, &element));
		CHECK_EQ(at, 0);
		free(exact);
	}
}

TEST(random_bytes_as_a_list_always_end) {
	for (size_t round = 0; round < tap_rounds(5000); round++) {
		char bytes[30];
		size_t len = tap_random() % sizeof(bytes);
		for (size_t i = 0; i < len; i++) {
			bytes[i] = (char)(tap_random() % 3 == 0 ? tap_random() : tap_random() % 6);
		}
		size_t at = 0;
		size_t before = 0;
		struct value element;
		while (value_list_next(str_make(bytes, len), &at, &element)) {
			REQUIRE(at > before && at <= len);
			before = at;
		}
	}
}

TEST(json_numbers_are_kept_as_they_were_written) {
	static const char *const good[] = {"0",
	                                   "-0",
	                                   "7",
	                                   "-12.50",
	                                   "1e5",
	                                   "1E+5",
	                                   "0.1e-7",
	                                   "1e999",
	                                   ("1234567890123456789012345678901234567890"
	                                    "1234567890123456789012345678.5")};
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		check_json(number(str_from(good[i])), good[i]);
	}
}

TEST(what_is_no_json_number_becomes_a_string) {
	static const char *const bad[][2] = {
	    {"", "\"\""},       {"-", "\"-\""},     {"+1", "\"+1\""},   {"01", "\"01\""},
	    {"-00", "\"-00\""}, {".5", "\".5\""},   {"1.", "\"1.\""},   {"1.e5", "\"1.e5\""},
	    {"1e", "\"1e\""},   {"1e+", "\"1e+\""}, {"0x1", "\"0x1\""}, {"nan", "\"nan\""},
	    {"1 ", "\"1 \""},   {"1,2", "\"1,2\""},
	};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		check_json(number(str_from(bad[i][0])), bad[i][1]);
	}
}

TEST(every_kind_has_its_json) {
	check_json(VALUE_ABSENT, "null");
	check_json(value_string(STR("a\"b")), "\"a\\\"b\"");
	check_json((struct value){VALUE_BOOL, STR("true")}, "true");
	check_json((struct value){VALUE_JSON, STR("{\"a\":[]}")}, "{\"a\":[]}");
	check_json((struct value){VALUE_LIST, STR("")}, "[]");
	struct buf list = {0};
	value_list_append(&list, value_string(STR("x")));
	value_list_append(&list, number(STR("1")));
	value_list_append(&list, (struct value){VALUE_JSON, STR("null")});
	check_json((struct value){VALUE_LIST, buf_str(&list)}, "[\"x\",1,null]");
	buf_deinit(&list);
}

TEST(plain_text_joins_lists) {
	struct buf list = {0};
	struct buf out = {0};
	value_list_append(&list, value_string(STR("a b")));
	value_list_append(&list, number(STR("1")));
	value_append_text(&out, (struct value){VALUE_LIST, buf_str(&list)});
	CHECK_STR(buf_str(&out), "a b, 1");
	buf_clear(&out);
	value_append_text(&out, value_string(STR("a\"b")));
	CHECK_STR(buf_str(&out), "a\"b");
	buf_clear(&out);
	value_append_text(&out, VALUE_ABSENT);
	CHECK_EQ(out.len, 0);
	buf_deinit(&list);
	buf_deinit(&out);
}

TEST(strings_and_numbers_count_as_numbers_when_they_are) {
	double v = 5;
	CHECK(value_number(number(STR("1.5")), &v) && v == 1.5);
	CHECK(value_number(value_string(STR("22")), &v) && v == 22);
	v = 5;
	CHECK(!value_number(value_string(STR("22 ")), &v));
	CHECK(!value_number((struct value){VALUE_BOOL, STR("1")}, &v));
	CHECK(!value_number((struct value){VALUE_LIST, STR("1")}, &v));
	CHECK(!value_number(VALUE_ABSENT, &v));
	CHECK(v == 5);
}

TEST(json_that_spanned_lines_is_printed_in_one) {
	struct buf out = {0};
	value_append_json(&out, (struct value){VALUE_JSON, STR("[{\"a\":\r\n 1},\n2]")});
	CHECK_STR(out, "[{\"a\": 1},2]");
	buf_deinit(&out);
}

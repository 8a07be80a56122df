/* What is JSON and what is not, by RFC 8259; strings; arrays as containers. */
#include "ingest/json_scan.h"

#include "tap.h"

static bool is_json(const char *text) {
	struct json_scan scan = json_scan_of(str_from(text));
	struct str value;
	bool ok = json_skip_value(&scan, 0, &value) && json_at_end(&scan);
	CHECK(ok || scan.why != NULL || scan.at < scan.text.len);
	return ok;
}

TEST(good_json_is_taken) {
	static const char *const good[] = {
	    "{}",
	    "[]",
	    " { \"a\" : [ 1 , 2.5 , -0 , 1e5 , 1E-5 , 0.1e+2 ] } ",
	    "\"\"",
	    "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\uD83D\\uDE00\"",
	    "true",
	    "false",
	    "null",
	    "0",
	    "-12.50",
	    "[[[[[[]]]]],{}]",
	    "[{\"a\":{}},[],{\"b\":[{}]}]",
	    "{\"a\":1,\"a\":2}",
	    "\"\xe6\x97\xa5\"",
	    "\"eight bytes and more than that, without anything special inside it\""};
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		if (!CHECK(is_json(good[i]))) {
			tap_check(false, good[i], 0, "is JSON");
		}
	}
}

TEST(what_is_not_quite_json_is_refused) {
	static const char *const bad[] = {"",
	                                  "{",
	                                  "}",
	                                  "[",
	                                  "]",
	                                  "{]",
	                                  "[}",
	                                  "{\"a\"}",
	                                  "{\"a\":}",
	                                  "{a:1}",
	                                  "{'a':1}",
	                                  "{\"a\":1,}",
	                                  "[1,]",
	                                  "[,1]",
	                                  "[1 2]",
	                                  "01",
	                                  "-",
	                                  "1.",
	                                  ".5",
	                                  "1e",
	                                  "1e+",
	                                  "+1",
	                                  "NaN",
	                                  "True",
	                                  "nul",
	                                  "\"",
	                                  "\"\\x41\"",
	                                  "\"\\u12g4\"",
	                                  "\"\\",
	                                  "\"\\u12",
	                                  "\"\t\"",
	                                  "\"\x01\"",
	                                  "{\"a\":1 \"b\":2}",
	                                  "{} {}",
	                                  "[1]]",
	                                  "{\"a\" 1}",
	                                  "//x",
	                                  "[1,,2]",
	                                  "{,}",
	                                  "\"12345678\x1f\"",
	                                  "tru",
	                                  "{\"a\":1}x"};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		if (!CHECK(!is_json(bad[i]))) {
			tap_check(false, bad[i], 0, "is not JSON");
		}
	}
}

TEST(depth_has_a_limit) {
	char text[2 * LIMIT_JSON_DEPTH + 8];
	memset(text, '[', LIMIT_JSON_DEPTH);
	memset(text + LIMIT_JSON_DEPTH, ']', LIMIT_JSON_DEPTH);
	text[2 * LIMIT_JSON_DEPTH] = '\0';
	CHECK(is_json(text));
	memset(text, '[', LIMIT_JSON_DEPTH + 1);
	memset(text + LIMIT_JSON_DEPTH + 1, ']', LIMIT_JSON_DEPTH + 1);
	text[2 * LIMIT_JSON_DEPTH + 2] = '\0';
	CHECK(!is_json(text));
}

TEST(escapes_become_characters_and_lone_surrogates_the_replacement) {
	static const struct {
		const char *raw, *plain;
	} rows[] = {{"a\\n\\t\\\"\\\\\\/b", "a\n\t\"\\/b"},
	            {"\\u0041\\u00e9\\u65e5", "A\xc3\xa9\xe6\x97\xa5"},
	            {"\\uD83D\\uDE00", "\xf0\x9f\x98\x80"},
	            {"\\uD83Dx", "\xef\xbf\xbdx"},
	            {"\\uDE00", "\xef\xbf\xbd"},
	            {"\\uD83D\\u0041", "\xef\xbf\xbd"
	                               "A"},
	            {"plain", "plain"},
	            {"", ""}};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct buf out = {0};
		json_unescape(str_from(rows[i].raw), &out);
		CHECK_STR(out, rows[i].plain);
		buf_deinit(&out);
	}
}

TEST(a_string_is_found_whole_wherever_its_end_stands) {
	for (size_t len = 0; len < 40; len++) {
		char text[64];
		struct str raw;
		bool escapes;
		text[0] = '"';
		memset(text + 1, 'x', len);
		text[len + 1] = '"';
		struct json_scan scan = json_scan_of(str_make(text, len + 2));
		CHECK(json_read_string(&scan, &raw, &escapes));
		CHECK_EQ(raw.len, len);
		CHECK(!escapes);
	}
}

TEST(elements_of_an_array_are_found_one_by_one) {
	struct str text = STR("\xef\xbb\xbf [ {\"a\":\"]},{\"} , [1,2], \"x,y\" ,3,true ] tail");
	static const char *const expected[] = {"{\"a\":\"]},{\"}", "[1,2]", "\"x,y\"", "3", "true"};
	struct str element;
	size_t at = 0;
	REQUIRE(JSON_HOLDS_ARRAY == json_holder_begin(text, &at));
	for (size_t i = 0; i < ARRAY_LEN(expected); i++) {
		REQUIRE(json_array_next(text, &at, &element) == JSON_ELEMENT);
		CHECK_STR(element, expected[i]);
	}
	CHECK(json_array_next(text, &at, &element) == JSON_ARRAY_END);
	CHECK_STR(str_slice(text, at, text.len), " tail");
}

TEST(cut_and_broken_arrays_give_what_is_there) {
	struct str element;
	size_t at = 0;
	CHECK(JSON_HOLDS_NONE == json_holder_begin(STR("{\"a\":1}"), &at));
	CHECK(JSON_HOLDS_NONE == json_holder_begin(STR(""), &at));
	REQUIRE(JSON_HOLDS_ARRAY == json_holder_begin(STR("[{\"a\":1},{\"b\":"), &at));
	CHECK(json_array_next(STR("[{\"a\":1},{\"b\":"), &at, &element) == JSON_ELEMENT);
	CHECK(json_array_next(STR("[{\"a\":1},{\"b\":"), &at, &element) == JSON_ELEMENT_CUT);
	CHECK_STR(element, "{\"b\":");
	REQUIRE(JSON_HOLDS_ARRAY == json_holder_begin(STR("[\"abc"), &at));
	CHECK(json_array_next(STR("[\"abc"), &at, &element) == JSON_ELEMENT_CUT);
	REQUIRE(JSON_HOLDS_ARRAY == json_holder_begin(STR("[1,"), &at));
	CHECK(json_array_next(STR("[1,"), &at, &element) == JSON_ELEMENT);
	CHECK(json_array_next(STR("[1,"), &at, &element) == JSON_ARRAY_CUT);
	REQUIRE(JSON_HOLDS_ARRAY == json_holder_begin(STR("[]"), &at));
	CHECK(json_array_next(STR("[]"), &at, &element) == JSON_ARRAY_END);
	REQUIRE(JSON_HOLDS_ARRAY == json_holder_begin(STR("[x]"), &at));
	CHECK(json_array_next(STR("[x]"), &at, &element) == JSON_ARRAY_INVALID);
}

TEST(what_holds_records_is_told_by_its_beginning) {
	static const struct {
		const char *text;
		enum json_holder holder;
		size_t at;
	} rows[] = {
	    {" [{}]", JSON_HOLDS_ARRAY, 2},
	    {"{\"Records\": [ {}]}", JSON_HOLDS_RECORDS, 13},
	    {"{\n \"records\":[]}", JSON_HOLDS_RECORDS, 14},
	    {"{\n  \"a\": 1\n}", JSON_HOLDS_OBJECTS, 0},
	    {"\xef\xbb\xbf{\r\n}", JSON_HOLDS_OBJECTS, 3},
	    {"{\"a\":1}\n{\n}", JSON_HOLDS_NONE, 0},
	    {"{\"Records\":1}", JSON_HOLDS_NONE, 0},
	    {"{", JSON_HOLDS_NONE, 0},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		size_t at = 99;
		enum json_holder holder = json_holder_begin(str_from(rows[i].text), &at);
		CHECK_EQ(holder, rows[i].holder);
		CHECK(holder == JSON_HOLDS_NONE || at == rows[i].at);
	}
}

/* Bodies of records that may be damaged or forged. */
#include "cmd/alerts.h"

#include "tap.h"

static bool find(const char *text, const char *name, const char *wanted) {
	struct alerts_member member = {.name = name};
	return alerts_members(str_from(text), &member, 1) && str_eq(member.raw, str_from(wanted));
}

TEST(members_of_an_object_are_found_as_they_are_written) {
	CHECK(find("{\"a\":1,\"b\":\"x\\\"}\",\"c\":[{\"b\":2}]}", "b", "\"x\\\"}\""));
	CHECK(find("{ \"a\" : 1 , \"c\" : [ 1, 2 ] }", "c", "[ 1, 2 ]"));
	CHECK(find("{\"a\":1,\"a\":2}", "a", "1"));
	CHECK(find("{\"a\":1}", "b", ""));
	CHECK(find("{}", "b", ""));
}

TEST(what_is_no_object_has_none) {
	static const char *const texts[] = {
	    "",          "[1]",   "{\"a\"",     "{\"a\":", "{\"b\":1",         "{\"b\":1,", "{\"b\":1]",
	    "{\"b\" 1}", "{b:1}", "{\"b\":1,}", "\xff{}",  "{\"b\":\"\xff\"}", "{\"b\":01}"};
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct alerts_member member = {.name = "a"};
		CHECK(!alerts_members(str_from(texts[i]), &member, 1));
	}
}

TEST(a_body_is_of_one_kind) {
	CHECK_STR(alerts_body_of(STR("{\"alert\":{\"x\":1}}"), "alert"), "{\"x\":1}");
	CHECK_STR(alerts_body_of(STR("{\"alert\":{\"x\":1}}"), "hunt"), "");
	CHECK_STR(alerts_body_of(STR("nothing"), "hunt"), "");
}

TEST(numbers_times_and_hex_are_exact) {
	uint64_t number;
	int64_t ns;
	uint8_t bytes[2];
	CHECK(alerts_number(STR("18446744073709551615"), &number) && number == UINT64_MAX);
	CHECK(!alerts_number(STR("18446744073709551616"), &number));
	CHECK(!alerts_number(STR("-1"), &number) && !alerts_number(STR("1.0"), &number));
	CHECK(!alerts_number(STR(""), &number) && !alerts_number(STR("\"1\""), &number));
	CHECK(alerts_time(STR("\"1970-01-01T00:00:01.5Z\""), &ns) && ns == 1500000000);
	CHECK(!alerts_time(STR("\"1970-01-01T00:00:01\""), &ns) && !alerts_time(STR("null"), &ns));
	CHECK(!alerts_time(STR("\"1970-01-01T00:00:01Z \""), &ns) && !alerts_time(STR("\""), &ns));
	CHECK(alerts_hex(STR("\"0aff\""), bytes, 2) && bytes[0] == 10 && bytes[1] == 255);
	CHECK(!alerts_hex(STR("\"0aFF\""), bytes, 2) && !alerts_hex(STR("\"0aff0\""), bytes, 2));
	CHECK(!alerts_hex(STR("\"0aff\""), bytes, 1) && !alerts_hex(STR(""), bytes, 2));
}

TEST(texts_are_unescaped) {
	CLEANUP(buf_deinit) struct buf text = {0};
	CHECK(alerts_text(STR("\"a\\n\\u00e9\""), &text));
	CHECK_STR(buf_str(&text), "a\n\xc3\xa9");
	CHECK(!alerts_text(STR("1"), &text) && !alerts_text(STR("\""), &text));
}

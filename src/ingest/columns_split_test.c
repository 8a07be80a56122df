#include "ingest/columns_split.h"

#include "tap.h"

static void check(uint32_t count, const struct str *values, const char *expected) {
	struct buf out = {0};
	for (uint32_t i = 0; i < count; i++) {
		buf_printf(&out, "<%.*s>", STR_ARG(values[i]));
	}
	CHECK_STR(out, expected);
	buf_deinit(&out);
}

TEST(values_between_separators) {
	struct str values[4];
	check(split_plain(STR("a\t\tb"), '\t', values, 4), values, "<a><><b>");
	check(split_plain(STR(""), '\t', values, 4), values, "<>");
	CHECK_EQ(split_plain(STR("a\tb\tc\td\te"), '\t', values, 4), 5);
}

TEST(values_between_blanks) {
	struct str values[4];
	check(split_blanks(STR(" a  \"b c\" d"), values, 4), values, "<a><\"b c\"><d>");
	check(split_blanks(STR("a=\"b c\" d"), values, 4), values, "<a=\"b><c\"><d>");
	check(split_blanks(STR("\"a b c"), values, 4), values, "<\"a><b><c>");
	CHECK_EQ(split_blanks(STR("a b c d e"), values, 4), 5);
	CHECK_EQ(split_blanks(STR("  "), values, 4), 0);
}

static void check_csv(const char *text, size_t expected_open, const char *expected) {
	struct str values[8];
	size_t open;
	uint32_t count = split_csv(str_from(text), ',', values, 8, &open);
	check(count, values, expected);
	CHECK_EQ(open, expected_open);
}

TEST(values_of_csv) {
	check_csv("a,\"b,c\",,\"d\"\"e\"", SIZE_MAX, "<a><\"b,c\"><><\"d\"\"e\">");
	check_csv("a, \"b,c\"", SIZE_MAX, "<a>< \"b,c\">");
	check_csv("a,\"b,c", 2, "<a><\"b,c>");
	check_csv("a,b\"c,d", SIZE_MAX, "<a><b\"c><d>");
	check_csv("\"", 0, "<\">");
	check_csv("a,", SIZE_MAX, "<a><>");
}

TEST(marks_are_taken_off) {
	bool doubled;
	struct buf out = {0};
	CHECK(str_eq(split_unquote(STR(" \"a\" "), &doubled), STR("a")) && !doubled);
	CHECK(str_eq(split_unquote(STR("\""), &doubled), STR("\"")) && !doubled);
	struct str value = split_unquote(STR("\"a\"\"b\"\"\""), &doubled);
	CHECK(doubled);
	split_halve(&out, value);
	CHECK_STR(out, "a\"b\"");
	buf_deinit(&out);
}

TEST(what_values_are) {
	CHECK(split_is_number(STR("-1.50")) && split_is_number(STR("0")));
	CHECK(!split_is_number(STR("01")) && !split_is_number(STR("")) && !split_is_number(STR("1 ")));
	CHECK(split_is_integer(STR("12")) && split_is_integer(STR("-1")) && split_is_integer(STR("0")));
	CHECK(!split_is_integer(STR("-")) && !split_is_integer(STR("012")) &&
	      !split_is_integer(STR("1.0")));
	CHECK(split_is_ip(STR("192.0.2.1")) && split_is_ip(STR("2001:db8::1")));
	CHECK(!split_is_ip(STR("192.0.2")) && !split_is_ip(STR("host")));
}

static void check_unescaped(const char *text, const char *expected) {
	struct buf out = {0};
	split_unescape(&out, str_from(text));
	CHECK_STR(out, expected);
	buf_deinit(&out);
}

TEST(escapes_of_zeek_become_what_they_stand_for) {
	check_unescaped("a\\x09b\\\\c\\x2d", "a\tb\\c-");
	check_unescaped("\\xe3\\x81\\x82x", "\xe3\x81\x82x");
	check_unescaped("\\xe3\\x81", "\\xe3\\x81");
	check_unescaped("\\x00\\x01\\x7f", "\\x00\\x01\\x7f");
	check_unescaped("\\\\x41\\", "\\x41\\");
	check_unescaped("\\x4", "\\x4");
}

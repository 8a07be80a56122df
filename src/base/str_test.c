/* Tests of base/str: edges of slices and numbers, and laws that hold for random text. */
#include "base/str.h"

#include <inttypes.h>

#include "tap.h"

static const struct str nothing = {NULL, 0};

TEST(a_c_string_is_viewed_without_its_nul) {
	CHECK_STR(str_from("abc"), "abc");
	CHECK_EQ(str_from("").len, 0);
	CHECK_EQ(str_from(NULL).len, 0);
	CHECK_EQ(STR("a\0b").len, 3);
}

TEST(comparing_goes_by_bytes_and_then_by_length) {
	CHECK(str_eq(STR("a\0b"), STR("a\0b")));
	CHECK(!str_eq(STR("a\0b"), STR("a\0c")));
	CHECK(!str_eq(STR("ab"), STR("abc")));
	CHECK(str_eq(nothing, STR("")));
	CHECK(str_cmp(STR("a"), STR("b")) < 0);
	CHECK(str_cmp(STR("ab"), STR("a")) > 0);
	CHECK(str_cmp(STR("\xff"), STR("a")) > 0);
	CHECK(str_cmp(nothing, STR("")) == 0);
	CHECK(str_cmp(nothing, STR("a")) < 0);
}

TEST(comparing_without_case_touches_ascii_letters_only) {
	CHECK(str_eq_nocase(STR("AzZ@[`{09"), STR("aZz@[`{09")));
	CHECK(!str_eq_nocase(STR("@"), STR("`")));
	CHECK(!str_eq_nocase(STR("["), STR("{")));
	CHECK(!str_eq_nocase(STR("\xc4"), STR("\xe4")));
	CHECK(!str_eq_nocase(STR("a"), STR("aa")));
	CHECK(str_eq_nocase(nothing, STR("")));
}

TEST(prefixes_and_suffixes_are_told_also_when_empty) {
	CHECK(str_starts(STR("auth.log"), STR("auth")));
	CHECK(!str_starts(STR("au"), STR("auth")));
	CHECK(str_starts(STR("x"), nothing) && str_starts(nothing, nothing));
	CHECK(str_ends(STR("auth.log"), STR(".log")));
	CHECK(!str_ends(STR("log"), STR(".log")));
	CHECK(str_ends(STR("x"), nothing) && str_ends(nothing, nothing));
}

TEST(finding_says_where_or_that_there_is_none) {
	CHECK_EQ(str_find_char(STR("a:b:c"), ':', 0), 1);
	CHECK_EQ(str_find_char(STR("a:b:c"), ':', 2), 3);
	CHECK_EQ(str_find_char(STR("a:b:c"), 'x', 0), 5);
	CHECK_EQ(str_find_char(STR("abc"), 'a', 99), 3);
	CHECK_EQ(str_find_char(nothing, 'a', 0), 0);
	CHECK_EQ(str_find(STR("abcabc"), STR("ca"), 0), 2);
	CHECK_EQ(str_find(STR("abcabc"), STR("abc"), 1), 3);
	CHECK(str_find(STR("abc"), STR("abcd"), 0) == (size_t)-1);
	CHECK(str_find(STR("abc"), STR("c"), 4) == (size_t)-1);
	CHECK_EQ(str_find(STR("abc"), STR(""), 3), 3);
	CHECK_EQ(str_find(nothing, nothing, 0), 0);
	CHECK_EQ(str_find(STR("a\0b\0c"), STR("\0c"), 0), 3);
}

TEST(slices_are_cut_to_the_text) {
	CHECK_STR(str_slice(STR("abcdef"), 2, 4), "cd");
	CHECK_STR(str_slice(STR("abcdef"), 4, 99), "ef");
	CHECK_STR(str_slice(STR("abcdef"), 5, 2), "");
	CHECK_STR(str_slice(STR("abcdef"), 99, 200), "");
	CHECK_EQ(str_slice(nothing, 0, 5).len, 0);
}

TEST(trimming_takes_blanks_at_both_ends_only) {
	CHECK_STR(str_trim(STR(" \t\r\na b\r\n ")), "a b");
	CHECK_STR(str_trim(STR(" \t ")), "");
	CHECK_STR(str_trim(STR("\va\f")), "\va\f");
	CHECK_EQ(str_trim(nothing).len, 0);
}

TEST(cutting_walks_through_all_parts_and_ends) {
	struct str rest = STR("a,,bc,");
	CHECK_STR(str_cut(&rest, ','), "a");
	CHECK_STR(str_cut(&rest, ','), "");
	CHECK_STR(str_cut(&rest, ','), "bc");
	CHECK_EQ(rest.len, 0);
	CHECK_STR(str_cut(&rest, ','), "");
	struct str empty = nothing;
	CHECK_EQ(str_cut(&empty, ',').len, 0);
}

TEST(cut_parts_joined_again_are_the_text) {
	for (size_t round = 0; round < tap_rounds(2000); round++) {
		char text[24];
		size_t len = tap_random() % sizeof(text);
		for (size_t i = 0; i < len; i++) {
			text[i] = "ab,"[tap_random() % 3];
		}
		struct str rest = str_make(text, len);
		char joined[64];
		size_t at = 0;
		while (rest.len > 0) {
			size_t before = rest.len;
			struct str part = str_cut(&rest, ',');
			memcpy(joined + at, part.ptr, part.len);
			at += part.len;
			if (part.len < before) {
				joined[at++] = ',';
			}
		}
		REQUIRE(at == len && memcmp(joined, text, len) == 0);
	}
}

TEST(unsigned_numbers_are_whole_strings_within_their_maximum) {
	uint64_t v = 7;
	CHECK(str_to_u64(STR("0"), UINT64_MAX, &v) && v == 0);
	CHECK(str_to_u64(STR("18446744073709551615"), UINT64_MAX, &v) && v == UINT64_MAX);
	CHECK(str_to_u64(STR("000000000000000000000000042"), 100, &v) && v == 42);
	v = 7;
	CHECK(!str_to_u64(STR("18446744073709551616"), UINT64_MAX, &v));
	CHECK(!str_to_u64(STR("99999999999999999999"), UINT64_MAX, &v));
	CHECK(!str_to_u64(STR("256"), 255, &v));
	CHECK(!str_to_u64(STR(""), 9, &v) && !str_to_u64(nothing, 9, &v));
	CHECK(!str_to_u64(STR("+1"), 9, &v) && !str_to_u64(STR("-1"), 9, &v));
	CHECK(!str_to_u64(STR(" 1"), 9, &v) && !str_to_u64(STR("1 "), 9, &v));
	CHECK(!str_to_u64(STR("1\0"), 9, &v) && !str_to_u64(STR("\xb1"), 9, &v));
	CHECK_EQ(v, 7);
}

TEST(signed_numbers_reach_both_ends_of_int64) {
	int64_t v = 7;
	CHECK(str_to_i64(STR("9223372036854775807"), &v) && v == INT64_MAX);
	CHECK(str_to_i64(STR("-9223372036854775808"), &v) && v == INT64_MIN);
	CHECK(str_to_i64(STR("-0"), &v) && v == 0);
	v = 7;
	CHECK(!str_to_i64(STR("9223372036854775808"), &v));
	CHECK(!str_to_i64(STR("-9223372036854775809"), &v));
	CHECK(!str_to_i64(STR("-"), &v) && !str_to_i64(STR("--1"), &v) && !str_to_i64(STR("+1"), &v));
	CHECK_EQ(v, 7);
}

TEST(every_signed_number_printed_is_read_back) {
	for (size_t round = 0; round < tap_rounds(5000); round++) {
		int64_t value = (int64_t)(tap_random() >> (tap_random() % 64));
		value = tap_random() % 2 == 0 ? value : -value;
		char text[32];
		int len = snprintf(text, sizeof(text), "%" PRId64, value);
		int64_t back = 0;
		REQUIRE(str_to_i64(str_make(text, (size_t)len), &back) && back == value);
	}
}

TEST(doubles_are_read_as_json_writes_them_and_nothing_else) {
	double v = 7;
	CHECK(str_to_double(STR("-1.5e3"), &v) && v == -1500.0);
	CHECK(str_to_double(STR(".5"), &v) && v == 0.5);
	CHECK(str_to_double(STR("1."), &v) && v == 1.0);
	CHECK(str_to_double(STR("1E-2"), &v) && v == 0.01);
	CHECK(str_to_double(STR("1e-999"), &v) && v == 0.0);
	v = 7;
	CHECK(!str_to_double(STR(""), &v) && !str_to_double(STR("."), &v));
	CHECK(!str_to_double(STR("-"), &v) && !str_to_double(STR("1e"), &v));
	CHECK(!str_to_double(STR("e5"), &v) && !str_to_double(STR("1e+"), &v));
	CHECK(!str_to_double(STR("nan"), &v) && !str_to_double(STR("inf"), &v));
	CHECK(!str_to_double(STR("0x10"), &v) && !str_to_double(STR("1,5"), &v));
	CHECK(!str_to_double(STR(" 1"), &v) && !str_to_double(STR("1 "), &v));
	CHECK(!str_to_double(STR("1e999"), &v) && !str_to_double(STR("1\0"), &v));
	CHECK(v == 7);
}

TEST(long_decimals_are_read_to_the_nearest_double) {
	char text[400];
	memset(text, '3', sizeof(text));
	text[0] = '0';
	text[1] = '.';
	double v = 0;
	CHECK(str_to_double(str_make(text, 30), &v) && v == 1.0 / 3.0);
	CHECK(str_to_double(str_make(text, sizeof(text)), &v) && v == 1.0 / 3.0);
}

/* Tests of base/utf8: well-formed sequences by the table of RFC 3629, mending, and the facts of
 * Unicode that words and terminals rest on. */
#include "base/utf8.h"

#include "tap.h"

static bool is_scalar(uint32_t code) {
	return code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff);
}

TEST(every_code_point_is_written_and_read_back) {
	struct buf buf = {0};
	for (uint32_t code = 0; code <= 0x10ffff; code++) {
		buf_clear(&buf);
		utf8_append(&buf, code);
		size_t at = 0;
		bool ok = false;
		uint32_t back = utf8_next(buf_str(&buf), &at, &ok);
		REQUIRE(ok && at == buf.len && utf8_valid(buf_str(&buf)));
		REQUIRE(back == (is_scalar(code) ? code : UTF8_REPLACEMENT));
	}
	buf_clear(&buf);
	utf8_append(&buf, 0x110000);
	utf8_append(&buf, UINT32_MAX);
	CHECK_STR(buf_str(&buf), "\xef\xbf\xbd\xef\xbf\xbd");
	buf_deinit(&buf);
}

/* RFC 3629 section 4, as it stands there. */
static bool well_formed(const unsigned char *b, size_t len) {
	if (len == 1) {
		return b[0] <= 0x7f;
	}
	for (size_t i = 2; i < len; i++) {
		if ((b[i] & 0xc0) != 0x80) {
			return false;
		}
	}
	if (len == 2) {
		return b[0] >= 0xc2 && b[0] <= 0xdf && (b[1] & 0xc0) == 0x80;
	}
	unsigned char low = 0x80;
	unsigned char high = 0xbf;
	if (len == 3) {
		low = b[0] == 0xe0 ? 0xa0 : low;
		high = b[0] == 0xed ? 0x9f : high;
		return b[0] >= 0xe0 && b[0] <= 0xef && b[1] >= low && b[1] <= high;
	}
	low = b[0] == 0xf0 ? 0x90 : low;
	high = b[0] == 0xf4 ? 0x8f : high;
	return b[0] >= 0xf0 && b[0] <= 0xf4 && b[1] >= low && b[1] <= high;
}

TEST(two_and_three_byte_sequences_are_judged_as_the_rfc_has_it) {
	for (uint32_t all = 0; all < 0x10000; all++) {
		unsigned char b[3] = {(unsigned char)(all >> 8), (unsigned char)all, 0x80};
		struct str two = str_make((const char *)b, 2);
		bool expected = well_formed(b, 2) || (well_formed(b, 1) && well_formed(b + 1, 1));
		REQUIRE(utf8_valid(two) == expected);
		struct str three = str_make((const char *)b, 3);
		expected = well_formed(b, 3) || (well_formed(b, 1) && well_formed(b + 1, 2));
		REQUIRE(utf8_valid(three) == expected);
	}
}

TEST(four_byte_sequences_are_judged_as_the_rfc_has_it) {
	for (uint32_t all = 0; all < 0x10000; all++) {
		unsigned char b[4] = {(unsigned char)(all >> 8 | 0xe0), (unsigned char)all,
		                      (unsigned char)(0x80 | (tap_random() & 0x3f)), 0xbf};
		bool expected = well_formed(b, 4);
		size_t at = 0;
		bool ok = true;
		(void)utf8_next(str_make((const char *)b, 4), &at, &ok);
		REQUIRE((ok && at == 4) == expected);
		REQUIRE(ok || at == 1);
	}
}

TEST(a_sequence_cut_by_the_end_is_not_valid) {
	CHECK(!utf8_valid(STR("\xe8\xa8")) && !utf8_valid(STR("\xe8")) && !utf8_valid(STR("ab\xc3")));
	CHECK(!utf8_valid(STR("\xf0\x9f\x94")) && !utf8_valid(STR("12345678\x80")));
	CHECK(utf8_valid(STR("")) && utf8_valid((struct str){NULL, 0}) && utf8_valid(STR("\0")));
	CHECK(utf8_valid(STR("12345678\xe8\xa8\xbc")));
}

TEST(ascii_is_told_at_every_position) {
	char text[40];
	for (size_t bad = 0; bad < sizeof(text); bad++) {
		memset(text, 'a', sizeof(text));
		text[bad] = (char)0x80;
		for (size_t from = 0; from < 9; from++) {
			struct str s = str_make(text + from, sizeof(text) - from);
			REQUIRE(utf8_ascii(s) == (bad < from));
			REQUIRE(utf8_valid(s) == (bad < from));
		}
	}
	CHECK(utf8_ascii((struct str){NULL, 0}));
}

TEST(mending_random_bytes_gives_valid_text_and_keeps_valid_text) {
	struct buf once = {0};
	struct buf twice = {0};
	for (size_t round = 0; round < tap_rounds(3000); round++) {
		char bytes[40];
		size_t len = tap_random() % sizeof(bytes);
		for (size_t i = 0; i < len; i++) {
			static const unsigned char often[] = {0xe3, 0x81, 0x82, 0xf0, 0x9f, 0x80, 0x7f, 0xed};
			bytes[i] = (char)(tap_random() % 3 == 0 ? tap_random() : often[tap_random() % 8]);
		}
		struct str text = str_make(bytes, len);
		buf_clear(&once);
		buf_clear(&twice);
		utf8_append_mended(&once, text);
		utf8_append_mended(&twice, buf_str(&once));
		REQUIRE(utf8_valid(buf_str(&once)));
		REQUIRE(str_eq(buf_str(&once), buf_str(&twice)));
		REQUIRE(!utf8_valid(text) || str_eq(text, buf_str(&once)));
	}
	buf_deinit(&once);
	buf_deinit(&twice);
}

TEST(words_are_letters_digits_and_underscore_of_all_scripts) {
	static const uint32_t yes[] = {'a',   'Z',    '0',    '_',    0xe9,    0x3b1,  0x416,  0x5d0,
	                               0x639, 0x3042, 0x8a3c, 0xac00, 0x20000, 0xff21, 0x0e01, 0x0301};
	static const uint32_t no[] = {' ',  '-',  '.',    '/',    ':',    '@',    '\0',    0x7f,
	                              0xa0, 0xd7, 0x3000, 0x3001, 0xff0c, 0x2014, 0x1f600, 0x20ac};
	for (size_t i = 0; i < ARRAY_LEN(yes); i++) {
		CHECK(utf8_is_word(yes[i]));
	}
	for (size_t i = 0; i < ARRAY_LEN(no); i++) {
		CHECK(!utf8_is_word(no[i]));
	}
	CHECK(!utf8_is_word(0x110000) && !utf8_is_word(UINT32_MAX));
}

TEST(scripts_without_blanks_are_told_from_the_others) {
	CHECK(utf8_is_unspaced(0x3042) && utf8_is_unspaced(0x30a2) && utf8_is_unspaced(0x8a3c));
	CHECK(utf8_is_unspaced(0xff71) && utf8_is_unspaced(0x0e01) && utf8_is_unspaced(0x20000));
	CHECK(!utf8_is_unspaced('a') && !utf8_is_unspaced(0xe9) && !utf8_is_unspaced(0xac00));
	CHECK(!utf8_is_unspaced(0x416) && !utf8_is_unspaced(0x1f600));
}

TEST(every_unspaced_letter_is_a_word_letter) {
	size_t letters = 0;
	for (uint32_t code = 0x3041; code <= 0x9fff; code++) {
		letters += utf8_is_unspaced(code);
		/* Marks and signs of these scripts need not be, the letters of Han and kana must. */
		if (utf8_is_unspaced(code) && !utf8_is_word(code)) {
			CHECK(code == 0x30fb || code == 0x309b || code == 0x309c || code == 0x30a0);
		}
	}
	CHECK(letters > 20000);
}

TEST(folding_joins_the_cases_of_a_letter) {
	static const uint32_t pairs[][2] = {
	    {'A', 'a'},     {'Z', 'z'},     {0xc9, 0xe9},   {0x391, 0x3b1},   {0x3c2, 0x3c3},
	    {0x410, 0x430}, {0x178, 0xff},  {0x1e9e, 0xdf}, {0xff21, 0xff41}, {0x10400, 0x10428},
	    {0x100, 0x101}, {0x139, 0x13a}, {0x212a, 'k'},  {0x13a0, 0x13a0},
	};
	for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
		CHECK_EQ(utf8_fold(pairs[i][0]), pairs[i][1]);
	}
	CHECK_EQ(utf8_fold('['), '[');
	CHECK_EQ(utf8_fold(0xd7), 0xd7);
	CHECK_EQ(utf8_fold(0x8a3c), 0x8a3c);
}

TEST(folding_twice_is_folding_once_for_every_code_point) {
	for (uint32_t code = 0; code <= 0x10ffff; code++) {
		uint32_t folded = utf8_fold(code);
		REQUIRE(utf8_fold(folded) == folded);
		REQUIRE(folded == code || is_scalar(folded));
	}
}

TEST(columns_on_a_terminal_are_zero_one_or_two) {
	CHECK_EQ(utf8_width('a'), 1);
	CHECK_EQ(utf8_width('\n'), 0);
	CHECK_EQ(utf8_width(0x7f), 0);
	CHECK_EQ(utf8_width(0x9f), 0);
	CHECK_EQ(utf8_width(0xe9), 1);
	CHECK_EQ(utf8_width(0x8a3c), 2);
	CHECK_EQ(utf8_width(0x3042), 2);
	CHECK_EQ(utf8_width(0xff71), 1);
	CHECK_EQ(utf8_width(0xff21), 2);
	CHECK_EQ(utf8_width(0x1f50d), 2);
	CHECK_EQ(utf8_width(0x0301), 0);
	CHECK_EQ(utf8_width(0x200b), 0);
	for (uint32_t code = 0; code <= 0x10ffff; code++) {
		int width = utf8_width(code);
		REQUIRE(width >= 0 && width <= 2);
	}
}

TEST(unfolding_names_all_that_fold_to_one) {
	size_t others = 0;
	for (uint32_t code = 0x80; code <= 0x10ffff; code++) {
		others += is_scalar(code) && utf8_fold(code) != code;
	}
	for (uint32_t code = 0; code <= 0x10ffff; code++) {
		uint32_t from[UTF8_UNFOLD_MAX];
		size_t count = utf8_unfold(code, from);
		for (size_t i = 0; i < count; i++) {
			REQUIRE(from[i] != code && utf8_fold(from[i]) == code);
		}
		others -= count;
	}
	CHECK_EQ(others, 0);
	uint32_t sigma[UTF8_UNFOLD_MAX];
	CHECK_EQ(utf8_unfold(0x3c3, sigma), 2); /* the capital, and the one that ends words */
	CHECK(sigma[0] == 0x3a3 && sigma[1] == 0x3c2);
	/* Simple folding keeps apart what only Turkish takes for one. */
	CHECK(utf8_fold(0x130) == 0x130 && utf8_fold(0x131) == 0x131);
}

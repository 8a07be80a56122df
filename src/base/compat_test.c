/* NFKD of single code points. */
#include "base/compat.h"

#include "base/utf8.h"
#include "tap.h"

static void check(const char *text, const char *expected) {
	struct buf out = {0};
	struct str from = str_from(text);
	for (size_t at = 0; at < from.len;) {
		uint32_t codes[COMPAT_MAX];
		size_t count = compat_expand(utf8_next(from, &at, NULL), codes);
		for (size_t i = 0; i < count; i++) {
			utf8_append(&out, codes[i]);
		}
	}
	CHECK_STR(buf_str(&out), expected);
	buf_deinit(&out);
}

TEST(full_and_half_width_become_one) {
	check("ＡＢｃ０９！　", "ABc09! ");
	check("ｱｲｳﾔ", "アイウヤ");
	check("ｶﾞﾊﾟ", "カ\xe3\x82\x99"
	              "ハ\xe3\x82\x9a"); /* marks of voice by themselves */
	check("ガが", "カ\xe3\x82\x99"
	              "か\xe3\x82\x99");
	check("￥￦", "¥₩");
}

TEST(what_is_one_character_becomes_those_it_stands_for) {
	check("①㈱㍿ﬁ²", "1(株)株式会社fi2");
	check("é", "e\xcc\x81");
	check("Å", "A\xcc\x8a"); /* the sign for angstrom */
	check("한글", "\xe1\x84\x92\xe1\x85\xa1\xe1\x86\xab\xe1\x84\x80\xe1\x85\xb3\xe1\x86\xaf");
	check("가", "\xe1\x84\x80\xe1\x85\xa1");
	uint32_t codes[COMPAT_MAX];
	CHECK_EQ(compat_expand(0xfdfa, codes), COMPAT_MAX);
}

TEST(what_has_no_other_form_stays) {
	check("abc ABC 管理者ーー、。「」пароль\x01", "abc ABC 管理者ーー、。「」пароль\x01");
	uint32_t codes[COMPAT_MAX];
	CHECK(compat_expand(0x110000, codes) == 1 && codes[0] == 0x110000);
}

TEST(what_came_out_stays_as_it_is) {
	size_t changed = 0;
	for (uint32_t code = 0; code <= 0x10ffff; code++) {
		uint32_t codes[COMPAT_MAX];
		uint32_t again[COMPAT_MAX];
		size_t count = compat_expand(code, codes);
		REQUIRE(count >= 1 && count <= COMPAT_MAX);
		changed += count > 1 || codes[0] != code;
		for (size_t i = 0; i < count; i++) {
			REQUIRE(compat_expand(codes[i], again) == 1 && again[0] == codes[i]);
		}
	}
	CHECK(changed > 16000); /* of them 11,172 are Hangul */
}

TEST(marks_are_told_from_letters) {
	CHECK(compat_is_mark(0x301) && compat_is_mark(0x3099) && compat_is_mark(0x309a));
	CHECK(!compat_is_mark('a') && !compat_is_mark(0x3042) && !compat_is_mark(0x30fc));
	CHECK(!compat_is_mark(0) && !compat_is_mark(0x110000));
}

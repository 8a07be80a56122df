/* Text found in whatever form its characters were written. */
#include "expr/alike.h"

#include "base/compat.h"
#include "base/utf8.h"
#include "tap.h"

static bool found(const char *needle_text, const char *text) {
	CLEANUP(arena_freep) struct arena *arena = arena_new(SIZE_MAX);
	struct alike alike;
	alike_init(&alike, arena, str_from(needle_text));
	return alike_find(&alike, str_from(text));
}

TEST(width_does_not_matter) {
	CHECK(found("ＡＢＣ", "xabcx") && found("abc", "ｘＡｂＣ"));
	CHECK(found("アカウント", "不正なｱｶｳﾝﾄです") && found("ｱｶｳﾝﾄ", "不正なアカウントです"));
	CHECK(found("ﾊﾟｽﾜｰﾄﾞ", "パスワード") && found("パスワード", "ﾊﾟｽﾜｰﾄﾞ"));
	CHECK(found("１０．０．０．７", "from 10.0.0.7") && found("a b", "Ａ　Ｂ"));
	CHECK(found("㈱", "(株)") && found("第2四半期", "第②四半期") && found("fi", "ﬁle"));
}

TEST(one_character_or_letter_and_mark_is_the_same) {
	CHECK(found("ガ", "カ\xe3\x82\x99") && found("カ\xe3\x82\x99", "ガ"));
	CHECK(found("é", "CAFE\xcc\x81") && found("cafe\xcc\x81", "CAFÉ"));
	CHECK(
	    found("한글", "\xe1\x84\x92\xe1\x85\xa1\xe1\x86\xab\xe1\x84\x80\xe1\x85\xb3\xe1\x86\xaf"));
}

TEST(a_letter_with_another_mark_is_another_letter) {
	CHECK(!found("カ", "ガ") && !found("ｶ", "ｶﾞ") && !found("cafe", "café") && !found("e", "é"));
	CHECK(found("カ", "ガカ") && found("カ", "カガ") && found("e", "ée"));
	CHECK(!found("かか", "かが") && found("かか", "かかか"));
	CHECK(found("°", "° ") && !found("ハ", "ﾊﾟ") && found("パ", "ﾊﾟ"));
}

TEST(what_differs_otherwise_stays_apart) {
	CHECK(!found("アカウント", "あかうんと") && !found("abc", "abd") && !found("ー", "-"));
	CHECK(found("", "") && found("", "x") && !found("x", ""));
	CHECK(found("\xff", "a\xff") && !found("\xff", "a\xfe") && !found("\xef\xbf\xbd", "\xff"));
	CHECK(!found("\xe3\x82", "カ") && found("aab", "aaab") && found("abab", "ababab"));
}

/* ---- property ---- */

static const char *const pieces[] = {"a",
                                     "A",
                                     "ａ",
                                     "b",
                                     "カ",
                                     "ｶ",
                                     "ガ",
                                     "ﾞ",
                                     "゛",
                                     "か",
                                     "が",
                                     "é",
                                     "\xcc\x81",
                                     "e",
                                     "E",
                                     "①",
                                     "1",
                                     "㈱",
                                     "株",
                                     "(",
                                     "\xe3\x82\x99",
                                     "\xff",
                                     " ",
                                     "　",
                                     "ｂ",
                                     "가",
                                     "각",
                                     "\xe1\x86\xa8",
                                     "ς",
                                     "Σ",
                                     "\xe2\x84\xaa",
                                     "k"};

static void append_random(struct buf *out, size_t count) {
	for (buf_clear(out); count > 0; count--) {
		buf_append_str(out, str_from(pieces[tap_random() % ARRAY_LEN(pieces)]));
	}
}

/* Everything expanded and folded, four bytes a code. */
static void expand(struct str text, struct buf *out) {
	buf_clear(out);
	for (size_t at = 0; at < text.len;) {
		uint32_t codes[COMPAT_MAX] = {0x110000 + (unsigned char)text.ptr[at]};
		bool ok;
		uint32_t code = utf8_next(text, &at, &ok);
		size_t count = ok ? compat_expand(code, codes) : 1;
		for (size_t i = 0; i < count; i++) {
			uint32_t folded = ok ? utf8_fold(codes[i]) : codes[i];
			buf_append(out, &folded, sizeof(folded));
		}
	}
}

static bool naive_find(struct str needle, struct str text) {
	for (size_t at = 0; at + needle.len <= text.len; at += 4) {
		size_t end = at + needle.len;
		uint32_t next = 0;
		if (end < text.len) {
			memcpy(&next, text.ptr + end, sizeof(next));
		}
		if (memcmp(text.ptr + at, needle.ptr, needle.len) == 0 && !compat_is_mark(next)) {
			return true;
		}
	}
	return false;
}

TEST(search_equals_a_naive_search_over_expanded_texts) {
	CLEANUP(arena_freep) struct arena *arena = arena_new(SIZE_MAX);
	struct buf needle = {0};
	struct buf text = {0};
	struct buf long_needle = {0};
	struct buf long_text = {0};
	size_t hits = 0;
	for (size_t round = 0; round < tap_rounds(60000); round++) {
		struct alike alike;
		arena_reset(arena);
		append_random(&needle, 1 + tap_random() % 4);
		append_random(&text, tap_random() % 30);
		expand(buf_str(&needle), &long_needle);
		expand(buf_str(&text), &long_text);
		alike_init(&alike, arena, buf_str(&needle));
		bool hit = alike_find(&alike, buf_str(&text));
		REQUIRE(hit == naive_find(buf_str(&long_needle), buf_str(&long_text)));
		hits += hit;
	}
	CHECK(hits > tap_rounds(60000) / 50);
	buf_deinit(&needle);
	buf_deinit(&text);
	buf_deinit(&long_needle);
	buf_deinit(&long_text);
}

#include "codec/charset.h"

#include <iconv.h>

#include "tap.h"

/* Lines as logs in Japan have them: ours, in UTF-8. */
static const struct str lines[] = {
    STR_INIT("2026-11-22 09:15:02 エラー: データベースに接続できません (host=db01)\n"),
    STR_INIT("ユーザー tanaka がログインしました\r\n"),
    STR_INIT("ファイル「売上報告書.xlsx」を保存できませんでした。アクセス権を確認してください。\n"),
    STR_INIT("<警告> ディスクの空き容量が残り少なくなっています: C:\\ログ\n"),
    STR_INIT("サービス「印刷スプーラー」は停止状態に移行しました。\n"),
    STR_INIT("夜間バッチ処理を開始します。対象件数は１２０件です。\n"),
    STR_INIT("不正なパスワードが入力されました\n"),
};

static const struct {
	enum charset_id charset;
	const char *iconv_name;
} oracles[] = {
    {CHARSET_ID_SHIFT_JIS, "CP932"},         {CHARSET_ID_EUC_JP, "EUC-JP-MS"},
    {CHARSET_ID_ISO_2022_JP, "ISO-2022-JP"}, {CHARSET_ID_UTF16LE, "UTF-16LE"},
    {CHARSET_ID_UTF16BE, "UTF-16BE"},
};

/* text (UTF-8) in another set, by the C library. */
static bool encode(const char *to, struct str text, struct buf *out) {
	iconv_t cd = iconv_open(to, "UTF-8");
	if (cd == (iconv_t)-1) {
		return false;
	}
	char *in = (char *)(uintptr_t)text.ptr;
	size_t in_left = text.len;
	size_t room = text.len * 4 + 64;
	char *at = buf_reserve(out, room);
	size_t left = room;
	bool ok = iconv(cd, &in, &in_left, &at, &left) == 0 && iconv(cd, NULL, NULL, &at, &left) == 0 &&
	          in_left == 0;
	out->len += room - left;
	(void)iconv_close(cd);
	return ok;
}

static struct str decoded(enum charset_id charset, struct str text, struct buf *out) {
	buf_clear(out);
	(void)charset_decode(charset, text, out);
	return buf_str(out);
}

TEST(every_line_is_recognised_and_decoded_in_every_character_set) {
	struct buf encoded = {0};
	struct buf back = {0};
	for (size_t o = 0; o < ARRAY_LEN(oracles); o++) {
		for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
			buf_clear(&encoded);
			REQUIRE(encode(oracles[o].iconv_name, lines[i], &encoded));
			CHECK_EQ(charset_detect(buf_str(&encoded)), oracles[o].charset);
			buf_clear(&back);
			CHECK(charset_decode(oracles[o].charset, buf_str(&encoded), &back));
			CHECK(str_eq(buf_str(&back), lines[i]));
		}
	}
	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		CHECK_EQ(charset_detect(lines[i]), CHARSET_ID_UTF8);
	}
	buf_deinit(&encoded);
	buf_deinit(&back);
}

TEST(a_sample_cut_inside_a_character_is_recognised_the_same) {
	struct buf all = {0};
	struct buf encoded = {0};
	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		buf_append_str(&all, lines[i]);
	}
	for (size_t o = 0; o < 2; o++) {
		buf_clear(&encoded);
		REQUIRE(encode(oracles[o].iconv_name, buf_str(&all), &encoded));
		for (size_t len = 60; len < encoded.len; len++) {
			if (charset_detect(str_make(encoded.ptr, len)) != oracles[o].charset) {
				CHECK_EQ(len, encoded.len);
				break;
			}
		}
	}
	for (size_t len = 60; len < all.len; len++) {
		CHECK(charset_detect(str_make(all.ptr, len)) == CHARSET_ID_UTF8);
	}
	buf_deinit(&all);
	buf_deinit(&encoded);
}

TEST(half_width_kana_are_shift_jis) {
	struct buf encoded = {0};
	struct buf back = {0};
	struct str line = STR("ｴﾗｰ ｺｰﾄﾞ=0x80 ﾌｧｲﾙ ｦ ﾋﾗｹﾏｾﾝ\n");
	REQUIRE(encode("CP932", line, &encoded));
	CHECK_EQ(charset_detect(buf_str(&encoded)), CHARSET_ID_SHIFT_JIS);
	CHECK(str_eq(decoded(CHARSET_ID_SHIFT_JIS, buf_str(&encoded), &back), line));
	buf_clear(&encoded);
	REQUIRE(encode("EUC-JP-MS", line, &encoded));
	CHECK(str_eq(decoded(CHARSET_ID_EUC_JP, buf_str(&encoded), &back), line));
	buf_deinit(&encoded);
	buf_deinit(&back);
}

TEST(japanese_with_some_broken_bytes_is_still_recognised) {
	struct buf encoded = {0};
	for (size_t o = 0; o < 2; o++) {
		buf_clear(&encoded);
		for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
			REQUIRE(encode(oracles[o].iconv_name, lines[i], &encoded));
		}
		encoded.ptr[30] = (char)0xff;
		encoded.ptr[200] = (char)0x80;
		CHECK_EQ(charset_detect(buf_str(&encoded)), oracles[o].charset);
	}
	buf_deinit(&encoded);
}

TEST(utf_8_with_broken_bytes_stays_utf_8) {
	struct buf text = {0};
	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		buf_append_str(&text, lines[i]);
	}
	text.ptr[70] = (char)0xff;
	text.ptr[150] = (char)0x81;
	CHECK_EQ(charset_detect(buf_str(&text)), CHARSET_ID_UTF8);
	buf_deinit(&text);
}

TEST(other_languages_in_one_byte_are_not_taken_for_japanese) {
	static const struct str texts[] = {
	    STR_INIT("connexion refus\xe9"
	             "e par l'h\xf4te distant\nfichier cr\xe9\xe9 \xe0 10h\n"),
	    STR_INIT("Zugriff f\xfcr Benutzer M\xfcller verweigert, Gr\xf6\xdf"
	             "e \xfc"
	             "berschritten\n"),
	    STR_INIT("a\xf1o nuevo, contrase\xf1"
	             "a incorrecta, sesi\xf3n cerrada\n"),
	    STR_INIT("caf\xe9\n"),
	    STR_INIT("price \xa3 5\n"),
	};
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		CHECK_EQ(charset_detect(texts[i]), CHARSET_ID_UTF8);
	}
}

TEST(random_bytes_are_not_taken_for_text_of_another_set) {
	char bytes[4096];
	for (size_t round = 0; round < 500; round++) {
		size_t len = (size_t)(tap_random() % sizeof(bytes));
		for (size_t i = 0; i < len; i++) {
			bytes[i] = (char)tap_random();
		}
		if (len >= 2 && ((uint8_t)bytes[0] | (uint8_t)bytes[1]) == 0xff) {
			continue; /* a byte order mark by accident */
		}
		if (len >= 16) {
			CHECK_EQ(charset_detect(str_make(bytes, len)), CHARSET_ID_UTF8);
		}
	}
}

TEST(binary_with_zeros_is_not_utf_16) {
	CHECK_EQ(charset_detect(str_make("\x7f"
	                                 "ELF\2\1\1\0\0\0\0\0\0\0\0\0\3\0\x3e\0\1\0\0\0",
	                                 24)),
	         CHARSET_ID_UTF8);
	CHECK_EQ(charset_detect(str_make("line with \0 in it\nanother\0\n", 27)), CHARSET_ID_UTF8);
	CHECK_EQ(charset_detect(str_make("\0\0\0\0\0\0\0\0\0\0", 10)), CHARSET_ID_UTF8);
}

TEST(utf_16_is_known_by_its_mark_and_without_one) {
	CHECK_EQ(charset_detect(str_make("\xff\xfe"
	                                 "a\0",
	                                 4)),
	         CHARSET_ID_UTF16LE);
	CHECK_EQ(charset_detect(str_make("\xfe\xff\0a", 4)), CHARSET_ID_UTF16BE);
	CHECK_EQ(charset_detect(str_make("l\0o\0g\0\r\0\n\0", 10)), CHARSET_ID_UTF16LE);
	CHECK_EQ(charset_detect(str_make("\0l\0o\0g\0\n", 8)), CHARSET_ID_UTF16BE);
}

TEST(colours_of_a_terminal_are_not_iso_2022_jp) {
	CHECK_EQ(charset_detect(STR("\x1b[31merror\x1b[0m $B(B\n")), CHARSET_ID_UTF8);
	CHECK_EQ(charset_detect(STR("\x1b(B\x1b[m plain\n")), CHARSET_ID_UTF8);
}

TEST(one_bad_byte_is_one_replacement_and_the_next_character_is_good) {
	struct buf out = {0};
	CHECK_STR(decoded(CHARSET_ID_SHIFT_JIS, STR("a\xff\x82\xa0"), &out), "a\xef\xbf\xbdあ");
	CHECK_STR(decoded(CHARSET_ID_SHIFT_JIS, STR("\x82"), &out), "\xef\xbf\xbd");
	CHECK_STR(decoded(CHARSET_ID_SHIFT_JIS, STR("\x82\nx"), &out), "\xef\xbf\xbd\nx");
	CHECK_STR(decoded(CHARSET_ID_EUC_JP, STR("\xa4\xa2\xa4z"), &out), "あ\xef\xbf\xbdz");
	CHECK_STR(decoded(CHARSET_ID_EUC_JP, STR("\x8f\xb0\xa1\x8f"), &out), "丂\xef\xbf\xbd");
	CHECK_STR(decoded(CHARSET_ID_UTF16LE,
	                  str_make("\0\xd8"
	                           "a\0"
	                           "b",
	                           5),
	                  &out),
	          "\xef\xbf\xbd"
	          "a\xef\xbf\xbd");
	CHECK_STR(decoded(CHARSET_ID_UTF16BE, str_make("\xd8\x3d\xde\x00", 4), &out), "😀");
	CHECK_STR(decoded(CHARSET_ID_LATIN1, STR("\x80\xe9\x81"), &out), "€é\xef\xbf\xbd");
	CHECK_STR(decoded(CHARSET_ID_UTF8, STR("a\xc3(\n"), &out), "a\xef\xbf\xbd(\n");
	buf_deinit(&out);
}

TEST(iso_2022_jp_goes_back_to_ascii_at_a_line_end) {
	struct buf out = {0};
	CHECK_STR(decoded(CHARSET_ID_ISO_2022_JP, STR("\x1b$B$\"\nab\x1b(I1\x1b(B!"), &out),
	          "あ\nabｱ!");
	CHECK_STR(decoded(CHARSET_ID_ISO_2022_JP, STR("\x1b[1m\x1b$B$\"\x1b(B\x80"), &out),
	          "\x1b[1mあ\xef\xbf\xbd");
	buf_deinit(&out);
}

TEST(all_double_bytes_decode_as_the_c_library_decodes_them) {
	struct buf ours = {0};
	iconv_t cd = iconv_open("UTF-8", "CP932");
	REQUIRE(cd != (iconv_t)-1);
	int differ = 0;
	for (unsigned pair = 0x8140; pair <= 0xfcfc; pair++) {
		char bytes[2] = {(char)(pair >> 8), (char)pair};
		char text[8];
		char *in = bytes;
		char *at = text;
		size_t in_left = 2;
		size_t left = sizeof(text);
		bool user = (pair >> 8) >= 0xf0 && (pair >> 8) <= 0xf9; /* no meaning of their own */
		bool single = (pair >> 8) >= 0xa0 && (pair >> 8) <= 0xdf;
		if (!user && !single && iconv(cd, &in, &in_left, &at, &left) == 0 && in_left == 0) {
			struct str back = decoded(CHARSET_ID_SHIFT_JIS, str_make(bytes, 2), &ours);
			differ += !str_eq(back, str_make(text, sizeof(text) - left));
		}
		(void)iconv(cd, NULL, NULL, NULL, NULL);
	}
	CHECK_EQ(differ, 0);
	(void)iconv_close(cd);
	buf_deinit(&ours);
}

TEST(names_are_known_as_people_write_them) {
	enum charset_id charset = CHARSET_ID_COUNT;
	CHECK(charset_by_name(STR("Shift_JIS"), &charset) && charset == CHARSET_ID_SHIFT_JIS);
	CHECK(charset_by_name(STR("eucJP-ms"), &charset) && charset == CHARSET_ID_EUC_JP);
	CHECK(charset_by_name(STR("ISO-2022-JP"), &charset) && charset == CHARSET_ID_ISO_2022_JP);
	CHECK(charset_by_name(STR("UTF-16LE"), &charset) && charset == CHARSET_ID_UTF16LE);
	CHECK(!charset_by_name(STR("ebcdic"), &charset));
	CHECK(!charset_by_name(STR("a name that is much too long"), &charset));
	for (enum charset_id i = 0; i < CHARSET_ID_COUNT; i++) {
		CHECK(charset_by_name(charset_name(i), &charset) && charset == i);
	}
}

/* Literal search against a naive search over folded code points. */
#include "expr/needle.h"

#include "tap.h"

static bool found(const char *needle_text, const char *text, bool borders) {
	CLEANUP(arena_freep) struct arena *arena = arena_new(SIZE_MAX);
	struct needle needle;
	needle_init(&needle, arena, str_from(needle_text), borders, borders);
	return needle_find(&needle, str_from(text), 0, NULL);
}

TEST(a_word_is_found_in_any_case_at_word_borders) {
	CHECK(found("root", "user ROOT logged in", true));
	CHECK(found("root", "root", true));
	CHECK(found("root", "uid=root,", true));
	CHECK(!found("root", "chroot", true));
	CHECK(!found("root", "roots", true));
	CHECK(!found("root", "root_2", true));
	CHECK(found("root", "chroot root", true));
	CHECK(found("failed password", "sshd: Failed password for", true));
	CHECK(!found("failed password", "Failed passwords", true));
	CHECK(found("=5", "a=5", true));
	CHECK(!found("=5", "a=55", true));
}

TEST(a_substring_is_found_inside_words) {
	CHECK(found("ssword fo", "Failed PASSWORD FOR x", false));
	CHECK(!found("ssword  fo", "Failed PASSWORD FOR x", false));
	CHECK(found("", "anything", false));
	CHECK(found("", "", false));
}

TEST(letters_beyond_ascii_fold_and_japanese_needs_no_borders) {
	CHECK(found("straße", "die STRASSE, die Straße", true));
	CHECK(found("ПАРОЛЬ", "неверный пароль", true));
	CHECK(!found("ПАРОЛЬ", "неверный парольный", true));
	CHECK(found("ログイン", "不正なログインを検知", true));
	CHECK(found("失敗", "認証に失敗しました", true));
	CHECK(found("admin", "管理者admin権限", true));
	CHECK(!found("admin", "管理者sysadmin権限", true));
	CHECK(found("ÉCOLE", "l'école", true));
	CHECK(!found("cole", "l'école", true));
	/* The Kelvin sign is not the letter k: token filters see it so, too. */
	CHECK(!found("kelvin",
	             "\xe2\x84\xaa"
	             "elvin",
	             true));
}

TEST(folding_is_that_of_single_characters_in_every_language_alike) {
	/* All three sigmas are one letter, whichever is asked for. */
	CHECK(found("σοφος", "ΣΟΦΟΣ", true) && found("ΣΟΦΟΣ", "σοφος", true));
	CHECK(found("σοφοσ", "Σοφος", true) && found("οφος", "ΣΟΦΟΣ", false));
	/* The letters with and without a dot stay apart, as in every language but Turkish. */
	CHECK(!found("I", "ı", false) && !found("i", "ı", false) && found("ı", "ı", false));
	CHECK(!found("i", "İ", false) && !found("ı", "İ", false) && found("İ", "İ", false));
	CHECK(found("dİyarbakir", "DİYARBAKIR", true) && !found("diyarbakır", "DİYARBAKIR", true));
	/* ß folds to its own capital, not to ss. */
	CHECK(found("GROẞ", "groß", true) && !found("GROSS", "groß", true));
	CHECK(found("тост", "ТОСТ", true) && found("Тᲄ", "тт", true)); /* of other lengths in bytes */
	CHECK(found("\xe2\x84\xab", "å", true));                       /* the sign for angstrom */
	CHECK(found("Ⓐⅻ", "ⓐⅫ", false) && found("ꭰ", "Ꭰ", false));
	CHECK(!found("long", "ſlong", true) && !found("s", "ſ", false) && found("ſ", "ſ", false));
}

TEST(width_counts_unless_asked_otherwise) {
	CHECK(found("ａｂｃ", "ＡＢＣ", true) && !found("abc", "ＡＢＣ", true));
	CHECK(!found("アカウント", "ｱｶｳﾝﾄ", false) && found("ｱｶｳﾝﾄ", "ｱｶｳﾝﾄ", false));
}

TEST(malformed_bytes_equal_only_themselves) {
	CHECK(found("\xff\xfe", "a\xff\xfe z", false));
	CHECK(!found("\xff\xfe", "a\xff\xfd z", false));
	CHECK(!found("\xef\xbf\xbd", "a\xff z", false));
}

/* ---- property ---- */

struct codes {
	uint32_t code[256];
	size_t at[257];
	size_t count;
};

static void decode(struct str text, struct codes *out) {
	out->count = 0;
	for (size_t at = 0; at < text.len;) {
		out->at[out->count] = at;
		out->code[out->count++] = needle_next(text, &at);
	}
	out->at[out->count] = text.len;
}

static bool naive_find(struct str needle_text, struct str text, bool first, bool last,
                       struct needle_span *out) {
	struct codes n;
	struct codes t;
	decode(needle_text, &n);
	decode(text, &t);
	for (size_t i = 0; i + n.count <= t.count; i++) {
		size_t k = 0;
		while (k < n.count && t.code[i + k] == n.code[k]) {
			k++;
		}
		bool ok = k == n.count;
		if (ok && n.count > 0 && first && i > 0) {
			ok = needle_is_border(t.code[i - 1], n.code[0]);
		}
		if (ok && n.count > 0 && last && i + k < t.count) {
			ok = needle_is_border(n.code[k - 1], t.code[i + k]);
		}
		if (ok) {
			*out = (struct needle_span){t.at[i], t.at[i + k]};
			return true;
		}
	}
	return false;
}

static struct str random_text(struct arena *arena, size_t max) {
	static const char *const pieces[] = {"a",
	                                     "b",
	                                     "A",
	                                     "B",
	                                     " ",
	                                     "_",
	                                     "é",
	                                     "É",
	                                     "日",
	                                     "本",
	                                     "\xe3\x81",
	                                     "\xff",
	                                     "ж",
	                                     "Ж",
	                                     "σ",
	                                     "ς",
	                                     "Σ",
	                                     "т",
	                                     "ᲄ",
	                                     "ａ",
	                                     "Ａ",
	                                     "I",
	                                     "ı",
	                                     "İ",
	                                     "å",
	                                     "\xe2\x84\xab",
	                                     "、",
	                                     "\x81",
	                                     "a",
	                                     "b",
	                                     ".",
	                                     "k",
	                                     "\xe2\x84\xaa",
	                                     "р",
	                                     "Ѐ",
	                                     "Ѡ",
	                                     "Р"};
	char *out = arena_alloc(arena, max * 4 + 1);
	size_t len = 0;
	for (size_t n = tap_random() % (max + 1); n > 0; n--) {
		struct str piece = str_from(pieces[tap_random() % ARRAY_LEN(pieces)]);
		memcpy(out + len, piece.ptr, piece.len);
		len += piece.len;
	}
	return str_make(out, len);
}

TEST(search_equals_a_naive_search_over_code_points) {
	CLEANUP(arena_freep) struct arena *arena = arena_new(SIZE_MAX);
	for (size_t i = 0; i < tap_rounds(60000); i++) {
		arena_reset(arena);
		struct str needle_text = random_text(arena, 1 + tap_random() % 6);
		struct str text = random_text(arena, tap_random() % 4 ? 60 : 8);
		bool first = tap_random() % 2;
		bool last = tap_random() % 2;
		struct needle needle;
		struct needle_span is = {0};
		struct needle_span should = {0};
		needle_init(&needle, arena, needle_text, first, last);
		needle.avx2 = needle.avx2 && tap_random() % 2;
		bool hit = needle_find(&needle, text, 0, &is);
		REQUIRE(hit == naive_find(needle_text, text, first, last, &should));
		REQUIRE(!hit || (is.from == should.from && is.to == should.to));
	}
}

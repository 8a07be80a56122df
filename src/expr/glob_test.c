/* Words with wildcards against a naive matcher that tries everything. */
#include "expr/glob.h"

#include "base/buf.h"
#include "expr/wildcard.h"
#include "tap.h"

static bool find(struct str pattern, struct str text) {
	CLEANUP(arena_freep) struct arena *arena = arena_new(SIZE_MAX);
	CLEANUP(glob_run_deinit) struct glob_run run = {0};
	struct glob glob;
	glob_init(&glob, arena, pattern);
	bool hit = glob_find(&glob, &run, text);
	CHECK(glob_find(&glob, &run, text) == hit); /* nothing is left of the time before */
	return hit;
}

static bool found(const char *pattern, const char *text) {
	return find(str_from(pattern), str_from(text));
}

TEST(a_match_ends_at_word_borders_where_no_star_stands) {
	CHECK(found("f*ed", "login FAILED now") && !found("f*ed", "login FAILEDx"));
	CHECK(!found("f*ed", "xfailed") && found("*f*ed", "xfailed") && found("f*e*", "failed"));
	CHECK(found("fail?d", "failed") && found("f?il?d", "FAILED") && !found("fail?d", "faild"));
	CHECK(found("fail??", "failed") && !found("fail?", "failed") && found("fail?", "fails"));
	CHECK(found("?ail", "fail") && !found("?ail", "xfail") && found("?ail", "-ail"));
	CHECK(found("10.0.?.7", "from 10.0.3.7:22") && !found("10.0.?.7", "from 10.0.3.77"));
	CHECK(found("ログ?ン", "不正ログイン検知") && found("ロ*ン", "不正ログイン検知"));
}

TEST(wildcards_stand_for_no_blanks) {
	CHECK(!found("f*ed", "f red") && !found("f*ed", "f\tred") && !found("f*ed", "f　red"));
	CHECK(!found("f?ed", "f ed") && !found("f?ed", "f　ed") && found("f?ed", "f-ed"));
	CHECK(found("f*ed", "f\xc2\xa0red")); /* a blank that does not break is no separator */
	CHECK(found("a b*d", "a bcd") && !found("a b*d", "a bc d"));
	CHECK(found("a*\xff", "ab\xff") && found("a?b", "a\xff"
	                                                "b"));
}

TEST(case_and_escapes_are_as_in_words) {
	CHECK(found("ПАР*Ь", "неверный пароль") && found("σ*ς", "Σοφοσ"));
	CHECK(!found("k*y", "\xe2\x84\xaa"
	                    "ey")); /* the sign for kelvin is no letter k */
	CHECK(found("a\\*b*", "a*bc") && !found("a\\*b*", "axbc") && found("a\\?*b", "a?b"));
	CHECK(found("c:\\\\w*s", "C:\\Windows") && found("c:\\w*s", "C:\\Windows"));
}

TEST(the_longest_piece_is_known) {
	CLEANUP(arena_freep) struct arena *arena = arena_new(SIZE_MAX);
	struct glob glob;
	glob_init(&glob, arena, STR("ab*long\\*er?失敗*x"));
	CHECK_STR(glob.piece_text, "long*er");
	glob_init(&glob, arena, STR("?*?"));
	CHECK_EQ(glob.piece_text.len, 0);
}

TEST(no_text_makes_it_slow) {
	struct buf text = {0};
	struct buf pattern = {0};
	for (int i = 0; i < 200000; i++) {
		buf_append_char(&text, 'a');
	}
	for (int i = 0; i < 100; i++) { /* more than one word of bits */
		buf_append_str(&pattern, STR("a*"));
	}
	CHECK(find(buf_str(&pattern), buf_str(&text)));
	buf_append_str(&pattern, STR("?b"));
	buf_append_char(&text, 'b');
	CHECK(find(buf_str(&pattern), buf_str(&text)));
	buf_append_char(&text, 'c');
	CHECK(!find(buf_str(&pattern), buf_str(&text)));
	buf_deinit(&text);
	buf_deinit(&pattern);
}

/* ---- property ---- */

static bool is_blank(uint32_t code) {
	return code == ' ' || code == '\t' || code == 0x3000;
}

/* Codes of the pattern from k on against the text from at on. before: the code that stands there.
 */
static bool naive_rest(struct str pattern, size_t k, struct str text, size_t at, uint32_t before) {
	size_t next_k = k;
	size_t next_at = at;
	uint32_t code = at < text.len ? needle_next(text, &next_at) : ' ';
	if (k == pattern.len) {
		return at == text.len || pattern.ptr[k - 1] == '*' || needle_is_border(before, code);
	}
	uint32_t wanted = wildcard_next(pattern, &next_k);
	if (wanted == WILDCARD_ANY) {
		return naive_rest(pattern, next_k, text, at, before) ||
		       (at < text.len && !is_blank(code) && naive_rest(pattern, k, text, next_at, code));
	}
	bool same = wanted == code || (wanted == WILDCARD_ONE && !is_blank(code));
	return at < text.len && same && naive_rest(pattern, next_k, text, next_at, code);
}

static bool naive_find(struct str pattern, struct str text) {
	uint32_t before = ' ';
	for (size_t at = 0;;) {
		size_t next = at;
		uint32_t code = at < text.len ? needle_next(text, &next) : ' ';
		if ((pattern.ptr[0] == '*' || needle_is_border(before, code)) &&
		    naive_rest(pattern, 0, text, at, before)) {
			return true;
		}
		if (at == text.len) {
			return false;
		}
		before = code;
		at = next;
	}
}

static void append_random(struct buf *out, size_t count, const char *const *from,
                          size_t from_count) {
	for (buf_clear(out); count > 0; count--) {
		buf_append_str(out, str_from(from[tap_random() % from_count]));
	}
}

TEST(a_match_is_one_that_trying_everything_finds) {
	static const char *const in_text[] = {"a", "A", "b", " ", "　", "é", "日", "\xff", ".", "b"};
	static const char *const in_pattern[] = {"a", "b", "*", "?", "É", "日", "*", ".", " ", "\xff"};
	struct buf pattern = {0};
	struct buf text = {0};
	size_t hits = 0;
	for (size_t round = 0; round < tap_rounds(40000); round++) {
		append_random(&pattern, 1 + tap_random() % 6, in_pattern, ARRAY_LEN(in_pattern));
		append_random(&text, tap_random() % 12, in_text, ARRAY_LEN(in_text));
		bool hit = find(buf_str(&pattern), buf_str(&text));
		if (!CHECK(hit == naive_find(buf_str(&pattern), buf_str(&text)))) {
			printf("# '%.*s' in '%.*s'\n", STR_ARG(pattern), STR_ARG(text));
			break;
		}
		hits += hit;
	}
	CHECK(hits > tap_rounds(40000) / 20);
	buf_deinit(&pattern);
	buf_deinit(&text);
}

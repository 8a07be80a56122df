/* What a match begins with is compared with what PCRE2 finds; and an answer that was given to the
 * beginning of a text with the answer to all of it.
 */
#include "expr/regex_start.h"

#include "base/buf.h"
#include "expr/regex.h"
#include "expr/regex_sample.h"
#include "tap.h"

/* expected: NULL: nothing is known; '~' stands before letters of any case. */
static void check(const char *pattern, const char *expected) {
	struct buf shown CLEANUP(buf_deinit) = {0};
	CLEANUP(arena_freep) struct arena *arena = arena_new(SIZE_MAX);
	struct regex_start start;
	if (regex_start(str_from(pattern), true, arena, &start)) {
		for (size_t i = 0; i < start.bytes.len; i++) {
			buf_printf(&shown, "%s%c", start.mask[i] != 0 ? "~" : "", start.bytes.ptr[i]);
		}
	}
	CHECK_STR(buf_str(&shown), expected == NULL ? "" : expected);
}

TEST(a_match_begins_with_the_literal_text_that_a_pattern_begins_with) {
	check("(?-i)Failed password for (invalid user )?\\w+ from 10\\.\\d+", "Failed password for ");
	check("Failed password", "~f~a~i~l~e~d ~p~a");
	check("from (?<ip>\\d+\\.\\d+)", "~f~r~o~m ");
	check("(?i)From: \\S", "~f~r~o~m: ");
	check("(?-i)a\\.b\\/c", "a.b/c");
	check("(?-i)task", "task");
	check("(?-i)from*", "fro");
	check("(?-i)from+x", "from");
	check("(?-i)from{2}", "fro");
	check("(?-i)from?", "fro");
	check("(?-i)from[ab]", "from");
	check("(?-i)from(?:a|b|)c", "from");
	check("(?-i)from(?P<a>b)(?'c'd)", "from");
	check("(?-i)abcd\xe3\x81\x82", "abcd");
	check("(?-i)abcd\\t", "abcd");
	check("(?-i)abc x # no", "abc x # no");
	check("(?-i)abc[]x][^]x][a\\]b][[]", "abc");
}

static const char *const not_known[] = {
    "",
    "ab",
    "a",
    "task",
    "^abcd",
    "abcd$",
    "\\babcd",
    "abcd\\b",
    "abcd\\B",
    "\\Aabcd",
    "abcd\\Z",
    "abcd\\z",
    "\\Gabcd",
    "abcd\\K",
    "abcd\\R",
    "abcd\\X",
    "abcd|efgh",
    "abcd(e)|f",
    "(abcd|efgh)",
    "(abcd)",
    "\\Qabcd\\E",
    "abcd\\Qe\\E",
    "abcd[\\Qe]\\E]",
    "abcd[[:alpha:]]",
    "abcd[[.a.]]",
    "(?x)ab cd",
    "abcd(?i)e",
    "abcd(?i:e)",
    "abcd(?-i)e",
    "(?i-s)abcd",
    "(?^)abcd",
    "abcd(?=e)",
    "abcd(?!e)",
    "abcd(?<=d)",
    "abcd(?<!e)",
    "abcd(?>e)",
    "abcd(?|e|f)",
    "abcd(?#e)",
    "(e)?abcd",
    "abcd(e)\\1",
    "abcd(?<n>e)\\k<n>",
    "abcd(?<n>e)(?P=n)",
    "abcd(e(?1)?)",
    "abcd(?R)?",
    "abcd(?C1)e",
    "abcd(?C)e",
    "abcd(e)?(?(1)f|g)",
    "abcd(*ACCEPT)e",
    "abcd(*FAIL)",
    "(*ANYCRLF)abcd",
    "(*UCP)abcd",
    "abcd\\x41",
    "abcd\\p{L}",
    "abcd\\N{U+41}",
    "abcd\\o{101}",
    "abcd\\cA",
    "abcd\\0",
    "abcd{",
    "abcd{,3}",
    "abcd{e}",
    ".*abcd",
    "a?bcde",
    "ab*cde",
};

TEST(a_pattern_that_may_look_elsewhere_or_is_not_known_says_nothing) {
	for (size_t i = 0; i < ARRAY_LEN(not_known); i++) {
		check(not_known[i], NULL);
	}
	check("ab\0cd", NULL);
}

TEST(letters_with_a_case_outside_of_ascii_do_not_count_without_case) {
	struct regex *regex = NULL;
	struct diag diag = {0};
	bool hit = false;
	REQUIRE(regex_new(STR("abcsd"), &regex, &diag) == ERR_OK);
	struct regex_run *run = regex_run_new(regex);
	CHECK(regex_match(regex, run,
	                  STR("abc\xc5\xbf"
	                      "d"),
	                  &hit) == ERR_OK);
	CHECK(hit);
	regex_run_free(run);
	regex_free(regex);
	check("abcsd", "~a~b~c");
	check("abckd", "~a~b~c");
}

/* ---- random patterns ---- */

static void add_text(struct buf *text, size_t most) {
	static const char *const pieces[] = {"a",  "b",  "1", " ", ".",   "é",
	                                     "\n", "22", "q", "ſ", "\r\n"};
	for (size_t i = tap_random() % most; i-- > 0;) {
		buf_append_str(text, str_from(pieces[tap_random() % ARRAY_LEN(pieces)]));
	}
}

struct tally {
	size_t yes, no, open;
};

/* Each beginning of what stands behind the start has the answer of all, or none. What is the answer
 * of all is asked with a byte behind it that is not UTF-8, where a text ends for PCRE2: then it
 * interprets, and does not make the mistake of its JIT with patterns as (?:\N|)\W*?\v*a (10.42),
 * which fail where they should match unless they are anchored. */
static void compare(const struct regex *regex, struct regex_run *run, struct regex_run *part_run,
                    struct str text, size_t start, struct tally *tally) {
	bool hit;
	struct str all = STR("");
	struct buf ended CLEANUP(buf_deinit) = {0};
	buf_append_str(&ended, text);
	buf_append_char(&ended, '\xff');
	if (regex_match(regex, run, buf_str(&ended), &hit) != ERR_OK) {
		return; /* it gave up */
	}
	bool captured = hit && regex_captured(regex, run, 0, buf_str(&ended), &all);
	for (size_t end = start + 4; end <= text.len; end++) {
		struct str part = str_slice(text, start, end);
		struct str taken = STR("");
		enum regex_answer answer = regex_match_start(regex, part_run, part, end == text.len);
		tally->yes += answer == REGEX_YES;
		tally->no += answer == REGEX_NO;
		tally->open += answer == REGEX_OPEN;
		if (answer == REGEX_OPEN) {
			CHECK(end < text.len);
			continue;
		}
		CHECK_EQ(answer == REGEX_YES, hit);
		if (answer == REGEX_YES) {
			CHECK_EQ(regex_captured(regex, part_run, 0, part, &taken), captured);
			CHECK(str_eq(taken, all));
		}
	}
}

TEST(the_beginning_of_a_text_has_the_answer_of_all_of_it_or_none) {
	struct buf pattern CLEANUP(buf_deinit) = {0};
	struct buf text CLEANUP(buf_deinit) = {0};
	struct tally tally = {0};
	for (size_t i = 0; i < 3000; i++) {
		bool exact = tap_random() % 2 == 0;
		struct regex *regex = NULL;
		struct diag diag = {0};
		struct str begins;
		const char *mask;
		sample_regex(&pattern, exact ? "(?-i)Xyz:" : "xyz:");
		if (!CHECK(regex_new(buf_str(&pattern), &regex, &diag) == ERR_OK)) {
			continue;
		}
		if (!CHECK(regex_begins(regex, &begins, &mask))) {
			CHECK_STR(buf_str(&pattern), ""); /* to see it */
			regex_free(regex);
			continue;
		}
		CHECK_STR(begins, exact ? "Xyz:" : "xyz:");
		struct regex_run *run = regex_run_new(regex);
		struct regex_run *part_run = regex_run_new(regex);
		for (size_t k = 0; k < 6; k++) {
			buf_clear(&text);
			add_text(&text, 4);
			size_t start = text.len;
			buf_append_str(&text, exact || tap_random() % 2 ? STR("Xyz:") : STR("xYZ:"));
			add_text(&text, 12);
			compare(regex, run, part_run, buf_str(&text), start, &tally);
		}
		regex_run_free(run);
		regex_run_free(part_run);
		regex_free(regex);
	}
	CHECK(tally.yes > 1000);
	CHECK(tally.no > 1000);
	CHECK(tally.open > 1000);
}

TEST(a_text_that_is_not_utf8_has_no_answer) {
	struct regex *regex = NULL;
	struct diag diag = {0};
	REQUIRE(regex_new(STR("xyz:.+"), &regex, &diag) == ERR_OK);
	struct regex_run *run = regex_run_new(regex);
	CHECK_EQ(regex_match_start(regex, run, STR("xyz:\xff "), true), REGEX_OPEN);
	CHECK_EQ(regex_match_start(regex, run, STR("xyz:\xe3\x81"), false), REGEX_OPEN);
	CHECK_EQ(regex_match_start(regex, run, STR(""), true), REGEX_OPEN);
	CHECK_EQ(regex_match_start(regex, run, STR("xyz:a"), true), REGEX_YES);
	CHECK_EQ(regex_match_start(regex, run, STR("xyz:a"), false), REGEX_OPEN);
	CHECK_EQ(regex_match_start(regex, run, STR("xya:a"), false), REGEX_NO);
	regex_run_free(run);
	regex_free(regex);
}

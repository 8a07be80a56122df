/* What is said to be needed stands in every text that matches. */
#include "expr/regex_pieces.h"

#include "base/buf.h"
#include "expr/regex.h"
#include "tap.h"

static void add(void *ctx, struct str text) {
	struct buf *all = ctx;
	buf_printf(all, "%s%.*s", all->len > 0 ? "|" : "", STR_ARG(text));
}

static void check(const char *pattern, const char *expected) {
	struct buf all CLEANUP(buf_deinit) = {0};
	CLEANUP(arena_freep) struct arena *arena = arena_new(SIZE_MAX);
	regex_pieces(str_from(pattern), arena, add, &all);
	CHECK_STR(buf_str(&all), expected);
}

TEST(runs_of_plain_characters_are_needed) {
	check("Failed password for (invalid user )?\\w+ from 10\\.\\d+",
	      "failed pa|word for | from 10.");
	check("(?-i)Failed password for (invalid user )?\\w+ from 10\\.\\d+",
	      "failed password for | from 10.");
	check("abc", "abc");
	check("abc?d", "ab");
	check("abc*", "ab");
	check("abc+de", "abc|de");
	check("ab{0,3}cd", "cd");
	check("ab{2}cd", "cd");
	check("^login: .+ (ok|failed)$", "login: ");
	check("\\/etc\\/pa", "/etc/pa");
	check("[a-z]xy[^]]zw", "xy|zw");
	check("日本abc", "abc");
}

TEST(what_is_not_understood_needs_nothing) {
	static const char *const patterns[] = {
	    "abc|def", "(?i)abc", "(?i-s)abc", "\\Qabc", "(*UCP)abc", "(?=abc)d",   "[[:alpha:]]abc",
	    "a",       "",        "a*b*",      "(abc",   "abc)",      "(?|abc|def)"};
	for (size_t i = 0; i < ARRAY_LEN(patterns); i++) {
		check(patterns[i], "");
	}
	check("ab\\x41cd", "ab");
	check("ab\\1cd", "ab");
}

struct match {
	struct str text;
	bool all;
};

static void must_have(void *ctx, struct str piece) {
	struct match *match = ctx;
	bool found = false;
	for (size_t i = 0; i + piece.len <= match->text.len && !found; i++) {
		found = str_eq_nocase(str_slice(match->text, i, i + piece.len), piece);
	}
	match->all = match->all && found;
}

/* Patterns and texts by chance over few characters, so that many match. */
TEST(every_match_has_all_pieces) {
	static const char *const parts[] = {"a",     "b",    "c",      "A",   ".",      "\\.", "(a|b)",
	                                    "(ab)?", "[ab]", "x+",     "c*",  "d?",     "{2}", "\\w",
	                                    "$",     "^",    "(?:bc)", "\\d", "a{1,2}", "|"};
	size_t matches = 0;
	for (size_t round = 0; round < tap_rounds(30000); round++) {
		char pattern[72] = "";
		char text[12];
		size_t len = 0;
		if (tap_random() % 3 == 0) {
			memcpy(pattern, "(?-i)", 6);
			len = 5;
		}
		for (size_t i = 1 + tap_random() % 5; i > 0; i--) {
			size_t k = tap_random() % (ARRAY_LEN(parts) - (tap_random() % 8 != 0));
			size_t part = strlen(parts[k]);
			memcpy(pattern + len, parts[k], part + 1);
			len += part;
		}
		for (size_t i = 0; i < sizeof(text); i++) {
			text[i] = "abcABx.d1"[tap_random() % 9];
		}
		struct regex *regex = NULL;
		struct diag diag = {0};
		if (regex_new(str_from(pattern), &regex, &diag) != ERR_OK) {
			continue;
		}
		struct match match = {str_make(text, sizeof(text)), true};
		struct regex_run *run = regex_run_new(regex);
		bool matched = false;
		if (regex_match(regex, run, match.text, &matched) == ERR_OK && matched) {
			CLEANUP(arena_freep) struct arena *arena = arena_new(SIZE_MAX);
			matches++;
			regex_pieces(str_from(pattern), arena, must_have, &match);
			if (!match.all) {
				CHECK_STR(str_from(pattern), "");
			}
		}
		regex_run_free(run);
		regex_free(regex);
	}
	CHECK(matches > 1000);
}

/* Whole-value patterns. */
#include "expr/wildcard.h"

#include "tap.h"

static bool match(const char *pattern, const char *text) {
	CLEANUP(arena_freep) struct arena *arena = arena_new(SIZE_MAX);
	struct wildcard wildcard;
	wildcard_init(&wildcard, arena, str_from(pattern));
	return wildcard_match(&wildcard, str_from(text));
}

TEST(stars_and_question_marks_match_the_whole_value) {
	CHECK(match("bastion*", "Bastion-01"));
	CHECK(!match("bastion", "bastion-01"));
	CHECK(match("*", ""));
	CHECK(match("a*b*c", "aXXbYYc"));
	CHECK(!match("a*b*c", "aXXbYY"));
	CHECK(match("*.ex?", "C:\\x.EXE"));
	CHECK(match("?", "日"));
	CHECK(!match("?", ""));
	CHECK(match("*aab", "aaaab"));
	CHECK(match("", ""));
	CHECK(!match("", "x"));
}

TEST(a_backslash_takes_a_star_as_it_is) {
	CHECK(match("a\\*b", "a*b"));
	CHECK(!match("a\\*b", "axb"));
	CHECK(match("C:\\Windows\\\\*", "C:\\Windows\\cmd.exe"));
	CHECK(match("C:\\Windows", "c:\\windows"));
	CHECK(!wildcard_is_pattern(STR("a\\*b\\?")));
	CHECK(wildcard_is_pattern(STR("a\\\\*")));
	CLEANUP(arena_freep) struct arena *arena = arena_new(SIZE_MAX);
	CHECK_STR(wildcard_unescape(arena, STR("a\\*b\\c\\\\")), "a*b\\c\\");
}

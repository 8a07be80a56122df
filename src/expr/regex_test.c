/* The regex wrapper: case, borders of bytes, limits, groups. */
#include "expr/regex.h"

#include "tap.h"

static bool match(const char *pattern, struct str text) {
	struct regex *regex = NULL;
	struct diag diag = {0};
	bool hit = false;
	if (!CHECK(regex_new(str_from(pattern), &regex, &diag) == ERR_OK)) {
		return false;
	}
	struct regex_run *run = regex_run_new(regex);
	CHECK(regex_match(regex, run, text, &hit) == ERR_OK);
	regex_run_free(run);
	regex_free(regex);
	return hit;
}

TEST(case_is_ignored_unless_the_pattern_says_otherwise) {
	CHECK(match("fail(ed|ure)", STR("FAILED password")));
	CHECK(!match("(?-i)fail(ed|ure)", STR("FAILED password")));
	CHECK(match("(?-i)fail(ed|ure)", STR("failure")));
	CHECK(match("^$", STR("")));
	CHECK(match("^.本", STR("日本")));
}

TEST(alternatives_may_be_empty) {
	CHECK(match("X(?:.|)b*a", STR(" Xa22")));
	CHECK(match("(?-i)Xyz:(?<x>(?:\\N|)\\W*?\\v*a)", STR(" Xyz:a22")));
	CHECK(match("X(|.)b*a", STR(" Xa22")));
	CHECK(match("(?:(?:[a-f.]|\\W)|)b*?( |.)", STR("b")));
	CHECK(!match("X(?:.|)b*a", STR(" Xc22")));
}

TEST(bytes_that_are_not_utf8_do_no_harm) {
	CHECK(match("root", STR("\xff\xfe root \xe3\x81")));
	CHECK(match("x.*y", STR("x\0y")));
}

TEST(a_bad_pattern_names_its_place) {
	struct regex *regex = NULL;
	struct diag diag = {0};
	CHECK_EQ(regex_new(STR("ab(cd"), &regex, &diag), ERR_INVALID);
	CHECK(diag.has_position);
	CHECK_EQ(diag.position, 5);
	CHECK(strstr(diag.message, "parenthes") != NULL);
}

TEST(a_pattern_that_explodes_is_an_error_and_no_silent_no) {
	struct regex *regex = NULL;
	bool hit = false;
	char text[5000];
	memset(text, 'a', sizeof(text));
	text[sizeof(text) - 1] = 'b';
	REQUIRE(regex_new(STR("^(a|aa)+$"), &regex, NULL) == ERR_OK);
	struct regex_run *run = regex_run_new(regex);
	CHECK_EQ(regex_match(regex, run, str_make(text, sizeof(text)), &hit), ERR_LIMIT);
	regex_run_free(run);
	regex_free(regex);
}

TEST(negated_classes_match_letters_beyond_ascii) {
	CHECK(match("グ\\Sン", STR("ログイン")));
	CHECK(match("a\\Wb", STR("aéb")));
	CHECK(match("a\\D+b", STR("aイイb")));
	CHECK(match("a\\S+b", STR("\xff aイイb")));
}

TEST(named_groups_come_in_their_order) {
	struct regex *regex = NULL;
	bool hit = false;
	struct str text = STR("from 10.0.0.1 port 22");
	struct str part;
	REQUIRE(regex_new(STR("from (?<zip>\\S+) (?:port (?<app>\\d+)|(?<none>x))"), &regex, NULL) ==
	        ERR_OK);
	struct regex_run *run = regex_run_new(regex);
	REQUIRE(regex_match(regex, run, text, &hit) == ERR_OK && hit);
	REQUIRE(regex_names(regex) == 3);
	CHECK_STR(regex_name(regex, 0), "zip");
	CHECK_STR(regex_name(regex, 1), "app");
	REQUIRE(regex_captured(regex, run, 0, text, &part));
	CHECK_STR(part, "10.0.0.1");
	REQUIRE(regex_captured(regex, run, 1, text, &part));
	CHECK_STR(part, "22");
	CHECK(!regex_captured(regex, run, 2, text, &part));
	regex_run_free(run);
	regex_free(regex);
}

static void check_replace(const char *pattern, struct str text, const char *with,
                          const char *expected) {
	struct regex *regex = NULL;
	struct buf out = {0};
	REQUIRE(regex_new(str_from(pattern), &regex, NULL) == ERR_OK);
	struct regex_run *run = regex_run_new(regex);
	CHECK(regex_replace(regex, run, text, str_from(with), 1000, &out) == ERR_OK);
	CHECK_STR(buf_str(&out), expected);
	buf_deinit(&out);
	regex_run_free(run);
	regex_free(regex);
}

TEST(all_matches_are_replaced) {
	check_replace("o+", STR("foo bar o"), "0", "f0 bar 0");
	check_replace("(\\w+)@(\\w+)", STR("a@b c@d"), "$2 at \\1 $$5 $0 $9",
	              "b at a $5 a@b  d at c $5 c@d ");
	check_replace("x*", STR("axb"), "-", "-a--b-");
	check_replace("", STR("\xe6\x97\xa5"), "|", "|\xe6\x97\xa5|");
	check_replace("b",
	              STR("\xff"
	                  "b"),
	              "c",
	              "\xff"
	              "c");
	check_replace("a\\Kb", STR("abab"), "x", "axax");
	check_replace("none", STR(""), "x", "");
}

TEST(replacing_stops_at_its_limit) {
	struct regex *regex = NULL;
	struct buf out = {0};
	REQUIRE(regex_new(STR("a"), &regex, NULL) == ERR_OK);
	struct regex_run *run = regex_run_new(regex);
	CHECK_EQ(regex_replace(regex, run, STR("aaaaaaaa"), STR("bbb"), 10, &out), ERR_LIMIT);
	buf_clear(&out);
	CHECK_EQ(regex_replace(regex, run, STR("aaa"), STR("bbb"), 9, &out), ERR_OK);
	buf_deinit(&out);
	regex_run_free(run);
	regex_free(regex);
}

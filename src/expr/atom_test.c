/* The plain matcher of atoms: each kind, case, absent values, limits. */
#include "expr/atom.h"

#include "base/limits.h"
#include "tap.h"

static bool match_value(struct atom atom, struct value value) {
	CLEANUP(arena_freep) struct arena *arena = arena_new(SIZE_MAX);
	struct atom_test *test = NULL;
	struct atom_run run = {0};
	struct diag diag = {0};
	if (!CHECK(atom_test_new(arena, &atom, &test, &diag) == ERR_OK)) {
		return false;
	}
	CHECK(atom_eq(atom_test_atom(test), &atom));
	bool hit = atom_match(test, &run, value);
	CHECK_EQ(run.err, ERR_OK);
	atom_run_deinit(&run);
	atom_test_deinit(test);
	return hit;
}

static bool match(enum atom_kind kind, const char *text, unsigned flags, const char *value) {
	return match_value((struct atom){.kind = kind, .flags = flags, .text = str_from(text)},
	                   value_string(str_from(value)));
}

TEST(literals_compare_without_case_unless_cased) {
	CHECK(match(ATOM_EQUALS, "Ä.exe", 0, "ä.EXE"));
	CHECK(!match(ATOM_EQUALS, "Ä", ATOM_CASED, "ä"));
	CHECK(!match(ATOM_EQUALS, "cmd", 0, "cmd "));
	CHECK(match(ATOM_EQUALS, "", 0, ""));
	CHECK(!match(ATOM_EQUALS, "", 0, " "));
	CHECK(match(ATOM_CONTAINS, "mimi", 0, "xxMIMIkatz"));
	CHECK(!match(ATOM_CONTAINS, "Pass", ATOM_CASED, "mypassword"));
	CHECK(match(ATOM_CONTAINS, "Pass", ATOM_CASED, "myPassword"));
	CHECK(match(ATOM_CONTAINS, "", 0, ""));
	CHECK(match(ATOM_STARTS, "C:\\*", 0, "c:\\*x"));
	CHECK(!match(ATOM_STARTS, "C:\\*", 0, "c:\\yx"));
	CHECK(match(ATOM_ENDS, "\\cmd.exe", 0, "C:\\CMD.EXE"));
	CHECK(!match(ATOM_ENDS, ".EXE", ATOM_CASED, "a.exe"));
	CHECK(match(ATOM_ENDS, ".EXE", ATOM_CASED, "a.EXE"));
	CHECK(!match(ATOM_STARTS, "ab", ATOM_CASED, "aBc"));
	/* The Kelvin sign is no ASCII letter. */
	CHECK(!match(ATOM_EQUALS, "k", 0, "\xe2\x84\xaa"));
	CHECK(!match(ATOM_EQUALS, "\xff", 0, "\xfe"));
	CHECK(match(ATOM_EQUALS, "\xff", 0, "\xff"));
}

TEST(wildcards_fit_whole_values_and_characters) {
	CHECK(match(ATOM_WILDCARD, "a*b*c", 0, "a\nB\nc"));
	CHECK(!match(ATOM_WILDCARD, "a*b*c", 0, "xabc"));
	CHECK(match(ATOM_WILDCARD, "??", 0, "日本"));
	CHECK(match(ATOM_WILDCARD, "X*?", ATOM_CASED, "Xy日"));
	CHECK(!match(ATOM_WILDCARD, "X*Y", ATOM_CASED, "xaby"));
	CHECK(match(ATOM_WILDCARD, "a\\\\\\*b", 0, "a\\*b"));
	CHECK(!match(ATOM_WILDCARD, "\xff?", ATOM_CASED, "\xfe\xfe"));
	CHECK(match(ATOM_WILDCARD, "\xff?", ATOM_CASED, "\xff\xfe"));
}

TEST(regexes_mind_case_and_lines_as_their_flags_say) {
	CHECK(match(ATOM_REGEX, "^a.c$", 0, "abc"));
	CHECK(!match(ATOM_REGEX, "^a.c$", 0, "ABC"));
	CHECK(match(ATOM_REGEX, "^a.c$", ATOM_CASELESS, "ABC"));
	CHECK(!match(ATOM_REGEX, "^two$", 0, "one\ntwo"));
	CHECK(match(ATOM_REGEX, "^two$", ATOM_MULTILINE, "one\ntwo"));
	CHECK(!match(ATOM_REGEX, "a.b", 0, "a\nb"));
	CHECK(match(ATOM_REGEX, "a.b", ATOM_DOTALL, "a\nb"));
	CHECK(match(ATOM_REGEX, "end$", 0, "end\n"));
	CHECK(match(ATOM_REGEX, "r..t", ATOM_CASELESS, "\xff root"));
}

TEST(networks_hold_addresses_of_their_own_kind) {
	CHECK(match(ATOM_CIDR, "10.0.0.0/8", 0, "10.1.2.3"));
	CHECK(!match(ATOM_CIDR, "10.0.0.0/8", 0, "11.1.2.3"));
	CHECK(!match(ATOM_CIDR, "0.0.0.0/0", 0, "2001:db8::1"));
	CHECK(match(ATOM_CIDR, "fe80::/10", 0, "FE80:0:0:0::abcd"));
	CHECK(!match(ATOM_CIDR, "10.0.0.0/8", 0, "10.1.2"));
}

TEST(numbers_compare_as_numbers_and_texts_do_not) {
	struct atom less = {.kind = ATOM_COMPARE, .op = ATOM_LT, .text = STR("10")};
	CHECK(match_value(less, value_string(STR("9.99"))));
	CHECK(!match_value(less, value_string(STR("10"))));
	CHECK(!match_value(less, value_string(STR("abc"))));
	CHECK(!match_value(less, VALUE_ABSENT));
	less.op = ATOM_LTE;
	CHECK(match_value(less, value_string(STR("10"))));
	struct atom more = {.kind = ATOM_COMPARE, .op = ATOM_GT, .text = STR("9007199254740992")};
	CHECK(match_value(more, value_string(STR("9007199254740993"))));
	more.op = ATOM_GTE;
	CHECK(!match_value(more, value_string(STR("0x20000000000000"))));
}

TEST(absent_empty_and_null_are_told_apart) {
	struct atom exists = {.kind = ATOM_EXISTS};
	struct atom null = {.kind = ATOM_NULL};
	struct atom any = {.kind = ATOM_WILDCARD, .text = STR("*")};
	struct value json_null = {.kind = VALUE_JSON, .text = STR("null")};
	CHECK(match_value(exists, value_string(STR(""))));
	CHECK(match_value(exists, json_null));
	CHECK(!match_value(exists, VALUE_ABSENT));
	CHECK(match_value(null, VALUE_ABSENT));
	CHECK(match_value(null, json_null));
	CHECK(!match_value(null, value_string(STR(""))));
	CHECK(!match_value(null, value_string(STR("null"))));
	CHECK(match_value(any, value_string(STR(""))));
	CHECK(!match_value(any, VALUE_ABSENT));
	CHECK(!match_value(any, json_null));
}

static bool part_is(enum atom_part part, const char *number, const char *time) {
	return match_value((struct atom){.kind = ATOM_TIME, .part = part, .text = str_from(number)},
	                   value_string(str_from(time)));
}

TEST(parts_of_times_are_those_that_are_written) {
	CHECK(part_is(ATOM_HOUR, "3", "2024-05-06T03:04:05Z"));
	CHECK(part_is(ATOM_HOUR, "3", "2024-05-06T03:04:05.5+09:00"));
	CHECK(part_is(ATOM_MINUTE, "4", "2024-05-06 03:04:05"));
	CHECK(part_is(ATOM_DAY, "6", "2024-05-06"));
	CHECK(part_is(ATOM_MONTH, "5", "2024-05-06T03:04:05.123456789Z"));
	CHECK(part_is(ATOM_YEAR, "2024", "2024-05-06T03:04:05Z"));
	CHECK(!part_is(ATOM_YEAR, "2024", "garbage"));
	struct atom night = {.kind = ATOM_TIME, .part = ATOM_HOUR, .op = ATOM_LT, .text = STR("5")};
	CHECK(match_value(night, value_string(STR("2024-05-06T04:59:59Z"))));
	CHECK(!match_value(night, value_string(STR("2024-05-06T05:00:00Z"))));
}

TEST(weeks_are_those_of_iso_8601) {
	static const struct {
		const char *time, *week;
	} rows[] = {{"2024-01-03", "1"},  {"2024-01-10", "2"},  {"2021-01-03", "53"},
	            {"2021-01-04", "1"},  {"2018-12-31", "1"},  {"2016-01-01", "53"},
	            {"2020-12-31", "53"}, {"2022-01-02", "52"}, {"2024-12-30", "1"}};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CHECK(part_is(ATOM_WEEK, rows[i].week, rows[i].time));
	}
}

static bool fields(enum atom_kind relation, unsigned flags, const char *a, const char *b) {
	CLEANUP(arena_freep) struct arena *arena = arena_new(SIZE_MAX);
	struct atom_test *test = NULL;
	struct atom atom = {
	    .kind = ATOM_FIELD, .flags = flags, .relation = relation, .text = STR("other")};
	CHECK(atom_test_new(arena, &atom, &test, NULL) == ERR_OK);
	return atom_match_field(test, value_string(str_from(a)), value_string(str_from(b)));
}

TEST(fields_are_compared_with_fields) {
	CHECK(fields(ATOM_EQUALS, 0, "X", "x"));
	CHECK(!fields(ATOM_EQUALS, ATOM_CASED, "X", "x"));
	CHECK(fields(ATOM_STARTS, 0, "foobar", "FOO"));
	CHECK(!fields(ATOM_STARTS, 0, "foobar", "bar"));
	CHECK(fields(ATOM_ENDS, 0, "foobar", "bar"));
	CHECK(fields(ATOM_CONTAINS, 0, "xfoobar", "oob"));
	CHECK(!fields(ATOM_CONTAINS, 0, "x", "*"));
}

static enum err make(enum atom_kind kind, struct str text, struct diag *diag) {
	CLEANUP(arena_freep) struct arena *arena = arena_new(SIZE_MAX);
	struct atom atom = {.kind = kind, .text = text};
	struct atom_test *test = NULL;
	enum err err = atom_test_new(arena, &atom, &test, diag);
	if (err == ERR_OK) {
		atom_test_deinit(test);
	}
	return err;
}

TEST(what_is_not_valid_is_refused_with_a_reason) {
	struct diag diag = {0};
	CHECK_EQ(make(ATOM_REGEX, STR("(unclosed"), &diag), ERR_INVALID);
	CHECK(strstr(diag.message, "regular expression") != NULL);
	CHECK_EQ(make(ATOM_CIDR, STR("10.0.0.0/99"), &diag), ERR_INVALID);
	CHECK_EQ(make(ATOM_COMPARE, STR("abc"), &diag), ERR_INVALID);
	CHECK_EQ(make(ATOM_COMPARE, STR("10.0.0.1"), &diag), ERR_INVALID);
	char *large = calloc(1, LIMIT_ATOM_TEXT + 1);
	CHECK_EQ(make(ATOM_CONTAINS, str_make(large, LIMIT_ATOM_TEXT + 1), &diag), ERR_LIMIT);
	free(large);
}

TEST(a_regex_that_gives_up_says_so) {
	CLEANUP(arena_freep) struct arena *arena = arena_new(SIZE_MAX);
	struct atom atom = {.kind = ATOM_REGEX, .text = STR("^(a|aa)+$")};
	struct atom_test *test = NULL;
	struct atom_run run = {0};
	char text[5000];
	memset(text, 'a', sizeof(text));
	text[sizeof(text) - 1] = 'b';
	REQUIRE(atom_test_new(arena, &atom, &test, NULL) == ERR_OK);
	CHECK(!atom_match(test, &run, value_string(str_make(text, sizeof(text)))));
	CHECK_EQ(run.err, ERR_LIMIT);
	atom_run_deinit(&run);
	atom_test_deinit(test);
}

TEST(atoms_are_told_apart_by_their_keys_and_shown_to_people) {
	struct atom a = {.kind = ATOM_CONTAINS, .field = STR("ab"), .text = STR("c")};
	struct atom b = {.kind = ATOM_CONTAINS, .field = STR("a"), .text = STR("bc")};
	CHECK(!atom_eq(&a, &b));
	CHECK(atom_eq(&a, &a));
	struct buf x = {0};
	struct buf y = {0};
	atom_append_key(&x, &a);
	atom_append_key(&y, &b);
	CHECK(!str_eq(buf_str(&x), buf_str(&y)));
	buf_clear(&x);
	a.flags = ATOM_CASED;
	atom_append_text(&x, &a);
	CHECK_STR(x, "ab contains \"c\" (cased)");
	buf_clear(&x);
	atom_append_text(&x, &(struct atom){.kind = ATOM_TIME,
	                                    .part = ATOM_HOUR,
	                                    .op = ATOM_GTE,
	                                    .field = STR("t"),
	                                    .text = STR("22")});
	CHECK_STR(x, "t hour >= 22");
	buf_deinit(&x);
	buf_deinit(&y);
}

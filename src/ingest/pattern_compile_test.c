/* Compiling patterns: mistakes and limits, with the place; and what slots learn of what follows. */
#include "ingest/pattern.h"

#include "ingest/pattern_fixture.h"
#include "tap.h"

TEST(mistakes_are_shown_where_they_are) {
	static const struct {
		const char *pattern;
		const char *message;
		size_t position;
	} rows[] = {{"", "the pattern is empty", 0},
	            {"a %{wrod:x}", "there is no such kind of slot", 4},
	            {"a %{word:x", "a slot is not closed", 2},
	            {"a %{word:x y}", "cannot be the name", 9},
	            {"a %{word x}", "there is no such kind", 4},
	            {"a %{int(3)}", "takes no argument", 8},
	            {"a %{one}", "an argument is missing", 8},
	            {"%{time(hh:mm:xx)}", "no layout of a time", 13},
	            {"a %z", "begins a slot or a group", 2},
	            {"a %", "at the end", 2},
	            {"a %(b", "not closed with", 2},
	            {"a b%)", "was not opened", 3},
	            {"a b%|c", "was not opened", 3},
	            {"%{@nothing}", "no piece of this name", 2},
	            {"%{@self}", "too deep", 0},
	            {"%{word:a}%{word:b}", "without anything between", 0},
	            {"%{text:a}%{word:b}", "words of its own", 0},
	            {"%{rest:a} x", "must be the last", 0},
	            {"%{word:a}%{word:b", "not closed", 9},
	            {"%(%(%(%(%(%(%(%(%(a%)%)%)%)%)%)%)%)%)", "too deep", 16}};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct fixture f;
		CHECK(compile(&f, rows[i].pattern) == ERR_INVALID);
		if (!CHECK(strstr(f.diag.message, rows[i].message) != NULL)) {
			tap_check(false, f.diag.message, 0, rows[i].pattern);
		}
		CHECK_EQ(f.diag.position, rows[i].position);
		done(&f);
	}
}

TEST(a_pattern_that_is_too_long_is_refused) {
	struct buf text = {0};
	struct fixture f;
	for (int i = 0; i < PATTERN_OPS_MAX; i++) {
		buf_append_str(&text, STR("x "));
	}
	buf_append_char(&text, '\0');
	CHECK(compile(&f, text.ptr) == ERR_INVALID);
	CHECK(strstr(f.diag.message, "too long") != NULL);
	done(&f);
	buf_deinit(&text);
}

TEST(slots_learn_what_ends_them) {
	struct fixture f;
	REQUIRE(compile(&f, "%{word:a}%(:%{int:b}%)?/%{text:c} END") == ERR_OK);
	CHECK_STR(f.pattern.ops[0].stop, "/:");
	CHECK_EQ(f.pattern.ops[f.pattern.ops_count - 1].kind, PATTERN_END);
	CHECK_STR(f.pattern.ops[6].stop, " END");
	CHECK_EQ(f.set.fields_count, 3);
	done(&f);
}

TEST(a_pattern_knows_the_bytes_that_a_line_can_begin_with) {
	struct fixture f;
	REQUIRE(compile(&f, "%(%{int}%|[%)x") == ERR_OK);
	CHECK_EQ(f.pattern.first['5' / 64] >> ('5' % 64) & 1, 1);
	CHECK_EQ(f.pattern.first['[' / 64] >> ('[' % 64) & 1, 1);
	CHECK_EQ(f.pattern.first['x' / 64] >> ('x' % 64) & 1, 0);
	done(&f);
}

TEST(many_empty_groups_are_compiled_at_once) {
	struct buf text = {0};
	struct fixture f;
	buf_append_str(&text, STR("%{word:a}"));
	for (int i = 0; i < 200; i++) {
		buf_append_str(&text, STR("%(%)?"));
	}
	buf_append_str(&text, STR("x\0"));
	CHECK(compile(&f, text.ptr) == ERR_OK);
	CHECK_STR(f.pattern.ops[0].stop, "x");
	done(&f);
	buf_deinit(&text);
}

static void check_must(const char *text, const char *words) {
	struct fixture f;
	struct buf out = {0};
	CHECK(compile(&f, text) == ERR_OK);
	for (uint32_t i = 0; i < f.pattern.must_count; i++) {
		buf_printf(&out, "%s%.*s", i > 0 ? "|" : "", STR_ARG(f.pattern.must[i]));
	}
	CHECK_STR(out, words);
	buf_deinit(&out);
	done(&f);
}

TEST(patterns_know_a_word_that_their_texts_must_have) {
	check_must("%{word:a} accepted from %{ip:b}", "accepted");
	check_must("%{word:a} %(accepted %)?by %{ip:b}", "");
	check_must("%{word:a} %(accepted%|refused by%) %{ip:b}", "accepted|refused");
	check_must("%{word:a} %(accepted%|%{word}%) %{ip:b}", "");
	check_must("%{word:a} %{one(yes|no):b}", "");
	check_must("%{word:a} %{one(yes|not):b} %{int:c} xy", "yes|not");
	check_must("%{word:a} %{one(yes|not):b} gone", "gone");
	check_must("%(%( %)?%(CEF:%|%{word}:CEF:%)%)%{int:a}|%{rest}", "CEF:|:CEF:");
}

TEST(patterns_know_how_their_texts_can_begin) {
	static const struct {
		const char *pattern;
		bool open, names;
		const char *begins, *not;
	} rows[] = {
	    {"%{time} x", false, true, "2026-11-22", "x"},
	    {"%{time(syslog)} x", false, true, "Nov 22", "Xov 22"},
	    {"%{time(iso)} x", false, false, "2026", "Nov"},
	    {"%{time(DD/Mon/YYYY hh:mm)} x", false, false, "22/", "Nov"},
	    {"%{time(Mon DD hh:mm)} x", false, true, "nov", "22"},
	    {"%{word:a} x", true, false, "anything", ""},
	    {"%(a%|b%)?c", false, false, "c", "d"},
	    {"%{one(GET|POST):a} x", false, false, "P", "H"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct fixture f;
		CHECK(compile(&f, rows[i].pattern) == ERR_OK);
		bool right = f.pattern.open == rows[i].open && f.pattern.names == rows[i].names &&
		             pattern_can_begin(&f.pattern, str_from(rows[i].begins)) &&
		             !pattern_can_begin(&f.pattern, str_from(rows[i].not));
		if (!CHECK(right)) {
			tap_check(false, rows[i].pattern, 0, "begins otherwise");
		}
		done(&f);
	}
}

/* Rules over events: what each form of selection and each modifier means. */
#include "sigma/event.h"

#include "sigma/sample.h"

struct row {
	const char *selection; /* lines under "  s:" */
	const char *yes, *no;  /* events */
};

static void check_rows(const struct row *rows, size_t count) {
	for (size_t i = 0; i < count; i++) {
		struct buf text = {0};
		buf_printf(&text, SAMPLE_HEAD "  s:\n%s\n  condition: s\n", rows[i].selection);
		*buf_reserve(&text, 1) = '\0';
		struct sigma_set *set = sample_set(text.ptr, 0);
		if (!CHECK(sample_holds(set, 0, rows[i].yes)) ||
		    !CHECK(!sample_holds(set, 0, rows[i].no))) {
			printf("# %s: %s, %s\n", rows[i].selection, rows[i].yes, rows[i].no);
		}
		sigma_set_free(set);
		buf_deinit(&text);
	}
}

TEST(maps_and_lists_mean_and_and_or) {
	static const struct row rows[] = {
	    {"    A: x\n    B: y", "A=x;B=Y", "A=x;B=z"},
	    {"    A: [x, y]", "A=Y", "A=z"},
	    {"    - A: x\n      C: z\n    - B: y", "B=y", "A=x;C=y"},
	    {"    - A: x\n      C: z\n    - B: y", "A=x;C=z", "B=x"},
	    {"    - lost\n    - A: x", "Z=it is LOST now", "A=lo st"},
	    {"    lost", "Z=it is LOST now", "Z=last"},
	    {"    - 4*2", "Z=a 4--2 b", "Z=2--4"},
	    {"    '|all': [one, two]", "A=one;B=a two", "A=one"},
	    {"    '|re': '^o.e$'", "A=one", "A=ones"},
	    {"    A|contains: x\n    A|endswith: y", "A=axby", "A=axb"},
	};
	check_rows(rows, ARRAY_LEN(rows));
}

TEST(values_are_texts_numbers_and_nothing) {
	static const struct row rows[] = {
	    {"    A: 4624", "A=4624", "A=04624"}, {"    A: 0x10", "A=16", "A=0x10"},
	    {"    A: True", "A=tRUE", "A=false"}, {"    A: yes", "A=YES", "A=true"},
	    {"    A: ''", "A=", "A= "},           {"    A: ''", "A=", "B="},
	    {"    A: null", "B=", "A="},          {"    A:", "A=null", "A=x"},
	    {"    A: [null, '']", "A=", "A=x"},   {"    A: '*'", "A=", "B=x"},
	    {"    A: a?c*", "A=ABCD", "A=ac"},    {"    A: 'C:\\x\\\\*'", "A=c:\\X\\y", "A=c:\\x*"},
	    {"    A B: x", "A B=x", "AC=x"},      {"    AB: x", "A B=x", "A C=x"},
	};
	check_rows(rows, ARRAY_LEN(rows));
}

TEST(modifiers_mean_what_the_specification_says) {
	static const struct row rows[] = {
	    {"    A|contains: 42", "A=x42", "A=4 2"},
	    {"    A|startswith: [ab, c]", "A=CD", "A=bc"},
	    {"    A|endswith|cased: .Exe", "A=a.Exe", "A=a.exe"},
	    {"    A|all|contains: [a, b]", "A=xbxa", "A=xb"},
	    {"    A|contains|windash|all: [' -a', ' -b']", "A= /a -b", "A= /a +b"},
	    {"    A|neq: [x, y]", "A=z", "A=Y"},
	    {"    A|neq: x", "B=x", "A=x"},
	    {"    A|exists: true", "A=", "B=x"},
	    {"    A|exists: False", "B=x", "A=null"},
	    {"    A|re|i: '^ab'", "A=ABC", "A=cab"},
	    {"    A|re|contains: 'b.d'", "A=abcde", "A=abde"},
	    {"    A|re|m|s: '^b.c'", "A=a\nb\nc", "A=bc"},
	    {"    A|cidr: [10.0.0.0/8, 'fc00::/7']", "A=fd00::5", "A=11.0.0.1"},
	    {"    A|gte: 5\n    A|lt: 7.5", "A=7", "A=8"},
	    {"    A|gt: [100, 5]", "A=6", "A=five"},
	    {"    A|fieldref: B", "A=x;B=X", "A=x;B=y"},
	    {"    A|fieldref|startswith: B", "A=xy;B=x", "A=xy;B=y"},
	    {"    A|neq|fieldref: B", "A=x;B=y", "A=x;B=x"},
	    {"    A|hour: 3", "A=2026-11-22T03:00:00Z", "A=2026-11-22T04:00:00Z"},
	    {"    A|hour|gte: 22", "A=2026-11-22 23:00:00", "A=2026-11-22 21:59:59"},
	    {"    A|base64|contains: secret", "A=x c2VjcmV0 y", "A=secret"},
	    {"    A|base64offset|contains: secret", "A=eCBzZWNyZXQgeQ==", "A=secret"},
	    {"    A|wide|base64|contains: hi", "A=aABpAA==", "A=aGk="},
	    {"    A|utf16|base64: hi", "A=//5oAGkA", "A=aABpAA=="},
	    {"    A|utf16be|base64: hi", "A=AGgAaQ==", "A=aABpAA=="},
	};
	check_rows(rows, ARRAY_LEN(rows));
}

TEST(a_field_with_several_values_matches_if_one_of_them_does) {
	struct sigma_set *set =
	    sample_set(SAMPLE_HEAD "  s:\n    A|contains|all: [x, y]\n  condition: s\n", 0);
	struct sigma_matcher *matcher = sigma_matcher_new(set);
	struct buf list = {0};
	value_list_append(&list, value_string(STR("1x")));
	value_list_append(&list, value_string(STR("2y")));
	struct sigma_field fields[] = {{STR("A"), {VALUE_LIST, buf_str(&list)}}};
	struct sigma_event event = {.fields = fields, .fields_count = 1};
	sigma_matcher_event(matcher, &event);
	CHECK(sigma_matcher_rule(matcher, 0));
	CHECK(sigma_matcher_atom(matcher, 0));
	fields[0].value = (struct value){VALUE_LIST, STR("")};
	sigma_matcher_event(matcher, &event);
	CHECK(!sigma_matcher_rule(matcher, 0));
	CHECK_EQ(sigma_matcher_error(matcher), ERR_OK);
	sigma_matcher_free(matcher);
	buf_deinit(&list);
	sigma_set_free(set);
	CHECK(true);
}

TEST(keywords_are_looked_for_where_the_caller_says) {
	struct sigma_set *set = sample_set(SAMPLE_HEAD "  s: [lost]\n  condition: s\n", 0);
	struct sigma_matcher *matcher = sigma_matcher_new(set);
	struct sigma_field fields[] = {{STR("A"), {VALUE_STRING, STR("lost")}}};
	struct str line = STR("all is well");
	struct sigma_event event = {
	    .fields = fields, .fields_count = 1, .keywords = &line, .keywords_count = 1};
	sigma_matcher_event(matcher, &event);
	CHECK(!sigma_matcher_rule(matcher, 0));
	line = STR("all is Lost");
	sigma_matcher_event(matcher, &event);
	CHECK(sigma_matcher_rule(matcher, 0));
	sigma_matcher_free(matcher);
	sigma_set_free(set);
}

TEST(a_regex_that_gives_up_is_told) {
	struct sigma_set *set =
	    sample_set(SAMPLE_HEAD "  s:\n    A|re: '^(a|aa)+$'\n  condition: s\n", 0);
	struct sigma_matcher *matcher = sigma_matcher_new(set);
	char text[3000];
	memset(text, 'a', sizeof(text));
	text[sizeof(text) - 1] = 'b';
	struct sigma_field fields[] = {{STR("A"), {VALUE_STRING, str_make(text, sizeof(text))}}};
	struct sigma_event event = {.fields = fields, .fields_count = 1};
	sigma_matcher_event(matcher, &event);
	CHECK(!sigma_matcher_rule(matcher, 0));
	CHECK_EQ(sigma_matcher_error(matcher), ERR_LIMIT);
	sigma_matcher_free(matcher);
	sigma_set_free(set);
}

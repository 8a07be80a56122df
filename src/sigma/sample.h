/* For tests of rules: sets from texts, and events from "A=x;B=y".
 */
#pragma once

#include "sigma/event.h"
#include "tap.h"

#define SAMPLE_HEAD "title: t\nlogsource:\n  category: test\ndetection:\n"

/* A closed set of one file of that text; its problems are printed when there should be none. */
static inline struct sigma_set *sample_set(const char *text, uint32_t refused) {
	struct sigma_set *set = sigma_set_new();
	sigma_set_add(set, STR("x.yml"), str_from(text));
	sigma_set_close(set);
	if (!CHECK_EQ(set->refused, refused)) {
		for (uint32_t i = 0; i < set->problems_count; i++) {
			struct buf line = {0};
			sigma_problem_append(&line, &set->problems[i]);
			printf("# %.*s", STR_ARG(buf_str(&line)));
			buf_deinit(&line);
		}
	}
	return set;
}

enum { SAMPLE_FIELDS_MAX = 12 };
static inline uint32_t sample_event(const char *text, struct sigma_field *fields) {
	struct str rest = str_from(text);
	uint32_t count = 0;
	while (rest.len > 0 && count < SAMPLE_FIELDS_MAX) {
		struct str value = str_cut(&rest, ';');
		fields[count].name = str_cut(&value, '=');
		fields[count++].value =
		    str_eq(value, STR("null")) ? (struct value){VALUE_JSON, value} : value_string(value);
	}
	return count;
}

/* Whether rule i of the set holds for the event. */
static inline bool sample_holds(const struct sigma_set *set, uint32_t i, const char *event) {
	struct sigma_field fields[SAMPLE_FIELDS_MAX];
	struct sigma_event e = {.fields = fields, .fields_count = sample_event(event, fields)};
	struct sigma_matcher *matcher = sigma_matcher_new(set);
	sigma_matcher_event(matcher, &e);
	bool holds = i < set->rules_count && sigma_matcher_rule(matcher, i);
	sigma_matcher_free(matcher);
	return holds;
}

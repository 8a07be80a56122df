/* Sets: what is shared, what is kept, and what every mistake is told as (golden rule_errors.txt).
 */
#include "sigma/set.h"

#include "base/limits.h"
#include "sigma/sample.h"

TEST(equal_atoms_of_all_rules_are_one) {
	struct sigma_set *set = sample_set(
	    SAMPLE_HEAD "  s: {A|contains: [x, y]}\n  condition: s\n---\n" SAMPLE_HEAD
	                "  s: {A: '*X*', B: y}\n  t: {A: '*y*'}\n  condition: s and not t and not t\n",
	    0);
	REQUIRE(set->rules_count == 2);
	CHECK_EQ(set->documents, 2);
	CHECK_EQ(set->atoms_count, 4); /* x, y; X, B */
	for (uint32_t i = 0; i < set->rules_count; i++) {
		CHECK(program_valid(&set->rules[i].program, set->atoms_count));
	}
	sigma_set_free(set);
}

TEST(metadata_and_unknown_keys_are_kept) {
	struct sigma_set *set = sample_set(
	    "title: T\nid: 5\nname: n\nstatus: test\ndescription: |\n  two\n  lines\n"
	    "references: [https://example.org]\nauthor: me\ndate: 2026-11-22\nmodified: 2026-11-23\n"
	    "tags: [attack.t1053.003, attack.persistence]\nfalsepositives: admins\nlevel: Medium\n"
	    "license: MIT\nscope: [server]\nfields: [A]\nrelated: [{id: x, type: derived}]\n"
	    "akashi: {kind: precursor, tests: {fires: []}}\nodd: {key: 1}\n"
	    "logsource: {product: linux, service: cron, definition: text, other: 1}\n"
	    "detection: {s: {A: 1}, condition: s}\n",
	    0);
	REQUIRE(set->rules_count == 1);
	const struct sigma_rule *rule = sigma_set_find(set, STR("5"));
	REQUIRE(rule == &set->rules[0]);
	CHECK(sigma_set_find(set, STR("n")) == rule && sigma_set_find(set, STR("T")) == rule);
	CHECK(sigma_set_find(set, STR("N")) == NULL);
	const struct sigma_meta *meta = &rule->meta;
	CHECK_STR(meta->path, "x.yml");
	CHECK_EQ(meta->place.line, 1);
	CHECK_STR(meta->description, "two\nlines\n");
	CHECK_STR(meta->date, "2026-11-22");
	CHECK_EQ(meta->level, SIGMA_MEDIUM);
	CHECK_STR(str_from(sigma_level_name(meta->level)), "medium");
	CHECK_EQ(meta->sign, SIGMA_PRECURSOR);
	CHECK_STR(str_from(sigma_sign_name(meta->sign)), "precursor");
	CHECK_EQ(meta->tags.count, 2);
	CHECK_STR(meta->falsepositives.items[0], "admins");
	CHECK_EQ(meta->related_count, 1);
	CHECK_STR(meta->related[0].type, "derived");
	CHECK_STR(rule->source.service, "cron");
	CHECK_STR(rule->source.definition, "text");
	CHECK(tree_find(meta->document, STR("odd"), NULL) != NULL);
	CHECK_EQ(set->problems_count, 0);
	sigma_set_free(set);
}

#define RULE(detection_) "title: t\nlogsource: {category: c}\ndetection:\n" detection_
#define CORRELATION(text_) "title: c\ncorrelation: {" text_ "}\n"

static const char *const mistakes[] = {
    "",
    "a: [x\n",
    "- a\n",
    "title: t\ntitle: t\n",
    "action: global\ntitle: t\n",
    "logsource: {category: c}\ndetection: {s: {A: 1}, condition: s}\n",
    "title: [t]\n",
    "title: t\nlogsource: {category: c}\n",
    "title: t\ndetection: {s: {A: 1}, condition: s}\n",
    "title: t\nlogsource: {definition: x}\ndetection: {s: {A: 1}, condition: s}\n",
    "title: t\nlevel: urgent\n",
    "title: t\ntags: {a: b}\n",
    "title: t\nakashi: {kind: odd}\n",
    "title: t\nstatus: odd\nlogsource: {category: c}\ndetection: {s: {A: 1}, condition: s}\n",
    RULE("  condition: s\n"),
    RULE("  s: {A: 1}\n"),
    RULE("  s: {}\n  condition: s\n"),
    RULE("  s: []\n  condition: s\n"),
    RULE("  s: {A: []}\n  condition: s\n"),
    RULE("  s: {A: {B: 1}}\n  condition: s\n"),
    RULE("  s: {A: [[1]]}\n  condition: s\n"),
    RULE("  s: [null]\n  condition: s\n"),
    RULE("  s: {A|odd: 1}\n  condition: s\n"),
    RULE("  s: {A|contains|endswith: x}\n  condition: s\n"),
    RULE("  s: {A|i: x}\n  condition: s\n"),
    RULE("  s: {A|re|cidr: x}\n  condition: s\n"),
    RULE("  s: {A|re|startswith: x}\n  condition: s\n"),
    RULE("  s: {A|re: '(x'}\n  condition: s\n"),
    RULE("  s: {A|cidr: 10.0.0.0/33}\n  condition: s\n"),
    RULE("  s: {A|exists: 'true'}\n  condition: s\n"),
    RULE("  s: {A|exists: [true]}\n  condition: s\n"),
    RULE("  s: {'|exists': true}\n  condition: s\n"),
    RULE("  s: {A|gt: '5'}\n  condition: s\n"),
    RULE("  s: {A|contains: null}\n  condition: s\n"),
    RULE("  s: {A|base64: 'a*'}\n  condition: s\n"),
    RULE("  s: {A|base64offset: ''}\n  condition: s\n"),
    RULE("  s: {A|base64|re: x}\n  condition: s\n"),
    RULE("  s: {A|cased|gt: 5}\n  condition: s\n"),
    RULE("  s: {A|fieldref: 5}\n  condition: s\n"),
    RULE("  s: {A|expand: '%nobody%'}\n  condition: s\n"),
    RULE("  s: {A|windash: '-a -b -c -d -e -f -g'}\n  condition: s\n"),
    RULE("  s: {A: 1}\n  condition: ''\n"),
    RULE("  s: {A: 1}\n  condition: s and\n"),
    RULE("  s: {A: 1}\n  condition: s t\n"),
    RULE("  s: {A: 1}\n  condition: (s\n"),
    RULE("  s: {A: 1}\n  condition: 'not t'\n"),
    RULE("  s: {A: 1}\n  condition: 2 of s\n"),
    RULE("  s: {A: 1}\n  condition: 1 of t*\n"),
    RULE("  s: {A: 1}\n  condition: 1 of (s)\n"),
    RULE("  s: {A: 1}\n  condition: [s, {a: b}]\n"),
    RULE("  s: {A: 1}\n  condition: s | count() > 5\n"),
    RULE("  s: {A: 1}\n  timeframe: 5m\n  condition: s | median(x) > 5\n"),
    CORRELATION("type: odd, rules: [a], timespan: 1m"),
    CORRELATION("type: temporal, timespan: 1m"),
    CORRELATION("type: temporal, rules: [a]"),
    CORRELATION("type: temporal, rules: [a], timespan: 10x"),
    CORRELATION("type: temporal, rules: [a], timespan: 1m"),
    CORRELATION("type: event_count, rules: [a], timespan: 1m"),
    CORRELATION("type: event_count, rules: [a], timespan: 1m, condition: {gte: x}"),
    CORRELATION("type: event_count, rules: [a], timespan: 1m, condition: {odd: 5}"),
    CORRELATION("type: event_count, rules: [a], timespan: 1m, condition: {field: x, gt: 5}"),
    CORRELATION("type: value_count, rules: [a], timespan: 1m, condition: {gt: 5}"),
    CORRELATION("type: value_percentile, rules: [a], timespan: 1m, condition: {field: x, gt: "
                "5, percentile: 101}"),
    CORRELATION("type: temporal, rules: [a], timespan: 1m, aliases: {u: {b: x}}"),
    CORRELATION("type: temporal, rules: [a], timespan: 1m, generate: maybe"),
    CORRELATION("type: temporal, rules: [a, a], timespan: 1m"),
    CORRELATION(
        "type: temporal, rules: [a, b], timespan: 1m") "---\nname: a\nid: b\n"
                                                       "logsource: {category: c}\ndetection: {s: "
                                                       "{A: 1}, condition: s}\n",
    "title: f\nlogsource: {category: c}\nfilter: {s: {A: 1}, condition: s}\n",
    "title: f\nlogsource: {category: c}\nfilter: {rules: [a], s: {A: 1}, condition: t}\n",
};

TEST(every_mistake_is_told_with_its_place_and_reason) {
	struct buf out = {0};
	for (size_t i = 0; i < ARRAY_LEN(mistakes); i++) {
		struct sigma_set *set = sigma_set_new();
		sigma_set_add(set, STR("x.yml"), str_from(mistakes[i]));
		sigma_set_close(set);
		CHECK(set->problems_count > 0);
		buf_append_str(&out, str_from(mistakes[i]));
		for (uint32_t k = 0; k < set->problems_count; k++) {
			buf_append_str(&out, STR("=> "));
			sigma_problem_append(&out, &set->problems[k]);
		}
		buf_append_char(&out, '\n');
		sigma_set_free(set);
	}
	CHECK(tap_check_golden("rule_errors.txt", out.ptr, out.len));
	buf_deinit(&out);
}

TEST(what_is_wrong_does_not_take_its_file_with_it) {
	struct sigma_set *set = sample_set(
	    RULE("  s: {A|odd: 1}\n  condition: s\n") "---\n" RULE("  s: {A: 1}\n  condition: s\n"), 1);
	CHECK_EQ(set->rules_count, 1);
	CHECK_EQ(set->rules[0].meta.place.line, 7);
	CHECK_EQ(set->problems[0].place.line, 4);
	sigma_set_free(set);
}

TEST(names_that_are_taken_twice_are_told) {
	static const char text[] = "title: t\nid: x\nlogsource: {category: c}\n"
	                           "detection: {s: {A: 1}, condition: s}\n";
	struct sigma_set *set = sigma_set_new();
	sigma_set_add(set, STR("a.yml"), str_from(text));
	sigma_set_add(set, STR("b.yml"), str_from(text));
	sigma_set_close(set);
	REQUIRE(set->problems_count == 1);
	CHECK(set->problems[0].warning);
	CHECK_STR(set->problems[0].path, "b.yml");
	CHECK_EQ(set->refused, 0);
	sigma_set_free(set);
}

TEST(placeholders_come_from_a_file) {
	struct sigma_set *set = sigma_set_new();
	CHECK(sigma_set_placeholders(set, STR("p.yml"), STR("admins: [root, adm*]\nsrv: web01\n")) ==
	      ERR_OK);
	sigma_set_add(set, STR("x.yml"),
	              STR(RULE("  s: {A|expand: '%admins%', B|expand|endswith: '-%srv%'}\n"
	                       "  condition: s\n")));
	sigma_set_close(set);
	CHECK_EQ(set->refused, 0);
	CHECK(sample_holds(set, 0, "A=admin;B=x-web01"));
	CHECK(!sample_holds(set, 0, "A=%admins%;B=x-web01"));
	sigma_set_free(set);
	set = sigma_set_new();
	CHECK(sigma_set_placeholders(set, STR("p.yml"), STR("- a\n")) == ERR_INVALID);
	CHECK(sigma_set_placeholders(set, STR("p.yml"), STR("a: {b: c}\n")) == ERR_INVALID);
	CHECK(sigma_set_placeholders(set, STR("p.yml"), STR("a: []\n")) == ERR_INVALID);
	CHECK(sigma_set_placeholders(set, STR("p.yml"), STR("a: [\n")) == ERR_INVALID);
	CHECK_EQ(set->problems_count, 4);
	sigma_set_free(set);
}

TEST(hostile_rules_cost_little) {
	struct buf text = {0};
	buf_append_str(&text, STR(SAMPLE_HEAD "  s:\n    A: ["));
	for (int i = 0; i < 1050000; i++) {
		buf_append_str(&text, STR("x,"));
	}
	buf_append_str(&text, STR("]\n  condition: s\n"));
	*buf_reserve(&text, 1) = '\0';
	struct sigma_set *set = sample_set(text.ptr, 1);
	sigma_set_free(set);
	buf_clear(&text); /* one selection, named again and again */
	buf_append_str(&text, STR(SAMPLE_HEAD "  s:\n    A: ["));
	for (int i = 0; i < 10000; i++) {
		buf_printf(&text, "v%d,", i);
	}
	buf_append_str(&text, STR("x]\n  condition: s"));
	for (int i = 0; i < 10000; i++) {
		buf_append_str(&text, STR(" or not s"));
	}
	*buf_reserve(&text, 1) = '\0';
	set = sample_set(text.ptr, 1);
	CHECK_STR(set->problems[0].message,
	          "the rule is too large: its values and conditions are more than 131072");
	sigma_set_free(set);
	buf_deinit(&text);
}

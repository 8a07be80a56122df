/* Findings summed up by rule, level, day and host. */
#include "detect/findings.h"

#include "sigma/sample.h"

#define RULE(title, level)                                                                         \
	"---\ntitle: " title "\nlevel: " level "\nlogsource: {category: t}\ndetection:\n  s: {A: x}\n" \
	"  condition: s\n"

static void add(struct findings *f, uint32_t subject, int64_t day, const char *host) {
	struct matched_field field = {STR("A"), STR("x"), true};
	struct finding finding = {.subject = subject,
	                          .time_ns = day * 86400000000000,
	                          .host = str_from(host),
	                          .fields = &field,
	                          .fields_count = 1};
	findings_add(f, &finding, 0);
}

TEST(findings_are_counted_and_the_first_are_kept) {
	CLEANUP(arena_freep) struct arena *arena = arena_new(SIZE_MAX);
	struct sigma_set *set =
	    sample_set(RULE("one", "low") RULE("two", "high") RULE("three", "low"), 0);
	struct findings *f = findings_new(set, 2);
	uint32_t count;
	add(f, 0, 3, "a");
	add(f, 2, 2, "a");
	add(f, 2, 2, "b");
	add(f, 2, 1, "a");
	add(f, 1, 4, "");
	CHECK_EQ(f->total[SIGMA_LOW], 4);
	CHECK_EQ(f->rules_hit[SIGMA_LOW], 2);
	CHECK_EQ(f->rules_hit[SIGMA_HIGH], 1);
	CHECK_EQ(f->rules[2].kept_count, 2);
	CHECK_EQ(f->rules[2].hosts, 2);
	CHECK_EQ(f->rules[2].first_ns, 86400000000000);
	CHECK_EQ(f->rules[2].last_ns, 2 * 86400000000000);
	CHECK_STR(f->rules[2].kept[1].host, "b");
	CHECK_STR(f->rules[2].kept[1].fields[0].text, "x");
	CHECK_EQ(*map_find(f->days[SIGMA_LOW], STR("1970-01-03")), 2);
	CHECK_EQ(*map_find(f->hosts[SIGMA_LOW], STR("a")), 2);
	CHECK_EQ(map_count(f->hosts[SIGMA_HIGH]), 0);
	const uint32_t *order = findings_order(f, arena, &count);
	CHECK_EQ(count, 3);
	CHECK(order[0] == 1 && order[1] == 2 && order[2] == 0);
	CHECK_EQ(f->first_finding_ns, 86400000000000);
	findings_free(f);
	sigma_set_free(set);
}

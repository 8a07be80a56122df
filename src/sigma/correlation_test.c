/* Correlations, filters and aggregations: what becomes of them in a set. */
#include "base/instant.h"
#include "sigma/reading.h"
#include "sigma/sample.h"

#define BASE(name_)                                                                       \
	"---\ntitle: " name_ "\nname: " name_ "\nid: id-" name_ "\nlogsource: {product: p}\n" \
	"detection: {s: {" name_ ": 1}, condition: s}\n"

TEST(a_correlation_is_read_whole) {
	struct sigma_set *set =
	    sample_set("title: c\nname: c\nlevel: high\ncorrelation:\n"
	               "  type: value_count\n  rules: [a, id-b]\n"
	               "  group-by: [host, user]\n  timespan: 90m\n"
	               "  condition: {field: dst, gte: 10, lt: 20}\n"
	               "  aliases: {user: {a: src, id-b: dst.user}}\n" BASE("a") BASE("b"),
	               0);
	REQUIRE(set->correlations_count == 1 && set->rules_count == 2);
	const struct sigma_correlation *c = &set->correlations[0];
	CHECK_EQ(c->type, SIGMA_VALUE_COUNT);
	CHECK_STR(str_from(sigma_correlation_type_name(c->type)), "value_count");
	CHECK(c->sound && c->alerts && !c->generate);
	CHECK_EQ(c->meta.level, SIGMA_HIGH);
	CHECK_EQ(c->timespan_ns, 5400 * INSTANT_SECOND);
	CHECK_EQ(c->refs_count, 2);
	CHECK_EQ(c->refs[1].index, 1);
	CHECK(!c->refs[1].to_correlation);
	CHECK_EQ(c->group_by.count, 2);
	CHECK_STR(c->fields.items[0], "dst");
	CHECK_EQ(c->bounds_count, 2);
	CHECK(c->bounds[0].compare == SIGMA_GTE && c->bounds[1].compare == SIGMA_LT);
	CHECK_EQ((int)c->bounds[1].value, 20);
	CHECK_EQ(c->aliases_count, 2);
	CHECK_STR(c->aliases[1].field, "dst.user");
	CHECK_EQ(c->aliases[1].ref, 1);
	CHECK(!set->rules[0].alerts && !set->rules[1].alerts);
	sigma_set_free(set);
}

TEST(what_alerts_follows_generate) {
	struct sigma_set *set =
	    sample_set("title: c\nname: c\ncorrelation: {type: temporal, rules: [a, d], timespan: 5m, "
	               "generate: true}\n---\ntitle: d\nname: d\ncorrelation: {type: event_count, "
	               "rules: b, timespan: 1d, condition: {gt: 3}}\n" BASE("a") BASE("b") BASE("e"),
	               0);
	REQUIRE(set->correlations_count == 2 && set->rules_count == 3);
	CHECK(set->correlations[0].alerts && set->correlations[1].alerts);
	CHECK(set->correlations[0].refs[1].to_correlation);
	CHECK_EQ((int)set->correlations[0].bounds[0].value, 2);
	CHECK(set->rules[0].alerts && !set->rules[1].alerts && set->rules[2].alerts);
	sigma_set_free(set);
}

TEST(a_temporal_condition_may_name_its_rules) {
	struct sigma_set *set =
	    sample_set("title: c\ncorrelation: {type: temporal, rules: [a, b], "
	               "timespan: 5m, condition: a and not b}\n" BASE("a") BASE("b"),
	               0);
	REQUIRE(set->correlations_count == 1);
	const struct program *program = &set->correlations[0].program;
	REQUIRE(program_valid(program, 2));
	CHECK(program_eval(program, (const uint64_t[]){1}));
	CHECK(!program_eval(program, (const uint64_t[]){3}));
	sigma_set_free(set);
}

TEST(circles_and_missing_rules_are_refused_and_silence_nothing) {
	struct sigma_set *set = sample_set(
	    "title: c\nname: c\ncorrelation: {type: temporal, rules: [d, a], timespan: 5m}\n---\n"
	    "title: d\nname: d\ncorrelation: {type: temporal, rules: [c], timespan: 5m}\n---\n"
	    "title: e\nname: e\ncorrelation: {type: temporal, rules: [none], timespan: 5m}\n---\n"
	    "title: f\ncorrelation: {type: temporal, rules: [e], timespan: 5m}\n" BASE("a"),
	    4);
	for (uint32_t i = 0; i < set->correlations_count; i++) {
		CHECK(!set->correlations[i].sound && !set->correlations[i].alerts);
	}
	CHECK(set->rules[0].alerts);
	sigma_set_free(set);
}

TEST(timespans_are_numbers_with_a_unit) {
	int64_t ns = 0;
	CHECK(timespan_parse(STR("30s"), &ns) && ns == 30 * INSTANT_SECOND);
	CHECK(timespan_parse(STR("7d"), &ns) && ns == 604800 * INSTANT_SECOND);
	CHECK(!timespan_parse(STR("10x"), &ns));
	CHECK(!timespan_parse(STR("0s"), &ns));
	CHECK(!timespan_parse(STR("h"), &ns));
	CHECK(!timespan_parse(STR("-1h"), &ns));
	CHECK(!timespan_parse(STR("1000000y"), &ns));
}

/* ---- aggregations of Sigma 1 ---- */

static struct sigma_set *aggregation(const char *condition, uint32_t refused) {
	struct buf text = {0};
	buf_printf(&text, SAMPLE_HEAD "  s: {A: 1}\n  o: {B: 1}\n  timeframe: 5m\n  condition: %s\n",
	           condition);
	*buf_reserve(&text, 1) = '\0';
	struct sigma_set *set = sample_set(text.ptr, refused);
	buf_deinit(&text);
	return set;
}

TEST(counts_of_old_rules_become_correlations) {
	struct sigma_set *set = aggregation("s and not o | count() by host, user > 10", 0);
	REQUIRE(set->correlations_count == 1 && set->rules_count == 1);
	const struct sigma_correlation *c = &set->correlations[0];
	CHECK_EQ(c->type, SIGMA_EVENT_COUNT);
	CHECK_EQ(c->group_by.count, 2);
	CHECK_STR(c->group_by.items[1], "user");
	CHECK(c->bounds[0].compare == SIGMA_GT && (int)c->bounds[0].value == 10);
	CHECK(c->alerts && c->sound && !set->rules[0].alerts);
	CHECK(sample_holds(set, 0, "A=1"));
	CHECK(!sample_holds(set, 0, "A=1;B=1"));
	sigma_set_free(set);
	set = aggregation("s | count(dst) by src>=5", 0);
	CHECK_EQ(set->correlations[0].type, SIGMA_VALUE_COUNT);
	CHECK_STR(set->correlations[0].fields.items[0], "dst");
	CHECK_EQ(set->correlations[0].bounds[0].compare, SIGMA_GTE);
	sigma_set_free(set);
	set = aggregation("s | sum(bytes) > 1000", 0);
	CHECK_EQ(set->correlations[0].type, SIGMA_VALUE_SUM);
	sigma_set_free(set);
}

TEST(near_of_old_rules_becomes_a_temporal_correlation) {
	struct sigma_set *set = aggregation("s | near o", 0);
	REQUIRE(set->correlations_count == 1 && set->rules_count == 2);
	CHECK_EQ(set->correlations[0].type, SIGMA_TEMPORAL);
	CHECK_EQ(set->correlations[0].refs_count, 2);
	CHECK(sample_holds(set, 0, "A=1") && sample_holds(set, 1, "B=1"));
	CHECK(!set->rules[1].alerts);
	sigma_set_free(set);
}

TEST(aggregations_that_cannot_be_are_refused_whole) {
	static const char *const rows[] = {
	    "s | near o and not s", "s | max(x) > 1",      "s | count( > 1",
	    "s | count() by > 1",   "s | count() 5",       "s | count() > x",
	    "s | near nothing",     "s | count() > 5 or",  "s |",
	    "s | sum() > 1",        "[s | count() > 1, o]"};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct sigma_set *set = aggregation(rows[i], 1);
		CHECK_EQ(set->rules_count + set->correlations_count, 0);
		sigma_set_free(set);
	}
}

/* ---- filters ---- */

static bool filtered(const char *filter, const char *event, uint32_t applied) {
	struct buf text = {0};
	buf_printf(&text, "title: f\nlogsource: {product: p}\nfilter:\n%s%s", filter, BASE("a"));
	*buf_reserve(&text, 1) = '\0';
	struct sigma_set *set = sample_set(text.ptr, 0);
	CHECK_EQ(set->filters[0].applied, applied);
	bool holds = sample_holds(set, 0, event);
	buf_deinit(&text);
	sigma_set_free(set);
	return !holds;
}

TEST(filters_leave_out_whether_they_say_what_is_left_out_or_what_is_kept) {
	CHECK(filtered("  rules: [a]\n  x: {U: adm}\n  condition: x\n", "a=1;U=adm", 1));
	CHECK(!filtered("  rules: [a]\n  x: {U: adm}\n  condition: x\n", "a=1;U=eve", 1));
	CHECK(filtered("  rules: [id-a]\n  x: {U: adm}\n  condition: not x\n", "a=1;U=adm", 1));
	CHECK(!filtered("  rules: id-a\n  x: {U: adm}\n  condition: not x\n", "a=1", 1));
	CHECK(filtered("  rules: any\n  x: {U: adm}\n  condition: x\n", "a=1;U=adm", 1));
	CHECK(!filtered("  rules: [b]\n  x: {U: adm}\n  condition: x\n", "a=1;U=adm", 0));
}

TEST(filters_of_another_log_source_are_not_applied) {
	struct sigma_set *set = sample_set("title: f\nlogsource: {product: q}\nfilter: {rules: [a], x: "
	                                   "{U: adm}, condition: x}\n" BASE("a"),
	                                   0);
	CHECK_EQ(set->filters[0].applied, 0);
	REQUIRE(set->problems_count == 1);
	CHECK(set->problems[0].warning);
	CHECK(sample_holds(set, 0, "a=1;U=adm"));
	sigma_set_free(set);
}

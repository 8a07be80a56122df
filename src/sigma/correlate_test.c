/* Correlations over events: windows, groups, orders, chains, limits. */
#include "sigma/correlate.h"

#include "base/instant.h"
#include "base/limits.h"
#include "sigma/sample.h"

struct trial {
	struct sigma_set *set;
	struct sigma_matcher *matcher;
	struct sigma_correlator *correlator;
	struct buf log; /* "c user=bob 0-20;" for each firing */
};

static void note(void *ctx, const struct sigma_firing *firing) {
	struct trial *trial = ctx;
	const struct sigma_correlation *c = &trial->set->correlations[firing->correlation];
	buf_append_str(&trial->log, c->meta.title);
	for (uint32_t i = 0; i < firing->groups_count; i++) {
		buf_printf(&trial->log, " %.*s=%.*s", STR_ARG(c->group_by.items[i]),
		           STR_ARG(firing->groups[i]));
	}
	buf_printf(&trial->log, " %lld-%lld;", (long long)(firing->first_ns / INSTANT_SECOND),
	           (long long)(firing->last_ns / INSTANT_SECOND));
}

#define BASE(name_)                                                                             \
	"---\nname: " name_ "\nlogsource: {product: p}\ndetection: {s: {r: " name_ "}, condition: " \
	"s}\n"

static struct trial begin(const char *correlations) {
	struct buf text = {0};
	buf_printf(&text, "%s%s", correlations, BASE("a") BASE("b") BASE("d"));
	*buf_reserve(&text, 1) = '\0';
	struct trial trial = {.set = sample_set(text.ptr, 0)};
	trial.matcher = sigma_matcher_new(trial.set);
	buf_deinit(&text);
	return trial;
}

static void add(struct trial *trial, int64_t second, const char *event) {
	struct sigma_field fields[SAMPLE_FIELDS_MAX];
	struct sigma_event e = {.fields = fields, .fields_count = sample_event(event, fields)};
	uint32_t rules[3];
	uint32_t count = 0;
	if (trial->correlator == NULL) {
		trial->correlator = sigma_correlator_new(trial->set, note, trial);
	}
	sigma_matcher_event(trial->matcher, &e);
	for (uint32_t i = 0; i < trial->set->rules_count; i++) {
		if (sigma_matcher_rule(trial->matcher, i)) {
			rules[count++] = i;
		}
	}
	sigma_correlator_add(trial->correlator, second * INSTANT_SECOND, &e, rules, count);
}

static void end(struct trial *trial, const char *expected) {
	CHECK_STR(trial->log, expected);
	sigma_correlator_free(trial->correlator);
	sigma_matcher_free(trial->matcher);
	sigma_set_free(trial->set);
	buf_deinit(&trial->log);
}

#define COUNT(condition_)                                                                   \
	"title: c\ncorrelation: {type: event_count, rules: [a], group-by: [u], timespan: 10m, " \
	"condition: {" condition_ "}}\n"

TEST(counts_slide_and_fire_once_while_they_hold) {
	struct trial t = begin(COUNT("gte: 3"));
	add(&t, 0, "r=a;u=bob");
	add(&t, 1, "r=a;u=amy");
	add(&t, 500, "r=a;u=bob");
	add(&t, 501, "r=b;u=bob");
	add(&t, 601, "r=a;u=bob"); /* the first is too old now */
	add(&t, 700, "r=a;u=bob");
	add(&t, 701, "r=a;u=bob"); /* goes on holding */
	add(&t, 702, "r=a");       /* belongs to no group */
	add(&t, 5000, "r=a;u=bob");
	add(&t, 5600, "r=a;u=bob");
	add(&t, 5600, "r=a;u=bob"); /* exactly a timespan is within it */
	end(&t, "c u=bob 500-700;c u=bob 5000-5600;");
}

TEST(bounds_may_be_several_and_of_all_kinds) {
	struct trial t = begin(COUNT("gt: 1, lt: 3"));
	add(&t, 0, "r=a;u=x");
	add(&t, 1, "r=a;u=x");
	add(&t, 2, "r=a;u=x");
	end(&t, "c u=x 0-1;");
	t = begin(COUNT("eq: 2"));
	add(&t, 0, "r=a;u=x");
	add(&t, 1, "r=a;u=x");
	end(&t, "c u=x 0-1;");
	t = begin(COUNT("neq: 1, lte: 2"));
	add(&t, 0, "r=a;u=x");
	add(&t, 1, "r=a;u=x");
	end(&t, "c u=x 0-1;");
}

TEST(an_event_that_several_rules_hold_for_counts_once) {
	struct trial t = begin("title: c\ncorrelation: {type: event_count, rules: [a, b], timespan: "
	                       "60s, condition: {gte: 2}}\n"
	                       "---\ntitle: s\ncorrelation: {type: value_sum, rules: [a, b], timespan: "
	                       "60s, condition: {field: n, gte: 4}}\n");
	add(&t, 0, "r=a;r=b;n=3");
	add(&t, 1, "r=b;r=a;n=3");
	end(&t, "c 0-1;s 0-1;");
}

TEST(values_are_counted_once_each_and_forgotten_with_the_window) {
	struct trial t = begin("title: c\ncorrelation: {type: value_count, rules: [a, b], timespan: "
	                       "60s, condition: {field: v, gte: 3}}\n");
	add(&t, 0, "r=a;v=1");
	add(&t, 1, "r=a;v=1");
	add(&t, 2, "r=b;v=2");
	add(&t, 3, "r=a"); /* no value */
	add(&t, 61, "r=a;v=2");
	add(&t, 62, "r=a;v=3"); /* 1 is gone: 2, 3 */
	add(&t, 63, "r=a;v=4");
	end(&t, "c 61-63;");
}

TEST(sums_averages_and_percentiles_are_of_numbers) {
	static const struct {
		const char *type, *condition, *expected;
	} rows[] = {
	    {"value_sum", "field: v, gt: 100", "c 0-2;"},
	    {"value_avg", "field: v, gte: 55", "c 0-2;"},
	    /* The median of two numbers is the lower one: nearest rank. */
	    {"value_percentile", "field: v, percentile: 50, gte: 40", "c 0-2;"},
	    {"value_percentile", "field: v, percentile: 100, gt: 99", "c 0-2;"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct buf text = {0};
		buf_printf(&text,
		           "title: c\ncorrelation: {type: %s, rules: [a], timespan: 1h, condition: {%s}}\n",
		           rows[i].type, rows[i].condition);
		*buf_reserve(&text, 1) = '\0';
		struct trial t = begin(text.ptr);
		add(&t, 0, "r=a;v=20");
		add(&t, 1, "r=a;v=40.5");
		add(&t, 1, "r=a;v=many");
		add(&t, 2, "r=a;v=120");
		end(&t, rows[i].expected);
		buf_deinit(&text);
	}
}

#define TEMPORAL(type_) \
	"title: c\ncorrelation: {type: " type_ ", rules: [a, b, d], group-by: [u], timespan: 5m}\n"

TEST(temporal_wants_all_rules_in_any_order) {
	struct trial t = begin(TEMPORAL("temporal"));
	add(&t, 0, "r=d;u=x");
	add(&t, 10, "r=d;u=x");
	add(&t, 20, "r=a;u=x");
	add(&t, 30, "r=b;u=y");
	add(&t, 311, "r=b;u=x"); /* d is too old */
	add(&t, 312, "r=d;u=x");
	end(&t, "c u=x 20-312;");
	t = begin("title: c\ncorrelation: {type: temporal, rules: [a, b], timespan: 5m, condition: "
	          "{gte: 1}}\n");
	add(&t, 0, "r=a");
	end(&t, "c 0-0;");
	t = begin("title: c\ncorrelation: {type: temporal, rules: [a, b], timespan: 5m, condition: "
	          "b and not a}\n");
	add(&t, 0, "r=a");
	add(&t, 1, "r=b");
	add(&t, 400, "r=b");
	end(&t, "c 400-400;");
}

TEST(ordered_wants_them_in_their_order_and_within_the_timespan) {
	struct trial t = begin(TEMPORAL("temporal_ordered"));
	add(&t, 0, "r=d;u=x");
	add(&t, 10, "r=b;u=x");
	add(&t, 20, "r=a;u=x");
	add(&t, 30, "r=d;u=x");
	add(&t, 40, "r=b;u=x");
	add(&t, 321, "r=d;u=x"); /* the first a is too old */
	end(&t, "");
	t = begin(TEMPORAL("temporal_ordered"));
	add(&t, 0, "r=a;u=x");
	add(&t, 100, "r=a;u=x");
	add(&t, 200, "r=b;u=x");
	add(&t, 390, "r=d;u=x");
	end(&t, "c u=x 100-390;");
}

TEST(correlations_stand_over_correlations) {
	struct trial t = begin(
	    "title: top\ncorrelation: {type: temporal_ordered, rules: [many, b], group-by: [u], "
	    "timespan: 10m}\n---\ntitle: many\nname: many\ncorrelation: {type: event_count, rules: "
	    "[a], group-by: [u, h], timespan: 1m, condition: {gte: 2}}\n");
	add(&t, 0, "r=a;u=x;h=1");
	add(&t, 1, "r=a;u=x;h=2");
	add(&t, 2, "r=b;u=x"); /* not twice on one host */
	add(&t, 3, "r=a;u=x;h=1");
	add(&t, 4, "r=b;u=y");
	add(&t, 5, "r=b;u=x");
	end(&t, "many u=x h=1 0-3;top u=x 3-5;");
}

TEST(aliases_name_the_fields_of_each_rule) {
	struct trial t = begin("title: c\ncorrelation: {type: temporal, rules: [a, b], timespan: 5m, "
	                       "group-by: [ip], aliases: {ip: {a: src, b: dst}}}\n");
	add(&t, 0, "r=a;src=1;dst=2");
	add(&t, 1, "r=b;src=1;dst=2");
	add(&t, 2, "r=b;src=3;dst=1");
	end(&t, "c ip=1 0-2;");
}

TEST(groups_that_are_over_are_forgotten) {
	struct trial t = begin(COUNT("gte: 2"));
	for (int i = 0; i < 20000; i++) {
		char event[64];
		(void)snprintf(event, sizeof(event), "r=a;u=%d", i);
		add(&t, i * 10, event);
	}
	add(&t, 199990, "r=a;u=19999");
	CHECK_EQ(sigma_correlator_dropped(t.correlator), 0);
	end(&t, "c u=19999 199990-199990;");
}

TEST(a_window_that_is_too_large_loses_its_oldest_and_says_so) {
	struct trial t = begin("title: c\ncorrelation: {type: value_count, rules: [a], timespan: 1d, "
	                       "condition: {field: v, gte: 2}}\n");
	add(&t, 0, "r=a;v=old");
	for (uint32_t i = 0; i < LIMIT_CORRELATION_EVENTS; i++) {
		add(&t, 1, "r=a;v=new");
	}
	CHECK_EQ(sigma_correlator_dropped(t.correlator), 1);
	end(&t, "c 0-1;");
}

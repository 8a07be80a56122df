/* Digests of rules: equal for what means the same, different for everything that counts. */
#include "sigma/digest.h"

#include "sigma/sample.h"

#define RULE(title, level, value)                   \
	"---\ntitle: " title "\nname: r\nlevel: " level \
	"\nlogsource: {category: t}\ndetection:\n  s: {A: " value "}\n  condition: s\n"

/* Of the first correlation, or of the last rule. */
static struct sigma_digest digest_of(const char *text) {
	CLEANUP(arena_freep) struct arena *arena = arena_new(SIZE_MAX);
	struct sigma_set *set = sample_set(text, 0);
	struct sigma_digest *digests = sigma_digests(set, arena);
	struct sigma_digest digest =
	    digests[set->correlations_count > 0 ? set->rules_count : set->rules_count - 1];
	sigma_set_free(set);
	return digest;
}

static bool same(const char *a, const char *b) {
	struct sigma_digest x = digest_of(a);
	struct sigma_digest y = digest_of(b);
	return memcmp(&x, &y, sizeof(x)) == 0;
}

TEST(where_a_rule_stands_and_comments_count_for_nothing) {
	CHECK(same(RULE("a", "low", "x"), RULE("a", "low", "x") "# comment\n"));
	CHECK(same(RULE("a", "low", "x"), RULE("b", "high", "y") RULE("a", "low", "x")));
	CHECK(same(RULE("a", "low", "x"), RULE("a", "low", "'x'") "author: somebody\n"));
}

TEST(what_a_rule_holds_for_and_says_counts) {
	CHECK(!same(RULE("a", "low", "x"), RULE("a", "low", "y")));
	CHECK(!same(RULE("a", "low", "x"), RULE("a", "high", "x")));
	CHECK(!same(RULE("a", "low", "x"), RULE("b", "low", "x")));
	CHECK(!same(RULE("a", "low", "x"), RULE("a", "low", "x") "tags: [attack.t1059]\n"));
	CHECK(!same(RULE("a", "low", "x"), RULE("a", "low", "x") "akashi: {kind: precursor}\n"));
}

#define FILTER                                                                      \
	"---\ntitle: f\nlogsource: {category: t}\nfilter:\n  rules: [r]\n  s: {B: z}\n" \
	"  condition: not s\n"

TEST(a_filter_changes_the_rules_that_it_is_about) {
	CHECK(!same(RULE("a", "low", "x"), RULE("a", "low", "x") FILTER));
}

#define CORRELATION(count)                                                              \
	"---\ntitle: c\ncorrelation:\n  type: event_count\n  rules: [r]\n  group-by: [A]\n" \
	"  timespan: 5m\n  condition: {gte: " count "}\n"

TEST(a_correlation_changes_with_its_bounds_and_its_rules) {
	CHECK(same(RULE("a", "low", "x") CORRELATION("3"), RULE("a", "low", "x") CORRELATION("3")));
	CHECK(!same(RULE("a", "low", "x") CORRELATION("3"), RULE("a", "low", "x") CORRELATION("4")));
	CHECK(!same(RULE("a", "low", "x") CORRELATION("3"), RULE("a", "low", "y") CORRELATION("3")));
}

#define OVER                                                                                 \
	"---\ntitle: d\nname: d\ncorrelation:\n  type: temporal\n  rules: [c]\n  timespan: 5m\n" \
	"  condition: {gte: 1}\n"
#define NAMED(count)                                                                            \
	"---\ntitle: c\nname: c\ncorrelation:\n  type: event_count\n  rules: [r]\n  timespan: 5m\n" \
	"  condition: {gte: " count "}\n"

TEST(a_correlation_over_another_changes_with_it) {
	const char *rule = RULE("a", "low", "x");
	CHECK(same(RULE("a", "low", "x") OVER NAMED("3"), RULE("a", "low", "x") OVER NAMED("3")));
	CHECK(!same(RULE("a", "low", "x") OVER NAMED("3"), RULE("a", "low", "x") OVER NAMED("4")));
	CHECK(!same(RULE("a", "low", "x") OVER NAMED("3"), RULE("a", "low", "y") OVER NAMED("3")));
	CHECK(!same(rule, RULE("a", "low", "x") OVER NAMED("3")));
}

/* The kept form of sets: nothing is lost, and what is damaged is refused. */
#include "sigma/kept.h"

#include "sigma/sample.h"
#include "sigma/source.h"

static const char everything[] =
    "title: Base\nname: base\nid: id-base\nstatus: test\ndescription: d\nauthor: a\n"
    "date: 2026-01-02\nmodified: 2026-01-03\nlicense: l\ntaxonomy: x\nlevel: high\n"
    "references: [r1, r2]\ntags: [attack.t1]\nfalsepositives: [none]\nfields: [A]\nscope: [s]\n"
    "related: [{id: other, type: derived}]\nakashi: {kind: precursor}\n"
    "logsource: {product: windows, category: process_creation, definition: as said}\n"
    "detection: {s: {A|re: 'x+', B|contains: [p, q], C|fieldref: D}, k: [word], condition: s or "
    "not k}\n---\n"
    "title: Second\nname: second\nlogsource: {product: nobody}\ndetection: {s: {A|gt: 4}, "
    "condition: s}\n---\n"
    "title: Values\nname: values\ncorrelation:\n  type: value_percentile\n  rules: [base, second]\n"
    "  group-by: [host, user]\n  timespan: 90m\n  generate: true\n"
    "  condition: {field: dst, gte: 10, lt: 20.5, percentile: 95}\n"
    "  aliases: {user: {base: src, second: dst.user}}\n---\n"
    "title: Chain\ncorrelation: {type: temporal, rules: [values, base], timespan: 5m, condition: "
    "values and not base}\n---\n"
    "title: Lost\ncorrelation: {type: temporal, rules: [missing], timespan: 5m}\n---\n"
    "title: Not\nlogsource: {product: windows}\nfilter: {rules: [base], selection: {E: 1}, "
    "condition: selection}\n---\n"
    "title: Old\nlogsource: {product: linux}\ndetection: {s: {A: 1}, timeframe: 5m, condition: s | "
    "count() by host > 3}\n---\n"
    "title: Wrong\nlogsource: {product: linux}\ndetection: {s: {A|odd: 1}, condition: s}\n";

static struct sigma_set *made(bool mapped) {
	struct sigma_set *set = sigma_set_new();
	sigma_set_add(set, STR("rules/x.yml"), str_from(everything));
	sigma_set_close(set);
	if (mapped) {
		struct sigma_sources *sources = sigma_sources_new();
		sigma_set_map(set, sources);
		sigma_sources_free(sources);
	}
	return set;
}

static struct sigma_set *again(const struct sigma_set *set) {
	CLEANUP(buf_deinit) struct buf kept = {0};
	struct sigma_set *loaded = NULL;
	sigma_set_save(set, &kept);
	CHECK_EQ(sigma_set_load(buf_str(&kept), &loaded), ERR_OK);
	return loaded;
}

TEST(a_set_is_read_again_as_it_was) {
	for (int mapped = 0; mapped < 2; mapped++) {
		CLEANUP(buf_deinit) struct buf first = {0};
		CLEANUP(buf_deinit) struct buf second = {0};
		struct sigma_set *set = made(mapped != 0);
		struct sigma_set *loaded = again(set);
		REQUIRE(loaded != NULL);
		sigma_set_save(set, &first);
		sigma_set_save(loaded, &second);
		CHECK(str_eq(buf_str(&first), buf_str(&second)));
		CHECK_EQ(loaded->rules_count, 3);
		CHECK_EQ(loaded->correlations_count, 4);
		CHECK_EQ(loaded->filters_count, 1);
		CHECK_EQ(loaded->refused, set->refused);
		CHECK_EQ(loaded->documents, 8);
		sigma_set_free(set);
		sigma_set_free(loaded);
	}
}

/* docs/formats/rules.md. The file is also an input of detector_fuzz.c, whose first byte says what
 * the rest is. */
TEST(the_form_is_the_golden_one) {
	CLEANUP(buf_deinit) struct buf kept = {0};
	struct sigma_set *set = made(false);
	buf_append_char(&kept, '\0');
	sigma_set_save(set, &kept);
	CHECK(tap_check_golden("../corpora/detector/set", kept.ptr, kept.len));
	sigma_set_free(set);
}

TEST(what_rules_say_and_do_is_kept) {
	struct sigma_set *set = made(false);
	struct sigma_set *loaded = again(set);
	sigma_set_free(set);
	REQUIRE(loaded != NULL);
	const struct sigma_rule *rule = sigma_set_find(loaded, STR("base"));
	REQUIRE(rule != NULL);
	CHECK_STR(rule->meta.title, "Base");
	CHECK_STR(rule->meta.path, "rules/x.yml");
	CHECK_STR(rule->meta.taxonomy, "x");
	CHECK_STR(rule->meta.references.items[1], "r2");
	CHECK_STR(rule->meta.related[0].type, "derived");
	CHECK_STR(rule->source.definition, "as said");
	CHECK(rule->meta.level == SIGMA_HIGH && rule->meta.sign == SIGMA_PRECURSOR);
	CHECK(rule->meta.document == NULL && rule->alerts);
	CHECK(sample_holds(loaded, 0, "A=yxx;B=qu;C=5;D=5;w=word"));
	CHECK(!sample_holds(loaded, 0, "A=yxx;B=qu;C=5;D=6;w=word"));
	CHECK(!sample_holds(loaded, 0, "A=yxx;B=qu;C=5;D=5;E=1;w=word")); /* the filter */
	CHECK(sample_holds(loaded, 1, "A=5") && !sample_holds(loaded, 1, "A=4"));
	const struct sigma_correlation *c = &loaded->correlations[0];
	CHECK(c->sound && c->generate && c->type == SIGMA_VALUE_PERCENTILE);
	CHECK(c->bounds[1].value > 20.4 && c->bounds[1].value < 20.6 && c->percentile > 94.9);
	CHECK_STR(c->aliases[1].field, "dst.user");
	CHECK_EQ(c->aliases[1].ref, 1);
	CHECK(loaded->correlations[1].refs[0].to_correlation);
	CHECK(!loaded->correlations[2].sound);
	sigma_set_free(loaded);
}

TEST(problems_are_told_as_before) {
	CLEANUP(buf_deinit) struct buf first = {0};
	CLEANUP(buf_deinit) struct buf second = {0};
	struct sigma_set *set = made(true);
	struct sigma_set *loaded = again(set);
	REQUIRE(loaded != NULL && loaded->problems_count == set->problems_count);
	for (uint32_t i = 0; i < set->problems_count; i++) {
		sigma_problem_append(&first, &set->problems[i]);
		sigma_problem_append(&second, &loaded->problems[i]);
	}
	CHECK(str_eq(buf_str(&first), buf_str(&second)));
	CHECK(str_find(buf_str(&second), STR("odd"), 0) < second.len);
	CHECK(str_find(buf_str(&second), STR("warning: "), 0) < second.len);
	sigma_set_free(set);
	sigma_set_free(loaded);
}

/* Either it is refused, or it means what its bytes say. */
static bool refused(const struct buf *kept) {
	CLEANUP(buf_deinit) struct buf second = {0};
	struct sigma_set *loaded = NULL;
	enum err err = sigma_set_load(buf_str(kept), &loaded);
	if (err != ERR_OK) {
		CHECK(err == ERR_CORRUPT && loaded == NULL);
		return true;
	}
	sigma_set_save(loaded, &second);
	CHECK(str_eq(buf_str(kept), buf_str(&second)));
	sigma_set_free(loaded);
	return false;
}

TEST(damage_at_any_byte_is_refused_or_does_no_harm) {
	CLEANUP(buf_deinit) struct buf kept = {0};
	struct sigma_set *set = made(true);
	size_t count = 0;
	sigma_set_save(set, &kept);
	sigma_set_free(set);
	for (size_t i = 0; i < kept.len; i++) {
		struct sigma_set *none = NULL;
		char byte = kept.ptr[i];
		kept.ptr[i] = (char)(byte ^ 1 << tap_random() % 8);
		count += refused(&kept);
		kept.ptr[i] = (char)0xff;
		count += refused(&kept);
		kept.ptr[i] = byte;
		CHECK_EQ(sigma_set_load(str_make(kept.ptr, i), &none), ERR_CORRUPT);
	}
	CHECK(count > kept.len / 4); /* lengths and numbers; texts may be any */
	buf_append_char(&kept, '\0');
	CHECK(refused(&kept));
}

TEST(circles_of_correlations_are_refused) {
	CLEANUP(buf_deinit) struct buf kept = {0};
	struct sigma_set *set = made(false);
	struct sigma_ref *ref = &set->correlations[0].refs[0];
	ref->to_correlation = true;
	ref->index = 1; /* which is about this one */
	sigma_set_save(set, &kept);
	CHECK(refused(&kept));
	sigma_set_free(set);
}

/* Any bytes as a file of rules, up to a NUL; what stands behind is the value of every field of an
 * event that the rules are tried on. The part before is also tried as a condition by itself.
 */
#include "base/limits.h"
#include "sigma/correlate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct sigma_set *set) {
	struct buf out = {0};
	for (uint32_t i = 0; i < set->problems_count; i++) {
		ASSERT(set->problems[i].message.len > 0 && set->problems[i].place.line > 0);
		sigma_problem_append(&out, &set->problems[i]);
	}
	buf_deinit(&out);
	for (uint32_t i = 0; i < set->rules_count; i++) {
		ASSERT(program_valid(&set->rules[i].program, set->atoms_count));
	}
	for (uint32_t i = 0; i < set->correlations_count; i++) {
		const struct sigma_correlation *c = &set->correlations[i];
		ASSERT(c->timespan_ns > 0 && c->refs_count > 0);
		for (uint32_t k = 0; c->sound && k < c->refs_count; k++) {
			ASSERT(c->refs[k].index <
			       (c->refs[k].to_correlation ? set->correlations_count : set->rules_count));
		}
	}
}

static void note(void *ctx, const struct sigma_firing *firing) {
	const struct sigma_set *set = ctx;
	ASSERT(firing->correlation < set->correlations_count);
	ASSERT(set->correlations[firing->correlation].sound);
	ASSERT(firing->groups_count == set->correlations[firing->correlation].group_by.count);
	ASSERT(firing->first_ns <= firing->last_ns);
}

/* Every rule holds for some events, whatever it says. */
static void correlate(struct sigma_set *set, const struct sigma_event *event) {
	struct sigma_correlator *correlator = sigma_correlator_new(set, note, set);
	uint32_t *all = calloc((size_t)set->rules_count + 1, sizeof(*all));
	ASSERT(all != NULL);
	for (uint32_t i = 0; i < set->rules_count; i++) {
		all[i] = i;
	}
	for (int64_t time = -4; time < 4; time++) {
		sigma_correlator_add(correlator, time * (INT64_MAX / 4), event, all, set->rules_count);
		sigma_correlator_add(correlator, time, event, all, time & 1 ? set->rules_count : 0);
	}
	sigma_correlator_free(correlator);
	free(all);
}

static void run(struct sigma_set *set, struct str value) {
	enum { FIELDS_MAX = 16 };
	struct sigma_field fields[FIELDS_MAX];
	uint32_t count = 0;
	for (uint32_t i = 0; i < set->atoms_count && count < FIELDS_MAX; i++) {
		fields[count++] = (struct sigma_field){set->atoms[i].field, value_string(value)};
	}
	struct sigma_event event = {.fields = fields, .fields_count = count};
	struct sigma_matcher *matcher = sigma_matcher_new(set);
	sigma_matcher_event(matcher, &event);
	for (uint32_t i = 0; i < set->rules_count; i++) {
		bool holds = sigma_matcher_rule(matcher, i);
		ASSERT(sigma_matcher_rule(matcher, i) == holds);
	}
	sigma_matcher_free(matcher);
	for (uint32_t i = 0; i < set->correlations_count; i++) {
		const struct texts *group_by = &set->correlations[i].group_by;
		for (uint32_t k = 0; k < group_by->count && count < FIELDS_MAX; k++) {
			fields[count++] = (struct sigma_field){group_by->items[k], value_string(value)};
		}
	}
	event.fields_count = count;
	correlate(set, &event);
}

static void try(struct str rules, struct str value) {
	struct sigma_set *set = sigma_set_new();
	sigma_set_add(set, STR("x.yml"), rules);
	sigma_set_close(set);
	check(set);
	run(set, value);
	sigma_set_free(set);
}

/* As a block scalar, so that nothing in it is YAML. */
static void try_condition(struct str text, struct str value) {
	struct buf rule = {0};
	buf_append_str(&rule, STR("title: t\nlogsource: {product: p}\ndetection:\n  a: {A: 1}\n"
	                          "  b: {B|contains: x}\n  _c: [y]\n  timeframe: 5m\n"
	                          "  condition: |\n"));
	while (text.len > 0) {
		buf_append_str(&rule, STR("    "));
		buf_append_str(&rule, str_cut(&text, '\n'));
		buf_append_char(&rule, '\n');
	}
	try(buf_str(&rule), value);
	buf_deinit(&rule);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct str value = str_make((const char *)data, size);
	struct str text = str_cut(&value, '\0');
	try(text, value);
	if (text.len < 4096) {
		try_condition(text, value);
	}
	return 0;
}

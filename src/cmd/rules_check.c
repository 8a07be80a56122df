/* rules check --store: for each rule whether it can hold in the store, and why not. */
#include "base/instant.h"
#include "cmd/rules_reach.h"
#include "render/units.h"

enum { WIDTH = 80, LEVEL_WIDTH = 14, TITLE_WIDTH = 38 };

static void append_time_member(struct buf *out, const char *key, int64_t ns) {
	buf_printf(out, ",\"%s\":\"", key);
	instant_format(out, ns, 0);
	buf_append_char(out, '"');
}

void rules_append_answer_json(struct buf *out, const struct reach_answer *answer) {
	bool can = answer->reason == REACH_CAN;
	buf_printf(out, ",\"can_fire\":%s,\"reason\":", can ? "true" : "false");
	if (can) {
		buf_append_str(out, STR("null"));
	} else {
		buf_append_json(out, str_from(reach_reason_name(answer->reason)));
	}
	buf_append_str(out, STR(",\"detail\":"));
	buf_append_json(out, answer->detail);
	buf_printf(out, ",\"records\":%llu", (unsigned long long)answer->records);
	if (answer->first_ns <= answer->last_ns) {
		append_time_member(out, "first", answer->first_ns);
		append_time_member(out, "last", answer->last_ns);
	}
}

static const struct sigma_meta *meta_of(const struct sigma_set *set, uint32_t subject) {
	return subject < set->rules_count ? &set->rules[subject].meta
	                                  : &set->correlations[subject - set->rules_count].meta;
}

static void append_json(struct buf *out, const struct rules *rules, const struct rules_reach *reach,
                        uint32_t subject) {
	const struct sigma_set *set = rules->set;
	bool correlation = subject >= set->rules_count;
	rules_append_meta_json(out, meta_of(set, subject), correlation ? "correlation" : "rule");
	rules_append_answer_json(out, &reach->answers[subject]);
	int64_t fired_ns;
	if (rules_fired(reach, meta_of(set, subject), &fired_ns)) {
		append_time_member(out, "last_fired", fired_ns);
	}
	buf_append_str(out, STR("}\n"));
}

/* ---- the table ---- */

static void append_fit(struct buf *out, struct str text, size_t width) {
	CLEANUP(buf_deinit) struct buf safe = {0};
	render_safe(&safe, str_slice(text, 0, (size_t)4096));
	render_fit(out, buf_str(&safe), width, false);
}

static void append_remark(struct buf *out, const struct rules *rules,
                          const struct reach_answer *answer, uint32_t subject) {
	CLEANUP(buf_deinit) struct buf text = {0};
	bool timed = answer->first_ns <= answer->last_ns;
	if (answer->reason == REACH_CAN || answer->reason == REACH_SILENT) {
		struct civil civil;
		instant_to_civil(timed ? answer->last_ns : 0, 0, &civil);
		if (timed) {
			buf_printf(&text, "%s %04d-%02d-%02d %02d:%02d",
			           answer->reason == REACH_SILENT ? "since" : "last", civil.year, civil.month,
			           civil.day, civil.hour, civil.minute);
		}
	} else if (answer->detail.len > 0) {
		buf_append_str(&text, answer->detail);
	} else if (subject < rules->set->rules_count) {
		rules_append_source(&text, &rules->set->rules[subject].source);
	}
	append_fit(out, buf_str(&text), (size_t)WIDTH - LEVEL_WIDTH - TITLE_WIDTH - 4);
}

static void append_line(struct buf *out, const struct rules *rules, const struct rules_reach *reach,
                        uint32_t subject) {
	const struct sigma_meta *meta = meta_of(rules->set, subject);
	const char *level = meta->level == SIGMA_LEVEL_NONE ? "-" : sigma_level_name(meta->level);
	buf_append_str(out, STR("  "));
	append_fit(out, str_from(level), LEVEL_WIDTH);
	append_fit(out, meta->title.len > 0 ? meta->title : meta->name, TITLE_WIDTH);
	buf_append_str(out, STR("  "));
	append_remark(out, rules, &reach->answers[subject], subject);
	while (out->len > 0 && out->ptr[out->len - 1] == ' ') {
		out->len--;
	}
	buf_append_char(out, '\n');
}

static void append_heading(struct buf *out, enum reach_reason reason, uint64_t count) {
	CLEANUP(buf_deinit) struct buf text = {0};
	const char *name = reach_reason_text(reason);
	render_count(&text, count);
	buf_append_str(out, out->len > 0 ? STR("\n") : STR(""));
	buf_append_char(out, (char)(name[0] - 'a' + 'A'));
	buf_printf(out, "%s: %.*s\n", name + 1, STR_ARG(buf_str(&text)));
}

/* The most serious of each reason first. */
static void append_reason(struct buf *out, const struct rules *rules,
                          const struct rules_reach *reach, enum reach_reason reason) {
	uint32_t count = rules->set->rules_count + rules->set->correlations_count;
	append_heading(out, reason, reach->counts[reason]);
	for (int level = SIGMA_LEVEL_COUNT - 1; level >= 0; level--) {
		for (uint32_t i = 0; i < count; i++) {
			if (reach->answers[i].reason == reason && (int)meta_of(rules->set, i)->level == level) {
				append_line(out, rules, reach, i);
			}
		}
	}
}

enum err rules_check_store(const struct rules *rules, const struct rules_reach *reach) {
	CLEANUP(buf_deinit) struct buf out = {0};
	uint32_t count = rules->set->rules_count + rules->set->correlations_count;
	for (uint32_t i = 0; i < count && rules->json; i++) {
		append_json(&out, rules, reach, i);
	}
	for (int i = 0; i < REACH_REASON_COUNT && !rules->json; i++) {
		if (reach->counts[i] > 0) {
			append_reason(&out, rules, reach, (enum reach_reason)i);
		}
	}
	return output_write(rules->output, out.ptr, out.len);
}

void rules_append_reach_summary(struct buf *out, const struct rules_reach *reach, bool json) {
	bool first = true;
	for (int i = 0; i < REACH_REASON_COUNT; i++) {
		if (json) {
			buf_printf(out, "%s\"%s\":%llu", first ? "" : ",",
			           reach_reason_name((enum reach_reason)i),
			           (unsigned long long)reach->counts[i]);
		} else if (reach->counts[i] > 0) {
			buf_printf(out, "%s%llu %s", first ? "" : ", ", (unsigned long long)reach->counts[i],
			           reach_reason_text((enum reach_reason)i));
		} else {
			continue;
		}
		first = false;
	}
}

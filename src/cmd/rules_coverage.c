/* rules coverage: which techniques of ATT&CK the rules are about, and with --store how many of
 * them can fire there: for people, as JSON lines, and as a layer for ATT&CK Navigator
 * (mitre-attack/attack-navigator, layer file format 4.5).
 */
#include "base/instant.h"
#include "cmd/attack.h"
#include "cmd/rules_reach.h"
#include "render/record.h"

enum {
	WIDTH = 80,
	TACTICS_WIDTH = WIDTH - 19,
	REACHED_TACTICS_WIDTH = TACTICS_WIDTH - 46,
	UNABLE_BYTES_MAX = 600,
	TITLE_MAX = 120,
	SCORE_MAX = 10, /* where the gradient ends: few techniques have hundreds of rules */
};

/* Which of the rules cannot fire, and why: the first of them. */
static void add_unable(struct attack_row *row, const struct sigma_meta *meta,
                       const struct reach_answer *answer) {
	if (row->unable.len > UNABLE_BYTES_MAX) {
		return;
	}
	struct str title = meta->title.len > 0 ? meta->title : meta->name;
	buf_append_str(&row->unable, row->unable.len > 0 ? STR("\n") : STR(""));
	buf_append_str(&row->unable, str_slice(title, 0, TITLE_MAX));
	buf_printf(&row->unable, ": %s", reach_reason_text(answer->reason));
	if (answer->detail.len > 0) {
		buf_printf(&row->unable, " (%.*s)", STR_ARG(answer->detail));
	}
}

static void add_rule(struct attack *attack, const struct rules *rules,
                     const struct sigma_meta *meta, const struct reach_answer *answer) {
	struct attack_row *row;
	uint32_t at = 0;
	int64_t fired_ns = INSTANT_MIN;
	bool fired = answer != NULL && rules_fired(rules->reach, meta, &fired_ns);
	while ((row = attack_next(attack, meta, &at)) != NULL) {
		row->rules++;
		row->fired_ns = fired ? MAX_OF(row->fired_ns, fired_ns) : row->fired_ns;
		if (answer != NULL && answer->reason == REACH_CAN) {
			row->able++;
			row->records = MAX_OF(row->records, answer->records);
			row->first_ns = MIN_OF(row->first_ns, answer->first_ns);
			row->last_ns = MAX_OF(row->last_ns, answer->last_ns);
		} else if (answer != NULL) {
			add_unable(row, meta, answer);
		}
	}
}

/* Rules that only serve correlations are not counted: these have tags of their own. */
static void add_all(struct attack *attack, const struct rules *rules) {
	const struct sigma_set *set = rules->set;
	const struct reach_answer *answers = rules->reach == NULL ? NULL : rules->reach->answers;
	for (uint32_t i = 0; i < set->rules_count; i++) {
		if (set->rules[i].alerts) {
			add_rule(attack, rules, &set->rules[i].meta, answers == NULL ? NULL : &answers[i]);
		}
	}
	for (uint32_t i = 0; i < set->correlations_count; i++) {
		if (set->correlations[i].alerts) {
			add_rule(attack, rules, &set->correlations[i].meta,
			         answers == NULL ? NULL : &answers[set->rules_count + i]);
		}
	}
	attack_sort(attack);
}

/* ---- JSON lines ---- */

static void append_json(struct buf *out, const struct attack_row *row, bool reached) {
	buf_append_str(out, STR("{\"threat.technique.id\":"));
	buf_append_json(out, row->technique);
	buf_append_str(out, STR(",\"threat.tactic.name\":["));
	for (uint32_t i = 0; i < row->tactics.count; i++) {
		buf_append_str(out, i > 0 ? STR(",") : STR(""));
		buf_append_json(out, row->tactics.items[i]);
	}
	buf_printf(out, "],\"rules\":%u", row->rules);
	if (reached) {
		struct str rest = buf_str(&row->unable);
		buf_printf(out, ",\"rules_can_fire\":%u,\"cannot\":[", row->able);
		for (size_t i = 0; rest.len > 0; i++) {
			buf_append_str(out, i > 0 ? STR(",") : STR(""));
			buf_append_json(out, str_cut(&rest, '\n'));
		}
		buf_append_char(out, ']');
	}
	if (row->first_ns <= row->last_ns) {
		buf_append_str(out, STR(",\"first\":\""));
		instant_format(out, row->first_ns, 0);
		buf_append_str(out, STR("\",\"last\":\""));
		instant_format(out, row->last_ns, 0);
		buf_append_char(out, '"');
	}
	if (row->fired_ns != INSTANT_MIN) {
		buf_append_str(out, STR(",\"last_fired\":\""));
		instant_format(out, row->fired_ns, 0);
		buf_append_char(out, '"');
	}
	buf_append_str(out, STR("}\n"));
}

/* ---- the table ---- */

static void append_minute(struct buf *out, bool known, int64_t ns) {
	struct civil civil;
	if (!known) {
		buf_printf(out, "  %-16s", "-");
		return;
	}
	instant_to_civil(ns, 0, &civil);
	buf_printf(out, "  %04d-%02d-%02d %02d:%02d", civil.year, civil.month, civil.day, civil.hour,
	           civil.minute);
}

static void append_line(struct buf *out, const struct attack_row *row, bool reached) {
	CLEANUP(buf_deinit) struct buf tactics = {0};
	CLEANUP(buf_deinit) struct buf safe = {0};
	buf_printf(out, "%-10.*s %6u", STR_ARG(row->technique), row->rules);
	if (reached) {
		buf_printf(out, " %9u", row->able);
		append_minute(out, row->first_ns <= row->last_ns, row->last_ns);
		append_minute(out, row->fired_ns != INSTANT_MIN, row->fired_ns);
	}
	for (uint32_t i = 0; i < row->tactics.count; i++) {
		buf_append_str(&tactics, i > 0 ? STR(", ") : STR(""));
		buf_append_str(&tactics, str_slice(row->tactics.items[i], 0, (size_t)WIDTH));
	}
	render_safe(&safe, buf_str(&tactics));
	buf_append_str(out, STR("  "));
	render_fit(out, buf_str(&safe), reached ? REACHED_TACTICS_WIDTH : TACTICS_WIDTH, false);
	while (out->ptr[out->len - 1] == ' ') {
		out->len--;
	}
	buf_append_char(out, '\n');
}

static void append_table(struct buf *out, const struct attack *attack, bool reached) {
	buf_printf(out, "%-10s %6s", "Technique", "Rules");
	buf_append_str(out, reached ? STR("  Can fire  Last could        Last fired        Tactics\n")
	                            : STR("  Tactics of the rules\n"));
	for (uint32_t i = 0; i < attack->count; i++) {
		append_line(out, &attack->rows[i], reached);
	}
}

/* ---- the layer ---- */

#define COLOUR_NONE "#f4c7c3"
#define COLOUR_MOST "#2e7d4f"

/* Scores are numbers of rules: those that can fire, or without a store those that are loaded. */
static void append_technique(struct buf *out, const struct attack_row *row, bool reached) {
	CLEANUP(buf_deinit) struct buf comment = {0};
	if (reached) {
		buf_printf(&comment, "%u of %u rules can fire", row->able, row->rules);
		if (row->fired_ns != INSTANT_MIN) {
			buf_append_str(&comment, STR(", last fired "));
			instant_format(&comment, row->fired_ns, 0);
		}
		buf_append_str(&comment, row->unable.len > 0 ? STR("\n") : STR(""));
		buf_append_str(&comment, buf_str(&row->unable));
	} else {
		buf_printf(&comment, "%u rules", row->rules);
	}
	buf_append_str(out, STR("{\"techniqueID\":"));
	buf_append_json(out, row->technique);
	buf_printf(out, ",\"score\":%u,\"comment\":", reached ? row->able : row->rules);
	buf_append_json(out, buf_str(&comment));
	buf_append_str(out, STR(",\"enabled\":true,\"showSubtechniques\":false}"));
}

static void append_layer(struct buf *out, const struct attack *attack, bool reached) {
	buf_append_str(out, reached ? STR("{\"name\":\"Akashi: rules that can fire\"")
	                            : STR("{\"name\":\"Akashi: rules\""));
	buf_append_str(out, STR(",\"versions\":{\"navigator\":\"4.9.0\",\"layer\":\"4.5\"},"
	                        "\"domain\":\"enterprise-attack\",\"description\":"));
	buf_append_str(out, reached ? STR("\"Score: Sigma rules that can fire on what the store has.\"")
	                            : STR("\"Score: Sigma rules.\""));
	buf_append_str(out, STR(",\"sorting\":3,\"hideDisabled\":false,\"techniques\":["));
	for (uint32_t i = 0; i < attack->count; i++) {
		buf_append_str(out, i > 0 ? STR(",\n") : STR("\n"));
		append_technique(out, &attack->rows[i], reached);
	}
	buf_printf(out,
	           "\n],\"gradient\":{\"colors\":[\"" COLOUR_NONE "\",\"" COLOUR_MOST
	           "\"],\"minValue\":0,\"maxValue\":%d},\"legendItems\":[",
	           SCORE_MAX);
	if (reached) {
		buf_append_str(
		    out, STR("{\"label\":\"rules, but none can fire\",\"color\":\"" COLOUR_NONE "\"},"));
	}
	buf_append_str(out, STR("{\"label\":\"ten rules or more\",\"color\":\"" COLOUR_MOST "\"}]}\n"));
}

enum err rules_coverage(struct rules *rules, struct diag *diag) {
	CLEANUP(buf_deinit) struct buf out = {0};
	struct attack attack;
	bool reached = rules->reach != NULL;
	(void)diag;
	rules_tell_problems(rules);
	attack_init(&attack);
	add_all(&attack, rules);
	for (uint32_t i = 0; i < attack.count; i++) {
		rules->techniques_able += attack.rows[i].able > 0;
		if (rules->json) {
			append_json(&out, &attack.rows[i], reached);
		}
	}
	rules->techniques = attack.count;
	if (rules->navigator) {
		append_layer(&out, &attack, reached);
	} else if (!rules->json) {
		append_table(&out, &attack, reached);
	}
	enum err err = output_write(rules->output, out.ptr, out.len);
	attack_deinit(&attack);
	return err;
}

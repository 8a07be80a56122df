/* Correlations: all records that they are about, in order of time; what fires is a finding, with
 * the places of the records that it hangs on.
 */
#include "base/instant.h"
#include "cmd/alerts.h"

enum { BASES_MAX = 100, LOOK_BACK_MAX = 1 << 16 };

struct correlating {
	struct scan *scan;
	struct sighting *sightings;
	size_t count, at; /* at: the one that was given last */
};

static int by_time(const void *a, const void *b) {
	const struct sighting *x = a;
	const struct sighting *y = b;
	if (x->time_ns != y->time_ns) {
		return x->time_ns < y->time_ns ? -1 : 1;
	}
	return x->number < y->number ? -1 : x->number > y->number;
}

static bool has_rule(const struct sighting *sighting, uint32_t rule) {
	for (uint32_t i = 0; i < sighting->rules_count; i++) {
		if (sighting->rules[i] == rule) {
			return true;
		}
	}
	return false;
}

/* A hit of one of the correlation's rules, with the values of the group. */
static bool is_base(const struct sigma_set *set, const struct sigma_firing *firing,
                    const struct sighting *sighting) {
	const struct sigma_correlation *c = &set->correlations[firing->correlation];
	for (uint32_t i = 0; i < c->refs_count; i++) {
		bool same = !c->refs[i].to_correlation && has_rule(sighting, c->refs[i].index);
		for (uint32_t k = 0; same && k < firing->groups_count; k++) {
			struct value value;
			same = sigma_correlation_value(set, c, i, &sighting->event, c->group_by.items[k],
			                               &value) &&
			       str_eq(value.text, firing->groups[k]);
		}
		if (same) {
			return true;
		}
	}
	return false;
}

static void append_tree(struct buf *out, const struct finding *finding) {
	if (finding->tree.len > 0) {
		buf_append_str(out, STR(",\"akashi.tree\":"));
		buf_append_json(out, finding->tree);
		buf_printf(out, ",\"akashi.index\":%llu", (unsigned long long)finding->index);
	}
}

/* The latest first; at most BASES_MAX are listed. */
static void append_bases(struct buf *out, const struct correlating *x,
                         const struct sigma_firing *firing) {
	uint64_t count = 0;
	buf_append_str(out, STR(",\"correlation.events\":["));
	for (size_t i = x->at + 1; i-- > 0 && x->at - i < LOOK_BACK_MAX;) {
		const struct sighting *sighting = &x->sightings[i];
		if (sighting->time_ns < firing->first_ns) {
			break;
		}
		if (!is_base(x->scan->set, firing, sighting) || ++count > BASES_MAX) {
			continue;
		}
		buf_append_str(out, count > 1 ? STR(",{\"@timestamp\":\"") : STR("{\"@timestamp\":\""));
		instant_format(out, sighting->time_ns, 0);
		buf_append_str(out, STR("\",\"file.path\":"));
		buf_append_json(out, sighting->finding.path);
		buf_printf(out, ",\"akashi.record\":%llu", (unsigned long long)sighting->finding.record);
		append_tree(out, &sighting->finding);
		if (sighting->finding.record_id.len > 0) {
			buf_append_str(out, STR(",\"winlog.record_id\":"));
			buf_append_json(out, sighting->finding.record_id);
		}
		buf_append_char(out, '}');
	}
	buf_printf(out, "],\"correlation.events_count\":%llu", (unsigned long long)count);
}

static void append_line(struct correlating *x, const struct finding *finding, struct str events) {
	struct scan *scan = x->scan;
	size_t first = scan->lines.len;
	if (scan->format == SCAN_JSONL) {
		scan_append_json(&scan->lines, scan->findings, finding, NULL);
		buf_append_str(&scan->lines, events);
		buf_append_str(&scan->lines, STR("}\n"));
	} else if (scan->format == SCAN_CSV) {
		scan_append_csv(&scan->lines, scan, findings_meta(scan->findings, finding->subject),
		                finding);
		struct scan_line line = {finding->time_ns, scan->order.len, first, scan->lines.len - first};
		buf_append(&scan->order, &line, sizeof(line));
	}
}

/* With the records that it hangs on, where anybody is told of them. */
static void add_finding(struct correlating *x, struct finding *finding,
                        const struct sigma_firing *firing) {
	struct scan *scan = x->scan;
	CLEANUP(buf_deinit) struct buf events = {0};
	if (scan->alerts != NULL) {
		alerts_identify(scan->alerts, finding);
		if (scan->args->only_new && !alerts_is_new(scan->alerts, finding)) {
			return;
		}
	}
	if (scan->alerts != NULL || scan->format == SCAN_JSONL) {
		append_bases(&events, x, firing);
	}
	append_line(x, finding, buf_str(&events));
	findings_add(scan->findings, finding, render_offset(&scan->style, finding->time_ns));
	if (scan->alerts != NULL) {
		alerts_take(scan->alerts, finding, buf_str(&events));
	}
}

static void fired(void *ctx, const struct sigma_firing *firing) {
	struct correlating *x = ctx;
	struct scan *scan = x->scan;
	const struct sigma_correlation *c = &scan->set->correlations[firing->correlation];
	if (!c->alerts || c->meta.level < scan->level) {
		return;
	}
	struct matched_field *fields = calloc((size_t)firing->groups_count + 1, sizeof(*fields));
	ASSERT(fields != NULL);
	for (uint32_t i = 0; i < firing->groups_count; i++) {
		fields[i] = (struct matched_field){c->group_by.items[i], firing->groups[i], true};
	}
	struct finding finding = x->sightings[x->at].finding;
	finding.subject = scan->set->rules_count + firing->correlation;
	finding.time_ns = firing->last_ns;
	finding.first_ns = firing->first_ns;
	finding.fields = fields;
	finding.fields_count = firing->groups_count;
	add_finding(x, &finding, firing);
	free(fields);
}

void scan_correlate(struct scan *scan) {
	struct correlating x = {.scan = scan};
	x.sightings = (struct sighting *)(void *)scan->sightings.ptr;
	x.count = scan->sightings.len / sizeof(*x.sightings);
	if (x.count == 0) {
		return;
	}
	qsort(x.sightings, x.count, sizeof(*x.sightings), by_time);
	struct sigma_correlator *correlator = sigma_correlator_new(scan->set, fired, &x);
	for (x.at = 0; x.at < x.count; x.at++) {
		const struct sighting *sighting = &x.sightings[x.at];
		sigma_correlator_add(correlator, sighting->time_ns, &sighting->event, sighting->rules,
		                     sighting->rules_count);
	}
	scan->sightings_dropped += sigma_correlator_dropped(correlator);
	sigma_correlator_free(correlator);
}

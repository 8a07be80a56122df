/* What was found, rule by rule, and the summary: for people, in 80 columns. Texts of logs and rules
 * go through render_fit and render_safe, so that none steers the terminal.
 */
#include "base/instant.h"
#include "cmd/alerts.h"
#include "render/units.h"

enum { WIDTH = 80, LEVEL_WIDTH = 14, TOP = 5, TITLE_WIDTH = WIDTH - LEVEL_WIDTH - 10 };

static const enum sigma_level levels[] = {SIGMA_CRITICAL, SIGMA_HIGH,          SIGMA_MEDIUM,
                                          SIGMA_LOW,      SIGMA_INFORMATIONAL, SIGMA_LEVEL_NONE};

static struct str level_name(enum sigma_level level) {
	return level == SIGMA_LEVEL_NONE ? STR("no level") : str_from(sigma_level_name(level));
}

static void append_fit(struct buf *out, struct str text, size_t width) {
	struct buf safe = {0};
	render_safe(&safe, str_slice(text, 0, (size_t)4096));
	render_fit(out, buf_str(&safe), width, false);
	buf_deinit(&safe);
}

/* Without the blanks that fill up a line. */
static void end_line(struct buf *out) {
	while (out->len > 0 && out->ptr[out->len - 1] == ' ') {
		out->len--;
	}
	buf_append_char(out, '\n');
}

static void append_count(struct buf *out, uint64_t count, size_t width) {
	struct buf text = {0};
	render_count(&text, count);
	render_fit(out, buf_str(&text), width, true);
	buf_deinit(&text);
}

static void append_second(struct buf *out, const struct scan *scan, int64_t ns) {
	struct civil civil;
	instant_to_civil(ns, render_offset(&scan->style, ns), &civil);
	buf_printf(out, "%04d-%02d-%02d %02d:%02d:%02d", civil.year, civil.month, civil.day, civil.hour,
	           civil.minute, civil.second);
}

/* ---- findings ---- */

const char *scan_colour(enum sigma_level level) {
	static const char *const colours[SIGMA_LEVEL_COUNT] = {
	    [SIGMA_LEVEL_NONE] = "",     [SIGMA_INFORMATIONAL] = "", [SIGMA_LOW] = "\033[36m",
	    [SIGMA_MEDIUM] = "\033[33m", [SIGMA_HIGH] = "\033[31m",  [SIGMA_CRITICAL] = "\033[1;31m"};
	return colours[level];
}

static void append_example(struct buf *out, const struct scan *scan,
                           const struct finding *finding) {
	struct buf text = {0};
	buf_append_str(out, STR("  "));
	append_second(out, scan, finding->time_ns);
	buf_append_char(out, ' ');
	append_fit(out, finding->host.len > 0 ? finding->host : STR("-"), 15);
	buf_append_char(out, ' ');
	for (uint32_t i = 0; i < finding->fields_count; i++) {
		buf_append_str(&text, i > 0 ? STR(", ") : STR(""));
		buf_append_str(&text, finding->fields[i].name);
		buf_append_str(&text, STR("="));
		buf_append_str(&text, finding->fields[i].text);
	}
	if (finding->fields_count == 0 && finding->event_id.len > 0) {
		buf_append_str(&text, STR("EventID="));
		buf_append_str(&text, finding->event_id);
	}
	append_fit(out, buf_str(&text), WIDTH - 2 - 19 - 1 - 15 - 1);
	end_line(out);
	buf_deinit(&text);
}

static void append_rule(struct buf *out, const struct scan *scan, uint32_t subject) {
	const struct sigma_meta *meta = findings_meta(scan->findings, subject);
	const struct finding_rule *rule = &scan->findings->rules[subject];
	const char *colour = scan->style.colour ? scan_colour(meta->level) : "";
	buf_printf(out, "%s", colour);
	render_fit(out, level_name(meta->level), LEVEL_WIDTH, false);
	buf_append_str(out, colour[0] != '\0' ? STR("\033[0m") : STR(""));
	append_fit(out, meta->title.len > 0 ? meta->title : meta->name, TITLE_WIDTH);
	append_count(out, rule->count, WIDTH - LEVEL_WIDTH - TITLE_WIDTH);
	end_line(out);
	for (uint32_t i = 0; i < rule->kept_count; i++) {
		append_example(out, scan, &rule->kept[i]);
	}
	if (rule->count > rule->kept_count) {
		buf_append_str(out, STR("  and "));
		render_count(out, rule->count - rule->kept_count);
		buf_append_str(out, STR(" more, until "));
		append_second(out, scan, rule->last_ns);
		buf_append_char(out, '\n');
	}
}

void scan_append_table(struct buf *out, const struct scan *scan) {
	CLEANUP(arena_freep) struct arena *arena = arena_new(SIZE_MAX);
	uint32_t count;
	const uint32_t *order = findings_order(scan->findings, arena, &count);
	for (uint32_t i = 0; i < count; i++) {
		append_rule(out, scan, order[i]);
		buf_append_char(out, '\n');
	}
}

/* ---- summary ---- */

static void append_head(struct buf *out, const char *name) {
	buf_printf(out, "%-22s", name);
}

static void append_span(struct buf *out, const struct scan *scan, const char *name, int64_t first,
                        int64_t last) {
	if (first <= last) {
		append_head(out, name);
		append_second(out, scan, first);
		buf_append_str(out, STR(" to "));
		append_second(out, scan, last);
		buf_append_char(out, '\n');
	}
}

struct top {
	struct str name;
	uint64_t count;
};

static int by_count(const void *a, const void *b) {
	const struct top *x = a;
	const struct top *y = b;
	return x->count != y->count ? (x->count < y->count ? 1 : -1) : str_cmp(x->name, y->name);
}

/* One line for each level: those that come most. */
static void append_tops(struct buf *out, const char *title, struct map *const *maps) {
	bool first = true;
	for (size_t i = 0; i < ARRAY_LEN(levels); i++) {
		struct map *map = maps[levels[i]];
		size_t count = map_count(map);
		if (count == 0) {
			continue;
		}
		struct top *tops = calloc(count, sizeof(*tops));
		struct buf text = {0};
		ASSERT(tops != NULL);
		for (size_t k = 0; k < count; k++) {
			tops[k] = (struct top){map_key(map, k), *map_value(map, k)};
		}
		qsort(tops, count, sizeof(*tops), by_count);
		for (size_t k = 0; k < MIN_OF(count, (size_t)TOP); k++) {
			buf_append_str(&text, k > 0 ? STR(", ") : STR(""));
			buf_append_str(&text, str_slice(tops[k].name, 0, 64));
			buf_printf(&text, " (%llu)", (unsigned long long)tops[k].count);
		}
		buf_append_str(out, first ? STR("\n") : STR(""));
		if (first) {
			buf_printf(out, "%s\n", title);
		}
		first = false;
		buf_append_str(out, STR("  "));
		render_fit(out, level_name(levels[i]), LEVEL_WIDTH, false);
		append_fit(out, buf_str(&text), WIDTH - LEVEL_WIDTH - 2);
		end_line(out);
		buf_deinit(&text);
		free(tops);
	}
}

static void append_levels(struct buf *out, const struct findings *f) {
	buf_append_str(out, STR("\nLevel             findings     %      rules\n"));
	uint64_t total = 0;
	uint64_t rules = 0;
	for (size_t i = 0; i < FINDINGS_LEVELS; i++) {
		total += f->total[i];
		rules += f->rules_hit[i];
	}
	for (size_t i = 0; i < ARRAY_LEN(levels); i++) {
		enum sigma_level level = levels[i];
		if (level != SIGMA_LEVEL_NONE || f->total[level] > 0) {
			buf_append_str(out, STR("  "));
			render_fit(out, level_name(level), LEVEL_WIDTH, false);
			append_count(out, f->total[level], 10);
			double percent = total > 0 ? 100.0 * (double)f->total[level] / (double)total : 0.0;
			buf_printf(out, "%6.1f", percent);
			append_count(out, f->rules_hit[level], 11);
			buf_append_char(out, '\n');
		}
	}
	buf_append_str(out, STR("  all           "));
	append_count(out, total, 10);
	append_count(out, rules, 17);
	buf_append_char(out, '\n');
}

static void append_top_rules(struct buf *out, const struct findings *f) {
	CLEANUP(arena_freep) struct arena *arena = arena_new(SIZE_MAX);
	uint32_t count;
	const uint32_t *order = findings_order(f, arena, &count);
	uint32_t shown[FINDINGS_LEVELS] = {0};
	if (count > 0) {
		buf_append_str(out, STR("\nTop rules\n"));
	}
	for (uint32_t i = 0; i < count; i++) {
		const struct sigma_meta *meta = findings_meta(f, order[i]);
		if (shown[meta->level]++ < TOP) {
			buf_append_str(out, STR("  "));
			render_fit(out, level_name(meta->level), LEVEL_WIDTH, false);
			append_fit(out, meta->title.len > 0 ? meta->title : meta->name, TITLE_WIDTH - 2);
			append_count(out, f->rules[order[i]].count, WIDTH - LEVEL_WIDTH - TITLE_WIDTH);
			end_line(out);
		}
	}
}

/* Of all records those without a finding need no look. */
static double reduction(const struct findings *f) {
	return f->records > 0 ? 100.0 * (double)(f->records - f->records_hit) / (double)f->records
	                      : 0.0;
}

void scan_append_summary(struct buf *out, const struct scan *scan, double seconds) {
	const struct findings *f = scan->findings;
	buf_append_str(out, STR("Summary\n"));
	append_head(out, "Rules");
	buf_printf(out, "%u, %u correlations", scan->set->rules_count, scan->set->correlations_count);
	buf_printf(out, scan->set->refused > 0 ? "; %u not understood\n" : "\n", scan->set->refused);
	append_head(out, scan->stored ? "Read" : "Files");
	if (!scan->stored) {
		render_count(out, f->files);
		buf_append_str(out, STR(", "));
	}
	render_bytes(out, f->bytes);
	buf_append_char(out, '\n');
	append_head(out, "Records with findings");
	render_count(out, f->records_hit);
	buf_append_str(out, STR(" of "));
	render_count(out, f->records);
	buf_append_str(out, STR("; data reduction "));
	render_count(out, f->records - f->records_hit);
	buf_printf(out, " (%.2f%%)\n", reduction(f));
	if (scan->alerts != NULL) {
		append_head(out, "Alerts");
		render_count(out, alerts_new(scan->alerts));
		buf_append_str(out, STR(" new, "));
		render_count(out, alerts_known(scan->alerts));
		buf_append_str(out, STR(" known; akashi alerts lists them\n"));
	}
	append_span(out, scan, "Records", f->first_ns, f->last_ns);
	append_span(out, scan, "Findings", f->first_finding_ns, f->last_finding_ns);
	append_levels(out, f);
	append_tops(out, "Dates with most findings", f->days);
	append_tops(out,
	            f->pairs_full ? "Hosts with most different rules (at least)"
	                          : "Hosts with most different rules",
	            f->hosts);
	append_top_rules(out, f);
	buf_printf(out, "\nIn %.1f s.\n", seconds);
}

void scan_append_summary_json(struct buf *out, const struct scan *scan, double seconds) {
	const struct findings *f = scan->findings;
	uint64_t total = 0;
	for (size_t i = 0; i < FINDINGS_LEVELS; i++) {
		total += f->total[i];
	}
	buf_printf(out,
	           "{\"akashi.schema\":%d,\"records\":%llu,\"records_with_findings\":%llu,"
	           "\"bytes_raw\":%llu,\"files\":%llu,\"files_failed\":%llu,\"findings\":%llu,"
	           "\"rules\":%u,\"correlations\":%u,\"refused\":%u",
	           JSON_SCHEMA, (unsigned long long)f->records, (unsigned long long)f->records_hit,
	           (unsigned long long)f->bytes, (unsigned long long)f->files,
	           (unsigned long long)scan->inputs.totals.files_failed, (unsigned long long)total,
	           scan->set->rules_count, scan->set->correlations_count, scan->set->refused);
	for (size_t i = 0; i < ARRAY_LEN(levels); i++) {
		enum sigma_level level = levels[i];
		const char *name = level == SIGMA_LEVEL_NONE ? "none" : sigma_level_name(level);
		buf_printf(out, ",\"%s\":%llu", name, (unsigned long long)f->total[level]);
	}
	if (scan->alerts != NULL) {
		buf_printf(out, ",\"alerts_new\":%llu,\"alerts_known\":%llu",
		           (unsigned long long)alerts_new(scan->alerts),
		           (unsigned long long)alerts_known(scan->alerts));
	}
	buf_printf(out, ",\"gave_up\":%llu,\"left_out\":%llu,\"seconds\":%.3f}\n",
	           (unsigned long long)scan->gave_up, (unsigned long long)(scan->sightings_dropped),
	           seconds);
}

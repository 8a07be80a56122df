/* What was found as one HTML page that needs nothing else: no script, no request; its policy
 * forbids both. Texts of logs and rules are escaped, control characters and what is too long
 * replaced. Charts are SVG (a bar for each day) and a table of ATT&CK tactics and techniques.
 */
#include "base/utf8.h"
#include "cmd/attack.h"
#include "cmd/scan.h"
#include "render/units.h"

enum {
	TEXT_MAX = 2000, /* bytes of a value that are shown */
	BARS_MAX = 400,  /* days, else months */
	HOSTS_MAX = 50,
	USERS_MAX = 50,
	CHART_WIDTH = 960,
	CHART_HEIGHT = 120,
};

static const enum sigma_level levels[] = {SIGMA_CRITICAL, SIGMA_HIGH,          SIGMA_MEDIUM,
                                          SIGMA_LOW,      SIGMA_INFORMATIONAL, SIGMA_LEVEL_NONE};

static const char style[] =
    "<style>:root{color-scheme:light dark;--line:#8884}body{font:15px/1.5 "
    "system-ui,sans-serif;margin:2rem auto;"
    "max-width:64rem;padding:0 "
    "1rem}h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem}table{border-collapse:"
    "collapse;width:100%}th,td{text-align:left;padding:.25rem .5rem;border-bottom:1px solid "
    "var(--line);vertical-align:"
    "top}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}td{overflow-wrap:anywhere}."
    "wide{overflow-x:auto}"
    ".level{display:inline-block;min-width:6.5rem;font-weight:600}.critical{color:#b3003c}.high{"
    "color:#c43d00}.medium{"
    "color:#8a6100}.low{color:#00688b}.informational,.none{color:#666}rect.critical{fill:#b3003c}"
    "rect.high{fill:#c43d00}"
    "rect.medium{fill:#8a6100}rect.low{fill:#00688b}rect.informational,rect.none{fill:#888}details{"
    "border-bottom:1px "
    "solid var(--line);padding:.4rem "
    "0}summary{cursor:pointer}code{font-size:.9em;white-space:pre-wrap;unicode-bidi:isolate}"
    "@media(prefers-color-scheme:dark){.critical{color:#ff6b93}.high{color:#ff8f5a}.medium{color:#"
    "e0b040}.low{color:"
    "#5cc8ee}.informational,.none{color:#aaa}rect.critical{fill:#ff6b93}rect.high{fill:#ff8f5a}"
    "rect.medium{fill:#e0b040}"
    "rect.low{fill:#5cc8ee}}</style>";

static const char *level_class(enum sigma_level level) {
	return level == SIGMA_LEVEL_NONE ? "none" : sigma_level_name(level);
}

static void append_escaped(struct buf *out, uint32_t point, struct str bytes) {
	switch (point) {
	case '&':
		buf_append_str(out, STR("&amp;"));
		break;
	case '<':
		buf_append_str(out, STR("&lt;"));
		break;
	case '>':
		buf_append_str(out, STR("&gt;"));
		break;
	case '"':
		buf_append_str(out, STR("&quot;"));
		break;
	case '\'':
		buf_append_str(out, STR("&#39;"));
		break;
	default:
		if ((point < 0x20 && point != '\n' && point != '\t') || (point >= 0x7f && point < 0xa0)) {
			buf_append_str(out, STR("\xef\xbf\xbd"));
		} else {
			buf_append_str(out, bytes);
		}
		break;
	}
}

/* Safe between tags and in attributes. */
static void append_text(struct buf *out, struct str text) {
	size_t at = 0;
	while (at < text.len && at < TEXT_MAX) {
		size_t from = at;
		bool valid;
		uint32_t point = utf8_next(text, &at, &valid);
		append_escaped(out, valid ? point : 0, str_slice(text, from, at));
	}
	if (at < text.len) {
		buf_printf(out, "… (%llu bytes)", (unsigned long long)text.len);
	}
}

static void append_cell(struct buf *out, struct str text) {
	buf_append_str(out, STR("<td>"));
	append_text(out, text);
	buf_append_str(out, STR("</td>"));
}

static void append_number(struct buf *out, uint64_t number) {
	buf_append_str(out, STR("<td class=\"n\">"));
	render_count(out, number);
	buf_append_str(out, STR("</td>"));
}

static void append_level(struct buf *out, enum sigma_level level) {
	const char *name = level == SIGMA_LEVEL_NONE ? "no level" : sigma_level_name(level);
	buf_printf(out, "<span class=\"level %s\">%s</span>", level_class(level), name);
}

static struct str title_of(const struct sigma_meta *meta) {
	return meta->title.len > 0 ? meta->title : meta->name;
}

/* ---- summary ---- */

static void append_span(struct buf *out, const struct scan *scan, const char *name, int64_t first,
                        int64_t last) {
	if (first <= last) {
		buf_printf(out, "<tr><th>%s</th><td>", name);
		scan_append_time(out, scan, first);
		buf_append_str(out, STR(" to "));
		scan_append_time(out, scan, last);
		buf_append_str(out, STR("</td></tr>"));
	}
}

static void append_summary(struct buf *out, const struct scan *scan) {
	const struct findings *f = scan->findings;
	buf_append_str(out, STR("<h2>Summary</h2><table><tr><th>Rules</th><td>"));
	buf_printf(out, "%u, %u correlations", scan->set->rules_count, scan->set->correlations_count);
	if (scan->set->refused > 0) {
		buf_printf(out, "; %u not understood", scan->set->refused);
	}
	buf_append_str(out, STR("</td></tr><tr><th>Records with findings</th><td>"));
	render_count(out, f->records_hit);
	buf_append_str(out, STR(" of "));
	render_count(out, f->records);
	if (!scan->stored) {
		buf_append_str(out, STR(" in "));
		render_count(out, f->files);
		buf_append_str(out, STR(" files"));
	}
	buf_append_str(out, STR("</td></tr>"));
	append_span(out, scan, "Records", f->first_ns, f->last_ns);
	append_span(out, scan, "Findings", f->first_finding_ns, f->last_finding_ns);
	buf_append_str(out, STR("</table><table><tr><th>Level</th><th class=\"n\">findings</th>"
	                        "<th class=\"n\">rules</th></tr>"));
	for (size_t i = 0; i < ARRAY_LEN(levels); i++) {
		if (levels[i] != SIGMA_LEVEL_NONE || f->total[levels[i]] > 0) {
			buf_append_str(out, STR("<tr><td>"));
			append_level(out, levels[i]);
			buf_append_str(out, STR("</td>"));
			append_number(out, f->total[levels[i]]);
			append_number(out, f->rules_hit[levels[i]]);
			buf_append_str(out, STR("</tr>"));
		}
	}
	buf_append_str(out, STR("</table>"));
}

/* ---- timeline ---- */

struct bar {
	struct str name; /* of a day or month */
	uint64_t counts[FINDINGS_LEVELS], all;
};

static int by_name(const void *a, const void *b) {
	return str_cmp(((const struct bar *)a)->name, ((const struct bar *)b)->name);
}

/* The first len bytes of each day's name, in order; the caller frees. */
static struct bar *make_bars(const struct findings *f, size_t len, size_t *out_count) {
	struct map *numbers = map_new();
	size_t days = 0;
	for (size_t i = 0; i < FINDINGS_LEVELS; i++) {
		days += map_count(f->days[i]);
	}
	struct bar *bars = calloc(days + 1, sizeof(*bars));
	ASSERT(bars != NULL);
	for (size_t i = 0; i < FINDINGS_LEVELS; i++) {
		for (size_t k = 0; k < map_count(f->days[i]); k++) {
			struct str name = str_slice(map_key(f->days[i], k), 0, len);
			uint64_t number = *map_put(numbers, name, map_count(numbers), NULL);
			bars[number].name = name;
			bars[number].counts[i] += *map_value(f->days[i], k);
			bars[number].all += *map_value(f->days[i], k);
		}
	}
	*out_count = map_count(numbers);
	map_free(numbers);
	qsort(bars, *out_count, sizeof(*bars), by_name);
	return bars;
}

static void append_bar(struct buf *out, const struct bar *bar, double x, double width,
                       uint64_t most) {
	double y = CHART_HEIGHT;
	buf_append_str(out, STR("<g><title>"));
	append_text(out, bar->name);
	buf_printf(out, ": %llu</title>", (unsigned long long)bar->all);
	for (size_t i = ARRAY_LEN(levels); i-- > 0;) {
		double height = (double)bar->counts[levels[i]] * (double)CHART_HEIGHT / (double)most;
		if (height > 0) {
			y -= height;
			buf_printf(out,
			           "<rect class=\"%s\" x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" "
			           "height=\"%.2f\"/>",
			           level_class(levels[i]), x, y, width, height);
		}
	}
	buf_append_str(out, STR("</g>"));
}

static void append_timeline(struct buf *out, const struct findings *f) {
	enum { DAY = 10, MONTH = 7 };
	size_t count;
	struct bar *bars = make_bars(f, DAY, &count);
	if (count > BARS_MAX) {
		free(bars);
		bars = make_bars(f, MONTH, &count);
	}
	uint64_t most = 1;
	for (size_t i = 0; i < count; i++) {
		most = MAX_OF(most, bars[i].all);
	}
	double step = (double)CHART_WIDTH / (double)MAX_OF(count, (size_t)1);
	double width = MIN_OF(step * 0.85, 40.0);
	if (count > 0) {
		buf_printf(out,
		           "<h2>Timeline</h2><svg viewBox=\"0 0 %d %d\" role=\"img\" "
		           "aria-label=\"findings by day\" width=\"100%%\">",
		           CHART_WIDTH, CHART_HEIGHT + 20);
		for (size_t i = 0; i < count; i++) {
			append_bar(out, &bars[i], step * (double)i, width, most);
		}
		buf_printf(out, "<text x=\"0\" y=\"%d\" font-size=\"12\" fill=\"currentColor\">",
		           CHART_HEIGHT + 16);
		append_text(out, bars[0].name);
		buf_printf(out,
		           "</text><text x=\"%d\" y=\"%d\" font-size=\"12\" fill=\"currentColor\" "
		           "text-anchor=\"end\">",
		           CHART_WIDTH, CHART_HEIGHT + 16);
		append_text(out, bars[count - 1].name);
		buf_append_str(out, STR("</text></svg><p>The highest bar stands for "));
		render_count(out, most);
		buf_append_str(out, STR(" findings.</p>"));
	}
	free(bars);
}

/* ---- ATT&CK ---- */

static void append_techniques(struct buf *out, const struct attack *attack, struct str tactic,
                              bool seen) {
	buf_append_str(out, STR("<td>"));
	for (uint32_t i = 0; i < attack->count; i++) {
		const struct attack_row *row = &attack->rows[i];
		if (!attack_has(row, tactic) || (row->found > 0) != seen) {
			continue;
		}
		buf_append_str(out, seen ? STR("<code>") : STR("<code class=\"none\">"));
		append_text(out, row->technique);
		buf_append_str(out, seen ? STR("</code> (") : STR("</code> "));
		if (seen) {
			render_count(out, row->found);
			buf_append_str(out, STR(") "));
		}
	}
	buf_append_str(out, STR("</td>"));
}

/* What rules are about, and what of it was found. */
static void read_attack(struct attack *attack, const struct findings *f) {
	const struct sigma_set *set = f->set;
	for (uint32_t i = 0; i < findings_subjects(f); i++) {
		bool alerts = i < set->rules_count ? set->rules[i].alerts
		                                   : set->correlations[i - set->rules_count].alerts;
		struct attack_row *row;
		uint32_t at = 0;
		while ((alerts || f->rules[i].count > 0) &&
		       (row = attack_next(attack, findings_meta(f, i), &at)) != NULL) {
			row->rules++;
			row->found += f->rules[i].count;
		}
	}
	attack_sort(attack);
}

static void append_matrix(struct buf *out, const struct findings *f) {
	struct attack attack;
	uint32_t seen = 0;
	attack_init(&attack);
	read_attack(&attack, f);
	for (uint32_t i = 0; i < attack.count; i++) {
		seen += attack.rows[i].found > 0;
	}
	struct texts tactics = attack_tactics(&attack);
	if (tactics.count > 0) {
		buf_printf(out,
		           "<h2>ATT&amp;CK</h2><p>Of %u techniques that rules are about, %u were "
		           "seen.</p><table><tr><th>Tactic</th><th>Techniques seen (findings)</th>"
		           "<th>Rules, but nothing found</th></tr>",
		           attack.count, seen);
	}
	for (uint32_t i = 0; i < tactics.count; i++) {
		buf_append_str(out, STR("<tr><th>"));
		append_text(out, tactics.items[i].len > 0 ? tactics.items[i] : STR("(none)"));
		buf_append_str(out, STR("</th>"));
		append_techniques(out, &attack, tactics.items[i], true);
		append_techniques(out, &attack, tactics.items[i], false);
		buf_append_str(out, STR("</tr>"));
	}
	buf_append_str(out, tactics.count > 0 ? STR("</table>") : STR(""));
	attack_deinit(&attack);
}

/* ---- hosts ---- */

struct host {
	struct str name;
	uint64_t rules[FINDINGS_LEVELS];
};

/* Most rules of the most serious level first. */
static int by_rules(const void *a, const void *b) {
	const struct host *x = a;
	const struct host *y = b;
	for (size_t i = 0; i < ARRAY_LEN(levels); i++) {
		if (x->rules[levels[i]] != y->rules[levels[i]]) {
			return x->rules[levels[i]] < y->rules[levels[i]] ? 1 : -1;
		}
	}
	return str_cmp(x->name, y->name);
}

static struct host *list_hosts(const struct findings *f, size_t *out_count) {
	struct map *numbers = map_new();
	size_t all = 0;
	for (size_t i = 0; i < FINDINGS_LEVELS; i++) {
		all += map_count(f->hosts[i]);
	}
	struct host *hosts = calloc(all + 1, sizeof(*hosts));
	ASSERT(hosts != NULL);
	for (size_t i = 0; i < FINDINGS_LEVELS; i++) {
		for (size_t k = 0; k < map_count(f->hosts[i]); k++) {
			struct str name = map_key(f->hosts[i], k);
			struct host *host = &hosts[*map_put(numbers, name, map_count(numbers), NULL)];
			host->name = name;
			host->rules[i] = *map_value(f->hosts[i], k);
		}
	}
	*out_count = map_count(numbers);
	map_free(numbers);
	qsort(hosts, *out_count, sizeof(*hosts), by_rules);
	return hosts;
}

static void append_hosts(struct buf *out, const struct findings *f) {
	size_t count;
	struct host *hosts = list_hosts(f, &count);
	if (count > 0) {
		buf_append_str(out, STR("<h2>Hosts</h2><div class=\"wide\"><table><tr><th>Host</th>"));
		for (size_t i = 0; i < ARRAY_LEN(levels); i++) {
			buf_append_str(out, STR("<th class=\"n\">"));
			append_level(out, levels[i]);
			buf_append_str(out, STR("</th>"));
		}
		buf_append_str(out, STR("</tr>"));
	}
	for (size_t i = 0; i < MIN_OF(count, (size_t)HOSTS_MAX); i++) {
		buf_append_str(out, STR("<tr>"));
		append_cell(out, hosts[i].name);
		for (size_t k = 0; k < ARRAY_LEN(levels); k++) {
			append_number(out, hosts[i].rules[levels[k]]);
		}
		buf_append_str(out, STR("</tr>"));
	}
	if (count > 0) {
		buf_printf(out, "</table></div><p>Different rules by level%s.</p>",
		           count > HOSTS_MAX ? "; the first fifty hosts" : "");
	}
	free(hosts);
}

/* ---- users ---- */

static void append_users(struct buf *out, const struct scan *scan) {
	size_t count;
	struct pivot *users = pivots_list(scan->pivots, PIVOT_USER, &count);
	if (count > 0) {
		buf_append_str(out, STR("<h2>Users</h2><div class=\"wide\"><table><tr><th>User</th>"
		                        "<th>Highest level</th><th class=\"n\">Records</th>"
		                        "<th>First</th><th>Last</th></tr>"));
	}
	for (size_t i = 0; i < MIN_OF(count, (size_t)USERS_MAX); i++) {
		buf_append_str(out, STR("<tr>"));
		append_cell(out, users[i].value);
		buf_append_str(out, STR("<td>"));
		append_level(out, users[i].level);
		buf_append_str(out, STR("</td>"));
		append_number(out, users[i].records);
		buf_append_str(out, STR("<td>"));
		scan_append_time(out, scan, users[i].first_ns);
		buf_append_str(out, STR("</td><td>"));
		scan_append_time(out, scan, users[i].last_ns);
		buf_append_str(out, STR("</td></tr>"));
	}
	if (count > 0) {
		buf_printf(out, "</table></div><p>Records with findings that name the user%s.</p>",
		           count > USERS_MAX ? "; the first fifty users" : "");
	}
	free(users);
}

/* ---- rules ---- */

static void append_finding(struct buf *out, const struct scan *scan,
                           const struct finding *finding) {
	buf_append_str(out, STR("<tr><td>"));
	scan_append_time(out, scan, finding->time_ns);
	buf_append_str(out, STR("</td>"));
	append_cell(out, finding->host);
	buf_append_str(out, STR("<td>"));
	append_text(out, finding->path);
	buf_printf(out, ":%llu</td><td>", (unsigned long long)finding->record);
	for (uint32_t i = 0; i < finding->fields_count; i++) {
		buf_append_str(out, i > 0 ? STR("<br>") : STR(""));
		append_text(out, finding->fields[i].name);
		buf_append_str(out, STR(": <code>"));
		append_text(out, finding->fields[i].text);
		buf_append_str(out, STR("</code>"));
	}
	buf_append_str(out, STR("</td></tr>"));
}

static void append_texts(struct buf *out, const char *name, const struct texts *texts) {
	for (uint32_t i = 0; i < texts->count; i++) {
		buf_append_str(out, i > 0 ? STR(", ") : STR("<p>"));
		if (i == 0) {
			buf_printf(out, "%s: ", name);
		}
		append_text(out, texts->items[i]);
	}
	buf_append_str(out, texts->count > 0 ? STR("</p>") : STR(""));
}

static void append_rule(struct buf *out, const struct scan *scan, uint32_t subject) {
	const struct sigma_meta *meta = findings_meta(scan->findings, subject);
	const struct finding_rule *rule = &scan->findings->rules[subject];
	buf_append_str(out, STR("<details><summary>"));
	append_level(out, meta->level);
	append_text(out, title_of(meta));
	buf_append_str(out, STR(" ("));
	render_count(out, rule->count);
	buf_append_str(out, STR(")</summary>"));
	if (meta->description.len > 0) {
		buf_append_str(out, STR("<p>"));
		append_text(out, meta->description);
		buf_append_str(out, STR("</p>"));
	}
	append_texts(out, "Tags", &meta->tags);
	append_texts(out, "Known false positives", &meta->falsepositives);
	buf_append_str(out, STR("<div class=\"wide\"><table><tr><th>Time</th><th>Host</th>"
	                        "<th>File and record</th><th>What matched</th></tr>"));
	for (uint32_t i = 0; i < rule->kept_count; i++) {
		append_finding(out, scan, &rule->kept[i]);
	}
	buf_append_str(out, STR("</table></div>"));
	if (rule->count > rule->kept_count) {
		buf_append_str(out, STR("<p>and "));
		render_count(out, rule->count - rule->kept_count);
		buf_append_str(out, STR(" more, until "));
		scan_append_time(out, scan, rule->last_ns);
		buf_append_str(out, STR("</p>"));
	}
	buf_append_str(out, STR("</details>"));
}

void scan_append_html(struct buf *out, const struct scan *scan) {
	CLEANUP(arena_freep) struct arena *arena = arena_new(SIZE_MAX);
	uint32_t count;
	const uint32_t *order = findings_order(scan->findings, arena, &count);
	buf_append_str(out,
	               STR("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
	                   "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
	                   "style-src 'unsafe-inline'\"><meta name=\"viewport\" "
	                   "content=\"width=device-width\"><title>Akashi: findings</title>"));
	buf_append_str(out, str_make(style, sizeof(style) - 1));
	buf_append_str(out, STR("</head><body><h1>Findings of Sigma rules</h1>"));
	append_summary(out, scan);
	append_timeline(out, scan->findings);
	append_matrix(out, scan->findings);
	append_hosts(out, scan->findings);
	append_users(out, scan);
	buf_append_str(out, count > 0 ? STR("<h2>Rules</h2>") : STR("<p>No rule held.</p>"));
	for (uint32_t i = 0; i < count; i++) {
		append_rule(out, scan, order[i]);
	}
	buf_append_str(out, STR("</body></html>\n"));
}

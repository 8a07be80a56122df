/* scan --pivot: which values recur around the findings, for people and as JSON lines. */
#include "base/instant.h"
#include "cmd/scan.h"
#include "render/units.h"

enum { WIDTH = 80, SHOWN = 20, LEVEL_WIDTH = 14, COUNT_WIDTH = 8, TIMES_WIDTH = 35 };

struct collecting {
	struct scanned *scanned;
	int64_t time_ns;
	enum sigma_level level;
};

static void collect(void *ctx, enum pivot_kind kind, struct str value) {
	struct collecting *c = ctx;
	struct scan_pivot pivot = {kind, c->level, c->time_ns, arena_str(c->scanned->arena, value)};
	buf_append(&c->scanned->pivots, &pivot, sizeof(pivot));
}

void scan_collect_pivots(struct scanned *scanned, const struct row *row, enum sigma_level level) {
	struct collecting c = {scanned, row->time_ns, level};
	pivot_each(row, collect, &c);
}

void scan_take_pivots(struct scan *scan, const struct scanned *scanned) {
	const struct scan_pivot *pivots =
	    (const struct scan_pivot *)(const void *)scanned->pivots.ptr; /* of malloc */
	for (size_t i = 0; i < scanned->pivots.len / sizeof(*pivots); i++) {
		pivots_add(scan->pivots, pivots[i].kind, pivots[i].value, pivots[i].time_ns,
		           pivots[i].level);
	}
}

static void append_json(struct buf *out, enum pivot_kind kind, const struct pivot *pivot) {
	buf_printf(out, "{\"pivot.kind\":\"%s\",\"pivot.value\":", pivot_kind_name(kind));
	buf_append_json(out, pivot->value);
	buf_printf(out, ",\"records\":%llu,\"first\":\"", (unsigned long long)pivot->records);
	instant_format(out, pivot->first_ns, 0);
	buf_append_str(out, STR("\",\"last\":\""));
	instant_format(out, pivot->last_ns, 0);
	buf_printf(out, "\",\"rule.level\":\"%s\"}\n", sigma_level_name(pivot->level));
}

static void append_minute(struct buf *out, const struct scan *scan, int64_t ns) {
	struct civil civil;
	instant_to_civil(ns, render_offset(&scan->style, ns), &civil);
	buf_printf(out, " %04d-%02d-%02d %02d:%02d", civil.year, civil.month, civil.day, civil.hour,
	           civil.minute);
}

static void append_line(struct buf *out, const struct scan *scan, const struct pivot *pivot) {
	CLEANUP(buf_deinit) struct buf safe = {0};
	CLEANUP(buf_deinit) struct buf count = {0};
	const char *level =
	    pivot->level == SIGMA_LEVEL_NONE ? "no level" : sigma_level_name(pivot->level);
	render_count(&count, pivot->records);
	render_fit(out, buf_str(&count), COUNT_WIDTH, true);
	append_minute(out, scan, pivot->first_ns);
	append_minute(out, scan, pivot->last_ns);
	buf_printf(out, " %-*s", LEVEL_WIDTH, level);
	render_safe(&safe, pivot->value);
	/* At its end a path says most: whole, also where lines wrap. */
	buf_append_str(out, buf_str(&safe));
	buf_append_char(out, '\n');
}

static void append_kind(struct buf *out, const struct scan *scan, enum pivot_kind kind) {
	size_t count;
	struct pivot *list = pivots_list(scan->pivots, kind, &count);
	for (size_t i = 0; i < count && scan->pivot_lines; i++) {
		append_json(out, kind, &list[i]);
	}
	if (!scan->pivot_lines && count > 0) {
		buf_append_str(out, out->len > 0 ? STR("\n") : STR(""));
		buf_printf(out, "%s\n%*s %-16s %-16s %-*s%s\n", pivot_kind_title(kind), COUNT_WIDTH,
		           "records", "first", "last", LEVEL_WIDTH, "level", "value");
		for (size_t i = 0; i < MIN_OF(count, (size_t)SHOWN); i++) {
			append_line(out, scan, &list[i]);
		}
		if (count > SHOWN) {
			buf_printf(out, "and %llu more: --format jsonl has all\n",
			           (unsigned long long)(count - SHOWN));
		}
	}
	free(list);
}

void scan_append_pivots(struct buf *out, const struct scan *scan) {
	for (int i = 0; i < PIVOT_KIND_COUNT; i++) {
		append_kind(out, scan, (enum pivot_kind)i);
	}
	if (out->len == 0 && !scan->pivot_lines) {
		buf_append_str(out, STR("Nothing was found.\n"));
	}
}

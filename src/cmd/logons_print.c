/* What akashi logons prints: a table of two lines a group for people, rows for programs, and what
 * is said at the end.
 */
#include "base/instant.h"
#include "base/limits.h"
#include "cmd/console.h"
#include "cmd/logons.h"
#include "render/table.h"
#include "render/units.h"

enum { COLUMNS_DEFAULT = 80, COLUMNS_MIN = 60 };
#define COUNT_WIDTH ((size_t)7)
#define GAP ((size_t)2)

static enum err flush_line(struct logons_run *run) {
	enum err err = output_write(run->output, run->line.ptr, run->line.len);
	buf_clear(&run->line);
	return err;
}

static int64_t first_of(const struct logons_group *group) {
	int64_t ns = INSTANT_MAX;
	for (size_t i = 0; i < LOGON_OUTCOMES; i++) {
		ns = MIN_OF(ns, group->first_ns[i]);
	}
	return ns;
}

static int64_t last_of(const struct logons_group *group) {
	int64_t ns = INSTANT_MIN;
	for (size_t i = 0; i < LOGON_OUTCOMES; i++) {
		ns = MAX_OF(ns, group->last_ns[i]);
	}
	return ns;
}

/* ---- rows for programs ---- */

enum logons_column {
	COLUMN_USER,
	COLUMN_DOMAIN,
	COLUMN_EFFECTIVE,
	COLUMN_SOURCE,
	COLUMN_HOST,
	COLUMN_TYPE,
	COLUMN_FAILED,
	COLUMN_DONE,
	COLUMN_TRIED,
	COLUMN_FIRST,
	COLUMN_LAST,
	COLUMN_FAILED_FIRST,
	COLUMN_FAILED_LAST,
	COLUMN_DONE_FIRST,
	COLUMN_DONE_LAST,
	COLUMN_REASONS,
	COLUMN_BOTH,
	COLUMN_SERVICES,
	COLUMN_COUNT,
};

static const struct str column_names[COLUMN_COUNT] = {
    [COLUMN_USER] = STR_INIT("user.name"),
    [COLUMN_DOMAIN] = STR_INIT("user.domain"),
    [COLUMN_EFFECTIVE] = STR_INIT("user.effective.name"),
    [COLUMN_SOURCE] = STR_INIT("source.address"),
    [COLUMN_HOST] = STR_INIT("host.name"),
    [COLUMN_TYPE] = STR_INIT("logon.type"),
    [COLUMN_FAILED] = STR_INIT("logon.failed"),
    [COLUMN_DONE] = STR_INIT("logon.succeeded"),
    [COLUMN_TRIED] = STR_INIT("logon.tried"),
    [COLUMN_FIRST] = STR_INIT("logon.first"),
    [COLUMN_LAST] = STR_INIT("logon.last"),
    [COLUMN_FAILED_FIRST] = STR_INIT("logon.failed.first"),
    [COLUMN_FAILED_LAST] = STR_INIT("logon.failed.last"),
    [COLUMN_DONE_FIRST] = STR_INIT("logon.succeeded.first"),
    [COLUMN_DONE_LAST] = STR_INIT("logon.succeeded.last"),
    [COLUMN_REASONS] = STR_INIT("logon.reasons"),
    [COLUMN_BOTH] = STR_INIT("logon.failed_then_succeeded"),
    [COLUMN_SERVICES] = STR_INIT("logon.services"),
};

static struct value text_value(struct str text) {
	return text.len == 0 ? VALUE_ABSENT : value_string(text);
}

static struct value count_value(struct arena *arena, uint64_t count) {
	return (struct value){.kind = VALUE_NUMBER,
	                      .text = arena_printf(arena, "%llu", (unsigned long long)count)};
}

static struct value bool_value(bool is) {
	return (struct value){.kind = VALUE_BOOL, .text = is ? STR("true") : STR("false")};
}

static struct value time_value(const struct logons_run *run, struct arena *arena, int64_t ns) {
	CLEANUP(buf_deinit) struct buf text = {0};
	if (ns == INSTANT_MIN || ns == INSTANT_MAX) {
		return VALUE_ABSENT;
	}
	instant_format(&text, ns, render_offset(&run->style, ns));
	return value_string(arena_str(arena, buf_str(&text)));
}

static struct value reasons_value(struct arena *arena, const struct logons_group *group) {
	CLEANUP(buf_deinit) struct buf list = {0};
	for (size_t i = 0; i < group->reasons_count; i++) {
		value_list_append(&list, value_string(group->reasons[i]));
	}
	return list.len == 0
	           ? VALUE_ABSENT
	           : (struct value){.kind = VALUE_LIST, .text = arena_str(arena, buf_str(&list))};
}

static void append_row(struct logons_run *run, const struct value *values) {
	if (run->format == LOGONS_JSONL) {
		table_render_json(column_names, COLUMN_COUNT, values, &run->line);
	} else {
		table_render_csv(values, COLUMN_COUNT, &run->style, &run->line);
	}
}

static void append_group(struct logons_run *run, const struct logons_group *group,
                         struct arena *arena) {
	const struct value values[COLUMN_COUNT] = {
	    [COLUMN_USER] = text_value(group->user),
	    [COLUMN_DOMAIN] = text_value(group->domain),
	    [COLUMN_EFFECTIVE] = text_value(group->effective),
	    [COLUMN_SOURCE] = text_value(group->source),
	    [COLUMN_HOST] = text_value(group->host),
	    [COLUMN_TYPE] = text_value(group->type),
	    [COLUMN_FAILED] = count_value(arena, group->counts[LOGON_FAILED]),
	    [COLUMN_DONE] = count_value(arena, group->counts[LOGON_DONE]),
	    [COLUMN_TRIED] = count_value(arena, group->counts[LOGON_TRIED]),
	    [COLUMN_FIRST] = time_value(run, arena, first_of(group)),
	    [COLUMN_LAST] = time_value(run, arena, last_of(group)),
	    [COLUMN_FAILED_FIRST] = time_value(run, arena, group->first_ns[LOGON_FAILED]),
	    [COLUMN_FAILED_LAST] = time_value(run, arena, group->last_ns[LOGON_FAILED]),
	    [COLUMN_DONE_FIRST] = time_value(run, arena, group->first_ns[LOGON_DONE]),
	    [COLUMN_DONE_LAST] = time_value(run, arena, group->last_ns[LOGON_DONE]),
	    [COLUMN_REASONS] = reasons_value(arena, group),
	    [COLUMN_BOTH] = bool_value(group->failed_then_done),
	    [COLUMN_SERVICES] = bool_value(false),
	};
	append_row(run, values);
}

/* What is folded, in a row of its own. */
static void append_services(struct logons_run *run, struct arena *arena) {
	const struct logons_sum *sum = logons_services(run->logons);
	const struct value values[COLUMN_COUNT] = {
	    [COLUMN_FAILED] = count_value(arena, sum->counts[LOGON_FAILED]),
	    [COLUMN_DONE] = count_value(arena, sum->counts[LOGON_DONE]),
	    [COLUMN_TRIED] = count_value(arena, sum->counts[LOGON_TRIED]),
	    [COLUMN_FIRST] = time_value(run, arena, sum->first_ns),
	    [COLUMN_LAST] = time_value(run, arena, sum->last_ns),
	    [COLUMN_BOTH] = bool_value(false),
	    [COLUMN_SERVICES] = bool_value(true),
	};
	append_row(run, values);
}

static uint64_t sum_all(const struct logons_sum *sum) {
	return sum->counts[LOGON_FAILED] + sum->counts[LOGON_DONE] + sum->counts[LOGON_TRIED];
}

static enum err print_rows(struct logons_run *run) {
	CLEANUP(arena_freep) struct arena *arena = arena_new(SIZE_MAX);
	if (run->format == LOGONS_CSV) {
		table_render_csv_header(column_names, COLUMN_COUNT, &run->style, &run->line);
	}
	for (size_t i = 0; i < logons_count(run->logons) && i < run->args->limit; i++) {
		arena_reset(arena);
		append_group(run, logons_get(run->logons, i), arena);
		run->shown++;
		TRY(flush_line(run));
	}
	if (sum_all(logons_services(run->logons)) > 0) {
		append_services(run, arena);
	}
	return flush_line(run);
}

/* ---- the table ---- */

enum { NAME_USER, NAME_SOURCE, NAME_HOST, NAME_TYPE, NAMES };

static void names_of(const struct logons_group *group, struct arena *arena,
                     struct str out_names[NAMES]) {
	out_names[NAME_USER] = group->user;
	if (group->effective.len > 0) {
		out_names[NAME_USER] =
		    arena_printf(arena, "%.*s as %.*s", STR_ARG(group->user), STR_ARG(group->effective));
	}
	if (group->domain.len > 0) { /* last: it is what may be cut */
		out_names[NAME_USER] = arena_printf(arena, "%.*s (%.*s)", STR_ARG(out_names[NAME_USER]),
		                                    STR_ARG(group->domain));
	}
	out_names[NAME_SOURCE] = group->source;
	out_names[NAME_HOST] = group->host;
	out_names[NAME_TYPE] = group->type;
}

static struct str safe_name(struct arena *arena, struct str name) {
	CLEANUP(buf_deinit) struct buf text = {0};
	render_safe(&text, name.len > 0 ? name : STR("-"));
	return arena_str(arena, buf_str(&text));
}

struct layout {
	size_t columns;
	bool tried; /* has its column */
	size_t widths[NAMES];
};

/* The widest give way until all fit; the type, of which little is enough to cut, when the others
 * are narrow. */
static void fit_widths(struct layout *layout) {
	size_t room = layout->columns - (COUNT_WIDTH + 1) * (layout->tried ? 3U : 2U) - GAP * NAMES;
	for (;;) {
		size_t sum = 0;
		size_t widest = 0;
		for (size_t i = 0; i < NAMES; i++) {
			sum += layout->widths[i];
			size_t weight = i == NAME_TYPE ? layout->widths[i] / 2 : layout->widths[i];
			widest = weight > layout->widths[widest] ? i : widest;
		}
		if (sum <= room) {
			return;
		}
		layout->widths[widest]--;
	}
}

static void make_layout(const struct logons_run *run, struct layout *layout) {
	static const size_t headings[NAMES] = {4, 4, 2, 4};
	CLEANUP(arena_freep) struct arena *arena = arena_new(SIZE_MAX);
	int columns = run->style.columns > 0 ? run->style.columns : COLUMNS_DEFAULT;
	*layout = (struct layout){.columns = (size_t)MAX_OF(columns, (int)COLUMNS_MIN)};
	memcpy(layout->widths, headings, sizeof(headings));
	for (size_t i = 0; i < logons_count(run->logons) && i < run->args->limit; i++) {
		const struct logons_group *group = logons_get(run->logons, i);
		struct str names[NAMES];
		arena_reset(arena);
		names_of(group, arena, names);
		layout->tried |= group->counts[LOGON_TRIED] > 0;
		for (size_t n = 0; n < NAMES; n++) {
			size_t width = render_width(safe_name(arena, names[n]));
			layout->widths[n] = MAX_OF(layout->widths[n], width);
		}
	}
	fit_widths(layout);
}

static void append_count(struct buf *out, struct str text) {
	render_fit(out, text, COUNT_WIDTH, true);
	buf_append_char(out, ' ');
}

static void append_names(struct buf *out, const struct layout *layout, const struct str *names) {
	size_t len;
	for (size_t i = 0; i < NAMES; i++) {
		buf_append_str(out, STR("  "));
		render_fit(out, names[i], layout->widths[i], false);
	}
	for (len = out->len; len > 0 && out->ptr[len - 1] == ' '; len--) {
	}
	out->len = len;
	buf_append_char(out, '\n');
}

static void append_heading(struct logons_run *run, const struct layout *layout) {
	static const struct str names[NAMES] = {STR_INIT("user"), STR_INIT("from"), STR_INIT("to"),
	                                        STR_INIT("type")};
	append_count(&run->line, STR("failed"));
	append_count(&run->line, STR("ok"));
	if (layout->tried) {
		append_count(&run->line, STR("tried"));
	}
	append_names(&run->line, layout, names);
}

static void append_number(struct buf *out, uint64_t count) {
	CLEANUP(buf_deinit) struct buf text = {0};
	buf_append_u64(&text, count);
	append_count(out, count > 0 ? buf_str(&text) : STR("-"));
}

static int64_t whole_seconds(int64_t ns) {
	bool none = ns == INSTANT_MIN || ns == INSTANT_MAX;
	return none ? ns : ns - (ns % INSTANT_SECOND + INSTANT_SECOND) % INSTANT_SECOND;
}

/* When, and why not; cut to the width. */
static void append_when(struct logons_run *run, const struct layout *layout,
                        const struct logons_group *group) {
	CLEANUP(buf_deinit) struct buf text = {0};
	int64_t first_ns = whole_seconds(first_of(group));
	int64_t last_ns = whole_seconds(last_of(group));
	size_t indent = (COUNT_WIDTH + 1) * (layout->tried ? 3U : 2U) + GAP;
	if (first_ns <= last_ns) {
		instant_format(&text, first_ns, render_offset(&run->style, first_ns));
	}
	if (first_ns < last_ns) {
		buf_append_str(&text, STR(" to "));
		instant_format(&text, last_ns, render_offset(&run->style, last_ns));
	}
	for (size_t i = 0; i < group->reasons_count; i++) {
		buf_append_str(&text, text.len == 0 ? STR("") : i == 0 ? STR("; ") : STR(", "));
		render_safe(&text, group->reasons[i]);
	}
	if (text.len > 0) {
		size_t width = MIN_OF(render_width(buf_str(&text)), layout->columns - indent);
		buf_printf(&run->line, "%*s", (int)indent, "");
		render_fit(&run->line, buf_str(&text), width, false);
		buf_append_char(&run->line, '\n');
	}
}

static void append_lines(struct logons_run *run, const struct layout *layout,
                         const struct logons_group *group, struct arena *arena) {
	struct str names[NAMES];
	bool bold = run->style.colour && group->failed_then_done;
	names_of(group, arena, names);
	for (size_t i = 0; i < NAMES; i++) {
		names[i] = safe_name(arena, names[i]);
	}
	buf_append_str(&run->line, bold ? STR("\033[1m") : STR(""));
	append_number(&run->line, group->counts[LOGON_FAILED]);
	append_number(&run->line, group->counts[LOGON_DONE]);
	if (layout->tried) {
		append_number(&run->line, group->counts[LOGON_TRIED]);
	}
	append_names(&run->line, layout, names);
	buf_append_str(&run->line, bold ? STR("\033[0m") : STR(""));
	append_when(run, layout, group);
}

static void append_services_line(struct logons_run *run) {
	const struct logons_sum *sum = logons_services(run->logons);
	if (sum_all(sum) == 0) {
		return;
	}
	buf_append_str(&run->line, run->shown > 0 ? STR("\n") : STR(""));
	buf_append_str(&run->line, STR("Machine accounts and services: "));
	render_count(&run->line, sum->counts[LOGON_FAILED]);
	buf_append_str(&run->line, STR(" failed, "));
	render_count(&run->line, sum->counts[LOGON_DONE]);
	buf_append_str(&run->line, STR(" ok, "));
	render_count(&run->line, sum->counts[LOGON_TRIED]);
	buf_append_str(&run->line, STR(" tried (--all lists them)\n"));
}

static enum err print_table(struct logons_run *run) {
	CLEANUP(arena_freep) struct arena *arena = arena_new(SIZE_MAX);
	struct layout layout;
	bool alarming = false; /* such groups were before */
	make_layout(run, &layout);
	for (size_t i = 0; i < logons_count(run->logons) && i < run->args->limit; i++) {
		const struct logons_group *group = logons_get(run->logons, i);
		arena_reset(arena);
		if (i == 0 && group->failed_then_done) {
			buf_append_str(&run->line, STR("Failed, and later came in from the same place:\n"));
		} else if (alarming && !group->failed_then_done) {
			buf_append_str(&run->line, STR("\nAll others:\n"));
		}
		if (i == 0 || alarming != group->failed_then_done) {
			append_heading(run, &layout);
		}
		alarming = group->failed_then_done;
		append_lines(run, &layout, group, arena);
		run->shown++;
		TRY(flush_line(run));
	}
	append_services_line(run);
	return flush_line(run);
}

enum err logons_print(struct logons_run *run) {
	logons_end(run->logons);
	return run->format == LOGONS_TABLE ? print_table(run) : print_rows(run);
}

/* ---- at the end ---- */

static void tell_limits(const struct logons_run *run) {
	const struct logons_sum *sum = logons_left_out(run->logons);
	if (sum_all(sum) > 0) {
		console_note(
		    "%llu logons that failed, %llu that succeeded and %llu others found no room: "
		    "more groups than can be held (%zu); narrow it with --from and --to, or to fewer files",
		    (unsigned long long)sum->counts[LOGON_FAILED],
		    (unsigned long long)sum->counts[LOGON_DONE],
		    (unsigned long long)sum->counts[LOGON_TRIED], logons_count(run->logons));
	}
}

void logons_summarize(const struct logons_run *run, uint64_t files, uint64_t files_failed,
                      double seconds) {
	CLEANUP(buf_deinit) struct buf text = {0};
	size_t count = logons_count(run->logons);
	uint64_t left_out = sum_all(logons_left_out(run->logons));
	tell_limits(run);
	if (run->args->json) {
		buf_printf(&text,
		           "{\"akashi.schema\":%d,\"records\":%llu,\"bytes_raw\":%llu,"
		           "\"logon_records\":%llu,\"groups\":%zu,\"results\":%llu,"
		           "\"logons_left_out\":%llu,\"files\":%llu,\"files_failed\":%llu,"
		           "\"seconds\":%.3f}\n",
		           JSON_SCHEMA, (unsigned long long)run->records, (unsigned long long)run->bytes,
		           (unsigned long long)run->found, count, (unsigned long long)run->shown,
		           (unsigned long long)left_out, (unsigned long long)files,
		           (unsigned long long)files_failed, seconds);
	} else if (run->found == 0) {
		buf_append_str(&text, STR("no logons in "));
		render_count(&text, run->records);
		buf_append_str(&text, run->records == 1 ? STR(" record\n") : STR(" records\n"));
	} else if (console_stderr_is_terminal()) {
		render_count(&text, run->found);
		buf_printf(&text, " record%s of logons among ", run->found == 1 ? "" : "s");
		render_count(&text, run->records);
		buf_printf(&text, ", %.3f s\n", seconds);
	}
	(void)console_print_error(&text);
}

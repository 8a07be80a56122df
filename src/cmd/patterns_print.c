/* What akashi patterns prints: per pattern, per record, and at the end. */
#include "base/instant.h"
#include "cmd/console.h"
#include "cmd/patterns.h"
#include "render/table.h"
#include "render/units.h"

static enum err flush_line(struct patterns *patterns) {
	enum err err = output_write(patterns->output, patterns->line.ptr, patterns->line.len);
	buf_clear(&patterns->line);
	return err;
}

/* ---- per record ---- */

static void append_tail(struct patterns *patterns, struct str id, struct str text) {
	if (patterns->format == PATTERNS_CSV) {
		render_csv_field(&patterns->line, &patterns->style, id);
		buf_append_char(&patterns->line, ',');
		render_csv_field(&patterns->line, &patterns->style, text);
		buf_append_str(&patterns->line, STR("\r\n"));
		return;
	}
	buf_append_str(&patterns->line, STR(",\"pattern.id\":"));
	buf_append_json(&patterns->line, id);
	buf_append_str(&patterns->line, STR(",\"pattern.template\":"));
	buf_append_json(&patterns->line, text);
	buf_append_str(&patterns->line, STR("}\n"));
}

enum err patterns_begin_assign(struct patterns *patterns) {
	size_t count = miner_count(patterns->miner);
	patterns->tails = ARENA_ARRAY(patterns->arena, count + 1, struct str);
	for (size_t i = 0; i < count; i++) {
		const struct miner_pattern *pattern = miner_get(patterns->miner, i);
		append_tail(patterns, str_from(pattern->id), pattern->text);
		patterns->tails[i] = arena_str(patterns->arena, buf_str(&patterns->line));
		buf_clear(&patterns->line);
	}
	if (patterns->format == PATTERNS_CSV) {
		bool store = patterns->args->paths_count == 0;
		buf_append_str(&patterns->line, store ? STR("akashi.tree,akashi.index,") : STR(""));
		buf_append_str(&patterns->line,
		               STR("file.path,akashi.record,pattern.id,pattern.template\r\n"));
	}
	patterns->assigning = true;
	return flush_line(patterns);
}

/* A line of a kind that found no room has the pattern that it would have alone. */
static void append_alone(struct patterns *patterns, const struct patterns_record *record) {
	CLEANUP(buf_deinit) struct buf text = {0};
	char id[17];
	miner_alone(&record->line.text, &text, id);
	append_tail(patterns, str_from(id), buf_str(&text));
}

static void append_place(struct patterns *patterns, const struct patterns_record *record) {
	struct buf *line = &patterns->line;
	if (patterns->format == PATTERNS_CSV) {
		if (record->tree.len > 0) {
			render_csv_field(line, &patterns->style, record->tree);
			buf_printf(line, ",%llu,", (unsigned long long)record->index);
		}
		render_csv_field(line, &patterns->style, record->path);
		buf_printf(line, ",%llu,", (unsigned long long)record->number);
		return;
	}
	buf_append_str(line, STR("{\"akashi.record\":"));
	buf_append_u64(line, record->number);
	buf_append_str(line, STR(",\"file.path\":"));
	buf_append_json(line, record->path);
	if (record->tree.len > 0) {
		buf_append_str(line, STR(",\"akashi.tree\":"));
		buf_append_json(line, record->tree);
		buf_append_str(line, STR(",\"akashi.index\":"));
		buf_append_u64(line, record->index);
	}
}

enum err patterns_print_record(struct patterns *patterns, const struct patterns_record *record) {
	struct miner_key key;
	if (record->key == NULL) {
		miner_read(patterns->seed, &record->line.text, &key);
	}
	const struct miner_pattern *pattern =
	    miner_find(patterns->miner, record->key != NULL ? record->key : &key, &record->line.text);
	if (patterns->shown == patterns->args->limit) {
		return ERR_OK;
	}
	if (patterns->new_since_ns != INSTANT_MIN &&
	    (pattern == NULL || pattern->first_ns == INSTANT_MAX ||
	     pattern->first_ns < patterns->new_since_ns)) {
		return ERR_OK;
	}
	append_place(patterns, record);
	if (pattern == NULL) {
		append_alone(patterns, record);
	} else {
		buf_append_str(&patterns->line, patterns->tails[pattern - miner_get(patterns->miner, 0)]);
	}
	patterns->shown++;
	return flush_line(patterns);
}

/* ---- per pattern ---- */

static void append_time(struct buf *out, int64_t ns, const struct render_style *style) {
	instant_format(out, ns, render_offset(style, ns));
}

static void append_hosts(struct buf *out, const struct miner_pattern *pattern) {
	if (pattern->hosts > 1) {
		buf_append_str(out, STR(", "));
		render_count(out, pattern->hosts);
		buf_append_str(out, STR(" hosts"));
	}
	for (size_t i = 0; i < pattern->host_examples_count; i++) {
		buf_append_str(out, i > 0 || pattern->hosts == 1 ? STR(", ") : STR(": "));
		render_safe(out, pattern->host_examples[i]);
	}
	if (pattern->hosts > pattern->host_examples_count) {
		buf_append_str(out, STR(", ..."));
	}
}

/* Three lines: how often, when, where; the template; an example where it says more. */
static void append_text(struct buf *out, const struct miner_pattern *pattern,
                        const struct render_style *style) {
	render_count(out, pattern->count);
	buf_append_str(out, pattern->count == 1 ? STR(" line") : STR(" lines"));
	if (pattern->first_ns <= pattern->last_ns) {
		buf_append_str(out, STR(", "));
		append_time(out, pattern->first_ns, style);
		if (pattern->last_ns != pattern->first_ns) {
			buf_append_str(out, STR(" to "));
			append_time(out, pattern->last_ns, style);
		}
	}
	append_hosts(out, pattern);
	buf_append_str(out, STR("\n  "));
	buf_append_str(out, style->colour ? STR("\033[1m") : STR(""));
	render_safe(out, pattern->text);
	buf_append_str(out, style->colour ? STR("\033[0m") : STR(""));
	if (!str_eq(pattern->text, pattern->example)) {
		buf_append_str(out, STR("\n  "));
		render_safe(out, pattern->example);
	}
	buf_append_char(out, '\n');
}

/* A table for people has room for less. */
static const enum miner_column table_columns[] = {MINER_COLUMN_COUNT, MINER_COLUMN_FIRST,
                                                  MINER_COLUMN_LAST, MINER_COLUMN_HOSTS,
                                                  MINER_COLUMN_TEMPLATE};

static struct table *new_table(void) {
	struct str names[ARRAY_LEN(table_columns)];
	for (size_t i = 0; i < ARRAY_LEN(table_columns); i++) {
		names[i] = miner_column_name(table_columns[i]);
	}
	return table_new(names, ARRAY_LEN(table_columns));
}

static void add_row(struct table *table, const struct value *values) {
	struct value row[ARRAY_LEN(table_columns)];
	for (size_t i = 0; i < ARRAY_LEN(table_columns); i++) {
		row[i] = values[table_columns[i]];
	}
	table_add(table, row);
}

static bool is_new(const struct patterns *patterns, const struct miner_pattern *pattern) {
	return patterns->new_since_ns == INSTANT_MIN ||
	       (pattern->first_ns != INSTANT_MAX && pattern->first_ns >= patterns->new_since_ns);
}

static void append_pattern(struct patterns *patterns, const struct miner_pattern *pattern,
                           const struct str *names, struct arena *scratch, struct table *table) {
	struct value values[MINER_COLUMNS];
	arena_reset(scratch);
	miner_values(pattern, console_zone(&patterns->style), scratch, values);
	switch (patterns->format) {
	case PATTERNS_JSONL:
		table_render_json(names, MINER_COLUMNS, values, &patterns->line);
		break;
	case PATTERNS_CSV:
		table_render_csv(values, MINER_COLUMNS, &patterns->style, &patterns->line);
		break;
	case PATTERNS_TABLE:
		add_row(table, values);
		break;
	case PATTERNS_TEXT:
	default:
		buf_append_str(&patterns->line, patterns->shown > 0 ? STR("\n") : STR(""));
		append_text(&patterns->line, pattern, &patterns->style);
		break;
	}
}

enum err patterns_print(struct patterns *patterns) {
	CLEANUP(arena_freep) struct arena *scratch = arena_new(SIZE_MAX);
	struct str names[MINER_COLUMNS];
	const struct miner_pattern **sorted =
	    miner_sorted(patterns->miner, patterns->order, patterns->arena);
	struct table *table = patterns->format == PATTERNS_TABLE ? new_table() : NULL;
	enum err err = ERR_OK;
	for (size_t i = 0; i < MINER_COLUMNS; i++) {
		names[i] = miner_column_name((enum miner_column)i);
	}
	if (patterns->format == PATTERNS_CSV) {
		table_render_csv_header(names, MINER_COLUMNS, &patterns->style, &patterns->line);
	}
	for (size_t i = 0; i < miner_count(patterns->miner) && err == ERR_OK; i++) {
		if (patterns->shown < patterns->args->limit && is_new(patterns, sorted[i])) {
			append_pattern(patterns, sorted[i], names, scratch, table);
			patterns->shown++;
			err = flush_line(patterns);
		}
	}
	if (table != NULL && err == ERR_OK) {
		table_render_text(table, &patterns->style, &patterns->line);
	}
	table_free(table);
	TRY(err);
	return flush_line(patterns);
}

/* ---- at the end ---- */

static void tell_limits(const struct patterns *patterns) {
	uint64_t left_out = miner_left_out(patterns->miner);
	if (left_out > 0) {
		console_note(
		    "%llu record%s of kinds that found no room are in no pattern: at most %u kinds "
		    "of lines are told apart; narrow it with --from and --to, or to fewer files",
		    (unsigned long long)left_out, left_out == 1 ? "" : "s", LIMIT_MINER_SHAPES);
	}
	if (!miner_hosts_exact(patterns->miner)) {
		console_note("there are more than %u hosts: those beyond are not counted",
		             LIMIT_MINER_HOSTS);
	}
}

void patterns_summarize(const struct patterns *patterns, uint64_t files, uint64_t files_failed,
                        double seconds) {
	struct buf text = {0};
	size_t count = miner_count(patterns->miner);
	tell_limits(patterns);
	if (patterns->args->json) {
		buf_printf(&text,
		           "{\"akashi.schema\":%d,\"records\":%llu,\"bytes_raw\":%llu,\"patterns\":%zu,"
		           "\"results\":%llu,\"records_left_out\":%llu,\"files\":%llu,"
		           "\"files_failed\":%llu,\"seconds\":%.3f}\n",
		           JSON_SCHEMA, (unsigned long long)patterns->records,
		           (unsigned long long)patterns->bytes, count, (unsigned long long)patterns->shown,
		           (unsigned long long)miner_left_out(patterns->miner), (unsigned long long)files,
		           (unsigned long long)files_failed, seconds);
		(void)console_print_error(&text);
	} else if (console_stderr_is_terminal()) {
		render_count(&text, count);
		buf_printf(&text, " pattern%s in ", count == 1 ? "" : "s");
		render_count(&text, patterns->records);
		buf_printf(&text, " record%s, %.3f s\n", patterns->records == 1 ? "" : "s", seconds);
		(void)console_print_error(&text);
	}
	buf_deinit(&text);
}

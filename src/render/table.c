/* Tables: cells are rendered to safe text as they come, widths are known at the end. */
#include "render/table.h"

#include "base/arena.h"
#include "render/text.h"

enum { BAR_COLUMNS = 24, COLUMN_MIN = 4 };

struct cell {
	struct str text;
	bool number;
};

struct table {
	struct arena *arena;
	struct str *columns;
	size_t columns_count;
	struct cell *cells; /* rows * columns */
	size_t rows;
	size_t rows_cap;
};

struct table *table_new(const struct str *columns, size_t count) {
	struct table *table = calloc(1, sizeof(*table));
	ASSERT(table != NULL);
	table->arena = arena_new(SIZE_MAX);
	table->columns = ARENA_ARRAY(table->arena, MAX_OF(count, (size_t)1), struct str);
	table->columns_count = count;
	for (size_t i = 0; i < count; i++) {
		CLEANUP(buf_deinit) struct buf safe = {0};
		render_safe(&safe, columns[i]);
		table->columns[i] = arena_str(table->arena, buf_str(&safe));
	}
	return table;
}

void table_free(struct table *table) {
	if (table != NULL) {
		arena_free(table->arena);
		free(table->cells);
		free(table);
	}
}

size_t table_rows(const struct table *table) {
	return table->rows;
}

void table_add(struct table *table, const struct value *values) {
	if (table->rows == table->rows_cap) {
		table->rows_cap = table->rows_cap * 2 + 16;
		table->cells = reallocarray(table->cells, table->rows_cap * table->columns_count,
		                            sizeof(*table->cells));
		ASSERT(table->cells != NULL || table->columns_count == 0);
	}
	for (size_t i = 0; i < table->columns_count; i++) {
		struct buf raw = {0};
		struct buf safe = {0};
		value_append_text(&raw, values[i]);
		render_safe(&safe, buf_str(&raw));
		table->cells[table->rows * table->columns_count + i] =
		    (struct cell){arena_str(table->arena, buf_str(&safe)), values[i].kind == VALUE_NUMBER};
		buf_deinit(&raw);
		buf_deinit(&safe);
	}
	table->rows++;
}

static const struct cell *cell_at(const struct table *table, size_t row, size_t column) {
	return &table->cells[row * table->columns_count + column];
}

/* True when every cell that is not empty is a number. */
static bool column_is_number(const struct table *table, size_t column) {
	bool any = false;
	for (size_t row = 0; row < table->rows; row++) {
		const struct cell *cell = cell_at(table, row, column);
		if (cell->text.len > 0 && !cell->number) {
			return false;
		}
		any = any || cell->number;
	}
	return any;
}

static void measure(const struct table *table, size_t *widths) {
	for (size_t column = 0; column < table->columns_count; column++) {
		widths[column] = MAX_OF(render_width(table->columns[column]), (size_t)COLUMN_MIN);
		for (size_t row = 0; row < table->rows; row++) {
			size_t width = render_width(cell_at(table, row, column)->text);
			widths[column] = MAX_OF(widths[column], width);
		}
	}
}

/* Narrows the widest columns until all fit. */
static void shrink(size_t *widths, size_t count, size_t columns) {
	size_t total = 2 * (count - 1);
	for (size_t i = 0; i < count; i++) {
		total += widths[i];
	}
	while (total > columns) {
		size_t widest = 0;
		for (size_t i = 1; i < count; i++) {
			widest = widths[i] > widths[widest] ? i : widest;
		}
		if (widths[widest] <= COLUMN_MIN) {
			return;
		}
		widths[widest]--;
		total--;
	}
}

static void append_bar(struct buf *out, double share) {
	static const char *const eighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
	int units = (int)(share * (double)(BAR_COLUMNS * 8) + 0.5);
	for (; units >= 8; units -= 8) {
		buf_append_str(out, STR("█"));
	}
	buf_append_str(out, str_from(eighths[units > 0 ? units : 0]));
}

/* The column that a bar is drawn for: the only number, beside something that is not one. */
static bool bar_column(const struct table *table, size_t *out_column, double *out_max) {
	size_t numbers = 0;
	*out_max = 0;
	for (size_t column = 0; column < table->columns_count; column++) {
		if (column_is_number(table, column)) {
			numbers++;
			*out_column = column;
		}
	}
	if (numbers != 1 || table->columns_count < 2 || table->rows < 2) {
		return false;
	}
	for (size_t row = 0; row < table->rows; row++) {
		double value;
		if (!str_to_double(cell_at(table, row, *out_column)->text, &value)) {
			continue;
		}
		if (value < 0) {
			return false;
		}
		*out_max = MAX_OF(*out_max, value);
	}
	return *out_max > 0;
}

static void append_rule(const struct table *table, const size_t *widths, struct buf *out) {
	for (size_t column = 0; column < table->columns_count; column++) {
		buf_append_str(out, column > 0 ? STR("  ") : STR(""));
		for (size_t i = 0; i < widths[column]; i++) {
			buf_append_str(out, STR("─"));
		}
	}
	buf_append_char(out, '\n');
}

/* Drops blanks before a line feed. */
static void end_line(struct buf *out) {
	while (out->len > 0 && out->ptr[out->len - 1] == ' ') {
		out->len--;
	}
	buf_append_char(out, '\n');
}

static void append_row(const struct table *table, size_t row, const size_t *widths,
                       const bool *numbers, struct buf *out) {
	for (size_t column = 0; column < table->columns_count; column++) {
		buf_append_str(out, column > 0 ? STR("  ") : STR(""));
		render_fit(out, cell_at(table, row, column)->text, widths[column], numbers[column]);
	}
}

void table_render_text(const struct table *table, const struct render_style *style,
                       struct buf *out) {
	size_t count = table->columns_count;
	if (count == 0) {
		return;
	}
	CLEANUP(arena_freep) struct arena *arena = arena_new(SIZE_MAX);
	size_t *widths = ARENA_ARRAY(arena, count, size_t);
	bool *numbers = ARENA_ARRAY(arena, count, bool);
	size_t bar = 0;
	double bar_max = 0;
	bool has_bar = bar_column(table, &bar, &bar_max);
	measure(table, widths);
	if (style->columns > 0) {
		size_t columns = (size_t)style->columns;
		size_t for_bar = has_bar ? BAR_COLUMNS + 2 : 0;
		has_bar = has_bar && columns >= for_bar + 20;
		shrink(widths, count, columns - (has_bar ? for_bar : 0));
	}
	for (size_t column = 0; column < count; column++) {
		numbers[column] = column_is_number(table, column);
		buf_append_str(out, column > 0 ? STR("  ") : STR(""));
		render_colour(out, style, "\033[1m");
		render_fit(out, table->columns[column], widths[column], numbers[column]);
		render_colour(out, style, "\033[0m");
	}
	end_line(out);
	append_rule(table, widths, out);
	for (size_t row = 0; row < table->rows; row++) {
		double value;
		append_row(table, row, widths, numbers, out);
		if (has_bar && str_to_double(cell_at(table, row, bar)->text, &value)) {
			buf_append_str(out, STR("  "));
			append_bar(out, value / bar_max);
		}
		end_line(out);
	}
}

void table_render_json(const struct str *columns, size_t count, const struct value *values,
                       struct buf *out) {
	buf_append_char(out, '{');
	for (size_t i = 0; i < count; i++) {
		buf_append_str(out, i > 0 ? STR(",") : STR(""));
		buf_append_json(out, columns[i]);
		buf_append_char(out, ':');
		value_append_json(out, values[i]);
	}
	buf_append_str(out, STR("}\n"));
}

void table_render_csv_header(const struct str *columns, size_t count,
                             const struct render_style *style, struct buf *out) {
	for (size_t i = 0; i < count; i++) {
		buf_append_str(out, i > 0 ? STR(",") : STR(""));
		render_csv_field(out, style, columns[i]);
	}
	buf_append_str(out, STR("\r\n"));
}

void table_render_csv(const struct value *values, size_t count, const struct render_style *style,
                      struct buf *out) {
	for (size_t i = 0; i < count; i++) {
		struct buf text = {0};
		value_append_text(&text, values[i]);
		buf_append_str(out, i > 0 ? STR(",") : STR(""));
		render_csv_field(out, style, buf_str(&text));
		buf_deinit(&text);
	}
	buf_append_str(out, STR("\r\n"));
}

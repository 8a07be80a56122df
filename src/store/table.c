/* One block, opened; each field has a coder of its own while the table lives. */
#include "store/table.h"

#include <stdlib.h>

#include "base/arena.h"
#include "store/block_columns_private.h"
#include "store/block_shape.h"
#include "store/list_text.h"
#include "store/segment_table.h"
#include "store/store_private.h"
#include "store/view_private.h"

enum { VALUES_MAX = 1 << 20 }; /* different ones of a field */

struct table_field {
	struct lines_coder *coder; /* NULL until asked for */
	struct value *lists;       /* by code: those that stand in the text as arrays, once read */
	uint32_t lists_count;
};

struct store_table {
	const struct segment *segment;
	const struct segment_block *entry;
	uint64_t first;
	struct block *block;
	struct lines *lines;
	struct layouts *layouts;
	struct block_columns *columns;
	struct block_shape *shape;
	uint32_t at; /* the shape */
	struct table_field *fields;
	uint32_t names_count;
	uint32_t *seen; /* by name: the last shape that has it, plus one */
	struct arena *arena;
	/* Of some records of a shape. */
	uint32_t some;    /* how many */
	uint32_t **codes; /* by name; NULL: not decoded */
	struct arena *some_arena;
};

/* No record is put together. */
static enum err no_times(void *ctx, const int64_t **out_times) {
	(void)ctx;
	(void)out_times;
	return ERR_UNSUPPORTED;
}

static enum err open_parts(struct store_table *table) {
	const struct str *names;
	uint32_t rows;
	TRY(block_texts(table->block, &table->lines));
	TRY(block_layouts(table->block, &table->layouts));
	struct block_columns_rows all = {.all = table->entry->rows};
	table->columns = block_columns_new(table->lines, table->layouts, &all, no_times, NULL);
	TRY(block_columns_rows(table->columns, &rows));
	table->shape = block_shape_new(table->columns, table->lines, table->layouts);
	table->names_count = layouts_names(table->layouts, &names);
	table->fields = calloc((size_t)table->names_count + 1, sizeof(*table->fields));
	table->seen = calloc((size_t)table->names_count + 1, sizeof(*table->seen));
	ASSERT(table->fields != NULL && table->seen != NULL);
	return rows == table->entry->rows ? ERR_OK : ERR_CORRUPT;
}

enum err store_table_new(struct store *store, uint64_t index, struct store_table **out_table) {
	const struct segment *segment = catalogue_find(&store->catalogue, index);
	uint32_t ignored;
	uint32_t kept;
	if (segment == NULL) {
		return ERR_NOT_FOUND;
	}
	const struct segment_table *segments = segment_table(segment);
	if (segments->blocks_count == 0) {
		return ERR_UNSUPPORTED;
	}
	uint32_t number = segments->pages[segment_page_of(segment, index)].block;
	struct store_table *table = calloc(1, sizeof(*table));
	ASSERT(table != NULL);
	table->segment = segment;
	table->entry = &segments->blocks[number];
	table->first = segments->pages[table->entry->first_page].first_index;
	table->arena = arena_new(SIZE_MAX);
	table->some_arena = arena_new(SIZE_MAX);
	enum err err =
	    segment_take_block(segment, table->entry->first_page, &table->block, &ignored, &kept);
	err = err == ERR_OK ? open_parts(table) : err;
	if (err != ERR_OK) {
		store_table_free(table);
		return err;
	}
	*out_table = table;
	return ERR_OK;
}

void store_table_free(struct store_table *table) {
	if (table == NULL) {
		return;
	}
	for (uint32_t i = 0; i < table->names_count && table->fields != NULL; i++) {
		if (table->fields[i].coder != NULL) {
			lines_coder_free(table->fields[i].coder);
		}
		free(table->fields[i].lists);
	}
	block_shape_free(table->shape);
	block_columns_free(table->columns);
	if (table->block != NULL) {
		segment_give_block(table->segment, table->entry->first_page, table->block);
	}
	arena_free(table->arena);
	arena_free(table->some_arena);
	free(table->fields);
	free(table->seen);
	free(table);
}

void store_table_range(const struct store_table *table, uint64_t *out_first, uint32_t *out_rows) {
	*out_first = table->first;
	*out_rows = table->entry->rows;
}

uint32_t store_table_names(const struct store_table *table, const struct str **out_names) {
	return layouts_names(table->layouts, out_names);
}

uint32_t store_table_shapes(const struct store_table *table) {
	return lines_shapes(table->lines);
}

uint32_t store_table_shape_rows(const struct store_table *table, uint32_t shape) {
	return lines_shape_rows(table->lines, shape);
}

/* Which names the shape has. */
static enum err see_names(struct store_table *table, uint32_t shape) {
	uint32_t first;
	uint32_t count;
	table->at = shape;
	layouts_of_shape(table->layouts, shape, &first, &count);
	for (uint32_t i = 0; i < count; i++) {
		const struct layout *layout;
		TRY(layouts_get(table->layouts, first + i, &layout));
		for (uint32_t k = 0; k < layout->count; k++) {
			if (layout->items[k].name >= table->names_count) {
				return ERR_CORRUPT;
			}
			table->seen[layout->items[k].name] = shape + 1;
		}
	}
	return ERR_OK;
}

enum err store_table_begin(struct store_table *table, uint32_t shape) {
	ASSERT(shape < lines_shapes(table->lines));
	TRY(see_names(table, shape));
	return block_shape_begin(table->shape, shape);
}

bool store_table_has(const struct store_table *table, uint32_t name) {
	ASSERT(name < table->names_count);
	return table->seen[name] == table->at + 1;
}

enum err store_table_codes(struct store_table *table, uint32_t name, uint32_t *out_codes) {
	ASSERT(name < table->names_count);
	struct table_field *field = &table->fields[name];
	if (field->coder == NULL) {
		field->coder = lines_coder_new(table->lines, VALUES_MAX);
	}
	return block_shape_codes(table->shape, name, field->coder, out_codes);
}

/* A list that stands in the text, read once. */
static enum err list_value(struct store_table *table, struct table_field *field, uint32_t code,
                           struct value *out_value) {
	CLEANUP(buf_deinit) struct buf list = {0};
	if (code >= field->lists_count) {
		uint32_t count = lines_coder_count(field->coder) + 1;
		field->lists = reallocarray(field->lists, count, sizeof(*field->lists));
		ASSERT(field->lists != NULL);
		memset(field->lists + field->lists_count, 0,
		       (count - field->lists_count) * sizeof(*field->lists));
		field->lists_count = count;
	}
	if (field->lists[code].kind == VALUE_NONE) {
		if (!list_text_read(lines_coder_text(field->coder, code), &list)) {
			return ERR_CORRUPT;
		}
		field->lists[code] = (struct value){VALUE_LIST, arena_str(table->arena, buf_str(&list))};
	}
	*out_value = field->lists[code];
	return ERR_OK;
}

enum err store_table_value(struct store_table *table, uint32_t name, uint32_t code,
                           struct value *out_value) {
	ASSERT(name < table->names_count && code != 0 && code != STORE_TABLE_UNKNOWN);
	struct table_field *field = &table->fields[name];
	if (code >= STORE_TABLE_SHARED) {
		enum value_kind kind;
		struct str text = block_shape_string(table->shape, code, &kind);
		*out_value = (struct value){kind, text};
		return ERR_OK;
	}
	uint8_t tag = lines_coder_tag(field->coder, code);
	if (tag == BLOCK_COLUMN_ARRAY) {
		return list_value(table, field, code, out_value);
	}
	*out_value = (struct value){(enum value_kind)tag, lines_coder_text(field->coder, code)};
	return ERR_OK;
}

enum err store_table_begin_some(struct store_table *table, uint32_t shape, const uint32_t *ranks,
                                uint32_t count) {
	ASSERT(shape < lines_shapes(table->lines));
	TRY(see_names(table, shape));
	arena_reset(table->some_arena);
	table->codes = ARENA_ARRAY(table->some_arena, (size_t)table->names_count + 1, uint32_t *);
	table->some = count;
	return block_shape_begin_some(table->shape, shape, ranks, count);
}

enum err store_table_fields(struct store_table *table, uint32_t i, struct row_field *out_fields,
                            uint32_t *out_count, bool *out_known) {
	const struct layout *layout;
	const struct str *names;
	ASSERT(i < table->some);
	TRY(block_shape_layout(table->shape, i, &layout));
	(void)layouts_names(table->layouts, &names);
	*out_known = true;
	*out_count = layout->count;
	for (uint32_t k = 0; k < layout->count; k++) {
		uint32_t name = layout->items[k].name;
		if (table->codes[name] == NULL) {
			uint32_t *codes = ARENA_ARRAY(table->some_arena, table->some, uint32_t);
			TRY(store_table_codes(table, name, codes));
			table->codes[name] = codes;
		}
		uint32_t code = table->codes[name][i];
		if (code == 0 || code == STORE_TABLE_UNKNOWN) {
			*out_known = false;
			return code == 0 ? ERR_CORRUPT : ERR_OK;
		}
		out_fields[k].name = names[name];
		TRY(store_table_value(table, name, code, &out_fields[k].value));
	}
	return ERR_OK;
}

enum err store_view_numbers(struct store_view *view, const int64_t **out_numbers) {
	struct page_receipt receipt;
	const struct page_rows *rows;
	if (view->picks != NULL) {
		return ERR_UNSUPPORTED;
	}
	TRY(view_rows(view, &rows));
	TRY(page_receipt_read(&view->whole, NULL, view->arena, &receipt));
	*out_numbers = receipt.numbers;
	return ERR_OK;
}

enum err store_view_row_place(struct store_view *view, uint32_t row, struct row *out_row) {
	const struct page_rows *rows;
	ASSERT(row < view->frame.rows);
	TRY(view_rows(view, &rows));
	const struct batch_source *source = &view->meta.sources[rows->sources[row]];
	*out_row = (struct row){.time_ns = rows->times[row],
	                        .time_flags = rows->time_flags[row],
	                        .type = rows->types[row],
	                        .flags = rows->flags[row],
	                        .container = source->container,
	                        .format = view->meta.formats[rows->formats[row]],
	                        .path = view_path(view, source),
	                        .index = store_view_index(view, row)};
	if (view->segment != NULL) {
		out_row->stored = true;
		out_row->tree = segment_footer(view->segment)->tree;
	}
	return ERR_OK;
}

enum err store_view_row_fields(struct store_view *view, uint32_t row,
                               const struct row_field **out_fields, size_t *out_count) {
	ASSERT(row < view->frame.rows);
	return view_has_block(view) ? view_block_row(view, row, out_fields, out_count)
	                            : view_columns_row(view, row, out_fields, out_count);
}

enum err store_table_places(struct store_table *table, uint32_t *out_places) {
	enum { SOME = 1024 };
	uint32_t shapes[SOME];
	uint32_t ranks[SOME];
	uint32_t rows = table->entry->rows;
	const uint32_t *starts = table->columns->starts;
	for (uint32_t first = 0; first < rows; first += SOME) {
		uint32_t count = MIN_OF(rows - first, (uint32_t)SOME);
		TRY(lines_order(table->lines, first, count, shapes, ranks));
		for (uint32_t i = 0; i < count; i++) {
			if (ranks[i] >= lines_shape_rows(table->lines, shapes[i])) {
				return ERR_CORRUPT; /* the order and the shapes do not agree */
			}
			out_places[first + i] = starts[shapes[i]] + ranks[i];
		}
	}
	return ERR_OK;
}

uint64_t store_table_bytes(const struct store_table *table) {
	return table->entry->bytes;
}

void store_table_forget(struct store *store, uint64_t index) {
	const struct segment *segment = catalogue_find(&store->catalogue, index);
	if (segment != NULL && segment_table(segment)->blocks_count > 0) {
		uint32_t number = segment_table(segment)->pages[segment_page_of(segment, index)].block;
		segment_drop_block(segment, number);
		segment_forget_block(segment, number);
	}
}

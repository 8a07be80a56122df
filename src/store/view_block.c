/* What a page of version 2 takes from its block: texts and bodies put together from lines, fields
 * from layouts. The block is taken from the segment when first needed, and given back with the
 * view. What fails, fails again at once: damaged pages are asked row by row.
 */
#include "store/view_private.h"

#include <stdlib.h>

#include "codec/lines_column.h"
#include "store/list_text.h"
#include "store/segment_table.h"

enum { JOINED_MAX = LIMIT_VIEW_BYTES / 2 }; /* bytes of all texts of a page */

void view_block_lend(struct store_view *view, struct block *block, uint32_t first,
                     uint32_t first_kept) {
	view->block.block = block;
	view->block.borrowed = true;
	view->block.first = first;
	view->block.first_kept = first_kept;
}

void view_block_deinit(struct store_view *view) {
	if (view->block.texts_lent) {
		view->block.texts = (struct lines_rows){0};
	}
	lines_rows_deinit(&view->block.texts);
	lines_rows_deinit(&view->block.bodies);
	if (view->block.block != NULL && !view->block.borrowed) {
		segment_give_block(view->segment, view->page, view->block.block);
	}
}

static enum err take_block(struct store_view *view, struct block **out_block) {
	struct view_block *at = &view->block;
	if (at->block == NULL) {
		if (view->segment == NULL) {
			return ERR_CORRUPT; /* a page alone */
		}
		TRY(segment_take_block(view->segment, view->page, &at->block, &at->first, &at->first_kept));
	}
	*out_block = at->block;
	return ERR_OK;
}

/* ---- texts and bodies ---- */

static struct str joined_text(const struct lines_rows *rows, uint32_t i) {
	return str_make(rows->bytes.ptr + rows->starts[i], rows->starts[i + 1] - rows->starts[i]);
}

enum err view_block_lines(struct store_view *view, struct lines **out_lines) {
	struct block *block;
	TRY(take_block(view, &block));
	return block_texts(block, out_lines);
}

/* Numbers in the block of the rows of a view. */
static void block_rows_of(const struct store_view *view, uint32_t *out_rows) {
	for (uint32_t row = 0; row < view->frame.rows; row++) {
		out_rows[row] = view->block.first + view_page_row(view, row);
	}
}

static enum err join_texts(struct store_view *view) {
	const struct page_rows *rows;
	struct block *block;
	struct lines *lines;
	TRY(view_rows(view, &rows));
	TRY(take_block(view, &block));
	TRY(block_texts(block, &lines));
	if (view->picks != NULL) {
		uint32_t which[LIMIT_BATCH_ROWS];
		block_rows_of(view, which);
		return lines_join_some(lines, which, view->frame.rows, rows->times, JOINED_MAX,
		                       &view->block.texts);
	}
	return lines_join(lines, view->block.first, view->frame.rows, rows->times, JOINED_MAX,
	                  &view->block.texts);
}

/* The part of joined rows that begins with row first. */
static void lend_texts(struct store_view *view, const struct lines_rows *joined, uint32_t first) {
	view->block.texts = (struct lines_rows){.count = view->frame.rows,
	                                        .shapes = joined->shapes + first,
	                                        .ranks = joined->ranks + first,
	                                        .bytes = joined->bytes,
	                                        .starts = joined->starts + first,
	                                        .slot_first = joined->slot_first + first,
	                                        .slots = joined->slots};
	view->block.texts_lent = view->block.has_texts = true;
}

void view_block_give_back(struct store_view *view) {
	if (view->block.texts_lent) {
		view->block.texts = (struct lines_rows){0};
		view->block.texts_lent = view->block.has_texts = false;
	}
}

/* Event times of the rows of all views. */
static enum err collect_times(struct store_view *const *views, uint32_t count, struct buf *times) {
	for (uint32_t i = 0; i < count; i++) {
		const struct page_rows *said;
		ASSERT(views[i]->picks == NULL);
		TRY(view_rows(views[i], &said));
		buf_append(times, said->times, views[i]->frame.rows * sizeof(*said->times));
	}
	return ERR_OK;
}

enum err view_block_same(struct store_view *const *views, uint32_t count, const struct str *texts,
                         struct lines_rows *rows, uint32_t *out_differs) {
	CLEANUP(buf_deinit) struct buf times = {0};
	uint32_t first = 0;
	struct lines *lines;
	TRY(view_block_lines(views[0], &lines));
	TRY(collect_times(views, count, &times));
	TRY(lines_same(lines, views[0]->block.first, (uint32_t)(times.len / sizeof(int64_t)),
	               (const int64_t *)(void *)times.ptr, texts, rows, out_differs));
	for (uint32_t i = 0; i < count && *out_differs == UINT32_MAX; i++) {
		if (!views[i]->block.has_texts) {
			lend_texts(views[i], rows, first);
		}
		first += views[i]->frame.rows;
	}
	return ERR_OK;
}

static enum err use_texts(struct store_view *view) {
	struct view_block *at = &view->block;
	if (!at->has_texts) {
		at->texts_err = join_texts(view);
		at->has_texts = true;
	}
	return at->texts_err;
}

enum err view_block_texts(struct store_view *view, struct str *out_texts) {
	TRY(use_texts(view));
	ASSERT(!view->block.texts_lent);
	for (uint32_t row = 0; row < view->frame.rows; row++) {
		out_texts[row] = joined_text(&view->block.texts, row);
	}
	return ERR_OK;
}

bool view_block_keeps(const struct store_view *view, uint32_t row) {
	return view->rows.own_text[row] != 0 && !view->meta.sources[view->rows.sources[row]].container;
}

static enum err join_bodies(struct store_view *view) {
	int64_t times[LIMIT_BATCH_ROWS];
	const struct page_rows *rows;
	struct block *block;
	struct lines *lines;
	uint32_t kept = 0;
	TRY(view_rows(view, &rows));
	for (uint32_t row = 0; row < view->frame.rows; row++) {
		if (view_block_keeps(view, row)) {
			times[kept++] = rows->times[row];
		}
	}
	if (kept == 0) {
		return ERR_OK;
	}
	TRY(take_block(view, &block));
	TRY(block_bodies(block, &lines));
	if (view->picks != NULL) {
		uint32_t which[LIMIT_BATCH_ROWS];
		TRY(view_picked_kept(view, which));
		return lines_join_some(lines, which, kept, times, JOINED_MAX, &view->block.bodies);
	}
	return lines_join(lines, view->block.first_kept, kept, times, JOINED_MAX, &view->block.bodies);
}

enum err view_block_kept(struct store_view *view, const struct lines_rows **out_bodies) {
	struct view_block *at = &view->block;
	if (!at->has_bodies) {
		at->bodies_err = join_bodies(view);
		at->has_bodies = true;
	}
	*out_bodies = &at->bodies;
	return at->bodies_err;
}

enum err view_block_bodies(struct store_view *view, struct str *out_bodies) {
	const struct page_lengths *lengths;
	const struct lines_rows *joined;
	const struct str *texts = NULL;
	uint32_t kept = 0;
	TRY(view_own_lengths(view, &lengths));
	TRY(view_block_kept(view, &joined));
	for (uint32_t row = 0; row < view->frame.rows; row++) {
		if (view_block_keeps(view, row)) {
			out_bodies[row] = joined_text(joined, kept++);
			if (out_bodies[row].len != lengths->bodies[row]) {
				return ERR_CORRUPT;
			}
		} else if (view->rows.own_text[row] != 0) {
			out_bodies[row] = STR(""); /* the object has it */
		} else {
			if (texts == NULL) {
				TRY(store_view_texts(view, &texts));
			}
			out_bodies[row] = texts[row];
		}
	}
	return ERR_OK;
}

/* ---- which layouts the rows have ---- */

static enum err make_arrays(struct store_view *view) {
	struct view_block *at = &view->block;
	size_t rows = view->frame.rows;
	at->shapes = view_array(view, rows, sizeof(*at->shapes));
	at->ranks = view_array(view, rows, sizeof(*at->ranks));
	at->layout_of = view_array(view, rows, sizeof(*at->layout_of));
	at->used = view_array(view, rows, sizeof(struct layout *));
	return at->shapes == NULL || at->ranks == NULL || at->layout_of == NULL || at->used == NULL
	           ? ERR_LIMIT
	           : ERR_OK;
}

/* Numbers the layouts of the page by first appearance. numbers: those of the block. */
static enum err number_layouts(struct store_view *view, const uint32_t *numbers) {
	enum { SLOTS = 2 * LIMIT_BATCH_ROWS };
	struct view_block *at = &view->block;
	struct {
		uint32_t number;
		uint16_t used; /* plus one; 0: free */
	} slots[SLOTS];
	memset(slots, 0, sizeof(slots));
	for (uint32_t row = 0; row < view->frame.rows; row++) {
		if (row > 0 && numbers[row] == numbers[row - 1]) {
			at->layout_of[row] = at->layout_of[row - 1];
			continue;
		}
		size_t slot = numbers[row] * 0x9e3779b1u % SLOTS;
		while (slots[slot].used != 0 && slots[slot].number != numbers[row]) {
			slot = (slot + 1) % SLOTS;
		}
		if (slots[slot].used == 0) {
			TRY(layouts_get(at->layouts, numbers[row], &at->used[at->used_count]));
			slots[slot].number = numbers[row];
			slots[slot].used = (uint16_t)++at->used_count;
		}
		at->layout_of[row] = (uint16_t)(slots[slot].used - 1);
	}
	return ERR_OK;
}

static enum err list_names(struct store_view *view) {
	struct view_block *at = &view->block;
	const struct str *names;
	uint32_t count = layouts_names(at->layouts, &names);
	bool *seen = view_array(view, count, sizeof(*seen));
	at->names = view_array(view, count, sizeof(*at->names));
	view->columns = view_array(view, count, sizeof(*view->columns));
	if (seen == NULL || at->names == NULL || view->columns == NULL) {
		return ERR_LIMIT;
	}
	for (uint32_t i = 0; i < at->used_count; i++) {
		for (uint32_t k = 0; k < at->used[i]->count; k++) {
			uint32_t name = at->used[i]->items[k].name;
			if (!seen[name]) {
				seen[name] = true;
				at->names[at->names_count++] = names[name];
			}
		}
	}
	return ERR_OK;
}

static enum err load_layouts(struct store_view *view) {
	uint32_t numbers[LIMIT_BATCH_ROWS];
	struct view_block *at = &view->block;
	struct block *block;
	struct lines *lines;
	uint32_t rows = view->frame.rows;
	TRY(take_block(view, &block));
	TRY(block_texts(block, &lines));
	TRY(block_layouts(block, &at->layouts));
	TRY(make_arrays(view));
	if (at->has_texts && at->texts_err == ERR_OK) { /* was asked for them */
		memcpy(at->shapes, at->texts.shapes, rows * sizeof(*at->shapes));
		memcpy(at->ranks, at->texts.ranks, rows * sizeof(*at->ranks));
	} else if (view->picks != NULL) {
		block_rows_of(view, numbers);
		TRY(lines_order_some(lines, numbers, rows, at->shapes, at->ranks));
	} else {
		TRY(lines_order(lines, at->first, rows, at->shapes, at->ranks));
	}
	TRY(layouts_of(at->layouts, at->shapes, at->ranks, rows, numbers));
	TRY(number_layouts(view, numbers));
	return list_names(view);
}

static enum err use_layouts(struct store_view *view) {
	struct view_block *at = &view->block;
	if (!at->has_layouts) {
		at->layouts_err = load_layouts(view);
		at->has_layouts = true;
	}
	return at->layouts_err;
}

enum err view_block_open_layouts(struct store_view *view, struct layouts **out_layouts) {
	struct block *block;
	TRY(take_block(view, &block));
	return block_layouts(block, out_layouts);
}

enum err view_block_layouts(struct store_view *view, struct layouts **out_layouts) {
	TRY(use_layouts(view));
	*out_layouts = view->block.layouts;
	return ERR_OK;
}

enum err view_block_names(struct store_view *view, const struct str **out_names,
                          uint32_t *out_count) {
	TRY(use_layouts(view));
	*out_names = view->block.names;
	*out_count = view->block.names_count;
	return ERR_OK;
}

/* ---- values that layouts do not say ---- */

/* Which shapes occur, and which of the block's outside values are theirs. */
static enum err find_shapes(struct store_view *view) {
	struct view_block *at = &view->block;
	uint32_t shapes = 0;
	for (uint32_t row = 0; row < view->frame.rows; row++) {
		shapes = MAX_OF(shapes, at->shapes[row] + 1);
	}
	uint16_t *number = view_array(view, shapes, sizeof(*number)); /* plus one */
	at->shape_of = view_array(view, view->frame.rows, sizeof(*at->shape_of));
	at->used_shapes = view_array(view, MIN_OF(shapes, view->frame.rows), sizeof(*at->used_shapes));
	if (number == NULL || at->shape_of == NULL || at->used_shapes == NULL) {
		return ERR_LIMIT;
	}
	for (uint32_t row = 0; row < view->frame.rows; row++) {
		uint32_t shape = at->shapes[row];
		uint32_t outside = at->outside_at[row];
		if (number[shape] == 0) {
			at->used_shapes[at->used_shapes_count++] =
			    (struct view_shape){.shape = shape, .outside_first = outside, outside, 0};
			number[shape] = (uint16_t)at->used_shapes_count;
		}
		at->shape_of[row] = (uint16_t)(number[shape] - 1);
		/* Ranks of a shape ascend in a page, and so do its values; those of rows that the view has
		 * not lie between. */
		struct view_shape *used = &at->used_shapes[at->shape_of[row]];
		if (outside < used->outside_end || (outside > used->outside_end && view->picks == NULL)) {
			return ERR_CORRUPT;
		}
		used->outside_end = outside + at->used[at->layout_of[row]]->outside;
	}
	return ERR_OK;
}

/* Decodes the outside values of a shape in this page. */
static enum err load_strings(struct store_view *view, const struct view_shape *shape) {
	struct view_block *at = &view->block;
	CLEANUP(buf_deinit) struct buf bytes = {0};
	uint32_t count = shape->outside_end - shape->outside_first;
	uint32_t *lens = view_array(view, count, sizeof(*lens));
	if (lens == NULL) {
		return ERR_LIMIT;
	}
	TRY(layouts_outside(at->layouts, shape->outside_first, count, &bytes, lens));
	char *kept = view_array(view, bytes.len, 1);
	if (kept == NULL) {
		return ERR_LIMIT;
	}
	if (bytes.len > 0) {
		memcpy(kept, bytes.ptr, bytes.len);
	}
	for (uint32_t i = 0; i < count; i++) {
		at->strings[shape->strings_at + i] = str_make(kept, lens[i]);
		kept += lens[i];
	}
	return ERR_OK;
}

static enum err load_values(struct store_view *view) {
	struct view_block *at = &view->block;
	uint32_t rows = view->frame.rows;
	size_t strings = 0;
	TRY(use_layouts(view));
	at->free_at = view_array(view, rows, sizeof(*at->free_at));
	at->outside_at = view_array(view, rows, sizeof(*at->outside_at));
	if (at->free_at == NULL || at->outside_at == NULL) {
		return ERR_LIMIT;
	}
	TRY(layouts_starts(at->layouts, at->shapes, at->ranks, rows, at->free_at, at->outside_at));
	TRY(find_shapes(view));
	for (uint32_t i = 0; i < at->used_shapes_count; i++) {
		at->used_shapes[i].strings_at = (uint32_t)strings;
		strings += at->used_shapes[i].outside_end - at->used_shapes[i].outside_first;
	}
	at->strings = view_array(view, strings, sizeof(*at->strings));
	if (at->strings == NULL) {
		return ERR_LIMIT;
	}
	for (uint32_t i = 0; i < at->used_shapes_count; i++) {
		if (at->used_shapes[i].outside_end > at->used_shapes[i].outside_first) {
			TRY(load_strings(view, &at->used_shapes[i]));
		}
	}
	return ERR_OK;
}

static enum err use_values(struct store_view *view) {
	struct view_block *at = &view->block;
	if (!at->has_values) {
		at->values_err = load_values(view);
		at->has_values = true;
	}
	return at->values_err;
}

/* ---- one value ---- */

/* How many values a row has before one of its items. */
struct before {
	uint32_t free, outside;
};

/* The item of row, of which before says what came earlier; goes on behind it. */
static enum err find_value(struct store_view *view, uint32_t row, const struct layout_item *item,
                           struct before *before, struct field_found *out_field) {
	struct view_block *at = &view->block;
	*out_field = (struct field_found){.name = item->name, .kind = item->kind};
	uint32_t end;
	switch ((enum layout_source)item->source) {
	case LAYOUT_CONST:
		out_field->bytes = item->bytes.ptr;
		out_field->len = (uint32_t)item->bytes.len;
		return ERR_OK;
	case LAYOUT_OUTSIDE: {
		TRY(use_values(view));
		const struct view_shape *shape = &at->used_shapes[at->shape_of[row]];
		struct str text =
		    at->strings[shape->strings_at + (at->outside_at[row] - shape->outside_first) +
		                before->outside++];
		out_field->bytes = text.ptr;
		out_field->len = (uint32_t)text.len;
		return ERR_OK;
	}
	case LAYOUT_FREE:
		TRY(use_values(view));
		TRY(use_texts(view));
		TRY(layouts_free_value(at->layouts, at->shapes[row], at->free_at[row] + before->free++,
		                       &out_field->offset, &out_field->len));
		if (__builtin_add_overflow(out_field->offset, out_field->len, &end)) {
			return ERR_CORRUPT;
		}
		break;
	case LAYOUT_PLACED:
		TRY(use_texts(view));
		TRY(lines_rows_offset(&at->texts, row, item->from, &out_field->offset));
		TRY(lines_rows_offset(&at->texts, row, item->to, &end));
		break;
	case LAYOUT_SOURCES:
	default:
		return ERR_CORRUPT;
	}
	if (end < out_field->offset || end > at->texts.starts[row + 1] - at->texts.starts[row]) {
		return ERR_CORRUPT;
	}
	out_field->in_text = true;
	out_field->len = end - out_field->offset;
	return ERR_OK;
}

/* A list in the text is an array there (list_text.h). */
static enum err read_list(struct store_view *view, struct str array, struct str *out_list) {
	CLEANUP(buf_deinit) struct buf list = {0};
	if (!list_text_read(array, &list)) {
		return ERR_CORRUPT;
	}
	char *kept = view_array(view, list.len, 1);
	if (kept == NULL) {
		return ERR_LIMIT;
	}
	if (list.len > 0) {
		memcpy(kept, list.ptr, list.len);
	}
	*out_list = str_make(kept, list.len);
	return ERR_OK;
}

static enum err value_of(struct store_view *view, uint32_t row, const struct field_found *field,
                         struct value *out_value) {
	ASSERT(!field->in_text || !view->block.texts_lent);
	struct str text = field->in_text ? str_slice(joined_text(&view->block.texts, row),
	                                             field->offset, (size_t)field->offset + field->len)
	                                 : str_make(field->bytes, field->len);
	if (field->in_text && field->kind == VALUE_LIST) {
		TRY(read_list(view, text, &text));
	}
	*out_value = (struct value){(enum value_kind)field->kind, text};
	return ERR_OK;
}

enum err view_block_fields(struct store_view *view, uint32_t row, struct field_found *out_fields,
                           uint32_t *out_count) {
	struct before before = {0};
	TRY(use_layouts(view));
	const struct layout *layout = view->block.used[view->block.layout_of[row]];
	for (uint32_t i = 0; i < layout->count; i++) {
		TRY(find_value(view, row, &layout->items[i], &before, &out_fields[i]));
	}
	*out_count = layout->count;
	return ERR_OK;
}

enum err view_block_row(struct store_view *view, uint32_t row, const struct row_field **out_fields,
                        size_t *out_count) {
	struct field_found found[LIMIT_FIELDS_PER_RECORD];
	const struct str *names;
	uint32_t count;
	TRY(view_block_fields(view, row, found, &count));
	(void)layouts_names(view->block.layouts, &names);
	struct row_field *fields = view_array(view, count, sizeof(*fields));
	if (fields == NULL) {
		return ERR_LIMIT;
	}
	for (uint32_t i = 0; i < count; i++) {
		fields[i].name = names[found[i].name];
		TRY(value_of(view, row, &found[i], &fields[i].value));
	}
	*out_fields = fields;
	*out_count = count;
	return ERR_OK;
}

/* ---- columns ---- */

/* Where a name stands in a layout of the page. */
struct standing {
	const struct layout_item *item; /* NULL: nowhere */
	struct before before;
	uint32_t code; /* of a constant, among the values of the column */
};

static struct standing find_standing(const struct layout *layout, uint32_t name) {
	struct standing standing = {0};
	for (uint32_t i = 0; i < layout->count; i++) {
		const struct layout_item *item = &layout->items[i];
		if (item->name == name) {
			standing.item = item;
			return standing;
		}
		standing.before.free += item->source == LAYOUT_FREE;
		standing.before.outside += item->source == LAYOUT_OUTSIDE;
	}
	return standing;
}

/* Numbers the constants; equal ones mostly come one behind the other. */
static enum err make_constants(struct store_view *view, struct standing *standings,
                               struct column *out_column) {
	enum { LOOK_BACK = 16 };
	struct view_block *at = &view->block;
	struct value *values = view_array(view, (size_t)at->used_count + 1, sizeof(*values));
	uint16_t *codes = view_array(view, view->frame.rows, sizeof(*codes));
	uint32_t count = 1;
	bool everywhere = true;
	if (values == NULL || codes == NULL) {
		return ERR_LIMIT;
	}
	for (uint32_t i = 0; i < at->used_count; i++) {
		const struct layout_item *item = standings[i].item;
		everywhere = everywhere && item != NULL;
		if (item == NULL) {
			continue;
		}
		uint32_t code = count;
		while (
		    code > 1 && count - code < LOOK_BACK &&
		    (values[code - 1].kind != item->kind || !str_eq(values[code - 1].text, item->bytes))) {
			code--;
		}
		bool found = code > 1 && count - code < LOOK_BACK;
		standings[i].code = found ? code - 1 : count;
		if (!found) {
			values[count++] = (struct value){(enum value_kind)item->kind, item->bytes};
		}
	}
	uint32_t first = everywhere ? 1 : 0;
	*out_column = (struct column){.kind = COLUMN_DICT,
	                              .rows = view->frame.rows,
	                              .values_count = count - first,
	                              .values = values + first,
	                              .codes = codes};
	if (everywhere && count == 2) {
		out_column->kind = COLUMN_CONST;
		return ERR_OK;
	}
	for (uint32_t row = 0; row < view->frame.rows; row++) {
		codes[row] = (uint16_t)(standings[at->layout_of[row]].code - first);
	}
	return ERR_OK;
}

static enum err make_flat(struct store_view *view, const struct standing *standings,
                          struct column *out_column) {
	struct value *values = view_array(view, view->frame.rows, sizeof(*values));
	if (values == NULL) {
		return ERR_LIMIT;
	}
	for (uint32_t row = 0; row < view->frame.rows; row++) {
		struct standing standing = standings[view->block.layout_of[row]];
		struct field_found field;
		if (standing.item != NULL) {
			TRY(find_value(view, row, standing.item, &standing.before, &field));
			TRY(value_of(view, row, &field, &values[row]));
		}
	}
	*out_column = (struct column){.kind = COLUMN_FLAT,
	                              .rows = view->frame.rows,
	                              .values_count = view->frame.rows,
	                              .values = values};
	return ERR_OK;
}

/* The slot whose value an item is, with nothing of the literals around it; LINES_NO_SLOT: it is no
 * such item. */
static uint16_t slot_of_item(struct lines *lines, uint32_t shape, const struct layout_item *item) {
	if (lines_shape_read(lines, shape) != ERR_OK) {
		return LINES_NO_SLOT; /* who puts the texts together will say so */
	}
	bool one = item->source == LAYOUT_PLACED && item->kind != VALUE_LIST &&
	           item->from.where == LINES_LITERAL && item->to.where == LINES_LITERAL &&
	           shape != LINES_SHAPE_WHOLE && item->to.slot == item->from.slot + 1 &&
	           item->from.at == item->to.at && item->from.slot < lines_shape_slots(lines, shape);
	return one && lines_shape_before(lines, shape, item->from.slot) == item->from.at
	           ? item->from.slot
	           : LINES_NO_SLOT;
}

/* When every value is a constant or one slot, texts need not be joined for them. slots: of each
 * row. */
static bool find_slots(struct store_view *view, struct lines *lines,
                       const struct standing *standings, uint16_t *slots) {
	struct view_block *at = &view->block;
	uint32_t last_shape = UINT32_MAX;
	uint16_t last_layout = 0;
	for (uint32_t row = 0; row < view->frame.rows; row++) {
		uint16_t layout = at->layout_of[row];
		const struct layout_item *item = standings[layout].item;
		if (row > 0 && at->shapes[row] == last_shape && layout == last_layout) {
			slots[row] = slots[row - 1];
			continue;
		}
		last_shape = at->shapes[row];
		last_layout = layout;
		slots[row] = LINES_NO_SLOT;
		if (item != NULL && item->source != LAYOUT_CONST) {
			slots[row] = slot_of_item(lines, at->shapes[row], item);
			if (slots[row] == LINES_NO_SLOT) {
				return false;
			}
		}
	}
	return true;
}

static enum err make_slots(struct store_view *view, struct lines *lines,
                           const struct standing *standings, const uint16_t *slots,
                           struct column *out_column) {
	CLEANUP(buf_deinit) struct buf bytes = {0};
	uint32_t lens[LIMIT_BATCH_ROWS];
	struct view_block *at = &view->block;
	const struct page_rows *rows;
	TRY(view_rows(view, &rows));
	TRY(lines_column(lines, at->shapes, at->ranks, slots, rows->times, view->frame.rows, JOINED_MAX,
	                 &bytes, lens));
	struct value *values = view_array(view, view->frame.rows, sizeof(*values));
	char *kept = view_array(view, bytes.len, 1);
	if (values == NULL || kept == NULL) {
		return ERR_LIMIT;
	}
	if (bytes.len > 0) {
		memcpy(kept, bytes.ptr, bytes.len);
	}
	for (uint32_t row = 0; row < view->frame.rows; row++) {
		const struct layout_item *item = standings[at->layout_of[row]].item;
		if (item != NULL) {
			bool constant = item->source == LAYOUT_CONST;
			values[row] = (struct value){(enum value_kind)item->kind,
			                             constant ? item->bytes : str_make(kept, lens[row])};
		}
		kept += lens[row];
	}
	*out_column = (struct column){.kind = COLUMN_FLAT,
	                              .rows = view->frame.rows,
	                              .values_count = view->frame.rows,
	                              .values = values};
	return ERR_OK;
}

/* Values that are not all constants. */
static enum err make_values(struct store_view *view, const struct standing *standings,
                            struct column *out_column) {
	uint16_t slots[LIMIT_BATCH_ROWS];
	struct lines *lines;
	TRY(view_block_lines(view, &lines));
	if (!view->block.has_texts && find_slots(view, lines, standings, slots)) {
		return make_slots(view, lines, standings, slots, out_column);
	}
	return make_flat(view, standings, out_column);
}

static enum err make_column(struct store_view *view, uint32_t name, struct column *out_column) {
	struct view_block *at = &view->block;
	struct standing *standings = view_array(view, at->used_count, sizeof(*standings));
	bool constant = true;
	if (standings == NULL) {
		return ERR_LIMIT;
	}
	for (uint32_t i = 0; i < at->used_count; i++) {
		standings[i] = find_standing(at->used[i], name);
		constant =
		    constant && (standings[i].item == NULL || standings[i].item->source == LAYOUT_CONST);
	}
	return constant ? make_constants(view, standings, out_column)
	                : make_values(view, standings, out_column);
}

static bool occurs(const struct view_block *at, struct str name) {
	for (uint32_t i = 0; i < at->names_count; i++) {
		if (str_eq(at->names[i], name)) {
			return true;
		}
	}
	return false;
}

enum err view_block_get(struct store_view *view, struct str name,
                        const struct column **out_column) {
	*out_column = NULL;
	TRY(use_layouts(view));
	if (!occurs(&view->block, name)) {
		return ERR_OK;
	}
	uint32_t number = layouts_find_name(view->block.layouts, name);
	struct view_slot *slot = &view->columns[number];
	if (!slot->loaded) {
		TRY(make_column(view, number, &slot->column));
		slot->loaded = true;
	}
	*out_column = &slot->column;
	return ERR_OK;
}

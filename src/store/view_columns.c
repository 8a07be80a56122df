/* Fields of a page of version 1: a section for each column, and layouts that say which rows have
 * which columns.
 */
#include "store/view_private.h"

/* For each column the layouts that have it. */
static enum err invert_layouts(struct store_view *view) {
	const struct page_meta *meta = &view->meta;
	uint32_t *first = view_array(view, (size_t)meta->names_count + 2, sizeof(*first));
	if (first == NULL) {
		return ERR_LIMIT;
	}
	for (uint32_t i = 0; i < meta->layouts_count; i++) {
		for (uint32_t k = 0; k < meta->layouts[i].count; k++) {
			first[meta->layouts[i].columns[k] + 2]++;
		}
	}
	for (uint32_t i = 0; i < meta->names_count; i++) {
		first[i + 2] += first[i + 1];
	}
	uint16_t *layouts = view_array(view, first[meta->names_count + 1], sizeof(*layouts));
	if (layouts == NULL) {
		return ERR_LIMIT;
	}
	for (uint32_t i = 0; i < meta->layouts_count; i++) {
		for (uint32_t k = 0; k < meta->layouts[i].count; k++) {
			layouts[first[meta->layouts[i].columns[k] + 1]++] = (uint16_t)i;
		}
	}
	view->layouts_first = first;
	view->layouts_of = layouts;
	return ERR_OK;
}

/* Makes ready what columns need: the rows, the slots, who has which column. */
static enum err prepare_columns(struct store_view *view) {
	const struct page_rows *rows;
	if (view->columns != NULL) {
		return ERR_OK;
	}
	TRY(view_rows(view, &rows));
	TRY(invert_layouts(view));
	view->columns = view_array(view, view->meta.names_count, sizeof(*view->columns));
	return view->columns == NULL ? ERR_LIMIT : ERR_OK;
}

static uint32_t find_present(const struct store_view *view, uint32_t number, uint16_t *out_rows) {
	bool has[LIMIT_BATCH_ROWS] = {0};
	uint32_t count = 0;
	for (uint32_t i = view->layouts_first[number]; i < view->layouts_first[number + 1]; i++) {
		has[view->layouts_of[i]] = true;
	}
	for (uint32_t row = 0; row < view->frame.rows; row++) {
		if (has[view->rows.layouts[row]]) {
			out_rows[count++] = (uint16_t)row;
		}
	}
	return count;
}

/* Apart from view_column, whose usual way needs no room on the stack. */
static __attribute__((noinline)) enum err load_column(struct store_view *view, uint32_t number) {
	uint16_t present[LIMIT_BATCH_ROWS];
	const struct str *texts = NULL;
	enum column_form form;
	TRY(prepare_columns(view));
	ASSERT(number < view->meta.names_count);
	struct view_slot *slot = &view->columns[number];
	if (slot->loaded) {
		return ERR_OK;
	}
	struct page_place place = {.rows = view->frame.rows, .present_rows = present};
	place.present = find_present(view, number, present);
	TRY(page_column_form(&view->frame, number, &form));
	if (form == FORM_SPAN) {
		TRY(store_view_texts(view, &texts));
	}
	TRY(page_column_read(&view->frame, number, &place, texts, view->arena, &slot->column));
	slot->loaded = true;
	return ERR_OK;
}

static enum err view_column(struct store_view *view, uint32_t number,
                            const struct column **out_column) {
	if (view->columns == NULL || !view->columns[number].loaded) {
		TRY(load_column(view, number));
	}
	*out_column = &view->columns[number].column;
	return ERR_OK;
}

enum err view_columns_names(struct store_view *view, const struct str **out_names,
                            uint32_t *out_count) {
	const struct page_meta *meta;
	TRY(view_meta(view, &meta));
	*out_names = meta->names;
	*out_count = meta->names_count;
	return ERR_OK;
}

enum err view_columns_get(struct store_view *view, struct str name,
                          const struct column **out_column) {
	const struct page_meta *meta;
	TRY(view_meta(view, &meta));
	for (uint32_t i = 0; i < meta->names_count; i++) {
		if (str_eq(meta->names[i], name)) {
			return view_column(view, i, out_column);
		}
	}
	*out_column = NULL;
	return ERR_OK;
}

enum err view_columns_row(struct store_view *view, uint32_t row,
                          const struct row_field **out_fields, size_t *out_count) {
	TRY(prepare_columns(view));
	const struct page_layout *layout = &view->meta.layouts[view->rows.layouts[row]];
	struct row_field *fields = view_array(view, layout->count, sizeof(*fields));
	if (fields == NULL) {
		return ERR_LIMIT;
	}
	for (uint32_t i = 0; i < layout->count; i++) {
		const struct column *column;
		TRY(view_column(view, layout->columns[i], &column));
		fields[i] =
		    (struct row_field){view->meta.names[layout->columns[i]], column_get(column, row)};
	}
	*out_fields = fields;
	*out_count = layout->count;
	return ERR_OK;
}

/* A page as searches see it: parts are decoded when first asked for and kept until the view goes.
 * All memory is one capped arena, but for the joined lines. One thread at a time uses a view.
 */
#include "store/view_private.h"

void *view_array(struct store_view *view, size_t count, size_t size) {
	size_t total;
	return __builtin_mul_overflow(count, size, &total) ? NULL : arena_try_alloc(view->arena, total);
}

enum err view_new(struct str bytes, const struct segment *segment, uint32_t page,
                  const struct view_names *names, struct store_view **out_view, struct diag *diag) {
	struct store_view *view = calloc(1, sizeof(*view));
	ASSERT(view != NULL);
	view->arena = arena_new(LIMIT_VIEW_BYTES);
	view->segment = segment;
	view->page = page;
	if (names != NULL) {
		view->names = *names;
	}
	enum err err = page_frame_read(bytes, view->arena, &view->frame);
	view->whole = view->frame;
	if (err != ERR_OK) {
		store_view_free(view);
		return diag_set(diag, err, "the frame of a page is damaged");
	}
	*out_view = view;
	return ERR_OK;
}

void store_view_free(struct store_view *view) {
	if (view != NULL) {
		view_block_deinit(view);
		arena_free(view->arena);
		free(view);
	}
}

const struct segment *view_segment(const struct store_view *view) {
	return view->segment;
}

uint32_t store_view_rows(const struct store_view *view) {
	return view->frame.rows;
}

uint64_t store_view_index(const struct store_view *view, uint32_t row) {
	ASSERT(row < view->frame.rows);
	return view->frame.first_index + view_page_row(view, row);
}

const uint64_t *store_view_sure(const struct store_view *view) {
	return view->sure;
}

bool store_view_all_data(const struct store_view *view) {
	return view->all_data;
}

uint64_t store_view_first_index(const struct store_view *view) {
	return view->frame.first_index;
}

/* ---- sections, each decoded once ---- */

enum err view_meta(struct store_view *view, const struct page_meta **out_meta) {
	if (!view->has_meta) {
		TRY(page_meta_read(&view->whole, view->arena, &view->meta));
		view->has_meta = true;
	}
	*out_meta = &view->meta;
	return ERR_OK;
}

enum err view_rows(struct store_view *view, const struct page_rows **out_rows) {
	const struct page_meta *meta;
	if (!view->has_rows) {
		TRY(view_meta(view, &meta));
		TRY(page_rows_read(&view->whole, meta, view->arena, &view->whole_rows));
		TRY(view_picked_rows(view));
		view->has_rows = true;
	}
	*out_rows = &view->rows;
	return ERR_OK;
}

enum err view_own_lengths(struct store_view *view, const struct page_lengths **out_lengths) {
	const struct page_rows *rows;
	if (!view->has_own_lengths) {
		TRY(view_rows(view, &rows));
		TRY(page_lengths_read(&view->whole, &view->whole_rows, view->arena, &view->lengths));
		TRY(view_picked_lengths(view));
		view->has_own_lengths = true;
	}
	*out_lengths = &view->lengths;
	return ERR_OK;
}

/* Bodies that are their row's text are as long as that. */
static enum err complete_lengths(struct store_view *view) {
	const struct str *texts = NULL;
	for (uint32_t row = 0; row < view->frame.rows; row++) {
		if (view->rows.own_text[row] == 0) {
			if (texts == NULL) {
				TRY(store_view_texts(view, &texts));
			}
			view->lengths.bodies[row] = (uint32_t)texts[row].len;
		}
	}
	return ERR_OK;
}

enum err view_lengths(struct store_view *view, const struct page_lengths **out_lengths) {
	if (!view->has_lengths) {
		TRY(view_own_lengths(view, out_lengths));
		if (view_has_block(view)) {
			TRY(complete_lengths(view));
		}
		view->has_lengths = true;
	}
	*out_lengths = &view->lengths;
	return ERR_OK;
}

enum err view_receipt(struct store_view *view, const struct page_receipt **out_receipt) {
	const struct page_lengths *lengths;
	if (!view->has_receipt && view->picks != NULL) {
		TRY(view_picked_receipt(view));
		view->has_receipt = true;
	}
	if (!view->has_receipt) {
		TRY(view_lengths(view, &lengths));
		TRY(page_receipt_read(&view->frame, lengths->bodies, view->arena, &view->receipt));
		view->has_receipt = true;
	}
	*out_receipt = &view->receipt;
	return ERR_OK;
}

/* Strings of a section of a page of version 1. */
static enum err read_strings(struct store_view *view, enum page_section section,
                             const uint32_t *lens, const uint8_t *kept, struct str *out_strings) {
	return page_strings_read(&view->frame, section, lens, kept, view->arena, out_strings);
}

static enum err load_bodies(struct store_view *view, struct str *out_bodies) {
	const struct page_lengths *lengths;
	uint8_t kept[LIMIT_BATCH_ROWS];
	if (view_has_block(view)) {
		return view_block_bodies(view, out_bodies);
	}
	TRY(view_lengths(view, &lengths));
	for (uint32_t row = 0; row < view->frame.rows; row++) {
		kept[row] = !view->meta.sources[view->rows.sources[row]].container;
	}
	return read_strings(view, SECTION_BODIES, lengths->bodies, kept, out_bodies);
}

static enum err load_texts(struct store_view *view, struct str *out_texts) {
	const struct page_lengths *lengths;
	const struct str *bodies = NULL;
	if (view_has_block(view)) {
		return view_block_texts(view, out_texts);
	}
	TRY(view_lengths(view, &lengths));
	TRY(read_strings(view, SECTION_TEXTS, lengths->texts, view->rows.own_text, out_texts));
	for (uint32_t row = 0; row < view->frame.rows; row++) {
		if (view->rows.own_text[row] == 0) {
			if (bodies == NULL) {
				TRY(view_bodies(view, &bodies));
			}
			out_texts[row] = bodies[row];
		}
	}
	return ERR_OK;
}

/* Strings of all rows, once. */
static enum err load_strings(struct store_view *view, struct str **at,
                             enum err (*load)(struct store_view *view, struct str *out_strings)) {
	if (*at == NULL) {
		struct str *strings = view_array(view, view->frame.rows, sizeof(*strings));
		if (strings == NULL) {
			return ERR_LIMIT;
		}
		TRY(load(view, strings));
		*at = strings;
	}
	return ERR_OK;
}

enum err view_bodies(struct store_view *view, const struct str **out_bodies) {
	TRY(load_strings(view, &view->bodies, load_bodies));
	*out_bodies = view->bodies;
	return ERR_OK;
}

enum err store_view_texts(struct store_view *view, const struct str **out_texts) {
	TRY(load_strings(view, &view->texts, load_texts));
	*out_texts = view->texts;
	return ERR_OK;
}

enum err store_view_times(struct store_view *view, const int64_t **out_times) {
	const struct page_rows *rows;
	TRY(view_rows(view, &rows));
	*out_times = rows->times;
	return ERR_OK;
}

enum err store_view_types(struct store_view *view, const uint8_t **out_types) {
	const struct page_rows *rows;
	TRY(view_rows(view, &rows));
	*out_types = rows->types;
	return ERR_OK;
}

/* ---- columns ---- */

size_t store_view_names(struct store_view *view, const struct str **out_names) {
	uint32_t count = 0;
	enum err err = view_has_block(view) ? view_block_names(view, out_names, &count)
	                                    : view_columns_names(view, out_names, &count);
	return err == ERR_OK ? count : 0; /* whoever asks for a column is told */
}

static const struct value absent_value = {.kind = VALUE_NONE};

enum err store_view_column(struct store_view *view, struct str name,
                           const struct column **out_column) {
	TRY(view_built_in_get(view, name, out_column));
	if (*out_column == NULL) {
		TRY(view_has_block(view) ? view_block_get(view, name, out_column)
		                         : view_columns_get(view, name, out_column));
	}
	if (*out_column != NULL) {
		return ERR_OK;
	}
	struct column *absent = view_array(view, 1, sizeof(*absent));
	if (absent == NULL) {
		return ERR_LIMIT;
	}
	*absent = (struct column){
	    .kind = COLUMN_CONST, .rows = view->frame.rows, .values_count = 1, .values = &absent_value};
	*out_column = absent;
	return ERR_OK;
}

struct str view_path(const struct store_view *view, const struct batch_source *source) {
	struct str path = STR("");
	if (view->names.file_path != NULL && source->file != UINT32_MAX) {
		path = view->names.file_path(view->names.ctx, source->file);
	}
	return path.len > 0 ? path : source->path;
}

/* ---- one row ---- */

static enum err row_fields(struct store_view *view, uint32_t row, struct row *out_row) {
	if (view->row_fields == NULL) {
		view->row_fields = view_array(view, view->frame.rows, sizeof(*view->row_fields));
		if (view->row_fields == NULL) {
			return ERR_LIMIT;
		}
	}
	struct view_row_fields *kept = &view->row_fields[row];
	if (kept->fields == NULL) {
		TRY(view_has_block(view) ? view_block_row(view, row, &kept->fields, &kept->count)
		                         : view_columns_row(view, row, &kept->fields, &kept->count));
	}
	out_row->fields = kept->fields;
	out_row->fields_count = kept->count;
	return ERR_OK;
}

enum err store_view_row_text(struct store_view *view, uint32_t row, struct row *out_row) {
	const struct page_rows *rows;
	const struct str *bodies;
	const struct str *texts;
	ASSERT(row < view->frame.rows);
	TRY(view_rows(view, &rows));
	TRY(store_view_texts(view, &texts));
	TRY(view_bodies(view, &bodies));
	const struct batch_source *source = &view->meta.sources[view->rows.sources[row]];
	struct row found = {.time_ns = rows->times[row],
	                    .time_flags = view->rows.time_flags[row],
	                    .type = view->rows.types[row],
	                    .flags = view->rows.flags[row],
	                    .container = source->container,
	                    .text = texts[row],
	                    .body = bodies[row],
	                    .format = view->meta.formats[view->rows.formats[row]],
	                    .path = view_path(view, source),
	                    .index = store_view_index(view, row)};
	if (view->segment != NULL) {
		found.stored = true;
		found.tree = segment_footer(view->segment)->tree;
	}
	*out_row = found;
	return ERR_OK;
}

enum err store_view_row(struct store_view *view, uint32_t row, struct row *out_row) {
	const struct page_receipt *receipt;
	struct row found;
	ASSERT(row < view->frame.rows);
	TRY(view_receipt(view, &receipt));
	TRY(store_view_row_text(view, row, &found));
	found.received_ns = receipt->received[row];
	found.number = (uint64_t)receipt->numbers[row];
	found.log_offset = (uint64_t)receipt->log_offsets[row];
	TRY(row_fields(view, row, &found));
	*out_row = found;
	return ERR_OK;
}

enum err store_view_body(struct store_view *view, uint32_t row, struct view_body *out_body) {
	const struct page_receipt *receipt;
	const struct str *bodies;
	const struct page_lengths *lengths;
	ASSERT(row < view->frame.rows);
	TRY(view_lengths(view, &lengths));
	TRY(view_receipt(view, &receipt));
	TRY(view_bodies(view, &bodies));
	const struct batch_source *source = &view->meta.sources[view->rows.sources[row]];
	*out_body = (struct view_body){.type = view->rows.types[row],
	                               .flags = view->rows.flags[row],
	                               .container = source->container,
	                               .offset = (uint64_t)receipt->log_offsets[row],
	                               .len = lengths->bodies[row],
	                               .bytes = bodies[row],
	                               .file = source->file};
	memcpy(out_body->object, source->object, sizeof(out_body->object));
	return ERR_OK;
}

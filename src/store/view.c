/* A page as searches see it: sections are decoded when first asked for and kept until the view
 * goes. All memory is one capped arena. One thread at a time uses a view.
 */
#include "store/store.h"

#include "base/instant.h"
#include "store/page.h"

struct view_slot {
	bool loaded;
	struct column column;
};

enum { BUILT_IN_COUNT = 10 };

struct store_view {
	struct arena *arena;
	const struct segment *segment; /* NULL: a page on its way */
	struct view_names names;
	struct page_frame frame;
	bool has_meta, has_rows, has_receipt, has_lengths;
	struct page_meta meta;
	struct page_rows rows;
	struct page_receipt receipt;
	struct page_lengths lengths;
	struct str *bodies;        /* NULL until decoded */
	struct str *texts;         /* NULL until decoded */
	struct view_slot *columns; /* NULL until one is asked for */
	uint32_t *layouts_first;   /* names_count + 1: where a column's layouts begin */
	uint16_t *layouts_of;      /* layouts that have the column */
	struct view_slot built_in[BUILT_IN_COUNT];
	const struct row_field **row_fields; /* of rows asked for */
	uint64_t *sequence;                  /* of each row in its stream; NULL until asked for */
	uint64_t bundle;                     /* whose salts are below */
	uint8_t *salts;                      /* NULL: none yet */
};

static void *view_array(struct store_view *view, size_t count, size_t size) {
	size_t total;
	return __builtin_mul_overflow(count, size, &total) ? NULL : arena_try_alloc(view->arena, total);
}

enum err view_new(struct str bytes, const struct segment *segment, const struct view_names *names,
                  struct store_view **out_view, struct diag *diag) {
	struct store_view *view = calloc(1, sizeof(*view));
	ASSERT(view != NULL);
	view->arena = arena_new(LIMIT_VIEW_BYTES);
	view->segment = segment;
	if (names != NULL) {
		view->names = *names;
	}
	enum err err = page_frame_read(bytes, view->arena, &view->frame);
	if (err != ERR_OK) {
		store_view_free(view);
		return diag_set(diag, err, "the frame of a page is damaged");
	}
	*out_view = view;
	return ERR_OK;
}

void store_view_free(struct store_view *view) {
	if (view != NULL) {
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

uint64_t store_view_first_index(const struct store_view *view) {
	return view->frame.first_index;
}

/* ---- sections, each decoded once ---- */

enum err view_meta(struct store_view *view, const struct page_meta **out_meta) {
	if (!view->has_meta) {
		TRY(page_meta_read(&view->frame, view->arena, &view->meta));
		view->has_meta = true;
	}
	*out_meta = &view->meta;
	return ERR_OK;
}

enum err view_rows(struct store_view *view, const struct page_rows **out_rows) {
	const struct page_meta *meta;
	if (!view->has_rows) {
		TRY(view_meta(view, &meta));
		TRY(page_rows_read(&view->frame, meta, view->arena, &view->rows));
		view->has_rows = true;
	}
	*out_rows = &view->rows;
	return ERR_OK;
}

enum err view_lengths(struct store_view *view, const struct page_lengths **out_lengths) {
	const struct page_rows *rows;
	if (!view->has_lengths) {
		TRY(view_rows(view, &rows));
		TRY(page_lengths_read(&view->frame, rows, view->arena, &view->lengths));
		view->has_lengths = true;
	}
	*out_lengths = &view->lengths;
	return ERR_OK;
}

enum err view_receipt(struct store_view *view, const struct page_receipt **out_receipt) {
	const struct page_lengths *lengths;
	if (!view->has_receipt) {
		TRY(view_lengths(view, &lengths));
		TRY(page_receipt_read(&view->frame, lengths->bodies, view->arena, &view->receipt));
		view->has_receipt = true;
	}
	*out_receipt = &view->receipt;
	return ERR_OK;
}

static enum err read_strings(struct store_view *view, enum page_section section,
                             const uint32_t *lens, const uint8_t *kept, struct str **out_strings) {
	struct str *strings = view_array(view, view->frame.rows, sizeof(*strings));
	if (strings == NULL) {
		return ERR_LIMIT;
	}
	TRY(page_strings_read(&view->frame, section, lens, kept, view->arena, strings));
	*out_strings = strings;
	return ERR_OK;
}

enum err view_bodies(struct store_view *view, const struct str **out_bodies) {
	const struct page_lengths *lengths;
	uint8_t kept[LIMIT_BATCH_ROWS];
	if (view->bodies == NULL) {
		TRY(view_lengths(view, &lengths));
		for (uint32_t row = 0; row < view->frame.rows; row++) {
			kept[row] = !view->meta.sources[view->rows.sources[row]].container;
		}
		TRY(read_strings(view, SECTION_BODIES, lengths->bodies, kept, &view->bodies));
	}
	*out_bodies = view->bodies;
	return ERR_OK;
}

enum err store_view_texts(struct store_view *view, const struct str **out_texts) {
	const struct page_lengths *lengths;
	const struct str *bodies = NULL;
	struct str *texts;
	if (view->texts == NULL) {
		TRY(view_lengths(view, &lengths));
		TRY(read_strings(view, SECTION_TEXTS, lengths->texts, view->rows.own_text, &texts));
		for (uint32_t row = 0; row < view->frame.rows; row++) {
			if (view->rows.own_text[row] == 0) {
				if (bodies == NULL) {
					TRY(view_bodies(view, &bodies));
				}
				texts[row] = bodies[row];
			}
		}
		view->texts = texts;
	}
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

/* ---- columns of fields ---- */

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

enum err view_column(struct store_view *view, uint32_t number, const struct column **out_column) {
	if (view->columns == NULL || !view->columns[number].loaded) {
		TRY(load_column(view, number));
	}
	*out_column = &view->columns[number].column;
	return ERR_OK;
}

size_t store_view_names(struct store_view *view, const struct str **out_names) {
	const struct page_meta *meta;
	if (view_meta(view, &meta) != ERR_OK) {
		return 0; /* whoever asks for a column is told */
	}
	*out_names = meta->names;
	return meta->names_count;
}

/* ---- columns that every page has ---- */

/* One value for each source or format, broadcast by its number. */
static enum err make_dict(struct store_view *view, const uint16_t *codes, uint32_t count,
                          struct value **out_values, struct column *out_column) {
	struct value *values = view_array(view, count, sizeof(*values));
	if (values == NULL) {
		return ERR_LIMIT;
	}
	*out_values = values;
	*out_column = (struct column){.kind = COLUMN_DICT,
	                              .rows = view->frame.rows,
	                              .values_count = count,
	                              .values = values,
	                              .codes = codes};
	return ERR_OK;
}

static enum err make_flat(struct store_view *view, struct value **out_values,
                          struct column *out_column) {
	struct value *values = view_array(view, view->frame.rows, sizeof(*values));
	if (values == NULL) {
		return ERR_LIMIT;
	}
	*out_values = values;
	*out_column = (struct column){.kind = COLUMN_FLAT,
	                              .rows = view->frame.rows,
	                              .values_count = view->frame.rows,
	                              .values = values};
	return ERR_OK;
}

static struct value value_of_name(struct str text) {
	return text.len == 0 ? VALUE_ABSENT : value_string(text);
}

static struct str path_of(const struct store_view *view, const struct batch_source *source) {
	struct str path = STR("");
	if (view->names.file_path != NULL && source->file != UINT32_MAX) {
		path = view->names.file_path(view->names.ctx, source->file);
	}
	return path.len > 0 ? path : source->path;
}

static enum err make_path(struct store_view *view, struct column *out_column) {
	struct value *values;
	TRY(make_dict(view, view->rows.sources, view->meta.sources_count, &values, out_column));
	for (uint32_t i = 0; i < view->meta.sources_count; i++) {
		values[i] = value_of_name(path_of(view, &view->meta.sources[i]));
	}
	return ERR_OK;
}

static enum err make_source(struct store_view *view, struct column *out_column) {
	struct value *values;
	TRY(make_dict(view, view->rows.sources, view->meta.sources_count, &values, out_column));
	for (uint32_t i = 0; i < view->meta.sources_count; i++) {
		struct str name = STR("");
		if (view->names.stream_name != NULL) {
			name = view->names.stream_name(view->names.ctx, view->meta.streams[i].stream);
		}
		values[i] = value_of_name(name.len > 0 ? name : view->meta.sources[i].name);
	}
	return ERR_OK;
}

static enum err make_format(struct store_view *view, struct column *out_column) {
	struct value *values;
	TRY(make_dict(view, view->rows.formats, view->meta.formats_count, &values, out_column));
	for (uint32_t i = 0; i < view->meta.formats_count; i++) {
		values[i] = value_of_name(view->meta.formats[i]);
	}
	return ERR_OK;
}

/* Decimal numbers; the text of all lies in one array. */
static enum err make_numbers(struct store_view *view, const int64_t *numbers, const bool *absent,
                             struct column *out_column) {
	enum { DIGITS = 20 };
	struct value *values;
	char *text = view_array(view, view->frame.rows, DIGITS);
	TRY(make_flat(view, &values, out_column));
	if (text == NULL) {
		return ERR_LIMIT;
	}
	for (uint32_t row = 0; row < view->frame.rows; row++, text += DIGITS) {
		size_t at = DIGITS;
		uint64_t rest = (uint64_t)numbers[row];
		do {
			text[--at] = (char)('0' + rest % 10);
			rest /= 10;
		} while (rest > 0);
		values[row] = absent != NULL && absent[row]
		                  ? VALUE_ABSENT
		                  : (struct value){VALUE_NUMBER, str_make(text + at, DIGITS - at)};
	}
	return ERR_OK;
}

/* Rows that are not from a file have no number in it. */
static enum err make_from_file(struct store_view *view, bool offsets, struct column *out_column) {
	const struct page_receipt *receipt;
	bool absent[LIMIT_BATCH_ROWS];
	TRY(view_receipt(view, &receipt));
	for (uint32_t row = 0; row < view->frame.rows; row++) {
		absent[row] = receipt->numbers[row] == 0;
	}
	return make_numbers(view, offsets ? receipt->log_offsets : receipt->numbers, absent,
	                    out_column);
}

static enum err make_record(struct store_view *view, struct column *out_column) {
	return make_from_file(view, false, out_column);
}

static enum err make_log_offset(struct store_view *view, struct column *out_column) {
	return make_from_file(view, true, out_column);
}

static enum err make_index(struct store_view *view, struct column *out_column) {
	int64_t numbers[LIMIT_BATCH_ROWS];
	for (uint32_t row = 0; row < view->frame.rows; row++) {
		numbers[row] = (int64_t)(view->frame.first_index + row);
	}
	return make_numbers(view, numbers, NULL, out_column);
}

static enum err make_original(struct store_view *view, struct column *out_column) {
	struct value *values;
	const struct str *texts;
	TRY(store_view_texts(view, &texts));
	TRY(make_flat(view, &values, out_column));
	for (uint32_t row = 0; row < view->frame.rows; row++) {
		values[row] = value_string(texts[row]);
	}
	return ERR_OK;
}

static enum err make_timestamp(struct store_view *view, struct column *out_column) {
	enum { LONGEST = 40 };
	struct value *values;
	struct buf text = {0};
	char *place = view_array(view, view->frame.rows, LONGEST);
	TRY(make_flat(view, &values, out_column));
	if (place == NULL) {
		return ERR_LIMIT;
	}
	for (uint32_t row = 0; row < view->frame.rows; row++, place += LONGEST) {
		buf_clear(&text);
		instant_format(&text, view->rows.times[row], 0);
		ASSERT(text.len <= LONGEST);
		memcpy(place, text.ptr, text.len);
		values[row] = value_string(str_make(place, text.len));
	}
	buf_deinit(&text);
	return ERR_OK;
}

/* Lists of names; rows with the flags of the row before share its list. */
static enum err make_flags(struct store_view *view, bool of_time, struct column *out_column) {
	struct value *values;
	CLEANUP(buf_deinit) struct buf list = {0};
	TRY(make_flat(view, &values, out_column));
	for (uint32_t row = 0; row < view->frame.rows; row++) {
		uint8_t flags = view->rows.flags[row];
		uint8_t time_flags = view->rows.time_flags[row];
		if (row > 0 && flags == view->rows.flags[row - 1] &&
		    time_flags == view->rows.time_flags[row - 1]) {
			values[row] = values[row - 1];
			continue;
		}
		buf_clear(&list);
		if (of_time) {
			row_append_time_flags(&list, time_flags);
		} else {
			row_append_flags(&list, flags, time_flags);
		}
		values[row] = VALUE_ABSENT;
		if (list.len > 0) {
			char *kept = view_array(view, list.len, 1);
			if (kept == NULL) {
				return ERR_LIMIT;
			}
			memcpy(kept, list.ptr, list.len);
			values[row] = (struct value){VALUE_LIST, str_make(kept, list.len)};
		}
	}
	return ERR_OK;
}

static enum err make_record_flags(struct store_view *view, struct column *out_column) {
	return make_flags(view, false, out_column);
}

static enum err make_time_flags(struct store_view *view, struct column *out_column) {
	return make_flags(view, true, out_column);
}

static const struct built_in {
	struct str name;
	enum err (*make)(struct store_view *view, struct column *out_column);
} built_ins[] = {
    {STR_INIT("file.path"), make_path},
    {STR_INIT("akashi.format"), make_format},
    {STR_INIT("akashi.record"), make_record},
    {STR_INIT("log.offset"), make_log_offset},
    {STR_INIT("akashi.index"), make_index},
    {STR_INIT("akashi.source"), make_source},
    {STR_INIT("event.original"), make_original},
    {STR_INIT("@timestamp"), make_timestamp},
    {STR_INIT("akashi.flags"), make_record_flags},
    {STR_INIT("akashi.time_flags"), make_time_flags},
};
_Static_assert(ARRAY_LEN(built_ins) == BUILT_IN_COUNT, "one slot each");

static enum err built_in_column(struct store_view *view, size_t number,
                                const struct column **out_column) {
	const struct page_rows *rows;
	struct view_slot *slot = &view->built_in[number];
	if (!slot->loaded) {
		TRY(view_rows(view, &rows));
		TRY(built_ins[number].make(view, &slot->column));
		slot->loaded = true;
	}
	*out_column = &slot->column;
	return ERR_OK;
}

static const struct value absent_value = {.kind = VALUE_NONE};

enum err store_view_column(struct store_view *view, struct str name,
                           const struct column **out_column) {
	const struct page_meta *meta;
	for (size_t i = 0; i < ARRAY_LEN(built_ins); i++) {
		if (str_eq(built_ins[i].name, name)) {
			return built_in_column(view, i, out_column);
		}
	}
	TRY(view_meta(view, &meta));
	for (uint32_t i = 0; i < meta->names_count; i++) {
		if (str_eq(meta->names[i], name)) {
			return view_column(view, i, out_column);
		}
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

/* ---- one row ---- */

static enum err row_fields(struct store_view *view, uint32_t row, struct row *out_row) {
	TRY(prepare_columns(view));
	const struct page_layout *layout = &view->meta.layouts[view->rows.layouts[row]];
	if (view->row_fields == NULL) {
		view->row_fields = view_array(view, view->frame.rows, sizeof(*view->row_fields));
		if (view->row_fields == NULL) {
			return ERR_LIMIT;
		}
	}
	if (view->row_fields[row] == NULL) {
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
		view->row_fields[row] = fields;
	}
	out_row->fields = view->row_fields[row];
	out_row->fields_count = layout->count;
	return ERR_OK;
}

enum err store_view_row(struct store_view *view, uint32_t row, struct row *out_row) {
	const struct page_receipt *receipt;
	const struct str *bodies;
	const struct str *texts;
	ASSERT(row < view->frame.rows);
	TRY(view_receipt(view, &receipt));
	TRY(store_view_texts(view, &texts));
	TRY(view_bodies(view, &bodies));
	const struct batch_source *source = &view->meta.sources[view->rows.sources[row]];
	struct row found = {.time_ns = view->rows.times[row],
	                    .received_ns = receipt->received[row],
	                    .time_flags = view->rows.time_flags[row],
	                    .type = view->rows.types[row],
	                    .flags = view->rows.flags[row],
	                    .container = source->container,
	                    .text = texts[row],
	                    .body = bodies[row],
	                    .format = view->meta.formats[view->rows.formats[row]],
	                    .path = path_of(view, source),
	                    .number = (uint64_t)receipt->numbers[row],
	                    .log_offset = (uint64_t)receipt->log_offsets[row],
	                    .index = view->frame.first_index + row};
	if (view->segment != NULL) {
		found.stored = true;
		found.tree = segment_footer(view->segment)->tree;
	}
	TRY(row_fields(view, row, &found));
	*out_row = found;
	return ERR_OK;
}

enum err store_view_body(struct store_view *view, uint32_t row, struct view_body *out_body) {
	const struct page_receipt *receipt;
	const struct str *bodies;
	ASSERT(row < view->frame.rows);
	TRY(view_receipt(view, &receipt));
	TRY(view_bodies(view, &bodies));
	const struct batch_source *source = &view->meta.sources[view->rows.sources[row]];
	*out_body = (struct view_body){.type = view->rows.types[row],
	                               .flags = view->rows.flags[row],
	                               .container = source->container,
	                               .offset = (uint64_t)receipt->log_offsets[row],
	                               .len = view->lengths.bodies[row],
	                               .bytes = bodies[row],
	                               .file = source->file};
	memcpy(out_body->object, source->object, sizeof(out_body->object));
	return ERR_OK;
}

/* ---- proving ---- */

/* Numbers each row within its stream. */
static enum err find_sequence(struct store_view *view) {
	if (view->sequence != NULL) {
		return ERR_OK;
	}
	uint64_t *next = view_array(view, view->meta.sources_count, sizeof(*next));
	uint64_t *sequence = view_array(view, view->frame.rows, sizeof(*sequence));
	if (next == NULL || sequence == NULL) {
		return ERR_LIMIT;
	}
	for (uint32_t row = 0; row < view->frame.rows; row++) {
		uint32_t source = view->rows.sources[row];
		sequence[row] = view->meta.streams[source].first_seq + next[source]++;
	}
	view->sequence = sequence;
	return ERR_OK;
}

static enum err find_salt(struct store_view *view, uint64_t index, uint8_t out_salt[SALT_SIZE]) {
	uint8_t seed[SALT_SEED_SIZE];
	if (view->salts == NULL || view->bundle != index / SALT_BUNDLE) {
		uint8_t *salts =
		    view->salts != NULL ? view->salts : view_array(view, SALT_BUNDLE, SALT_SIZE);
		if (salts == NULL) {
			return ERR_LIMIT;
		}
		segment_seed(view->segment, index, seed);
		salt_bundle(seed, salts);
		view->salts = salts;
		view->bundle = index / SALT_BUNDLE;
	}
	memcpy(out_salt, view->salts + index % SALT_BUNDLE * SALT_SIZE, SALT_SIZE);
	return ERR_OK;
}

enum err store_view_leaf(struct store_view *view, uint32_t row, struct leaf *out_leaf,
                         uint8_t out_salt[SALT_SIZE]) {
	const struct page_receipt *receipt;
	ASSERT(row < view->frame.rows);
	ASSERT(view->segment != NULL);
	TRY(view_receipt(view, &receipt));
	TRY(find_sequence(view));
	TRY(find_salt(view, view->frame.first_index + row, out_salt));
	*out_leaf = (struct leaf){.type = view->rows.types[row],
	                          .flags = view->rows.flags[row],
	                          .stream_seq = view->sequence[row],
	                          .received_ns = receipt->received[row],
	                          .monotonic_ns = receipt->monotonic[row],
	                          .incarnation = view->meta.incarnation,
	                          .connection = LEAF_NO_CONNECTION,
	                          .body_len = view->lengths.bodies[row]};
	memcpy(out_leaf->stream_id, view->meta.streams[view->rows.sources[row]].id, STREAM_ID_SIZE);
	return ERR_OK;
}

/* Columns that every page has, whatever its parser found: made from what pages say of their rows.
 */
#include "base/instant.h"
#include "store/view_private.h"

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

static enum err make_path(struct store_view *view, struct column *out_column) {
	struct value *values;
	TRY(make_dict(view, view->rows.sources, view->meta.sources_count, &values, out_column));
	for (uint32_t i = 0; i < view->meta.sources_count; i++) {
		values[i] = value_of_name(view_path(view, &view->meta.sources[i]));
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
		numbers[row] = (int64_t)store_view_index(view, row);
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
_Static_assert(ARRAY_LEN(built_ins) == VIEW_BUILT_IN_COUNT, "one slot each");

static enum err load(struct store_view *view, size_t number, const struct column **out_column) {
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

bool view_built_in_has(struct str name) {
	for (size_t i = 0; i < ARRAY_LEN(built_ins); i++) {
		if (str_eq(built_ins[i].name, name)) {
			return true;
		}
	}
	return false;
}

enum err view_built_in_get(struct store_view *view, struct str name,
                           const struct column **out_column) {
	for (size_t i = 0; i < ARRAY_LEN(built_ins); i++) {
		if (str_eq(built_ins[i].name, name)) {
			return load(view, i, out_column);
		}
	}
	*out_column = NULL;
	return ERR_OK;
}

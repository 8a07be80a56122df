/* The fields of a batch, turned from rows into columns. A layout is the sequence of fields that a
 * row has; rows of one kind share it, so that presence and order cost almost nothing. A column then
 * takes the cheapest form: one value, a dictionary, slices of the row's text, or values as they
 * are.
 */
#include "store/page.h"

#include "base/hash.h"
#include "base/map.h"
#include "codec/filter.h"
#include "codec/ints.h"
#include "codec/token.h"

/* ---- from rows to columns ---- */

/* Numbers the columns by first appearance and counts their values. */
static void number_columns(struct page_fields *fields, const struct batch *batch,
                           struct arena *arena, uint32_t *column_of) {
	uint32_t names = FIELD_KNOWN_COUNT + batch->fields.names_count;
	memset(column_of, 0xff, names * sizeof(*column_of));
	fields->names = ARENA_ARRAY(arena, names, uint32_t);
	fields->first = ARENA_ARRAY(arena, (size_t)names + 1, uint32_t);
	for (uint32_t row = 0; row < batch->count; row++) {
		const struct field_row *parsed = &batch->fields.rows[row];
		for (uint32_t i = 0; i < parsed->count; i++) {
			uint32_t name = batch->fields.entries[parsed->first + i].name;
			if (column_of[name] == UINT32_MAX) {
				column_of[name] = fields->columns_count;
				fields->names[fields->columns_count++] = name;
			}
			fields->first[column_of[name] + 1]++;
		}
	}
	for (uint32_t i = 0; i < fields->columns_count; i++) {
		fields->first[i + 1] += fields->first[i];
	}
}

struct layouts {
	struct map *map; /* columns of a layout -> its number */
	uint32_t last[LIMIT_FIELDS_PER_RECORD];
	uint32_t last_count;
	uint32_t last_number; /* UINT32_MAX before the first row */
};

static uint32_t layout_number(struct page_fields *fields, struct layouts *layouts,
                              const uint32_t *columns, uint32_t count) {
	size_t size = count * sizeof(*columns);
	if (layouts->last_number != UINT32_MAX && layouts->last_count == count &&
	    memcmp(layouts->last, columns, size) == 0) {
		return layouts->last_number;
	}
	bool added;
	struct str key = str_make((const char *)columns, size);
	uint64_t number = *map_put(layouts->map, key, fields->layouts_count, &added);
	if (added) {
		fields->layouts_count++;
		wire_put_varint(&fields->layouts, count);
		for (uint32_t i = 0; i < count; i++) {
			wire_put_varint(&fields->layouts, columns[i]);
		}
	}
	memcpy(layouts->last, columns, size);
	layouts->last_count = count;
	layouts->last_number = (uint32_t)number;
	return layouts->last_number;
}

static void sort_items(struct page_fields *fields, const struct batch *batch, struct arena *arena,
                       const uint32_t *column_of) {
	uint32_t columns[LIMIT_FIELDS_PER_RECORD];
	struct layouts *layouts = ARENA_NEW(arena, struct layouts);
	uint32_t *next = ARENA_ARRAY(arena, (size_t)fields->columns_count + 1, uint32_t);
	memcpy(next, fields->first, fields->columns_count * sizeof(*next));
	layouts->map = map_new();
	layouts->last_number = UINT32_MAX;
	for (uint32_t row = 0; row < batch->count; row++) {
		const struct field_row *parsed = &batch->fields.rows[row];
		ASSERT(parsed->count <= LIMIT_FIELDS_PER_RECORD);
		for (uint32_t i = 0; i < parsed->count; i++) {
			uint32_t entry = parsed->first + i;
			columns[i] = column_of[batch->fields.entries[entry].name];
			fields->items[next[columns[i]]++] = (struct page_item){row, entry};
		}
		fields->layout_of[row] = layout_number(fields, layouts, columns, parsed->count);
	}
	map_free(layouts->map);
}

/* ---- one column ---- */

enum { DICT_SLOTS = 2 * LIMIT_BATCH_ROWS, NOT_IN_TEXT = 0 };
_Static_assert((DICT_SLOTS & (DICT_SLOTS - 1)) == 0, "slots are found by mask");

/* Values of the rows that have the field, in order. */
struct column_draft {
	uint32_t count;
	struct value values[LIMIT_BATCH_ROWS];
	int64_t offsets[LIMIT_BATCH_ROWS]; /* in the row's text, plus one; NOT_IN_TEXT */
	size_t bytes;                      /* of all values */
	size_t bytes_outside;              /* of those not in the text */
	/* The dictionary, as far as it went. */
	uint32_t distinct_count;
	uint32_t distinct[LIMIT_BATCH_ROWS]; /* numbers of values */
	int64_t codes[LIMIT_BATCH_ROWS];
	size_t distinct_bytes;
	bool too_many; /* given up: the values hardly repeat */
};

static bool joins(char left, char right) {
	unsigned char a = (unsigned char)left;
	unsigned char b = (unsigned char)right;
	bool word_a = a >= 0x80 || char_is_alpha(left) || char_is_digit(left) || a == '_';
	bool word_b = b >= 0x80 || char_is_alpha(right) || char_is_digit(right) || b == '_';
	return word_a && word_b;
}

/* True when a slice begins or ends inside a word of its text: the text's tokens are not its own. */
static bool cuts_word(struct str text, const struct field_entry *entry) {
	size_t end = (size_t)entry->offset + entry->len;
	return entry->len > 0 &&
	       ((entry->offset > 0 && joins(text.ptr[entry->offset - 1], text.ptr[entry->offset])) ||
	        (end < text.len && joins(text.ptr[end - 1], text.ptr[end])));
}

static void add_tokens(struct token_set *tokens, struct value value) {
	size_t at = 0;
	struct value element;
	if (value.kind != VALUE_LIST) {
		token_each(value.text, token_set_add, tokens);
		return;
	}
	while (value_list_next(value.text, &at, &element)) {
		token_each(element.text, token_set_add, tokens);
	}
}

static bool same_value(struct value a, struct value b) {
	return a.kind == b.kind && str_eq(a.text, b.text);
}

/* The code of value i among those before it. slots: number of a distinct value plus one. */
static uint32_t dict_code(struct column_draft *draft, uint32_t i, uint16_t *slots) {
	struct value value = draft->values[i];
	uint64_t hash = hash64_seeded(value.text.ptr, value.text.len, value.kind);
	size_t at = hash & (DICT_SLOTS - 1);
	while (slots[at] != 0) {
		uint32_t code = (uint32_t)slots[at] - 1;
		if (same_value(draft->values[draft->distinct[code]], value)) {
			return code;
		}
		at = (at + 1) & (DICT_SLOTS - 1);
	}
	slots[at] = (uint16_t)(draft->distinct_count + 1);
	draft->distinct[draft->distinct_count] = i;
	draft->distinct_bytes += value.text.len;
	return draft->distinct_count++;
}

static void make_dict(struct column_draft *draft) {
	uint16_t slots[DICT_SLOTS] = {0};
	for (uint32_t i = 0; i < draft->count; i++) {
		if (i > 0 && same_value(draft->values[i], draft->values[i - 1])) {
			draft->codes[i] = draft->codes[i - 1];
			continue;
		}
		draft->codes[i] = dict_code(draft, i, slots);
		if (draft->distinct_count > 256 + i / 2) {
			draft->too_many = true;
			return;
		}
	}
}

static void gather(struct column_draft *draft, const struct batch *batch,
                   const struct page_fields *fields, uint32_t column, const struct str *texts) {
	uint32_t first = fields->first[column];
	draft->count = fields->first[column + 1] - first;
	for (uint32_t i = 0; i < draft->count; i++) {
		const struct page_item *item = &fields->items[first + i];
		const struct field_entry *entry = &batch->fields.entries[item->entry];
		bool in_text = entry->place == FIELD_IN_TEXT;
		struct str whole = in_text ? texts[item->row] : buf_str(&batch->fields.bytes);
		ASSERT(entry->offset <= whole.len && entry->len <= whole.len - entry->offset);
		struct str text =
		    entry->len == 0 ? STR("") : str_make(whole.ptr + entry->offset, entry->len);
		draft->values[i] = (struct value){(enum value_kind)entry->kind, text};
		draft->offsets[i] = in_text ? (int64_t)entry->offset + 1 : NOT_IN_TEXT;
		draft->bytes += entry->len;
		draft->bytes_outside += in_text ? 0 : entry->len;
	}
}

/* Bytes that the forms would take, guessed (bench/segment_bench compares): strings shrink to a
 * half, a length or an offset takes about a byte. */
static enum column_form choose_form(const struct column_draft *draft) {
	bool some_in_text = draft->bytes_outside < draft->bytes;
	size_t code_bits = 32 - (size_t)__builtin_clz(draft->distinct_count);
	size_t dict = draft->distinct_bytes / 2 + draft->distinct_count + draft->count * code_bits / 8;
	size_t span = 5 * draft->count / 4 + draft->bytes_outside / 2;
	size_t flat = draft->count + draft->bytes / 2;
	if (!draft->too_many && draft->distinct_count == 1) {
		return FORM_CONST;
	}
	if (!draft->too_many && dict <= (some_in_text ? span : flat)) {
		return FORM_DICT;
	}
	return some_in_text && span < flat ? FORM_SPAN : FORM_FLAT;
}

/* Appends kinds, lengths and bytes of count values; number: which, or NULL for all in order. */
static void put_values(struct buf *out, const struct column_draft *draft, const uint32_t *number,
                       uint32_t count) {
	int64_t kinds[LIMIT_BATCH_ROWS];
	int64_t lens[LIMIT_BATCH_ROWS];
	struct buf bytes = {0};
	for (uint32_t i = 0; i < count; i++) {
		struct value value = draft->values[number != NULL ? number[i] : i];
		kinds[i] = (int64_t)value.kind;
		lens[i] = (int64_t)value.text.len;
		buf_append_str(&bytes, value.text);
	}
	ints_put(out, kinds, count);
	ints_put(out, lens, count);
	blob_put(out, buf_str(&bytes), COMPRESS_FAST);
	buf_deinit(&bytes);
}

static void put_spans(struct buf *out, const struct column_draft *draft) {
	int64_t kinds[LIMIT_BATCH_ROWS];
	int64_t lens[LIMIT_BATCH_ROWS];
	struct buf outside = {0};
	for (uint32_t i = 0; i < draft->count; i++) {
		kinds[i] = (int64_t)draft->values[i].kind;
		lens[i] = (int64_t)draft->values[i].text.len;
		if (draft->offsets[i] == NOT_IN_TEXT) {
			buf_append_str(&outside, draft->values[i].text);
		}
	}
	ints_put(out, kinds, draft->count);
	ints_put(out, draft->offsets, draft->count);
	ints_put(out, lens, draft->count);
	blob_put(out, buf_str(&outside), COMPRESS_FAST);
	buf_deinit(&outside);
}

static void add_draft_tokens(const struct column_draft *draft, enum column_form form,
                             const struct batch *batch, const struct page_item *items,
                             const struct str *texts, struct token_set *tokens) {
	if (form == FORM_CONST || form == FORM_DICT) {
		for (uint32_t i = 0; i < draft->distinct_count; i++) {
			add_tokens(tokens, draft->values[draft->distinct[i]]);
		}
		return;
	}
	for (uint32_t i = 0; i < draft->count; i++) {
		const struct field_entry *entry = &batch->fields.entries[items[i].entry];
		if (draft->offsets[i] == NOT_IN_TEXT || cuts_word(texts[items[i].row], entry) ||
		    entry->kind == VALUE_LIST) {
			add_tokens(tokens, draft->values[i]);
		}
	}
}

void page_column_put(struct buf *out, const struct batch *batch, const struct page_fields *fields,
                     uint32_t column, const struct str *texts, struct token_set *tokens) {
	struct column_draft *draft = fields->draft;
	draft->bytes = draft->bytes_outside = draft->distinct_bytes = 0;
	draft->distinct_count = 0;
	draft->too_many = false;
	gather(draft, batch, fields, column, texts);
	make_dict(draft);
	enum column_form form = choose_form(draft);
	buf_append_char(out, (char)form);
	switch (form) {
	case FORM_CONST:
		put_values(out, draft, draft->distinct, 1);
		break;
	case FORM_DICT:
		wire_put_varint(out, draft->distinct_count);
		put_values(out, draft, draft->distinct, draft->distinct_count);
		ints_put(out, draft->codes, draft->count);
		break;
	case FORM_SPAN:
		put_spans(out, draft);
		break;
	case FORM_FLAT:
	case FORM_COUNT:
	default:
		put_values(out, draft, NULL, draft->count);
		break;
	}
	add_draft_tokens(draft, form, batch, &fields->items[fields->first[column]], texts, tokens);
}

/* ---- all of them ---- */

void page_fields_init(struct page_fields *fields, const struct batch *batch, struct arena *arena) {
	*fields = (struct page_fields){0};
	uint32_t names = FIELD_KNOWN_COUNT + batch->fields.names_count;
	uint32_t *column_of = ARENA_ARRAY(arena, names, uint32_t);
	number_columns(fields, batch, arena, column_of);
	fields->items = ARENA_ARRAY(arena, fields->first[fields->columns_count], struct page_item);
	fields->layout_of = ARENA_ARRAY(arena, batch->count, uint32_t);
	fields->draft = ARENA_NEW(arena, struct column_draft);
	sort_items(fields, batch, arena, column_of);
}

void page_fields_deinit(struct page_fields *fields) {
	buf_deinit(&fields->layouts);
}

/* Rows of a shape are given out some thousand at a time: so much of all fields stays near the
 * processor, and a pool's dictionary is worth being decoded for them.
 */
#include "store/block_strips.h"

#include <stdlib.h>

#include "store/block_columns_private.h"

enum {
	STRIP_ROWS = 8192,
	VALUES_MAX = 65536, /* different ones of a field that are no numbers */
};

struct strip_field {
	uint32_t name; /* of the block; UINT32_MAX: it has none */
	struct lines_coder *coder;
	/* of the shape at hand */
	enum store_strip_form form;
	uint8_t kind;             /* of numbers, */
	struct lines_piece piece; /* which are this piece */
	bool same;                /* all rows have codes[0] */
	uint32_t *codes;          /* all rows, or STRIP_ROWS of them when they are the same */
	uint32_t codes_cap;
	uint64_t *numbers; /* STRIP_ROWS of them; NULL until there are some */
};

static void *new_array(size_t count, size_t size) {
	void *array = calloc(count + 1, size);
	ASSERT(array != NULL);
	return array;
}

static uint32_t *room_for_codes(struct strip_field *field, uint32_t count) {
	if (count > field->codes_cap) {
		free(field->codes);
		field->codes_cap = count;
		field->codes = new_array(count, sizeof(*field->codes));
	}
	return field->codes;
}

/* ---- one field in the rows of a shape ---- */

static bool is_list(uint8_t tag) {
	return tag == VALUE_LIST || tag == BLOCK_COLUMN_ARRAY;
}

/* Whether all rows have the field in one place that is numbers. */
static enum err find_numbers(const struct block_columns *columns, const struct shape_rows *rows,
                             const struct pieces *pieces, struct strip_field *field,
                             bool *out_found) {
	enum lines_numbers how;
	*out_found = false;
	if (pieces->count != 1 || is_list(pieces->tags[0])) {
		return ERR_OK;
	}
	for (uint32_t i = 0; i < rows->layouts; i++) {
		if (columns->ways[i].kind != WAY_PIECE) {
			return ERR_OK;
		}
	}
	TRY(lines_piece_numbers(columns->lines, &pieces->items[0], &how));
	if (how != LINES_NO_NUMBERS) {
		field->form = how == LINES_DECIMALS ? STORE_STRIP_DECIMALS : STORE_STRIP_ADDRESSES;
		field->kind = pieces->tags[0];
		field->piece = pieces->items[0];
		*out_found = true;
	}
	return ERR_OK;
}

static enum err find_codes(struct block_columns *columns, const struct shape_rows *rows,
                           const struct pieces *pieces, struct strip_field *field) {
	struct shape_codes found;
	for (uint32_t i = 0; i < rows->layouts; i++) {
		if (columns->ways[i].kind == WAY_ROW) {
			return ERR_UNSUPPORTED;
		}
	}
	TRY(block_columns_code(columns, field->coder, field->name, rows, pieces, &found));
	field->form = STORE_STRIP_CODES;
	field->same = found.same;
	uint32_t count = found.same ? MIN_OF(rows->count, (uint32_t)STRIP_ROWS) : rows->count;
	uint32_t *codes = room_for_codes(field, count);
	for (uint32_t i = 0; i < count; i++) {
		codes[i] = found.same ? found.code : columns->codes[i];
	}
	return ERR_OK;
}

static enum err ask_field(struct block_columns *columns, const struct shape_rows *rows,
                          struct strip_field *field) {
	struct pieces pieces;
	bool numbers;
	if (field->name == UINT32_MAX) {
		field->same = true;
		uint32_t count = MIN_OF(rows->count, (uint32_t)STRIP_ROWS);
		memset(room_for_codes(field, count), 0, count * sizeof(*field->codes));
		return ERR_OK;
	}
	uint32_t before = lines_coder_count(field->coder);
	TRY(block_columns_find(columns, field->coder, field->name, rows, &pieces));
	TRY(find_numbers(columns, rows, &pieces, field, &numbers));
	if (!numbers) {
		TRY(find_codes(columns, rows, &pieces, field));
	}
	for (uint32_t code = before + 1; code <= lines_coder_count(field->coder); code++) {
		if (is_list(lines_coder_tag(field->coder, code))) {
			return ERR_UNSUPPORTED;
		}
	}
	return ERR_OK;
}

/* ---- strips ---- */

/* Rows [at, at + count) of those of the shape that count. */
static enum err make_strip(struct block_columns *columns, const struct shape_rows *rows,
                           struct strip_field *field, uint32_t at, uint32_t count,
                           struct store_strip *out_strip) {
	*out_strip = (struct store_strip){.form = field->form, .coder = field->coder};
	if (field->form == STORE_STRIP_CODES) {
		out_strip->codes = field->codes + (field->same ? 0 : at);
		return ERR_OK;
	}
	if (field->numbers == NULL) {
		field->numbers = new_array(STRIP_ROWS, sizeof(*field->numbers));
	}
	out_strip->kind = (enum value_kind)field->kind;
	out_strip->numbers = field->numbers;
	return lines_numbers_get(columns->lines, &field->piece,
	                         rows->ranks == NULL ? NULL : rows->ranks + at, at, count,
	                         field->numbers);
}

static enum err give_shape(struct block_columns *columns, const struct shape_rows *rows,
                           struct strip_field *fields, size_t count, struct store_strip *strips,
                           store_strips_f take, void *ctx) {
	for (size_t i = 0; i < count; i++) {
		TRY(ask_field(columns, rows, &fields[i]));
	}
	for (uint32_t at = 0; at < rows->count; at += STRIP_ROWS) {
		uint32_t some = MIN_OF(rows->count - at, (uint32_t)STRIP_ROWS);
		for (size_t i = 0; i < count; i++) {
			TRY(make_strip(columns, rows, &fields[i], at, some, &strips[i]));
		}
		TRY(take(ctx, strips, some));
	}
	return ERR_OK;
}

static enum err give_all(struct block_columns *columns, struct strip_field *fields, size_t count,
                         struct store_strip *strips, store_strips_f take, void *ctx) {
	uint32_t ignored;
	TRY(block_columns_rows(columns, &ignored));
	for (uint32_t shape = 0; shape < lines_shapes(columns->lines); shape++) {
		struct shape_rows rows = block_columns_shape(columns, shape);
		if (rows.count > 0) {
			TRY(give_shape(columns, &rows, fields, count, strips, take, ctx));
		}
	}
	return ERR_OK;
}

enum err block_strips(struct block_columns *columns, const struct str *fields, size_t count,
                      store_strips_f take, void *ctx) {
	struct strip_field *asked = new_array(count, sizeof(*asked));
	struct store_strip *strips = new_array(count, sizeof(*strips));
	for (size_t i = 0; i < count; i++) {
		asked[i].name = layouts_find_name(columns->layouts, fields[i]);
		asked[i].coder = lines_coder_new(columns->lines, VALUES_MAX);
	}
	enum err err = give_all(columns, asked, count, strips, take, ctx);
	for (size_t i = 0; i < count; i++) {
		lines_coder_free(asked[i].coder);
		free(asked[i].codes);
		free(asked[i].numbers);
	}
	free(asked);
	free(strips);
	return err;
}

/* ---- values ---- */

uint32_t store_strip_values(const struct store_strip *strip) {
	return lines_coder_count(strip->coder) + 1;
}

struct value store_strip_value(const struct store_strip *strip, uint32_t code) {
	return code == 0 ? VALUE_ABSENT
	                 : (struct value){(enum value_kind)lines_coder_tag(strip->coder, code),
	                                  lines_coder_text(strip->coder, code)};
}

/* For tests and fuzz targets: lines parsed with and without looking for rows that are alike must
 * have the same fields.
 */
#pragma once

#include "codec/lines.h"
#include "ingest/line_testing.h"

/* The row that has the entries of a row that is like another; *out_head: this only begins alike. */
static inline uint32_t likes_testing_own(const struct batch *batch, uint32_t row, bool *out_head) {
	const struct field_row *parsed = &batch->fields.rows[row];
	*out_head = parsed->like_head;
	if (batch->fields.rows[parsed->like].like == FIELDS_OWN) {
		return parsed->like;
	}
	*out_head = true;
	return batch->fields.rows[parsed->like].like;
}

/* What is text[offset, offset + len) of row own, in the other row. last: it may be the rest. */
static inline struct str likes_testing_part(const struct batch *batch, uint32_t row,
                                            uint32_t offset, uint32_t len, bool last) {
	bool head;
	uint32_t own = likes_testing_own(batch, row, &head);
	struct lines_place ends[2] = {lines_cut_place(batch->cut, own, offset),
	                              lines_cut_place(batch->cut, own, offset + len)};
	uint32_t offsets[2];
	ASSERT(ends[0].where == LINES_LITERAL && ends[1].where == LINES_LITERAL);
	ends[1] = head && last ? lines_cut_end(batch->cut, row) : ends[1];
	lines_cut_offsets(batch->cut, row, ends, 2, offsets);
	return str_slice(batch_text(batch, row), offsets[0], offsets[1]);
}

/* A list of which the array is known, as JSON again; else the value of the row that has it. */
static inline void likes_testing_append(const struct batch *batch, uint32_t row, uint32_t number,
                                        bool last, struct buf *out) {
	bool head;
	uint32_t own = likes_testing_own(batch, row, &head);
	const struct field_entry *entry = &batch->fields.entries[number];
	const struct field_array *arrays = (const void *)batch->fields.arrays.ptr;
	struct value value = fields_value(batch, own, entry);
	for (size_t i = 0; i < batch->fields.arrays.len / sizeof(*arrays); i++) {
		if (arrays[i].entry == number) {
			struct str array =
			    likes_testing_part(batch, row, arrays[i].offset, arrays[i].len, false);
			for (size_t at = 0; at < array.len; at++) {
				/* The one byte of a plain array that is printed otherwise. */
				buf_append_str(out, array.ptr[at] == 0x7f ? STR("\\u007f")
				                                          : str_slice(array, at, at + 1));
			}
			return;
		}
	}
	if (entry->place == FIELD_IN_TEXT) {
		value.text = likes_testing_part(batch, row, entry->offset, entry->len, last);
	}
	value_append_json(out, value);
}

/* As line_testing_print, of any row. */
static inline void likes_testing_print(const struct batch *batch, uint32_t row, struct buf *out) {
	bool head;
	line_testing_print(batch, row, out);
	if (batch->fields.rows[row].like == FIELDS_OWN) {
		return;
	}
	const struct field_row *parsed = &batch->fields.rows[likes_testing_own(batch, row, &head)];
	for (uint32_t i = 0; i < parsed->count; i++) {
		uint32_t number = parsed->first + i;
		buf_append_str(out, fields_name_text(batch, batch->fields.entries[number].name));
		buf_append_char(out, '=');
		likes_testing_append(batch, row, number, i + 1 == parsed->count, out);
		buf_append_char(out, '\n');
	}
}

static inline struct batch *likes_testing_batch(const struct batch_source *source,
                                                struct str text) {
	struct batch *batch = batch_new();
	(void)batch_add_source(batch, source);
	while (text.len > 0 && batch->count < LIMIT_BATCH_ROWS - 1) {
		line_testing_add(batch, str_cut(&text, '\n'));
	}
	return batch;
}

/* The lines of text as one batch, both ways. Returns how many rows are like others; *out_differs:
 * the first row that has other fields, or UINT32_MAX; out: what it has, both ways. */
static inline uint32_t likes_testing_compare(struct line_testing *t,
                                             const struct batch_source *source, struct str text,
                                             uint32_t *out_differs, struct buf out[2]) {
	struct batch *plain = likes_testing_batch(source, text);
	struct batch *cutting = likes_testing_batch(source, text);
	uint32_t likes = 0;
	parser_run(t->parser, plain);
	parser_run_cutting(t->parser, cutting);
	*out_differs = UINT32_MAX;
	for (uint32_t row = 0; row < plain->count && *out_differs == UINT32_MAX; row++) {
		likes += cutting->fields.rows[row].like != FIELDS_OWN;
		buf_clear(&out[0]);
		buf_clear(&out[1]);
		line_testing_print(plain, row, &out[0]);
		likes_testing_print(cutting, row, &out[1]);
		if (!str_eq(buf_str(&out[0]), buf_str(&out[1]))) {
			*out_differs = row;
		}
	}
	batch_free(plain);
	batch_free(cutting);
	return likes;
}

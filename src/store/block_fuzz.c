/* Arbitrary bytes as the block of a page: the first byte says how many records the page has; what
 * opens is walked to the end. In fuzzing builds checksums are taken for right.
 */
#include <stdio.h>

#include "store/block_rows.h"
#include "store/page_sample.h"
#include "store/view_private.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ROWS_MAX = 64 };

/* Every third line of a file has a text that is not its body. */
static struct store_page *make_page(uint32_t rows) {
	struct batch *batch = sample_batch(rows, 1, true);
	struct store_page *page = NULL;
	for (uint32_t row = 0; row < rows; row += 3) {
		struct field_row *parsed = &batch->fields.rows[row];
		if (batch->records[row].source != 2) {
			parsed->has_text = true;
			parsed->text_offset = (uint32_t)batch->fields.bytes.len;
			parsed->text_len = 200;
			buf_append_str(&batch->fields.bytes, batch_body(batch, row));
			while (batch->fields.bytes.len < (size_t)parsed->text_offset + parsed->text_len) {
				buf_append_char(&batch->fields.bytes, '.');
			}
		}
	}
	ASSERT(page_encode(batch, sample_plan(batch, 7), &page, NULL) == ERR_OK);
	page_take_raw(page, batch);
	batch_free(batch);
	return page;
}

static void walk_columns(struct store_view *view) {
	const struct str *names = NULL;
	volatile size_t sum = 0; /* every value is looked at */
	size_t count = store_view_names(view, &names);
	for (size_t i = 0; i < count; i++) {
		const struct column *column;
		if (store_view_column(view, names[i], &column) != ERR_OK) {
			continue;
		}
		for (uint32_t row = 0; row < column->rows; row++) {
			struct value value = column_get(column, row);
			ASSERT(value.kind < VALUE_KIND_COUNT);
			sum += value.text.len == 0 ? 0 : (unsigned char)value.text.ptr[value.text.len - 1];
		}
	}
}

static void walk_rows(struct store_view *view) {
	for (uint32_t i = 0; i < store_view_rows(view); i++) {
		struct row row;
		struct view_body body;
		if (store_view_row(view, i, &row) == ERR_OK) {
			volatile size_t sum = row.text.len + row.fields_count;
			(void)sum;
		}
		if (store_view_body(view, i, &body) != ERR_OK) {
			return;
		}
	}
}

static void walk_block(struct str bytes, const struct store_page *page) {
	struct block *block;
	struct store_view *view;
	struct block_rows *rows;
	if (block_open(bytes, page->rows, page->block_rows->kept, &block) != ERR_OK) {
		return;
	}
	ASSERT(view_new(buf_str(&page->bytes), NULL, 0, NULL, &view, NULL) == ERR_OK);
	view_block_lend(view, block, 0, 0);
	walk_columns(view);
	walk_rows(view);
	if (block_rows_from_view(view, &rows) == ERR_OK) {
		ASSERT(block_rows_check(rows, view, NULL) == ERR_OK);
		block_rows_free(rows);
	}
	store_view_free(view);
	block_free(block);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	if (size > 0) {
		struct store_page *page = make_page(1 + data[0] % ROWS_MAX);
		walk_block(str_make((const char *)data + 1, size - 1), page);
		page_free(page);
	}
	return 0;
}

/* The comparison before a block may stand for its rows finds every kind of difference; rows that
 * were read from a block are those that went into it.
 */
#include "store/block_rows.h"

#include "tap.h"

#include "store/batch_sample.h"
#include "store/view_sample.h"

enum { ROWS = 60 };

/* Some texts that are not their body, which is kept. */
static struct batch *make_batch(void) {
	struct batch *batch = sample_batch(ROWS, 1, true);
	for (uint32_t row = 0; row < ROWS; row += 6) {
		struct field_row *parsed = &batch->fields.rows[row];
		if (batch->records[row].source != 2) {
			struct str body = batch_body(batch, row);
			parsed->has_text = true;
			parsed->text_offset = (uint32_t)batch->fields.bytes.len;
			parsed->text_len = (uint32_t)body.len + 2;
			buf_append_str(&batch->fields.bytes, body);
			buf_append_str(&batch->fields.bytes, STR("藤")); /* one byte more: cut */
		}
	}
	return batch;
}

static struct store_page *encode(struct batch *batch) {
	struct store_page *page = NULL;
	struct diag diag = {0};
	CHECK_EQ(page_encode(batch, sample_plan(batch, 10), &page, &diag), ERR_OK);
	return page;
}

/* What block gives back differs from changed. */
static void check_finds(const char *what, struct batch *changed, struct store_view *view) {
	struct diag diag = {0};
	struct store_page *page = encode(changed);
	if (page != NULL && !CHECK_EQ(block_rows_check(page->block_rows, view, &diag), ERR_CORRUPT)) {
		printf("# not found: %s\n", what);
	}
	CHECK(diag.message[0] != '\0');
	page_free(page);
	batch_free(changed);
}

TEST(every_difference_from_the_rows_is_found) {
	struct batch *batch = make_batch();
	struct store_page *page = encode(batch);
	struct viewed viewed;
	struct diag diag = {0};
	REQUIRE(page != NULL && viewed_make(&viewed, page, NULL));
	CHECK(page->block_rows->kept > 0);
	CHECK_EQ(block_rows_check(page->block_rows, viewed.view, &diag), ERR_OK);
	struct batch *other = make_batch();
	other->raw.ptr[other->records[7].body_offset + 3] ^= 1;
	check_finds("a byte of a text that is the body", other, viewed.view);
	other = make_batch();
	other->raw.ptr[other->records[6].body_offset + 3] ^= 1;
	check_finds("a byte of a body that is kept", other, viewed.view);
	other = make_batch();
	other->fields.bytes.ptr[other->fields.rows[4].text_offset + 9] ^= 1;
	check_finds("a byte of a text", other, viewed.view);
	other = make_batch();
	other->fields.entries[other->fields.rows[3].first + 2].len--;
	check_finds("the length of a field", other, viewed.view);
	other = make_batch();
	other->fields.entries[other->fields.rows[3].first + 2].offset++;
	check_finds("the place of a field", other, viewed.view);
	other = make_batch();
	other->fields.entries[other->fields.rows[3].first].kind = VALUE_JSON;
	check_finds("the kind of a field", other, viewed.view);
	other = make_batch();
	other->fields.entries[other->fields.rows[3].first].name++;
	check_finds("the name of a field", other, viewed.view);
	other = make_batch();
	other->fields.rows[3].count--;
	check_finds("a field too few", other, viewed.view);
	other = make_batch();
	struct field_entry *entry = &other->fields.entries[other->fields.rows[3].first];
	struct field_entry first = entry[1];
	entry[1] = entry[2];
	entry[2] = first;
	check_finds("the order of fields", other, viewed.view);
	viewed_deinit(&viewed);
	page_free(page);
	batch_free(batch);
}

TEST(rows_read_from_a_block_make_it_again) {
	for (size_t round = 0; round < tap_rounds(40); round++) {
		struct batch *batch = random_batch(300);
		struct store_page *page = encode(batch);
		struct viewed viewed;
		struct viewed again;
		struct diag diag = {0};
		struct block_rows *rows = NULL;
		REQUIRE(page != NULL && viewed_make(&viewed, page, NULL));
		CHECK_EQ(block_rows_from_view(viewed.view, &rows), ERR_OK);
		CHECK_EQ(block_rows_check(rows, viewed.view, &diag), ERR_OK);
		CHECK_EQ(rows->bytes, page->block_rows->bytes);
		block_rows_free(page->block_rows);
		page->block_rows = rows;
		viewed_deinit(&viewed);
		REQUIRE(viewed_make(&again, page, NULL));
		CHECK_EQ(block_rows_check(rows, again.view, &diag), ERR_OK);
		viewed_deinit(&again);
		page_free(page);
		batch_free(batch);
	}
}

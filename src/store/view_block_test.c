/* Columns of pages with blocks agree with their rows; damage of a block never goes unnoticed, and
 * changed blocks with right checksums do no harm.
 */
#include "store/view_private.h"

#include "tap.h"

#include "codec/checked.h"
#include "store/batch_sample.h"
#include "store/view_sample.h"

static struct store_page *encode(struct batch *batch) {
	struct store_page *page = NULL;
	CHECK_EQ(page_encode(batch, sample_plan(batch, 10), &page, NULL), ERR_OK);
	return page;
}

static void check_columns(struct store_view *view, const struct batch *batch) {
	const struct str *names = NULL;
	size_t count = store_view_names(view, &names);
	for (size_t i = 0; i < count; i++) {
		const struct column *column;
		bool occurs = false;
		REQUIRE(store_view_column(view, names[i], &column) == ERR_OK);
		CHECK_EQ(column->rows, batch->count);
		for (uint32_t row = 0; row < batch->count; row++) {
			struct value value = column_get(column, row);
			struct value expected = VALUE_ABSENT;
			for (uint32_t k = 0; k < batch->fields.rows[row].count; k++) {
				const struct field_entry *entry =
				    &batch->fields.entries[batch->fields.rows[row].first + k];
				if (str_eq(fields_name_text(batch, entry->name), names[i])) {
					expected = fields_value(batch, row, entry);
				}
			}
			occurs = occurs || expected.kind != VALUE_NONE;
			CHECK(value.kind == expected.kind && str_eq(value.text, expected.text));
		}
		CHECK(occurs);
	}
}

TEST(columns_of_random_batches_agree_with_their_rows) {
	for (size_t round = 0; round < tap_rounds(40); round++) {
		struct batch *batch = random_batch(300);
		struct store_page *page = encode(batch);
		struct viewed viewed;
		REQUIRE(page != NULL && viewed_make(&viewed, page, NULL));
		check_columns(viewed.view, batch);
		viewed_deinit(&viewed);
		page_free(page);
		batch_free(batch);
	}
}

TEST(a_name_that_the_page_lacks_puts_no_text_together) {
	struct batch *batch = sample_batch(100, 3, false);
	struct store_page *page = encode(batch);
	struct viewed viewed;
	const struct column *column;
	REQUIRE(page != NULL && viewed_make(&viewed, page, NULL));
	REQUIRE(store_view_column(viewed.view, STR("no.such.field"), &column) == ERR_OK);
	CHECK_EQ(column->kind, COLUMN_CONST);
	REQUIRE(store_view_column(viewed.view, STR("event.kind"), &column) == ERR_OK);
	CHECK_EQ(column->kind, COLUMN_CONST);
	CHECK(!viewed.view->block.has_texts);
	REQUIRE(store_view_column(viewed.view, STR("host.name"), &column) == ERR_OK);
	CHECK(viewed.view->block.has_texts);
	viewed_deinit(&viewed);
	page_free(page);
	batch_free(batch);
}

/* A page of every kind of value, and its block. */
static struct store_page *mixed_page(struct buf *out_block) {
	struct batch *batch = random_batch(80);
	struct store_page *page = encode(batch);
	viewed_block(page, out_block);
	page_take_raw(page, batch);
	batch_free(batch);
	return page;
}

TEST(a_flipped_byte_of_a_block_never_goes_unnoticed) {
	struct buf bytes = {0};
	struct store_page *page = mixed_page(&bytes);
	CHECK(block_holds(buf_str(&bytes)));
	for (size_t at = 0; at < bytes.len; at++) {
		bytes.ptr[at] ^= (char)(1 << at % 8);
		CHECK(!block_holds(buf_str(&bytes)));
		bytes.ptr[at] ^= (char)(1 << at % 8);
	}
	buf_deinit(&bytes);
	page_free(page);
}

/* The parts of a block, changed here and there, put together again with right checksums. */
static void change_block(struct str bytes, uint32_t kept, struct buf *out) {
	struct checked *checked;
	struct checked_writer writer = {0};
	REQUIRE(checked_open(bytes, &checked) == ERR_OK);
	size_t count = kept > 0 ? BLOCK_PARTS : BLOCK_BODIES;
	size_t changed = tap_random() % count;
	for (size_t i = 0; i < count; i++) {
		struct buf part = {0};
		struct str stored;
		REQUIRE(checked_get(checked, i, &stored) == ERR_OK);
		buf_append_str(&part, stored);
		for (uint64_t n = tap_random() % 3; i == changed && part.len > 0 && n < 3; n++) {
			part.ptr[tap_random() % part.len] = (char)tap_random();
		}
		checked_part(&writer, buf_str(&part));
		buf_deinit(&part);
	}
	checked_put(&writer, out);
	checked_writer_deinit(&writer);
	checked_free(checked);
}

TEST(changed_blocks_with_right_checksums_do_no_harm) {
	struct buf bytes = {0};
	struct store_page *page = mixed_page(&bytes);
	unsigned failed = 0;
	for (size_t round = 0; round < tap_rounds(3000); round++) {
		struct viewed viewed = {0};
		change_block(buf_str(&bytes), page->block_rows->kept, &viewed.bytes);
		if (CHECK(viewed_open(&viewed, page, NULL))) {
			failed += viewed_walk(viewed.view) != ERR_OK;
		}
		viewed_deinit(&viewed);
	}
	CHECK(failed > 100); /* else nothing was changed that mattered */
	buf_deinit(&bytes);
	page_free(page);
}

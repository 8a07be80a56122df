/* Columns take the form that suits their values. */
#include "store/page.h"

#include "store/page_sample.h"
#include "tap.h"

enum { ROWS = 2000 };

/* Fields over lines of "word N": same everywhere, few values, in the text, elsewhere. */
static struct batch *make_batch(void) {
	struct batch *batch = batch_new();
	struct batch_source source = {.name = STR_INIT("s"), .path = STR_INIT("p")};
	(void)batch_add_source(batch, &source);
	for (uint32_t row = 0; row < ROWS; row++) {
		char line[64];
		int len = snprintf(line, sizeof(line), "word %u", (unsigned)(row * 7919));
		sample_record(batch, 0, str_make(line, (size_t)len));
	}
	fields_begin(batch);
	for (uint32_t row = 0; row < ROWS; row++) {
		static const char *const few[] = {"red", "green", "blue"};
		char other[64];
		int len = snprintf(other, sizeof(other), "value-%u", (unsigned)(row * 104729));
		uint32_t text_len = (uint32_t)batch_text(batch, row).len;
		(void)fields_begin_row(batch);
		fields_set_format(batch, STR("text"));
		fields_put_str(batch, fields_name(batch, STR("t.const")), STR("same"));
		fields_put_str(batch, fields_name(batch, STR("t.dict")), str_from(few[row % 3]));
		fields_put_span(batch, fields_name(batch, STR("t.span")), VALUE_NUMBER, 5, text_len - 5);
		fields_put_str(batch, fields_name(batch, STR("t.flat")), str_make(other, (size_t)len));
		fields_end_row(batch);
	}
	batch->parsed = true;
	return batch;
}

TEST(each_column_takes_its_cheapest_form) {
	static const enum column_form forms[] = {FORM_CONST, FORM_DICT, FORM_SPAN, FORM_FLAT};
	struct batch *batch = make_batch();
	struct store_page *page;
	struct page_frame frame;
	struct arena *arena = arena_new(SIZE_MAX);
	REQUIRE(page_encode(batch, sample_plan(batch, 0), &page, NULL) == ERR_OK);
	REQUIRE(page_frame_read(buf_str(&page->bytes), arena, &frame) == ERR_OK);
	CHECK_EQ(frame.sections_count, SECTION_COLUMNS + ARRAY_LEN(forms));
	for (uint32_t i = 0; i < ARRAY_LEN(forms); i++) {
		enum column_form form;
		REQUIRE(page_column_form(&frame, i, &form) == ERR_OK);
		CHECK_EQ(form, forms[i]);
	}
	CHECK(frame.sections[SECTION_COLUMNS].bytes.len < 16);
	CHECK(frame.sections[SECTION_COLUMNS + 2].bytes.len < ROWS / 2);
	arena_free(arena);
	page_free(page);
	batch_free(batch);
}

TEST(rows_of_one_kind_share_a_layout) {
	struct batch *batch = make_batch();
	struct arena *arena = arena_new(SIZE_MAX);
	struct page_fields fields;
	page_fields_init(&fields, batch, arena);
	CHECK_EQ(fields.layouts_count, 1);
	CHECK_EQ(fields.columns_count, 4);
	CHECK_EQ(fields.first[4], 4 * ROWS);
	CHECK_EQ(fields.layout_of[ROWS - 1], 0);
	page_fields_deinit(&fields);
	arena_free(arena);
	batch_free(batch);
}

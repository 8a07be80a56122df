/* Columns of pages of version 1, from the golden segment. */
#include "store/view_private.h"

#include "tap.h"

#include "store/segment_sample.h"
#include "store/segment_table.h"
#include "store/view_sample.h"

struct fixture {
	struct buf bytes;
	struct segment *segment;
	struct store_view *view;
};

static bool setup(struct fixture *f) {
	struct diag diag = {0};
	*f = (struct fixture){0};
	return read_golden_1(&f->bytes) &&
	       CHECK_EQ(segment_open_bytes(buf_str(&f->bytes), "golden", &f->segment, &diag), ERR_OK) &&
	       CHECK_EQ(segment_view(f->segment, 0, NULL, &f->view, &diag), ERR_OK);
}

static void teardown(struct fixture *f) {
	store_view_free(f->view);
	segment_free(f->segment);
	buf_deinit(&f->bytes);
}

TEST(columns_of_the_first_version_have_their_forms) {
	struct fixture f;
	const struct column *column;
	const struct str *names = NULL;
	REQUIRE(setup(&f));
	CHECK_EQ(store_view_names(f.view, &names), 8);
	CHECK_STR(names[0], "event.kind");
	REQUIRE(store_view_column(f.view, STR("host.name"), &column) == ERR_OK);
	CHECK_EQ(column->kind, COLUMN_DICT);
	CHECK_STR(column_get(column, 2).text, "web-2");
	CHECK_EQ(column_get(column, 4).kind, VALUE_NONE);
	REQUIRE(store_view_column(f.view, STR("sample.extra"), &column) == ERR_OK);
	CHECK_EQ(column_get(column, 3).kind, VALUE_LIST);
	CHECK_EQ(column_get(column, 2).kind, VALUE_NONE);
	REQUIRE(store_view_column(f.view, STR("none"), &column) == ERR_OK);
	CHECK_EQ(column->kind, COLUMN_CONST);
	CHECK_EQ(viewed_walk(f.view), ERR_OK);
	teardown(&f);
}

TEST(flipped_bytes_of_a_page_of_the_first_version_never_go_unnoticed) {
	struct fixture f;
	REQUIRE(setup(&f));
	struct buf copy = {0};
	buf_append_str(&copy, segment_page_bytes(f.segment, 0));
	const struct page_part *filter = &f.view->frame.sections[SECTION_FILTER];
	size_t start = f.view->frame.sections_offset;
	size_t end = start + filter->bytes.len;
	for (size_t at = 0; at < copy.len; at++) {
		struct store_view *view;
		at = at == start ? end : at; /* only segment_page_may_have reads the filter */
		copy.ptr[at] ^= (char)(1 << at % 8);
		if (view_new(buf_str(&copy), NULL, 0, NULL, &view, NULL) == ERR_OK) {
			CHECK(viewed_walk(view) != ERR_OK);
			store_view_free(view);
		}
		copy.ptr[at] ^= (char)(1 << at % 8);
	}
	buf_deinit(&copy);
	teardown(&f);
}

/* Pages whose checksums are right and whose contents are not: refused or harmless, never more. */
#include "store/page.h"

#include "base/endian.h"
#include "base/hash.h"
#include "store/page_sample.h"
#include "store/store.h"
#include "tap.h"

/* Writes the right checksums into a page whose sections were changed. */
static void mend_checksums(char *page) {
	uint32_t directory_len = le32_load(page + 24);
	struct wire in = wire_from(str_make(page + PAGE_HEADER_SIZE, directory_len));
	char *section = page + PAGE_HEADER_SIZE + directory_len + 4;
	uint64_t count = wire_varint(&in);
	for (uint64_t i = 0; i < count; i++) {
		uint64_t len = wire_varint(&in);
		le32_store(page + (in.at - page), crc32c(0, section, (size_t)len));
		(void)wire_u32(&in);
		section += len;
	}
	size_t covered = PAGE_HEADER_SIZE + directory_len;
	le32_store(page + covered, crc32c(0, page, covered));
}

/* Looks at everything; counts what failed. */
static unsigned walk(struct store_view *view) {
	const struct str *names = NULL;
	const struct column *column;
	struct row row;
	unsigned failed = 0;
	size_t count = store_view_names(view, &names);
	for (size_t i = 0; i < count; i++) {
		failed += store_view_column(view, names[i], &column) != ERR_OK;
	}
	for (uint32_t i = 0; i < store_view_rows(view); i++) {
		failed += store_view_row(view, i, &row) != ERR_OK;
	}
	return failed;
}

TEST(changed_sections_with_right_checksums_do_no_harm) {
	struct batch *batch = sample_batch(30, 3, true);
	struct store_page *page;
	unsigned failed = 0;
	REQUIRE(page_encode(batch, sample_plan(batch, 77), &page, NULL) == ERR_OK);
	size_t first = PAGE_HEADER_SIZE + le32_load(page->bytes.ptr + 24) + 4;
	for (unsigned round = 0; round < 20000; round++) {
		struct buf copy = {0};
		struct store_view *view;
		buf_append_str(&copy, buf_str(&page->bytes));
		for (uint64_t n = tap_random() % 3; n < 3; n++) {
			copy.ptr[first + tap_random() % (copy.len - first)] = (char)tap_random();
		}
		mend_checksums(copy.ptr);
		REQUIRE(view_new(buf_str(&copy), NULL, NULL, &view, NULL) == ERR_OK);
		failed += walk(view) > 0;
		store_view_free(view);
		buf_deinit(&copy);
	}
	CHECK(failed > 1000); /* else nothing was changed that mattered */
	page_free(page);
	batch_free(batch);
}

TEST(a_page_of_another_version_is_told_apart_from_damage) {
	struct batch *batch = sample_batch(3, 3, false);
	struct store_page *page;
	struct store_view *view;
	REQUIRE(page_encode(batch, sample_plan(batch, 77), &page, NULL) == ERR_OK);
	le32_store(page->bytes.ptr + 4, PAGE_VERSION + 1);
	CHECK_EQ(view_new(buf_str(&page->bytes), NULL, NULL, &view, NULL), ERR_CORRUPT);
	mend_checksums(page->bytes.ptr);
	CHECK_EQ(view_new(buf_str(&page->bytes), NULL, NULL, &view, NULL), ERR_UNSUPPORTED);
	page_free(page);
	batch_free(batch);
}

TEST(every_cut_page_is_refused) {
	struct batch *batch = sample_batch(3, 3, false);
	struct store_page *page;
	struct store_view *view;
	REQUIRE(page_encode(batch, sample_plan(batch, 77), &page, NULL) == ERR_OK);
	for (size_t len = 0; len < page->bytes.len; len++) {
		CHECK_EQ(view_new(str_make(page->bytes.ptr, len), NULL, NULL, &view, NULL), ERR_CORRUPT);
	}
	page_free(page);
	batch_free(batch);
}

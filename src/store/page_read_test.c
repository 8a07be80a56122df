/* Pages whose checksums are right and whose contents are not: refused or harmless, never more. */
#include "store/page.h"

#include "tap.h"

#include "base/endian.h"
#include "base/hash.h"
#include "store/segment_sample.h"
#include "store/segment_table.h"
#include "store/view_sample.h"

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

/* Changes bytes of the sections of a page, with right checksums; how many views failed. */
static unsigned change(struct str page, struct block *block, size_t rounds) {
	unsigned failed = 0;
	size_t first = PAGE_HEADER_SIZE + le32_load(page.ptr + 24) + 4;
	for (size_t round = 0; round < rounds; round++) {
		struct buf copy = {0};
		struct store_view *view;
		buf_append_str(&copy, page);
		for (uint64_t n = tap_random() % 3; n < 3; n++) {
			copy.ptr[first + tap_random() % (copy.len - first)] = (char)tap_random();
		}
		mend_checksums(copy.ptr);
		if (CHECK_EQ(view_new(buf_str(&copy), NULL, 0, NULL, &view, NULL), ERR_OK)) {
			if (block != NULL) {
				view_block_lend(view, block, 0, 0);
			}
			failed += viewed_walk(view) != ERR_OK;
			store_view_free(view);
		}
		buf_deinit(&copy);
	}
	return failed;
}

TEST(changed_sections_with_right_checksums_do_no_harm) {
	struct batch *batch = sample_batch(30, 3, true);
	struct store_page *page;
	struct viewed viewed;
	REQUIRE(page_encode(batch, sample_plan(batch, 77), &page, NULL) == ERR_OK);
	REQUIRE(viewed_make(&viewed, page, NULL));
	/* else nothing was changed that mattered */
	CHECK(change(buf_str(&page->bytes), viewed.block, 5000) > 500);
	viewed_deinit(&viewed);
	page_free(page);
	batch_free(batch);
}

TEST(changed_sections_of_the_first_version_do_no_harm) {
	struct buf bytes = {0};
	struct segment *segment;
	struct diag diag = {0};
	REQUIRE(read_golden_1(&bytes));
	REQUIRE(segment_open_bytes(buf_str(&bytes), "golden", &segment, &diag) == ERR_OK);
	CHECK(change(segment_page_bytes(segment, 0), NULL, 20000) > 1000);
	segment_free(segment);
	buf_deinit(&bytes);
}

TEST(a_page_of_another_version_is_told_apart_from_damage) {
	struct batch *batch = sample_batch(3, 3, false);
	struct store_page *page;
	struct store_view *view;
	REQUIRE(page_encode(batch, sample_plan(batch, 77), &page, NULL) == ERR_OK);
	le32_store(page->bytes.ptr + 4, PAGE_VERSION + 1);
	CHECK_EQ(view_new(buf_str(&page->bytes), NULL, 0, NULL, &view, NULL), ERR_CORRUPT);
	mend_checksums(page->bytes.ptr);
	CHECK_EQ(view_new(buf_str(&page->bytes), NULL, 0, NULL, &view, NULL), ERR_UNSUPPORTED);
	page_free(page);
	batch_free(batch);
}

TEST(every_cut_page_is_refused) {
	struct batch *batch = sample_batch(3, 3, false);
	struct store_page *page;
	struct store_view *view;
	REQUIRE(page_encode(batch, sample_plan(batch, 77), &page, NULL) == ERR_OK);
	for (size_t len = 0; len < page->bytes.len; len++) {
		CHECK_EQ(view_new(str_make(page->bytes.ptr, len), NULL, 0, NULL, &view, NULL), ERR_CORRUPT);
	}
	page_free(page);
	batch_free(batch);
}

/* A page gives back the batch it was made from, to the byte. */
#include "tap.h"

#include "store/segment_sample.h"
#include "store/store.h"

TEST(a_batch_rebuilt_from_its_page_makes_the_same_page) {
	struct folder folder = folder_new();
	struct segment *segment;
	struct store_view *view;
	struct store_page *page;
	struct store_page *again;
	struct batch *rebuilt;
	struct page_plan *plan;
	struct diag diag = {0};
	struct batch *batch = sample_batch(400, 200, false);
	REQUIRE(write_segment(&folder, "a", 200, 1, 400, false));
	REQUIRE(page_encode(batch, sample_plan(batch, 200), &page, &diag) == ERR_OK);
	REQUIRE(segment_open(os_real(), folder.path, "a", false, &segment, &diag) == ERR_OK);
	REQUIRE(segment_view(segment, 0, NULL, &view, &diag) == ERR_OK);
	REQUIRE(store_view_to_batch(view, &rebuilt, &plan, &diag) == ERR_OK);
	REQUIRE(page_encode(rebuilt, plan, &again, &diag) == ERR_OK);
	CHECK(str_eq(buf_str(&page->bytes), buf_str(&again->bytes)));
	CHECK(str_eq(buf_str(&page->hashes), buf_str(&again->hashes)));
	page_free(page);
	page_free(again);
	batch_free(batch);
	batch_free(rebuilt);
	store_view_free(view);
	segment_free(segment);
	folder_remove(&folder, (const char *const[]){"a"}, 1);
}

TEST(a_batch_with_containers_is_not_rebuilt) {
	struct folder folder = folder_new();
	struct segment *segment;
	struct store_view *view;
	struct batch *rebuilt;
	struct page_plan *plan;
	struct diag diag = {0};
	REQUIRE(write_segment(&folder, "a", 0, 1, 20, true));
	REQUIRE(segment_open(os_real(), folder.path, "a", false, &segment, &diag) == ERR_OK);
	REQUIRE(segment_view(segment, 0, NULL, &view, &diag) == ERR_OK);
	CHECK_EQ(store_view_to_batch(view, &rebuilt, &plan, &diag), ERR_UNSUPPORTED);
	store_view_free(view);
	segment_free(segment);
	folder_remove(&folder, (const char *const[]){"a"}, 1);
}

/* The comparison before a page may stand for a batch finds every kind of difference in what the
 * page has. Texts, bodies and fields: block_rows_test.c.
 */
#include "store/page.h"

#include "store/page_sample.h"
#include "tap.h"

enum { ROWS = 60 };

static void check_finds(const char *what, struct batch *changed, const struct store_page *page,
                        const struct page_plan *plan) {
	struct diag diag = {0};
	if (!CHECK_EQ(page_check(page, changed, plan, &diag), ERR_CORRUPT)) {
		printf("# not found: %s\n", what);
	}
	CHECK(diag.message[0] != '\0');
	batch_free(changed);
}

TEST(every_difference_from_the_batch_is_found) {
	struct batch *batch = sample_batch(ROWS, 1, true);
	struct page_plan *plan = sample_plan(batch, 10);
	struct store_page *page;
	struct diag diag = {0};
	REQUIRE(page_encode(batch, plan, &page, &diag) == ERR_OK);
	CHECK_EQ(page_check(page, batch, plan, &diag), ERR_OK);
	struct batch *other = sample_batch(ROWS, 1, true);
	other->records[4].body_len--;
	check_finds("the length of a body that is not kept", other, page, plan);
	other = sample_batch(ROWS, 1, true);
	other->records[5].body_len--;
	other->records[6].log_offset--; /* as if it began one byte earlier */
	check_finds("lengths of bodies that are their text, by their sums", other, page, plan);
	other = sample_batch(ROWS, 1, true);
	other->fields.rows[7].has_text = true;
	other->fields.rows[7].text_len = 3;
	check_finds("a text that is not the body", other, page, plan);
	other = sample_batch(ROWS, 1, true);
	other->records[5].flags ^= RECORD_CONTINUES;
	check_finds("flags", other, page, plan);
	other = sample_batch(ROWS, 1, true);
	other->records[ROWS - 1].received_ns++;
	check_finds("the time of receipt", other, page, plan);
	other = sample_batch(ROWS, 1, true);
	other->records[ROWS - 1].log_offset++;
	check_finds("the offset", other, page, plan);
	other = sample_batch(ROWS, 1, true);
	other->fields.rows[8].time_ns++;
	check_finds("the event time", other, page, plan);
	other = sample_batch(ROWS, 1, true);
	other->sources[1].year = 2020;
	check_finds("a source", other, page, plan);
	check_finds("a record too few", sample_batch(ROWS - 1, 1, true), page, plan);
	page_free(page);
	batch_free(batch);
}

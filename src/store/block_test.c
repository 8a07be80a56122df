/* Blocks: what they hold must be what is expected of them; damage stays damage. */
#include "store/block.h"

#include "tap.h"

#include "codec/checked.h"

static void make_block(struct buf *out, bool bodies) {
	struct block_draft *draft = block_draft_new();
	for (uint32_t batch = 0; batch < 3; batch++) {
		struct block_cut cut = {.texts = lines_cut_new(),
		                        .bodies = bodies ? lines_cut_new() : NULL,
		                        .times = calloc(2, sizeof(int64_t)),
		                        .body_times = calloc(2, sizeof(int64_t)),
		                        .fields = layouts_cut_new()};
		lines_cut_add(cut.texts, STR("first 17"));
		(void)layouts_cut_add(cut.fields, cut.texts, NULL, 0);
		lines_cut_add(cut.texts, STR("second"));
		(void)layouts_cut_add(cut.fields, cut.texts, NULL, 0);
		if (bodies) {
			lines_cut_add(cut.bodies, STR("body 1"));
		}
		CHECK(block_cut_bytes(&cut) > 0);
		block_draft_add(draft, &cut);
		CHECK(cut.texts == NULL && cut.fields == NULL);
	}
	CHECK_EQ(block_draft_rows(draft), 6);
	block_draft_put(draft, 1, out);
	block_draft_free(draft);
}

TEST(texts_bodies_and_layouts_are_opened_when_asked_for) {
	struct buf bytes = {0};
	struct block *block;
	struct lines *lines;
	struct layouts *layouts;
	struct lines_rows rows = {0};
	const int64_t times[6] = {0};
	make_block(&bytes, true);
	REQUIRE(block_open(buf_str(&bytes), 6, 3, &block) == ERR_OK);
	size_t closed = block_bytes(block);
	REQUIRE(block_texts(block, &lines) == ERR_OK);
	CHECK(block_bytes(block) > closed);
	REQUIRE(lines_join(lines, 2, 2, times, 1000, &rows) == ERR_OK);
	CHECK_STR(buf_str(&rows.bytes), "first 17second");
	REQUIRE(block_bodies(block, &lines) == ERR_OK);
	REQUIRE(lines_join(lines, 1, 1, times, 1000, &rows) == ERR_OK);
	CHECK_STR(buf_str(&rows.bytes), "body 1");
	CHECK_EQ(block_layouts(block, &layouts), ERR_OK);
	lines_rows_deinit(&rows);
	block_free(block);
	buf_deinit(&bytes);
}

TEST(a_block_of_other_rows_than_expected_is_refused) {
	struct buf bytes = {0};
	struct block *block;
	struct lines *lines;
	make_block(&bytes, false);
	CHECK_EQ(block_open(buf_str(&bytes), 6, 1, &block), ERR_CORRUPT);
	REQUIRE(block_open(buf_str(&bytes), 7, 0, &block) == ERR_OK);
	CHECK_EQ(block_texts(block, &lines), ERR_CORRUPT);
	CHECK_EQ(block_texts(block, &lines), ERR_CORRUPT);
	CHECK_EQ(block_bodies(block, &lines), ERR_CORRUPT);
	block_free(block);
	buf_clear(&bytes);
	make_block(&bytes, true);
	CHECK_EQ(block_open(buf_str(&bytes), 6, 0, &block), ERR_CORRUPT);
	buf_deinit(&bytes);
}

TEST(every_flipped_byte_of_a_block_is_found) {
	struct buf bytes = {0};
	make_block(&bytes, true);
	CHECK(block_holds(buf_str(&bytes)));
	for (size_t at = 0; at < bytes.len; at++) {
		bytes.ptr[at] ^= 16;
		CHECK(!block_holds(buf_str(&bytes)));
		bytes.ptr[at] ^= 16;
	}
	CHECK(!block_holds(str_make(bytes.ptr, bytes.len - 1)));
	CHECK(!block_holds(STR("")));
	buf_deinit(&bytes);
}

/* Lines of many shapes, more of them than are gathered at once. */
static void make_large(uint32_t threads, struct buf *out) {
	enum { BATCHES = 30, ROWS = 3000 };
	static char texts[BATCHES][ROWS][160];
	struct block_draft *draft = block_draft_new();
	for (uint32_t batch = 0; batch < BATCHES; batch++) {
		struct block_cut cut = {.texts = lines_cut_new(),
		                        .times = calloc(ROWS, sizeof(int64_t)),
		                        .fields = layouts_cut_new()};
		for (uint32_t row = 0; row < ROWS; row++) {
			uint32_t kind = (row * 7919 + batch) % 101;
			char *text = texts[batch][row];
			int len = snprintf(text, sizeof(texts[0][0]),
			                   "%.*s=%u from 10.0.%u.%u user%u took %u ms, %u of %u: %u %u %u %u",
			                   (int)(kind % 9 + 1), "[[[[[[[[[[", row, row % 200, kind, row % 17,
			                   row * kind, kind, row, row * 3, batch, row / 2, kind * 5);
			lines_cut_add(cut.texts, str_make(text, (size_t)len));
			(void)layouts_cut_add(cut.fields, cut.texts, NULL, 0);
		}
		block_draft_add(draft, &cut);
	}
	block_draft_put(draft, threads, out);
	block_draft_free(draft);
}

TEST(two_threads_make_the_same_block_as_one) {
	struct buf alone = {0};
	struct buf shared = {0};
	make_large(1, &alone);
	make_large(2, &shared);
	CHECK(alone.len > 1000);
	CHECK(str_eq(buf_str(&alone), buf_str(&shared)));
	buf_deinit(&alone);
	buf_deinit(&shared);
}

/* What stands around the pages: there and back, and tables that do not fit their file. */
#include "store/segment_table.h"

#include "tap.h"

#include "base/endian.h"
#include "base/hash.h"
#include "store/segment_sample.h"

/* A file of header, "page" and "block" of len bytes together, and the end. */
static void make_file(struct buf *out, const struct segment_table *table, size_t len) {
	buf_clear(out);
	segment_put_header(out);
	for (size_t i = 0; i < len; i++) {
		buf_append_char(out, 'x');
	}
	segment_put_end(out, table, out->len);
}

static enum err read_file(const struct buf *file) {
	struct arena *arena = arena_new(LIMIT_VIEW_BYTES);
	struct segment_table table;
	struct diag diag = {0};
	struct segment_ends ends = segment_ends_of(buf_str(file));
	struct segment_trailer trailer;
	enum err err = segment_read_trailer(&ends, &trailer, &diag);
	if (err == ERR_OK) {
		err = segment_read_table(&ends, &trailer, arena, &table, &diag);
	}
	CHECK((diag.message[0] != '\0') == (err != ERR_OK));
	arena_free(arena);
	return err;
}

TEST(bundles_are_counted_from_the_first_to_the_last_record) {
	CHECK_EQ(segment_bundles(0, 1), 1);
	CHECK_EQ(segment_bundles(0, 256), 1);
	CHECK_EQ(segment_bundles(0, 257), 2);
	CHECK_EQ(segment_bundles(255, 2), 2);
	CHECK_EQ(segment_bundles(256, 256), 1);
}

TEST(a_table_must_fit_its_file) {
	uint8_t seeds[2][SALT_SEED_SIZE] = {{1}, {2}};
	struct segment_page page = {.len = 60, .rows = 10, .types = 2, .kept = 3};
	struct segment_block block = {.pages = 1, .len = 40, .bytes = 1000};
	struct segment_table table = {.footer = sample_footer(5, 10),
	                              .pages = &page,
	                              .pages_count = 1,
	                              .blocks = &block,
	                              .blocks_count = 1,
	                              .seeds = seeds,
	                              .seeds_count = 1};
	struct buf file = {0};
	make_file(&file, &table, 100);
	CHECK_EQ(read_file(&file), ERR_OK);
	make_file(&file, &table, 99);
	CHECK_EQ(read_file(&file), ERR_CORRUPT);
	make_file(&file, &table, 101);
	CHECK_EQ(read_file(&file), ERR_CORRUPT);
	table.seeds_count = 2;
	make_file(&file, &table, 100);
	CHECK_EQ(read_file(&file), ERR_CORRUPT);
	table.seeds_count = 1;
	table.footer.count = 11;
	make_file(&file, &table, 100);
	CHECK_EQ(read_file(&file), ERR_CORRUPT);
	table.footer.count = 10;
	page.kept = 11;
	make_file(&file, &table, 100);
	CHECK_EQ(read_file(&file), ERR_CORRUPT);
	page.kept = 3;
	block.pages = 2;
	make_file(&file, &table, 100);
	CHECK_EQ(read_file(&file), ERR_CORRUPT);
	block.pages = 0;
	make_file(&file, &table, 100);
	CHECK_EQ(read_file(&file), ERR_CORRUPT);
	block.pages = 1;
	block.len = 41;
	make_file(&file, &table, 100);
	CHECK_EQ(read_file(&file), ERR_CORRUPT);
	block.len = 40;
	table.blocks_count = 0;
	make_file(&file, &table, 60);
	CHECK_EQ(read_file(&file), ERR_CORRUPT);
	table.blocks_count = 1;
	page.rows = 0;
	make_file(&file, &table, 100);
	CHECK_EQ(read_file(&file), ERR_CORRUPT);
	buf_deinit(&file);
}

TEST(a_newer_version_is_told_apart_from_damage) {
	struct segment_page page = {.len = 100, .rows = 10, .filter_offset = 40, .filter_len = 32};
	uint8_t seeds[1][SALT_SEED_SIZE] = {{1}};
	struct segment_table table = {.footer = sample_footer(5, 10),
	                              .pages = &page,
	                              .pages_count = 1,
	                              .seeds = seeds,
	                              .seeds_count = 1};
	struct buf file = {0};
	make_file(&file, &table, 100);
	char *trailer = file.ptr + file.len - SEGMENT_TRAILER_SIZE;
	le32_store(trailer + 16, SEGMENT_VERSION + 1);
	CHECK_EQ(read_file(&file), ERR_CORRUPT);
	le32_store(trailer + 20, crc32c(0, trailer, 20));
	CHECK_EQ(read_file(&file), ERR_UNSUPPORTED);
	buf_deinit(&file);
}

TEST(pages_know_their_place_in_their_block) {
	uint8_t seeds[1][SALT_SEED_SIZE] = {{1}};
	struct segment_page pages[3] = {{.len = 10, .rows = 4, .kept = 1},
	                                {.len = 20, .rows = 5, .kept = 2},
	                                {.len = 30, .rows = 1}};
	struct segment_block blocks[2] = {{.pages = 2, .len = 7}, {.pages = 1, .len = 9}};
	struct segment_table wrote = {.footer = sample_footer(5, 10),
	                              .pages = pages,
	                              .pages_count = 3,
	                              .blocks = blocks,
	                              .blocks_count = 2,
	                              .seeds = seeds,
	                              .seeds_count = 1};
	struct buf file = {0};
	struct segment_table table;
	struct arena *arena = arena_new(LIMIT_VIEW_BYTES);
	make_file(&file, &wrote, 76);
	struct segment_ends ends = segment_ends_of(buf_str(&file));
	struct segment_trailer trailer;
	REQUIRE(segment_read_trailer(&ends, &trailer, NULL) == ERR_OK);
	REQUIRE(segment_read_table(&ends, &trailer, arena, &table, NULL) == ERR_OK);
	CHECK_EQ(table.pages[1].offset, SEGMENT_HEADER_SIZE + 10);
	CHECK_EQ(table.blocks[0].offset, SEGMENT_HEADER_SIZE + 30);
	CHECK_EQ(table.pages[2].offset, SEGMENT_HEADER_SIZE + 37);
	CHECK_EQ(table.blocks[1].offset, SEGMENT_HEADER_SIZE + 67);
	CHECK_EQ(table.pages[1].block_first, 4);
	CHECK_EQ(table.pages[1].block_kept, 1);
	CHECK_EQ(table.pages[2].block, 1);
	CHECK_EQ(table.pages[2].block_first, 0);
	CHECK_EQ(table.blocks[0].rows, 9);
	CHECK_EQ(table.blocks[0].kept, 3);
	CHECK_EQ(table.blocks[1].first_page, 2);
	arena_free(arena);
	buf_deinit(&file);
}

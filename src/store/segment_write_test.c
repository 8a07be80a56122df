/* Writing: taking over pages, and what happens when the disk does not want. */
#include "tap.h"

#include "store/batch_sample.h"
#include "store/segment_sample.h"
#include "store/segment_table.h"
#include "store/view_sample.h"

TEST(a_small_segment_is_taken_over_by_its_successor) {
	struct folder folder = folder_new();
	struct segment *small;
	struct segment *large;
	struct segment_writer *writer;
	struct diag diag = {0};
	uint64_t bytes;
	uint8_t seeds[2][SALT_SEED_SIZE];
	REQUIRE(write_segment(&folder, "small", 256, 2, 200, true));
	REQUIRE(segment_open(os_real(), folder.path, "small", false, &small, &diag) == ERR_OK);
	REQUIRE(segment_writer_new(os_real(), folder.path, "large", &writer, &diag) == ERR_OK);
	REQUIRE(segment_writer_copy(writer, small, &diag) == ERR_OK);
	REQUIRE(add_page(writer, 656, 300, false));
	struct segment_footer footer = sample_footer(256, 700);
	REQUIRE(segment_writer_finish(writer, &footer, &bytes, &diag) == ERR_OK);
	REQUIRE(segment_open(os_real(), folder.path, "large", false, &large, &diag) == ERR_OK);
	CHECK_EQ(segment_pages(large), 3);
	CHECK_EQ(segment_bytes(large), bytes);
	CHECK_EQ(segment_page_info(large, 2).first_index, 656);
	for (uint32_t i = 0; i < 2; i++) {
		CHECK(str_eq(segment_page_bytes(small, i), segment_page_bytes(large, i)));
	}
	CHECK_EQ(segment_seed(small, 655, seeds[0]), ERR_OK);
	CHECK_EQ(segment_seed(large, 655, seeds[1]), ERR_OK);
	CHECK(memcmp(seeds[0], seeds[1], SALT_SEED_SIZE) == 0);
	CHECK_EQ(segment_seed(large, 900, seeds[1]), ERR_OK);
	CHECK_EQ(seeds[1][0], 900 / SALT_BUNDLE);
	segment_free(small);
	segment_free(large);
	folder_remove(&folder, (const char *const[]){"small", "large"}, 2);
}

/* Every row of a segment that add_page filled, page by page, against its batch. */
static void check_rows(const struct segment *segment, bool containers) {
	for (uint32_t i = 0; i < segment_pages(segment); i++) {
		struct segment_page_info info = segment_page_info(segment, i);
		struct store_view *view;
		struct diag diag = {0};
		struct store_page *page;
		struct batch *batch = sample_batch(info.rows, info.first_index, containers);
		REQUIRE(page_encode(batch, sample_plan(batch, info.first_index), &page, &diag) == ERR_OK);
		REQUIRE(segment_view(segment, i, NULL, &view, &diag) == ERR_OK);
		CHECK_EQ(block_rows_check_page(page->block_rows, view, &diag), ERR_OK);
		store_view_free(view);
		page_free(page);
		batch_free(batch);
	}
}

/* Goes on with the segment `from` as `to`. */
static struct segment *go_on(const struct folder *folder, const struct segment *from,
                             const char *to, uint64_t first, uint64_t end, uint32_t rows) {
	struct segment_writer *writer;
	struct segment *segment = NULL;
	struct diag diag = {0};
	uint64_t bytes;
	struct segment_footer footer = sample_footer(first, end + rows - first);
	if (!CHECK_EQ(segment_writer_new(os_real(), folder->path, to, &writer, &diag), ERR_OK)) {
		return NULL;
	}
	CHECK_EQ(segment_writer_copy(writer, from, &diag), ERR_OK);
	CHECK(add_page(writer, end, rows, true));
	CHECK_EQ(segment_writer_finish(writer, &footer, &bytes, &diag), ERR_OK);
	CHECK_EQ(segment_open(os_real(), folder->path, to, false, &segment, &diag), ERR_OK);
	return segment;
}

static uint64_t weight_of(const struct segment *segment, uint32_t number) {
	const struct segment_block *block = &segment_table(segment)->blocks[number];
	return block_weight(block->bytes, block->rows);
}

static uint64_t weight_of_all(const struct segment *segment) {
	uint64_t weight = 0;
	for (uint32_t i = 0; i < segment_table(segment)->blocks_count; i++) {
		weight += weight_of(segment, i);
	}
	return weight;
}

/* Of `after`, which goes on behind `before`: each block weighs more than twice the next, and those
 * are the same that weigh more than twice what has come together behind them. */
static void check_joined(const struct segment *before, const struct segment *after) {
	uint64_t joined = weight_of_all(after) - weight_of_all(before);
	uint32_t kept = segment_table(before)->blocks_count;
	while (kept > 0 && weight_of(before, kept - 1) <= 2 * joined) {
		joined += weight_of(before, --kept);
	}
	CHECK_EQ(segment_table(after)->blocks_count, kept + 1);
	for (uint32_t i = 0; i < kept && i + 1 < segment_table(after)->blocks_count; i++) {
		CHECK(str_eq(segment_block_bytes(before, i), segment_block_bytes(after, i)));
		CHECK(weight_of(after, i) > 2 * weight_of(after, i + 1));
	}
}

TEST(bodies_beside_texts_come_back_from_any_page_of_a_block) {
	enum { PAGES = 5 };
	struct folder folder = folder_new();
	struct batch *batches[PAGES];
	struct segment_writer *writer;
	struct segment *segment;
	struct diag diag = {0};
	uint64_t bytes;
	uint64_t end = 0;
	REQUIRE(segment_writer_new(os_real(), folder.path, "a", &writer, &diag) == ERR_OK);
	for (uint32_t i = 0; i < PAGES; i++) {
		struct store_page *page;
		batches[i] = random_batch(40);
		REQUIRE(page_encode(batches[i], sample_plan(batches[i], end), &page, &diag) == ERR_OK);
		CHECK_EQ(segment_writer_add(writer, page, &diag), ERR_OK);
		end += batches[i]->count;
		page_free(page);
	}
	struct segment_footer footer = sample_footer(0, end);
	REQUIRE(segment_writer_finish(writer, &footer, &bytes, &diag) == ERR_OK);
	REQUIRE(segment_open(os_real(), folder.path, "a", false, &segment, &diag) == ERR_OK);
	CHECK(segment_table(segment)->pages[PAGES - 1].block_kept > 0);
	for (uint32_t i = 0; i < PAGES; i++) {
		struct store_view *view;
		REQUIRE(segment_view(segment, i, NULL, &view, &diag) == ERR_OK);
		for (uint32_t row = 0; row < batches[i]->count; row++) {
			struct view_body body;
			REQUIRE(store_view_body(view, row, &body) == ERR_OK);
			CHECK(str_eq(body.bytes, batch_body(batches[i], row)));
		}
		store_view_free(view);
		batch_free(batches[i]);
	}
	segment_free(segment);
	folder_remove(&folder, (const char *const[]){"a"}, 1);
}

TEST(small_blocks_are_joined_so_that_there_are_never_many) {
	struct folder folder = folder_new();
	struct segment *segment;
	struct diag diag = {0};
	uint64_t end = 300;
	uint32_t most = 0;
	REQUIRE(write_segment(&folder, "0", 0, 1, 300, true));
	REQUIRE(segment_open(os_real(), folder.path, "0", false, &segment, &diag) == ERR_OK);
	for (uint32_t i = 1; i < 40; i++) {
		uint32_t rows = 1 + i % 7;
		struct segment *next = go_on(&folder, segment, i % 2 == 0 ? "0" : "1", 0, end, rows);
		REQUIRE(next != NULL);
		CHECK(next != NULL && segment_pages(next) == i + 1);
		check_joined(segment, next);
		segment_free(segment);
		segment = next;
		end += rows;
		most = MAX_OF(most, segment_table(segment)->blocks_count);
	}
	CHECK(most >= 2 && most <= 6);
	CHECK_EQ(segment_footer(segment)->count, end);
	check_rows(segment, true);
	segment_free(segment);
	folder_remove(&folder, (const char *const[]){"0", "1"}, 2);
}

/* A page of one record of so many letters. The batch must outlive the writer. */
static struct batch *add_large(struct segment_writer *writer, uint64_t first, size_t len) {
	struct batch *batch = batch_new();
	struct batch_source source = {.name = STR_INIT("s"), .path = STR_INIT("p")};
	struct store_page *page;
	struct diag diag = {0};
	char *body = malloc(len);
	ASSERT(body != NULL);
	(void)batch_add_source(batch, &source);
	memset(body, 'a' + (int)(first % 26), len);
	sample_record(batch, 0, str_make(body, len));
	free(body);
	fields_begin(batch);
	(void)fields_begin_row(batch);
	fields_set_format(batch, STR("raw"));
	fields_set_time(batch, SAMPLE_TIME, 0);
	fields_end_row(batch);
	batch->parsed = true;
	enum err err = page_encode(batch, sample_plan(batch, first), &page, &diag);
	if (err == ERR_OK) {
		err = segment_writer_add(writer, page, &diag);
		page_free(page);
	}
	CHECK_EQ(err, ERR_OK);
	return batch;
}

/* Blocks of a segment of pages that bring it to 64 MiB and a bit more, and then one of so many
 * bytes. */
static uint32_t blocks_of(size_t last) {
	enum { PAGE = 3 << 20, PAGES = 22 };
	struct batch *batches[PAGES + 1];
	struct folder folder = folder_new();
	struct segment_writer *writer;
	struct segment *segment;
	struct diag diag = {0};
	uint64_t bytes;
	CHECK_EQ(segment_writer_new(os_real(), folder.path, "a", &writer, &diag), ERR_OK);
	for (uint64_t i = 0; i <= PAGES; i++) {
		batches[i] = add_large(writer, i, i < PAGES ? (size_t)PAGE : last);
	}
	struct segment_footer footer = sample_footer(0, PAGES + 1);
	CHECK_EQ(segment_writer_finish(writer, &footer, &bytes, &diag), ERR_OK);
	CHECK_EQ(segment_open(os_real(), folder.path, "a", false, &segment, &diag), ERR_OK);
	uint32_t blocks = segment_table(segment)->blocks_count;
	segment_free(segment);
	folder_remove(&folder, (const char *const[]){"a"}, 1);
	for (uint64_t i = 0; i <= PAGES; i++) {
		batch_free(batches[i]);
	}
	return blocks;
}

TEST(a_segment_that_is_cut_when_it_is_full_has_one_block) {
	CHECK_EQ(blocks_of(100), 1);     /* the record of the seal */
	CHECK_EQ(blocks_of(5 << 20), 2); /* a segment that goes on */
}

TEST(what_is_damaged_is_not_taken_over) {
	struct folder folder = folder_new();
	struct buf bytes = {0};
	REQUIRE(write_segment(&folder, "a", 0, 1, 100, true));
	read_whole(&folder, "a", &bytes);
	unsigned refused = 0;
	for (size_t at = SEGMENT_HEADER_SIZE; at + 300 < bytes.len; at += 97) {
		struct segment *segment;
		struct segment_writer *writer;
		struct diag diag = {0};
		uint64_t size;
		struct segment_footer footer = sample_footer(0, at % 2 == 0 ? 101 : 1100);
		bytes.ptr[at] ^= 4;
		if (segment_open_bytes(buf_str(&bytes), "a", &segment, &diag) == ERR_OK) {
			REQUIRE(segment_writer_new(os_real(), folder.path, "b", &writer, &diag) == ERR_OK);
			CHECK_EQ(segment_writer_copy(writer, segment, &diag), ERR_OK);
			CHECK(add_page(writer, 100, at % 2 == 0 ? 1 : 1000, false)); /* copied, or joined */
			CHECK_EQ(segment_writer_finish(writer, &footer, &size, &diag), ERR_CORRUPT);
			CHECK(diag.message[0] != '\0');
			refused++;
			segment_free(segment);
		}
		bytes.ptr[at] ^= 4;
	}
	CHECK(refused > 5);
	buf_deinit(&bytes);
	folder_remove(&folder, (const char *const[]){"a", "b"}, 2);
}

/* The real system, whose n-th call of write, sync or close fails. */
struct failing {
	struct os os;
	unsigned calls, fail_at;
};

static bool fails(struct failing *failing) {
	return failing->calls++ == failing->fail_at;
}

static enum err failing_open(void *ctx, const char *path, unsigned flags, int *out_fd) {
	(void)ctx;
	return os_real()->open(os_real()->ctx, path, flags, out_fd);
}

static enum err failing_pwrite(void *ctx, int fd, const void *bytes, size_t len, uint64_t offset) {
	return fails(ctx) ? ERR_NO_SPACE : os_real()->pwrite(os_real()->ctx, fd, bytes, len, offset);
}

static enum err failing_sync(void *ctx, int fd) {
	return fails(ctx) ? ERR_IO : os_real()->sync_data(os_real()->ctx, fd);
}

static enum err failing_close(void *ctx, int fd) {
	(void)ctx;
	return os_real()->close(os_real()->ctx, fd);
}

/* Writes two pages; the first error. */
static enum err write_two(const struct os *os, const struct folder *folder, struct diag *diag) {
	struct segment_writer *writer;
	uint64_t bytes;
	struct segment_footer footer = sample_footer(0, 20);
	TRY(segment_writer_new(os, folder->path, "a", &writer, diag));
	for (uint32_t i = 0; i < 2; i++) {
		struct batch *batch = sample_batch(10, i, false);
		struct store_page *page;
		enum err err = page_encode(batch, sample_plan(batch, 10 * (uint64_t)i), &page, diag);
		if (err == ERR_OK) {
			page_take_raw(page, batch);
			err = segment_writer_add(writer, page, diag);
			page_free(page);
		}
		batch_free(batch);
		if (err != ERR_OK) {
			segment_writer_abort(writer);
			return err;
		}
	}
	return segment_writer_finish(writer, &footer, &bytes, diag);
}

TEST(every_failing_write_and_sync_is_told) {
	struct folder folder = folder_new();
	for (unsigned n = 0; n < 7; n++) {
		struct failing failing = {.fail_at = n};
		struct diag diag = {0};
		failing.os = (struct os){.ctx = &failing,
		                         .open = failing_open,
		                         .pwrite = failing_pwrite,
		                         .sync_data = failing_sync,
		                         .close = failing_close};
		enum err err = write_two(&failing.os, &folder, &diag);
		/* header, two pages, block, footer; then the sync; then nothing is left to fail */
		CHECK_EQ(err, n < 5 ? ERR_NO_SPACE : n == 5 ? ERR_IO : ERR_OK);
		CHECK((diag.message[0] != '\0') == (err != ERR_OK));
	}
	folder_remove(&folder, (const char *const[]){"a"}, 1);
}

TEST(files_that_cannot_be_written_or_read_are_told) {
	struct segment_writer *writer;
	struct segment *segment;
	struct diag diag = {0};
	CHECK_EQ(segment_writer_new(os_real(), "/nonexistent", "a", &writer, &diag), ERR_NOT_FOUND);
	CHECK(diag.message[0] != '\0');
	CHECK_EQ(segment_open(os_real(), "/nonexistent", "a", false, &segment, &diag), ERR_NOT_FOUND);
}

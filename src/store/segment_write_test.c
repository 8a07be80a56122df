/* Writing: taking over pages, and what happens when the disk does not want. */
#include "tap.h"

#include "store/segment_sample.h"
#include "store/segment_table.h"

TEST(a_small_segment_is_taken_over_by_its_successor) {
	struct folder folder = folder_new();
	struct segment *small;
	struct segment *large;
	struct segment_writer *writer;
	struct diag diag = {0};
	uint64_t bytes;
	uint8_t seeds[2][SALT_SEED_SIZE];
	REQUIRE(write_segment(&folder, "small", 256, 2, 200, true));
	REQUIRE(segment_open(os_real(), folder.path, "small", &small, &diag) == ERR_OK);
	REQUIRE(segment_writer_new(os_real(), folder.path, "large", &writer, &diag) == ERR_OK);
	REQUIRE(segment_writer_copy(writer, small, &diag) == ERR_OK);
	REQUIRE(add_page(writer, 656, 300, false));
	struct segment_footer footer = sample_footer(256, 700);
	REQUIRE(segment_writer_finish(writer, &footer, &bytes, &diag) == ERR_OK);
	REQUIRE(segment_open(os_real(), folder.path, "large", &large, &diag) == ERR_OK);
	CHECK_EQ(segment_pages(large), 3);
	CHECK_EQ(segment_bytes(large), bytes);
	CHECK_EQ(segment_page_info(large, 2).first_index, 656);
	for (uint32_t i = 0; i < 2; i++) {
		CHECK(str_eq(segment_page_bytes(small, i), segment_page_bytes(large, i)));
	}
	segment_seed(small, 655, seeds[0]);
	segment_seed(large, 655, seeds[1]);
	CHECK(memcmp(seeds[0], seeds[1], SALT_SEED_SIZE) == 0);
	segment_seed(large, 900, seeds[1]);
	CHECK_EQ(seeds[1][0], 900 / SALT_BUNDLE);
	segment_free(small);
	segment_free(large);
	folder_remove(&folder, (const char *const[]){"small", "large"}, 2);
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
	for (unsigned n = 0; n < 6; n++) {
		struct failing failing = {.fail_at = n};
		struct diag diag = {0};
		failing.os = (struct os){.ctx = &failing,
		                         .open = failing_open,
		                         .pwrite = failing_pwrite,
		                         .sync_data = failing_sync,
		                         .close = failing_close};
		enum err err = write_two(&failing.os, &folder, &diag);
		/* header, two pages, footer; then the sync; then nothing is left to fail */
		CHECK_EQ(err, n < 4 ? ERR_NO_SPACE : n == 4 ? ERR_IO : ERR_OK);
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
	CHECK_EQ(segment_open(os_real(), "/nonexistent", "a", &segment, &diag), ERR_NOT_FOUND);
}

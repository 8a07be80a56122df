#include "ingest/file.h"

#include <unistd.h>

#include "ingest/memory_sink.h"
#include "ingest/test_folder.h"
#include "tap.h"

/* The real system with a disk that is broken from some byte on, or a file that another process
 * changes between two reads. */
struct faulty {
	struct os os;
	uint64_t broken_from;
	uint64_t reads, change_at; /* before this read (from 1), change is called */
	const char *path;
	void (*change)(const char *path);
};

static enum err faulty_pread(void *ctx, int fd, void *buffer, size_t len, uint64_t offset,
                             size_t *out_len) {
	struct faulty *faulty = ctx;
	if (++faulty->reads == faulty->change_at) {
		faulty->change(faulty->path);
	}
	return offset + len > faulty->broken_from && faulty->broken_from > 0
	           ? ERR_IO
	           : os_real()->pread(NULL, fd, buffer, len, offset, out_len);
}

static struct faulty faulty_new(void) {
	struct faulty faulty = {.os = *os_real()};
	faulty.os.pread = faulty_pread;
	return faulty;
}

static enum err take(struct memory_sink *sink, struct faulty *faulty, const char *path,
                     struct ingest_totals *totals) {
	struct ingest_options options = {.os = &faulty->os, .keep_objects = true};
	faulty->os.ctx = faulty;
	*totals = (struct ingest_totals){0};
	return ingest_path(&options, path, &sink->sink, totals);
}

static void numbered_lines(struct buf *text, int count) {
	for (int i = 0; i < count; i++) {
		buf_printf(text, "line number %d\n", i);
	}
}

TEST(a_bad_block_costs_only_what_is_in_it) {
	struct test_folder folder = test_folder_new();
	struct faulty faulty = faulty_new();
	struct memory_sink sink;
	struct ingest_totals totals;
	struct buf text = {0};
	char path[256];
	memory_sink_init(&sink);
	numbered_lines(&text, 50000);
	test_folder_write(&folder, "x", buf_str(&text));
	faulty.broken_from = 300 * 1024;
	CHECK(take(&sink, &faulty, test_folder_path(&folder, "x", path), &totals) == ERR_OK);
	CHECK_EQ(totals.files_failed, 1);
	CHECK_EQ(sink.problems_count, 1);
	REQUIRE(sink.count == 1);
	CHECK_EQ(sink.files[0]->bytes.len, 300 * 1024);
	CHECK(str_starts(buf_str(&text), buf_str(&sink.files[0]->bytes)));
	CHECK(sink.files[0]->ended);
	CHECK(!sink.broken);
	buf_deinit(&text);
	memory_sink_deinit(&sink);
	test_folder_remove(&folder);
}

static void shrink(const char *path) {
	CHECK(truncate(path, 1000) == 0);
}

static void grow(const char *path) {
	FILE *f = fopen(path, "ab");
	ASSERT(f != NULL);
	CHECK(fputs("appended\n", f) >= 0);
	CHECK(fclose(f) == 0);
}

TEST(a_file_that_shrinks_while_it_is_read_gives_what_was_still_there) {
	struct test_folder folder = test_folder_new();
	struct faulty faulty = faulty_new();
	struct memory_sink sink;
	struct ingest_totals totals;
	struct buf text = {0};
	char path[256];
	memory_sink_init(&sink);
	numbered_lines(&text, 5000);
	test_folder_write(&folder, "x", buf_str(&text));
	faulty.path = test_folder_path(&folder, "x", path);
	faulty.change = shrink;
	faulty.change_at = 4; /* a look, the first pass and its end, then the second */
	CHECK(take(&sink, &faulty, path, &totals) == ERR_OK);
	REQUIRE(sink.count == 1);
	CHECK(str_eq(buf_str(&sink.files[0]->bytes), str_make(text.ptr, 1000)));
	CHECK(sink.files[0]->ended);
	CHECK(!sink.broken);
	CHECK_EQ(totals.files_failed, 1);
	buf_deinit(&text);
	memory_sink_deinit(&sink);
	test_folder_remove(&folder);
}

TEST(what_is_appended_while_a_file_is_read_is_taken_the_next_time) {
	struct test_folder folder = test_folder_new();
	struct faulty faulty = faulty_new();
	struct memory_sink sink;
	struct ingest_totals totals;
	char path[256];
	memory_sink_init(&sink);
	sink.knows = true;
	test_folder_write(&folder, "x", STR("first\nhalf a"));
	faulty.path = test_folder_path(&folder, "x", path);
	faulty.change = grow;
	faulty.change_at = 5; /* as above; the look meets the end already */
	CHECK(take(&sink, &faulty, path, &totals) == ERR_OK);
	CHECK_STR(sink.files[0]->bytes, "first\nhalf a");
	CHECK(take(&sink, &faulty, path, &totals) == ERR_OK);
	CHECK_EQ(sink.count, 1);
	CHECK_STR(sink.files[0]->bytes, "first\nhalf aappended\n");
	CHECK_EQ(sink.files[0]->records, 3);
	CHECK(take(&sink, &faulty, path, &totals) == ERR_OK); /* and now it is known */
	CHECK_EQ(totals.files_known, 1);
	CHECK_EQ(sink.files[0]->records, 3);
	CHECK(!sink.broken);
	memory_sink_deinit(&sink);
	test_folder_remove(&folder);
}

TEST(another_file_under_a_known_name_is_read_from_its_start) {
	struct test_folder folder = test_folder_new();
	struct faulty faulty = faulty_new();
	struct memory_sink sink;
	struct ingest_totals totals;
	char path[256];
	memory_sink_init(&sink);
	sink.knows = true;
	test_folder_write(&folder, "x", STR("first\n"));
	CHECK(take(&sink, &faulty, test_folder_path(&folder, "x", path), &totals) == ERR_OK);
	test_folder_write(&folder, "x", STR("rotated, and longer than before\n"));
	CHECK(take(&sink, &faulty, path, &totals) == ERR_OK);
	test_folder_write(&folder, "x", STR("s\n"));
	CHECK(take(&sink, &faulty, path, &totals) == ERR_OK);
	REQUIRE(sink.count == 3);
	CHECK_STR(sink.files[1]->bytes, "rotated, and longer than before\n");
	CHECK_STR(sink.files[2]->bytes, "s\n");
	CHECK(!sink.broken);
	memory_sink_deinit(&sink);
	test_folder_remove(&folder);
}

TEST(a_stop_keeps_what_was_read_and_reading_goes_on_there) {
	struct test_folder folder = test_folder_new();
	struct faulty faulty = faulty_new();
	struct memory_sink sink;
	struct ingest_totals totals;
	struct buf text = {0};
	char path[256];
	memory_sink_init(&sink);
	sink.knows = true;
	numbered_lines(&text, 100000);
	test_folder_write(&folder, "x", buf_str(&text));
	sink.stop_after = 10;
	CHECK(take(&sink, &faulty, test_folder_path(&folder, "x", path), &totals) == ERR_CANCELED);
	CHECK(sink.records > 0);
	CHECK(sink.records < 100000);
	CHECK(!sink.files[0]->ended);
	sink.stop_after = 0;
	CHECK(take(&sink, &faulty, path, &totals) == ERR_OK);
	CHECK_EQ(sink.count, 1);
	CHECK_EQ(sink.records, 100000);
	CHECK(str_eq(buf_str(&sink.files[0]->bytes), buf_str(&text)));
	CHECK(sink.files[0]->ended);
	CHECK(!sink.broken);
	buf_deinit(&text);
	memory_sink_deinit(&sink);
	test_folder_remove(&folder);
}

TEST(a_sink_that_fails_ends_the_reading) {
	struct test_folder folder = test_folder_new();
	struct faulty faulty = faulty_new();
	struct memory_sink sink;
	struct ingest_totals totals;
	struct buf text = {0};
	memory_sink_init(&sink);
	numbered_lines(&text, 100000);
	test_folder_write(&folder, "x", buf_str(&text));
	test_folder_write(&folder, "y", STR("never read\n"));
	sink.fail_put_at = 2;
	CHECK(take(&sink, &faulty, folder.path, &totals) == ERR_NO_SPACE);
	CHECK_EQ(sink.batches, 2);
	CHECK(memory_sink_file(&sink, "y") == NULL);
	buf_deinit(&text);
	memory_sink_deinit(&sink);
	test_folder_remove(&folder);
}

static void numbered_array(struct buf *text, int count) {
	for (int i = 0; i < count; i++) {
		buf_printf(text, "%s{\"number\":%d}", i == 0 ? "[" : ",\n", i);
	}
	buf_append_char(text, ']');
}

/* Takes an array of 100,000 bytes and more; what is kept is a beginning of it, and that is said. */
static void take_part_of_array(struct faulty *faulty, size_t kept) {
	struct test_folder folder = test_folder_new();
	struct memory_sink sink;
	struct ingest_totals totals;
	struct buf text = {0};
	char path[256];
	memory_sink_init(&sink);
	numbered_array(&text, 10000);
	test_folder_write(&folder, "x.json", buf_str(&text));
	faulty->path = test_folder_path(&folder, "x.json", path);
	CHECK(take(&sink, faulty, path, &totals) == ERR_OK);
	CHECK_EQ(totals.files_failed, 1);
	CHECK(sink.problems_count >= 1);
	CHECK_EQ(sink.count, 1);
	if (sink.count == 1) {
		CHECK(sink.files[0]->is_object);
		CHECK_EQ(sink.files[0]->bytes.len, kept);
		CHECK(str_starts(buf_str(&text), buf_str(&sink.files[0]->bytes)));
		CHECK(sink.files[0]->records > 1000);
	}
	CHECK(!sink.broken);
	buf_deinit(&text);
	memory_sink_deinit(&sink);
	test_folder_remove(&folder);
}

TEST(a_bad_block_in_a_container_leaves_what_is_before_it) {
	struct faulty faulty = faulty_new();
	faulty.broken_from = 65536;
	take_part_of_array(&faulty, 65536);
}

static void halve(const char *path) {
	CHECK(truncate(path, 70000) == 0);
}

TEST(a_container_that_shrinks_while_it_is_read_is_told_and_its_beginning_kept) {
	struct faulty faulty = faulty_new();
	faulty.change = halve;
	faulty.change_at = 3; /* a look, then the whole */
	take_part_of_array(&faulty, 70000);
}

static enum err no_fstat(void *ctx, int fd, struct os_stat *out) {
	(void)ctx;
	(void)fd;
	(void)out;
	return ERR_IO;
}

TEST(a_file_that_cannot_be_looked_at_is_told_and_nothing_of_it_taken) {
	struct test_folder folder = test_folder_new();
	struct faulty faulty = faulty_new();
	struct memory_sink sink;
	struct ingest_totals totals;
	char path[256];
	memory_sink_init(&sink);
	test_folder_write(&folder, "x", STR("line\n"));
	faulty.os.fstat = no_fstat;
	CHECK(take(&sink, &faulty, test_folder_path(&folder, "x", path), &totals) == ERR_OK);
	CHECK_EQ(totals.files_failed, 1);
	CHECK_EQ(sink.problems_count, 1);
	CHECK_EQ(sink.count, 0);
	memory_sink_deinit(&sink);
	test_folder_remove(&folder);
}

#include "ingest/ingest.h"

#include "ingest/memory_sink.h"
#include "ingest/test_folder.h"
#include "tap.h"

static struct ingest_options plain_options(void) {
	return (struct ingest_options){.os = os_real(), .keep_objects = true};
}

static enum err take(struct memory_sink *sink, const char *path, struct ingest_totals *totals) {
	struct ingest_options options = plain_options();
	*totals = (struct ingest_totals){0};
	return ingest_path(&options, path, &sink->sink, totals);
}

TEST(a_folder_is_read_in_the_order_of_names_and_all_bytes_come_back) {
	struct test_folder folder = test_folder_new();
	struct memory_sink sink;
	struct ingest_totals totals;
	memory_sink_init(&sink);
	test_folder_write(&folder, "b/two.log", STR("2\r\n\n\n"));
	test_folder_write(&folder, "a.log", STR("first\nsecond"));
	test_folder_write(&folder, "c.log", STR(""));
	CHECK(take(&sink, folder.path, &totals) == ERR_OK);
	CHECK_EQ(totals.files, 3);
	CHECK_EQ(totals.files_failed, 0);
	CHECK_EQ(sink.batches, 1);
	CHECK_EQ(sink.records, 5);
	REQUIRE(sink.count == 3);
	CHECK_STR(sink.files[0]->bytes, "first\nsecond");
	CHECK(sink.files[0]->no_final_lf);
	CHECK_STR(sink.files[1]->bytes, "2\r\n\n\n");
	CHECK_STR(sink.files[2]->bytes, "");
	CHECK(sink.files[2]->ended);
	CHECK(!sink.broken);
	CHECK_STR(sink.problems, "");
	memory_sink_deinit(&sink);
	test_folder_remove(&folder);
}

TEST(a_file_of_nasty_lines_comes_back_to_the_byte_over_many_batches) {
	struct test_folder folder = test_folder_new();
	struct memory_sink sink;
	struct ingest_totals totals;
	struct buf bytes = {0};
	memory_sink_init(&sink);
	for (size_t i = 0; i < 30000; i++) {
		size_t len = (size_t)(tap_random() % 80);
		for (size_t j = 0; j < len; j++) {
			buf_append_char(&bytes, (char)tap_random());
		}
		buf_append_str(&bytes, tap_random() % 3 == 0 ? STR("\r\n") : STR("\n"));
	}
	size_t before = bytes.len;
	size_t len = 3 * LIMIT_LINE_SIZE;
	memset(buf_reserve(&bytes, len), 'x', len);
	bytes.len = before + len;
	buf_append_str(&bytes, STR("\nlast without its end"));
	test_folder_write(&folder, "nasty", buf_str(&bytes));
	CHECK(take(&sink, folder.path, &totals) == ERR_OK);
	REQUIRE(sink.count == 1);
	CHECK(str_eq(buf_str(&sink.files[0]->bytes), buf_str(&bytes)));
	CHECK(sink.files[0]->ended);
	CHECK(sink.batches > 5);
	CHECK(!sink.broken);
	CHECK_STR(sink.problems, "");
	buf_deinit(&bytes);
	memory_sink_deinit(&sink);
	test_folder_remove(&folder);
}

/* "hello\nworld\n", compressed with gzip -n. */
static const char hello_gz[] =
    "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xcb\x48\xcd\xc9\xc9\xe7\x2a"
    "\xcf\x2f\xca\x49\xe1\x02\x00\xff\x5d\xc5\xc4\x0c\x00\x00\x00";

TEST(a_gzip_file_is_kept_as_an_object_and_its_lines_are_records) {
	struct test_folder folder = test_folder_new();
	struct memory_sink sink;
	struct ingest_totals totals;
	struct str gz = str_make(hello_gz, sizeof(hello_gz) - 1);
	memory_sink_init(&sink);
	test_folder_write(&folder, "x.log.gz", gz);
	CHECK(take(&sink, folder.path, &totals) == ERR_OK);
	CHECK_STR(sink.problems, "");
	REQUIRE(sink.count == 2);
	CHECK(sink.files[0]->is_object);
	CHECK(sink.files[0]->ended);
	CHECK(str_eq(buf_str(&sink.files[0]->bytes), gz));
	CHECK_STR(sink.files[1]->bytes, "hello\nworld\n");
	CHECK(str_ends(sink.files[1]->path, STR("/x.log.gz!/x.log")));
	CHECK(!sink.broken);
	memory_sink_deinit(&sink);
	test_folder_remove(&folder);
}

TEST(the_own_folder_is_not_read_wherever_it_lies) {
	struct test_folder folder = test_folder_new();
	struct memory_sink sink;
	struct ingest_totals totals = {0};
	struct ingest_options options = plain_options();
	struct os_stat own;
	char path[256];
	test_folder_write(&folder, "a.log", STR("first\n"));
	test_folder_write(&folder, "b/store/key", STR("secret\n"));
	(void)test_folder_path(&folder, "b/store", path);
	REQUIRE(options.os->stat(options.os->ctx, path, true, &own) == ERR_OK);
	options.own_folder = &own;
	memory_sink_init(&sink);
	CHECK(ingest_path(&options, folder.path, &sink.sink, &totals) == ERR_OK);
	CHECK_EQ(sink.records, 1);
	CHECK_STR(sink.problems, "");
	CHECK(ingest_path(&options, path, &sink.sink, &totals) == ERR_OK);
	CHECK_EQ(sink.records, 1);
	CHECK(str_find(buf_str(&sink.problems), STR("is the store itself"), 0) < sink.problems.len);
	memory_sink_deinit(&sink);
	test_folder_remove(&folder);
}

TEST(the_same_bytes_under_two_names_are_taken_once_also_within_one_batch) {
	struct test_folder folder = test_folder_new();
	struct memory_sink sink;
	struct ingest_totals totals;
	memory_sink_init(&sink);
	sink.knows = true;
	test_folder_write(&folder, "a.log", STR("same\n"));
	test_folder_write(&folder, "b.log", STR("other\n"));
	test_folder_write(&folder, "copy.log", STR("same\n"));
	CHECK(take(&sink, folder.path, &totals) == ERR_OK);
	CHECK_EQ(sink.count, 2);
	CHECK_EQ(totals.files_known, 1);
	CHECK_EQ(sink.records, 2);
	CHECK(!sink.broken);
	memory_sink_deinit(&sink);
	test_folder_remove(&folder);
}

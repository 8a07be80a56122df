#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "ingest/ingest.h"
#include "ingest/memory_sink.h"
#include "ingest/test_folder.h"
#include "tap.h"

static enum err take(struct memory_sink *sink, const char *path, struct ingest_totals *totals) {
	struct ingest_options options = {.os = os_real(), .keep_objects = true};
	*totals = (struct ingest_totals){0};
	return ingest_path(&options, path, &sink->sink, totals);
}

TEST(loops_of_links_and_other_names_of_a_file_end) {
	struct test_folder folder = test_folder_new();
	struct memory_sink sink;
	struct ingest_totals totals;
	char path[256];
	char to[256];
	memory_sink_init(&sink);
	test_folder_write(&folder, "a/real.log", STR("one\n"));
	CHECK(symlink("..", test_folder_path(&folder, "a/up", path)) == 0);
	CHECK(symlink("self", test_folder_path(&folder, "self", path)) == 0);
	CHECK(symlink("a/real.log", test_folder_path(&folder, "other-name", path)) == 0);
	CHECK(link(test_folder_path(&folder, "a/real.log", path),
	           test_folder_path(&folder, "hard", to)) == 0);
	CHECK(take(&sink, folder.path, &totals) == ERR_OK);
	CHECK_EQ(sink.count, 1);
	CHECK_EQ(sink.records, 1);
	CHECK_EQ(sink.problems_count, 1); /* the link to itself */
	CHECK(!sink.broken);
	memory_sink_deinit(&sink);
	test_folder_remove(&folder);
}

TEST(a_link_to_a_folder_is_followed_only_when_it_was_named) {
	struct test_folder folder = test_folder_new();
	struct memory_sink sink;
	struct ingest_totals totals;
	char path[256];
	memory_sink_init(&sink);
	test_folder_write(&folder, "real/x.log", STR("one\n"));
	test_folder_write(&folder, "top/y.log", STR("two\n"));
	CHECK(symlink("../real", test_folder_path(&folder, "top/link", path)) == 0);
	CHECK(take(&sink, test_folder_path(&folder, "top", path), &totals) == ERR_OK);
	CHECK_EQ(sink.records, 1);
	CHECK(take(&sink, test_folder_path(&folder, "top/link", path), &totals) == ERR_OK);
	CHECK_EQ(sink.records, 2);
	memory_sink_deinit(&sink);
	test_folder_remove(&folder);
}

TEST(pipes_and_sockets_in_a_folder_are_passed_over_and_nothing_hangs) {
	struct test_folder folder = test_folder_new();
	struct memory_sink sink;
	struct ingest_totals totals;
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	char path[256];
	memory_sink_init(&sink);
	test_folder_write(&folder, "z.log", STR("one\n"));
	CHECK(mkfifo(test_folder_path(&folder, "fifo", path), 0600) == 0);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s/socket", folder.path);
	CHECK(bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0);
	CHECK(take(&sink, folder.path, &totals) == ERR_OK);
	CHECK_EQ(sink.records, 1);
	CHECK_STR(sink.problems, "");
	/* Named itself, a FIFO without a writer is an empty stream, a socket a problem. */
	CHECK(take(&sink, path, &totals) == ERR_OK);
	CHECK_EQ(sink.count, 2);
	CHECK(take(&sink, address.sun_path, &totals) == ERR_OK);
	CHECK_EQ(totals.files_failed, 1);
	CHECK_EQ(sink.problems_count, 1);
	(void)close(fd);
	memory_sink_deinit(&sink);
	test_folder_remove(&folder);
}

TEST(what_cannot_be_read_is_reported_and_the_rest_is_read) {
	struct test_folder folder = test_folder_new();
	struct memory_sink sink;
	struct ingest_totals totals;
	char path[256];
	memory_sink_init(&sink);
	test_folder_write(&folder, "a.log", STR("a\n"));
	test_folder_write(&folder, "b.log", STR("b\n"));
	test_folder_write(&folder, "c/c.log", STR("c\n"));
	CHECK(symlink("/nowhere/at/all", test_folder_path(&folder, "dangling", path)) == 0);
	CHECK(chmod(test_folder_path(&folder, "a.log", path), 0) == 0);
	CHECK(take(&sink, folder.path, &totals) == ERR_OK);
	bool root = geteuid() == 0;
	CHECK_EQ(sink.records, root ? 3 : 2);
	CHECK_EQ(totals.files_failed, root ? 1 : 2);
	CHECK(take(&sink, "/nowhere/at/all", &totals) == ERR_OK);
	CHECK_EQ(totals.files_failed, 1);
	memory_sink_deinit(&sink);
	test_folder_remove(&folder);
}

TEST(folders_nested_too_deeply_are_reported) {
	struct test_folder folder = test_folder_new();
	struct memory_sink sink;
	struct ingest_totals totals;
	struct buf name = {0};
	memory_sink_init(&sink);
	for (uint32_t i = 0; i < LIMIT_FOLDER_DEPTH + 2; i++) {
		buf_append_str(&name, STR("d/"));
	}
	buf_append(&name, "x", 2);
	test_folder_write(&folder, name.ptr, STR("deep\n"));
	CHECK(take(&sink, folder.path, &totals) == ERR_OK);
	CHECK_EQ(sink.records, 0);
	CHECK_EQ(sink.problems_count, 1);
	buf_deinit(&name);
	memory_sink_deinit(&sink);
	test_folder_remove(&folder);
}

#include "os/os.h"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "tap.h"

/* A fresh folder under TMPDIR; left to the system's cleaning when a test fails. */
static const char *fresh_folder(char path[64]) {
	(void)snprintf(path, 64, "/tmp/akashi-os-XXXXXX");
	return mkdtemp(path);
}

TEST(a_replaced_file_holds_the_new_bytes_and_leaves_no_temporary) {
	char folder[64];
	char path[128];
	struct buf bytes = {0};
	const struct os *os = os_real();
	REQUIRE(fresh_folder(folder) != NULL);
	(void)snprintf(path, sizeof(path), "%s/name", folder);
	CHECK(os_replace_file(os, folder, "name", STR("one")) == ERR_OK);
	CHECK(os_replace_file(os, folder, "name", STR("second")) == ERR_OK);
	CHECK(os_read_file(os, path, 100, &bytes) == ERR_OK);
	CHECK_STR(bytes, "second");
	CHECK(os_read_file(os, path, 5, &bytes) == ERR_LIMIT);
	CHECK_STR(bytes, "second");
	buf_deinit(&bytes);
	CHECK(os->unlink(os->ctx, path) == ERR_OK);
	CHECK(rmdir(folder) == 0); /* empty again: no .tmp stayed */
}

TEST(folders_are_made_with_all_their_parents) {
	char folder[64];
	char path[128];
	struct os_stat st;
	const struct os *os = os_real();
	REQUIRE(fresh_folder(folder) != NULL);
	(void)snprintf(path, sizeof(path), "%s/a/b/c/", folder);
	CHECK(os_make_folders(os, path) == ERR_OK);
	CHECK(os_make_folders(os, path) == ERR_OK);
	CHECK(os->stat(os->ctx, path, true, &st) == ERR_OK);
	CHECK(st.kind == OS_FILE_FOLDER);
	for (const char *const *tail = (const char *const[]){"/a/b/c", "/a/b", "/a", "", NULL};
	     *tail != NULL; tail++) {
		(void)snprintf(path, sizeof(path), "%s%s", folder, *tail);
		CHECK(rmdir(path) == 0);
	}
}

TEST(a_second_lock_on_a_file_is_refused_at_once) {
	char folder[64];
	char path[128];
	int first;
	int second;
	const struct os *os = os_real();
	REQUIRE(fresh_folder(folder) != NULL);
	(void)snprintf(path, sizeof(path), "%s/lock", folder);
	REQUIRE(os->open(os->ctx, path, OS_WRITE | OS_CREATE, &first) == ERR_OK);
	REQUIRE(os->open(os->ctx, path, OS_WRITE, &second) == ERR_OK);
	CHECK(os->lock(os->ctx, first) == ERR_OK);
	CHECK(os->lock(os->ctx, second) == ERR_LOCKED);
	CHECK(os->close(os->ctx, first) == ERR_OK);
	CHECK(os->lock(os->ctx, second) == ERR_OK);
	CHECK(os->close(os->ctx, second) == ERR_OK);
	CHECK(os->unlink(os->ctx, path) == ERR_OK);
	CHECK(rmdir(folder) == 0);
}

TEST(reads_and_writes_at_offsets_and_maps_agree) {
	char folder[64];
	char path[128];
	char back[16];
	size_t got;
	int fd;
	const char *view;
	const struct os *os = os_real();
	REQUIRE(fresh_folder(folder) != NULL);
	(void)snprintf(path, sizeof(path), "%s/data", folder);
	REQUIRE(os->open(os->ctx, path, OS_READ | OS_WRITE | OS_CREATE, &fd) == ERR_OK);
	CHECK(os->pwrite(os->ctx, fd, "hello", 5, 3) == ERR_OK);
	CHECK(os->sync_data(os->ctx, fd) == ERR_OK);
	CHECK(os->pread(os->ctx, fd, back, sizeof(back), 1, &got) == ERR_OK);
	CHECK_EQ(got, 7);
	CHECK(memcmp(back, "\0\0hello", 7) == 0);
	REQUIRE(os->map(os->ctx, fd, 8, &view) == ERR_OK);
	CHECK(memcmp(view, "\0\0\0hello", 8) == 0);
	os->forget(os->ctx, view, 8);
	CHECK(memcmp(view, "\0\0\0hello", 8) == 0);
	os->unmap(os->ctx, view, 8);
	CHECK(os->truncate(os->ctx, fd, 4) == ERR_OK);
	CHECK(os->pread(os->ctx, fd, back, sizeof(back), 0, &got) == ERR_OK);
	CHECK_EQ(got, 4);
	CHECK(os->close(os->ctx, fd) == ERR_OK);
	CHECK(os->open(os->ctx, path, OS_WRITE | OS_CREATE | OS_EXCLUSIVE, &fd) == ERR_EXISTS);
	CHECK(os->unlink(os->ctx, path) == ERR_OK);
	CHECK(os->open(os->ctx, path, OS_READ, &fd) == ERR_NOT_FOUND);
	CHECK(rmdir(folder) == 0);
}

TEST(a_stream_gives_what_is_there_without_waiting_for_more) {
	int ends[2];
	char bytes[16];
	size_t got;
	bool ready = true;
	const struct os *os = os_real();
	REQUIRE(pipe(ends) == 0);
	CHECK(os->wait_read(os->ctx, ends[0], 1, &ready) == ERR_OK);
	CHECK(!ready);
	CHECK(write(ends[1], "abc", 3) == 3);
	CHECK(os->wait_read(os->ctx, ends[0], 1000, &ready) == ERR_OK);
	CHECK(ready);
	REQUIRE(os->read_some(os->ctx, ends[0], bytes, sizeof(bytes), &got) == ERR_OK);
	CHECK_EQ(got, 3);
	(void)close(ends[1]);
	REQUIRE(os->read_some(os->ctx, ends[0], bytes, sizeof(bytes), &got) == ERR_OK);
	CHECK_EQ(got, 0);
	(void)close(ends[0]);
}

TEST(a_sleep_is_at_least_as_long_as_asked) {
	const struct os *os = os_real();
	int64_t before = os->monotonic_ns(os->ctx);
	os->sleep(os->ctx, 2000000);
	os->sleep(os->ctx, -1);
	CHECK(os->monotonic_ns(os->ctx) - before >= 2000000);
}

/* In a process of its own: there is no way back. */
TEST(a_hidden_process_leaves_no_core) {
	pid_t child = fork();
	REQUIRE(child >= 0);
	if (child == 0) {
		struct rlimit limit;
		os_real()->hide(os_real()->ctx);
		bool hidden = prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0 &&
		              getrlimit(RLIMIT_CORE, &limit) == 0 && limit.rlim_cur == 0 &&
		              limit.rlim_max == 0;
		_exit(hidden ? 0 : 1);
	}
	int status;
	REQUIRE(waitpid(child, &status, 0) == child);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	CHECK_EQ(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0), 1);
}

/* The file system in memory behaves like one, as long as nobody cuts the power. */
#include "os/os_memory.h"

#include "tap.h"

static int open_file(const struct os *os, const char *path, unsigned flags) {
	int fd = -1;
	CHECK_EQ(os->open(os->ctx, path, flags, &fd), ERR_OK);
	return fd;
}

static void check_file(const struct os *os, const char *path, const char *expected) {
	struct buf bytes CLEANUP(buf_deinit) = {0};
	CHECK_EQ(os_read_file(os, path, 1 << 20, &bytes), ERR_OK);
	CHECK_STR(buf_str(&bytes), expected);
}

TEST(files_are_written_read_and_cut) {
	struct os_memory *memory CLEANUP(os_memory_freep) = os_memory_new(1);
	const struct os *os = os_memory_os(memory);
	char bytes[8];
	size_t len;
	struct os_stat st;
	int fd = open_file(os, "/a", OS_READ | OS_WRITE | OS_CREATE | OS_EXCLUSIVE);
	CHECK_EQ(os->pwrite(os->ctx, fd, "hello", 5, 0), ERR_OK);
	CHECK_EQ(os->pwrite(os->ctx, fd, "!", 1, 7), ERR_OK);
	CHECK_EQ(os->pread(os->ctx, fd, bytes, 8, 0, &len), ERR_OK);
	CHECK(len == 8 && memcmp(bytes, "hello\0\0!", 8) == 0);
	CHECK_EQ(os->pread(os->ctx, fd, bytes, 8, 6, &len), ERR_OK);
	CHECK_EQ(len, 2);
	CHECK_EQ(os->pread(os->ctx, fd, bytes, 8, 100, &len), ERR_OK);
	CHECK_EQ(len, 0);
	CHECK_EQ(os->truncate(os->ctx, fd, 4), ERR_OK);
	CHECK_EQ(os->truncate(os->ctx, fd, 6), ERR_OK);
	CHECK_EQ(os->fstat(os->ctx, fd, &st), ERR_OK);
	CHECK(st.size == 6 && st.kind == OS_FILE_REGULAR && st.mode == 0600);
	CHECK_EQ(os->read(os->ctx, fd, bytes, 3, &len), ERR_OK);
	CHECK(len == 3 && memcmp(bytes, "hel", 3) == 0);
	CHECK_EQ(os->read(os->ctx, fd, bytes, 8, &len), ERR_OK);
	CHECK(len == 3 && memcmp(bytes, "l\0\0", 3) == 0);
	CHECK_EQ(os->close(os->ctx, fd), ERR_OK);
	CHECK_EQ(os_memory_open_count(memory), 0);
}

TEST(open_flags_mean_what_they_mean) {
	struct os_memory *memory CLEANUP(os_memory_freep) = os_memory_new(1);
	const struct os *os = os_memory_os(memory);
	int fd;
	CHECK_EQ(os->open(os->ctx, "x", OS_READ, &fd), ERR_NOT_FOUND);
	CHECK_EQ(os->open(os->ctx, "no/x", OS_WRITE | OS_CREATE, &fd), ERR_NOT_FOUND);
	fd = open_file(os, "x", OS_WRITE | OS_CREATE);
	CHECK_EQ(os->pwrite(os->ctx, fd, "abc", 3, 0), ERR_OK);
	CHECK_EQ(os->open(os->ctx, "x", OS_WRITE | OS_CREATE | OS_EXCLUSIVE, &fd), ERR_EXISTS);
	check_file(os, "./x", "abc");
	CHECK_EQ(os->close(os->ctx, fd), ERR_OK);
	fd = open_file(os, "x", OS_WRITE | OS_TRUNCATE);
	check_file(os, "/x", "");
	CHECK_EQ(os->close(os->ctx, fd), ERR_OK);
	CHECK_EQ(os->open(os->ctx, "/", OS_WRITE, &fd), ERR_IO);
}

static enum err collect(void *ctx, struct str name, enum os_file_kind kind) {
	struct buf *out = ctx;
	buf_append_str(out, name);
	buf_append_char(out, kind == OS_FILE_FOLDER ? '/' : ' ');
	return ERR_OK;
}

TEST(folders_hold_names_that_are_renamed_and_removed) {
	struct os_memory *memory CLEANUP(os_memory_freep) = os_memory_new(1);
	struct buf names CLEANUP(buf_deinit) = {0};
	const struct os *os = os_memory_os(memory);
	CHECK_EQ(os_make_folders(os, "/s/t"), ERR_OK);
	CHECK_EQ(os->make_folder(os->ctx, "/s"), ERR_EXISTS);
	CHECK_EQ(os_replace_file(os, "/s", "one", STR("1")), ERR_OK);
	CHECK_EQ(os_replace_file(os, "/s", "two", STR("2")), ERR_OK);
	CHECK_EQ(os->rename(os->ctx, "/s/one", "/s/t/three"), ERR_OK);
	CHECK_EQ(os->rename(os->ctx, "/s/one", "/s/t/three"), ERR_NOT_FOUND);
	CHECK_EQ(os->rename(os->ctx, "/s/two", "/s/t"), ERR_EXISTS);
	CHECK_EQ(os->list(os->ctx, "/s", collect, &names), ERR_OK);
	CHECK_EQ(os->list(os->ctx, "/s/t", collect, &names), ERR_OK);
	CHECK_STR(buf_str(&names), "t/two three ");
	CHECK_EQ(os->unlink(os->ctx, "/s/two"), ERR_OK);
	CHECK_EQ(os->unlink(os->ctx, "/s/two"), ERR_NOT_FOUND);
	CHECK_EQ(os->unlink(os->ctx, "/s/t"), ERR_IO);
	CHECK_EQ(os->list(os->ctx, "/s/t/three", collect, &names), ERR_NOT_FOUND);
	check_file(os, "s/t/three", "1");
}

TEST(an_unlinked_file_lives_on_in_its_descriptor) {
	struct os_memory *memory CLEANUP(os_memory_freep) = os_memory_new(1);
	const struct os *os = os_memory_os(memory);
	char byte;
	size_t len;
	int fd = open_file(os, "x", OS_READ | OS_WRITE | OS_CREATE);
	CHECK_EQ(os->unlink(os->ctx, "x"), ERR_OK);
	CHECK_EQ(os->pwrite(os->ctx, fd, "a", 1, 0), ERR_OK);
	CHECK_EQ(os->pread(os->ctx, fd, &byte, 1, 0, &len), ERR_OK);
	CHECK(len == 1 && byte == 'a');
	CHECK_EQ(os->close(os->ctx, fd), ERR_OK);
}

TEST(a_lock_is_held_until_its_descriptor_is_closed) {
	struct os_memory *memory CLEANUP(os_memory_freep) = os_memory_new(1);
	const struct os *os = os_memory_os(memory);
	int a = open_file(os, "lock", OS_WRITE | OS_CREATE);
	int b = open_file(os, "lock", OS_WRITE);
	CHECK_EQ(os->lock(os->ctx, a), ERR_OK);
	CHECK_EQ(os->lock(os->ctx, a), ERR_OK);
	CHECK_EQ(os->lock(os->ctx, b), ERR_LOCKED);
	CHECK_EQ(os->close(os->ctx, a), ERR_OK);
	CHECK_EQ(os->lock(os->ctx, b), ERR_OK);
	CHECK_EQ(os->close(os->ctx, b), ERR_OK);
}

TEST(a_map_shows_the_bytes_of_its_moment) {
	struct os_memory *memory CLEANUP(os_memory_freep) = os_memory_new(1);
	const struct os *os = os_memory_os(memory);
	const char *bytes;
	int fd = open_file(os, "x", OS_READ | OS_WRITE | OS_CREATE);
	CHECK_EQ(os->pwrite(os->ctx, fd, "abcd", 4, 0), ERR_OK);
	REQUIRE(os->map(os->ctx, fd, 3, &bytes) == ERR_OK);
	CHECK(memcmp(bytes, "abc", 3) == 0);
	CHECK_EQ(os_memory_open_count(memory), 2);
	os->unmap(os->ctx, bytes, 3);
	CHECK_EQ(os->close(os->ctx, fd), ERR_OK);
	CHECK_EQ(os_memory_open_count(memory), 0);
}

TEST(clock_and_randomness_come_from_the_seed) {
	struct os_memory *a CLEANUP(os_memory_freep) = os_memory_new(5);
	struct os_memory *b CLEANUP(os_memory_freep) = os_memory_new(5);
	struct os_memory *c CLEANUP(os_memory_freep) = os_memory_new(6);
	struct os_memory *all[] = {a, b, c};
	char bytes[3][16];
	int64_t first = os_memory_os(a)->wall_ns(a);
	CHECK(os_memory_os(a)->wall_ns(a) > first);
	CHECK(os_memory_os(b)->wall_ns(b) == first);
	for (size_t i = 0; i < 3; i++) {
		const struct os *os = os_memory_os(all[i]);
		CHECK_EQ(os->random(os->ctx, bytes[i], 16), ERR_OK);
	}
	CHECK(memcmp(bytes[0], bytes[1], 16) == 0);
	CHECK(memcmp(bytes[0], bytes[2], 16) != 0);
}

static void add_path(void *ctx, const char *path) {
	struct buf *out = ctx;
	buf_printf(out, "%s ", path);
}

TEST(a_test_can_list_all_files_and_change_one_behind_everybody) {
	struct os_memory *memory CLEANUP(os_memory_freep) = os_memory_new(1);
	struct buf paths CLEANUP(buf_deinit) = {0};
	const struct os *os = os_memory_os(memory);
	CHECK_EQ(os_make_folders(os, "/s/t"), ERR_OK);
	CHECK_EQ(os_replace_file(os, "/s/t", "x", STR("1")), ERR_OK);
	CHECK_EQ(os_replace_file(os, "/s", "y", STR("2")), ERR_OK);
	os_memory_each_file(memory, add_path, &paths);
	CHECK_STR(buf_str(&paths), "/s/t/x /s/y ");
	CHECK_EQ(os_memory_set(memory, "/s/y", STR("other")), ERR_OK);
	check_file(os, "/s/y", "other");
	CHECK_EQ(os_memory_set(memory, "/s/z", STR("other")), ERR_NOT_FOUND);
}

/* What survives a power cut: exactly what was synced, and anything of the rest. */
#include "os/os_memory.h"
#include "tap.h"

static int open_file(const struct os *os, const char *path, unsigned flags) {
	int fd = -1;
	CHECK_EQ(os->open(os->ctx, path, flags, &fd), ERR_OK);
	return fd;
}

/* The file's bytes after a cut; "(none)" where there is no such file. */
static struct str after_cut(const struct os_memory *memory, enum os_crash mode, uint64_t seed,
                            const char *path, struct buf *out) {
	struct os_memory *after CLEANUP(os_memory_freep) = os_memory_crash(memory, mode, seed);
	buf_clear(out);
	CHECK_EQ(os_memory_pending(after), mode == OS_CRASH_KEEP ? os_memory_pending(memory) : 0);
	if (os_read_file(os_memory_os(after), path, 1 << 20, out) != ERR_OK) {
		buf_append_str(out, STR("(none)"));
	}
	return str_make(out->ptr == NULL ? "" : out->ptr, out->len);
}

TEST(a_synced_file_in_an_unsynced_folder_is_lost) {
	struct os_memory *memory CLEANUP(os_memory_freep) = os_memory_new(1);
	struct buf bytes CLEANUP(buf_deinit) = {0};
	const struct os *os = os_memory_os(memory);
	int fd = open_file(os, "/x", OS_WRITE | OS_CREATE);
	CHECK_EQ(os->pwrite(os->ctx, fd, "abc", 3, 0), ERR_OK);
	CHECK_EQ(os->sync_data(os->ctx, fd), ERR_OK);
	CHECK_STR(after_cut(memory, OS_CRASH_FORGET, 0, "/x", &bytes), "(none)");
	CHECK_STR(after_cut(memory, OS_CRASH_KEEP, 0, "/x", &bytes), "abc");
	CHECK_EQ(os->sync_folder(os->ctx, "/"), ERR_OK);
	CHECK_STR(after_cut(memory, OS_CRASH_FORGET, 0, "/x", &bytes), "abc");
	CHECK_EQ(os->close(os->ctx, fd), ERR_OK);
}

TEST(an_unsynced_file_in_a_synced_folder_is_empty) {
	struct os_memory *memory CLEANUP(os_memory_freep) = os_memory_new(1);
	struct buf bytes CLEANUP(buf_deinit) = {0};
	const struct os *os = os_memory_os(memory);
	int fd = open_file(os, "/x", OS_WRITE | OS_CREATE);
	CHECK_EQ(os->pwrite(os->ctx, fd, "abc", 3, 0), ERR_OK);
	CHECK_EQ(os->sync_folder(os->ctx, "/"), ERR_OK);
	CHECK_STR(after_cut(memory, OS_CRASH_FORGET, 0, "/x", &bytes), "");
	CHECK_EQ(os->sync_data(os->ctx, fd), ERR_OK);
	CHECK_EQ(os->pwrite(os->ctx, fd, "defg", 4, 1), ERR_OK);
	CHECK_STR(after_cut(memory, OS_CRASH_FORGET, 0, "/x", &bytes), "abc");
	CHECK_EQ(os->truncate(os->ctx, fd, 1), ERR_OK);
	CHECK_STR(after_cut(memory, OS_CRASH_FORGET, 0, "/x", &bytes), "abc");
	CHECK_STR(after_cut(memory, OS_CRASH_KEEP, 0, "/x", &bytes), "a");
	CHECK_EQ(os->sync_data(os->ctx, fd), ERR_OK);
	CHECK_STR(after_cut(memory, OS_CRASH_FORGET, 0, "/x", &bytes), "a");
	CHECK_EQ(os->close(os->ctx, fd), ERR_OK);
}

TEST(a_folder_is_lost_with_all_that_is_in_it_until_its_parent_is_synced) {
	struct os_memory *memory CLEANUP(os_memory_freep) = os_memory_new(1);
	struct buf bytes CLEANUP(buf_deinit) = {0};
	const struct os *os = os_memory_os(memory);
	CHECK_EQ(os->make_folder(os->ctx, "/d"), ERR_OK);
	CHECK_EQ(os_replace_file(os, "/d", "x", STR("abc")), ERR_OK);
	CHECK_STR(after_cut(memory, OS_CRASH_FORGET, 0, "/d/x", &bytes), "(none)");
	CHECK_EQ(os->sync_folder(os->ctx, "/"), ERR_OK);
	CHECK_STR(after_cut(memory, OS_CRASH_FORGET, 0, "/d/x", &bytes), "abc");
}

TEST(a_replaced_file_is_old_or_new_at_every_cut_and_never_anything_else) {
	struct os_memory *memory CLEANUP(os_memory_freep) = os_memory_new(1);
	struct buf bytes CLEANUP(buf_deinit) = {0};
	const struct os *os = os_memory_os(memory);
	int seen_old = 0;
	int seen_new = 0;
	CHECK_EQ(os_replace_file(os, "/", "x", STR("old")), ERR_OK);
	int fd = open_file(os, "/x.tmp", OS_WRITE | OS_CREATE);
	CHECK_EQ(os->pwrite(os->ctx, fd, "new", 3, 0), ERR_OK);
	CHECK_EQ(os->sync_data(os->ctx, fd), ERR_OK);
	CHECK_EQ(os->close(os->ctx, fd), ERR_OK);
	CHECK_EQ(os->rename(os->ctx, "/x.tmp", "/x"), ERR_OK);
	for (uint64_t seed = 0; seed < 200; seed++) {
		struct str text = after_cut(memory, OS_CRASH_SEEDED, seed, "/x", &bytes);
		seen_old += str_eq(text, STR("old"));
		seen_new += str_eq(text, STR("new"));
	}
	CHECK_EQ(seen_old + seen_new, 200);
	CHECK(seen_old > 20 && seen_new > 20);
}

TEST(a_rename_without_a_sync_before_it_can_leave_an_empty_or_torn_file) {
	struct os_memory *memory CLEANUP(os_memory_freep) = os_memory_new(1);
	struct buf bytes CLEANUP(buf_deinit) = {0};
	const struct os *os = os_memory_os(memory);
	char text[2000];
	int torn = 0;
	memset(text, 'n', sizeof(text));
	CHECK_EQ(os_replace_file(os, "/", "x", STR("old")), ERR_OK);
	int fd = open_file(os, "/x.tmp", OS_WRITE | OS_CREATE);
	CHECK_EQ(os->pwrite(os->ctx, fd, text, sizeof(text), 0), ERR_OK);
	CHECK_EQ(os->rename(os->ctx, "/x.tmp", "/x"), ERR_OK);
	CHECK_EQ(os->sync_folder(os->ctx, "/"), ERR_OK);
	for (uint64_t seed = 0; seed < 200; seed++) {
		struct str left = after_cut(memory, OS_CRASH_SEEDED, seed, "/x", &bytes);
		CHECK(!str_eq(left, STR("old")));
		torn += !str_eq(left, str_make(text, sizeof(text)));
	}
	CHECK(torn > 40);
	CHECK_EQ(os->close(os->ctx, fd), ERR_OK);
}

/* True when each sector of bytes is the old one, the new one, or was never written. */
static bool sectors_whole(struct str bytes, size_t *out_old, size_t *out_new) {
	*out_old = *out_new = 0;
	for (size_t s = 0; s * 512 < bytes.len; s++) {
		struct str sector = str_slice(bytes, s * 512, s * 512 + 512);
		for (size_t i = 1; i < sector.len; i++) {
			if (sector.ptr[i] != sector.ptr[0]) {
				return false;
			}
		}
		*out_old += sector.ptr[0] == 'o';
		*out_new += sector.ptr[0] == 'n';
	}
	return true;
}

TEST(an_unsynced_overwrite_tears_between_sectors_only) {
	struct os_memory *memory CLEANUP(os_memory_freep) = os_memory_new(1);
	struct buf bytes CLEANUP(buf_deinit) = {0};
	const struct os *os = os_memory_os(memory);
	char text[8 * 512];
	int mixed = 0;
	int fd = open_file(os, "/x", OS_WRITE | OS_CREATE);
	memset(text, 'o', sizeof(text));
	CHECK_EQ(os->pwrite(os->ctx, fd, text, sizeof(text), 0), ERR_OK);
	CHECK_EQ(os->sync_data(os->ctx, fd), ERR_OK);
	CHECK_EQ(os->sync_folder(os->ctx, "/"), ERR_OK);
	memset(text, 'n', sizeof(text));
	CHECK_EQ(os->pwrite(os->ctx, fd, text, sizeof(text), 0), ERR_OK);
	for (uint64_t seed = 0; seed < 300; seed++) {
		size_t old_sectors;
		size_t new_sectors;
		struct str left = after_cut(memory, OS_CRASH_SEEDED, seed, "/x", &bytes);
		CHECK_EQ(left.len, sizeof(text));
		CHECK(sectors_whole(left, &old_sectors, &new_sectors));
		CHECK_EQ(old_sectors + new_sectors, 8);
		mixed += old_sectors > 0 && new_sectors > 0;
	}
	CHECK(mixed > 50);
	CHECK_EQ(os->close(os->ctx, fd), ERR_OK);
}

TEST(two_writes_to_one_sector_never_survive_the_wrong_way_round) {
	struct os_memory *memory CLEANUP(os_memory_freep) = os_memory_new(1);
	struct buf bytes CLEANUP(buf_deinit) = {0};
	const struct os *os = os_memory_os(memory);
	int fd = open_file(os, "/x", OS_WRITE | OS_CREATE);
	CHECK_EQ(os->sync_folder(os->ctx, "/"), ERR_OK);
	CHECK_EQ(os->pwrite(os->ctx, fd, "first", 5, 0), ERR_OK);
	CHECK_EQ(os->pwrite(os->ctx, fd, "second", 6, 5), ERR_OK);
	for (uint64_t seed = 0; seed < 300; seed++) {
		struct str left = after_cut(memory, OS_CRASH_SEEDED, seed, "/x", &bytes);
		bool has_second = left.len == 11 && memcmp(left.ptr + 5, "second", 6) == 0;
		CHECK(!has_second || memcmp(left.ptr, "first", 5) == 0);
		CHECK(left.len == 0 || left.len == 5 || left.len == 11);
	}
	CHECK_EQ(os->close(os->ctx, fd), ERR_OK);
}

TEST(one_seed_gives_one_state) {
	struct os_memory *memory CLEANUP(os_memory_freep) = os_memory_new(1);
	struct buf a CLEANUP(buf_deinit) = {0};
	struct buf b CLEANUP(buf_deinit) = {0};
	const struct os *os = os_memory_os(memory);
	char text[5000];
	memset(text, 'x', sizeof(text));
	int fd = open_file(os, "/x", OS_WRITE | OS_CREATE);
	CHECK_EQ(os->sync_folder(os->ctx, "/"), ERR_OK);
	CHECK_EQ(os->pwrite(os->ctx, fd, text, sizeof(text), 0), ERR_OK);
	for (uint64_t seed = 0; seed < 50; seed++) {
		struct str first = after_cut(memory, OS_CRASH_SEEDED, seed, "/x", &a);
		struct str second = after_cut(memory, OS_CRASH_SEEDED, seed, "/x", &b);
		CHECK(str_eq(first, second));
	}
	CHECK_EQ(os_memory_pending(memory), 1);
	CHECK_EQ(os->close(os->ctx, fd), ERR_OK);
}

TEST(after_a_failed_sync_the_bytes_never_reach_the_disk) {
	struct os_memory *memory CLEANUP(os_memory_freep) = os_memory_new(1);
	struct buf bytes CLEANUP(buf_deinit) = {0};
	const struct os *os = os_memory_os(memory);
	int fd = open_file(os, "/x", OS_WRITE | OS_CREATE);
	CHECK_EQ(os->sync_folder(os->ctx, "/"), ERR_OK);
	CHECK_EQ(os->pwrite(os->ctx, fd, "lost", 4, 0), ERR_OK);
	os_memory_fail_next_sync(memory);
	CHECK_EQ(os->sync_data(os->ctx, fd), ERR_IO);
	CHECK_EQ(os->sync_data(os->ctx, fd), ERR_OK); /* as Linux answers, and a trap */
	CHECK_EQ(os_read_file(os, "/x", 100, &bytes), ERR_OK);
	CHECK_STR(buf_str(&bytes), "lost");
	CHECK_STR(after_cut(memory, OS_CRASH_FORGET, 0, "/x", &bytes), "");
	CHECK_EQ(os->close(os->ctx, fd), ERR_OK);
}

TEST(a_rename_between_folders_wants_both_of_them_synced) {
	struct os_memory *memory CLEANUP(os_memory_freep) = os_memory_new(1);
	struct buf bytes CLEANUP(buf_deinit) = {0};
	const struct os *os = os_memory_os(memory);
	CHECK_EQ(os_make_folders(os, "/a"), ERR_OK);
	CHECK_EQ(os_make_folders(os, "/b"), ERR_OK);
	CHECK_EQ(os_replace_file(os, "/a", "x", STR("abc")), ERR_OK);
	CHECK_EQ(os->rename(os->ctx, "/a/x", "/b/x"), ERR_OK);
	CHECK_EQ(os->sync_folder(os->ctx, "/b"), ERR_OK);
	CHECK_STR(after_cut(memory, OS_CRASH_FORGET, 0, "/a/x", &bytes), "abc");
	CHECK_STR(after_cut(memory, OS_CRASH_FORGET, 0, "/b/x", &bytes), "(none)");
	CHECK_EQ(os->sync_folder(os->ctx, "/a"), ERR_OK);
	CHECK_STR(after_cut(memory, OS_CRASH_FORGET, 0, "/a/x", &bytes), "(none)");
	CHECK_STR(after_cut(memory, OS_CRASH_FORGET, 0, "/b/x", &bytes), "abc");
}

TEST(what_a_killed_process_left_unsynced_can_still_be_lost) {
	struct os_memory *memory CLEANUP(os_memory_freep) = os_memory_new(1);
	struct buf bytes CLEANUP(buf_deinit) = {0};
	const struct os *os = os_memory_os(memory);
	int fd = open_file(os, "/x", OS_WRITE | OS_CREATE);
	CHECK_EQ(os->sync_folder(os->ctx, "/"), ERR_OK);
	CHECK_EQ(os->pwrite(os->ctx, fd, "abc", 3, 0), ERR_OK);
	CHECK_EQ(os->rename(os->ctx, "/x", "/y"), ERR_OK);
	struct os_memory *after CLEANUP(os_memory_freep) = os_memory_crash(memory, OS_CRASH_KEEP, 0);
	CHECK_STR(after_cut(after, OS_CRASH_KEEP, 0, "/y", &bytes), "abc");
	CHECK_STR(after_cut(after, OS_CRASH_FORGET, 0, "/x", &bytes), "");
	const struct os *later = os_memory_os(after);
	CHECK_EQ(later->sync_folder(later->ctx, "/"), ERR_OK);
	CHECK_STR(after_cut(after, OS_CRASH_FORGET, 0, "/y", &bytes), "");
	CHECK_STR(after_cut(memory, OS_CRASH_FORGET, 0, "/y", &bytes), "(none)");
	CHECK_EQ(os->close(os->ctx, fd), ERR_OK);
}

TEST(what_a_skipped_sync_left_doubtful_is_lost_while_the_mask_chooses_the_rest) {
	struct os_memory *memory CLEANUP(os_memory_freep) = os_memory_new(1);
	struct buf bytes CLEANUP(buf_deinit) = {0};
	const struct os *os = os_memory_os(memory);
	int fd = open_file(os, "/x", OS_WRITE | OS_CREATE);
	CHECK_EQ(os->sync_folder(os->ctx, "/"), ERR_OK);
	CHECK_EQ(os->pwrite(os->ctx, fd, "abc", 3, 0), ERR_OK);
	os_memory_skip_next_sync(memory);
	CHECK_EQ(os->sync_data(os->ctx, fd), ERR_OK);
	CHECK_EQ(os_memory_doubtful(memory), 1);
	CHECK_EQ(os->pwrite(os->ctx, fd, "de", 2, 3), ERR_OK);
	CHECK_EQ(os->rename(os->ctx, "/x", "/y"), ERR_OK);
	CHECK_EQ(os_memory_choices(memory), 3); /* its size, the second write, the name */
	CHECK_STR(after_cut(memory, OS_CRASH_CHOSEN, 0, "/x", &bytes), "");
	CHECK_STR(after_cut(memory, OS_CRASH_CHOSEN, 4, "/y", &bytes), "");
	CHECK(after_cut(memory, OS_CRASH_CHOSEN, 1, "/x", &bytes).len == 3);
	CHECK(bytes.ptr[0] == '\0');
	CHECK(after_cut(memory, OS_CRASH_CHOSEN, 7, "/y", &bytes).len == 5);
	CHECK(bytes.ptr[0] == '\0' && bytes.ptr[4] == 'e');
	CHECK_EQ(os->sync_data(os->ctx, fd), ERR_OK); /* the next one makes good what was skipped */
	CHECK_EQ(os_memory_doubtful(memory), 0);
	CHECK_STR(after_cut(memory, OS_CRASH_CHOSEN, 1, "/y", &bytes), "abcde");
	CHECK_EQ(os->close(os->ctx, fd), ERR_OK);
}

TEST(names_that_a_skipped_sync_left_doubtful_are_lost_and_others_chosen) {
	struct os_memory *memory CLEANUP(os_memory_freep) = os_memory_new(1);
	struct buf bytes CLEANUP(buf_deinit) = {0};
	const struct os *os = os_memory_os(memory);
	int one = open_file(os, "/one", OS_WRITE | OS_CREATE);
	os_memory_skip_next_sync(memory);
	CHECK_EQ(os->sync_folder(os->ctx, "/"), ERR_OK);
	int two = open_file(os, "/two", OS_WRITE | OS_CREATE);
	CHECK_EQ(os_memory_doubtful(memory), 1);
	CHECK_EQ(os_memory_choices(memory), 1);
	CHECK_STR(after_cut(memory, OS_CRASH_CHOSEN, 1, "/one", &bytes), "(none)");
	CHECK_STR(after_cut(memory, OS_CRASH_CHOSEN, 1, "/two", &bytes), "");
	CHECK_STR(after_cut(memory, OS_CRASH_CHOSEN, 0, "/two", &bytes), "(none)");
	CHECK_EQ(os->close(os->ctx, one), ERR_OK);
	CHECK_EQ(os->close(os->ctx, two), ERR_OK);
}

/* Writing the log: what is acknowledged is durable; a failed file is never touched again. */
#include "store/log.h"

#include "os/os_memory.h"
#include "tap.h"

static const uint8_t store_uuid[16] = {7};

TEST(frames_are_durable_on_return_and_come_back_in_order) {
	struct os_memory *memory CLEANUP(os_memory_freep) = os_memory_new(1);
	const struct os *os = os_memory_os(memory);
	struct log_writer log;
	struct str payloads[] = {STR_INIT("one"), STR_INIT(""), STR_INIT("three, longer")};
	uint64_t first = 0;
	struct diag diag = {0};
	static const char *const folders[] = {"/log"};
	REQUIRE(os->make_folder(os->ctx, "/log") == ERR_OK && os->sync_folder(os->ctx, "/") == ERR_OK);
	log_writer_init(&log, os, "/log", store_uuid, 5);
	REQUIRE(log_write(&log, payloads, 2, &first, &diag) == ERR_OK);
	CHECK_EQ(first, 5);
	os_memory_fail_next_sync(memory);
	REQUIRE(log_write(&log, payloads + 2, 1, &first, &diag) == ERR_OK); /* in a new file */
	CHECK_EQ(first, 7);
	struct os_memory *after CLEANUP(os_memory_freep) = os_memory_crash(memory, OS_CRASH_FORGET, 1);
	struct log_found found;
	REQUIRE(log_find(os_memory_os(after), (struct log_folders){folders, 1}, store_uuid, 4, &found,
	                 &diag) == ERR_OK);
	CHECK_EQ(found.files_count, 2);
	REQUIRE(found.frames_count == 3);
	for (size_t i = 0; i < 3; i++) {
		CHECK_EQ(found.frames[i].number, 5 + i);
		CHECK(str_eq(found.frames[i].payload, payloads[i]));
	}
	CHECK_EQ(found.missing_frames, 0);
	log_found_deinit(&found);
	CHECK(log_clear(&log, &diag) == ERR_OK);
	REQUIRE(log_find(os, (struct log_folders){folders, 1}, store_uuid, 7, &found, &diag) == ERR_OK);
	CHECK_EQ(found.files_count, 0);
	log_found_deinit(&found);
	log_writer_deinit(&log);
	CHECK_EQ(os_memory_open_count(memory), 0);
}

static enum err find(const struct os *os, uint64_t taken_over, struct log_found *found) {
	const char *folders[] = {"/log"};
	return log_find(os, (struct log_folders){folders, 1}, store_uuid, taken_over, found, NULL);
}

static void one_frame(struct log_writer *log, uint64_t number) {
	struct str payload = STR("a payload");
	uint64_t first = 0;
	CHECK(log_write(log, &payload, 1, &first, NULL) == ERR_OK);
	CHECK_EQ(first, number);
}

TEST(a_file_goes_once_segments_hold_all_its_frames_and_none_is_missed) {
	struct os_memory *memory CLEANUP(os_memory_freep) = os_memory_new(2);
	const struct os *os = os_memory_os(memory);
	struct log_writer log;
	struct log_found found;
	REQUIRE(os->make_folder(os->ctx, "/log") == ERR_OK && os->sync_folder(os->ctx, "/") == ERR_OK);
	log_writer_init(&log, os, "/log", store_uuid, 1);
	one_frame(&log, 1);
	one_frame(&log, 2);
	log_end_file(&log);
	one_frame(&log, 3);
	uint64_t size = log_size(&log);
	CHECK(log_remove_until(&log, 1, NULL) == ERR_OK);
	CHECK_EQ(log_size(&log), size);
	CHECK(log_remove_until(&log, 2, NULL) == ERR_OK);
	CHECK(log_size(&log) < size);
	one_frame(&log, 4); /* into the file that is open */
	REQUIRE(find(os, 2, &found) == ERR_OK);
	CHECK_EQ(found.files_count, 1);
	CHECK_EQ(found.frames_count, 2);
	CHECK_EQ(found.missing_frames, 0);
	log_found_deinit(&found);
	CHECK(log_remove_until(&log, 4, NULL) == ERR_OK);
	CHECK_EQ(log_size(&log), 0);
	one_frame(&log, 5); /* the open file went too: a new one */
	REQUIRE(find(os, 4, &found) == ERR_OK);
	CHECK_EQ(found.frames_count, 1);
	log_found_deinit(&found);
	log_writer_deinit(&log);
	CHECK_EQ(os_memory_open_count(memory), 0);
}

TEST(a_log_that_is_full_is_refused_before_anything_is_written) {
	struct os_memory *memory CLEANUP(os_memory_freep) = os_memory_new(3);
	const struct os *os = os_memory_os(memory);
	struct log_writer log;
	struct str payload = STR("a payload");
	struct diag diag = {0};
	struct log_found before;
	struct log_found found;
	uint64_t first = 0;
	REQUIRE(os->make_folder(os->ctx, "/log") == ERR_OK);
	log_writer_init(&log, os, "/log", store_uuid, 1);
	log.bytes_max = LOG_HEADER_SIZE + 3 * (LOG_FRAME_HEADER_SIZE + 16);
	one_frame(&log, 1);
	log_end_file(&log);
	CHECK(log_write(&log, &payload, 1, &first, &diag) == ERR_OK);
	REQUIRE(find(os, 0, &before) == ERR_OK);
	CHECK(log_write(&log, &payload, 1, &first, &diag) == ERR_LIMIT);
	CHECK(str_find(str_from(diag.message), STR("would grow beyond"), 0) != SIZE_MAX);
	/* What a stop left counts as well. */
	struct log_writer next;
	log_writer_init(&next, os, "/log", store_uuid, 3);
	next.bytes_max = log.bytes_max;
	log_adopt(&next, &before);
	CHECK_EQ(log_size(&next), log_size(&log));
	CHECK(log_write(&next, &payload, 1, &first, &diag) == ERR_LIMIT);
	REQUIRE(find(os, 0, &found) == ERR_OK);
	CHECK_EQ(found.files_count, 2);
	CHECK_EQ(found.files[1].size, before.files[1].size);
	CHECK(log_remove_until(&next, 1, NULL) == ERR_OK);
	CHECK(log_write(&next, &payload, 1, &first, &diag) == ERR_OK);
	CHECK_EQ(first, 3);
	log_found_deinit(&found);
	log_found_deinit(&before);
	log_writer_deinit(&next);
	log_writer_deinit(&log);
}

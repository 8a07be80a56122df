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

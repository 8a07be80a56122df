/* The record has every call, with the path of what it was made on. */
#include "os/os_record.h"

#include "os/os_memory.h"
#include "tap.h"

static void count_calls(void *ctx, const struct os_call *call) {
	uint64_t *count = ctx;
	(*count)++;
	CHECK_EQ(call->number, *count);
}

TEST(every_call_is_written_down_in_order) {
	struct os_memory *memory CLEANUP(os_memory_freep) = os_memory_new(1);
	uint64_t watched = 0;
	struct os_record *record CLEANUP(os_record_freep) =
	    os_record_new(os_memory_os(memory), count_calls, &watched);
	struct buf text CLEANUP(buf_deinit) = {0};
	const struct os *os = os_record_os(record);
	struct os_stat st;
	CHECK_EQ(os_replace_file(os, "/", "x", STR("abc")), ERR_OK);
	CHECK_EQ(os->stat(os->ctx, "/y", true, &st), ERR_NOT_FOUND);
	for (size_t i = 0; i < os_record_count(record); i++) {
		os_call_format(os_record_call(record, i), &text);
	}
	CHECK_STR(buf_str(&text), "1 open //x.tmp\n"
	                          "2 pwrite //x.tmp [0 + 3]\n"
	                          "3 sync_data //x.tmp\n"
	                          "4 close //x.tmp\n"
	                          "5 rename //x.tmp -> //x\n"
	                          "6 sync_folder /\n"
	                          "7 stat /y: not found\n");
	CHECK_EQ(watched, 7);
	CHECK_EQ(os_record_count_of(record, OS_CALLS_CHANGING), 5);
	os_record_clear(record);
	CHECK_EQ(os_record_count(record), 0);
}

TEST(all_other_calls_pass_through_and_are_named) {
	struct os_memory *memory CLEANUP(os_memory_freep) = os_memory_new(1);
	struct os_record *record CLEANUP(os_record_freep) =
	    os_record_new(os_memory_os(memory), NULL, NULL);
	const struct os *os = os_record_os(record);
	char bytes[4];
	size_t len;
	bool ready;
	int fd;
	const char *map;
	struct os_stat st;
	CHECK_EQ(os->make_folder(os->ctx, "/d"), ERR_OK);
	CHECK_EQ(os->open(os->ctx, "/d/x", OS_READ | OS_WRITE | OS_CREATE, &fd), ERR_OK);
	CHECK_EQ(os->lock(os->ctx, fd), ERR_OK);
	CHECK_EQ(os->truncate(os->ctx, fd, 4), ERR_OK);
	CHECK_EQ(os->pread(os->ctx, fd, bytes, 4, 0, &len), ERR_OK);
	CHECK_EQ(os->read(os->ctx, fd, bytes, 2, &len), ERR_OK);
	CHECK_EQ(os->wait_read(os->ctx, fd, 0, &ready), ERR_OK);
	CHECK_EQ(os->read_some(os->ctx, fd, bytes, 4, &len), ERR_OK);
	CHECK_EQ(len, 2);
	CHECK_EQ(os->fstat(os->ctx, fd, &st), ERR_OK);
	CHECK_EQ(os->map(os->ctx, fd, 4, &map), ERR_OK);
	os->unmap(os->ctx, map, 4);
	CHECK_EQ(os->random(os->ctx, bytes, 4), ERR_OK);
	CHECK_EQ(os->close(os->ctx, fd), ERR_OK);
	CHECK_EQ(os->unlink(os->ctx, "/d/x"), ERR_OK);
	CHECK(os->wall_ns(os->ctx) > 0 && os->monotonic_ns(os->ctx) > 0);
	static const char *const names[] = {"make_folder", "open",      "lock",  "truncate", "pread",
	                                    "read",        "wait_read", "read",  "stat",     "map",
	                                    "random",      "close",     "unlink"};
	REQUIRE(os_record_count(record) == ARRAY_LEN(names));
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		const struct os_call *call = os_record_call(record, i);
		CHECK_STR(str_from(os_call_name(call->kind)), names[i]);
		CHECK(call->kind == OS_CALL_RANDOM || call->path != NULL);
	}
}

/* Rules strike where they should, and nowhere else. */
#include "os/os_fault.h"

#include "base/buf.h"
#include "os/os_memory.h"
#include "tap.h"

struct bench {
	struct os_memory *memory;
	struct os_fault *fault;
	const struct os *os;
};

static void bench_init(struct bench *bench) {
	bench->memory = os_memory_new(1);
	bench->fault = os_fault_new(os_memory_os(bench->memory));
	bench->os = os_fault_os(bench->fault);
}

static void bench_deinit(struct bench *bench) {
	os_fault_free(bench->fault);
	os_memory_free(bench->memory);
}

static enum err write_at(const struct os *os, int fd, uint64_t offset) {
	return os->pwrite(os->ctx, fd, "abcd", 4, offset);
}

TEST(the_nth_call_of_a_kind_fails_once) {
	struct bench bench CLEANUP(bench_deinit);
	bench_init(&bench);
	size_t rule =
	    os_fault_add(bench.fault, (struct os_fault_rule){.kinds = OS_CALL_BIT(OS_CALL_PWRITE),
	                                                     .nth = 2,
	                                                     .action = OS_FAULT_FAIL,
	                                                     .err = ERR_NO_SPACE});
	int fd;
	CHECK_EQ(bench.os->open(bench.os->ctx, "/x", OS_READ | OS_WRITE | OS_CREATE, &fd), ERR_OK);
	CHECK_EQ(write_at(bench.os, fd, 0), ERR_OK);
	CHECK_EQ(write_at(bench.os, fd, 4), ERR_NO_SPACE);
	CHECK_EQ(write_at(bench.os, fd, 4), ERR_OK);
	CHECK_EQ(os_fault_matches(bench.fault, rule), 3);
	CHECK_EQ(os_fault_strikes(bench.fault, rule), 1);
	CHECK_EQ(bench.os->close(bench.os->ctx, fd), ERR_OK);
}

TEST(a_full_disk_stays_full_until_it_is_released) {
	struct bench bench CLEANUP(bench_deinit);
	bench_init(&bench);
	size_t rule =
	    os_fault_add(bench.fault, (struct os_fault_rule){.kinds = OS_CALL_BIT(OS_CALL_PWRITE),
	                                                     .nth = 2,
	                                                     .lasting = true,
	                                                     .action = OS_FAULT_SHORT,
	                                                     .err = ERR_NO_SPACE});
	int fd;
	struct os_stat st;
	CHECK_EQ(bench.os->open(bench.os->ctx, "/x", OS_READ | OS_WRITE | OS_CREATE, &fd), ERR_OK);
	CHECK_EQ(write_at(bench.os, fd, 0), ERR_OK);
	CHECK_EQ(write_at(bench.os, fd, 4), ERR_NO_SPACE);
	CHECK_EQ(bench.os->fstat(bench.os->ctx, fd, &st), ERR_OK);
	CHECK_EQ(st.size, 6); /* half of it was written */
	CHECK_EQ(write_at(bench.os, fd, 4), ERR_NO_SPACE);
	os_fault_release(bench.fault);
	CHECK_EQ(write_at(bench.os, fd, 4), ERR_OK);
	CHECK_EQ(os_fault_strikes(bench.fault, rule), 2);
	CHECK_EQ(bench.os->close(bench.os->ctx, fd), ERR_OK);
}

TEST(a_barrier_that_is_left_out_says_ok_and_makes_nothing_durable) {
	struct bench bench CLEANUP(bench_deinit);
	bench_init(&bench);
	(void)os_fault_add(bench.fault,
	                   (struct os_fault_rule){.kinds = OS_CALL_BIT(OS_CALL_SYNC_FOLDER),
	                                          .nth = 1,
	                                          .action = OS_FAULT_SKIP}); /* the only rule */
	CHECK_EQ(os_replace_file(bench.os, "/", "x", STR("abc")), ERR_OK);
	CHECK_EQ(os_memory_pending(bench.memory), 2);
	CHECK_EQ(bench.os->sync_folder(bench.os->ctx, "/"), ERR_OK);
	CHECK_EQ(os_memory_pending(bench.memory), 0);
}

TEST(after_a_crash_nothing_gets_through) {
	struct bench bench CLEANUP(bench_deinit);
	bench_init(&bench);
	(void)os_fault_add(
	    bench.fault,
	    (struct os_fault_rule){.kinds = OS_CALLS_CHANGING, .nth = 3, .action = OS_FAULT_CRASH});
	struct os_stat st;
	char byte;
	CHECK_EQ(os_replace_file(bench.os, "/", "x", STR("abc")), ERR_IO);
	CHECK_EQ(os_memory_pending(bench.memory), 2); /* the name and the bytes, not synced */
	CHECK_EQ(os_memory_open_count(bench.memory), 0);
	CHECK_EQ(bench.os->stat(bench.os->ctx, "/", true, &st), ERR_IO);
	CHECK_EQ(bench.os->make_folder(bench.os->ctx, "/d"), ERR_IO);
	CHECK_EQ(bench.os->random(bench.os->ctx, &byte, 1), ERR_IO);
	os_fault_release(bench.fault);
	CHECK_EQ(bench.os->make_folder(bench.os->ctx, "/d"), ERR_IO);
}

TEST(a_rule_can_look_at_the_path_only) {
	struct bench bench CLEANUP(bench_deinit);
	bench_init(&bench);
	(void)os_fault_add(bench.fault, (struct os_fault_rule){.kinds = OS_CALL_BIT(OS_CALL_RENAME),
	                                                       .path_part = "keys",
	                                                       .nth = 1,
	                                                       .action = OS_FAULT_FAIL,
	                                                       .err = ERR_DENIED});
	CHECK_EQ(os_replace_file(bench.os, "/", "x", STR("abc")), ERR_OK);
	CHECK_EQ(os_replace_file(bench.os, "/", "keys", STR("abc")), ERR_DENIED);
	CHECK_EQ(os_replace_file(bench.os, "/", "keys", STR("abc")), ERR_OK);
}

TEST(a_short_read_looks_like_the_end_of_the_file) {
	struct bench bench CLEANUP(bench_deinit);
	bench_init(&bench);
	struct buf bytes CLEANUP(buf_deinit) = {0};
	CHECK_EQ(os_replace_file(bench.os, "/", "x", STR("abcdef")), ERR_OK);
	(void)os_fault_add(bench.fault, (struct os_fault_rule){.kinds = OS_CALL_BIT(OS_CALL_PREAD),
	                                                       .nth = 1,
	                                                       .action = OS_FAULT_SHORT});
	int fd;
	size_t len;
	char six[6];
	CHECK_EQ(bench.os->open(bench.os->ctx, "/x", OS_READ, &fd), ERR_OK);
	CHECK_EQ(bench.os->pread(bench.os->ctx, fd, six, 6, 0, &len), ERR_OK);
	CHECK_EQ(len, 3);
	CHECK_EQ(bench.os->pread(bench.os->ctx, fd, six, 6, 0, &len), ERR_OK);
	CHECK_EQ(len, 6);
	CHECK_EQ(bench.os->close(bench.os->ctx, fd), ERR_OK);
}

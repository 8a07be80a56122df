/* Batches in the log outlive everything but the disk. */
#include "store/store.h"

#include "tap.h"

#include "store/log.h"
#include "store/log_layout.h"
#include "store/store_bench.h"

TEST(a_batch_in_the_log_survives_the_loss_of_everything_else) {
	struct bench bench CLEANUP(bench_deinit) = {.memory = os_memory_new(6)};
	struct buf text CLEANUP(buf_deinit) = {0};
	sample_lines(&text, "six", 0, 250);
	struct store *store = open_writer(&bench);
	REQUIRE(store != NULL);
	struct taking taking = {.store = store, .rows_per_batch = 100, .log = true};
	REQUIRE(sample_take(&taking, STR("-"), buf_str(&text)) == ERR_OK);
	CHECK_EQ(bench.acks, 3);
	CHECK_EQ(bench.acked_index, 249);
	struct os_memory *after = os_memory_crash(bench.memory, OS_CRASH_FORGET, 1);
	store_close(store);
	os_memory_free(bench.memory);
	bench.memory = after;

	store = open_writer(&bench);
	REQUIRE(store != NULL);
	uint32_t batches = 0;
	taking = (struct taking){.store = store, .rows_per_batch = 100, .log = true};
	CHECK(sample_replay(&taking, &batches) == ERR_OK);
	CHECK_EQ(batches, 3);
	CHECK(store_commit(store, &bench.diag) == ERR_OK);
	store_close(store);
	CHECK(reads_back(&bench, STR("-"), buf_str(&text)));
	struct store_verify_result result = verify_bench(&bench);
	CHECK(result.intact);
	CHECK_EQ(result.records, 250);
}

struct one_file {
	char path[128];
};

static void find_log(void *ctx, const char *path) {
	struct one_file *found = ctx;
	if (strstr(path, ".wal") != NULL) {
		(void)snprintf(found->path, sizeof(found->path), "%s", path);
	}
}

/* A store with three logged batches of 100 records, left by a stop; the log's bytes. */
static void make_logged(struct bench *bench, struct one_file *log, struct buf *bytes) {
	struct buf text CLEANUP(buf_deinit) = {0};
	sample_lines(&text, "log", 0, 300);
	struct store *store = open_writer(bench);
	REQUIRE(store != NULL);
	struct taking taking = {.store = store, .rows_per_batch = 100, .log = true};
	CHECK(sample_take(&taking, STR("-"), buf_str(&text)) == ERR_OK);
	store_close(store);
	os_memory_each_file(bench->memory, find_log, log);
	CHECK(os_read_file(os_memory_os(bench->memory), log->path, SIZE_MAX, bytes) == ERR_OK);
}

static uint64_t records_after_replay(struct bench *bench) {
	struct store *store CLEANUP(store_closep) = open_writer(bench);
	struct store_info info = {0};
	if (store != NULL) {
		struct taking taking = {.store = store, .rows_per_batch = 100};
		CHECK(sample_replay(&taking, NULL) == ERR_OK);
		CHECK(store_commit(store, &bench->diag) == ERR_OK);
		store_get_info(store, &info);
		CHECK_EQ(info.log_bytes, 0);
	}
	return info.records;
}

TEST(a_torn_tail_is_set_aside_and_the_rest_taken_over) {
	struct bench bench CLEANUP(bench_deinit) = {.memory = os_memory_new(21)};
	struct buf bytes CLEANUP(buf_deinit) = {0};
	struct one_file log = {0};
	make_logged(&bench, &log, &bytes);
	bytes.len -= 1000;
	REQUIRE(os_memory_set(bench.memory, log.path, buf_str(&bytes)) == ERR_OK);
	CHECK(verify_bench(&bench).intact); /* a stop explains it */
	CHECK_EQ(records_after_replay(&bench), 200);
	CHECK(str_find(buf_str(&bench.notices), STR("unfinished write"), 0) != (size_t)-1);
	CHECK(verify_bench(&bench).intact);
}

TEST(damage_with_frames_behind_it_hides_nothing_and_is_noted) {
	struct bench bench CLEANUP(bench_deinit) = {.memory = os_memory_new(22)};
	struct buf bytes CLEANUP(buf_deinit) = {0};
	struct one_file log = {0};
	make_logged(&bench, &log, &bytes);
	bytes.ptr[bytes.len / 2] = (char)(bytes.ptr[bytes.len / 2] ^ 1);
	REQUIRE(os_memory_set(bench.memory, log.path, buf_str(&bytes)) == ERR_OK);
	CHECK(!verify_quietly(os_memory_os(bench.memory)).intact);
	CHECK_EQ(records_after_replay(&bench), 200);
	CHECK(str_find(buf_str(&bench.notices), STR("lost"), 0) != (size_t)-1);
	/* The damaged log lies in quarantine; what is there now is whole, with records of its
	 * beginning, of the recovery and of what was set aside, and a seal. */
	struct store_verify_result result = verify_bench(&bench);
	CHECK(result.intact);
	CHECK_EQ(result.tree_size, 204);
}

TEST(a_failed_sync_acknowledges_nothing_and_the_batch_goes_to_a_new_file) {
	struct bench bench CLEANUP(bench_deinit) = {.memory = os_memory_new(23)};
	struct buf text CLEANUP(buf_deinit) = {0};
	sample_lines(&text, "sync", 0, 300);
	struct store *store = open_writer(&bench);
	REQUIRE(store != NULL);
	struct taking taking = {.store = store, .rows_per_batch = 100, .log = true};
	REQUIRE(sample_take(&taking, STR("first"), str_slice(buf_str(&text), 0, 5000)) == ERR_OK);
	uint32_t acks = bench.acks;
	os_memory_fail_next_sync(bench.memory);
	CHECK(sample_take(&taking, STR("-"), buf_str(&text)) == ERR_OK);
	CHECK_EQ(bench.acks, acks + 3);
	struct os_memory *after = os_memory_crash(bench.memory, OS_CRASH_FORGET, 1);
	store_close(store);
	os_memory_free(bench.memory);
	bench.memory = after;
	struct store_options options = bench_options(&bench, true);
	enum sink_verdict verdict;
	CHECK(take_and_commit(&bench, &options, STR("x"), STR("x\n"), false, &verdict) == ERR_OK);
	CHECK(reads_back(&bench, STR("-"), buf_str(&text)));
	CHECK(verify_bench(&bench).intact);
}

static void append_frame(const struct os *os, struct str log, struct str payload, uint64_t number) {
	struct log_writer writer;
	struct diag diag = {0};
	uint64_t first;
	log_writer_init(&writer, os, "/data/log/default", (const uint8_t *)log.ptr + LOG_AT_STORE,
	                number);
	CHECK(log_write(&writer, &payload, 1, &first, &diag) == ERR_OK);
	log_writer_deinit(&writer);
}

TEST(a_frame_that_cannot_be_understood_is_noted_and_the_others_are_taken_over) {
	struct bench bench CLEANUP(bench_deinit) = {.memory = os_memory_new(24)};
	struct buf bytes CLEANUP(buf_deinit) = {0};
	struct one_file log = {0};
	make_logged(&bench, &log, &bytes);
	/* Its checksums are right. */
	append_frame(os_memory_os(bench.memory), buf_str(&bytes), STR("from another version"), 4);
	CHECK(!verify_quietly(os_memory_os(bench.memory)).intact);
	CHECK_EQ(records_after_replay(&bench), 300);
	CHECK(str_find(buf_str(&bench.notices), STR("batch 4 of the log cannot be understood"), 0) !=
	      SIZE_MAX);
	/* What is left of it is a record of this recovery, beside the record of its beginning. */
	struct store_verify_result result = verify_bench(&bench);
	CHECK(result.intact);
	CHECK(result.tree_size > 300);
}

static uint64_t log_bytes(struct store *store) {
	struct store_info info;
	store_get_info(store, &info);
	return info.log_bytes;
}

TEST(a_long_logged_session_keeps_the_log_within_two_segments) {
	struct bench bench CLEANUP(bench_deinit) = {.memory = os_memory_new(25)};
	struct buf text CLEANUP(buf_deinit) = {0};
	struct store_options options = bench_options(&bench, true);
	struct store *store CLEANUP(store_closep) = NULL;
	uint64_t highest = 0;
	options.segment_bytes = 20000;
	REQUIRE(store_open(&options, &store, &bench.diag) == ERR_OK);
	for (uint32_t i = 0; i < 40; i++) {
		char name[16];
		(void)snprintf(name, sizeof(name), "pipe%u", i);
		buf_clear(&text);
		sample_lines(&text, name, 0, 100);
		struct taking taking = {.store = store, .rows_per_batch = 20, .log = true, .ahead = 4};
		REQUIRE(sample_take(&taking, str_from(name), buf_str(&text)) == ERR_OK);
		highest = MAX_OF(highest, log_bytes(store));
	}
	CHECK_EQ(bench.acks, 200);
	CHECK(highest > 0 && highest < 2 * options.segment_bytes);
	store_close(TAKE(store));
	store = open_or_fail(&bench, &options);
	REQUIRE(store != NULL);
	struct taking taking = {.store = store};
	CHECK(sample_replay(&taking, NULL) == ERR_OK);
	CHECK(store_commit(store, &bench.diag) == ERR_OK);
	CHECK_EQ(count_records(store, false), 4000);
	CHECK(str_find(buf_str(&bench.notices), STR("lost"), 0) == SIZE_MAX);
	CHECK(verify_bench(&bench).intact);
}

TEST(a_full_log_refuses_a_batch_which_then_goes_into_a_segment_without_it) {
	struct bench bench CLEANUP(bench_deinit) = {.memory = os_memory_new(26)};
	struct buf text CLEANUP(buf_deinit) = {0};
	struct store_options options = bench_options(&bench, true);
	struct store *store CLEANUP(store_closep) = NULL;
	options.log_bytes = 20000;
	sample_lines(&text, "full", 0, 1000);
	REQUIRE(store_open(&options, &store, &bench.diag) == ERR_OK);
	struct taking taking = {.store = store, .rows_per_batch = 100, .log = true, .ahead = 1};
	CHECK(sample_take(&taking, STR("-"), buf_str(&text)) == ERR_OK);
	CHECK(taking.full > 1);
	CHECK(log_bytes(store) <= 20000);
	CHECK_EQ(bench.acks, 10);
	struct os_memory *after = os_memory_crash(bench.memory, OS_CRASH_FORGET, 1);
	store_close(TAKE(store));
	os_memory_free(bench.memory);
	bench.memory = after;
	CHECK_EQ(records_after_replay(&bench), 1000);
	CHECK(reads_back(&bench, STR("-"), buf_str(&text)));
	CHECK(verify_bench(&bench).intact);
}

/* Nothing was appended when the writer stopped, and the log holds the ends of segments. */
static void leave_long_log(struct bench *bench, const struct store_options *options,
                           struct str text) {
	struct store *store CLEANUP(store_closep) = open_or_fail(bench, options);
	REQUIRE(store != NULL);
	struct taking taking = {
	    .store = store, .rows_per_batch = 150, .log = true, .ahead = 7, .hold = true};
	CHECK(sample_take(&taking, STR("long"), text) == ERR_OK);
	CHECK_EQ(taking.waiting_count, 7);
	CHECK(sample_append_waiting(&taking, 0, ERR_CANCELED) == ERR_CANCELED);
}

TEST(new_batches_are_logged_while_those_of_a_long_log_are_still_to_be_encoded) {
	struct buf old CLEANUP(buf_deinit) = {0};
	struct buf new CLEANUP(buf_deinit) = {0};
	sample_lines(&old, "old", 0, 1000);
	sample_lines(&new, "new", 0, 500);
	for (uint32_t way = 0; way < 2; way++) {
		struct bench bench CLEANUP(bench_deinit) = {.memory = os_memory_new(27)};
		struct store_options options = bench_options(&bench, true);
		options.segment_bytes = 20000;
		leave_long_log(&bench, &options, buf_str(&old));
		uint64_t end = bench.acked_index + 1;
		bench.acks = 0;
		struct store *store CLEANUP(store_closep) = open_or_fail(&bench, &options);
		REQUIRE(store != NULL);
		CHECK_EQ(store_replay_left(store), 7);
		struct taking taking = {
		    .store = store, .rows_per_batch = 100, .log = true, .ahead = 7, .hold = true};
		CHECK(sample_take(&taking, STR("pipe"), buf_str(&new)) == ERR_OK);
		CHECK_EQ(bench.acks, 5);
		CHECK(bench.acked_index >= end + 499);
		if (way == 0) { /* they go on, and leave no log */
			CHECK(sample_replay(&taking, NULL) == ERR_OK);
			CHECK_EQ(store_replay_left(store), 0);
			CHECK(log_bytes(store) < 80000); /* of the first segments nothing is left */
			CHECK(sample_append_waiting(&taking, 0, ERR_OK) == ERR_OK);
			CHECK(store_commit(store, &bench.diag) == ERR_OK);
			CHECK_EQ(log_bytes(store), 0);
		} else { /* another stop: both are in the log */
			CHECK(sample_append_waiting(&taking, 0, ERR_CANCELED) == ERR_CANCELED);
		}
		struct os_memory *after = os_memory_crash(bench.memory, OS_CRASH_FORGET, 1);
		store_close(TAKE(store));
		os_memory_free(bench.memory);
		bench.memory = after;
		options.os = os_memory_os(after);
		store = open_or_fail(&bench, &options);
		REQUIRE(store != NULL);
		taking = (struct taking){.store = store};
		CHECK(sample_replay(&taking, NULL) == ERR_OK);
		CHECK(store_commit(store, &bench.diag) == ERR_OK);
		CHECK(str_find(buf_str(&bench.notices), STR("lost"), 0) == SIZE_MAX);
		CHECK(reads_back(&bench, STR("long"), buf_str(&old)));
		CHECK(reads_back(&bench, STR("pipe"), buf_str(&new)));
		CHECK(verify_bench(&bench).intact);
	}
}

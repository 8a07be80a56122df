/* Source files back to the byte, objects too, and what verify and info say of them. */
#include "store/store.h"

#include "tap.h"

#include "store/store_bench.h"

TEST(what_is_taken_is_read_back_to_the_byte_and_verifies) {
	struct bench bench CLEANUP(bench_deinit) = {.memory = os_memory_new(1)};
	struct buf text CLEANUP(buf_deinit) = {0};
	struct store_options options = bench_options(&bench, true);
	enum sink_verdict verdict = SINK_TAKE;
	sample_lines(&text, "one", 0, 1234);
	buf_append_str(&text, STR("no line feed at the end\r"));
	REQUIRE(take_and_commit(&bench, &options, STR("a.log"), buf_str(&text), false, &verdict) ==
	        ERR_OK);
	CHECK_EQ(verdict, SINK_TAKE);
	CHECK(reads_back(&bench, STR("a.log"), buf_str(&text)));
	struct store *store CLEANUP(store_closep) = open_reader(&bench);
	struct store_info info;
	REQUIRE(store != NULL);
	store_get_info(store, &info);
	CHECK_EQ(info.records, 1235);
	CHECK_EQ(info.tree_size, 1237); /* and the record of the file's end, and a seal */
	CHECK_EQ(info.segments, 1);
	CHECK_EQ(info.log_bytes, 0);
	CHECK(info.sealed);
	CHECK_EQ(info.time_min_ns, SAMPLE_TIME);
	CHECK_EQ(count_records(store, false), 1235);
	CHECK_EQ(count_records(store, true), 1237);
	struct store_verify_result result = verify_bench(&bench);
	CHECK(result.intact);
	CHECK_EQ(result.records, 1235);
	CHECK_EQ(result.checkpoints, 1);
	CHECK(bench.acks > 0);
	CHECK_EQ(bench.acked_index, 1234);
}

static void find_segment(void *ctx, const char *path) {
	char *found = ctx;
	if (strstr(path, ".seg") != NULL) {
		(void)snprintf(found, 128, "%s", path);
	}
}

/* Whether what comes out is the file; else there must be an error, never other bytes unsaid. */
static bool comes_out_or_fails(struct bench *bench, struct str text) {
	struct buf got CLEANUP(buf_deinit) = {0};
	struct store_options options = bench_options(bench, false);
	struct store *store CLEANUP(store_closep) = NULL;
	enum err err = store_open(&options, &store, &bench->diag);
	if (err == ERR_OK) {
		err = sample_read_back(store, STR("a.log"), &got, &bench->diag);
	}
	CHECK(err != ERR_OK || str_eq(buf_str(&got), text));
	return err == ERR_OK;
}

TEST(a_damaged_segment_gives_the_file_or_an_error_never_other_bytes) {
	struct bench bench CLEANUP(bench_deinit) = {.memory = os_memory_new(2)};
	struct buf text CLEANUP(buf_deinit) = {0};
	struct buf bytes CLEANUP(buf_deinit) = {0};
	struct store_options options = bench_options(&bench, true);
	char path[128] = "";
	enum sink_verdict verdict;
	size_t refused = 0;
	sample_lines(&text, "one", 0, 300);
	REQUIRE(take_and_commit(&bench, &options, STR("a.log"), buf_str(&text), false, &verdict) ==
	        ERR_OK);
	os_memory_each_file(bench.memory, find_segment, path);
	REQUIRE(os_read_file(os_memory_os(bench.memory), path, SIZE_MAX, &bytes) == ERR_OK);
	for (size_t i = 0; i < bytes.len; i += 1 + tap_random() % 41) {
		char kept = bytes.ptr[i];
		bytes.ptr[i] = (char)(kept ^ (1 << (tap_random() % 8)));
		REQUIRE(os_memory_set(bench.memory, path, buf_str(&bytes)) == ERR_OK);
		refused += !comes_out_or_fails(&bench, buf_str(&text));
		bytes.ptr[i] = kept;
	}
	CHECK(refused > 0);
	REQUIRE(os_memory_set(bench.memory, path, buf_str(&bytes)) == ERR_OK);
	CHECK(comes_out_or_fails(&bench, buf_str(&text)));
}

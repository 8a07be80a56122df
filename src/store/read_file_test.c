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
	CHECK_EQ(info.tree_size, 1236); /* and the record of the file's end */
	CHECK_EQ(info.segments, 1);
	CHECK_EQ(info.log_bytes, 0);
	CHECK(info.sealed);
	CHECK_EQ(info.time_min_ns, SAMPLE_TIME);
	CHECK_EQ(count_records(store, false), 1235);
	CHECK_EQ(count_records(store, true), 1236);
	struct store_verify_result result = verify_bench(&bench);
	CHECK(result.intact);
	CHECK_EQ(result.records, 1235);
	CHECK_EQ(result.checkpoints, 1);
	CHECK(bench.acks > 0);
	CHECK_EQ(bench.acked_index, 1234);
}

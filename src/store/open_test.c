/* Who may open what, and what an open store keeps. */
#include "store/store.h"

#include "tap.h"

#include "store/store_bench.h"

TEST(one_writer_at_a_time_and_readers_beside_it) {
	struct bench bench CLEANUP(bench_deinit) = {.memory = os_memory_new(7)};
	struct store *store CLEANUP(store_closep) = open_writer(&bench);
	struct store *second = NULL;
	struct store_options options = bench_options(&bench, true);
	REQUIRE(store != NULL);
	CHECK(store_open(&options, &second, &bench.diag) == ERR_LOCKED);
	struct store *reader CLEANUP(store_closep) = open_reader(&bench);
	REQUIRE(reader != NULL);
	CHECK_EQ(count_records(reader, true), 0);
}

TEST(a_reader_keeps_what_it_opened_while_the_segment_is_replaced) {
	struct bench bench CLEANUP(bench_deinit) = {.memory = os_memory_new(8)};
	struct buf text CLEANUP(buf_deinit) = {0};
	struct store_options options = bench_options(&bench, true);
	enum sink_verdict verdict;
	sample_lines(&text, "eight", 0, 120);
	REQUIRE(take_and_commit(&bench, &options, STR("a.log"), buf_str(&text), false, &verdict) ==
	        ERR_OK);
	struct store *reader CLEANUP(store_closep) = open_reader(&bench);
	REQUIRE(reader != NULL);
	sample_lines(&text, "eight", 120, 240);
	REQUIRE(take_and_commit(&bench, &options, STR("a.log"), buf_str(&text), false, &verdict) ==
	        ERR_OK);
	CHECK_EQ(count_records(reader, false), 120);
	struct store *later CLEANUP(store_closep) = open_reader(&bench);
	REQUIRE(later != NULL);
	CHECK_EQ(count_records(later, false), 240);
}

TEST(a_folder_that_is_no_store_is_left_alone) {
	struct bench bench CLEANUP(bench_deinit) = {.memory = os_memory_new(9)};
	const struct os *os = os_memory_os(bench.memory);
	struct store_options options = bench_options(&bench, true);
	struct store *store = NULL;
	REQUIRE(os->make_folder(os->ctx, "/data") == ERR_OK);
	REQUIRE(os_replace_file(os, "/data", "thesis.txt", STR("years of work")) == ERR_OK);
	CHECK(store_open(&options, &store, &bench.diag) == ERR_INVALID);
	options.writable = false;
	CHECK(store_open(&options, &store, &bench.diag) == ERR_NOT_FOUND);
}

/* Which files are taken, continued, or known already. */
#include "store/store.h"

#include "tap.h"

#include "store/store_bench.h"

TEST(the_same_file_is_not_taken_twice_and_a_grown_one_goes_on) {
	struct bench bench CLEANUP(bench_deinit) = {.memory = os_memory_new(2)};
	struct buf text CLEANUP(buf_deinit) = {0};
	struct store_options options = bench_options(&bench, true);
	enum sink_verdict verdict;
	sample_lines(&text, "two", 0, 300);
	REQUIRE(take_and_commit(&bench, &options, STR("a.log"), buf_str(&text), false, &verdict) ==
	        ERR_OK);
	REQUIRE(take_and_commit(&bench, &options, STR("a.log"), buf_str(&text), false, &verdict) ==
	        ERR_OK);
	CHECK_EQ(verdict, SINK_SKIP);
	sample_lines(&text, "two", 300, 451);
	REQUIRE(take_and_commit(&bench, &options, STR("a.log"), buf_str(&text), false, &verdict) ==
	        ERR_OK);
	CHECK_EQ(verdict, SINK_RESUME);
	CHECK(reads_back(&bench, STR("a.log"), buf_str(&text)));
	REQUIRE(take_and_commit(&bench, &options, STR("b.log"), buf_str(&text), false, &verdict) ==
	        ERR_OK);
	CHECK_EQ(verdict, SINK_SKIP);
	CHECK(reads_back(&bench, STR("b.log"), buf_str(&text)));
	REQUIRE(take_and_commit(&bench, &options, STR("b.log"), buf_str(&text), false, &verdict) ==
	        ERR_OK);
	struct store *store CLEANUP(store_closep) = open_reader(&bench);
	struct store_info info;
	const struct store_file *files;
	REQUIRE(store != NULL);
	store_get_info(store, &info);
	CHECK_EQ(info.records, 451);
	CHECK_EQ(info.segments, 1);    /* small ones are written again with what follows */
	CHECK_EQ(info.tree_size, 457); /* two ends of a.log, one other name, three seals */
	CHECK_EQ(store_files(store, &files), 2);
	CHECK_EQ(files[1].same_as, files[0].number);
	CHECK(verify_bench(&bench).intact);
}

TEST(the_size_of_a_file_says_whether_its_hash_may_be_known) {
	struct bench bench CLEANUP(bench_deinit) = {.memory = os_memory_new(5)};
	struct buf text CLEANUP(buf_deinit) = {0};
	struct store_options options = bench_options(&bench, true);
	enum sink_verdict verdict;
	sample_lines(&text, "four", 0, 50);
	REQUIRE(take_and_commit(&bench, &options, STR("a.log"), buf_str(&text), false, &verdict) ==
	        ERR_OK);
	struct store *store = NULL;
	REQUIRE(store_open(&options, &store, &bench.diag) == ERR_OK);
	CHECK(store_size_known(store, text.len));
	CHECK(!store_size_known(store, text.len + 1));
	store_closep(&store);
	options.take_again = true;
	REQUIRE(store_open(&options, &store, &bench.diag) == ERR_OK);
	CHECK(!store_size_known(store, text.len));
	store_closep(&store);
}

TEST(again_takes_a_known_file_anew) {
	struct bench bench CLEANUP(bench_deinit) = {.memory = os_memory_new(3)};
	struct buf text CLEANUP(buf_deinit) = {0};
	struct store_options options = bench_options(&bench, true);
	enum sink_verdict verdict;
	sample_lines(&text, "three", 0, 50);
	options.take_again = true;
	for (int i = 0; i < 2; i++) {
		REQUIRE(take_and_commit(&bench, &options, STR("a.log"), buf_str(&text), false, &verdict) ==
		        ERR_OK);
		CHECK_EQ(verdict, SINK_TAKE);
	}
	struct store *store CLEANUP(store_closep) = open_reader(&bench);
	REQUIRE(store != NULL);
	CHECK_EQ(count_records(store, false), 100);
	CHECK(verify_bench(&bench).intact);
}

TEST(an_empty_file_is_noted_and_comes_back_empty) {
	struct bench bench CLEANUP(bench_deinit) = {.memory = os_memory_new(4)};
	struct store_options options = bench_options(&bench, true);
	enum sink_verdict verdict;
	REQUIRE(take_and_commit(&bench, &options, STR("empty"), STR(""), false, &verdict) == ERR_OK);
	CHECK(reads_back(&bench, STR("empty"), STR("")));
	REQUIRE(take_and_commit(&bench, &options, STR("empty"), STR(""), false, &verdict) == ERR_OK);
	CHECK_EQ(verdict, SINK_SKIP);
	struct store_verify_result result = verify_bench(&bench);
	CHECK(result.intact);
	CHECK_EQ(result.tree_size, 2); /* its end, and a seal */
	CHECK_EQ(result.records, 0);
}

/* Facts about a store: totals, sources, files. */
#include "store/store.h"

#include "tap.h"

#include "store/store_bench.h"

TEST(totals_sources_and_files_are_those_of_what_was_taken) {
	struct bench bench CLEANUP(bench_deinit) = {.memory = os_memory_new(41)};
	const struct store_source *sources;
	const struct store_file *files;
	struct store_info info;
	make_small_store(&bench);
	struct store *store CLEANUP(store_closep) = open_reader(&bench);
	REQUIRE(store != NULL);
	store_get_info(store, &info);
	CHECK_EQ(info.records, 340);
	CHECK_EQ(info.objects, 1);
	CHECK(info.sealed && info.checkpoint_size == info.tree_size);
	CHECK(info.bytes_stored > 0 && info.log_bytes == 0);
	CHECK(str_starts(info.origin, STR("akashi/")));
	CHECK(store_checkpoint(store).len > 0);
	REQUIRE(store_sources(store, &sources) == 1); /* the store's own is not one */
	CHECK_STR(sources[0].name, "a.log");
	CHECK_EQ(sources[0].records, 340);
	REQUIRE(store_files(store, &files) == 2);
	CHECK_EQ(files[0].records, 340);
	CHECK(files[0].done && !files[0].is_object && files[1].is_object);
}

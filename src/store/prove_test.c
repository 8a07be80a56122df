/* Every record can be proved. */
#include "store/store.h"

#include "tap.h"

#include "store/store_bench.h"

TEST(every_record_can_be_proved) {
	struct bench bench CLEANUP(bench_deinit) = {.memory = os_memory_new(15)};
	make_small_store(&bench);
	struct store *store CLEANUP(store_closep) = open_reader(&bench);
	struct store_info info;
	REQUIRE(store != NULL);
	store_get_info(store, &info);
	for (uint64_t index = 0; index < info.tree_size; index += 7) {
		struct arena *arena CLEANUP(arena_freep) = arena_new(SIZE_MAX);
		struct store_proof proof;
		CHECK(store_prove(store, index, arena, &proof, &bench.diag) == ERR_OK);
		CHECK_EQ(proof.size, info.tree_size);
		CHECK(str_starts(proof.vkey, info.origin)); /* the key goes with it */
		CHECK(proof.vkey.len > info.origin.len + 40);
	}
	struct arena *arena CLEANUP(arena_freep) = arena_new(SIZE_MAX);
	struct store_proof proof;
	CHECK(store_prove(store, info.tree_size, arena, &proof, &bench.diag) == ERR_NOT_FOUND);
}

/* Every record can be proved, and that the store goes on from what it was. */
#include "store/store.h"

#include "seal/checkpoint.h"
#include "seal/tree.h"
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

/* The store's note as it stands, appended to out. */
static void keep_note(struct bench *bench, struct buf *out) {
	struct store *store CLEANUP(store_closep) = open_reader(bench);
	ASSERT(store != NULL);
	buf_append_str(out, store_checkpoint(store));
}

static enum err consistency_from(struct bench *bench, struct str note,
                                 struct store_consistency *out, struct arena *arena) {
	struct store *store CLEANUP(store_closep) = open_reader(bench);
	ASSERT(store != NULL);
	return store_prove_consistency(store, note, arena, out, &bench->diag);
}

/* Both roots from the notes, and the path between them. */
static bool proves(struct str old_note, const struct store_consistency *consistency) {
	struct verifier verifier;
	struct checkpoint old, new;
	return verifier_parse(consistency->vkey, &verifier, NULL) == ERR_OK &&
	       checkpoint_open(old_note, &verifier, &old, NULL) == ERR_OK &&
	       checkpoint_open(consistency->note, &verifier, &new, NULL) == ERR_OK &&
	       old.size == consistency->old_size &&
	       new.size == consistency->size &&tree_check_consistency(old.size, old.root, new.size,
	                                                              new.root, consistency->path);
}

TEST(the_store_goes_on_from_each_of_its_checkpoints_and_from_no_other) {
	enum { ROUNDS = 7 };
	struct bench bench CLEANUP(bench_deinit) = {.memory = os_memory_new(16)};
	struct bench other CLEANUP(bench_deinit) = {.memory = os_memory_new(17)};
	struct store_options options = bench_options(&bench, true);
	struct arena *arena CLEANUP(arena_freep) = arena_new(SIZE_MAX);
	struct store_consistency consistency;
	struct buf notes[ROUNDS] = {0};
	struct buf text CLEANUP(buf_deinit) = {0};
	struct os_memory *older = NULL;
	for (uint32_t i = 0; i < ROUNDS; i++) {
		enum sink_verdict verdict;
		sample_lines(&text, "on", i * 130, (i + 1) * 130); /* over pages and bundles of 256 */
		REQUIRE(take_and_commit(&bench, &options, STR("a.log"), buf_str(&text), false, &verdict) ==
		        ERR_OK);
		keep_note(&bench, &notes[i]);
		if (i == 2) {
			older = os_memory_crash(bench.memory, OS_CRASH_KEEP, 1);
		}
	}
	for (uint32_t i = 0; i < ROUNDS; i++) {
		REQUIRE(consistency_from(&bench, buf_str(&notes[i]), &consistency, arena) == ERR_OK);
		CHECK(proves(buf_str(&notes[i]), &consistency));
		CHECK_EQ(consistency.path.len == 0, i == ROUNDS - 1);
	}
	make_small_store(&other);
	CHECK_EQ(consistency_from(&other, buf_str(&notes[0]), &consistency, arena), ERR_NOT_FOUND);
	CHECK_EQ(consistency_from(&bench, STR("no note"), &consistency, arena), ERR_INVALID);
	struct bench back = {.memory = older};
	CHECK_EQ(consistency_from(&back, buf_str(&notes[2]), &consistency, arena), ERR_OK);
	CHECK_EQ(consistency_from(&back, buf_str(&notes[3]), &consistency, arena), ERR_CORRUPT);
	/* The same store goes on another way: its key is the same, its records are not. */
	options = bench_options(&back, true);
	enum sink_verdict verdict;
	sample_lines(&text, "other", 0, 900);
	REQUIRE(take_and_commit(&back, &options, STR("b.log"), buf_str(&text), false, &verdict) ==
	        ERR_OK);
	CHECK_EQ(consistency_from(&back, buf_str(&notes[2]), &consistency, arena), ERR_OK);
	CHECK_EQ(consistency_from(&back, buf_str(&notes[3]), &consistency, arena), ERR_CORRUPT);
	bench_deinit(&back);
	for (uint32_t i = 0; i < ROUNDS; i++) {
		buf_deinit(&notes[i]);
	}
}

/* Segments: cut at their size, committed whole or not at all, also when the disk is full. */
#include "store/store.h"

#include "tap.h"

#include "store/store_bench.h"
#include "store/store_private.h"

TEST(segments_are_cut_at_their_size_and_hold_together) {
	struct bench bench CLEANUP(bench_deinit) = {.memory = os_memory_new(5)};
	struct buf text CLEANUP(buf_deinit) = {0};
	struct store_options options = bench_options(&bench, true);
	enum sink_verdict verdict;
	options.segment_bytes = 10000;
	sample_lines(&text, "five", 0, 2000);
	REQUIRE(take_and_commit(&bench, &options, STR("a.log"), buf_str(&text), false, &verdict) ==
	        ERR_OK);
	sample_lines(&text, "five", 2000, 3000);
	REQUIRE(take_and_commit(&bench, &options, STR("a.log"), buf_str(&text), false, &verdict) ==
	        ERR_OK);
	CHECK(reads_back(&bench, STR("a.log"), buf_str(&text)));
	struct store *store CLEANUP(store_closep) = open_reader(&bench);
	struct store_info info;
	REQUIRE(store != NULL);
	store_get_info(store, &info);
	CHECK(info.segments > 10);
	CHECK_EQ(info.records, 3000);
	CHECK(verify_bench(&bench).intact);
}

/* No record is there for the tree: its leaves must be known. */
static enum err no_leaves(void *ctx, uint64_t first, uint32_t count, uint8_t *out_hashes) {
	uint32_t *asked = ctx;
	(void)first;
	memset(out_hashes, 0, (size_t)count * SHA256_SIZE);
	(*asked)++;
	return ERR_OK;
}

TEST(growth_is_signed_without_reading_records_again) {
	/* Rows of the store's own come in between, so that ends lie anywhere in bundles of leaves. */
	static const uint32_t counts[] = {1,   2,   90, 153, 250, 251, 252, 253, 254,  255, 256,
	                                  257, 400, 1,  1,   1,   508, 511, 3,   1000, 7};
	struct bench bench CLEANUP(bench_deinit) = {.memory = os_memory_new(5)};
	struct store_options options = bench_options(&bench, true);
	struct buf text CLEANUP(buf_deinit) = {0};
	uint32_t asked = 0;
	uint32_t lines = 0;
	struct store *store = NULL;
	options.epoch_seals = 100;
	REQUIRE(store_open(&options, &store, &bench.diag) == ERR_OK);
	store->writer->sealing.leaves = no_leaves;
	store->writer->sealing.leaves_ctx = &asked;
	for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
		struct taking taking = {.store = store, .rows_per_batch = 100};
		sample_lines(&text, "grows", lines, lines + counts[i]);
		lines += counts[i];
		CHECK_EQ(sample_take(&taking, STR("a.log"), buf_str(&text)), ERR_OK);
		CHECK_EQ(store_commit(store, &bench.diag), ERR_OK);
	}
	CHECK_EQ(asked, 0);
	store_close(store);
	CHECK(verify_bench(&bench).intact);
}

TEST(a_full_disk_loses_nothing_and_the_store_works_on_when_there_is_room) {
	struct buf first CLEANUP(buf_deinit) = {0};
	struct buf second CLEANUP(buf_deinit) = {0};
	sample_lines(&first, "first", 0, 330);
	sample_lines(&second, "second", 0, 130);
	uint64_t writes = UINT64_MAX;
	for (uint64_t nth = 1; nth <= writes; nth++) {
		struct bench bench CLEANUP(bench_deinit) = {.memory = os_memory_new(11)};
		struct os_fault *fault CLEANUP(os_fault_freep) = os_fault_new(os_memory_os(bench.memory));
		size_t rule =
		    os_fault_add(fault, (struct os_fault_rule){.kinds = OS_CALL_BIT(OS_CALL_PWRITE),
		                                               .nth = nth,
		                                               .lasting = true,
		                                               .action = OS_FAULT_SHORT,
		                                               .err = ERR_NO_SPACE});
		const char *why = "";
		bench.os = os_fault_os(fault);
		live(&bench, buf_str(&first), buf_str(&second));
		if (os_fault_strikes(fault, rule) == 0) {
			writes = 0; /* beyond the last write */
		}
		bench.os = NULL;
		struct os_memory *after = os_memory_crash(bench.memory, OS_CRASH_KEEP, 1);
		if (!CHECK(recovers(after, bench.acked_index, bench.acks > 0, buf_str(&first),
		                    buf_str(&second), &why))) {
			printf("# write %llu: %s\n", (unsigned long long)nth, why);
		}
	}
}

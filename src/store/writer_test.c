/* After a stop at any moment; nothing is signed over what is lost. (Each sync: lab_test.c.) */
#include "store/store.h"

#include "tap.h"

#include "store/store_bench.h"

struct watching {
	struct bench *bench;
	struct str first, second;
	uint32_t every; /* only each so-many-th call */
	uint32_t calls, tried, failed;
};

static void try_cuts(void *ctx, const struct os_call *call) {
	static const enum os_crash modes[] = {OS_CRASH_FORGET, OS_CRASH_KEEP, OS_CRASH_SEEDED};
	struct watching *watching = ctx;
	if ((OS_CALL_BIT(call->kind) & OS_CALLS_CHANGING) == 0 ||
	    watching->calls++ % watching->every != 0) {
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(modes); i++) {
		const char *why = "";
		struct os_memory *after =
		    os_memory_crash(watching->bench->memory, modes[i], watching->calls);
		watching->tried++;
		if (!recovers(after, watching->bench->acked_index, watching->bench->acks > 0,
		              watching->first, watching->second, &why)) {
			watching->failed++;
			printf("# cut before call %u (%s %s), mode %zu: %s\n", watching->calls,
			       os_call_name(call->kind), call->path == NULL ? "" : call->path, i, why);
		}
	}
}

TEST(a_cut_before_any_call_loses_nothing_that_was_acknowledged) {
	struct bench bench CLEANUP(bench_deinit) = {.memory = os_memory_new(10)};
	struct buf first CLEANUP(buf_deinit) = {0};
	struct buf second CLEANUP(buf_deinit) = {0};
	sample_lines(&first, "first", 0, 330);
	sample_lines(&second, "second", 0, 130);
	struct watching watching = {
	    .bench = &bench, .first = buf_str(&first), .second = buf_str(&second), .every = 1};
	struct os_record *record CLEANUP(os_record_freep) =
	    os_record_new(os_memory_os(bench.memory), try_cuts, &watching);
	bench.os = os_record_os(record);
	live(&bench, buf_str(&first), buf_str(&second));
	bench.os = NULL;
	printf("# %u cuts tried\n", watching.tried);
	CHECK_EQ(watching.failed, 0);
	CHECK(watching.tried > 100);
	CHECK(reads_back(&bench, STR("b.log"), buf_str(&second)));
}

TEST(nothing_is_signed_again_over_records_that_are_lost) {
	struct bench bench CLEANUP(bench_deinit) = {.memory = os_memory_new(16)};
	const struct os *os = os_memory_os(bench.memory);
	struct store_options options = bench_options(&bench, true);
	struct file_list files = {0};
	struct store *store = NULL;
	make_small_store(&bench);
	os_memory_each_file(bench.memory, add_name, &files);
	const char *last = NULL;
	for (size_t at = 0; at < files.names.len; at += strlen(files.names.ptr + at) + 1) {
		if (strstr(files.names.ptr + at, ".seg") != NULL &&
		    (last == NULL || strcmp(files.names.ptr + at, last) > 0)) {
			last = files.names.ptr + at;
		}
	}
	REQUIRE(last != NULL && os->unlink(os->ctx, last) == ERR_OK);
	struct buf before CLEANUP(buf_deinit) = {0};
	struct buf after CLEANUP(buf_deinit) = {0};
	REQUIRE(os_read_file(os, "/data/tree/default/checkpoints", SIZE_MAX, &before) == ERR_OK);
	REQUIRE(store_open(&options, &store, &bench.diag) == ERR_OK);
	CHECK_STR(store_class(store), "default.2");
	store_close(store);
	REQUIRE(os_read_file(os, "/data/tree/default/checkpoints", SIZE_MAX, &after) == ERR_OK);
	CHECK(str_eq(buf_str(&before), buf_str(&after)));
	struct store *reader CLEANUP(store_closep) = open_reader(&bench);
	REQUIRE(reader != NULL);
	CHECK(count_records(reader, false) > 0);
	buf_deinit(&files.names);
}

/* The store as a whole, over the file system in memory: writing, reading back, going on, crashes at
 * every step, the log, full disks, and what verify finds.
 */
#include "store/store.h"

#include "base/instant.h"
#include "os/os_fault.h"
#include "os/os_memory.h"
#include "os/os_record.h"
#include "store/store_sample.h"
#include "tap.h"

struct bench {
	struct os_memory *memory;
	const struct os *os; /* NULL: that of memory */
	struct buf notices;
	uint64_t acked_index; /* highest that was reported durable */
	uint32_t acks;
	struct diag diag;
};

static void note(void *ctx, struct str message) {
	struct bench *bench = ctx;
	buf_append_str(&bench->notices, message);
	buf_append_char(&bench->notices, '\n');
}

static void acked(void *ctx, const struct store_piece *piece) {
	struct bench *bench = ctx;
	bench->acks++;
	bench->acked_index = MAX_OF(bench->acked_index, piece->index);
}

static void bench_deinit(struct bench *bench) {
	os_memory_free(bench->memory);
	buf_deinit(&bench->notices);
}

static struct store_options bench_options(struct bench *bench, bool writable) {
	return (struct store_options){.os = bench->os != NULL ? bench->os : os_memory_os(bench->memory),
	                              .path = "/data",
	                              .writable = writable,
	                              .create = writable,
	                              .durable = acked,
	                              .notice = note,
	                              .ctx = bench};
}

static struct store *open_or_fail(struct bench *bench, const struct store_options *options) {
	struct store *store = NULL;
	enum err err = store_open(options, &store, &bench->diag);
	if (!CHECK(err == ERR_OK)) {
		printf("# %s (%s)\n", bench->diag.message, bench->diag.hint);
	}
	return err == ERR_OK ? store : NULL;
}

static struct store *open_writer(struct bench *bench) {
	struct store_options options = bench_options(bench, true);
	return open_or_fail(bench, &options);
}

static struct store *open_reader(struct bench *bench) {
	struct store_options options = bench_options(bench, false);
	return open_or_fail(bench, &options);
}

static void print_damage(void *ctx, const struct store_damage *damage) {
	(void)ctx;
	printf("# damage: %.*s: %.*s [%llu, %llu)\n", STR_ARG(damage->where), STR_ARG(damage->what),
	       (unsigned long long)damage->index_from, (unsigned long long)damage->index_to);
}

static struct store_verify_result verify_quietly(const struct os *os) {
	struct store_verify_options options = {.damage = getenv("AKASHI_TELL") ? print_damage : NULL};
	struct store_verify_result result = {0};
	struct diag diag = {0};
	enum err err = store_verify(os, "/data", &options, &result, &diag);
	result.intact = result.intact && err == ERR_OK;
	return result;
}

static struct store_verify_result verify_bench(struct bench *bench) {
	struct store_verify_options options = {.damage = print_damage};
	struct store_verify_result result = {0};
	if (!CHECK(store_verify(os_memory_os(bench->memory), "/data", &options, &result,
	                        &bench->diag) == ERR_OK)) {
		printf("# %s\n", bench->diag.message);
	}
	return result;
}

/* Opens, takes one file, commits, closes. */
static enum err take_and_commit(struct bench *bench, const struct store_options *options,
                                struct str path, struct str text, bool log,
                                enum sink_verdict *out_verdict) {
	struct store *store CLEANUP(store_closep) = NULL;
	TRY(store_open(options, &store, &bench->diag));
	struct taking taking = {.store = store, .rows_per_batch = 100, .log = log};
	enum err err = sample_replay(&taking, NULL);
	if (err == ERR_OK) {
		err = sample_take(&taking, path, text);
	}
	*out_verdict = taking.verdict;
	if (err != ERR_OK) {
		bench->diag = taking.diag;
		return err;
	}
	return store_commit(store, &bench->diag);
}

static bool reads_back(struct bench *bench, struct str path, struct str text) {
	struct store *store CLEANUP(store_closep) = open_reader(bench);
	struct buf got CLEANUP(buf_deinit) = {0};
	if (store == NULL) {
		return false;
	}
	enum err err = sample_read_back(store, path, &got, &bench->diag);
	if (err != ERR_OK) {
		printf("# %s: %s\n", err_text(err), bench->diag.message);
	}
	return err == ERR_OK && str_eq(buf_str(&got), text);
}

static uint64_t count_records(struct store *store, bool all_types) {
	struct store_scan *scan = NULL;
	struct store_scan_options options = {.from_ns = INSTANT_MIN,
	                                     .to_ns = INSTANT_MAX,
	                                     .index_to = UINT64_MAX,
	                                     .all_types = all_types};
	uint64_t records = 0;
	CHECK(store_scan_new(store, &options, &scan) == ERR_OK);
	for (;;) {
		struct store_view *view = NULL;
		const uint8_t *types;
		struct diag diag = {0};
		if (!CHECK(store_scan_next(scan, &view, &diag) == ERR_OK) || view == NULL) {
			break;
		}
		CHECK(store_view_types(view, &types) == ERR_OK);
		for (uint32_t row = 0; row < store_view_rows(view); row++) {
			records += all_types || types[row] == RECORD_DATA;
		}
		store_view_free(view);
	}
	store_scan_free(scan);
	return records;
}

TEST(what_is_taken_is_read_back_to_the_byte_and_verifies) {
	struct bench bench CLEANUP(bench_deinit) = {.memory = os_memory_new(1)};
	struct buf text CLEANUP(buf_deinit) = {0};
	struct store_options options = bench_options(&bench, true);
	enum sink_verdict verdict;
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
	CHECK_EQ(info.tree_size, 454); /* two ends of a.log, one other name */
	CHECK_EQ(store_files(store, &files), 2);
	CHECK_EQ(files[1].same_as, files[0].number);
	CHECK(verify_bench(&bench).intact);
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
	CHECK_EQ(result.tree_size, 1);
	CHECK_EQ(result.records, 0);
}

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

/* ---- crashes ---- */

/* One life of a store: two sessions, a segment written again, the log used. Stops at the first
 * error; returns how far it came. acked counts in bench. */
static void live(struct bench *bench, struct str first, struct str second) {
	struct store_options options = bench_options(bench, true);
	enum sink_verdict verdict;
	options.segment_bytes = 9000;
	if (take_and_commit(bench, &options, STR("a.log"), first, false, &verdict) == ERR_OK) {
		enum err err = take_and_commit(bench, &options, STR("b.log"), second, true, &verdict);
		(void)err; /* the disk died on purpose */
	}
}

/* After a stop: intact as it is, opens, takes over the log, keeps what was acknowledged, and can go
 * on; intact again. */
static bool recovers(struct os_memory *memory, uint64_t acked_index, bool any_acked,
                     struct str first, struct str second, const char **out_why) {
	struct bench bench CLEANUP(bench_deinit) = {.memory = memory};
	struct store_options options = bench_options(&bench, true);
	enum sink_verdict verdict;
	const struct os *os = os_memory_os(memory);
	struct os_stat stat;
	options.segment_bytes = 9000;
	if (os->stat(os->ctx, "/data/store", true, &stat) == ERR_OK && !verify_quietly(os).intact) {
		*out_why = "not intact before it is opened";
		return false;
	}
	struct store *store = NULL;
	*out_why = "cannot be opened";
	if (store_open(&options, &store, &bench.diag) != ERR_OK) {
		printf("# %s\n", bench.diag.message);
		return false;
	}
	struct taking taking = {.store = store, .rows_per_batch = 100};
	enum err err = sample_replay(&taking, NULL);
	err = err == ERR_OK ? store_commit(store, &bench.diag) : err;
	struct store_info info;
	store_get_info(store, &info);
	store_close(store);
	*out_why = "the log cannot be taken over";
	if (err != ERR_OK) {
		return false;
	}
	*out_why = "acknowledged records are lost";
	if (any_acked && info.tree_size <= acked_index) {
		return false;
	}
	*out_why = "the log is not empty";
	if (info.log_bytes != 0) {
		return false;
	}
	*out_why = "the files cannot be taken again";
	if (take_and_commit(&bench, &options, STR("a.log"), first, false, &verdict) != ERR_OK ||
	    take_and_commit(&bench, &options, STR("b.log"), second, false, &verdict) != ERR_OK) {
		return false;
	}
	*out_why = "the files do not come back to the byte";
	if (!reads_back(&bench, STR("a.log"), first) || !reads_back(&bench, STR("b.log"), second)) {
		return false;
	}
	*out_why = "not intact at the end";
	return verify_bench(&bench).intact;
}

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

/* A store over the file system in memory, for the tests of this folder: opening it, taking files,
 * reading them back, verifying, cutting the power. Include tap.h before it.
 */
#pragma once

#include "base/instant.h"
#include "os/os_fault.h"
#include "os/os_memory.h"
#include "os/os_record.h"
#include "store/store_sample.h"

struct bench {
	struct os_memory *memory;
	const struct os *os; /* NULL: that of memory */
	struct buf notices;
	uint64_t acked_index; /* highest that was reported durable */
	bool between_failed;  /* what the first session had finished did not hold */
	bool check_between;
	uint32_t acks;
	struct diag diag;
};

static inline void note(void *ctx, struct str message) {
	struct bench *bench = ctx;
	buf_append_str(&bench->notices, message);
	buf_append_char(&bench->notices, '\n');
}

static inline void acked(void *ctx, const struct store_piece *piece) {
	struct bench *bench = ctx;
	bench->acks++;
	bench->acked_index = MAX_OF(bench->acked_index, piece->index);
}

static inline void bench_deinit(struct bench *bench) {
	os_memory_free(bench->memory);
	buf_deinit(&bench->notices);
}

static inline struct store_options bench_options(struct bench *bench, bool writable) {
	return (struct store_options){.os = bench->os != NULL ? bench->os : os_memory_os(bench->memory),
	                              .path = "/data",
	                              .writable = writable,
	                              .create = writable,
	                              .epoch_seals = 2,
	                              .epoch_count = 40,
	                              .durable = acked,
	                              .notice = note,
	                              .ctx = bench};
}

static inline struct store *open_or_fail(struct bench *bench, const struct store_options *options) {
	struct store *store = NULL;
	enum err err = store_open(options, &store, &bench->diag);
	if (!CHECK(err == ERR_OK)) {
		printf("# %s (%s)\n", bench->diag.message, bench->diag.hint);
	}
	return err == ERR_OK ? store : NULL;
}

static inline struct store *open_writer(struct bench *bench) {
	struct store_options options = bench_options(bench, true);
	return open_or_fail(bench, &options);
}

static inline struct store *open_reader(struct bench *bench) {
	struct store_options options = bench_options(bench, false);
	return open_or_fail(bench, &options);
}

static inline void print_damage(void *ctx, const struct store_damage *damage) {
	(void)ctx;
	printf("# damage: %.*s: %.*s [%llu, %llu)\n", STR_ARG(damage->where), STR_ARG(damage->what),
	       (unsigned long long)damage->index_from, (unsigned long long)damage->index_to);
}

static inline struct store_verify_result verify_quietly(const struct os *os) {
	struct store_verify_options options = {.damage = getenv("AKASHI_TELL") ? print_damage : NULL};
	struct store_verify_result result = {0};
	struct diag diag = {0};
	enum err err = store_verify(os, "/data", &options, &result, &diag);
	result.intact = result.intact && err == ERR_OK;
	return result;
}

static inline struct store_verify_result verify_bench(struct bench *bench) {
	struct store_verify_options options = {.damage = print_damage};
	struct store_verify_result result = {0};
	if (!CHECK(store_verify(os_memory_os(bench->memory), "/data", &options, &result,
	                        &bench->diag) == ERR_OK)) {
		printf("# %s\n", bench->diag.message);
	}
	return result;
}

/* Opens, takes one file, commits, closes. */
static inline enum err take_and_commit(struct bench *bench, const struct store_options *options,
                                       struct str path, struct str text, bool log,
                                       enum sink_verdict *out_verdict) {
	struct store *store CLEANUP(store_closep) = NULL;
	*out_verdict = SINK_TAKE; /* when it is never asked */
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

static inline bool reads_back(struct bench *bench, struct str path, struct str text) {
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

static inline uint64_t count_records(struct store *store, bool all_types) {
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

struct file_list {
	struct buf names; /* each with NUL */
};

static inline void add_name(void *ctx, const char *path) {
	struct file_list *list = ctx;
	if (strcmp(path, "/data/lock") != 0) {
		buf_append(&list->names, path, strlen(path) + 1);
	}
}

static inline void make_small_store(struct bench *bench) {
	struct store_options options = bench_options(bench, true);
	struct buf text CLEANUP(buf_deinit) = {0};
	struct sink_file object = {.path = STR_INIT("x.gz"),
	                           .source = STR_INIT("x.gz"),
	                           .is_object = true,
	                           .hash_known = true,
	                           .bytes = "the bytes of an object",
	                           .size = 22};
	enum sink_verdict verdict;
	struct sink_resume resume;
	struct batch_file_end end = {.size = 22};
	options.segment_bytes = 12000;
	sample_lines(&text, "small", 0, 300);
	CHECK(take_and_commit(bench, &options, STR("a.log"), buf_str(&text), false, &verdict) ==
	      ERR_OK);
	struct store *store CLEANUP(store_closep) = NULL;
	REQUIRE(store_open(&options, &store, &bench->diag) == ERR_OK);
	struct taking taking = {.store = store, .rows_per_batch = 100};
	sha256(object.bytes, object.size, object.hash);
	memcpy(end.hash, object.hash, sizeof(end.hash));
	CHECK(store_file_begin(store, &object, false, &end.file, &verdict, &resume, &bench->diag) ==
	      ERR_OK);
	struct batch *batch = batch_new();
	batch_add_file_end(batch, &end);
	CHECK(sample_hand_over(&taking, batch) == ERR_OK);
	sample_lines(&text, "small", 300, 340);
	CHECK(sample_take(&taking, STR("a.log"), buf_str(&text)) == ERR_OK);
	CHECK(store_commit(store, &bench->diag) == ERR_OK);
}

/* When `ingest` has returned, everything is durable, sealed, and the log empty. */
static inline bool finished_state_holds(const struct os_memory *memory, uint64_t acked_index) {
	struct bench bench CLEANUP(bench_deinit) = {.memory =
	                                                os_memory_crash(memory, OS_CRASH_FORGET, 1)};
	struct store_options options = bench_options(&bench, false);
	struct store *store CLEANUP(store_closep) = NULL;
	struct store_info info;
	if (store_open(&options, &store, &bench.diag) != ERR_OK) {
		return false;
	}
	store_get_info(store, &info);
	return info.sealed && info.log_bytes == 0 && info.tree_size > acked_index &&
	       verify_quietly(os_memory_os(bench.memory)).intact;
}

static inline void live(struct bench *bench, struct str first, struct str second) {
	struct store_options options = bench_options(bench, true);
	enum sink_verdict verdict;
	options.segment_bytes = 9000;
	if (take_and_commit(bench, &options, STR("a.log"), first, false, &verdict) == ERR_OK) {
		bench->between_failed =
		    bench->check_between && !finished_state_holds(bench->memory, bench->acked_index);
		enum err err = take_and_commit(bench, &options, STR("b.log"), second, true, &verdict);
		(void)err; /* the disk died on purpose */
	}
}

static inline bool recovers(struct os_memory *memory, uint64_t acked_index, bool any_acked,
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

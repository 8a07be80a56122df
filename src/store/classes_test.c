/* Several classes in one folder: each a log of its own, under one lock, in one verification. */
#include "store/facts.h"
#include "tap.h"

#include "store/store_bench.h"

/* Opens default and beside it class_name, takes a file into each, commits both. */
static enum err live_with(struct bench *bench, const char *class_name, struct str first,
                          struct str second) {
	struct store_options options = bench_options(bench, true);
	struct store *store CLEANUP(store_closep) = NULL;
	struct store *beside CLEANUP(store_closep) = NULL;
	options.segment_bytes = 9000;
	TRY(store_open(&options, &store, &bench->diag));
	options.tree = class_name;
	options.beside = store;
	struct taking taking = {.store = store, .rows_per_batch = 100};
	TRY(sample_replay(&taking, NULL));
	TRY(sample_take(&taking, STR("a.log"), first)); /* a segment is open while the other is made */
	enum err err = store_open(&options, &beside, &bench->diag);
	if (err == ERR_OK) {
		struct taking other = {.store = beside, .rows_per_batch = 100, .log = true};
		err = sample_replay(&other, NULL);
		err = err == ERR_OK ? sample_take(&other, STR("b.log"), second) : err;
		err = err == ERR_OK ? store_commit(beside, &bench->diag) : err;
	}
	err = err == ERR_OK ? store_commit(store, &bench->diag) : err;
	store_close(TAKE(beside));
	return err;
}

static void sum_up(struct bench *bench, struct store_info *out_info, size_t *out_classes) {
	struct store_options options = bench_options(bench, false);
	struct store_set set = {0};
	*out_info = (struct store_info){0};
	*out_classes = 0;
	if (CHECK(store_set_open(&options, &set, &bench->diag) == ERR_OK)) {
		store_set_info(&set, out_info);
		*out_classes = set.count;
		store_set_close(&set);
	}
}

struct two {
	struct bench bench;
	struct buf first, second;
};

static void two_deinit(struct two *two) {
	bench_deinit(&two->bench);
	buf_deinit(&two->first);
	buf_deinit(&two->second);
}

static void two_init(struct two *two) {
	*two = (struct two){.bench = {.memory = os_memory_new(31)}};
	sample_lines(&two->first, "first", 0, 250);
	sample_lines(&two->second, "second", 0, 120);
}

TEST(two_classes_are_two_logs_and_one_store) {
	struct two two CLEANUP(two_deinit);
	struct store_info info;
	size_t classes;
	two_init(&two);
	REQUIRE(live_with(&two.bench, "1y", buf_str(&two.first), buf_str(&two.second)) == ERR_OK);
	sum_up(&two.bench, &info, &classes);
	CHECK_EQ(classes, 2);
	CHECK_EQ(info.records, 370);
	CHECK(info.sealed);
	CHECK_EQ(info.log_bytes, 0);
	struct store_verify_result result = verify_bench(&two.bench);
	CHECK(result.intact);
	CHECK_EQ(result.records, 370);
	CHECK_EQ(result.signed_size, result.tree_size);
	CHECK(reads_back(&two.bench, STR("a.log"), buf_str(&two.first)));
	/* Each begins at 0, under an origin of its own. */
	struct store_options options = bench_options(&two.bench, false);
	struct store *store CLEANUP(store_closep) = NULL;
	options.tree = "1y";
	REQUIRE(store_open(&options, &store, &two.bench.diag) == ERR_OK);
	store_get_info(store, &info);
	CHECK_EQ(info.records, 120);
	CHECK(str_ends(info.origin, STR("/1y")));
	CHECK(str_starts(store_checkpoint(store), info.origin));
}

TEST(a_class_of_the_same_name_goes_on) {
	struct two two CLEANUP(two_deinit);
	struct store_info info;
	size_t classes;
	struct buf more CLEANUP(buf_deinit) = {0};
	two_init(&two);
	REQUIRE(live_with(&two.bench, "1y", buf_str(&two.first), buf_str(&two.second)) == ERR_OK);
	sample_lines(&more, "second", 0, 200);
	REQUIRE(live_with(&two.bench, "1y", buf_str(&two.first), buf_str(&more)) == ERR_OK);
	sum_up(&two.bench, &info, &classes);
	CHECK_EQ(classes, 2);
	CHECK_EQ(info.records, 450);
	CHECK(verify_bench(&two.bench).intact);
}

TEST(names_that_are_none_are_refused) {
	static const char *const wrong[] = {
	    "", "A", "a/b", "..", "-x", "a b", "123456789012345678901234567890123"};
	struct bench bench CLEANUP(bench_deinit) = {.memory = os_memory_new(32)};
	struct store *store CLEANUP(store_closep) = open_writer(&bench);
	struct store_options options = bench_options(&bench, true);
	REQUIRE(store != NULL);
	options.beside = store;
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		struct store *beside = NULL;
		options.tree = wrong[i];
		CHECK(store_open(&options, &beside, &bench.diag) == ERR_INVALID);
	}
	options.beside = NULL;
	options.writable = false;
	options.tree = "1y";
	struct store *reader = NULL;
	CHECK(store_open(&options, &reader, &bench.diag) == ERR_NOT_FOUND);
}

TEST(a_store_has_room_for_so_many_classes_and_says_so) {
	struct bench bench CLEANUP(bench_deinit) = {.memory = os_memory_new(33)};
	struct store *store CLEANUP(store_closep) = open_writer(&bench);
	struct store_options options = bench_options(&bench, true);
	char name[8];
	REQUIRE(store != NULL);
	options.beside = store;
	options.tree = name;
	for (int i = 1; i <= STORE_CLASSES_MAX; i++) {
		struct store *beside = NULL;
		(void)snprintf(name, sizeof(name), "c%d", i);
		enum err err = store_open(&options, &beside, &bench.diag);
		CHECK(err == (i < STORE_CLASSES_MAX ? ERR_OK : ERR_LIMIT));
		CHECK(err == ERR_OK || strstr(bench.diag.hint, "--store") != NULL);
		store_close(beside);
	}
	store_close(TAKE(store));
	CHECK(verify_bench(&bench).intact);
}

static void remove_below(struct bench *bench, const char *part) {
	struct file_list files = {0};
	const struct os *os = os_memory_os(bench->memory);
	os_memory_each_file(bench->memory, add_name, &files);
	for (size_t at = 0; at < files.names.len; at += strlen(files.names.ptr + at) + 1) {
		if (strncmp(files.names.ptr + at, part, strlen(part)) == 0) {
			REQUIRE(os->unlink(os->ctx, files.names.ptr + at) == ERR_OK);
		}
	}
	buf_deinit(&files.names);
}

/* Whoever removes a class removes what was signed. */
TEST(a_class_whose_files_are_gone_is_missed) {
	static const char *const parts[] = {"/data/segments/1y", "/data/tree/1y"};
	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		struct two two CLEANUP(two_deinit);
		two_init(&two);
		REQUIRE(live_with(&two.bench, "1y", buf_str(&two.first), buf_str(&two.second)) == ERR_OK);
		const struct os *os = os_memory_os(two.bench.memory);
		remove_below(&two.bench, parts[i]);
		struct store_verify_result result = verify_quietly(os);
		CHECK(!result.intact);
	}
}

static void set_file(struct bench *bench, const char *path, struct str bytes) {
	char folder[200];
	(void)snprintf(folder, sizeof(folder), "%s", path);
	char *name = strrchr(folder, '/');
	*name = '\0';
	REQUIRE(os_replace_file(os_memory_os(bench->memory), folder, name + 1, bytes) == ERR_OK);
}

TEST(a_segment_or_checkpoint_of_another_class_is_none_of_this_one) {
	struct two two CLEANUP(two_deinit);
	struct buf note CLEANUP(buf_deinit) = {0};
	struct buf journal CLEANUP(buf_deinit) = {0};
	two_init(&two);
	/* The same lines in both. */
	REQUIRE(live_with(&two.bench, "1y", buf_str(&two.first), buf_str(&two.first)) == ERR_OK);
	const struct os *os = os_memory_os(two.bench.memory);
	REQUIRE(os_read_file(os, "/data/tree/1y/checkpoint", 65536, &note) == ERR_OK);
	REQUIRE(os_read_file(os, "/data/tree/1y/checkpoints", 65536, &journal) == ERR_OK);
	set_file(&two.bench, "/data/tree/default/checkpoint", buf_str(&note));
	set_file(&two.bench, "/data/tree/default/checkpoints", buf_str(&journal));
	CHECK(!verify_quietly(os).intact);
}

/* With its line in the file `store`, and every file: the other tree has sealed what it was. */
TEST(a_class_that_was_removed_without_a_trace_is_missed_by_the_others) {
	struct two two CLEANUP(two_deinit);
	struct buf more CLEANUP(buf_deinit) = {0};
	struct buf text CLEANUP(buf_deinit) = {0};
	struct facts facts;
	two_init(&two);
	REQUIRE(live_with(&two.bench, "1y", buf_str(&two.first), buf_str(&two.second)) == ERR_OK);
	const struct os *os = os_memory_os(two.bench.memory);
	REQUIRE(os_read_file(os, "/data/store", FACTS_MAX, &text) == ERR_OK);
	REQUIRE(facts_parse(buf_str(&text), &facts, NULL) == ERR_OK);
	facts = facts_make(facts.uuid);
	buf_clear(&text);
	facts_format(&facts, &text);
	set_file(&two.bench, "/data/store", buf_str(&text));
	remove_below(&two.bench, "/data/segments/1y");
	remove_below(&two.bench, "/data/tree/1y");
	remove_below(&two.bench, "/data/log/1y");
	CHECK(!verify_quietly(os).intact);
}

/* A class that is put back to an older state as a whole looks intact from inside. */
TEST(a_class_that_was_rolled_back_is_told_by_the_others) {
	struct two two CLEANUP(two_deinit);
	struct buf longer CLEANUP(buf_deinit) = {0};
	struct buf longest CLEANUP(buf_deinit) = {0};
	two_init(&two);
	sample_lines(&longer, "second", 0, 200);
	sample_lines(&longest, "first", 0, 300);
	REQUIRE(live_with(&two.bench, "1y", buf_str(&two.first), buf_str(&two.second)) == ERR_OK);
	struct os_memory *older CLEANUP(os_memory_freep) =
	    os_memory_crash(two.bench.memory, OS_CRASH_KEEP, 1);
	REQUIRE(live_with(&two.bench, "1y", buf_str(&longest), buf_str(&longer)) == ERR_OK);
	CHECK(verify_bench(&two.bench).intact);
	remove_below(&two.bench, "/data/segments/1y");
	remove_below(&two.bench, "/data/tree/1y");
	struct file_list files = {0};
	os_memory_each_file(older, add_name, &files);
	for (size_t at = 0; at < files.names.len; at += strlen(files.names.ptr + at) + 1) {
		struct buf bytes CLEANUP(buf_deinit) = {0};
		const char *name = files.names.ptr + at;
		if (strstr(name, "/1y/") != NULL) {
			REQUIRE(os_read_file(os_memory_os(older), name, SIZE_MAX, &bytes) == ERR_OK);
			set_file(&two.bench, name, buf_str(&bytes));
		}
	}
	buf_deinit(&files.names);
	CHECK(!verify_quietly(os_memory_os(two.bench.memory)).intact);
}

/* ---- stops ---- */

struct cutting {
	struct two *two;
	uint32_t calls, tried, failed;
};

/* After a cut the folder is intact, opens, and takes both files again. */
static const char *go_on_after(struct os_memory *memory, const struct cutting *cutting) {
	struct bench bench CLEANUP(bench_deinit) = {.memory = memory};
	const struct os *os = os_memory_os(memory);
	struct os_stat stat;
	struct store_info info;
	size_t classes;
	bool made = os->stat(os->ctx, "/data/store", true, &stat) == ERR_OK;
	if (made && !verify_quietly(os).intact) {
		return "not intact before it is opened";
	}
	if (live_with(&bench, "1y", buf_str(&cutting->two->first), buf_str(&cutting->two->second)) !=
	    ERR_OK) {
		printf("# %s\n", bench.diag.message);
		return "cannot go on";
	}
	sum_up(&bench, &info, &classes);
	return info.records == 370 && info.sealed && verify_quietly(os).intact
	           ? NULL
	           : "records are not right";
}

static void try_cut(void *ctx, const struct os_call *call) {
	static const enum os_crash modes[] = {OS_CRASH_FORGET, OS_CRASH_KEEP, OS_CRASH_SEEDED};
	struct cutting *cutting = ctx;
	if ((OS_CALL_BIT(call->kind) & OS_CALLS_CHANGING) == 0) {
		return;
	}
	cutting->calls++;
	for (size_t i = 0; i < ARRAY_LEN(modes); i++) {
		const char *why = go_on_after(
		    os_memory_crash(cutting->two->bench.memory, modes[i], cutting->calls), cutting);
		cutting->tried++;
		if (why != NULL) {
			cutting->failed++;
			printf("# cut before call %u (%s %s), mode %zu: %s\n", cutting->calls,
			       os_call_name(call->kind), call->path == NULL ? "" : call->path, i, why);
		}
	}
}

TEST(a_cut_at_any_moment_of_two_classes_costs_nothing) {
	struct two two CLEANUP(two_deinit);
	two_init(&two);
	struct cutting cutting = {.two = &two};
	struct os_record *record CLEANUP(os_record_freep) =
	    os_record_new(os_memory_os(two.bench.memory), try_cut, &cutting);
	two.bench.os = os_record_os(record);
	CHECK(live_with(&two.bench, "1y", buf_str(&two.first), buf_str(&two.second)) == ERR_OK);
	printf("# %u cuts tried\n", cutting.tried);
	CHECK_EQ(cutting.failed, 0);
	CHECK(cutting.tried > 200);
}

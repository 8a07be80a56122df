/* Leftovers of a stop are named by verify and removed by the next writer; strangers are damage, and
 * stay.
 */
#include "store/leftovers.h"

#include "tap.h"

#include "store/store_bench.h"

#define HASH "ab23456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const char *const leftovers[] = {"store.tmp",
                                        "keys/identity.key.tmp",
                                        "keys/identity.vkey.tmp",
                                        "segments/default/new.tmp",
                                        "tree/default/checkpoint.tmp",
                                        "tree/default/intent.tmp",
                                        "objects/ab/" HASH ".tmp",
                                        "quarantine/wal-" HASH ".bin.tmp",
                                        "quarantine/log-" HASH ".bin.tmp",
                                        "quarantine/checkpoints-" HASH ".bin.tmp"};

static const char *const strangers[] = {"x.tmp",
                                        "store.tmp.tmp",
                                        "keys/store.tmp",
                                        "segments/new.tmp",
                                        "segments/default/other.tmp",
                                        "tree/default/checkpoints.tmp",
                                        "log/x.tmp",
                                        "objects/x.tmp",
                                        "objects/cd/" HASH ".tmp",
                                        "objects/ab/" HASH "0.tmp",
                                        "quarantine/x.bin.tmp",
                                        "quarantine/wal-" HASH ".tmp",
                                        "quarantine/wal-" HASH ".bin.tmp.tmp"};

TEST(only_names_that_a_writer_makes_are_leftovers) {
	for (size_t i = 0; i < ARRAY_LEN(leftovers); i++) {
		CHECK(is_leftover(str_from(leftovers[i])));
	}
	for (size_t i = 0; i < ARRAY_LEN(strangers); i++) {
		CHECK(!is_leftover(str_from(strangers[i])));
	}
}

static void put(struct bench *bench, const char *where) {
	char folder[200];
	int len = snprintf(folder, sizeof(folder), "/data/%s", where);
	REQUIRE(len > 0 && (size_t)len < sizeof(folder));
	char *name = strrchr(folder, '/');
	*name++ = '\0';
	REQUIRE(os_make_folders(os_memory_os(bench->memory), folder) == ERR_OK);
	REQUIRE(os_replace_file(os_memory_os(bench->memory), folder, name, STR("half")) == ERR_OK);
}

static bool is_there(struct bench *bench, const char *where) {
	char path[200];
	struct os_stat stat;
	const struct os *os = os_memory_os(bench->memory);
	(void)snprintf(path, sizeof(path), "/data/%s", where);
	return os->stat(os->ctx, path, false, &stat) == ERR_OK;
}

TEST(a_leftover_is_named_and_no_damage_and_the_next_writer_removes_it) {
	struct bench bench CLEANUP(bench_deinit) = {.memory = os_memory_new(21)};
	make_small_store(&bench);
	for (size_t i = 0; i < ARRAY_LEN(leftovers); i++) {
		put(&bench, leftovers[i]);
		struct store_verify_result result = verify_bench(&bench);
		CHECK(result.intact);
		if (!CHECK_EQ(result.leftovers, 1)) {
			printf("# %s\n", leftovers[i]);
		}
		store_close(open_writer(&bench));
		CHECK(!is_there(&bench, leftovers[i]));
		CHECK_EQ(verify_bench(&bench).leftovers, 0);
	}
}

TEST(a_stranger_is_damage_and_no_writer_removes_it) {
	for (size_t i = 0; i < ARRAY_LEN(strangers); i++) {
		struct bench bench CLEANUP(bench_deinit) = {.memory = os_memory_new(22)};
		make_small_store(&bench);
		put(&bench, strangers[i]);
		if (!CHECK(!verify_quietly(os_memory_os(bench.memory)).intact)) {
			printf("# %s\n", strangers[i]);
		}
		store_close(open_writer(&bench));
		CHECK(is_there(&bench, strangers[i]));
	}
}

/* ---- no byte is passed over in silence, whatever a stop left ---- */

struct named {
	struct buf names; /* each with NUL */
};

static void hear_leftover(void *ctx, const struct store_damage *leftover) {
	struct named *named = ctx;
	buf_append_str(&named->names, STR("/data/"));
	buf_append_str(&named->names, leftover->where);
	buf_append_char(&named->names, '\0');
}

static bool is_named(const struct named *named, const char *path) {
	for (size_t at = 0; at < named->names.len; at += strlen(named->names.ptr + at) + 1) {
		if (strcmp(named->names.ptr + at, path) == 0) {
			return true;
		}
	}
	return false;
}

struct stopping {
	struct os_memory *memory;
	uint64_t stops, flips, unseen;
};

static void flip_some(struct stopping *stopping, struct os_memory *after, const char *path) {
	struct buf bytes CLEANUP(buf_deinit) = {0};
	struct store_verify_result result = {0};
	REQUIRE(os_read_file(os_memory_os(after), path, SIZE_MAX, &bytes) == ERR_OK);
	for (size_t i = 0; i < 2 && bytes.len > 0; i++) {
		struct named named = {0};
		struct store_verify_options options = {.leftover = hear_leftover, .ctx = &named};
		size_t at = (size_t)(tap_random() % bytes.len);
		char kept = bytes.ptr[at];
		bytes.ptr[at] = (char)(kept ^ (1 << (tap_random() % 8)));
		REQUIRE(os_memory_set(after, path, buf_str(&bytes)) == ERR_OK);
		enum err err = store_verify(os_memory_os(after), "/data", &options, &result, NULL);
		bool seen = err != ERR_OK || !result.intact || is_named(&named, path);
		if (!seen && stopping->unseen++ < 10) {
			printf("# byte %zu of %zu of %s is not seen\n", at, bytes.len, path);
		}
		bytes.ptr[at] = kept;
		buf_deinit(&named.names);
		stopping->flips++;
	}
	REQUIRE(os_memory_set(after, path, buf_str(&bytes)) == ERR_OK);
}

static void flip_after_stop(void *ctx, const struct os_call *call) {
	struct stopping *stopping = ctx;
	struct os_stat stat;
	struct file_list files = {0};
	bool changes = call->kind == OS_CALL_PWRITE || call->kind == OS_CALL_SYNC_DATA ||
	               call->kind == OS_CALL_RENAME || call->kind == OS_CALL_UNLINK;
	struct os_memory *after CLEANUP(os_memory_freep) =
	    os_memory_crash(stopping->memory, OS_CRASH_KEEP, 0);
	const struct os *os = os_memory_os(after);
	if (!changes || os->stat(os->ctx, "/data/store", true, &stat) != ERR_OK) {
		return;
	}
	stopping->stops++;
	os_memory_each_file(after, add_name, &files);
	for (size_t at = 0; at < files.names.len; at += strlen(files.names.ptr + at) + 1) {
		flip_some(stopping, after, files.names.ptr + at);
	}
	buf_deinit(&files.names);
}

TEST(after_a_stop_anywhere_a_flipped_bit_is_damage_or_lies_in_what_is_named) {
	struct bench bench CLEANUP(bench_deinit) = {.memory = os_memory_new(23)};
	struct stopping stopping = {.memory = bench.memory};
	struct os_record *record CLEANUP(os_record_freep) =
	    os_record_new(os_memory_os(bench.memory), flip_after_stop, &stopping);
	struct buf text CLEANUP(buf_deinit) = {0};
	enum sink_verdict verdict;
	bench.os = os_record_os(record);
	struct store_options options = bench_options(&bench, true);
	for (uint32_t session = 0; session < 2; session++) { /* the second replaces the segment */
		sample_lines(&text, "stop", session * 300, session * 300 + 300);
		REQUIRE(take_and_commit(&bench, &options, STR("a.log"), buf_str(&text), true, &verdict) ==
		        ERR_OK);
	}
	printf("# %llu stops, %llu flips\n", (unsigned long long)stopping.stops,
	       (unsigned long long)stopping.flips);
	CHECK(stopping.stops > 20);
	CHECK_EQ(stopping.unseen, 0);
}

/* What verify finds: every flipped bit, every file removed, cut or grown, a store rolled back. */
#include "store/store.h"

#include "tap.h"

#include "store/store_bench.h"

TEST(every_kind_of_flipped_bit_in_every_file_is_detected) {
	struct bench bench CLEANUP(bench_deinit) = {.memory = os_memory_new(12)};
	struct file_list files = {0};
	make_small_store(&bench);
	CHECK(verify_bench(&bench).intact);
	os_memory_each_file(bench.memory, add_name, &files);
	uint64_t flips = 0;
	for (size_t at = 0; at < files.names.len; at += strlen(files.names.ptr + at) + 1) {
		const char *path = files.names.ptr + at;
		struct buf bytes CLEANUP(buf_deinit) = {0};
		REQUIRE(os_read_file(os_memory_os(bench.memory), path, SIZE_MAX, &bytes) == ERR_OK);
		size_t step = bytes.len > 600 ? 97 : 1;
		for (size_t i = tap_random() % step; i < bytes.len; i += step) {
			char kept = bytes.ptr[i];
			bytes.ptr[i] = (char)(kept ^ (1 << (tap_random() % 8)));
			REQUIRE(os_memory_set(bench.memory, path, buf_str(&bytes)) == ERR_OK);
			if (!CHECK(!verify_quietly(os_memory_os(bench.memory)).intact)) {
				printf("# %s: byte %zu of %zu\n", path, i, bytes.len);
			}
			bytes.ptr[i] = kept;
			flips++;
		}
		REQUIRE(os_memory_set(bench.memory, path, buf_str(&bytes)) == ERR_OK);
	}
	printf("# %llu flips\n", (unsigned long long)flips);
	CHECK(verify_bench(&bench).intact);
	buf_deinit(&files.names);
}

TEST(every_file_removed_or_cut_or_grown_is_detected) {
	struct bench bench CLEANUP(bench_deinit) = {.memory = os_memory_new(13)};
	const struct os *os = os_memory_os(bench.memory);
	struct file_list files = {0};
	make_small_store(&bench);
	os_memory_each_file(bench.memory, add_name, &files);
	for (size_t at = 0; at < files.names.len; at += strlen(files.names.ptr + at) + 1) {
		const char *path = files.names.ptr + at;
		struct buf bytes CLEANUP(buf_deinit) = {0};
		REQUIRE(os_read_file(os, path, SIZE_MAX, &bytes) == ERR_OK);
		for (size_t len = bytes.len; len-- > 0; len -= len > 50 ? len / 3 : 0) {
			REQUIRE(os_memory_set(bench.memory, path, str_make(bytes.ptr, len)) == ERR_OK);
			if (!CHECK(!verify_quietly(os).intact)) {
				printf("# %s cut to %zu of %zu\n", path, len, bytes.len);
			}
		}
		buf_append_char(&bytes, '\0');
		REQUIRE(os_memory_set(bench.memory, path, buf_str(&bytes)) == ERR_OK);
		CHECK(!verify_quietly(os).intact);
		REQUIRE(os->unlink(os->ctx, path) == ERR_OK);
		bool spare = strcmp(path, "/data/ballast") == 0; /* there while the disk has room */
		if (!CHECK(verify_quietly(os).intact == spare)) {
			printf("# %s removed\n", path);
		}
		bytes.len--;
		REQUIRE(os_replace_file(os, "/", "again", buf_str(&bytes)) == ERR_OK);
		REQUIRE(os->rename(os->ctx, "/again", path) == ERR_OK);
	}
	CHECK(verify_bench(&bench).intact);
	REQUIRE(os_replace_file(os, "/data/objects", "stranger", STR("x")) == ERR_OK);
	CHECK(!verify_quietly(os).intact);
	buf_deinit(&files.names);
}

TEST(a_store_that_was_rolled_back_is_found_by_an_outside_checkpoint) {
	struct bench bench CLEANUP(bench_deinit) = {.memory = os_memory_new(14)};
	struct store_options options = bench_options(&bench, true);
	struct buf text CLEANUP(buf_deinit) = {0};
	struct buf outside CLEANUP(buf_deinit) = {0};
	struct store_verify_result result = {0};
	enum sink_verdict verdict;
	sample_lines(&text, "back", 0, 100);
	REQUIRE(take_and_commit(&bench, &options, STR("a.log"), buf_str(&text), false, &verdict) ==
	        ERR_OK);
	struct os_memory *old = os_memory_crash(bench.memory, OS_CRASH_KEEP, 1);
	sample_lines(&text, "back", 100, 200);
	REQUIRE(take_and_commit(&bench, &options, STR("a.log"), buf_str(&text), false, &verdict) ==
	        ERR_OK);
	struct store *store = open_reader(&bench);
	REQUIRE(store != NULL);
	buf_append_str(&outside, store_checkpoint(store));
	store_close(store);
	struct store_verify_options check = {.against = buf_str(&outside)};
	CHECK(store_verify(os_memory_os(bench.memory), "/data", &check, &result, NULL) == ERR_OK);
	CHECK(result.intact && result.against_held);
	CHECK(store_verify(os_memory_os(old), "/data", &check, &result, NULL) == ERR_OK);
	CHECK(!result.intact && !result.against_held);
	check.against = STR("");
	CHECK(store_verify(os_memory_os(old), "/data", &check, &result, NULL) == ERR_OK);
	CHECK(result.intact); /* by itself it cannot be told */
	os_memory_free(old);
}

TEST(records_under_no_checkpoint_are_told_and_damage_where_no_stop_explains_them) {
	struct bench bench CLEANUP(bench_deinit) = {.memory = os_memory_new(15)};
	const struct os *os = os_memory_os(bench.memory);
	make_small_store(&bench);
	struct store_verify_result result = verify_bench(&bench);
	CHECK(result.intact && result.tree_size > 0);
	CHECK_EQ(result.signed_size, result.tree_size);
	REQUIRE(os->unlink(os->ctx, "/data/tree/default/checkpoint") == ERR_OK);
	REQUIRE(os->unlink(os->ctx, "/data/tree/default/checkpoints") == ERR_OK);
	result = verify_quietly(os);
	CHECK_EQ(result.signed_size, 0);
	CHECK(result.segments > 1);
	CHECK(!result.intact);
	struct store_options options = bench_options(&bench, true);
	struct store *store = NULL;
	REQUIRE(store_open(&options, &store, &bench.diag) == ERR_OK);
	CHECK_STR(store_class(store), "default.2"); /* those records are never signed anew */
	store_close(store);
}

struct told {
	struct buf text;
};

static void tell(void *ctx, const struct store_damage *damage) {
	struct told *told = ctx;
	buf_printf(&told->text, "%.*s %.*s\n", STR_ARG(damage->where), STR_ARG(damage->what));
}

/* What verify says, to be searched. */
static bool tells(const struct os *os, struct str what) {
	struct told told = {{0}};
	struct store_verify_options options = {.damage = tell, .ctx = &told};
	struct store_verify_result result = {0};
	struct diag diag = {0};
	CHECK(store_verify(os, "/data", &options, &result, &diag) == ERR_OK);
	bool found = !result.intact && str_find(buf_str(&told.text), what, 0) != SIZE_MAX;
	if (!found) {
		printf("# it tells %.*s\n", STR_ARG(buf_str(&told.text)));
	}
	buf_deinit(&told.text);
	return found;
}

static void find_object(void *ctx, const char *path) {
	char *found = ctx;
	if (strstr(path, ".obj") != NULL) {
		(void)snprintf(found, 160, "%s", path);
	}
}

TEST(a_file_in_the_place_of_the_segments_is_damage_and_no_failure) {
	struct bench bench CLEANUP(bench_deinit) = {.memory = os_memory_new(17)};
	const struct os *os = os_memory_os(bench.memory);
	make_small_store(&bench);
	REQUIRE(os->rename(os->ctx, "/data/segments/default", "/data/segments/gone") == ERR_OK);
	CHECK(tells(os, STR("segments/default the folder is missing")));
	REQUIRE(os_replace_file(os, "/data/segments", "default", STR("x")) == ERR_OK);
	CHECK(tells(os, STR("segments/default the folder is missing")));
}

TEST(an_object_that_was_moved_or_a_stranger_is_told_where_it_lies) {
	struct bench bench CLEANUP(bench_deinit) = {.memory = os_memory_new(16)};
	const struct os *os = os_memory_os(bench.memory);
	char path[160] = "";
	char moved[200];
	make_small_store(&bench);
	os_memory_each_file(bench.memory, find_object, path);
	const char *name = strrchr(path, '/');
	REQUIRE(name != NULL);
	REQUIRE(os->make_folder(os->ctx, "/data/objects/zz") == ERR_OK);
	(void)snprintf(moved, sizeof(moved), "/data/objects/zz%s", name);
	REQUIRE(os->rename(os->ctx, path, moved) == ERR_OK);
	CHECK(tells(os, STR("lies in the wrong folder")));
	CHECK(tells(os, STR("is missing or damaged; the record says that it is kept")));
	REQUIRE(os->rename(os->ctx, moved, path) == ERR_OK);
	REQUIRE(os_replace_file(os, "/data/log/default", "stranger.wal", STR("x")) == ERR_OK);
	CHECK(tells(os, STR("log/default/stranger.wal does not belong into a store")));
	REQUIRE(os->unlink(os->ctx, "/data/log/default/stranger.wal") == ERR_OK);
	REQUIRE(os->make_folder(os->ctx, "/data/log/Folder") == ERR_OK);
	CHECK(tells(os, STR("log/Folder does not belong into a store")));
}

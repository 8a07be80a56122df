/* On a full disk what was committed is sealed all the same: the ballast gives way, once. */
#include "store/ballast.h"

#include "tap.h"

#include "store/store_bench.h"

static bool is_there(const struct os_memory *memory) {
	const struct os *os = os_memory_os((struct os_memory *)(uintptr_t)memory);
	struct os_stat stat;
	return os->stat(os->ctx, "/data/ballast", false, &stat) == ERR_OK && stat.size == BALLAST_SIZE;
}

static enum err take_more(struct bench *bench, const char *name, uint32_t lines) {
	struct store_options options = bench_options(bench, true);
	struct buf text CLEANUP(buf_deinit) = {0};
	enum sink_verdict verdict;
	sample_lines(&text, name, 0, lines);
	return take_and_commit(bench, &options, str_from(name), buf_str(&text), false, &verdict);
}

TEST(it_is_made_with_the_store_and_its_damage_is_named_but_not_its_absence) {
	struct bench bench CLEANUP(bench_deinit) = {.memory = os_memory_new(60)};
	const struct os *os = os_memory_os(bench.memory);
	struct buf bytes CLEANUP(buf_deinit) = {0};
	CHECK(take_more(&bench, "a", 10) == ERR_OK);
	CHECK(is_there(bench.memory) && verify_bench(&bench).intact);
	REQUIRE(os_read_file(os, "/data/ballast", SIZE_MAX, &bytes) == ERR_OK);
	bytes.ptr[40000] ^= 1;
	REQUIRE(os_memory_set(bench.memory, "/data/ballast", buf_str(&bytes)) == ERR_OK);
	CHECK(!verify_quietly(os).intact);
	CHECK(ballast_release(os, "/data") && !ballast_release(os, "/data"));
	CHECK(verify_bench(&bench).intact);
	CHECK(take_more(&bench, "b", 10) == ERR_OK);
	CHECK(is_there(bench.memory) && verify_bench(&bench).intact);
}

TEST(without_room_none_is_made_and_nothing_is_left_of_it) {
	struct bench bench CLEANUP(bench_deinit) = {.memory = os_memory_new(61)};
	struct os_fault *fault CLEANUP(os_fault_freep) = os_fault_new(os_memory_os(bench.memory));
	struct os_stat stat;
	(void)os_fault_add(fault, (struct os_fault_rule){.kinds = OS_CALL_BIT(OS_CALL_PWRITE),
	                                                 .path_part = "ballast",
	                                                 .nth = 1,
	                                                 .lasting = true,
	                                                 .action = OS_FAULT_SHORT,
	                                                 .err = ERR_NO_SPACE});
	bench.os = os_fault_os(fault);
	CHECK(take_more(&bench, "a", 10) == ERR_OK);
	CHECK(!is_there(bench.memory));
	CHECK(bench.os->stat(bench.os->ctx, "/data/ballast.tmp", false, &stat) == ERR_NOT_FOUND);
	CHECK(verify_bench(&bench).intact);
}

struct full_disk {
	struct os_fault *fault;
	uint32_t released;
};

static void make_room(void *ctx, const struct os_call *call) {
	struct full_disk *disk = ctx;
	if (call->kind == OS_CALL_UNLINK && strstr(call->path, "ballast") != NULL) {
		os_fault_release(disk->fault);
		disk->released++;
	}
}

/* One session whose nth call of these finds the disk full; false: there are fewer. */
static bool seal_without_room(uint32_t kinds, const char *part, uint64_t nth) {
	struct bench bench CLEANUP(bench_deinit) = {.memory = os_memory_new(62)};
	struct full_disk disk = {.fault = os_fault_new(os_memory_os(bench.memory))};
	struct os_record *record CLEANUP(os_record_freep) =
	    os_record_new(os_fault_os(disk.fault), make_room, &disk);
	CHECK(take_more(&bench, "first", 300) == ERR_OK);
	size_t rule = os_fault_add(disk.fault, (struct os_fault_rule){.kinds = kinds,
	                                                              .path_part = part,
	                                                              .nth = nth,
	                                                              .lasting = true,
	                                                              .action = OS_FAULT_SHORT,
	                                                              .err = ERR_NO_SPACE});
	bench.os = os_record_os(record);
	bool good = CHECK(take_more(&bench, "second", 700) == ERR_OK);
	good = CHECK(take_more(&bench, "third", 300) == ERR_OK) && good;
	bool struck = os_fault_strikes(disk.fault, rule) > 0;
	good = CHECK_EQ(disk.released, struck) && CHECK(is_there(bench.memory)) && good;
	struct os_memory *after = os_memory_crash(bench.memory, OS_CRASH_FORGET, 0);
	os_memory_free(bench.memory);
	bench.memory = after;
	bench.os = NULL;
	struct store_verify_result result = verify_bench(&bench);
	good = CHECK(result.intact && result.signed_size == result.tree_size) && good;
	good =
	    CHECK_EQ(result.records, 1300) && CHECK(take_more(&bench, "fourth", 9) == ERR_OK) && good;
	if (!good) {
		printf("# call %llu of kinds %x in %s: %s\n", (unsigned long long)nth, kinds, part,
		       bench.diag.message);
	}
	os_fault_free(disk.fault);
	return struck;
}

TEST(no_room_at_any_step_of_sealing_is_made_good_by_the_ballast) {
	static const char *const parts[] = {"/tree/", "/keys/"};
	static const uint32_t kinds[] = {OS_CALL_BIT(OS_CALL_PWRITE), OS_CALL_BIT(OS_CALL_RENAME),
	                                 OS_CALL_BIT(OS_CALL_SYNC_DATA) |
	                                     OS_CALL_BIT(OS_CALL_SYNC_FOLDER)};
	for (size_t i = 0; i < ARRAY_LEN(parts) * ARRAY_LEN(kinds); i++) {
		uint64_t nth = 1;
		while (seal_without_room(kinds[i / 2], parts[i % 2], nth)) {
			nth++;
		}
		printf("# %s, kinds %x: %llu steps\n", parts[i % 2], kinds[i / 2],
		       (unsigned long long)nth - 1);
		CHECK(nth > 3);
	}
}

/* What is found ahead of a scan is compared with the texts of each row, with any number of threads,
 * also when blocks are passed over or the scan ends early.
 */
#include "store/scan_find.h"

#include "tap.h"

#include "base/bits.h"
#include "expr/expr.h"
#include "os/os_record.h"
#include "store/segment_table.h"
#include "store/store_bench.h"
#include "store/store_private.h"

enum { BLOCKS_MAX = 64 };

struct fixture {
	struct bench bench;
	struct store *store;
	struct arena *arena;
	struct expr *filter;
	struct scan_block blocks[BLOCKS_MAX];
	size_t count;
};

static void list_blocks(struct fixture *f) {
	const struct catalogue *catalogue = &f->store->catalogue;
	for (size_t i = 0; i < catalogue->count; i++) {
		const struct segment *segment = catalogue->entries[i].segment;
		for (uint32_t k = 0; k < segment_table(segment)->blocks_count; k++) {
			ASSERT(f->count < BLOCKS_MAX);
			f->blocks[f->count++] = (struct scan_block){.segment = segment, .block = k};
		}
	}
}

/* A store of several segments whose lines have the needle now and then. */
static bool setup(struct fixture *f) {
	struct buf text CLEANUP(buf_deinit) = {0};
	enum sink_verdict verdict;
	struct diag diag = {0};
	*f = (struct fixture){.bench = {.memory = os_memory_new(51)}, .arena = arena_new(SIZE_MAX)};
	struct store_options options = bench_options(&f->bench, true);
	options.segment_bytes = 5000;
	for (uint32_t from = 0; from < 1000; from += 70) {
		sample_lines(&text, "find", from, from + 70);
		buf_append_str(&text, STR("the needle\n"));
	}
	bool good = CHECK(take_and_commit(&f->bench, &options, STR("a.log"), buf_str(&text), false,
	                                  &verdict) == ERR_OK) &&
	            CHECK(expr_test(f->arena, EXPR_CONTAINS, STR(""), STR("needle"), &f->filter,
	                            &diag) == ERR_OK);
	f->store = good ? open_reader(&f->bench) : NULL;
	if (f->store != NULL) {
		list_blocks(f);
	}
	return CHECK(f->count > 3);
}

static void teardown(struct fixture *f) {
	expr_free(f->filter);
	store_close(f->store);
	arena_free(f->arena);
	bench_deinit(&f->bench);
}

/* How many rows of the block have the needle; each must be found, and what is sure must be one. */
static uint32_t check_block(struct fixture *f, const struct scan_block *at,
                            const struct scan_found *found) {
	const struct segment_table *table = segment_table(at->segment);
	const struct segment_block *block = &table->blocks[at->block];
	struct view_names names = store_names(f->store);
	uint32_t needles = 0;
	CHECK(found->err == ERR_OK);
	for (uint32_t k = 0; k < block->pages; k++) {
		struct store_view *view = NULL;
		const struct str *texts;
		const uint8_t *types;
		uint32_t page = block->first_page + k;
		if (!CHECK(segment_view(at->segment, page, &names, &view, NULL) == ERR_OK)) {
			return 0;
		}
		CHECK(store_view_texts(view, &texts) == ERR_OK);
		CHECK(store_view_types(view, &types) == ERR_OK);
		for (uint32_t row = 0; row < store_view_rows(view); row++) {
			bool has = types[row] == RECORD_DATA && str_eq(texts[row], STR("the needle"));
			uint32_t bit = table->pages[page].block_first + row;
			needles += has;
			CHECK(!has || bits_get(found->maybe, bit));
			CHECK(has || types[row] != RECORD_DATA || !bits_get(found->sure, bit));
		}
		store_view_free(view);
	}
	return needles;
}

static struct scan_find *find_new(const struct fixture *f, size_t count, uint32_t threads) {
	struct scan_find_options options = {
	    .blocks = f->blocks, .count = count, .filter = f->filter, .threads = threads};
	return scan_find_new(&options);
}

/* Asks for one block of every `step`. */
static uint32_t walk(struct fixture *f, uint32_t threads, size_t step) {
	struct scan_find *find = find_new(f, f->count, threads);
	uint32_t needles = 0;
	for (size_t i = 0; i < f->count; i += step) {
		needles += check_block(f, &f->blocks[i], scan_find_get(find, i));
		CHECK(scan_find_get(find, i) == scan_find_get(find, i)); /* again */
	}
	scan_find_free(find);
	return needles;
}

TEST(every_block_is_searched_with_any_number_of_threads) {
	struct fixture f;
	if (setup(&f)) {
		for (uint32_t threads = 0; threads < 4; threads++) {
			CHECK_EQ(walk(&f, threads, 1), 15);
		}
	}
	teardown(&f);
}

TEST(blocks_may_be_passed_over) {
	struct fixture f;
	if (setup(&f)) {
		uint32_t some = walk(&f, 0, 3);
		CHECK(some > 0 && some < 15);
		for (uint32_t threads = 1; threads < 4; threads++) {
			CHECK_EQ(walk(&f, threads, 3), some);
			CHECK(walk(&f, threads, f.count) < 15);
		}
	}
	teardown(&f);
}

TEST(nothing_need_be_asked_for) {
	struct fixture f;
	if (setup(&f)) {
		for (uint32_t threads = 0; threads < 4; threads++) {
			scan_find_free(find_new(&f, f.count, threads));
			scan_find_free(find_new(&f, 0, threads));
		}
		scan_find_free(NULL);
	}
	teardown(&f);
}

/* Looks for a text in all blocks, and tells how many surely have none. */
static size_t count_none(struct fixture *f, const char *text) {
	struct diag diag = {0};
	size_t none = 0;
	expr_free(f->filter);
	f->filter = NULL;
	if (!CHECK(expr_test(f->arena, EXPR_CONTAINS, STR(""), str_from(text), &f->filter, &diag) ==
	           ERR_OK)) {
		return 0;
	}
	struct scan_find *find = find_new(f, f->count, 1);
	for (size_t i = 0; i < f->count; i++) {
		none += scan_find_get(find, i)->none;
	}
	scan_find_free(find);
	return none;
}

TEST(blocks_that_surely_lack_a_word_are_not_mapped) {
	struct fixture f = {.bench = {.memory = os_memory_new(52)}, .arena = arena_new(SIZE_MAX)};
	struct buf text CLEANUP(buf_deinit) = {0};
	struct store_options options = bench_options(&f.bench, true);
	enum sink_verdict verdict;
	uint32_t map = OS_CALL_BIT(OS_CALL_MAP);
	sample_lines(&text, "find", 0, 6000);
	buf_append_str(&text, STR("the needle is here\n"));
	REQUIRE(take_and_commit(&f.bench, &options, STR("a.log"), buf_str(&text), false, &verdict) ==
	        ERR_OK);
	struct os_record *record = os_record_new(os_memory_os(f.bench.memory), NULL, NULL);
	f.bench.os = os_record_os(record);
	f.store = open_reader(&f.bench);
	REQUIRE(f.store != NULL);
	list_blocks(&f);
	CHECK_EQ(f.count, 1);
	CHECK_EQ(count_none(&f, " nosuchword "), 1);
	CHECK_EQ(os_record_count_of(record, map), 0);
	CHECK_EQ(count_none(&f, " needle "), 0);
	CHECK_EQ(os_record_count_of(record, map), 1);
	CHECK_EQ(count_none(&f, " nosuchword "), 1);
	CHECK_EQ(os_record_count_of(record, map), 1);
	f.bench.os = NULL;
	teardown(&f);
	os_record_free(record);
}

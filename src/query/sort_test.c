/* Sorting with a limit keeps the same rows as sorting everything. */
#include "tap.h"

#include "query/fixture.h"

static uint64_t first_lines(const char *text, uint64_t limit, struct buf *out) {
	CLEANUP(arena_freep) struct arena *arena = arena_new(SIZE_MAX);
	CLEANUP(query_freep) struct query *query = NULL;
	enum { COUNT = 80000 };
	static struct fake_record records[COUNT];
	static char texts[COUNT][8];
	struct query_options options = fake_options();
	for (size_t i = 0; i < COUNT; i++) {
		(void)snprintf(texts[i], sizeof(texts[i]), "%u", (unsigned)(i * 7919 % 99991));
		records[i] = (struct fake_record){.time_ns = (int64_t)(i * 31 % 1000)};
		records[i].fields[0] = (struct row_field){STR("n"), value_string(str_from(texts[i]))};
		records[i].fields_count = 1;
	}
	struct fake fake = {
	    .records = records, .count = COUNT, .page_rows = 4096, .damaged_page = UINT64_MAX};
	struct query_source source = fake_source(&fake);
	struct fake_output lines = {.out = out};
	struct query_output output = fake_output(&lines);
	struct query_stats stats = {0};
	options.limit = limit;
	CHECK(query_parse(arena, str_from(text), &options, &query, NULL) == ERR_OK);
	CHECK(query_run_source(query, &source, &options, &output, &stats, NULL) == ERR_OK);
	return stats.results;
}

TEST(the_first_of_many_are_the_same_as_without_a_limit) {
	static const char *const queries[] = {"*", "* | sort -n", "* | sort n | fields n"};
	for (size_t i = 0; i < ARRAY_LEN(queries); i++) {
		CLEANUP(buf_deinit) struct buf all = {0};
		CLEANUP(buf_deinit) struct buf some = {0};
		CHECK_EQ(first_lines(queries[i], UINT64_MAX, &all), 80000);
		CHECK_EQ(first_lines(queries[i], 1000, &some), 1000);
		REQUIRE(some.len > 1000 && some.len < all.len);
		CHECK(memcmp(all.ptr, some.ptr, some.len) == 0);
	}
}

/* ---- what the limit allows to leave out ---- */

struct ranked {
	int64_t key; /* -1: absent */
	int64_t time_ns;
	size_t index;
	int mode; /* 0: by time, 1: newest, 2: by index; + 4: by key first, + 8: greatest first */
};

static int compare_ranked(const void *a, const void *b) {
	const struct ranked *x = a;
	const struct ranked *y = b;
	if ((x->mode & 4) && x->key != y->key) {
		if (x->key < 0 || y->key < 0) {
			return x->key < 0 ? 1 : -1;
		}
		return (x->key < y->key) != ((x->mode & 8) != 0) ? -1 : 1;
	}
	if ((x->mode & 3) < 2 && x->time_ns != y->time_ns) {
		return (x->time_ns < y->time_ns) != ((x->mode & 3) == 1) ? -1 : 1;
	}
	return x->index < y->index ? -1 : 1;
}

static uint64_t pages_left_out(bool *out_fine) {
	CLEANUP(arena_freep) struct arena *arena = arena_new(SIZE_MAX);
	CLEANUP(query_freep) struct query *query = NULL;
	CLEANUP(buf_deinit) struct buf out = {0};
	CLEANUP(buf_deinit) struct buf should = {0};
	static const enum query_order orders[] = {QUERY_BY_TIME, QUERY_BY_TIME_NEWEST, QUERY_BY_INDEX};
	size_t count = tap_random() % 3000;
	size_t keep = tap_random() % 3 == 0 ? tap_random() % 1500 : tap_random() % 12;
	uint64_t slope = tap_random() % 3; /* times at random, rising, rising with late ones */
	int mode =
	    (int)(tap_random() % 3) | (int)(tap_random() % 4 == 0 ? 4 | tap_random() % 2 * 8 : 0);
	bool tail = tap_random() % 2;
	struct fake_record *records = ARENA_ARRAY(arena, count + 1, struct fake_record);
	struct ranked *ranked = ARENA_ARRAY(arena, count + 1, struct ranked);
	for (size_t i = 0; i < count; i++) {
		uint64_t noise = tap_random() % (slope == 1 ? 5 : 500);
		records[i].time_ns = (int64_t)(slope == 0 ? noise : i + noise);
		ranked[i] = (struct ranked){.key = (int64_t)(tap_random() % 50) - 1,
		                            .time_ns = records[i].time_ns,
		                            .index = i,
		                            .mode = mode};
		if (ranked[i].key >= 0) {
			fixture_add(&records[i], "k",
			            value_string(arena_printf(arena, "%lld", (long long)ranked[i].key)));
		}
	}
	qsort(ranked, count, sizeof(*ranked), compare_ranked);
	size_t first = tail && count > keep ? count - keep : 0;
	size_t end = tail ? count : MIN_OF(count, keep);
	for (size_t i = first; i < end; i++) {
		buf_printf(&should, "#%zu\n", ranked[i].index);
	}
	struct str text = arena_printf(arena, "* %s | %s %zu",
	                               (mode & 4) == 0 ? ""
	                               : (mode & 8)    ? "| sort -k"
	                                               : "| sort k",
	                               tail ? "tail" : "head", keep);
	struct fake fake = {.records = records,
	                    .count = count,
	                    .page_rows = (uint32_t)(1 + tap_random() % 200),
	                    .damaged_page = UINT64_MAX};
	struct query_source source = fake_source(&fake);
	struct fake_output lines = {.out = &out};
	struct query_output output = fake_output(&lines);
	struct query_options options = fake_options();
	struct query_stats stats = {0};
	options.order = orders[mode & 3];
	*out_fine = query_parse(arena, text, &options, &query, NULL) == ERR_OK &&
	            query_run_source(query, &source, &options, &output, &stats, NULL) == ERR_OK &&
	            str_eq(buf_str(&out), buf_str(&should)) && fake.opened == fake.released &&
	            (stats.found == count || stats.found_more);
	if (!*out_fine) {
		printf("# %.*s of %zu, order %d\n", STR_ARG(text), count, mode);
	}
	return fake.left_out;
}

TEST(the_first_and_last_rows_are_those_of_sorting_all_though_pages_are_left_out) {
	uint64_t left_out = 0;
	for (int i = 0; i < 400; i++) {
		bool fine = false;
		left_out += pages_left_out(&fine);
		REQUIRE(fine);
	}
	CHECK(left_out > 1000);
}

/* ---- rows that are given out before the end ---- */

/* Times rise but for noise; the memory is too small for all rows. */
static bool early_rows_are_in_order(enum query_order order, uint64_t noise, size_t memory) {
	CLEANUP(arena_freep) struct arena *arena = arena_new(SIZE_MAX);
	CLEANUP(query_freep) struct query *query = NULL;
	CLEANUP(buf_deinit) struct buf out = {0};
	CLEANUP(buf_deinit) struct buf should = {0};
	enum { COUNT = 100000 };
	struct fake_record *records = ARENA_ARRAY(arena, COUNT, struct fake_record);
	struct ranked *ranked = ARENA_ARRAY(arena, COUNT, struct ranked);
	for (size_t i = 0; i < COUNT; i++) {
		records[i].time_ns = (int64_t)(i + tap_random() % noise);
		fixture_add(&records[i], "n", value_string(arena_printf(arena, "%zu", i)));
		ranked[i] = (struct ranked){
		    .time_ns = records[i].time_ns, .index = i, .mode = order == QUERY_BY_TIME ? 0 : 1};
	}
	qsort(ranked, COUNT, sizeof(*ranked), compare_ranked);
	buf_append_str(&should, STR("n\n"));
	for (size_t i = 0; i < COUNT; i++) {
		buf_printf(&should, "%zu\n", ranked[i].index);
	}
	struct fake fake = {
	    .records = records, .count = COUNT, .page_rows = 1000, .damaged_page = UINT64_MAX};
	struct query_source source = fake_source(&fake);
	struct fake_output lines = {.out = &out};
	struct query_output output = fake_output(&lines);
	struct query_options options = fake_options();
	struct query_stats stats = {0};
	options.order = order;
	options.memory_max = memory;
	return query_parse(arena, STR("* | fields n"), &options, &query, NULL) == ERR_OK &&
	       query_run_source(query, &source, &options, &output, &stats, NULL) == ERR_OK &&
	       str_eq(buf_str(&out), buf_str(&should));
}

TEST(rows_that_nothing_can_come_before_do_not_wait_in_memory) {
	static const uint64_t noises[] = {1, 900, 5000};
	for (size_t i = 0; i < ARRAY_LEN(noises); i++) {
		CHECK(early_rows_are_in_order(QUERY_BY_TIME, noises[i], 8 << 20));
		CHECK(early_rows_are_in_order(QUERY_BY_TIME_NEWEST, noises[i], 8 << 20));
	}
	CHECK(early_rows_are_in_order(QUERY_BY_TIME, 1000000, 64 << 20));
	CHECK(!early_rows_are_in_order(QUERY_BY_TIME, 1000000, 8 << 20)); /* all have to wait */
}

/* ---- few results are read while their pages are open ---- */

static enum err no_page(void *ctx, const uint64_t *indices, size_t count,
                        struct query_page *out_page, struct diag *diag) {
	(void)ctx;
	(void)indices;
	(void)count;
	(void)out_page;
	return diag_set(diag, ERR_CORRUPT, "a page is opened again");
}

static void only_once(struct query_source *source) {
	source->at = no_page;
}

static void run_text(const char *text, enum query_order order, uint64_t limit, bool again,
                     struct buf *out) {
	struct query_options options = fake_options();
	options.order = order;
	options.limit = limit;
	fixture_run_changed(text, &options, true, again ? NULL : only_once, out);
	REQUIRE(str_find(buf_str(out), STR("error"), 0) >= out->len);
}

TEST(few_results_need_no_page_twice) {
	static const char *const queries[] = {"*", "password", "* | sort -bytes",
	                                      "* | eval twice = bytes * 2 | sort user"};
	static const enum query_order orders[] = {QUERY_BY_TIME, QUERY_BY_TIME_NEWEST};
	for (size_t i = 0; i < ARRAY_LEN(queries) * ARRAY_LEN(orders); i++) {
		CLEANUP(buf_deinit) struct buf once = {0};
		CLEANUP(buf_deinit) struct buf again = {0};
		CLEANUP(buf_deinit) struct buf limited = {0};
		const char *text = queries[i / ARRAY_LEN(orders)];
		enum query_order order = orders[i % ARRAY_LEN(orders)];
		run_text(text, order, UINT64_MAX, false, &once);
		run_text(text, order, UINT64_MAX, true, &again);
		CHECK(str_eq(buf_str(&once), buf_str(&again)));
		/* More rows in a page than are wanted: they are not all read. */
		run_text(text, order, 4, true, &limited);
		CHECK(limited.len > 0 && limited.len < once.len);
		CHECK(memcmp(limited.ptr, once.ptr, limited.len) == 0);
	}
}

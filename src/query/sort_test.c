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

/* What comes first of many groups is the same as when all are put in order. */
#include "query/group.h"
#include "tap.h"

#include "query/fixture.h"

enum { ROWS = 2000, GROUPS = 400 };

/* Field k: the group; n: small whole numbers, missing in some groups; wide: near the ends of what
 * 64 bits hold; real: with one number that is not whole. */
static void fill(struct arena *arena, struct fake_record *record, size_t i) {
	static const char *const wide[] = {"9223372036854775807", "-9223372036854775808", "1", "-1"};
	uint64_t group = tap_random() % GROUPS;
	size_t n = 0;
	record->time_ns = (int64_t)i;
	record->fields[n++] =
	    (struct row_field){STR("k"), value_string(arena_printf(arena, "g%u", (unsigned)group))};
	if (group % 9 != 0) {
		int number = (int)(tap_random() % 40) - 10;
		record->fields[n++] =
		    (struct row_field){STR("n"), {VALUE_NUMBER, arena_printf(arena, "%d", number)}};
	}
	record->fields[n++] =
	    (struct row_field){STR("wide"), {VALUE_NUMBER, str_from(wide[tap_random() % 4])}};
	record->fields[n++] = (struct row_field){
	    STR("real"), {VALUE_NUMBER, i == 77 ? STR("0.25") : arena_printf(arena, "%zu", i % 7)}};
	record->fields_count = (uint32_t)n;
}

static void ask(struct fake_record *records, const char *text, uint64_t limit, struct buf *out) {
	CLEANUP(arena_freep) struct arena *arena = arena_new(SIZE_MAX);
	CLEANUP(query_freep) struct query *query = NULL;
	struct query_options options = fake_options();
	struct fake fake = {
	    .records = records, .count = ROWS, .page_rows = 256, .damaged_page = UINT64_MAX};
	struct query_source source = fake_source(&fake);
	struct fake_output lines = {.out = out};
	struct query_output output = fake_output(&lines);
	struct query_stats stats = {0};
	options.limit = limit;
	REQUIRE(query_parse(arena, str_from(text), &options, &query, NULL) == ERR_OK);
	REQUIRE(query_run_source(query, &source, &options, &output, &stats, NULL) == ERR_OK);
}

static void check(struct fake_record *records, const char *text, uint64_t rows) {
	CLEANUP(buf_deinit) struct buf all = {0};
	CLEANUP(buf_deinit) struct buf limited = {0};
	CLEANUP(buf_deinit) struct buf headed = {0};
	CLEANUP(buf_deinit) struct buf query = {0};
	ask(records, text, UINT64_MAX, &all);
	ask(records, text, rows, &limited);
	buf_printf(&query, "%s | head %llu", text, (unsigned long long)rows);
	buf_append(&query, "", 1);
	ask(records, query.ptr, UINT64_MAX, &headed);
	struct str rest = buf_str(&all);
	for (uint64_t i = 0; i < rows + 1; i++) { /* and the names of the columns */
		(void)str_cut(&rest, '\n');
	}
	CHECK(str_eq(buf_str(&limited), str_slice(buf_str(&all), 0, all.len - rest.len)));
	CHECK(str_eq(buf_str(&headed), buf_str(&limited)));
}

TEST(the_first_groups_are_those_of_all_in_order) {
	static const char *const queries[] = {
	    "* | stats sum(n) as s by k | sort -s",
	    "* | stats sum(n) as s by k | sort s",
	    "* | stats count() as c, sum(n) as s by k | sort -c, s",
	    "* | stats count(n) as c by k | sort c",
	    "* | stats sum(n) as s, max(n) as m by k | sort m",
	    "* | stats sum(n) as s by k | sort -k",
	    "* | stats sum(wide) as s by k | sort -s",
	    "* | stats sum(wide) as s by k | sort s, -k",
	    "* | stats max(wide) as m, sum(real) as s by k | sort -s",
	    "* | stats avg(n) as a by k | sort -a",
	    "* | stats dc(n) as d, count() as c by k | sort -c",
	};
	CLEANUP(arena_freep) struct arena *arena = arena_new(SIZE_MAX);
	struct fake_record *records = ARENA_ARRAY(arena, ROWS, struct fake_record);
	for (size_t i = 0; i < ROWS; i++) {
		fill(arena, &records[i], i);
	}
	for (size_t i = 0; i < ARRAY_LEN(queries); i++) {
		for (uint64_t rows = 1; rows < GROUPS; rows = rows * 5 + 1) {
			check(records, queries[i], rows);
		}
	}
}

TEST(those_that_tie_with_the_last_are_put_in_front) {
	struct group groups[6];
	struct group *some[6];
	static const uint64_t ranks[6] = {9, 3, UINT64_MAX, 3, 0, 3};
	for (size_t i = 0; i < 6; i++) {
		some[i] = &groups[i];
	}
	CHECK_EQ(group_put_first(some, ranks, 6, 2), 4);
	for (size_t i = 0; i < 4; i++) {
		CHECK(some[i] != &groups[0] && some[i] != &groups[2]);
	}
	CHECK_EQ(group_put_first(some, ranks, 6, 0), 6);
	CHECK_EQ(group_put_first(some, ranks, 6, 7), 6);
}

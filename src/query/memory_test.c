/* What operators keep is counted: each ends with a clear error when it would be too much, and gives
 * its result when there is enough.
 */
#include "tap.h"

#include "query/fixture.h"

enum { COUNT = 6000 };

static void fill(struct arena *arena, struct fake_record *records) {
	for (size_t i = 0; i < COUNT; i++) {
		records[i].time_ns = (int64_t)(COUNT - i) * INSTANT_SECOND; /* all have to wait */
		records[i].text = STR("some text of a record");
		fixture_add(&records[i], "id",
		            value_string(arena_printf(arena, "value-%zu-%0100zu", i, i * 7919 % COUNT)));
		fixture_add(&records[i], "n", value_string(arena_printf(arena, "%zu", i * 31 % 1000)));
		fixture_add(&records[i], "one", value_string(STR("1")));
	}
}

static enum err run_with(const struct fake_record *records, const char *text, size_t memory,
                         struct diag *diag) {
	CLEANUP(arena_freep) struct arena *arena = arena_new(SIZE_MAX);
	CLEANUP(query_freep) struct query *query = NULL;
	CLEANUP(buf_deinit) struct buf out = {0};
	struct fake fake = {
	    .records = records, .count = COUNT, .page_rows = 4096, .damaged_page = UINT64_MAX};
	struct query_source source = fake_source(&fake);
	struct fake_output lines = {.out = &out};
	struct query_output output = fake_output(&lines);
	struct query_options options = fake_options();
	struct query_stats stats = {0};
	options.memory_max = memory;
	enum err err = query_parse(arena, str_from(text), &options, &query, diag);
	if (!CHECK(err == ERR_OK)) {
		printf("# %s: %s\n", text, diag->message);
		return err;
	}
	return query_run_source(query, &source, &options, &output, &stats, diag);
}

TEST(each_pipe_that_keeps_something_ends_with_an_error_where_it_is_too_much) {
	static const char *const queries[] = {
	    "* | stats count() by id",
	    "* | stats values(id)",
	    "* | stats dc(id)",
	    "* | stats p50(n) by one | head 1 | join one (* | stats values(id) by one)",
	    "* | top id",
	    "* | rare 3 id by n",
	    "* | timechart span=1s max(id)",
	    "* | sort id",
	    "* | fields id",
	    "* | dedup id",
	    "* | head 5800 | fields id",
	    "* | tail 5800 | fields id",
	    "* | sort n | tail 5800 | fields id",
	    "* | join id (*)",
	    "* | join one (n:7 | fields one, id) | sort id",
	    "* | transaction id",
	    "* | transaction one with values(id)",
	    "* | head 9 | eval a = concat(id, id, id, id), a = concat(a, a, a, a, a, a, a, a, a, a), "
	    "a = concat(a, a, a, a, a, a, a, a, a, a), a = concat(a, a, a, a, a, a, a, a, a, a), "
	    "a = concat(a, a, a, a, a) | where a = 'x' | head 1",
	};
	CLEANUP(arena_freep) struct arena *arena = arena_new(SIZE_MAX);
	struct fake_record *records = ARENA_ARRAY(arena, COUNT, struct fake_record);
	fill(arena, records);
	for (size_t i = 0; i < ARRAY_LEN(queries); i++) {
		struct diag diag = {0};
		enum err err = run_with(records, queries[i], 512 << 10, &diag);
		if (!CHECK(err == ERR_LIMIT && strstr(diag.message, "MiB of memory") != NULL &&
		           strstr(diag.hint, "--memory") != NULL)) {
			printf("# %s: %d %s\n", queries[i], (int)err, diag.message);
		}
		CHECK(run_with(records, queries[i], 256 << 20, &diag) == ERR_OK);
	}
}

TEST(what_keeps_little_does_with_little) {
	static const char *const queries[] = {
	    "* | stats count(), sum(n), stdev(n), max(id), last(id), dc(n), p99(n) by one",
	    "* | head 100",
	    "* | sort -id | head 100 | fields id",
	    "* | tail 100 | fields id",
	    "* | sort n | tail 100 | fields id",
	    "* | dedup n | stats count()",
	    "* | where n > 10 | eval a = concat(id, n) | rename a as b | fillnull b | stats count()",
	    "* | join type=semi n (n:7) | stats count()",
	    "* | timechart span=1h dc(n)",
	};
	CLEANUP(arena_freep) struct arena *arena = arena_new(SIZE_MAX);
	struct fake_record *records = ARENA_ARRAY(arena, COUNT, struct fake_record);
	fill(arena, records);
	for (size_t i = 0; i < ARRAY_LEN(queries); i++) {
		struct diag diag = {0};
		size_t memory = strstr(queries[i], "dedup") != NULL ? 12 << 20 : 1 << 20;
		if (!CHECK(run_with(records, queries[i], memory, &diag) == ERR_OK)) {
			printf("# %s: %s\n", queries[i], diag.message);
		}
	}
}

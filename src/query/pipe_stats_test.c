/* stats and its functions. */
#include <math.h>

#include "tap.h"

#include "query/fixture.h"

TEST(groups_come_in_the_order_of_their_values) {
	CHECK_QUERY("* | stats count() by user",
	            "user|count\nadmin|4\neve|1\nguest|1\nRoot|1\nroot|4\n|1\n");
	CHECK_QUERY("* | stats count() as n, dc(user) by ip",
	            "ip|n|dc(user)\n10.0.0.9|4|1\n10.0.0.10|2|1\n192.0.2.1|3|2\n2001:db8::1|1|1\n"
	            "|2|1\n");
	CHECK_QUERY("* | stats count by user, ip | head 3",
	            "user|ip|count\nadmin|10.0.0.10|2\nadmin|192.0.2.1|2\neve|192.0.2.1|1\n");
}

TEST(groups_of_lists_come_in_the_order_of_their_first_element_then_of_their_text) {
	CHECK_QUERY("* | stats count() by groups", "groups|count\nwheel, adm|1\nwheel, staff|2\n|9\n");
}

TEST(without_by_there_is_one_row_even_for_nothing) {
	CHECK_QUERY("failed | stats count()", "count\n4\n");
	CHECK_QUERY("nothing | stats count(), sum(bytes), dc(user) as d, values(user)",
	            "count|sum(bytes)|d|values(user)\n0||0|\n");
	CHECK_QUERY("nothing | stats count() by user", "user|count\n");
	CHECK_QUERY("* | stats", "count\n12\n");
}

TEST(functions_compute_what_they_say) {
	CHECK_QUERY("user:root | stats count(bytes), sum(bytes), avg(bytes), min(bytes), max(bytes)",
	            "count(bytes)|sum(bytes)|avg(bytes)|min(bytes)|max(bytes)\n4|193|48.25|3|100\n");
	CHECK_QUERY("user:admin | stats sum(bytes) as s, avg(bytes) as a",
	            "s|a\n81.5|27.166666666666668\n");
	CHECK_QUERY("* | stats sum(bytes) as s, max(bytes) as m by none", "none|s|m\n"
	                                                                  "|9000000000000000000|-\n");
	CHECK_QUERY("bytes:>1 -bytes:1.5 | stats sum(bytes) as s", "s\n9000000000000000280\n");
	CHECK_QUERY("* | stats first(user), last(user), min(ip), max(ip)",
	            "first(user)|last(user)|min(ip)|max(ip)\nroot|eve|10.0.0.9|2001:db8::1\n");
	CHECK_QUERY("* | stats values(user) as u, values(groups) as g",
	            "u|g\nadmin, eve, guest, Root, root|adm, staff, wheel\n");
	CHECK_QUERY("* | stats count() by groups | sort -count",
	            "groups|count\n|9\nwheel, staff|2\nwheel, adm|1\n");
	CHECK_QUERY("* | stats dc(groups)", "dc(groups)\n3\n");
}

TEST(percentiles_are_values_of_the_data) {
	CHECK_QUERY(
	    "* | stats p50(bytes), p90(bytes) as p, percentile(bytes, 0), percentile(bytes, 100)",
	    "p50(bytes)|p|percentile(bytes,0)|percentile(bytes,100)\n40|9000000000000000000|1.5|"
	    "9000000000000000000\n");
}

TEST(any_percentile_can_be_asked_for) {
	CHECK_QUERY("* | stats median(bytes), p75(bytes), p99.9(bytes), p0(bytes), p100(bytes) as m, "
	            "percentile(bytes, 12.5)",
	            "median(bytes)|p75(bytes)|p99.9(bytes)|p0(bytes)|m|percentile(bytes,12.5)\n"
	            "40|60|9000000000000000000|1.5|9000000000000000000|3\n");
	CHECK_QUERY(
	    "* | stats p101(bytes)",
	    "error at 10: there is no function 'p101'\nhint: the functions are count, sum, avg, "
	    "min, max, dc, values, first, last, stdev, range, median, p50, p90, p95, p99, "
	    "percentile\n");
}

TEST(spread_is_that_of_a_sample) {
	CHECK_QUERY(
	    "bytes:<51 | stats stdev(bytes) as s, range(bytes) as r, avg(bytes) as a | eval s = "
	    "round(s, 6)",
	    "s|r|a\n20.493292|48.5|20.25\n");
	CHECK_QUERY("bytes:7 | stats stdev(bytes) as s, range(bytes) as r", "s|r\n|0\n");
	CHECK_QUERY("nothing | stats stdev(bytes) as s, range(bytes) as r", "s|r\n|\n");
}

/* count records of one page each time; field n by a function of i. */
static void check_estimates(const char *text, size_t count, uint64_t counts, uint64_t percentiles,
                            struct buf *out) {
	CLEANUP(arena_freep) struct arena *arena = arena_new(SIZE_MAX);
	struct fake_record *records = ARENA_ARRAY(arena, count, struct fake_record);
	struct query *query = NULL;
	struct query_options options = fake_options();
	struct fake fake = {
	    .records = records, .count = count, .page_rows = 4096, .damaged_page = UINT64_MAX};
	struct query_source source = fake_source(&fake);
	struct fake_output lines = {.out = out};
	struct query_output output = fake_output(&lines);
	struct query_stats stats = {0};
	for (size_t i = 0; i < count; i++) {
		fixture_add(&records[i], "n", value_string(arena_printf(arena, "%zu", i)));
	}
	REQUIRE(query_parse(arena, str_from(text), &options, &query, NULL) == ERR_OK);
	REQUIRE(query_run_source(query, &source, &options, &output, &stats, NULL) == ERR_OK);
	CHECK_EQ(stats.estimated_counts, counts);
	CHECK_EQ(stats.estimated_percentiles, percentiles);
	query_free(query);
}

TEST(estimates_are_counted_and_close) {
	struct buf out = {0};
	check_estimates("* | stats dc(n)", 100000, 0, 0, &out);
	CHECK_STR(buf_str(&out), "dc(n)\n100000\n");
	buf_clear(&out);
	check_estimates("* | stats p90(n) | fields `p90(n)`", 65536, 0, 0, &out);
	CHECK_STR(buf_str(&out), "p90(n)\n58982\n");
	buf_clear(&out);
	check_estimates(
	    "* | stats dc(n) as d, p50(n) as p, p99(n) as q, p100(n) as m | where d > 116000 "
	    "and d < 124000 and p >= 59700 and p <= 60300 and q >= 118206 and q <= 119394 | "
	    "fields m",
	    120000, 1, 3, &out);
	CHECK_STR(buf_str(&out), "m\n119999\n");
	buf_deinit(&out);
}

TEST(functions_of_one_field_do_not_mix) {
	CHECK_QUERY("* | stats values(user), dc(ip), p50(bytes), min(ip) by user | head 1",
	            "user|values(user)|dc(ip)|p50(bytes)|min(ip)\nadmin|admin|2|20|10.0.0.10\n");
}

TEST(tables_can_be_grouped_again) {
	CHECK_QUERY(
	    "* | stats count() as n by user, ip | stats sum(n) as total, count() as ips by user | "
	    "sort -total | head 2",
	    "user|total|ips\nadmin|4|2\nroot|4|1\n");
}

TEST(mistakes_are_named) {
	CHECK_QUERY("* | stats sum", "error at 13: '(' is expected here\nhint: sum(FIELD)\n");
	CHECK_QUERY(
	    "* | stats summ(x)",
	    "error at 10: there is no function 'summ'\nhint: the functions are count, sum, avg, "
	    "min, max, dc, values, first, last, stdev, range, median, p50, p90, p95, p99, "
	    "percentile\n");
	CHECK_QUERY("* | stats count() as a, dc(x) as a",
	            "error at 24: there is a column 'a' already\n");
	CHECK_QUERY("* | stats count() as user by user",
	            "error at 29: a result and a field to group by have the same name\n");
	CHECK_QUERY("* | stats percentile(x)",
	            "error at 22: a comma and a number from 0 to 100 is expected here, not ')'\n");
	CHECK_QUERY("* | stats percentile(x, 101)",
	            "error at 24: a number from 0 to 100 is expected here, not '101)'\n");
	CHECK_QUERY("* | stats count() by", "error at 20: the name of a field is expected here\n");
	CHECK_QUERY("* | stats count(),", "error at 18: another function is expected here\n");
	CHECK_QUERY("* | stats count() user",
	            "error at 18: there is no function 'user'\nhint: the "
	            "functions are count, sum, avg, min, max, dc, values, "
	            "first, last, stdev, range, median, p50, p90, p95, p99, percentile\n");
}

/* ---- against the plain way ---- */

enum { ROWS_MAX = 300, GROUPS = 5 };

struct plain_row {
	int group; /* -1: absent */
	int64_t number;
	bool present;
};

static int compare_numbers(const void *a, const void *b) {
	const int64_t *x = a;
	const int64_t *y = b;
	return (*x > *y) - (*x < *y);
}

/* count(), count(n), sum, min, max, dc, p75, range, stdev of one group, from its sorted numbers. */
static void expect_group(const struct plain_row *rows, size_t count, int group, struct buf *out) {
	int64_t numbers[ROWS_MAX];
	size_t rows_there = 0;
	size_t there = 0;
	double sum = 0;
	for (size_t i = 0; i < count; i++) {
		rows_there += rows[i].group == group;
		if (rows[i].group == group && rows[i].present) {
			numbers[there++] = rows[i].number;
			sum += (double)rows[i].number;
		}
	}
	if (rows_there == 0) {
		return;
	}
	if (group >= 0) {
		buf_printf(out, "g%d", group);
	}
	buf_printf(out, "|%zu|%zu|", rows_there, there);
	qsort(numbers, there, sizeof(*numbers), compare_numbers);
	size_t distinct = 0;
	double squares = 0;
	for (size_t i = 0; i < there; i++) {
		distinct += i == 0 || numbers[i] != numbers[i - 1];
		double distance = (double)numbers[i] - sum / (double)there;
		squares += distance * distance;
	}
	if (there == 0) {
		buf_append_str(out, STR("|||0|||\n"));
		return;
	}
	buf_printf(out, "%lld|%lld|%lld|%zu|%lld|%lld|", (long long)sum, (long long)numbers[0],
	           (long long)numbers[there - 1], distinct,
	           (long long)numbers[(there * 75 + 99) / 100 - 1],
	           (long long)(numbers[there - 1] - numbers[0]));
	if (there > 1) {
		buf_printf(out, "%lld", (long long)(sqrt(squares / (double)(there - 1)) + 0.5));
	}
	buf_append_char(out, '\n');
}

TEST(groups_have_what_counting_by_hand_gives) {
	CLEANUP(arena_freep) struct arena *arena = arena_new(SIZE_MAX);
	for (int round = 0; round < 200; round++) {
		struct fake_record records[ROWS_MAX] = {0};
		struct plain_row rows[ROWS_MAX];
		size_t count = tap_random() % ROWS_MAX;
		struct buf is = {0};
		struct buf should = {0};
		arena_reset(arena);
		for (size_t i = 0; i < count; i++) {
			rows[i].group = (int)(tap_random() % (GROUPS + 1)) - 1;
			rows[i].number = (int64_t)(tap_random() % (round % 2 ? 20 : 1000000)) - 7;
			rows[i].present = tap_random() % 5 != 0;
			if (rows[i].group >= 0) {
				fixture_add(&records[i], "g",
				            value_string(arena_printf(arena, "g%d", rows[i].group)));
			}
			if (rows[i].present) {
				fixture_add(&records[i], "n",
				            value_string(arena_printf(arena, "%lld", (long long)rows[i].number)));
			}
		}
		buf_append_str(&should, STR("g|c|p|s|a|b|d|q|r|e\n"));
		for (int group = 0; group < GROUPS; group++) {
			expect_group(rows, count, group, &should);
		}
		expect_group(rows, count, -1, &should);
		struct query *query = NULL;
		struct query_options options = fake_options();
		struct fake fake = {
		    .records = records, .count = count, .page_rows = 64, .damaged_page = UINT64_MAX};
		struct query_source source = fake_source(&fake);
		struct fake_output lines = {.out = &is};
		struct query_output output = fake_output(&lines);
		struct query_stats stats = {0};
		REQUIRE(
		    query_parse(arena,
		                STR("* | stats count() as c, count(n) as p, sum(n) as s, min(n) as a, "
		                    "max(n) as b, dc(n) as d, p75(n) as q, range(n) as r, stdev(n) as e "
		                    "by g | eval e = floor(e + 0.5)"),
		                &options, &query, NULL) == ERR_OK);
		REQUIRE(query_run_source(query, &source, &options, &output, &stats, NULL) == ERR_OK);
		bool same = str_eq(buf_str(&is), buf_str(&should));
		if (!same) {
			printf("# is %.*s# should %.*s\n", STR_ARG(buf_str(&is)), STR_ARG(buf_str(&should)));
		}
		buf_deinit(&is);
		buf_deinit(&should);
		query_free(query);
		REQUIRE(same);
	}
}

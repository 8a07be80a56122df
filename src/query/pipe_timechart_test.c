/* timechart. */
#include "tap.h"

#include "base/zone.h"
#include "query/fixture.h"

TEST(records_are_counted_per_span) {
	CHECK_QUERY("* | timechart span=2m",
	            "@timestamp|count\n2026-11-22T10:00:00Z|5\n2026-11-22T10:02:00Z|1\n"
	            "2026-11-22T10:04:00Z|3\n2026-11-22T10:06:00Z|3\n");
	CHECK_QUERY("root or eve | timechart span=100s count() as n, dc(user) as u",
	            "@timestamp|n|u\n");
	CHECK_QUERY("root OR eve | timechart span=100s count() as n, dc(user) as u",
	            "@timestamp|n|u\n2026-11-22T10:00:00Z|3|1\n2026-11-22T10:01:40Z|0|0\n"
	            "2026-11-22T10:03:20Z|0|0\n2026-11-22T10:05:00Z|2|2\n");
}

TEST(groups_split_the_spans) {
	CHECK_QUERY("sshd | timechart span=5m count() by user",
	            "@timestamp|user|count\n2026-11-22T10:00:00Z|admin|2\n2026-11-22T10:00:00Z|root|3\n"
	            "2026-11-22T10:05:00Z|root|1\n");
}

TEST(a_span_is_chosen_from_the_data) {
	/* 402 seconds make 81 spans of 5 seconds. */
	CHECK_QUERY("cron | timechart", "@timestamp|count\n2026-11-22T10:00:05Z|1\n");
	CHECK_QUERY("* | timechart | stats count() as spans", "spans\n81\n");
	CHECK_QUERY("@timestamp:<2026-11-22T10:01 | timechart | stats count() as spans", "spans\n31\n");
}

TEST(spans_are_cut_in_the_zone_that_is_shown) {
	CLEANUP(buf_deinit) struct buf out = {0};
	struct query_options options = fake_options();
	CLEANUP(zone_freep) struct zone *zone = zone_fixed(9 * 3600);
	options.zone = zone;
	fixture_run_with("* | timechart span=1d", &options, false, &out);
	fixture_run_with("* | timechart span=1w", &options, false, &out);
	CHECK_STR(buf_str(&out), "@timestamp|count\n2026-11-22T00:00:00+09:00|12\n"
	                         "@timestamp|count\n2026-11-16T00:00:00+09:00|12\n");
}

TEST(a_change_of_clocks_does_not_split_a_span) {
	CLEANUP(buf_deinit) struct buf out = {0};
	CLEANUP(zone_freep) struct zone *zone = NULL;
	struct query_options options = fake_options();
	CHECK(zone_from_posix(STR("AAA0BBB-1,J326/10:02,J340"), &zone) == ERR_OK); /* 22 November */
	options.zone = zone;
	fixture_run_with("* | timechart span=1d", &options, false, &out);
	fixture_run_with("* | timechart span=2h", &options, false, &out);
	fixture_run_with("* | timechart span=4m", &options, false, &out);
	CHECK_STR(buf_str(&out), "@timestamp|count\n2026-11-22T00:00:00Z|12\n"
	                         "@timestamp|count\n2026-11-22T10:00:00Z|12\n"
	                         "@timestamp|count\n2026-11-22T10:00:00Z|6\n"
	                         "2026-11-22T11:04:00+01:00|6\n");
}

TEST(empty_days_are_shown_also_where_clocks_change) {
	CLEANUP(arena_freep) struct arena *arena = arena_new(SIZE_MAX);
	CLEANUP(buf_deinit) struct buf out = {0};
	CLEANUP(zone_freep) struct zone *zone = NULL;
	CHECK(zone_from_posix(STR("CET-1CEST,M3.5.0,M10.5.0/3"), &zone) == ERR_OK);
	/* 2026-03-28T00:00Z and 2026-03-30T22:30Z, which is the 31st there. */
	struct fake_record records[2] = {{.time_ns = 1774656000 * INSTANT_SECOND},
	                                 {.time_ns = 1774909800 * INSTANT_SECOND}};
	struct fake fake = {.records = records, .count = 2, .page_rows = 5, .damaged_page = UINT64_MAX};
	struct query_source source = fake_source(&fake);
	struct fake_output lines = {.out = &out};
	struct query_output output = fake_output(&lines);
	struct query_options options = fake_options();
	struct query_stats stats;
	CLEANUP(query_freep) struct query *query = NULL;
	options.zone = zone;
	CHECK(query_parse(arena, STR("* | timechart span=1d"), &options, &query, NULL) == ERR_OK);
	CHECK(query_run_source(query, &source, &options, &output, &stats, NULL) == ERR_OK);
	CHECK_STR(buf_str(&out), "@timestamp|count\n2026-03-28T00:00:00+01:00|1\n"
	                         "2026-03-29T00:00:00+01:00|0\n2026-03-30T00:00:00+02:00|0\n"
	                         "2026-03-31T00:00:00+02:00|1\n");
}

TEST(bad_spans_are_refused) {
	CHECK_QUERY("* | timechart span=0s", "error at 19: '0s' is not a span of time\nhint: write "
	                                     "span=30s, 5m, 1h, 1d\n");
	CHECK_QUERY("* | timechart span 5",
	            "error at 19: '=' and a duration is expected here, not '5'\n");
	CHECK_QUERY("* | stats count() | timechart",
	            "error at 29: timechart before other tables is expected here\nhint: a table has no "
	            "records with times left; put timechart first\n");
}

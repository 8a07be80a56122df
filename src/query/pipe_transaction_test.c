/* transaction */
#include "tap.h"

#include "query/fixture.h"

TEST(records_that_follow_each_other_make_one_row) {
	CHECK_QUERY(
	    "* | transaction user maxpause=100s | fields user, first, duration, count, closed_by",
	    "user|first|duration|count|closed_by\n"
	    "guest|2026-11-22T10:00:05Z|0|1|maxpause\n"
	    "admin|2026-11-22T10:00:30Z|0|1|maxpause\n"
	    "root|2026-11-22T10:00:00Z|61|3|maxpause\n"
	    "admin|2026-11-22T10:03:20Z|0|1|maxpause\n"
	    "Root|2026-11-22T10:05:00Z|0|1|maxpause\n"
	    "root|2026-11-22T10:05:02Z|0|1|open\n"
	    "admin|2026-11-22T10:06:40Z|1|2|open\n"
	    "eve|2026-11-22T10:06:42Z|0|1|open\n");
	CHECK_QUERY("* | transaction ip, user | fields ip, user, last, count | sort -count | head 2",
	            "ip|user|last|count\n10.0.0.9|root|2026-11-22T10:05:02Z|4\n"
	            "10.0.0.10|admin|2026-11-22T10:03:20Z|2\n");
	CHECK_QUERY("* | transaction maxspan=60s | fields first, count, closed_by",
	            "first|count|closed_by\n2026-11-22T10:00:00Z|4|maxspan\n"
	            "2026-11-22T10:01:01Z|1|maxspan\n2026-11-22T10:03:20Z|1|maxspan\n"
	            "2026-11-22T10:05:00Z|3|maxspan\n2026-11-22T10:06:40Z|3|open\n");
	CHECK_QUERY("user:admin | transaction user maxevents=3 | fields count, closed_by",
	            "count|closed_by\n3|maxevents\n1|open\n");
}

TEST(conditions_begin_and_end_them) {
	CHECK_QUERY("* | transaction user startswith=\"failed password\" endswith=\"accepted\" with "
	            "values(ip) as ips, sum(bytes)",
	            "user|first|last|duration|count|ips|sum(bytes)|closed_by\n"
	            "root|2026-11-22T10:00:00Z|2026-11-22T10:00:00Z|0|1|10.0.0.9|100|startswith\n"
	            "root|2026-11-22T10:01:00Z|2026-11-22T10:01:01Z|1|2|10.0.0.9|3|endswith\n"
	            "admin|2026-11-22T10:00:30Z|2026-11-22T10:03:20Z|170|2|10.0.0.10|21.5|endswith\n"
	            "root|2026-11-22T10:05:02Z|2026-11-22T10:05:02Z|0|1|10.0.0.9|50|open\n");
	CHECK_QUERY("* | transaction user endswith=(bytes < 10 or bytes = \"-\") | fields user, count, "
	            "closed_by",
	            "user|count|closed_by\nguest|1|endswith\nroot|2|endswith\nadmin|2|endswith\n"
	            "admin|2|endswith\nroot|2|open\nRoot|1|open\neve|1|open\n");
	CHECK_QUERY("* | transaction startswith=/(GET|session)/ | fields first, count",
	            "first|count\n2026-11-22T10:00:05Z|8\n2026-11-22T10:06:40Z|1\n"
	            "2026-11-22T10:06:41Z|2\n");
}

TEST(they_go_by_time_whatever_the_order_of_results) {
	CLEANUP(buf_deinit) struct buf out = {0};
	CLEANUP(buf_deinit) struct buf other = {0};
	CLEANUP(buf_deinit) struct buf newest = {0};
	struct query_options options = fake_options();
	static const char text[] =
	    "* | sort -bytes | where user | transaction user maxpause=1m with last(bytes)";
	fixture_run_with(text, &options, false, &out);
	options.order = QUERY_BY_INDEX;
	fixture_run_with(text, &options, false, &other);
	options.order = QUERY_BY_TIME_NEWEST;
	fixture_run_with(text, &options, false, &newest);
	CHECK(out.len > 200);
	CHECK(str_eq(buf_str(&out), buf_str(&other)));
	CHECK(str_eq(buf_str(&out), buf_str(&newest)));
}

TEST(mistakes_are_named) {
	CHECK_QUERY("* | transaction",
	            "error at 15: a field that its records share is expected here\n");
	CHECK_QUERY(
	    "* | stats count() by user | transaction user",
	    "error at 40: transaction before other tables is expected here, not 'user'\nhint: a "
	    "table has no records with times left; put transaction first\n");
	CHECK_QUERY("* | transaction user maxspan=soon",
	            "error at 29: 'soon' is not a duration\nhint: write 30s, 5m, 1h, 1d\n");
	CHECK_QUERY("* | transaction user maxspam=5m",
	            "error at 21: transaction has no option 'maxspam'\nhint: the options are maxspan, "
	            "maxpause, maxevents, startswith, endswith\n");
	CHECK_QUERY("* | transaction user startswith=x",
	            "error at 32: \"text\", /regex/ or an expression in parentheses is expected here, "
	            "not 'x'\nhint: endswith=\"session closed\", endswith=(status >= 400)\n");
	CHECK_QUERY("* | transaction count", "error at 16: there would be two columns 'count'\n");
	CHECK_QUERY("* | transaction user, user", "error at 16: there would be two columns 'user'\n");
	CHECK_QUERY("* | transaction user with sum(bytes) as first",
	            "error at 16: there would be two columns 'first'\n");
	CHECK_QUERY("* | transaction user endswith=(bytes > 1",
	            "error at 30: this parenthesis is not closed\n");
}

/* ---- against a plain loop over the records of one key at a time ---- */

enum { COUNT = 60, KEYS = 4 };

struct event {
	int64_t at; /* seconds */
	uint64_t key;
	bool starts, ends;
};

struct rules {
	int64_t pause, span;
	bool starts, ends;
};

static void random_events(struct arena *arena, struct event *events, struct fake_record *records) {
	static const char *const texts[] = {"x", "start", "end", "start end"};
	int64_t now = 0;
	for (size_t i = 0; i < COUNT; i++) {
		now += (int64_t)(tap_random() % 4);
		events[i] = (struct event){.at = now,
		                           .key = tap_random() % KEYS,
		                           .starts = tap_random() % 3 == 0,
		                           .ends = tap_random() % 5 == 0};
		records[i].time_ns = now * INSTANT_SECOND;
		records[i].text = str_from(texts[events[i].starts + 2 * events[i].ends]);
		fixture_add(&records[i], "k",
		            value_string(arena_printf(arena, "k%llu", (unsigned long long)events[i].key)));
	}
}

static void expect_key(const struct event *events, const struct rules *rules, uint64_t key,
                       struct buf *out) {
	int64_t first = -1;
	int64_t last = 0;
	int count = 0;
	for (size_t i = 0; i <= COUNT; i++) {
		int64_t at = events[MIN_OF(i, (size_t)COUNT - 1)].at;
		bool mine = i < COUNT && events[i].key == key;
		const char *closed = count == 0                                  ? NULL
		                     : at - last > rules->pause                  ? "maxpause"
		                     : at - first > rules->span                  ? "maxspan"
		                     : mine && rules->starts && events[i].starts ? "startswith"
		                     : i == COUNT                                ? "open"
		                                                                 : NULL;
		for (int pass = 0; pass < 2; pass++) {
			if (closed != NULL) {
				buf_printf(out, "k%llu|%lld|%lld|%d|%s\n", (unsigned long long)key,
				           (long long)first, (long long)(last - first), count, closed);
				count = 0;
				closed = NULL;
			}
			if (pass == 0 && mine && (count > 0 || !rules->starts || events[i].starts)) {
				first = count == 0 ? at : first;
				last = at;
				count++;
				closed = rules->ends && events[i].ends ? "endswith" : NULL;
			}
		}
	}
}

static bool try_rules(struct arena *arena, const struct rules *rules) {
	CLEANUP(query_freep) struct query *query = NULL;
	CLEANUP(buf_deinit) struct buf out = {0};
	CLEANUP(buf_deinit) struct buf expected = {0};
	struct fake_record records[COUNT] = {0};
	struct event events[COUNT];
	random_events(arena, events, records);
	buf_append_str(&expected, STR("k|first|duration|count|closed_by\n"));
	for (uint64_t key = 0; key < KEYS; key++) {
		expect_key(events, rules, key, &expected);
	}
	struct query_options options = fake_options();
	struct fake fake = {
	    .records = records, .count = COUNT, .page_rows = 9, .damaged_page = UINT64_MAX};
	struct query_source source = fake_source(&fake);
	struct fake_output lines = {.out = &out};
	struct query_output output = fake_output(&lines);
	struct query_stats stats = {0};
	struct str text = arena_printf(
	    arena,
	    "* | transaction k maxpause=%llds maxspan=%llds %s %s | eval first = unix(first) | "
	    "sort k | fields k, first, duration, count, closed_by",
	    (long long)rules->pause, (long long)rules->span,
	    rules->starts ? "startswith=\"start\"" : "", rules->ends ? "endswith=\"end\"" : "");
	bool same = query_parse(arena, text, &options, &query, NULL) == ERR_OK &&
	            query_run_source(query, &source, &options, &output, &stats, NULL) == ERR_OK &&
	            str_eq(buf_str(&out), buf_str(&expected));
	if (!same) {
		printf("# %.*s\n# is %.*s# should %.*s\n", STR_ARG(text), STR_ARG(buf_str(&out)),
		       STR_ARG(buf_str(&expected)));
	}
	return same;
}

TEST(rows_are_what_a_plain_loop_finds) {
	CLEANUP(arena_freep) struct arena *arena = arena_new(SIZE_MAX);
	for (int round = 0; round < 400; round++) {
		struct rules rules = {.pause = (int64_t)(1 + tap_random() % 10),
		                      .span = (int64_t)(1 + tap_random() % 30),
		                      .starts = tap_random() % 2,
		                      .ends = tap_random() % 2};
		arena_reset(arena);
		REQUIRE(try_rules(arena, &rules));
	}
}

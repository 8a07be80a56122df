/* join */
#include "tap.h"

#include "query/fixture.h"

TEST(rows_stand_beside_those_with_the_same_key) {
	CHECK_QUERY(
	    "* | stats count() as n by user | join user (failed | stats count() as bad by user)",
	    "user|n|bad\nadmin|4|1\nroot|4|3\n");
	CHECK_QUERY("* | stats count() as n by user | join type=left user (failed | stats count() as "
	            "bad by user)",
	            "user|n|bad\nadmin|4|1\neve|1|\nguest|1|\nRoot|1|\nroot|4|3\n|1|\n");
	CHECK_QUERY("* | stats count() as n by user | join user type=anti (failed)",
	            "user|n\neve|1\nguest|1\nRoot|1\n|1\n");
	CHECK_QUERY("* | stats count() as n by user | join user type=semi (failed | stats dc(ip) by "
	            "user) | fields n",
	            "n\n4\n4\n");
	CHECK_QUERY("* | stats count() as n by user | join on user (failed) | sort -user",
	            "user|n\nroot|4\nadmin|4\n");
}

TEST(each_row_of_the_other_query_with_the_key_gives_one) {
	CHECK_QUERY("* | stats count() as n by user | where n > 1 | join user (* | stats count() as m "
	            "by user, ip | sort -m)",
	            "user|n|ip|m\nadmin|4|10.0.0.10|2\nadmin|4|192.0.2.1|2\nroot|4|10.0.0.9|4\n");
	CHECK_QUERY("user:admin | join user (user:admin | fields user, bytes | head 2) | fields ip, "
	            "right.bytes",
	            "ip|right.bytes\n10.0.0.10|20\n10.0.0.10|1.5\n10.0.0.10|20\n10.0.0.10|1.5\n192.0."
	            "2.1|20\n192.0.2.1|1.5\n192.0.2.1|20\n192.0.2.1|1.5\n");
}

TEST(records_stay_records) {
	CLEANUP(buf_deinit) struct buf out = {0};
	struct query_options options = fake_options();
	fixture_run_with("accepted | join user, ip (failed | stats count() as bad by user, ip)",
	                 &options, true, &out);
	fixture_run_with("-user:* | join type=left user (failed | stats count() as bad by user)",
	                 &options, true, &out);
	fixture_run_with("bytes:100 | join user prefix=then. (user:root | tail 1 | fields user, ip, "
	                 "@timestamp)",
	                 &options, true, &out);
	CHECK_STR(buf_str(&out),
	          "#3 user=root ip=10.0.0.9 bad=3\n"
	          "#5 user=admin ip=10.0.0.10 bytes=1.5 bad=1\n"
	          "#7\n"
	          "#0 user=root ip=10.0.0.9 bytes=100 groups=wheel, adm then.ip=10.0.0.9 "
	          "then.@timestamp=2026-11-22T10:05:02Z\n");
	CHECK_QUERY("nginx | join user type=anti (sshd)", "#11\n");
	CHECK_QUERY("sshd | join user (cron OR sudo)", "");
	CHECK_QUERY("nginx | join ip (nginx GET) | head 2", "#9\n#10\n");
}

TEST(keys_may_have_other_names_there) {
	CHECK_QUERY("* | stats count() as n by user | rename user as who | join who=user (failed | "
	            "stats count() as bad by user)",
	            "who|n|bad\nadmin|4|1\nroot|4|3\n");
	CHECK_QUERY("* | stats count() as n by user | join user=u (failed | eval u = user) | head 1",
	            "user|n\nadmin|4\n");
	CHECK_QUERY("* | eval type = user | join `type` = user (cron)", "#4\n");
}

TEST(columns_that_both_have_are_named_apart) {
	CHECK_QUERY("* | stats count() as n by user | join user (failed | stats count() as n by user)",
	            "user|n|right.n\nadmin|4|1\nroot|4|3\n");
	CHECK_QUERY("* | stats count() as n by user | join user (failed | stats count() as n by user) "
	            "| join user prefix=a. (accepted | stats count() as n by user)",
	            "user|n|right.n|a.n\nadmin|4|1|1\nroot|4|3|1\n");
	CHECK_QUERY("* | stats count() as n by user | join user (failed | stats count() as n by user) "
	            "| join user (accepted | stats count() as n by user)",
	            "error at 93: there is a column 'right.n' already\nhint: give the columns of this "
	            "join a name before them: prefix=b.\n");
}

TEST(queries_stand_inside_each_other) {
	CHECK_QUERY("* | stats count() as n by user | join user (failed | stats count() as b by user | "
	            "join user (accepted | stats count() as c by user)) | where (b > 1)",
	            "user|n|b|c\nroot|4|3|1\n");
	CHECK_QUERY("* | join user (\"(\" OR (failed (root)) | where (1 = 1) | extract /(?<p>\\))?/) | "
	            "stats count()",
	            "count\n4\n");
	CHECK_QUERY("* | join user (| head 1) | stats count()", "count\n4\n");
	CHECK_QUERY("* | where bytes > 50 | join user (@timestamp:<2026-11-22T10:00:01) | head 5",
	            "#0\n");
}

TEST(the_plan_shows_both_queries) {
	CLEANUP(arena_freep) struct arena *arena = arena_new(SIZE_MAX);
	CLEANUP(query_freep) struct query *query = NULL;
	CLEANUP(buf_deinit) struct buf out = {0};
	struct query_options options = fake_options();
	REQUIRE(query_parse(arena, STR("a | join k (b | stats count() by k) | head 1"), &options,
	                    &query, NULL) == ERR_OK);
	query_explain(query, &out);
	CHECK_STR(buf_str(&out),
	          "filter        (words \"a\")\npages need    words \"a\"\nfields        k\n"
	          "pipes         join k (b | stats count() by k)\n"
	          "                with  filter        (words \"b\")\n"
	          "                with  pages need    words \"b\"\n"
	          "                with  fields        k\n"
	          "                with  pipes         stats count() by k\n"
	          "              head 1  (in order of the results)\n");
}

static enum err run_damaged(const char *text, uint64_t *out_damaged) {
	CLEANUP(arena_freep) struct arena *arena = arena_new(SIZE_MAX);
	CLEANUP(query_freep) struct query *query = NULL;
	CLEANUP(buf_deinit) struct buf out = {0};
	struct fake_record records[ARRAY_LEN(fixture_lines)] = {0};
	struct fake fake = {
	    .records = records, .count = ARRAY_LEN(records), .page_rows = 5, .damaged_page = 1};
	struct query_source source = fake_source(&fake);
	struct fake_output lines = {.out = &out};
	struct query_output output = fake_output(&lines);
	struct query_options options = fake_options();
	struct query_stats stats = {0};
	fixture_fill(arena, records);
	TRY(query_parse(arena, str_from(text), &options, &query, NULL));
	enum err err = query_run_source(query, &source, &options, &output, &stats, NULL);
	*out_damaged = stats.pages_damaged;
	return err;
}

TEST(what_the_inner_query_could_not_read_is_told) {
	uint64_t damaged = 0;
	CHECK(run_damaged("* | join user (failed)", &damaged) == ERR_OK);
	CHECK_EQ(damaged, 1);
	CHECK(run_damaged("* | head 1 | join user (failed)", &damaged) == ERR_OK);
	CHECK_EQ(damaged, 1);
}

TEST(queries_inside_each_other_have_a_limit) {
	CLEANUP(buf_deinit) struct buf text = {0};
	for (int levels = 126; levels <= 130; levels += 4) {
		CLEANUP(buf_deinit) struct buf out = {0};
		struct query_options options = fake_options();
		buf_clear(&text);
		for (int i = 0; i < levels; i++) {
			buf_append_str(&text, STR("* | join user ("));
		}
		buf_append_str(&text, STR("cron"));
		for (int i = 0; i < levels; i++) {
			buf_append_char(&text, ')');
		}
		buf_append_char(&text, '\0');
		fixture_run_with(text.ptr, &options, false, &out);
		CHECK_STR(buf_str(&out),
		          levels == 126 ? "#4\n" : "error at 1935: the query is nested deeper than 128\n");
	}
}

TEST(lists_are_equal_as_wholes) {
	CHECK_QUERY("* | join groups (groups:adm | stats count() as n by groups)", "#0\n");
}

TEST(what_is_absent_is_equal_to_nothing) {
	CHECK_QUERY("* | join ip (* | where isnull(ip))", "");
	CHECK_QUERY("* | join type=anti ip (*)", "#4\n#7\n");
}

TEST(memory_is_shared_by_both) {
	CLEANUP(buf_deinit) struct buf out = {0};
	struct query_options options = fake_options();
	options.memory_max = 8000;
	fixture_run_with("* | join user (* | fields user, event.original)", &options, false, &out);
	CHECK_STR(buf_str(&out),
	          "error: the query needs more than 0 MiB of memory\nhint: raise it with --memory, "
	          "narrow the time with --from and --to, or keep less: --limit, head, fewer fields in "
	          "stats by, a narrower query in join\n");
}

TEST(mistakes_are_named) {
	CHECK_QUERY("* | join", "error at 8: a field to join on is expected here\n");
	CHECK_QUERY("* | join (failed)",
	            "error at 9: a field to join on is expected here, not '(failed)'\n");
	CHECK_QUERY("* | join user",
	            "error at 13: '(' and the query to join with is expected here\nhint: join "
	            "user.name (failed | stats count() as n by user.name)\n");
	CHECK_QUERY("* | join user (failed", "error at 14: this parenthesis is not closed\n");
	CHECK_QUERY("* | join user ()",
	            "error at 15: the query is empty\nhint: * finds every record\n");
	CHECK_QUERY("* | join user (failed | staats)",
	            "error at 24: there is no pipe 'staats'\nhint: did you mean stats FUNCTION(FIELD) "
	            "[as NAME], ... [by FIELD, ...]?\n");
	CHECK_QUERY("* | join user (* | stats count() as n)",
	            "error at 9: there is no 'user' here\nhint: the columns are n\n");
	CHECK_QUERY("* | join ip=adress (* | stats count() by ip)",
	            "error at 12: there is no 'adress' here\nhint: the columns are ip, count\n");
	CHECK_QUERY("* | join user type=some (*)",
	            "error at 19: inner, left, semi or anti is expected here\n");
	CHECK_QUERY("failed) | head", "error at 6: this parenthesis closes nothing: no '(' stands "
	                              "before it\n");
	CHECK_QUERY("* | join user (a:/(/)", "error at 19: the regular expression is not valid: "
	                                     "missing closing parenthesis\nhint: to search for the "
	                                     "characters themselves, put them in quotes\n");
}

TEST(the_order_of_several_rows_is_that_of_the_other_query) {
	CHECK_QUERY("bytes:100 | join user (user:root | sort bytes | fields user, bytes) | sort user | "
	            "fields right.bytes",
	            "right.bytes\n3\n50\n100\n\n");
}

/* Random tables against the plain two loops. */
TEST(joins_are_what_two_loops_find) {
	CLEANUP(arena_freep) struct arena *arena = arena_new(SIZE_MAX);
	static const char *const keys[] = {"a", "b", "c", "d", NULL};
	for (int round = 0; round < 300; round++) {
		struct fake_record records[40] = {0};
		size_t count = tap_random() % ARRAY_LEN(records);
		const char *key[ARRAY_LEN(records)];
		bool left[ARRAY_LEN(records)];
		arena_reset(arena);
		for (size_t i = 0; i < count; i++) {
			key[i] = keys[tap_random() % ARRAY_LEN(keys)];
			left[i] = tap_random() % 2;
			records[i].time_ns = (int64_t)i;
			records[i].text = left[i] ? STR("left") : STR("right");
			if (key[i] != NULL) {
				fixture_add(&records[i], "k", value_string(str_from(key[i])));
			}
			fixture_add(&records[i], "n", value_string(arena_printf(arena, "%zu", i)));
		}
		struct buf expected = {0};
		buf_append_str(&expected, STR("n|right.n\n"));
		bool outer = round % 2;
		for (size_t i = 0; i < count; i++) {
			bool found = false;
			for (size_t j = 0; left[i] && j < count; j++) {
				if (!left[j] && key[i] != NULL && key[j] != NULL && strcmp(key[i], key[j]) == 0) {
					found = true;
					buf_printf(&expected, "%zu|%zu\n", i, j);
				}
			}
			if (left[i] && !found && outer) {
				buf_printf(&expected, "%zu|\n", i);
			}
		}
		struct buf out = {0};
		struct query *query = NULL;
		struct query_options options = fake_options();
		struct fake fake = {
		    .records = records, .count = count, .page_rows = 7, .damaged_page = UINT64_MAX};
		struct query_source source = fake_source(&fake);
		struct fake_output lines = {.out = &out};
		struct query_output output = fake_output(&lines);
		struct query_stats stats = {0};
		struct str text =
		    outer ? STR("left | join k type=left (right | fields k, n) | fields n, right.n")
		          : STR("left | join k (right | fields k, n) | fields n, right.n");
		REQUIRE(query_parse(arena, text, &options, &query, NULL) == ERR_OK);
		REQUIRE(query_run_source(query, &source, &options, &output, &stats, NULL) == ERR_OK);
		bool same = str_eq(buf_str(&out), buf_str(&expected));
		buf_deinit(&out);
		buf_deinit(&expected);
		query_free(query);
		REQUIRE(same);
	}
}

/* patterns as a pipe. */
#include "tap.h"

#include "query/fixture.h"

TEST(records_become_patterns_the_rarest_first) {
	CHECK_QUERY("* | patterns | fields count, pattern.template, example",
	            "count|pattern.template|example\n"
	            "1|nginx: POST <*>|nginx: POST /admin.php 500\n"
	            "1|kernel: 日本語のメッセージ|kernel: 日本語のメッセージ\n"
	            "1|sudo: Root : COMMAND=<*>|sudo: Root : COMMAND=/bin/sh\n"
	            "1|cron: session opened for guest|cron: session opened for guest\n"
	            "2|nginx: GET <*>|nginx: GET /index.html 200\n"
	            "2|sshd: Accepted password for <*> from <*> port <*>|"
	            "sshd: Accepted password for root from 10.0.0.9 port 4025\n"
	            "4|sshd: Failed password for <*> from <*> port <*>|"
	            "sshd: Failed password for root from 10.0.0.9 port 4022\n");
}

TEST(the_order_can_be_chosen_and_other_pipes_follow) {
	CHECK_QUERY("* | patterns count | head 1 | fields count, first, last, hosts, pattern.id",
	            "count|first|last|hosts|pattern.id\n"
	            "4|2026-11-22T10:00:00Z|2026-11-22T10:05:02Z|0|e6a46ad57d7719c2\n");
	CHECK_QUERY("Failed | patterns | where count > 1 | stats sum(count)", "sum(count)\n4\n");
	CHECK_QUERY("nothing | patterns",
	            "count|first|last|hosts|host.name|pattern.template|example|pattern.id\n");
}

TEST(bad_patterns_are_refused) {
	CHECK_QUERY("* | patterns best", "error at 13: there is no such order of patterns\n"
	                                 "hint: rare, count, first or last\n");
	CHECK_QUERY("* | top user | patterns",
	            "error at 23: patterns before other tables is expected here\n"
	            "hint: a table has no lines left; put patterns first\n");
}

TEST(memory_is_accounted_for) {
	CLEANUP(buf_deinit) struct buf out = {0};
	struct query_options options = fake_options();
	options.memory_max = 1024;
	fixture_run_with("* | patterns", &options, false, &out);
	CHECK(str_starts(buf_str(&out), STR("error: ")));
}

/* patterns as a pipe. */
#include "tap.h"

#include "query/fixture.h"

TEST(records_become_patterns_the_rarest_first) {
	CHECK_QUERY("* | patterns | fields count, pattern.template, example", "TO BE SEEN");
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

/* where: expressions over records and tables. */
#include "tap.h"

#include "base/zone.h"
#include "query/fixture.h"

TEST(comparisons_go_by_what_values_are) {
	CHECK_QUERY("* | where bytes > 50", "#0\n#9\n#11\n");
	CHECK_QUERY("* | where bytes >= 50 and bytes < 1e3", "#0\n#8\n#9\n");
	CHECK_QUERY("* | where user = \"ROOT\"", "#0\n#2\n#3\n#6\n#8\n");
	CHECK_QUERY("* | where user != 'root'", "#4\n#1\n#5\n#9\n#10\n#11\n");
	CHECK_QUERY("* | where not user = 'root'", "#4\n#1\n#5\n#7\n#9\n#10\n#11\n");
	CHECK_QUERY("* | where ip > \"10.0.0.9\" and ip < \"10.1.0.0\"", "#1\n#5\n");
	CHECK_QUERY("* | where @timestamp >= \"2026-11-22T10:06:41Z\"", "#10\n#11\n");
	CHECK_QUERY("* | where groups = \"adm\"", "#0\n");
	CHECK_QUERY("* | where groups != \"adm\"", "#4\n#8\n");
	CHECK_QUERY("* | where user in (\"eve\", \"guest\")", "#4\n#11\n");
	CHECK_QUERY("* | where not user =~ /o/", "#4\n#1\n#5\n#7\n#9\n#10\n#11\n");
	CHECK_QUERY("* | where user not in (\"root\", \"eve\")", "#4\n#1\n#5\n#9\n#10\n");
	CHECK_QUERY("* | where not user in (\"root\", \"eve\")", "#4\n#1\n#5\n#7\n#9\n#10\n");
	CHECK_QUERY("* | where bytes not in (3, 7) and bytes < 21", "#1\n#5\n");
}

TEST(arithmetic_is_exact_for_integers) {
	CHECK_QUERY("* | where bytes * 2 = 200", "#0\n");
	CHECK_QUERY("* | where bytes % 2 = 1", "#4\n#2\n");
	CHECK_QUERY("* | where bytes / 8 = 2.5", "#1\n");
	CHECK_QUERY("* | where bytes - 1 = 8999999999999999999", "#11\n");
	CHECK_QUERY("* | where -bytes + 10 > 8", "#5\n");
	CHECK_QUERY("* | where 1 + 2 * 3 = 7 and (1 + 2) * 3 = 9 | head 1", "#0\n");
	CHECK_QUERY("* | where bytes / 0 = bytes / 0", "");
	/* The one quotient of integers that is no 64-bit integer. */
	CHECK_QUERY("* | where (0 - 9223372036854775807 - 1) / (0 - 1) > 9e18 | head 1", "#0\n");
	CHECK_QUERY("* | where (0 - 9223372036854775807 - 1) % (0 - 1) = 0 | head 1", "#0\n");
}

TEST(remainders_are_of_numbers_whatever_they_are_written_like) {
	CHECK_QUERY("* | where 7 % 4 = 3 and 7.0 % 4 = 3 and (7 * 1.0) % 4 = 3 | stats count()",
	            "count\n12\n");
	CHECK_QUERY("* | where 7.5 % 2 = 1.5 and -7.5 % 2 = -1.5 and 7 % -4.0 = 3 | stats count()",
	            "count\n12\n");
	CHECK_QUERY("* | where exists(7.5 % 0) or exists(7 % 0.0) or exists(7 % 0)", "");
}

TEST(functions_see_numbers_as_they_are_written) {
	CHECK_QUERY("* | where len(1e3) = 3 and lower(1E3) = 1000 | stats count()", "count\n12\n");
	CHECK_QUERY("* | where contains(lower(1E3), \"1e3\") | stats count()", "count\n12\n");
	CHECK_QUERY("* | where len(abs(-1.50)) = 3 and len(2 * 3.0) = 1 | stats count()",
	            "count\n12\n");
	CHECK_QUERY("* | where abs(-7) = 7 and abs(7.5) = 7.5 and abs(-7.5) = 7.5 | stats count()",
	            "count\n12\n");
	CHECK_QUERY("* | where exists(abs(user))", "");
}

TEST(a_list_is_compared_with_a_list_as_its_elements_are) {
	CHECK_QUERY("* | where groups = groups and not (groups != groups) | stats count()",
	            "count\n3\n");
	CHECK_QUERY("* | where groups < groups | stats count()", "count\n3\n"); /* adm < wheel */
}

TEST(functions_test_texts) {
	CHECK_QUERY("* | where contains(user, \"OO\") && exists(bytes)", "#0\n#2\n#6\n#8\n");
	CHECK_QUERY("* | where alike(user, \"ＯＯ\") && exists(bytes)", "#0\n#2\n#6\n#8\n");
	CHECK_QUERY("* | where user =~ /^ro/ and not regex(user, \"(?-i)^R\")", "#0\n#2\n#3\n#8\n");
	CHECK_QUERY("* | where user !~ /o/", "#4\n#1\n#5\n#9\n#10\n#11\n");
	CHECK_QUERY("* | where cidr(ip, \"192.0.2.0/24\") || cidr(ip, \"2001:db8::/32\")",
	            "#6\n#9\n#10\n#11\n");
	CHECK_QUERY("* | where startswith(user, \"r\") and endswith(ip, \".9\")", "#0\n#2\n#3\n#8\n");
	CHECK_QUERY("* | where like(user, \"?ue*\")", "#4\n");
	CHECK_QUERY("* | where lower(user) = \"root\" and len(user) = 4 and len(groups) = 2",
	            "#0\n#8\n");
	CHECK_QUERY("* | where abs(0 - bytes) = 7", "#4\n");
	CHECK_QUERY("* | where word(event.original, \"日本語\")", "#7\n");
}

TEST(depth_is_counted_and_not_length) {
	CLEANUP(buf_deinit) struct buf text = {0};
	buf_append_str(&text, STR("* | where (1 = 1)"));
	for (uint32_t i = 0; i < 2 * LIMIT_QUERY_DEPTH; i++) {
		buf_append_str(&text, STR(" and (1 = 1)"));
	}
	buf_append(&text, " | head 1", sizeof(" | head 1"));
	CHECK_QUERY(text.ptr, "#0\n");
}

TEST(values_that_are_no_comparison_are_true_or_not) {
	CHECK_QUERY("* | where user and not bytes", "#3\n");
	CHECK_QUERY("* | where bytes - 20 and bytes < 51", "#4\n#2\n#5\n#6\n#8\n");
	CHECK_QUERY("* | where groups | head 2", "#0\n#4\n");
	CHECK_QUERY("* | where (user = \"root\") = \"true\"", "#0\n#2\n#3\n#6\n#8\n");
}

TEST(tables_can_be_filtered) {
	CHECK_QUERY("* | stats count() as n by user | where n > 1", "user|n\nadmin|4\nroot|4\n");
	CHECK_QUERY("* | stats dc(ip) by user | where `dc(ip)` = 2", "user|dc(ip)\nadmin|2\n");
}

TEST(mistakes_are_named) {
	CHECK_QUERY("* | where user:root",
	            "error at 14: in where, fields are compared with =, <, >, =~ and "
	            "functions\nhint: write user = \"...\", or put field:value "
	            "before the first pipe\n");
	CHECK_QUERY("* | where n >",
	            "error at 13: a field, a number, a text in quotes or '(' is expected "
	            "here\n");
	CHECK_QUERY("* | where (n > 1", "error at 10: this parenthesis is not closed\n");
	CHECK_QUERY("* | where user = \"x", "error at 17: this quotation mark is not closed\nhint: a "
	                                    "quotation mark inside quotation marks is written \\\"\n");
	CHECK_QUERY(
	    "* | where foo(x)",
	    "error at 10: there is no function 'foo'\nhint: the functions are contains, alike, regex, "
	    "matches, cidr, word, like, startswith, endswith, if, case, coalesce, replace, exists, "
	    "isnull, lower, upper, len, concat, substr, trim, ltrim, rtrim, split, mvindex, mvjoin, "
	    "tostring, urldecode, base64decode, typeof, abs, round, floor, ceil, sqrt, pow, exp, ln, "
	    "log, min, max, tonumber, now, bin, strftime, strptime, unix, totime, duration\n");
	CHECK_QUERY("* | where ip = 10.0.0.1",
	            "error at 15: a number is expected here, not '10.0.0.1'\n"
	            "hint: put text, times and addresses in quotes\n");
	CHECK_QUERY("* | where a = 1 b", "error at 16: '|' or the end is expected here, not 'b'\nhint: "
	                                 "where EXPRESSION\n");
	CHECK_QUERY("* | where user =~ /a(/",
	            "error at 21: the regular expression is not valid: missing closing parenthesis\n");
	CHECK_QUERY("* | where cidr(ip, \"x\")", "error at 19: 'x' is not an IP address or network\n");
}

TEST(times_are_read_as_in_the_filter) {
	CLEANUP(buf_deinit) struct buf out = {0};
	CLEANUP(zone_freep) struct zone *zone = zone_fixed(9 * 3600);
	struct query_options options = fake_options();
	CHECK_QUERY("* | where @timestamp > \"2026-11-22T10:05\"", "#9\n#10\n#11\n");
	CHECK_QUERY("* | where @timestamp = \"2026-11-22T10:05\"", "#6\n#7\n#8\n");
	CHECK_QUERY("* | where @timestamp = \"2026-11-22\" | stats count()", "count\n12\n");
	CHECK_QUERY("* | where @timestamp != \"2026-11-22\"", "");
	CHECK_QUERY("* | where @timestamp <= \"2026-11-22T10:00:05\"", "#0\n#4\n");
	CHECK_QUERY("* | where @timestamp < \"now\"", "");
	CHECK_QUERY("* | where @timestamp >= \"+400s\"", "#9\n#10\n#11\n");
	CHECK_QUERY(
	    "* | where @timestamp > \"monday\"",
	    "error at 23: 'monday' is not a time\nhint: write 2026-11-22, 2026-11-22T10:00:00Z, "
	    "today, yesterday, -15m or -7d\n");
	options.zone = zone;
	fixture_run_with("* | where @timestamp > \"2026-11-22T19:06:40\"", &options, false, &out);
	fixture_run_with("sudo | fields @timestamp", &options, false, &out);
	fixture_run_with("* | stats max(@timestamp) as t | where t = \"2026-11-22T10:06:42Z\"",
	                 &options, false, &out);
	CHECK_STR(buf_str(&out), "#10\n#11\n@timestamp\n2026-11-22T19:05:00+09:00\n"
	                         "t\n2026-11-22T19:06:42+09:00\n");
}

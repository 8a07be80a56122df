/* extract. */
#include "tap.h"

#include "query/fixture.h"

TEST(named_groups_become_fields) {
	CHECK_QUERY("failed | extract /port (?<port>\\d+)/ | sort -port | fields port, user",
	            "port|user\n4026|root\n4024|root\n4023|admin\n4022|root\n");
	CHECK_QUERY("* | extract /(?<method>GET|POST) (?<path>\\S+)/ | stats count() by method, path",
	            "method|path|count\nGET|/admin.php|1\nGET|/index.html|1\nPOST|/admin.php|1\n||9\n");
	CHECK_QUERY("* | extract \"(?<net>^10\\.0)\" from ip | stats count() by net",
	            "net|count\n10.0|6\n|6\n");
	CHECK_QUERY(
	    "* | stats values(ip) as ips by user | extract /(?<c>ad)/ from user | fields user, c",
	    "user|c\nadmin|ad\neve|\nguest|\nRoot|\nroot|\n|\n");
}

TEST(a_new_column_has_nothing_of_one_that_was_dropped) {
	CHECK_QUERY("sudo | extract /^(?<x>.)/ | fields user | extract /(?<x>zz)/ from user",
	            "user|x\nRoot|\n");
	CHECK_QUERY("sudo | where exists(ip) | fields user | extract /(?<ip>zz)/ from user",
	            "user|ip\nRoot|\n");
	CHECK_QUERY("sudo | fields user, ip | extract /(?<ip>zz)/ from user",
	            "user|ip\nRoot|2001:db8::1\n");
}

TEST(extracted_fields_are_shown_with_the_record) {
	CLEANUP(buf_deinit) struct buf out = {0};
	struct query_options options = fake_options();
	fixture_run_with("sudo | extract /COMMAND=(?<command>\\S+)/ | extract /^(?<user>\\w+):/",
	                 &options, true, &out);
	options.order = QUERY_BY_INDEX;
	fixture_run_with("sudo | extract /COMMAND=(?<command>\\S+)/ | fields -user", &options, true,
	                 &out);
	CHECK_STR(buf_str(&out), "#6 ip=2001:db8::1 bytes=40 command=/bin/sh user=sudo\n"
	                         "#6 ip=2001:db8::1 bytes=40 command=/bin/sh\n");
}

/* What was dropped comes back only where the pattern matches. */
TEST(a_dropped_field_may_be_extracted_again) {
	CLEANUP(buf_deinit) struct buf out = {0};
	struct query_options options = fake_options();
	options.order = QUERY_BY_INDEX;
	fixture_run_with("sudo | rename user as u | extract /^(?<user>\\w+):/", &options, true, &out);
	fixture_run_with("sudo | rename user as u | extract /(?<user>zz)/", &options, true, &out);
	fixture_run_with("sudo | fields -user | extract /^(?<user>\\w+):/", &options, true, &out);
	fixture_run_with("sudo | fields -user | extract /(?<user>zz)/", &options, true, &out);
	CHECK_STR(buf_str(&out), "#6 ip=2001:db8::1 bytes=40 u=Root user=sudo\n"
	                         "#6 ip=2001:db8::1 bytes=40 u=Root\n"
	                         "#6 ip=2001:db8::1 bytes=40 user=sudo\n"
	                         "#6 ip=2001:db8::1 bytes=40\n");
}

TEST(bad_patterns_are_refused) {
	CHECK_QUERY("* | extract /port (\\d+)/", "error at 12: this regular expression has no named "
	                                         "group\nhint: name what becomes a field: "
	                                         "(?<port>[0-9]+)\n");
	CHECK_QUERY("* | extract /(?<a>/",
	            "error at 18: the regular expression is not valid: missing closing parenthesis\n");
	CHECK_QUERY("* | extract port", "error at 12: a regular expression is expected here, not "
	                                "'port'\nhint: extract /from (?<ip>[0-9.]+)/\n");
	CHECK_QUERY("* | stats count() | extract /(?<a>x)/",
	            "error at 37: from FIELD (there are no records behind a table) is expected here\n");
}

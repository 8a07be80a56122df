/* rename */
#include "tap.h"

#include "query/fixture.h"

TEST(columns_keep_their_places) {
	CHECK_QUERY("* | stats count() as n, dc(ip) as d by user | rename n as records, user as who | "
	            "head 1",
	            "who|records|d\nadmin|4|2\n");
	CHECK_QUERY("* | stats count() as n, dc(ip) as d by user | rename n as d, d as n | where n = 1 "
	            "| head 1",
	            "user|d|n\neve|1|1\n");
	CHECK_QUERY("* | stats count() as n | rename n as n", "n\n12\n");
}

TEST(records_lose_the_old_name) {
	CLEANUP(buf_deinit) struct buf out = {0};
	struct query_options options = fake_options();
	fixture_run_with("* | head 1 | rename user as who, ip as user", &options, true, &out);
	fixture_run_with("* | head 1 | rename user as ip, ip as user | eval same = isnull(who)",
	                 &options, true, &out);
	fixture_run_with("* | head 1 | rename user as who | eval user = 'x' | rename who as was",
	                 &options, true, &out);
	CHECK_STR(buf_str(&out), "#0 bytes=100 groups=wheel, adm who=root user=10.0.0.9\n"
	                         "#0 bytes=100 groups=wheel, adm ip=root user=10.0.0.9 same=true\n"
	                         "#0 ip=10.0.0.9 bytes=100 groups=wheel, adm user=x was=root\n");
	CHECK_QUERY("* | rename user as who | where isnull(user) and who = 'eve'", "#11\n");
}

TEST(mistakes_are_named) {
	CHECK_QUERY("* | rename", "error at 10: the name of a field is expected here\n");
	CHECK_QUERY("* | rename user", "error at 15: as NAME is expected here\n");
	CHECK_QUERY("* | rename user as a, user as b", "error at 22: this field stands here twice\n");
	CHECK_QUERY("* | rename user as a, ip as a", "error at 28: this name stands here twice\n");
	CHECK_QUERY("* | stats count() as n by user | rename user as n",
	            "error at 48: there is a column 'n' already\n");
	CHECK_QUERY("* | stats count() as n by user | rename user as a, n as a",
	            "error at 56: there is a column 'a' already\n");
	CHECK_QUERY("* | rename @timestamp as t",
	            "error at 11: '@timestamp' belongs to the record and stays as it is\nhint: eval "
	            "NAME = @timestamp makes a copy\n");
}

/* fillnull */
#include "tap.h"

#include "query/fixture.h"

TEST(what_is_absent_gets_a_value) {
	CHECK_QUERY("* | stats sum(bytes) as s, values(ip) as i by user | fillnull | tail 3",
	            "user|s|i\nRoot|40|2001:db8::1\nroot|153|10.0.0.9\n0|0|0\n");
	CHECK_QUERY("* | stats sum(bytes) as s by user | fillnull value=\"no one\" user | tail 1",
	            "user|s\nno one|\n");
	CHECK_QUERY("* | stats sum(bytes) as s by user | fillnull value=- | tail 1", "user|s\n-|-\n");
	CHECK_QUERY("* | stats sum(bytes) as s by user | fillnull value=1.5 s | tail 1 | eval t = s + "
	            "1",
	            "user|s|t\n|1.5|2.5\n");
}

TEST(records_have_it_beside_their_fields) {
	CLEANUP(buf_deinit) struct buf out = {0};
	struct query_options options = fake_options();
	fixture_run_with("guest OR kernel | fillnull value=none ip, bytes", &options, true, &out);
	CHECK_STR(buf_str(&out), "#4 user=guest groups=wheel, staff ip=none bytes=7\n"
	                         "#7 ip=none bytes=none\n");
}

TEST(mistakes_are_named) {
	CHECK_QUERY("* | fillnull",
	            "error at 12: a field is expected here\nhint: records may have any fields; say "
	            "which: fillnull value=0 bytes\n");
	CHECK_QUERY("* | fillnull value", "error at 18: '=' and a value is expected here\n");
	CHECK_QUERY("* | stats count() as n | fillnull m",
	            "error at 34: there is no 'm' here\nhint: the columns are n\n");
}

/* expand */
#include "tap.h"

#include "query/fixture.h"

TEST(each_element_has_a_row) {
	CHECK_QUERY("* | expand groups | stats count() by groups",
	            "groups|count\nadm|1\nstaff|2\nwheel|3\n|9\n");
	CHECK_QUERY("* | head 2 | expand groups | fields user, groups",
	            "user|groups\nroot|wheel\nroot|adm\nguest|wheel\nguest|staff\n");
	CHECK_QUERY("* | head 1 | eval p = split(\"a/b/c\", \"/\") | expand p | fields p",
	            "p\na\nb\nc\n");
	CHECK_QUERY("* | stats values(user) as u by ip | expand u | tail 3",
	            "ip|u\n192.0.2.1|eve\n2001:db8::1|Root\n|guest\n");
	CHECK_QUERY("* | expand groups | head 3", "#0\n#0\n#4\n");
}

TEST(records_show_the_element) {
	CLEANUP(buf_deinit) struct buf out = {0};
	struct query_options options = fake_options();
	fixture_run_with("bytes:100 | expand groups", &options, true, &out);
	CHECK_STR(buf_str(&out), "#0 user=root ip=10.0.0.9 bytes=100 groups=wheel\n"
	                         "#0 user=root ip=10.0.0.9 bytes=100 groups=adm\n");
}

TEST(mistakes_are_named) {
	CHECK_QUERY("* | expand", "error at 10: the name of a field is expected here\n");
	CHECK_QUERY("* | stats count() | expand groups",
	            "error at 27: there is no 'groups' here\nhint: the columns are count\n");
}

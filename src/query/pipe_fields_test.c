/* fields: tables of columns, records without fields. */
#include "tap.h"

#include "query/fixture.h"

TEST(fields_make_a_table) {
	CHECK_QUERY("sudo | fields user, \"ip\", none", "user|ip|none\nRoot|2001:db8::1|\n");
	CHECK_QUERY("sudo | fields @timestamp user", "@timestamp|user\n2026-11-22T10:05:00Z|Root\n");
	CHECK_QUERY("sudo | fields user, ip, bytes | fields -ip", "user|bytes\nRoot|40\n");
	CHECK_QUERY("groups:staff | fields groups | head 1", "groups\nwheel, staff\n");
}

TEST(records_go_on_without_dropped_fields) {
	CLEANUP(buf_deinit) struct buf out = {0};
	struct query_options options = fake_options();
	fixture_run_with("sudo | fields -ip, -bytes", &options, true, &out);
	fixture_run_with("sudo | fields -ip | fields -bytes", &options, true, &out);
	fixture_run_with("sudo", &options, true, &out);
	CHECK_STR(buf_str(&out), "#6 user=Root\n#6 user=Root\n#6 user=Root ip=2001:db8::1 bytes=40\n");
}

TEST(bad_lists_are_refused) {
	CHECK_QUERY("* | fields", "error at 10: the name of a field is expected here\n");
	CHECK_QUERY("* | fields a, -b", "error at 15: a field without '-' is expected here, not 'b'\n");
	CHECK_QUERY("* | fields a | fields -a", "error at 24: no column would be left\n");
	CHECK_QUERY("* | fields a | sort b",
	            "error at 20: there is no 'b' here\nhint: the columns are a\n");
}

TEST(a_field_is_named_once) {
	CHECK_QUERY("sudo | fields user, ip, user", "error at 24: this field stands here twice\n");
	CHECK_QUERY("sudo | fields -user, -user", "error at 22: this field stands here twice\n");
}

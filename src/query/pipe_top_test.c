/* top and rare. */
#include "tap.h"

#include "query/fixture.h"

TEST(the_most_frequent_values_come_first) {
	CHECK_QUERY("* | top user",
	            "user|count|percent\nadmin|4|36.36\nroot|4|36.36\neve|1|9.09\nguest|1|9.09\n"
	            "Root|1|9.09\n");
	CHECK_QUERY("* | top 1 ip", "ip|count|percent\n10.0.0.9|4|40\n");
	CHECK_QUERY("* | rare 2 user", "user|count|percent\neve|1|9.09\nguest|1|9.09\n");
	CHECK_QUERY("nothing | top user", "user|count|percent\n");
}

TEST(by_counts_within_groups) {
	CHECK_QUERY("* | top 1 ip by user",
	            "user|ip|count|percent\nadmin|10.0.0.10|2|50\neve|192.0.2.1|1|100\n"
	            "Root|2001:db8::1|1|100\nroot|10.0.0.9|4|100\n");
}

TEST(bad_tops_are_refused) {
	CHECK_QUERY("* | top", "error at 7: the name of a field is expected here\n");
	CHECK_QUERY("* | stats count() by user | top count",
	            "error at 31: a field cannot be named as the results are: count, percent\n");
}

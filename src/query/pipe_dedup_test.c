/* dedup. */
#include "tap.h"

#include "query/fixture.h"

TEST(the_first_row_of_each_combination_stays) {
	CHECK_QUERY("* | dedup user", "#0\n#4\n#1\n#6\n#7\n#11\n");
	CHECK_QUERY("* | dedup user, ip | fields user, ip",
	            "user|ip\nroot|10.0.0.9\nguest|\nadmin|10.0.0.10\nRoot|2001:db8::1\n|\n"
	            "admin|192.0.2.1\neve|192.0.2.1\n");
	CHECK_QUERY("* | dedup user ip | stats count()", "count\n7\n");
	CHECK_QUERY("* | dedup", "error at 9: the name of a field is expected here\n");
}

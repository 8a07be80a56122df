/* tail. */
#include "tap.h"

#include "query/fixture.h"

TEST(tail_gives_the_last_in_order_of_time) {
	CHECK_QUERY("* | tail 3", "#9\n#10\n#11\n");
	CHECK_QUERY("* | tail 0", "");
	CHECK_QUERY("* | head 4 | tail 2", "#1\n#2\n");
	CHECK_QUERY("user:root | tail", "#0\n#2\n#3\n#6\n#8\n");
	CHECK_QUERY("* | tail 2 | fields user, bytes",
	            "user|bytes\nadmin|-\neve|9000000000000000000\n");
	CHECK_QUERY("* | tail 5000000000", "error at 9: a whole number is expected here, not "
	                                   "'5000000000'\n");
}

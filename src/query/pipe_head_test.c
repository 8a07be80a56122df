/* head. */
#include "tap.h"

#include "query/fixture.h"

TEST(head_gives_the_first_in_order_of_time) {
	CHECK_QUERY("* | head 3", "#0\n#4\n#1\n");
	CHECK_QUERY("* | head 0", "");
	CHECK_QUERY("* | head | head 2", "#0\n#4\n");
	CHECK_QUERY("* | head 99999999999", "#0\n#4\n#1\n#2\n#3\n#5\n#6\n#7\n#8\n#9\n#10\n#11\n");
	CHECK_QUERY("* | stats count() by user | head 1", "user|count\nadmin|4\n");
}

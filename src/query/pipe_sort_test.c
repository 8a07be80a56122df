/* sort: by kinds of values, both ways, several fields, what is absent last. */
#include "tap.h"

#include "query/fixture.h"

TEST(numbers_sort_as_numbers_and_absent_values_last) {
	CHECK_QUERY("* | sort bytes | fields bytes",
	            "bytes\n1.5\n3\n7\n20\n40\n50\n60\n100\n9000000000000000000\n-\n\n\n");
	CHECK_QUERY("* | sort -bytes | fields bytes",
	            "bytes\n-\n9000000000000000000\n100\n60\n50\n40\n20\n7\n3\n1.5\n\n\n");
}

TEST(ties_keep_the_order_of_results) {
	CHECK_QUERY("user:* | sort user, -ip | fields user, ip | head 6",
	            "user|ip\nadmin|192.0.2.1\nadmin|192.0.2.1\nadmin|10.0.0.10\nadmin|10.0.0.10\n"
	            "eve|192.0.2.1\nguest|\n");
	CHECK_QUERY("user:root | sort ip", "#0\n#2\n#3\n#8\n#6\n");
	CHECK_QUERY("user:root | sort ip desc", "#6\n#0\n#2\n#3\n#8\n");
	CHECK_QUERY("user:root | sort by ip desc, bytes asc | head 3", "#6\n#2\n#8\n");
}

TEST(bad_sorts_are_refused_with_their_place) {
	CHECK_QUERY("* | sort", "error at 8: the name of a field is expected here\n");
	CHECK_QUERY("* | sort a,", "error at 11: the name of a field is expected here\n");
	CHECK_QUERY("* | stats count() by user | sort bytes",
	            "error at 33: there is no 'bytes' here\nhint: the columns are user, count\n");
}

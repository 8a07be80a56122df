/* Numbers as text. */
#include "query/number.h"

#include "tap.h"

static void check(double number, const char *expected) {
	CLEANUP(buf_deinit) struct buf out = {0};
	number_append(&out, number);
	CHECK_STR(buf_str(&out), expected);
}

TEST(integers_have_no_point_and_others_few_digits) {
	check(0, "0");
	check(-3, "-3");
	check(2.5, "2.5");
	check(0.1, "0.1");
	check(1.0 / 3, "0.333333333333333" /* reads back only with 16 digits */ "3");
	check(1e300, "1e+300");
	check(9007199254740991.0, "9007199254740991");
}

TEST(wide_sums_are_exact_as_long_as_they_fit) {
	CLEANUP(buf_deinit) struct buf out = {0};
	number_append_wide(&out, INT64_MAX);
	buf_append_char(&out, ' ');
	number_append_wide(&out, (__int128)INT64_MAX * 4);
	CHECK_STR(buf_str(&out), "9223372036854775807 3.6893488147419103e+19");
}

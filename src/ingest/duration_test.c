#include "ingest/duration.h"

#include "base/instant.h"
#include "tap.h"

static int64_t number(const char *text, int64_t unit) {
	int64_t ns = -1;
	return duration_number(str_from(text), unit, &ns) ? ns : -1;
}

static int64_t clock_of(const char *text) {
	int64_t ns = -1;
	return duration_clock(str_from(text), &ns) ? ns : -1;
}

TEST(numbers_become_nanoseconds) {
	CHECK_EQ(number("0", INSTANT_SECOND), 0);
	CHECK_EQ(number("37", INSTANT_SECOND), 37 * INSTANT_SECOND);
	CHECK_EQ(number("0.004", INSTANT_SECOND), 4000000);
	CHECK_EQ(number("1.5", 1000), 1500);
	CHECK_EQ(number("1.", INSTANT_SECOND), INSTANT_SECOND);
	CHECK_EQ(number("1.0000000019", INSTANT_SECOND), INSTANT_SECOND + 1);
}

TEST(what_is_no_number_or_too_long_is_refused) {
	static const char *const bad[] = {"", "-1", ".5", "1s", "1 2", "9999999999999", "1.2.3"};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		CHECK_EQ(number(bad[i], INSTANT_SECOND), -1);
	}
}

TEST(clocks_and_units_become_nanoseconds) {
	CHECK_EQ(clock_of("0:10:06"), 606 * INSTANT_SECOND);
	CHECK_EQ(clock_of("1:00:00:00"), 86400 * INSTANT_SECOND);
	CHECK_EQ(clock_of("59"), 59 * INSTANT_SECOND);
	CHECK_EQ(clock_of("2h:28m:09s"), 8889 * INSTANT_SECOND);
	CHECK_EQ(clock_of("1w2d 3h"), (7 * 86400 + 2 * 86400 + 3 * 3600) * INSTANT_SECOND);
	CHECK_EQ(clock_of("0h:00m:00s"), 0);
}

TEST(clocks_out_of_order_or_mixed_are_refused) {
	static const char *const bad[] = {"",   ":", "1:2:3:4:5", "1m2h",         "1h:2",
	                                  "1x", "a", "1::2",      "99999999999d", "1:2:3:4:5:6:7:8"};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		CHECK_EQ(clock_of(bad[i]), -1);
	}
}

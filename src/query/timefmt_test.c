/* Times by a pattern. */
#include "query/timefmt.h"

#include "base/zone.h"
#include "tap.h"

static void check_write(const char *pattern, int64_t ns, const struct zone *zone,
                        const char *expected) {
	struct buf out = {0};
	timefmt_write(&out, str_from(pattern), ns, zone);
	CHECK_STR(buf_str(&out), expected);
	buf_deinit(&out);
}

static int64_t read_or(const char *text, const char *pattern, const struct zone *zone) {
	int64_t ns = -1;
	return timefmt_read(str_from(text), str_from(pattern), zone, &ns) ? ns : -1;
}

static const int64_t some = 1795341607 * INSTANT_SECOND + 89012345; /* a Sunday */

TEST(times_are_written_by_letters) {
	CLEANUP(zone_freep) struct zone *zone = zone_fixed(-(3 * 3600 + 1800));
	check_write("%Y-%m-%dT%H:%M:%S.%N%z", some, NULL, "2026-11-22T10:00:07.089012345+0000");
	check_write("%F %T.%L %f %s %Z", some, zone, "2026-11-22 06:30:07.089 089012 1795341607 -0330");
	check_write("%a %A %b %B %e %j %u%w %y %I %p %% 100%", some, NULL,
	            "Sun Sunday Nov November 22 326 70 26 10 AM % 100%");
	check_write("%I%p %d %e", 1795356000 * INSTANT_SECOND, NULL, "02PM 22 22");
	check_write("%F %s", -1, NULL, "1969-12-31 -1");
}

TEST(times_are_read_by_letters) {
	CLEANUP(zone_freep) struct zone *zone = zone_fixed(9 * 3600);
	int64_t ns = 1795341607 * INSTANT_SECOND;
	CHECK_EQ(read_or("22/Nov/2026:10:00:07 +0000", "%d/%b/%Y:%H:%M:%S %z", zone), ns);
	CHECK_EQ(read_or("22/nov/2026:19:00:07", "%d/%b/%Y:%H:%M:%S", zone), ns);
	CHECK_EQ(read_or("Sunday, November 22 26 10:00:07 AM GMT", "%A, %B %d %y %I:%M:%S %p %Z", zone),
	         ns);
	CHECK_EQ(read_or("12:00 am", "%I:%M %p", NULL), 0);
	CHECK_EQ(read_or("1795341607.089012345", "%s.%N", zone), some);
	CHECK_EQ(read_or("2026-11-22 10:00:07,5Z", "%F %T,%f%z", zone), ns + 500000000);
	CHECK_EQ(read_or("2026-11-22", "%F", zone), 1795273200 * INSTANT_SECOND);
}

TEST(what_is_not_like_the_pattern_is_refused) {
	CHECK_EQ(read_or("2026-11-2x", "%F", NULL), -1);
	CHECK_EQ(read_or("2026-11-22 ", "%F", NULL), -1);
	CHECK_EQ(read_or("2026-13-22", "%F", NULL), -1);
	CHECK_EQ(read_or("2026-02-30", "%F", NULL), -1);
	CHECK_EQ(read_or("13:00 AM", "%I:%M %p", NULL), -1);
	CHECK_EQ(read_or("", "%F", NULL), -1);
	CHECK_EQ(read_or("99999999999999999999", "%s", NULL), -1);
	CHECK_EQ(read_or("9223372036854775807", "%s", NULL), -1);
	CHECK_EQ(read_or("+99:99", "%z", NULL), -1);
	CHECK(timefmt_valid(STR("%Y %%"), true));
	CHECK(timefmt_valid(STR("%j"), false) && !timefmt_valid(STR("%j"), true));
	CHECK(!timefmt_valid(STR("%Q"), false) && !timefmt_valid(STR("100%"), false));
}

TEST(what_was_written_is_read_back) {
	CLEANUP(zone_freep) struct zone *zone = NULL;
	REQUIRE(zone_from_posix(STR("EST5EDT,M3.2.0,M11.1.0"), &zone) == ERR_OK);
	static const char *const patterns[] = {"%Y%m%d%H%M%S%N%z", "%s %N",
	                                       "%A, %d. %B %Y %I:%M:%S.%N %p %z", "%F %T.%N %Z"};
	for (int i = 0; i < 10000; i++) {
		struct buf out = {0};
		int64_t back = -1;
		int64_t ns = (int64_t)(tap_random() % (uint64_t)(9000000000 * INSTANT_SECOND));
		struct str pattern = str_from(patterns[(size_t)i % ARRAY_LEN(patterns)]);
		timefmt_write(&out, pattern, ns, zone);
		REQUIRE(timefmt_read(buf_str(&out), pattern, NULL, &back) && back == ns);
		buf_deinit(&out);
	}
}

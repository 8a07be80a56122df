/* Tests of base/instant: the C library as oracle for the calendar, RFC 3339 text both ways. */
#include "base/instant.h"

#include <time.h>

#include "tap.h"

static void check_format(int64_t ns, int32_t offset, const char *expected) {
	struct buf buf = {0};
	instant_format(&buf, ns, offset);
	CHECK_STR(buf_str(&buf), expected);
	buf_deinit(&buf);
}

static void check_parse(const char *text, const char *expected, bool has_zone, size_t used) {
	int64_t ns = 0;
	bool zone = !has_zone;
	size_t bytes = 0;
	if (!CHECK(instant_parse_iso(str_from(text), &ns, &zone, &bytes))) {
		printf("# not read: %s\n", text);
		return;
	}
	check_format(ns, 0, expected);
	CHECK(zone == has_zone);
	CHECK_EQ(bytes, used);
}

TEST(instants_are_written_with_as_many_digits_as_they_need) {
	check_format(0, 0, "1970-01-01T00:00:00Z");
	check_format(-1, 0, "1969-12-31T23:59:59.999999999Z");
	check_format(1000000, 0, "1970-01-01T00:00:00.001Z");
	check_format(120000, 0, "1970-01-01T00:00:00.000120Z");
	check_format(1, 0, "1970-01-01T00:00:00.000000001Z");
	check_format(0, 9 * 3600, "1970-01-01T09:00:00+09:00");
	check_format(0, -(3 * 3600 + 1800), "1969-12-31T20:30:00-03:30");
	check_format(INSTANT_MAX, 0, "2262-04-11T23:47:16.854775807Z");
	check_format(INSTANT_MIN, 0, "1677-09-21T00:12:43.145224192Z");
}

TEST(both_ends_of_time_are_written_in_every_zone) {
	struct buf buf = {0};
	for (int32_t offset = -64800; offset <= 64800; offset += 900) {
		instant_format(&buf, INSTANT_MAX, offset);
		instant_format(&buf, INSTANT_MIN, offset);
	}
	CHECK(buf.len > 0);
	buf_deinit(&buf);
}

static int64_t random_instant(void) {
	/* Years 1678 to 2261. */
	int64_t first = -(int64_t)292 * 31556952;
	int64_t seconds = first + (int64_t)(tap_random() % ((uint64_t)583 * 31556952));
	return seconds * INSTANT_SECOND + (int64_t)(tap_random() % 1000000000u);
}

TEST(the_calendar_agrees_with_the_c_library) {
	for (size_t round = 0; round < tap_rounds(20000); round++) {
		int64_t ns = random_instant();
		struct civil civil;
		instant_to_civil(ns, 0, &civil);
		int64_t nanosecond = ((ns % INSTANT_SECOND) + INSTANT_SECOND) % INSTANT_SECOND;
		time_t seconds = (time_t)((ns - nanosecond) / INSTANT_SECOND);
		struct tm tm;
		REQUIRE(gmtime_r(&seconds, &tm) != NULL);
		REQUIRE(civil.year == tm.tm_year + 1900 && civil.month == tm.tm_mon + 1);
		REQUIRE(civil.day == tm.tm_mday && civil.hour == tm.tm_hour);
		REQUIRE(civil.minute == tm.tm_min && civil.second == tm.tm_sec);
		REQUIRE(civil.nanosecond == nanosecond);
		REQUIRE(civil_weekday(&civil) % 7 == tm.tm_wday);
	}
}

TEST(every_instant_comes_back_through_civil_time_and_through_text) {
	struct buf buf = {0};
	for (size_t round = 0; round < tap_rounds(20000); round++) {
		int64_t ns = random_instant();
		int32_t offset = ((int32_t)(tap_random() % 145) - 72) * 900;
		struct civil civil;
		int64_t back = 0;
		instant_to_civil(ns, offset, &civil);
		REQUIRE(instant_from_civil(&civil, offset, &back) && back == ns);
		bool zone = false;
		size_t used = 0;
		back = 0;
		buf_clear(&buf);
		instant_format(&buf, ns, offset);
		REQUIRE(instant_parse_iso(buf_str(&buf), &back, &zone, &used));
		REQUIRE(back == ns && zone && used == buf.len);
	}
	buf_deinit(&buf);
}

TEST(dates_that_do_not_exist_are_refused) {
	static const struct civil bad[] = {
	    {2026, 2, 29, 0, 0, 0, 0},  {2100, 2, 29, 0, 0, 0, 0}, {2026, 4, 31, 0, 0, 0, 0},
	    {2026, 0, 1, 0, 0, 0, 0},   {2026, 13, 1, 0, 0, 0, 0}, {2026, 1, 0, 0, 0, 0, 0},
	    {2026, 1, 32, 0, 0, 0, 0},  {2026, 1, 1, 24, 0, 0, 0}, {2026, 1, 1, 0, 60, 0, 0},
	    {2026, 1, 1, 0, 0, 61, 0},  {2026, 1, 1, -1, 0, 0, 0}, {2026, 1, 1, 0, -1, 0, 0},
	    {2026, 1, 1, 0, 0, -1, 0},  {2026, 1, 1, 0, 0, 0, -1}, {2026, 1, 1, 0, 0, 0, 1000000000},
	    {1676, 12, 31, 0, 0, 0, 0}, {2263, 1, 1, 0, 0, 0, 0},  {-2026, 1, 1, 0, 0, 0, 0},
	    {2026, -1, 1, 0, 0, 0, 0},  {2026, 1, -1, 0, 0, 0, 0},
	};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		int64_t ns = 77;
		CHECK(!instant_from_civil(&bad[i], 0, &ns) && ns == 77);
	}
	int64_t ns;
	CHECK(instant_from_civil(&(struct civil){2024, 2, 29, 0, 0, 0, 0}, 0, &ns));
	CHECK(instant_from_civil(&(struct civil){2000, 2, 29, 0, 0, 0, 0}, 0, &ns));
}

TEST(both_ends_of_what_fits_are_known_to_the_second) {
	int64_t ns = 77;
	CHECK(instant_from_civil(&(struct civil){1677, 9, 21, 0, 12, 45, 0}, 0, &ns));
	check_format(ns, 0, "1677-09-21T00:12:45Z");
	CHECK(instant_from_civil(&(struct civil){2262, 4, 11, 23, 47, 15, 999999999}, 0, &ns));
	check_format(ns, 0, "2262-04-11T23:47:15.999999999Z");
	ns = 77;
	CHECK(!instant_from_civil(&(struct civil){1677, 9, 21, 0, 12, 43, 0}, 0, &ns));
	CHECK(!instant_from_civil(&(struct civil){2262, 4, 11, 23, 47, 17, 0}, 0, &ns));
	CHECK(!instant_from_civil(&(struct civil){1677, 9, 21, 9, 0, 0, 0}, 9 * 3600, &ns));
	CHECK(!instant_from_civil(&(struct civil){2262, 4, 11, 23, 0, 0, 0}, -3600, &ns));
	CHECK_EQ(ns, 77);
}

TEST(a_leap_second_reads_as_the_last_nanosecond_before) {
	check_parse("2016-12-31T23:59:60Z", "2016-12-31T23:59:59.999999999Z", true, 20);
	check_parse("2016-12-31T23:59:60.5Z", "2016-12-31T23:59:59.999999999Z", true, 22);
}

TEST(iso_times_are_read_in_the_forms_that_logs_use) {
	check_parse("2026-11-22T10:11:12Z", "2026-11-22T10:11:12Z", true, 20);
	check_parse("2026-11-22t10:11:12z rest", "2026-11-22T10:11:12Z", true, 20);
	check_parse("2026-11-22 10:11:12", "2026-11-22T10:11:12Z", false, 19);
	check_parse("2026-11-22_10:11", "2026-11-22T10:11:00Z", false, 16);
	check_parse("2026-11-22T10:11:12,345", "2026-11-22T10:11:12.345Z", false, 23);
	check_parse("2026-11-22T10:11:12.1234567891234Z", "2026-11-22T10:11:12.123456789Z", true, 34);
	check_parse("2026-11-22T10:11:12+09:00", "2026-11-22T01:11:12Z", true, 25);
	check_parse("2026-11-22T10:11:12+0900", "2026-11-22T01:11:12Z", true, 24);
	check_parse("2026-11-22T10:11:12-03", "2026-11-22T13:11:12Z", true, 22);
	check_parse("2026-11-22T10:11:12-03:x", "2026-11-22T13:11:12Z", true, 22);
	check_parse("2026-11-22T00:11:12.5-00:30", "2026-11-22T00:41:12.500Z", true, 27);
}

TEST(what_is_not_part_of_the_time_is_left_alone) {
	check_parse("2026-11-22T10:11:12. next", "2026-11-22T10:11:12Z", false, 19);
	check_parse("2026-11-22T10:11:12, next", "2026-11-22T10:11:12Z", false, 19);
	check_parse("2026-11-22T10:11:12+9", "2026-11-22T10:11:12Z", false, 19);
	check_parse("2026-11-22T10:11:12+99:00", "2026-11-22T10:11:12Z", false, 19);
	check_parse("2026-11-22T10:11:12 host", "2026-11-22T10:11:12Z", false, 19);
}

TEST(text_that_is_no_time_is_refused_and_changes_nothing) {
	static const char *const bad[] = {
	    "",
	    "2026",
	    "2026-11-22",
	    "2026-11-22T",
	    "2026-11-22T1",
	    "2026-11-22T10",
	    "2026-11-22T10:",
	    "2026-11-22T10:1",
	    "2026-11-22T10:11:",
	    "2026-11-22T10:11:1",
	    "2026-11-22X10:11:12",
	    "2026/11/22T10:11:12",
	    "26-11-22T10:11:12",
	    "2026-02-30T10:11:12",
	    "2026-11-22T24:00:00",
	    "-026-11-22T10:11:12",
	    "2026-1-22T10:11:12",
	    " 2026-11-22T10:11:12",
	    "9999-11-22T10:11:12",
	};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		int64_t ns = 77;
		bool zone = true;
		size_t used = 77;
		if (!CHECK(!instant_parse_iso(str_from(bad[i]), &ns, &zone, &used))) {
			printf("# was read: %s\n", bad[i]);
		}
		CHECK(ns == 77 && zone && used == 77);
	}
	int64_t ns;
	bool zone;
	size_t used;
	CHECK(!instant_parse_iso((struct str){NULL, 0}, &ns, &zone, &used));
	CHECK(!instant_parse_iso(STR("2026-11-22\0"
	                             "10:11:12"),
	                         &ns, &zone, &used));
}

TEST(random_bytes_never_read_beyond_their_end) {
	static const char alphabet[] = "0123456789-:T .,Z+";
	for (size_t round = 0; round < tap_rounds(20000); round++) {
		char text[] = "2026-11-22T10:11:12.123456789+09:00";
		size_t len = tap_random() % sizeof(text);
		for (int flips = 0; flips < 2; flips++) {
			text[tap_random() % (sizeof(text) - 1)] =
			    alphabet[tap_random() % (sizeof(alphabet) - 1)];
		}
		char *exact = malloc(len + 1);
		memcpy(exact, text, len);
		int64_t ns;
		bool zone;
		size_t used = 0;
		bool ok = instant_parse_iso(str_make(exact, len), &ns, &zone, &used);
		REQUIRE(!ok || used <= len);
		free(exact);
	}
}

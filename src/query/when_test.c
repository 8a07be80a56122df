#include "query/when.h"

#include "base/instant.h"
#include "base/zone.h"
#include "tap.h"

static int64_t at(const char *iso) {
	int64_t ns = 0;
	bool has_zone;
	size_t used;
	CHECK(instant_parse_iso(str_from(iso), &ns, &has_zone, &used));
	return ns;
}

static void check_in(const struct zone *zone, const char *text, const char *expected,
                     int64_t span_s) {
	struct when when = {0};
	int64_t now = at("2026-11-22T10:30:15Z");
	CHECK(when_parse(str_from(text), now, zone, &when, NULL) == ERR_OK);
	CHECK_EQ(when.ns, at(expected));
	CHECK_EQ(when.span_ns, span_s * INSTANT_SECOND);
}

static void check(const char *text, const char *expected, int64_t span_s) {
	CLEANUP(zone_freep) struct zone *zone = zone_fixed(9 * 3600);
	check_in(zone, text, expected, span_s);
}

TEST(times_are_read_as_people_write_them) {
	check("now", "2026-11-22T10:30:15Z", 0);
	check("-15m", "2026-11-22T10:15:15Z", 0);
	check("-7d", "2026-11-15T10:30:15Z", 0);
	check("+1h", "2026-11-22T11:30:15Z", 0);
	check("today", "2026-11-21T15:00:00Z", 86400);
	check("yesterday", "2026-11-20T15:00:00Z", 86400);
	check("2026-11-22", "2026-11-21T15:00:00Z", 86400);
	check("2026-11-22T10:00", "2026-11-22T01:00:00Z", 60);
	check("2026-11-22T10:00:05", "2026-11-22T01:00:05Z", 1);
	check("2026-11-22T10:00:05Z", "2026-11-22T10:00:05Z", 1);
	check("2026-11-22 10:00:05.5+01:00", "2026-11-22T09:00:05.5Z", 0);
}

TEST(a_day_begins_at_its_first_moment) {
	CLEANUP(zone_freep) struct zone *japan = NULL;
	struct when when = {0};
	CHECK(zone_from_posix(STR("JST-9"), &japan) == ERR_OK);
	int64_t midnight = at("2026-11-21T15:00:00Z"); /* at +09:00 */
	CHECK(when_parse(STR("today"), midnight, japan, &when, NULL) == ERR_OK);
	CHECK_EQ(when.ns, midnight);
	CHECK(when_parse(STR("today"), midnight - 1, japan, &when, NULL) == ERR_OK);
	CHECK_EQ(when.ns, at("2026-11-20T15:00:00Z"));
	midnight = at("1969-12-30T15:00:00Z"); /* before 1970 division rounds the other way */
	CHECK(when_parse(STR("today"), midnight, japan, &when, NULL) == ERR_OK);
	CHECK_EQ(when.ns, midnight);
	CHECK(when_parse(STR("today"), midnight + 1, japan, &when, NULL) == ERR_OK);
	CHECK_EQ(when.ns, midnight);
}

TEST(days_have_the_offset_of_their_date) {
	CLEANUP(zone_freep) struct zone *zone = NULL;
	CHECK(zone_from_posix(STR("CET-1CEST,M3.5.0,M10.5.0/3"), &zone) == ERR_OK);
	check_in(zone, "2026-03-28", "2026-03-27T23:00:00Z", 86400);
	check_in(zone, "2026-03-29", "2026-03-28T23:00:00Z", 82800); /* 23 hours */
	check_in(zone, "2026-03-30", "2026-03-29T22:00:00Z", 86400);
	check_in(zone, "2026-07-01", "2026-06-30T22:00:00Z", 86400);
	check_in(zone, "2026-10-25", "2026-10-24T22:00:00Z", 90000); /* 25 hours */
	check_in(zone, "2026-07-01T12:00", "2026-07-01T10:00:00Z", 60);
	check_in(zone, "2026-10-25T02:30", "2026-10-25T00:30:00Z", 60); /* the first of two */
	check_in(zone, "-30d", "2026-10-23T10:30:15Z", 0);
	check_in(NULL, "2026-07-01", "2026-07-01T00:00:00Z", 86400);
	struct when when = {0}; /* an hour after summer time ended, and a day after */
	CHECK(when_parse(STR("today"), at("2026-10-25T02:00:00Z"), zone, &when, NULL) == ERR_OK);
	CHECK_EQ(when.ns, at("2026-10-24T22:00:00Z"));
	CHECK_EQ(when.span_ns, 90000 * INSTANT_SECOND);
	CHECK(when_parse(STR("yesterday"), at("2026-10-26T02:00:00Z"), zone, &when, NULL) == ERR_OK);
	CHECK_EQ(when.ns, at("2026-10-24T22:00:00Z"));
	CHECK_EQ(when.span_ns, 90000 * INSTANT_SECOND);
}

TEST(what_is_no_time_is_refused_with_a_way_out) {
	static const char *const bad[] = {
	    "", "-", "-15", "15m", "tomorrow", "2026-13-01", "-99999999999w", "2026-11-22T10:00:00Zx"};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct when when;
		struct diag diag = {0};
		CHECK(when_parse(str_from(bad[i]), 0, NULL, &when, &diag) == ERR_INVALID);
		CHECK(diag.hint[0] != '\0');
	}
}

TEST(durations_have_units) {
	int64_t ns = 0;
	CHECK(when_parse_duration(STR("90"), &ns, NULL) == ERR_OK && ns == 90 * INSTANT_SECOND);
	CHECK(when_parse_duration(STR("500ms"), &ns, NULL) == ERR_OK && ns == INSTANT_SECOND / 2);
	CHECK(when_parse_duration(STR("2h"), &ns, NULL) == ERR_OK && ns == 7200 * INSTANT_SECOND);
	CHECK(when_parse_duration(STR("2y"), &ns, NULL) == ERR_INVALID);
	CHECK(when_parse_duration(STR("h"), &ns, NULL) == ERR_INVALID);
}

#include "query/when.h"

#include "base/instant.h"
#include "tap.h"

static int64_t at(const char *iso) {
	int64_t ns = 0;
	bool has_zone;
	size_t used;
	CHECK(instant_parse_iso(str_from(iso), &ns, &has_zone, &used));
	return ns;
}

static void check(const char *text, const char *expected, int64_t span_s) {
	struct when when = {0};
	int64_t now = at("2026-11-22T10:30:15Z");
	CHECK(when_parse(str_from(text), now, 9 * 3600, &when, NULL) == ERR_OK);
	CHECK_EQ(when.ns, at(expected));
	CHECK_EQ(when.span_ns, span_s * INSTANT_SECOND);
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
	struct when when = {0};
	int64_t midnight = at("2026-11-21T15:00:00Z"); /* at +09:00 */
	CHECK(when_parse(STR("today"), midnight, 9 * 3600, &when, NULL) == ERR_OK);
	CHECK_EQ(when.ns, midnight);
	CHECK(when_parse(STR("today"), midnight - 1, 9 * 3600, &when, NULL) == ERR_OK);
	CHECK_EQ(when.ns, at("2026-11-20T15:00:00Z"));
	midnight = at("1969-12-30T15:00:00Z"); /* before 1970 division rounds the other way */
	CHECK(when_parse(STR("today"), midnight, 9 * 3600, &when, NULL) == ERR_OK);
	CHECK_EQ(when.ns, midnight);
	CHECK(when_parse(STR("today"), midnight + 1, 9 * 3600, &when, NULL) == ERR_OK);
	CHECK_EQ(when.ns, midnight);
}

TEST(what_is_no_time_is_refused_with_a_way_out) {
	static const char *const bad[] = {
	    "", "-", "-15", "15m", "tomorrow", "2026-13-01", "-99999999999w", "2026-11-22T10:00:00Zx"};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct when when;
		struct diag diag = {0};
		CHECK(when_parse(str_from(bad[i]), 0, 0, &when, &diag) == ERR_INVALID);
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

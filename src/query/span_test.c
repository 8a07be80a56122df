/* Spans of time. */
#include "query/span.h"

#include "base/instant.h"
#include "base/zone.h"
#include "tap.h"

static const int64_t hour = 3600 * INSTANT_SECOND;

TEST(a_span_begins_at_or_before_each_of_its_times_and_the_next_behind_it) {
	static const int64_t lengths[] = {1,
	                                  7,
	                                  INSTANT_SECOND,
	                                  90 * INSTANT_SECOND,
	                                  3600 * INSTANT_SECOND,
	                                  86400 * INSTANT_SECOND,
	                                  7 * 86400 * INSTANT_SECOND};
	CLEANUP(zone_freep) struct zone *zone = NULL;
	REQUIRE(zone_from_posix(STR("CET-1CEST,M3.5.0,M10.5.0/3"), &zone) == ERR_OK);
	for (int i = 0; i < 20000; i++) {
		struct span span = {lengths[tap_random() % ARRAY_LEN(lengths)], i % 2 ? zone : NULL};
		int64_t ns = (int64_t)(tap_random() % (uint64_t)(4000000000 * INSTANT_SECOND));
		int64_t start = span_start(&span, ns);
		REQUIRE(start <= ns && ns < span_behind(&span, start));
		REQUIRE(span_start(&span, start) == start);
	}
}

TEST(days_are_those_of_the_zone_and_weeks_begin_on_monday) {
	CLEANUP(zone_freep) struct zone *zone = zone_fixed(9 * 3600);
	struct span day = {24 * hour, zone};
	struct span week = {7 * 24 * hour, NULL};
	CHECK_EQ(span_start(&day, 1795341600 * INSTANT_SECOND), 1795273200 * INSTANT_SECOND);
	CHECK_EQ(span_start(&week, 1795341600 * INSTANT_SECOND), 1794787200 * INSTANT_SECOND);
}

TEST(the_ends_of_time_do_no_harm) {
	struct span day = {24 * hour, NULL};
	CHECK(span_start(&day, INSTANT_MIN) <= INSTANT_MIN + 24 * hour);
	CHECK_EQ(span_behind(&day, INSTANT_MAX - 5), INSTANT_MAX);
}

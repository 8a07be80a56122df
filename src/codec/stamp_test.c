/* Times of rows and times in texts. */
#include "codec/stamp.h"

#include "base/instant.h"
#include "codec/skeleton.h"
#include "codec/skeleton_time.h"
#include "tap.h"

static int64_t at(const char *text) {
	int64_t ns = 0;
	bool zone;
	size_t used;
	CHECK(instant_parse_iso(str_from(text), &ns, &zone, &used));
	return ns;
}

static uint64_t said(enum time_form form, const char *text) {
	uint64_t number = 0;
	CHECK(slot_parse((uint8_t)(SLOT_TIME + (int)form), str_from(text), &number));
	return number;
}

/* The offset that a text shows at a time, or -1 when none fits. */
static int64_t offset_of(enum time_form form, const char *text, const char *time) {
	enum stamp_kind kind = STAMP_COUNT;
	int64_t offset = -1;
	if (!stamp_guess((uint8_t)(SLOT_TIME + (int)form), said(form, text), at(time), &kind,
	                 &offset)) {
		CHECK(kind == STAMP_COUNT);
		return -1;
	}
	CHECK(kind == STAMP_TIME);
	CHECK_EQ(stamp_value(kind, (uint8_t)(SLOT_TIME + (int)form), offset, at(time)),
	         said(form, text));
	return offset;
}

TEST(times_with_a_year_give_the_offset_of_their_zone) {
	CHECK_EQ(offset_of(TIME_ISO, "2026-11-14T01:02:03", "2026-11-14T01:02:03.999Z"), 0);
	CHECK_EQ(offset_of(TIME_ISO, "2026-11-14T10:02:03", "2026-11-14T01:02:03Z"), 9 * 3600);
	CHECK_EQ(offset_of(TIME_WEB, "13/Nov/2026:21:32:03", "2026-11-14T01:02:03Z"), -12600);
	CHECK_EQ(offset_of(TIME_ISO, "2026-11-14T01:02:04", "2026-11-14T01:02:03Z"), -1);
	CHECK_EQ(offset_of(TIME_ISO, "2026-11-14T16:02:03", "2026-11-14T01:02:03Z"), -1);
	CHECK_EQ(offset_of(TIME_ISO, "1970-01-01T01:00:00", "1969-12-31T23:00:00.5Z"), 7200);
}

TEST(many_stamps_are_those_of_each) {
	enum { MANY = 300 };
	static const uint8_t codes[] = {SLOT_TIME + (int)TIME_BSD, SLOT_TIME, SLOT_DIGITS + 3,
	                                SLOT_INT};
	static const int64_t steps[] = {1, INSTANT_SECOND, 3600 * INSTANT_SECOND,
	                                86400 * INSTANT_SECOND, INT64_MAX / 700};
	int64_t times[MANY];
	uint64_t many[MANY];
	for (unsigned round = 0; round < 2000; round++) {
		int64_t step = steps[tap_random() % 5];
		int64_t time = (int64_t)tap_random() >> tap_random() % 4;
		enum stamp_kind kind = round % 2 == 0 ? STAMP_TIME : (enum stamp_kind)(tap_random() % 7);
		int64_t offset =
		    round % 8 == 0 ? (int64_t)tap_random() : ((int64_t)(tap_random() % 113) - 56) * 900;
		uint8_t code = codes[tap_random() % 4];
		for (unsigned i = 0; i < MANY; i++) {
			bool over = __builtin_add_overflow(time, (int64_t)(tap_random() % 8) * step, &time);
			time = over ? 0 : time;
			times[i] = time;
		}
		stamp_values(kind, code, offset, times, MANY, many);
		for (unsigned i = 0; i < MANY; i++) {
			CHECK_EQ(many[i], stamp_value(kind, code, offset, times[i]));
		}
	}
}

TEST(times_without_a_year_work_over_new_year_and_leap_days) {
	CHECK_EQ(offset_of(TIME_BSD, "Nov  4 01:02:03", "2026-11-04T01:02:03Z"), 0);
	CHECK_EQ(offset_of(TIME_BSD, "Jan  1 03:00:00", "2026-12-31T18:00:00Z"), 9 * 3600);
	CHECK_EQ(offset_of(TIME_BSD, "Dec 31 22:00:00", "2027-01-01T03:00:00Z"), -5 * 3600);
	CHECK_EQ(offset_of(TIME_BSD, "Mar  1 01:00:00", "2026-02-28T23:00:00Z"), 7200);
	CHECK_EQ(offset_of(TIME_BSD, "Feb 29 01:00:00", "2028-02-28T23:00:00Z"), 7200);
	CHECK_EQ(offset_of(TIME_BSD, "Feb 28 23:00:00", "2027-03-01T01:00:00Z"), -7200);
	CHECK_EQ(offset_of(TIME_BSD, "Nov  4 01:02:03", "2026-11-06T01:02:03Z"), -1);
}

static void check_count(uint8_t code, uint64_t value, enum stamp_kind expected) {
	int64_t time = at("2026-11-14T01:02:03.045678901Z");
	enum stamp_kind kind = STAMP_COUNT;
	int64_t offset = -1;
	CHECK(stamp_guess(code, value, time, &kind, &offset));
	CHECK_EQ(kind, expected);
	CHECK_EQ(offset, 0);
	CHECK_EQ(stamp_value(kind, code, 0, time), value);
	CHECK(!stamp_guess(code, value + 1, time, &kind, &offset));
}

/* The calendar of base/instant.h says the same of every day. */
TEST(every_day_of_five_hundred_years_has_its_place_in_2000) {
	size_t wrong = 0;
	for (int64_t day = -100000; day < 100000; day++) {
		struct civil civil;
		int64_t expected = 0;
		int64_t ns = (day * 86400 + (int64_t)(tap_random() % 86400)) * INSTANT_SECOND;
		instant_to_civil(ns, 0, &civil);
		civil.year = 2000;
		CHECK(instant_from_civil(&civil, 0, &expected));
		wrong += stamp_value(STAMP_TIME, SLOT_TIME + (int)TIME_BSD, 0, ns) !=
		         (uint64_t)(expected / INSTANT_SECOND);
	}
	CHECK_EQ(wrong, 0);
}

TEST(fractions_and_counts_since_1970) {
	check_count(SLOT_DIGITS + 3, 45, STAMP_FRACTION);
	check_count(SLOT_DIGITS + 6, 45678, STAMP_FRACTION);
	check_count(SLOT_DIGITS + 9, 45678901, STAMP_FRACTION);
	check_count(SLOT_DIGITS + 12, 45678901000, STAMP_FRACTION);
	check_count(SLOT_INT, 1794618123, STAMP_SECONDS);
	check_count(SLOT_INT, 1794618123045, STAMP_MILLIS);
	check_count(SLOT_INT, 1794618123045678, STAMP_MICROS);
	check_count(SLOT_INT, 1794618123045678901, STAMP_NANOS);
}

TEST(times_before_1970_are_cut_off_downwards) {
	int64_t time = -1;
	CHECK_EQ(stamp_value(STAMP_FRACTION, SLOT_DIGITS + 3, 0, time), 999);
	CHECK_EQ((int64_t)stamp_value(STAMP_SECONDS, SLOT_INT, 0, time), -1);
	CHECK_EQ((int64_t)stamp_value(STAMP_TIME, SLOT_TIME, 0, time), -1);
}

/* Whatever a damaged file says, some number comes out and nothing overflows. */
TEST(any_kind_code_and_offset_give_a_number) {
	static const int64_t ends[] = {INT64_MIN, INT64_MAX, 0, -1};
	uint64_t sum = 0;
	for (size_t round = 0; round < tap_rounds(20000); round++) {
		int64_t time = round % 3 == 0 ? ends[tap_random() % 4] : (int64_t)tap_random();
		int64_t offset = round % 2 == 0 ? ends[tap_random() % 4] : (int64_t)tap_random();
		uint8_t code = (uint8_t)tap_random();
		sum += stamp_value((enum stamp_kind)(tap_random() % 9), code, offset, time);
		enum stamp_kind kind;
		if (stamp_guess(code, tap_random() % 1000, time, &kind, &offset)) {
			sum += stamp_value(kind, code, offset, time);
		}
	}
	CHECK(sum != 1);
	CHECK_EQ(stamp_value(STAMP_TIME, SLOT_TIME + (int)TIME_BSD, INT64_MAX, -1), 0);
	CHECK_EQ(stamp_value(STAMP_TIME, SLOT_TIME + (int)TIME_BSD, INT64_MIN, 0), 0);
}

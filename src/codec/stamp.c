/* Times of rows against times in texts. */
#include "codec/stamp.h"

#include "base/instant.h"
#include "codec/skeleton.h"
#include "codec/skeleton_time.h"

enum {
	DAY = 86400,
	OFFSET_STEP = 900,
	OFFSET_MOST = 14 * 3600,
	JANUARY_2000 = 10957, /* days since 1970 */
	MARCH_2000 = 11017,
};

/* Whole units (of so many nanoseconds) since 1970, cut off downwards. */
static int64_t units(int64_t time_ns, int64_t unit_ns) {
	int64_t whole = time_ns / unit_ns;
	return whole - (time_ns % unit_ns < 0 ? 1 : 0);
}

static bool is_time(uint8_t code, enum time_form *out_form) {
	if (code < SLOT_TIME || code >= SLOT_TIME + (int)TIME_FORMS) {
		return false;
	}
	*out_form = (enum time_form)(code - SLOT_TIME);
	return true;
}

/* Seconds since 1970 at the same place of the calendar in the year 2000. Years are counted from
 * March on, so that the leap day is their last: March to December are 306 days. */
static uint64_t without_year(int64_t seconds) {
	const int64_t year_zero = (int64_t)-719468 * DAY; /* March 1 of the year 0 */
	const int64_t span = (int64_t)1 << 37;            /* four thousand years */
	if (seconds < year_zero || seconds >= year_zero + span) {
		return 0;
	}
	uint64_t from_zero = (uint64_t)(seconds - year_zero);
	uint32_t day = (uint32_t)(from_zero / DAY) % 146097;
	uint32_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
	uint32_t in_year = day - (365 * year + year / 4 - year / 100);
	uint32_t in_2000 = in_year < 306 ? in_year + MARCH_2000 : in_year - 306 + JANUARY_2000;
	return (uint64_t)in_2000 * DAY + from_zero % DAY;
}

/* The first n digits of the fraction of the second; behind the ninth there are zeros. */
static uint64_t fraction(uint8_t code, int64_t time_ns) {
	int64_t rest = time_ns % INSTANT_SECOND;
	uint64_t value = (uint64_t)(rest < 0 ? rest + INSTANT_SECOND : rest);
	int digits =
	    code > SLOT_DIGITS && code <= SLOT_DIGITS + SLOT_DIGITS_MAX ? code - SLOT_DIGITS : 9;
	for (; digits < 9; digits++) {
		value /= 10;
	}
	for (; digits > 9; digits--) {
		value *= 10;
	}
	return value;
}

uint64_t stamp_value(enum stamp_kind kind, uint8_t code, int64_t offset, int64_t time_ns) {
	enum time_form form;
	int64_t local;
	switch (kind) {
	case STAMP_TIME:
		if (__builtin_add_overflow(units(time_ns, INSTANT_SECOND), offset, &local)) {
			return 0;
		}
		return is_time(code, &form) && !time_form_has_year(form) ? without_year(local)
		                                                         : (uint64_t)local;
	case STAMP_FRACTION:
		return fraction(code, time_ns);
	case STAMP_SECONDS:
		return (uint64_t)units(time_ns, INSTANT_SECOND);
	case STAMP_MILLIS:
		return (uint64_t)units(time_ns, 1000000);
	case STAMP_MICROS:
		return (uint64_t)units(time_ns, 1000);
	case STAMP_NANOS:
		return (uint64_t)time_ns;
	case STAMP_COUNT:
		break;
	}
	return 0;
}

void stamp_values(enum stamp_kind kind, uint8_t code, int64_t offset, const int64_t *times,
                  size_t count, uint64_t *out) {
	enum time_form form;
	bool yearless = kind == STAMP_TIME && is_time(code, &form) && !time_form_has_year(form);
	int64_t day = -1; /* whose start gave first */
	uint64_t first = 0;
	for (size_t i = 0; i < count; i++) {
		int64_t local;
		if (kind != STAMP_TIME || times[i] < 0 ||
		    __builtin_add_overflow(times[i] / INSTANT_SECOND, offset, &local) || local < 0 ||
		    local > INT32_MAX * (int64_t)16) {
			out[i] = stamp_value(kind, code, offset, times[i]);
			continue;
		}
		if (local / DAY != day) {
			day = local / DAY;
			first = yearless ? without_year(day * DAY) : (uint64_t)(day * DAY);
		}
		out[i] = first + (uint64_t)(local - day * DAY);
	}
}

/* The offset at which a clock shows value at time_ns. */
static bool guess_offset(uint8_t code, uint64_t value, int64_t time_ns, int64_t *out_offset) {
	enum time_form form;
	if (!is_time(code, &form)) {
		return false;
	}
	/* Without a year the distance may be off by the days between two years, of which each may have
	 * 29 days in February: so every offset that is possible is tried. */
	if (!time_form_has_year(form)) {
		for (int64_t offset = -OFFSET_MOST; offset <= OFFSET_MOST; offset += OFFSET_STEP) {
			if (stamp_value(STAMP_TIME, code, offset, time_ns) == value) {
				*out_offset = offset;
				return true;
			}
		}
		return false;
	}
	int64_t offset;
	if (value > INT64_MAX ||
	    __builtin_sub_overflow((int64_t)value, units(time_ns, INSTANT_SECOND), &offset) ||
	    offset < -OFFSET_MOST || offset > OFFSET_MOST || offset % OFFSET_STEP != 0) {
		return false;
	}
	*out_offset = offset;
	return true;
}

bool stamp_guess(uint8_t code, uint64_t value, int64_t time_ns, enum stamp_kind *out_kind,
                 int64_t *out_offset) {
	static const enum stamp_kind counts[] = {STAMP_SECONDS, STAMP_MILLIS, STAMP_MICROS,
	                                         STAMP_NANOS};
	if (guess_offset(code, value, time_ns, out_offset)) {
		*out_kind = STAMP_TIME;
		return true;
	}
	if (code > SLOT_DIGITS && code <= SLOT_DIGITS + SLOT_DIGITS_MAX) {
		if (fraction(code, time_ns) != value) {
			return false;
		}
		*out_kind = STAMP_FRACTION;
		*out_offset = 0;
		return true;
	}
	for (size_t i = 0; i < ARRAY_LEN(counts) && code == SLOT_INT && time_ns >= 0; i++) {
		if (stamp_value(counts[i], code, 0, time_ns) == value) {
			*out_kind = counts[i];
			*out_offset = 0;
			return true;
		}
	}
	return false;
}

/* Civil time to nanoseconds and back by day counting (proleptic Gregorian), and RFC 3339 text. */
#include "base/instant.h"

#define DAY_SECONDS ((int64_t)86400)

/* Days from 1970-01-01: years count from March, so that the leap day is a year's last. */
static int64_t days_from_civil(int64_t year, int64_t month, int64_t day) {
	year -= month <= 2;
	int64_t era = (year >= 0 ? year : year - 399) / 400;
	int64_t year_of_era = year - era * 400;
	int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
	int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
	return era * 146097 + day_of_era - 719468;
}

static int32_t days_in_month(int32_t year, int32_t month) {
	static const int32_t days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
	return days[month - 1] + (month == 2 && leap);
}

static bool civil_is_valid(const struct civil *c) {
	return c->year >= 1677 && c->year <= 2262 && c->month >= 1 && c->month <= 12 && c->day >= 1 &&
	       c->day <= days_in_month(c->year, c->month) && c->hour >= 0 && c->hour <= 23 &&
	       c->minute >= 0 && c->minute <= 59 && c->second >= 0 && c->second <= 60 &&
	       c->nanosecond >= 0 && c->nanosecond < INSTANT_SECOND;
}

bool instant_from_civil(const struct civil *civil, int32_t offset_seconds, int64_t *out_ns) {
	if (!civil_is_valid(civil)) {
		return false;
	}
	int64_t seconds = days_from_civil(civil->year, civil->month, civil->day) * DAY_SECONDS +
	                  civil->hour * 3600 + civil->minute * 60 + MIN_OF(civil->second, 59) -
	                  offset_seconds;
	/* The last whole seconds that fit with any fraction. */
	if (seconds <= INT64_MIN / INSTANT_SECOND || seconds >= INT64_MAX / INSTANT_SECOND) {
		return false;
	}
	int64_t fraction = civil->second == 60 ? INSTANT_SECOND - 1 : civil->nanosecond;
	*out_ns = seconds * INSTANT_SECOND + fraction;
	return true;
}

void instant_to_civil(int64_t ns, int32_t offset_seconds, struct civil *out_civil) {
	int64_t seconds = ns / INSTANT_SECOND;
	int64_t fraction = ns % INSTANT_SECOND;
	if (fraction < 0) {
		fraction += INSTANT_SECOND;
		seconds--;
	}
	seconds += offset_seconds;
	int64_t days = seconds / DAY_SECONDS;
	int64_t rest = seconds % DAY_SECONDS;
	if (rest < 0) {
		rest += DAY_SECONDS;
		days--;
	}
	days += 719468;
	int64_t era = (days >= 0 ? days : days - 146096) / 146097;
	int64_t day_of_era = days - era * 146097;
	int64_t year_of_era =
	    (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int64_t shifted = (5 * day_of_year + 2) / 153;
	int64_t month = shifted < 10 ? shifted + 3 : shifted - 9;
	*out_civil = (struct civil){
	    .year = (int32_t)(year_of_era + era * 400 + (month <= 2)),
	    .month = (int32_t)month,
	    .day = (int32_t)(day_of_year - (153 * shifted + 2) / 5 + 1),
	    .hour = (int32_t)(rest / 3600),
	    .minute = (int32_t)(rest / 60 % 60),
	    .second = (int32_t)(rest % 60),
	    .nanosecond = (int32_t)fraction,
	};
}

int32_t civil_weekday(const struct civil *civil) {
	int64_t days = days_from_civil(civil->year, civil->month, civil->day);
	return (int32_t)(((days + 3) % 7 + 7) % 7) + 1;
}

static char *put_digits(char *at, int32_t value, int count) {
	for (int i = count - 1; i >= 0; i--) {
		at[i] = (char)('0' + value % 10);
		value /= 10;
	}
	return at + count;
}

static char *put_fraction(char *at, int32_t nanosecond) {
	int digits = nanosecond % 1000 != 0      ? 9
	             : nanosecond % 1000000 != 0 ? 6
	             : nanosecond != 0           ? 3
	                                         : 0;
	if (digits > 0) {
		int32_t scale = digits == 9 ? 1 : digits == 6 ? 1000 : 1000000;
		*at++ = '.';
		at = put_digits(at, nanosecond / scale, digits);
	}
	return at;
}

static char *put_zone(char *at, int32_t offset_seconds) {
	if (offset_seconds == 0) {
		*at++ = 'Z';
		return at;
	}
	int32_t minutes = (offset_seconds < 0 ? -offset_seconds : offset_seconds) / 60;
	*at++ = offset_seconds < 0 ? '-' : '+';
	at = put_digits(at, minutes / 60, 2);
	*at++ = ':';
	return put_digits(at, minutes % 60, 2);
}

void instant_format(struct buf *out, int64_t ns, int32_t offset_seconds) {
	struct civil c;
	instant_to_civil(ns, offset_seconds, &c);
	char *first = buf_reserve(out, 40);
	char *at = put_digits(first, c.year, 4);
	*at++ = '-';
	at = put_digits(at, c.month, 2);
	*at++ = '-';
	at = put_digits(at, c.day, 2);
	*at++ = 'T';
	at = put_digits(at, c.hour, 2);
	*at++ = ':';
	at = put_digits(at, c.minute, 2);
	*at++ = ':';
	at = put_digits(at, c.second, 2);
	at = put_fraction(at, c.nanosecond);
	at = put_zone(at, offset_seconds);
	out->len += (size_t)(at - first);
}

/* Exactly count digits at *at. */
static bool get_digits(struct str text, size_t *at, size_t count, int32_t *out_value) {
	int32_t value = 0;
	if (text.len - *at < count) {
		return false;
	}
	for (size_t i = 0; i < count; i++) {
		char c = text.ptr[*at + i];
		if (!char_is_digit(c)) {
			return false;
		}
		value = value * 10 + (c - '0');
	}
	*at += count;
	*out_value = value;
	return true;
}

static bool get_char(struct str text, size_t *at, char c) {
	if (*at < text.len && text.ptr[*at] == c) {
		(*at)++;
		return true;
	}
	return false;
}

static void get_fraction(struct str text, size_t *at, int32_t *out_nanosecond) {
	size_t i = *at;
	int32_t value = 0;
	int32_t scale = 100000000;
	if (i + 1 >= text.len || (text.ptr[i] != '.' && text.ptr[i] != ',') ||
	    !char_is_digit(text.ptr[i + 1])) {
		return;
	}
	for (i++; i < text.len && char_is_digit(text.ptr[i]); i++) {
		value += (text.ptr[i] - '0') * scale;
		scale /= 10;
	}
	*at = i;
	*out_nanosecond = value;
}

static bool get_zone(struct str text, size_t *at, int32_t *out_offset) {
	size_t i = *at;
	int32_t hours;
	int32_t minutes = 0;
	if (get_char(text, &i, 'Z') || get_char(text, &i, 'z')) {
		*at = i;
		*out_offset = 0;
		return true;
	}
	if (i >= text.len || (text.ptr[i] != '+' && text.ptr[i] != '-')) {
		return false;
	}
	int32_t sign = text.ptr[i++] == '-' ? -1 : 1;
	if (!get_digits(text, &i, 2, &hours)) {
		return false;
	}
	size_t before = i;
	bool colon = get_char(text, &i, ':');
	if (!get_digits(text, &i, 2, &minutes)) {
		i = colon ? before : i;
		minutes = 0;
	}
	if (hours > 18 || minutes > 59) {
		return false;
	}
	*at = i;
	*out_offset = sign * (hours * 3600 + minutes * 60);
	return true;
}

bool instant_parse_iso(struct str text, int64_t *out_ns, bool *out_has_zone, size_t *out_used) {
	struct civil c = {0};
	size_t at = 0;
	int32_t offset = 0;
	if (!get_digits(text, &at, 4, &c.year) || !get_char(text, &at, '-') ||
	    !get_digits(text, &at, 2, &c.month) || !get_char(text, &at, '-') ||
	    !get_digits(text, &at, 2, &c.day) || at >= text.len ||
	    strchr("Tt _", text.ptr[at]) == NULL || text.ptr[at] == '\0') {
		return false;
	}
	at++;
	if (!get_digits(text, &at, 2, &c.hour) || !get_char(text, &at, ':') ||
	    !get_digits(text, &at, 2, &c.minute)) {
		return false;
	}
	if (get_char(text, &at, ':')) {
		if (!get_digits(text, &at, 2, &c.second)) {
			return false;
		}
		get_fraction(text, &at, &c.nanosecond);
	}
	bool has_zone = get_zone(text, &at, &offset);
	if (!instant_from_civil(&c, offset, out_ns)) {
		return false;
	}
	*out_has_zone = has_zone;
	*out_used = at;
	return true;
}

/* Writing and reading times by a pattern. */
#include "query/timefmt.h"

#include "query/when.h"

static const char *const months[] = {"January",   "February", "March",    "April",
                                     "May",       "June",     "July",     "August",
                                     "September", "October",  "November", "December"};
static const char *const days[] = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                   "Friday", "Saturday", "Sunday"};

enum { SHORT_NAME = 3 };

bool timefmt_valid(struct str pattern, bool reading) {
	const char *letters = reading ? "YmdHMSyeIpbBaAsfLNzZTF%" : "YmdHMSyeIpbBaAjuwsfLNzZTF%";
	for (size_t i = 0; i < pattern.len; i++) {
		if (pattern.ptr[i] == '%') {
			i++;
			if (i >= pattern.len || memchr(letters, pattern.ptr[i], strlen(letters)) == NULL) {
				return false;
			}
		}
	}
	return true;
}

/* ---- writing ---- */

struct writing {
	struct civil civil;
	int64_t ns;
	int32_t offset; /* seconds */
};

static int32_t day_of_year(const struct civil *civil) {
	struct civil first = {.year = civil->year, .month = 1, .day = 1};
	struct civil day = {.year = civil->year, .month = civil->month, .day = civil->day};
	int64_t from;
	int64_t to;
	if (!instant_from_civil(&first, 0, &from) || !instant_from_civil(&day, 0, &to)) {
		return 1;
	}
	return (int32_t)((to - from) / (86400 * INSTANT_SECOND)) + 1;
}

static void write_number(struct buf *out, char letter, const struct writing *w) {
	const struct civil *c = &w->civil;
	switch (letter) {
	case 'Y':
		buf_printf(out, "%04d", c->year);
		break;
	case 'y':
		buf_printf(out, "%02d", c->year % 100);
		break;
	case 'm':
		buf_printf(out, "%02d", c->month);
		break;
	case 'd':
		buf_printf(out, "%02d", c->day);
		break;
	case 'e':
		buf_printf(out, "%2d", c->day);
		break;
	case 'H':
		buf_printf(out, "%02d", c->hour);
		break;
	case 'I':
		buf_printf(out, "%02d", (c->hour + 11) % 12 + 1);
		break;
	case 'M':
		buf_printf(out, "%02d", c->minute);
		break;
	case 'S':
		buf_printf(out, "%02d", c->second);
		break;
	case 'L':
		buf_printf(out, "%03d", c->nanosecond / 1000000);
		break;
	case 'f':
		buf_printf(out, "%06d", c->nanosecond / 1000);
		break;
	case 'N':
		buf_printf(out, "%09d", c->nanosecond);
		break;
	case 'j':
		buf_printf(out, "%03d", day_of_year(c));
		break;
	case 'u':
		buf_printf(out, "%d", civil_weekday(c));
		break;
	case 'w':
		buf_printf(out, "%d", civil_weekday(c) % 7);
		break;
	case 's':
		buf_append_i64(out, w->ns / INSTANT_SECOND - (w->ns % INSTANT_SECOND < 0));
		break;
	default:
		buf_append_char(out, '%');
		buf_append_char(out, letter);
		break;
	}
}

static void write_letter(struct buf *out, char letter, const struct writing *w) {
	const struct civil *c = &w->civil;
	struct str month = str_from(months[c->month - 1]);
	struct str day = str_from(days[civil_weekday(c) - 1]);
	int32_t minutes = w->offset / 60;
	switch (letter) {
	case 'b':
		buf_append_str(out, str_slice(month, 0, SHORT_NAME));
		break;
	case 'B':
		buf_append_str(out, month);
		break;
	case 'a':
		buf_append_str(out, str_slice(day, 0, SHORT_NAME));
		break;
	case 'A':
		buf_append_str(out, day);
		break;
	case 'p':
		buf_append_str(out, c->hour < 12 ? STR("AM") : STR("PM"));
		break;
	case 'z':
	case 'Z':
		if (letter == 'Z' && minutes == 0) {
			buf_append_str(out, STR("UTC"));
		} else {
			buf_printf(out, "%c%02d%02d", minutes < 0 ? '-' : '+', abs(minutes) / 60,
			           abs(minutes) % 60);
		}
		break;
	case 'T':
		buf_printf(out, "%02d:%02d:%02d", c->hour, c->minute, c->second);
		break;
	case 'F':
		buf_printf(out, "%04d-%02d-%02d", c->year, c->month, c->day);
		break;
	case '%':
		buf_append_char(out, '%');
		break;
	default:
		write_number(out, letter, w);
		break;
	}
}

void timefmt_write(struct buf *out, struct str pattern, int64_t ns, const struct zone *zone) {
	struct writing w = {.ns = ns};
	w.offset = (int32_t)((when_to_local(zone, ns) - ns) / INSTANT_SECOND);
	instant_to_civil(ns, w.offset, &w.civil);
	for (size_t i = 0; i < pattern.len; i++) {
		if (pattern.ptr[i] == '%' && i + 1 < pattern.len) {
			write_letter(out, pattern.ptr[++i], &w);
		} else {
			buf_append_char(out, pattern.ptr[i]);
		}
	}
}

/* ---- reading ---- */

struct reading {
	struct str text;
	size_t at;
	struct civil civil;
	bool half; /* of the day: %I with %p */
	bool afternoon;
	bool has_offset;
	int32_t offset; /* seconds */
	bool has_unix;
	int64_t unix_seconds;
};

/* At most `most` digits, at least one. */
static bool read_digits(struct reading *r, size_t most, int32_t *out) {
	size_t first = r->at;
	int32_t number = 0;
	while (r->at < r->text.len && r->at - first < most && char_is_digit(r->text.ptr[r->at])) {
		number = number * 10 + (r->text.ptr[r->at++] - '0');
	}
	*out = number;
	return r->at > first;
}

static bool read_fraction(struct reading *r) {
	size_t first = r->at;
	int32_t number;
	if (!read_digits(r, 9, &number)) {
		return false;
	}
	for (size_t digits = r->at - first; digits < 9; digits++) {
		number *= 10;
	}
	r->civil.nanosecond = number;
	return true;
}

/* A name whole or by its first three letters. */
static bool read_name(struct reading *r, const char *const *names, size_t count, int32_t *out) {
	struct str left = str_slice(r->text, r->at, r->text.len);
	for (size_t i = 0; i < count; i++) {
		struct str name = str_from(names[i]);
		bool whole = str_eq_nocase(str_slice(left, 0, name.len), name);
		if (whole ||
		    str_eq_nocase(str_slice(left, 0, SHORT_NAME), str_slice(name, 0, SHORT_NAME))) {
			r->at += whole ? name.len : SHORT_NAME;
			*out = (int32_t)i + 1;
			return true;
		}
	}
	return false;
}

/* Z, UTC, GMT, +09:00, -0300, +09 */
static bool read_offset(struct reading *r) {
	static const struct str names[] = {STR_INIT("UTC"), STR_INIT("GMT"), STR_INIT("Z")};
	struct str left = str_slice(r->text, r->at, r->text.len);
	int32_t hours;
	int32_t minutes = 0;
	r->has_offset = true;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (str_eq_nocase(str_slice(left, 0, names[i].len), names[i])) {
			r->at += names[i].len;
			return true;
		}
	}
	if (left.len == 0 || (left.ptr[0] != '+' && left.ptr[0] != '-')) {
		return false;
	}
	r->at++;
	if (!read_digits(r, 2, &hours)) {
		return false;
	}
	size_t before = r->at;
	r->at += r->at < r->text.len && r->text.ptr[r->at] == ':';
	if (!read_digits(r, 2, &minutes)) {
		r->at = before;
	}
	r->offset = (hours * 3600 + minutes * 60) * (left.ptr[0] == '-' ? -1 : 1);
	return hours < 24 && minutes < 60;
}

static bool read_unix(struct reading *r) {
	size_t first = r->at;
	r->at += r->at < r->text.len && r->text.ptr[r->at] == '-';
	while (r->at < r->text.len && char_is_digit(r->text.ptr[r->at])) {
		r->at++;
	}
	r->has_unix = true;
	return str_to_i64(str_slice(r->text, first, r->at), &r->unix_seconds);
}

static bool read_half(struct reading *r) {
	struct str two = str_slice(r->text, r->at, MIN_OF(r->at + 2, r->text.len));
	r->afternoon = str_eq_nocase(two, STR("PM"));
	r->at += two.len;
	return r->afternoon || str_eq_nocase(two, STR("AM"));
}

static bool read_pattern(struct reading *r, struct str pattern);

static bool read_letter(struct reading *r, char letter) {
	struct civil *c = &r->civil;
	int32_t ignored;
	switch (letter) {
	case 'Y':
		return read_digits(r, 4, &c->year);
	case 'y':
		if (!read_digits(r, 2, &c->year)) {
			return false;
		}
		c->year += c->year < 69 ? 2000 : 1900;
		return true;
	case 'm':
		return read_digits(r, 2, &c->month);
	case 'd':
	case 'e':
		r->at += letter == 'e' && r->at < r->text.len && r->text.ptr[r->at] == ' ';
		return read_digits(r, 2, &c->day);
	case 'I':
		r->half = true;
		return read_digits(r, 2, &c->hour);
	case 'H':
		return read_digits(r, 2, &c->hour);
	case 'M':
		return read_digits(r, 2, &c->minute);
	case 'S':
		return read_digits(r, 2, &c->second);
	case 'f':
	case 'L':
	case 'N':
		return read_fraction(r);
	case 'b':
	case 'B':
		return read_name(r, months, ARRAY_LEN(months), &c->month);
	case 'a':
	case 'A':
		return read_name(r, days, ARRAY_LEN(days), &ignored);
	case 'p':
		return read_half(r);
	case 'z':
	case 'Z':
		return read_offset(r);
	case 's':
		return read_unix(r);
	case 'T':
		return read_pattern(r, STR("%H:%M:%S"));
	case 'F':
		return read_pattern(r, STR("%Y-%m-%d"));
	case '%':
		return r->at < r->text.len && r->text.ptr[r->at++] == '%';
	default:
		return false;
	}
}

static bool read_pattern(struct reading *r, struct str pattern) {
	for (size_t i = 0; i < pattern.len; i++) {
		if (pattern.ptr[i] == '%' && i + 1 < pattern.len) {
			if (!read_letter(r, pattern.ptr[++i])) {
				return false;
			}
		} else if (r->at >= r->text.len || r->text.ptr[r->at++] != pattern.ptr[i]) {
			return false;
		}
	}
	return true;
}

bool timefmt_read(struct str text, struct str pattern, const struct zone *zone, int64_t *out_ns) {
	struct reading r = {.text = text, .civil = {.year = 1970, .month = 1, .day = 1}};
	int64_t ns;
	if (!read_pattern(&r, pattern) || r.at != text.len) {
		return false;
	}
	if (r.has_unix) {
		if (__builtin_mul_overflow(r.unix_seconds, INSTANT_SECOND, &ns)) {
			return false;
		}
		return !__builtin_add_overflow(ns, (int64_t)r.civil.nanosecond, out_ns);
	}
	if (r.half) {
		if (r.civil.hour < 1 || r.civil.hour > 12) {
			return false;
		}
		r.civil.hour = r.civil.hour % 12 + (r.afternoon ? 12 : 0);
	}
	if (!instant_from_civil(&r.civil, r.offset, &ns)) {
		return false;
	}
	*out_ns = r.has_offset ? ns : when_from_local(zone, ns);
	return true;
}

/* One pattern for each form; reading and writing walk along it. Letters of patterns stand for
 * parts: Y M D h m s: year of four digits, the others of two; y: year of two digits; e: day padded
 * by a blank; E: day of one digit; z: day 01 to 09; b: month's name; a: weekday's name. Other bytes
 * are themselves.
 */
#include "codec/skeleton_time.h"

#include "base/endian.h"

enum { DAY = 86400, YEAR_MIN = 1970, YEAR_LEAST_DAYS = 719468, PIVOT = 2000, MAIL_NAME = 5 };

struct form {
	struct str pattern;
	uint8_t len;   /* of each of its texts */
	uint8_t clock; /* where hh:mm:ss stands in them; 0: nowhere in one piece */
	bool has_year;
};

#define FORM(pattern_, len_, clock_, has_year_) {STR_INIT(pattern_), len_, clock_, has_year_}
static const struct form forms[TIME_FORMS] = {
    [TIME_ISO] = FORM("Y-M-DTc", 19, 11, true),
    [TIME_ISO_BLANK] = FORM("Y-M-D c", 19, 11, true),
    [TIME_ISO_LINE] = FORM("Y-M-D_c", 19, 11, true),
    [TIME_DOTTED] = FORM("Y-M-D-h.m.s", 19, 0, true),
    [TIME_SLASHED] = FORM("Y/M/D c", 19, 11, true),
    [TIME_BSD] = FORM("b e c", 15, 7, false),
    [TIME_BSD_SHORT] = FORM("b E c", 14, 6, false),
    [TIME_CTIME] = FORM("a b e c Y", 24, 11, true),
    [TIME_CTIME_ZERO] = FORM("a b z c Y", 24, 11, true),
    [TIME_WEB] = FORM("D/b/Y:c", 20, 12, true),
    [TIME_MAIL] = FORM("a, D b Y c", 25, 17, true),
    [TIME_SHORT_YEAR] = FORM("y/M/D c", 17, 9, true),
    [TIME_PACKED_YEAR] = FORM("yMD hms", 13, 0, true),
    [TIME_PACKED_MINUS] = FORM("YMD-c", 17, 9, true),
    [TIME_PACKED_ISO] = FORM("YMDThms", 15, 0, true),
    [TIME_MONTH_DAY] = FORM("M-D c", 14, 6, false),
    [TIME_MONTH_DAY_DOT] = FORM("M.D c", 14, 6, false),
};

/* Names of three letters as numbers: the first letter is the lowest byte. */
#define NAME(a, b, c) ((uint32_t)(a) | (uint32_t)(b) << 8 | (uint32_t)(c) << 16)
static const uint32_t month_names[12] = {
    NAME('J', 'a', 'n'), NAME('F', 'e', 'b'), NAME('M', 'a', 'r'), NAME('A', 'p', 'r'),
    NAME('M', 'a', 'y'), NAME('J', 'u', 'n'), NAME('J', 'u', 'l'), NAME('A', 'u', 'g'),
    NAME('S', 'e', 'p'), NAME('O', 'c', 't'), NAME('N', 'o', 'v'), NAME('D', 'e', 'c'),
};
static const uint32_t weekday_names[7] = {
    NAME('M', 'o', 'n'), NAME('T', 'u', 'e'), NAME('W', 'e', 'd'), NAME('T', 'h', 'u'),
    NAME('F', 'r', 'i'), NAME('S', 'a', 't'), NAME('S', 'u', 'n'),
};

struct parts {
	uint32_t year;
	uint32_t month; /* 1 to 12 */
	uint32_t day;
	uint32_t hour;
	uint32_t minute;
	uint32_t second;
	uint32_t weekday; /* 0: Monday; WEEKDAY_NONE: not said */
};
enum { WEEKDAY_NONE = 7 };

static uint32_t month_days(uint32_t year, uint32_t month) {
	static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
	return days[month - 1] + (month == 2 && leap ? 1u : 0u);
}

/* Days from 1970-01-01 to a day in 1970 or later (years from March on, in eras of 400). */
static uint32_t days_of(uint32_t year, uint32_t month, uint32_t day) {
	uint32_t y = month <= 2 ? year - 1 : year;
	uint32_t from_march = month <= 2 ? month + 9 : month - 3;
	return y * 365 + y / 4 - y / 100 + y / 400 + (from_march * 153 + 2) / 5 + day - 1 -
	       YEAR_LEAST_DAYS;
}

static void date_of(uint64_t days, struct parts *out) {
	uint64_t z = days + YEAR_LEAST_DAYS;
	uint64_t era = z / 146097;
	uint64_t in_era = z % 146097;
	uint64_t year = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
	uint64_t in_year = in_era - (365 * year + year / 4 - year / 100);
	uint64_t from_march = (5 * in_year + 2) / 153;
	out->day = (uint32_t)(in_year - (153 * from_march + 2) / 5 + 1);
	out->month = (uint32_t)(from_march < 10 ? from_march + 3 : from_march - 9);
	out->year = (uint32_t)(year + era * 400 + (out->month <= 2 ? 1 : 0));
	out->weekday = (uint32_t)((days + 3) % 7);
}

/* The number of the name at text in a row of names, or count. */
static uint32_t name_number(const uint32_t *names, uint32_t count, const char *text) {
	uint32_t name = NAME((uint8_t)text[0], (uint8_t)text[1], (uint8_t)text[2]);
	uint32_t i = 0;
	while (i < count && names[i] != name) {
		i++;
	}
	return i;
}

/* The month whose name stands at text, 1 to 12; 13: none. */
static uint32_t month_number(const char *text) {
	/* By the four highest bits of a product, which differ for all twelve. */
	static const uint8_t months[16] = {7, 11, 1, 10, 5, 12, 3, 4, 1, 9, 1, 1, 1, 6, 2, 8};
	uint32_t name = NAME((uint8_t)text[0], (uint8_t)text[1], (uint8_t)text[2]);
	uint32_t month = months[name * 26597u >> 28];
	return month_names[month - 1] == name ? month : 13;
}

/* Whether a name may begin with c: most words in front of numbers do not. */
static bool may_be_name(char c) {
	return c >= 'A' && c <= 'S';
}

static char *print_name(uint32_t name, char *at) {
	for (unsigned i = 0; i < 3; i++) {
		at[i] = (char)(name >> (8 * i));
	}
	return at + 3;
}

static bool two_digits(const char *at, uint32_t *out) {
	uint32_t high = (uint32_t)(uint8_t)at[0] - '0';
	uint32_t low = (uint32_t)(uint8_t)at[1] - '0';
	*out = high * 10 + low;
	return high <= 9 && low <= 9;
}

/* hh:mm:ss, eight bytes at once: each must be a digit or the colon where one belongs. */
static bool read_clock(const char *at, struct parts *parts) {
	const uint64_t zeros = 0x30303a30303a3030u; /* what digits and colons are counted from */
	const uint64_t above = 0x76767f76767f7676u; /* brings 10 and more (colons: 1) to 128 */
	uint64_t word = le64_load(at) ^ zeros;
	if (((word | (word + above)) & 0x8080808080808080u) != 0) {
		return false;
	}
	word = word * 10 + (word >> 8);
	parts->hour = word & 255;
	parts->minute = word >> 24 & 255;
	parts->second = word >> 48 & 255;
	return true;
}

static bool read_year(const char *at, struct parts *parts) {
	uint32_t high;
	uint32_t low;
	if (!two_digits(at, &high) || !two_digits(at + 2, &low)) {
		return false;
	}
	parts->year = high * 100 + low;
	return parts->year >= YEAR_MIN;
}

/* Reads the part of the letter; the bytes that it took, 0 when it is not there. */
static size_t read_part(char letter, const char *at, struct parts *parts) {
	uint32_t *two = &parts->day;
	switch (letter) {
	case 'Y':
		return read_year(at, parts) ? 4 : 0;
	case 'b':
		parts->month = month_number(at);
		return parts->month <= 12 ? 3 : 0;
	case 'a':
		parts->weekday = name_number(weekday_names, 7, at);
		return parts->weekday < 7 ? 3 : 0;
	case 'c':
		return read_clock(at, parts) ? 8 : 0;
	case 'e':
		if (at[0] == ' ') {
			parts->day = (uint32_t)(uint8_t)at[1] - '0';
			return parts->day <= 9 ? 2 : 0;
		}
		return two_digits(at, &parts->day) && parts->day > 9 ? 2 : 0;
	case 'E':
		parts->day = (uint32_t)(uint8_t)at[0] - '0';
		return parts->day <= 9 ? 1 : 0;
	case 'z':
		return two_digits(at, &parts->day) && parts->day <= 9 ? 2 : 0;
	case 'y':
		if (!two_digits(at, &parts->year)) {
			return 0;
		}
		parts->year += PIVOT;
		return 2;
	case 'M':
		two = &parts->month;
		break;
	case 'h':
		two = &parts->hour;
		break;
	case 'm':
		two = &parts->minute;
		break;
	case 's':
		two = &parts->second;
		break;
	default: /* D */
		break;
	}
	return two_digits(at, two) ? 2 : 0;
}

static bool is_part(char letter) {
	return letter >= 'A' && letter != 'T' && letter != '_';
}

bool time_form_has_year(enum time_form form) {
	ASSERT(form < TIME_FORMS);
	return forms[form].has_year;
}

/* "b e c", the most usual form, read without its pattern. */
static bool read_bsd(const char *at, struct parts *parts) {
	uint32_t tens = at[4] == ' ' ? 0 : (uint32_t)(uint8_t)at[4] - '0';
	uint32_t ones = (uint32_t)(uint8_t)at[5] - '0';
	parts->month = month_number(at);
	parts->day = tens * 10 + ones;
	return at[3] == ' ' && at[6] == ' ' && at[4] != '0' && tens <= 9 && ones <= 9 &&
	       parts->month <= 12 && read_clock(at + 7, parts);
}

static bool read_pattern(struct str pattern, const char *at, struct parts *parts) {
	for (size_t i = 0; i < pattern.len; i++) {
		char letter = pattern.ptr[i];
		size_t used = is_part(letter) ? read_part(letter, at, parts) : *at == letter;
		if (used == 0) {
			return false;
		}
		at += used;
	}
	return true;
}

bool time_form_read(enum time_form form, struct str text, uint64_t *out_seconds, size_t *out_len) {
	ASSERT(form < TIME_FORMS);
	const struct form *of = &forms[form];
	struct parts parts = {.year = PIVOT, .weekday = WEEKDAY_NONE};
	if (text.len < of->len || !(form == TIME_BSD ? read_bsd(text.ptr, &parts)
	                                             : read_pattern(of->pattern, text.ptr, &parts))) {
		return false;
	}
	if (parts.month - 1 >= 12 || parts.day == 0 ||
	    (parts.day > 28 && parts.day > month_days(parts.year, parts.month)) || parts.hour > 23 ||
	    parts.minute > 59 || parts.second > 59) {
		return false;
	}
	uint64_t days = days_of(parts.year, parts.month, parts.day);
	if (parts.weekday != WEEKDAY_NONE && parts.weekday != (days + 3) % 7) {
		return false;
	}
	*out_seconds = days * DAY + parts.hour * 3600 + parts.minute * 60 + parts.second;
	*out_len = of->len;
	return true;
}

static char *print_two(char *at, uint32_t number) {
	at[0] = (char)('0' + number / 10 % 10);
	at[1] = (char)('0' + number % 10);
	return at + 2;
}

static char *print_clock(char *at, uint32_t of_day) {
	at = print_two(at, of_day / 3600);
	*at = ':';
	at = print_two(at + 1, of_day / 60 % 60);
	*at = ':';
	return print_two(at + 1, of_day % 60);
}

static char *print_part(char letter, const struct parts *parts, char *at) {
	switch (letter) {
	case 'Y':
		return print_two(print_two(at, parts->year / 100), parts->year % 100);
	case 'y':
		return print_two(at, parts->year % 100);
	case 'b':
		return print_name(month_names[parts->month - 1], at);
	case 'a':
		return print_name(weekday_names[parts->weekday], at);
	case 'e':
		(void)print_two(at, parts->day);
		at[0] = at[0] == '0' ? ' ' : at[0];
		return at + 2;
	case 'E':
		*at = (char)('0' + parts->day % 10);
		return at + 1;
	case 'M':
		return print_two(at, parts->month);
	case 'c':
		return print_clock(at, parts->hour * 3600 + parts->minute * 60 + parts->second);
	case 'h':
		return print_two(at, parts->hour);
	case 'm':
		return print_two(at, parts->minute);
	case 's':
		return print_two(at, parts->second);
	default: /* D, z */
		return print_two(at, parts->day);
	}
}

static const uint64_t print_end = (uint64_t)2932897 * DAY; /* the year 10000 */

size_t time_form_print(enum time_form form, uint64_t seconds, char *out) {
	ASSERT(form < TIME_FORMS);
	struct parts parts;
	seconds %= print_end;
	date_of(seconds / DAY, &parts);
	uint32_t of_day = (uint32_t)(seconds % DAY);
	parts.hour = of_day / 3600;
	parts.minute = of_day / 60 % 60;
	parts.second = of_day % 60;
	char *at = out;
	for (size_t i = 0; i < forms[form].pattern.len; i++) {
		char letter = forms[form].pattern.ptr[i];
		if (is_part(letter)) {
			at = print_part(letter, &parts, at);
		} else {
			*at++ = letter;
		}
	}
	return (size_t)(at - out);
}

void time_form_print_more(struct time_printed *last, enum time_form form, uint64_t seconds,
                          char *out) {
	uint64_t day = seconds / DAY;
	ASSERT(form < TIME_FORMS);
	if (last->text == NULL || last->day != day || forms[form].clock == 0 || seconds >= print_end) {
		(void)time_form_print(form, seconds, out);
	} else {
		memcpy(out, last->text, TIME_TEXT_MAX);
		(void)print_clock(out + forms[form].clock, (uint32_t)(seconds % DAY));
	}
	*last = (struct time_printed){out, day};
}

size_t time_form_len(enum time_form form) {
	ASSERT(form < TIME_FORMS);
	return forms[form].len;
}

/* Tries one form at start. */
static bool try_form(enum time_form form, struct str text, size_t start, struct time_found *found) {
	struct str rest = str_make(text.ptr + start, text.len - start);
	if (!time_form_read(form, rest, &found->seconds, &found->len) ||
	    (found->len < rest.len && char_is_digit(rest.ptr[found->len]))) {
		return false;
	}
	found->form = form;
	found->start = start;
	return true;
}

/* Forms in which a name of a month stands before the first number: "Nov 14", "Nov  4". */
static bool find_named(struct str text, size_t least, size_t at, struct time_found *found) {
	size_t before = at - least;
	size_t back = 4;
	if (before < 4 || text.ptr[at - 1] != ' ') {
		return false;
	}
	if (text.ptr[at - 2] == ' ') {
		back = 5;
	}
	if (before < back || !may_be_name(text.ptr[at - back])) {
		return false;
	}
	if (before >= back + 4 && text.ptr[at - back - 1] == ' ' &&
	    (try_form(TIME_CTIME, text, at - back - 4, found) ||
	     try_form(TIME_CTIME_ZERO, text, at - back - 4, found))) {
		return true;
	}
	return try_form(TIME_BSD, text, at - back, found) ||
	       try_form(TIME_BSD_SHORT, text, at - back, found);
}

/* Forms that begin with two digits. */
static bool find_two(struct str text, size_t least, size_t at, struct time_found *found) {
	switch (text.ptr[at + 2]) {
	case '/':
		return try_form(TIME_WEB, text, at, found) || try_form(TIME_SHORT_YEAR, text, at, found);
	case '-':
		return try_form(TIME_MONTH_DAY, text, at, found);
	case '.':
		return try_form(TIME_MONTH_DAY_DOT, text, at, found);
	case ' ':
		return at - least >= MAIL_NAME && try_form(TIME_MAIL, text, at - MAIL_NAME, found);
	default:
		return false;
	}
}

/* Forms that begin with a year of four digits, a mark and a month. */
static bool find_year(struct str text, size_t at, struct time_found *found) {
	if (text.ptr[at + 4] == '/') {
		return try_form(TIME_SLASHED, text, at, found);
	}
	switch (text.ptr[at + 10]) {
	case 'T':
		return try_form(TIME_ISO, text, at, found);
	case ' ':
		return try_form(TIME_ISO_BLANK, text, at, found);
	case '_':
		return try_form(TIME_ISO_LINE, text, at, found);
	case '-':
		return try_form(TIME_DOTTED, text, at, found);
	default:
		return false;
	}
}

bool time_find(struct str text, size_t least, size_t at, struct time_found *out_found) {
	ASSERT(least <= at && at < text.len);
	struct time_found found;
	const char *digits = text.ptr + at;
	size_t rest = text.len - at;
	size_t run = 0;
	while (run < rest && run < 9 && char_is_digit(digits[run])) {
		run++;
	}
	bool is = false;
	if (run <= 2) {
		is = find_named(text, least, at, &found);
	}
	if (!is && rest >= 13) { /* the shortest of these forms */
		is = (run == 2 && find_two(text, least, at, &found)) ||
		     (run == 4 && find_year(text, at, &found)) ||
		     (run == 6 && at == 0 && try_form(TIME_PACKED_YEAR, text, at, &found)) ||
		     (run == 8 && (try_form(TIME_PACKED_MINUS, text, at, &found) ||
		                   try_form(TIME_PACKED_ISO, text, at, &found)));
	}
	if (!is || (found.start > 0 && (char_is_digit(text.ptr[found.start - 1]) ||
	                                char_is_alpha(text.ptr[found.start - 1])))) {
		return false;
	}
	*out_found = found;
	return true;
}

/* Every reader fills the parts it found; finish() adds what the source knows and makes an instant.
 * The three commonest kinds remember the last hour, so that most lines cost a compare and four
 * digits.
 */
#include "ingest/timestamp.h"

#include "event/batch.h"

enum { HOUR = 3600, DAY = 86400 };

struct parts {
	struct civil civil;
	int32_t offset;
	bool has_year, has_date, has_zone;
	bool zone_doubtful; /* an abbreviation that several regions use */
};

void timestamp_reader_set(struct timestamp_reader *reader, const struct zone *zone, int32_t year,
                          int64_t reference_ns) {
	if (reader->zone != zone || reader->year != year || reader->reference_ns != reference_ns) {
		*reader =
		    (struct timestamp_reader){.zone = zone, .year = year, .reference_ns = reference_ns};
	}
}

/* ---- making an instant of parts ---- */

static bool to_instant(const struct timestamp_reader *reader, const struct parts *parts,
                       int64_t *out_ns) {
	int64_t ns;
	if (!instant_from_civil(&parts->civil, 0, &ns)) {
		return false;
	}
	int32_t offset =
	    parts->has_zone ? parts->offset : zone_offset_local(reader->zone, ns / INSTANT_SECOND);
	return !__builtin_sub_overflow(ns, offset * INSTANT_SECOND, out_ns);
}

static int64_t latest(const struct timestamp_reader *reader) {
	int64_t day = DAY * INSTANT_SECOND;
	return reader->reference_ns > INSTANT_MAX - day ? INSTANT_MAX : reader->reference_ns + day;
}

/* A date without year: --year, or the last one in which it is not ahead of the reference. Eight
 * tries, because 29 February may be that far. */
static bool infer_year(const struct timestamp_reader *reader, struct parts *parts,
                       int64_t *out_ns) {
	if (reader->year != 0) {
		parts->civil.year = reader->year;
		return to_instant(reader, parts, out_ns);
	}
	struct civil now;
	instant_to_civil(latest(reader), 18 * HOUR, &now);
	for (int32_t back = 0; back <= 9; back++) {
		int64_t ns;
		parts->civil.year = now.year - back;
		if (to_instant(reader, parts, &ns) && ns <= latest(reader)) {
			*out_ns = ns;
			return true;
		}
	}
	return false;
}

static bool finish(const struct timestamp_reader *reader, struct parts *parts,
                   struct timestamp *out) {
	uint8_t flags = parts->has_zone && !parts->zone_doubtful ? 0 : TIME_ZONE_ASSUMED;
	int64_t ns;
	if (!parts->has_date) {
		struct civil day;
		int32_t offset = zone_offset_at(reader->zone, reader->reference_ns / INSTANT_SECOND);
		instant_to_civil(reader->reference_ns, offset, &day);
		parts->civil.year = day.year;
		parts->civil.month = day.month;
		parts->civil.day = day.day;
		flags |= TIME_DATE_ASSUMED;
	} else if (!parts->has_year) {
		if (!infer_year(reader, parts, &ns)) {
			return false;
		}
		*out = (struct timestamp){ns, flags | TIME_YEAR_INFERRED};
		return true;
	}
	if (!to_instant(reader, parts, &ns)) {
		return false;
	}
	*out = (struct timestamp){ns, flags};
	return true;
}

/* ---- pieces of text ---- */

struct cursor {
	const char *at, *end;
};

static bool take_char(struct cursor *c, char wanted) {
	if (c->at < c->end && *c->at == wanted) {
		c->at++;
		return true;
	}
	return false;
}

/* min to max digits. */
static bool take_digits(struct cursor *c, int min, int max, int32_t *out) {
	const char *p = c->at;
	int32_t value = 0;
	while (p < c->end && p - c->at < max && char_is_digit(*p)) {
		value = value * 10 + (*p++ - '0');
	}
	if (p - c->at < min) {
		return false;
	}
	c->at = p;
	*out = value;
	return true;
}

static bool take_month(struct cursor *c, int32_t *out) {
	static const char names[] = "janfebmaraprmayjunjulaugsepoctnovdec";
	if (c->end - c->at < 3) {
		return false;
	}
	char name[3] = {char_lower(c->at[0]), char_lower(c->at[1]), char_lower(c->at[2])};
	for (int32_t month = 0; month < 12; month++) {
		if (memcmp(name, names + month * 3, 3) == 0) {
			c->at += 3;
			*out = month + 1;
			return true;
		}
	}
	return false;
}

static bool take_weekday(struct cursor *c) {
	static const char names[] = "montuewedthufrisatsun";
	if (c->end - c->at < 3) {
		return false;
	}
	char name[3] = {char_lower(c->at[0]), char_lower(c->at[1]), char_lower(c->at[2])};
	for (size_t day = 0; day < 7; day++) {
		if (memcmp(name, names + day * 3, 3) == 0) {
			c->at += 3;
			return true;
		}
	}
	return false;
}

/* Digits of a fraction, the point or comma already read; what is finer than nanoseconds is cut. */
static bool take_fraction_digits(struct cursor *c, int32_t *out_nanosecond) {
	int32_t value = 0;
	int32_t scale = 100000000;
	const char *first = c->at;
	for (; c->at < c->end && char_is_digit(*c->at); c->at++) {
		value += (*c->at - '0') * scale;
		scale /= 10;
	}
	*out_nanosecond = value;
	return c->at > first;
}

static void take_fraction(struct cursor *c, int32_t *out_nanosecond) {
	if (c->end - c->at >= 2 && (*c->at == '.' || *c->at == ',') && char_is_digit(c->at[1])) {
		c->at++;
		(void)take_fraction_digits(c, out_nanosecond); /* a digit is there */
	}
}

/* hh:mm:ss with fraction. */
static bool take_clock(struct cursor *c, struct civil *civil) {
	if (!take_digits(c, 1, 2, &civil->hour) || !take_char(c, ':') ||
	    !take_digits(c, 2, 2, &civil->minute) || !take_char(c, ':') ||
	    !take_digits(c, 2, 2, &civil->second)) {
		return false;
	}
	take_fraction(c, &civil->nanosecond);
	return true;
}

/* "Z", "+0900", "+09:00", "+09". */
static bool take_offset(struct cursor *c, int32_t *out_offset) {
	struct cursor p = *c;
	int32_t hours, minutes = 0;
	if (take_char(&p, 'Z') || take_char(&p, 'z')) {
		*out_offset = 0;
		*c = p;
		return true;
	}
	bool west = take_char(&p, '-');
	if ((!west && !take_char(&p, '+')) || !take_digits(&p, 2, 2, &hours)) {
		return false;
	}
	struct cursor behind_hours = p;
	(void)take_char(&p, ':'); /* optional */
	if (!take_digits(&p, 2, 2, &minutes)) {
		p = behind_hours;
	}
	if (hours > 18 || minutes > 59) {
		return false;
	}
	*out_offset = (west ? -1 : 1) * (hours * HOUR + minutes * 60);
	*c = p;
	return true;
}

/* Capital letters that name a zone; the source's own zone knows best what "CST" is. */
static bool take_zone_name(const struct timestamp_reader *reader, struct cursor *c,
                           struct parts *parts) {
	const char *p = c->at;
	while (p < c->end && *p >= 'A' && *p <= 'Z' && p - c->at < 6) {
		p++;
	}
	struct str name = str_make(c->at, (size_t)(p - c->at));
	if (name.len < 3 || (p < c->end && memchr(" :]),|;", *p, 7) == NULL)) {
		return false;
	}
	if (!zone_abbreviation(reader->zone, name, &parts->offset) &&
	    !zone_known_abbreviation(name, &parts->offset, &parts->zone_doubtful)) {
		return false;
	}
	parts->has_zone = true;
	c->at = p;
	return true;
}

/* A zone behind a blank; nothing is taken when there is none. */
static void take_zone_behind_blank(const struct timestamp_reader *reader, struct cursor *c,
                                   struct parts *parts) {
	struct cursor p = *c;
	if (!take_char(&p, ' ') || p.at >= p.end) {
		return;
	}
	if ((*p.at == '+' || *p.at == '-') && p.end - p.at >= 5 && char_is_digit(p.at[1])) {
		parts->has_zone = take_offset(&p, &parts->offset);
	} else {
		parts->has_zone = take_zone_name(reader, &p, parts);
	}
	if (parts->has_zone) {
		*c = p;
	}
}

/* ---- remembered hours ---- */

/* Hours this far from the ends of the range of instants need no check of overflow. */
static bool hour_is_safe(int64_t seconds) {
	return seconds > -9200000000 && seconds < 9200000000;
}

static bool hour_hit(const struct timestamp_hour *hour, struct str text, size_t len) {
	return hour->key_len == len && text.len > len && memcmp(hour->key, text.ptr, len) == 0;
}

static void hour_keep(struct timestamp_hour *hour, struct str text, size_t len, int64_t seconds,
                      uint8_t flags) {
	memcpy(hour->key, text.ptr, len);
	hour->key_len = (uint8_t)len;
	hour->seconds = seconds;
	hour->flags = flags;
}

/* ":mm:ss" behind the remembered part. */
static bool take_minute_second(const char *p, int64_t *out_seconds) {
	unsigned m1 = (unsigned)(p[1] - '0'), m2 = (unsigned)(p[2] - '0');
	unsigned s1 = (unsigned)(p[4] - '0'), s2 = (unsigned)(p[5] - '0');
	if (p[0] != ':' || p[3] != ':' || m1 > 5 || m2 > 9 || s1 > 5 || s2 > 9) {
		return false;
	}
	*out_seconds = (m1 * 10 + m2) * 60 + s1 * 10 + s2;
	return true;
}

/* ---- RFC 3164 ---- */

enum { BSD_HOUR = 9, BSD_LENGTH = 15 }; /* "Nov 22 10", "Nov 22 10:00:00" */

/* Behind the seconds nothing more of the time follows: no fraction, year or zone. */
static bool bsd_ends(struct str text) {
	if (text.len < BSD_LENGTH + 2) {
		return text.len == BSD_LENGTH;
	}
	const char *p = text.ptr + BSD_LENGTH;
	if (p[0] != ' ' || (p[1] >= 'A' && p[1] <= 'Z') || p[1] == '+' || p[1] == '-') {
		return false;
	}
	if (!char_is_digit(p[1])) {
		return true;
	}
	/* A host that begins with a digit, but no year of four. */
	return text.len > BSD_LENGTH + 5 &&
	       (char_is_digit(p[5]) || !char_is_digit(p[2]) || !char_is_digit(p[3]));
}

/* Keeps the hour when all of it has one offset and one year. */
static void keep_bsd_hour(struct timestamp_reader *reader, struct str text,
                          const struct parts *parts, const struct timestamp *time) {
	int64_t inside = parts->civil.minute * 60 + parts->civil.second;
	int64_t first = time->ns / INSTANT_SECOND - inside;
	int64_t last = first + HOUR - 1;
	if (!hour_is_safe(first)) {
		return;
	}
	bool one_offset = zone_offset_at(reader->zone, first) == zone_offset_at(reader->zone, last);
	bool one_year = reader->year != 0 || last * INSTANT_SECOND <= latest(reader) ||
	                first * INSTANT_SECOND > latest(reader);
	if (one_offset && one_year && parts->civil.second < 60 && text.len >= BSD_LENGTH &&
	    text.ptr[BSD_HOUR] == ':') {
		hour_keep(&reader->bsd, text, BSD_HOUR, first, time->flags);
	}
}

static bool take_bsd_date(struct cursor *c, struct parts *parts) {
	struct cursor front = *c;
	if (take_digits(&front, 4, 4, &parts->civil.year)) { /* "2026 Nov 22" */
		if (!take_char(&front, ' ')) {
			return false;
		}
		parts->has_year = true;
		*c = front;
	}
	if (!take_month(c, &parts->civil.month) || !take_char(c, ' ')) {
		return false;
	}
	(void)take_char(c, ' '); /* a day of one digit is padded */
	if (!take_digits(c, 1, 2, &parts->civil.day)) {
		return false;
	}
	(void)take_char(c, ','); /* "Nov 22, 2026" */
	if (!take_char(c, ' ')) {
		return false;
	}
	parts->has_date = true;
	struct cursor year = *c;
	int32_t number;
	if (!parts->has_year && take_digits(&year, 4, 4, &number) && take_char(&year, ' ')) {
		parts->civil.year = number;
		parts->has_year = true;
		*c = year;
	}
	return true;
}

/* "2026: ", but not the address "2001:db8::1". */
static bool ends_in_colon(const struct cursor *c) {
	return *c->at == ':' && (c->at + 1 == c->end || c->at[1] == ' ');
}

static void take_year_behind(struct cursor *c, struct parts *parts) {
	struct cursor p = *c;
	int32_t year;
	if (!parts->has_year && take_char(&p, ' ') && take_digits(&p, 4, 4, &year) && year >= 1970 &&
	    year <= 2261 && (p.at == p.end || *p.at == ' ' || *p.at == ']' || ends_in_colon(&p))) {
		parts->civil.year = year;
		parts->has_year = true;
		*c = p;
	}
}

size_t timestamp_bsd(struct timestamp_reader *reader, struct str text, struct timestamp *out) {
	int64_t inside;
	if (hour_hit(&reader->bsd, text, BSD_HOUR) && bsd_ends(text) &&
	    take_minute_second(text.ptr + BSD_HOUR, &inside)) {
		*out =
		    (struct timestamp){(reader->bsd.seconds + inside) * INSTANT_SECOND, reader->bsd.flags};
		return BSD_LENGTH;
	}
	struct cursor c = {text.ptr, text.ptr + text.len};
	struct parts parts = {0};
	if (!take_bsd_date(&c, &parts) || !take_clock(&c, &parts.civil)) {
		return 0;
	}
	parts.has_zone = c.at < c.end && (*c.at == '+' || *c.at == '-' || *c.at == 'Z') &&
	                 take_offset(&c, &parts.offset);
	take_year_behind(&c, &parts);
	if (!parts.has_zone) {
		take_zone_behind_blank(reader, &c, &parts);
	}
	take_year_behind(&c, &parts);
	if (!finish(reader, &parts, out)) {
		return 0;
	}
	size_t used = (size_t)(c.at - text.ptr);
	if (used == BSD_LENGTH && !parts.has_year && !parts.has_zone) {
		keep_bsd_hour(reader, text, &parts, out);
	}
	return used;
}

/* ---- ISO 8601 ---- */

enum { ISO_HOUR = 13, ISO_LENGTH = 19 }; /* "2026-11-22T10" */

/* Date and time are known as seconds counted as if UTC, the fraction in parts; c stands behind
 * them. */
static size_t civil_end(const struct timestamp_reader *reader, struct str text, struct parts *parts,
                        int64_t civil_seconds, struct cursor c, struct timestamp *out) {
	if (!parts->has_zone) {
		take_zone_behind_blank(reader, &c, parts);
	}
	int32_t offset =
	    parts->has_zone ? parts->offset : zone_offset_local(reader->zone, civil_seconds);
	int64_t ns;
	if (__builtin_mul_overflow(civil_seconds - offset, INSTANT_SECOND, &ns) ||
	    __builtin_add_overflow(ns, parts->civil.nanosecond, &ns)) {
		return 0;
	}
	out->ns = ns;
	out->flags = parts->has_zone && !parts->zone_doubtful ? 0 : TIME_ZONE_ASSUMED;
	return (size_t)(c.at - text.ptr);
}

/* Splits an instant into seconds (rounded down) and the fraction in parts. */
static int64_t civil_seconds(int64_t ns, struct parts *parts) {
	int64_t seconds = ns / INSTANT_SECOND;
	int64_t fraction = ns % INSTANT_SECOND;
	parts->civil.nanosecond = (int32_t)(fraction < 0 ? fraction + INSTANT_SECOND : fraction);
	return fraction < 0 ? seconds - 1 : seconds;
}

static size_t iso_slow(struct timestamp_reader *reader, struct str text, struct timestamp *out) {
	char dashed[40];
	struct str date = text;
	bool has_zone;
	size_t used;
	struct parts parts = {0};
	if (text.len >= ISO_LENGTH && text.ptr[4] == '/' && text.ptr[7] == '/') {
		date.len = MIN_OF(text.len, sizeof(dashed));
		memcpy(dashed, text.ptr, date.len);
		dashed[4] = dashed[7] = '-';
		date.ptr = dashed;
	}
	int64_t ns;
	if (!instant_parse_iso(date, &ns, &has_zone, &used)) {
		return 0;
	}
	if (has_zone) {
		*out = (struct timestamp){ns, 0};
		return used;
	}
	struct cursor c = {text.ptr + used, text.ptr + text.len};
	int64_t seconds = civil_seconds(ns, &parts);
	return civil_end(reader, text, &parts, seconds, c, out);
}

static void keep_iso_hour(struct timestamp_reader *reader, struct str text) {
	char hour[ISO_LENGTH + 1];
	int64_t ns;
	bool has_zone;
	size_t used;
	memcpy(hour, text.ptr, ISO_HOUR);
	memcpy(hour + ISO_HOUR, ":00:00", 6);
	if (instant_parse_iso(str_make(hour, ISO_LENGTH), &ns, &has_zone, &used)) {
		hour_keep(&reader->iso, text, ISO_HOUR, ns / INSTANT_SECOND, 0);
	}
}

size_t timestamp_iso(struct timestamp_reader *reader, struct str text, struct timestamp *out) {
	int64_t inside;
	if (hour_hit(&reader->iso, text, ISO_HOUR) && text.len > ISO_LENGTH &&
	    take_minute_second(text.ptr + ISO_HOUR, &inside)) {
		struct cursor c = {text.ptr + ISO_LENGTH, text.ptr + text.len};
		struct parts parts = {0};
		take_fraction(&c, &parts.civil.nanosecond);
		parts.has_zone = take_offset(&c, &parts.offset);
		return civil_end(reader, text, &parts, reader->iso.seconds + inside, c, out);
	}
	size_t used = iso_slow(reader, text, out);
	if (used > ISO_LENGTH && text.ptr[4] == '-' && text.ptr[ISO_HOUR] == ':') {
		keep_iso_hour(reader, text);
	}
	return used;
}

/* ---- common log format ---- */

enum { CLF_HOUR = 14, CLF_LENGTH = 20 }; /* "22/Nov/2026:10" */

size_t timestamp_clf(struct timestamp_reader *reader, struct str text, struct timestamp *out) {
	struct parts parts = {0};
	int64_t inside;
	if (hour_hit(&reader->clf, text, CLF_HOUR) && text.len > CLF_LENGTH &&
	    text.ptr[CLF_LENGTH] == ' ' && take_minute_second(text.ptr + CLF_HOUR, &inside)) {
		struct cursor rest = {text.ptr + CLF_LENGTH, text.ptr + text.len};
		return civil_end(reader, text, &parts, reader->clf.seconds + inside, rest, out);
	}
	struct cursor c = {text.ptr, text.ptr + text.len};
	int64_t ns;
	if (!take_digits(&c, 1, 2, &parts.civil.day) || !take_char(&c, '/') ||
	    !take_month(&c, &parts.civil.month) || !take_char(&c, '/') ||
	    !take_digits(&c, 4, 4, &parts.civil.year) || (!take_char(&c, ':') && !take_char(&c, ' ')) ||
	    !take_clock(&c, &parts.civil) || !instant_from_civil(&parts.civil, 0, &ns)) {
		return 0;
	}
	inside = parts.civil.minute * 60 + parts.civil.second;
	int64_t seconds = civil_seconds(ns, &parts);
	if (c.at == text.ptr + CLF_LENGTH && parts.civil.second < 60) {
		hour_keep(&reader->clf, text, CLF_HOUR, seconds - inside, 0);
	}
	return civil_end(reader, text, &parts, seconds, c, out);
}

/* ---- counts and mixtures ---- */

static int hex_digit(char c) {
	char l = char_lower(c);
	return char_is_digit(c) ? c - '0' : l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

/* The 64-bit label's second 0, and the 10 s that TAI was ahead in 1970. */
static const uint64_t tai_base = ((uint64_t)1 << 62) + 10;

static size_t take_hex(struct str text, size_t at, size_t digits, uint64_t *out) {
	uint64_t value = 0;
	size_t i = at;
	while (i < text.len && i < at + digits && hex_digit(text.ptr[i]) >= 0) {
		value = value << 4 | (uint64_t)hex_digit(text.ptr[i++]);
	}
	*out = value;
	return i == at + digits ? i : at;
}

size_t timestamp_tai64n(struct str text, struct timestamp *out) {
	uint64_t seconds;
	uint64_t nanoseconds;
	uint64_t seconds_max = (uint64_t)(INSTANT_MAX / INSTANT_SECOND) - 1;
	if (text.len == 0 || text.ptr[0] != '@' || take_hex(text, 1, 16, &seconds) != 17) {
		return 0;
	}
	size_t used = take_hex(text, 17, 8, &nanoseconds);
	nanoseconds = used == 17 ? 0 : nanoseconds;
	bool more = used < text.len && hex_digit(text.ptr[used]) >= 0;
	if (more || seconds < tai_base || seconds - tai_base > seconds_max ||
	    nanoseconds >= (uint64_t)INSTANT_SECOND) {
		return 0;
	}
	int64_t ns = (int64_t)(seconds - tai_base) * INSTANT_SECOND + (int64_t)nanoseconds;
	*out = (struct timestamp){ns, 0};
	return used;
}

size_t timestamp_epoch(struct str text, struct timestamp *out) {
	size_t digits = 0;
	uint64_t count;
	int32_t nanosecond = 0;
	while (digits < text.len && char_is_digit(text.ptr[digits])) {
		digits++;
	}
	if (digits < 9 || digits > 19 || !str_to_u64(str_slice(text, 0, digits), INT64_MAX, &count) ||
	    count < 100000000) {
		return 0;
	}
	struct cursor c = {text.ptr + digits, text.ptr + text.len};
	take_fraction(&c, &nanosecond);
	uint64_t scale = count < 100000000000         ? 1000000000
	                 : count < 100000000000000    ? 1000000
	                 : count < 100000000000000000 ? 1000
	                                              : 1;
	if (count > (uint64_t)INSTANT_MAX / scale) {
		return 0;
	}
	int64_t fraction = (int64_t)((uint64_t)nanosecond * scale / 1000000000);
	int64_t ns = (int64_t)(count * scale);
	if (ns > INSTANT_MAX - fraction) {
		return 0;
	}
	*out = (struct timestamp){ns + fraction, 0};
	return (size_t)(c.at - text.ptr);
}

size_t timestamp_any(struct timestamp_reader *reader, struct str text, struct timestamp *out) {
	if (text.len == 0) {
		return 0;
	}
	if (char_is_digit(text.ptr[0])) {
		size_t used = timestamp_iso(reader, text, out);
		used = used > 0 ? used : timestamp_clf(reader, text, out);
		used = used > 0 ? used : timestamp_bsd(reader, text, out);
		return used > 0 ? used : timestamp_epoch(text, out);
	}
	struct cursor c = {text.ptr, text.ptr + text.len};
	if (take_weekday(&c) && (take_char(&c, ' ') || (take_char(&c, ',') && take_char(&c, ' ')))) {
		struct str rest = str_make(c.at, (size_t)(c.end - c.at));
		size_t used = timestamp_bsd(reader, rest, out);
		if (used == 0) {
			used = timestamp_layout(reader, STR("DD Mon YYYY hh:mm:ss ZZ"), rest, out);
		}
		return used > 0 ? used + (size_t)(c.at - text.ptr) : 0;
	}
	return timestamp_bsd(reader, text, out);
}

/* ---- layouts ---- */

enum layout_part {
	PART_YEAR,
	PART_SHORT_YEAR,
	PART_MONTH,
	PART_MONTH_NAME,
	PART_DAY,
	PART_SHORT_DAY,
	PART_WEEKDAY,
	PART_HOUR,
	PART_SHORT_HOUR,
	PART_MINUTE,
	PART_SECOND,
	PART_FRACTION,
	PART_HALF,
	PART_ZONE,
	PART_COUNT,
};

/* Longer names before their beginnings. */
static const struct {
	struct str name;
	enum layout_part part;
} layout_parts[] = {
    {STR_INIT("YYYY"), PART_YEAR},    {STR_INIT("YY"), PART_SHORT_YEAR},
    {STR_INIT("MM"), PART_MONTH},     {STR_INIT("Mon"), PART_MONTH_NAME},
    {STR_INIT("DD"), PART_DAY},       {STR_INIT("Day"), PART_WEEKDAY},
    {STR_INIT("D"), PART_SHORT_DAY},  {STR_INIT("hh"), PART_HOUR},
    {STR_INIT("h"), PART_SHORT_HOUR}, {STR_INIT("mm"), PART_MINUTE},
    {STR_INIT("ss"), PART_SECOND},    {STR_INIT(".f"), PART_FRACTION},
    {STR_INIT("AM"), PART_HALF},      {STR_INIT("ZZ"), PART_ZONE},
};

/* The part at the start of layout, and the length of its name; PART_COUNT: a character. */
static enum layout_part next_part(struct str layout, size_t *out_len) {
	for (size_t i = 0; i < ARRAY_LEN(layout_parts); i++) {
		if (str_starts(layout, layout_parts[i].name)) {
			*out_len = layout_parts[i].name.len;
			return layout_parts[i].part;
		}
	}
	*out_len = 1;
	return PART_COUNT;
}

bool timestamp_layout_valid(struct str layout, size_t *out_bad) {
	bool seen[PART_COUNT + 1] = {false};
	size_t len;
	for (size_t at = 0; at < layout.len; at += len) {
		enum layout_part part = next_part(str_slice(layout, at, layout.len), &len);
		bool letter = part == PART_COUNT && char_is_alpha(layout.ptr[at]);
		if ((letter && layout.ptr[at] != 'T') || (part != PART_COUNT && seen[part])) {
			*out_bad = at;
			return false;
		}
		seen[part] = true;
	}
	*out_bad = layout.len;
	bool day = seen[PART_DAY] || seen[PART_SHORT_DAY];
	bool month = seen[PART_MONTH] || seen[PART_MONTH_NAME];
	bool hour = seen[PART_HOUR] || seen[PART_SHORT_HOUR];
	return hour && seen[PART_MINUTE] && day == month;
}

static bool take_half(struct cursor *c, struct civil *civil) {
	if (c->end - c->at < 2 || char_lower(c->at[1]) != 'm' || civil->hour < 1 || civil->hour > 12) {
		return false;
	}
	char half = char_lower(c->at[0]);
	if (half != 'a' && half != 'p') {
		return false;
	}
	civil->hour = civil->hour % 12 + (half == 'p' ? 12 : 0);
	c->at += 2;
	return true;
}

static bool take_zone(const struct timestamp_reader *reader, struct cursor *c,
                      struct parts *parts) {
	parts->has_zone = take_offset(c, &parts->offset) || take_zone_name(reader, c, parts);
	return parts->has_zone;
}

static bool take_date_part(enum layout_part part, struct cursor *c, struct parts *parts) {
	int32_t short_year = 0;
	bool ok = false;
	if (part == PART_YEAR) {
		ok = parts->has_year = take_digits(c, 4, 4, &parts->civil.year);
	} else if (part == PART_SHORT_YEAR) {
		ok = parts->has_year = take_digits(c, 2, 2, &short_year);
		parts->civil.year = short_year + (short_year < 70 ? 2000 : 1900);
	} else if (part == PART_MONTH) {
		ok = take_digits(c, 1, 2, &parts->civil.month);
	} else if (part == PART_MONTH_NAME) {
		ok = take_month(c, &parts->civil.month);
	} else if (part == PART_WEEKDAY) {
		ok = take_weekday(c);
	} else {
		(void)(part == PART_SHORT_DAY && take_char(c, ' ')); /* padded with a blank */
		ok = parts->has_date = take_digits(c, 1, 2, &parts->civil.day);
	}
	return ok;
}

static bool take_part(const struct timestamp_reader *reader, enum layout_part part,
                      struct cursor *c, struct parts *parts) {
	struct civil *civil = &parts->civil;
	switch (part) {
	case PART_HOUR:
	case PART_SHORT_HOUR:
		return take_digits(c, part == PART_HOUR ? 2 : 1, 2, &civil->hour);
	case PART_MINUTE:
		return take_digits(c, 2, 2, &civil->minute);
	case PART_SECOND:
		return take_digits(c, 2, 2, &civil->second);
	case PART_FRACTION:
		return (take_char(c, '.') || take_char(c, ',')) &&
		       take_fraction_digits(c, &civil->nanosecond);
	case PART_HALF:
		return take_half(c, civil);
	case PART_ZONE:
		return take_zone(reader, c, parts);
	case PART_YEAR:
	case PART_SHORT_YEAR:
	case PART_MONTH:
	case PART_MONTH_NAME:
	case PART_DAY:
	case PART_SHORT_DAY:
	case PART_WEEKDAY:
	case PART_COUNT:
	default:
		return take_date_part(part, c, parts);
	}
}

static bool take_literal(struct cursor *c, char wanted) {
	if (!take_char(c, wanted)) {
		return false;
	}
	while (wanted == ' ' && take_char(c, ' ')) {
	}
	return true;
}

size_t timestamp_layout(struct timestamp_reader *reader, struct str layout, struct str text,
                        struct timestamp *out) {
	struct cursor c = {text.ptr, text.ptr + text.len};
	struct parts parts = {0};
	size_t len;
	for (size_t at = 0; at < layout.len; at += len) {
		enum layout_part part = next_part(str_slice(layout, at, layout.len), &len);
		bool ok = part == PART_COUNT ? take_literal(&c, layout.ptr[at])
		                             : take_part(reader, part, &c, &parts);
		if (!ok) {
			return 0;
		}
	}
	return finish(reader, &parts, out) ? (size_t)(c.at - text.ptr) : 0;
}

/* TZif: a header, then blocks of transition times, types and abbreviations; version 2 and up repeat
 * them with 64-bit times and end in a POSIX TZ rule. All counts are checked before use.
 */
#include "base/zone.h"

#include "base/endian.h"

enum {
	ZONE_ABBREVIATION_MAX = 15,
	ZONE_TYPES_MAX = 256,
	ZONE_TRANSITIONS_MAX = 1 << 16,
	ZONE_HEADER_SIZE = 44,
};

struct zone_type {
	int32_t offset;
	char name[ZONE_ABBREVIATION_MAX + 1];
};

enum rule_kind { RULE_MONTH_WEEK_DAY, RULE_JULIAN_NO_LEAP, RULE_DAY_OF_YEAR };

/* When a change comes each year, in the local time before it. */
struct rule_date {
	enum rule_kind kind;
	int32_t month, week, day;
	int32_t second; /* of that day; may be negative or above a day (RFC 8536 3.3.1) */
};

struct rule {
	bool present;
	bool has_daylight;
	struct zone_type standard, daylight;
	struct rule_date start, end;
};

struct zone {
	uint32_t transitions;
	int64_t *at;          /* transitions: UTC seconds, ascending */
	uint8_t *type;        /* transitions: index into types, from that moment on */
	uint32_t types_count; /* at least 1 unless only the rule counts */
	struct zone_type *types;
	struct rule rule;
};

/* ---- POSIX TZ rules ---- */

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

static bool take_number(struct cursor *c, int32_t max, int32_t *out) {
	int32_t value = 0;
	const char *first = c->at;
	while (c->at < c->end && char_is_digit(*c->at) && c->at - first < 4) {
		value = value * 10 + (*c->at++ - '0');
	}
	if (c->at == first || value > max) {
		return false;
	}
	*out = value;
	return true;
}

static bool take_abbreviation(struct cursor *c, struct zone_type *type) {
	bool quoted = take_char(c, '<');
	const char *first = c->at;
	while (c->at < c->end && (quoted ? *c->at != '>' : char_is_alpha(*c->at))) {
		c->at++;
	}
	size_t len = (size_t)(c->at - first);
	if (len < 3 || len > ZONE_ABBREVIATION_MAX || (quoted && !take_char(c, '>'))) {
		return false;
	}
	memcpy(type->name, first, len);
	type->name[len] = '\0';
	return true;
}

/* [+-]hh[:mm[:ss]] in seconds. */
static bool take_clock(struct cursor *c, int32_t hours_max, int32_t *out_seconds) {
	int32_t sign = take_char(c, '-') ? -1 : 1;
	int32_t hours, minutes = 0, seconds = 0;
	if (sign > 0) {
		(void)take_char(c, '+'); /* optional */
	}
	if (!take_number(c, hours_max, &hours)) {
		return false;
	}
	if (take_char(c, ':')) {
		if (!take_number(c, 59, &minutes)) {
			return false;
		}
		if (take_char(c, ':') && !take_number(c, 59, &seconds)) {
			return false;
		}
	}
	*out_seconds = sign * (hours * 3600 + minutes * 60 + seconds);
	return true;
}

static bool take_rule_date(struct cursor *c, struct rule_date *date) {
	*date = (struct rule_date){.second = 2 * 3600};
	bool ok;
	if (take_char(c, 'M')) {
		date->kind = RULE_MONTH_WEEK_DAY;
		ok = take_number(c, 12, &date->month) && date->month >= 1 && take_char(c, '.') &&
		     take_number(c, 5, &date->week) && date->week >= 1 && take_char(c, '.') &&
		     take_number(c, 6, &date->day);
	} else if (take_char(c, 'J')) {
		date->kind = RULE_JULIAN_NO_LEAP;
		ok = take_number(c, 365, &date->day) && date->day >= 1;
	} else {
		date->kind = RULE_DAY_OF_YEAR;
		ok = take_number(c, 365, &date->day);
	}
	return ok && (!take_char(c, '/') || take_clock(c, 167, &date->second));
}

static bool parse_rule(struct str text, struct rule *out) {
	struct cursor c = {text.ptr, text.ptr + text.len};
	struct rule rule = {.present = true};
	int32_t west;
	if (!take_abbreviation(&c, &rule.standard) || !take_clock(&c, 24, &west)) {
		return false;
	}
	rule.standard.offset = -west;
	if (c.at < c.end) {
		rule.has_daylight = true;
		rule.daylight.offset = rule.standard.offset + 3600;
		if (!take_abbreviation(&c, &rule.daylight)) {
			return false;
		}
		if (c.at < c.end && *c.at != ',') {
			if (!take_clock(&c, 24, &west)) {
				return false;
			}
			rule.daylight.offset = -west;
		}
		if (!take_char(&c, ',') || !take_rule_date(&c, &rule.start) || !take_char(&c, ',') ||
		    !take_rule_date(&c, &rule.end)) {
			return false;
		}
	}
	if (c.at != c.end) {
		return false;
	}
	*out = rule;
	return true;
}

static int64_t year_start(int32_t year) {
	struct civil civil = {.year = year, .month = 1, .day = 1};
	int64_t ns = 0;
	(void)instant_from_civil(&civil, 0, &ns); /* years beyond the range of instants give 1970 */
	return ns / INSTANT_SECOND;
}

static bool is_leap(int32_t year) {
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int64_t month_week_day(int32_t year, const struct rule_date *date) {
	static const int32_t month_days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	struct civil first = {.year = year, .month = date->month, .day = 1};
	int32_t days_before = 0;
	for (int32_t m = 1; m < date->month; m++) {
		days_before += month_days[m - 1] + (m == 2 && is_leap(year));
	}
	int32_t days = month_days[date->month - 1] + (date->month == 2 && is_leap(year));
	int32_t weekday = civil_weekday(&first) % 7; /* Sunday = 0 */
	int32_t day = (date->day - weekday + 7) % 7 + (date->week - 1) * 7;
	while (day >= days) {
		day -= 7;
	}
	return days_before + day;
}

/* Local seconds (as if UTC) of a change in a year. */
static int64_t rule_moment(int32_t year, const struct rule_date *date) {
	int64_t day = date->day;
	if (date->kind == RULE_MONTH_WEEK_DAY) {
		day = month_week_day(year, date);
	} else if (date->kind == RULE_JULIAN_NO_LEAP) {
		day = date->day - 1 + (is_leap(year) && date->day > 59);
	}
	return year_start(year) + day * 86400 + date->second;
}

static int32_t year_of(int64_t seconds) {
	struct civil civil;
	int64_t limit = INSTANT_MAX / INSTANT_SECOND;
	seconds = MAX_OF(MIN_OF(seconds, limit), -limit);
	instant_to_civil(seconds * INSTANT_SECOND, 0, &civil);
	return civil.year;
}

static const struct zone_type *rule_type_at(const struct rule *rule, int64_t utc) {
	if (!rule->has_daylight) {
		return &rule->standard;
	}
	int32_t year = year_of(utc + rule->standard.offset);
	int64_t start = rule_moment(year, &rule->start) - rule->standard.offset;
	int64_t end = rule_moment(year, &rule->end) - rule->daylight.offset;
	bool in_daylight = start < end ? utc >= start && utc < end : utc >= start || utc < end;
	return in_daylight ? &rule->daylight : &rule->standard;
}

/* ---- TZif ---- */

struct header {
	uint32_t is_utc, is_standard, leaps, times, types, chars;
};

static bool read_header(struct str bytes, size_t at, struct header *out) {
	if (at > bytes.len || bytes.len - at < ZONE_HEADER_SIZE ||
	    memcmp(bytes.ptr + at, "TZif", 4) != 0) {
		return false;
	}
	const char *p = bytes.ptr + at + 20;
	*out = (struct header){be32_load(p),      be32_load(p + 4),  be32_load(p + 8),
	                       be32_load(p + 12), be32_load(p + 16), be32_load(p + 20)};
	return out->times <= ZONE_TRANSITIONS_MAX && out->types >= 1 && out->types <= ZONE_TYPES_MAX &&
	       out->chars <= 4096 && out->leaps <= 4096 && out->is_utc <= out->types &&
	       out->is_standard <= out->types;
}

static size_t block_size(const struct header *h, size_t time_size) {
	return h->times * (time_size + 1) + h->types * 6 + h->chars + h->leaps * (time_size + 4) +
	       h->is_standard + h->is_utc;
}

static bool read_type(const char *entry, const char *chars, uint32_t chars_count,
                      struct zone_type *out) {
	uint32_t name = (unsigned char)entry[5];
	out->offset = (int32_t)be32_load(entry);
	if (name >= chars_count || out->offset < -93600 || out->offset > 93600) {
		return false;
	}
	size_t len = strnlen(chars + name, chars_count - name);
	len = MIN_OF(len, ZONE_ABBREVIATION_MAX);
	memcpy(out->name, chars + name, len);
	out->name[len] = '\0';
	return true;
}

static void *array_new(size_t count, size_t size) {
	void *ptr = calloc(MAX_OF(count, 1u), size);
	ASSERT(ptr != NULL);
	return ptr;
}

/* p: the block's bytes, whose size the caller has checked. */
static bool read_block(const char *p, const struct header *h, size_t time_size, struct zone *zone) {
	const char *types = p + h->times * (time_size + 1);
	const char *chars = types + (size_t)h->types * 6;
	zone->at = array_new(h->times, sizeof(*zone->at));
	zone->type = array_new(h->times, sizeof(*zone->type));
	zone->types = array_new(h->types, sizeof(*zone->types));
	zone->types_count = h->types;
	zone->transitions = h->times;
	for (uint32_t i = 0; i < h->types; i++) {
		if (!read_type(types + (size_t)i * 6, chars, h->chars, &zone->types[i])) {
			return false;
		}
	}
	for (uint32_t i = 0; i < h->times; i++) {
		const char *time = p + i * time_size;
		zone->at[i] = time_size == 8 ? (int64_t)be64_load(time) : (int32_t)be32_load(time);
		zone->type[i] = (uint8_t)p[h->times * time_size + i];
		if (zone->type[i] >= h->types || (i > 0 && zone->at[i] <= zone->at[i - 1])) {
			return false;
		}
	}
	return true;
}

static bool read_tzif(struct str bytes, struct zone *zone) {
	struct header h;
	if (!read_header(bytes, 0, &h)) {
		return false;
	}
	size_t first = ZONE_HEADER_SIZE;
	size_t size = block_size(&h, 4);
	if (bytes.len - first < size) {
		return false;
	}
	if (bytes.ptr[4] < '2') {
		return read_block(bytes.ptr + first, &h, 4, zone);
	}
	size_t second = first + size;
	if (!read_header(bytes, second, &h)) {
		return false;
	}
	second += ZONE_HEADER_SIZE;
	size = block_size(&h, 8);
	if (bytes.len - second < size || !read_block(bytes.ptr + second, &h, 8, zone)) {
		return false;
	}
	struct str footer = str_slice(bytes, second + size, bytes.len);
	if (footer.len < 2 || footer.ptr[0] != '\n') {
		return false;
	}
	footer = str_slice(footer, 1, footer.len);
	footer = str_slice(footer, 0, str_find_char(footer, '\n', 0));
	return footer.len == 0 || parse_rule(footer, &zone->rule);
}

/* ---- public ---- */

static struct zone *zone_new(void) {
	return array_new(1, sizeof(struct zone));
}

struct zone *zone_fixed(int32_t offset_seconds) {
	struct zone *zone = zone_new();
	zone->rule.present = true;
	zone->rule.standard.offset = offset_seconds;
	if (offset_seconds == 0) {
		memcpy(zone->rule.standard.name, "UTC", 4);
	}
	return zone;
}

enum err zone_from_tzif(struct str bytes, struct zone **out_zone) {
	CLEANUP(zone_freep) struct zone *zone = zone_new();
	if (!read_tzif(bytes, zone)) {
		return ERR_INVALID;
	}
	*out_zone = TAKE(zone);
	return ERR_OK;
}

enum err zone_from_posix(struct str text, struct zone **out_zone) {
	CLEANUP(zone_freep) struct zone *zone = zone_new();
	if (!parse_rule(text, &zone->rule)) {
		return ERR_INVALID;
	}
	*out_zone = TAKE(zone);
	return ERR_OK;
}

void zone_free(struct zone *zone) {
	if (zone == NULL) {
		return;
	}
	free(zone->at);
	free(zone->type);
	free(zone->types);
	free(zone);
}

void zone_freep(struct zone **zone) {
	zone_free(*zone);
	*zone = NULL;
}

/* Transitions at or before utc. */
static uint32_t transitions_before(const struct zone *zone, int64_t utc) {
	uint32_t low = 0;
	uint32_t high = zone->transitions;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (zone->at[middle] <= utc) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low;
}

int32_t zone_offset_at(const struct zone *zone, int64_t utc_seconds) {
	uint32_t passed = transitions_before(zone, utc_seconds);
	if (passed == zone->transitions && zone->rule.present) {
		return rule_type_at(&zone->rule, utc_seconds)->offset;
	}
	if (passed == 0) {
		return zone->types[0].offset; /* RFC 8536 section 3.2: type 0 before the first */
	}
	return zone->types[zone->type[passed - 1]].offset;
}

int32_t zone_offset_local(const struct zone *zone, int64_t local_seconds) {
	/* No offset is more than a day and no zone changes twice within two days: what held a day
	 * before and what holds a day after are the only candidates. */
	int32_t before = zone_offset_at(zone, local_seconds - 93600);
	int32_t after = zone_offset_at(zone, local_seconds + 93600);
	if (before == after || zone_offset_at(zone, local_seconds - before) == before) {
		return before;
	}
	return zone_offset_at(zone, local_seconds - after) == after ? after : before;
}

static bool type_is(const struct zone_type *type, struct str name, int32_t *out_offset) {
	if (type->name[0] != '\0' && str_eq(str_from(type->name), name)) {
		*out_offset = type->offset;
		return true;
	}
	return false;
}

bool zone_abbreviation(const struct zone *zone, struct str name, int32_t *out_offset) {
	if (zone->rule.present &&
	    (type_is(&zone->rule.standard, name, out_offset) ||
	     (zone->rule.has_daylight && type_is(&zone->rule.daylight, name, out_offset)))) {
		return true;
	}
	for (uint32_t i = zone->types_count; i > 0; i--) {
		if (type_is(&zone->types[i - 1], name, out_offset)) {
			return true;
		}
	}
	return false;
}

/* [+-]h, hh, hmm, hhmm, hh:mm behind the sign. */
static bool parse_offset(struct str s, int32_t *out_offset) {
	if (s.len < 2 || (s.ptr[0] != '+' && s.ptr[0] != '-')) {
		return false;
	}
	int32_t sign = s.ptr[0] == '-' ? -1 : 1;
	size_t colon = str_find_char(s, ':', 1);
	uint64_t hours, minutes = 0;
	struct str head = str_slice(s, 1, colon);
	struct str tail = str_slice(s, colon + 1, s.len);
	if (colon == s.len && head.len > 2) {
		tail = str_slice(head, head.len - 2, head.len);
		head = str_slice(head, 0, head.len - 2);
	}
	if (head.len > 2 || !str_to_u64(head, 18, &hours) ||
	    (tail.len > 0 && (tail.len != 2 || !str_to_u64(tail, 59, &minutes))) ||
	    (tail.len == 0 && colon < s.len)) {
		return false;
	}
	*out_offset = sign * (int32_t)(hours * 3600 + minutes * 60);
	return true;
}

bool zone_parse_fixed(struct str name, int32_t *out_offset) {
	if (name.len == 0 || str_eq_nocase(name, STR("UTC")) || str_eq_nocase(name, STR("GMT")) ||
	    str_eq_nocase(name, STR("Z"))) {
		*out_offset = 0;
		return true;
	}
	if (name.len > 3 && (str_eq_nocase(str_slice(name, 0, 3), STR("UTC")) ||
	                     str_eq_nocase(str_slice(name, 0, 3), STR("GMT")))) {
		name = str_slice(name, 3, name.len);
	}
	return parse_offset(name, out_offset);
}

bool zone_known_abbreviation(struct str name, int32_t *out_offset, bool *out_ambiguous) {
	static const struct {
		struct str name;
		int16_t minutes;
		bool ambiguous;
	} known[] = {
	    {STR_INIT("UTC"), 0, false},     {STR_INIT("GMT"), 0, false},
	    {STR_INIT("Z"), 0, false},       {STR_INIT("WET"), 0, false},
	    {STR_INIT("WEST"), 60, false},   {STR_INIT("CET"), 60, false},
	    {STR_INIT("CEST"), 120, false},  {STR_INIT("EET"), 120, false},
	    {STR_INIT("EEST"), 180, false},  {STR_INIT("MSK"), 180, false},
	    {STR_INIT("BST"), 60, true},     {STR_INIT("IST"), 330, true},
	    {STR_INIT("SAST"), 120, false},  {STR_INIT("JST"), 540, false},
	    {STR_INIT("KST"), 540, false},   {STR_INIT("HKT"), 480, false},
	    {STR_INIT("SGT"), 480, false},   {STR_INIT("PHT"), 480, false},
	    {STR_INIT("AWST"), 480, false},  {STR_INIT("ACST"), 570, false},
	    {STR_INIT("ACDT"), 630, false},  {STR_INIT("AEST"), 600, false},
	    {STR_INIT("AEDT"), 660, false},  {STR_INIT("NZST"), 720, false},
	    {STR_INIT("NZDT"), 780, false},  {STR_INIT("NST"), -210, true},
	    {STR_INIT("AST"), -240, true},   {STR_INIT("ADT"), -180, true},
	    {STR_INIT("EST"), -300, false},  {STR_INIT("EDT"), -240, false},
	    {STR_INIT("CST"), -360, true},   {STR_INIT("CDT"), -300, true},
	    {STR_INIT("MST"), -420, true},   {STR_INIT("MDT"), -360, false},
	    {STR_INIT("PST"), -480, true},   {STR_INIT("PDT"), -420, false},
	    {STR_INIT("AKST"), -540, false}, {STR_INIT("AKDT"), -480, false},
	    {STR_INIT("HST"), -600, false},  {STR_INIT("BRT"), -180, false},
	    {STR_INIT("ART"), -180, false},
	};
	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		if (str_eq(known[i].name, name)) {
			*out_offset = known[i].minutes * 60;
			*out_ambiguous = known[i].ambiguous;
			return true;
		}
	}
	return false;
}

/* Times for people: exact, cut short, relative. */
#include "query/when.h"

#include "base/instant.h"
#include "base/zone.h"

#define DAY_NS (86400 * INSTANT_SECOND)

struct unit {
	struct str name;
	int64_t ns;
};

static const struct unit units[] = {
    {STR_INIT("ms"), 1000000},
    {STR_INIT("s"), INSTANT_SECOND},
    {STR_INIT("m"), 60 * INSTANT_SECOND},
    {STR_INIT("min"), 60 * INSTANT_SECOND},
    {STR_INIT("h"), 3600 * INSTANT_SECOND},
    {STR_INIT("d"), DAY_NS},
    {STR_INIT("w"), 7 * DAY_NS},
};

enum err when_parse_duration(struct str text, int64_t *out_ns, struct diag *diag) {
	size_t digits = 0;
	uint64_t count = 0;
	int64_t scale = INSTANT_SECOND;
	while (digits < text.len && char_is_digit(text.ptr[digits])) {
		digits++;
	}
	struct str unit = str_slice(text, digits, text.len);
	bool known = unit.len == 0;
	for (size_t i = 0; i < ARRAY_LEN(units) && !known; i++) {
		known = str_eq(units[i].name, unit);
		scale = known ? units[i].ns : scale;
	}
	int64_t ns;
	if (!known || !str_to_u64(str_slice(text, 0, digits), INT64_MAX, &count) ||
	    __builtin_mul_overflow((int64_t)count, scale, &ns)) {
		enum err err = diag_set(diag, ERR_INVALID, "'%.*s' is not a duration",
		                        STR_ARG(str_slice(text, 0, 80)));
		diag_hint(diag, "write a number and a unit: 90s, 15m, 1h, 7d, 2w");
		return err;
	}
	*out_ns = ns;
	return ERR_OK;
}

/* Whole seconds before ns, also before 1970. */
static int64_t seconds_of(int64_t ns) {
	return ns / INSTANT_SECOND - (ns % INSTANT_SECOND < 0);
}

static int64_t add_seconds(int64_t ns, int32_t seconds) {
	int64_t sum;
	if (!__builtin_add_overflow(ns, seconds * INSTANT_SECOND, &sum)) {
		return sum;
	}
	return seconds > 0 ? INSTANT_MAX : INSTANT_MIN;
}

int64_t when_to_local(const struct zone *zone, int64_t utc_ns) {
	return zone == NULL ? utc_ns : add_seconds(utc_ns, zone_offset_at(zone, seconds_of(utc_ns)));
}

int64_t when_from_local(const struct zone *zone, int64_t local_ns) {
	return zone == NULL ? local_ns
	                    : add_seconds(local_ns, -zone_offset_local(zone, seconds_of(local_ns)));
}

/* The day of the zone that begins at local_ns: 23 or 25 hours where clocks are changed. */
static struct when local_day(const struct zone *zone, int64_t local_ns) {
	int64_t start = when_from_local(zone, local_ns);
	return (struct when){start, when_from_local(zone, local_ns + DAY_NS) - start};
}

static bool parse_word(struct str text, int64_t now_ns, const struct zone *zone, struct when *out) {
	int64_t local = when_to_local(zone, now_ns);
	int64_t today = local - (local % DAY_NS + DAY_NS) % DAY_NS;
	if (str_eq(text, STR("now"))) {
		*out = (struct when){now_ns, 0};
		return true;
	}
	if (str_eq(text, STR("today"))) {
		*out = local_day(zone, today);
		return true;
	}
	if (str_eq(text, STR("yesterday"))) {
		*out = local_day(zone, today - DAY_NS);
		return true;
	}
	return false;
}

/* Exactly "2026-11-22". */
static bool parse_date(struct str text, const struct zone *zone, struct when *out) {
	char whole[32];
	bool has_zone;
	size_t used;
	if (text.len != 10) {
		return false;
	}
	(void)snprintf(whole, sizeof(whole), "%.10sT00:00:00Z", text.ptr);
	int64_t ns;
	if (!instant_parse_iso(str_from(whole), &ns, &has_zone, &used)) {
		return false;
	}
	if (ns > INSTANT_MAX - 2 * DAY_NS) { /* the last day there is has no end */
		return false;
	}
	*out = local_day(zone, ns);
	return true;
}

static bool parse_iso(struct str text, const struct zone *zone, struct when *out) {
	int64_t ns;
	bool has_zone;
	size_t used;
	if (!instant_parse_iso(text, &ns, &has_zone, &used) || used != text.len) {
		return false;
	}
	bool has_seconds = text.len > 16 && text.ptr[16] == ':';
	bool has_fraction = text.len > 19 && (text.ptr[19] == '.' || text.ptr[19] == ',');
	int64_t span = has_fraction ? 0 : has_seconds ? INSTANT_SECOND : 60 * INSTANT_SECOND;
	*out = (struct when){has_zone ? ns : when_from_local(zone, ns), span};
	return true;
}

static bool parse_relative(struct str text, int64_t now_ns, struct when *out) {
	int64_t distance;
	int64_t ns;
	if (text.len < 2 || (text.ptr[0] != '-' && text.ptr[0] != '+') || !char_is_digit(text.ptr[1]) ||
	    char_is_digit(text.ptr[text.len - 1]) ||
	    when_parse_duration(str_slice(text, 1, text.len), &distance, NULL) != ERR_OK) {
		return false;
	}
	bool overflow = text.ptr[0] == '-' ? __builtin_sub_overflow(now_ns, distance, &ns)
	                                   : __builtin_add_overflow(now_ns, distance, &ns);
	if (overflow) {
		return false;
	}
	*out = (struct when){ns, 0};
	return true;
}

enum err when_parse(struct str text, int64_t now_ns, const struct zone *zone, struct when *out_when,
                    struct diag *diag) {
	if (parse_word(text, now_ns, zone, out_when) || parse_relative(text, now_ns, out_when) ||
	    parse_date(text, zone, out_when) || parse_iso(text, zone, out_when)) {
		return ERR_OK;
	}
	enum err err =
	    diag_set(diag, ERR_INVALID, "'%.*s' is not a time", STR_ARG(str_slice(text, 0, 80)));
	diag_hint(diag, "write 2026-11-22, 2026-11-22T10:00:00Z, today, yesterday, -15m or -7d");
	return err;
}

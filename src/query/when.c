/* Times for people: exact, cut short, relative. */
#include "query/when.h"

#include "base/instant.h"

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

static int64_t start_of_day(int64_t now_ns, int32_t offset_seconds) {
	int64_t local = now_ns + offset_seconds * INSTANT_SECOND;
	int64_t rest = local % DAY_NS;
	return now_ns - (rest < 0 ? rest + DAY_NS : rest);
}

static bool parse_word(struct str text, int64_t now_ns, int32_t offset, struct when *out) {
	if (str_eq(text, STR("now"))) {
		*out = (struct when){now_ns, 0};
		return true;
	}
	if (str_eq(text, STR("today"))) {
		*out = (struct when){start_of_day(now_ns, offset), DAY_NS};
		return true;
	}
	if (str_eq(text, STR("yesterday"))) {
		*out = (struct when){start_of_day(start_of_day(now_ns, offset) - 1, offset), DAY_NS};
		return true;
	}
	return false;
}

/* Exactly "2026-11-22". */
static bool parse_date(struct str text, int32_t offset, struct when *out) {
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
	*out = (struct when){ns - offset * INSTANT_SECOND, DAY_NS};
	return true;
}

static bool parse_iso(struct str text, int32_t offset, struct when *out) {
	int64_t ns;
	bool has_zone;
	size_t used;
	if (!instant_parse_iso(text, &ns, &has_zone, &used) || used != text.len) {
		return false;
	}
	bool has_seconds = text.len > 16 && text.ptr[16] == ':';
	bool has_fraction = text.len > 19 && (text.ptr[19] == '.' || text.ptr[19] == ',');
	int64_t span = has_fraction ? 0 : has_seconds ? INSTANT_SECOND : 60 * INSTANT_SECOND;
	*out = (struct when){has_zone ? ns : ns - offset * INSTANT_SECOND, span};
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

enum err when_parse(struct str text, int64_t now_ns, int32_t offset_seconds, struct when *out_when,
                    struct diag *diag) {
	if (parse_word(text, now_ns, offset_seconds, out_when) ||
	    parse_relative(text, now_ns, out_when) || parse_date(text, offset_seconds, out_when) ||
	    parse_iso(text, offset_seconds, out_when)) {
		return ERR_OK;
	}
	enum err err =
	    diag_set(diag, ERR_INVALID, "'%.*s' is not a time", STR_ARG(str_slice(text, 0, 80)));
	diag_hint(diag, "write 2026-11-22, 2026-11-22T10:00:00Z, today, yesterday, -15m or -7d");
	return err;
}

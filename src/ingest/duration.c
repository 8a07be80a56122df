/* Digits and units from left to right; every product and sum is checked. */
#include "ingest/duration.h"

#include "base/instant.h"

enum { FRACTION_DIGITS = 9, CLOCK_PARTS_MAX = 5 };

static bool add_times(int64_t *sum, int64_t count, int64_t unit) {
	int64_t product;
	return !__builtin_mul_overflow(count, unit, &product) &&
	       !__builtin_add_overflow(*sum, product, sum);
}

/* Digits at *at, which then stands behind them. */
static bool take_count(struct str text, size_t *at, int64_t *out_count) {
	size_t first = *at;
	int64_t count = 0;
	while (*at < text.len && char_is_digit(text.ptr[*at])) {
		if (__builtin_mul_overflow(count, 10, &count) ||
		    __builtin_add_overflow(count, text.ptr[*at] - '0', &count)) {
			return false;
		}
		++*at;
	}
	*out_count = count;
	return *at > first;
}

bool duration_number(struct str text, int64_t unit_ns, int64_t *out_ns) {
	size_t at = 0;
	int64_t count;
	int64_t ns = 0;
	if (!take_count(text, &at, &count) || !add_times(&ns, count, unit_ns)) {
		return false;
	}
	if (at < text.len && text.ptr[at] == '.') {
		int64_t digit_ns = unit_ns;
		for (size_t digits = 0; ++at < text.len && char_is_digit(text.ptr[at]); digits++) {
			digit_ns = digits < FRACTION_DIGITS ? digit_ns / 10 : 0;
			if (!add_times(&ns, text.ptr[at] - '0', digit_ns)) {
				return false;
			}
		}
	}
	*out_ns = at == text.len ? ns : *out_ns;
	return at == text.len;
}

/* The unit that a letter stands for in seconds, 0: none. */
static int64_t unit_of(char letter) {
	switch (char_lower(letter)) {
	case 'w':
		return 7 * 86400;
	case 'd':
		return 86400;
	case 'h':
		return 3600;
	case 'm':
		return 60;
	case 's':
		return 1;
	default:
		return 0;
	}
}

/* Parts without letters, the last of which is seconds. */
static bool sum_plain(const int64_t *parts, size_t count, int64_t *sum) {
	static const int64_t units[] = {1, 60, 3600, 86400};
	for (size_t i = 0; i < count; i++) {
		if (count > ARRAY_LEN(units) || !add_times(sum, parts[i], units[count - 1 - i])) {
			return false;
		}
	}
	return true;
}

bool duration_clock(struct str text, int64_t *out_ns) {
	int64_t parts[CLOCK_PARTS_MAX];
	size_t plain = 0;
	size_t lettered = 0;
	int64_t seconds = 0;
	int64_t latest = INT64_MAX;
	for (size_t at = 0; at < text.len;) {
		int64_t count;
		if (!take_count(text, &at, &count)) {
			return false;
		}
		int64_t unit = at < text.len ? unit_of(text.ptr[at]) : 0;
		if (unit != 0) {
			if (unit >= latest || !add_times(&seconds, count, unit)) {
				return false;
			}
			latest = unit;
			lettered++;
			at++;
		} else if (plain < CLOCK_PARTS_MAX) {
			parts[plain++] = count;
		} else {
			return false;
		}
		at += at < text.len && (text.ptr[at] == ':' || text.ptr[at] == ' ');
	}
	int64_t ns = 0;
	bool mixed = plain > 0 && lettered > 0;
	if (plain + lettered == 0 || mixed || !sum_plain(parts, plain, &seconds) ||
	    !add_times(&ns, seconds, INSTANT_SECOND)) {
		return false;
	}
	*out_ns = ns;
	return true;
}

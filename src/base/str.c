/* Operations on borrowed text; no locale. */
#include "base/str.h"

#include <math.h>

struct str str_from(const char *text) {
	return text == NULL ? STR("") : str_make(text, strlen(text));
}

bool str_eq_nocase(struct str a, struct str b) {
	if (a.len != b.len) {
		return false;
	}
	for (size_t i = 0; i < a.len; i++) {
		if (char_lower(a.ptr[i]) != char_lower(b.ptr[i])) {
			return false;
		}
	}
	return true;
}

int str_cmp(struct str a, struct str b) {
	size_t len = MIN_OF(a.len, b.len);
	int order = len == 0 ? 0 : memcmp(a.ptr, b.ptr, len);
	return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

bool str_starts(struct str s, struct str prefix) {
	return s.len >= prefix.len && str_eq(str_make(s.ptr, prefix.len), prefix);
}

bool str_ends(struct str s, struct str suffix) {
	return s.len >= suffix.len && str_eq(str_slice(s, s.len - suffix.len, s.len), suffix);
}

size_t str_find_char(struct str s, char c, size_t from) {
	if (from >= s.len) {
		return s.len;
	}
	const char *at = memchr(s.ptr + from, c, s.len - from);
	return at == NULL ? s.len : (size_t)(at - s.ptr);
}

size_t str_find(struct str s, struct str needle, size_t from) {
	if (from > s.len || needle.len > s.len - from) {
		return (size_t)-1;
	}
	if (needle.len == 0) {
		return from;
	}
	const char *at = memmem(s.ptr + from, s.len - from, needle.ptr, needle.len);
	return at == NULL ? (size_t)-1 : (size_t)(at - s.ptr);
}

struct str str_slice(struct str s, size_t from, size_t to) {
	to = MIN_OF(to, s.len);
	from = MIN_OF(from, to);
	return s.ptr == NULL ? s : str_make(s.ptr + from, to - from);
}

struct str str_trim(struct str s) {
	while (s.len > 0 && char_is_space(s.ptr[0])) {
		s.ptr++;
		s.len--;
	}
	while (s.len > 0 && char_is_space(s.ptr[s.len - 1])) {
		s.len--;
	}
	return s;
}

struct str str_cut(struct str *s, char sep) {
	size_t at = str_find_char(*s, sep, 0);
	struct str head = str_slice(*s, 0, at);
	*s = str_slice(*s, at < s->len ? at + 1 : at, s->len);
	return head;
}

bool str_to_u64(struct str s, uint64_t max, uint64_t *out_value) {
	uint64_t value = 0;
	if (s.len == 0) {
		return false;
	}
	for (size_t i = 0; i < s.len; i++) {
		uint64_t digit = (uint64_t)(unsigned char)s.ptr[i] - '0';
		if (digit > 9 || value > (UINT64_MAX - digit) / 10) {
			return false;
		}
		value = value * 10 + digit;
	}
	if (value > max) {
		return false;
	}
	*out_value = value;
	return true;
}

bool str_to_i64(struct str s, int64_t *out_value) {
	bool negative = s.len > 0 && s.ptr[0] == '-';
	uint64_t magnitude;
	uint64_t max = negative ? (uint64_t)INT64_MAX + 1 : (uint64_t)INT64_MAX;
	if (!str_to_u64(negative ? str_slice(s, 1, s.len) : s, max, &magnitude)) {
		return false;
	}
	*out_value = negative ? (int64_t)(0 - magnitude) : (int64_t)magnitude;
	return true;
}

/* [-] int [. digits] [e [+-] digits], as RFC 8259 section 6 but also "1." and ".5". */
static bool is_number_text(struct str s) {
	size_t i = 0;
	size_t digits = 0;
	if (i < s.len && (s.ptr[i] == '-' || s.ptr[i] == '+')) {
		i++;
	}
	for (; i < s.len && char_is_digit(s.ptr[i]); i++) {
		digits++;
	}
	if (i < s.len && s.ptr[i] == '.') {
		for (i++; i < s.len && char_is_digit(s.ptr[i]); i++) {
			digits++;
		}
	}
	if (digits == 0) {
		return false;
	}
	if (i < s.len && (s.ptr[i] == 'e' || s.ptr[i] == 'E')) {
		i++;
		if (i < s.len && (s.ptr[i] == '-' || s.ptr[i] == '+')) {
			i++;
		}
		size_t first = i;
		while (i < s.len && char_is_digit(s.ptr[i])) {
			i++;
		}
		if (i == first) {
			return false;
		}
	}
	return i == s.len;
}

/* text: a number by is_number_text with NUL behind. The program never calls setlocale for
 * LC_NUMERIC, so strtod reads the C locale's point. */
static bool finite_from_text(const char *text, double *out_value) {
	double value = strtod(text, NULL);
	if (!isfinite(value)) {
		return false;
	}
	*out_value = value;
	return true;
}

bool str_to_double(struct str s, double *out_value) {
	char text[64];
	if (s.len == 0 || !is_number_text(s)) {
		return false;
	}
	if (s.len < sizeof(text)) {
		memcpy(text, s.ptr, s.len);
		text[s.len] = '\0';
		return finite_from_text(text, out_value);
	}
	char *copy = malloc(s.len + 1); /* rare: more digits than a double can hold */
	ASSERT(copy != NULL);
	memcpy(copy, s.ptr, s.len);
	copy[s.len] = '\0';
	bool ok = finite_from_text(copy, out_value);
	free(copy);
	return ok;
}

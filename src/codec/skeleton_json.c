/* Cutting JSON objects value by value. Nothing is validated but that strings end: whatever is not a
 * string or a number is literal, so the line comes back in any case.
 */
#include "codec/skeleton_cutter.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

enum { BLOCK = 16, HEX_LEAST = 8, TIME_LEAST = 13, NAMED_TIMES = 4 };

/* The first quotation mark or backslash at or after at, or text.len. */
static size_t next_in_string(struct str text, size_t at) {
#if defined(__SSE2__)
	while (text.len - at >= BLOCK) {
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)(text.ptr + at));
		__m128i hit = _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('"')),
		                           _mm_cmpeq_epi8(v, _mm_set1_epi8('\\')));
		unsigned bits = (unsigned)_mm_movemask_epi8(hit);
		if (bits != 0) {
			return at + (size_t)__builtin_ctz(bits);
		}
		at += BLOCK;
	}
#endif
	while (at < text.len && text.ptr[at] != '"' && text.ptr[at] != '\\') {
		at++;
	}
	return at;
}

size_t cutter_string_end(struct str text, size_t at) {
	while ((at = next_in_string(text, at)) < text.len && text.ptr[at] == '\\') {
		at = MIN_OF(at + 2, text.len);
	}
	return at;
}

/* Whether nothing but a zone may stand in [at, end). */
static bool is_zone(struct str text, size_t at, size_t end) {
	return at == end || (end - at == 1 && text.ptr[at] == 'Z');
}

/* A time with fraction and zone that fills [start, end). */
static bool cut_time(struct cutter *cutter, size_t start, size_t end) {
	static const enum time_form named[NAMED_TIMES] = {TIME_BSD, TIME_CTIME, TIME_CTIME_ZERO,
	                                                  TIME_MAIL};
	struct str value = str_make(cutter->text.ptr + start, end - start);
	struct time_found found = {.start = 0};
	bool is = false;
	if (char_is_digit(value.ptr[0])) {
		is = time_find(value, 0, 0, &found);
	} else if (value.ptr[3] == ' ' || value.ptr[3] == ',') {
		for (size_t i = 0; i < NAMED_TIMES && !is; i++) {
			found.form = named[i];
			is = time_form_read(named[i], value, &found.seconds, &found.len);
		}
	}
	if (!is) {
		return false;
	}
	/* Cut for trial: what follows must be only what belongs to a time. */
	struct cutter before = *cutter;
	found.start += start;
	cutter->text.len = end;
	size_t at = cutter_time(cutter, &found);
	cutter->text.len = before.text.len;
	if (!is_zone(cutter->text, at, end)) {
		*cutter = before;
		return false;
	}
	return true;
}

/* A string value [start, end) that is as a whole of a typed form; false: it is none. */
static bool cut_typed(struct cutter *cutter, size_t start, size_t end) {
	struct str text = cutter->text;
	uint8_t first = byte_kind(text.ptr[start]);
	size_t len = end - start;
	if (first == 0) {
		return false;
	}
	if (len >= TIME_LEAST && cut_time(cutter, start, end)) {
		return true;
	}
	if ((first & BYTE_LETTER) != 0) {
		return false;
	}
	uint8_t kinds = 0;
	size_t at = start;
	while (at < end && byte_kind(text.ptr[at]) != 0) {
		kinds |= byte_kind(text.ptr[at++]);
	}
	if (at == end && kinds == BYTE_DIGIT) {
		cutter_number(cutter, start, end);
		return true;
	}
	if (at == end && len >= HEX_LEAST &&
	    (kinds == (BYTE_DIGIT | BYTE_HEX_LOWER) || kinds == (BYTE_DIGIT | BYTE_HEX_UPPER))) {
		cutter_hex(cutter, start, end, (kinds & BYTE_HEX_UPPER) != 0);
		return true;
	}
	if (at == end) {
		return false;
	}
	struct cutter before = *cutter;
	cutter->text.len = end;
	size_t cut = text.ptr[at] == '.' ? cutter_ipv4(cutter, start) : cutter_grouped(cutter, start);
	cutter->text.len = text.len;
	if (cut != end) {
		*cutter = before;
		return false;
	}
	return true;
}

/* A number whose first digit is at at; its end. */
static size_t cut_number(struct cutter *cutter, size_t at) {
	struct str text = cutter->text;
	size_t end = at;
	while (is_digit_at(text, end)) {
		end++;
	}
	cutter_number(cutter, at, end);
	if (end < text.len && text.ptr[end] == '.' && is_digit_at(text, end + 1)) {
		at = ++end;
		while (is_digit_at(text, end)) {
			end++;
		}
		cutter_fraction(cutter, at, end);
	}
	return end; /* the digits of an exponent are a number of their own */
}

/* A string whose opening mark is at at: a key (left literal) or a value. Behind it, or 0 when it
 * does not end. */
static size_t cut_string(struct cutter *cutter, size_t at) {
	struct str text = cutter->text;
	size_t end = cutter_string_end(text, at + 1);
	if (end >= text.len) {
		return 0;
	}
	size_t next = end + 1;
	while (next < text.len && char_is_space(text.ptr[next])) {
		next++;
	}
	if (next < text.len && text.ptr[next] == ':') {
		return next + 1;
	}
	if (end == at + 1 || !cut_typed(cutter, at + 1, end)) {
		cutter_text(cutter, at + 1, end);
	}
	return end + 1;
}

bool cutter_json(struct cutter *cutter) {
	struct str text = cutter->text;
	size_t at = 0;
	while (at < text.len && !cutter->full) {
		char c = text.ptr[at];
		if (c == '"') {
			at = cut_string(cutter, at);
			if (at == 0) {
				return false;
			}
		} else if (char_is_digit(c)) {
			at = cut_number(cutter, at);
		} else {
			at++;
		}
	}
	return true;
}

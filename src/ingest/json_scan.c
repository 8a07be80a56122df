/* A strict scanner over bytes. Strings, the bulk of a log, are passed eight bytes at a time. */
#include "ingest/json_scan.h"

#include "base/endian.h"
#include "base/utf8.h"

bool json_fail(struct json_scan *scan, const char *why) {
	if (scan->why == NULL) {
		scan->why = why;
	}
	return false;
}

static void skip_space(struct json_scan *scan) {
	while (scan->at < scan->text.len && char_is_space(scan->text.ptr[scan->at])) {
		scan->at++;
	}
}

enum json_type json_peek(struct json_scan *scan) {
	skip_space(scan);
	if (scan->at >= scan->text.len) {
		return JSON_NONE;
	}
	switch (scan->text.ptr[scan->at]) {
	case '{':
		return JSON_OBJECT;
	case '[':
		return JSON_ARRAY;
	case '"':
		return JSON_STRING;
	case 't':
	case 'f':
		return JSON_BOOL;
	case 'n':
		return JSON_NULL;
	case '-':
		return JSON_NUMBER;
	default:
		return char_is_digit(scan->text.ptr[scan->at]) ? JSON_NUMBER : JSON_NONE;
	}
}

bool json_take(struct json_scan *scan, char c) {
	skip_space(scan);
	if (scan->at < scan->text.len && scan->text.ptr[scan->at] == c) {
		scan->at++;
		return true;
	}
	return false;
}

bool json_at_end(struct json_scan *scan) {
	skip_space(scan);
	return scan->at == scan->text.len;
}

/* ---- strings ---- */

/* Bytes that have the high bit set where a byte of v is zero (the lowest one is exact). */
static uint64_t zero_bytes(uint64_t v) {
	return (v - 0x0101010101010101u) & ~v & 0x8080808080808080u;
}

/* The first quotation mark, backslash or control character at or after at. */
static size_t find_special(struct str text, size_t at) {
	while (text.len - at >= 8) {
		uint64_t v = le64_load(text.ptr + at);
		uint64_t hit = zero_bytes(v ^ 0x2222222222222222u) | zero_bytes(v ^ 0x5c5c5c5c5c5c5c5cu) |
		               ((v - 0x2020202020202020u) & ~v & 0x8080808080808080u);
		if (hit != 0) {
			return at + (size_t)(__builtin_ctzll(hit) / 8);
		}
		at += 8;
	}
	while (at < text.len && text.ptr[at] != '"' && text.ptr[at] != '\\' &&
	       (unsigned char)text.ptr[at] >= 0x20) {
		at++;
	}
	return at;
}

static bool is_hex(char c) {
	return char_is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* At a backslash: its length, 0 when it is no escape of RFC 8259 section 7. */
static size_t escape_length(struct str text, size_t at) {
	if (at + 1 >= text.len) {
		return 0;
	}
	if (text.ptr[at + 1] != 'u') {
		return text.ptr[at + 1] != '\0' && strchr("\"\\/bfnrt", text.ptr[at + 1]) != NULL ? 2 : 0;
	}
	for (size_t i = at + 2; i < at + 6; i++) {
		if (i >= text.len || !is_hex(text.ptr[i])) {
			return 0;
		}
	}
	return 6;
}

bool json_read_string(struct json_scan *scan, struct str *out_raw, bool *out_escapes) {
	struct str text = scan->text;
	size_t first = scan->at + 1;
	size_t at = first;
	bool escapes = false;
	for (;;) {
		at = find_special(text, at);
		if (at < text.len && text.ptr[at] == '"') {
			break;
		}
		scan->at = at;
		if (at >= text.len) {
			return json_fail(scan, "a string without end");
		}
		if (text.ptr[at] != '\\') {
			return json_fail(scan, "a control character in a string");
		}
		size_t len = escape_length(text, at);
		if (len == 0) {
			return json_fail(scan, "an escape that JSON does not know");
		}
		escapes = true;
		at += len;
	}
	scan->at = at + 1;
	*out_raw = str_make(text.ptr + first, at - first);
	*out_escapes = escapes;
	return true;
}

static uint32_t hex4(const char *p) {
	uint32_t value = 0;
	for (int i = 0; i < 4; i++) {
		char c = char_lower(p[i]);
		value = value * 16 + (uint32_t)(c >= 'a' ? c - 'a' + 10 : c - '0');
	}
	return value;
}

/* At "\u": appends the character and returns how many bytes it took (12 for a pair). */
static size_t unescape_unicode(struct str raw, size_t at, struct buf *out) {
	uint32_t unit = hex4(raw.ptr + at + 2);
	if (unit >= 0xd800 && unit < 0xdc00 && raw.len - at >= 12 && raw.ptr[at + 6] == '\\' &&
	    raw.ptr[at + 7] == 'u') {
		uint32_t low = hex4(raw.ptr + at + 8);
		if (low >= 0xdc00 && low < 0xe000) {
			utf8_append(out, 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00));
			return 12;
		}
	}
	utf8_append(out, unit); /* a lone surrogate becomes U+FFFD there */
	return 6;
}

void json_unescape(struct str raw, struct buf *out) {
	static const char names[] = "\"\\/bfnrt";
	static const char values[] = "\"\\/\b\f\n\r\t";
	size_t at = 0;
	while (at < raw.len) {
		size_t slash = str_find_char(raw, '\\', at);
		buf_append(out, raw.ptr + at, slash - at);
		at = slash;
		if (at >= raw.len) {
			break;
		}
		ASSERT(raw.len - at >= 2);
		if (raw.ptr[at + 1] == 'u') {
			ASSERT(raw.len - at >= 6);
			at += unescape_unicode(raw, at, out);
			continue;
		}
		const char *name = strchr(names, raw.ptr[at + 1]);
		ASSERT(name != NULL && *name != '\0');
		buf_append_char(out, values[name - names]);
		at += 2;
	}
}

/* ---- numbers and words ---- */

static size_t skip_digits(struct str text, size_t at) {
	while (at < text.len && char_is_digit(text.ptr[at])) {
		at++;
	}
	return at;
}

/* RFC 8259 section 6. */
bool json_read_number(struct json_scan *scan, struct str *out_number) {
	struct str text = scan->text;
	size_t first = scan->at;
	size_t at = first + (first < text.len && text.ptr[first] == '-');
	size_t end = skip_digits(text, at);
	bool ok = end > at && (text.ptr[at] != '0' || end == at + 1);
	if (ok && end < text.len && text.ptr[end] == '.') {
		at = end + 1;
		end = skip_digits(text, at);
		ok = end > at;
	}
	if (ok && end < text.len && (text.ptr[end] == 'e' || text.ptr[end] == 'E')) {
		at = end + 1;
		at += at < text.len && (text.ptr[at] == '+' || text.ptr[at] == '-');
		end = skip_digits(text, at);
		ok = end > at;
	}
	scan->at = end;
	*out_number = str_make(text.ptr + first, end - first);
	return ok || json_fail(scan, "a number that JSON does not know");
}

bool json_read_word(struct json_scan *scan, struct str *out_word) {
	static const struct str words[] = {STR_INIT("true"), STR_INIT("false"), STR_INIT("null")};
	struct str rest = str_slice(scan->text, scan->at, scan->text.len);
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (str_starts(rest, words[i])) {
			*out_word = str_make(rest.ptr, words[i].len);
			scan->at += words[i].len;
			return true;
		}
	}
	return json_fail(scan, "a word that JSON does not know");
}

/* ---- whole values ---- */

static bool skip_scalar(struct json_scan *scan, enum json_type type) {
	struct str ignored;
	bool escapes;
	switch (type) {
	case JSON_STRING:
		return json_read_string(scan, &ignored, &escapes);
	case JSON_NUMBER:
		return json_read_number(scan, &ignored);
	case JSON_BOOL:
	case JSON_NULL:
		return json_read_word(scan, &ignored);
	case JSON_NONE:
	case JSON_OBJECT:
	case JSON_ARRAY:
	default:
		return json_fail(scan, "a value is missing");
	}
}

/* "key" and colon in front of a member. */
static bool skip_key(struct json_scan *scan) {
	if (json_peek(scan) != JSON_STRING || !skip_scalar(scan, JSON_STRING)) {
		return json_fail(scan, "a member without name");
	}
	return json_take(scan, ':') || json_fail(scan, "no colon behind a name");
}

/* The brackets that are open, innermost in the lowest bit: 1 is an object. */
bool json_skip_value(struct json_scan *scan, uint32_t depth, struct str *out_value) {
	_Static_assert(LIMIT_JSON_DEPTH <= 64, "one bit for each open bracket");
	uint64_t objects = 0;
	uint32_t open = 0;
	enum json_type type = json_peek(scan);
	size_t first = scan->at;
	do {
		if (type == JSON_OBJECT || type == JSON_ARRAY) {
			if (depth + open >= LIMIT_JSON_DEPTH) {
				return json_fail(scan, "more levels than this program reads");
			}
			scan->at++;
			objects = objects << 1 | (type == JSON_OBJECT);
			open++;
			if (!json_take(scan, type == JSON_OBJECT ? '}' : ']')) {
				if (type == JSON_OBJECT && !skip_key(scan)) {
					return false;
				}
				type = json_peek(scan);
				continue;
			}
			objects >>= 1;
			open--;
		} else if (!skip_scalar(scan, type)) {
			return false;
		}
		/* a value has ended: close what ends with it, or go on behind a comma */
		while (open > 0 && !json_take(scan, ',')) {
			if (!json_take(scan, objects & 1 ? '}' : ']')) {
				return json_fail(scan, "neither comma nor closing bracket");
			}
			objects >>= 1;
			open--;
		}
		if (open > 0) {
			if ((objects & 1) != 0 && !skip_key(scan)) {
				return false;
			}
			type = json_peek(scan);
		}
	} while (open > 0);
	*out_value = str_make(scan->text.ptr + first, scan->at - first);
	return true;
}

/* ---- arrays as containers ---- */

/* Behind "Records": [ when that is the first member of the object that has begun. */
static bool records_begin(struct json_scan *scan) {
	struct str name;
	bool escapes;
	return json_peek(scan) == JSON_STRING && json_read_string(scan, &name, &escapes) &&
	       (str_eq(name, STR("Records")) || str_eq(name, STR("records"))) && json_take(scan, ':') &&
	       json_take(scan, '[');
}

enum json_holder json_holder_begin(struct str text, size_t *out_at) {
	struct json_scan scan = json_scan_of(text);
	scan.at = str_starts(text, STR("\xef\xbb\xbf")) ? 3 : 0;
	if (json_take(&scan, '[')) {
		*out_at = scan.at;
		return JSON_HOLDS_ARRAY;
	}
	if (!json_take(&scan, '{')) {
		return JSON_HOLDS_NONE;
	}
	size_t object = scan.at - 1;
	size_t line = scan.at;
	while (line < text.len && char_is_space(text.ptr[line]) && text.ptr[line] != '\n') {
		line++;
	}
	if (records_begin(&scan)) {
		*out_at = scan.at;
		return JSON_HOLDS_RECORDS;
	}
	*out_at = object;
	return line < text.len && text.ptr[line] == '\n' ? JSON_HOLDS_OBJECTS : JSON_HOLDS_NONE;
}

/* Behind the string that begins at at; text.len when it does not end. */
static size_t string_extent(struct str text, size_t at) {
	for (at++; at < text.len; at++) {
		at = find_special(text, at);
		if (at < text.len && text.ptr[at] == '"') {
			return at + 1;
		}
		at += at < text.len && text.ptr[at] == '\\';
	}
	return text.len;
}

/* Behind the value at at, by brackets and strings. *out_whole: it does end. */
static size_t extent(struct str text, size_t at, bool *out_whole) {
	size_t open = 0;
	size_t first = at;
	*out_whole = true;
	while (at < text.len) {
		char c = text.ptr[at];
		if (c == '"') {
			at = string_extent(text, at);
			*out_whole = open == 0 && at > first + 1 && text.ptr[at - 1] == '"';
			if (open == 0) {
				return at;
			}
			continue;
		}
		if (open == 0 && at > first && (c == ',' || c == ']' || c == '}' || char_is_space(c))) {
			*out_whole = true;
			return at;
		}
		at++;
		if (c == '{' || c == '[') {
			open++;
		} else if ((c == '}' || c == ']') && open > 0 && --open == 0) {
			*out_whole = true;
			return at;
		}
	}
	*out_whole = false;
	return text.len;
}

enum json_element json_array_next(struct str text, size_t *at, struct str *out_element) {
	struct json_scan scan = {.text = text, .at = *at};
	bool whole;
	if (json_take(&scan, ']')) {
		*at = scan.at;
		return JSON_ARRAY_END;
	}
	(void)json_take(&scan, ','); /* none before the first; a missing one is forgiven */
	if (json_at_end(&scan)) {
		*at = scan.at;
		return JSON_ARRAY_CUT;
	}
	if (json_take(&scan, ']')) { /* a comma before the end is forgiven too */
		*at = scan.at;
		return JSON_ARRAY_END;
	}
	if (json_peek(&scan) == JSON_NONE) {
		*at = scan.at;
		return JSON_ARRAY_INVALID;
	}
	size_t end = extent(text, scan.at, &whole);
	*out_element = str_make(text.ptr + scan.at, end - scan.at);
	*at = end;
	return whole ? JSON_ELEMENT : JSON_ELEMENT_CUT;
}

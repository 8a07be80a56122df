/* See columns_split.h. */
#include "ingest/columns_split.h"

#include <arpa/inet.h>

#include "base/utf8.h"
#include "ingest/json_scan.h"

uint32_t split_plain(struct str text, char separator, struct str *values, uint32_t max) {
	uint32_t count = 0;
	for (size_t at = 0; at <= text.len; count++) {
		size_t end = str_find_char(text, separator, at);
		if (count == max) {
			return max + 1;
		}
		values[count] = str_slice(text, at, end);
		at = end + 1;
	}
	return count;
}

static bool is_blank(char c) {
	return c == ' ' || c == '\t';
}

/* The end of a quoted value that begins at at: behind the mark that a blank or the end follows. 0:
 * there is none. */
static size_t quoted_end(struct str text, size_t at) {
	for (size_t i = at + 1; i < text.len; i++) {
		if (text.ptr[i] == '"' && (i + 1 == text.len || is_blank(text.ptr[i + 1]))) {
			return i + 1;
		}
	}
	return 0;
}

uint32_t split_blanks(struct str text, struct str *values, uint32_t max) {
	uint32_t count = 0;
	size_t at = 0;
	bool closes = true; /* a mark that begins a value has one that ends it */
	for (;;) {
		while (at < text.len && is_blank(text.ptr[at])) {
			at++;
		}
		if (at == text.len) {
			return count;
		}
		if (count == max) {
			return max + 1;
		}
		size_t end = closes && text.ptr[at] == '"' ? quoted_end(text, at) : 0;
		if (end == 0) {
			closes = closes && text.ptr[at] != '"';
			for (end = at; end < text.len && !is_blank(text.ptr[end]); end++) {
			}
		}
		values[count++] = str_slice(text, at, end);
		at = end;
	}
}

uint32_t split_csv(struct str text, char separator, struct str *values, uint32_t max,
                   size_t *out_open) {
	uint32_t count = 0;
	size_t at = 0;
	*out_open = SIZE_MAX;
	for (;;) {
		size_t first = at;
		size_t mark = at;
		while (mark < text.len && text.ptr[mark] == ' ') {
			mark++;
		}
		if (mark < text.len && text.ptr[mark] == '"') {
			at = mark + 1;
			for (;;) {
				at = str_find_char(text, '"', at);
				if (at + 1 < text.len && text.ptr[at + 1] == '"') {
					at += 2;
					continue;
				}
				break;
			}
			if (at >= text.len) {
				*out_open = mark;
			}
		}
		size_t end = str_find_char(text, separator, MIN_OF(at, text.len));
		if (count == max) {
			return max + 1;
		}
		values[count++] = str_slice(text, first, end);
		if (end == text.len) {
			return count;
		}
		at = end + 1;
	}
}

struct str split_unquote(struct str value, bool *out_doubled) {
	struct str inner = str_trim(value);
	*out_doubled = false;
	if (inner.len < 2 || inner.ptr[0] != '"' || inner.ptr[inner.len - 1] != '"') {
		return inner;
	}
	inner = str_slice(inner, 1, inner.len - 1);
	*out_doubled = str_find(inner, STR("\"\""), 0) != SIZE_MAX;
	return inner;
}

void split_halve(struct buf *out, struct str value) {
	size_t at = 0;
	while (at < value.len) {
		size_t end = str_find(value, STR("\"\""), at);
		end = end == SIZE_MAX ? value.len : end + 1;
		buf_append_str(out, str_slice(value, at, end));
		at = end == value.len ? end : end + 1;
	}
}

bool split_is_number(struct str text) {
	struct json_scan scan = json_scan_of(text);
	struct str number;
	return text.len > 0 && json_peek(&scan) == JSON_NUMBER && scan.at == 0 &&
	       json_read_number(&scan, &number) && number.len == text.len;
}

bool split_is_integer(struct str text) {
	size_t at = text.len > 1 && text.ptr[0] == '-';
	if (text.len - at == 0 || text.len - at > 18 || (text.ptr[at] == '0' && text.len > 1)) {
		return false;
	}
	for (; at < text.len; at++) {
		if (!char_is_digit(text.ptr[at])) {
			return false;
		}
	}
	return true;
}

bool split_is_ip(struct str text) {
	char copy[INET6_ADDRSTRLEN];
	unsigned char address[16];
	if (text.len < 2 || text.len >= sizeof(copy)) {
		return false;
	}
	memcpy(copy, text.ptr, text.len);
	copy[text.len] = '\0';
	return strlen(copy) == text.len &&
	       (inet_pton(AF_INET, copy, address) == 1 || inet_pton(AF_INET6, copy, address) == 1);
}

static int hex_digit(char c) {
	c = char_lower(c);
	return char_is_digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The byte of \xHH at at, or -1. */
static int escaped_byte(struct str text, size_t at) {
	if (text.len - at < 4 || text.ptr[at] != '\\' || text.ptr[at + 1] != 'x') {
		return -1;
	}
	int high = hex_digit(text.ptr[at + 2]);
	int low = hex_digit(text.ptr[at + 3]);
	return high < 0 || low < 0 ? -1 : high << 4 | low;
}

/* A run of escapes from *at on whose bytes are together one character of UTF-8; else nothing is
 * taken. */
static bool take_character(struct buf *out, struct str text, size_t *at) {
	char bytes[4];
	for (size_t len = 1; len <= sizeof(bytes); len++) {
		int byte = escaped_byte(text, MIN_OF(*at + (len - 1) * 4, text.len));
		if (byte < 0) {
			return false;
		}
		bytes[len - 1] = (char)byte;
		bool control = len == 1 && byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r';
		if (control || byte == 0x7f) {
			return false;
		}
		if (utf8_valid(str_make(bytes, len))) {
			buf_append(out, bytes, len);
			*at += len * 4;
			return true;
		}
	}
	return false;
}

void split_unescape(struct buf *out, struct str text) {
	size_t at = 0;
	while (at < text.len) {
		size_t end = str_find_char(text, '\\', at);
		buf_append_str(out, str_slice(text, at, end));
		at = end;
		if (at == text.len || take_character(out, text, &at)) {
			continue;
		}
		bool pair = at + 1 < text.len && text.ptr[at + 1] == '\\';
		buf_append_char(out, '\\');
		at += 1 + pair;
	}
}

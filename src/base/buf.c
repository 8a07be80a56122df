/* Growing buffers and the encodings that everything prints: decimal, hex, base64, JSON strings. */
#include "base/buf.h"

#include <stdarg.h>

#include "base/utf8.h"

void buf_deinit(struct buf *buf) {
	free(buf->ptr);
	*buf = (struct buf){0};
}

void buf_clear(struct buf *buf) {
	buf->len = 0;
}

void buf_grow(struct buf *buf, size_t more) {
	size_t need;
	ASSERT(!__builtin_add_overflow(buf->len, more, &need));
	/* What is asked for first may be all: no more than that. */
	size_t cap = buf->cap > 0 ? MAX_OF(buf->cap, (size_t)64) : MAX_OF(need, (size_t)64);
	while (cap < need) {
		cap = cap > SIZE_MAX / 2 ? need : cap * 2;
	}
	char *ptr = realloc(buf->ptr, cap);
	if (ptr == NULL) {
		(void)fprintf(stderr, "akashi: out of memory (asked for %zu bytes)\n", cap);
		abort();
	}
	buf->ptr = ptr;
	buf->cap = cap;
}

char *buf_reserve(struct buf *buf, size_t more) {
	if (buf->cap - buf->len < more || buf->ptr == NULL) {
		buf_grow(buf, more);
	}
	return buf->ptr + buf->len;
}

void buf_printf(struct buf *buf, const char *format, ...) {
	va_list args;
	va_start(args, format);
	va_list again;
	va_copy(again, args);
	int len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	ASSERT(len >= 0);
	char *at = buf_reserve(buf, (size_t)len + 1);
	(void)vsnprintf(at, (size_t)len + 1, format, again);
	va_end(again);
	buf->len += (size_t)len;
}

void buf_append_u64(struct buf *buf, uint64_t value) {
	char digits[20];
	size_t at = sizeof(digits);
	do {
		digits[--at] = (char)('0' + value % 10);
		value /= 10;
	} while (value > 0);
	buf_append(buf, digits + at, sizeof(digits) - at);
}

void buf_append_i64(struct buf *buf, int64_t value) {
	uint64_t magnitude = (uint64_t)value;
	if (value < 0) {
		buf_append_char(buf, '-');
		magnitude = 0 - magnitude;
	}
	buf_append_u64(buf, magnitude);
}

void buf_append_hex(struct buf *buf, const void *bytes, size_t len) {
	static const char digits[] = "0123456789abcdef";
	const unsigned char *in = bytes;
	char *out = buf_reserve(buf, len * 2 + 1);
	for (size_t i = 0; i < len; i++) {
		out[2 * i] = digits[in[i] >> 4];
		out[2 * i + 1] = digits[in[i] & 15];
	}
	buf->len += len * 2;
}

static const char base64_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void buf_append_base64(struct buf *buf, const void *bytes, size_t len) {
	const unsigned char *in = bytes;
	for (size_t i = 0; i < len; i += 3) {
		size_t n = MIN_OF(len - i, (size_t)3);
		uint32_t v = (uint32_t)in[i] << 16;
		v |= n > 1 ? (uint32_t)in[i + 1] << 8 : 0;
		v |= n > 2 ? (uint32_t)in[i + 2] : 0;
		char out[4] = {base64_digits[v >> 18], base64_digits[(v >> 12) & 63],
		               n > 1 ? base64_digits[(v >> 6) & 63] : '=',
		               n > 2 ? base64_digits[v & 63] : '='};
		buf_append(buf, out, 4);
	}
}

static int base64_value(char c) {
	const char *at = c == '\0' ? NULL : strchr(base64_digits, c);
	return at == NULL ? -1 : (int)(at - base64_digits);
}

/* Decodes one quantum; returns the number of bytes, 0 when it is not strict base64. */
static size_t base64_quantum(const char *in, bool last, unsigned char out[3]) {
	int v[4];
	size_t pad = last ? (in[3] == '=') + (size_t)(in[3] == '=' && in[2] == '=') : 0;
	for (size_t i = 0; i < 4; i++) {
		v[i] = i < 4 - pad ? base64_value(in[i]) : 0;
		if (v[i] < 0) {
			return 0;
		}
	}
	uint32_t all =
	    (uint32_t)v[0] << 18 | (uint32_t)v[1] << 12 | (uint32_t)v[2] << 6 | (uint32_t)v[3];
	if ((pad == 1 && (all & 0xff) != 0) || (pad == 2 && (all & 0xffff) != 0)) {
		return 0;
	}
	out[0] = (unsigned char)(all >> 16);
	out[1] = (unsigned char)(all >> 8);
	out[2] = (unsigned char)all;
	return 3 - pad;
}

enum err buf_append_base64_decoded(struct buf *buf, struct str text) {
	size_t before = buf->len;
	if (text.len % 4 != 0) {
		return ERR_INVALID;
	}
	for (size_t i = 0; i < text.len; i += 4) {
		unsigned char bytes[3];
		size_t n = base64_quantum(text.ptr + i, i + 4 == text.len, bytes);
		if (n == 0) {
			buf->len = before;
			return ERR_INVALID;
		}
		buf_append(buf, bytes, n);
	}
	return ERR_OK;
}

static void append_json_escape(struct buf *buf, unsigned char c) {
	static const char short_names[32] = {
	    ['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't'};
	if (c == '"' || c == '\\') {
		char out[2] = {'\\', (char)c};
		buf_append(buf, out, 2);
	} else if (c < 32 && short_names[c] != 0) {
		char out[2] = {'\\', short_names[c]};
		buf_append(buf, out, 2);
	} else {
		static const char digits[] = "0123456789abcdef";
		char out[6] = {'\\', 'u', '0', '0', digits[c >> 4], digits[c & 15]};
		buf_append(buf, out, 6);
	}
}

static bool json_is_plain(unsigned char c) {
	return c >= 32 && c < 127 && c != '"' && c != '\\';
}

void buf_append_json(struct buf *buf, struct str text) {
	size_t i = 0;
	buf_append_char(buf, '"');
	while (i < text.len) {
		size_t first = i;
		while (i < text.len && json_is_plain((unsigned char)text.ptr[i])) {
			i++;
		}
		buf_append(buf, text.ptr + first, i - first);
		if (i == text.len) {
			break;
		}
		unsigned char c = (unsigned char)text.ptr[i];
		if (c < 128) {
			append_json_escape(buf, c);
			i++;
		} else {
			utf8_append(buf, utf8_next(text, &i, NULL));
		}
	}
	buf_append_char(buf, '"');
}

/* A growing byte buffer: the one place where unbounded output is put together.
 * Zero-initialise; deinit frees. Allocation failure aborts (STYLE 11): callers that build from
 * outside sizes check base/limits.h first.
 */
#pragma once

#include "base/err.h"
#include "base/macros.h"
#include "base/str.h"

struct buf {
	char *ptr;
	size_t len;
	size_t cap;
};

void buf_deinit(struct buf *buf);
void buf_clear(struct buf *buf); /* len = 0, memory kept */
/* Makes room for more bytes behind len; returns where they start. */
char *buf_reserve(struct buf *buf, size_t more);
void buf_grow(struct buf *buf, size_t more); /* slow path of the inline functions */
void buf_printf(struct buf *buf, const char *format, ...) PRINTF_LIKE(2, 3);

static inline void buf_append(struct buf *buf, const void *bytes, size_t len) {
	if (UNLIKELY(buf->cap - buf->len < len)) {
		buf_grow(buf, len);
	}
	if (len > 0) {
		memcpy(buf->ptr + buf->len, bytes, len);
	}
	buf->len += len;
}
static inline void buf_append_str(struct buf *buf, struct str s) {
	buf_append(buf, s.ptr, s.len);
}
static inline void buf_append_char(struct buf *buf, char c) {
	buf_append(buf, &c, 1);
}
static inline struct str buf_str(const struct buf *buf) {
	return (struct str){.ptr = buf->ptr, .len = buf->len};
}

/* Appends value in decimal. */
void buf_append_u64(struct buf *buf, uint64_t value);
void buf_append_i64(struct buf *buf, int64_t value);
/* Appends bytes in lower-case hex. */
void buf_append_hex(struct buf *buf, const void *bytes, size_t len);
/* Appends standard base64 with padding (RFC 4648 section 4). */
void buf_append_base64(struct buf *buf, const void *bytes, size_t len);
/* Appends text between quotation marks as JSON (RFC 8259 section 7). Bytes that are not UTF-8
 * become U+FFFD. */
void buf_append_json(struct buf *buf, struct str text);

/* Decodes strict base64 (padding required, no white space, unused bits zero) behind buf.
 * ERR_INVALID leaves buf as it was. */
MUST_USE enum err buf_append_base64_decoded(struct buf *buf, struct str text);

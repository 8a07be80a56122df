/* Reading and writing the integers and strings that our own files are made of. Writers append to a
 * buf; the reader checks every step against its end and remembers a failure, so that a caller may
 * read several things and ask once. After a failure everything reads as zero or empty.
 */
#pragma once

#include "base/buf.h"
#include "base/endian.h"
#include "base/str.h"

/* LEB128: seven bits a byte, low bits first, the high bit says that more follow; at most ten bytes.
 */
void wire_put_varint(struct buf *out, uint64_t value);
/* Signed as 0, -1, 1, -2, ... so that small magnitudes stay short. */
void wire_put_zigzag(struct buf *out, int64_t value);
void wire_put_u32(struct buf *out, uint32_t value);
void wire_put_u64(struct buf *out, uint64_t value);
/* Length as varint, then the bytes. */
void wire_put_str(struct buf *out, struct str text);

struct wire {
	const char *at;
	const char *end;
	bool bad; /* something did not fit */
};

static inline struct wire wire_from(struct str bytes) {
	const char *at = bytes.len == 0 ? "" : bytes.ptr;
	return (struct wire){.at = at, .end = at + bytes.len};
}
static inline size_t wire_left(const struct wire *in) {
	return (size_t)(in->end - in->at);
}
/* True when all was well and nothing is left over. */
static inline bool wire_done(const struct wire *in) {
	return !in->bad && in->at == in->end;
}

/* From now on it is bad. Returns 0. */
uint8_t wire_fail(struct wire *in);
static inline uint8_t wire_u8(struct wire *in) {
	return in->at < in->end ? (uint8_t)*in->at++ : wire_fail(in);
}
uint32_t wire_u32(struct wire *in);
uint64_t wire_u64(struct wire *in);
/* Overlong forms and values above 64 bits are failures: one value has one form. */
uint64_t wire_varint_long(struct wire *in);
static inline uint64_t wire_varint(struct wire *in) {
	if (in->at < in->end && (*in->at & 0x80) == 0) { /* most are short */
		return (uint8_t)*in->at++;
	}
	return wire_varint_long(in);
}
/* As wire_varint; above max is a failure. */
static inline uint64_t wire_varint_max(struct wire *in, uint64_t max) {
	uint64_t value = wire_varint(in);
	return value <= max ? value : wire_fail(in);
}
static inline int64_t wire_zigzag(struct wire *in) {
	uint64_t value = wire_varint(in);
	return (int64_t)(value >> 1 ^ (0 - (value & 1)));
}
/* The next len bytes, borrowed. */
struct str wire_bytes(struct wire *in, uint64_t len);
/* What wire_put_str wrote, at most max bytes, borrowed. */
struct str wire_str(struct wire *in, size_t max);

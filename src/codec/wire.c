/* LEB128 and fixed little-endian integers, bounded on reading. */
#include "codec/wire.h"

void wire_put_varint(struct buf *out, uint64_t value) {
	char bytes[10];
	size_t len = 0;
	while (value >= 0x80) {
		bytes[len++] = (char)(0x80 | (value & 0x7f));
		value >>= 7;
	}
	bytes[len++] = (char)value;
	buf_append(out, bytes, len);
}

void wire_put_zigzag(struct buf *out, int64_t value) {
	wire_put_varint(out, (uint64_t)value << 1 ^ (value < 0 ? UINT64_MAX : 0));
}

void wire_put_u32(struct buf *out, uint32_t value) {
	char bytes[4];
	le32_store(bytes, value);
	buf_append(out, bytes, sizeof(bytes));
}

void wire_put_u64(struct buf *out, uint64_t value) {
	char bytes[8];
	le64_store(bytes, value);
	buf_append(out, bytes, sizeof(bytes));
}

void wire_put_str(struct buf *out, struct str text) {
	wire_put_varint(out, text.len);
	buf_append_str(out, text);
}

uint8_t wire_fail(struct wire *in) {
	in->bad = true;
	in->at = in->end;
	return 0;
}

struct str wire_bytes(struct wire *in, uint64_t len) {
	if (len > wire_left(in)) {
		(void)wire_fail(in);
		return STR("");
	}
	struct str bytes = str_make(in->at, (size_t)len);
	in->at += len;
	return bytes;
}

uint32_t wire_u32(struct wire *in) {
	struct str bytes = wire_bytes(in, 4);
	return bytes.len == 0 ? 0 : le32_load(bytes.ptr);
}

uint64_t wire_u64(struct wire *in) {
	struct str bytes = wire_bytes(in, 8);
	return bytes.len == 0 ? 0 : le64_load(bytes.ptr);
}

uint64_t wire_varint_long(struct wire *in) {
	uint64_t value = 0;
	for (unsigned shift = 0; in->at < in->end; shift += 7) {
		uint8_t byte = (uint8_t)*in->at++;
		bool last = (byte & 0x80) == 0;
		if ((shift == 63 && byte > 1) || (last && byte == 0 && shift > 0)) {
			break;
		}
		value |= (uint64_t)(byte & 0x7f) << shift;
		if (last) {
			return value;
		}
	}
	return wire_fail(in);
}

struct str wire_str(struct wire *in, size_t max) {
	return wire_bytes(in, wire_varint_max(in, max));
}

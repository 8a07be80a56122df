/* Digits are read in pairs; nothing is decoded that is not decoded whole. */
#include "ingest/text_audit.h"

#include <arpa/inet.h>

#include "base/utf8.h"

static int digit(char c) {
	return char_is_digit(c) ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The byte in the two digits at at, or -1. */
static int byte_at(struct str text, size_t at) {
	int high = at + 1 < text.len ? digit(text.ptr[at]) : -1;
	int low = at + 1 < text.len ? digit(text.ptr[at + 1]) : -1;
	return high < 0 || low < 0 ? -1 : high * 16 + low;
}

struct str text_audit(struct arena *arena, struct str text, bool marked) {
	bool encoded = false;
	if (str_eq(text, STR("?")) || str_eq(text, STR("(null)")) || str_eq(text, STR("(none)"))) {
		return STR("");
	}
	if (marked || text.len < 2 || text.len % 2 != 0) {
		return text;
	}
	char *out = arena_alloc(arena, text.len / 2);
	size_t len = 0;
	for (size_t i = 0; i < text.len; i += 2) {
		int c = byte_at(text, i);
		if (c < 0) {
			return text;
		}
		encoded |= c < 0x21 || c > 0x7e || c == '"';
		out[len++] = c == 0 ? ' ' : (char)c;
	}
	struct str value = str_trim(str_make(out, len));
	return encoded && utf8_valid(value) ? value : text;
}

/* ---- sockets ---- */

enum { FAMILY_V4 = 2, FAMILY_V6 = 10 }; /* AF_INET, AF_INET6 of Linux */

static bool read_bytes(struct str text, size_t at, size_t count, unsigned char *out) {
	for (size_t i = 0; i < count; i++) {
		int c = byte_at(text, at + 2 * i);
		if (c < 0) {
			return false;
		}
		out[i] = (unsigned char)c;
	}
	return true;
}

bool text_audit_socket(struct arena *arena, struct str text, struct str *out_address,
                       uint16_t *out_port) {
	unsigned char head[4];
	unsigned char address[16];
	char printed[INET6_ADDRSTRLEN];
	if (!read_bytes(text, 0, sizeof(head), head)) {
		return false;
	}
	/* The family is in the byte order of the machine, the port is not. */
	unsigned family = head[0] == 0 ? head[1] : head[1] == 0 ? head[0] : 0U;
	bool v4 = family == FAMILY_V4;
	if (!v4 && family != FAMILY_V6) {
		return false;
	}
	/* IPv6 has the flow between port and address. */
	if (!read_bytes(text, v4 ? 8 : 16, v4 ? 4 : 16, address) ||
	    inet_ntop(v4 ? AF_INET : AF_INET6, address, printed, sizeof(printed)) == NULL) {
		return false;
	}
	*out_address = arena_str(arena, str_from(printed));
	*out_port = (uint16_t)(head[2] << 8 | head[3]);
	return true;
}

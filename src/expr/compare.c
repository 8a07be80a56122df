/* Reading of scalars and their order. */
#include "expr/compare.h"

#include <arpa/inet.h>

#include "base/instant.h"
#include "expr/needle.h"

static bool parse_v4(struct str text, uint8_t out[4]) {
	char copy[INET_ADDRSTRLEN];
	if (text.len < 7 || text.len >= sizeof(copy) || !char_is_digit(text.ptr[0])) {
		return false;
	}
	memcpy(copy, text.ptr, text.len);
	copy[text.len] = '\0';
	return strlen(copy) == text.len && inet_pton(AF_INET, copy, out) == 1;
}

/* The name of an interface behind '%', as in fe80::1%eth0; with it or without. */
static bool is_zone(struct str text) {
	enum { ZONE_MAX = 32 };
	for (size_t i = 1; i < text.len; i++) {
		if (text.ptr[i] <= ' ' || text.ptr[i] >= 0x7f || strchr("/%", text.ptr[i]) != NULL) {
			return false;
		}
	}
	return text.len != 1 && text.len <= 1 + ZONE_MAX;
}

static bool parse_v6(struct str text, uint8_t out[16]) {
	char copy[INET6_ADDRSTRLEN];
	size_t zone = str_find_char(text, '%', 0);
	if (!is_zone(str_slice(text, zone, text.len))) {
		return false;
	}
	text = str_slice(text, 0, zone);
	if (text.len < 2 || text.len >= sizeof(copy) || memchr(text.ptr, ':', text.len) == NULL) {
		return false;
	}
	memcpy(copy, text.ptr, text.len);
	copy[text.len] = '\0';
	return strlen(copy) == text.len && inet_pton(AF_INET6, copy, out) == 1;
}

bool address_parse(struct str text, struct address *out_address) {
	struct address address = {{0}};
	if (parse_v4(text, address.bytes + 12)) {
		address.bytes[10] = 0xff;
		address.bytes[11] = 0xff;
	} else if (!parse_v6(text, address.bytes)) {
		return false;
	}
	*out_address = address;
	return true;
}

static bool is_v4(const struct address *address) {
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	return memcmp(address->bytes, mapped, sizeof(mapped)) == 0;
}

bool network_parse(struct str text, struct network *out_network) {
	struct network network = {.prefix = 128};
	size_t slash = str_find_char(text, '/', 0);
	struct str before = str_slice(text, 0, slash);
	if (!address_parse(before, &network.address)) {
		return false;
	}
	if (slash < text.len) {
		bool written_v4 = str_find_char(before, ':', 0) == before.len;
		uint64_t prefix;
		if (!str_to_u64(str_slice(text, slash + 1, text.len), written_v4 ? 32 : 128, &prefix)) {
			return false;
		}
		network.prefix = (unsigned)prefix + (written_v4 ? 96 : 0);
	}
	for (unsigned bit = network.prefix; bit < 128; bit++) {
		network.address.bytes[bit / 8] &= (uint8_t)~(0x80u >> (bit % 8));
	}
	*out_network = network;
	return true;
}

bool network_has(const struct network *network, const struct address *address) {
	unsigned whole = network->prefix / 8;
	unsigned rest = network->prefix % 8;
	if (network->prefix < 96 && is_v4(address)) {
		return false; /* ::/0 means IPv6 */
	}
	if (memcmp(network->address.bytes, address->bytes, whole) != 0) {
		return false;
	}
	return rest == 0 || ((network->address.bytes[whole] ^ address->bytes[whole]) &
	                     (0xff00u >> rest & 0xff)) == 0;
}

/* A whole time, or a date alone. */
static bool read_time(struct str text, int64_t *out_ns) {
	size_t used;
	bool has_zone;
	if (text.len < 10 || text.len > 40 || text.ptr[4] != '-' || text.ptr[7] != '-') {
		return false;
	}
	if (text.len == 10) {
		char whole[17];
		memcpy(whole, text.ptr, 10);
		memcpy(whole + 10, "T00:00", 6);
		return instant_parse_iso(str_make(whole, 16), out_ns, &has_zone, &used);
	}
	return instant_parse_iso(text, out_ns, &has_zone, &used) && used == text.len;
}

struct scalar scalar_read(struct str text) {
	struct scalar scalar = {.kind = SCALAR_TEXT, .text = text};
	unsigned char first = text.len > 0 ? (unsigned char)text.ptr[0] : 0;
	if (str_to_i64(text, &scalar.integer)) {
		scalar.kind = SCALAR_INTEGER;
	} else if ((char_is_digit((char)first) || first == '-' || first == '+' || first == '.') &&
	           str_to_double(text, &scalar.real)) {
		scalar.kind = SCALAR_REAL;
	} else if (read_time(text, &scalar.integer)) {
		scalar.kind = SCALAR_TIME;
	} else if (address_parse(text, &scalar.address)) {
		scalar.kind = SCALAR_ADDRESS;
	}
	return scalar;
}

/* Numbers share a rank. */
static int rank(const struct scalar *scalar) {
	switch (scalar->kind) {
	case SCALAR_INTEGER:
	case SCALAR_REAL:
		return 0;
	case SCALAR_ADDRESS:
		return 1;
	case SCALAR_TIME:
		return 2;
	case SCALAR_TEXT:
	default:
		return 3;
	}
}

bool scalar_comparable(const struct scalar *a, const struct scalar *b) {
	return rank(a) == rank(b);
}

/* Exact also where a double cannot hold the integer. */
static int order_mixed(int64_t integer, double real) {
	if (real >= 9223372036854775808.0) {
		return -1;
	}
	if (real < -9223372036854775808.0) {
		return 1;
	}
	int64_t whole = (int64_t)real; /* towards zero */
	if (integer != whole) {
		return integer < whole ? -1 : 1;
	}
	double rest = real - (double)whole;
	return rest > 0 ? -1 : rest < 0;
}

static int order_numbers(const struct scalar *a, const struct scalar *b) {
	if (a->kind == SCALAR_INTEGER && b->kind == SCALAR_INTEGER) {
		return (a->integer > b->integer) - (a->integer < b->integer);
	}
	if (a->kind == SCALAR_INTEGER) {
		return order_mixed(a->integer, b->real);
	}
	if (b->kind == SCALAR_INTEGER) {
		return -order_mixed(b->integer, a->real);
	}
	return (a->real > b->real) - (a->real < b->real);
}

/* Folded code points; a prefix comes first. */
static int order_texts(struct str a, struct str b) {
	size_t i = 0;
	size_t j = 0;
	while (i < a.len && j < b.len) {
		uint32_t x = needle_next(a, &i);
		uint32_t y = needle_next(b, &j);
		if (x != y) {
			return x < y ? -1 : 1;
		}
	}
	return (i < a.len) - (j < b.len);
}

int scalar_order_nocase(const struct scalar *a, const struct scalar *b) {
	if (rank(a) != rank(b)) {
		return rank(a) < rank(b) ? -1 : 1;
	}
	switch (a->kind) {
	case SCALAR_INTEGER:
	case SCALAR_REAL:
		return order_numbers(a, b);
	case SCALAR_ADDRESS:
		return memcmp(a->address.bytes, b->address.bytes, sizeof(a->address.bytes));
	case SCALAR_TIME:
		return (a->integer > b->integer) - (a->integer < b->integer);
	case SCALAR_TEXT:
	default:
		return order_texts(a->text, b->text);
	}
}

int scalar_order(const struct scalar *a, const struct scalar *b) {
	int order = scalar_order_nocase(a, b);
	return order != 0 || a->kind != SCALAR_TEXT ? order : str_cmp(a->text, b->text);
}

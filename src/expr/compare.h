/* How values are ordered and compared: numbers as numbers, addresses as addresses, times as times,
 * all else as text without case. Ranges, sort, min and max share this.
 */
#pragma once

#include "base/str.h"

/* IPv4 stands as ::ffff:a.b.c.d. */
struct address {
	uint8_t bytes[16];
};
bool address_parse(struct str text, struct address *out_address);

struct network {
	struct address address; /* bits behind the prefix are zero */
	unsigned prefix;        /* 0..128; an IPv4 /8 is 104 */
};
/* "10.0.0.0/8", "2001:db8::/32"; no slash: the one address. */
bool network_parse(struct str text, struct network *out_network);
bool network_has(const struct network *network, const struct address *address);

enum scalar_kind { SCALAR_INTEGER, SCALAR_REAL, SCALAR_ADDRESS, SCALAR_TIME, SCALAR_TEXT };
/* A value read once, for many comparisons. text is borrowed. */
struct scalar {
	enum scalar_kind kind;
	union {
		int64_t integer; /* also TIME, ns */
		double real;
		struct address address;
	};
	struct str text;
};
struct scalar scalar_read(struct str text);
/* True when both are of one sort (two numbers, two addresses, two times, two texts). */
bool scalar_comparable(const struct scalar *a, const struct scalar *b);
/* <0, 0, >0, a total order: numbers, then addresses, times, texts. */
int scalar_order(const struct scalar *a, const struct scalar *b);
/* As scalar_order, but texts that differ only in case are equal. */
int scalar_order_nocase(const struct scalar *a, const struct scalar *b);

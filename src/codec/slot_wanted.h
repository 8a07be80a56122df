/* Which numbers of a slot code print so that a piece of text fits: as numbers, so that no value
 * need be printed to be asked. Private to src/codec.
 */
#pragma once

#include "codec/slot_find.h"

enum { WANTED_RANGES_MAX = 32 };

enum wanted_how {
	WANTED_RANGES,  /* those of ranges, and no others */
	WANTED_OCTETS,  /* an address whose four octets are all in the sets of one placing */
	WANTED_ENDING,  /* least or more, and rest when it is divided by modulus */
	WANTED_PRINTED, /* it must be printed */
};

struct slot_wanted {
	uint8_t code;
	uint8_t how; /* enum wanted_how */
	struct slot_piece piece;
	uint32_t count; /* of ranges, of placings */
	struct slot_range {
		uint64_t least, greatest;
	} ranges[WANTED_RANGES_MAX]; /* ascending, apart from each other */
	struct slot_octets {
		uint64_t sets[4][4]; /* bits of the values of each octet, the highest first */
	} placings[4];
	uint64_t least, modulus, rest;
};

/* Borrows the bytes of piece, which is not empty unless it is SLOT_EQUALS. code is no SLOT_TEXT. */
void slot_wanted_init(struct slot_wanted *wanted, uint8_t code, const struct slot_piece *piece);
/* Whether number, of a value that the code can have, is one of them. */
bool slot_wanted_has(const struct slot_wanted *wanted, uint64_t number);

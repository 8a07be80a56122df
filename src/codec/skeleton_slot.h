/* How the number of a slot is written. Private to src/codec. */
#pragma once

#include "codec/skeleton.h"

/* Writes number as code (valid, not SLOT_TEXT) prints it to out, where SLOT_PRINT_MAX bytes may be
 * overwritten. The length. */
size_t slot_print_number(uint8_t code, uint64_t number, char *out);

/* A printed number with readable bytes behind it. */
enum { SLOT_CELL = SLOT_PRINT_MAX + 16 };
struct slot_cell {
	char text[SLOT_CELL];
};
/* The same for count numbers, each into a cell of its own; out_lens: their lengths. */
void slot_print_numbers(uint8_t code, const uint64_t *numbers, size_t count,
                        struct slot_cell *cells, uint8_t *out_lens);

enum { FRACTION_LEAST = 10, FRACTION_MOST = 19 };
/* Whether n digits may be a SLOT_FRACTION. */
static inline bool slot_fraction_fits(size_t n) {
	return n >= FRACTION_LEAST && n <= FRACTION_MOST;
}
/* 10^n for such n: what stands for the digits' number. */
static inline uint64_t slot_fraction_one(size_t n) {
	static const uint64_t ones[] = {10000000000u,         100000000000u,       1000000000000u,
	                                10000000000000u,      100000000000000u,    1000000000000000u,
	                                10000000000000000u,   100000000000000000u, 1000000000000000000u,
	                                10000000000000000000u};
	return ones[n - FRACTION_LEAST];
}

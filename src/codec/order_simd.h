/* Which of 64 bytes are in a set of bytes. Private to src/codec (order). */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct order_set { /* zero-initialise */
	/* By the low half of a byte: a bit for each of the high halves 0 to 7, and 8 to 15. */
	uint8_t low[16], high[16];
};

static inline void order_set_add(struct order_set *set, uint8_t byte) {
	uint8_t *row = byte < 128 ? set->low : set->high;
	row[byte & 15] |= (uint8_t)(1 << (byte >> 4 & 7));
}
/* Bit i: bytes[i] is in the set. 64 bytes are read. */
uint64_t order_set_members(const struct order_set *set, const uint8_t *bytes);
uint64_t order_set_members_portable(const struct order_set *set, const uint8_t *bytes);

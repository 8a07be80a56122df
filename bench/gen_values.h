/* The values that fill the places of templates: addresses, users, numbers and hex, some seen again
 * and again (pools with a heavy tail), some fresh. Used by the syslog and the Zeek kind.
 */
#pragma once

#include "bench/gen.h"

enum { VALUE_DIGITS_MAX = 24 };

struct values {
	struct random *random;
	struct arena *arena;
	struct pool publics, privates, users;
	struct pool numbers[VALUE_DIGITS_MAX + 1];
	struct pool hexes[POOL_TEXT_MAX + 1]; /* made when needed */
};

/* A value that is kept for later lines. */
struct cell {
	char text[32];
	size_t len;
};

void values_init(struct values *values, struct generator *gen);
/* All write at `at`, which has room, and return behind what they wrote. */
char *put_any_public(char *at, struct values *values);
char *put_any_private(char *at, struct values *values);
char *put_any_user(char *at, struct values *values);
char *put_any_number(char *at, struct values *values, unsigned digits); /* 4 .. 24 */
char *put_any_hex(char *at, struct values *values, unsigned digits);

static inline void cell_end(struct cell *cell, const char *end) {
	cell->len = (size_t)(end - cell->text);
	ASSERT(cell->len <= sizeof cell->text);
}
static inline char *put_cell(char *at, const struct cell *cell) {
	memcpy(at, cell->text, sizeof cell->text); /* a fixed length is faster than the text's own */
	return at + cell->len;
}

/* A piece of text to be found whatever the form of its characters: full or half width, one code
 * point or letter and mark, ligatures, circled digits (base/compat.h), and in any case. Both sides
 * are compared as NFKD writes them. Bytes that are no UTF-8 equal only themselves.
 */
#pragma once

#include "base/arena.h"
#include "base/str.h"

struct alike {
	const uint32_t *codes; /* expanded and folded */
	const size_t *back;    /* how many codes still fit when code i does not */
	size_t count;
};

/* Everything lives in arena; text may go. */
void alike_init(struct alike *alike, struct arena *arena, struct str text);
/* True when text has it somewhere. A mark behind its last letter makes another letter of that. */
bool alike_find(const struct alike *alike, struct str text);

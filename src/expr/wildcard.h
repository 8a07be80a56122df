/* Whole-value patterns: '*' any run, '?' any one code point, '\' before '*', '?' or '\' takes it as
 * it is. Case as in needle.h.
 */
#pragma once

#include "base/arena.h"
#include "base/str.h"

struct wildcard {
	const uint32_t
	    *codes; /* folded code points (as they are when cased), WILDCARD_ANY, WILDCARD_ONE */
	size_t count;
	bool cased; /* code points are compared as they are */
};

#define WILDCARD_ANY ((uint32_t)0x200000)
#define WILDCARD_ONE ((uint32_t)0x200001)

/* What stands at *at, which moves behind it: a folded code point, WILDCARD_ANY or WILDCARD_ONE. */
uint32_t wildcard_next(struct str pattern, size_t *at);
void wildcard_init(struct wildcard *wildcard, struct arena *arena, struct str pattern);
/* As wildcard_init, but letters of other case are other letters. */
void wildcard_init_cased(struct wildcard *wildcard, struct arena *arena, struct str pattern);
bool wildcard_match(const struct wildcard *wildcard, struct str text);
/* True when pattern has a '*' or '?' that is not taken as it is. */
bool wildcard_is_pattern(struct str pattern);
/* The text that a pattern without '*' and '?' stands for. */
struct str wildcard_unescape(struct arena *arena, struct str pattern);

/* Words with wildcards inside a text: '*' a run of anything but blanks, '?' one such, '\' before
 * '*', '?' or '\' takes it as it is. Case and broken bytes as in needle.h; PCRE2 has no part in it,
 * so what a word finds does not depend on its wildcards.
 */
#pragma once

#include "expr/needle.h"

struct glob {
	const uint32_t *codes; /* folded code points and WILDCARD_ONE; the stars are in stars */
	const bool *stars;     /* a star stands before code i, or (at count) behind the last */
	size_t count;
	/* The longest piece without wildcards, which every match has; empty: there is none. */
	struct needle piece;
	struct str piece_text;
};

/* What the matching of one pattern remembers between two code points: two rows of bits. */
struct glob_run {
	uint64_t *bits;
	size_t words; /* of one row */
};

/* Everything lives in arena; text may go. */
void glob_init(struct glob *glob, struct arena *arena, struct str text);
/* True when pattern matches somewhere in text, at word borders where no star stands at its end. run
 * is zeroed before the first call, for this pattern only, and freed by glob_run_deinit. */
bool glob_find(const struct glob *glob, struct glob_run *run, struct str text);
void glob_run_deinit(struct glob_run *run);

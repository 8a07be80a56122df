/* Which literal text every match of a regular expression begins with, where nothing else decides
 * whether and how it matches there than the text from there on. Private to src/expr.
 */
#pragma once

#include "base/arena.h"

enum { REGEX_START_MIN = 3 }; /* bytes; shorter ones stand nearly everywhere */

struct regex_start {
	struct str bytes; /* of ASCII */
	const char *mask; /* for each byte the bits that do not count (0x20 for a letter in any case),
	                     set in bytes */
};

/* False unless it is surely so: pattern (one that PCRE2 compiles with PCRE2_UTF, caseless unless it
 * begins with (?-i)) has nothing but literal text, classes, groups and quantifiers, and begins with
 * REGEX_START_MIN literal bytes or more: no assertion, no reference, no setting. A letter that has
 * a case outside of ASCII (k, s) ends them, unless the case counts. They live in arena. */
bool regex_start(struct str pattern, bool caseless, struct arena *arena,
                 struct regex_start *out_start);

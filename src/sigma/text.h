/* The strings of rules (specification "String Wildcard" and "Escaping"): texts with wildcards, and
 * what value modifiers make of them. A *pattern* here is such a text in one canonical form: '*' and
 * '?' are wildcards, and a '*', '?' or '\' that is meant as it is has a '\' before it.
 * Private to src/sigma.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "expr/atom.h"
#include "sigma/texts.h"

/* The pattern of a text as a rule writes it: '\' before '*', '?' or '\' takes that as it is, any
 * other '\' is itself. */
struct str text_pattern(struct arena *arena, struct str raw);
/* The pattern that only these bytes fit. */
struct str text_quote(struct arena *arena, struct str bytes);
/* False when the pattern has a wildcard; else *out_bytes (may be NULL) is what it stands for. */
bool text_plain(struct arena *arena, struct str pattern, struct str *out_bytes);
/* The pattern with wildcards before and behind it, where there are none yet. */
struct str text_anchor(struct arena *arena, struct str pattern, bool star_first, bool star_last);
/* Sets kind and text of an atom that a value fits when it fits the pattern: EQUALS, STARTS, ENDS or
 * CONTAINS where it can be, else WILDCARD. */
void text_to_atom(struct arena *arena, struct str pattern, struct atom *atom);

/* ---- modifiers (specification appendix "Sigma Modifiers", 2.1.0) ---- */

/* utf16le and wide, utf16be, utf16 (with a byte order mark, little-endian). Wildcards stay. */
struct str text_utf16(struct arena *arena, struct str pattern, bool big_endian, bool mark);
/* base64 of plain bytes, as a pattern. */
struct str text_base64(struct arena *arena, struct str bytes);
/* base64offset: what is the same in every Base64 text that has bytes at a place that is shift
 * (0..2) behind a multiple of three. */
struct str text_base64_offset(struct arena *arena, struct str bytes, unsigned shift);
/* windash: appends pattern with each dash before a word written in all five ways. ERR_LIMIT: more
 * than LIMIT_RULE_VALUES texts or LIMIT_RULE_BYTES in them. */
MUST_USE enum err text_windash(struct arena *arena, struct str pattern, struct texts *out);

/* Values for placeholders: NULL when there are none by that name. */
typedef const struct texts *(*text_values_f)(void *ctx, struct str name);
/* expand: appends a pattern for every choice of values of the placeholders %name% in raw; '\%' is a
 * percent sign. ERR_NOT_FOUND: *out_missing has no values; ERR_LIMIT: too many. */
MUST_USE enum err text_expand(struct arena *arena, struct str raw, text_values_f values, void *ctx,
                              struct texts *out, struct str *out_missing);

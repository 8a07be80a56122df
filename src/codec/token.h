/* Words, as the query language means them (DESIGN 7): a run of letters, digits and underscore of
 * any script. Store and query share this, so that a filter never contradicts a search.
 */
#pragma once

#include "base/str.h"

/* Calls each(ctx, hash) for every token of text: for an ASCII word its lower-cased hash; for a word
 * with other letters the hash of each pair of neighbouring folded code points inside it (so that
 * Japanese substrings are found), and of the single one when the word has only one; also each
 * ASCII stretch within a mixed word as a word of its own. Repeats may be reported. */
typedef void (*token_f)(void *ctx, uint64_t hash);
void token_each(struct str text, token_f each, void *ctx);

/* The tokens that any text containing phrase *as whole words* must have: same as token_each. */
/* The tokens that any text containing needle *as a substring anywhere* must have: only those that
 * do not touch needle's ends (an end may lie inside a longer word). */
void token_each_inner(struct str needle, token_f each, void *ctx);

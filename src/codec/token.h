/* Words, as the query language means them (DESIGN 7): a run of letters, digits and underscore of
 * any script. Store and query share this, so that a filter never contradicts a search. The hashes
 * are part of the file format: docs/formats/segment-1.md has them.
 */
#pragma once

#include "base/str.h"

/* Calls each(ctx, hash) for every token of text. All letters are folded (utf8_fold) first. Tokens
 * are
 *  - each stretch of ASCII letters, digits and underscore, whatever stands beside it;
 *  - each pair of neighbouring word characters of which one at least is not ASCII (so that parts of
 *    Japanese words are found);
 *  - each word character that is not ASCII and has a word border on both sides: no word character
 *    there, or one of them belongs to a script without blanks (utf8_is_unspaced).
 * Repeats may be reported. A text in which phrase stands as whole words has all tokens of phrase,
 * when phrase is well-formed UTF-8. */
typedef void (*token_f)(void *ctx, uint64_t hash);
void token_each(struct str text, token_f each, void *ctx);

/* The token of a page that has a row of this type (any number, docs/formats/leaf.md): no text has
 * it. */
uint64_t token_of_type(uint8_t type);

/* The tokens that any text containing needle *as a substring anywhere* must have: those that cannot
 * be part of something longer at needle's ends. None when needle is not well-formed UTF-8. */
void token_each_inner(struct str needle, token_f each, void *ctx);

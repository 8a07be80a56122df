/* A regular expression that begins with literal text (regex_begins), over rows of a block: where
 * that text stands in the literal text of a shape, and nowhere else in a row, a match can begin
 * only there, and what decides about it is a piece of the row from there on. Each different piece
 * is looked at once; no row is put together. Private to src/store.
 */
#pragma once

#include "codec/lines_find.h"
#include "expr/regex.h"

struct block_regex;

/* regex_begins(regex) must be true; both must outlive it. shapes may be NULL; else only rows of
 * shapes for which it is true are asked; borrowed for the call. One thread uses it. ERR_CORRUPT. */
MUST_USE enum err block_regex_new(struct lines *lines, const struct regex *regex,
                                  const bool *shapes, uint32_t rows,
                                  struct block_regex **out_regex);
void block_regex_free(struct block_regex *regex); /* NULL is fine */
/* Shapes in whose rows a match may begin at one place, by shape. */
const struct lines_once *block_regex_shapes(const struct block_regex *regex, size_t *out_count);
/* Bits of rows in which one may begin elsewhere, perhaps: of them the whole text must be asked. A
 * row without its bit and of none of the shapes does not match. */
const uint64_t *block_regex_elsewhere(const struct block_regex *regex);

enum { BLOCK_REGEX_NO = 0, BLOCK_REGEX_OPEN = UINT32_MAX };
/* For each of count ranks of a shape (ascending; NULL: from 0 on), whether a match begins at its
 * place: BLOCK_REGEX_NO, BLOCK_REGEX_OPEN (the whole text must be asked), or the number of the
 * match, from 1 on; the same may come for many rows. ERR_CORRUPT. */
MUST_USE enum err block_regex_match(struct block_regex *regex, const struct lines_once *once,
                                    const uint32_t *ranks, uint32_t count, uint32_t *out_matches);
/* Numbers of matches are 1 to so many; not each of these is one. */
uint32_t block_regex_matches(const struct block_regex *regex);
/* What a match took as name i (regex_name); false: the name took part in nothing. It lives until
 * block_regex_match is called again. */
bool block_regex_captured(const struct block_regex *regex, uint32_t match, size_t i,
                          struct str *out_part);

/* Which words the texts of a block have: "surely not this one", told from a few bytes before
 * anything else of the block is opened. A word is a longest run of letters, digits and underscores
 * of ASCII. Numbers in words do not count: runs of digits (and, for words with hexadecimal slots,
 * runs of hexadecimal digits) are one sign, so that names that differ by number are one entry.
 * Kinds of words that are too many are left open by first byte and length. What is written:
 * docs/formats/texts.md.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "codec/checked.h"

/* ---- making ---- */

struct word_filter_writer;
struct word_filter_writer *word_filter_writer_new(void);
void word_filter_writer_free(struct word_filter_writer *writer); /* NULL is fine */
/* Adds all words of text. ctx: a struct word_filter_writer. hex: an 'a' in it stands for any
 * hexadecimal digits, one at least, a '0' for any decimal ones. Else a '0' stands for any decimal
 * digits. */
void word_filter_add(void *ctx, struct str text, bool hex);
/* Appends a filter of at most bytes_max bytes; nothing when that is too few to say much. */
void word_filter_put(struct word_filter_writer *writer, size_t bytes_max, struct buf *out);

/* ---- reading ---- */

struct word_filter {
	struct checked *checked;
	struct str open; /* kinds of words that it does not know, 2 bytes each, ascending */
	struct str bits; /* empty: it knows nothing */
};
/* part: what word_filter_put appended; borrowed, as checked is, which what is read is compared with
 * (NULL: not at all). ERR_CORRUPT. */
MUST_USE enum err word_filter_open(struct str part, struct checked *checked,
                                   struct word_filter *out_filter);
/* False: none of these filters' texts has some word of needle that must be whole in it: those with
 * a byte on both sides in needle, and when bounded, also those at its ends. mask: for each byte of
 * needle the bits that do not count; NULL: none. ERR_CORRUPT. */
MUST_USE enum err word_filter_may_have(const struct word_filter *filters, size_t count,
                                       struct str needle, const char *mask, bool bounded,
                                       bool *out_may);
/* Whether needle, all of it, is one word that word_filter_may_have looks at when it is bounded. */
bool word_filter_is_word(struct str needle, const char *mask);
/* Whether all words of text are known to filter, as word_filter_add takes them. */
MUST_USE enum err word_filter_has_all(const struct word_filter *filter, struct str text, bool hex,
                                      bool *out_has);

/* A map of hashed trigrams: which three bytes stand beside each other in any text of a pool, ASCII
 * letters in one case. It says of a needle that it is surely in no text. One bit a trigram, no
 * false negatives. A second kind is of whole words: it tells a word from others that have its
 * trigrams. Private to src/codec (texts); what is written: docs/formats/texts.md.
 */
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "codec/wire.h"

enum { TRIGRAMS_LOG_MIN = 8, TRIGRAMS_LOG_MAX = 16 }; /* bits of a map, as powers of two */

struct trigrams_writer { /* zero-initialise */
	/* A byte for each bit of the largest map: setting one waits for none that was set before. */
	uint8_t seen[1 << TRIGRAMS_LOG_MAX];
};

void trigrams_add(struct trigrams_writer *writer, struct str text);
/* Of the other kind: each of its longest runs of letters, digits and underscores of ASCII. A map is
 * of one kind. */
void trigrams_add_words(struct trigrams_writer *writer, struct str text);
/* Appends a map of at most size_max bytes, or an empty one when that is too small to say no. */
void trigrams_put(const struct trigrams_writer *writer, size_t size_max, struct buf *out);

struct trigrams {
	unsigned log;     /* 0: no map */
	const char *bits; /* borrowed */
};

/* A failure marks in as bad. */
struct trigrams trigrams_get(struct wire *in);
bool trigrams_may_have(const struct trigrams *trigrams, struct str needle);
/* Of a map of words. False: no text that was added has needle in it with its words as whole words.
 * bounded: also the first and the last of them, which nothing is beside in needle. */
bool trigrams_may_have_words(const struct trigrams *trigrams, struct str needle, bool bounded);
/* Letters, digits and underscores of ASCII. */
static inline bool trigrams_in_word(char c) {
	return char_is_alpha(c) || char_is_digit(c) || c == '_';
}

/* All words that rows have, told from shapes and strings, without a look at each row: what a filter
 * of words (word_filter.h) is made of, and compared with.
 */
#pragma once

#include "codec/lines.h"

/* Takes all words (word_filter.h) of text; what numbers stand in it for says hex, as
 * word_filter_add has it. */
typedef void (*lines_words_f)(void *ctx, struct str text, bool hex);

/* Gives take texts that together have every word of every row as a whole word, and perhaps others:
 * of those words that lie in one string of a slot or of shape 0, and of all others.
 * ERR_CORRUPT; ERR_LIMIT: words that lie over strings and numbers are too many, or cannot be told
 * without the rows' times. */
MUST_USE enum err lines_words_in_strings(struct lines *lines, lines_words_f take, void *ctx);
MUST_USE enum err lines_words_in_shapes(struct lines *lines, lines_words_f take, void *ctx);

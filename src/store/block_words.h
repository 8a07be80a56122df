/* The filter of words of a block (codec/word_filter.h): a test of the text that needs a word which
 * the block surely has not need not open anything else of it. Private to src/store.
 */
#pragma once

#include "codec/lines.h"
#include "expr/expr.h"
#include "store/block.h"

/* Appends the parts of a block of so many rows, whose lines take so many bytes as written; nothing
 * when it would not pay. */
void block_words_put(struct lines *lines, uint32_t rows, size_t bytes,
                     struct buf parts[BLOCK_WORDS_PARTS]);
/* False: no row passes test (EXPR_TEST, of the text: without a field). ERR_CORRUPT. */
MUST_USE enum err block_words_may_match(struct block *block, const struct expr *test,
                                        bool *out_may);
/* Whether each row that has needle as a whole word (of which it is one) has it in one string. */
MUST_USE enum err block_words_in_strings(struct block *block, struct str needle, const char *mask,
                                         bool *out_only);
/* For verification: ERR_CORRUPT when the filter does not know some word of some row. */
MUST_USE enum err block_words_check(struct block *block);

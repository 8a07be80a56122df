/* Fields that a regular expression makes of the texts of a block's rows, as codes
 * (block_columns.h). Private to src/store.
 */
#pragma once

#include "expr/regex.h"
#include "store/block_columns.h"

/* The named groups of regex (regex_names of them) in the rows that count: codes[i] has one for each
 * row, of coders[i]. They have the codes of a field of that name already, or 0; a row that matches
 * has that of what the group took, a string, where it took part. ERR_UNSUPPORTED: too many rows
 * would have to be put together; ERR_LIMIT: of a coder, or the regex gave up; ERR_CORRUPT. */
MUST_USE enum err block_extract(struct block_columns *columns, const struct regex *regex,
                                struct lines_coder *const *coders, uint32_t *const *codes);

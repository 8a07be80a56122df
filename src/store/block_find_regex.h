/* A test of the text by a regular expression that begins with literal text, answered surely for
 * most rows. Private to src/store (block_find).
 */
#pragma once

#include "store/block_find_field.h"

/* False: the test is none of these, and nothing is said. */
bool block_find_regex_can(const struct expr *expr);
/* For those: sets bits in maybe and sure, as block_find; both must be empty. ERR_CORRUPT. */
MUST_USE enum err block_find_regex(const struct block_finder *finder, const struct expr *expr,
                                   uint64_t *maybe, uint64_t *sure);

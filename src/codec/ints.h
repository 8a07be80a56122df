/* A column of integers: the smallest of a few forms (constant, offset from the least, differences),
 * cut into byte planes of which each is compressed by itself. docs/formats/segment.md has the
 * bytes.
 */
#pragma once

#include "base/err.h"
#include "base/limits.h"
#include "codec/compress.h"

/* Appends count values; count <= LIMIT_BATCH_ROWS. Nothing is written for none. Unsigned values
 * travel as their bit pattern. */
void ints_put(struct buf *out, const int64_t *values, size_t count);
/* Reads what ints_put wrote for the same count. ERR_CORRUPT when malformed. */
MUST_USE enum err ints_get(struct wire *in, size_t count, int64_t *out_values);
/* True when it says of all of them at once that they are the same; else nothing is taken. */
bool ints_get_same(struct wire *in, size_t count, int64_t *out_value);

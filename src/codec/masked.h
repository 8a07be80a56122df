/* Looking for bytes of which some bits do not count (the case of ASCII letters). Private to
 * src/codec.
 */
#pragma once

#include "base/str.h"

#define MASKED_NONE SIZE_MAX

/* Where needle (not empty) first lies in text, at from or later; MASKED_NONE: nowhere. mask: for
 * each byte of needle the bits that do not count, set in needle; NULL: all count. */
size_t masked_find(struct str text, size_t from, struct str needle, const char *mask);
/* The first byte in text that is byte, at from or later; text.len: there is none. For bytes that
 * come often: memchr takes longer to begin. */
size_t masked_next(struct str text, size_t from, uint8_t byte);

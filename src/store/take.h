/* Reading the bodies of our own records, which have one form only: each part is taken from the
 * front of what is left. Private to src/store.
 */
#pragma once

#include "base/str.h"

/* What must stand next; else false, and nothing is taken. */
static inline bool take(struct str *rest, struct str expected) {
	if (!str_starts(*rest, expected)) {
		return false;
	}
	*rest = str_slice(*rest, expected.len, rest->len);
	return true;
}

/* Decimal digits, as many as there are; false when they are no 64-bit number. */
static inline bool take_number(struct str *rest, uint64_t *out) {
	size_t len = 0;
	while (len < rest->len && char_is_digit(rest->ptr[len])) {
		len++;
	}
	bool right = str_to_u64(str_slice(*rest, 0, len), UINT64_MAX, out);
	*rest = str_slice(*rest, len, rest->len);
	return right;
}

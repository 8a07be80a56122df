/* The text is expanded code point by code point and compared as it comes; Knuth, Morris and Pratt's
 * way, so that nothing is read twice.
 */
#include "expr/alike.h"

#include "base/compat.h"
#include "base/utf8.h"

#define MALFORMED ((uint32_t)0x110000) /* plus the byte */

/* Expands and folds the code point at *at, and moves behind it. */
static size_t next_codes(struct str text, size_t *at, uint32_t out_codes[COMPAT_MAX]) {
	bool ok;
	unsigned char lead = (unsigned char)text.ptr[*at];
	uint32_t code = utf8_next(text, at, &ok);
	if (!ok) {
		out_codes[0] = MALFORMED + lead;
		return 1;
	}
	size_t count = compat_expand(code, out_codes);
	for (size_t i = 0; i < count; i++) {
		out_codes[i] = utf8_fold(out_codes[i]);
	}
	return count;
}

void alike_init(struct alike *alike, struct arena *arena, struct str text) {
	uint32_t codes[COMPAT_MAX];
	size_t count = 0;
	for (size_t at = 0; at < text.len;) {
		count += next_codes(text, &at, codes);
	}
	uint32_t *all = ARENA_ARRAY(arena, count + 1, uint32_t);
	size_t *back = ARENA_ARRAY(arena, count + 1, size_t);
	size_t filled = 0;
	for (size_t at = 0; at < text.len;) {
		size_t more = next_codes(text, &at, codes);
		memcpy(all + filled, codes, more * sizeof(*codes));
		filled += more;
	}
	for (size_t i = 1; i < count; i++) { /* back[i + 1]: the longest end of i + 1 that begins it */
		size_t k = back[i];
		while (k > 0 && all[k] != all[i]) {
			k = back[k];
		}
		back[i + 1] = k + (all[k] == all[i]);
	}
	*alike = (struct alike){all, back, count};
}

/* The first byte at or after from that can begin a match. */
static size_t skip(const struct alike *alike, struct str text, size_t from) {
	uint32_t first = alike->codes[0];
	while (from < text.len && (unsigned char)text.ptr[from] < 0x80 &&
	       (unsigned char)char_lower(text.ptr[from]) != first) {
		from++;
	}
	return from;
}

bool alike_find(const struct alike *alike, struct str text) {
	size_t fit = 0; /* codes that stand before at */
	if (alike->count == 0) {
		return true;
	}
	for (size_t at = skip(alike, text, 0); at < text.len;) {
		uint32_t codes[COMPAT_MAX];
		size_t count = next_codes(text, &at, codes);
		for (size_t i = 0; i < count; i++) {
			if (fit == alike->count) {
				if (!compat_is_mark(codes[i])) {
					return true;
				}
				fit = alike->back[fit];
			}
			while (fit > 0 && alike->codes[fit] != codes[i]) {
				fit = alike->back[fit];
			}
			fit += alike->codes[fit] == codes[i];
		}
		at = fit == 0 ? skip(alike, text, at) : at;
	}
	return fit == alike->count;
}

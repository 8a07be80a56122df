/* Wildcards by the usual two pointers: on a mismatch, the last '*' takes one code point more. */
#include "expr/wildcard.h"

#include "base/utf8.h"
#include "expr/needle.h"

/* As needle_next, without folding. */
static uint32_t cased_next(struct str text, size_t *at) {
	size_t first = *at;
	bool ok;
	uint32_t code = utf8_next(text, at, &ok);
	return ok ? code : needle_next(text, &first);
}

static inline uint32_t next_of(struct str text, size_t *at, bool cased) {
	unsigned char lead = (unsigned char)text.ptr[*at];
	if (LIKELY(lead < 0x80)) {
		(*at)++;
		return cased ? lead : (unsigned char)char_lower((char)lead);
	}
	return cased ? cased_next(text, at) : needle_next(text, at);
}

static uint32_t next_element(struct str pattern, size_t *at, bool cased) {
	char c = pattern.ptr[*at];
	if (c == '*' || c == '?') {
		(*at)++;
		return c == '*' ? WILDCARD_ANY : WILDCARD_ONE;
	}
	if (c == '\\' && *at + 1 < pattern.len) {
		char next = pattern.ptr[*at + 1];
		*at += next == '*' || next == '?' || next == '\\';
	}
	return next_of(pattern, at, cased);
}

uint32_t wildcard_next(struct str pattern, size_t *at) {
	return next_element(pattern, at, false);
}

static void init(struct wildcard *wildcard, struct arena *arena, struct str pattern, bool cased) {
	uint32_t *codes = arena_array(arena, pattern.len + 1, sizeof(*codes));
	size_t count = 0;
	for (size_t at = 0; at < pattern.len;) {
		uint32_t code = next_element(pattern, &at, cased);
		if (code != WILDCARD_ANY || count == 0 || codes[count - 1] != WILDCARD_ANY) {
			codes[count++] = code;
		}
	}
	*wildcard = (struct wildcard){codes, count, cased};
}

void wildcard_init(struct wildcard *wildcard, struct arena *arena, struct str pattern) {
	init(wildcard, arena, pattern, false);
}

void wildcard_init_cased(struct wildcard *wildcard, struct arena *arena, struct str pattern) {
	init(wildcard, arena, pattern, true);
}

bool wildcard_match(const struct wildcard *wildcard, struct str text) {
	size_t at = 0;
	size_t k = 0;
	size_t star = SIZE_MAX; /* element behind the last '*' */
	size_t star_at = 0;
	while (at < text.len) {
		size_t next = at;
		uint32_t code = next_of(text, &next, wildcard->cased);
		if (k < wildcard->count && wildcard->codes[k] == WILDCARD_ANY) {
			star = ++k;
			star_at = at;
			if (k == wildcard->count) {
				return true;
			}
		} else if (k < wildcard->count &&
		           (wildcard->codes[k] == WILDCARD_ONE || wildcard->codes[k] == code)) {
			k++;
			at = next;
		} else if (star != SIZE_MAX) {
			k = star;
			(void)next_of(text, &star_at, wildcard->cased);
			at = star_at;
		} else {
			return false;
		}
	}
	while (k < wildcard->count && wildcard->codes[k] == WILDCARD_ANY) {
		k++;
	}
	return k == wildcard->count;
}

bool wildcard_is_pattern(struct str pattern) {
	for (size_t at = 0; at < pattern.len;) {
		uint32_t code = wildcard_next(pattern, &at);
		if (code == WILDCARD_ANY || code == WILDCARD_ONE) {
			return true;
		}
	}
	return false;
}

struct str wildcard_unescape(struct arena *arena, struct str pattern) {
	char *out = arena_alloc(arena, pattern.len + 1);
	size_t len = 0;
	for (size_t i = 0; i < pattern.len; i++) {
		char c = pattern.ptr[i];
		if (c == '\\' && i + 1 < pattern.len && strchr("*?\\", pattern.ptr[i + 1]) != NULL &&
		    pattern.ptr[i + 1] != '\0') {
			c = pattern.ptr[++i];
		}
		out[len++] = c;
	}
	return str_make(out, len);
}

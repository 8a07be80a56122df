/* The first and the last byte of the needle are compared at 16 places at once; where both are
 * right, the others are.
 */
#include "codec/masked.h"

#include <string.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

static bool same(const char *at, struct str needle, const char *mask) {
	if (mask == NULL) {
		return memcmp(at, needle.ptr, needle.len) == 0;
	}
	for (size_t i = 0; i < needle.len; i++) {
		if ((char)(at[i] | mask[i]) != needle.ptr[i]) {
			return false;
		}
	}
	return true;
}

#if defined(__SSE2__)

/* Stops where fewer than 16 places are left: *from is the first of these then. */
static size_t find_fast(struct str text, size_t *from, struct str needle, const char *mask) {
	size_t last = needle.len - 1;
	const __m128i first_byte = _mm_set1_epi8(needle.ptr[0]);
	const __m128i last_byte = _mm_set1_epi8(needle.ptr[last]);
	const __m128i first_mask = _mm_set1_epi8(mask == NULL ? 0 : mask[0]);
	const __m128i last_mask = _mm_set1_epi8(mask == NULL ? 0 : mask[last]);
	size_t at = *from;
	for (; text.len - at >= last + 16; at += 16) {
		const char *here = text.ptr + at;
		__m128i a = _mm_loadu_si128((const __m128i *)(const void *)here);
		__m128i b = _mm_loadu_si128((const __m128i *)(const void *)(here + last));
		__m128i both = _mm_and_si128(_mm_cmpeq_epi8(_mm_or_si128(a, first_mask), first_byte),
		                             _mm_cmpeq_epi8(_mm_or_si128(b, last_mask), last_byte));
		for (unsigned left = (unsigned)_mm_movemask_epi8(both); left != 0; left &= left - 1) {
			size_t place = at + (size_t)__builtin_ctz(left);
			if (same(text.ptr + place, needle, mask)) {
				return place;
			}
		}
	}
	*from = at;
	return MASKED_NONE;
}

static size_t next_fast(struct str text, size_t *from, uint8_t byte) {
	const __m128i wanted = _mm_set1_epi8((char)byte);
	size_t at = *from;
	for (; text.len - at >= 16; at += 16) {
		__m128i a = _mm_loadu_si128((const __m128i *)(const void *)(text.ptr + at));
		unsigned found = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(a, wanted));
		if (found != 0) {
			return at + (size_t)__builtin_ctz(found);
		}
	}
	*from = at;
	return MASKED_NONE;
}

#else

static size_t find_fast(struct str text, size_t *from, struct str needle, const char *mask) {
	(void)text, (void)from, (void)needle, (void)mask;
	return MASKED_NONE;
}

static size_t next_fast(struct str text, size_t *from, uint8_t byte) {
	(void)text, (void)from, (void)byte;
	return MASKED_NONE;
}

#endif

size_t masked_find(struct str text, size_t from, struct str needle, const char *mask) {
	ASSERT(needle.len > 0);
	if (from > text.len || text.len - from < needle.len) {
		return MASKED_NONE;
	}
	size_t found = find_fast(text, &from, needle, mask);
	for (; found == MASKED_NONE && text.len - from >= needle.len; from++) {
		if (same(text.ptr + from, needle, mask)) {
			found = from;
		}
	}
	return found;
}

size_t masked_next(struct str text, size_t from, uint8_t byte) {
	if (from >= text.len) {
		return text.len;
	}
	size_t found = next_fast(text, &from, byte);
	if (found != MASKED_NONE) {
		return found;
	}
	while (from < text.len && (uint8_t)text.ptr[from] != byte) {
		from++;
	}
	return from;
}

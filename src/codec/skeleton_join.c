/* From a skeleton and values back to the line, and walking along a skeleton. */
#include "codec/skeleton.h"
#include "codec/skeleton_slot.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

enum { BLOCK = 16 };

bool skeleton_next(struct str *rest, struct skeleton_part *out_part) {
	if (rest->len == 0) {
		return false;
	}
	const char *mark = memchr(rest->ptr, SKELETON_SLOT, rest->len);
	size_t literal = mark == NULL ? rest->len : (size_t)(mark - rest->ptr);
	out_part->literal = str_make(rest->ptr, literal);
	out_part->code = 0;
	size_t used = literal;
	if (mark != NULL) {
		ASSERT(rest->len - literal >= 2);
		out_part->code = (uint8_t)mark[1];
		used += 2;
	}
	*rest = str_make(rest->ptr + used, rest->len - used);
	return true;
}

bool skeleton_valid(struct str skeleton, uint32_t *out_values) {
	uint32_t values = 0;
	size_t at = str_find_char(skeleton, (char)SKELETON_SLOT, 0);
	while (at < skeleton.len) {
		if (skeleton.len - at < 2 || !slot_code_valid((uint8_t)skeleton.ptr[at + 1]) ||
		    values == SKELETON_VALUES_MAX) {
			return false;
		}
		values++;
		at = str_find_char(skeleton, (char)SKELETON_SLOT, at + 2);
	}
	*out_values = values;
	return true;
}

/* Copies literal bytes up to the next mark or the end, which is returned; *to moves on. Up to BLOCK
 * bytes more may be written. */
static const char *copy_literal(const char *from, const char *end, char **to) {
	char *out = *to;
#if defined(__SSE2__)
	while (end - from >= BLOCK) {
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)from);
		_mm_storeu_si128((__m128i *)(void *)out, v);
		int bits = _mm_movemask_epi8(_mm_cmpeq_epi8(v, _mm_set1_epi8((char)SKELETON_SLOT)));
		size_t len = bits != 0 ? (size_t)__builtin_ctz((unsigned)bits) : BLOCK;
		from += len;
		out += len;
		if (bits != 0) {
			*to = out;
			return from;
		}
	}
#endif
	while (from < end && (uint8_t)*from != SKELETON_SLOT) {
		*out++ = *from++;
	}
	*to = out;
	return from;
}

void skeleton_join(struct str skeleton, const uint64_t *numbers, const struct str *texts,
                   struct buf *out) {
	const char *from = skeleton.ptr;
	const char *end = skeleton.ptr + skeleton.len;
	for (size_t i = 0; from < end; i++) {
		char *to = buf_reserve(out, (size_t)(end - from) + SLOT_PRINT_MAX + BLOCK);
		uint8_t code = 0;
		from = copy_literal(from, end, &to);
		if (from < end) {
			ASSERT(end - from >= 2);
			code = (uint8_t)from[1];
			from += 2;
			to += code != SLOT_TEXT ? slot_print_number(code, numbers[i], to) : 0;
		}
		out->len = (size_t)(to - out->ptr);
		if (code == SLOT_TEXT) {
			buf_append_str(out, texts[i]);
		}
	}
}

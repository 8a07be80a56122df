/* From a skeleton and values back to the line, and walking along a skeleton. */
#include "codec/skeleton.h"
#include "codec/skeleton_slot.h"

enum { SHORT = 16 };

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

/* Copies len bytes of the skeleton, from which left bytes may be read and to which as many written.
 */
static char *copy_literal(char *to, const char *from, size_t len, size_t left) {
	if (len <= SHORT && left >= SHORT) {
		memcpy(to, from, SHORT);
	} else {
		memcpy(to, from, len);
	}
	return to + len;
}

void skeleton_join(struct str skeleton, const uint64_t *numbers, const struct str *texts,
                   struct buf *out) {
	const char *from = skeleton.ptr;
	const char *end = skeleton.ptr + skeleton.len;
	size_t i = 0;
	while (from < end) {
		size_t left = (size_t)(end - from);
		char *to = buf_reserve(out, left + SLOT_PRINT_MAX + SHORT);
		const char *mark = memchr(from, SKELETON_SLOT, left);
		size_t literal = mark == NULL ? left : (size_t)(mark - from);
		to = copy_literal(to, from, literal, left);
		from += literal;
		if (mark != NULL) {
			ASSERT(end - mark >= 2);
			uint8_t code = (uint8_t)mark[1];
			from += 2;
			if (code != SLOT_TEXT) {
				to += slot_print_number(code, numbers[i], to);
			}
			out->len = (size_t)(to - out->ptr);
			if (code == SLOT_TEXT) {
				buf_append_str(out, texts[i]);
			}
			i++;
		} else {
			out->len = (size_t)(to - out->ptr);
		}
	}
}

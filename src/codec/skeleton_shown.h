/* For tests: a cut line as text in which each value stands as <code value>, and whether a line
 * comes back from its cut. Codes: T text, I int, 4 IPv4, F fraction, D digits, H and U hexadecimal,
 * @ time.
 */
#pragma once

#include "codec/skeleton.h"
#include "tap.h"

static inline void show_value(struct buf *out, uint8_t code, struct str text) {
	if (code >= SLOT_TIME) {
		buf_printf(out, "<@ ");
	} else if (code >= SLOT_HEX_UPPER) {
		buf_printf(out, "<U ");
	} else if (code >= SLOT_HEX) {
		buf_printf(out, "<H ");
	} else if (code >= SLOT_DIGITS) {
		buf_printf(out, "<D ");
	} else {
		buf_printf(out, "<%c ", "?TI4F"[code]);
	}
	buf_printf(out, "%.*s>", STR_ARG(text));
}

static inline void check_cut(const char *line, const char *expected) {
	struct cut_line cut = {0};
	struct buf out = {0};
	struct skeleton_part part;
	struct str text = str_from(line);
	CHECK(skeleton_cut(text, &cut));
	struct str rest = buf_str(&cut.skeleton);
	for (uint32_t i = 0; skeleton_next(&rest, &part);) {
		buf_append_str(&out, part.literal);
		if (part.code != 0) {
			struct cut_value value = cut.values[i++];
			show_value(&out, part.code, str_make(text.ptr + value.offset, value.len));
		}
	}
	CHECK_STR(buf_str(&out), expected);
	buf_deinit(&out);
	cut_line_deinit(&cut);
}

/* Whether cut and join give the line back, and cut's promises hold; false also says which line. The
 * line must be in memory of its own length, so that reading beyond it is seen. */
static inline bool comes_back(struct str line, struct cut_line *cut) {
	static const struct str none = STR_INIT("");
	bool can = line.len == 0 || memchr(line.ptr, SKELETON_SLOT, line.len) == NULL;
	uint32_t marks = 0;
	if (!skeleton_cut(line, cut)) {
		return !can || line.len > SKELETON_VALUES_MAX;
	}
	if (!can || !skeleton_valid(buf_str(&cut->skeleton), &marks) || marks != cut->count) {
		return false;
	}
	uint64_t *numbers = calloc(cut->count + 1, sizeof(*numbers));
	struct str *texts = calloc(cut->count + 1, sizeof(*texts));
	struct buf out = {0};
	struct str rest = buf_str(&cut->skeleton);
	struct skeleton_part part = {.literal = none};
	bool ok = true;
	size_t end = 0;
	for (uint32_t i = 0; skeleton_next(&rest, &part) && part.code != 0; i++) {
		uint64_t number = 1;
		struct cut_value value = cut->values[i];
		numbers[i] = value.number;
		ok = ok && value.offset == end + part.literal.len && value.offset + value.len <= line.len;
		texts[i] = str_make(line.ptr + value.offset, value.len);
		ok = ok && slot_parse(part.code, texts[i], &number) && number == value.number;
		texts[i] = part.code == SLOT_TEXT ? texts[i] : none;
		end = value.offset + value.len;
	}
	skeleton_join(buf_str(&cut->skeleton), numbers, texts, &out);
	ok = ok && str_eq(buf_str(&out), line);
	buf_deinit(&out);
	free(numbers);
	free(texts);
	return ok;
}

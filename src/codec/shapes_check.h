/* For tests: lines into shapes, and each line again from its shape's text and slots. */
#pragma once

#include "codec/shapes.h"

/* Adds a line; its skeleton's number, or SHAPES_NONE. */
static inline uint32_t add_line(struct shapes *shapes, struct str line, struct cut_line *cut) {
	if (!skeleton_cut(line, cut)) {
		return SHAPES_NONE;
	}
	return shapes_add(shapes, buf_str(&cut->skeleton), cut->hash, 1);
}

/* Whether a line that was added under this number is what its shape and slots make of it, and the
 * shape's codes are those of the values. */
static inline bool line_fits(const struct shapes *shapes, uint32_t number, struct str line,
                             struct cut_line *cut) {
	const struct shape_slot *slots;
	uint32_t count;
	uint32_t marks = 0;
	if (!skeleton_cut(line, cut) ||
	    !str_eq(shapes_skeleton(shapes, number), buf_str(&cut->skeleton))) {
		return false;
	}
	uint32_t shape = shapes_of(shapes, number, &slots, &count);
	struct str text = shapes_text(shapes, shape);
	bool ok = shape < shapes_count(shapes) && skeleton_valid(text, &marks) && marks == count;
	uint64_t *numbers = calloc((size_t)count + 1, sizeof(*numbers));
	struct str *texts = calloc((size_t)count + 1, sizeof(*texts));
	struct skeleton_part part;
	struct str rest = text;
	for (uint32_t i = 0; ok && i < count; i++) {
		ok = skeleton_next(&rest, &part) && part.code != 0;
		if (part.code == SLOT_TEXT) {
			texts[i] = shape_slot_text(&slots[i], line, cut->values);
		} else {
			const struct cut_value *value = &cut->values[slots[i].value];
			uint64_t back;
			ok = ok && slots[i].values == 1 && slots[i].before == 0 && slots[i].after == 0;
			ok = ok && slot_parse(part.code, str_make(line.ptr + value->offset, value->len), &back);
			numbers[i] = value->number;
		}
	}
	struct buf out = {0};
	if (ok) {
		skeleton_join(text, numbers, texts, &out);
		ok = str_eq(buf_str(&out), line);
	}
	buf_deinit(&out);
	free(numbers);
	free(texts);
	return ok;
}

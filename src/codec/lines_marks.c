/* A look at the bytes on both sides of each mark. */
#include "codec/lines_marks.h"

#include "codec/masked.h"

enum { PLACES = 64 }; /* of the needle, that are told apart */

struct marks {
	const struct lines_marks *question;
	struct str all; /* skeletons */
	/* By byte: the places of the needle at which it may stand; whether it may beyond PLACES. */
	uint64_t places[256];
	bool beyond[256];
};

static bool same(const struct lines_marks *question, size_t i, char byte) {
	return (char)(byte | (question->mask == NULL ? 0 : question->mask[i])) ==
	       question->needle.ptr[i];
}

static void find_places(struct marks *marks) {
	size_t len = marks->question->needle.len;
	for (size_t byte = 0; byte < 256; byte++) {
		for (size_t i = 0; i < len && !marks->beyond[byte]; i++) {
			bool is = same(marks->question, i, (char)byte);
			marks->places[byte] |= is && i < PLACES ? (uint64_t)1 << i : 0;
			marks->beyond[byte] |= is && i >= PLACES;
		}
	}
}

static bool is_mark(const struct marks *marks, size_t at) {
	return (uint8_t)marks->all.ptr[at] == SKELETON_SLOT;
}

/* Whether some rest of the needle can go on behind a slot of this code, in the literal that begins
 * at start, up to the end of its skeleton: through all of it, or to the needle's end. */
static bool goes_on(const struct marks *marks, uint8_t code, size_t start, size_t end) {
	size_t len = marks->question->needle.len;
	uint8_t byte = (uint8_t)marks->all.ptr[start];
	for (uint64_t left = marks->places[byte] & ~(uint64_t)1; left != 0; left &= left - 1) {
		size_t first = (size_t)__builtin_ctzll(left);
		size_t i = first + 1;
		size_t at = start + 1;
		while (i < len && at < end && !is_mark(marks, at) &&
		       same(marks->question, i, marks->all.ptr[at])) {
			i++;
			at++;
		}
		bool fits = i == len || (at < end && is_mark(marks, at));
		if (fits && marks->question->can_end(marks->question->ctx, code, first)) {
			return true;
		}
	}
	return marks->beyond[byte];
}

/* Whether a beginning of the needle, but not all of it, can end at end, in a skeleton that begins
 * at start, which is before. */
static bool begins(const struct marks *marks, size_t start, size_t end) {
	size_t most = MIN_OF(marks->question->needle.len - 1, end - start);
	uint8_t byte = (uint8_t)marks->all.ptr[end - 1];
	for (uint64_t left = marks->places[byte]; left != 0; left &= left - 1) {
		size_t len = (size_t)__builtin_ctzll(left) + 1;
		size_t i = len - 1;
		while (len <= most && i > 0 &&
		       same(marks->question, i - 1, marks->all.ptr[end - 1 - (len - i)])) {
			i--;
		}
		if (len <= most && i == 0) {
			return true;
		}
	}
	return marks->beyond[byte];
}

/* Whether a slot of this code, of a shape, may have all of the needle. */
static bool contains(const struct lines_marks *question, uint32_t shape, uint8_t code) {
	return question->contains[code] && (code != SLOT_IPV4 || question->addresses == NULL ||
	                                    question->addresses[(shape - 1) / LINES_GROUP]);
}

/* The mark at at, of a skeleton from start to end. */
static bool can_at(const struct marks *marks, uint32_t shape, size_t start, size_t at, size_t end) {
	const struct lines_marks *question = marks->question;
	uint8_t code = (uint8_t)marks->all.ptr[at + 1];
	if (contains(question, shape, code)) {
		return true;
	}
	if (question->begins[code] && question->needle.len > 1 && at + 2 < end &&
	    (is_mark(marks, at + 2) || goes_on(marks, code, at + 2, end))) {
		return true;
	}
	return at > start && begins(marks, start, at);
}

enum err lines_marks(const struct lines *lines, const struct lines_marks *question, bool *out_can) {
	struct marks marks = {.question = question, .all = buf_str(&lines->skeletons)};
	uint32_t shape = 0;
	size_t start = 0;
	size_t end = 0;
	find_places(&marks);
	memset(out_can, false, lines->shapes_count);
	for (size_t at = 0;; at += 2) {
		at = masked_next(marks.all, at, SKELETON_SLOT);
		if (at == marks.all.len) {
			return ERR_OK;
		}
		while (at >= end) {
			shape++;
			start = end;
			end += lines->shapes[shape].text_len;
		}
		if (end - at < 2 || !question->is_code[(uint8_t)marks.all.ptr[at + 1]]) {
			return ERR_CORRUPT;
		}
		out_can[shape] = out_can[shape] || can_at(&marks, shape, start, at, end);
	}
}

/* ---- slots that may have all of it ---- */

/* The slots of one shape, from its marks and their entries. */
static enum err ask_texts(struct lines *lines, struct str table, const struct lines_shape *shape,
                          struct slot_finder *finder, const struct slot_piece *piece,
                          struct slots_at *columns, bool *can) {
	struct str text = str_make(lines->skeletons.ptr + shape->text, shape->text_len);
	for (size_t at = 0; (at = masked_next(text, at, SKELETON_SLOT)) < text.len; at += 2) {
		struct slot slot;
		bool has = false;
		if (text.len - at < 2 || !slot_code_valid((uint8_t)text.ptr[at + 1])) {
			return ERR_CORRUPT;
		}
		TRY(slots_take(&lines->shared, table, columns, (uint8_t)text.ptr[at + 1], shape->rows,
		               &slot));
		if (slot.code == SLOT_TEXT && !*can) {
			TRY(slot_text_has(finder, &slot, piece, &has));
			*can = has;
		}
	}
	return ERR_OK;
}

static enum err ask_group(struct lines *lines, uint32_t group, struct slot_finder *finder,
                          const struct slot_piece *piece, bool *out_can) {
	struct slots_at columns = lines->groups[group].at;
	uint32_t first = 1 + group * LINES_GROUP;
	uint32_t end = MIN_OF(first + LINES_GROUP, lines->shapes_count);
	struct str table;
	TRY(lines_read_group(lines, group, &table));
	for (uint32_t i = first; i < end; i++) {
		TRY(ask_texts(lines, table, &lines->shapes[i], finder, piece, &columns, &out_can[i]));
	}
	return ERR_OK;
}

/* Strings of columns lie in the order of groups: where none of a group's fits, and no word, which
 * any column may have, its entries are not looked at. */
enum err lines_marks_texts(struct lines *lines, struct slot_finder *finder,
                           const struct slot_piece *piece, bool *out_can) {
	bool words;
	TRY(slot_words_can(finder, piece, &words));
	for (uint32_t i = 0; i < lines->groups_count; i++) {
		const struct lines_group *group = &lines->groups[i];
		bool can = words;
		if (!can) {
			TRY(slot_texts_can(finder, piece, group->at.texts, group[1].at.texts, &can));
		}
		TRY(can ? ask_group(lines, i, finder, piece, out_can) : ERR_OK);
	}
	return ERR_OK;
}

/* Which shapes are left: by the bytes on both sides of their marks. What is told of rows is in
 * lines_find_test.c. */
#include "codec/lines_marks.h"

#include "tap.h"

enum { SHAPES = 5 };

/* Skeletons of the shapes 1 to SHAPES - 1; '#' is a number, '$' a text. */
static const char *const texts[SHAPES] = {NULL, "port #", "user $ in", "id=$#", "#: x"};

static void make(struct lines *lines, struct lines_shape *shapes) {
	*lines = (struct lines){.shapes = shapes, .shapes_count = SHAPES};
	for (uint32_t i = 1; i < SHAPES; i++) {
		shapes[i].text = (uint32_t)lines->skeletons.len;
		for (const char *at = texts[i]; *at != 0; at++) {
			if (*at == '#' || *at == '$') {
				buf_append_char(&lines->skeletons, (char)SKELETON_SLOT);
				buf_append_char(&lines->skeletons, *at == '#' ? SLOT_INT : SLOT_TEXT);
			} else {
				buf_append_char(&lines->skeletons, *at);
			}
		}
		shapes[i].text_len = (uint32_t)lines->skeletons.len - shapes[i].text;
	}
}

static bool can_end(void *ctx, uint8_t code, size_t len) {
	const char *needle = ctx;
	return code == SLOT_TEXT || char_is_digit(needle[len - 1]);
}

/* The shapes that are left, as bits. */
static unsigned ask(const char *needle, bool texts_have_it) {
	struct lines_shape shapes[SHAPES] = {0};
	struct lines lines;
	bool can[SHAPES];
	char copy[16] = {0};
	struct lines_marks question = {.needle = str_from(needle), .can_end = can_end, .ctx = copy};
	unsigned bits = 0;
	make(&lines, shapes);
	memcpy(copy, needle, strlen(needle));
	question.is_code[SLOT_INT] = question.is_code[SLOT_TEXT] = true;
	question.begins[SLOT_TEXT] = true;
	question.begins[SLOT_INT] = char_is_digit(needle[0]);
	question.contains[SLOT_TEXT] = texts_have_it;
	CHECK_EQ(lines_marks(&lines, &question, can), ERR_OK);
	for (unsigned i = 0; i < SHAPES; i++) {
		bits |= can[i] ? 1u << i : 0;
	}
	buf_deinit(&lines.skeletons);
	return bits;
}

TEST(shapes_without_a_border_for_the_needle_are_left_out) {
	CHECK_EQ(ask("needle", false), 1u << 3); /* over the border of two slots */
	CHECK_EQ(ask("needle", true), 1u << 2 | 1u << 3);
	CHECK_EQ(ask("port 5", false), 1u << 1 | 1u << 3);
	CHECK_EQ(ask("ort ", false), 1u << 2 | 1u << 3);
	CHECK_EQ(ask("t 77", false), 1u << 1 | 1u << 3);
	CHECK_EQ(ask("bob in", false), 1u << 2 | 1u << 3);
	CHECK_EQ(ask("bob in ", false), 1u << 2 | 1u << 3);
	CHECK_EQ(ask("bob inn", false), 1u << 3);
	CHECK_EQ(ask("r bob in", false), 1u << 2 | 1u << 3);
	CHECK_EQ(ask("7: x", false), 1u << 3 | 1u << 4);
	CHECK_EQ(ask("7: xy", false), 1u << 3);
	CHECK_EQ(ask("w", false), 0);
	CHECK_EQ(ask("7z: x", false), 1u << 3); /* no number ends so */
}

TEST(skeletons_that_are_none_are_refused) {
	struct lines_shape shapes[SHAPES] = {0};
	struct lines lines;
	bool can[SHAPES];
	struct lines_marks question = {.needle = STR("x")};
	make(&lines, shapes);
	CHECK_EQ(lines_marks(&lines, &question, can), ERR_CORRUPT); /* no code is one */
	question.is_code[SLOT_INT] = question.is_code[SLOT_TEXT] = true;
	CHECK_EQ(lines_marks(&lines, &question, can), ERR_OK);
	shapes[3].text_len--; /* so that a mark goes over the end of a shape */
	shapes[4].text_len++;
	CHECK_EQ(lines_marks(&lines, &question, can), ERR_CORRUPT);
	buf_deinit(&lines.skeletons);
}

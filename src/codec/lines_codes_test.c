/* Codes of pieces stand for what the joined rows have there. */
#include "codec/lines_codes.h"

#include "codec/lines_sample.h"
#include "codec/packed.h"
#include "tap.h"

enum { ROWS = 3000 };

struct sample {
	struct buf bytes;
	int64_t times[ROWS];
	struct buf parts[LINES_PARTS];
	struct lines *lines;
	struct lines_rows rows;
	uint32_t *rows_of; /* rows of the shape that is asked, by rank */
};

static void sample_free(struct sample *sample) {
	lines_free(sample->lines);
	lines_rows_deinit(&sample->rows);
	for (size_t i = 0; i < LINES_PARTS; i++) {
		buf_deinit(&sample->parts[i]);
	}
	buf_deinit(&sample->bytes);
	free(sample->rows_of);
	free(sample);
}

static struct sample *sample_new(void) {
	size_t ends[ROWS];
	struct sample *sample = calloc(1, sizeof(*sample));
	struct lines_draft *draft = lines_draft_new();
	struct lines_cut *cut = lines_cut_new();
	struct str parts[LINES_PARTS];
	sample->rows_of = calloc(ROWS, sizeof(*sample->rows_of));
	for (uint32_t i = 0; i < ROWS; i++) {
		sample->times[i] = (1763078400 + (int64_t)i) * INSTANT_SECOND;
		sample_line(&sample->bytes, sample->times[i]);
		ends[i] = sample->bytes.len;
	}
	for (uint32_t i = 0; i < ROWS; i++) {
		lines_cut_add(cut, str_slice(buf_str(&sample->bytes), i == 0 ? 0 : ends[i - 1], ends[i]));
	}
	lines_draft_add(draft, cut, sample->times);
	lines_draft_mine(draft);
	lines_draft_put(draft, sample->parts);
	lines_draft_free(draft);
	for (size_t i = 0; i < LINES_PARTS; i++) {
		memset(buf_reserve(&sample->parts[i], PACKED_SLACK), 0, PACKED_SLACK);
		parts[i] = buf_str(&sample->parts[i]);
	}
	CHECK(lines_open(parts, NULL, ROWS, &sample->lines) == ERR_OK);
	CHECK(lines_join(sample->lines, 0, ROWS, sample->times, SIZE_MAX, &sample->rows) == ERR_OK);
	return sample;
}

static bool can(struct lines_coder *coder, const struct lines_piece *piece) {
	bool yes = false;
	CHECK(lines_coder_can(coder, piece, &yes) == ERR_OK);
	return yes;
}

static uint32_t find_rows(const struct sample *sample, uint32_t shape) {
	uint32_t count = 0;
	for (uint32_t i = 0; i < ROWS; i++) {
		if (sample->rows.shapes[i] == shape) {
			sample->rows_of[count++] = i;
		}
	}
	return count;
}

static struct lines_place any_place(const struct lines *lines, uint32_t shape) {
	uint32_t slots = lines_shape_slots(lines, shape);
	uint32_t slot = (uint32_t)(tap_random() % (slots + 1));
	if (slot < slots && tap_random() % 4 == 0) {
		return (struct lines_place){LINES_INSIDE, (uint16_t)slot, 1 + (uint32_t)(tap_random() % 3)};
	}
	uint32_t least = slot == 0 ? 0 : lines_shape_before(lines, shape, slot - 1);
	uint32_t most = lines_shape_before(lines, shape, slot);
	return (struct lines_place){LINES_LITERAL, (uint16_t)slot,
	                            least + (uint32_t)(tap_random() % (most - least + 1))};
}

/* What the joined rows have; false: a value is too short for a place in it. */
static bool expected(const struct sample *sample, uint32_t row, const struct lines_piece *piece,
                     struct str *out_text) {
	uint32_t from;
	uint32_t to;
	if (lines_rows_offset(&sample->rows, row, piece->from, &from) != ERR_OK ||
	    lines_rows_offset(&sample->rows, row, piece->to, &to) != ERR_OK || from > to) {
		return false;
	}
	const char *text = sample->rows.bytes.ptr + sample->rows.starts[row];
	*out_text = str_make(text + from, to - from);
	return true;
}

/* Some ranks of the shape, or all of them. */
static uint32_t choose_ranks(uint32_t count, uint32_t *ranks) {
	uint64_t every = 1 + tap_random() % 4;
	uint32_t chosen = 0;
	for (uint32_t i = 0; i < count; i++) {
		if (tap_random() % every == 0) {
			ranks[chosen++] = i;
		}
	}
	return chosen;
}

static uint32_t check_piece(const struct sample *sample, struct lines_coder *coder,
                            const struct lines_piece *piece) {
	static uint32_t codes[ROWS];
	uint32_t ranks[ROWS];
	uint32_t count = choose_ranks(find_rows(sample, piece->shape), ranks);
	bool all = count == lines_shape_rows(sample->lines, piece->shape);
	uint8_t tag = (uint8_t)(tap_random() % 3);
	struct str text;
	CHECK(lines_coder_piece(coder, tag, piece, all ? NULL : ranks, count, codes) == ERR_OK);
	for (uint32_t i = 0; i < count; i++) {
		bool there = expected(sample, sample->rows_of[ranks[i]], piece, &text);
		CHECK((codes[i] != 0) == there);
		CHECK(!there || str_eq(lines_coder_text(coder, codes[i]), text));
		CHECK(!there || lines_coder_tag(coder, codes[i]) == tag);
	}
	return count;
}

TEST(codes_are_the_texts_of_the_joined_rows) {
	size_t checked = 0;
	for (size_t round = 0; round < tap_rounds(3); round++) {
		struct sample *sample = sample_new();
		struct lines_coder *coder = lines_coder_new(sample->lines, UINT32_MAX);
		for (uint32_t i = 0; i < 400; i++) {
			struct lines_piece piece = {.shape = sample->rows.shapes[tap_random() % ROWS]};
			if (piece.shape == LINES_SHAPE_WHOLE) {
				continue;
			}
			CHECK(lines_shape_read(sample->lines, piece.shape) == ERR_OK);
			piece.from = any_place(sample->lines, piece.shape);
			piece.to = any_place(sample->lines, piece.shape);
			if (can(coder, &piece)) {
				checked += check_piece(sample, coder, &piece);
			}
		}
		CHECK(lines_coder_bytes(coder) > 0);
		lines_coder_free(coder);
		sample_free(sample);
	}
	CHECK(checked > 5000);
}

TEST(the_same_text_has_one_code_and_another_tag_another) {
	struct sample *sample = sample_new();
	struct lines_coder *coder = lines_coder_new(sample->lines, 3);
	uint32_t code;
	CHECK(lines_coder_value(coder, 1, STR("a"), &code) == ERR_OK && code == 1);
	CHECK(lines_coder_value(coder, 2, STR("a"), &code) == ERR_OK && code == 2);
	CHECK(lines_coder_value(coder, 1, STR(""), &code) == ERR_OK && code == 3);
	CHECK(lines_coder_value(coder, 1, STR("a"), &code) == ERR_OK && code == 1);
	CHECK(lines_coder_value(coder, 1, STR("b"), &code) == ERR_LIMIT);
	CHECK(lines_coder_value(coder, 2, STR("a"), &code) == ERR_OK && code == 2);
	CHECK(lines_coder_count(coder) == 3);
	CHECK_STR(lines_coder_text(coder, 3), "");
	lines_coder_free(coder);
	sample_free(sample);
}

TEST(places_that_lie_nowhere_are_refused) {
	struct sample *sample = sample_new();
	struct lines_coder *coder = lines_coder_new(sample->lines, 100);
	CHECK(lines_shape_read(sample->lines, 1) == ERR_OK);
	uint32_t slots = lines_shape_slots(sample->lines, 1);
	uint32_t literal = lines_shape_before(sample->lines, 1, slots);
	struct lines_place start = {LINES_LITERAL, 0, 0};
	struct lines_place end = {LINES_LITERAL, (uint16_t)slots, literal};
	CHECK(!can(coder, &(struct lines_piece){0, start, end}));
	CHECK(!can(coder, &(struct lines_piece){1, end, start}));
	end.at++;
	CHECK(!can(coder, &(struct lines_piece){1, start, end}));
	end = (struct lines_place){LINES_LITERAL, (uint16_t)(slots + 1), literal};
	CHECK(!can(coder, &(struct lines_piece){1, start, end}));
	end = (struct lines_place){LINES_INSIDE, (uint16_t)slots, 1};
	CHECK(!can(coder, &(struct lines_piece){1, start, end}));
	CHECK(!can(coder, &(struct lines_piece){1, end, start}));
	end = (struct lines_place){LINES_NOWHERE, 0, 0};
	CHECK(!can(coder, &(struct lines_piece){1, start, end}));
	lines_coder_free(coder);
	sample_free(sample);
}

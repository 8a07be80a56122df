/* Values that are asked one by one are those that joined lines show. */
#include "codec/lines_ask.h"

#include "base/bits.h"
#include "codec/lines_sample.h"
#include "codec/packed.h"
#include "tap.h"

enum { ROWS = 2000 };

struct sample {
	struct buf bytes;
	int64_t times[ROWS];
	struct buf parts[LINES_PARTS];
	struct lines *lines;
	struct lines_rows rows;
};

static void sample_deinit(struct sample *sample) {
	lines_free(sample->lines);
	lines_rows_deinit(&sample->rows);
	for (size_t i = 0; i < LINES_PARTS; i++) {
		buf_deinit(&sample->parts[i]);
	}
	buf_deinit(&sample->bytes);
}

static void sample_init(struct sample *sample) {
	size_t ends[ROWS];
	struct lines_draft *draft = lines_draft_new();
	struct lines_cut *cut = lines_cut_new();
	struct str parts[LINES_PARTS];
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
	REQUIRE(lines_open(parts, NULL, ROWS, &sample->lines) == ERR_OK);
	REQUIRE(lines_join(sample->lines, 0, ROWS, sample->times, SIZE_MAX, &sample->rows) == ERR_OK);
}

static struct str value_at(const struct sample *sample, uint32_t row, uint32_t slot) {
	const struct lines_span *span = &sample->rows.slots[sample->rows.slot_first[row] + slot];
	return str_make(sample->rows.bytes.ptr + sample->rows.starts[row] + span->offset, span->len);
}

static bool wanted(void *ctx, struct str value) {
	const char *digit = ctx;
	return memchr(value.ptr, *digit, value.len) != NULL;
}

static bool has_rank(const struct buf *ranks, uint32_t rank) {
	bool has = false;
	for (size_t at = 0; at < ranks->len; at += 4) {
		has |= le32_load(ranks->ptr + at) == rank;
	}
	return has;
}

/* The same is said of a few ranks when only these are asked. Returns their number. */
static size_t ask_few(struct lines_asker *asker, uint32_t rows, uint32_t shape, uint32_t slot,
                      enum lines_answer expected, const struct buf *all) {
	struct buf ranks CLEANUP(buf_deinit) = {0};
	uint32_t some[64];
	struct lines_few few = {.ranks = some};
	enum lines_answer answer;
	for (uint32_t rank = (uint32_t)(tap_random() % 32); rank < rows && few.count < 64;
	     rank += 1 + (uint32_t)(tap_random() % 64)) {
		some[few.count++] = rank;
	}
	CHECK_EQ(lines_ask(asker, shape, slot, &few, &ranks, &answer), ERR_OK);
	CHECK_EQ(answer, expected);
	for (size_t i = 0; i < few.count && answer == LINES_SOME; i++) {
		CHECK_EQ(has_rank(&ranks, some[i]), has_rank(all, some[i]));
	}
	return few.count;
}

TEST(values_that_match_are_those_of_the_joined_lines) {
	static const char digits[] = {'7', 'a', '3', '9'};
	size_t asked = 0;
	size_t few = 0;
	for (size_t round = 0; round < tap_rounds(4); round++) {
		struct sample *sample = calloc(1, sizeof(*sample));
		char digit = digits[round % sizeof(digits)];
		sample_init(sample);
		struct lines_asker *asker = lines_asker_new(sample->lines, wanted, &digit);
		for (uint32_t shape = 1; shape < lines_shapes(sample->lines); shape++) {
			REQUIRE(lines_shape_read(sample->lines, shape) == ERR_OK);
			for (uint32_t slot = 0; slot < lines_shape_slots(sample->lines, shape); slot++) {
				struct buf ranks CLEANUP(buf_deinit) = {0};
				struct buf rows CLEANUP(buf_deinit) = {0};
				uint64_t bits[(ROWS + 63) / 64] = {0};
				enum lines_answer answer;
				CHECK(lines_ask(asker, shape, slot, NULL, &ranks, &answer) == ERR_OK);
				few += ask_few(asker, lines_shape_rows(sample->lines, shape), shape, slot, answer,
				               &ranks);
				if (answer == LINES_SOME) {
					CHECK(lines_rows_of(sample->lines, shape, (const uint32_t *)(void *)ranks.ptr,
					                    ranks.len / 4, &rows) == ERR_OK);
				}
				for (size_t at = 0; at < rows.len; at += 4) {
					bits_set(bits, le32_load(rows.ptr + at));
				}
				for (uint32_t row = 0; row < ROWS && answer != LINES_OPEN; row++) {
					if (sample->rows.shapes[row] == shape) {
						bool truth = wanted(&digit, value_at(sample, row, slot));
						bool found = answer == LINES_ALL || bits_get(bits, row);
						REQUIRE(truth == found);
						asked++;
					}
				}
			}
		}
		lines_asker_free(asker);
		sample_deinit(sample);
		free(sample);
	}
	CHECK(asked > 1000);
	CHECK(few > 1000);
}

TEST(all_rows_of_a_shape_are_marked) {
	struct sample *sample = calloc(1, sizeof(*sample));
	uint64_t bits[(ROWS + 63) / 64] = {0};
	sample_init(sample);
	bool *shapes = calloc(lines_shapes(sample->lines), sizeof(*shapes));
	for (uint32_t i = 0; i < lines_shapes(sample->lines); i += 2) {
		shapes[i] = true;
	}
	CHECK(lines_shape_bits(sample->lines, shapes, bits) == ERR_OK);
	for (uint32_t row = 0; row < ROWS; row++) {
		CHECK_EQ(bits_get(bits, row), sample->rows.shapes[row] % 2 == 0);
	}
	free(shapes);
	sample_deinit(sample);
	free(sample);
}

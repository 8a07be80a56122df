/* Values by rank are those that a slot has when all are asked. */
#include "codec/slot_some.h"

#include "codec/lines_open.h"
#include "codec/lines_opened.h"
#include "codec/texts_parts.h"

enum { ROWS = 6000 };

/* Near each other, far from each other, or all. */
static uint32_t some_ranks(uint32_t rows, uint32_t *ranks) {
	uint32_t count = 0;
	uint64_t gap = tap_random() % 3 == 0 ? 1 : tap_random() % 100 + 1;
	for (uint64_t at = tap_random() % gap; at < rows; at += 1 + tap_random() % gap) {
		ranks[count++] = (uint32_t)at;
	}
	return count;
}

static void check_texts(struct lines *lines, const struct slot *slot, const uint32_t *ranks,
                        uint32_t count, const uint64_t *values) {
	for (uint32_t i = 0; i < count; i++) {
		struct buf all CLEANUP(buf_deinit) = {0};
		struct str text = STR("");
		uint32_t len;
		CHECK(slot_texts(&lines->shared, slot, ranks[i], 1, SIZE_MAX, &all, &len) == ERR_OK);
		CHECK(values[i] < lines->shared.texts->strings);
		CHECK(texts_string(lines->shared.texts, (size_t)values[i], &text) == ERR_OK);
		CHECK(str_eq(text, buf_str(&all)));
	}
}

static void check_slot(struct lines *lines, const struct slot *slot, size_t *seen) {
	static uint32_t ranks[ROWS];
	static uint64_t values[ROWS];
	uint32_t count = some_ranks((uint32_t)slot->count, ranks);
	uint64_t one;
	seen[slot->form]++;
	if (slot->form == SLOT_AS_TEXTS) {
		slot_strings_some(&lines->shared, slot, ranks, count, values);
		check_texts(lines, slot, ranks, count, values);
		return;
	}
	if (slot->form == SLOT_AS_STAMP || slot->form == SLOT_AS_WORD) {
		return;
	}
	if (slot->form == SLOT_AS_WORDS) {
		slot_codes_some(slot, ranks, count, values);
	} else {
		slot_numbers_some(&lines->shared, slot, ranks, count, values);
	}
	for (uint32_t i = 0; i < count; i++) {
		if (slot->form == SLOT_AS_WORDS) {
			slot_codes(slot, ranks[i], 1, &one);
		} else {
			slot_numbers(&lines->shared, slot, ranks[i], 1, NULL, &one);
		}
		CHECK_EQ(values[i], one);
	}
}

TEST(some_values_are_those_of_all) {
	struct sample sample CLEANUP(sample_deinit) = {0};
	size_t seen[SLOT_FORMS] = {0};
	sample_init(&sample, ROWS, sample_line);
	struct lines *lines = sample.lines;
	REQUIRE(lines != NULL);
	for (uint32_t shape = 1; shape < lines_shapes(lines); shape++) {
		CHECK(lines_shape_read(lines, shape) == ERR_OK);
		for (uint32_t i = 0; i < lines_shape_slots(lines, shape); i++) {
			const struct slot *slot;
			CHECK(lines_use_slot(lines, shape, i, &slot) == ERR_OK);
			check_slot(lines, slot, seen);
		}
	}
	CHECK(seen[SLOT_AS_TEXTS] > 0);
	CHECK(seen[SLOT_AS_WORDS] > 0);
	CHECK(seen[SLOT_AS_POOLED] > 0);
	CHECK(seen[SLOT_AS_FIXED] > 0);
}

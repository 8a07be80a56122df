/* What goes in comes out to the byte, from any row on, and places mean the same before and after.
 */
#include "codec/lines.h"

#include "base/instant.h"
#include "codec/lines_column.h"
#include "codec/lines_private.h"
#include "codec/lines_sample.h"
#include "codec/packed.h"
#include "tap.h"

enum { PLACES = 3 };

struct sample { /* rows in batches */
	struct buf bytes;
	struct str *texts;
	int64_t *times;
	uint32_t rows;
	uint32_t *offsets; /* PLACES of each row */
	struct lines_place *places;
	uint32_t *cut_of, *row_of; /* row_of: its kind << 16 | its number in the cut */
	struct buf parts[LINES_PARTS];
	struct str opened[LINES_PARTS];
	struct lines *lines;
};

static void sample_deinit(struct sample *sample) {
	lines_free(sample->lines);
	for (size_t i = 0; i < LINES_PARTS; i++) {
		buf_deinit(&sample->parts[i]);
	}
	buf_deinit(&sample->bytes);
	free(sample->texts);
	free(sample->times);
	free(sample->offsets);
	free(sample->places);
	free(sample->cut_of);
	free(sample->row_of);
}

static void make_texts(struct sample *sample, uint32_t rows, bool random) {
	size_t *ends = calloc(rows + 1, sizeof(*ends));
	int64_t time = 1763078400 * INSTANT_SECOND;
	sample->rows = rows;
	sample->texts = calloc(rows + 1, sizeof(*sample->texts));
	sample->times = calloc(rows + 1, sizeof(*sample->times));
	sample->offsets = calloc((size_t)rows * PLACES + 1, sizeof(*sample->offsets));
	sample->places = calloc((size_t)rows * PLACES + 1, sizeof(*sample->places));
	sample->cut_of = calloc(rows + 1, sizeof(*sample->cut_of));
	sample->row_of = calloc(rows + 1, sizeof(*sample->row_of));
	for (uint32_t i = 0; i < rows; i++) {
		time += (int64_t)(tap_random() % 3000) * 1000000;
		sample->times[i] = time;
		if (random) {
			sample_line(&sample->bytes, time);
		} else {
			buf_printf(&sample->bytes, "line %u of 10.0.0.%u", i, i % 7);
		}
		ends[i] = sample->bytes.len;
	}
	for (uint32_t i = 0; i < rows; i++) {
		size_t start = i == 0 ? 0 : ends[i - 1];
		sample->texts[i] =
		    str_make(sample->bytes.len == 0 ? "" : sample->bytes.ptr + start, ends[i] - start);
	}
	free(ends);
}

/* Cuts in batches; notes some places of each row. */
static struct lines_draft *make_draft(struct sample *sample, uint32_t batch) {
	struct lines_draft *draft = lines_draft_new();
	for (uint32_t first = 0, number = 0; first < sample->rows; first += batch, number++) {
		uint32_t count = MIN_OF(batch, sample->rows - first);
		struct lines_cut *cut = lines_cut_new();
		for (uint32_t i = 0; i < count; i++) {
			lines_cut_add(cut, sample->texts[first + i]);
			sample->cut_of[first + i] = number;
		}
		for (uint32_t i = 0; i < count * PLACES; i++) {
			uint32_t row = first + i / PLACES;
			uint32_t offset = (uint32_t)(tap_random() % (sample->texts[row].len + 1));
			sample->offsets[first * PLACES + i] = offset;
			sample->places[first * PLACES + i] = lines_cut_place(cut, i / PLACES, offset);
		}
		for (uint32_t i = 0; i < count; i++) {
			CHECK(lines_cut_kind(cut, i) < lines_cut_kinds(cut));
			CHECK(str_eq(lines_cut_text(cut, i), sample->texts[first + i]));
			sample->row_of[first + i] = lines_cut_kind(cut, i) << 16 | i;
		}
		CHECK(lines_cut_bytes(cut) > 0);
		lines_draft_add(draft, cut, sample->times + first);
	}
	CHECK_EQ(lines_draft_rows(draft), sample->rows);
	lines_draft_mine(draft);
	for (uint32_t i = 0; i < sample->rows * PLACES; i++) {
		uint32_t row = i / PLACES;
		uint32_t kind = sample->row_of[row] >> 16;
		struct lines_place place =
		    lines_draft_place(draft, sample->cut_of[row], kind, sample->places[i]);
		uint32_t offset = lines_draft_offset(draft, sample->cut_of[row],
		                                     sample->row_of[row] & 0xffff, sample->places[i]);
		CHECK_EQ(offset, sample->offsets[i]);
		CHECK_EQ(lines_draft_kind_shape(draft, sample->cut_of[row], kind),
		         lines_draft_shape_of(draft)[row]);
		sample->places[i] = place;
	}
	return draft;
}

static void make_lines(struct sample *sample, uint32_t batch) {
	struct lines_draft *draft = make_draft(sample, batch);
	lines_draft_put(draft, sample->parts);
	for (size_t i = 0; i < LINES_PARTS; i++) {
		struct buf *part = &sample->parts[i];
		sample->opened[i] = buf_str(part);
		memset(buf_reserve(part, PACKED_SLACK), 0xa5, PACKED_SLACK);
		sample->opened[i].ptr = part->ptr;
	}
	REQUIRE(lines_open(sample->opened, NULL, sample->rows, &sample->lines) == ERR_OK);
	CHECK_EQ(lines_shapes(sample->lines), lines_draft_shapes(draft));
	lines_draft_free(draft);
}

static void check_rows(struct sample *sample, uint32_t first, uint32_t count) {
	struct lines_rows rows CLEANUP(lines_rows_deinit) = {0};
	REQUIRE(lines_join(sample->lines, first, count, sample->times + first, SIZE_MAX, &rows) ==
	        ERR_OK);
	CHECK_EQ(rows.count, count);
	for (uint32_t i = 0; i < count; i++) {
		struct str text = str_slice(buf_str(&rows.bytes), rows.starts[i], rows.starts[i + 1]);
		REQUIRE(str_eq(text, sample->texts[first + i]));
		for (uint32_t k = 0; k < PLACES; k++) {
			uint32_t at = (first + i) * PLACES + k;
			uint32_t offset = 0;
			if (sample->places[at].where != LINES_NOWHERE) {
				REQUIRE(lines_rows_offset(&rows, i, sample->places[at], &offset) == ERR_OK);
				REQUIRE(offset == sample->offsets[at]);
			}
		}
	}
}

/* Compared in place: rows are the same, places too, and one that is another is told. */
static void check_same(struct sample *sample, uint32_t first, uint32_t count) {
	struct lines_rows joined CLEANUP(lines_rows_deinit) = {0};
	struct lines_rows rows CLEANUP(lines_rows_deinit) = {0};
	const int64_t *times = sample->times + first;
	struct str *texts = sample->texts + first;
	uint32_t other = 0;
	REQUIRE(lines_join(sample->lines, first, count, times, SIZE_MAX, &joined) == ERR_OK);
	REQUIRE(lines_same(sample->lines, first, count, times, texts, &rows, &other) == ERR_OK);
	CHECK_EQ(other, UINT32_MAX);
	CHECK(memcmp(rows.starts, joined.starts, (count + 1) * sizeof(*rows.starts)) == 0);
	CHECK(memcmp(rows.slot_first, joined.slot_first, (count + 1) * sizeof(*rows.slot_first)) == 0);
	for (uint32_t i = 0; i < rows.slot_first[count]; i++) {
		REQUIRE(memcmp(&rows.slots[i], &joined.slots[i], sizeof(*rows.slots)) == 0);
	}
	for (uint32_t i = 0; i < 8 && count > 0; i++) {
		uint32_t row = (uint32_t)(tap_random() % count);
		struct str text = texts[row];
		char *changed = malloc(text.len + 1); /* no byte more may be read */
		memcpy(changed, text.ptr, text.len);
		changed[text.len] = '7';
		size_t len = i % 4 == 1                   ? text.len + 1
		             : i % 4 == 2 && text.len > 0 ? text.len - 1
		                                          : text.len;
		if (i % 4 == 3 && len > 0) {
			changed[tap_random() % len] ^= 1;
		}
		char *tight = len == text.len + 1 ? changed : memcpy(malloc(MAX_OF(len, 1)), changed, len);
		bool same = len == text.len && memcmp(tight, text.ptr, len) == 0;
		texts[row] = str_make(tight, len);
		enum err err = lines_same(sample->lines, first, count, times, texts, &rows, &other);
		REQUIRE(err == ERR_OK || (err == ERR_LIMIT && len < text.len));
		CHECK(err != ERR_OK || other == (same ? UINT32_MAX : row));
		texts[row] = text;
		if (tight != changed) {
			free(tight);
		}
		free(changed);
	}
}

/* One slot of each row, by chance, is what the joined row has there. */
static void check_column(struct sample *sample, uint32_t first, uint32_t count) {
	struct lines_rows rows CLEANUP(lines_rows_deinit) = {0};
	struct buf bytes CLEANUP(buf_deinit) = {0};
	uint16_t *slots = calloc(count + 1, sizeof(*slots));
	uint32_t *lens = calloc(count + 1, sizeof(*lens));
	CHECK(lines_join(sample->lines, first, count, sample->times + first, SIZE_MAX, &rows) ==
	      ERR_OK);
	for (uint32_t i = 0; i < count; i++) {
		uint32_t has = rows.slot_first[i + 1] - rows.slot_first[i];
		bool none = rows.shapes[i] == LINES_SHAPE_WHOLE || has == 0 || tap_random() % 8 == 0;
		slots[i] = (uint16_t)(none ? (uint32_t)LINES_NO_SLOT : rows.shapes[i] % has);
	}
	CHECK(lines_column(sample->lines, rows.shapes, rows.ranks, slots, sample->times + first, count,
	                   SIZE_MAX, &bytes, lens) == ERR_OK);
	size_t at = 0;
	for (uint32_t i = 0; i < count; i++) {
		struct str value = STR("");
		if (slots[i] != LINES_NO_SLOT) {
			const struct lines_span *span = &rows.slots[rows.slot_first[i] + slots[i]];
			value = str_make(rows.bytes.ptr + rows.starts[i] + span->offset, span->len);
		}
		REQUIRE(lens[i] == value.len);
		REQUIRE(value.len == 0 || memcmp(bytes.ptr + at, value.ptr, value.len) == 0);
		at += lens[i];
	}
	CHECK_EQ(at, bytes.len);
	if (count > 0 && rows.shapes[0] != LINES_SHAPE_WHOLE) {
		slots[0] = 5000;
		CHECK(lines_column(sample->lines, rows.shapes, rows.ranks, slots, sample->times + first, 1,
		                   SIZE_MAX, &bytes, lens) == ERR_CORRUPT);
	}
	free(slots);
	free(lens);
}

static void check_some(struct sample *sample, unsigned one_in) {
	struct lines_rows rows CLEANUP(lines_rows_deinit) = {0};
	uint32_t *which = calloc(sample->rows + 1, sizeof(*which));
	int64_t *times = calloc(sample->rows + 1, sizeof(*times));
	uint32_t count = 0;
	for (uint32_t i = 0; i < sample->rows; i++) {
		if (tap_random() % one_in == 0) {
			times[count] = sample->times[i];
			which[count++] = i;
		}
	}
	CHECK(lines_join_some(sample->lines, which, count, times, SIZE_MAX, &rows) == ERR_OK);
	for (uint32_t i = 0; i < count; i++) {
		struct str text = str_slice(buf_str(&rows.bytes), rows.starts[i], rows.starts[i + 1]);
		CHECK(str_eq(text, sample->texts[which[i]]));
	}
	free(which);
	free(times);
}

TEST(lines_of_many_kinds_come_back_to_the_byte) {
	for (size_t round = 0; round < tap_rounds(20); round++) {
		struct sample sample CLEANUP(sample_deinit) = {0};
		make_texts(&sample, (uint32_t)(tap_random() % (round % 4 == 0 ? 6000 : 300)), true);
		make_lines(&sample, 1 + (uint32_t)(tap_random() % 500));
		REQUIRE(sample.lines != NULL);
		check_some(&sample, 2); /* before anything else was asked */
		check_rows(&sample, 0, sample.rows);
		check_same(&sample, 0, sample.rows);
		check_some(&sample, 1 + (unsigned)(tap_random() % 3));
		check_some(&sample, 100);
		check_column(&sample, sample.rows / 3, sample.rows - sample.rows / 3);
		for (size_t i = 0; i < 20 && sample.rows > 0; i++) {
			uint32_t first = (uint32_t)(tap_random() % sample.rows);
			check_rows(&sample, first, (uint32_t)(tap_random() % (sample.rows - first + 1)));
			check_same(&sample, first, (uint32_t)(tap_random() % (sample.rows - first + 1)));
		}
	}
}

TEST(rows_of_one_kind_are_one_shape) {
	struct sample sample CLEANUP(sample_deinit) = {0};
	make_texts(&sample, 1000, false);
	make_lines(&sample, 300);
	REQUIRE(sample.lines != NULL);
	CHECK_EQ(lines_shapes(sample.lines), 2);
	CHECK_EQ(lines_shape_rows(sample.lines, 1), 1000);
	REQUIRE(lines_shape_read(sample.lines, 1) == ERR_OK);
	CHECK_EQ(lines_shape_slots(sample.lines, 1), 2);
	CHECK_STR(lines_shape_literal(sample.lines, 1), "line  of ");
	check_rows(&sample, 0, 1000);
	size_t bytes = 0;
	for (size_t i = 0; i < LINES_PARTS; i++) {
		bytes += sample.opened[i].len;
	}
	CHECK(bytes < 1200);
}

TEST(more_bytes_than_are_allowed_are_refused) {
	struct sample sample CLEANUP(sample_deinit) = {0};
	struct lines_rows rows CLEANUP(lines_rows_deinit) = {0};
	make_texts(&sample, 100, false);
	make_lines(&sample, 100);
	REQUIRE(sample.lines != NULL);
	CHECK(lines_join(sample.lines, 0, 100, sample.times, 100, &rows) == ERR_LIMIT);
	CHECK(lines_join(sample.lines, 0, 100, sample.times, 10000, &rows) == ERR_OK);
}

/* Few bytes that stand for many: refused before the memory is asked for. */
TEST(a_long_word_of_many_rows_is_refused_in_time) {
	struct sample sample CLEANUP(sample_deinit) = {0};
	struct lines_rows rows CLEANUP(lines_rows_deinit) = {0};
	make_texts(&sample, 4000, false);
	char *text = calloc(1, 100000);
	for (size_t i = 0; i < 100000; i++) { /* a word, neither letters nor digits alone */
		text[i] = "xq7z"[i % 4];
	}
	for (uint32_t i = 0; i < sample.rows; i++) {
		sample.texts[i] = str_make(text, 100000);
	}
	make_lines(&sample, 1000);
	REQUIRE(sample.lines != NULL);
	CHECK(lines_join(sample.lines, 0, 4000, sample.times, 1 << 20, &rows) == ERR_LIMIT);
	CHECK(sample.lines != NULL && lines_bytes(sample.lines) < 4 << 20);
	CHECK(lines_join(sample.lines, 0, 5, sample.times, 1 << 20, &rows) == ERR_OK);
	free(text);
}

TEST(damaged_parts_are_refused_or_give_other_lines) {
	struct lines_rows rows CLEANUP(lines_rows_deinit) = {0};
	size_t refused = 0;
	for (size_t round = 0; round < tap_rounds(300); round++) {
		struct sample sample CLEANUP(sample_deinit) = {0};
		make_texts(&sample, 1 + (uint32_t)(tap_random() % 200), true);
		make_lines(&sample, 64);
		REQUIRE(sample.lines != NULL);
		lines_free(sample.lines);
		sample.lines = NULL;
		size_t part = tap_random() % LINES_PARTS;
		if (sample.opened[part].len == 0) {
			continue;
		}
		((char *)sample.parts[part].ptr)[tap_random() % sample.opened[part].len] ^=
		    (char)(1 << tap_random() % 8);
		if (lines_open(sample.opened, NULL, sample.rows, &sample.lines) != ERR_OK) {
			refused++;
			continue;
		}
		enum err err = lines_join(sample.lines, 0, sample.rows, sample.times, 1 << 24, &rows);
		CHECK(err == ERR_OK || err == ERR_CORRUPT || err == ERR_LIMIT);
	}
	CHECK(refused > 0);
}

TEST(a_cut_that_knows_how_many_rows_come_asks_for_their_memory_once) {
	enum { ROWS = 4096 };
	static char texts[ROWS][64];
	struct lines_cut *cuts[2] = {lines_cut_new(), lines_cut_new()};
	lines_cut_expect(cuts[1], ROWS);
	for (uint32_t row = 0; row < ROWS; row++) {
		int len = snprintf(texts[row], sizeof(texts[row]), "port %u of %u, %u", row, row * 7, row);
		lines_cut_add(cuts[0], str_make(texts[row], (size_t)len));
		lines_cut_add(cuts[1], str_make(texts[row], (size_t)len));
		if (row == ROWS / 2) { /* all of it is there already */
			CHECK(lines_cut_bytes(cuts[1]) > lines_cut_bytes(cuts[0]));
		}
	}
	size_t values = 3 * ROWS * sizeof(struct cut_value);
	size_t rows = ROWS * sizeof(struct lines_cut_row);
	CHECK(lines_cut_bytes(cuts[1]) >= values + rows);
	CHECK(lines_cut_bytes(cuts[1]) <= (values + rows) * 17 / 16);
	/* Fewer rows than were expected, or more, are no harm. */
	lines_cut_expect(cuts[1], 1);
	lines_cut_add(cuts[1], STR("port 1 of 2, 3"));
	CHECK_EQ(lines_cut_rows(cuts[1]), ROWS + 1);
	lines_cut_free(cuts[0]);
	lines_cut_free(cuts[1]);
}

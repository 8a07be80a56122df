/* What is found in shapes and columns is compared with a look at each line. */
#include "codec/lines_find.h"

#include "base/bits.h"
#include "codec/lines_ask.h"
#include "codec/lines_opened.h"

static bool has(struct str text, struct str needle, bool fold) {
	for (size_t i = 0; i + needle.len <= text.len; i++) {
		size_t k = 0;
		while (k < needle.len &&
		       (fold ? char_lower(text.ptr[i + k]) : text.ptr[i + k]) == needle.ptr[k]) {
			k++;
		}
		if (k == needle.len) {
			return true;
		}
	}
	return false;
}

struct tally {
	size_t truth, maybe, sure, once, elsewhere, whole;
};

/* Only rows of some shapes are asked: these have the answers that they have among all. */
static void compare_shapes(struct sample *sample, const struct lines_needle *needle,
                           const uint64_t *all) {
	size_t count = lines_shapes(sample->lines);
	bool *shapes = calloc(count, sizeof(*shapes));
	bool *asked = calloc(count, sizeof(*asked));
	bool *found = calloc(count, sizeof(*found));
	uint32_t *shape_of = calloc(sample->rows, sizeof(*shape_of));
	uint64_t *maybe = calloc(bits_words(sample->rows) + 1, sizeof(*maybe));
	for (size_t i = 0; i < count; i++) {
		shapes[i] = asked[i] = tap_random() % 3 != 0;
	}
	CHECK(lines_order(sample->lines, 0, sample->rows, shape_of, NULL) == ERR_OK);
	CHECK(lines_find(sample->lines, needle, shapes, maybe, NULL) == ERR_OK);
	for (uint32_t i = 0; i < sample->rows; i++) {
		CHECK_EQ(bits_get(maybe, i), asked[shape_of[i]] && bits_get(all, i));
		found[shape_of[i]] |= bits_get(maybe, i);
	}
	CHECK(memcmp(found, shapes, count * sizeof(*found)) == 0);
	free(shapes);
	free(asked);
	free(found);
	free(shape_of);
	free(maybe);
}

/* How often the needle stands in text, at *out_last for the last time. */
static size_t times_in(struct str text, struct str needle, bool fold, size_t *out_last) {
	size_t count = 0;
	for (size_t i = 0; i + needle.len <= text.len; i++) {
		if (has(str_slice(text, i, i + needle.len), needle, fold)) {
			*out_last = i;
			count++;
		}
	}
	return count;
}

/* A row has the needle at the place of its shape alone, or is said to have it elsewhere, or not. */
static void compare_once(struct sample *sample, const struct lines_needle *needle,
                         struct tally *tally) {
	struct lines_rows rows CLEANUP(lines_rows_deinit) = {0};
	struct buf once CLEANUP(buf_deinit) = {0};
	size_t shapes = lines_shapes(sample->lines);
	const struct lines_once **of_shape = calloc(shapes, sizeof(struct lines_once *));
	uint64_t *elsewhere = calloc(bits_words(sample->rows) + 1, sizeof(*elsewhere));
	CHECK(lines_find_once(sample->lines, needle, NULL, &once, elsewhere) == ERR_OK);
	const struct lines_once *all = (const struct lines_once *)(void *)once.ptr;
	for (size_t i = 0; i < once.len / sizeof(*all); i++) {
		CHECK(i == 0 || all[i].shape > all[i - 1].shape);
		of_shape[all[i].shape] = &all[i];
	}
	REQUIRE(lines_join(sample->lines, 0, sample->rows, sample->times, SIZE_MAX, &rows) == ERR_OK);
	for (uint32_t i = 0; i < sample->rows; i++) {
		size_t last = 0;
		uint32_t from = 0;
		size_t times = times_in(text_at(sample, i), needle->bytes, needle->mask != NULL, &last);
		const struct lines_once *one = of_shape[rows.shapes[i]];
		if (one != NULL) {
			tally->once++;
			CHECK(lines_rows_offset(&rows, i, one->from, &from) == ERR_OK);
			CHECK(has(str_slice(text_at(sample, i), from, from + needle->bytes.len), needle->bytes,
			          needle->mask != NULL));
		}
		if (!bits_get(elsewhere, i)) {
			CHECK_EQ(times, one != NULL);
			CHECK(one == NULL || last == from);
		}
		tally->elsewhere += bits_get(elsewhere, i);
	}
	free(of_shape);
	free(elsewhere);
}

/* Either the bits are those of lines_find, or the shapes are those of the rows that have it. */
static void compare_whole(struct sample *sample, const struct lines_needle *needle,
                          const uint64_t *all, struct tally *tally) {
	size_t words = bits_words(sample->rows);
	bool *shapes = calloc(lines_shapes(sample->lines), sizeof(*shapes));
	uint64_t *maybe = calloc(words + 1, sizeof(*maybe));
	uint64_t *sure = calloc(words + 1, sizeof(*sure));
	bool whole = false;
	memset(shapes, true, lines_shapes(sample->lines));
	CHECK(lines_find_shapes(sample->lines, needle, shapes, maybe, sure, &whole) == ERR_OK);
	if (whole) {
		CHECK_EQ(bits_count(maybe, sample->rows) + bits_count(sure, sample->rows), 0);
		CHECK(lines_shape_bits(sample->lines, shapes, maybe) == ERR_OK);
		tally->whole += bits_count(maybe, sample->rows) > 0;
	}
	CHECK(memcmp(maybe, all, words * sizeof(*maybe)) == 0);
	free(shapes);
	free(maybe);
	free(sure);
}

/* Shape by shape it is the same. */
static void compare_ranks(struct sample *sample, const struct lines_needle *needle) {
	uint32_t *shapes = calloc(sample->rows, sizeof(*shapes));
	uint32_t *ranks = calloc(sample->rows, sizeof(*ranks));
	uint64_t *found = calloc(bits_words(sample->rows) + 1, sizeof(*found));
	struct lines_finder *finder = lines_finder_new(sample->lines, needle);
	CHECK(lines_order(sample->lines, 0, sample->rows, shapes, ranks) == ERR_OK);
	for (uint32_t shape = 1; shape < lines_shapes(sample->lines); shape++) {
		memset(found, 0, bits_words(sample->rows) * sizeof(*found));
		CHECK(lines_finder_ranks(finder, shape, found) == ERR_OK);
		CHECK(bits_count(found, sample->rows) ==
		      bits_count(found, lines_shape_rows(sample->lines, shape)));
		for (uint32_t i = 0; i < sample->rows; i++) {
			if (shapes[i] == shape &&
			    has(text_at(sample, i), needle->bytes, needle->mask != NULL)) {
				CHECK(bits_get(found, ranks[i]));
			}
		}
	}
	lines_finder_free(finder);
	free(shapes);
	free(ranks);
	free(found);
}

static void compare(struct sample *sample, struct str needle, bool fold, struct tally *tally) {
	char mask[64] = {0};
	for (size_t i = 0; i < needle.len; i++) {
		mask[i] = char_is_alpha(needle.ptr[i]) ? 0x20 : 0;
	}
	struct lines_needle asked = {needle, fold ? mask : NULL, false, false};
	uint64_t *maybe = calloc(bits_words(sample->rows) + 1, sizeof(*maybe));
	uint64_t *sure = calloc(bits_words(sample->rows) + 1, sizeof(*sure));
	uint64_t *alone = calloc(bits_words(sample->rows) + 1, sizeof(*alone));
	CHECK(lines_find(sample->lines, &asked, NULL, maybe, sure) == ERR_OK);
	CHECK(lines_find(sample->lines, &asked, NULL, alone, NULL) == ERR_OK);
	compare_shapes(sample, &asked, alone);
	if (tap_random() % 16 == 0) {
		compare_once(sample, &asked, tally);
		compare_ranks(sample, &asked);
		compare_whole(sample, &asked, maybe, tally);
	}
	for (uint32_t i = 0; i < sample->rows; i++) {
		bool truth = has(text_at(sample, i), needle, fold);
		if ((truth && !(bits_get(maybe, i) && bits_get(alone, i))) ||
		    (!truth && bits_get(sure, i))) {
			CHECK_STR(needle, ""); /* to see it */
			CHECK_STR(text_at(sample, i), "");
			break;
		}
		tally->truth += truth;
		tally->maybe += bits_get(maybe, i);
		tally->sure += bits_get(sure, i);
	}
	free(maybe);
	free(sure);
	free(alone);
}

TEST(pieces_of_lines_are_found_where_they_are) {
	struct tally tally = {0};
	for (size_t round = 0; round < tap_rounds(12); round++) {
		struct sample sample CLEANUP(sample_deinit) = {0};
		sample_init(&sample, 1 + (uint32_t)(tap_random() % 1500), sample_line);
		REQUIRE(sample.lines != NULL);
		for (size_t i = 0; i < 60; i++) {
			struct str text = text_at(&sample, (uint32_t)(tap_random() % sample.rows));
			char needle[40];
			size_t len = 1 + tap_random() % (sizeof(needle) - 1);
			if (text.len == 0) {
				continue;
			}
			len = MIN_OF(len, text.len);
			memcpy(needle, text.ptr + tap_random() % (text.len - len + 1), len);
			if (tap_random() % 4 == 0) { /* mostly in no line */
				needle[tap_random() % len] = text.ptr[tap_random() % text.len];
			}
			bool fold = tap_random() % 2 == 0;
			for (size_t k = 0; fold && k < len; k++) {
				needle[k] = char_lower(needle[k]);
			}
			compare(&sample, str_make(needle, len), fold, &tally);
		}
	}
	/* Short pieces, and those of times, are looked up but in part. */
	CHECK(tally.truth > 1000);
	CHECK(tally.maybe < 2 * tally.truth);
	CHECK(tally.once > 100);
	CHECK(tally.whole > 3);
	CHECK(tally.elsewhere > 100);
	CHECK(tally.sure > tally.truth / 2);
}

enum { KINDS = 100, TOKEN = 9 };

/* Lines of many kinds, with a string that stands once in each. */
static void token_line(struct buf *out, int64_t time_ns) {
	unsigned kind = (unsigned)(time_ns / INSTANT_SECOND % KINDS);
	for (unsigned i = 0; i < kind; i++) {
		buf_append_str(out, STR("go "));
	}
	for (size_t i = 0; i < TOKEN; i++) {
		buf_append_char(out, (char)((i % 2 == 0 ? 'g' : '0') + tap_random() % 10));
	}
	buf_append_str(out, STR(" was taken"));
}

/* Shapes are passed over in groups: the first and the last string of each must be found. */
TEST(strings_of_all_shapes_are_found) {
	struct tally tally = {0};
	struct sample sample CLEANUP(sample_deinit) = {0};
	sample_init(&sample, 20 * KINDS, token_line);
	REQUIRE(sample.lines != NULL);
	REQUIRE(lines_shapes(sample.lines) > 2 * LINES_GROUP);
	for (uint32_t i = 0; i < sample.rows; i++) {
		struct str text = text_at(&sample, i);
		size_t end = text.len - STR(" was taken").len;
		compare(&sample, str_slice(text, end - TOKEN, end), false, &tally);
	}
	CHECK(tally.truth >= sample.rows);
	CHECK_EQ(tally.maybe, tally.truth);
}

static void plain_line(struct buf *out, int64_t time_ns) {
	(void)time_ns;
	buf_printf(out, "Failed password for %s from 10.0.%u.%u port %u",
	           tap_random() % 2 ? "root" : "admin", (unsigned)(tap_random() % 3),
	           (unsigned)(tap_random() % 200), (unsigned)(tap_random() % 60000));
}

TEST(words_of_literals_and_whole_numbers_are_sure) {
	static const char *const needles[] = {"ssword fo", "10.0.1.77", "for root from", "nowhere",
	                                      "port 5"};
	struct sample sample CLEANUP(sample_deinit) = {0};
	sample_init(&sample, 2000, plain_line);
	REQUIRE(sample.lines != NULL);
	for (size_t i = 0; i < ARRAY_LEN(needles); i++) {
		struct tally tally = {0};
		compare(&sample, str_from(needles[i]), false, &tally);
		CHECK_EQ(tally.sure, tally.maybe);
		CHECK_EQ(tally.truth, tally.maybe);
	}
}

/* ---- words ---- */

static bool is_word(char c) {
	return c == '_' || char_is_alpha(c) || char_is_digit(c);
}

/* Whether the needle stands in text with no ASCII byte of a word beside it; strictly: with no other
 * byte than ASCII either, and whatever the needle ends with. */
static bool has_word(struct str text, struct str needle, bool strictly) {
	for (size_t i = 0; i + needle.len <= text.len; i++) {
		size_t end = i + needle.len;
		char before = i == 0 ? ' ' : text.ptr[i - 1];
		char behind = end == text.len ? ' ' : text.ptr[end];
		bool first = is_word(before) && (strictly || is_word(needle.ptr[0]));
		bool last = is_word(behind) && (strictly || is_word(needle.ptr[needle.len - 1]));
		bool other = strictly && ((uint8_t)before >= 0x80 || (uint8_t)behind >= 0x80);
		if (!first && !last && !other && memcmp(text.ptr + i, needle.ptr, needle.len) == 0) {
			return true;
		}
	}
	return false;
}

static void compare_word(struct sample *sample, struct str needle, struct tally *tally) {
	struct lines_needle asked = {needle, NULL, true, false};
	uint64_t *maybe = calloc(bits_words(sample->rows) + 1, sizeof(*maybe));
	uint64_t *sure = calloc(bits_words(sample->rows) + 1, sizeof(*sure));
	CHECK(lines_find(sample->lines, &asked, NULL, maybe, sure) == ERR_OK);
	for (uint32_t i = 0; i < sample->rows; i++) {
		bool truth = has_word(text_at(sample, i), needle, false);
		bool strictly = has_word(text_at(sample, i), needle, true);
		if ((truth && !bits_get(maybe, i)) || (!strictly && bits_get(sure, i))) {
			CHECK_STR(needle, ""); /* to see it */
			CHECK_STR(text_at(sample, i), "");
			break;
		}
		tally->truth += truth;
		tally->maybe += bits_get(maybe, i);
		tally->sure += bits_get(sure, i);
	}
	free(maybe);
	free(sure);
}

/* Now and then an end is moved by a byte: it is no border then, or what ends a word belongs to it.
 */
static struct str random_word(struct str text) {
	size_t from = tap_random() % text.len;
	size_t end = from + 1;
	while (from > 0 && is_word(text.ptr[from - 1])) {
		from--;
	}
	while (end < text.len && (is_word(text.ptr[end]) || tap_random() % 4 == 0)) {
		end++;
	}
	if (tap_random() % 4 == 0 && from > 0) {
		from--;
	} else if (tap_random() % 4 == 0 && end - from > 1) {
		from++;
	}
	if (tap_random() % 4 == 0 && end - from > 1) {
		end--;
	}
	return str_slice(text, from, end);
}

static void compare_words(void (*line)(struct buf *out, int64_t time_ns), struct tally *tally) {
	struct sample sample CLEANUP(sample_deinit) = {0};
	sample_init(&sample, 1 + (uint32_t)(tap_random() % 1500), line);
	REQUIRE(sample.lines != NULL);
	for (size_t i = 0; i < 60; i++) {
		struct str text = text_at(&sample, (uint32_t)(tap_random() % sample.rows));
		if (text.len > 0) {
			compare_word(&sample, random_word(text), tally);
		}
	}
}

TEST(words_of_lines_are_found_where_they_are) {
	struct tally tally = {0};
	for (size_t round = 0; round < tap_rounds(12); round++) {
		compare_words(sample_line, &tally);
		compare_words(plain_line, &tally);
	}
	CHECK(tally.truth > 1000);
	CHECK(tally.sure > tally.truth / 3);
}

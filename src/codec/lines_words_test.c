/* Each word of each line is among the words that shapes and strings tell. */
#include "codec/lines_words.h"

#include "base/bits.h"
#include "codec/lines_find.h"
#include "codec/lines_opened.h"
#include "codec/word_filter.h"

static bool in_word(char c) {
	return char_is_alpha(c) || char_is_digit(c) || c == '_';
}

/* Asks for every word of the text as a search for it would. Returns their number. */
static size_t ask_words(const struct word_filter filters[2], struct str text) {
	size_t words = 0;
	for (size_t from = 0; from < text.len; from++) {
		size_t to = from;
		while (to < text.len && in_word(text.ptr[to])) {
			to++;
		}
		if (to > from) {
			bool may = false;
			struct str word = str_slice(text, from, to);
			CHECK_EQ(word_filter_may_have(filters, 2, word, NULL, true, &may), ERR_OK);
			if (!may) {
				CHECK_STR(word, ""); /* to see it */
				CHECK_STR(text, "");
			}
			words++;
			from = to;
		}
	}
	return words;
}

static bool has_word(struct str text, struct str word) {
	for (size_t i = 0; i + word.len <= text.len; i++) {
		size_t end = i + word.len;
		if (memcmp(text.ptr + i, word.ptr, word.len) == 0 &&
		    (i == 0 || !in_word(text.ptr[i - 1])) && (end == text.len || !in_word(text.ptr[end]))) {
			return true;
		}
	}
	return false;
}

/* Looks for word in strings alone, when no other text of a row has it. */
static size_t find_in_strings(struct sample *sample, const struct word_filter *in_shapes,
                              struct str word) {
	struct lines_needle needle = {word, NULL, true, true};
	bool may;
	CHECK(word_filter_is_word(word, NULL));
	CHECK_EQ(word_filter_may_have(in_shapes, 1, word, NULL, true, &may), ERR_OK);
	if (may) {
		return 0;
	}
	uint64_t *maybe = calloc(bits_words(sample->rows) + 1, sizeof(*maybe));
	uint64_t *sure = calloc(bits_words(sample->rows) + 1, sizeof(*sure));
	CHECK_EQ(lines_find(sample->lines, &needle, NULL, maybe, sure), ERR_OK);
	for (uint32_t i = 0; i < sample->rows; i++) {
		bool has = has_word(text_at(sample, i), word);
		if ((has && !bits_get(maybe, i)) || (!has && bits_get(sure, i))) {
			CHECK_STR(word, ""); /* to see it */
			CHECK_STR(text_at(sample, i), "");
			break;
		}
	}
	free(maybe);
	free(sure);
	return 1;
}

/* The word at a byte of text by chance; empty: there is none. */
static struct str random_word(struct str text) {
	size_t from = text.len == 0 ? 0 : tap_random() % text.len;
	size_t to = from;
	while (from > 0 && in_word(text.ptr[from - 1])) {
		from--;
	}
	while (to < text.len && in_word(text.ptr[to])) {
		to++;
	}
	return str_slice(text, MIN_OF(from, to), to);
}

static size_t find_words(struct sample *sample, const struct word_filter *in_shapes) {
	size_t found = 0;
	for (size_t i = 0; i < 40; i++) {
		struct str word = random_word(text_at(sample, (uint32_t)(tap_random() % sample->rows)));
		found += word.len == 0 ? 0 : find_in_strings(sample, in_shapes, word);
	}
	return found;
}

static void make_filter(struct sample *sample,
                        enum err (*words)(struct lines *, lines_words_f, void *), struct buf *part,
                        struct word_filter *out_filter) {
	struct word_filter_writer *writer = word_filter_writer_new();
	CHECK_EQ(words(sample->lines, word_filter_add, writer), ERR_OK);
	word_filter_put(writer, 65536, part);
	word_filter_writer_free(writer);
	CHECK_EQ(word_filter_open(buf_str(part), NULL, out_filter), ERR_OK);
}

/* Every word of every line is known; of many that are in none, few are. Returns how many words were
 * looked for in strings alone. */
static size_t compare(void (*line)(struct buf *, int64_t), uint32_t rows) {
	struct sample sample CLEANUP(sample_deinit) = {0};
	struct buf parts[2] = {0};
	struct word_filter filters[2];
	size_t words = 0;
	size_t wrong = 0;
	sample_init(&sample, rows, line);
	if (!CHECK(sample.lines != NULL)) {
		return 0;
	}
	make_filter(&sample, lines_words_in_shapes, &parts[0], &filters[0]);
	make_filter(&sample, lines_words_in_strings, &parts[1], &filters[1]);
	CHECK(filters[0].bits.len > 0);
	for (uint32_t i = 0; i < rows; i++) {
		words += ask_words(filters, text_at(&sample, i));
	}
	CHECK(words > rows);
	for (size_t i = 0; i < 1000; i++) {
		char absent[] = "absent_word_xxxx";
		for (size_t k = 12; k < 16; k++) {
			absent[k] = (char)('g' + tap_random() % 20);
		}
		bool may = false;
		CHECK_EQ(word_filter_may_have(filters, 2, str_from(absent), NULL, true, &may), ERR_OK);
		wrong += may;
	}
	CHECK(wrong < 50);
	size_t found = find_words(&sample, &filters[0]);
	buf_deinit(&parts[0]);
	buf_deinit(&parts[1]);
	return found;
}

TEST(words_of_all_lines_are_told) {
	size_t found = 0;
	for (size_t round = 0; round < tap_rounds(10); round++) {
		found += compare(sample_line, 20 + (uint32_t)(tap_random() % 1500));
	}
	CHECK(found > 0);
}

static const char *pick(const char *const *list, size_t count) {
	return list[tap_random() % count];
}

/* Words that lie over borders of literals, strings and numbers. */
static void mixed_line(struct buf *out, int64_t time_ns) {
	static const char *const names[] = {"root", "a", "", "x y", "b_", "_", "Zoe", "web01x7f", "ü"};
	static const char *const joins[] = {"", "_", "-", " ", ":", "x"};
	struct buf stamp CLEANUP(buf_deinit) = {0};
	uint64_t r = tap_random();
	instant_format(&stamp, time_ns, 0);
	switch (r % 7) {
	case 0:
		buf_printf(out, "job_%u_%s%u%s done", (unsigned)(r / 8 % 50), pick(names, ARRAY_LEN(names)),
		           (unsigned)(r / 512 % 9999), pick(joins, ARRAY_LEN(joins)));
		break;
	case 1:
		buf_printf(out, "pre%s%.*sZ%s end", pick(joins, ARRAY_LEN(joins)), STR_ARG(buf_str(&stamp)),
		           pick(joins, ARRAY_LEN(joins)));
		break;
	case 2:
		buf_printf(out, "ip%s10.%u.2.%u%s/%u", pick(joins, ARRAY_LEN(joins)),
		           (unsigned)(r / 8 % 256), (unsigned)(r / 4096 % 256),
		           pick(joins, ARRAY_LEN(joins)), (unsigned)(r >> 32 & 31));
		break;
	case 3:
		buf_printf(out, "at 0x%llxL id_%08x%s.", (unsigned long long)tap_random(),
		           (unsigned)tap_random(), pick(names, ARRAY_LEN(names)));
		break;
	case 4:
		buf_printf(out, "<%u>Nov %2u 01:02:0%u %s%u %sd[%u]: %s%s%s", (unsigned)(r / 8 % 190),
		           (unsigned)(r / 2048 % 30 + 1), (unsigned)(r >> 40) % 10,
		           pick(names, ARRAY_LEN(names)), (unsigned)(r >> 50) % 20,
		           pick(names, ARRAY_LEN(names)), (unsigned)(r >> 32) % 3000,
		           pick(names, ARRAY_LEN(names)), pick(joins, ARRAY_LEN(joins)),
		           pick(names, ARRAY_LEN(names)));
		break;
	case 5:
		buf_printf(out, "{\"%s\":\"%s%u\",\"v\":%u.%012llu,\"w\":\"%s\"}", "k",
		           pick(names, ARRAY_LEN(names)), (unsigned)(r / 8 % 100), (unsigned)(r / 800 % 10),
		           (unsigned long long)(r >> 24), pick(names, ARRAY_LEN(names)));
		break;
	default:
		buf_printf(out, "n%u.%011llu%s %05u%s%04u", (unsigned)(r / 8 % 10),
		           (unsigned long long)(r >> 28), pick(joins, ARRAY_LEN(joins)),
		           (unsigned)(r >> 20) % 100000, pick(joins, ARRAY_LEN(joins)),
		           (unsigned)(r >> 40) % 10000);
		break;
	}
}

TEST(words_over_borders_of_slots_are_told) {
	size_t found = 0;
	for (size_t round = 0; round < tap_rounds(10); round++) {
		found += compare(mixed_line, 20 + (uint32_t)(tap_random() % 3000));
	}
	CHECK(found > 0);
}

/* Bytes and borders by chance, so that the miner joins what it likes. */
static void wild_line(struct buf *out, int64_t time_ns) {
	static const char some[] = "aabbx019__  ..:-=\x80";
	(void)time_ns;
	buf_append_str(out, STR("go "));
	for (size_t i = 3 + tap_random() % 12; i > 0; i--) {
		buf_append_char(out, some[tap_random() % (sizeof(some) - 1)]);
	}
}

TEST(words_of_lines_by_chance_are_told) {
	size_t found = 0;
	for (size_t round = 0; round < tap_rounds(10); round++) {
		found += compare(wild_line, 20 + (uint32_t)(tap_random() % 3000));
	}
	CHECK(found > 0);
}

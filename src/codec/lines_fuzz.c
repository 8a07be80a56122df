/* Arbitrary bytes as lines of a block: number of rows, bits, a needle with its length before it,
 * then checked parts. What opens is put together, searched, asked and taken as codes. Where
 * lines_check finds nothing wrong and all rows can be read, search says of each row what is true.
 * In fuzzing builds checksums are taken for right.
 */
#include <stdlib.h>

#include "base/bits.h"
#include "codec/lines_ask.h"
#include "codec/lines_codes.h"
#include "codec/lines_find.h"
#include "codec/lines_words.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	ROWS_MAX = 4096,
	BYTES_MAX = 4 << 20,
	NEEDLE_MAX = 32,
	FOLD = 1,
	WORD = 2,
	IN_STRINGS = 4,
};

struct input {
	struct lines *lines;
	uint32_t rows;
	struct lines_needle needle;
	char folded[NEEDLE_MAX], mask[NEEDLE_MAX];
	int64_t times[ROWS_MAX];
	bool well; /* lines_check found nothing, and rows are there */
	struct lines_rows joined;
};

static struct str text_of(const struct input *input, uint32_t row) {
	return str_slice(buf_str(&input->joined.bytes), input->joined.starts[row],
	                 input->joined.starts[row + 1]);
}

/* Whether text has the needle, its borders left aside. */
static bool has(struct str text, const struct lines_needle *needle) {
	for (size_t at = 0; at + needle->bytes.len <= text.len; at++) {
		size_t i = 0;
		while (i < needle->bytes.len &&
		       (text.ptr[at + i] | (needle->mask == NULL ? 0 : needle->mask[i])) ==
		           needle->bytes.ptr[i]) {
			i++;
		}
		if (i == needle->bytes.len) {
			return true;
		}
	}
	return false;
}

static void find(struct input *input) {
	uint64_t maybe[ROWS_MAX / 64] = {0};
	uint64_t sure[ROWS_MAX / 64] = {0};
	bool *shapes = malloc(lines_shapes(input->lines));
	bool whole;
	memset(shapes, 1, lines_shapes(input->lines));
	bool done = lines_find(input->lines, &input->needle, NULL, maybe, sure) == ERR_OK;
	for (uint32_t row = 0; done && input->well && row < input->rows; row++) {
		bool truth = has(text_of(input, row), &input->needle);
		ASSERT(truth || !bits_get(sure, row));
		ASSERT(!truth || input->needle.word || bits_get(maybe, row));
	}
	enum err err = lines_find_shapes(input->lines, &input->needle, shapes, maybe, sure, &whole);
	(void)err; /* any answer will do */
	free(shapes);
}

/* Where it may begin, and shape by shape. */
static void find_places(struct input *input) {
	uint64_t elsewhere[ROWS_MAX / 64] = {0};
	uint64_t ranks[ROWS_MAX / 64];
	struct buf once = {0};
	struct lines_needle needle = input->needle;
	needle.word = needle.in_strings = false;
	enum err err = lines_find_once(input->lines, &needle, NULL, &once, elsewhere);
	(void)err; /* any answer will do */
	struct lines_finder *finder = lines_finder_new(input->lines, &needle);
	for (uint32_t shape = 1; shape < lines_shapes(input->lines); shape++) {
		memset(ranks, 0, sizeof(ranks));
		if (lines_finder_ranks(finder, shape, ranks) == ERR_OK) {
			uint32_t rows = lines_shape_rows(input->lines, shape);
			ASSERT(bits_count(ranks, ROWS_MAX) == bits_count(ranks, rows));
		}
	}
	lines_finder_free(finder);
	buf_deinit(&once);
}

/* Some rows alone, and all of them compared in place, come to what they are together. */
static void join_again(struct input *input) {
	enum { SOME = 20 };
	struct lines_rows some = {0};
	struct str texts[ROWS_MAX];
	uint32_t which[SOME] = {0};
	int64_t times[SOME] = {0};
	uint32_t count = 0;
	uint32_t differs;
	for (uint32_t row = 0; row < input->rows; row++) {
		texts[row] = text_of(input, row);
		if (row % (input->rows / SOME + 1) == 0) {
			times[count] = input->times[row];
			which[count++] = row;
		}
	}
	if (lines_join_some(input->lines, which, count, times, BYTES_MAX, &some) == ERR_OK) {
		for (uint32_t i = 0; i < count; i++) {
			struct str text = str_slice(buf_str(&some.bytes), some.starts[i], some.starts[i + 1]);
			ASSERT(str_eq(text, texts[which[i]]));
		}
	}
	if (lines_same(input->lines, 0, input->rows, input->times, texts, &some, &differs) == ERR_OK) {
		ASSERT(differs == UINT32_MAX);
	}
	lines_rows_deinit(&some);
}

static bool is_odd(void *ctx, struct str value) {
	(void)ctx;
	return value.len > 0 && (value.ptr[value.len - 1] & 1) == 1;
}

/* The same of all ranks, and of the last one alone. */
static void ask_slot(struct lines_asker *asker, uint32_t shape, uint32_t slot, uint32_t rows) {
	struct buf all = {0};
	struct buf last = {0};
	uint32_t rank = rows - 1;
	struct lines_few few = {&rank, 1};
	enum lines_answer answer;
	enum lines_answer answer_few;
	uint32_t found;
	if (lines_ask(asker, shape, slot, NULL, &all, &answer) == ERR_OK &&
	    lines_ask(asker, shape, slot, &few, &last, &answer_few) == ERR_OK && answer == LINES_SOME &&
	    answer_few == LINES_SOME) {
		bool in_all = false;
		bool in_few = false;
		for (size_t at = 0; at < all.len; at += sizeof(found)) {
			memcpy(&found, all.ptr + at, sizeof(found));
			ASSERT(found < rows);
			in_all = in_all || found == rank;
		}
		for (size_t at = 0; at < last.len; at += sizeof(found)) {
			memcpy(&found, last.ptr + at, sizeof(found));
			in_few = in_few || found == rank;
		}
		ASSERT(in_all == in_few);
	}
	buf_deinit(&all);
	buf_deinit(&last);
}

static void take_codes(struct input *input, uint32_t shape, uint32_t slot, uint32_t rows) {
	uint32_t codes[ROWS_MAX];
	uint64_t numbers[ROWS_MAX];
	uint32_t before = lines_shape_before(input->lines, shape, slot);
	struct lines_piece piece = {
	    shape,
	    {.where = LINES_LITERAL, .slot = (uint16_t)slot, .at = before},
	    {.where = LINES_LITERAL, .slot = (uint16_t)(slot + 1), .at = before},
	};
	struct lines_coder *coder = lines_coder_new(input->lines, ROWS_MAX);
	enum lines_numbers how;
	bool can;
	if (lines_coder_can(coder, &piece, &can) == ERR_OK && can &&
	    lines_coder_piece(coder, 0, &piece, NULL, rows, codes) == ERR_OK) {
		for (uint32_t i = 0; i < rows; i++) {
			ASSERT(codes[i] <= lines_coder_count(coder));
		}
	}
	if (lines_piece_numbers(input->lines, &piece, &how) == ERR_OK && how != LINES_NO_NUMBERS &&
	    lines_numbers_get(input->lines, &piece, NULL, 0, rows, numbers) == ERR_OK) {
		for (uint32_t i = 0; i < rows; i++) {
			ASSERT(numbers[i] <= (how == LINES_ADDRESSES ? UINT32_MAX : (uint64_t)INT64_MAX));
		}
	}
	lines_coder_free(coder);
}

static void ask(struct input *input) {
	enum { SLOTS_MAX = 200 }; /* of all shapes: for speed */
	struct lines_asker *asker = lines_asker_new(input->lines, is_odd, NULL);
	uint32_t asked = 0;
	for (uint32_t shape = 1; shape < lines_shapes(input->lines); shape++) {
		uint32_t rows = lines_shape_rows(input->lines, shape);
		if (lines_shape_read(input->lines, shape) != ERR_OK) {
			continue;
		}
		ASSERT(rows > 0 && rows <= input->rows);
		for (uint32_t slot = 0; slot < lines_shape_slots(input->lines, shape); slot++) {
			if (asked++ < SLOTS_MAX) {
				ask_slot(asker, shape, slot, rows);
				take_codes(input, shape, slot, rows);
			}
		}
	}
	lines_asker_free(asker);
}

static void count_words(void *ctx, struct str text, bool hex) {
	*(size_t *)ctx += text.len + hex;
}

static void use(struct input *input) {
	size_t words = 0;
	bool checked = lines_check(input->lines) == ERR_OK;
	bool joined =
	    lines_join(input->lines, 0, input->rows, input->times, BYTES_MAX, &input->joined) == ERR_OK;
	input->well = joined && checked;
	if (joined) {
		join_again(input);
	}
	if (input->needle.bytes.len > 0) {
		find(input);
		find_places(input);
	}
	ask(input);
	enum err err = lines_words_in_shapes(input->lines, count_words, &words);
	err = lines_words_in_strings(input->lines, count_words, &words);
	(void)err; /* any answer will do */
	lines_rows_deinit(&input->joined);
}

static void set_needle(struct input *input, struct str bytes, unsigned bits) {
	for (size_t i = 0; i < bytes.len; i++) {
		bool folds = (bits & FOLD) != 0 && char_is_alpha(bytes.ptr[i]);
		input->mask[i] = folds ? 0x20 : 0;
		input->folded[i] = (char)(bytes.ptr[i] | input->mask[i]);
	}
	input->needle = (struct lines_needle){
	    .bytes = str_make(input->folded, bytes.len),
	    .mask = (bits & FOLD) != 0 ? input->mask : NULL,
	    .word = (bits & (WORD | IN_STRINGS)) != 0,
	    .in_strings = (bits & IN_STRINGS) != 0,
	};
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	static const int64_t second = 1000000000;
	struct wire in = wire_from(str_make((const char *)data, size));
	struct checked *checked;
	struct str parts[LINES_PARTS];
	uint32_t rows = (uint32_t)wire_varint_max(&in, ROWS_MAX);
	unsigned bits = (unsigned)wire_varint_max(&in, 127);
	struct str needle = wire_bytes(&in, (size_t)wire_varint_max(&in, NEEDLE_MAX));
	if (in.bad || rows == 0 || checked_open(wire_bytes(&in, wire_left(&in)), &checked) != ERR_OK) {
		return 0;
	}
	struct input *input = calloc(1, sizeof(*input));
	ASSERT(input != NULL);
	input->rows = rows;
	for (uint32_t i = 0; i < rows; i++) {
		input->times[i] = (1763078400 + (int64_t)i) * second;
	}
	set_needle(input, needle, bits);
	if (checked_count(checked) == LINES_PARTS) {
		for (size_t i = 0; i < LINES_PARTS; i++) {
			parts[i] = checked_peek(checked, i);
		}
		if (lines_open(parts, checked, rows, &input->lines) == ERR_OK) {
			use(input);
			lines_free(input->lines);
		}
	}
	free(input);
	checked_free(checked);
	return 0;
}

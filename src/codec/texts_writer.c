/* Text pools, written: which strings make the dictionary, then all of them in order. */
#include <stdlib.h>

#include "codec/distinct.h"
#include "codec/texts_parts.h"

struct texts_writer {
	struct distinct distinct;
	struct buf numbers; /* uint32_t: the different string that each added one is */
	uint64_t bytes;
};

struct texts_writer *texts_writer_new(void) {
	struct texts_writer *writer = calloc(1, sizeof(*writer));
	ASSERT(writer != NULL);
	return writer;
}

void texts_writer_free(struct texts_writer *writer) {
	if (writer != NULL) {
		distinct_deinit(&writer->distinct);
		buf_deinit(&writer->numbers);
		free(writer);
	}
}

void texts_writer_add(struct texts_writer *writer, struct str text) {
	ASSERT(text.len <= TEXTS_LEN_MAX);
	ASSERT(texts_writer_count(writer) < TEXTS_COUNT_MAX);
	uint32_t number = distinct_add(&writer->distinct, text);
	buf_append(&writer->numbers, &number, sizeof(number));
	writer->bytes += text.len;
}

size_t texts_writer_count(const struct texts_writer *writer) {
	return writer->numbers.len / sizeof(uint32_t);
}

uint64_t texts_writer_bytes(const struct texts_writer *writer) {
	return writer->bytes;
}

/* ---- the dictionary ---- */

struct candidate {
	uint32_t count;
	uint32_t number;
};

static int more_frequent_first(const void *a, const void *b) {
	const struct candidate *x = a;
	const struct candidate *y = b;
	if (x->count != y->count) {
		return x->count < y->count ? 1 : -1;
	}
	return x->number < y->number ? -1 : 1;
}

/* Whether the dictionary saves more bits than its codes cost, roughly: text takes 2 bits a byte and
 * 7 for its length. */
static bool dictionary_pays(const struct distinct *distinct, const struct candidate *candidates,
                            size_t entries, size_t count) {
	uint64_t saved = 0;
	uint64_t cost = (uint64_t)count * 4;
	for (size_t i = 0; i < entries; i++) {
		uint64_t len = distinct->entries[candidates[i].number].len;
		saved += (uint64_t)(candidates[i].count - 1) * (2 * len + 7);
		cost += (uint64_t)candidates[i].count * rank_class((uint32_t)i);
	}
	return saved > cost;
}

/* The entry of each different string, or RANK_NONE; appends their numbers in order of entries. */
static uint32_t *choose(const struct texts_writer *writer, struct buf *out_entries) {
	const struct distinct *distinct = &writer->distinct;
	struct buf list = {0};
	for (size_t i = 0; i < distinct->entries_count; i++) {
		struct candidate candidate = {distinct->entries[i].count, (uint32_t)i};
		if (candidate.count > 1) {
			buf_append(&list, &candidate, sizeof(candidate));
		}
	}
	struct candidate *candidates = (void *)list.ptr;
	size_t entries = list.len / sizeof(*candidates);
	if (entries > 0) {
		qsort(candidates, entries, sizeof(*candidates), more_frequent_first);
	}
	entries = MIN_OF(entries, (size_t)RANKS_MAX);
	if (!dictionary_pays(distinct, candidates, entries, texts_writer_count(writer))) {
		entries = 0;
	}
	size_t size = (distinct->entries_count + 1) * sizeof(uint32_t);
	uint32_t *entry_of = malloc(size);
	ASSERT(entry_of != NULL);
	memset(entry_of, 0xff, size);
	for (size_t i = 0; i < entries; i++) {
		entry_of[candidates[i].number] = (uint32_t)i;
		buf_append(out_entries, &candidates[i].number, sizeof(uint32_t));
	}
	buf_deinit(&list);
	return entry_of;
}

/* ---- the strings ---- */

/* What goes to the run, put together string by string. */
struct strings {
	struct trigrams_writer trigrams, rest, rest_words;
	uint64_t word_lens; /* of words that are not in rest */
	struct frames_writer frames;
	uint64_t *lens;
	uint64_t *starts;
	size_t count;
	uint64_t at;
};

static void add_string(struct strings *strings, struct str text) {
	trigrams_add(&strings->trigrams, text);
	if ((strings->word_lens & texts_word_len(text.len)) == 0 || !texts_is_word(text)) {
		trigrams_add(&strings->rest, text);
		trigrams_add_words(&strings->rest_words, text);
	}
	frames_writer_add(&strings->frames, text);
	if (strings->count % TEXTS_BLOCK == 0 && strings->count > 0) {
		strings->starts[strings->count / TEXTS_BLOCK - 1] = strings->at;
	}
	strings->lens[strings->count++] = text.len;
	strings->at += text.len;
}

/* How many strings are stored and their bytes: the entries, and every value that is none. */
static uint64_t measure(const struct texts_writer *writer, const uint32_t *entry_of,
                        size_t *out_strings) {
	uint64_t len = 0;
	size_t strings = 0;
	for (size_t i = 0; i < writer->distinct.entries_count; i++) {
		const struct distinct_entry *entry = &writer->distinct.entries[i];
		size_t times = entry_of[i] == RANK_NONE ? entry->count : 1;
		strings += times;
		len += (uint64_t)entry->len * times;
	}
	*out_strings = strings;
	return len;
}

/* The lengths of which there are so many words that they would fill a map. */
static uint64_t find_word_lens(const struct texts_writer *writer, uint64_t len) {
	enum { FULL = 32, LENS = 64 };
	uint64_t bytes[LENS] = {0};
	uint64_t lens = 0;
	for (size_t i = 0; i < writer->distinct.entries_count; i++) {
		struct str text = distinct_text(&writer->distinct, (uint32_t)i);
		if (texts_is_word(text)) {
			bytes[MIN_OF(text.len, (size_t)LENS - 1)] += text.len;
		}
	}
	for (size_t i = 0; i < LENS; i++) {
		lens |= bytes[i] > len / FULL ? texts_word_len(i) : 0;
	}
	return lens;
}

static void put_words(const struct strings *strings, size_t map_max, struct buf *out) {
	bool worth = map_max >= 1 << (TRIGRAMS_LOG_MAX - 3);
	wire_put_varint(out, worth ? strings->word_lens : 0);
	if (worth && strings->word_lens != 0) {
		trigrams_put(&strings->rest, map_max, out);
		trigrams_put(&strings->rest_words, map_max, out);
	}
}

static void put_strings(const struct texts_writer *writer, struct str entries,
                        const uint32_t *entry_of, struct buf *out) {
	const uint32_t *numbers = (const void *)writer->numbers.ptr;
	const uint32_t *entry_numbers = (const void *)entries.ptr;
	size_t count;
	uint64_t len = measure(writer, entry_of, &count);
	struct strings *strings = calloc(1, sizeof(*strings));
	ASSERT(strings != NULL);
	strings->lens = malloc((count + 1) * sizeof(*strings->lens));
	strings->starts = malloc((count / TEXTS_BLOCK + 1) * sizeof(*strings->starts));
	ASSERT(strings->lens != NULL);
	ASSERT(strings->starts != NULL);
	strings->word_lens = find_word_lens(writer, len);
	frames_writer_init(&strings->frames, len, COMPRESS_BEST);
	for (size_t i = 0; i < entries.len / sizeof(uint32_t); i++) {
		add_string(strings, distinct_text(&writer->distinct, entry_numbers[i]));
	}
	for (size_t i = 0; i < texts_writer_count(writer); i++) {
		if (entry_of[numbers[i]] == RANK_NONE) {
			add_string(strings, distinct_text(&writer->distinct, numbers[i]));
		}
	}
	ASSERT(strings->count == count);
	wire_put_varint(out, len);
	blocked_put(out, strings->lens, count);
	packed_put(out, strings->starts, (count - 1) / TEXTS_BLOCK, packed_width(len));
	/* A map of a 64th of what would be decoded without it. */
	size_t map_max = frames_writer_size(&strings->frames) / 64;
	trigrams_put(&strings->trigrams, map_max, out);
	put_words(strings, map_max, out);
	frames_writer_put(&strings->frames, out);
	frames_writer_deinit(&strings->frames);
	free(strings->lens);
	free(strings->starts);
	free(strings);
}

void texts_writer_put(const struct texts_writer *writer, struct buf *out) {
	size_t count = texts_writer_count(writer);
	wire_put_varint(out, count);
	if (count == 0) {
		return;
	}
	struct buf entries = {0};
	uint32_t *entry_of = choose(writer, &entries);
	const uint32_t *numbers = (const void *)writer->numbers.ptr;
	uint32_t *ranks = malloc(count * sizeof(*ranks));
	ASSERT(ranks != NULL);
	for (size_t i = 0; i < count; i++) {
		ranks[i] = entry_of[numbers[i]];
	}
	wire_put_varint(out, entries.len / sizeof(uint32_t));
	ranks_put(out, ranks, count);
	free(ranks);
	put_strings(writer, buf_str(&entries), entry_of, out);
	free(entry_of);
	buf_deinit(&entries);
}

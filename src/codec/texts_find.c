/* Searching a text pool (texts.h): strings are asked in the order of the run, so that each frame is
 * decoded once; then the values that are these strings are found by their codes. */
#include <stdlib.h>

#include "base/bits.h"
#include "codec/masked.h"
#include "codec/texts_parts.h"

enum { BATCH = 1024 };

bool texts_may_have(const struct texts *texts, struct str needle) {
	return texts->count > 0 && trigrams_may_have(&texts->trigrams, needle);
}

bool texts_is_word(struct str text) {
	bool word = text.len > 0;
	for (size_t i = 0; i < text.len && word; i++) {
		word = trigrams_in_word(text.ptr[i]);
	}
	return word;
}

bool texts_may_have_word(const struct texts *texts, struct str needle, bool bounded) {
	if (!texts_may_have(texts, needle)) {
		return false;
	}
	bool word = texts_is_word(needle) && (texts->word_lens & texts_word_len(needle.len)) != 0;
	return texts->word_lens == 0 || word ||
	       (trigrams_may_have(&texts->rest, needle) &&
	        trigrams_may_have_words(&texts->rest_words, needle, bounded));
}

void texts_seek_deinit(struct texts_seek *seek) {
	free(seek->entries);
	buf_deinit(&seek->others);
	*seek = (struct texts_seek){0};
}

struct question {
	texts_match_f match;
	void *ctx;
};

/* Asks the entries whose bit is set in seek; the bits of those that do not match are cleared. */
static enum err ask_entries(struct texts *texts, const struct question *question,
                            struct texts_seek *seek) {
	for (size_t word = 0; word < bits_words(texts->entries); word++) {
		for (uint64_t left = seek->entries[word]; left != 0; left &= left - 1) {
			uint32_t entry = (uint32_t)(word * 64) + (uint32_t)__builtin_ctzll(left);
			struct str text;
			TRY(texts_string(texts, entry, &text));
			if (question->match(question->ctx, text)) {
				seek->entries_count++;
				seek->last_entry = entry;
			} else {
				bits_clear(seek->entries, entry);
			}
		}
	}
	return ERR_OK;
}

/* Asks the others with numbers first to last - 1. */
static enum err ask_others(struct texts *texts, const struct question *question, size_t first,
                           size_t last, struct texts_seek *seek) {
	for (size_t other = first; other < last; other++) {
		struct str text;
		TRY(texts_string(texts, texts->entries + other, &text));
		if (question->match(question->ctx, text)) {
			uint32_t number = (uint32_t)other;
			buf_append(&seek->others, &number, sizeof(number));
		}
	}
	return ERR_OK;
}

static void alloc_entries(const struct texts *texts, struct texts_seek *seek) {
	seek->entries = calloc(bits_words(texts->entries) + 1, sizeof(*seek->entries));
	ASSERT(seek->entries != NULL);
}

enum err texts_seek(struct texts *texts, texts_match_f match, void *ctx,
                    struct texts_seek *out_seek) {
	struct texts_seek seek = {0};
	struct question question = {match, ctx};
	alloc_entries(texts, &seek);
	bits_fill(seek.entries, texts->entries, true);
	enum err err = ask_entries(texts, &question, &seek);
	if (err == ERR_OK) {
		err = ask_others(texts, &question, 0, texts->strings - texts->entries, &seek);
	}
	if (err != ERR_OK) {
		texts_seek_deinit(&seek);
		return err;
	}
	*out_seek = seek;
	return ERR_OK;
}

/* ---- strings that have a needle ---- */

/* The string in which byte at of the run lies, and where it ends. In a damaged pool it may be
 * another, of which bytes are asked then. */
static size_t string_around(const struct texts *texts, uint64_t at, uint64_t *out_end) {
	uint64_t lens[TEXTS_BLOCK];
	size_t low = 0;
	size_t high = (texts->strings - 1) / TEXTS_BLOCK + 1;
	while (high - low > 1) {
		size_t middle = (low + high) / 2;
		if (packed_get(texts->starts, texts->starts_width, middle - 1) <= at) {
			low = middle;
		} else {
			high = middle;
		}
	}
	size_t first = low * TEXTS_BLOCK;
	size_t count = MIN_OF(texts->strings - first, (size_t)TEXTS_BLOCK);
	uint64_t end = low == 0 ? 0 : packed_get(texts->starts, texts->starts_width, low - 1);
	blocked_get_many(&texts->lens, first, count, lens);
	for (size_t i = 0; i < count; i++) {
		end += lens[i];
		if (end > at) {
			*out_end = end;
			return first + i;
		}
	}
	*out_end = at + 1;
	return first + count - 1;
}

struct places { /* of a needle */
	struct texts *texts;
	struct str needle;
	const char *mask;
	struct buf strings; /* size_t, ascending: those in which it lies */
	size_t first;       /* that may come next */
	uint64_t next;      /* what lies before in the run needs no look */
};

/* bytes lie at at in the run. */
static void find_places(struct places *places, struct str bytes, uint64_t at) {
	size_t from = places->next > at ? (size_t)MIN_OF(places->next - at, (uint64_t)bytes.len) : 0;
	while ((from = masked_find(bytes, from, places->needle, places->mask)) != MASKED_NONE) {
		uint64_t end;
		size_t string = string_around(places->texts, at + from, &end);
		if (at + from + places->needle.len > end || string < places->first) {
			from++; /* goes over the end of a string (or the pool is damaged) */
			continue;
		}
		buf_append(&places->strings, &string, sizeof(string));
		places->first = string + 1;
		places->next = end;
		from = (size_t)MIN_OF(end - at, (uint64_t)bytes.len);
	}
}

/* Frame by frame, and what goes over the border between two. */
static enum err find_all_places(struct places *places) {
	struct frames *frames = places->texts->frames;
	uint64_t over = places->needle.len - 1;
	for (uint64_t at = 0; at < places->texts->run_len;) {
		size_t len = frames_rest(frames, at);
		struct str bytes;
		if (at > 0 && over > 0) {
			uint64_t first = at - MIN_OF(at, over);
			uint64_t end = MIN_OF(at + over, places->texts->run_len);
			TRY(frames_view(frames, first, (size_t)(end - first), &bytes));
			find_places(places, bytes, first);
		}
		TRY(frames_view(frames, at, len, &bytes));
		find_places(places, bytes, at);
		at += len;
	}
	return ERR_OK;
}

static enum err ask_places(struct texts *texts, const struct places *places,
                           const struct question *question, struct texts_seek *seek) {
	for (size_t at = 0; at < places->strings.len; at += sizeof(size_t)) {
		size_t string;
		struct str text;
		memcpy(&string, places->strings.ptr + at, sizeof(string));
		TRY(texts_string(texts, string, &text));
		if (!question->match(question->ctx, text)) {
			continue;
		}
		if (string < texts->entries) {
			bits_set(seek->entries, string);
			seek->entries_count++;
			seek->last_entry = (uint32_t)string;
		} else {
			uint32_t number = (uint32_t)(string - texts->entries);
			buf_append(&seek->others, &number, sizeof(number));
		}
	}
	return ERR_OK;
}

enum err texts_seek_needle(struct texts *texts, struct str needle, const char *mask,
                           texts_match_f match, void *ctx, struct texts_seek *out_seek) {
	struct places places = {.texts = texts, .needle = needle, .mask = mask};
	struct texts_seek seek = {0};
	struct question question = {match, ctx};
	ASSERT(needle.len > 0);
	alloc_entries(texts, &seek);
	enum err err = texts->strings == 0 ? ERR_OK : find_all_places(&places);
	if (err == ERR_OK) {
		err = ask_places(texts, &places, &question, &seek);
	}
	buf_deinit(&places.strings);
	if (err != ERR_OK) {
		texts_seek_deinit(&seek);
		return err;
	}
	*out_seek = seek;
	return ERR_OK;
}

/* The first of the ascending numbers that is not below least. */
static size_t lower_bound(const uint32_t *numbers, size_t count, size_t least) {
	size_t low = 0;
	while (low < count) {
		size_t middle = (low + count) / 2;
		if (numbers[middle] < least) {
			low = middle + 1;
		} else {
			count = middle;
		}
	}
	return low;
}

static void hits_of_both(const struct texts *texts, const struct texts_seek *seek, size_t first,
                         size_t count, struct buf *hits) {
	uint32_t values[BATCH];
	const uint32_t *others = (const void *)seek->others.ptr;
	size_t others_count = seek->others.len / sizeof(*others);
	size_t at = lower_bound(others, others_count, ranks_others_before(&texts->ranks, first));
	for (size_t done = 0; done < count;) {
		size_t part = MIN_OF(count - done, (size_t)BATCH);
		size_t other;
		ranks_get_many(&texts->ranks, first + done, part, values, &other);
		for (size_t i = 0; i < part; i++) {
			bool hit;
			if (values[i] != RANK_NONE) {
				hit = bits_get(seek->entries, values[i]);
			} else {
				hit = at < others_count && others[at] == other;
				at += hit;
				other++;
			}
			if (hit) {
				uint32_t value = (uint32_t)(first + done + i);
				buf_append(hits, &value, sizeof(value));
			}
		}
		done += part;
	}
}

void texts_hits(const struct texts *texts, const struct texts_seek *seek, size_t first,
                size_t count, struct buf *hits) {
	ASSERT(first <= texts->count);
	ASSERT(count <= texts->count - first);
	if (count == 0 || (seek->entries_count == 0 && seek->others.len == 0)) {
		return;
	}
	if (seek->entries_count == 0) {
		const uint32_t *others = (const void *)seek->others.ptr;
		size_t others_count = seek->others.len / sizeof(*others);
		size_t before = ranks_others_before(&texts->ranks, first);
		size_t behind = ranks_others_before(&texts->ranks, first + count);
		size_t from = lower_bound(others, others_count, before);
		size_t to = lower_bound(others, others_count, behind);
		if (from < to) {
			ranks_places(&texts->ranks, others + from, to - from, first, first + count, hits);
		}
	} else if (seek->entries_count == 1 && seek->others.len == 0) {
		ranks_find(&texts->ranks, first, count, seek->last_entry, hits);
	} else {
		hits_of_both(texts, seek, first, count, hits);
	}
}

enum err texts_find(struct texts *texts, size_t first, size_t count, texts_match_f match, void *ctx,
                    struct buf *hits) {
	ASSERT(first <= texts->count);
	ASSERT(count <= texts->count - first);
	struct texts_seek seek = {0};
	struct question question = {match, ctx};
	alloc_entries(texts, &seek);
	for (size_t done = 0; texts->entries > 0 && done < count;) {
		uint32_t values[BATCH];
		size_t part = MIN_OF(count - done, (size_t)BATCH);
		size_t other;
		ranks_get_many(&texts->ranks, first + done, part, values, &other);
		for (size_t i = 0; i < part; i++) {
			if (values[i] != RANK_NONE) {
				bits_set(seek.entries, values[i]);
			}
		}
		done += part;
	}
	enum err err = ask_entries(texts, &question, &seek);
	if (err == ERR_OK && count > 0) {
		err = ask_others(texts, &question, ranks_others_before(&texts->ranks, first),
		                 ranks_others_before(&texts->ranks, first + count), &seek);
	}
	if (err == ERR_OK) {
		texts_hits(texts, &seek, first, count, hits);
	}
	texts_seek_deinit(&seek);
	return err;
}

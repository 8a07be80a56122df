/* Searching a text pool (texts.h): strings are asked in the order of the run, so that each frame is
 * decoded once; then the values that are these strings are found by their codes. */
#include <stdlib.h>

#include "base/bits.h"
#include "codec/texts_parts.h"

enum { BATCH = 1024 };

bool texts_may_have(const struct texts *texts, struct str needle) {
	return texts->count > 0 && trigrams_may_have(&texts->trigrams, needle);
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

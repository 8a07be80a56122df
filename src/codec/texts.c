/* Text pools, opened and read; searching stands in texts_find.c. */
#include "codec/texts.h"

#include <stdlib.h>

#include "base/bits.h"
#include "codec/texts_parts.h"

/* Values that texts_total and texts_get_many treat at once: both alike, because what damaged codes
 * say depends on where one begins to read them, and the one bounds the other. */
enum { BATCH = 1 << 13 };

/* ---- opening ---- */

static enum err read_pool(struct wire *in, struct texts *texts) {
	texts->count = (size_t)wire_varint_max(in, TEXTS_COUNT_MAX);
	if (in->bad || texts->count == 0) {
		return in->bad ? ERR_CORRUPT : ERR_OK;
	}
	texts->entries = (size_t)wire_varint_max(in, RANKS_MAX);
	TRY(ranks_open(in, texts->count, texts->entries, &texts->ranks));
	texts->strings = texts->entries + ranks_others(&texts->ranks);
	if (texts->strings == 0) {
		return ERR_CORRUPT;
	}
	texts->run_len = wire_varint_max(in, (uint64_t)TEXTS_COUNT_MAX * TEXTS_LEN_MAX);
	TRY(blocked_open(in, texts->strings, &texts->lens));
	texts->starts_width = packed_width(texts->run_len);
	size_t starts = (texts->strings - 1) / TEXTS_BLOCK;
	texts->starts = wire_bytes(in, packed_bytes(starts, texts->starts_width)).ptr;
	texts->trigrams = trigrams_get(in);
	texts->word_lens = wire_varint(in);
	if (texts->word_lens != 0) {
		texts->rest = trigrams_get(in);
		texts->rest_words = trigrams_get(in);
	}
	return in->bad ? ERR_CORRUPT : ERR_OK;
}

enum err texts_open(struct wire *in, struct checked *checked, struct texts **out_texts) {
	const char *start = in->at;
	struct texts *texts = calloc(1, sizeof(*texts));
	ASSERT(texts != NULL);
	texts->cursor.block = SIZE_MAX;
	enum err err = read_pool(in, texts);
	if (err == ERR_OK) {
		err = frames_open(in, texts->run_len, checked, &texts->frames);
	}
	if (err == ERR_OK) {
		err = checked_hold(checked,
		                   str_make(start, (size_t)(frames_start(texts->frames, in) - start)));
	}
	if (err != ERR_OK) {
		texts_free(texts);
		return err;
	}
	*out_texts = texts;
	return ERR_OK;
}

void texts_free(struct texts *texts) {
	if (texts != NULL) {
		frames_free(texts->frames);
		free(texts);
	}
}

size_t texts_count(const struct texts *texts) {
	return texts->count;
}

/* ---- strings ---- */

static void enter_block(struct texts *texts, size_t block) {
	struct texts_cursor *cursor = &texts->cursor;
	size_t first = block * TEXTS_BLOCK;
	size_t count = MIN_OF(texts->strings - first, (size_t)TEXTS_BLOCK);
	if (cursor->block != block) {
		blocked_get_many(&texts->lens, first, count, cursor->lens);
		cursor->block = block;
	}
	cursor->next = first;
	cursor->at = block == 0 ? 0 : packed_get(texts->starts, texts->starts_width, block - 1);
}

enum err texts_string(struct texts *texts, size_t string, struct str *out) {
	struct texts_cursor *cursor = &texts->cursor;
	size_t block = string / TEXTS_BLOCK;
	if (cursor->block != block || cursor->next > string) {
		enter_block(texts, block);
	}
	while (cursor->next < string) {
		cursor->at += cursor->lens[cursor->next++ % TEXTS_BLOCK];
	}
	uint64_t len = cursor->lens[string % TEXTS_BLOCK];
	if (len > TEXTS_LEN_MAX) {
		return ERR_CORRUPT;
	}
	return frames_view(texts->frames, cursor->at, (size_t)len, out);
}

static size_t string_len(const struct texts *texts, size_t string) {
	uint64_t len = blocked_get(&texts->lens, string);
	return (size_t)MIN_OF(len, (uint64_t)TEXTS_LEN_MAX);
}

/* The string that value i is. */
static size_t string_of(const struct texts *texts, size_t i) {
	size_t other;
	uint32_t entry = ranks_get(&texts->ranks, i, &other);
	return entry != RANK_NONE ? entry : texts->entries + other;
}

size_t texts_len(const struct texts *texts, size_t i) {
	ASSERT(i < texts->count);
	return string_len(texts, string_of(texts, i));
}

uint64_t texts_total(const struct texts *texts, size_t first, size_t count) {
	ASSERT(first <= texts->count);
	ASSERT(count <= texts->count - first);
	uint32_t values[BATCH];
	uint64_t total = 0;
	for (size_t done = 0; done < count;) {
		size_t part = MIN_OF(count - done, (size_t)BATCH);
		size_t other;
		ranks_get_many(&texts->ranks, first + done, part, values, &other);
		for (size_t i = 0; i < part; i++) {
			bool is_entry = values[i] != RANK_NONE;
			total += string_len(texts, is_entry ? values[i] : texts->entries + other++);
		}
		done += part;
	}
	return total;
}

enum err texts_get(struct texts *texts, size_t i, struct buf *out) {
	ASSERT(i < texts->count);
	struct str text;
	TRY(texts_string(texts, string_of(texts, i), &text));
	buf_append_str(out, text);
	return ERR_OK;
}

/* ---- many ---- */

/* The entries that some values are, decoded in ascending order, so that no frame is decoded twice
 * however the values are mixed. */
struct gathered {
	uint64_t used[RANKS_MAX / 64 + 1];
	struct {
		size_t at;
		uint32_t len;
	} entries[RANKS_MAX];
	struct buf bytes;
};

static enum err gather(struct texts *texts, const uint32_t *values, size_t count,
                       struct gathered *gathered) {
	gathered->bytes.len = 0;
	(void)buf_reserve(&gathered->bytes, 1); /* so that there is a place for empty strings */
	memset(gathered->used, 0, bits_words(texts->entries) * sizeof(uint64_t));
	for (size_t i = 0; i < count; i++) {
		if (values[i] != RANK_NONE) {
			bits_set(gathered->used, values[i]);
		}
	}
	for (size_t word = 0; word < bits_words(texts->entries); word++) {
		for (uint64_t left = gathered->used[word]; left != 0; left &= left - 1) {
			size_t entry = word * 64 + (size_t)__builtin_ctzll(left);
			struct str text;
			TRY(texts_string(texts, entry, &text));
			gathered->entries[entry].at = gathered->bytes.len;
			gathered->entries[entry].len = (uint32_t)text.len;
			buf_append_str(&gathered->bytes, text);
		}
	}
	return ERR_OK;
}

static enum err get_batch(struct texts *texts, size_t first, size_t count,
                          struct gathered *gathered, struct buf *out, uint32_t *lens) {
	uint32_t values[BATCH];
	size_t other;
	ranks_get_many(&texts->ranks, first, count, values, &other);
	TRY(gather(texts, values, count, gathered));
	for (size_t i = 0; i < count; i++) {
		struct str text;
		if (values[i] != RANK_NONE) {
			text = str_make(gathered->bytes.ptr + gathered->entries[values[i]].at,
			                gathered->entries[values[i]].len);
		} else {
			TRY(texts_string(texts, texts->entries + other++, &text));
		}
		lens[i] = (uint32_t)text.len;
		buf_append_str(out, text);
	}
	return ERR_OK;
}

enum err texts_get_many(struct texts *texts, size_t first, size_t count, struct buf *out,
                        uint32_t *lens) {
	ASSERT(first <= texts->count);
	ASSERT(count <= texts->count - first);
	struct gathered *gathered = malloc(sizeof(*gathered));
	ASSERT(gathered != NULL);
	gathered->bytes = (struct buf){0};
	enum err err = ERR_OK;
	for (size_t done = 0; err == ERR_OK && done < count;) {
		size_t part = MIN_OF(count - done, (size_t)BATCH);
		err = get_batch(texts, first + done, part, gathered, out, lens + done);
		done += part;
	}
	buf_deinit(&gathered->bytes);
	free(gathered);
	return err;
}

/* ---- verification ---- */

enum err texts_check(struct texts *texts) {
	if (texts->count == 0) {
		return ERR_OK;
	}
	TRY(ranks_check(&texts->ranks));
	uint64_t at = 0;
	for (size_t string = 0; string < texts->strings; string++) {
		struct str text;
		TRY(texts_string(texts, string, &text));
		/* As a needle a string asks for all its trigrams, and all its words. */
		if (texts->cursor.at != at || !texts_may_have_word(texts, text, true)) {
			return ERR_CORRUPT;
		}
		at += text.len;
	}
	return at == texts->run_len ? ERR_OK : ERR_CORRUPT;
}

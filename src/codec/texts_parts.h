/* An opened text pool from inside: private to src/codec (texts).
 *
 * "Strings" are what is stored: the entries of the dictionary, then the others. "Values" are what
 * was added: each is an entry or the next of the others.
 */
#pragma once

#include "codec/blocked.h"
#include "codec/frames.h"
#include "codec/texts.h"
#include "codec/trigrams.h"

enum { TEXTS_BLOCK = 64 }; /* strings between two that have their place written down */

/* Where string next - 1 ended, with the lengths of its block. */
struct texts_cursor {
	size_t block; /* SIZE_MAX: none */
	size_t next;
	uint64_t at; /* in the run */
	uint64_t lens[TEXTS_BLOCK];
};

struct texts {
	size_t count;
	size_t entries;
	size_t strings;
	uint64_t run_len;
	struct ranks ranks;
	struct blocked lens;
	const char *starts; /* places in the run of strings 64, 128, ..., packed */
	unsigned starts_width;
	struct trigrams trigrams;
	uint64_t word_lens;   /* lengths of strings that are one word (texts_word_len); 0: no rest */
	struct trigrams rest; /* of all strings but words of these lengths */
	struct trigrams rest_words; /* whole words of these strings */
	struct frames *frames;
	struct texts_cursor cursor;
};

/* The bit of a string of len bytes that is one word. */
static inline uint64_t texts_word_len(size_t len) {
	return (uint64_t)1 << MIN_OF(len, (size_t)63);
}
/* Whether text is not empty and all letters, digits and underscores of ASCII. */
bool texts_is_word(struct str text);

/* The bytes of a string, valid until the next one is asked for. Asking in ascending order is
 * fastest. ERR_CORRUPT. */
MUST_USE enum err texts_string(struct texts *texts, size_t string, struct str *out);

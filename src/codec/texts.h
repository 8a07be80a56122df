/* A pool of strings in the order in which they were added. One that comes twice or more stands
 * once, in a dictionary ordered by frequency, where that is smaller; any other in place. The bytes
 * of the dictionary and then of the others are one run in zstd frames (frames.h), lengths and
 * places are numbers that are had one by one, and a map of trigrams says of a needle that it is in
 * no string. What is written: docs/formats/texts.md.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "codec/checked.h"
#include "codec/ranks.h"

enum {
	TEXTS_COUNT_MAX = 1 << 26,
	TEXTS_LEN_MAX = 32 << 20, /* bytes of a string */
};

/* ---- writing ---- */

/* Memory: each different string once, some 50 bytes for each of them, 4 for each that was added. */
struct texts_writer *texts_writer_new(void);
void texts_writer_free(struct texts_writer *writer); /* NULL is fine */
/* text is copied; at most TEXTS_LEN_MAX bytes, at most TEXTS_COUNT_MAX of them. */
void texts_writer_add(struct texts_writer *writer, struct str text);
size_t texts_writer_count(const struct texts_writer *writer);
/* Bytes of all strings that were added, also of those that came before. */
uint64_t texts_writer_bytes(const struct texts_writer *writer);
/* Appends the pool, without slack. The same strings give the same bytes. */
void texts_writer_put(const struct texts_writer *writer, struct buf *out);

/* ---- reading ---- */

/* An opened pool; one thread at a time. Keeps decoded frames, least recently used out: at most
 * 2.5 MiB, or the bytes of all different strings if that is less (frames.h), besides some 30 bytes
 * for each frame of 64 KiB and the longest string that crossed a border of frames. */
struct texts;

/* Borrows the bytes until texts_free; PACKED_SLACK readable bytes must lie behind them. Leaves in
 * behind the pool. checked: what the bytes are part of, borrowed; frames are compared with their
 * checksums when they are decoded, all else now; NULL: they are not compared. ERR_CORRUPT; what is
 * wrong within strings, lengths or their places is found when they are asked for. */
MUST_USE enum err texts_open(struct wire *in, struct checked *checked, struct texts **out_texts);
void texts_free(struct texts *texts); /* NULL is fine */
/* At most TEXTS_COUNT_MAX; it need not cost bytes of the file, so compare it with what it should be
 * before memory is asked for. */
size_t texts_count(const struct texts *texts);
/* The length of string i, without decoding a frame; in a damaged pool anything up to
 * TEXTS_LEN_MAX. */
size_t texts_len(const struct texts *texts, size_t i);
/* The sum of the lengths of strings first to first + count - 1: to be asked before texts_get_many
 * when nothing else bounds it. In a damaged pool it is what texts_get_many would give for the same
 * stretch, or more. */
uint64_t texts_total(const struct texts *texts, size_t first, size_t count);
/* Appends string i to out. ERR_CORRUPT. */
MUST_USE enum err texts_get(struct texts *texts, size_t i, struct buf *out);
/* Appends strings first to first + count - 1 to out, one behind the other; lens[k] are their
 * lengths. The fast way for all: frames are decoded in order. ERR_CORRUPT: out and lens hold a
 * part. */
MUST_USE enum err texts_get_many(struct texts *texts, size_t first, size_t count, struct buf *out,
                                 uint32_t *lens);
/* Looks at everything that can be wrong in a pool, decoding all frames: also whether its maps have
 * what the strings have (bits too many are no error: then more strings are asked). ERR_CORRUPT. */
MUST_USE enum err texts_check(struct texts *texts);

/* False: surely in no string of the pool, neither in this case nor in another (ASCII letters alone;
 * other scripts have to be asked for each form). Decodes nothing. */
bool texts_may_have(const struct texts *texts, struct str needle);

/* False: surely in no string of the pool but inside longer words (of letters, digits and
 * underscores of ASCII), in neither case of ASCII letters. Random names of one length are told from
 * a word of another so, and words from others of the same trigrams. bounded: no such byte is beside
 * it where it lies; else it has one that is none of these within. Decodes nothing. */
bool texts_may_have_word(const struct texts *texts, struct str needle, bool bounded);

/* Whether a string is one that is looked for. text is valid during the call. */
typedef bool (*texts_match_f)(void *ctx, struct str text);

/* Appends to hits (uint32_t), ascending, every i in [first, first + count) whose string matches.
 * Asks each string of the dictionary that occurs there once, and each other one. ERR_CORRUPT. */
MUST_USE enum err texts_find(struct texts *texts, size_t first, size_t count, texts_match_f match,
                             void *ctx, struct buf *hits);

/* The same question for many stretches of a pool: every string is asked once, whatever the
 * stretches. Zero-initialise. */
struct texts_seek {
	uint64_t *entries; /* a bit for each string of the dictionary that matches */
	size_t entries_count;
	uint32_t last_entry; /* one of them */
	struct buf others;   /* numbers (uint32_t) of the others that match, ascending */
};
void texts_seek_deinit(struct texts_seek *seek);
MUST_USE enum err texts_seek(struct texts *texts, texts_match_f match, void *ctx,
                             struct texts_seek *out_seek);
/* The same for a match that no string passes which has not needle in it (not empty; mask: for each
 * of its bytes the bits that do not count, set in needle; NULL: none): other strings are not
 * asked. */
MUST_USE enum err texts_seek_needle(struct texts *texts, struct str needle, const char *mask,
                                    texts_match_f match, void *ctx, struct texts_seek *out_seek);
/* As texts_find. Decodes no frame. */
void texts_hits(const struct texts *texts, const struct texts_seek *seek, size_t first,
                size_t count, struct buf *hits);

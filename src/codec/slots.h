/* The column of one slot: the values that the rows of a shape have there, in order of rank, in the
 * form that is smallest. What a column needs to be read (form, widths, dictionary places) stands in
 * a table; its numbers lie in parts that all columns share.
 *
 * Table entry: form (1 byte), then
 *   FIXED       least (varint), width (1 byte); codes: packed offsets from least (width 0: all
 * equal) DICTIONARY  least (varint), width (1 byte), entries (varint); codes: packed entries
 * (offsets from least), then packed numbers of entries, of the width of entries - 1 SERIES length
 * (varint); codes: a series of that length BLOCKED     length (varint); codes: blocked numbers of
 * that length STAMP       kind (1 byte), offset (zigzag): what the row's time makes of it (stamp.h)
 *   POOLED      pool (1 byte): the next values of that pool
 *   WORD        number of a word (varint): all have it
 *   WORDS       width (1 byte), entries (varint); codes: packed numbers of words, then packed
 * numbers of entries, of the width of entries - 1 TEXTS       nothing: the next strings of the
 * words part behind the words Parts of codes and pools are used in the order of the columns,
 * without gaps.
 */
#pragma once

#include "codec/blocked.h"
#include "codec/checked.h"
#include "codec/packed.h"
#include "codec/pool.h"
#include "codec/series.h"
#include "codec/skeleton.h"
#include "codec/stamp.h"
#include "codec/texts.h"

enum slot_form {
	SLOT_AS_FIXED,
	SLOT_AS_DICTIONARY,
	SLOT_AS_SERIES,
	SLOT_AS_BLOCKED,
	SLOT_AS_STAMP,
	SLOT_AS_POOLED,
	SLOT_AS_WORD,
	SLOT_AS_WORDS,
	SLOT_AS_TEXTS,
	SLOT_FORMS,
};

enum { SLOT_ENTRIES_MAX = 512, SLOT_POOLS = 19 };

/* The pool of numbers of this code that need width bits, and the width of its numbers. */
unsigned slot_pool(uint8_t code, unsigned width);
unsigned slot_pool_width(unsigned pool);

/* ---- writing ---- */

struct slots_writer {
	struct buf table; /* entries so far */
	struct buf codes;
	struct pool_writer *pools[SLOT_POOLS]; /* NULL: not used */
	struct texts_writer *texts;            /* values of TEXTS */
	struct texts_writer *words;            /* each once */
	struct map *words_index;
	struct slots_scratch *scratch;
	bool addresses_alone; /* set when a column of addresses is put elsewhere than in their pool */
};

void slots_writer_init(struct slots_writer *writer);
void slots_writer_deinit(struct slots_writer *writer);
/* Adds the column of a slot of a number code. times: of the same rows. count > 0. */
void slots_put_numbers(struct slots_writer *writer, uint8_t code, const uint64_t *values,
                       const int64_t *times, size_t count);
/* Adds the column of a slot of SLOT_TEXT. */
void slots_put_texts(struct slots_writer *writer, const struct str *values, size_t count);
/* Where a column begins in what all columns share. */
struct slots_at {
	size_t table, codes; /* bytes */
	size_t texts;        /* strings */
	size_t pools[SLOT_POOLS];
};
/* Where the next column that is added will begin. */
struct slots_at slots_writer_at(const struct slots_writer *writer);
/* The words and texts as one part, the pools as another. The writer can only be freed then. */
void slots_put_end(struct slots_writer *writer, struct buf *out_pools, struct buf *out_words);

/* ---- reading ---- */

/* What the table says of a column. Which of the unions' members counts depends on the form. */
struct slot {
	uint8_t code, form;
	uint8_t width, entry_width; /* of numbers; of dictionary entries */
	uint8_t pool, stamp;
	bool ready; /* slots_use was asked for it */
	union {
		uint32_t entries; /* of DICTIONARY, WORDS */
		uint32_t word;    /* of WORD */
	};
	uint32_t count; /* values */
	union {
		uint64_t least;  /* of FIXED, DICTIONARY */
		int64_t offset;  /* of STAMP */
		size_t base;     /* of POOLED, TEXTS: its first value there */
		size_t long_len; /* of SERIES, BLOCKED: bytes of codes */
	};
	const char *codes;
	union {
		const char *entry_codes; /* of DICTIONARY, WORDS */
		struct series *series;   /* of its own, once it is ready: few slots have one */
		struct blocked *blocked; /* likewise */
	};
};

/* What all columns share. Pools and strings are opened when a slot that needs them is used. */
struct slots {
	struct checked *checked; /* may be NULL */
	struct str codes;
	struct slots_pool {
		struct str bytes; /* empty: it is not there */
		size_t count;
		bool open;
	} pools_stored[SLOT_POOLS];
	struct pool pools[SLOT_POOLS];
	struct slots_strings {
		struct str bytes;
		size_t count;
	} words_stored, texts_stored;
	struct texts *words, *texts; /* NULL: not open */
};

/* Takes the parts apart; they are borrowed, and compared with checked when they are used (NULL: not
 * at all). ERR_CORRUPT. */
MUST_USE enum err slots_open(struct slots *slots, struct checked *checked, struct str codes,
                             struct str pools, struct str words);
void slots_deinit(struct slots *slots);
/* Reads the table entry at *at, of a slot with count values; at goes behind it. What the entry says
 * is checked against the parts, which are not looked at. ERR_CORRUPT. */
MUST_USE enum err slots_take(const struct slots *slots, struct str table, struct slots_at *at,
                             uint8_t code, size_t count, struct slot *out_slot);
/* Opens what the slot's values lie in and checks it; to be asked before anything below, and the
 * functions of slot_find.h. ERR_CORRUPT: nothing can be asked. */
MUST_USE enum err slots_use(struct slots *slots, struct slot *slot);
/* The same for the entries of a dictionary alone: who asks only these need not use the slot. */
MUST_USE enum err slots_hold_entries(const struct slots *slots, const struct slot *slot);
/* Frees what a slot has of its own. */
void slot_deinit(struct slot *slot);
/* Where the last column ends in parts and table: nothing may be left over. */
struct slots_at slots_end(const struct slots *slots, size_t table_len);
/* The strings of columns of WORD and WORDS, and of TEXTS; opened when first asked for. */
MUST_USE enum err slots_words(struct slots *slots, struct texts **out_words);
MUST_USE enum err slots_texts(struct slots *slots, struct texts **out_texts);
/* Pool number pool, likewise; NULL: there is none. */
MUST_USE enum err slots_pool(struct slots *slots, unsigned pool, const struct pool **out_pool);

/* Values first to first + count - 1 of a number slot; times: of these rows (for STAMP). */
void slot_numbers(const struct slots *slots, const struct slot *slot, size_t first, size_t count,
                  const int64_t *times, uint64_t *out);
/* Of a text slot: the strings one behind the other, and their lengths. ERR_CORRUPT; ERR_LIMIT,
 * before the memory is asked for, when out would hold more than bytes_max. */
MUST_USE enum err slot_texts(const struct slots *slots, const struct slot *slot, size_t first,
                             size_t count, size_t bytes_max, struct buf *out, uint32_t *lens);
/* One word behind out, with the same limit; it is one that a slot which may be read names. */
MUST_USE enum err slot_word(const struct slots *slots, size_t word, size_t bytes_max,
                            struct buf *out, uint32_t *out_len);
/* Strings of texts behind out, with the same limit. */
MUST_USE enum err slot_strings(struct texts *texts, size_t first, size_t count, size_t bytes_max,
                               struct buf *out, uint32_t *lens);
/* Of a dictionary form: numbers of entries. */
void slot_codes(const struct slot *slot, size_t first, size_t count, uint64_t *out);
/* Entry of a DICTIONARY; entry < entries. */
static inline uint64_t slot_entry(const struct slot *slot, size_t entry) {
	return slot->least + packed_get(slot->entry_codes, slot->entry_width, entry);
}
/* Number of the word of an entry of WORDS. */
static inline size_t slot_entry_word(const struct slot *slot, size_t entry) {
	return (size_t)packed_get(slot->entry_codes, slot->entry_width, entry);
}

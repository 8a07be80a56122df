/* Choosing the form of a column. Costs are compared in bits; a pool's is guessed, because what it
 * holds is known only when all columns are there.
 */
#include "base/hash.h"
#include "base/map.h"
#include "codec/slots.h"

enum {
	TABLE_SIZE = 2048, /* for at most SLOT_ENTRIES_MAX entries */
	FEW = 8,           /* rows of a column for which a form of its own is never worth its entry */
	SAMPLE = 1 << 15,  /* values of a column that are looked at to guess what a pool takes */
	BLOCKS_FROM = 64,  /* rows from which series and blocks are tried */
	STAMPS = 256,      /* that are compared at once */
};

/* Different values of a column, as long as they are few. */
struct slots_scratch {
	uint32_t generation;
	struct cell {
		uint32_t generation;
		uint32_t entry;
	} cells[TABLE_SIZE];
	uint32_t count;
	uint64_t numbers[SLOT_ENTRIES_MAX];
	struct str texts[SLOT_ENTRIES_MAX];
	uint64_t *codes; /* entry of each value */
	size_t codes_cap;
	struct seen { /* of a sample */
		uint64_t value;
		uint32_t generation;
		uint32_t count;
	} *seen; /* 2 * SAMPLE of them */
	uint32_t seen_generation;
};

void slots_writer_init(struct slots_writer *writer) {
	*writer = (struct slots_writer){.texts = texts_writer_new(),
	                                .words = texts_writer_new(),
	                                .words_index = map_new(),
	                                .scratch = calloc(1, sizeof(*writer->scratch))};
	ASSERT(writer->scratch != NULL);
}

void slots_writer_deinit(struct slots_writer *writer) {
	buf_deinit(&writer->table);
	buf_deinit(&writer->codes);
	for (size_t i = 0; i < SLOT_POOLS; i++) {
		pool_writer_free(writer->pools[i]);
	}
	texts_writer_free(writer->texts);
	texts_writer_free(writer->words);
	map_free(writer->words_index);
	if (writer->scratch != NULL) {
		free(writer->scratch->codes);
		free(writer->scratch->seen);
		free(writer->scratch);
	}
	*writer = (struct slots_writer){0};
}

/* ---- few different values ---- */

static void begin_entries(struct slots_scratch *scratch, size_t count) {
	scratch->generation++;
	if (scratch->generation == 0) {
		memset(scratch->cells, 0, sizeof(scratch->cells));
		scratch->generation = 1;
	}
	scratch->count = 0;
	if (count > scratch->codes_cap) {
		free(scratch->codes);
		scratch->codes = reallocarray(NULL, count, sizeof(*scratch->codes));
		ASSERT(scratch->codes != NULL);
		scratch->codes_cap = count;
	}
}

/* The free or equal cell for a hash, with same(entry) deciding. */
#define FIND_CELL(scratch, hash, same)                                      \
	({                                                                      \
		size_t at_ = (hash) % TABLE_SIZE;                                   \
		while ((scratch)->cells[at_].generation == (scratch)->generation && \
		       !(same((scratch)->cells[at_].entry))) {                      \
			at_ = (at_ + 1) % TABLE_SIZE;                                   \
		}                                                                   \
		&(scratch)->cells[at_];                                             \
	})

/* False when there are more than most different ones. Fills codes. */
static bool find_numbers(struct slots_scratch *scratch, const uint64_t *values, size_t count,
                         size_t most) {
	begin_entries(scratch, count);
	for (size_t i = 0; i < count; i++) {
		uint64_t value = values[i];
		uint64_t hash = (value * 0x9e3779b97f4a7c15) >> 40;
#define SAME_NUMBER(entry) (scratch->numbers[entry] == value)
		struct cell *cell = FIND_CELL(scratch, hash, SAME_NUMBER);
		if (cell->generation != scratch->generation) {
			if (scratch->count == most) {
				return false;
			}
			*cell = (struct cell){scratch->generation, scratch->count};
			scratch->numbers[scratch->count++] = value;
		}
		scratch->codes[i] = cell->entry;
	}
	return true;
}

static bool find_texts(struct slots_scratch *scratch, const struct str *values, size_t count,
                       size_t most) {
	enum { AHEAD = 12 }; /* strings lie all over the lines that they are of */
	begin_entries(scratch, count);
	for (size_t i = 0; i < count; i++) {
		if (i + AHEAD < count) {
			__builtin_prefetch(values[i + AHEAD].ptr);
		}
		uint64_t hash = hash64(values[i].ptr, values[i].len);
#define SAME_TEXT(entry) (str_eq(scratch->texts[entry], values[i]))
		struct cell *cell = FIND_CELL(scratch, hash, SAME_TEXT);
		if (cell->generation != scratch->generation) {
			if (scratch->count == most) {
				return false;
			}
			*cell = (struct cell){scratch->generation, scratch->count};
			scratch->texts[scratch->count++] = values[i];
		}
		scratch->codes[i] = cell->entry;
	}
	return true;
}

/* ---- numbers ---- */

/* Of decimal digits and integers by width, of hex digits by width, of addresses. */
enum { POOL_ADDRESS, POOL_DECIMAL = 1, POOL_HEX = 11 };
static const uint8_t pool_widths[SLOT_POOLS] = {32, 8, 16, 20, 24, 28, 32, 40, 48, 56,
                                                64, 8, 16, 24, 32, 40, 48, 56, 64};

unsigned slot_pool_width(unsigned pool) {
	return pool_widths[pool];
}

unsigned slot_pool(uint8_t code, unsigned width) {
	if (code == SLOT_IPV4) {
		return POOL_ADDRESS;
	}
	unsigned pool = code >= SLOT_HEX && code < SLOT_TIME ? POOL_HEX : POOL_DECIMAL;
	while (pool_widths[pool] < width) {
		pool++;
	}
	return pool;
}

static void put_form(struct slots_writer *writer, enum slot_form form) {
	buf_append_char(&writer->table, (char)form);
}

/* Values below 2^width as packed numbers less least. */
static void put_packed(struct slots_writer *writer, const uint64_t *values, size_t count,
                       uint64_t least, unsigned width) {
	uint64_t offsets[256];
	for (size_t i = 0; i < count;) { /* pieces of whole bytes */
		size_t piece = MIN_OF(count - i, ARRAY_LEN(offsets));
		for (size_t k = 0; k < piece; k++) {
			offsets[k] = values[i + k] - least;
		}
		packed_put(&writer->codes, offsets, piece, width);
		i += piece;
	}
}

static void put_fixed(struct slots_writer *writer, const uint64_t *values, size_t count,
                      uint64_t least, unsigned width) {
	put_form(writer, SLOT_AS_FIXED);
	wire_put_varint(&writer->table, least);
	buf_append_char(&writer->table, (char)width);
	put_packed(writer, values, count, least, width);
}

static void put_dictionary(struct slots_writer *writer, size_t count, uint64_t least,
                           unsigned width) {
	const struct slots_scratch *scratch = writer->scratch;
	put_form(writer, SLOT_AS_DICTIONARY);
	wire_put_varint(&writer->table, least);
	buf_append_char(&writer->table, (char)width);
	wire_put_varint(&writer->table, scratch->count);
	put_packed(writer, scratch->numbers, scratch->count, least, width);
	put_packed(writer, scratch->codes, count, 0, packed_width(scratch->count - 1));
}

static bool put_stamp(struct slots_writer *writer, uint8_t code, const uint64_t *values,
                      const int64_t *times, size_t count) {
	enum stamp_kind kind;
	int64_t offset;
	if (!stamp_guess(code, values[0], times[0], &kind, &offset)) {
		return false;
	}
	for (size_t i = 0; i < count; i += STAMPS) {
		uint64_t stamps[STAMPS];
		size_t some = MIN_OF(count - i, (size_t)STAMPS);
		stamp_values(kind, code, offset, times + i, some, stamps);
		if (memcmp(stamps, values + i, some * sizeof(*stamps)) != 0) {
			return false;
		}
	}
	put_form(writer, SLOT_AS_STAMP);
	buf_append_char(&writer->table, (char)kind);
	wire_put_zigzag(&writer->table, offset);
	return true;
}

static void put_long(struct slots_writer *writer, enum slot_form form, const uint64_t *values,
                     size_t count) {
	size_t start = writer->codes.len;
	if (form == SLOT_AS_SERIES) {
		series_put(&writer->codes, (const int64_t *)values, count);
	} else {
		blocked_put(&writer->codes, values, count);
	}
	put_form(writer, form);
	wire_put_varint(&writer->table, writer->codes.len - start);
}

static void put_pooled(struct slots_writer *writer, uint8_t code, const uint64_t *values,
                       size_t count) {
	/* The pool follows from the greatest value, which a reader must know: width as one byte. */
	uint64_t all = 0;
	for (size_t i = 0; i < count; i++) {
		all |= values[i];
	}
	unsigned pool = slot_pool(code, packed_width(all));
	if (writer->pools[pool] == NULL) {
		writer->pools[pool] = pool_writer_new(pool_widths[pool]);
	}
	pool_writer_add(writer->pools[pool], values, count);
	put_form(writer, SLOT_AS_POOLED);
	buf_append_char(&writer->table, (char)pool);
}

struct costs { /* bits a form takes, all values together */
	size_t fixed, dictionary, series, blocked, pooled;
};

/* Values of a sample that come once, and those that come more often. */
static void count_sample(struct slots_scratch *scratch, const uint64_t *values, size_t count,
                         size_t *out_once, size_t *out_entries) {
	if (scratch->seen == NULL) {
		scratch->seen = calloc(2 * (size_t)SAMPLE, sizeof(*scratch->seen));
		ASSERT(scratch->seen != NULL);
	}
	uint32_t generation = ++scratch->seen_generation;
	*out_once = *out_entries = 0;
	for (size_t i = 0; i < count; i++) {
		size_t at = (size_t)((values[i] * 0x9e3779b97f4a7c15) >> 32) % (2 * SAMPLE);
		while (scratch->seen[at].generation == generation && scratch->seen[at].value != values[i]) {
			at = (at + 1) % (2 * SAMPLE);
		}
		struct seen *seen = &scratch->seen[at];
		if (seen->generation != generation) {
			*seen = (struct seen){values[i], generation, 1};
			(*out_once)++;
		} else if (++seen->count == 2) {
			(*out_once)--;
			(*out_entries)++;
		}
	}
}

/* Bits that the column would take in a pool, by a sample: a value that comes once stands in place,
 * others are numbers in a dictionary. Each has a class of 4 bits. Addresses and long hexadecimal
 * numbers often stand in other columns too. */
static size_t pool_cost(struct slots_scratch *scratch, uint8_t code, const uint64_t *values,
                        size_t count, unsigned width) {
	unsigned pool_width = pool_widths[slot_pool(code, width)];
	bool shared = code == SLOT_IPV4 || (code >= SLOT_HEX + 7 && code < SLOT_TIME);
	size_t once;
	size_t entries;
	if (count <= FEW) {
		return count * (pool_width + 4);
	}
	size_t sample = MIN_OF(count, (size_t)SAMPLE);
	count_sample(scratch, values, sample, &once, &entries);
	size_t bits = (once + entries) * pool_width + (sample - once) * packed_width(entries) * 3 / 4;
	if (shared) {
		bits = MIN_OF(bits, sample * 14);
	}
	return bits / sample * count + bits % sample * count / sample + 4 * count;
}

/* True: the column is in a pool. */
static bool put_numbers(struct slots_writer *writer, uint8_t code, const uint64_t *values,
                        const int64_t *times, size_t count) {
	enum { ENTRY = 40 }; /* bits of an entry of the table that a pooled column has not */
	enum { ADDRESSES_FEW = 256 };
	uint64_t least = values[0];
	uint64_t greatest = values[0];
	ASSERT(count > 0);
	for (size_t i = 1; i < count; i++) {
		least = MIN_OF(least, values[i]);
		greatest = MAX_OF(greatest, values[i]);
	}
	unsigned width = packed_width(greatest - least);
	if (code == SLOT_IPV4 && count <= ADDRESSES_FEW) { /* found there together */
		put_pooled(writer, code, values, count);
		return true;
	}
	if (packed_width(greatest) > 5 && put_stamp(writer, code, values, times, count)) {
		return false;
	}
	if (width == 0 && (count > 3 || packed_width(least) <= 16)) {
		put_fixed(writer, values, count, least, 0);
		return false;
	}
	struct costs costs = {.fixed = count * width + ENTRY, SIZE_MAX, SIZE_MAX, SIZE_MAX, SIZE_MAX};
	if (width > 3 && count > 2 * (size_t)FEW &&
	    find_numbers(writer->scratch, values, count, MIN_OF(count / 2, (size_t)SLOT_ENTRIES_MAX))) {
		size_t entries = writer->scratch->count;
		costs.dictionary = count * packed_width(entries - 1) + entries * width + ENTRY + 8;
	}
	if (width > 6 && count >= BLOCKS_FROM) {
		costs.series = 8 * series_cost((const int64_t *)values, count) + ENTRY;
		costs.blocked = 8 * blocked_cost(values, count) + ENTRY;
	}
	size_t own = MIN_OF(MIN_OF(costs.fixed, costs.dictionary), MIN_OF(costs.series, costs.blocked));
	if (width > 6) {
		costs.pooled = pool_cost(writer->scratch, code, values, count, packed_width(greatest));
	}
	if (costs.pooled < own) {
		put_pooled(writer, code, values, count);
		return true;
	}
	if (own == costs.fixed) {
		put_fixed(writer, values, count, least, width);
	} else if (own == costs.dictionary) {
		put_dictionary(writer, count, least, width);
	} else {
		put_long(writer, own == costs.series ? SLOT_AS_SERIES : SLOT_AS_BLOCKED, values, count);
	}
	return false;
}

void slots_put_numbers(struct slots_writer *writer, uint8_t code, const uint64_t *values,
                       const int64_t *times, size_t count) {
	bool pooled = put_numbers(writer, code, values, times, count);
	writer->addresses_alone |= code == SLOT_IPV4 && !pooled;
}

/* ---- texts ---- */

static uint64_t word_number(struct slots_writer *writer, struct str text) {
	bool added;
	uint64_t *number = map_put(writer->words_index, text, map_count(writer->words_index), &added);
	if (added) {
		texts_writer_add(writer->words, text);
	}
	return *number;
}

static void put_words(struct slots_writer *writer, size_t count) {
	struct slots_scratch *scratch = writer->scratch;
	uint64_t greatest = 0;
	for (uint32_t i = 0; i < scratch->count; i++) {
		scratch->numbers[i] = word_number(writer, scratch->texts[i]);
		greatest = MAX_OF(greatest, scratch->numbers[i]);
	}
	unsigned width = packed_width(greatest);
	put_form(writer, SLOT_AS_WORDS);
	buf_append_char(&writer->table, (char)width);
	wire_put_varint(&writer->table, scratch->count);
	put_packed(writer, scratch->numbers, scratch->count, 0, width);
	put_packed(writer, scratch->codes, count, 0, packed_width(scratch->count - 1));
}

void slots_put_texts(struct slots_writer *writer, const struct str *values, size_t count) {
	ASSERT(count > 0);
	size_t most = MIN_OF(count / 3 + 1, (size_t)SLOT_ENTRIES_MAX);
	if (count > 3 && find_texts(writer->scratch, values, count, most)) {
		if (writer->scratch->count > 1) {
			put_words(writer, count);
			return;
		}
		put_form(writer, SLOT_AS_WORD);
		wire_put_varint(&writer->table, word_number(writer, values[0]));
		return;
	}
	put_form(writer, SLOT_AS_TEXTS);
	for (size_t i = 0; i < count; i++) {
		texts_writer_add(writer->texts, values[i]);
	}
}

struct slots_at slots_writer_at(const struct slots_writer *writer) {
	struct slots_at at = {.table = writer->table.len,
	                      .codes = writer->codes.len,
	                      .texts = texts_writer_count(writer->texts)};
	for (size_t i = 0; i < SLOT_POOLS; i++) {
		at.pools[i] = writer->pools[i] == NULL ? 0 : pool_writer_count(writer->pools[i]);
	}
	return at;
}

void slots_put_end(struct slots_writer *writer, struct buf *out_pools, struct buf *out_words) {
	size_t lens = out_pools->len; /* where they will be written */
	for (size_t i = 0; i < SLOT_POOLS; i++) {
		wire_put_u32(out_pools, 0);
	}
	for (size_t i = 0; i < SLOT_POOLS; i++) {
		size_t start = out_pools->len;
		if (writer->pools[i] != NULL) {
			pool_writer_put(writer->pools[i], out_pools);
		}
		le32_store(out_pools->ptr + lens + 4 * i, (uint32_t)(out_pools->len - start));
	}
	size_t start = out_words->len;
	wire_put_u32(out_words, 0);
	texts_writer_put(writer->words, out_words);
	le32_store(out_words->ptr + start, (uint32_t)(out_words->len - start - 4));
	texts_writer_put(writer->texts, out_words);
}

/* Entries are hashes of words with their numbers taken out, in a split-block Bloom filter
 * (filter.h). Before it stands which kinds of entries are not in it because there were too many.
 */
#include "codec/word_filter.h"

#include "base/bits.h"
#include "base/endian.h"
#include "base/hash.h"
#include "codec/filter.h"
#include "codec/trigrams.h"
#include "codec/wire.h"

enum {
	ENTRY_BYTES_MAX = 128, /* of a word without its numbers; what is behind does not count */
	LEN_MAX = 63,          /* longer ones are of one kind */
	KINDS = 128 * (LEN_MAX + 1),
	KIND_WORDS_MAX = 2048, /* of a kind that is not left open */
	WORDS_MAX = 16384,     /* in a filter */
	GATHERED_MAX = 1 << 16,
	WORD_BITS = 12,
	SLOTS_FIRST = 4096,
	BLOCK = 32,   /* bytes of the filter that one entry has its bits in */
	PUT_MIN = 64, /* bytes: a smaller one is not worth a part */
	DECIMAL = 0,  /* how numbers are taken out, */
	HEXADECIMAL = 1,
};

/* ---- entries ---- */

struct entry {
	uint64_t hash;
	uint32_t kind;
	bool number; /* nothing but a number: always perhaps there */
};

/* How a byte stands in a word: 0 for what is in none, '0' for digits that are taken out, letters in
 * lower case. */
static uint8_t folded(char c, int numbers) {
	if (char_is_digit(c)) {
		return '0';
	}
	if (!trigrams_in_word(c)) {
		return 0;
	}
	char lower = char_lower(c);
	return numbers == HEXADECIMAL && lower >= 'a' && lower <= 'f' ? '0' : (uint8_t)lower;
}

static struct entry entry_of(struct str word, int numbers) {
	char bytes[ENTRY_BYTES_MAX];
	size_t len = 0;
	for (size_t i = 0; i < word.len && len < ENTRY_BYTES_MAX; i++) {
		char c = (char)folded(word.ptr[i], numbers);
		if (c != '0' || len == 0 || bytes[len - 1] != '0') {
			bytes[len++] = c;
		}
	}
	return (struct entry){.hash = hash64_seeded(bytes, len, (uint64_t)numbers),
	                      .kind = (uint32_t)(uint8_t)bytes[0] * (LEN_MAX + 1) +
	                              (uint32_t)MIN_OF(len, (size_t)LEN_MAX),
	                      .number = len == 1 && bytes[0] == '0' && numbers == DECIMAL};
}

/* The first word at or behind from; false: there is none. */
static bool next_word(struct str text, size_t from, size_t *out_from, size_t *out_to) {
	while (from < text.len && !trigrams_in_word(text.ptr[from])) {
		from++;
	}
	size_t to = from;
	while (to < text.len && trigrams_in_word(text.ptr[to])) {
		to++;
	}
	*out_from = from;
	*out_to = to;
	return from < to;
}

/* ---- making ---- */

struct word_filter_writer {
	uint64_t *hashes; /* open addressing; 0 is empty (a hash of 0 is 1 here) */
	uint16_t *kinds;  /* of these */
	size_t cap, used;
	size_t words; /* used, but for those of open kinds */
	uint32_t counts[KINDS];
	uint64_t open[KINDS / 64];
};

_Static_assert((int)KINDS <= (int)UINT16_MAX, "a kind has two bytes");

struct word_filter_writer *word_filter_writer_new(void) {
	struct word_filter_writer *writer = calloc(1, sizeof(*writer));
	ASSERT(writer != NULL);
	writer->cap = SLOTS_FIRST;
	writer->hashes = calloc(writer->cap, sizeof(*writer->hashes));
	writer->kinds = calloc(writer->cap, sizeof(*writer->kinds));
	ASSERT(writer->hashes != NULL && writer->kinds != NULL);
	return writer;
}

void word_filter_writer_free(struct word_filter_writer *writer) {
	if (writer != NULL) {
		free(writer->hashes);
		free(writer->kinds);
		free(writer);
	}
}

static void open_kind(struct word_filter_writer *writer, uint32_t kind) {
	bits_set(writer->open, kind);
	writer->words -= writer->counts[kind];
}

/* The fewest kinds that leave at most words_max words. */
static void open_largest(struct word_filter_writer *writer, size_t words_max) {
	while (writer->words > words_max) {
		uint32_t largest = 0;
		uint32_t count = 0;
		for (uint32_t kind = 0; kind < KINDS; kind++) {
			if (!bits_get(writer->open, kind) && writer->counts[kind] > count) {
				largest = kind;
				count = writer->counts[kind];
			}
		}
		open_kind(writer, largest);
	}
}

static size_t find_slot(const struct word_filter_writer *writer, uint64_t hash) {
	size_t at = (size_t)hash & (writer->cap - 1);
	while (writer->hashes[at] != 0 && writer->hashes[at] != hash) {
		at = (at + 1) & (writer->cap - 1);
	}
	return at;
}

/* Twice as many slots; words of open kinds are dropped. */
static void grow(struct word_filter_writer *writer) {
	uint64_t *hashes = writer->hashes;
	uint16_t *kinds = writer->kinds;
	size_t cap = writer->cap;
	writer->cap *= 2;
	writer->used = 0;
	writer->hashes = calloc(writer->cap, sizeof(*hashes));
	writer->kinds = calloc(writer->cap, sizeof(*kinds));
	ASSERT(writer->hashes != NULL && writer->kinds != NULL);
	for (size_t i = 0; i < cap; i++) {
		if (hashes[i] != 0 && !bits_get(writer->open, kinds[i])) {
			size_t at = find_slot(writer, hashes[i]);
			writer->hashes[at] = hashes[i];
			writer->kinds[at] = kinds[i];
			writer->used++;
		}
	}
	free(hashes);
	free(kinds);
}

static void add_entry(struct word_filter_writer *writer, struct entry entry) {
	if (entry.number || bits_get(writer->open, entry.kind)) {
		return;
	}
	uint64_t hash = MAX_OF(entry.hash, (uint64_t)1);
	size_t at = find_slot(writer, hash);
	if (writer->hashes[at] != 0) {
		return;
	}
	writer->hashes[at] = hash;
	writer->kinds[at] = (uint16_t)entry.kind;
	writer->used++;
	writer->words++;
	if (++writer->counts[entry.kind] > KIND_WORDS_MAX) {
		open_kind(writer, entry.kind);
	}
	if (writer->words > GATHERED_MAX) {
		open_largest(writer, GATHERED_MAX / 2);
	}
	if (writer->used * 2 > writer->cap) {
		grow(writer);
	}
}

void word_filter_add(void *ctx, struct str text, bool hex) {
	size_t from;
	for (size_t to = 0; next_word(text, to, &from, &to);) {
		add_entry(ctx, entry_of(str_slice(text, from, to), hex ? HEXADECIMAL : DECIMAL));
	}
}

static void put_open(const struct word_filter_writer *writer, struct buf *out) {
	wire_put_varint(out, bits_count(writer->open, KINDS));
	for (uint32_t kind = 0; kind < KINDS; kind++) {
		if (bits_get(writer->open, kind)) {
			buf_append_char(out, (char)(kind / (LEN_MAX + 1)));
			buf_append_char(out, (char)(kind % (LEN_MAX + 1)));
		}
	}
}

static size_t bits_size(const struct word_filter_writer *writer) {
	return (writer->words * WORD_BITS / 8 / BLOCK + 1) * BLOCK;
}

/* Leaves kinds open until the rest has room. False: then nothing is left. */
static bool make_room(struct word_filter_writer *writer, size_t bytes_max) {
	size_t words = WORDS_MAX;
	for (;;) {
		open_largest(writer, words);
		size_t size = 2 + 2 * bits_count(writer->open, KINDS) + bits_size(writer);
		if (size <= bytes_max || writer->words == 0) {
			return size <= bytes_max && writer->words > 0;
		}
		words = writer->words - 1;
	}
}

void word_filter_put(struct word_filter_writer *writer, size_t bytes_max, struct buf *out) {
	if (bytes_max < PUT_MIN || !make_room(writer, bytes_max)) {
		return;
	}
	put_open(writer, out);
	size_t size = bits_size(writer);
	uint8_t *bits = (uint8_t *)buf_reserve(out, size);
	memset(bits, 0, size);
	for (size_t i = 0; i < writer->cap; i++) {
		if (writer->hashes[i] != 0 && !bits_get(writer->open, writer->kinds[i])) {
			filter_add(bits, size, writer->hashes[i]);
		}
	}
	out->len += size;
}

/* ---- reading ---- */

enum err word_filter_open(struct str part, struct checked *checked,
                          struct word_filter *out_filter) {
	struct word_filter filter = {.checked = checked};
	struct wire in = wire_from(part);
	if (part.len > 0) {
		TRY(checked_hold(checked, str_slice(part, 0, MIN_OF(part.len, (size_t)10))));
		filter.open = wire_bytes(&in, 2 * wire_varint_max(&in, KINDS));
		filter.bits = wire_bytes(&in, wire_left(&in));
		if (in.bad || filter.bits.len == 0 || filter.bits.len % BLOCK != 0) {
			return ERR_CORRUPT;
		}
		TRY(checked_hold(checked, filter.open));
	}
	*out_filter = filter;
	return ERR_OK;
}

static bool is_open(const struct word_filter *filter, uint32_t kind) {
	for (size_t at = 0; at < filter->open.len; at += 2) {
		uint32_t one = (uint32_t)(uint8_t)filter->open.ptr[at] * (LEN_MAX + 1) +
		               (uint8_t)filter->open.ptr[at + 1];
		if (one == kind) {
			return true;
		}
	}
	return false;
}

static enum err may_have_entry(const struct word_filter *filter, struct entry entry,
                               bool *out_may) {
	uint64_t hash = MAX_OF(entry.hash, (uint64_t)1);
	*out_may = true;
	if (filter->bits.len == 0 || entry.number || is_open(filter, entry.kind)) {
		return ERR_OK;
	}
	size_t at = filter_block(filter->bits.len, hash);
	TRY(checked_hold(filter->checked, str_slice(filter->bits, at, at + BLOCK)));
	*out_may = filter_may_have((const uint8_t *)filter->bits.ptr, filter->bits.len, hash);
	return ERR_OK;
}

/* A byte that is in no word, whatever of it does not count. */
static bool is_border(struct str needle, const char *mask, size_t at) {
	uint8_t byte = (uint8_t)needle.ptr[at];
	return byte >= 0x80 ? mask == NULL || (mask[at] & 0x80) == 0
	                    : !trigrams_in_word((char)byte) && (mask == NULL || mask[at] == 0);
}

/* Whether nothing but the case of letters does not count. */
static bool is_plain(struct str needle, const char *mask, size_t from, size_t to) {
	bool plain = true;
	for (size_t i = from; i < to && mask != NULL && plain; i++) {
		plain = mask[i] == 0 || (mask[i] == 0x20 && char_is_alpha(needle.ptr[i]));
	}
	return plain;
}

bool word_filter_is_word(struct str needle, const char *mask) {
	size_t from;
	size_t to = 0;
	return next_word(needle, to, &from, &to) && from == 0 && to == needle.len &&
	       is_plain(needle, mask, from, to);
}

static enum err may_have_word(const struct word_filter *filter, struct str word, bool *out_may) {
	TRY(may_have_entry(filter, entry_of(word, DECIMAL), out_may));
	return *out_may ? ERR_OK : may_have_entry(filter, entry_of(word, HEXADECIMAL), out_may);
}

enum err word_filter_may_have(const struct word_filter *filters, size_t count, struct str needle,
                              const char *mask, bool bounded, bool *out_may) {
	size_t from;
	*out_may = true;
	for (size_t to = 0; *out_may && next_word(needle, to, &from, &to);) {
		bool begins = from > 0 ? is_border(needle, mask, from - 1) : bounded;
		bool ends = to < needle.len ? is_border(needle, mask, to) : bounded;
		struct str word = str_slice(needle, from, to);
		if (!begins || !ends || !is_plain(needle, mask, from, to)) {
			continue;
		}
		*out_may = false;
		for (size_t i = 0; i < count && !*out_may; i++) {
			TRY(may_have_word(&filters[i], word, out_may));
		}
	}
	return ERR_OK;
}

enum err word_filter_has_all(const struct word_filter *filter, struct str text, bool hex,
                             bool *out_has) {
	size_t from;
	*out_has = true;
	for (size_t to = 0; *out_has && next_word(text, to, &from, &to);) {
		struct str word = str_slice(text, from, to);
		TRY(may_have_entry(filter, entry_of(word, hex ? HEXADECIMAL : DECIMAL), out_has));
	}
	return ERR_OK;
}

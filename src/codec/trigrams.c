/* Hashes of 16 bits; a smaller map has their upper bits, so it is the large one with neighbours
 * joined. */
#include "codec/trigrams.h"

#include "base/bits.h"
#include "base/hash.h"

enum { PIECE = 1024 };

/* ASCII letters in lower case, as branch-free arithmetic. */
static inline uint8_t fold(char c) {
	uint8_t byte = (uint8_t)c;
	return (uint8_t)(byte | (uint8_t)((uint8_t)(byte - 'A') < 26) << 5);
}

/* Of three bytes, the first of them lowest. An odd multiplier (golden ratio) spreads them. */
static inline uint32_t hash(const uint8_t *folded) {
	uint32_t three = folded[0] | (uint32_t)folded[1] << 8 | (uint32_t)folded[2] << 16;
	return three * 0x9e3779b1u >> (32 - TRIGRAMS_LOG_MAX);
}

void trigrams_add(struct trigrams_writer *writer, struct str text) {
	uint8_t folded[PIECE];
	for (size_t at = 0; at + 3 <= text.len; at += PIECE - 2) {
		size_t len = MIN_OF(text.len - at, (size_t)PIECE);
		for (size_t i = 0; i < len; i++) {
			folded[i] = fold(text.ptr[at + i]);
		}
		for (size_t i = 0; i + 3 <= len; i++) {
			writer->seen[hash(folded + i)] = 1;
		}
	}
}

/* ---- whole words ---- */

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

/* Two places of a map of 2^16 bits, 16 bits each. */
static uint32_t hash_word(struct str word) {
	uint8_t folded[PIECE];
	uint32_t crc = 0;
	for (size_t at = 0; at < word.len; at += PIECE) {
		size_t len = MIN_OF(word.len - at, (size_t)PIECE);
		for (size_t i = 0; i < len; i++) {
			folded[i] = fold(word.ptr[at + i]);
		}
		crc = crc32c(crc, folded, len);
	}
	return crc;
}

void trigrams_add_words(struct trigrams_writer *writer, struct str text) {
	size_t from;
	for (size_t to = 0; next_word(text, to, &from, &to);) {
		uint32_t places = hash_word(str_slice(text, from, to));
		writer->seen[places >> TRIGRAMS_LOG_MAX] = 1;
		writer->seen[places & ((1 << TRIGRAMS_LOG_MAX) - 1)] = 1;
	}
}

/* ---- the map ---- */

/* Joins every two bits of a map of 2^log bits. */
static void halve(uint64_t *bits, unsigned log) {
	for (size_t i = 0; i < (size_t)1 << (log - 1); i++) {
		bool bit = bits_get(bits, 2 * i) || bits_get(bits, 2 * i + 1);
		bits_clear(bits, i);
		bits[i / 64] |= (uint64_t)bit << i % 64;
	}
}

void trigrams_put(const struct trigrams_writer *writer, size_t size_max, struct buf *out) {
	uint64_t bits[(1 << TRIGRAMS_LOG_MAX) / 64] = {0};
	unsigned log = TRIGRAMS_LOG_MAX;
	for (size_t i = 0; i < (size_t)1 << log; i++) {
		bits[i / 64] |= (uint64_t)writer->seen[i] << i % 64;
	}
	size_t set = bits_count(bits, (size_t)1 << log);
	/* Smaller while an eighth is set, or while it must be; a map of which half is set says little,
	 * but the largest may still know that a needle of many trigrams is not there. */
	while (log > TRIGRAMS_LOG_MIN && (set * 8 <= (size_t)1 << log || (1u << log) / 8 > size_max)) {
		halve(bits, log);
		log--;
		set = bits_count(bits, (size_t)1 << log);
	}
	bool full = log == TRIGRAMS_LOG_MAX ? set > (1u << log) / 4 * 3 : set * 2 > 1u << log;
	if (full || (1u << log) / 8 > size_max) {
		buf_append_char(out, 0);
		return;
	}
	buf_append_char(out, (char)log);
	for (size_t i = 0; i < (size_t)1 << log; i += 64) {
		wire_put_u64(out, bits[i / 64]);
	}
}

struct trigrams trigrams_get(struct wire *in) {
	struct trigrams trigrams = {.log = wire_u8(in)};
	if (trigrams.log == 0) {
		return trigrams;
	}
	if (trigrams.log < TRIGRAMS_LOG_MIN || trigrams.log > TRIGRAMS_LOG_MAX) {
		in->bad = true;
		return (struct trigrams){0};
	}
	trigrams.bits = wire_bytes(in, (1u << trigrams.log) / 8).ptr;
	return in->bad ? (struct trigrams){0} : trigrams;
}

/* place: of a map of 2^16 bits. */
static bool has_bit(const struct trigrams *trigrams, uint32_t place) {
	uint32_t bit = place >> (TRIGRAMS_LOG_MAX - trigrams->log);
	return (trigrams->bits[bit / 8] >> bit % 8 & 1) != 0;
}

bool trigrams_may_have(const struct trigrams *trigrams, struct str needle) {
	if (trigrams->log == 0 || needle.len < 3) {
		return true;
	}
	for (size_t i = 0; i + 3 <= needle.len; i++) {
		uint8_t folded[3] = {fold(needle.ptr[i]), fold(needle.ptr[i + 1]), fold(needle.ptr[i + 2])};
		if (!has_bit(trigrams, hash(folded))) {
			return false;
		}
	}
	return true;
}

bool trigrams_may_have_words(const struct trigrams *trigrams, struct str needle, bool bounded) {
	size_t from;
	for (size_t to = 0; trigrams->log > 0 && next_word(needle, to, &from, &to);) {
		bool whole = bounded || (from > 0 && to < needle.len);
		uint32_t places = whole ? hash_word(str_slice(needle, from, to)) : 0;
		if (whole && (!has_bit(trigrams, places >> TRIGRAMS_LOG_MAX) ||
		              !has_bit(trigrams, places & ((1 << TRIGRAMS_LOG_MAX) - 1)))) {
			return false;
		}
	}
	return true;
}

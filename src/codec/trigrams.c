/* Hashes of 16 bits; a smaller map has their upper bits, so it is the large one with neighbours
 * joined. */
#include "codec/trigrams.h"

#include "base/bits.h"
#include "base/endian.h"

enum { WORDS_MAX = (1 << TRIGRAMS_LOG_MAX) / 64 };

/* ASCII letters in lower case, as branch-free arithmetic. */
static inline uint32_t fold(char c) {
	uint32_t byte = (uint8_t)c;
	return byte | (uint32_t)(byte - 'A' < 26) << 5;
}

/* last: three bytes, the first of them highest. An odd multiplier (golden ratio) spreads them. */
static inline uint32_t hash(uint32_t last) {
	return (last & 0xffffff) * 0x9e3779b1u >> (32 - TRIGRAMS_LOG_MAX);
}

void trigrams_add(struct trigrams_writer *writer, struct str text) {
	if (text.len < 3) {
		return;
	}
	uint32_t last = fold(text.ptr[0]) << 8 | fold(text.ptr[1]);
	for (size_t i = 2; i < text.len; i++) {
		last = last << 8 | fold(text.ptr[i]);
		bits_set(writer->bits, hash(last));
	}
}

/* Joins every two bits of a map of 2^log bits. */
static void halve(uint64_t *bits, unsigned log) {
	for (size_t i = 0; i < (size_t)1 << (log - 1); i++) {
		bool bit = bits_get(bits, 2 * i) || bits_get(bits, 2 * i + 1);
		bits_clear(bits, i);
		bits[i / 64] |= (uint64_t)bit << i % 64;
	}
}

void trigrams_put(const struct trigrams_writer *writer, size_t size_max, struct buf *out) {
	struct trigrams_writer small = *writer;
	unsigned log = TRIGRAMS_LOG_MAX;
	size_t set = bits_count(small.bits, (size_t)1 << log);
	/* Smaller while an eighth is set, or while it must be; a map of which half is set says little,
	 * but the largest may still know that a needle of many trigrams is not there. */
	while (log > TRIGRAMS_LOG_MIN && (set * 8 <= (size_t)1 << log || (1u << log) / 8 > size_max)) {
		halve(small.bits, log);
		log--;
		set = bits_count(small.bits, (size_t)1 << log);
	}
	bool full = log == TRIGRAMS_LOG_MAX ? set > (1u << log) / 4 * 3 : set * 2 > 1u << log;
	if (full || (1u << log) / 8 > size_max) {
		buf_append_char(out, 0);
		return;
	}
	buf_append_char(out, (char)log);
	for (size_t i = 0; i < (size_t)1 << log; i += 64) {
		wire_put_u64(out, small.bits[i / 64]);
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

bool trigrams_may_have(const struct trigrams *trigrams, struct str needle) {
	if (trigrams->log == 0 || needle.len < 3) {
		return true;
	}
	uint32_t last = fold(needle.ptr[0]) << 8 | fold(needle.ptr[1]);
	for (size_t i = 2; i < needle.len; i++) {
		last = last << 8 | fold(needle.ptr[i]);
		uint32_t bit = hash(last) >> (TRIGRAMS_LOG_MAX - trigrams->log);
		if ((trigrams->bits[bit / 8] >> bit % 8 & 1) == 0) {
			return false;
		}
	}
	return true;
}

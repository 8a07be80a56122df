/* Random columns for the tests of packed, blocked, series, ranks and pool: distributions as in logs
 * and beside them. Only for tests.
 */
#pragma once

#include <stdlib.h>

#include "codec/packed.h"
#include "tap.h"

enum { SAMPLE_MAX = 5000, SAMPLE_KINDS = 9 };

/* Counts around the sizes of words, blocks and directories. */
static const size_t sample_edges[] = {0,   1,    2,    3,    7,    8,    9,    15,  16,
                                      17,  63,   64,   65,   127,  128,  129,  511, 512,
                                      513, 1023, 1025, 2047, 2048, 2049, 4096, 4097};

/* An edge, or anything below SAMPLE_MAX. */
static inline size_t sample_count(void) {
	uint64_t at = tap_random() % (2 * ARRAY_LEN(sample_edges));
	return at < ARRAY_LEN(sample_edges) ? sample_edges[at] : (size_t)(tap_random() % SAMPLE_MAX);
}

/* About half of the numbers 0, then 1, ...: every class of ranks is used. */
static inline uint64_t sample_skewed(void) {
	unsigned bits = (unsigned)(tap_random() % 16);
	return tap_random() & packed_mask(bits);
}

/* Fills values with count numbers below 2^width. */
static inline void sample_fill(uint64_t *values, size_t count, unsigned width) {
	unsigned kind = (unsigned)(tap_random() % SAMPLE_KINDS);
	uint64_t base = tap_random();
	uint64_t step = tap_random() % 1000;
	unsigned narrow = (unsigned)(tap_random() % (width + 1));
	uint64_t salt = tap_random() | 1;
	for (size_t i = 0; i < count; i++) {
		uint64_t noise = tap_random();
		uint64_t value = 0;
		switch (kind) {
		case 0: /* one and the same */
			value = base;
			break;
		case 1: /* anything */
			value = noise;
			break;
		case 2: /* counts up */
			value = base += noise % 4;
			break;
		case 3: /* even steps */
			value = base += step;
			break;
		case 4: /* some come often, spread over the range */
			value = sample_skewed() * salt;
			break;
		case 5: /* some come often, others once */
			value = noise % 3 == 0 ? tap_random() : sample_skewed() * salt;
			break;
		case 6: /* small */
			value = noise & packed_mask(narrow);
			break;
		case 7: /* extremes */
			value = noise % 3 == 0 ? 0 : noise % 3 == 1 ? UINT64_MAX : base;
			break;
		default: /* levels */
			base = noise % 50 == 0 ? tap_random() : base;
			value = base + (tap_random() & packed_mask(narrow / 2));
			break;
		}
		values[i] = value & packed_mask(width);
	}
}

/* out's bytes from an offset on, in memory that ends PACKED_SLACK (of ones) behind them, so that
 * the sanitizer sees a load too far. free() it. */
static inline char *sample_tight(const struct buf *out, size_t offset) {
	size_t len = out->len - offset;
	char *bytes = malloc(len + PACKED_SLACK);
	if (len > 0) {
		memcpy(bytes, out->ptr + offset, len);
	}
	memset(bytes + len, 0xff, PACKED_SLACK);
	return bytes;
}

/* A stretch of count values. */
struct stretch {
	size_t first;
	size_t count;
};

static inline struct stretch sample_stretch(size_t count) {
	size_t first = tap_random() % 3 == 0 ? 0 : (size_t)(tap_random() % (count + 1));
	size_t rest = count - first;
	return (struct stretch){.first = first,
	                        .count =
	                            tap_random() % 3 == 0 ? rest : (size_t)(tap_random() % (rest + 1))};
}

/* Asks whether hits are exactly every i of the stretch with least <= values[i] <= greatest. */
static inline void sample_check_hits(const struct buf *hits, const uint64_t *values,
                                     struct stretch stretch, uint64_t least, uint64_t greatest) {
	size_t at = 0;
	for (size_t i = stretch.first; i < stretch.first + stretch.count; i++) {
		if (values[i] >= least && values[i] <= greatest) {
			REQUIRE((at + 1) * 4 <= hits->len);
			REQUIRE(le32_load(hits->ptr + 4 * at) == i);
			at++;
		}
	}
	CHECK_EQ(hits->len, at * 4);
}

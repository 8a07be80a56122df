/* Packed numbers. Widths of whole bytes are plain loads; any other is read by one 64-bit window a
 * number, whose address and shift do not depend on the number before, so that several run at once.
 */
#include "codec/packed.h"

#include "codec/packed_simd.h"

/* ---- writing ---- */

/* Words that are being filled. */
struct filling {
	char *at;
	uint64_t word;
	unsigned used; /* bits of word, below 64 */
};

/* bits: 1 to 64. */
static inline void fill(struct filling *to, uint64_t value, unsigned bits) {
	to->word |= value << to->used;
	to->used += bits;
	if (to->used >= 64) {
		le64_store(to->at, to->word);
		to->at += 8;
		to->used -= 64;
		to->word = to->used == 0 ? 0 : value >> (bits - to->used);
	}
}

void packed_put(struct buf *out, const uint64_t *values, size_t count, unsigned width) {
	ASSERT(width <= PACKED_WIDTH_MAX);
	size_t size = (size_t)packed_bytes(count, width);
	if (size == 0) {
		return;
	}
	struct filling to = {.at = buf_reserve(out, size + 8)};
	size_t i = 0;
	/* Few wide pieces instead of many narrow ones: they are put together beside each other. */
	if (width <= 16) {
		for (; i + 4 <= count; i += 4) {
			uint64_t low = values[i] | values[i + 1] << width;
			uint64_t high = values[i + 2] | values[i + 3] << width;
			fill(&to, low | high << 2 * width, 4 * width);
		}
	} else if (width <= 32) {
		for (; i + 2 <= count; i += 2) {
			fill(&to, values[i] | values[i + 1] << width, 2 * width);
		}
	}
	for (; i < count; i++) {
		fill(&to, values[i], width);
	}
	le64_store(to.at, to.word);
	out->len += size;
}

/* ---- reading ---- */

static void get_narrow(const char *bytes, unsigned width, uint64_t bit, size_t count,
                       uint64_t *out) {
	uint64_t mask = packed_mask(width);
	for (size_t i = 0; i < count; i++, bit += width) {
		out[i] = le64_load(bytes + (bit >> 3)) >> (bit & 7) & mask;
	}
}

static void get_wide(const char *bytes, unsigned width, size_t first, size_t count, uint64_t *out) {
	for (size_t i = 0; i < count; i++) {
		out[i] = packed_get(bytes, width, first + i);
	}
}

void packed_get_portable(const char *bytes, unsigned width, size_t first, size_t count,
                         uint64_t *out) {
	ASSERT(width <= PACKED_WIDTH_MAX);
	switch (width) {
	case 0:
		memset(out, 0, count * sizeof(*out));
		break;
	case 8:
		for (size_t i = 0; i < count; i++) {
			out[i] = (uint8_t)bytes[first + i];
		}
		break;
	case 16:
		for (size_t i = 0; i < count; i++) {
			out[i] = le16_load(bytes + 2 * (first + i));
		}
		break;
	case 32:
		for (size_t i = 0; i < count; i++) {
			out[i] = le32_load(bytes + 4 * (first + i));
		}
		break;
	case 64:
		if (count > 0) {
			memcpy(out, bytes + 8 * first, 8 * count);
		}
		break;
	default:
		if (width <= PACKED_WIDTH_ONE_LOAD) {
			get_narrow(bytes, width, (uint64_t)first * width, count, out);
		} else {
			get_wide(bytes, width, first, count, out);
		}
	}
}

/* How many numbers from first on come before a group begins. */
static size_t before_group(size_t first, size_t count) {
	return MIN_OF((PACKED_GROUP - first % PACKED_GROUP) % PACKED_GROUP, count);
}

/* Making the lanes takes some 23 ns: fewer numbers are done before that. */
enum { GET_BY_SIMD_MIN = 64, FIND_BY_SIMD_MIN = 32 };

/* AVX2 does not pay for whole bytes: there the compiler's loops are as fast. */
static bool get_by_simd(unsigned width, size_t count) {
	return count >= GET_BY_SIMD_MIN && width <= PACKED_WIDTH_ONE_LOAD && width != 0 && width != 8 &&
	       width != 16 && width != 32 && packed_has_simd();
}

void packed_get_many(const char *bytes, unsigned width, size_t first, size_t count, uint64_t *out) {
	if (get_by_simd(width, count)) {
		size_t head = before_group(first, count);
		size_t groups = (count - head) / PACKED_GROUP;
		packed_get_portable(bytes, width, first, head, out);
		packed_get_groups(bytes, width, first + head, groups, out + head);
		first += head + groups * PACKED_GROUP;
		out += head + groups * PACKED_GROUP;
		count -= head + groups * PACKED_GROUP;
	}
	packed_get_portable(bytes, width, first, count, out);
}

/* ---- searching ---- */

enum { FIND_CHUNK = 64 };

/* One bit for each of at most 64 numbers: in [least, least + span]. */
static uint64_t in_range(const uint64_t *values, size_t count, uint64_t least, uint64_t span) {
	uint64_t bits = 0;
	for (size_t i = 0; i < count; i++) {
		bits |= (uint64_t)(values[i] - least <= span) << i;
	}
	return bits;
}

static void append_hits(struct buf *hits, size_t first, uint64_t bits) {
	while (bits != 0) {
		uint32_t hit = (uint32_t)(first + (unsigned)__builtin_ctzll(bits));
		buf_append(hits, &hit, sizeof(hit));
		bits &= bits - 1;
	}
}

bool packed_may_have(unsigned width, const struct packed_range *range) {
	uint64_t least = range->least - range->base;
	return least <= packed_mask(width) || 0 - least <= range->span;
}

void packed_find_portable(const char *bytes, unsigned width, size_t first, size_t count,
                          const struct packed_range *range, struct buf *hits) {
	uint64_t values[FIND_CHUNK];
	uint64_t least = range->least - range->base;
	for (size_t done = 0; done < count; done += FIND_CHUNK) {
		size_t n = MIN_OF(count - done, (size_t)FIND_CHUNK);
		packed_get_portable(bytes, width, first + done, n, values);
		append_hits(hits, range->hit_first + first + done, in_range(values, n, least, range->span));
	}
}

static bool find_by_simd(unsigned width, size_t count) {
	return count >= FIND_BY_SIMD_MIN && width != 0 &&
	       (width <= PACKED_WIDTH_ONE_LOAD || width == PACKED_WIDTH_MAX) && packed_has_simd();
}

void packed_find_range(const char *bytes, unsigned width, size_t first, size_t count,
                       const struct packed_range *range, struct buf *hits) {
	ASSERT((uint64_t)range->hit_first + first + count <= (uint64_t)UINT32_MAX + 1);
	if (!packed_may_have(width, range)) {
		return;
	}
	if (find_by_simd(width, count)) {
		size_t head = before_group(first, count);
		size_t groups = (count - head) / PACKED_GROUP;
		packed_find_portable(bytes, width, first, head, range, hits);
		packed_find_groups(bytes, width, first + head, groups, range, hits);
		first += head + groups * PACKED_GROUP;
		count -= head + groups * PACKED_GROUP;
	}
	packed_find_portable(bytes, width, first, count, range, hits);
}

void packed_find(const char *bytes, unsigned width, size_t first, size_t count, uint64_t least,
                 uint64_t greatest, struct buf *hits) {
	if (least <= greatest) {
		struct packed_range range = {.least = least, .span = greatest - least};
		packed_find_range(bytes, width, first, count, &range, hits);
	}
}

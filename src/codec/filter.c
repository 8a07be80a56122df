/* Blocks of 256 bits, eight words of 32: a hash chooses one block and one bit in each of its words
 * (Putze, Sanders, Singler: Cache-, Hash- and Space-Efficient Bloom Filters, 2007).
 */
#include "codec/filter.h"

#include "base/endian.h"
#include "base/macros.h"

enum { BLOCK_SIZE = 32, BLOCK_WORDS = 8, BITS_PER_TOKEN = 10 };

/* Odd multipliers (hexadecimal digits of pi), one a word. */
static const uint32_t multipliers[BLOCK_WORDS] = {0x243f6a89, 0x85a308d3, 0x13198a2f, 0x03707345,
                                                  0xa4093823, 0x299f31d1, 0x082efa99, 0xec4e6c89};

size_t filter_size(size_t tokens) {
	size_t bits = MAX_OF(tokens, (size_t)1) * BITS_PER_TOKEN;
	return (bits + BLOCK_SIZE * 8 - 1) / (BLOCK_SIZE * 8) * BLOCK_SIZE;
}

size_t filter_block(size_t size, uint64_t hash) {
	uint64_t blocks = size / BLOCK_SIZE;
	return (size_t)((hash >> 32) * blocks >> 32) * BLOCK_SIZE;
}

static uint32_t bit_of(uint64_t hash, unsigned word) {
	return (uint32_t)1 << ((uint32_t)hash * multipliers[word] >> 27);
}

void filter_add(uint8_t *filter, size_t size, uint64_t hash) {
	uint8_t *block = filter + filter_block(size, hash);
	for (unsigned word = 0; word < BLOCK_WORDS; word++) {
		le32_store(block + (size_t)4 * word,
		           le32_load(block + (size_t)4 * word) | bit_of(hash, word));
	}
}

bool filter_may_have(const uint8_t *filter, size_t size, uint64_t hash) {
	const uint8_t *block = filter + filter_block(size, hash);
	uint32_t missing = 0;
	for (unsigned word = 0; word < BLOCK_WORDS; word++) {
		missing |= ~le32_load(block + (size_t)4 * word) & bit_of(hash, word);
	}
	return missing == 0;
}

enum { SLOTS_FIRST = 16384, RECENT = 1024 };

struct token_set {
	uint64_t *slots; /* 0 is empty; a hash of 0 is counted apart */
	size_t slots_cap;
	size_t count;
	bool has_zero;
	uint64_t recent[RECENT]; /* what came last, so that common words cost one look */
};

struct token_set *token_set_new(void) {
	struct token_set *set = calloc(1, sizeof(*set));
	ASSERT(set != NULL);
	set->slots_cap = SLOTS_FIRST;
	set->slots = calloc(set->slots_cap, sizeof(*set->slots));
	ASSERT(set->slots != NULL);
	return set;
}

void token_set_free(struct token_set *set) {
	if (set != NULL) {
		free(set->slots);
		free(set);
	}
}

static bool insert(uint64_t *slots, size_t cap, uint64_t hash) {
	size_t at = hash & (cap - 1);
	while (slots[at] != 0 && slots[at] != hash) {
		at = (at + 1) & (cap - 1);
	}
	bool added = slots[at] == 0;
	slots[at] = hash;
	return added;
}

static void grow(struct token_set *set) {
	size_t cap = set->slots_cap * 2;
	uint64_t *slots = calloc(cap, sizeof(*slots));
	ASSERT(slots != NULL);
	for (size_t i = 0; i < set->slots_cap; i++) {
		if (set->slots[i] != 0) {
			(void)insert(slots, cap, set->slots[i]);
		}
	}
	free(set->slots);
	set->slots = slots;
	set->slots_cap = cap;
}

void token_set_add(void *ctx, uint64_t hash) {
	struct token_set *set = ctx;
	uint64_t *recent = &set->recent[hash >> 54];
	if (hash == 0) {
		set->has_zero = true;
		return;
	}
	if (*recent == hash) {
		return;
	}
	*recent = hash;
	set->count += insert(set->slots, set->slots_cap, hash);
	if (set->count * 4 > set->slots_cap * 3) {
		grow(set);
	}
}

size_t token_set_count(const struct token_set *set) {
	return set->count + set->has_zero;
}

void token_set_filter(const struct token_set *set, struct buf *out) {
	size_t size = filter_size(token_set_count(set));
	uint8_t *filter = (uint8_t *)buf_reserve(out, size);
	memset(filter, 0, size);
	for (size_t i = 0; i < set->slots_cap; i++) {
		if (set->slots[i] != 0) {
			filter_add(filter, size, set->slots[i]);
		}
	}
	if (set->has_zero) {
		filter_add(filter, size, 0);
	}
	out->len += size;
}

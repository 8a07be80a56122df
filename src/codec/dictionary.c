/* Counts values in a hash table of fixed size (every value's slot is remembered, so that it is
 * looked up once), orders the frequent ones, and takes those that a dictionary makes smaller.
 *
 * Nobody can make this slow by choosing values: a value for which no slot is found within PROBES
 * steps is not counted and stays in place.
 */
#include "codec/dictionary.h"

#include <stdlib.h>

enum {
	PROBES = 64,
	AHEAD = 16,        /* values whose slots are fetched before they are needed */
	DIRECT_WIDTH = 16, /* up to this many bits a value is its own slot */
	SLOTS_BITS_MAX = 22,
};
#define NO_SLOT UINT32_MAX

/* ---- counting ---- */

struct slot {
	uint64_t value;
	uint32_t count; /* 0: empty */
	uint32_t rank;
};

struct table {
	struct slot *slots;
	unsigned bits; /* 2^bits slots */
	bool direct;
};

static struct table table_make(size_t count, unsigned value_bits) {
	struct table table = {.bits = packed_width(count + count / 4)};
	table.bits = MIN_OF(MAX_OF(table.bits, 4U), (unsigned)SLOTS_BITS_MAX);
	if (value_bits <= DIRECT_WIDTH && value_bits <= table.bits + 1) {
		table.bits = value_bits;
		table.direct = true;
	}
	table.slots = calloc((size_t)1 << table.bits, sizeof(*table.slots));
	ASSERT(table.slots != NULL);
	return table;
}

/* Where to look for a value first (Knuth's multiplicative hashing, by the golden ratio). */
static inline size_t slot_first(const struct table *table, uint64_t value) {
	return table->direct ? (size_t)value
	                     : (size_t)(value * 0x9e3779b97f4a7c15 >> (64 - table->bits));
}

/* The slot of a value that first is the first place for, or NO_SLOT. */
static inline uint32_t slot_of(const struct table *table, uint64_t value, size_t first) {
	size_t mask = ((size_t)1 << table->bits) - 1;
	for (size_t step = 0; step < PROBES; step++) {
		size_t at = (first + step) & mask;
		if (table->slots[at].count == 0 || table->slots[at].value == value) {
			return (uint32_t)at;
		}
	}
	return NO_SLOT;
}

/* The values that come twice or more, by slot. */
struct repeated {
	uint32_t *slots;
	size_t count;
};

/* Counts values; out_slots: the slot of each; out_repeated: has room for half as many. */
static void count_values(struct table *table, const uint64_t *values, size_t count,
                         uint32_t *out_slots, struct repeated *out_repeated) {
	for (size_t i = 0; i < count; i++) {
		if (i + AHEAD < count) {
			__builtin_prefetch(&table->slots[slot_first(table, values[i + AHEAD])], 1);
		}
		uint32_t at = slot_of(table, values[i], slot_first(table, values[i]));
		out_slots[i] = at;
		if (at == NO_SLOT) {
			continue;
		}
		struct slot *slot = &table->slots[at];
		slot->value = values[i];
		if (++slot->count == 2) {
			out_repeated->slots[out_repeated->count++] = at;
		}
	}
}

/* ---- ordering ---- */

struct candidate {
	uint64_t value;
	uint32_t count;
	uint32_t slot;
};

static inline uint64_t by_value(const struct candidate *candidate) {
	return candidate->value;
}

static inline uint64_t by_count_down(const struct candidate *candidate) {
	return UINT32_MAX - candidate->count;
}

/* Sorts by one byte of the key into out, stable; false: all have the same byte, nothing is done. */
static bool sort_by_byte(const struct candidate *in, struct candidate *out, size_t count,
                         uint64_t (*key)(const struct candidate *), unsigned shift) {
	size_t ends[257] = {0};
	for (size_t i = 0; i < count; i++) {
		ends[(key(&in[i]) >> shift & 0xff) + 1]++;
	}
	if (ends[(key(&in[0]) >> shift & 0xff) + 1] == count) {
		return false;
	}
	for (size_t b = 1; b < 257; b++) {
		ends[b] += ends[b - 1];
	}
	for (size_t i = 0; i < count; i++) {
		out[ends[key(&in[i]) >> shift & 0xff]++] = in[i];
	}
	return true;
}

/* Stable, ascending by key, byte by byte from the lowest. scratch: as many. */
static void sort(struct candidate *candidates, struct candidate *scratch, size_t count,
                 uint64_t (*key)(const struct candidate *)) {
	struct candidate *from = candidates;
	struct candidate *to = scratch;
	for (unsigned shift = 0; count > 1 && shift < 64; shift += 8) {
		if (sort_by_byte(from, to, count, key, shift)) {
			struct candidate *swap = from;
			from = to;
			to = swap;
		}
	}
	if (from != candidates) {
		memcpy(candidates, from, count * sizeof(*candidates));
	}
}

/* ---- choosing ---- */

enum { COUNTS = 256 };

static uint32_t capped_count(const struct slot *slot) {
	return MIN_OF(slot->count, (uint32_t)COUNTS - 1);
}

/* The greatest capped count whose values do not all have room, or 1 when all have. */
static uint32_t crowded_count(const struct table *table, const struct repeated *repeated) {
	size_t with_count[COUNTS] = {0};
	size_t sum = 0;
	for (size_t i = 0; i < repeated->count; i++) {
		with_count[capped_count(&table->slots[repeated->slots[i]])]++;
	}
	uint32_t crowded = COUNTS - 1;
	for (; crowded >= 2 && sum + with_count[crowded] <= RANKS_MAX; crowded--) {
		sum += with_count[crowded];
	}
	return crowded;
}

/* The at most RANKS_MAX values that come most often, by frequency. */
static size_t gather(const struct table *table, const struct repeated *repeated,
                     struct candidate *out_candidates, struct candidate *scratch) {
	uint32_t crowded = crowded_count(table, repeated);
	size_t count = 0;
	/* All that come more often than the crowded count, then of those as many as there is room. */
	for (unsigned round = 0; round < 2; round++) {
		for (size_t i = 0; i < repeated->count && count < RANKS_MAX; i++) {
			const struct slot *slot = &table->slots[repeated->slots[i]];
			uint32_t capped = capped_count(slot);
			if (round == 0 ? capped > crowded : capped == crowded) {
				out_candidates[count++] = (struct candidate){
				    .value = slot->value, .count = slot->count, .slot = repeated->slots[i]};
			}
		}
	}
	sort(out_candidates, scratch, count, by_count_down);
	return count;
}

/* How many of the candidates make the whole smaller as entries, when a value takes width bits in
 * place. */
static size_t worth_it(const struct candidate *candidates, size_t count, size_t values_count,
                       unsigned width) {
	uint64_t gain = 0;
	size_t entries = 0;
	for (; entries < count; entries++) {
		unsigned class = rank_class((uint32_t)entries);
		uint64_t saved = class < width ? (uint64_t)candidates[entries].count * (width - class) : 0;
		if (saved <= width) {
			break;
		}
		gain += saved - width;
	}
	return gain > (uint64_t)values_count * 4 ? entries : 0;
}

/* Orders the entries of each class by value, and gives every slot its rank + 1. */
static void give_ranks(struct table *table, struct candidate *candidates, struct candidate *scratch,
                       struct dictionary *dictionary) {
	for (size_t first = 0; first < dictionary->count; first = 2 * first + 1) {
		size_t n = MIN_OF(first + 1, dictionary->count - first);
		sort(candidates + first, scratch, n, by_value);
	}
	for (size_t rank = 0; rank < dictionary->count; rank++) {
		dictionary->entries[rank] = candidates[rank].value;
		table->slots[candidates[rank].slot].rank = (uint32_t)rank + 1;
	}
}

static void choose(struct table *table, const struct repeated *repeated, size_t values_count,
                   unsigned width, struct dictionary *dictionary) {
	size_t cap = MIN_OF(repeated->count, (size_t)RANKS_MAX);
	struct candidate *candidates = malloc(2 * cap * sizeof(*candidates));
	ASSERT(candidates != NULL);
	size_t count = gather(table, repeated, candidates, candidates + cap);
	dictionary->count = worth_it(candidates, count, values_count, width);
	if (dictionary->count > 0) {
		dictionary->entries = malloc(dictionary->count * sizeof(*dictionary->entries));
		ASSERT(dictionary->entries != NULL);
		give_ranks(table, candidates, candidates + cap, dictionary);
	}
	free(candidates);
}

void dictionary_init(struct dictionary *dictionary, const uint64_t *values, size_t count) {
	uint64_t bits = 0;
	*dictionary = (struct dictionary){0};
	for (size_t i = 0; i < count; i++) {
		bits |= values[i];
	}
	if (count < 2) {
		return;
	}
	struct table table = table_make(count, packed_width(bits));
	struct repeated repeated = {.slots = malloc((count / 2 + 1) * sizeof(*repeated.slots))};
	uint32_t *slots = malloc(count * sizeof(*slots));
	ASSERT(repeated.slots != NULL && slots != NULL);
	count_values(&table, values, count, slots, &repeated);
	if (repeated.count > 0) {
		choose(&table, &repeated, count, plain_width(values, count), dictionary);
	}
	if (dictionary->count > 0) {
		for (size_t i = 0; i < count; i++) {
			slots[i] = slots[i] == NO_SLOT ? RANK_NONE : table.slots[slots[i]].rank - 1;
		}
		dictionary->ranks = TAKE(slots);
	}
	free(slots);
	free(repeated.slots);
	free(table.slots);
}

void dictionary_deinit(struct dictionary *dictionary) {
	free(dictionary->entries);
	free(dictionary->ranks);
	*dictionary = (struct dictionary){0};
}

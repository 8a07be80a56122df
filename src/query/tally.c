/* Groups lie one behind the other, in chunks that never move, and a table of their numbers finds
 * them: open addressing, the next free slot by steps of one. Group 0 is in no slot: rows that are
 * left out go there, so that nobody has to ask.
 */
#include "query/tally.h"

#include <stdlib.h>

#include "base/map.h"

enum {
	BITS_FIRST = 10,
	BITS_MANY = 16,  /* up to here a table grows fourfold */
	CHUNK_BITS = 10, /* groups of a chunk */
	TAG_BITS = 8,    /* of the hash, in a slot below the number */
	TOGETHER = 64,   /* keys whose places in memory are asked for before they are needed */
};
_Static_assert((int)TALLY_GROUPS_MAX >> (32 - TAG_BITS) == 0, "numbers fit into slots");

struct tally {
	size_t sums, stride; /* of a group: how many, and its bytes */
	char **chunks;
	size_t chunks_count, chunks_cap;
	size_t count;    /* of groups, but for group 0 */
	uint32_t *slots; /* 2^bits of them; 0: free */
	unsigned bits;
	uint64_t seed;
	unsigned __int128 magnitude; /* of all numbers that were added: no sum is beyond */
	struct map *texts;           /* text to its number */
	uint64_t *firsts;            /* of what came together here */
	uint32_t firsts_count, firsts_cap;
};

static inline struct tally_group *group_at(const struct tally *tally, uint32_t number) {
	char *chunk = tally->chunks[number >> CHUNK_BITS];
	return (void *)(chunk + (number & ((1u << CHUNK_BITS) - 1)) * tally->stride);
}

static void add_chunk(struct tally *tally) {
	if (tally->chunks_count == tally->chunks_cap) {
		tally->chunks_cap = tally->chunks_cap * 2 + 8;
		tally->chunks = reallocarray(tally->chunks, tally->chunks_cap, sizeof(*tally->chunks));
		ASSERT(tally->chunks != NULL);
	}
	char *chunk = malloc(tally->stride << CHUNK_BITS);
	ASSERT(chunk != NULL);
	tally->chunks[tally->chunks_count++] = chunk;
}

static size_t slots_of(const struct tally *tally) {
	return (size_t)1 << tally->bits;
}

static void make_slots(struct tally *tally, unsigned bits) {
	tally->bits = bits;
	free(tally->slots);
	tally->slots = calloc(slots_of(tally), sizeof(*tally->slots));
	ASSERT(tally->slots != NULL);
}

static uint32_t add_first(struct tally *tally, uint64_t first_index) {
	if (tally->firsts_count == tally->firsts_cap) {
		tally->firsts_cap = tally->firsts_cap * 2 + 8;
		tally->firsts = reallocarray(tally->firsts, tally->firsts_cap, sizeof(*tally->firsts));
		ASSERT(tally->firsts != NULL);
	}
	tally->firsts[tally->firsts_count] = first_index;
	return tally->firsts_count++;
}

struct tally *tally_new(size_t sums) {
	struct tally *tally = calloc(1, sizeof(*tally));
	ASSERT(tally != NULL);
	tally->sums = sums;
	tally->stride = sizeof(struct tally_group) + sums * sizeof(struct tally_sum);
	/* Nobody who writes a log knows which keys meet. */
	tally->seed = (uint64_t)(uintptr_t)tally * 0x9e3779b97f4a7c15u;
	tally->texts = map_new();
	(void)add_first(tally, 0);
	make_slots(tally, BITS_FIRST);
	add_chunk(tally);
	memset(group_at(tally, TALLY_NOWHERE), 0, tally->stride);
	return tally;
}

void tally_free(struct tally *tally) {
	if (tally != NULL) {
		map_free(tally->texts);
		for (size_t i = 0; i < tally->chunks_count; i++) {
			free(tally->chunks[i]);
		}
		free(tally->chunks);
		free(tally->slots);
		free(tally->firsts);
		free(tally);
	}
}

size_t tally_count(const struct tally *tally) {
	return tally->count;
}

size_t tally_bytes(const struct tally *tally) {
	return sizeof(*tally) + tally->chunks_count * (tally->stride << CHUNK_BITS) +
	       tally->chunks_cap * sizeof(*tally->chunks) + slots_of(tally) * sizeof(*tally->slots) +
	       map_bytes(tally->texts) + tally->firsts_cap * sizeof(*tally->firsts);
}

void tally_set_first(struct tally *tally, uint64_t first_index) {
	ASSERT(tally->firsts_count == 1);
	tally->firsts[0] = first_index;
}

uint64_t tally_first(const struct tally *tally, const struct tally_group *group) {
	return tally->firsts[group->first];
}

/* ---- keys ---- */

/* Digits from text[*at] on, without leading zeros, at most digits_max (below 19) of them. */
static bool read_digits(struct str text, size_t *at, size_t digits_max, uint64_t *out_number) {
	size_t first = *at;
	uint64_t number = 0;
	while (*at < text.len && *at - first < digits_max && char_is_digit(text.ptr[*at])) {
		number = number * 10 + (uint64_t)(text.ptr[(*at)++] - '0');
	}
	*out_number = number;
	return *at > first && (*at - first == 1 || text.ptr[first] != '0');
}

/* Without sign and leading zeros, below 2^63. */
static bool read_decimal(struct str text, uint64_t *out_number) {
	enum { DIGITS = 18 }; /* of these every number is below */
	size_t at = 0;
	if (text.len > DIGITS) {
		return text.ptr[0] != '0' && str_to_u64(text, TALLY_DECIMALS - 1, out_number);
	}
	return read_digits(text, &at, DIGITS, out_number) && at == text.len;
}

/* As numbers are written that are addresses: four parts without leading zeros. */
static bool read_address(struct str text, uint64_t *out_number) {
	uint64_t number = 0;
	size_t at = 0;
	for (unsigned i = 0; i < 4; i++) {
		uint64_t part;
		if ((i > 0 && (at >= text.len || text.ptr[at++] != '.')) ||
		    !read_digits(text, &at, 3, &part) || part > 255) {
			return false;
		}
		number = number << 8 | part;
	}
	*out_number = number;
	return at == text.len;
}

uint64_t tally_key(struct tally *tally, struct str text) {
	uint64_t number;
	bool digit = text.len > 0 && char_is_digit(text.ptr[0]);
	if (digit && read_decimal(text, &number)) {
		return number;
	}
	if (digit && read_address(text, &number)) {
		return TALLY_ADDRESS | number;
	}
	return TALLY_TEXT | *map_put(tally->texts, text, map_count(tally->texts), NULL);
}

void tally_text(const struct tally *tally, uint64_t key, struct buf *out) {
	if (key < TALLY_DECIMALS) {
		buf_append_u64(out, key);
	} else if (key < TALLY_TEXT) {
		buf_printf(out, "%u.%u.%u.%u", (unsigned)(key >> 24) & 255, (unsigned)(key >> 16) & 255,
		           (unsigned)(key >> 8) & 255, (unsigned)key & 255);
	} else if (key != TALLY_ABSENT) {
		buf_append_str(out, map_key(tally->texts, (size_t)(key & ~TALLY_TEXT)));
	}
}

/* ---- the table ---- */

static inline uint64_t hash_of(const struct tally *tally, uint64_t key) {
	uint64_t mixed = key ^ tally->seed;
	mixed = (mixed ^ mixed >> 32) * 0x9e3779b97f4a7c15u;
	return (mixed ^ mixed >> 29) * 0xd6e8feb86659fd93u;
}

static inline size_t home_of(const struct tally *tally, uint64_t hash) {
	return (size_t)(hash >> (64 - tally->bits));
}

static inline uint32_t tag_of(uint64_t hash) {
	return (uint32_t)(hash >> 8) & ((1u << TAG_BITS) - 1);
}

/* Room for so many more groups. */
static void reserve(struct tally *tally, size_t more) {
	unsigned bits = tally->bits;
	while (tally->count + more > ((size_t)1 << bits) / 8 * 5) {
		bits += bits < BITS_MANY ? 2 : 1;
	}
	if (bits == tally->bits) {
		return;
	}
	make_slots(tally, bits);
	for (uint32_t number = 1; number <= tally->count; number++) {
		uint64_t hash = hash_of(tally, group_at(tally, number)->key);
		size_t at = home_of(tally, hash);
		while (tally->slots[at] != 0) {
			at = (at + 1) & (slots_of(tally) - 1);
		}
		tally->slots[at] = number << TAG_BITS | tag_of(hash);
	}
}

/* The number of the group of a key; 0: there is none, and its slot is *out_slot. */
static inline uint32_t find(const struct tally *tally, uint64_t key, uint64_t hash,
                            size_t *out_slot) {
	size_t mask = slots_of(tally) - 1;
	size_t at = home_of(tally, hash);
	for (; tally->slots[at] != 0; at = (at + 1) & mask) {
		uint32_t slot = tally->slots[at];
		if ((slot & ((1u << TAG_BITS) - 1)) == tag_of(hash) &&
		    group_at(tally, slot >> TAG_BITS)->key == key) {
			return slot >> TAG_BITS;
		}
	}
	*out_slot = at;
	return 0;
}

/* A new group into a slot that find gave. */
static uint32_t add_group(struct tally *tally, const struct tally_group *group, uint64_t hash,
                          size_t slot) {
	uint32_t number = (uint32_t)++tally->count;
	if (number >> CHUNK_BITS == tally->chunks_count) {
		add_chunk(tally);
	}
	tally->slots[slot] = number << TAG_BITS | tag_of(hash);
	struct tally_group *made = group_at(tally, number);
	made->key = group->key;
	made->first = group->first;
	made->kind = group->kind;
	for (size_t i = 0; i < tally->sums; i++) { /* few: not worth a call */
		made->sums[i] = (struct tally_sum){0};
	}
	return number;
}

/* Asks memory for what find will look at. */
static void expect(const struct tally *tally, const uint64_t *keys, uint32_t count,
                   uint64_t *out_hashes) {
	for (uint32_t i = 0; i < count; i++) {
		out_hashes[i] = hash_of(tally, keys[i]);
		__builtin_prefetch(&tally->slots[home_of(tally, out_hashes[i])]);
	}
	for (uint32_t i = 0; i < count; i++) {
		uint32_t slot = tally->slots[home_of(tally, out_hashes[i])];
		__builtin_prefetch(group_at(tally, slot >> TAG_BITS));
	}
}

static enum err find_some(struct tally *tally, const struct tally_keys *keys, uint32_t first,
                          uint32_t count, uint32_t *out_places) {
	uint64_t hashes[TOGETHER];
	expect(tally, keys->keys + first, count, hashes);
	for (uint32_t i = 0; i < count; i++) {
		uint8_t kind = keys->kinds == NULL ? keys->kind : keys->kinds[first + i];
		uint64_t key = keys->keys[first + i];
		size_t slot = 0;
		if (key == TALLY_FREE) {
			out_places[i] = TALLY_NOWHERE;
			continue;
		}
		uint32_t number = find(tally, key, hashes[i], &slot);
		if (number == 0) {
			struct tally_group group = {.key = key, .kind = kind};
			number = add_group(tally, &group, hashes[i], slot);
		} else if (group_at(tally, number)->kind != kind) {
			return ERR_UNSUPPORTED;
		}
		out_places[i] = number;
	}
	return ERR_OK;
}

enum err tally_find(struct tally *tally, const struct tally_keys *keys, uint32_t *out_places) {
	if (tally->count + keys->count > TALLY_GROUPS_MAX) {
		return ERR_LIMIT;
	}
	reserve(tally, keys->count);
	for (uint32_t i = 0; i < keys->count; i += TOGETHER) {
		uint32_t count = MIN_OF(keys->count - i, (uint32_t)TOGETHER);
		TRY(find_some(tally, keys, i, count, out_places + i));
	}
	return ERR_OK;
}

/* ---- sums ---- */

void tally_count_rows(struct tally *tally, size_t at, const uint32_t *places, uint32_t count) {
	for (uint32_t i = 0; i < count; i++) {
		group_at(tally, places[i])->sums[at].count++;
	}
}

/* False: sums could be beyond 64 bits. */
static bool take_magnitude(struct tally *tally, unsigned __int128 more) {
	tally->magnitude += more;
	if (tally->magnitude > INT64_MAX) {
		tally->magnitude -= more;
		return false;
	}
	return true;
}

enum err tally_add_numbers(struct tally *tally, size_t at, const uint32_t *places,
                           const uint64_t *numbers, uint32_t count) {
	uint64_t low = 0;
	uint64_t high = 0;
	for (uint32_t i = 0; i < count; i++) {
		low += numbers[i] & UINT32_MAX;
		high += numbers[i] >> 32;
	}
	if (!take_magnitude(tally, ((unsigned __int128)high << 32) + low)) {
		return ERR_LIMIT;
	}
	for (uint32_t i = 0; i < count; i++) {
		struct tally_sum *sum = &group_at(tally, places[i])->sums[at];
		sum->count++;
		sum->sum += (int64_t)numbers[i];
	}
	return ERR_OK;
}

static uint64_t magnitude_of(int64_t number) {
	return number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
}

enum err tally_add_each(struct tally *tally, size_t at, const uint32_t *places,
                        const struct tally_sum *each, const uint32_t *codes, uint32_t count) {
	unsigned __int128 magnitude = 0;
	for (uint32_t i = 0; i < count; i++) {
		magnitude += magnitude_of(each[codes[i]].sum);
	}
	if (!take_magnitude(tally, magnitude)) {
		return ERR_LIMIT;
	}
	for (uint32_t i = 0; i < count; i++) {
		struct tally_sum *sum = &group_at(tally, places[i])->sums[at];
		sum->count += each[codes[i]].count;
		sum->sum += each[codes[i]].sum;
	}
	return ERR_OK;
}

/* ---- merging ---- */

bool tally_merges(const struct tally *tally, const struct tally *more) {
	return tally->magnitude + more->magnitude <= INT64_MAX &&
	       tally->count + more->count <= TALLY_GROUPS_MAX;
}

/* The key in tally of a key of more. */
static uint64_t key_from(struct tally *tally, const struct tally *more, uint64_t key) {
	bool text = key >= TALLY_TEXT && key != TALLY_ABSENT;
	return text ? tally_key(tally, map_key(more->texts, (size_t)(key & ~TALLY_TEXT))) : key;
}

static void merge_group(struct tally *tally, const struct tally_group *from, uint32_t first,
                        uint64_t key, uint64_t hash) {
	size_t slot = 0;
	uint32_t number = find(tally, key, hash, &slot);
	if (number == 0) {
		struct tally_group group = {.key = key, .first = first, .kind = from->kind};
		number = add_group(tally, &group, hash, slot);
	}
	struct tally_group *group = group_at(tally, number);
	if (tally->firsts[first] < tally->firsts[group->first]) {
		group->first = first;
		group->kind = from->kind;
	}
	for (size_t i = 0; i < tally->sums; i++) {
		group->sums[i].count += from->sums[i].count;
		group->sums[i].sum += from->sums[i].sum;
	}
}

void tally_merge(struct tally *tally, const struct tally *more) {
	ASSERT(tally->sums == more->sums && tally != more && tally_merges(tally, more));
	uint64_t keys[TOGETHER];
	uint64_t hashes[TOGETHER];
	uint32_t firsts = tally->firsts_count;
	for (uint32_t i = 0; i < more->firsts_count; i++) {
		(void)add_first(tally, more->firsts[i]);
	}
	reserve(tally, more->count);
	for (uint32_t i = 1; i <= more->count; i += TOGETHER) {
		uint32_t count = MIN_OF((uint32_t)more->count + 1 - i, (uint32_t)TOGETHER);
		for (uint32_t k = 0; k < count; k++) {
			keys[k] = key_from(tally, more, group_at(more, i + k)->key);
		}
		expect(tally, keys, count, hashes);
		for (uint32_t k = 0; k < count; k++) {
			const struct tally_group *from = group_at(more, i + k);
			merge_group(tally, from, firsts + from->first, keys[k], hashes[k]);
		}
	}
	tally->magnitude += more->magnitude;
}

const struct tally_group *tally_get(const struct tally *tally, size_t i) {
	ASSERT(i < tally->count);
	return group_at(tally, (uint32_t)i + 1);
}

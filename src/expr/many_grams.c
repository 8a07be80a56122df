/* The passage is over the folded text: grams are of lower case, and what a cased literal asks for
 * is compared in the text itself. */
#include "expr/many_grams.h"

#include <string.h>

#include "base/endian.h"
#include "base/limits.h"
#include "base/macros.h"

/* Sizes of grams: a literal has one of the largest size that it has room for. */
enum { SIZES = 4, SIZE_MIN = 2, BITS_MIN = 10, BITS_MAX = 20 };
static const size_t sizes[SIZES] = {2, 3, 4, 6};
enum { ROOM = 2, FINER = 4 };

/* A literal whose gram is here. */
struct place {
	uint64_t head; /* its first bytes, up to eight, in lower case */
	uint64_t mask; /* which bytes of head there are */
	uint32_t literal;
	uint8_t offset; /* of the gram in the literal */
	uint8_t len;    /* of the literal */
	bool whole;     /* head is all that has to be compared */
};
_Static_assert(LIMIT_MANY_LITERAL <= UINT8_MAX, "offset and len");

/* Places by the hash of their gram: from starts[h] to starts[h + 1]. */
struct side {
	unsigned bits; /* of a hash; 0: there are no such literals */
	uint64_t *may; /* by FINER bits more: it is the hash of a gram */
	uint32_t *starts;
	struct place *places;
};

struct many_grams {
	const struct many_literal *literals;
	struct side sides[SIZES];
};

/* MANY_GRAMS_BEHIND bytes may be read. */
static inline uint32_t hash_at(const char *folded, size_t size, unsigned bits) {
	uint64_t gram = le64_load(folded) << (64 - size * 8);
	return (uint32_t)((gram * 0x9e3779b97f4a7c15u) >> (64 - bits));
}

/* ---- building ---- */

static char lower(char c) {
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* How common a byte is in what logs say, roughly. */
static uint32_t byte_weight(char byte) {
	static const char common[] = "e.\\ts iarnolcd\"/mupwxvyhg-:fbk01=2";
	const char *at = byte == '\0' ? NULL : strchr(common, byte);
	return at == NULL ? 4 : (uint32_t)(8 + (sizeof(common) - (size_t)(at - common)) / 2);
}

static uint64_t text_weight(const char *bytes, size_t len) {
	uint64_t weight = 1;
	for (size_t i = 0; i < len; i++) {
		weight *= byte_weight(bytes[i]);
	}
	return weight;
}

static bool is_of(const struct many_literal *literal, size_t number) {
	size_t len = literal->bytes.len;
	return len >= sizes[number] && (number + 1 == SIZES || len < sizes[number + 1]);
}

/* Where the gram of a literal is that is least common, in texts and among literals. seen: by hash,
 * how often literals have it. */
static size_t choose(const char *folded, size_t len, size_t size, unsigned bits,
                     const uint32_t *seen) {
	size_t best = 0;
	uint64_t least = UINT64_MAX;
	for (size_t i = 0; i + size <= len; i++) {
		uint64_t weight =
		    text_weight(folded + i, size) * (seen[hash_at(folded + i, size, bits)] + 4);
		if (weight < least) {
			least = weight;
			best = i;
		}
	}
	return best;
}

enum { FOLDED = LIMIT_MANY_LITERAL + MANY_GRAMS_BEHIND };

static void fold(struct str bytes, char out[FOLDED]) {
	memset(out, 0, FOLDED);
	for (size_t i = 0; i < bytes.len; i++) {
		out[i] = lower(bytes.ptr[i]);
	}
}

/* hashes: of each place's gram, of FINER bits more. */
static void fill(struct side *side, struct arena *arena, const struct place *places,
                 const uint32_t *hashes, uint32_t count) {
	size_t all = (size_t)1 << side->bits;
	side->may = ARENA_ARRAY(arena, (all << FINER) / 64, uint64_t);
	side->starts = ARENA_ARRAY(arena, all + 2, uint32_t);
	side->places = ARENA_ARRAY(arena, (size_t)count + 1, struct place);
	/* Counted one place further on, so that filling makes them the starts. */
	for (uint32_t i = 0; i < count; i++) {
		side->may[hashes[i] / 64] |= (uint64_t)1 << hashes[i] % 64;
		side->starts[(hashes[i] >> FINER) + 2]++;
	}
	for (size_t i = 2; i < all + 2; i++) {
		side->starts[i] += side->starts[i - 1];
	}
	for (uint32_t i = 0; i < count; i++) {
		side->places[side->starts[(hashes[i] >> FINER) + 1]++] = places[i];
	}
}

static struct place place_of(const struct many_literal *literal, uint32_t number,
                             const char *folded, size_t offset) {
	size_t len = literal->bytes.len;
	char head[8] = {0};
	memcpy(head, folded, MIN_OF(len, sizeof(head)));
	return (struct place){
	    .head = le64_load(head),
	    .mask = len >= 8 ? UINT64_MAX : ((uint64_t)1 << len * 8) - 1,
	    .literal = number,
	    .offset = (uint8_t)offset,
	    .len = (uint8_t)len,
	    .whole = len <= 8 && !literal->cased,
	};
}

/* How often each hash stands in literals of that size. */
static void count_grams(const struct many_grams *grams, uint32_t count, size_t number,
                        unsigned bits, uint32_t *seen) {
	for (uint32_t i = 0; i < count; i++) {
		struct str bytes = grams->literals[i].bytes;
		char folded[FOLDED];
		if (is_of(&grams->literals[i], number)) {
			fold(bytes, folded);
			for (size_t k = 0; k + sizes[number] <= bytes.len; k++) {
				seen[hash_at(folded + k, sizes[number], bits)]++;
			}
		}
	}
}

/* count: of all literals. */
static void make_side(struct many_grams *grams, size_t number, struct arena *arena,
                      uint32_t count) {
	struct side *side = &grams->sides[number];
	size_t size = sizes[number];
	CLEANUP(arena_freep) struct arena *scratch = arena_new(SIZE_MAX);
	struct place *places = ARENA_ARRAY(scratch, (size_t)count + 1, struct place);
	uint32_t *hashes = ARENA_ARRAY(scratch, (size_t)count + 1, uint32_t);
	uint32_t own = 0;
	for (uint32_t i = 0; i < count; i++) {
		struct str bytes = grams->literals[i].bytes;
		ASSERT(bytes.len >= SIZE_MIN && bytes.len <= LIMIT_MANY_LITERAL);
		own += is_of(&grams->literals[i], number);
	}
	if (own == 0) {
		return;
	}
	side->bits = BITS_MIN;
	while (side->bits < BITS_MAX && (uint64_t)own * ROOM > (uint64_t)1 << side->bits) {
		side->bits++;
	}
	uint32_t *seen = ARENA_ARRAY(scratch, (size_t)1 << side->bits, uint32_t);
	count_grams(grams, count, number, side->bits, seen);
	own = 0;
	for (uint32_t i = 0; i < count; i++) {
		struct str bytes = grams->literals[i].bytes;
		char folded[FOLDED];
		if (is_of(&grams->literals[i], number)) {
			fold(bytes, folded);
			size_t at = choose(folded, bytes.len, size, side->bits, seen);
			hashes[own] = hash_at(folded + at, size, side->bits + FINER);
			places[own++] = place_of(&grams->literals[i], i, folded, at);
		}
	}
	fill(side, arena, places, hashes, own);
}

struct many_grams *many_grams_new(struct arena *arena, const struct many_literal *literals,
                                  uint32_t count) {
	struct many_grams *grams = ARENA_ARRAY(arena, 1, struct many_grams);
	grams->literals = literals;
	for (size_t i = 0; i < SIZES; i++) {
		make_side(grams, i, arena, count);
	}
	return grams;
}

/* ---- looking ---- */

struct look {
	const struct many_grams *grams;
	struct str text;
	const char *folded;
	void (*found)(void *ctx, uint32_t literal, size_t end);
	void *ctx;
};

static bool is_whole(const struct look *look, const struct place *place, size_t first) {
	const struct many_literal *literal = &look->grams->literals[place->literal];
	const char *bytes = literal->cased ? look->text.ptr : look->folded;
	return memcmp(bytes + first, literal->bytes.ptr, literal->bytes.len) == 0;
}

/* hash: of the gram at `at`, of FINER bits more. */
static void look_at(const struct look *look, const struct side *side, uint32_t hash, size_t at) {
	const struct place *end = side->places + side->starts[(hash >> FINER) + 1];
	for (const struct place *i = side->places + side->starts[hash >> FINER]; i < end; i++) {
		size_t first = at - i->offset;
		if (i->offset > at || i->len > look->text.len - first ||
		    (le64_load(look->folded + first) & i->mask) != i->head) {
			continue;
		}
		if (i->whole || is_whole(look, i, first)) {
			look->found(look->ctx, i->literal, first + i->len);
		}
	}
}

static inline bool may(const struct side *side, uint32_t hash) {
	return (side->may[hash / 64] >> hash % 64 & 1) != 0;
}

static inline void look_for(const struct look *look, const struct side side, size_t size) {
	for (size_t at = 0; at + size <= look->text.len; at++) {
		uint32_t hash = hash_at(look->folded + at, size, side.bits + FINER);
		if (may(&side, hash)) {
			look_at(look, &side, hash, at);
		}
	}
}

void many_grams_scan(const struct many_grams *grams, struct str text, const char *folded,
                     void (*found)(void *ctx, uint32_t literal, size_t end), void *ctx) {
	struct look look = {grams, text, folded, found, ctx};
	for (size_t i = 0; i < SIZES; i++) {
		if (grams->sides[i].bits > 0) {
			look_for(&look, grams->sides[i], sizes[i]);
		}
	}
}

/* Against a plain search of each literal at each place. */
#include "expr/many_grams.h"

#include "base/buf.h"
#include "base/limits.h"
#include "tap.h"

enum { LITERALS = 400, ROUNDS = 60, TEXT_MAX = 300 };

static uint64_t state = 88172645463325252;

static size_t below(size_t end) {
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (size_t)(state % end);
}

static char lower(char c) {
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Of few different bytes, so that much is found; bytes from 128 on are among them. */
static void random_bytes(char *out, size_t len, bool in_lower) {
	static const char bytes[] = "aAbB. \\\xc3\xa9\xff";
	for (size_t i = 0; i < len; i++) {
		char c = bytes[below(sizeof(bytes))]; /* also NUL */
		out[i] = in_lower ? lower(c) : c;
	}
}

struct seen {
	uint32_t found[LITERALS];
	uint64_t ends[LITERALS]; /* their sum */
};

static void found(void *ctx, uint32_t literal, size_t end) {
	struct seen *seen = ctx;
	seen->found[literal]++;
	seen->ends[literal] += end;
}

static void search(const struct many_literal *literal, uint32_t number, struct str text,
                   const char *folded, struct seen *out) {
	const char *in = literal->cased ? text.ptr : folded;
	size_t len = literal->bytes.len;
	for (size_t i = 0; i + len <= text.len; i++) {
		if (memcmp(in + i, literal->bytes.ptr, len) == 0) {
			found(out, number, i + len);
		}
	}
}

static void compare(const struct many_grams *grams, const struct many_literal *literals,
                    uint32_t count, size_t len) {
	char text[TEXT_MAX];
	char *folded = calloc(1, len + MANY_GRAMS_BEHIND); /* so that reading further is noticed */
	struct seen seen = {0};
	struct seen wanted = {0};
	random_bytes(text, len, false);
	for (size_t i = 0; i < len; i++) {
		folded[i] = lower(text[i]);
	}
	struct str all = str_make(text, len);
	many_grams_scan(grams, all, folded, found, &seen);
	for (uint32_t i = 0; i < count; i++) {
		search(&literals[i], i, all, folded, &wanted);
	}
	CHECK(memcmp(&seen, &wanted, sizeof(seen)) == 0);
	free(folded);
}

static void fill(struct arena *arena, struct many_literal *literals, uint32_t count,
                 size_t len_max) {
	for (uint32_t i = 0; i < count; i++) {
		size_t len = 2 + below(len_max - 1);
		char *bytes = arena_alloc(arena, len);
		bool cased = below(3) == 0;
		random_bytes(bytes, len, !cased);
		literals[i] = (struct many_literal){str_make(bytes, len), cased};
	}
}

TEST(every_place_of_every_literal_is_found) {
	struct arena *arena = arena_new(SIZE_MAX);
	for (size_t round = 0; round < ROUNDS; round++) {
		struct many_literal literals[LITERALS];
		uint32_t count = (uint32_t)(1 + below(round % 3 == 0 ? 4 : LITERALS));
		fill(arena, literals, count, round % 2 == 0 ? 4 : 12);
		struct many_grams *grams = many_grams_new(arena, literals, count);
		for (size_t i = 0; i < 50; i++) {
			compare(grams, literals, count, below(TEXT_MAX));
		}
		arena_reset(arena);
	}
	arena_free(arena);
}

/* One literal of each length, at the beginning of a text, in it, at its end, and cut off there. */
TEST(literals_of_all_lengths_are_found_at_both_ends) {
	struct arena *arena = arena_new(SIZE_MAX);
	for (size_t len = 2; len <= LIMIT_MANY_LITERAL; len++) {
		char text[3 * LIMIT_MANY_LITERAL + MANY_GRAMS_BEHIND] = {0};
		struct many_literal literal = {str_make(text, len), len % 2 == 0};
		struct seen seen = {0};
		for (size_t i = 0; i < sizeof(text) - MANY_GRAMS_BEHIND; i++) {
			text[i] = (char)('a' + i % len % 26 + (i % len == 0));
		}
		text[0] = text[len] = text[2 * len] = '!';
		char *bytes = arena_alloc(arena, len);
		memcpy(bytes, text, len);
		literal.bytes = str_make(bytes, len);
		struct many_grams *grams = many_grams_new(arena, &literal, 1);
		many_grams_scan(grams, str_make(text, 3 * len), text, found, &seen);
		CHECK_EQ(seen.found[0], 3);
		CHECK_EQ(seen.ends[0], 6 * len);
		many_grams_scan(grams, str_make(text, 3 * len - 1), text, found, &seen);
		CHECK_EQ(seen.found[0], 5);
		many_grams_scan(grams, str_make(text, len - 1), text, found, &seen);
		CHECK_EQ(seen.found[0], 5);
		arena_reset(arena);
	}
	arena_free(arena);
}

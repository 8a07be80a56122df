/* A tally against a map of texts. */
#include "query/tally.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/map.h"
#include "tap.h"

enum { ROWS = 3000, SUMS = 2 };

/* ---- keys ---- */

TEST(each_text_has_a_key_and_each_key_its_text) {
	static const char *const texts[] = {"",
	                                    "0",
	                                    "7",
	                                    "007",
	                                    "00",
	                                    "-7",
	                                    "+7",
	                                    "7.0",
	                                    " 7",
	                                    "9223372036854775807",
	                                    "9223372036854775808",
	                                    "18446744073709551615",
	                                    "99999999999999999999999",
	                                    "10.0.0.1",
	                                    "10.0.0.01",
	                                    "010.0.0.1",
	                                    "0.0.0.0",
	                                    "255.255.255.255",
	                                    "256.0.0.1",
	                                    "1.2.3",
	                                    "1.2.3.",
	                                    "1.2.3.4.5",
	                                    "1.2.3.4.",
	                                    "1..2.3",
	                                    "1.2.3.4444",
	                                    "167772161",
	                                    "10.0.0.1\n",
	                                    "1.2.3.-4",
	                                    "10.0.0.1x",
	                                    "x"};
	struct tally *tally = tally_new(1);
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct buf out CLEANUP(buf_deinit) = {0};
		uint64_t key = tally_key(tally, str_from(texts[i]));
		CHECK(key != TALLY_ABSENT && key != TALLY_FREE);
		CHECK_EQ(tally_key(tally, str_from(texts[i])), key);
		for (size_t k = 0; k < i; k++) {
			CHECK(tally_key(tally, str_from(texts[k])) != key);
		}
		tally_text(tally, key, &out);
		CHECK(str_eq(out.len == 0 ? STR("") : buf_str(&out), str_from(texts[i])));
	}
	CHECK_EQ(tally_key(tally, STR("42")), 42);
	CHECK_EQ(tally_key(tally, STR("10.0.0.1")), TALLY_ADDRESS | 0x0a000001);
	tally_free(tally);
}

/* ---- rows ---- */

struct truth { /* of one text */
	uint64_t counts[SUMS];
	int64_t sums[SUMS];
	uint64_t first;
	uint8_t kind;
};

struct pair {
	struct tally *tally;
	struct map *texts; /* text to number of the truth */
	struct truth *truths;
};

static struct pair pair_new(void) {
	struct truth *truths = calloc(16 * ROWS, sizeof(*truths));
	ASSERT(truths != NULL);
	return (struct pair){tally_new(SUMS), map_new(), truths};
}

static void pair_free(struct pair *pair) {
	tally_free(pair->tally);
	map_free(pair->texts);
	free(pair->truths);
}

static struct str some_text(char *text, size_t cap, uint64_t kinds) {
	uint64_t r = (tap_random() % kinds + 1) * 0x9e3779b97f4a7c15u >> 20;
	static const char *const before[] = {"", "10.", "0", "u"};
	int len = snprintf(text, cap, "%s%" PRIu64 "%s", before[r % 4], r / 4 % (r % 4 == 1 ? 256 : r),
	                   r % 4 == 1 ? ".7.1" : "");
	return str_make(text, (size_t)len);
}

/* What a value is: a text of this kind, or nothing. */
static uint8_t kind_of(struct str text, bool odd) {
	return (text.ptr[0] == 'u') != odd ? VALUE_STRING : VALUE_NUMBER;
}

/* The same rows into both. first: of all of them. */
static void add_rows(struct pair *pair, uint64_t kinds, uint64_t first, bool odd) {
	static uint64_t keys[ROWS];
	static uint8_t all_kinds[ROWS];
	static uint32_t places[ROWS];
	static uint32_t codes[ROWS];
	static uint64_t numbers[ROWS];
	static const struct tally_sum each[] = {{0, 0}, {1, -9}, {3, 1000000007}};
	for (uint32_t i = 0; i < ROWS; i++) {
		char bytes[48];
		struct str text = some_text(bytes, sizeof(bytes), kinds);
		bool out = tap_random() % 8 == 0;
		codes[i] = (uint32_t)(tap_random() % ARRAY_LEN(each));
		numbers[i] = tap_random() >> 20;
		keys[i] = out ? TALLY_FREE : tally_key(pair->tally, text);
		all_kinds[i] = kind_of(text, odd);
		if (!out) {
			uint64_t at = *map_put(pair->texts, text, map_count(pair->texts), NULL);
			struct truth *truth = &pair->truths[at];
			if (truth->kind == 0 || first < truth->first) {
				truth->kind = all_kinds[i];
				truth->first = first;
			}
			truth->counts[0] += 1 + each[codes[i]].count;
			truth->sums[0] += each[codes[i]].sum;
			truth->counts[1]++;
			truth->sums[1] += (int64_t)numbers[i];
		}
	}
	struct tally_keys asked = {.keys = keys, .kinds = all_kinds, .count = ROWS};
	CHECK_EQ(tally_find(pair->tally, &asked, places), ERR_OK);
	tally_count_rows(pair->tally, 0, places, ROWS);
	CHECK_EQ(tally_add_each(pair->tally, 0, places, each, codes, ROWS), ERR_OK);
	CHECK_EQ(tally_add_numbers(pair->tally, 1, places, numbers, ROWS), ERR_OK);
}

static void check(const struct pair *pair) {
	CHECK_EQ(tally_count(pair->tally), map_count(pair->texts));
	for (size_t i = 0; i < tally_count(pair->tally); i++) {
		struct buf text CLEANUP(buf_deinit) = {0};
		const struct tally_group *group = tally_get(pair->tally, i);
		tally_text(pair->tally, group->key, &text);
		const uint64_t *at = map_find(pair->texts, buf_str(&text));
		REQUIRE(at != NULL);
		const struct truth *truth = &pair->truths[*at];
		CHECK_EQ(group->kind, truth->kind);
		CHECK_EQ(tally_first(pair->tally, group), truth->first);
		for (size_t k = 0; k < SUMS; k++) {
			CHECK_EQ(group->sums[k].count, truth->counts[k]);
			CHECK(group->sums[k].sum == truth->sums[k]);
		}
	}
}

TEST(rows_come_to_what_their_texts_come_to) {
	for (size_t round = 0; round < tap_rounds(20); round++) {
		uint64_t kinds = 1 + tap_random() % (round % 2 == 0 ? 20 : 20000);
		struct pair pair = pair_new();
		size_t before = tally_bytes(pair.tally);
		for (unsigned i = 0; i < 4; i++) {
			add_rows(&pair, kinds, 0, false);
		}
		check(&pair);
		CHECK(kinds < 5000 || tally_bytes(pair.tally) > before);
		pair_free(&pair);
	}
}

TEST(tallies_come_together_and_the_first_row_says_the_kind) {
	for (size_t round = 0; round < tap_rounds(20); round++) {
		uint64_t kinds = 1 + tap_random() % 6000;
		struct pair all = pair_new();
		for (unsigned i = 0; i < 4; i++) {
			/* The same rows once more into a tally of their own. */
			uint64_t first = 1 + tap_random() % 1000;
			struct pair some = pair_new();
			add_rows(&some, kinds, first, tap_random() % 2 == 0);
			tally_set_first(some.tally, first);
			for (size_t k = 0; k < map_count(some.texts); k++) {
				uint64_t at =
				    *map_put(all.texts, map_key(some.texts, k), map_count(all.texts), NULL);
				struct truth *to = &all.truths[at];
				const struct truth *from = &some.truths[*map_value(some.texts, k)];
				if (to->kind == 0 || from->first < to->first) {
					to->kind = from->kind;
					to->first = from->first;
				}
				for (size_t s = 0; s < SUMS; s++) {
					to->counts[s] += from->counts[s];
					to->sums[s] += from->sums[s];
				}
			}
			REQUIRE(tally_merges(all.tally, some.tally));
			tally_merge(all.tally, some.tally);
			pair_free(&some);
		}
		check(&all);
		pair_free(&all);
	}
}

TEST(absent_values_are_a_group_of_their_own) {
	struct tally *tally = tally_new(1);
	struct buf text CLEANUP(buf_deinit) = {0};
	uint64_t keys[] = {TALLY_ABSENT, tally_key(tally, STR("")), TALLY_ABSENT};
	uint8_t kinds[] = {VALUE_NONE, VALUE_STRING, VALUE_NONE};
	uint32_t places[3];
	struct tally_keys asked = {.keys = keys, .kinds = kinds, .count = 3};
	CHECK_EQ(tally_find(tally, &asked, places), ERR_OK);
	tally_count_rows(tally, 0, places, 3);
	CHECK_EQ(tally_count(tally), 2);
	CHECK_EQ(tally_get(tally, 0)->sums[0].count, 2);
	CHECK_EQ(tally_get(tally, 1)->sums[0].count, 1);
	tally_text(tally, TALLY_ABSENT, &text);
	CHECK_EQ(text.len, 0);
	tally_free(tally);
}

TEST(a_value_of_two_kinds_is_refused) {
	struct tally *tally = tally_new(1);
	uint64_t keys[] = {7, 8, 7};
	uint8_t kinds[] = {VALUE_NUMBER, VALUE_STRING, VALUE_STRING};
	uint32_t places[3];
	struct tally_keys asked = {.keys = keys, .kinds = kinds, .count = 3};
	CHECK_EQ(tally_find(tally, &asked, places), ERR_UNSUPPORTED);
	asked = (struct tally_keys){.keys = keys, .kind = VALUE_NUMBER, .count = 1};
	CHECK_EQ(tally_find(tally, &asked, places), ERR_OK);
	tally_free(tally);
}

TEST(sums_beyond_64_bits_are_refused) {
	struct tally *a = tally_new(1);
	struct tally *b = tally_new(1);
	uint64_t keys[] = {1, 2};
	uint64_t numbers[] = {(uint64_t)INT64_MAX - 10, 10};
	uint32_t codes[] = {0, 0};
	uint32_t places[2];
	struct tally_sum each[] = {{1, -1}};
	struct tally_keys asked = {.keys = keys, .kind = VALUE_NUMBER, .count = 2};
	CHECK_EQ(tally_find(a, &asked, places), ERR_OK);
	CHECK_EQ(tally_add_numbers(a, 0, places, numbers, 2), ERR_OK);
	CHECK_EQ(tally_add_numbers(a, 0, places, numbers + 1, 1), ERR_LIMIT);
	CHECK_EQ(tally_add_each(a, 0, places, each, codes, 1), ERR_LIMIT);
	CHECK(tally_get(a, 0)->sums[0].sum == INT64_MAX - 10);
	CHECK_EQ(tally_get(a, 0)->sums[0].count, 1);
	CHECK_EQ(tally_find(b, &asked, places), ERR_OK);
	CHECK(tally_merges(a, b));
	CHECK_EQ(tally_add_each(b, 0, places, each, codes, 2), ERR_OK);
	CHECK(!tally_merges(a, b));
	numbers[0] = (uint64_t)INT64_MAX; /* more than fits, in one call */
	numbers[1] = (uint64_t)INT64_MAX;
	CHECK_EQ(tally_add_numbers(b, 0, places, numbers, 2), ERR_LIMIT);
	tally_free(a);
	tally_free(b);
	tally_free(NULL);
}

TEST(keys_are_numbers_only_where_these_print_the_same) {
	static const struct {
		const char *text;
		uint64_t key; /* TALLY_TEXT: that of some text */
	} samples[] = {
	    {"0", 0},
	    {"7", 7},
	    {"999999999999999999", 999999999999999999},
	    {"1000000000000000000", 1000000000000000000},
	    {"9223372036854775807", TALLY_DECIMALS - 1},
	    {"9223372036854775808", TALLY_TEXT},
	    {"00", TALLY_TEXT},
	    {"01", TALLY_TEXT},
	    {"0000000000000000001", TALLY_TEXT},
	    {"1a", TALLY_TEXT},
	    {"-1", TALLY_TEXT},
	    {"", TALLY_TEXT},
	    {"0.0.0.0", TALLY_ADDRESS},
	    {"1.2.3.4", TALLY_ADDRESS | 0x01020304},
	    {"255.255.255.255", TALLY_ADDRESS | 0xffffffff},
	    {"256.1.1.1", TALLY_TEXT},
	    {"1.2.3.256", TALLY_TEXT},
	    {"1.2.03.4", TALLY_TEXT},
	    {"1.2.3", TALLY_TEXT},
	    {"1.2.3.", TALLY_TEXT},
	    {"1.2.3.4.", TALLY_TEXT},
	    {"1.2.3.4.5", TALLY_TEXT},
	    {"1..2.3", TALLY_TEXT},
	    {"1.2.3.0004", TALLY_TEXT},
	};
	struct tally *tally = tally_new(0);
	struct buf out CLEANUP(buf_deinit) = {0};
	for (size_t i = 0; i < ARRAY_LEN(samples); i++) {
		uint64_t key = tally_key(tally, str_from(samples[i].text));
		CHECK_EQ(samples[i].key == TALLY_TEXT ? key & TALLY_TEXT : key, samples[i].key);
		buf_clear(&out);
		tally_text(tally, key, &out);
		CHECK_STR(buf_str(&out), samples[i].text);
	}
	tally_free(tally);
}

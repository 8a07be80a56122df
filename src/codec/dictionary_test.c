/* Dictionaries hold values that come often, in order, and each value's rank is the right one. */
#include "codec/dictionary.h"

#include "codec/numbers_sample.h"

static size_t check_dictionary(const uint64_t *values, size_t count) {
	struct dictionary dictionary CLEANUP(dictionary_deinit) = {0};
	dictionary_init(&dictionary, values, count);
	CHECK(dictionary.count <= RANKS_MAX);
	for (size_t i = 0; i < count && dictionary.count > 0; i++) {
		uint32_t rank = dictionary.ranks[i];
		if (rank != RANK_NONE &&
		    (rank >= dictionary.count || dictionary.entries[rank] != values[i])) {
			CHECK_EQ(dictionary.entries[rank], values[i]);
			break;
		}
	}
	for (size_t rank = 1; rank < dictionary.count; rank++) {
		bool new_class = rank_class((uint32_t)rank) != rank_class((uint32_t)rank - 1);
		if (!new_class && dictionary.entries[rank - 1] >= dictionary.entries[rank]) {
			CHECK(dictionary.entries[rank - 1] < dictionary.entries[rank]);
			break;
		}
	}
	return dictionary.count;
}

TEST(ranks_are_right_for_columns_of_all_kinds) {
	static uint64_t values[SAMPLE_MAX];
	size_t some = 0;
	for (size_t round = 0; round < tap_rounds(300); round++) {
		size_t count = sample_count();
		sample_fill(values, count, (unsigned)(tap_random() % 65));
		some += check_dictionary(values, count) > 0;
	}
	CHECK(some > 30);
}

TEST(frequent_values_are_in_the_first_classes) {
	static uint64_t values[6000];
	struct dictionary dictionary CLEANUP(dictionary_deinit) = {0};
	for (size_t i = 0; i < ARRAY_LEN(values); i++) {
		values[i] = i % 2 == 0 ? 0xffff000011 : i % 4 == 1 ? 0xaaaa000022 : 0xbbbb000000 + i % 1000;
	}
	dictionary_init(&dictionary, values, ARRAY_LEN(values));
	REQUIRE(dictionary.count > 2);
	CHECK(dictionary.entries[0] == 0xffff000011);
	CHECK(dictionary.entries[1] == 0xaaaa000022 || dictionary.entries[2] == 0xaaaa000022);
}

TEST(what_comes_once_is_in_no_dictionary) {
	static uint64_t values[4000];
	struct dictionary dictionary CLEANUP(dictionary_deinit) = {0};
	for (size_t i = 0; i < ARRAY_LEN(values); i++) {
		values[i] = i % 2 == 0 ? 0x123456789a + i % 16 : 0x8000000000 + i * i;
	}
	dictionary_init(&dictionary, values, ARRAY_LEN(values));
	CHECK_EQ(dictionary.count, 8);
	for (size_t i = 0; i < ARRAY_LEN(values); i++) {
		CHECK_EQ(dictionary.ranks[i] == RANK_NONE, i % 2 == 1);
	}
	for (size_t i = 0; i < ARRAY_LEN(values); i++) {
		values[i] = i * i;
	}
	CHECK_EQ(check_dictionary(values, ARRAY_LEN(values)), 0);
}

TEST(more_values_than_a_dictionary_holds_leave_the_rarest_out) {
	enum { DISTINCT = 40000, TIMES = 6 };
	uint64_t *values = malloc(sizeof(*values) * DISTINCT * TIMES);
	struct dictionary dictionary CLEANUP(dictionary_deinit) = {0};
	size_t count = 0;
	for (uint64_t d = 0; d < DISTINCT; d++) {
		for (unsigned t = 0; t < (d % 8 == 0 ? 4 : TIMES); t++) {
			values[count++] = d * 0x1234567891;
		}
	}
	dictionary_init(&dictionary, values, count);
	CHECK_EQ(dictionary.count, RANKS_MAX);
	size_t rare = 0;
	for (size_t i = 0; i < dictionary.count; i++) {
		rare += dictionary.entries[i] / 0x1234567891 % 8 == 0;
	}
	CHECK(rare < 1);
	(void)check_dictionary(values, count);
	free(values);
}

TEST(values_chosen_to_meet_in_the_table_stay_in_place) {
	enum { COUNT = 20000 };
	uint64_t *values = malloc(sizeof(*values) * COUNT);
	uint64_t inverse = 1; /* of the hash's factor, modulo 2^64 */
	for (unsigned i = 0; i < 6; i++) {
		inverse *= 2 - 0x9e3779b97f4a7c15 * inverse;
	}
	for (uint64_t i = 0; i < COUNT; i++) {
		values[i] = (i / 2) * inverse; /* all hash to the first slots */
	}
	CHECK(check_dictionary(values, COUNT) <= 64);
	free(values);
}

/* Tests of base/map against a plain list as the model. */
#include "base/map.h"

#include "tap.h"

TEST(what_was_put_is_found_and_nothing_else) {
	struct map *map = map_new();
	bool added = false;
	CHECK(map_find(map, STR("a")) == NULL);
	uint64_t *slot = map_put(map, STR("a"), 5, &added);
	CHECK(added && *slot == 5);
	slot = map_put(map, STR("a"), 9, &added);
	CHECK(!added && *slot == 5);
	*slot = 11;
	CHECK_EQ(*map_find(map, STR("a")), 11);
	CHECK(map_find(map, STR("A")) == NULL && map_find(map, STR("a\0")) == NULL);
	CHECK_EQ(map_count(map), 1);
	map_free(map);
}

TEST(the_empty_key_and_keys_with_nul_are_keys) {
	struct map *map = map_new();
	CHECK(map_find(map, (struct str){NULL, 0}) == NULL);
	(void)map_put(map, (struct str){NULL, 0}, 1, NULL);
	(void)map_put(map, STR("\0"), 2, NULL);
	(void)map_put(map, STR("\0\0"), 3, NULL);
	CHECK_EQ(*map_find(map, STR("")), 1);
	CHECK_EQ(*map_find(map, STR("\0")), 2);
	CHECK_EQ(*map_find(map, STR("\0\0")), 3);
	map_free(map);
}

TEST(keys_are_copied) {
	struct map *map = map_new();
	char key[] = "key";
	(void)map_put(map, str_from(key), 1, NULL);
	key[0] = 'X';
	CHECK(map_find(map, STR("key")) != NULL);
	CHECK(map_find(map, STR("Xey")) == NULL);
	CHECK_STR(map_key(map, 0), "key");
	map_free(map);
}

enum { KEYS = 5000, OPERATIONS = 40000 };

TEST(a_map_behaves_like_a_table_of_all_keys) {
	struct map *map = map_new();
	static uint64_t model[KEYS]; /* 0: absent, else value + 1 */
	static uint32_t order[KEYS];
	size_t count = 0;
	memset(model, 0, sizeof(model));
	for (int i = 0; i < OPERATIONS; i++) {
		uint32_t number = (uint32_t)(tap_random() % KEYS);
		struct str key = str_make((const char *)&number, 1 + tap_random() % 4);
		number &= key.len == 4 ? UINT32_MAX : ((uint32_t)1 << (8 * key.len)) - 1;
		if (key.len != 4) { /* short keys only ask */
			continue;
		}
		if (tap_random() % 2 == 0) {
			uint64_t *found = map_find(map, key);
			REQUIRE((found == NULL) == (model[number] == 0));
			REQUIRE(found == NULL || *found == model[number] - 1);
		} else {
			bool added;
			(void)map_put(map, key, number * 3u, &added);
			REQUIRE(added == (model[number] == 0));
			if (added) {
				model[number] = number * 3u + 1;
				order[count++] = number;
			}
		}
	}
	REQUIRE(map_count(map) == count);
	for (size_t i = 0; i < count; i++) {
		REQUIRE(memcmp(map_key(map, i).ptr, &order[i], 4) == 0);
		REQUIRE(*map_value(map, i) == model[order[i]] - 1);
	}
	map_free(map);
}

TEST(a_cleared_map_is_empty_and_usable) {
	struct map *map = map_new();
	char key[16];
	for (int round = 0; round < 3; round++) {
		for (uint64_t i = 0; i < 1000; i++) {
			int len = snprintf(key, sizeof(key), "k%d", (int)i);
			(void)map_put(map, str_make(key, (size_t)len), i, NULL);
		}
		CHECK_EQ(map_count(map), 1000);
		CHECK(map_bytes(map) > 1000 * sizeof(uint64_t));
		CHECK_EQ(*map_find(map, STR("k999")), 999);
		map_clear(map);
		CHECK_EQ(map_count(map), 0);
		CHECK(map_find(map, STR("k1")) == NULL);
	}
	map_freep(&map);
	CHECK(map == NULL);
	map_free(NULL);
}

static void ask_beyond_the_end(void) {
	struct map *map = map_new();
	(void)map_put(map, STR("a"), 1, NULL);
	(void)map_key(map, 1);
}

TEST(an_entry_beyond_the_end_is_a_bug) {
	CHECK(tap_aborts(ask_beyond_the_end));
}

TEST(keys_put_by_their_hash_are_those_put_without) {
	struct map *map = map_new();
	struct map *other = map_new();
	char text[16];
	for (int i = 0; i < 1000; i++) {
		struct str key = str_make(text, (size_t)snprintf(text, sizeof(text), "k%d", i * 7 % 500));
		bool added;
		bool other_added;
		map_expect(map, map_hash(key));
		map_expect_entry(map, map_hash(key));
		uint64_t *slot = map_put_hashed(map, key, map_hash(key), (uint64_t)i, &added);
		CHECK_EQ(*map_put(other, key, (uint64_t)i, &other_added), *slot);
		CHECK_EQ(added, other_added);
		CHECK(map_find(map, key) == slot);
	}
	CHECK_EQ(map_count(map), 500);
	for (size_t i = 0; i < map_count(map); i++) {
		CHECK_EQ(map_key_hash(map, i), map_hash(map_key(other, i)));
	}
	map_free(map);
	map_free(other);
}

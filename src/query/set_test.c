/* A set against the map. */
#include "query/set.h"

#include "base/buf.h"
#include "base/map.h"
#include "tap.h"

TEST(each_text_is_in_it_once_in_the_order_of_insertion) {
	for (int round = 0; round < 60; round++) {
		struct set set = {0};
		CLEANUP(map_freep) struct map *map = map_new();
		uint64_t kinds = 1 + tap_random() % 3000;
		for (int i = 0; i < 2000; i++) {
			char text[32];
			int len = snprintf(text, sizeof(text), "%llx",
			                   (unsigned long long)(tap_random() % kinds * 0x9e3779b97f4a7c15));
			struct str value = str_make(text, (size_t)len % 14 * (tap_random() % 9 != 0));
			bool added;
			bool expected;
			(void)map_put(map, value, 0, &expected);
			REQUIRE(set_add(&set, value, &added) == ERR_OK);
			REQUIRE(added == expected);
		}
		size_t at = 0;
		size_t number = 0;
		struct str text;
		REQUIRE(set.count == map_count(map));
		while (set_next(&set, &at, &text)) {
			REQUIRE(str_eq(text, map_key(map, number++)));
		}
		REQUIRE(number == set.count);
		CHECK(set_bytes(&set) >= set.len);
		set_deinit(&set);
	}
}

TEST(a_small_set_is_small) {
	struct set set = {0};
	bool added;
	CHECK_EQ(set_bytes(&set), 0);
	CHECK(set_add(&set, STR("10.0.0.1"), &added) == ERR_OK && added);
	CHECK(set_bytes(&set) <= 48);
	set_deinit(&set);
}

/* Equal strings have one number and are counted; others have numbers of their own. */
#include "codec/distinct.h"

#include "base/endian.h"
#include "tap.h"

TEST(strings_are_numbered_as_they_come_and_counted) {
	struct distinct distinct = {0};
	CHECK_EQ(distinct_add(&distinct, STR("a")), 0);
	CHECK_EQ(distinct_add(&distinct, STR("")), 1);
	CHECK_EQ(distinct_add(&distinct, STR("a")), 0);
	CHECK_EQ(distinct_add(&distinct, str_make(NULL, 0)), 1);
	CHECK_EQ(distinct_add(&distinct, STR("a\0")), 2);
	CHECK_EQ(distinct_add(&distinct, STR("A")), 3);
	CHECK_EQ(distinct.entries[0].count, 2);
	CHECK_EQ(distinct.entries[2].count, 1);
	CHECK_STR(distinct_text(&distinct, 3), "A");
	distinct_deinit(&distinct);
}

TEST(many_strings_keep_their_numbers_while_the_table_grows) {
	struct distinct distinct = {0};
	size_t wrong = 0;
	for (unsigned round = 0; round < 3; round++) {
		for (uint32_t i = 0; i < 50000; i++) {
			char text[8];
			le64_store(text, i * (uint64_t)0x9e3779b97f4a7c15);
			wrong += distinct_add(&distinct, str_make(text, sizeof(text))) != i;
		}
	}
	CHECK_EQ(wrong, 0);
	CHECK_EQ(distinct.entries_count, 50000);
	CHECK_EQ(distinct.entries[49999].count, 3);
	distinct_deinit(&distinct);
}

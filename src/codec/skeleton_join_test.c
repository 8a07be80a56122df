/* Joining, walking along skeletons, and skeletons from outside. */
#include "codec/skeleton_shown.h"

static void check_valid(struct str skeleton, bool expected, uint32_t expected_values) {
	uint32_t values = 0;
	CHECK_EQ(skeleton_valid(skeleton, &values), expected);
	CHECK_EQ(values, expected_values);
}

TEST(skeletons_from_outside_are_checked) {
	check_valid(STR(""), true, 0);
	check_valid(STR("port \xff\x02"), true, 1);
	check_valid(STR("\xff\x01\xff\x13"), true, 2);
	check_valid(STR("port \xff"), false, 0);
	check_valid(STR("\xff\xff\x02"), false, 0);
	check_valid(STR("\xff\x10"), false, 0);
	check_valid(STR("\xff\x05"), false, 0);
	check_valid(STR("\xff\x20"), false, 0);
	check_valid(STR("\xff\x7f"), false, 0);
	struct buf many = {0};
	for (size_t i = 0; i < SKELETON_VALUES_MAX; i++) {
		buf_append_str(&many, STR("\xff\x02"));
	}
	check_valid(buf_str(&many), true, SKELETON_VALUES_MAX);
	buf_append_str(&many, STR("\xff\x02"));
	check_valid(buf_str(&many), false, 0);
	buf_deinit(&many);
}

TEST(parts_come_in_order) {
	struct str rest = STR("a\xff\x02\xff\x01z");
	struct skeleton_part part;
	CHECK(skeleton_next(&rest, &part));
	CHECK_STR(part.literal, "a");
	CHECK_EQ(part.code, SLOT_INT);
	CHECK(skeleton_next(&rest, &part));
	CHECK_STR(part.literal, "");
	CHECK_EQ(part.code, SLOT_TEXT);
	CHECK(skeleton_next(&rest, &part));
	CHECK_STR(part.literal, "z");
	CHECK_EQ(part.code, 0);
	CHECK(!skeleton_next(&rest, &part));
}

TEST(joining_appends_literals_numbers_and_texts) {
	const uint64_t numbers[] = {7, 0, 0x0a000001};
	const struct str texts[] = {STR(""), STR("a text that is longer than a block of sixteen"),
	                            STR("")};
	struct buf out = {0};
	buf_append_str(&out, STR("> "));
	skeleton_join(STR("\xff\x12 of \xff\x01 at \xff\x03, a literal that is longer than sixteen."),
	              numbers, texts, &out);
	CHECK_STR(buf_str(&out), "> 07 of a text that is longer than a block of sixteen at 10.0.0.1, a "
	                         "literal that is longer than sixteen.");
	buf_clear(&out);
	skeleton_join(STR("\xff\x02"), numbers, NULL, &out);
	skeleton_join(STR(""), NULL, NULL, &out);
	CHECK_STR(buf_str(&out), "7");
	buf_deinit(&out);
}

static void join_unfinished(void) {
	struct buf out = {0};
	const uint64_t number = 1;
	skeleton_join(STR("x\xff"), &number, NULL, &out);
}

TEST(joining_what_is_not_valid_is_a_bug) {
	CHECK(tap_aborts(join_unfinished));
}

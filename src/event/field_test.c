/* Tests of event/field: the generated table of known names. */
#include "event/field.h"

#include "tap.h"

TEST(every_known_field_is_found_by_its_name) {
	CHECK(FIELD_KNOWN_COUNT > 50);
	for (uint32_t i = 0; i < FIELD_KNOWN_COUNT; i++) {
		CHECK_EQ(field_known_find(field_known_name(i)), i);
	}
}

TEST(names_that_are_not_known_have_no_number) {
	CHECK_EQ(field_known_find(STR("")), UINT32_MAX);
	CHECK_EQ(field_known_find(STR("source")), UINT32_MAX);
	CHECK_EQ(field_known_find(STR("Source.IP")), UINT32_MAX);
	CHECK_EQ(field_known_find(STR("source.ip ")), UINT32_MAX);
}

TEST(numbers_and_types_fit_the_names) {
	CHECK_STR(field_known_name(FIELD_TIMESTAMP), "@timestamp");
	CHECK_EQ(field_known_type(FIELD_TIMESTAMP), FIELD_TYPE_DATE);
	CHECK_STR(field_known_name(FIELD_SOURCE_IP), "source.ip");
	CHECK_EQ(field_known_type(FIELD_SOURCE_IP), FIELD_TYPE_IP);
	CHECK_EQ(field_known_type(FIELD_PROCESS_PID), FIELD_TYPE_LONG);
	CHECK_EQ(field_known_type(FIELD_USER_NAME), FIELD_TYPE_KEYWORD);
}

static void ask_beyond_the_table(void) {
	(void)field_known_name(FIELD_KNOWN_COUNT);
}

TEST(a_number_beyond_the_table_is_a_bug) {
	CHECK(tap_aborts(ask_beyond_the_table));
}

/* Zones against the system's own zone files where they are, and against files made here. */
#include "base/zone.h"

#include "base/buf.h"
#include "tap.h"

static int64_t at(int32_t year, int32_t month, int32_t day, int32_t hour, int32_t minute) {
	struct civil civil = {year, month, day, hour, minute, 0, 0};
	int64_t ns = 0;
	CHECK(instant_from_civil(&civil, 0, &ns));
	return ns / INSTANT_SECOND;
}

TEST(a_posix_rule_gives_summer_and_winter_of_the_north) {
	struct zone *zone = NULL;
	REQUIRE(zone_from_posix(STR("EST5EDT,M3.2.0,M11.1.0"), &zone) == ERR_OK);
	CHECK_EQ(zone_offset_at(zone, at(2026, 1, 15, 12, 0)), -5 * 3600);
	CHECK_EQ(zone_offset_at(zone, at(2026, 7, 15, 12, 0)), -4 * 3600);
	/* 2026-03-08 02:00 EST = 07:00 UTC */
	CHECK_EQ(zone_offset_at(zone, at(2026, 3, 8, 6, 59)), -5 * 3600);
	CHECK_EQ(zone_offset_at(zone, at(2026, 3, 8, 7, 0)), -4 * 3600);
	/* 2026-11-01 02:00 EDT = 06:00 UTC */
	CHECK_EQ(zone_offset_at(zone, at(2026, 11, 1, 5, 59)), -4 * 3600);
	CHECK_EQ(zone_offset_at(zone, at(2026, 11, 1, 6, 0)), -5 * 3600);
	zone_free(zone);
}

TEST(a_posix_rule_gives_summer_of_the_south_over_new_year) {
	struct zone *zone = NULL;
	REQUIRE(zone_from_posix(STR("AEST-10AEDT,M10.1.0,M4.1.0/3"), &zone) == ERR_OK);
	CHECK_EQ(zone_offset_at(zone, at(2026, 1, 1, 0, 0)), 11 * 3600);
	CHECK_EQ(zone_offset_at(zone, at(2026, 7, 1, 0, 0)), 10 * 3600);
	CHECK_EQ(zone_offset_at(zone, at(2026, 12, 31, 23, 0)), 11 * 3600);
	zone_free(zone);
}

TEST(julian_days_and_quoted_names_are_read) {
	struct zone *zone = NULL;
	REQUIRE(zone_from_posix(STR("<+0330>-3:30<+0430>,J79/24,J263/24"), &zone) == ERR_OK);
	CHECK_EQ(zone_offset_at(zone, at(2026, 1, 1, 0, 0)), 12600);
	CHECK_EQ(zone_offset_at(zone, at(2026, 6, 1, 0, 0)), 16200);
	zone_free(zone);
	zone = NULL;
	REQUIRE(zone_from_posix(STR("AAA0BBB,59/0,300/0"), &zone) == ERR_OK);
	CHECK_EQ(zone_offset_at(zone, at(2026, 3, 1, 0, 0)), 3600);
	CHECK_EQ(zone_offset_at(zone, at(2024, 2, 28, 23, 0)), 0);
	CHECK_EQ(zone_offset_at(zone, at(2024, 2, 29, 0, 0)), 3600);
	zone_free(zone);
}

TEST(broken_posix_rules_are_refused) {
	static const char *const broken[] = {"",
	                                     "E5",
	                                     "EST",
	                                     "EST5EDT",
	                                     "EST25",
	                                     "EST5EDT,M13.1.0,M1.1.0",
	                                     "EST5x",
	                                     "<AB>5",
	                                     "EST5EDT,M3.2.0,M11.1.0x",
	                                     "EST5EDT,M3.2.0",
	                                     "<ABC5"};
	for (size_t i = 0; i < ARRAY_LEN(broken); i++) {
		struct zone *zone = NULL;
		CHECK(zone_from_posix(str_from(broken[i]), &zone) == ERR_INVALID);
	}
}

TEST(civil_times_that_come_twice_are_the_first_and_gaps_use_the_offset_before) {
	struct zone *zone = NULL;
	REQUIRE(zone_from_posix(STR("CET-1CEST,M3.5.0,M10.5.0/3"), &zone) == ERR_OK);
	CHECK_EQ(zone_offset_local(zone, at(2026, 10, 25, 2, 30)), 7200);
	CHECK_EQ(zone_offset_local(zone, at(2026, 10, 25, 3, 0)), 3600);
	CHECK_EQ(zone_offset_local(zone, at(2026, 3, 29, 2, 30)), 3600);
	CHECK_EQ(zone_offset_local(zone, at(2026, 3, 29, 3, 0)), 7200);
	CHECK_EQ(zone_offset_local(zone, at(2026, 3, 29, 1, 59)), 3600);
	zone_free(zone);
}

static void put32(struct buf *out, uint32_t value) {
	char bytes[4] = {(char)(value >> 24), (char)(value >> 16), (char)(value >> 8), (char)value};
	buf_append(out, bytes, 4);
}

static void put_header(struct buf *out, char version, uint32_t times) {
	buf_append_str(out, STR("TZif"));
	buf_append_char(out, version);
	buf_append(out, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 15);
	put32(out, 0);
	put32(out, 0);
	put32(out, 0);
	put32(out, times);
	put32(out, 2);
	put32(out, 8);
}

static void put_types(struct buf *out) {
	put32(out, 32400);
	buf_append(out, "\0\0", 2);
	put32(out, 36000);
	buf_append(out, "\1\4", 2);
	buf_append(out, "JST\0JDT\0", 8);
}

/* Two zones of our own: one change in 2000, then back by the footer's rule. */
static void make_tzif(struct buf *out) {
	put_header(out, '2', 0);
	put_types(out);
	put_header(out, '2', 1);
	put32(out, 0);
	put32(out, 946684800);
	buf_append_char(out, 1);
	put_types(out);
	buf_append_str(out, STR("\nJST-9\n"));
}

TEST(a_version_2_file_is_read_with_its_footer) {
	struct buf file = {0};
	struct zone *zone = NULL;
	make_tzif(&file);
	REQUIRE(zone_from_tzif(buf_str(&file), &zone) == ERR_OK);
	CHECK_EQ(zone_offset_at(zone, 946684799), 32400);
	CHECK_EQ(zone_offset_at(zone, 946684800), 32400); /* behind the last change the rule counts */
	int32_t offset = 0;
	CHECK(zone_abbreviation(zone, STR("JDT"), &offset));
	CHECK_EQ(offset, 36000);
	CHECK(!zone_abbreviation(zone, STR("XYZ"), &offset));
	zone_free(zone);
	buf_deinit(&file);
}

TEST(a_file_cut_anywhere_or_with_a_wrong_byte_is_refused_or_read_never_worse) {
	struct buf file = {0};
	make_tzif(&file);
	for (size_t len = 0; len < file.len; len++) {
		struct zone *zone = NULL;
		char *copy = malloc(len + 1);
		memcpy(copy, file.ptr, len);
		enum err err = zone_from_tzif(str_make(copy, len), &zone);
		CHECK(err == ERR_INVALID || len + 1 == file.len);
		zone_free(zone);
		free(copy);
	}
	for (size_t i = 0; i < file.len * 8; i++) {
		struct zone *zone = NULL;
		file.ptr[i / 8] = (char)(file.ptr[i / 8] ^ (1 << (i % 8)));
		if (zone_from_tzif(buf_str(&file), &zone) == ERR_OK) {
			CHECK(zone_offset_local(zone, 946684800) <= 93600);
			zone_free(zone);
		}
		file.ptr[i / 8] = (char)(file.ptr[i / 8] ^ (1 << (i % 8)));
	}
	buf_deinit(&file);
}

TEST(fixed_names_need_no_file) {
	static const struct {
		const char *name;
		int32_t offset;
	} good[] = {{"", 0},           {"UTC", 0},       {"utc", 0},        {"Z", 0},
	            {"+09:00", 32400}, {"+0900", 32400}, {"+9", 32400},     {"-03:30", -12600},
	            {"GMT-3", -10800}, {"UTC+9", 32400}, {"-0330", -12600}, {"+930", 34200}};
	static const char *const bad[] = {"+", "+25", "+09:0", "+09:", "+09:60", "Tokyo", "+1a", "9"};
	int32_t offset = 1;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		CHECK(zone_parse_fixed(str_from(good[i].name), &offset));
		CHECK_EQ(offset, good[i].offset);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		CHECK(!zone_parse_fixed(str_from(bad[i]), &offset));
	}
	struct zone *zone = zone_fixed(32400);
	CHECK_EQ(zone_offset_at(zone, 0), 32400);
	CHECK_EQ(zone_offset_local(zone, 0), 32400);
	zone_free(zone);
}

TEST(known_abbreviations_say_when_they_are_ambiguous) {
	int32_t offset = 0;
	bool ambiguous = true;
	CHECK(zone_known_abbreviation(STR("JST"), &offset, &ambiguous));
	CHECK_EQ(offset, 32400);
	CHECK(!ambiguous);
	CHECK(zone_known_abbreviation(STR("CST"), &offset, &ambiguous));
	CHECK(ambiguous);
	CHECK(!zone_known_abbreviation(STR("INFO"), &offset, &ambiguous));
}

/* Every form reads what it prints, and nothing that does not exist. */
#include "codec/skeleton_time.h"

#include "base/instant.h"
#include "tap.h"

/* One text of each form for 2026-11-14T01:02:03, a Saturday (yearless: 2000-11-14). */
static const char *const examples[TIME_FORMS] = {
    [TIME_ISO] = "2026-11-14T01:02:03",
    [TIME_ISO_BLANK] = "2026-11-14 01:02:03",
    [TIME_ISO_LINE] = "2026-11-14_01:02:03",
    [TIME_DOTTED] = "2026-11-14-01.02.03",
    [TIME_SLASHED] = "2026/11/14 01:02:03",
    [TIME_BSD] = "Nov 14 01:02:03",
    [TIME_BSD_SHORT] = "Nov 4 01:02:03",
    [TIME_CTIME] = "Sat Nov 14 01:02:03 2026",
    [TIME_CTIME_ZERO] = "Wed Nov 04 01:02:03 2026",
    [TIME_WEB] = "14/Nov/2026:01:02:03",
    [TIME_MAIL] = "Sat, 14 Nov 2026 01:02:03",
    [TIME_SHORT_YEAR] = "26/11/14 01:02:03",
    [TIME_PACKED_YEAR] = "261114 010203",
    [TIME_PACKED_MINUS] = "20261114-01:02:03",
    [TIME_PACKED_ISO] = "20261114T010203",
    [TIME_MONTH_DAY] = "11-14 01:02:03",
    [TIME_MONTH_DAY_DOT] = "11.14 01:02:03",
};

static uint64_t seconds_of(int32_t year, int32_t month, int32_t day, int32_t second) {
	struct civil civil = {.year = year, .month = month, .day = day, .second = second % 60};
	civil.minute = second / 60 % 60;
	civil.hour = second / 3600;
	int64_t ns = 0;
	CHECK(instant_from_civil(&civil, 0, &ns));
	return (uint64_t)(ns / INSTANT_SECOND);
}

static bool reads(enum time_form form, const char *text) {
	uint64_t seconds;
	size_t len;
	return time_form_read(form, str_from(text), &seconds, &len);
}

TEST(every_form_reads_and_prints_its_example) {
	for (unsigned form = 0; form < TIME_FORMS; form++) {
		struct str text = str_from(examples[form]);
		uint64_t seconds = 0;
		size_t len = 0;
		char out[TIME_TEXT_MAX];
		bool has_year = time_form_has_year((enum time_form)form);
		int32_t day = form == TIME_BSD_SHORT || form == TIME_CTIME_ZERO ? 4 : 14;
		CHECK(time_form_read((enum time_form)form, text, &seconds, &len));
		CHECK_EQ(len, text.len);
		CHECK_EQ(seconds, seconds_of(has_year ? 2026 : 2000, 11, day, 3723));
		len = time_form_print((enum time_form)form, seconds, out);
		CHECK_STR(str_make(out, len), examples[form]);
		/* No shorter text is one, and none is read beyond its end. */
		for (size_t cut = 0; cut < text.len; cut++) {
			char *part = malloc(cut + 1);
			memcpy(part, text.ptr, cut);
			CHECK(!time_form_read((enum time_form)form, str_make(part, cut), &seconds, &len));
			free(part);
		}
	}
}

TEST(days_are_those_of_the_calendar) {
	char out[TIME_TEXT_MAX];
	for (uint64_t day = 0; day < 100000; day++) {
		struct civil civil;
		char expected[64];
		instant_to_civil((int64_t)day * 86400 * INSTANT_SECOND, 0, &civil);
		(void)snprintf(expected, sizeof(expected), "%04d-%02d-%02dT23:59:59", civil.year,
		               civil.month, civil.day);
		size_t len = time_form_print(TIME_ISO, day * 86400 + 86399, out);
		uint64_t back = 0;
		if (!str_eq(str_make(out, len), str_from(expected)) ||
		    !time_form_read(TIME_ISO, str_make(out, len), &back, &len) ||
		    back != day * 86400 + 86399) {
			CHECK_STR(str_make(out, len), expected);
			return;
		}
	}
	CHECK(reads(TIME_ISO, "9999-12-31T23:59:59"));
}

TEST(times_that_do_not_exist_are_not_read) {
	CHECK(!reads(TIME_ISO, "2026-02-30T01:02:03"));
	CHECK(!reads(TIME_ISO, "2026-02-29T01:02:03"));
	CHECK(reads(TIME_ISO, "2028-02-29T01:02:03"));
	CHECK(!reads(TIME_ISO, "2100-02-29T01:02:03"));
	CHECK(!reads(TIME_ISO, "2026-13-01T01:02:03"));
	CHECK(!reads(TIME_ISO, "2026-00-01T01:02:03"));
	CHECK(!reads(TIME_ISO, "2026-01-00T01:02:03"));
	CHECK(!reads(TIME_ISO, "2026-01-01T24:00:00"));
	CHECK(!reads(TIME_ISO, "2026-01-01T23:60:00"));
	CHECK(!reads(TIME_ISO, "2026-01-01T23:59:60"));
	CHECK(!reads(TIME_ISO, "1969-12-31T23:59:59"));
	CHECK(!reads(TIME_ISO, "2026-1 -01T23:59:59"));
	CHECK(!reads(TIME_CTIME, "Sun Nov 14 01:02:03 2026"));
	CHECK(!reads(TIME_CTIME, "Wed Nov 04 01:02:03 2026"));
	CHECK(!reads(TIME_CTIME_ZERO, "Sat Nov 14 01:02:03 2026"));
	CHECK(!reads(TIME_BSD, "Nov 04 01:02:03"));
	CHECK(!reads(TIME_BSD, "Nov  0 01:02:03"));
	CHECK(!reads(TIME_BSD, "nov  1 01:02:03"));
	CHECK(reads(TIME_BSD, "Feb 29 01:02:03"));
	CHECK(!reads(TIME_BSD_SHORT, "Nov 0 01:02:03"));
}

/* What the finder says of a text, as "form@start+len", or "-". */
static void check_find(const char *text, size_t digit, const char *expected) {
	struct time_found found;
	struct buf out = {0};
	if (time_find(str_from(text), 0, digit, &found)) {
		buf_printf(&out, "%d@%zu+%zu", (int)found.form, found.start, found.len);
	} else {
		buf_append_str(&out, STR("-"));
	}
	CHECK_STR(buf_str(&out), expected);
	buf_deinit(&out);
}

TEST(times_are_found_around_their_first_number) {
	check_find("at Nov 14 01:02:03 x", 7, "5@3+15");
	check_find("at Nov  4 01:02:03", 8, "5@3+15");
	check_find("at Nov 4 01:02:03", 7, "6@3+14");
	check_find("[Sat Nov 14 01:02:03 2026]", 9, "7@1+24");
	check_find("[Fri Nov 14 01:02:03 2026]", 9, "5@5+15");
	check_find("[Wed Nov 04 01:02:03 2026]", 9, "8@1+24");
	check_find("[14/Nov/2026:01:02:03 +0000]", 1, "9@1+20");
	check_find("Sat, 14 Nov 2026 01:02:03 GMT", 5, "10@0+25");
	check_find("26/11/14 01:02:03 INFO", 0, "11@0+17");
	check_find("261114 010203 INFO", 0, "12@0+13");
	check_find(" 261114 010203 INFO", 1, "-");
	check_find("20261114T010203Z", 0, "14@0+15");
	check_find("2026-11-14T01:02:03.5Z", 0, "0@0+19");
	check_find("2026-11-14T01:02:031", 0, "-");
	check_find("x2026-11-14T01:02:03", 1, "-");
	check_find("xNov 14 01:02:03", 5, "-");
	check_find("2026-11-14", 0, "-");
	check_find("1", 0, "-");
	struct time_found found;
	CHECK(!time_find(STR("Nov 14 01:02:03"), 1, 4, &found)); /* cut before */
}

TEST(any_number_prints) {
	char out[TIME_TEXT_MAX];
	for (size_t i = 0; i < tap_rounds(2000); i++) {
		uint64_t seconds = i == 0 ? UINT64_MAX : tap_random() >> (tap_random() % 64);
		for (unsigned form = 0; form < TIME_FORMS; form++) {
			CHECK_EQ(time_form_print((enum time_form)form, seconds, out), strlen(examples[form]));
		}
	}
}

TEST(times_one_after_another_print_as_alone) {
	char out[2][TIME_TEXT_MAX];
	char alone[TIME_TEXT_MAX];
	for (unsigned form = 0; form < TIME_FORMS; form++) {
		struct time_printed last = {0};
		uint64_t seconds = seconds_of(2026, 11, 14, 0);
		for (size_t i = 0; i < tap_rounds(3000); i++) {
			uint64_t step = tap_random() % 50000;
			seconds = i % 97 == 0 ? tap_random() >> (tap_random() % 64) : seconds + step;
			time_form_print_more(&last, (enum time_form)form, seconds, out[i % 2]);
			size_t len = time_form_print((enum time_form)form, seconds, alone);
			CHECK_EQ(time_form_len((enum time_form)form), len);
			alone[len] = 0;
			CHECK_STR(str_make(out[i % 2], len), alone);
		}
	}
}

TEST(months_are_read_by_their_names_only) {
	static const char *const names = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec";
	char text[] = "xxx 11 01:02:03";
	unsigned found = 0;
	for (unsigned i = 0; i < 12; i++) {
		memcpy(text, names + (size_t)i * 4, 3);
		CHECK(reads(TIME_BSD, text));
	}
	for (unsigned i = 0; i < 1u << 18; i++) { /* three of 64 bytes from '@' on */
		text[0] = (char)('@' + (i & 63));
		text[1] = (char)('@' + (i >> 6 & 63));
		text[2] = (char)('@' + (i >> 12));
		found += reads(TIME_BSD, text);
	}
	CHECK_EQ(found, 12);
}

TEST(random_times_of_every_form_come_back) {
	char out[TIME_TEXT_MAX];
	for (size_t i = 0; i < tap_rounds(20000); i++) {
		enum time_form form = (enum time_form)(tap_random() % TIME_FORMS);
		uint64_t least = seconds_of(2000, 1, 1, 0);
		uint64_t most = seconds_of(time_form_has_year(form) ? 2100 : 2001, 1, 1, 0);
		uint64_t seconds = least + tap_random() % (most - least);
		uint64_t back = 0;
		size_t read_len = 0;
		size_t len = time_form_print(form, seconds, out);
		bool late = form == TIME_BSD_SHORT || form == TIME_CTIME_ZERO;
		if (!time_form_read(form, str_make(out, len), &back, &read_len)) {
			CHECK(late); /* days above 9 have another form */
			continue;
		}
		CHECK_EQ(read_len, len);
		CHECK(back == seconds || form == TIME_BSD_SHORT);
	}
}

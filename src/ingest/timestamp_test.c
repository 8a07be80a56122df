/* Times of logs: what is read, how much of the text, and what is assumed. */
#include "ingest/timestamp.h"

#include "base/buf.h"
#include "event/batch.h"
#include "tap.h"

enum kind { BSD, ISO, CLF, ANY };

struct fixture {
	struct zone *zone;
	struct timestamp_reader reader;
};

/* The reference is 2026-11-22T10:00:00Z. */
#define REFERENCE ((int64_t)1795341600 * INSTANT_SECOND)

static struct fixture setup(const char *posix_zone, int32_t year) {
	struct fixture f = {0};
	CHECK(zone_from_posix(str_from(posix_zone), &f.zone) == ERR_OK);
	timestamp_reader_set(&f.reader, f.zone, year, REFERENCE);
	return f;
}

static size_t read_time(struct timestamp_reader *reader, enum kind kind, const char *text,
                        struct timestamp *out) {
	struct str s = str_from(text);
	switch (kind) {
	case BSD:
		return timestamp_bsd(reader, s, out);
	case ISO:
		return timestamp_iso(reader, s, out);
	case CLF:
		return timestamp_clf(reader, s, out);
	case ANY:
	default:
		return timestamp_any(reader, s, out);
	}
}

static void check(struct timestamp_reader *reader, enum kind kind, const char *text,
                  const char *expected, size_t used, unsigned flags) {
	struct timestamp time = {0};
	struct buf out = {0};
	CHECK_EQ(read_time(reader, kind, text, &time), used);
	instant_format(&out, time.ns, 0);
	CHECK_STR(out, expected);
	CHECK_EQ(time.flags, flags);
	buf_deinit(&out);
}

enum { NO_YEAR = TIME_YEAR_INFERRED, NO_ZONE = TIME_ZONE_ASSUMED };

TEST(rfc_3164_times_take_the_latest_year_that_is_not_ahead) {
	struct fixture f = setup("UTC0", 0);
	struct timestamp_reader *r = &f.reader;
	check(r, BSD, "Nov 22 10:00:00 host", "2026-11-22T10:00:00Z", 15, NO_YEAR | NO_ZONE);
	check(r, BSD, "Nov 22 10:59:59 host", "2026-11-22T10:59:59Z", 15, NO_YEAR | NO_ZONE);
	check(r, BSD, "Nov 23 10:00:00 host", "2026-11-23T10:00:00Z", 15, NO_YEAR | NO_ZONE);
	check(r, BSD, "Nov 23 10:00:01 host", "2025-11-23T10:00:01Z", 15, NO_YEAR | NO_ZONE);
	check(r, BSD, "Dec 31 23:59:59 host", "2025-12-31T23:59:59Z", 15, NO_YEAR | NO_ZONE);
	check(r, BSD, "Jan  1 00:00:00 host", "2026-01-01T00:00:00Z", 15, NO_YEAR | NO_ZONE);
	check(r, BSD, "Jan 1 00:00:00 host", "2026-01-01T00:00:00Z", 14, NO_YEAR | NO_ZONE);
	check(r, BSD, "Feb 29 12:00:00 host", "2024-02-29T12:00:00Z", 15, NO_YEAR | NO_ZONE);
	zone_free(f.zone);
}

TEST(the_year_that_was_given_wins) {
	struct fixture f = setup("UTC0", 2019);
	struct timestamp time;
	check(&f.reader, BSD, "Dec 31 23:59:59 h", "2019-12-31T23:59:59Z", 15, NO_YEAR | NO_ZONE);
	CHECK_EQ(timestamp_bsd(&f.reader, STR("Feb 29 12:00:00 h"), &time), 0);
	zone_free(f.zone);
}

TEST(rfc_3164_times_with_year_fraction_and_zone) {
	struct fixture f = setup("UTC0", 0);
	struct timestamp_reader *r = &f.reader;
	check(r, BSD, "Nov 22 2020 10:00:00 asa", "2020-11-22T10:00:00Z", 20, NO_ZONE);
	check(r, BSD, "Nov 22 2020 10:00:00: %ASA", "2020-11-22T10:00:00Z", 20, NO_ZONE);
	check(r, BSD, "Nov 22 10:00:00 2020 h", "2020-11-22T10:00:00Z", 20, NO_ZONE);
	check(r, BSD, "Nov 22 10:00:00.123 h", "2026-11-22T10:00:00.123Z", 19, NO_YEAR | NO_ZONE);
	check(r, BSD, "Nov 22 10:00:00,123456 h", "2026-11-22T10:00:00.123456Z", 22, NO_YEAR | NO_ZONE);
	check(r, BSD, "Nov 22 10:00:00 JST h", "2026-11-22T01:00:00Z", 19, NO_YEAR);
	check(r, BSD, "Nov 22 10:00:00.5 UTC: %SYS", "2026-11-22T10:00:00.500Z", 21, NO_YEAR);
	check(r, BSD, "Nov 22 10:00:00 +0900 h", "2026-11-22T01:00:00Z", 21, NO_YEAR);
	check(r, BSD, "Nov 22 10:00:00 CST h", "2026-11-22T16:00:00Z", 19, NO_YEAR | NO_ZONE);
	check(r, BSD, "Nov 22 10:00:00 EST 2020", "2020-11-22T15:00:00Z", 24, 0);
	check(r, BSD, "Nov 22 10:00:00", "2026-11-22T10:00:00Z", 15, NO_YEAR | NO_ZONE);
	zone_free(f.zone);
}

TEST(hosts_are_not_taken_for_years_or_zones) {
	struct fixture f = setup("UTC0", 0);
	static const char *const hosts[] = {
	    "Nov 22 10:00:00 2001:db8::1 sshd", "Nov 22 10:00:00 10.1.2.3 sshd",
	    "Nov 22 10:00:00 2020host sshd",    "Nov 22 10:00:00 HOST sshd",
	    "Nov 22 10:00:00 ESTONIA sshd",     "Nov 22 10:00:00 9999 sshd"};
	for (size_t i = 0; i < ARRAY_LEN(hosts) * 2; i++) {
		check(&f.reader, BSD, hosts[i / 2], "2026-11-22T10:00:00Z", 15, NO_YEAR | NO_ZONE);
		check(&f.reader, BSD, "Nov 22 10:00:07 warm", "2026-11-22T10:00:07Z", 15,
		      NO_YEAR | NO_ZONE);
	}
	zone_free(f.zone);
}

TEST(local_times_follow_the_zone_of_the_source) {
	struct fixture f = setup("CET-1CEST,M3.5.0,M10.5.0/3", 0);
	struct timestamp_reader *r = &f.reader;
	check(r, BSD, "Jul  1 12:00:00 h", "2026-07-01T10:00:00Z", 15, NO_YEAR | NO_ZONE);
	check(r, BSD, "Jan  1 12:00:00 h", "2026-01-01T11:00:00Z", 15, NO_YEAR | NO_ZONE);
	check(r, BSD, "Mar 29 01:59:59 h", "2026-03-29T00:59:59Z", 15, NO_YEAR | NO_ZONE);
	check(r, BSD, "Mar 29 03:00:00 h", "2026-03-29T01:00:00Z", 15, NO_YEAR | NO_ZONE);
	check(r, ISO, "2026-07-01 12:00:00 x", "2026-07-01T10:00:00Z", 19, NO_ZONE);
	check(r, CLF, "01/Jul/2026:12:00:00]", "2026-07-01T10:00:00Z", 20, NO_ZONE);
	zone_free(f.zone);
}

TEST(iso_times_cold_and_warm) {
	struct fixture f = setup("JST-9", 0);
	struct timestamp_reader *r = &f.reader;
	for (int i = 0; i < 2; i++) {
		check(r, ISO, "2026-11-22T10:00:00Z", "2026-11-22T10:00:00Z", 20, 0);
		check(r, ISO, "2026-11-22T10:00:00z ", "2026-11-22T10:00:00Z", 20, 0);
		check(r, ISO, "2026-11-22T10:20:30.25+09:00 x", "2026-11-22T01:20:30.250Z", 28, 0);
		check(r, ISO, "2026-11-22T10:20:30-0330 x", "2026-11-22T13:50:30Z", 24, 0);
		check(r, ISO, "2026-11-22 10:20:30,123 INFO", "2026-11-22T01:20:30.123Z", 23, NO_ZONE);
		check(r, ISO, "2026-11-22 10:20:30 UTC", "2026-11-22T10:20:30Z", 23, 0);
		check(r, ISO, "2026/11/22 10:20:30 [error]", "2026-11-22T01:20:30Z", 19, NO_ZONE);
		check(r, ISO, "2026-11-22T10:00Z", "2026-11-22T10:00:00Z", 17, 0);
		check(r, ISO, "2016-12-31T23:59:60Z", "2016-12-31T23:59:59.999999999Z", 20, 0);
		check(r, ISO, "1969-12-31T23:59:59.5Z", "1969-12-31T23:59:59.500Z", 22, 0);
	}
	zone_free(f.zone);
}

TEST(years_and_offsets_stand_where_devices_put_them) {
	struct fixture f = setup("UTC0", 0);
	struct timestamp_reader *r = &f.reader;
	check(r, BSD, "2020 Nov 22 10:00:00 h", "2020-11-22T10:00:00Z", 20, NO_ZONE);
	check(r, BSD, "2020 Nov  2 10:00:00.5 UTC: x", "2020-11-02T10:00:00.500Z", 26, 0);
	check(r, ANY, "2020 Nov 22 10:00:00 2021 h", "2020-11-22T10:00:00Z", 20, NO_ZONE);
	check(r, BSD, "Nov 22 10:00:00+09:00 h", "2026-11-22T01:00:00Z", 21, NO_YEAR);
	check(r, BSD, "Nov 22 10:00:00.25-0330 h", "2026-11-22T13:30:00.250Z", 23, NO_YEAR);
	check(r, BSD, "Nov 22 10:00:00Z h", "2026-11-22T10:00:00Z", 16, NO_YEAR);
	check(r, BSD, "Nov 22 10:00:00-x", "2026-11-22T10:00:00Z", 15, NO_YEAR | NO_ZONE);
	check(r, CLF, "22/Nov/2026 10:00:00] x", "2026-11-22T10:00:00Z", 20, NO_ZONE);
	check(r, CLF, "22/Nov/2026:10:00:01 +0900", "2026-11-22T01:00:01Z", 26, 0);
	check(r, CLF, "22/Nov/2026 10:00:02 +0900", "2026-11-22T01:00:02Z", 26, 0);
	zone_free(f.zone);
}

TEST(clf_times_cold_and_warm) {
	struct fixture f = setup("UTC0", 0);
	for (int i = 0; i < 2; i++) {
		check(&f.reader, CLF, "22/Nov/2026:10:00:00 +0900]", "2026-11-22T01:00:00Z", 26, 0);
		check(&f.reader, CLF, "22/Nov/2026:10:59:59 -0330]", "2026-11-22T14:29:59Z", 26, 0);
		check(&f.reader, CLF, "2/Nov/2026:10:59:59 +0000]", "2026-11-02T10:59:59Z", 25, 0);
		check(&f.reader, CLF, "22/Nov/2026:10:00:00.123 +0000", "2026-11-22T10:00:00.123Z", 30, 0);
	}
	zone_free(f.zone);
}

TEST(counts_since_1970_are_told_apart_by_size) {
	struct fixture f = setup("UTC0", 0);
	struct timestamp time;
	check(&f.reader, ANY, "1795341600", "2026-11-22T10:00:00Z", 10, 0);
	check(&f.reader, ANY, "1795341600.123456", "2026-11-22T10:00:00.123456Z", 17, 0);
	check(&f.reader, ANY, "1795341600123", "2026-11-22T10:00:00.123Z", 13, 0);
	check(&f.reader, ANY, "1795341600123.5", "2026-11-22T10:00:00.123500Z", 15, 0);
	check(&f.reader, ANY, "1795341600123456", "2026-11-22T10:00:00.123456Z", 16, 0);
	check(&f.reader, ANY, "1795341600123456789", "2026-11-22T10:00:00.123456789Z", 19, 0);
	CHECK_EQ(timestamp_epoch(STR("12345678"), &time), 0);
	CHECK_EQ(timestamp_epoch(STR("000000000012"), &time), 0);
	CHECK_EQ(timestamp_epoch(STR("9999999999999999999"), &time), 0);
	zone_free(f.zone);
}

TEST(ctime_and_mail_dates_are_known) {
	struct fixture f = setup("UTC0", 0);
	check(&f.reader, ANY, "Sun Nov 22 10:00:00 2026", "2026-11-22T10:00:00Z", 24, NO_ZONE);
	check(&f.reader, ANY, "Sun Nov 22 10:00:00.123456 2026]", "2026-11-22T10:00:00.123456Z", 31,
	      NO_ZONE);
	check(&f.reader, ANY, "Sun, 22 Nov 2026 10:00:00 +0900", "2026-11-22T01:00:00Z", 31, 0);
	check(&f.reader, ANY, "22/Nov/2026:10:00:00 +0900", "2026-11-22T01:00:00Z", 26, 0);
	zone_free(f.zone);
}

TEST(what_is_no_time_is_refused) {
	struct fixture f = setup("UTC0", 0);
	static const char *const bad[] = {
	    "",
	    "Nov",
	    "Nov 22",
	    "Nov 22 ",
	    "Nov 22 10:00",
	    "Nov 32 10:00:00 h",
	    "Nov 22 24:00:00 h",
	    "Nov 22 10:60:00 h",
	    "Nxv 22 10:00:00 h",
	    "2026-13-01T00:00:00Z",
	    "2026-02-29T00:00:00Z",
	    "2026-11-22",
	    "31/Feb/2026:10:00:00 +0000",
	    "22/Nov/2026-10:00:00",
	    "Sunday",
	    "Sun ",
	};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct timestamp time;
		CHECK_EQ(timestamp_any(&f.reader, str_from(bad[i]), &time), 0);
	}
	zone_free(f.zone);
}

static void check_layout(struct timestamp_reader *reader, const char *layout, const char *text,
                         const char *expected, unsigned flags) {
	struct timestamp time = {0};
	struct buf out = {0};
	size_t bad;
	CHECK(timestamp_layout_valid(str_from(layout), &bad));
	CHECK_EQ(timestamp_layout(reader, str_from(layout), str_from(text), &time), strlen(text));
	instant_format(&out, time.ns, 0);
	CHECK_STR(out, expected);
	CHECK_EQ(time.flags, flags);
	buf_deinit(&out);
}

TEST(layouts_of_ones_own) {
	struct fixture f = setup("UTC0", 0);
	struct timestamp_reader *r = &f.reader;
	check_layout(r, "DD.MM.YYYY hh:mm:ss", "22.11.2026 10:00:00", "2026-11-22T10:00:00Z", NO_ZONE);
	check_layout(r, "MM/DD/YY h:mm:ss AM", "11/22/26 1:02:03 PM", "2026-11-22T13:02:03Z", NO_ZONE);
	check_layout(r, "MM/DD/YY h:mm:ss AM", "11/22/26 12:02:03 am", "2026-11-22T00:02:03Z", NO_ZONE);
	check_layout(r, "Day Mon D hh:mm:ss.f ZZ YYYY", "Sun Nov  2 10:00:00.25 JST 2026",
	             "2026-11-02T01:00:00.250Z", 0);
	check_layout(r, "hh:mm:ss", "09:08:07", "2026-11-22T09:08:07Z", NO_ZONE | TIME_DATE_ASSUMED);
	check_layout(r, "YYYYMMDDThhmmssZZ", "20261122T100000Z", "2026-11-22T10:00:00Z", 0);
	zone_free(f.zone);
}

TEST(layouts_that_cannot_work_are_refused) {
	size_t bad;
	CHECK(!timestamp_layout_valid(STR("YYYY-MM-DD"), &bad));
	CHECK(!timestamp_layout_valid(STR("hh:mm:ss x"), &bad));
	CHECK_EQ(bad, 9);
	CHECK(!timestamp_layout_valid(STR("hh:hh:mm"), &bad));
	CHECK_EQ(bad, 3);
	CHECK(!timestamp_layout_valid(STR("MM hh:mm"), &bad));
	CHECK(!timestamp_layout_valid(STR(""), &bad));
}

TEST(times_at_the_ends_of_the_range_are_read_or_refused) {
	struct fixture f = setup("<+18>-18", 0);
	static const char *const texts[] = {
	    "1677-09-21T00:12:43.145224193Z",      "1677-09-21T00:12:44",
	    "2262-04-11T23:47:16.854775807-18:00", "2262-04-11T23:47:16",
	    "11/Apr/2262:23:47:16 -1800",          "21/Sep/1677:00:12:44 +1800"};
	for (size_t i = 0; i < ARRAY_LEN(texts) * 2; i++) {
		struct timestamp time;
		CHECK(timestamp_any(&f.reader, str_from(texts[i / 2]), &time) <= strlen(texts[i / 2]));
	}
	timestamp_reader_set(&f.reader, f.zone, 0, INSTANT_MAX);
	for (int i = 0; i < 2; i++) {
		struct timestamp time = {0};
		(void)timestamp_any(&f.reader, STR("Apr 11 23:47:16 host"), &time);
		(void)timestamp_any(&f.reader, STR("Apr 12 17:47:16 host"), &time);
	}
	zone_free(f.zone);
}

TEST(times_cut_anywhere_are_read_within_their_bounds) {
	static const char *const texts[] = {"Nov 22 10:00:00 1234567", "Nov 22 10:00:00 2020: x",
	                                    "2026-11-22T10:00:00.5+09:00", "22/Nov/2026:10:00:00 +0900",
	                                    "Nov 22 10:00:00.123 JST 2026 x"};
	struct fixture f = setup("UTC0", 0);
	for (size_t i = 0; i < ARRAY_LEN(texts) * 2; i++) {
		const char *text = texts[i / 2]; /* twice: the second time with a memory */
		for (size_t len = strlen(text); len > 0; len--) {
			struct timestamp time;
			char *copy = malloc(len);
			memcpy(copy, text, len);
			CHECK(timestamp_any(&f.reader, str_make(copy, len), &time) <= len);
			free(copy);
		}
	}
	zone_free(f.zone);
}

/* The remembered hour must never change what is read: a warm reader and a cold one agree. */
TEST(labels_of_daemontools_are_times) {
	struct timestamp time = {1, 1};
	/* 1795341610 = 10 s ahead of 2026-11-22T10:00:00Z */
	CHECK_EQ(timestamp_tai64n(STR("@400000006b02bd2a075bcd15 x"), &time), 25);
	CHECK_EQ(time.ns, 1795341600 * INSTANT_SECOND + 123456789);
	CHECK_EQ(timestamp_tai64n(STR("@400000006b02bd2a"), &time), 17);
	CHECK_EQ(time.ns, 1795341600 * INSTANT_SECOND);
	CHECK_EQ(timestamp_tai64n(STR("@400000006b02bd2"), &time), 0);
	CHECK_EQ(timestamp_tai64n(STR("@400000006b02bd2a075bcd150"), &time), 0);
	CHECK_EQ(timestamp_tai64n(STR("@400000006b02bd2affffffff"), &time), 0);
	CHECK_EQ(timestamp_tai64n(STR("@0000000000000000"), &time), 0);
	CHECK_EQ(timestamp_tai64n(STR("@ffffffffffffffff"), &time), 0);
	CHECK_EQ(timestamp_tai64n(STR(""), &time), 0);
}

TEST(a_warm_reader_agrees_with_a_cold_one) {
	struct fixture f = setup("EST5EDT,M3.2.0,M11.1.0", 0);
	static const char *const months[] = {"Jan", "Mar", "Nov", "Dec"};
	for (int i = 0; i < 20000; i++) {
		char text[64];
		struct timestamp warm = {0}, cold = {0};
		struct timestamp_reader fresh = {0};
		uint64_t random = tap_random();
		snprintf(text, sizeof(text), "%s %2u %02u:%02u:%02u host", months[random % 4],
		         (unsigned)(random >> 8) % 9 + 1, (unsigned)(random >> 16) % 3,
		         (unsigned)(random >> 24) % 60, (unsigned)(random >> 32) % 60);
		timestamp_reader_set(&fresh, f.zone, 0, REFERENCE);
		size_t used = timestamp_bsd(&f.reader, str_from(text), &warm);
		CHECK_EQ(used, timestamp_bsd(&fresh, str_from(text), &cold));
		if (warm.ns != cold.ns || warm.flags != cold.flags) {
			CHECK_EQ(warm.ns, cold.ns);
			break;
		}
	}
	zone_free(f.zone);
}

/* Which lines of BSD syslog are of the plainest form, and which of the same kind are not like them.
 * That their fields are right is tested for all formats: likes_test.c.
 */
#include "ingest/syslog_like.h"

#include "ingest/likes_testing.h"
#include "tap.h"

/* Rows of two lines, the second like the first. */
static bool are_alike(const char *first, const char *second) {
	struct line_testing t = line_testing_carriers();
	struct batch_source source = line_testing_source();
	struct buf text = {0};
	struct buf out[2] = {0};
	uint32_t differs;
	buf_printf(&text, "%s\n%s\n", first, second);
	uint32_t likes = likes_testing_compare(&t, &source, buf_str(&text), &differs, out);
	CHECK_EQ(differs, UINT32_MAX);
	buf_deinit(&text);
	buf_deinit(&out[0]);
	buf_deinit(&out[1]);
	line_testing_free(&t);
	return likes == 1;
}

/* Whether the format is sure of a line, so that another need not be parsed to be like it. */
static bool is_sure(const char *text) {
	struct zone *utc = zone_fixed(0);
	struct timestamp_reader reader = {0};
	struct line_pieces pieces = {0};
	struct line line = {.text = str_from(text), .time = &reader, .pieces = &pieces};
	timestamp_reader_set(&reader, utc, 2026, 0);
	CHECK(syslog_take_3164(NULL, &line));
	zone_free(utc);
	return pieces.sure;
}

TEST(lines_of_the_plainest_form_are_alike) {
	CHECK(
	    are_alike("<13>Nov 22 10:00:00 web01 app[5]: 7", "<13>Nov 22 11:30:00 db-2.x app[61]: 8"));
	CHECK(are_alike("<7>Nov  2 10:00:00 web01 app: x 7", "<7>Nov 12 10:00:00 a app: x 8"));
	CHECK(are_alike("Nov 22 10:00:00 web01 app[5]: 7", "Nov 22 10:00:01 10.0.0.1x app[5]: 7"));
	CHECK(are_alike("<191>Nov 22 10:00:00 web01 su(pam)[5]: 7",
	                "<191>Nov 22 10:00:00 b su(pam)[6]: 8"));
	CHECK(are_alike("Nov 22 10:00:00 web01 app[5]:", "Nov 22 10:00:00 web02 app[6]:"));
}

TEST(lines_of_another_message_begin_alike) {
	CHECK(are_alike("<13>Nov 22 10:00:00 web01 app[5]: 7", "<13>Nov 22 11:30:00 db app[61]: x y"));
	CHECK(are_alike("Nov 22 10:00:00 web01 app: 7 a: b", "Nov 22 11:30:00 web02 app: "));
	CHECK(are_alike("Nov 22 10:00:00 web01 app: 7",
	                "Nov 22 11:30:00 b app: [1/Nov/2026:10:00:00] \"\""));
	CHECK(are_alike("Nov 22 10:00:00 web01 app: 7", "Nov 22 11:30:00 web02 app: app[5]: last 1"));
	CHECK(!are_alike("Nov 22 10:00:00 web01 app: 7", "Nov 22 11:30:00 web02 apps: 7"));
	CHECK(!are_alike("Nov 22 10:00:00 web01 app: 7", "Nov 22 11:30:00 web02 app:"));
	CHECK(!are_alike("Nov 22 10:00:00 web01 app: 7", "Nov 22 11:30:00 JST app: x"));
	CHECK(!are_alike("Nov 22 10:00:00 web01 app: ", "Nov 22 11:30:00 web02 app: x"));
	CHECK(!are_alike("<13>Nov 22 10:00:00 web01 app: 7", "<14>Nov 22 11:30:00 web02 app: x"));
}

TEST(of_other_lines_nothing_is_sure) {
	static const char *const pairs[][2] = {
	    {"<13>Nov 22 10:00:00 web01 app[5]: 7", "<14>Nov 22 10:00:00 web01 app[5]: 7"},
	    {"<013>Nov 22 10:00:00 web01 app[5]: 7", "<013>Nov 22 10:00:00 web01 app[5]: 7"},
	    {"Nov 22 10:00:00 web01 app[5]: 7", "Nov 22 10:00:00 web01 app2[5]: 7"},
	    {"Nov 22 10:00:00 web01 app[5]: 7", "Nov 22 10:00:00 web01: app[5]: 7"},
	    {"Nov 22 10:00:00 web01 app[5]: 7", "Nov 22 10:00:00 error app[5]: 7"},
	    {"Nov 22 10:00:00 web01 app[5]: 7", "Nov 22 10:00:00 auth.info app[5]: 7"},
	    {"Nov 22 10:00:00 web01 app[5]: 7", "Nov 22 10:00:00 JST app[5]: 7"},
	    {"Nov 22 10:00:00 web01 app[5]7", "Nov 22 10:00:00 web01 app[5]8"},
	    {"Nov 22 10:00:00 web01 app 7", "Nov 22 10:00:00 web01 app 8"},
	    {"Nov 22 10:00:00 web01 app [5]: 7", "Nov 22 10:00:00 web01 app [6]: 7"},
	    {"Nov 22 10:00:00 web01 app[]: 7", "Nov 22 10:00:00 web01 app[]: 8"},
	    {"Nov 22 10:00:00 web01 [app]: 7", "Nov 22 10:00:00 web01 [app]: 8"},
	    {"Nov 22 10:00:00 web01  app[5]: 7", "Nov 22 10:00:00 web01  app[6]: 7"},
	    {"Nov 22 10:00:00.5 web01 app[5]: 7", "Nov 22 10:00:00.5 web01 app[6]: 7"},
	    {"<13>no time 5", "<13>no time 6"},
	};
	for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
		if (!CHECK(!is_sure(pairs[i][0]) || !are_alike(pairs[i][0], pairs[i][1]))) {
			printf("# pair %zu\n", i);
		}
	}
}

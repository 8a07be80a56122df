/* JSON objects as fields. */
#include "ingest/json_line.h"

#include "ingest/line_testing.h"
#include "tap.h"

static void check(const char *line, const char *expected) {
	struct line_testing t = line_testing_new();
	struct batch_source source = line_testing_source();
	struct buf out = {0};
	line_testing_parse(&t, &source, str_from(line), &out);
	CHECK_STR(out, expected);
	buf_deinit(&out);
	line_testing_free(&t);
}

#define NO_TIME "json 2026-11-22T10:00:00Z 1\n"
#define TEXT "text 2026-11-22T10:00:00Z 1\n"

TEST(members_become_fields_and_objects_dotted_names) {
	check("{\"a\":\"x\",\"b\":{\"c\":{\"d\":1.50},\"e\":true},\"f\":null,\"g\":{}}",
	      NO_TIME "a=\"x\"\nb.c.d=1.50\nb.e=true\nf=null\ng={}\n");
	check(" {\"source\":{\"ip\":\"192.0.2.1\",\"port\":-1e3}}\r",
	      NO_TIME "source.ip=\"192.0.2.1\"\nsource.port=-1e3\n");
	check("{}", NO_TIME);
	check("\xef\xbb\xbf{\"a\":1}", NO_TIME "a=1\n");
}

TEST(arrays_of_scalars_are_lists_and_others_stay_json) {
	check("{\"a\":[1,\"x\\n\",true,null],\"b\":[],\"c\":[{\"d\":1}, 2],\"e\":[[1],[2]],"
	      "\"f\":[\"[{\"]}",
	      NO_TIME "a=[1,\"x\\n\",true,null]\nb=[]\nc=[{\"d\":1}, 2]\ne=[[1],[2]]\nf=[\"[{\"]\n");
}

TEST(names_that_come_twice_make_a_list) {
	check("{\"a\":[],\"a\":[],\"b\":[],\"b\":[1],\"c\":1,\"c\":[]}", NO_TIME "a=[]\nb=[1]\nc=1\n");
	check("{\"a\":1,\"a\":\"x\",\"b.c\":1,\"b\":{\"c\":2}}", NO_TIME "a=[1,\"x\"]\nb.c=[1,2]\n");
}

TEST(strings_with_escapes_are_decoded) {
	check("{\"a\":\"tab\\there\",\"k\\u0041\":\"\\uD83D\"}",
	      NO_TIME "a=\"tab\\there\"\nkA=\"\xef\xbf\xbd\"\n");
}

TEST(the_time_is_found_by_its_name) {
	check("{\"@timestamp\":\"2020-01-02T03:04:05.678Z\"}", "json 2020-01-02T03:04:05.678Z 0\n");
	check("{\"ts\":1577934245.678,\"time\":\"x\"}",
	      "json 2020-01-02T03:04:05.678Z 0\nts=1577934245.678\ntime=\"x\"\n");
	check("{\"time\":1577934245678}", "json 2020-01-02T03:04:05.678Z 0\ntime=1577934245678\n");
	check("{\"date\":\"2019-01-01T00:00:00Z\",\"timestamp\":\"2020-01-02 03:04:05\"}",
	      "json 2020-01-02T03:04:05Z 2\ndate=\"2019-01-01T00:00:00Z\"\n"
	      "timestamp=\"2020-01-02 03:04:05\"\n");
	check("{\"eventTime\":\"2020-01-02T03:04:05Z\",\"x\":{\"time\":\"2021-01-01T00:00:00Z\"}}",
	      "json 2020-01-02T03:04:05Z 0\neventTime=\"2020-01-02T03:04:05Z\"\n"
	      "x.time=\"2021-01-01T00:00:00Z\"\n");
}

TEST(what_is_not_one_object_is_text) {
	check("[1,2]", TEXT);
	check("{\"a\":1} {\"b\":2}", TEXT);
	check("{\"a\":1", TEXT);
	check("{\"a\":1,\"b\":tru}", TEXT);
	check("{a:1}", TEXT);
	check("\"x\"", TEXT);
}

TEST(too_many_and_too_long_names_are_left_out_not_fatal) {
	struct buf line = {0};
	struct buf out = {0};
	struct line_testing t = line_testing_new();
	struct batch_source source = line_testing_source();
	buf_append_char(&line, '{');
	for (int i = 0; i < 3000; i++) {
		buf_printf(&line, "\"k%d\":%d,", i, i);
	}
	buf_append_char(&line, '"');
	for (int i = 0; i < 300; i++) {
		buf_append_char(&line, 'n');
	}
	buf_append_str(&line, STR("\":{\"x\":1}}"));
	line_testing_parse(&t, &source, buf_str(&line), &out);
	CHECK(str_starts(buf_str(&out), STR("json ")));
	CHECK(str_find(buf_str(&out), STR("k1023="), 0) != (size_t)-1);
	CHECK(str_find(buf_str(&out), STR("k1024="), 0) == (size_t)-1);
	CHECK(str_find(buf_str(&out), STR("nnn"), 0) == (size_t)-1);
	/* 1 no time of its own, 128 fields left out */
	CHECK(str_find(buf_str(&out), STR(" 129\n"), 0) != (size_t)-1);
	buf_deinit(&line);
	buf_deinit(&out);
	line_testing_free(&t);
}

static void nest(struct buf *line, uint32_t levels) {
	for (uint32_t i = 0; i < levels; i++) {
		buf_append_str(line, STR("{\"a\":"));
	}
	buf_append_char(line, '1');
	for (uint32_t i = 0; i < levels; i++) {
		buf_append_char(line, '}');
	}
	buf_append_char(line, '\0');
}

TEST(objects_are_read_to_the_limit_of_depth_and_no_deeper) {
	struct buf good = {0}, bad = {0}, out = {0};
	struct line_testing t = line_testing_new();
	struct batch_source source = line_testing_source();
	nest(&good, LIMIT_JSON_DEPTH);
	nest(&bad, LIMIT_JSON_DEPTH + 1);
	line_testing_parse(&t, &source, str_from(good.ptr), &out);
	CHECK(str_starts(buf_str(&out), STR("json ")));
	buf_clear(&out);
	line_testing_parse(&t, &source, str_from(bad.ptr), &out);
	CHECK_STR(out, TEXT);
	buf_deinit(&good);
	buf_deinit(&bad);
	buf_deinit(&out);
	line_testing_free(&t);
}

/* The parser over whole batches: which format takes which line, text, zones, hosts, pieces of
 * lines.
 */
#include "ingest/formats_table.h"

#include "ingest/line_testing.h"
#include "tap.h"

/* Lines of all formats, with the one that must take each. A format that is added brings its own and
 * must leave these alone. */
static const struct sample {
	const char *format, *line;
} samples[] = {
    {"syslog-rfc3164", "Nov 22 10:00:00 web01 sshd[42]: Accepted publickey for a from 192.0.2.1"},
    {"syslog-rfc3164", "<34>Nov 22 10:00:00 web01 su: 'su root' failed"},
    {"syslog-rfc3164", "2026-11-22T10:00:00.5+09:00 web01 sshd[42]: x"},
    {"cisco-ios", "<189>123: *Nov 22 10:00:00.250: %SYS-5-CONFIG_I: x"},
    {"syslog-rfc3164", "<13>no time here"},
    {"syslog-rfc3164", "Nov 22 10:00:00 web01 nginx: 192.0.2.1 - - [22/Nov/2026:10:00:00 +0000] "
                       "\"GET / HTTP/1.1\" 200 1 \"-\" \"x\""},
    {"syslog-rfc3164", "Nov 22 10:00:00 web01 app: {\"a\":1}"},
    {"syslog-rfc5424", "<34>1 2026-11-22T10:00:00Z web01 su - ID47 - x"},
    {"syslog-rfc5424", "<34>1 - - - - - [a@1 b=\"c\"]"},
    {"json", "{\"time\":\"2026-11-22T10:00:00Z\",\"msg\":\"Nov 22 10:00:00 h a: x\"}"},
    {"json", "{}"},
    {"access", "192.0.2.1 - - [22/Nov/2026:10:00:00 +0000] \"GET / HTTP/1.1\" 200 1 \"-\" \"x\""},
    {"access", "2001:db8::1 - - [22/Nov/2026:10:00:00 +0000] \"-\" 408 - \"-\" \"-\""},
    {"access", "www.example.org:80 192.0.2.1 - - [22/Nov/2026:10:00:00 +0000] \"GET / HTTP/1.1\" "
               "200 1 \"-\" \"x\""},
    {"access", "192.0.2.1 - - [22/Nov/2026:10:00:00 +0000] \"GET /?Nov 22 10:00:00 h a: x "
               "HTTP/1.1\" 200 1"},
    {"text", ""},
    {"text", "just words"},
    {"text", "2026-11-22 10:00:00 INFO started"},
    {"text", "[22/Nov/2026:10:00:00 +0000] GET /"},
    {"text", "192.0.2.1 pinged 192.0.2.2"},
    {"text", "{not json}"},
    {"text", "[1,2,3]"},
    {"text", "<html><body>"},
    {"text", "\tat com.example.Main(Main.java:5)"},
    {"text", "日本語のテキスト"},
};

static struct batch *samples_batch(void) {
	struct batch *batch = batch_new();
	struct batch_source source = line_testing_source();
	(void)batch_add_source(batch, &source);
	for (size_t i = 0; i < ARRAY_LEN(samples); i++) {
		line_testing_add(batch, str_from(samples[i].line));
	}
	return batch;
}

static void check_formats(const struct batch *batch) {
	for (uint32_t row = 0; row < batch->count; row++) {
		const struct field_row *parsed = &batch->fields.rows[row];
		CHECK_STR(batch->fields.formats[parsed->format], samples[row].format);
	}
}

/* For every pair of neighbours the one must not influence the other: here they come in one source,
 * one after another. */
TEST(records_of_the_network_say_from_where_they_came) {
	struct diag diag = {0};
	struct formats *formats = NULL;
	REQUIRE(formats_new(NULL, NULL, &formats, &diag) == ERR_OK);
	struct parser *parser = parser_new(NULL, formats);
	struct batch *batch = batch_new();
	const struct batch_source sources[] = {
	    {.name = STR_INIT("syslog+udp://192.0.2.7"),
	     .host = STR_INIT("192.0.2.7"),
	     .file = UINT32_MAX},
	    {.name = STR_INIT("web01:/var/log/x"), .file = UINT32_MAX}};
	struct str line = STR("<13>Nov 22 10:00:00 web01 app: one\n");
	for (uint16_t i = 0; i < 4; i++) {
		uint16_t source = i < 2 ? batch_add_source(batch, &sources[i]) : i - 2;
		struct batch_record *record = batch_add_record(batch);
		*record = (struct batch_record){.type = RECORD_DATA,
		                                .source = source,
		                                .body_offset = batch->raw.len,
		                                .body_len = (uint32_t)line.len - 1};
		buf_append_str(&batch->raw, line);
	}
	parser_run(parser, batch);
	for (uint32_t row = 0; row < 4; row++) {
		struct value address = fields_get(batch, row, FIELD_LOG_SOURCE_ADDRESS);
		CHECK(row % 2 == 0 ? str_eq(address.text, STR("192.0.2.7")) : address.kind == VALUE_NONE);
		CHECK_STR(fields_get(batch, row, FIELD_HOST_NAME).text, "web01");
	}
	batch_free(batch);
	parser_free(parser);
	formats_free(formats);
}

TEST(no_format_takes_the_lines_of_another) {
	struct line_testing t = line_testing_new();
	struct batch *batch = samples_batch();
	parser_run(t.parser, batch);
	check_formats(batch);
	batch_free(batch);
	line_testing_free(&t);
}

TEST(lines_are_taken_by_their_own_format_whatever_came_before) {
	struct line_testing t = line_testing_new();
	for (size_t a = 0; a < ARRAY_LEN(samples); a++) {
		for (size_t b = 0; b < ARRAY_LEN(samples); b++) {
			struct batch *batch = batch_new();
			struct batch_source source = line_testing_source();
			(void)batch_add_source(batch, &source);
			line_testing_add(batch, str_from(samples[a].line));
			line_testing_add(batch, str_from(samples[b].line));
			parser_run(t.parser, batch);
			CHECK_STR(batch->fields.formats[batch->fields.rows[1].format], samples[b].format);
			batch_free(batch);
		}
	}
	line_testing_free(&t);
}

/* So the order of the table hardly matters. */
TEST(no_line_fits_two_formats) {
	struct line_testing t = line_testing_new();
	struct zone *utc = zone_fixed(0);
	struct timestamp_reader reader = {0};
	struct buf scratch = {0};
	timestamp_reader_set(&reader, utc, 2026, 0);
	for (size_t i = 0; i < ARRAY_LEN(samples); i++) {
		uint32_t takers = 0;
		for (uint32_t f = 0; f < t.formats->count; f++) {
			struct line line = {
			    .text = str_from(samples[i].line), .time = &reader, .scratch = &scratch};
			takers += t.formats->list[f].take(&t.formats->list[f], &line);
		}
		bool text = str_eq(str_from(samples[i].format), STR("text"));
		CHECK_EQ(takers, text ? 0 : 1);
	}
	buf_deinit(&scratch);
	zone_free(utc);
	line_testing_free(&t);
}

TEST(a_source_with_a_wrong_format_is_read_all_the_same) {
	struct line_testing t = line_testing_new();
	static const char *const hints[] = {"json", "access", "syslog", "text", "evtx", "nonsense"};
	for (size_t i = 0; i < ARRAY_LEN(hints); i++) {
		struct batch *batch = samples_batch();
		batch->sources[0].format = str_from(hints[i]);
		parser_run(t.parser, batch);
		check_formats(batch);
		batch_free(batch);
	}
	line_testing_free(&t);
}

static void check_one(const struct batch_source *source, const char *body, const char *expected) {
	struct line_testing t = line_testing_new();
	struct buf out = {0};
	line_testing_parse(&t, source, str_from(body), &out);
	CHECK_STR(out, expected);
	buf_deinit(&out);
	line_testing_free(&t);
}

TEST(the_zone_and_the_year_of_the_source_count) {
	struct batch_source source = line_testing_source();
	source.zone = STR("+09:00");
	check_one(&source, "Nov 22 10:00:00 h",
	          "syslog-rfc3164 2026-11-22T01:00:00Z 6\n"
	          "host.hostname=\"h\"\nhost.name=\"h\"\nmessage=\"\"\n");
	source.year = 2019;
	check_one(&source, "Nov 22 10:00:00 h",
	          "syslog-rfc3164 2019-11-22T01:00:00Z 6\n"
	          "host.hostname=\"h\"\nhost.name=\"h\"\nmessage=\"\"\n");
	source.zone = STR("Nowhere/City");
	check_one(&source, "Nov 22 10:00:00 h",
	          "syslog-rfc3164 2019-11-22T10:00:00Z 6\n"
	          "host.hostname=\"h\"\nhost.name=\"h\"\nmessage=\"\"\n");
}

TEST(without_a_modification_time_the_year_is_that_of_receipt) {
	struct batch_source source = line_testing_source();
	source.modified_ns = 0;
	check_one(&source, "Dec 31 10:00:00 last message repeated 2 times",
	          "syslog-rfc3164 2025-12-31T10:00:00Z 6\nmessage=\"last message repeated 2 times\"\n");
}

TEST(the_host_of_the_source_stands_in_for_a_missing_one) {
	struct batch_source source = line_testing_source();
	source.host = STR("given");
	check_one(&source, "words",
	          "text 2026-11-22T10:00:00Z 1\nhost.name=\"given\"\nhost.hostname=\"given\"\n");
	check_one(&source, "Nov 22 10:00:00 h",
	          "syslog-rfc3164 2026-11-22T10:00:00Z 6\n"
	          "host.hostname=\"h\"\nhost.name=\"h\"\nmessage=\"\"\n");
}

TEST(other_character_sets_and_broken_utf_8_become_text) {
	struct batch_source source = line_testing_source();
	check_one(&source, "Nov 22 10:00:00 h a: x\xff\xfey",
	          "syslog-rfc3164 2026-11-22T10:00:00Z 6\nhost.hostname=\"h\"\nhost.name=\"h\"\n"
	          "process.name=\"a\"\nmessage=\"x\xef\xbf\xbd\xef\xbf\xbdy\"\n");
	source.charset = CHARSET_SHIFT_JIS;
	check_one(&source, "Nov 22 10:00:00 h a: \x93\xfa\x96\x7b",
	          "syslog-rfc3164 2026-11-22T10:00:00Z 6\nhost.hostname=\"h\"\nhost.name=\"h\"\n"
	          "process.name=\"a\"\nmessage=\"日本\"\n");
}

/* Values of decoded lines must not move when the block of fields grows. */
TEST(many_values_of_a_mended_line_stay_right) {
	struct line_testing t = line_testing_new();
	struct batch_source source = line_testing_source();
	struct buf body = {0}, out = {0};
	buf_append_str(&body, STR("{\"bad\":\"\xff\""));
	for (int i = 0; i < 900; i++) {
		buf_printf(&body, ",\"k%d\":\"v\\n%d\",\"l%d\":[\"%d\"]", i / 2, i, i / 2, i);
	}
	buf_append_char(&body, '}');
	line_testing_parse(&t, &source, buf_str(&body), &out);
	CHECK(str_find(buf_str(&out), STR("bad=\"\xef\xbf\xbd\"\n"), 0) != (size_t)-1);
	CHECK(str_find(buf_str(&out), STR("k449=[\"v\\n898\",\"v\\n899\"]\n"), 0) != (size_t)-1);
	CHECK(str_find(buf_str(&out), STR("l449=[\"898\",\"899\"]\n"), 0) != (size_t)-1);
	buf_deinit(&body);
	buf_deinit(&out);
	line_testing_free(&t);
}

TEST(text_has_the_time_at_its_start) {
	struct batch_source source = line_testing_source();
	check_one(&source, "2020-01-02 03:04:05,678 INFO x", "text 2020-01-02T03:04:05.678Z 2\n");
	check_one(&source, "[2020-01-02T03:04:05Z] x", "text 2020-01-02T03:04:05Z 0\n");
	check_one(&source, "[02/Jan/2020:03:04:05 +0900] x", "text 2020-01-01T18:04:05Z 0\n");
	check_one(&source, "[Thu Jan 02 03:04:05.678 2020] x", "text 2020-01-02T03:04:05.678Z 2\n");
	check_one(&source, "1577934245.678 200 x", "text 2020-01-02T03:04:05.678Z 0\n");
	check_one(&source, "1577934245 200 x", "text 2026-11-22T10:00:00Z 1\n");
	check_one(&source, "2020-01-02T03:04:05Zulu", "text 2026-11-22T10:00:00Z 1\n");
	check_one(&source, "x 2020-01-02T03:04:05Z", "text 2026-11-22T10:00:00Z 1\n");
	check_one(&source, "[", "text 2026-11-22T10:00:00Z 1\n");
}

TEST(the_rest_of_a_cut_line_is_text) {
	struct line_testing t = line_testing_new();
	struct batch *batch = batch_new();
	struct batch_source source = line_testing_source();
	(void)batch_add_source(batch, &source);
	line_testing_add(batch, STR("Nov 22 10:00:00 h a: begins"));
	batch->records[0].flags = RECORD_CONTINUES;
	line_testing_add(batch, STR("{\"a\":1}"));
	line_testing_add(batch, STR("{\"a\":1}"));
	parser_run(t.parser, batch);
	CHECK_STR(batch->fields.formats[batch->fields.rows[1].format], "text");
	CHECK_STR(batch->fields.formats[batch->fields.rows[2].format], "json");
	batch_free(batch);
	line_testing_free(&t);
}

TEST(own_records_are_left_alone_and_batches_parsed_once) {
	struct line_testing t = line_testing_new();
	struct batch *batch = batch_new();
	struct batch_source source = line_testing_source();
	(void)batch_add_source(batch, &source);
	line_testing_add(batch, STR("Nov 22 10:00:00 h a: x"));
	batch->records[0].type = RECORD_CONTEXT;
	parser_run(t.parser, batch);
	parser_run(t.parser, batch);
	CHECK(batch->parsed);
	CHECK_EQ(batch->fields.rows_done, 1);
	CHECK_EQ(batch->fields.rows[0].count, 0);
	CHECK_STR(batch->fields.formats[batch->fields.rows[0].format], "akashi");
	batch_free(batch);
	batch = batch_new();
	parser_run(t.parser, batch);
	CHECK(batch->parsed);
	batch_free(batch);
	line_testing_free(&t);
}

TEST(explaining_says_why_each_format_took_a_line_or_not) {
	struct line_testing t = line_testing_new();
	struct batch *batch = batch_new();
	struct batch_source source = line_testing_source();
	struct buf out = {0};
	source.format = STR("json");
	(void)batch_add_source(batch, &source);
	line_testing_add(batch,
	                 STR("192.0.2.1 - - [22/Nov/2026:10:00:00 +0000] \"GET / HTTP/1.1\" x 1"));
	line_testing_add(batch, STR("{\"a\":tru}"));
	parser_run(t.parser, batch);
	parser_explain(t.parser, batch, 0, &out);
	static const char *const said[] = {
	    "the source is read as json first\n",
	    "syslog-rfc5424: no, does not begin with <PRIORITY>VERSION (byte 1)\n",
	    "syslog-rfc3164: no, begins with neither a priority nor a syslog time (byte 1)\n",
	    "json: no, does not begin with '{' (byte 1)\n",
	    "access: no, the pattern that fits best wants something else (byte 61: a whole number)\n",
	    "text: takes every line that nothing above takes\n"};
	for (size_t i = 0; i < ARRAY_LEN(said); i++) {
		if (!CHECK(str_find(buf_str(&out), str_from(said[i]), 0) != (size_t)-1)) {
			tap_check(false, said[i], 0, "is said");
		}
	}
	buf_clear(&out);
	parser_explain(t.parser, batch, 1, &out);
	CHECK(str_find(buf_str(&out), STR("json: no, a word that JSON does not know (byte 6)\n"), 0) !=
	      (size_t)-1);
	buf_deinit(&out);
	batch_free(batch);
	line_testing_free(&t);
}

/* Rows that are like others have the fields that the parser would have given them, for lines of all
 * kinds, changed in all ways; and most lines of a kind are found to be alike.
 */
#include "ingest/likes_testing.h"

#include "tap.h"

#define HEAD "<29>Nov 22 10:00:00 web01 sshd[42]: "
#define ZEEK "{\"_path\":\"conn\",\"ts\":\"2026-11-22T10:00:00.250000Z\",\"uid\":\"CguVV8tlKTe7\","

static const char *const lines[] = {
    HEAD "Accepted publickey for a from 192.0.2.1 port 22",
    HEAD "session 12 opened for user root by (uid=0)",
    "<29>Nov  2 10:00:00 web01 sshd[42]: x 1",
    "<29>Nov 2 10:00:00 web01 sshd[42]: x 1",
    "Nov 22 10:00:00 web01 kernel: [12.5] eth0 up",
    "Nov 22 10:00:00 web01 login(pam_unix)[42]: failure; uid=0",
    "<13>Nov 22 10:00:00 10.0.0.1 app: 5",
    "<13>Nov 22 10:00:00 web01 app:",
    "<13>Nov 22 10:00:00 web01 app:[5",
    "<13>Nov 22 10:00:00 web01 app[5]:5",
    "<13>Nov 22 10:00:00 web01 app2[5]: 5",
    "<13>Nov 22 10:00:00 web01 last message repeated 2 times",
    "<13>Nov 22 10:00:00 web01: app[5]: 7",
    "<13>Nov 22 10:00:00 2026 app[5]: 7",
    "<13>Nov 22 10:00:00 JST app[5]: 7",
    "<13>Nov 22 10:00:00 daemon.info app[5]: 7",
    "<13>Nov 22 10:00:00 [192.0.2.7] app[5]: 7",
    "2026-11-22T10:00:00.5+09:00 web01 sshd[42]: x 7",
    "<34>1 2026-11-22T10:00:00Z web01 su - ID47 - x 7",
    ZEEK "\"id.orig_h\":\"10.0.0.1\",\"id.orig_p\":80,\"duration\":0.25,\"local\":true}",
    ZEEK "\"bytes\":12,\"tags\":[\"a\",\"b\"],\"none\":[],\"more\":[1,2.5,null,true]}",
    ZEEK "\"tags\":[\"a\",\"b\"],\"more\":[\"a\",\"b\"]}",
    ZEEK "\"deep\":{\"a\":1,\"b\":{\"c\":\"x\"}},\"list\":[{\"a\":1}],\"e\":1e5}",
    ZEEK "\"a\":1,\"a\":2,\"b\":\"\",\"b\":3}",
    ZEEK "\"wide\":[1, 2],\"text\":\"a\\\"b\",\"neg\":-12,\"big\":12345678901234567890}",
    "{\"time\":\"soon\",\"t\":1795341600,\"msg\":\"x 1\"}",
    "{\"time\":1795341600.5,\"ts\":1795341601,\"host\":{\"name\":\"web01\"}}",
    "192.0.2.1 - - [22/Nov/2026:10:00:00 +0000] \"GET / HTTP/1.1\" 200 1 \"-\" \"x\"",
    "just 5 words",
    "{not 5 json}",
};

/* A line with some bytes or numbers changed. */
static void append_changed(struct buf *out, struct str line) {
	static const char bytes[] = "0123456789abzAN :.-[]{}\"\\,<>=@\t\xff\xc3\x00";
	size_t first = out->len;
	buf_append_str(out, line);
	for (uint64_t i = tap_random() % 4; i > 0 && out->len > first; i--) {
		char *at = out->ptr + first + tap_random() % (out->len - first);
		bool same_kind = tap_random() % 4 != 0;
		if (same_kind && char_is_digit(*at)) {
			*at = (char)('0' + tap_random() % 10);
		} else if (same_kind && char_is_alpha(*at)) {
			*at = (char)('a' + tap_random() % 26);
		} else if (!same_kind) {
			*at = bytes[tap_random() % sizeof(bytes)];
		} else if (tap_random() % 8 == 0) {
			buf_append_char(out, '0');
		}
	}
	buf_append_char(out, '\n');
}

static void check_text(struct line_testing *t, struct str text, uint32_t likes_least) {
	struct batch_source source = line_testing_source();
	static const char *const hosts[] = {"", "given"};
	static const char *const formats[] = {"", "json", "syslog"};
	for (size_t i = 0; i < ARRAY_LEN(hosts) * ARRAY_LEN(formats); i++) {
		struct buf out[2] = {0};
		uint32_t differs;
		source.host = str_from(hosts[i % ARRAY_LEN(hosts)]);
		source.format = str_from(formats[i / ARRAY_LEN(hosts)]);
		uint32_t likes = likes_testing_compare(t, &source, text, &differs, out);
		if (!CHECK_EQ(differs, UINT32_MAX)) {
			printf("# without: %.*s# with: %.*s", STR_ARG(buf_str(&out[0])),
			       STR_ARG(buf_str(&out[1])));
		}
		CHECK(i > 0 || likes >= likes_least);
		buf_deinit(&out[0]);
		buf_deinit(&out[1]);
	}
}

TEST(rows_that_are_like_others_have_the_fields_that_the_parser_gives) {
	struct line_testing t = line_testing_carriers();
	for (size_t round = tap_rounds(20); round > 0; round--) {
		struct buf text = {0};
		/* Few kinds of lines, one behind the other and mixed. */
		for (int i = 0; i < 400; i++) {
			size_t kind = (round * 3 + tap_random() % (i % 100 < 50 ? 1 : 4)) % ARRAY_LEN(lines);
			append_changed(&text, str_from(lines[kind]));
		}
		check_text(&t, buf_str(&text), 0);
		buf_deinit(&text);
	}
	line_testing_free(&t);
}

TEST(lines_that_differ_in_values_alone_are_alike) {
	struct line_testing t = line_testing_carriers();
	struct buf text = {0};
	for (int i = 10; i < 60; i++) {
		buf_printf(&text, "<29>Nov 22 10:%d:00 web%d sshd[%d]: Accepted a from 192.0.2.%d\n", i, i,
		           i, i);
		buf_printf(&text, "<29>Nov 22 10:%d:00 web%d kernel: eth0 %d\n", i, i, i);
	}
	check_text(&t, buf_str(&text), 98);
	buf_clear(&text);
	for (int i = 10; i < 60; i++) {
		buf_printf(&text,
		           "{\"ts\":\"2026-11-22T10:00:%dZ\",\"h\":\"10.0.0.%d\",\"l\":[\"%d\",%d]}\n", i,
		           i, i, i);
	}
	check_text(&t, buf_str(&text), 49);
	buf_deinit(&text);
	line_testing_free(&t);
}

/* The message with number for each '#'. */
static void append_message(struct buf *out, const char *message, unsigned number) {
	for (; *message != 0; message++) {
		if (*message == '#') {
			buf_append_u64(out, number);
		} else {
			buf_append_char(out, *message);
		}
	}
}

/* More than a table begins with, and rows like a row that itself only begins like one. */
TEST(many_programs_are_told_apart_by_their_beginnings) {
	struct line_testing t = line_testing_carriers();
	struct buf text = {0};
	static const char *const messages[] = {"x #", "# x", "y # z", "one", "x #: # \"\""};
	for (unsigned i = 0; i < 3000; i++) {
		buf_printf(&text, "Nov 22 10:00:%02u web%02u p%c%c%c[%u]: ", i % 60, i % 7, 'a' + i % 10,
		           'a' + i / 10 % 10, 'a' + i / 100 % 5, i);
		append_message(&text, messages[i / 500 % 5], i);
		buf_append_char(&text, '\n');
	}
	check_text(&t, buf_str(&text), 2400);
	buf_deinit(&text);
	line_testing_free(&t);
}

TEST(another_priority_source_or_time_is_not_alike) {
	struct line_testing t = line_testing_carriers();
	check_text(&t,
	           STR("<13>Nov 22 10:00:00 web01 app[5]: 7\n<14>Nov 22 10:00:00 web01 app[5]: 7\n"
	               "<13>Nov 22 10:00:00 web01 app[5]: 8\n<14>Nov 22 10:00:00 web01 app[5]: 8\n"),
	           2);
	check_text(
	    &t,
	    STR("{\"ts\":\"2026-11-22T10:00:00Z\",\"a\":1}\n{\"ts\":\"2026-11-22T10:00:01Z\",\"a\":2}\n"
	        "{\"time\":\"x1y\",\"t\":1795341600}\n{\"time\":\"x2y\",\"t\":1795341601}\n"),
	    2);
	line_testing_free(&t);
}

/* Each of the same skeleton as the one before it, and yet the parser makes other fields of it. */
TEST(values_that_change_the_fields_are_seen) {
	static const char *const texts[] = {
	    "{\"a\":\"\",\"b\":\"x y\"}\n{\"a\":\"p q\",\"b\":\"x y\"}\n",
	    "{\"a\":9999999999999999999}\n{\"a\":0123456789012345678}\n",
	    "{\"a\":[9999999999999999999]}\n{\"a\":[0123456789012345678]}\n",
	    "{\"a\":[1, 2]}\n{\"a\":[1, 3]}\n",
	    "{\"a\":1,\"a\":2}\n{\"a\":3,\"a\":4}\n",
	    "{\"time\":\"soon\",\"t\":1795341600}\n{\"time\":\"1795341601.5\",\"t\":1795341600}\n",
	    "{\"ts\":1577934245.678,\"time\":\"2020-01-02T03:04:05.6:8Z\"}\n"
	    "{\"ts\":1577934246.678,\"time\":\"2020-01-02T03:04:05.6:8Z\"}\n",
	    "{\"a\":\"x\"}\n{\"a\":\"\\\\\"}\n{\"a\":\"\x01\"}\n",
	    "{\"a\":1}\nNov 22 10:00:00 web01 app[5]: 7\n{\"a\":2}\n",
	    HEAD "x 1\n<28>Nov 22 10:00:00 web01 sshd[42]: x 1\n",
	    HEAD "x 1\n<29>Nov 22 10:00:00 1999 sshd[42]: x 1\n",
	    "Nov 22 10:00:00 web01 app[5]: 7\nNov 22 10:00:00 daemon.info app[5]: 7\n",
	    "Nov 22 10:00:00 web01 app[5]: 7\nNov 22 10:00:00 error app[5]: 7\n",
	    "Nov 22 10:00:00 web01 app[5]: 7\nNov 22 10:00:00 web01: app[5]: 7\n",
	    "Nov 22 10:00:00 web01 app[5]: 7\nNov 22 10:00:00 -a app[5]: 7\n",
	    "Nov 22 10:00:00 web01 a1b2c3d4e5xyz: 7\nNov 22 10:00:00 web01 "
	    "a1b2c3d4e5f6a1b2c3d4e5f6a1b2c3"
	    "d4e5f6a1b2c3d4e5f6a1b2c3d4e5f6a1b2c3d4e5f6a1b2c3d4e5f6a1b2c3d4e5f6a1b2c3d4e5f6a1b2c3d4e5f6"
	    "a1"
	    "b2c3d4e5f6xyz: 7\n",
	};
	struct line_testing t = line_testing_carriers();
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		check_text(&t, str_from(texts[i]), 0);
	}
	line_testing_free(&t);
}

TEST(rows_of_another_source_are_not_alike) {
	struct line_testing t = line_testing_carriers();
	struct batch *batch = batch_new();
	struct batch_source source = line_testing_source();
	(void)batch_add_source(batch, &source);
	source.host = STR("given");
	(void)batch_add_source(batch, &source);
	for (uint32_t row = 0; row < 6; row++) {
		line_testing_add(batch, STR("{\"a\":1}"));
		batch->records[row].source = row % 2;
	}
	parser_run_cutting(t.parser, batch);
	for (uint32_t row = 0; row < 6; row++) {
		uint32_t expected = row < 2 ? FIELDS_OWN : row % 2;
		CHECK_EQ(batch->fields.rows[row].like, expected);
		CHECK_EQ(batch->fields.rows[row].count, row < 2 ? row * 2 + 1 : 0);
	}
	CHECK_EQ(batch->fields.entries_like, 8);
	batch_free(batch);
	line_testing_free(&t);
}

/* The filter language: what it is read as, and where its errors point (tests/golden/filter.txt). */
#include "query/query.h"

#include "base/limits.h"
#include "query/fake.h"
#include "tap.h"

/* The result as text: the explanation, or the error with a mark below its place. */
static void show(struct buf *out, struct str text) {
	CLEANUP(arena_freep) struct arena *arena = arena_new(SIZE_MAX);
	struct query_options options = fake_options();
	struct query *query = NULL;
	struct diag diag = {0};
	buf_printf(out, "> %.*s\n", STR_ARG(text));
	if (query_parse(arena, text, &options, &query, &diag) == ERR_OK) {
		query_explain(query, out);
		query_free(query);
	} else {
		if (diag.has_position) {
			CHECK(diag.position <= text.len && diag.length <= text.len - diag.position);
			buf_printf(out, "  %*s", (int)diag.position, "");
			for (size_t i = 0; i < MAX_OF(diag.length, (size_t)1); i++) {
				buf_append_char(out, '^');
			}
			buf_append_char(out, '\n');
		}
		buf_printf(out, "error: %s\n", diag.message);
		if (diag.hint[0] != '\0') {
			buf_printf(out, "hint:  %s\n", diag.hint);
		}
	}
	buf_append_char(out, '\n');
}

TEST(filters_are_read_as_the_page_says) {
	static const char *const queries[] = {
	    "*",
	    "failed",
	    "Failed password",
	    "\"Failed password\" -root",
	    "a OR b c",
	    "(a OR b) AND NOT c",
	    "NOT NOT a",
	    "!a --b",
	    "fail* 10.0.*.7 a\\*b",
	    "~\"ssword fo\"",
	    "~part -~two",
	    "~~\"ｱｶｳﾝﾄ\" -user.name:~~ＡＢＣ ~\"~x\"",
	    "/fail(ed|ure)/ x",
	    "/a\\/b\\d/",
	    "/var/log",
	    "sshd[123]: accepted",
	    "10:30:15 aa:bb:cc:dd:ee:ff fe80::1",
	    "C:\\Windows\\System32",
	    "user.name:root",
	    "user.name:(root OR admin) -host.name:bastion*",
	    "user.name:(root, admin, \"x y\", NOT z*)",
	    "user.name:\"Root User\"",
	    "user.name:\"\"",
	    "user.name:*",
	    "user.name:!root",
	    "user.name:=root",
	    "user.name:/^adm/",
	    "user.name:~dm",
	    "message:failed message:\"failed password\" message:fail*",
	    "event.original:x",
	    "\"strange name\":1",
	    "source.ip:10.0.0.0/8 source.ip:2001:db8::1 source.ip:10.0.0.1",
	    "source.ip:\"2001:DB8::1\" source.ip:=2001:db8:0::1",
	    "source.ip:\"10.0.0.0/8\" user.name:\"a:b\"",
	    "file.path:/var/log/auth.log",
	    "http.response.status_code:>=500",
	    "http.response.status_code:[400 TO 500}",
	    "http.response.status_code:[400 TO *]",
	    "process.pid:<\"10\"",
	    "@timestamp:2026-11-22",
	    "@timestamp:>=2026-11-22 @timestamp:<2026-11-23T12:00:00+09:00",
	    "@timestamp:>-15m",
	    "@timestamp:>=now-1h",
	    "@timestamp:[yesterday TO today]",
	    "host.name:>=m n:>=\"abc\" n:[1.5 TO 10] n:[2026-11-01 TO 2026-11-02]",
	    "event.created:>2026-11-22 event.created:[yesterday TO -1h}",
	    "@timestamp:(2026-11-20 OR 2026-11-22)",
	    "不正なログイン　失敗",
	    "x | head 5",
	};
	CLEANUP(buf_deinit) struct buf out = {0};
	for (size_t i = 0; i < ARRAY_LEN(queries); i++) {
		show(&out, str_from(queries[i]));
	}
	CHECK(tap_check_golden("filter.txt", out.ptr, out.len));
}

TEST(errors_point_at_the_place_and_say_what_was_meant) {
	static const char *const queries[] = {
	    "",
	    "   ",
	    "\"failed",
	    "a \"b c\" \"d",
	    "(a OR b",
	    "(a (b)",
	    "a)",
	    "()",
	    "a AND",
	    "OR a",
	    "a OR OR b",
	    "a NOT",
	    "\"\"",
	    "user.name:",
	    "user.name: root",
	    "user.name:(a b)",
	    "user.name:(a OR",
	    "user.name:()",
	    "status >= 500",
	    "process.pid:>=",
	    "process.pid:[1 10]",
	    "process.pid:[1 TO 10",
	    "/fail(/",
	    "user.name:/a**/ x",
	    "/var/log/",
	    "http://example.org/x",
	    "source.ip:10.0.0.0/40",
	    "@timestamp:>=monday",
	    "n:>=abc",
	    "n:<10k",
	    "x n:[1 TO ten]",
	    "n:[\"a\" TO 3]",
	    "n:[5 TO 1]",
	    "n:[\"b\" TO \"A\"]",
	    "http.response.status_code:>=\"5xx\"",
	    "source.ip:>=10.0.0.0/8",
	    "source.ip:[10.0.0.1 TO 9]",
	    "event.created:>=monday",
	    "@timestamp:[now TO yesterday]",
	    "@timestamp:[2026-11-22 TO 2026-11-21]",
	    "x @timestamp:-15m",
	    "@timestamp:(today OR now-1h)",
	    "@timestamp:[2026-11-22 TO soon]",
	    "@timestamp:2026-13-01",
	    "~\"\"",
	    "x ~~\"\"",
	    "x | heda 5",
	    "x | frobnicate",
	    "x |",
	    "x | head x",
	    "x | head 5 6",
	    "x | head 99999999999999999999",
	};
	CLEANUP(buf_deinit) struct buf out = {0};
	for (size_t i = 0; i < ARRAY_LEN(queries); i++) {
		show(&out, str_from(queries[i]));
	}
	CHECK(tap_check_golden("filter_errors.txt", out.ptr, out.len));
}

TEST(depth_and_size_have_limits) {
	CLEANUP(arena_freep) struct arena *arena = arena_new(SIZE_MAX);
	CLEANUP(buf_deinit) struct buf text = {0};
	struct query_options options = fake_options();
	struct query *query = NULL;
	struct diag diag = {0};
	for (int i = 0; i < 1000; i++) {
		buf_append_char(&text, '(');
	}
	CHECK_EQ(query_parse(arena, buf_str(&text), &options, &query, &diag), ERR_LIMIT);
	CHECK_EQ(diag.position, LIMIT_QUERY_DEPTH);
	buf_clear(&text);
	for (int i = 0; i < 1000; i++) {
		buf_append_str(&text, STR("a:!"));
	}
	CHECK_EQ(query_parse(arena, buf_str(&text), &options, &query, &diag), ERR_OK);
	buf_clear(&text);
	buf_append_str(&text, STR("a:"));
	for (int i = 0; i < 1000; i++) {
		buf_append_char(&text, '!');
	}
	CHECK_EQ(query_parse(arena, buf_str(&text), &options, &query, &diag), ERR_LIMIT);
	buf_clear(&text);
	for (int i = 0; i < 70000; i++) {
		buf_append_char(&text, 'a');
	}
	CHECK_EQ(query_parse(arena, buf_str(&text), &options, &query, &diag), ERR_LIMIT);
	CHECK_EQ(diag.position, LIMIT_QUERY_SIZE);
}

/* Entries of utmp and lastlog: what is recognised, and what each gives. The layouts are held
 * against those of this system's own headers.
 */
#include "ingest/utmp.h"

#include <lastlog.h>
#include <utmp.h>

#include "base/endian.h"
#include "ingest/content.h"
#include "ingest/line_testing.h"
#include "ingest/memory_sink.h"
#include "tap.h"

#if defined(__x86_64__)
_Static_assert(sizeof(struct utmp) == UTMP_SIZE, "utmp(5)");
_Static_assert(sizeof(struct lastlog) == LASTLOG_SIZE, "lastlog(8)");
#endif

struct making {
	uint16_t type;
	uint32_t pid;
	const char *line, *id, *user, *host;
	uint32_t session, seconds, microseconds;
	uint8_t address[16];
};

static void put_text(char *place, const char *text) {
	if (text != NULL) {
		memcpy(place, text, strlen(text));
	}
}

static void add_utmp(struct buf *out, const struct making *making) {
	char entry[UTMP_SIZE] = {0};
	le16_store(entry, making->type);
	le32_store(entry + 4, making->pid);
	put_text(entry + 8, making->line);
	put_text(entry + 40, making->id);
	put_text(entry + 44, making->user);
	put_text(entry + 76, making->host);
	le32_store(entry + 336, making->session);
	le32_store(entry + 340, making->seconds);
	le32_store(entry + 344, making->microseconds);
	memcpy(entry + 348, making->address, sizeof(making->address));
	buf_append(out, entry, sizeof(entry));
}

static void add_lastlog(struct buf *out, uint32_t seconds, const char *line, const char *host) {
	char entry[LASTLOG_SIZE] = {0};
	le32_store(entry, seconds);
	put_text(entry + 4, line);
	put_text(entry + 36, host);
	buf_append(out, entry, sizeof(entry));
}

enum { TIME = 1795341600 }; /* 2026-11-22T10:00:00Z */

/* Text and fields of the entry at at of bytes. */
static void check_row(const char *format, const char *path, struct str bytes, size_t at,
                      size_t size, const char *text, const char *expected) {
	struct line_testing t = line_testing_new();
	struct batch *batch = batch_new();
	struct batch_source source = line_testing_source();
	struct buf out = {0};
	source.format = str_from(format);
	source.path = str_from(path);
	(void)batch_add_source(batch, &source);
	line_testing_add(batch, str_slice(bytes, at, at + size));
	batch->records[0].log_offset = at;
	parser_run(t.parser, batch);
	line_testing_print(batch, 0, &out);
	CHECK_STR(out, expected);
	if (text != NULL) {
		CHECK(str_eq(batch_text(batch, 0), str_from(text)));
	}
	buf_deinit(&out);
	batch_free(batch);
	line_testing_free(&t);
}

static void check_utmp(const char *path, const struct making *making, const char *text,
                       const char *expected) {
	struct buf bytes = {0};
	add_utmp(&bytes, making);
	CHECK(utmp_recognise(buf_str(&bytes)));
	check_row("utmp", path, buf_str(&bytes), 0, UTMP_SIZE, text, expected);
	buf_deinit(&bytes);
}

TEST(a_logon_has_user_source_process_and_time) {
	check_utmp("/var/log/wtmp",
	           &(struct making){.type = 7,
	                            .pid = 4711,
	                            .line = "pts/0",
	                            .id = "ts/0",
	                            .user = "ann",
	                            .host = "192.0.2.1",
	                            .session = 5,
	                            .seconds = TIME,
	                            .microseconds = 250000,
	                            .address = {192, 0, 2, 1}},
	           "ann      pts/0        192.0.2.1        2026-11-22T10:00:00.250Z  login",
	           "utmp 2026-11-22T10:00:00.250Z 0\nutmp.type=\"USER_PROCESS\"\nevent.kind=\"event\"\n"
	           "event.category=[\"authentication\",\"session\"]\nevent.type=[\"start\"]\n"
	           "event.action=\"login\"\nevent.outcome=\"success\"\nuser.name=\"ann\"\n"
	           "process.pid=4711\nutmp.host=\"192.0.2.1\"\nsource.ip=\"192.0.2.1\"\n"
	           "source.address=\"192.0.2.1\"\nutmp.line=\"pts/0\"\nutmp.id=\"ts/0\"\n"
	           "utmp.session=5\n");
}

TEST(addresses_of_six_and_names_of_hosts) {
	check_utmp("wtmp",
	           &(struct making){.type = 7,
	                            .line = "pts/1",
	                            .user = "ann",
	                            .host = "client.example.org",
	                            .seconds = TIME,
	                            .address = {0x20, 1, 0xd, 0xb8, [15] = 9}},
	           NULL,
	           "utmp 2026-11-22T10:00:00Z 0\nutmp.type=\"USER_PROCESS\"\nevent.kind=\"event\"\n"
	           "event.category=[\"authentication\",\"session\"]\nevent.type=[\"start\"]\n"
	           "event.action=\"login\"\nevent.outcome=\"success\"\nuser.name=\"ann\"\n"
	           "utmp.host=\"client.example.org\"\nsource.ip=\"2001:db8::9\"\n"
	           "source.address=\"client.example.org\"\nsource.domain=\"client.example.org\"\n"
	           "utmp.line=\"pts/1\"\n");
	/* A display is no host. */
	check_utmp(
	    "wtmp",
	    &(struct making){.type = 7, .line = "tty2", .user = "ann", .host = ":0", .seconds = TIME},
	    NULL,
	    "utmp 2026-11-22T10:00:00Z 0\nutmp.type=\"USER_PROCESS\"\nevent.kind=\"event\"\n"
	    "event.category=[\"authentication\",\"session\"]\nevent.type=[\"start\"]\n"
	    "event.action=\"login\"\nevent.outcome=\"success\"\nuser.name=\"ann\"\n"
	    "utmp.host=\":0\"\nutmp.line=\"tty2\"\n");
}

TEST(logons_of_btmp_have_failed_whatever_was_typed) {
	check_utmp("a.tar!/var/log/btmp.1",
	           &(struct making){.type = 6,
	                            .pid = 9,
	                            .line = "ssh:notty",
	                            .user = "\xff\x03x",
	                            .host = "203.0.113.9",
	                            .seconds = TIME},
	           "\xef\xbf\xbd x    ssh:notty    203.0.113.9      2026-11-22T10:00:00Z  failed login",
	           "utmp 2026-11-22T10:00:00Z 0\nutmp.type=\"LOGIN_PROCESS\"\nevent.kind=\"event\"\n"
	           "event.category=[\"authentication\"]\nevent.type=[\"start\"]\n"
	           "event.action=\"login\"\nevent.outcome=\"failure\"\n"
	           "user.name=\"\xef\xbf\xbd\\u0003x\"\nprocess.pid=9\nutmp.host=\"203.0.113.9\"\n"
	           "source.ip=\"203.0.113.9\"\nsource.address=\"203.0.113.9\"\n"
	           "utmp.line=\"ssh:notty\"\n");
	check_utmp("/var/log/btmp",
	           &(struct making){.type = 7, .line = "tty1", .user = "ann", .seconds = TIME}, NULL,
	           "utmp 2026-11-22T10:00:00Z 0\nutmp.type=\"USER_PROCESS\"\nevent.kind=\"event\"\n"
	           "event.category=[\"authentication\"]\nevent.type=[\"start\"]\n"
	           "event.action=\"login\"\nevent.outcome=\"failure\"\nuser.name=\"ann\"\n"
	           "utmp.line=\"tty1\"\n");
}

TEST(boot_shutdown_logout_and_prompts) {
	check_utmp("wtmp",
	           &(struct making){.type = 2,
	                            .line = "~",
	                            .id = "~~",
	                            .user = "reboot",
	                            .host = "6.1.0-28-amd64",
	                            .seconds = TIME},
	           "reboot   system boot  6.1.0-28-amd64   2026-11-22T10:00:00Z  boot",
	           "utmp 2026-11-22T10:00:00Z 0\nutmp.type=\"BOOT_TIME\"\nevent.kind=\"event\"\n"
	           "event.category=[\"host\"]\nevent.type=[\"start\"]\nevent.action=\"boot\"\n"
	           "utmp.host=\"6.1.0-28-amd64\"\nhost.os.kernel=\"6.1.0-28-amd64\"\n"
	           "utmp.line=\"~\"\nutmp.id=\"~~\"\n");
	check_utmp(
	    "wtmp",
	    &(struct making){.type = 1, .line = "~", .id = "~~", .user = "shutdown", .seconds = TIME},
	    NULL,
	    "utmp 2026-11-22T10:00:00Z 0\nutmp.type=\"RUN_LVL\"\nevent.kind=\"event\"\n"
	    "event.category=[\"host\"]\nevent.type=[\"end\"]\nevent.action=\"shutdown\"\n"
	    "utmp.line=\"~\"\nutmp.id=\"~~\"\n");
	check_utmp("wtmp", &(struct making){.type = 8, .pid = 4711, .line = "pts/0", .seconds = TIME},
	           "         pts/0                         2026-11-22T10:00:00Z  logout",
	           "utmp 2026-11-22T10:00:00Z 0\nutmp.type=\"DEAD_PROCESS\"\nevent.kind=\"event\"\n"
	           "event.category=[\"session\"]\nevent.type=[\"end\"]\nevent.action=\"logout\"\n"
	           "process.pid=4711\nutmp.line=\"pts/0\"\n");
	check_utmp("wtmp",
	           &(struct making){.type = 6, .line = "tty1", .user = "LOGIN", .seconds = TIME}, NULL,
	           "utmp 2026-11-22T10:00:00Z 0\nutmp.type=\"LOGIN_PROCESS\"\nevent.kind=\"event\"\n"
	           "event.category=[\"process\"]\nevent.type=[\"start\"]\n"
	           "event.action=\"login prompt\"\nutmp.line=\"tty1\"\n");
}

TEST(texts_that_fill_their_place_are_whole) {
	char user[33];
	memset(user, 'u', 32);
	user[32] = '\0';
	struct buf bytes = {0};
	struct buf expected = {0};
	add_utmp(&bytes, &(struct making){.type = 8, .line = "pts/0", .seconds = TIME});
	memset(bytes.ptr + 44, 'u', 32);
	memset(bytes.ptr + 76, 'h', 256);
	buf_printf(&expected,
	           "utmp 2026-11-22T10:00:00Z 0\nutmp.type=\"DEAD_PROCESS\"\nevent.kind=\"event\"\n"
	           "event.category=[\"session\"]\nevent.type=[\"end\"]\nevent.action=\"logout\"\n"
	           "user.name=\"%s\"\n",
	           user);
	for (int i = 0; i < 3; i++) {
		static const char *const names[] = {"utmp.host", "source.address", "source.domain"};
		buf_printf(&expected, "%s=\"", names[i]);
		for (int j = 0; j < 256; j++) {
			buf_append_char(&expected, 'h');
		}
		buf_append_str(&expected, STR("\"\n"));
	}
	buf_append_str(&expected, STR("utmp.line=\"pts/0\"\n"));
	buf_append_char(&expected, '\0');
	check_row("utmp", "wtmp", buf_str(&bytes), 0, UTMP_SIZE, NULL, expected.ptr);
	buf_deinit(&bytes);
	buf_deinit(&expected);
}

TEST(what_is_no_entry_is_text) {
	struct buf bytes = {0};
	add_utmp(&bytes, &(struct making){.type = 77, .line = "pts/0", .seconds = TIME});
	CHECK(!utmp_recognise(buf_str(&bytes)));
	struct batch_source source = line_testing_source();
	struct line_testing t = line_testing_new();
	struct buf out = {0};
	source.format = STR("utmp");
	line_testing_parse(&t, &source, buf_str(&bytes), &out);
	CHECK_STR(out, "text 2026-11-22T10:00:00Z 1\n");
	/* Nor is one that stands in no such file. */
	buf_clear(&bytes);
	buf_clear(&out);
	add_utmp(&bytes, &(struct making){.type = 7, .line = "pts/0", .seconds = TIME});
	source.format = STR("");
	line_testing_parse(&t, &source, buf_str(&bytes), &out);
	CHECK_STR(out, "text 2026-11-22T10:00:00Z 1\n");
	line_testing_free(&t);
	buf_deinit(&bytes);
	buf_deinit(&out);
}

TEST(other_files_are_not_recognised) {
	struct buf bytes = {0};
	add_utmp(&bytes, &(struct making){.type = 0});
	CHECK(!utmp_recognise(buf_str(&bytes)));
	add_utmp(&bytes, &(struct making){.type = 7, .line = "pts/0", .seconds = TIME});
	CHECK(utmp_recognise(buf_str(&bytes)));
	CHECK(!utmp_recognise(str_slice(buf_str(&bytes), 0, UTMP_SIZE + 10)));
	bytes.ptr[UTMP_SIZE + 370] = 1;
	CHECK(!utmp_recognise(buf_str(&bytes)));
	bytes.ptr[UTMP_SIZE + 370] = 0;
	bytes.ptr[UTMP_SIZE + 9] = 1;
	CHECK(!utmp_recognise(buf_str(&bytes)));
	buf_clear(&bytes);
	for (int i = 0; i < 100; i++) {
		buf_append_str(&bytes, STR("Nov 22 10:00:00 web01 sshd[42]: a line of text\n"));
	}
	CHECK(!utmp_recognise(buf_str(&bytes)));
	CHECK(!lastlog_recognise(buf_str(&bytes)));
	/* A line that never ends. */
	buf_clear(&bytes);
	for (int i = 0; i < 100; i++) {
		buf_append_str(&bytes, STR("{\"a\":1,\"b\":\"words and words\"},    "));
	}
	CHECK(!utmp_recognise(buf_str(&bytes)));
	CHECK(!lastlog_recognise(buf_str(&bytes)));
	buf_deinit(&bytes);
}

/* ---- lastlog ---- */

TEST(an_entry_of_lastlog_tells_the_last_logon_of_a_user) {
	struct buf bytes = {0};
	add_lastlog(&bytes, TIME, "pts/3", "192.0.2.7");
	add_lastlog(&bytes, 0, NULL, NULL);
	add_lastlog(&bytes, TIME + 60, "tty1", NULL);
	CHECK(lastlog_recognise(buf_str(&bytes)));
	check_row("lastlog", "lastlog", buf_str(&bytes), 0, LASTLOG_SIZE,
	          "0        pts/3        192.0.2.7        2026-11-22T10:00:00Z  last login",
	          "lastlog 2026-11-22T10:00:00Z 0\nevent.kind=\"event\"\n"
	          "event.category=[\"authentication\"]\nevent.type=[\"start\"]\n"
	          "event.action=\"last login\"\nevent.outcome=\"success\"\nuser.id=\"0\"\n"
	          "utmp.host=\"192.0.2.7\"\nsource.ip=\"192.0.2.7\"\nsource.address=\"192.0.2.7\"\n"
	          "utmp.line=\"pts/3\"\n");
	check_row("lastlog", "lastlog", buf_str(&bytes), 2 * LASTLOG_SIZE, LASTLOG_SIZE,
	          "2        tty1                          2026-11-22T10:01:00Z  last login",
	          "lastlog 2026-11-22T10:01:00Z 0\nevent.kind=\"event\"\n"
	          "event.category=[\"authentication\"]\nevent.type=[\"start\"]\n"
	          "event.action=\"last login\"\nevent.outcome=\"success\"\nuser.id=\"2\"\n"
	          "utmp.line=\"tty1\"\n");
	bytes.ptr[30] = 'x'; /* behind the NUL of a text */
	CHECK(!lastlog_recognise(buf_str(&bytes)));
	buf_deinit(&bytes);
}

/* Takes bytes as a file; bodies are those of whole entries. */
static void check_container(struct str bytes, uint64_t records, uint32_t problems) {
	struct ingest_options options = {.os = os_real(), .keep_objects = true};
	struct ingest_totals totals = {0};
	struct memory_sink sink;
	struct reading reading;
	struct content content = {.path = STR("x")};
	memory_sink_init(&sink);
	reading_init(&reading, &options, &sink.sink, &totals);
	CHECK(reading_finish(&reading, content_take_object(&reading, &content, bytes)) == ERR_OK);
	CHECK(!sink.broken);
	CHECK_EQ(sink.count, 1);
	CHECK(sink.files[0]->is_object && sink.files[0]->ended);
	CHECK(str_eq(buf_str(&sink.files[0]->bytes), bytes));
	CHECK_EQ(sink.files[0]->records, records);
	CHECK_EQ(sink.problems_count, problems);
	memory_sink_deinit(&sink);
}

TEST(each_entry_of_a_file_is_a_record) {
	struct buf bytes = {0};
	for (uint32_t i = 0; i < 300; i++) {
		add_utmp(&bytes, &(struct making){
		                     .type = (uint16_t)(i % 10), .line = "pts/0", .seconds = TIME + i});
	}
	check_container(buf_str(&bytes), 300, 0);
	buf_append_str(&bytes, STR("rest"));
	check_container(buf_str(&bytes), 301, 1);
	buf_deinit(&bytes);
}

TEST(users_who_never_logged_in_are_no_records_even_at_the_beginning) {
	struct buf bytes = {0};
	for (uint32_t i = 0; i < 1000; i++) {
		add_lastlog(&bytes, 0, NULL, NULL);
	}
	add_lastlog(&bytes, TIME, "pts/3", "192.0.2.7");
	CHECK(!lastlog_recognise(str_slice(buf_str(&bytes), 0, RECOGNISE_SIZE)));
	check_container(buf_str(&bytes), 1, 0);
	buf_deinit(&bytes);
}

/* The table of formats: names, recognition, and a user's own folder. */
#include "ingest/formats_table.h"

#include "ingest/line_testing.h"
#include "ingest/test_folder.h"
#include "ingest/text_format.h"
#include "tap.h"

TEST(names_of_formats_and_of_their_families_are_known) {
	struct line_testing t = line_testing_new();
	static const char *const known[] = {
	    "syslog", "syslog-rfc3164", "syslog-rfc5424", "json", "access", "text", "evtx"};
	static const char *const unknown[] = {"", "sys", "syslog-", "jsonl", "nonsense", "json-"};
	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		CHECK(formats_has(t.formats, str_from(known[i])));
	}
	for (size_t i = 0; i < ARRAY_LEN(unknown); i++) {
		CHECK(!formats_has(t.formats, str_from(unknown[i])));
	}
	CHECK(str_find(formats_names(t.formats), STR("syslog-rfc5424, "), 0) == 0);
	CHECK(str_find(formats_names(t.formats), STR("access"), 0) != (size_t)-1);
	line_testing_free(&t);
}

static void check_recognised(const struct formats *formats, const char *sample,
                             const char *expected) {
	CHECK_STR(formats_recognise(formats, str_from(sample)), expected);
}

TEST(the_format_of_most_lines_is_recognised) {
	struct line_testing t = line_testing_new();
	check_recognised(t.formats,
	                 "Nov 22 10:00:00 h a: x\nNov 22 10:00:01 h a: x\n  at trace\nNov 22 10:0",
	                 "syslog-rfc3164");
	check_recognised(t.formats, "{\"a\":1}\r\n{\"a\":2}\r\n", "json");
	check_recognised(t.formats, "{\"a\":1}", "json");
	check_recognised(t.formats,
	                 "192.0.2.1 - - [22/Nov/2026:10:00:00 +0000] \"GET / HTTP/1.1\" 200 1\n",
	                 "access");
	check_recognised(t.formats, "{\"a\":1}\nNov 22 10:00:00 h a: x\n", "");
	check_recognised(t.formats, "just some\nwords here\n", "");
	check_recognised(t.formats, "\n\n\n", "");
	check_recognised(t.formats, "", "");
	line_testing_free(&t);
}

#define OWN                                                                                       \
	"name: my-app\ntitle: mine\npatterns:\n  - name: p\n    pattern: '%{time(iso)} my-app[%{int:" \
	"process.pid}]: user %{word:user.name} %{rest:message}'\nfields: {event.category: iam}\n"     \
	"tests:\n  - line: '2026-11-22T10:00:00Z my-app[7]: user bob logged in'\n"                    \
	"    time: 2026-11-22T10:00:00Z\n    fields: {user.name: bob, event.category: iam}\n"

TEST(a_users_format_comes_before_those_built_in) {
	struct test_folder folder = test_folder_new();
	struct formats *formats = NULL;
	struct diag diag = {0};
	struct buf out = {0};
	struct batch_source source = line_testing_source();
	test_folder_write(&folder, "my.yml", STR(OWN));
	test_folder_write(&folder, "README.txt", STR("not a format"));
	if (!CHECK(formats_new(os_real(), folder.path, &formats, &diag) == ERR_OK)) {
		tap_check(false, diag.message, 0, diag.hint);
	} else {
		struct line_testing t = {formats, parser_new(os_real(), formats)};
		CHECK(formats_has(formats, STR("my-app")));
		line_testing_parse(&t, &source, STR("2026-11-22T10:00:00Z my-app[7]: user bob logged in"),
		                   &out);
		CHECK_STR(out, "my-app 2026-11-22T10:00:00Z 0\nprocess.pid=7\nuser.name=\"bob\"\n"
		               "message=\"logged in\"\nevent.category=\"iam\"\n");
		line_testing_free(&t);
	}
	buf_deinit(&out);
	test_folder_remove(&folder);
}

static void check_refused(const char *file, const char *yaml, enum err expected,
                          const char *message) {
	struct test_folder folder = test_folder_new();
	struct formats *formats = NULL;
	struct diag diag = {0};
	test_folder_write(&folder, file, str_from(yaml));
	CHECK(formats_new(os_real(), folder.path, &formats, &diag) == expected);
	if (!CHECK(strstr(diag.message, message) != NULL)) {
		tap_check(false, diag.message, 0, message);
	}
	CHECK(diag.hint[0] != '\0');
	test_folder_remove(&folder);
}

TEST(a_users_mistakes_are_told_with_the_file) {
	check_refused("bad.yml", "name: x\ntitle: y\npatterns:\n  - {name: p, pattern: '%{wrod}'}\n",
	              ERR_INVALID, "/bad.yml:4:27: there is no such kind of slot");
	check_refused("bad.yml", "name: [", ERR_INVALID, "/bad.yml:");
	check_refused("twice.yml",
	              "name: access\ntitle: y\npatterns:\n  - {name: p, pattern: 'x'}\n"
	              "tests:\n  - line: x\n",
	              ERR_EXISTS, "there is a format 'access' already");
	check_refused("twice.yml",
	              "name: text\ntitle: y\npatterns:\n  - {name: p, pattern: 'x'}\n"
	              "tests:\n  - line: x\n",
	              ERR_EXISTS, "there is a format 'text' already");
}

TEST(a_folder_that_is_not_there_is_told) {
	struct formats *formats = NULL;
	struct diag diag = {0};
	CHECK(formats_new(os_real(), "/nonexistent/formats", &formats, &diag) == ERR_NOT_FOUND);
	CHECK(strstr(diag.message, "/nonexistent/formats") != NULL);
}

/* The YAML files in the tree are what the build compiled: their tests ran there. Here they run with
 * the sanitizers of this build, too. */
TEST(the_tests_of_the_formats_built_in_pass) {
	char path[4096];
	struct buf yaml = {0};
	struct diag diag = {0};
	struct text_format format = {0};
	struct arena *arena = arena_new(SIZE_MAX);
	snprintf(path, sizeof(path), "%s/../src/ingest/formats/access.yml", tap_folder());
	REQUIRE(os_read_file(os_real(), path, (size_t)1 << 20, &yaml) == ERR_OK);
	REQUIRE(text_format_read(arena, STR("access.yml"), buf_str(&yaml), &format, &diag) == ERR_OK);
	CHECK(text_format_check(&format, STR("access.yml"), &diag) == ERR_OK);
	CHECK(format.tests_count >= 15);
	buf_deinit(&yaml);
	arena_free(arena);
}

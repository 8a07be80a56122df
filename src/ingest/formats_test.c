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

/* ---- the formats built in ---- */

struct builtin_files {
	struct str names[512];
	size_t count;
	struct arena *arena;
};

static enum err note_yaml(void *ctx, struct str name, enum os_file_kind kind) {
	struct builtin_files *files = ctx;
	(void)kind;
	if (str_ends(name, STR(".yml"))) {
		ASSERT(files->count < ARRAY_LEN(files->names));
		files->names[files->count++] = arena_str(files->arena, name);
	}
	return ERR_OK;
}

/* A test's line as a record that the parser meets: a message behind syslog's head. */
static struct str record_of(struct arena *arena, const struct text_format *format,
                            const struct text_test *test, bool message) {
	if (!message) {
		return test->line;
	}
	struct str program = format->programs_count > 0 ? format->programs[0] : STR("none");
	if (str_eq(program, STR("none"))) { /* some carrier that names no program */
		struct buf json = {0};
		buf_append_str(&json, STR("{\"message\":"));
		value_append_json(&json, value_string(test->line));
		buf_append_char(&json, '}');
		struct str kept = arena_str(arena, buf_str(&json));
		buf_deinit(&json);
		return kept;
	}
	program = str_slice(program, 0, str_find_char(program, '*', 0));
	return arena_printf(arena, "Nov 22 10:00:00 host %.*s: %.*s", STR_ARG(program),
	                    STR_ARG(test->line));
}

static void check_taken_by(struct line_testing *t, const struct text_format *format,
                           const struct text_test *test, struct str record) {
	struct buf out = {0};
	struct batch_source source = line_testing_source();
	line_testing_parse(t, &source, record, &out);
	struct str rest = buf_str(&out);
	struct str taken = str_cut(&rest, ' ');
	bool own = str_eq(taken, format->name);
	if (!CHECK(own != test->refused)) {
		char shown[256];
		snprintf(shown, sizeof(shown), "%.*s: taken by %.*s", STR_ARG(format->name),
		         (int)MIN_OF(taken.len, (size_t)100), taken.ptr);
		tap_check(false, shown, (int)test->line_number, "formats");
	}
	buf_deinit(&out);
}

/* Each line of a test goes the way of its format, whatever other formats there are. */
static void check_format(struct line_testing *t, struct arena *arena,
                         const struct text_format *format) {
	for (uint32_t i = 0; i < format->tests_count; i++) {
		const struct text_test *test = &format->tests[i];
		bool line = (format->takes & (TEXT_TAKES_LINE | TEXT_TAKES_OBJECT)) != 0;
		if (line) {
			check_taken_by(t, format, test, record_of(arena, format, test, false));
		}
		if ((format->takes & TEXT_TAKES_MESSAGE) != 0) {
			check_taken_by(t, format, test, record_of(arena, format, test, true));
		}
	}
}

/* The YAML files in the tree are what the build compiled: their tests ran there. Here they run with
 * the sanitizers of this build, and each line among all formats. */
TEST(the_tests_of_the_formats_built_in_pass_among_all_formats) {
	char folder[4096];
	struct line_testing t = line_testing_new();
	struct builtin_files files = {.arena = arena_new(SIZE_MAX)};
	snprintf(folder, sizeof(folder), "%s/../src/ingest/formats", tap_folder());
	REQUIRE(os_real()->list(os_real()->ctx, folder, note_yaml, &files) == ERR_OK);
	CHECK(files.count >= 1);
	for (size_t i = 0; i < files.count; i++) {
		struct buf yaml = {0};
		struct diag diag = {0};
		struct text_format format = {0};
		struct str path = arena_printf(files.arena, "%s/%.*s", folder, STR_ARG(files.names[i]));
		REQUIRE(os_read_file(os_real(), arena_cstr(files.arena, path), (size_t)1 << 20, &yaml) ==
		        ERR_OK);
		REQUIRE(text_format_read(files.arena, files.names[i], buf_str(&yaml), &format, &diag) ==
		        ERR_OK);
		CHECK(text_format_check(&format, files.names[i], &diag) == ERR_OK);
		check_format(&t, files.arena, &format);
		buf_deinit(&yaml);
	}
	arena_free(files.arena);
	line_testing_free(&t);
}

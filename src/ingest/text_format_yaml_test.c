/* Reading formats from YAML: each mistake names its place and the way out. */

#include "ingest/text_format_sample.h"
#include "tap.h"

TEST(every_mistake_names_file_line_and_the_way_out) {
	static const struct {
		const char *yaml, *message;
		bool hint;
	} rows[] = {
	    {"", "my.yml:1:1: this is no format", false},
	    {"- a\n", "my.yml:1:1: this is no format", false},
	    {"a: [", "my.yml:2:1: not YAML", true},
	    {"title: x\n" PATTERN TESTS, "my.yml:1:1: the format has no 'name'", false},
	    {"name: x\n" PATTERN TESTS, "my.yml:1:1: the format has no 'title'", false},
	    {"name: My App\ntitle: x\n" PATTERN TESTS, "my.yml:1:7: this cannot be the name", true},
	    {HEAD "colour: red\n" PATTERN TESTS, "my.yml:3:1: this key is not known", true},
	    {HEAD TESTS, "the format has no list of 'patterns'", false},
	    {HEAD "patterns: []\n" TESTS, "my.yml:3:11: a format has 1 to 256 patterns", false},
	    {HEAD "patterns: [x]\n" TESTS, "my.yml:3:12: a pattern has 'name' and 'pattern'", false},
	    {HEAD "patterns:\n  - name: p\n" TESTS, "my.yml:4:5: a pattern has no 'pattern'", false},
	    {HEAD "patterns:\n  - name: p\n    pattern: 'a %{wrod:x}'\n" TESTS,
	     "my.yml:5:19: there is no such kind of slot", true},
	    {HEAD "patterns:\n  - name: p\n    pattern: a %{wrod:x}\n" TESTS,
	     "my.yml:5:18: there is no such kind of slot", true},
	    {HEAD PATTERN, "my.yml:1:1: the format has no 'tests'", true},
	    {HEAD PATTERN "tests: []\n", "a format has 1 to 512 tests", false},
	    {HEAD PATTERN "tests:\n  - lime: x\n", "my.yml:7:5: this key is not known", true},
	    {HEAD "fields: {'a b': x}\n" PATTERN TESTS, "my.yml:3:10: this cannot be the name", false},
	    {HEAD "fields: {a: {b: c}}\n" PATTERN TESTS, "my.yml:3:13: a field's value is text", false},
	    {HEAD PATTERN "tests:\n  - line: 'x'\n",
	     "my.yml:7: this test fails: no pattern takes the line; at byte 1 an IP address is missing",
	     true},
	    {HEAD PATTERN "tests:\n  - line: '192.0.2.1 - 5'\n    refused: true\n",
	     "my.yml:7: this test fails: a pattern takes the line", true},
	    {HEAD PATTERN "tests:\n  - line: '192.0.2.1 - 5'\n    fields: {n: 6}\n",
	     "my.yml:7: this test fails: n is '5', not '6'", true},
	    {HEAD PATTERN "tests:\n  - line: '192.0.2.1 - 5'\n    pattern: q\n",
	     "this test fails: the pattern 'p' takes the line", true},
	    {HEAD PATTERN "tests:\n  - line: '192.0.2.1 - 5'\n    time: 2026-11-22T10:00:00Z\n",
	     "this test fails: its time is absent", true},
	    {HEAD PATTERN "tests:\n  - line: '192.0.2.1 - 5'\n    fields: {my.word: x}\n",
	     "my.word is '', not 'x'", true},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct diag diag = {0};
		CHECK(read_and_check(rows[i].yaml, &diag) == ERR_INVALID);
		if (!CHECK(strstr(diag.message, rows[i].message) != NULL)) {
			tap_check(false, diag.message, 0, rows[i].message);
		}
		CHECK(!rows[i].hint || diag.hint[0] != '\0');
	}
}

TEST(aliases_that_grow_do_no_harm) {
	struct diag diag = {0};
	const char *yaml = "a: &a [x, x, x, x, x, x, x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a]\n"
	                   "c: &c [*b, *b, *b, *b, *b, *b]\nd: [*c, *c, *c, *c, *c, *c, *c, *c]\n";
	CHECK(read_and_check(yaml, &diag) == ERR_INVALID);
	CHECK(read_and_check(HEAD "fields: &f {x: *f}\n" PATTERN TESTS, &diag) == ERR_INVALID);
}

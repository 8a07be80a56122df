/* Mistakes in keys, values, columns, times and needs: each names its place. */
#include "ingest/text_format_sample.h"
#include "tap.h"

TEST(mistakes_in_what_becomes_of_values_are_told) {
	static const struct {
		const char *yaml, *message;
	} rows[] = {
	    {HEAD "takes: [lines]\n" PATTERN TESTS,
	     "my.yml:3:9: a format takes line, message or object"},
	    {HEAD "takes: []\n" PATTERN TESTS, "a format takes line, message or object"},
	    {HEAD "programs: [x]\n" PATTERN TESTS, "only a format that takes messages has 'programs'"},
	    {HEAD "takes: [message]\nprograms: ['*']\n" PATTERN TESTS,
	     "my.yml:4:12: a program is a name"},
	    {HEAD "takes: [object]\ntests: [{line: '{}'}]\n", "says what it 'needs' of them"},
	    {HEAD "keys: [a]\n" PATTERN TESTS, "my.yml:3:7: 'keys' are names with targets"},
	    {HEAD "keys: {a: 'ipp:source.ip'}\n" PATTERN TESTS,
	     "my.yml:3:11: there is no such kind of target"},
	    {HEAD "keys: {a: 'b c'}\n" PATTERN TESTS, "my.yml:3:11: a target is the name of a field"},
	    {HEAD "keys: {a: {patern: x}}\n" PATTERN TESTS, "my.yml:3:12: this key is not known"},
	    {HEAD "keys: {a: {pattern: '%{wrod}'}}\n" PATTERN TESTS,
	     "my.yml:3:24: there is no such kind"},
	    {HEAD "values: {a: b}\n" PATTERN TESTS, "my.yml:3:13: here stand values with their fields"},
	    {HEAD "values: {a: {'*': {}, b: {}}}\n" PATTERN TESTS, "'*' is the last of the values"},
	    {HEAD "columns: {a: b}\n" PATTERN TESTS, "here stands a list of names"},
	    {HEAD "columns: {a: {separator: xx, names: [a]}}\n" PATTERN TESTS,
	     "a separator is one sign"},
	    {HEAD "times: [{layout: iso}]\n" PATTERN TESTS, "a time is 'of' one to four names"},
	    {HEAD "times: [{of: a, layout: 'QQ'}]\n" PATTERN TESTS, "this is no layout of a time"},
	    {HEAD "patterns:\n  - {name: p, pattern: x, keys: {'*': y}}\n" TESTS,
	     "'*' stands among the keys of the format only"},
	    {HEAD "patterns:\n  - {name: p, pattern: 'x %{pairs(==)}'}\n" TESTS,
	     "this is no way of writing pairs"},
	    {HEAD "patterns:\n  - {name: p, pattern: '%{pairs} x'}\n" TESTS,
	     "%{pairs} must be the last"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct diag diag = {0};
		CHECK(read_and_check(rows[i].yaml, &diag) == ERR_INVALID);
		if (!CHECK(strstr(diag.message, rows[i].message) != NULL)) {
			tap_check(false, diag.message, 0, rows[i].message);
		}
	}
}

TEST(a_format_has_at_most_so_many_names) {
	struct buf yaml = {0};
	struct diag diag = {0};
	buf_append_str(&yaml, STR(HEAD "keys:\n"));
	for (int i = 0; i <= PATTERN_FIELDS_MAX; i++) {
		buf_printf(&yaml, "  k%d: my.k\n", i);
	}
	buf_append_str(&yaml, STR(PATTERN TESTS));
	buf_append_char(&yaml, '\0');
	CHECK(read_and_check(yaml.ptr, &diag) == ERR_INVALID);
	CHECK(strstr(diag.message, "more than 1024 names") != NULL);
	buf_deinit(&yaml);
}

/* Regular expressions made for tests: literal text, then classes, groups and quantifiers by chance.
 */
#pragma once

#include "base/buf.h"
#include "tap.h"

static inline void sample_regex_atom(struct buf *pattern, unsigned depth) {
	static const char *const atoms[] = {"a",   "b",    "1",     " ",      ".",   "\\d",   "\\w",
	                                    "\\s", "\\S",  "[^ a]", "\\.",    "\\D", "[ab1]", "\\W",
	                                    "é",   "[é1]", "\\N",   "[a-f.]", "\\h", "\\v",   "[^\\d]"};
	size_t kind = tap_random() % (depth > 0 ? 25 : 21);
	if (kind < ARRAY_LEN(atoms)) {
		buf_append_str(pattern, str_from(atoms[kind]));
		return;
	}
	buf_append_str(pattern, str_from(kind % 2 == 0 ? "(" : "(?:"));
	for (size_t i = tap_random() % 3 + 1; i-- > 0;) {
		sample_regex_atom(pattern, depth - 1);
		if (tap_random() % 3 == 0) {
			buf_append_char(pattern, '|');
		}
	}
	buf_append_char(pattern, ')');
}

static inline void sample_regex_quantifier(struct buf *pattern) {
	static const char *const quantifiers[] = {"*",     "+",  "?",  "{2}", "{1,}",
	                                          "{0,2}", "*?", "+?", "?+",  "*+"};
	if (tap_random() % 2 == 0) {
		buf_append_str(pattern, str_from(quantifiers[tap_random() % ARRAY_LEN(quantifiers)]));
	}
}

/* A pattern that begins so, with a group x. */
static inline void sample_regex(struct buf *pattern, const char *begin) {
	buf_clear(pattern);
	buf_append_str(pattern, str_from(begin));
	buf_append_str(pattern, STR("(?<x>"));
	for (size_t i = tap_random() % 4 + 1; i-- > 0;) {
		sample_regex_atom(pattern, 2);
		sample_regex_quantifier(pattern);
	}
	buf_append_char(pattern, ')');
	for (size_t i = tap_random() % 4; i-- > 0;) {
		sample_regex_atom(pattern, 2);
		sample_regex_quantifier(pattern);
	}
}

/* Lines made for tests of regular expressions over blocks: their beginnings stand once, twice, in
 * values, over borders of values, or not at all.
 */
#pragma once

#include "codec/lines_opened.h"
#include "expr/regex.h"
#include "expr/regex_sample.h"

enum { REGEX_ROWS = 2000 };

static const char *const regex_beginnings[] = {
    "Failed password for ", "from ", "port ", "user=", "user ", "Zed[", " id: ", "absent: "};

static inline void regex_rows_line(struct buf *out, int64_t time_ns) {
	static const char *const users[] = {"root", "admin",  "xfrom", "from", "Failed",   "f",
	                                    "user", "ü",      "12",    "a.b",  "",         "port",
	                                    "x1",   "user=a", "abcde", "ſ",    "fro from", "r 9"};
	(void)time_ns;
	const char *user = users[tap_random() % ARRAY_LEN(users)];
	const char *other = users[tap_random() % ARRAY_LEN(users)];
	unsigned r = (unsigned)(tap_random() % 256);
	unsigned n = (unsigned)(tap_random() % 70000);
	switch (tap_random() % 8) {
	case 0:
	case 1:
		buf_printf(out, "<83>Zed[%u]: Failed password for %s%s from %u.%u.3.4 port %u ssh2", n,
		           r % 2 == 0 ? "invalid user " : "", user, r, r / 16, n);
		break;
	case 2:
		buf_printf(out, "user=%s id: %u from %s%u", user, n, other, r);
		break;
	case 3:
		buf_printf(out, "port %u opened, from %u.1.1.1 port %u by user %s", n, r, n + 1, user);
		break;
	case 4:
		buf_printf(out, "%s%s%u from", user, other, r % 4);
		break;
	case 5:
		buf_printf(out, "job %u id: %x user %s Failed password for x%s from ", n, n, user, other);
		break;
	case 6:
		buf_printf(out, "FROM %u and from %u: %s", n, r, r == 0 ? "\xff\xfe" : user);
		break;
	default:
		buf_printf(out, "%llx %s", (unsigned long long)tap_random(), user);
		break;
	}
}

/* Whether a row matches, and what x takes. A byte that is not UTF-8 ends the text for PCRE2 and
 * makes it interpret: its JIT (10.42) errs with patterns as (?:.|)b*a. False: it gave up. */
static inline bool regex_row_truth(const struct regex *regex, struct regex_run *run,
                                   struct str text, struct buf *ended, bool *out_match,
                                   struct str *out_taken, bool *out_has) {
	buf_clear(ended);
	buf_append_str(ended, text);
	buf_append_char(ended, '\xff');
	*out_has = false;
	if (regex_match(regex, run, buf_str(ended), out_match) != ERR_OK) {
		return false;
	}
	*out_has = *out_match && regex_names(regex) > 0 &&
	           regex_captured(regex, run, 0, buf_str(ended), out_taken);
	return true;
}

static inline struct str regex_rows_pattern(struct buf *pattern) {
	CLEANUP(buf_deinit) struct buf begin = {0};
	const char *text = regex_beginnings[tap_random() % ARRAY_LEN(regex_beginnings)];
	bool soon = text[0] == 'u' || text[0] == 'a'; /* an s stands there, which has another case */
	if (soon || tap_random() % 3 != 0) {
		buf_append_str(&begin, STR("(?-i)"));
	}
	for (; *text != '\0'; text++) {
		buf_printf(&begin, "%s%c", *text == '[' ? "\\" : "", *text);
	}
	buf_append_char(&begin, '\0');
	sample_regex(pattern, begin.ptr);
	return buf_str(pattern);
}

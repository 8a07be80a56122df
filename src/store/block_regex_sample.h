/* Lines made for tests of regular expressions over blocks: their beginnings stand once, twice, in
 * values, over borders of values, or not at all.
 */
#pragma once

#include "codec/lines.h"
#include "codec/packed.h"
#include "expr/regex.h"
#include "expr/regex_sample.h"

enum { REGEX_ROWS = 2000 };

struct regex_rows {
	struct buf bytes;
	size_t ends[REGEX_ROWS];
	int64_t times[REGEX_ROWS];
	struct buf parts[LINES_PARTS];
	struct lines *lines;
};

static const char *const regex_beginnings[] = {
    "Failed password for ", "from ", "port ", "user=", "user ", "Zed[", " id: ", "absent: "};

static inline struct str regex_row(const struct regex_rows *rows, uint32_t row) {
	return str_slice(buf_str(&rows->bytes), row == 0 ? 0 : rows->ends[row - 1], rows->ends[row]);
}

static inline void regex_rows_line(struct buf *out) {
	static const char *const users[] = {"root", "admin",  "xfrom", "from", "Failed",   "f",
	                                    "user", "ü",      "12",    "a.b",  "",         "port",
	                                    "x1",   "user=a", "abcde", "ſ",    "fro from", "r 9"};
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

static inline void regex_rows_init(struct regex_rows *rows) {
	struct lines_draft *draft = lines_draft_new();
	struct lines_cut *cut = lines_cut_new();
	struct str parts[LINES_PARTS];
	*rows = (struct regex_rows){0};
	for (uint32_t i = 0; i < REGEX_ROWS; i++) {
		rows->times[i] = (1763078400 + (int64_t)i) * 1000000000;
		regex_rows_line(&rows->bytes);
		rows->ends[i] = rows->bytes.len;
	}
	for (uint32_t i = 0; i < REGEX_ROWS; i++) {
		lines_cut_add(cut, regex_row(rows, i));
	}
	lines_draft_add(draft, cut, rows->times);
	lines_draft_mine(draft);
	lines_draft_put(draft, rows->parts);
	lines_draft_free(draft);
	for (size_t i = 0; i < LINES_PARTS; i++) {
		memset(buf_reserve(&rows->parts[i], PACKED_SLACK), 0, PACKED_SLACK);
		parts[i] = buf_str(&rows->parts[i]);
	}
	REQUIRE(lines_open(parts, NULL, REGEX_ROWS, &rows->lines) == ERR_OK);
}

static inline void regex_rows_deinit(struct regex_rows *rows) {
	lines_free(rows->lines);
	for (size_t i = 0; i < LINES_PARTS; i++) {
		buf_deinit(&rows->parts[i]);
	}
	buf_deinit(&rows->bytes);
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

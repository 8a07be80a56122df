/* JSON as RFC 8259 has it, scanned in place: the caller walks, the scanner checks. Nothing is
 * allocated and nothing recurses but by the caller; strings are slices of the text. The text must
 * be valid UTF-8.
 */
#pragma once

#include "base/buf.h"
#include "base/limits.h"
#include "base/str.h"

enum json_type {
	JSON_NONE, /* the text ends, or no value begins here */
	JSON_OBJECT,
	JSON_ARRAY,
	JSON_STRING,
	JSON_NUMBER,
	JSON_BOOL,
	JSON_NULL,
};

struct json_scan {
	struct str text;
	size_t at;       /* the next byte; after a failure where it stopped */
	const char *why; /* static; set by the first failure */
};

static inline struct json_scan json_scan_of(struct str text) {
	return (struct json_scan){.text = text};
}

/* Skips white space and says what begins there; reads nothing of it. */
enum json_type json_peek(struct json_scan *scan);
/* Skips white space, then takes c if it stands there. */
bool json_take(struct json_scan *scan, char c);
/* White space up to the end of the text, and nothing else. */
bool json_at_end(struct json_scan *scan);
/* Each reads the value that json_peek has announced. raw: between the quotation marks, escapes as
 * they stand. False on an error, which is kept in why. */
bool json_read_string(struct json_scan *scan, struct str *out_raw, bool *out_escapes);
bool json_read_number(struct json_scan *scan, struct str *out_number); /* as it is written */
bool json_read_word(struct json_scan *scan, struct str *out_word);     /* true, false, null */
/* Reads any value with all inside, strictly, and gives its extent. depth: how deep it stands;
 * fails above LIMIT_JSON_DEPTH. */
bool json_skip_value(struct json_scan *scan, uint32_t depth, struct str *out_value);
/* Notes the failure; returns false. */
bool json_fail(struct json_scan *scan, const char *why);

/* Appends the text that raw stands for. \u pairs become one character, unpaired surrogates
 * U+FFFD. raw must come from json_read_string. */
void json_unescape(struct str raw, struct buf *out);

/* ---- a top-level array as a container of records ---- */

enum json_element {
	JSON_ELEMENT,       /* out_element holds one */
	JSON_ELEMENT_CUT,   /* the text ends inside it: what there is of it */
	JSON_ARRAY_END,     /* "]"; *at stands behind it */
	JSON_ARRAY_CUT,     /* the text ends between elements */
	JSON_ARRAY_INVALID, /* something else stands where an element or comma should */
};

/* What holds records: an array; an object whose first member is one ({"Records":[...]}, as clouds
 * export them); objects one after the other, of which the first goes on behind its first line. */
enum json_holder { JSON_HOLDS_NONE, JSON_HOLDS_ARRAY, JSON_HOLDS_RECORDS, JSON_HOLDS_OBJECTS };
/* White space and a byte order mark may come first. *out_at: behind "[", or before the first
 * object. Only the beginning is looked at. */
enum json_holder json_holder_begin(struct str text, size_t *out_at);
/* The next element from *at on. Its extent is found by brackets and strings only: what is inside is
 * checked when it is parsed. */
enum json_element json_array_next(struct str text, size_t *at, struct str *out_element);

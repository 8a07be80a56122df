/* Regular expressions: PCRE2 with its JIT. Case-insensitive unless the pattern says (?-i). Texts
 * need not be valid UTF-8. A match that takes more than LIMIT_REGEX_MATCH steps is an error, never
 * a silent "no".
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

struct regex;

/* ERR_INVALID with the place inside pattern in diag. The result is freed by regex_free. */
MUST_USE enum err regex_new(struct str pattern, struct regex **out_regex, struct diag *diag);
/* As regex_new, with the options of PCRE2 instead: case-sensitive and '$' also before a last line
 * feed unless flags say otherwise. */
enum regex_flag { REGEX_CASELESS = 1, REGEX_MULTILINE = 2, REGEX_DOTALL = 4 };
MUST_USE enum err regex_new_plain(struct str pattern, unsigned flags, struct regex **out_regex,
                                  struct diag *diag);
void regex_free(struct regex *regex); /* NULL is fine */

/* What one thread needs to match with one regex. */
struct regex_run;
struct regex_run *regex_run_new(const struct regex *regex);
void regex_run_free(struct regex_run *run); /* NULL is fine */
/* ERR_LIMIT when it gave up. */
MUST_USE enum err regex_match(const struct regex *regex, struct regex_run *run, struct str text,
                              bool *out_match);

/* Literal text that every match begins with, when nothing else decides whether and how a match
 * there goes on than the text from there on (bytes that no other text may stand for; mask: for each
 * byte the bits that do not count, set in bytes); false: nothing is known. */
bool regex_begins(const struct regex *regex, struct str *out_bytes, const char **out_mask);
enum regex_answer {
	REGEX_NO,
	REGEX_YES,  /* and what it captures is the same, whatever stands behind text */
	REGEX_OPEN, /* it depends on what stands behind text; or it is not said */
};
/* A match that begins with text, of a regex of which regex_begins is true. to_end: nothing stands
 * behind text. */
enum regex_answer regex_match_start(const struct regex *regex, struct regex_run *run,
                                    struct str text, bool to_end);

/* Appends text to out with every match replaced: $1 or \1 in replacement stand for what a group
 * took, $0 for the whole match, $$ for a dollar sign. ERR_LIMIT when a match gave up or out would
 * have more than bytes_max; out is undefined then. */
MUST_USE enum err regex_replace(const struct regex *regex, struct regex_run *run, struct str text,
                                struct str replacement, size_t bytes_max, struct buf *out);

/* Named groups, in the order of their numbers. */
size_t regex_names(const struct regex *regex);
struct str regex_name(const struct regex *regex, size_t i);
/* What name i took in the last successful regex_match or regex_match_start; false when it took part
 * in nothing. */
bool regex_captured(const struct regex *regex, const struct regex_run *run, size_t i,
                    struct str text, struct str *out_part);

/* Predicates over values, as a tree: built by the query language (and by Sigma later), evaluated a
 * page at a time into row bitmaps. A test meets each distinct value once; the result is broadcast.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "event/column.h"

enum expr_kind { EXPR_ALL, EXPR_NONE, EXPR_AND, EXPR_OR, EXPR_NOT, EXPR_TEST };

enum expr_test_kind {
	EXPR_WORDS,    /* word or phrase at word borders, any case */
	EXPR_PATTERN,  /* as WORDS with wildcards: '*' a run of anything but blanks, '?' one such */
	EXPR_CONTAINS, /* substring anywhere, any case */
	EXPR_ALIKE,    /* substring anywhere, whatever the width and form of its characters */
	EXPR_EQUALS,   /* whole value, any case */
	EXPR_WILDCARD, /* whole value with * and ?, any case */
	EXPR_REGEX,    /* PCRE2, (?i) unless the pattern says otherwise */
	EXPR_RANGE,    /* bounds of one sort (number, address, time, text); other sorts never match */
	EXPR_CIDR,     /* IPv4 or IPv6 network, or one address however written */
	EXPR_EXISTS,
	EXPR_TIME, /* event time in [from, to) */
	EXPR_TEST_KIND_COUNT,
};

struct expr_test; /* compiled; opaque */

struct expr {
	enum expr_kind kind;
	struct expr *const *children; /* AND, OR: count, cheapest first; NOT: one */
	size_t children_count;
	struct str field; /* TEST: empty = the text */
	enum expr_test_kind test_kind;
	struct expr_test *test;
	unsigned cost; /* 0 cheap .. EXPR_COST_MAX */
};

enum { EXPR_COST_MAX = 7 };

/* Where the values come from: one page. What they give lives until the evaluation ends. */
struct expr_input {
	void *ctx;
	uint32_t rows;
	enum err (*column)(void *ctx, struct str name, const struct column **out_column);
	enum err (*texts)(void *ctx, const struct str **out_texts);
	enum err (*times)(void *ctx, const int64_t **out_times);
};

struct expr_range {
	bool has_min, has_max, min_open, max_open;
	struct str min, max;
};

/* Builders; everything lives in arena but compiled regexes: each expr of EXPR_TEST made is freed
 * once by expr_free. */
struct expr *expr_constant(struct arena *arena, bool all);
/* kind: EXPR_AND or EXPR_OR. Children are copied and ordered by cost. */
struct expr *expr_group(struct arena *arena, enum expr_kind kind, struct expr *const *children,
                        size_t count);
struct expr *expr_not(struct arena *arena, struct expr *child);
/* text: the word, phrase, substring, value, wildcard or pattern. ERR_INVALID with diag (position
 * inside text) for a bad regex or CIDR. */
MUST_USE enum err expr_test(struct arena *arena, enum expr_test_kind kind, struct str field,
                            struct str text, struct expr **out_expr, struct diag *diag);
struct expr *expr_test_range(struct arena *arena, struct str field, const struct expr_range *range);
struct expr *expr_test_time(struct arena *arena, int64_t from_ns, int64_t to_ns);
/* Frees what the arena does not own (compiled regexes), children too. NULL is fine. */
void expr_free(struct expr *expr);

/* bits: bits_words(rows) words, overwritten. scratch from arena (reset by the caller). ERR_LIMIT: a
 * regex gave up on some text (LIMIT_REGEX_MATCH); errors of the input are passed on. */
MUST_USE enum err expr_eval(const struct expr *expr, const struct expr_input *input,
                            struct arena *scratch, uint64_t *out_bits);
/* One value against one test; lists match when an element does. For `where` and Sigma later. A
 * regex that gives up counts as no match here. */
bool expr_test_value(const struct expr_test *test, struct value value);
/* The same for many values: keeps what matching needs (one thread at a time). ERR_LIMIT: a regex
 * gave up on this value. */
struct expr_run;
struct expr_run *expr_run_new(const struct expr_test *test);
void expr_run_free(struct expr_run *run); /* NULL is fine */
MUST_USE enum err expr_run_match(struct expr_run *run, struct value value, bool *out_match);
/* Token hashes that every match must have in its text (codec/token.h's rules are restated through
 * the callback so that expr does not include codec): calls need(ctx, text, whole_words) for each
 * piece of text that must be in a matching record's text; whole_words: at word borders and
 * well-formed, others may stand inside longer words.
 * Conservative: may call for nothing. */
void expr_required_texts(const struct expr *expr,
                         void (*need)(void *ctx, struct str text, bool whole_words), void *ctx);
/* The regular expression of a test of EXPR_REGEX, which lives as long as expr; NULL: it is another.
 */
struct regex; /* expr/regex.h */
const struct regex *expr_test_regex(const struct expr *expr);
/* The hull of event times that can match: [from, to), INSTANT_MIN / INSTANT_MAX when open. */
void expr_time_hull(const struct expr *expr, int64_t *out_from_ns, int64_t *out_to_ns);
/* Appends the tree as text: (and (equals user.name "root") (words "failed password")). */
void expr_describe(const struct expr *expr, struct buf *out);

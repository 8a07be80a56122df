/* One predicate over one field, as rules of Sigma are made of: plain data that many rules share
 * (equal atoms are one), and a plain matcher of one atom against one value. atom_match is what
 * anything faster (expr/many.h) is measured against: same answers, always.
 *
 * A field has no value (absent), one, or several; an atom holds for a field when it holds for one
 * of its values. An absent field is one value VALUE_ABSENT. Lists are taken apart by the caller.
 * Text kinds see STRING, NUMBER, BOOL and JSON by their text; absent values and JSON's null fit no
 * text kind.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "event/value.h"

enum atom_kind {
	ATOM_EQUALS,   /* the value is text; text may be empty */
	ATOM_CONTAINS, /* text is somewhere in the value; empty: any value that has a text */
	ATOM_STARTS,
	ATOM_ENDS,
	ATOM_WILDCARD, /* the value fits the pattern text: '*' any run of characters, also none and of
	                * line feeds, '?' one character; '\' before '*', '?', '\' takes it as it is */
	ATOM_REGEX,    /* PCRE2 finds text, a pattern, somewhere: options in flags */
	ATOM_CIDR,     /* the value is an address in the network text (expr/compare.h) */
	ATOM_COMPARE,  /* the value is a number and stands to text, a number, as op says */
	ATOM_EXISTS,   /* the field is there, whatever its value */
	ATOM_NULL,     /* the field is not there, or is JSON's null; an empty text is not null */
	ATOM_FIELD,    /* the value stands to one of the field named text as relation says */
	ATOM_TIME,     /* the value is a time (RFC 3339, also with a blank for T); its part, as it
	                * is written, stands to text, a number, as op says. Weeks are of ISO 8601 */
	ATOM_KIND_COUNT,
};

enum atom_op { ATOM_EQ, ATOM_LT, ATOM_LTE, ATOM_GT, ATOM_GTE, ATOM_OP_COUNT };

enum atom_part {
	ATOM_MINUTE,
	ATOM_HOUR,
	ATOM_DAY, /* of the month */
	ATOM_WEEK,
	ATOM_MONTH,
	ATOM_YEAR,
	ATOM_PART_COUNT,
};

/* EQUALS to WILDCARD and FIELD compare without case, as expr/needle.h folds it (ASCII letters equal
 * only ASCII letters; other letters by Unicode's simple folding; malformed bytes only themselves),
 * unless ATOM_CASED: then byte by byte ('?' still is one character). */
enum atom_flag {
	ATOM_CASED = 1,     /* text kinds and FIELD */
	ATOM_CASELESS = 2,  /* REGEX: PCRE2_CASELESS; without it regexes are case-sensitive */
	ATOM_MULTILINE = 4, /* REGEX: PCRE2_MULTILINE */
	ATOM_DOTALL = 8,    /* REGEX: PCRE2_DOTALL */
};

/* Texts are borrowed. What a kind does not use is zero, so that equal atoms have equal members. */
struct atom {
	enum atom_kind kind;
	unsigned flags;          /* of enum atom_flag */
	enum atom_op op;         /* COMPARE, TIME */
	enum atom_part part;     /* TIME */
	enum atom_kind relation; /* FIELD: EQUALS, CONTAINS, STARTS or ENDS */
	struct str field;        /* as the rule writes it; empty: a keyword, tried on all values */
	struct str text;
};

bool atom_eq(const struct atom *a, const struct atom *b);
/* Appends bytes that are equal for equal atoms only: a key for maps. */
void atom_append_key(struct buf *out, const struct atom *atom);
/* Appends the atom for people: CommandLine contains "-enc " (cased). */
void atom_append_text(struct buf *out, const struct atom *atom);

/* An atom made ready. Read-only once made: threads may share it. */
struct atom_test;
/* The test lives in arena and has copies of the atom's texts. ERR_INVALID: the regex, network or
 * number is not valid; ERR_LIMIT: text is longer than LIMIT_ATOM_TEXT. diag's position is in text.
 * What the arena does not hold (a compiled regex) is freed by atom_test_deinit. */
MUST_USE enum err atom_test_new(struct arena *arena, const struct atom *atom,
                                struct atom_test **out_test, struct diag *diag);
void atom_test_deinit(struct atom_test *test); /* NULL is fine */
const struct atom *atom_test_atom(const struct atom_test *test);

/* What one thread needs to match with one test: zero-initialise, one for each test. */
struct atom_run {
	struct regex_run *regex; /* made on first use */
	enum err err; /* the first failure (ERR_LIMIT: a regex gave up), kept until cleared */
};
void atom_run_deinit(struct atom_run *run);

/* True when the atom holds for value. A regex that gives up is "no" with run->err set. Not for
 * ATOM_FIELD. */
bool atom_match(const struct atom_test *test, struct atom_run *run, struct value value);
/* ATOM_FIELD: other is one value of the field that atom.text names. */
bool atom_match_field(const struct atom_test *test, struct value value, struct value other);

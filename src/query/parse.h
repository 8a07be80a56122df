/* Private to src/query: the state of parsing, shared by the filter and the pipes. Everything made
 * lives in the query's arena; positions are bytes of the query's text.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "expr/expr.h"
#include "query/query.h"

struct owned; /* what the arena does not free */

struct parser {
	struct arena *arena;
	struct str text;
	size_t at;
	uint32_t depth;
	uint32_t lists; /* inside field:( ... ): a comma ends a bare word */
	bool inner;     /* a query in parentheses: ')' ends it */
	const struct query_options *options;
	struct diag *diag;
	struct owned *owned;

	/* Fields that pipes name: a number each, for the whole query. */
	struct field_use *fields;
	size_t fields_count, fields_cap;
	size_t stage; /* the one being parsed */
	/* After a transforming pipe: the columns there are (numbers of fields). */
	bool table;
	const uint32_t *columns;
	size_t columns_count;
	/* Records: what extract adds, what `fields -x` takes away. */
	const uint32_t *added;
	size_t added_count;
	const uint32_t *dropped;
	size_t dropped_count;
};

struct field_use {
	struct str name;
	bool from_source; /* read from the records */
	bool replaced;    /* records as results: never the record's own value (eval, rename) */
	size_t last;      /* the last stage that reads it; SIZE_MAX: the output does */
};

/* ---- the text ---- */

/* Moves behind blanks (also the ideographic space). */
void parser_skip(struct parser *p);
bool parser_end(struct parser *p); /* skips first */
/* The byte at the position plus ahead, or 0. */
char parser_peek(const struct parser *p, size_t ahead);
/* Bytes of the blank at `at`; 0 when none. */
size_t parser_blank(struct str text, size_t at);
/* Reads "..." at the position into the arena (\" and \\ are escapes). ERR_INVALID names where an
 * unended one began. */
MUST_USE enum err parser_quoted(struct parser *p, struct str *out_text);
/* Reads /.../ at the position; \/ is a slash. */
MUST_USE enum err parser_regex(struct parser *p, struct str *out_pattern);
/* True when /.../ begins at the position: a slash ends it before a blank, bracket, comma, pipe. */
bool parser_is_regex(const struct parser *p);

/* ---- what must be freed ---- */

struct regex;
void parser_own_expr(struct parser *p, struct expr *expr);
void parser_own_regex(struct parser *p, struct regex *regex);
void owned_free(struct owned *owned);

/* ---- the parts ---- */

/* From the position to a pipe or the end (inner: also ')'). Nothing there: every record. */
MUST_USE enum err filter_parse(struct parser *p, struct expr **out_expr);
/* The number of a field, made on first use; noted as used by this stage. */
uint32_t parser_field(struct parser *p, struct str name);

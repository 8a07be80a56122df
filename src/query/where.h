/* Private to src/query: expressions of where and eval (docs/query.md): a tree over fields,
 * literals, operators and functions, evaluated for one row at a time.
 *
 *   where_parse.c  operators and literals        where_call.c  functions, their tables and forms
 *   where_eval.c   evaluation of the tree        where_run.c   what an operator keeps to evaluate
 *   where_text.c, where_number.c, where_time.c   the functions
 */
#pragma once

#include "query/cell.h"
#include "query/pipe.h"

enum where_kind {
	WHERE_LITERAL,
	WHERE_FIELD,
	WHERE_AND,
	WHERE_OR,
	WHERE_NOT,
	WHERE_COMPARE,
	WHERE_ADD,
	WHERE_SUBTRACT,
	WHERE_MULTIPLY,
	WHERE_DIVIDE,
	WHERE_REMAINDER,
	WHERE_NEGATE,
	WHERE_TEST,     /* contains, regex, cidr...: a test of expr over one value */
	WHERE_REPLACE,  /* replace(left, /regex/, right) */
	WHERE_CASE,     /* if, case: condition, value, condition, value ... [otherwise] */
	WHERE_COALESCE, /* the first argument that is there */
	WHERE_CALL,
};

/* What functions may use beside their arguments. */
struct where_call {
	struct arena *scratch; /* texts by where_make_text, which has a limit */
	const struct query_options *options;
};

/* One row of the tables of functions. */
struct where_function {
	struct str name;
	struct str usage;
	struct str help;
	uint8_t arguments_min, arguments_max;
	/* The result may borrow from arguments and scratch. ERR_LIMIT: scratch is full. */
	enum err (*call)(const struct where_call *call, const struct cell *arguments, size_t count,
	                 struct cell *out_cell) MUST_USE;
	/* What is expected instead of this literal as argument i; NULL: it is fine. May be NULL. */
	const char *(*objection)(size_t i, struct cell literal);
};

struct where_node {
	enum where_kind kind;
	enum cell_compare compare;
	struct where_node *left, *right; /* right: only of two */
	struct cell literal;
	uint32_t field;
	const struct expr_test *test;
	size_t test_number; /* of the expression's tests, of its regexes for REPLACE */
	const struct where_function *function;
	struct where_node **arguments; /* CASE, COALESCE, CALL */
	size_t arguments_count;
};

/* The parts of all expressions of one pipe that need something to match with. */
struct where {
	size_t tests_count;
	const struct expr_test **tests;
	size_t regexes_count;
	const struct regex **regexes;
};

enum { WHERE_TESTS_MAX = 256, WHERE_ARGUMENTS_MAX = 64 };

void where_init(struct parser *p, struct where *out_where);
MUST_USE enum err where_parse(struct parser *p, struct where *where, struct where_node **out_root);

/* ---- parsing, between where_parse.c and where_call.c ---- */

struct where_node *where_node_new(struct parser *p, enum where_kind kind, struct where_node *left,
                                  struct where_node *right);
/* Behind NAME and '(': up to and with ')'. */
MUST_USE enum err where_parse_call(struct parser *p, struct where *where, struct str name,
                                   size_t position, struct where_node **out_node);
/* A whole expression as an argument. */
MUST_USE enum err where_parse_inner(struct parser *p, struct where *where,
                                    struct where_node **out_node);
/* A node that tests value (kind of expr); position: of text, for errors. */
MUST_USE enum err where_add_test(struct parser *p, struct where *where, enum expr_test_kind kind,
                                 struct str text, size_t position, struct where_node *value,
                                 struct where_node **out_node);
/* /regex/ or a quoted text. */
MUST_USE enum err where_read_regex(struct parser *p, struct str *out_pattern);
bool where_at_string(struct parser *p); /* skips first */
MUST_USE enum err where_read_string(struct parser *p, struct str *out_text);
/* exists(value) */
struct where_node *where_exists(struct parser *p, struct where_node *value);

/* ---- evaluating ---- */

struct where_run;
struct where_run *where_run_new(struct run *run, const struct where *where);
void where_run_free(struct where_run *eval); /* NULL is fine */
/* Before each row: forgets the texts of the last one. Accounts for what they took. */
MUST_USE enum err where_run_next(struct where_run *eval);
/* The result lives until where_run_next. ERR_LIMIT with the reason in the run's diag. */
MUST_USE enum err where_eval(const struct where_node *node, struct where_run *eval,
                             const struct value *values, struct cell *out_cell);
struct arena *where_run_scratch(struct where_run *eval);

/* Private to where_eval.c and where_run.c. */
struct where_run {
	struct run *run;
	const struct where *where;
	struct where_call call;
	struct expr_run **tests;
	struct regex_run **regexes;
	size_t scratch_counted;
};

/* ---- functions ---- */

size_t where_text_functions(const struct where_function **out_functions);
size_t where_number_functions(const struct where_function **out_functions);
size_t where_time_functions(const struct where_function **out_functions);
/* All tables one after another; NULL behind the last. */
const struct where_function *where_function_at(size_t i);
/* Names and usages of what where_call.c reads itself (contains, if, replace...); NULL at the end.
 */
const struct where_function *where_form_at(size_t i);

/* A text of a function's own; ERR_LIMIT when scratch is full. */
MUST_USE enum err where_make_text(const struct where_call *call, struct str text,
                                  struct cell *out_cell);
/* time +- seconds, time - time in seconds. False: they are not that. */
MUST_USE enum err where_compute_time(const struct where_call *call, enum where_kind kind,
                                     struct cell left, struct cell right, struct cell *out_cell);

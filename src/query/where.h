/* Expressions of where (docs/query.md): a tree over fields, literals, operators and functions,
 * evaluated for one row at a time.
 */
#pragma once

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
	WHERE_TEST, /* contains, regex, cidr...: a test of expr over one value */
	WHERE_CALL,
};

enum where_compare { WHERE_EQ, WHERE_NE, WHERE_LT, WHERE_LE, WHERE_GT, WHERE_GE };

/* What an expression gives for a row. */
enum cell_kind { CELL_NONE, CELL_BOOL, CELL_INTEGER, CELL_REAL, CELL_TEXT, CELL_LIST };
struct cell {
	enum cell_kind kind;
	union {
		bool boolean;
		int64_t integer;
		double real;
	};
	struct str text; /* TEXT, LIST (packed) */
};

struct where_node;
struct where_function { /* lower, upper, len, exists */
	struct str name;
	struct str usage;
	struct cell (*call)(struct arena *scratch, struct cell argument);
};

struct where_node {
	enum where_kind kind;
	enum where_compare compare;
	struct where_node *left, *right; /* right: only of two */
	struct cell literal;
	uint32_t field;
	const struct expr_test *test;
	size_t test_number; /* of the expression's tests */
	const struct where_function *function;
};

struct where {
	struct where_node *root;
	size_t tests_count;
	const struct expr_test **tests;
};

MUST_USE enum err where_parse(struct parser *p, struct where *out_where);
/* runs: one per test. scratch holds texts that functions make. ERR_LIMIT: a regex gave up. */
MUST_USE enum err where_eval(const struct where_node *node, const struct value *values,
                             struct expr_run *const *runs, struct arena *scratch,
                             struct cell *out_cell);
/* As a condition: false for what is absent, 0, empty. */
bool cell_true(struct cell cell);

const struct where_function *where_function_find(struct str name);
size_t where_functions(const struct where_function **out_functions);

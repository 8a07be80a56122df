/* Evaluating expressions. What is absent makes every comparison false and every computation absent.
 */
#include "query/where.h"

#include <math.h>

#include "base/utf8.h"
#include "expr/compare.h"
#include "query/number.h"

static struct cell cell_of(struct value value) {
	struct cell cell = {.kind = CELL_NONE, .text = value.text};
	if (value.kind == VALUE_NONE) {
		return cell;
	}
	if (value.kind == VALUE_LIST) {
		cell.kind = CELL_LIST;
		return cell;
	}
	struct scalar scalar = scalar_read(value.text);
	cell.kind = CELL_TEXT;
	if (scalar.kind == SCALAR_INTEGER) {
		cell.kind = CELL_INTEGER;
		cell.integer = scalar.integer;
	} else if (scalar.kind == SCALAR_REAL) {
		cell.kind = CELL_REAL;
		cell.real = scalar.real;
	} else if (value.kind == VALUE_BOOL) {
		cell.kind = CELL_BOOL;
		cell.boolean = str_eq(value.text, STR("true"));
	}
	return cell;
}

bool cell_true(struct cell cell) {
	switch (cell.kind) {
	case CELL_BOOL:
		return cell.boolean;
	case CELL_INTEGER:
		return cell.integer != 0;
	case CELL_REAL:
		return cell.real != 0;
	case CELL_TEXT:
	case CELL_LIST:
		return cell.text.len > 0;
	case CELL_NONE:
	default:
		return false;
	}
}

static struct cell boolean(bool value) {
	return (struct cell){.kind = CELL_BOOL, .boolean = value};
}

/* ---- comparing ---- */

static struct scalar scalar_of(struct cell cell) {
	switch (cell.kind) {
	case CELL_INTEGER:
		return (struct scalar){.kind = SCALAR_INTEGER, .integer = cell.integer};
	case CELL_REAL:
		return (struct scalar){.kind = SCALAR_REAL, .real = cell.real};
	case CELL_BOOL:
		return (struct scalar){.kind = SCALAR_TEXT,
		                       .text = cell.boolean ? STR("true") : STR("false")};
	case CELL_NONE:
	case CELL_TEXT:
	case CELL_LIST:
	default:
		return scalar_read(cell.text);
	}
}

static bool compare_single(enum where_compare compare, struct cell left, struct cell right) {
	if (left.kind == CELL_NONE || right.kind == CELL_NONE) {
		return false;
	}
	struct scalar a = scalar_of(left);
	struct scalar b = scalar_of(right);
	if (!scalar_comparable(&a, &b)) {
		return compare == WHERE_NE;
	}
	int order = scalar_order_nocase(&a, &b);
	switch (compare) {
	case WHERE_EQ:
		return order == 0;
	case WHERE_NE:
		return order != 0;
	case WHERE_LT:
		return order < 0;
	case WHERE_LE:
		return order <= 0;
	case WHERE_GT:
		return order > 0;
	case WHERE_GE:
	default:
		return order >= 0;
	}
}

static bool compare_cells(enum where_compare compare, struct cell left, struct cell right);

/* A list compares as one of its elements does; != only when none is equal. */
static bool compare_list(enum where_compare compare, struct str list, struct cell right) {
	size_t at = 0;
	struct value element;
	bool unequal = compare == WHERE_NE;
	while (value_list_next(list, &at, &element)) {
		if (compare_cells(unequal ? WHERE_EQ : compare, cell_of(element), right)) {
			return !unequal;
		}
	}
	return unequal && right.kind != CELL_NONE;
}

static bool compare_cells(enum where_compare compare, struct cell left, struct cell right) {
	static const enum where_compare mirrored[] = {
	    [WHERE_EQ] = WHERE_EQ, [WHERE_NE] = WHERE_NE, [WHERE_LT] = WHERE_GT,
	    [WHERE_LE] = WHERE_GE, [WHERE_GT] = WHERE_LT, [WHERE_GE] = WHERE_LE};
	if (left.kind == CELL_LIST) {
		return compare_list(compare, left.text, right);
	}
	if (right.kind == CELL_LIST) {
		return compare_list(mirrored[compare], right.text, left);
	}
	return compare_single(compare, left, right);
}

/* ---- computing ---- */

static bool compute_integers(enum where_kind kind, int64_t a, int64_t b, int64_t *out) {
	switch ((int)kind) {
	case WHERE_ADD:
		return !__builtin_add_overflow(a, b, out);
	case WHERE_SUBTRACT:
		return !__builtin_sub_overflow(a, b, out);
	case WHERE_MULTIPLY:
		return !__builtin_mul_overflow(a, b, out);
	case WHERE_DIVIDE:
		if (b == 0 || (a == INT64_MIN && b == -1) || a % b != 0) {
			return false;
		}
		*out = a / b;
		return true;
	default:
		if (b == 0 || b == -1) {
			*out = 0;
			return b != 0;
		}
		*out = a % b;
		return true;
	}
}

static double compute_reals(enum where_kind kind, double a, double b) {
	switch ((int)kind) {
	case WHERE_ADD:
		return a + b;
	case WHERE_SUBTRACT:
		return a - b;
	case WHERE_MULTIPLY:
		return a * b;
	case WHERE_DIVIDE:
		return b == 0 ? NAN : a / b;
	default:
		return NAN; /* of integers only */
	}
}

static bool is_number(struct cell cell) {
	return cell.kind == CELL_INTEGER || cell.kind == CELL_REAL;
}

static double as_real(struct cell cell) {
	return cell.kind == CELL_INTEGER ? (double)cell.integer : cell.real;
}

static struct cell compute(enum where_kind kind, struct cell left, struct cell right) {
	struct cell out = {.kind = CELL_NONE};
	if (!is_number(left) || !is_number(right)) {
		return out;
	}
	if (left.kind == CELL_INTEGER && right.kind == CELL_INTEGER &&
	    compute_integers(kind, left.integer, right.integer, &out.integer)) {
		out.kind = CELL_INTEGER;
		return out;
	}
	out.real = compute_reals(kind, as_real(left), as_real(right));
	out.kind = isfinite(out.real) ? CELL_REAL : CELL_NONE;
	return out;
}

/* ---- functions ---- */

/* As it was written; what was computed has no text yet. */
static struct str cell_text(struct arena *scratch, struct cell cell) {
	CLEANUP(buf_deinit) struct buf out = {0};
	if (cell.kind == CELL_TEXT || cell.kind == CELL_LIST || cell.text.len > 0) {
		return cell.text;
	}
	if (cell.kind == CELL_INTEGER) {
		buf_append_i64(&out, cell.integer);
	} else if (cell.kind == CELL_REAL) {
		number_append(&out, cell.real);
	} else if (cell.kind == CELL_BOOL) {
		buf_append_str(&out, cell.boolean ? STR("true") : STR("false"));
	}
	return arena_str(scratch, buf_str(&out));
}

static struct cell call_lower(struct arena *scratch, struct cell argument) {
	CLEANUP(buf_deinit) struct buf out = {0};
	if (argument.kind == CELL_NONE || argument.kind == CELL_LIST) {
		return argument;
	}
	struct str text = cell_text(scratch, argument);
	for (size_t at = 0; at < text.len;) {
		size_t first = at;
		bool ok;
		uint32_t code = utf8_next(text, &at, &ok);
		if (ok) {
			utf8_append(&out, utf8_fold(code));
		} else {
			buf_append(&out, text.ptr + first, at - first);
		}
	}
	return (struct cell){.kind = CELL_TEXT, .text = arena_str(scratch, buf_str(&out))};
}

/* Characters of a text, elements of a list. */
static struct cell call_len(struct arena *scratch, struct cell argument) {
	struct cell out = {.kind = argument.kind == CELL_NONE ? CELL_NONE : CELL_INTEGER};
	struct value element;
	if (argument.kind == CELL_LIST) {
		for (size_t at = 0; value_list_next(argument.text, &at, &element);) {
			out.integer++;
		}
		return out;
	}
	struct str text = cell_text(scratch, argument);
	for (size_t at = 0; at < text.len; out.integer++) {
		(void)utf8_next(text, &at, NULL);
	}
	return out;
}

static struct cell call_exists(struct arena *scratch, struct cell argument) {
	(void)scratch;
	return boolean(argument.kind != CELL_NONE);
}

static struct cell call_abs(struct arena *scratch, struct cell argument) {
	static const struct cell zero = {.kind = CELL_INTEGER};
	(void)scratch;
	bool negative = argument.kind == CELL_INTEGER ? argument.integer < 0 : signbit(argument.real);
	if (!is_number(argument)) {
		return (struct cell){.kind = CELL_NONE};
	}
	return compute(negative ? WHERE_SUBTRACT : WHERE_ADD, zero, argument);
}

static const struct where_function functions[] = {
    {STR_INIT("lower"), STR_INIT("lower(TEXT)"), call_lower},
    {STR_INIT("len"), STR_INIT("len(TEXT or LIST)"), call_len},
    {STR_INIT("exists"), STR_INIT("exists(FIELD)"), call_exists},
    {STR_INIT("abs"), STR_INIT("abs(NUMBER)"), call_abs},
};

size_t where_functions(const struct where_function **out_functions) {
	*out_functions = functions;
	return ARRAY_LEN(functions);
}

const struct where_function *where_function_find(struct str name) {
	for (size_t i = 0; i < ARRAY_LEN(functions); i++) {
		if (str_eq_nocase(functions[i].name, name)) {
			return &functions[i];
		}
	}
	return NULL;
}

/* ---- nodes ---- */

static enum err eval_test(const struct where_node *node, const struct value *values,
                          struct expr_run *const *runs, struct arena *scratch,
                          struct cell *out_cell) {
	struct value value = VALUE_ABSENT;
	bool match = false;
	if (node->left->kind == WHERE_FIELD) {
		value = values[node->left->field];
	} else {
		struct cell cell;
		TRY(where_eval(node->left, values, runs, scratch, &cell));
		if (cell.kind != CELL_NONE) {
			value = (struct value){cell.kind == CELL_LIST ? VALUE_LIST : VALUE_STRING,
			                       cell_text(scratch, cell)};
		}
	}
	TRY(expr_run_match(runs[node->test_number], value, &match));
	*out_cell = boolean(match);
	return ERR_OK;
}

/* a and (b and (c ...)): the right side is gone on with, not called. */
static enum err eval_chain(const struct where_node *node, const struct value *values,
                           struct expr_run *const *runs, struct arena *scratch,
                           struct cell *out_cell) {
	enum where_kind kind = node->kind;
	bool decides = kind == WHERE_OR; /* the value that ends the chain */
	for (;; node = node->right) {
		bool last = node->kind != kind;
		struct cell cell;
		TRY(where_eval(last ? node : node->left, values, runs, scratch, &cell));
		if (last || cell_true(cell) == decides) {
			*out_cell = boolean(cell_true(cell));
			return ERR_OK;
		}
	}
}

enum err where_eval(const struct where_node *node, const struct value *values,
                    struct expr_run *const *runs, struct arena *scratch, struct cell *out_cell) {
	struct cell left = {.kind = CELL_NONE};
	struct cell right = {.kind = CELL_NONE};
	switch (node->kind) {
	case WHERE_LITERAL:
		*out_cell = node->literal;
		return ERR_OK;
	case WHERE_FIELD:
		*out_cell = cell_of(values[node->field]);
		return ERR_OK;
	case WHERE_TEST:
		return eval_test(node, values, runs, scratch, out_cell);
	case WHERE_AND:
	case WHERE_OR:
		return eval_chain(node, values, runs, scratch, out_cell);
	case WHERE_NOT:
	case WHERE_NEGATE:
	case WHERE_CALL:
	case WHERE_COMPARE:
	case WHERE_ADD:
	case WHERE_SUBTRACT:
	case WHERE_MULTIPLY:
	case WHERE_DIVIDE:
	case WHERE_REMAINDER:
	default:
		break;
	}
	TRY(where_eval(node->left, values, runs, scratch, &left));
	if (node->right != NULL) {
		TRY(where_eval(node->right, values, runs, scratch, &right));
	}
	if (node->kind == WHERE_NOT) {
		*out_cell = boolean(!cell_true(left));
	} else if (node->kind == WHERE_NEGATE) {
		*out_cell = compute(WHERE_SUBTRACT, (struct cell){.kind = CELL_INTEGER}, left);
	} else if (node->kind == WHERE_CALL) {
		*out_cell = node->function->call(scratch, left);
	} else if (node->kind == WHERE_COMPARE) {
		*out_cell = boolean(compare_cells(node->compare, left, right));
	} else {
		*out_cell = compute(node->kind, left, right);
	}
	return ERR_OK;
}

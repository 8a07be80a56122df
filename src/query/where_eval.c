/* Evaluating expressions. What is absent makes every comparison false and every computation absent.
 */
#include <math.h>

#include "base/limits.h"
#include "expr/regex.h"
#include "query/where.h"

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
		return fmod(a, b);
	}
}

static enum err compute(const struct where_call *call, enum where_kind kind, struct cell left,
                        struct cell right, struct cell *out_cell) {
	int64_t integer;
	*out_cell = cell_none();
	if (!cell_is_number(left) || !cell_is_number(right)) {
		return where_compute_time(call, kind, left, right, out_cell);
	}
	if (left.kind == CELL_INTEGER && right.kind == CELL_INTEGER &&
	    compute_integers(kind, left.integer, right.integer, &integer)) {
		*out_cell = cell_integer(integer);
	} else {
		*out_cell = cell_real(compute_reals(kind, cell_as_real(left), cell_as_real(right)));
	}
	return ERR_OK;
}

/* ---- nodes ---- */

/* ERR_LIMIT with its reason. */
static enum err gave_up(struct where_run *eval) {
	enum err err =
	    diag_set(eval->run->diag, ERR_LIMIT, "a regular expression of where gave up after %u steps",
	             LIMIT_REGEX_MATCH);
	diag_hint(eval->run->diag, "make it simpler: no repetition inside a repetition, as in (a+)+");
	return err;
}

static enum err too_long(struct where_run *eval) {
	return diag_set(eval->run->diag, ERR_LIMIT,
	                "the functions of an expression make more than %zu MiB of text of one row",
	                LIMIT_EXPRESSION_TEXT >> 20);
}

static enum err eval_test(const struct where_node *node, struct where_run *eval,
                          const struct value *values, struct cell *out_cell) {
	struct value value = VALUE_ABSENT;
	bool match = false;
	if (node->left->kind == WHERE_FIELD) {
		value = values[node->left->field];
	} else {
		struct cell cell;
		TRY(where_eval(node->left, eval, values, &cell));
		if (cell.kind != CELL_NONE) {
			value = (struct value){cell.kind == CELL_LIST ? VALUE_LIST : VALUE_STRING,
			                       cell_text(eval->call.scratch, cell)};
		}
	}
	if (expr_run_match(eval->tests[node->test_number], value, &match) != ERR_OK) {
		return gave_up(eval);
	}
	*out_cell = cell_bool(match);
	return ERR_OK;
}

/* a and (b and (c ...)): the right side is gone on with, not called. */
static enum err eval_chain(const struct where_node *node, struct where_run *eval,
                           const struct value *values, struct cell *out_cell) {
	enum where_kind kind = node->kind;
	bool decides = kind == WHERE_OR; /* the value that ends the chain */
	for (;; node = node->right) {
		bool last = node->kind != kind;
		struct cell cell;
		TRY(where_eval(last ? node : node->left, eval, values, &cell));
		if (last || cell_true(cell) == decides) {
			*out_cell = cell_bool(cell_true(cell));
			return ERR_OK;
		}
	}
}

static enum err eval_replace(const struct where_node *node, struct where_run *eval,
                             const struct value *values, struct cell *out_cell) {
	CLEANUP(buf_deinit) struct buf out = {0};
	struct cell text;
	struct cell with;
	TRY(where_eval(node->left, eval, values, &text));
	TRY(where_eval(node->right, eval, values, &with));
	*out_cell = cell_none();
	if (text.kind == CELL_NONE || with.kind == CELL_NONE || text.kind == CELL_LIST) {
		return ERR_OK;
	}
	struct arena *scratch = eval->call.scratch;
	enum err err = regex_replace(eval->where->regexes[node->test_number],
	                             eval->regexes[node->test_number], cell_text(scratch, text),
	                             cell_text(scratch, with), LIMIT_EXPRESSION_TEXT, &out);
	if (err != ERR_OK) {
		return out.len > LIMIT_EXPRESSION_TEXT ? too_long(eval) : gave_up(eval);
	}
	return where_make_text(&eval->call, buf_str(&out), out_cell) == ERR_OK ? ERR_OK
	                                                                       : too_long(eval);
}

static enum err eval_case(const struct where_node *node, struct where_run *eval,
                          const struct value *values, struct cell *out_cell) {
	size_t i = 0;
	for (; i + 1 < node->arguments_count; i += 2) {
		struct cell condition;
		TRY(where_eval(node->arguments[i], eval, values, &condition));
		if (cell_true(condition)) {
			return where_eval(node->arguments[i + 1], eval, values, out_cell);
		}
	}
	*out_cell = cell_none();
	return i < node->arguments_count ? where_eval(node->arguments[i], eval, values, out_cell)
	                                 : ERR_OK;
}

static enum err eval_coalesce(const struct where_node *node, struct where_run *eval,
                              const struct value *values, struct cell *out_cell) {
	*out_cell = cell_none();
	for (size_t i = 0; i < node->arguments_count && out_cell->kind == CELL_NONE; i++) {
		TRY(where_eval(node->arguments[i], eval, values, out_cell));
	}
	return ERR_OK;
}

static enum err eval_call(const struct where_node *node, struct where_run *eval,
                          const struct value *values, struct cell *out_cell) {
	struct cell arguments[WHERE_ARGUMENTS_MAX];
	for (size_t i = 0; i < node->arguments_count; i++) {
		TRY(where_eval(node->arguments[i], eval, values, &arguments[i]));
	}
	enum err err = node->function->call(&eval->call, arguments, node->arguments_count, out_cell);
	return err == ERR_LIMIT ? too_long(eval) : err;
}

static enum err eval_operator(const struct where_node *node, struct where_run *eval,
                              const struct value *values, struct cell *out_cell) {
	struct cell left;
	struct cell right = cell_none();
	TRY(where_eval(node->left, eval, values, &left));
	if (node->right != NULL) {
		TRY(where_eval(node->right, eval, values, &right));
	}
	if (node->kind == WHERE_NOT) {
		*out_cell = cell_bool(!cell_true(left));
		return ERR_OK;
	}
	if (node->kind == WHERE_COMPARE) {
		*out_cell = cell_bool(cell_compare(node->compare, left, right));
		return ERR_OK;
	}
	enum err err = node->kind == WHERE_NEGATE
	                   ? compute(&eval->call, WHERE_SUBTRACT, cell_integer(0), left, out_cell)
	                   : compute(&eval->call, node->kind, left, right, out_cell);
	return err == ERR_LIMIT ? too_long(eval) : err;
}

enum err where_eval(const struct where_node *node, struct where_run *eval,
                    const struct value *values, struct cell *out_cell) {
	switch (node->kind) {
	case WHERE_LITERAL:
		*out_cell = node->literal;
		return ERR_OK;
	case WHERE_FIELD:
		*out_cell = cell_of(values[node->field]);
		return ERR_OK;
	case WHERE_TEST:
		return eval_test(node, eval, values, out_cell);
	case WHERE_AND:
	case WHERE_OR:
		return eval_chain(node, eval, values, out_cell);
	case WHERE_REPLACE:
		return eval_replace(node, eval, values, out_cell);
	case WHERE_CASE:
		return eval_case(node, eval, values, out_cell);
	case WHERE_COALESCE:
		return eval_coalesce(node, eval, values, out_cell);
	case WHERE_CALL:
		return eval_call(node, eval, values, out_cell);
	case WHERE_NOT:
	case WHERE_NEGATE:
	case WHERE_COMPARE:
	case WHERE_ADD:
	case WHERE_SUBTRACT:
	case WHERE_MULTIPLY:
	case WHERE_DIVIDE:
	case WHERE_REMAINDER:
	default:
		return eval_operator(node, eval, values, out_cell);
	}
}

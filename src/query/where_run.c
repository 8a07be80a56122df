/* What an operator keeps to evaluate expressions: the runs of their tests and regular expressions,
 * and room for the texts of one row.
 */
#include "base/limits.h"
#include "expr/regex.h"
#include "query/where.h"

struct where_run *where_run_new(struct run *run, const struct where *where) {
	struct where_run *eval = calloc(1, sizeof(*eval));
	ASSERT(eval != NULL);
	eval->run = run;
	eval->where = where;
	eval->call.scratch = arena_new(SIZE_MAX);
	eval->call.options = run->options;
	eval->tests = calloc(where->tests_count + 1, sizeof(*eval->tests));
	eval->regexes = calloc(where->regexes_count + 1, sizeof(*eval->regexes));
	ASSERT(eval->tests != NULL && eval->regexes != NULL);
	for (size_t i = 0; i < where->tests_count; i++) {
		eval->tests[i] = expr_run_new(where->tests[i]);
	}
	for (size_t i = 0; i < where->regexes_count; i++) {
		eval->regexes[i] = regex_run_new(where->regexes[i]);
	}
	return eval;
}

void where_run_free(struct where_run *eval) {
	if (eval == NULL) {
		return;
	}
	for (size_t i = 0; i < eval->where->tests_count; i++) {
		expr_run_free(eval->tests[i]);
	}
	for (size_t i = 0; i < eval->where->regexes_count; i++) {
		regex_run_free(eval->regexes[i]);
	}
	arena_free(eval->call.scratch);
	free(eval->tests);
	free(eval->regexes);
	free(eval);
}

enum err where_run_next(struct where_run *eval) {
	size_t used = arena_used(eval->call.scratch);
	if (used > eval->scratch_counted) {
		size_t more = used - eval->scratch_counted;
		eval->scratch_counted = used;
		TRY(run_take(eval->run, more));
	}
	arena_reset(eval->call.scratch);
	return run_tick(eval->run);
}

struct arena *where_run_scratch(struct where_run *eval) {
	return eval->call.scratch;
}

enum err where_make_text(const struct where_call *call, struct str text, struct cell *out_cell) {
	if (text.len > LIMIT_EXPRESSION_TEXT ||
	    arena_used(call->scratch) > LIMIT_EXPRESSION_TEXT - text.len) {
		return ERR_LIMIT;
	}
	*out_cell = cell_string(arena_str(call->scratch, text));
	return ERR_OK;
}

/* where EXPRESSION: rows for which it is true go on. */
#include "base/limits.h"
#include "query/where.h"

struct filtering {
	struct expr_run **runs;
	struct arena *scratch;
};

static enum err parse(struct parser *p, void **out_spec) {
	struct where *where = ARENA_NEW(p->arena, struct where);
	TRY(where_parse(p, where));
	*out_spec = where;
	return ERR_OK;
}

static enum err push(struct op *op, const struct flow_row *row) {
	const struct where *where = op->stage->spec;
	struct filtering *filtering = op->state;
	struct cell cell = {.kind = CELL_NONE};
	arena_reset(filtering->scratch);
	enum err err = where_eval(where->root, row->values, filtering->runs, filtering->scratch, &cell);
	if (err == ERR_LIMIT) {
		(void)diag_set(op->run->diag, err, "a regular expression of where gave up after %u steps",
		               LIMIT_REGEX_MATCH);
		diag_hint(op->run->diag, "make it simpler: no repetition inside a repetition, as in (a+)+");
	}
	TRY(err);
	return cell_true(cell) ? op_pass(op, row) : run_tick(op->run);
}

static void where_free(struct op *op) {
	const struct where *where = op->stage->spec;
	struct filtering *filtering = op->state;
	for (size_t i = 0; i < where->tests_count; i++) {
		expr_run_free(filtering->runs[i]);
	}
	arena_free(filtering->scratch);
}

static struct op *make(struct run *run, const struct stage *stage) {
	const struct where *where = stage->spec;
	struct op *op = ARENA_NEW(run->arena, struct op);
	struct filtering *filtering = ARENA_NEW(run->arena, struct filtering);
	filtering->runs = ARENA_ARRAY(run->arena, where->tests_count + 1, struct expr_run *);
	filtering->scratch = arena_new(SIZE_MAX);
	for (size_t i = 0; i < where->tests_count; i++) {
		filtering->runs[i] = expr_run_new(where->tests[i]);
	}
	*op =
	    (struct op){.state = filtering, .push = push, .finish = op_finish_next, .free = where_free};
	return op;
}

const struct pipe_kind pipe_where = {
    .name = STR_INIT("where"),
    .usage = STR_INIT("where EXPRESSION"),
    .help = STR_INIT("rows for which a comparison of fields is true: where n > 20 and ..."),
    .flags = PIPE_STREAMS,
    .parse = parse,
    .make = make,
};

/* eval NAME = EXPRESSION, NAME = EXPRESSION...: new columns, each may use those before it. */
#include "query/where.h"

struct assignment {
	uint32_t field;
	struct where_node *root;
};

struct eval {
	struct where where;
	struct assignment *assignments;
	size_t count;
};

struct evaluating {
	struct where_run *run;
	struct value *values;
};

static enum err parse_one(struct parser *p, struct eval *eval) {
	struct str name;
	parser_skip(p);
	size_t first = p->at;
	struct assignment *assignment = &eval->assignments[eval->count];
	TRY(pipe_name(p, &name));
	size_t behind = p->at;
	if (!pipe_take(p, '=')) {
		enum err err = pipe_expected(p, "'=' and an expression");
		diag_hint(p->diag, "eval mb = bytes / 1048576");
		return err;
	}
	TRY(where_parse(p, &eval->where, &assignment->root));
	TRY(pipe_new_field(p, name, first, behind - first, &assignment->field));
	eval->count++;
	return ERR_OK;
}

static enum err eval_parse(struct parser *p, void **out_spec) {
	struct eval *eval = ARENA_NEW(p->arena, struct eval);
	eval->assignments = ARENA_ARRAY(p->arena, PIPE_FIELDS_MAX, struct assignment);
	where_init(p, &eval->where);
	do {
		if (eval->count == PIPE_FIELDS_MAX) {
			return diag_set_at(p->diag, ERR_LIMIT, p->at, 0, "eval makes at most %d columns",
			                   PIPE_FIELDS_MAX);
		}
		TRY(parse_one(p, eval));
	} while (pipe_take(p, ','));
	*out_spec = eval;
	return ERR_OK;
}

static enum err eval_push(struct op *op, const struct flow_row *row) {
	const struct eval *eval = op->stage->spec;
	struct evaluating *state = op->state;
	struct flow_row changed = *row;
	TRY(where_run_next(state->run));
	memcpy(state->values, row->values, op->run->query->fields_count * sizeof(*state->values));
	for (size_t i = 0; i < eval->count; i++) {
		struct cell cell;
		TRY(where_eval(eval->assignments[i].root, state->run, state->values, &cell));
		state->values[eval->assignments[i].field] = cell_value(where_run_scratch(state->run), cell);
	}
	changed.values = state->values;
	return op_pass(op, &changed);
}

static void eval_free(struct op *op) {
	struct evaluating *state = op->state;
	where_run_free(state->run);
}

static struct op *eval_make(struct run *run, const struct stage *stage) {
	const struct eval *eval = stage->spec;
	struct op *op = ARENA_NEW(run->arena, struct op);
	struct evaluating *state = ARENA_NEW(run->arena, struct evaluating);
	state->run = where_run_new(run, &eval->where);
	state->values = ARENA_ARRAY(run->arena, run->query->fields_count + 1, struct value);
	*op =
	    (struct op){.state = state, .push = eval_push, .finish = op_finish_next, .free = eval_free};
	return op;
}

const struct pipe_kind pipe_eval = {
    .name = STR_INIT("eval"),
    .usage = STR_INIT("eval NAME = EXPRESSION, NAME = EXPRESSION..."),
    .help = STR_INIT("new columns: eval mb = round(bytes / 1048576, 1)"),
    .flags = PIPE_STREAMS | PIPE_ALONE,
    .parse = eval_parse,
    .make = eval_make,
};

/* where EXPRESSION: rows for which it is true go on. */
#include "query/where.h"

struct condition {
	struct where where;
	struct where_node *root;
};

static enum err parse(struct parser *p, void **out_spec) {
	struct condition *condition = ARENA_NEW(p->arena, struct condition);
	where_init(p, &condition->where);
	TRY(where_parse(p, &condition->where, &condition->root));
	*out_spec = condition;
	return ERR_OK;
}

static enum err push(struct op *op, const struct flow_row *row) {
	const struct condition *condition = op->stage->spec;
	struct cell cell;
	TRY(where_run_next(op->state));
	TRY(where_eval(condition->root, op->state, row->values, &cell));
	return cell_true(cell) ? op_pass(op, row) : ERR_OK;
}

static void where_free(struct op *op) {
	where_run_free(op->state);
}

static struct op *make(struct run *run, const struct stage *stage) {
	const struct condition *condition = stage->spec;
	struct op *op = ARENA_NEW(run->arena, struct op);
	*op = (struct op){.state = where_run_new(run, &condition->where),
	                  .push = push,
	                  .finish = op_finish_next,
	                  .free = where_free};
	return op;
}

const struct pipe_kind pipe_where = {
    .name = STR_INIT("where"),
    .usage = STR_INIT("where EXPRESSION"),
    .help = STR_INIT("rows for which a comparison of fields is true: where n > 20 and ..."),
    .flags = PIPE_STREAMS | PIPE_ALONE,
    .parse = parse,
    .make = make,
};

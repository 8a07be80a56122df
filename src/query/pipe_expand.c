/* expand FIELD: a row for each element of a list; other rows go on as they are. */
#include "query/pipe.h"

struct expand {
	uint32_t field;
};

static enum err expand_parse(struct parser *p, void **out_spec) {
	struct expand *expand = ARENA_NEW(p->arena, struct expand);
	parser_skip(p);
	size_t first = p->at;
	TRY(pipe_field(p, &expand->field));
	if (!p->table) {
		struct str name = p->fields[expand->field].name;
		TRY(pipe_new_field(p, name, first, p->at - first, &expand->field));
	}
	*out_spec = expand;
	return ERR_OK;
}

static enum err expand_push(struct op *op, const struct flow_row *row) {
	const struct expand *expand = op->stage->spec;
	struct value *values = op->state;
	struct value list = row->values[expand->field];
	struct flow_row changed = *row;
	size_t at = 0;
	if (list.kind != VALUE_LIST) {
		return op_pass(op, row);
	}
	memcpy(values, row->values, op->run->query->fields_count * sizeof(*values));
	changed.values = values;
	while (!op->full && value_list_next(list.text, &at, &values[expand->field])) {
		TRY(run_tick(op->run));
		TRY(op_pass(op, &changed));
	}
	return ERR_OK;
}

static struct op *expand_make(struct run *run, const struct stage *stage) {
	struct op *op = ARENA_NEW(run->arena, struct op);
	(void)stage;
	*op = (struct op){.state = ARENA_ARRAY(run->arena, run->query->fields_count + 1, struct value),
	                  .push = expand_push,
	                  .finish = op_finish_next};
	return op;
}

const struct pipe_kind pipe_expand = {
    .name = STR_INIT("expand"),
    .usage = STR_INIT("expand FIELD"),
    .help = STR_INIT("a row for each element of a list"),
    .flags = PIPE_STREAMS | PIPE_ALONE,
    .parse = expand_parse,
    .make = expand_make,
};

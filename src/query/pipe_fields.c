/* fields A, B: a table of these columns; fields -A, -B: all but these. */
#include "query/pipe.h"

/* Columns without the listed ones. */
static void drop_columns(struct parser *p, const struct field_list *list) {
	uint32_t *left = ARENA_ARRAY(p->arena, p->columns_count + 1, uint32_t);
	size_t count = 0;
	for (size_t i = 0; i < p->columns_count; i++) {
		bool dropped = false;
		for (size_t k = 0; k < list->count; k++) {
			dropped = dropped || list->items[k] == p->columns[i];
		}
		if (!dropped) {
			left[count++] = p->columns[i];
		}
	}
	p->columns = left;
	p->columns_count = count;
}

static void drop_fields(struct parser *p, const struct field_list *list) {
	uint32_t *all = ARENA_ARRAY(p->arena, p->dropped_count + list->count, uint32_t);
	if (p->dropped_count > 0) {
		memcpy(all, p->dropped, p->dropped_count * sizeof(*all));
	}
	memcpy(all + p->dropped_count, list->items, list->count * sizeof(*all));
	p->dropped = all;
	p->dropped_count += list->count;
}

/* A column that comes twice would be a key that comes twice in JSON. */
static enum err check_new(struct parser *p, const struct field_list *list, uint32_t field,
                          size_t position) {
	for (size_t i = 0; i < list->count; i++) {
		if (list->items[i] == field) {
			return diag_set_at(p->diag, ERR_INVALID, position, p->at - position,
			                   "this field stands here twice");
		}
	}
	return ERR_OK;
}

static enum err fields_parse(struct parser *p, void **out_spec) {
	struct field_list list = {0};
	bool drop = pipe_take(p, '-');
	(void)out_spec;
	for (;;) {
		uint32_t field;
		parser_skip(p);
		size_t first = p->at;
		TRY(pipe_field(p, &field));
		TRY(check_new(p, &list, field, first));
		TRY(field_list_add(p, &list, field));
		if (pipe_at_end(p)) {
			break;
		}
		(void)pipe_take(p, ',');
		if (pipe_take(p, '-') != drop) {
			return pipe_expected(p, drop ? "another -FIELD" : "a field without '-'");
		}
	}
	if (drop && p->table) {
		drop_columns(p, &list);
		if (p->columns_count == 0) {
			return diag_set_at(p->diag, ERR_INVALID, p->at, 0, "no column would be left");
		}
	} else if (drop) {
		drop_fields(p, &list);
	} else {
		p->table = true;
		p->columns = list.items;
		p->columns_count = list.count;
	}
	return ERR_OK;
}

static enum err fields_push(struct op *op, const struct flow_row *row) {
	return op_pass(op, row);
}

static struct op *fields_make(struct run *run, const struct stage *stage) {
	struct op *op = ARENA_NEW(run->arena, struct op);
	(void)stage;
	*op = (struct op){.push = fields_push, .finish = op_finish_next};
	return op;
}

const struct pipe_kind pipe_fields = {
    .name = STR_INIT("fields"),
    .usage = STR_INIT("fields FIELD, FIELD... | fields -FIELD, -FIELD..."),
    .help = STR_INIT("a table of these fields; with -: all but these"),
    .flags = PIPE_STREAMS | PIPE_ALONE,
    .parse = fields_parse,
    .make = fields_make,
};

/* rename FIELD as NAME, ...: all at once, so that two may change their names with each other. */
#include "query/pipe.h"

struct rename {
	struct field_list from, to;
};

/* The positions of what was read, for errors. */
struct rename_names {
	struct str name;
	size_t position, end;
};

static enum err read_pairs(struct parser *p, struct rename *rename, struct rename_names *names) {
	do {
		uint32_t field;
		parser_skip(p);
		size_t first = p->at;
		TRY(pipe_field(p, &field));
		for (size_t i = 0; i < rename->from.count; i++) {
			if (rename->from.items[i] == field) {
				return diag_set_at(p->diag, ERR_INVALID, first, p->at - first,
				                   "this field stands here twice");
			}
		}
		if (!p->table && pipe_is_of_record(p->fields[field].name)) {
			enum err err = diag_set_at(p->diag, ERR_INVALID, first, p->at - first,
			                           "'%.*s' belongs to the record and stays as it is",
			                           STR_ARG(p->fields[field].name));
			diag_hint(p->diag, "eval NAME = %.*s makes a copy", STR_ARG(p->fields[field].name));
			return err;
		}
		TRY(field_list_add(p, &rename->from, field));
		if (!pipe_take_word(p, STR("as"))) {
			return pipe_expected(p, "as NAME");
		}
		struct rename_names *name = &names[rename->from.count - 1];
		parser_skip(p);
		name->position = p->at;
		TRY(pipe_name(p, &name->name));
		name->end = p->at;
	} while (pipe_take(p, ','));
	return ERR_OK;
}

static bool has(const struct field_list *list, uint32_t field) {
	for (size_t i = 0; i < list->count; i++) {
		if (list->items[i] == field) {
			return true;
		}
	}
	return false;
}

/* Columns keep their places; none may come twice. */
static enum err rename_columns(struct parser *p, struct rename *rename,
                               const struct rename_names *names) {
	uint32_t *columns = ARENA_ARRAY(p->arena, p->columns_count + 1, uint32_t);
	memcpy(columns, p->columns, p->columns_count * sizeof(*columns));
	for (size_t i = 0; i < rename->from.count; i++) {
		uint32_t to = parser_field(p, names[i].name);
		bool twice = has(&rename->to, to);
		for (size_t k = 0; k < p->columns_count; k++) {
			twice = twice || (p->columns[k] == to && !has(&rename->from, to));
			if (p->columns[k] == rename->from.items[i]) {
				columns[k] = to;
			}
		}
		if (twice) {
			return diag_set_at(p->diag, ERR_INVALID, names[i].position,
			                   names[i].end - names[i].position, "there is a column '%.*s' already",
			                   STR_ARG(str_slice(names[i].name, 0, 80)));
		}
		TRY(field_list_add(p, &rename->to, to));
	}
	p->columns = columns;
	return ERR_OK;
}

static enum err rename_fields(struct parser *p, struct rename *rename,
                              const struct rename_names *names) {
	for (size_t i = 0; i < rename->from.count; i++) {
		pipe_drop_field(p, rename->from.items[i]);
	}
	for (size_t i = 0; i < rename->from.count; i++) {
		uint32_t to;
		size_t length = names[i].end - names[i].position;
		TRY(pipe_new_field(p, names[i].name, names[i].position, length, &to));
		if (has(&rename->to, to)) {
			return diag_set_at(p->diag, ERR_INVALID, names[i].position, length,
			                   "this name stands here twice");
		}
		TRY(field_list_add(p, &rename->to, to));
	}
	return ERR_OK;
}

static enum err rename_parse(struct parser *p, void **out_spec) {
	struct rename *rename = ARENA_NEW(p->arena, struct rename);
	struct rename_names *names = ARENA_ARRAY(p->arena, PIPE_FIELDS_MAX, struct rename_names);
	TRY(read_pairs(p, rename, names));
	*out_spec = rename;
	return p->table ? rename_columns(p, rename, names) : rename_fields(p, rename, names);
}

static enum err rename_push(struct op *op, const struct flow_row *row) {
	const struct rename *rename = op->stage->spec;
	struct value *values = op->state;
	struct flow_row changed = *row;
	memcpy(values, row->values, op->run->query->fields_count * sizeof(*values));
	for (size_t i = 0; i < rename->from.count; i++) {
		values[rename->from.items[i]] = VALUE_ABSENT;
	}
	for (size_t i = 0; i < rename->from.count; i++) {
		values[rename->to.items[i]] = row->values[rename->from.items[i]];
	}
	changed.values = values;
	return op_pass(op, &changed);
}

static struct op *rename_make(struct run *run, const struct stage *stage) {
	struct op *op = ARENA_NEW(run->arena, struct op);
	(void)stage;
	*op = (struct op){.state = ARENA_ARRAY(run->arena, run->query->fields_count + 1, struct value),
	                  .push = rename_push,
	                  .finish = op_finish_next};
	return op;
}

const struct pipe_kind pipe_rename = {
    .name = STR_INIT("rename"),
    .usage = STR_INIT("rename FIELD as NAME, FIELD as NAME..."),
    .help = STR_INIT("other names for fields or columns"),
    .flags = PIPE_STREAMS | PIPE_ALONE,
    .parse = rename_parse,
    .make = rename_make,
};

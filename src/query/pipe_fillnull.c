/* fillnull [value=X] [FIELD, ...]: a value in place of what is absent; 0 in all columns of a table
 * by default.
 */
#include "query/pipe.h"

struct fillnull {
	struct value value;
	struct field_list fields;
};

static enum err read_value(struct parser *p, struct value *out_value) {
	struct str text;
	if (!pipe_take(p, '=')) {
		return pipe_expected(p, "'=' and a value");
	}
	parser_skip(p);
	bool quoted = parser_peek(p, 0) == '"';
	if (parser_peek(p, 0) == '-') { /* the dash that stands for nothing in many logs */
		*out_value = value_string(STR("-"));
		p->at++;
		return ERR_OK;
	}
	if (quoted) {
		TRY(parser_quoted(p, &text));
	} else {
		TRY(pipe_name(p, &text));
	}
	double number;
	bool is_number = !quoted && str_to_double(text, &number);
	*out_value = (struct value){is_number ? VALUE_NUMBER : VALUE_STRING, text};
	return ERR_OK;
}

static enum err fillnull_parse(struct parser *p, void **out_spec) {
	struct fillnull *fill = ARENA_NEW(p->arena, struct fillnull);
	fill->value = (struct value){VALUE_NUMBER, STR("0")};
	parser_skip(p);
	size_t first = p->at;
	if (pipe_take_word(p, STR("value"))) {
		TRY(read_value(p, &fill->value));
	}
	if (pipe_at_end(p)) {
		if (!p->table) {
			p->at = first;
			enum err err = pipe_expected(p, "a field");
			diag_hint(p->diag, "records may have any fields; say which: fillnull value=0 bytes");
			return err;
		}
		for (size_t i = 0; i < p->columns_count; i++) {
			TRY(field_list_add(p, &fill->fields, parser_field(p, p->fields[p->columns[i]].name)));
		}
	} else {
		TRY(pipe_fields_list(p, &fill->fields));
	}
	for (size_t i = 0; !p->table && i < fill->fields.count; i++) {
		struct str name = p->fields[fill->fields.items[i]].name;
		TRY(pipe_new_field(p, name, first, p->at - first, &fill->fields.items[i]));
	}
	*out_spec = fill;
	return ERR_OK;
}

static enum err fillnull_push(struct op *op, const struct flow_row *row) {
	const struct fillnull *fill = op->stage->spec;
	struct value *values = op->state;
	struct flow_row changed = *row;
	memcpy(values, row->values, op->run->query->fields_count * sizeof(*values));
	for (size_t i = 0; i < fill->fields.count; i++) {
		struct value *value = &values[fill->fields.items[i]];
		*value = value->kind == VALUE_NONE ? fill->value : *value;
	}
	changed.values = values;
	return op_pass(op, &changed);
}

static struct op *fillnull_make(struct run *run, const struct stage *stage) {
	struct op *op = ARENA_NEW(run->arena, struct op);
	(void)stage;
	*op = (struct op){.state = ARENA_ARRAY(run->arena, run->query->fields_count + 1, struct value),
	                  .push = fillnull_push,
	                  .finish = op_finish_next};
	return op;
}

const struct pipe_kind pipe_fillnull = {
    .name = STR_INIT("fillnull"),
    .usage = STR_INIT("fillnull [value=X] [FIELD, ...]"),
    .help = STR_INIT("a value, 0 by default, where there is none"),
    .flags = PIPE_STREAMS | PIPE_ALONE,
    .parse = fillnull_parse,
    .make = fillnull_make,
};

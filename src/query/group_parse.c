/* Reading FUNCTION [as NAME], ... [by FIELD, ...]. */
#include "query/group.h"

#include "query/number.h"

uint32_t group_result_field(struct parser *p, struct str name) {
	return parser_field(p, name);
}

static enum err unknown_function(struct parser *p, struct str name, size_t position) {
	const struct agg_kind *kinds;
	size_t count = agg_table(&kinds);
	CLEANUP(buf_deinit) struct buf all = {0};
	for (size_t i = 0; i < count; i++) {
		buf_printf(&all, "%s%.*s", i > 0 ? ", " : "", STR_ARG(kinds[i].name));
	}
	enum err err = diag_set_at(p->diag, ERR_INVALID, position, name.len,
	                           "there is no function '%.*s'", STR_ARG(str_slice(name, 0, 40)));
	diag_hint(p->diag, "the functions are %.*s", STR_ARG(buf_str(&all)));
	return err;
}

static enum err read_percent(struct parser *p, struct group_function *function) {
	if (function->kind->percent >= 0) {
		return ERR_OK;
	}
	if (!pipe_take(p, ',')) {
		return pipe_expected(p, "a comma and a number from 0 to 100");
	}
	parser_skip(p);
	struct str text = str_slice(p->text, p->at, p->at + pipe_name_length(p));
	if (!agg_read_percent(text, &function->thousandths)) {
		return pipe_expected(p, "a number from 0 to 100");
	}
	p->at += text.len;
	return ERR_OK;
}

static enum err read_arguments(struct parser *p, struct group_function *function) {
	const struct agg_kind *kind = function->kind;
	function->field = UINT32_MAX;
	if (!pipe_take(p, '(')) {
		if (kind->whole_rows) {
			return ERR_OK;
		}
		enum err err = pipe_expected(p, "'('");
		diag_hint(p->diag, "%.*s", STR_ARG(kind->usage));
		return err;
	}
	parser_skip(p);
	if (parser_peek(p, 0) != ')' || !kind->whole_rows) {
		TRY(pipe_field(p, &function->field));
		TRY(read_percent(p, function));
	}
	return pipe_take(p, ')') ? ERR_OK : pipe_expected(p, "')'");
}

/* The name of the result: as given, or the call without blanks ("count" for count()). */
static enum err read_result_name(struct parser *p, const struct group_function *function,
                                 struct str *out_name) {
	if (pipe_take_word(p, STR("as"))) {
		return pipe_name(p, out_name);
	}
	struct str name = function->called;
	if (function->field == UINT32_MAX) {
		*out_name = name;
		return ERR_OK;
	}
	struct str field = p->fields[function->field].name;
	CLEANUP(buf_deinit) struct buf percent = {0};
	if (function->kind->percent < 0) {
		buf_append_char(&percent, ',');
		number_append(&percent, function->thousandths / 1000.0);
	}
	*out_name = arena_printf(p->arena, "%.*s(%.*s%.*s)", STR_ARG(name), STR_ARG(field),
	                         STR_ARG(buf_str(&percent)));
	return ERR_OK;
}

static enum err check_new(struct parser *p, const struct group_function *functions, size_t count,
                          struct str name, size_t position) {
	for (size_t i = 0; i < count; i++) {
		if (str_eq(p->fields[functions[i].out].name, name)) {
			return diag_set_at(p->diag, ERR_INVALID, position, p->at - position,
			                   "there is a column '%.*s' already", STR_ARG(str_slice(name, 0, 80)));
		}
	}
	return ERR_OK;
}

enum err group_parse_function(struct parser *p, struct group_function *functions, size_t *count) {
	struct str name;
	parser_skip(p);
	size_t first = p->at;
	if (*count == GROUP_FUNCTIONS_MAX) {
		return diag_set_at(p->diag, ERR_LIMIT, first, 0, "at most %d functions are possible",
		                   GROUP_FUNCTIONS_MAX);
	}
	struct group_function *function = &functions[*count];
	TRY(pipe_name(p, &name));
	function->kind = agg_find(name, &function->thousandths);
	if (function->kind == NULL) {
		return unknown_function(p, name, first);
	}
	function->called = function->kind->percent > 0 ? name : function->kind->name;
	TRY(read_arguments(p, function));
	TRY(read_result_name(p, function, &name));
	TRY(check_new(p, functions, *count, name, first));
	function->out = group_result_field(p, name);
	(*count)++;
	group_share_states(functions, *count);
	return ERR_OK;
}

void group_share_states(struct group_function *functions, size_t count) {
	for (size_t i = 0; i < count; i++) {
		functions[i].state = (uint32_t)i;
		for (size_t k = 0; k < i && functions[i].state == i; k++) {
			if (functions[k].kind->add == functions[i].kind->add &&
			    functions[k].field == functions[i].field) {
				functions[i].state = (uint32_t)k;
			}
		}
	}
}

static enum err check_by(struct parser *p, const struct group_spec *spec, size_t position) {
	for (size_t i = 0; i < spec->by.count; i++) {
		for (size_t k = 0; k < spec->functions_count; k++) {
			if (spec->functions[k].out == spec->by.items[i]) {
				return diag_set_at(p->diag, ERR_INVALID, position, p->at - position,
				                   "a result and a field to group by have the same name");
			}
		}
	}
	return ERR_OK;
}

struct group_function group_count_function(struct parser *p) {
	uint32_t ignored;
	return (struct group_function){.kind = agg_find(STR("count"), &ignored),
	                               .field = UINT32_MAX,
	                               .out = group_result_field(p, STR("count"))};
}

enum err group_parse(struct parser *p, struct group_spec *spec) {
	bool by = false;
	while (!pipe_at_end(p) && !by) {
		by = pipe_take_word(p, STR("by"));
		if (!by) {
			TRY(group_parse_function(p, spec->functions, &spec->functions_count));
			bool comma = pipe_take(p, ',');
			if (comma && pipe_at_end(p)) {
				return pipe_expected(p, "another function");
			}
		}
	}
	if (spec->functions_count == 0) {
		spec->functions[0] = group_count_function(p);
		spec->functions_count = 1;
	}
	if (by) {
		parser_skip(p);
		size_t first = p->at;
		TRY(pipe_fields_list(p, &spec->by));
		TRY(check_by(p, spec, first));
	}
	return ERR_OK;
}

void group_set_columns(struct parser *p, uint32_t first, const struct group_spec *spec) {
	size_t cap = 1 + spec->by.count + spec->functions_count;
	uint32_t *columns = ARENA_ARRAY(p->arena, cap, uint32_t);
	size_t count = 0;
	if (first != UINT32_MAX) {
		columns[count++] = first;
	}
	for (size_t i = 0; i < spec->by.count; i++) {
		columns[count++] = spec->by.items[i];
	}
	for (size_t i = 0; i < spec->functions_count; i++) {
		columns[count++] = spec->functions[i].out;
	}
	p->table = true;
	p->columns = columns;
	p->columns_count = count;
}

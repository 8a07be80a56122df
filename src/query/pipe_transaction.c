/* transaction KEY, ... [maxspan=5m] [maxpause=30s] [startswith=X] [endswith=X] [with FUNCTIONS]:
 * records with the same keys that follow each other make one row. They come by time, so that only
 * transactions that may go on are kept; each is given out when it ends.
 */
#include "base/instant.h"
#include "base/map.h"
#include "query/group.h"
#include "query/number.h"
#include "query/when.h"
#include "query/where.h"

struct transaction {
	struct field_list keys;
	uint64_t span_max_ns, pause_max_ns; /* UINT64_MAX: none */
	uint64_t events_max;
	struct where where;
	struct where_node *starts, *ends; /* NULL: none */
	struct group_function functions[GROUP_FUNCTIONS_MAX];
	size_t functions_count;
	uint32_t first, last, duration, count, closed_by; /* fields of the result */
};

/* ---- parsing ---- */

static enum err read_duration(struct parser *p, uint64_t *out_ns) {
	struct str text;
	int64_t ns;
	parser_skip(p);
	size_t first = p->at;
	TRY(pipe_name(p, &text));
	if (when_parse_duration(text, &ns, NULL) != ERR_OK) {
		enum err err = diag_set_at(p->diag, ERR_INVALID, first, p->at - first,
		                           "'%.*s' is not a duration", STR_ARG(str_slice(text, 0, 40)));
		diag_hint(p->diag, "write 30s, 5m, 1h, 1d");
		return err;
	}
	*out_ns = (uint64_t)ns;
	return ERR_OK;
}

/* "words of the text", /regex/ of it, or (expression). */
static enum err read_condition(struct parser *p, struct transaction *spec,
                               struct where_node **out_node) {
	struct str text;
	parser_skip(p);
	size_t first = p->at;
	bool quoted = where_at_string(p);
	if (!quoted && parser_peek(p, 0) != '/') {
		if (parser_peek(p, 0) != '(') {
			enum err err = pipe_expected(p, "\"text\", /regex/ or an expression in parentheses");
			diag_hint(p->diag, "endswith=\"session closed\", endswith=(status >= 400)");
			return err;
		}
		p->at++;
		TRY(where_parse(p, &spec->where, out_node));
		return pipe_take(p, ')')
		           ? ERR_OK
		           : diag_set_at(p->diag, ERR_INVALID, first, 1, "this parenthesis is not closed");
	}
	struct where_node *field = where_node_new(p, WHERE_FIELD, NULL, NULL);
	TRY(pipe_field_named(p, STR("event.original"), first, &field->field));
	TRY(where_read_regex(p, &text));
	return where_add_test(p, &spec->where, quoted ? EXPR_WORDS : EXPR_REGEX, text, first, field,
	                      out_node);
}

/* NAME=VALUE; false in *out_known: it is none of ours. */
static enum err read_option(struct parser *p, struct transaction *spec, struct str name,
                            bool *out_known) {
	*out_known = true;
	if (str_eq_nocase(name, STR("maxspan"))) {
		return read_duration(p, &spec->span_max_ns);
	}
	if (str_eq_nocase(name, STR("maxpause"))) {
		return read_duration(p, &spec->pause_max_ns);
	}
	if (str_eq_nocase(name, STR("maxevents"))) {
		return pipe_number(p, UINT64_MAX, &spec->events_max);
	}
	if (str_eq_nocase(name, STR("startswith"))) {
		return read_condition(p, spec, &spec->starts);
	}
	if (str_eq_nocase(name, STR("endswith"))) {
		return read_condition(p, spec, &spec->ends);
	}
	*out_known = false;
	return ERR_OK;
}

static enum err read_key_or_option(struct parser *p, struct transaction *spec) {
	struct str name;
	uint32_t field;
	bool known;
	parser_skip(p);
	size_t first = p->at;
	TRY(pipe_name(p, &name));
	size_t end = p->at;
	if (pipe_take(p, '=')) {
		TRY(read_option(p, spec, name, &known));
		if (known) {
			return ERR_OK;
		}
		enum err err =
		    diag_set_at(p->diag, ERR_INVALID, first, end - first,
		                "transaction has no option '%.*s'", STR_ARG(str_slice(name, 0, 40)));
		diag_hint(p->diag, "the options are maxspan, maxpause, maxevents, startswith, endswith");
		return err;
	}
	p->at = end;
	TRY(pipe_field_named(p, name, first, &field));
	return field_list_add(p, &spec->keys, field);
}

static enum err read_functions(struct parser *p, struct transaction *spec) {
	do {
		TRY(group_parse_function(p, spec->functions, &spec->functions_count));
	} while (pipe_take(p, ','));
	return ERR_OK;
}

static enum err set_columns(struct parser *p, struct transaction *spec, size_t position) {
	size_t cap = spec->keys.count + spec->functions_count + 5;
	uint32_t *columns = ARENA_ARRAY(p->arena, cap, uint32_t);
	size_t count = 0;
	for (size_t i = 0; i < spec->keys.count; i++) {
		columns[count++] = spec->keys.items[i];
	}
	spec->first = columns[count++] = group_result_field(p, STR("first"));
	spec->last = columns[count++] = group_result_field(p, STR("last"));
	spec->duration = columns[count++] = group_result_field(p, STR("duration"));
	spec->count = columns[count++] = group_result_field(p, STR("count"));
	for (size_t i = 0; i < spec->functions_count; i++) {
		columns[count++] = spec->functions[i].out;
	}
	spec->closed_by = columns[count++] = group_result_field(p, STR("closed_by"));
	for (size_t i = 0; i < count; i++) {
		for (size_t k = 0; k < i; k++) {
			if (columns[i] == columns[k]) {
				return diag_set_at(p->diag, ERR_INVALID, position, p->at - position,
				                   "there would be two columns '%.*s'",
				                   STR_ARG(p->fields[columns[i]].name));
			}
		}
	}
	p->table = true;
	p->columns = columns;
	p->columns_count = count;
	return ERR_OK;
}

static enum err transaction_parse(struct parser *p, void **out_spec) {
	struct transaction *spec = ARENA_NEW(p->arena, struct transaction);
	spec->span_max_ns = UINT64_MAX;
	spec->pause_max_ns = UINT64_MAX;
	spec->events_max = UINT64_MAX;
	where_init(p, &spec->where);
	parser_skip(p);
	size_t first = p->at;
	if (p->table) {
		enum err err = pipe_expected(p, "transaction before other tables");
		diag_hint(p->diag, "a table has no records with times left; put transaction first");
		return err;
	}
	bool with = false;
	while (!pipe_at_end(p) && !with) {
		with = pipe_take_word(p, STR("with"));
		TRY(with ? read_functions(p, spec) : read_key_or_option(p, spec));
		(void)pipe_take(p, ',');
	}
	if (p->at == first) {
		return pipe_expected(p, "a field that its records share");
	}
	*out_spec = spec;
	return set_columns(p, spec, first);
}

/* ---- running ---- */

/* One that may go on. In two lists: by the time of the last record, by that of the first. */
struct open {
	struct open *earlier_last, *later_last;
	struct open *earlier_first, *later_first;
	int64_t first_ns, last_ns;
	uint64_t count;
	size_t key; /* its number */
	size_t bytes;
	struct value *keys;
	struct agg_state *states;
};

struct transacting {
	struct map *keys;    /* to the number of the key */
	struct open **opens; /* of each key; NULL: none */
	size_t opens_cap;
	struct open *oldest_last, *newest_last;
	struct open *oldest_first, *newest_first;
	struct where_run *eval;
	struct buf key;
	struct buf *results;
	struct value *values;
	uint64_t given;
};

static void unlink_last(struct transacting *state, struct open *open) {
	*(open->earlier_last != NULL ? &open->earlier_last->later_last : &state->oldest_last) =
	    open->later_last;
	*(open->later_last != NULL ? &open->later_last->earlier_last : &state->newest_last) =
	    open->earlier_last;
}

static void link_last(struct transacting *state, struct open *open) {
	open->earlier_last = state->newest_last;
	open->later_last = NULL;
	*(open->earlier_last != NULL ? &open->earlier_last->later_last : &state->oldest_last) = open;
	state->newest_last = open;
}

static void unlink_first(struct transacting *state, struct open *open) {
	*(open->earlier_first != NULL ? &open->earlier_first->later_first : &state->oldest_first) =
	    open->later_first;
	*(open->later_first != NULL ? &open->later_first->earlier_first : &state->newest_first) =
	    open->earlier_first;
}

static void link_first(struct transacting *state, struct open *open) {
	open->earlier_first = state->newest_first;
	*(open->earlier_first != NULL ? &open->earlier_first->later_first : &state->oldest_first) =
	    open;
	state->newest_first = open;
}

static void free_open(struct op *op, struct open *open) {
	const struct transaction *spec = op->stage->spec;
	group_free_states(op->run, spec->functions, spec->functions_count, open->states);
	run_give_back(op->run, open->bytes);
	free(open);
}

static struct value time_value(const struct run *run, int64_t ns, struct buf *text) {
	int64_t offset_ns = when_to_local(run->options->zone, ns) - ns;
	instant_format(text, ns, (int32_t)(offset_ns / INSTANT_SECOND));
	return value_string(buf_str(text));
}

/* Gives it out and forgets it. */
static enum err close(struct op *op, struct open *open, struct str closed_by) {
	const struct transaction *spec = op->stage->spec;
	struct transacting *state = op->state;
	CLEANUP(buf_deinit) struct buf first = {0};
	CLEANUP(buf_deinit) struct buf last = {0};
	CLEANUP(buf_deinit) struct buf duration = {0};
	CLEANUP(buf_deinit) struct buf count = {0};
	struct value *values = state->values;
	struct flow_row row = {.values = values, .index = state->given++};
	for (size_t i = 0; i < spec->keys.count; i++) {
		values[spec->keys.items[i]] = open->keys[i];
	}
	values[spec->first] = time_value(op->run, open->first_ns, &first);
	values[spec->last] = time_value(op->run, open->last_ns, &last);
	uint64_t length_ns = (uint64_t)open->last_ns - (uint64_t)open->first_ns;
	number_append(&duration, (double)length_ns / (double)INSTANT_SECOND);
	values[spec->duration] = (struct value){VALUE_NUMBER, buf_str(&duration)};
	buf_append_u64(&count, open->count);
	values[spec->count] = (struct value){VALUE_NUMBER, buf_str(&count)};
	values[spec->closed_by] = value_string(closed_by);
	group_results(op->run, spec->functions, spec->functions_count, open->states, state->results,
	              values);
	unlink_last(state, open);
	unlink_first(state, open);
	state->opens[open->key] = NULL;
	enum err err = op->full ? ERR_OK : op_pass(op, &row);
	free_open(op, open);
	return err;
}

/* Those that a record at now_ns comes too late for. */
static enum err close_expired(struct op *op, int64_t now_ns) {
	const struct transaction *spec = op->stage->spec;
	struct transacting *state = op->state;
	while (state->oldest_last != NULL &&
	       (uint64_t)now_ns - (uint64_t)state->oldest_last->last_ns > spec->pause_max_ns) {
		TRY(close(op, state->oldest_last, STR("maxpause")));
	}
	while (state->oldest_first != NULL &&
	       (uint64_t)now_ns - (uint64_t)state->oldest_first->first_ns > spec->span_max_ns) {
		TRY(close(op, state->oldest_first, STR("maxspan")));
	}
	return ERR_OK;
}

/* The number of the row's keys. False in *out_there: one is absent. */
static enum err find_key(struct op *op, const struct flow_row *row, bool *out_there,
                         size_t *out_key) {
	const struct transaction *spec = op->stage->spec;
	struct transacting *state = op->state;
	bool added;
	buf_clear(&state->key);
	for (size_t i = 0; i < spec->keys.count; i++) {
		struct value value = row->values[spec->keys.items[i]];
		if (value.kind == VALUE_NONE) {
			*out_there = false;
			return ERR_OK;
		}
		pipe_append_key(&state->key, value);
	}
	*out_there = true;
	size_t count = map_count(state->keys);
	*out_key = (size_t)*map_put(state->keys, buf_str(&state->key), count, &added);
	if (!added) {
		return ERR_OK;
	}
	if (count == state->opens_cap) {
		size_t cap = state->opens_cap * 2 + 64;
		TRY(run_take(op->run, (cap - state->opens_cap) * sizeof(struct open *)));
		state->opens = reallocarray(state->opens, cap, sizeof(struct open *));
		ASSERT(state->opens != NULL);
		state->opens_cap = cap;
	}
	state->opens[count] = NULL;
	return run_take(op->run, state->key.len + PIPE_MAP_ENTRY_BYTES);
}

/* The values of the keys are texts of the map's key. */
static void read_keys(const struct transaction *spec, const struct flow_row *row, struct str key,
                      struct value *out_values) {
	size_t at = 0;
	for (size_t i = 0; i < spec->keys.count; i++) {
		struct value value = row->values[spec->keys.items[i]];
		at += PIPE_KEY_HEAD_BYTES;
		out_values[i] = (struct value){value.kind, str_slice(key, at, at + value.text.len)};
		at += value.text.len;
	}
}

static enum err open_new(struct op *op, const struct flow_row *row, size_t key,
                         struct open **out_open) {
	const struct transaction *spec = op->stage->spec;
	struct transacting *state = op->state;
	size_t states_at = sizeof(struct open) + spec->keys.count * sizeof(struct value);
	states_at = (states_at + _Alignof(struct agg_state) - 1) / _Alignof(struct agg_state) *
	            _Alignof(struct agg_state);
	size_t bytes = states_at + spec->functions_count * sizeof(struct agg_state);
	TRY(run_take(op->run, bytes));
	char *block = calloc(1, bytes);
	ASSERT(block != NULL);
	struct open *open = (void *)block;
	open->keys = (void *)(block + sizeof(*open));
	open->states = (void *)(block + states_at);
	open->bytes = bytes;
	open->key = key;
	open->first_ns = row->time_ns;
	open->last_ns = row->time_ns;
	read_keys(spec, row, map_key(state->keys, key), open->keys);
	link_first(state, open);
	link_last(state, open);
	state->opens[key] = open;
	*out_open = open;
	return ERR_OK;
}

static enum err is_true(struct op *op, const struct where_node *node, const struct flow_row *row,
                        bool *out_true) {
	struct transacting *state = op->state;
	struct cell cell = cell_none();
	if (node != NULL) {
		TRY(where_eval(node, state->eval, row->values, &cell));
	}
	*out_true = cell_true(cell);
	return ERR_OK;
}

static enum err transaction_push(struct op *op, const struct flow_row *row) {
	const struct transaction *spec = op->stage->spec;
	struct transacting *state = op->state;
	bool there = false;
	bool starts;
	bool ends;
	size_t key = 0;
	TRY(where_run_next(state->eval));
	TRY(close_expired(op, row->time_ns));
	TRY(find_key(op, row, &there, &key));
	if (!there) {
		return ERR_OK;
	}
	TRY(is_true(op, spec->starts, row, &starts));
	TRY(is_true(op, spec->ends, row, &ends));
	struct open *open = state->opens[key];
	if (open != NULL && starts) {
		TRY(close(op, open, STR("startswith")));
		open = NULL;
	}
	if (open == NULL && spec->starts != NULL && !starts) {
		return ERR_OK; /* belongs to none */
	}
	if (open == NULL) {
		TRY(open_new(op, row, key, &open));
	} else {
		unlink_last(state, open);
		link_last(state, open);
	}
	open->last_ns = row->time_ns;
	open->count++;
	TRY(group_add_row(op->run, spec->functions, spec->functions_count, open->states, row));
	if (ends) {
		return close(op, open, STR("endswith"));
	}
	return open->count >= spec->events_max ? close(op, open, STR("maxevents")) : ERR_OK;
}

static enum err transaction_finish(struct op *op) {
	struct transacting *state = op->state;
	while (state->oldest_first != NULL && !op->full) {
		TRY(run_tick(op->run));
		TRY(close(op, state->oldest_first, STR("open")));
	}
	return op->next->finish(op->next);
}

static void transaction_free(struct op *op) {
	const struct transaction *spec = op->stage->spec;
	struct transacting *state = op->state;
	while (state->oldest_first != NULL) {
		struct open *open = state->oldest_first;
		unlink_first(state, open);
		free_open(op, open);
	}
	for (size_t i = 0; i < spec->functions_count; i++) {
		buf_deinit(&state->results[i]);
	}
	where_run_free(state->eval);
	map_free(state->keys);
	free(state->opens);
	buf_deinit(&state->key);
}

static struct op *transaction_make(struct run *run, const struct stage *stage) {
	const struct transaction *spec = stage->spec;
	struct op *op = ARENA_NEW(run->arena, struct op);
	struct transacting *state = ARENA_NEW(run->arena, struct transacting);
	state->keys = map_new();
	state->eval = where_run_new(run, &spec->where);
	state->results = ARENA_ARRAY(run->arena, spec->functions_count + 1, struct buf);
	state->values = ARENA_ARRAY(run->arena, run->query->fields_count + 1, struct value);
	*op = (struct op){.state = state,
	                  .push = transaction_push,
	                  .finish = transaction_finish,
	                  .free = transaction_free};
	return op;
}

const struct pipe_kind pipe_transaction = {
    .name = STR_INIT("transaction"),
    .usage = STR_INIT("transaction [KEY, ...] [OPTION=X ...] [with FUNCTION(FIELD), ...]"),
    .help = STR_INIT(
        "a row of records with the same keys that follow each other; options:\n"
        "                             maxpause=30s, maxspan=5m, maxevents=N,\n"
        "                             startswith=X, endswith=X; X: \"text\", /regex/, (...)"),
    .flags = PIPE_BY_TIME,
    .parse = transaction_parse,
    .make = transaction_make,
};

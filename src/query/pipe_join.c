/* join KEY, ... [type=inner|left|semi|anti] [prefix=NAME] ( QUERY ): rows beside those of another
 * query with the same keys. The query in parentheses runs first; its rows are kept in a hash map.
 */
#include "base/limits.h"
#include "base/map.h"
#include "query/pipe.h"
#include "query/pipes.h"

enum join_type { JOIN_INNER, JOIN_LEFT, JOIN_SEMI, JOIN_ANTI };

static const struct {
	struct str name;
	enum join_type type;
} type_names[] = {
    {STR_INIT("inner"), JOIN_INNER}, {STR_INIT("left"), JOIN_LEFT}, {STR_INIT("outer"), JOIN_LEFT},
    {STR_INIT("semi"), JOIN_SEMI},   {STR_INIT("anti"), JOIN_ANTI},
};

enum { KEYS_MAX = 16 };

struct join_key {
	uint32_t left;
	struct str right; /* its name there */
	size_t position, end;
	size_t right_column; /* of the query in parentheses */
};

struct join {
	enum join_type type;
	struct str prefix;
	struct join_key keys[KEYS_MAX];
	size_t keys_count;
	struct query *right;
	/* What its rows add: its columns, and the fields they become. */
	size_t *columns;
	uint32_t *fields;
	size_t columns_count;
};

/* ---- parsing ---- */

static enum err read_type(struct parser *p, struct join *join) {
	struct str name;
	parser_skip(p);
	size_t first = p->at;
	TRY(pipe_name(p, &name));
	for (size_t i = 0; i < ARRAY_LEN(type_names); i++) {
		if (str_eq_nocase(name, type_names[i].name)) {
			join->type = type_names[i].type;
			return ERR_OK;
		}
	}
	return diag_set_at(p->diag, ERR_INVALID, first, p->at - first,
	                   "inner, left, semi or anti is expected here");
}

/* A key, or an option; both may have '='. */
static enum err read_key(struct parser *p, struct join *join) {
	parser_skip(p);
	struct join_key key = {.position = p->at};
	bool quoted = parser_peek(p, 0) == '`' || parser_peek(p, 0) == '"';
	struct str name;
	TRY(pipe_name(p, &name));
	key.end = p->at;
	bool equals = pipe_take(p, '=');
	if (equals && !quoted && str_eq_nocase(name, STR("type"))) {
		return read_type(p, join);
	}
	if (equals && !quoted && str_eq_nocase(name, STR("prefix"))) {
		return pipe_name(p, &join->prefix);
	}
	if (join->keys_count == KEYS_MAX) {
		return diag_set_at(p->diag, ERR_LIMIT, key.position, 0, "join takes at most %d keys",
		                   KEYS_MAX);
	}
	size_t behind = p->at;
	p->at = key.end;
	TRY(pipe_field_named(p, name, key.position, &key.left));
	p->at = behind;
	key.right = name;
	if (equals) {
		parser_skip(p);
		key.position = p->at;
		TRY(pipe_name(p, &key.right));
		key.end = p->at;
	}
	join->keys[join->keys_count++] = key;
	return ERR_OK;
}

/* The keys among the columns of the query in parentheses; records become a table of the keys. */
static enum err find_right_keys(struct parser *inner, struct join *join) {
	bool records = !inner->table;
	size_t at = inner->at;
	for (size_t i = 0; i < join->keys_count; i++) {
		struct join_key *key = &join->keys[i];
		uint32_t field;
		inner->at = key->end;
		TRY(pipe_field_named(inner, key->right, key->position, &field));
		inner->at = at;
		if (records) {
			pipe_append_field(inner, &inner->columns, &inner->columns_count, field);
		}
		while (inner->columns[key->right_column] != field) {
			key->right_column++;
			ASSERT(key->right_column < inner->columns_count);
		}
	}
	inner->table = true;
	return ERR_OK;
}

static bool is_key(const struct join *join, size_t column) {
	for (size_t i = 0; i < join->keys_count; i++) {
		if (join->keys[i].right_column == column) {
			return true;
		}
	}
	return false;
}

static bool has_column(const struct parser *p, struct str name) {
	const uint32_t *fields = p->table ? p->columns : p->added;
	size_t count = p->table ? p->columns_count : p->added_count;
	for (size_t i = 0; i < count; i++) {
		if (str_eq(p->fields[fields[i]].name, name)) {
			return true;
		}
	}
	return false;
}

/* The name of a column of the right here. Fields of records are on both sides. */
static struct str name_here(struct parser *p, const struct join *join,
                            const struct field_use *right) {
	bool of_records = right->from_source || pipe_is_of_record(right->name);
	if (join->prefix.len > 0) {
		return arena_printf(p->arena, "%.*s%.*s", STR_ARG(join->prefix), STR_ARG(right->name));
	}
	return has_column(p, right->name) || (!p->table && of_records)
	           ? arena_printf(p->arena, "right.%.*s", STR_ARG(right->name))
	           : right->name;
}

static enum err add_columns(struct parser *p, const struct parser *inner, struct join *join,
                            size_t position) {
	join->columns = ARENA_ARRAY(p->arena, inner->columns_count + 1, size_t);
	join->fields = ARENA_ARRAY(p->arena, inner->columns_count + 1, uint32_t);
	for (size_t i = 0; i < inner->columns_count; i++) {
		struct str name = name_here(p, join, &inner->fields[inner->columns[i]]);
		if (is_key(join, i)) {
			continue;
		}
		if (has_column(p, name)) {
			enum err err =
			    diag_set_at(p->diag, ERR_INVALID, position, 0, "there is a column '%.*s' already",
			                STR_ARG(str_slice(name, 0, 80)));
			diag_hint(p->diag, "give the columns of this join a name before them: prefix=b.");
			return err;
		}
		size_t at = join->columns_count++;
		join->columns[at] = i;
		TRY(pipe_new_field(p, name, position, 0, &join->fields[at]));
	}
	return ERR_OK;
}

static enum err parse_inner(struct parser *p, struct parser *inner, struct join *join) {
	join->right = ARENA_NEW(p->arena, struct query);
	if (++inner->depth > LIMIT_QUERY_DEPTH) {
		return diag_set_at(p->diag, ERR_LIMIT, p->at, 1, "the query is nested deeper than %u",
		                   LIMIT_QUERY_DEPTH);
	}
	TRY(query_parse_parts(inner, join->right));
	TRY(find_right_keys(inner, join));
	pipes_finish(inner, join->right);
	return ERR_OK;
}

static enum err join_parse(struct parser *p, void **out_spec) {
	struct join *join = ARENA_NEW(p->arena, struct join);
	parser_skip(p);
	size_t first = p->at;
	(void)(pipe_take_word(p, STR("on")) || pipe_take_word(p, STR("by")));
	while (!pipe_at_end(p) && parser_peek(p, 0) != '(') {
		TRY(read_key(p, join));
		(void)pipe_take(p, ',');
	}
	if (join->keys_count == 0) {
		p->at = first;
		return pipe_expected(p, "a field to join on");
	}
	parser_skip(p);
	size_t open = p->at;
	if (!pipe_take(p, '(')) {
		enum err err = pipe_expected(p, "'(' and the query to join with");
		diag_hint(p->diag, "join user.name (failed | stats count() as n by user.name)");
		return err;
	}
	struct parser inner = {.arena = p->arena,
	                       .text = p->text,
	                       .at = p->at,
	                       .depth = p->depth,
	                       .inner = true,
	                       .options = p->options,
	                       .diag = p->diag,
	                       .owned = p->owned};
	enum err err = parse_inner(p, &inner, join);
	p->owned = inner.owned;
	p->at = inner.at;
	TRY(err);
	if (!pipe_take(p, ')')) {
		return diag_set_at(p->diag, ERR_INVALID, open, 1, "this parenthesis is not closed");
	}
	*out_spec = join;
	return join->type == JOIN_INNER || join->type == JOIN_LEFT ? add_columns(p, &inner, join, open)
	                                                           : ERR_OK;
}

/* ---- running ---- */

struct right_row {
	struct right_row *next; /* with the same keys */
	struct value values[];  /* of join->columns */
};

struct joining {
	struct map *keys; /* to a number in chains */
	struct chain {
		struct right_row *first, *last;
	} *chains;
	size_t chains_count, chains_cap;
	struct arena *rows;
	struct buf key;
	struct value *values;
	struct op *op;
};

static enum err add_chain(struct joining *joining) {
	if (joining->chains_count == joining->chains_cap) {
		size_t cap = joining->chains_cap * 2 + 64;
		TRY(run_take(joining->op->run, (cap - joining->chains_cap) * sizeof(*joining->chains)));
		joining->chains = reallocarray(joining->chains, cap, sizeof(*joining->chains));
		ASSERT(joining->chains != NULL);
		joining->chains_cap = cap;
	}
	joining->chains[joining->chains_count++] = (struct chain){0};
	return run_take(joining->op->run, joining->key.len + PIPE_MAP_ENTRY_BYTES);
}

static enum err keep_row(struct joining *joining, const struct join *join,
                         const struct value *values, struct chain *chain) {
	size_t before = arena_used(joining->rows);
	if (chain->first != NULL && join->columns_count == 0) {
		return ERR_OK; /* it would say nothing more */
	}
	struct right_row *row =
	    arena_alloc(joining->rows, sizeof(*row) + join->columns_count * sizeof(struct value));
	for (size_t i = 0; i < join->columns_count; i++) {
		struct value value = values[join->columns[i]];
		row->values[i] = (struct value){value.kind, arena_str(joining->rows, value.text)};
	}
	*(chain->first == NULL ? &chain->first : &chain->last->next) = row;
	chain->last = row;
	return run_take(joining->op->run, arena_used(joining->rows) - before);
}

static enum err right_begin(void *ctx, const struct str *columns, size_t count) {
	(void)ctx;
	(void)columns;
	(void)count;
	return ERR_OK;
}

/* What is absent equals nothing. */
static enum err right_values(void *ctx, const struct value *values, size_t count) {
	struct joining *joining = ctx;
	const struct join *join = joining->op->stage->spec;
	bool added;
	(void)count;
	buf_clear(&joining->key);
	for (size_t i = 0; i < join->keys_count; i++) {
		struct value value = values[join->keys[i].right_column];
		if (value.kind == VALUE_NONE) {
			return ERR_OK;
		}
		pipe_append_key(&joining->key, value);
	}
	uint64_t number =
	    *map_put(joining->keys, buf_str(&joining->key), joining->chains_count, &added);
	if (added) {
		TRY(add_chain(joining));
	}
	return keep_row(joining, join, values, &joining->chains[number]);
}

static enum err join_start(struct op *op) {
	const struct join *join = op->stage->spec;
	struct joining *joining = op->state;
	struct query_output output = {.ctx = joining, .begin = right_begin, .values = right_values};
	joining->op = op;
	return run_inner(op->run, join->right, &output);
}

/* The rows of the right with the keys of this one, or NULL. */
static const struct right_row *find_rows(const struct join *join, struct joining *joining,
                                         const struct flow_row *row) {
	buf_clear(&joining->key);
	for (size_t i = 0; i < join->keys_count; i++) {
		struct value value = row->values[join->keys[i].left];
		if (value.kind == VALUE_NONE) {
			return NULL;
		}
		pipe_append_key(&joining->key, value);
	}
	const uint64_t *number = map_find(joining->keys, buf_str(&joining->key));
	return number == NULL ? NULL : joining->chains[*number].first;
}

static enum err join_push(struct op *op, const struct flow_row *row) {
	const struct join *join = op->stage->spec;
	struct joining *joining = op->state;
	const struct right_row *right = find_rows(join, joining, row);
	TRY(run_tick(op->run));
	if (join->type == JOIN_SEMI || join->type == JOIN_ANTI) {
		return (right != NULL) == (join->type == JOIN_SEMI) ? op_pass(op, row) : ERR_OK;
	}
	if (right == NULL && join->type == JOIN_INNER) {
		return ERR_OK;
	}
	struct flow_row changed = *row;
	changed.values = joining->values;
	memcpy(joining->values, row->values, op->run->query->fields_count * sizeof(*joining->values));
	do {
		for (size_t i = 0; i < join->columns_count; i++) {
			joining->values[join->fields[i]] = right == NULL ? VALUE_ABSENT : right->values[i];
		}
		TRY(op_pass(op, &changed));
		TRY(run_tick(op->run));
		right = right == NULL ? NULL : right->next;
	} while (right != NULL && !op->full);
	return ERR_OK;
}

static void join_free(struct op *op) {
	struct joining *joining = op->state;
	map_free(joining->keys);
	arena_free(joining->rows);
	free(joining->chains);
	buf_deinit(&joining->key);
}

static struct op *join_make(struct run *run, const struct stage *stage) {
	struct op *op = ARENA_NEW(run->arena, struct op);
	struct joining *joining = ARENA_NEW(run->arena, struct joining);
	(void)stage;
	joining->keys = map_new();
	joining->rows = arena_new(SIZE_MAX);
	joining->values = ARENA_ARRAY(run->arena, run->query->fields_count + 1, struct value);
	*op = (struct op){.state = joining,
	                  .start = join_start,
	                  .push = join_push,
	                  .finish = op_finish_next,
	                  .free = join_free};
	return op;
}

static void join_explain(const void *spec, struct buf *out) {
	const struct join *join = spec;
	CLEANUP(buf_deinit) struct buf inner = {0};
	query_explain(join->right, &inner);
	for (struct str left = buf_str(&inner); left.len > 0;) {
		struct str line = str_cut(&left, '\n');
		buf_printf(out, "                with  %.*s\n", STR_ARG(line));
	}
}

const struct pipe_kind pipe_join = {
    .name = STR_INIT("join"),
    .usage = STR_INIT("join KEY[, KEY] [type=inner|left|semi|anti] [prefix=NAME] (QUERY)"),
    .help = STR_INIT("rows beside those of another query with the same keys"),
    .flags = PIPE_STREAMS,
    .parse = join_parse,
    .make = join_make,
    .explain = join_explain,
};

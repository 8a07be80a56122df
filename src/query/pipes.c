/* The table of pipes and what is common to all. A new pipe is one file and one row here. */
#include "query/pipes.h"

#include "query/pipe.h"

static const struct pipe_kind *const table[] = {
    &pipe_where,    &pipe_eval,  &pipe_extract,     &pipe_fields,    &pipe_sort,   &pipe_head,
    &pipe_tail,     &pipe_dedup, &pipe_stats,       &pipe_timechart, &pipe_top,    &pipe_rare,
    &pipe_patterns, &pipe_join,  &pipe_transaction, &pipe_rename,    &pipe_expand, &pipe_fillnull,
};

size_t pipes_table(const struct pipe_kind *const **out_kinds) {
	*out_kinds = table;
	return ARRAY_LEN(table);
}

/* ---- parsing ---- */

/* Edit distance between short names; 99 for long ones. */
static size_t distance(struct str a, struct str b) {
	enum { LONGEST = 24 };
	size_t row[LONGEST + 1];
	if (a.len > LONGEST || b.len > LONGEST) {
		return 99;
	}
	for (size_t j = 0; j <= b.len; j++) {
		row[j] = j;
	}
	for (size_t i = 1; i <= a.len; i++) {
		size_t corner = row[0];
		row[0] = i;
		for (size_t j = 1; j <= b.len; j++) {
			size_t above = row[j];
			size_t change = corner + (char_lower(a.ptr[i - 1]) != b.ptr[j - 1]);
			row[j] = MIN_OF(change, MIN_OF(above, row[j - 1]) + 1);
			corner = above;
		}
	}
	return row[b.len];
}

static enum err unknown_pipe(struct parser *p, struct str name, size_t position) {
	const struct pipe_kind *nearest = NULL;
	size_t best = 4;
	CLEANUP(buf_deinit) struct buf all = {0};
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		size_t d = distance(name, table[i]->name);
		if (d < best && d < table[i]->name.len) {
			best = d;
			nearest = table[i];
		}
		buf_printf(&all, "%s%.*s", i > 0 ? ", " : "", STR_ARG(table[i]->name));
	}
	enum err err = diag_set_at(p->diag, ERR_INVALID, position, name.len, "there is no pipe '%.*s'",
	                           STR_ARG(str_slice(name, 0, 40)));
	if (nearest != NULL) {
		diag_hint(p->diag, "did you mean %.*s?", STR_ARG(nearest->usage));
	} else {
		diag_hint(p->diag, "the pipes are %.*s", STR_ARG(buf_str(&all)));
	}
	return err;
}

static const struct pipe_kind *find_kind(struct str name) {
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		if (str_eq_nocase(table[i]->name, name)) {
			return table[i];
		}
	}
	return NULL;
}

static enum err parse_stage(struct parser *p, struct stage *out_stage) {
	parser_skip(p);
	struct str name;
	size_t first = p->at;
	if (pipe_at_end(p)) {
		return pipe_expected(p, "the name of a pipe");
	}
	TRY(pipe_name(p, &name));
	const struct pipe_kind *kind = find_kind(name);
	if (kind == NULL) {
		return unknown_pipe(p, name, first);
	}
	out_stage->kind = kind;
	out_stage->number = p->stage;
	TRY(kind->parse(p, &out_stage->spec));
	out_stage->text = str_trim(str_slice(p->text, first, p->at));
	if (!pipe_at_end(p)) {
		enum err err = pipe_expected(p, "'|' or the end");
		diag_hint(p->diag, "%.*s", STR_ARG(kind->usage));
		return err;
	}
	return ERR_OK;
}

/* The output reads the columns of a table, and what extract added to records. */
void pipes_finish(struct parser *p, struct query *query) {
	for (size_t i = 0; i < p->columns_count; i++) {
		p->fields[p->columns[i]].last = SIZE_MAX;
	}
	for (size_t i = 0; i < p->added_count; i++) {
		p->fields[p->added[i]].last = SIZE_MAX;
	}
	query->fields = p->fields;
	query->fields_count = p->fields_count;
	query->table = p->table;
	query->columns = p->columns;
	query->columns_count = p->columns_count;
	query->added = p->added;
	query->added_count = p->table ? 0 : p->added_count;
	query->dropped = p->dropped;
	query->dropped_count = p->table ? 0 : p->dropped_count;
}

enum err pipes_parse(struct parser *p, struct query *query) {
	size_t cap = 0;
	while (!parser_end(p) && parser_peek(p, 0) == '|') {
		p->at++;
		if (query->stages_count == cap) {
			cap = cap * 2 + 8;
			struct stage *bigger = ARENA_ARRAY(p->arena, cap, struct stage);
			if (query->stages_count > 0) {
				memcpy(bigger, query->stages, query->stages_count * sizeof(*bigger));
			}
			query->stages = bigger;
		}
		TRY(parse_stage(p, &query->stages[query->stages_count]));
		query->stages_count++;
		p->stage++;
	}
	ASSERT(pipe_at_end(p));
	return ERR_OK;
}

/* ---- the chain ---- */

static bool needs_order(const struct pipe_kind *kind) {
	return (kind->flags & (PIPE_ANY_ORDER | PIPE_STREAMS | PIPE_SORTS | PIPE_BY_TIME)) == 0;
}

/* Where the implicit order stands: before stage *out_at (stages_count: before the output). False
 * when none is needed. */
static bool order_place(const struct query *query, const struct query_options *options,
                        size_t *out_at) {
	if (options->order == QUERY_BY_INDEX) {
		return false;
	}
	for (size_t i = 0; i < query->stages_count; i++) {
		const struct pipe_kind *kind = query->stages[i].kind;
		if (needs_order(kind)) {
			*out_at = i;
			return true;
		}
		if ((kind->flags & PIPE_STREAMS) == 0) {
			return false; /* its result has an order of its own */
		}
	}
	*out_at = query->stages_count;
	return !options->count_only;
}

/* Which rows the implicit order before stage `at` has to keep. */
static struct sort_options order_options(const struct query *query,
                                         const struct query_options *options, size_t at) {
	struct sort_options order = {.keep = options->limit, .from = at};
	if (at < query->stages_count) {
		const struct stage *stage = &query->stages[at];
		bool all = stage->kind->wanted == NULL;
		order.keep = all ? UINT64_MAX : stage->kind->wanted(stage->spec);
		order.last = !all && stage->kind->wants_last;
	}
	return order;
}

bool pipes_want_newest(const struct run *run) {
	size_t at;
	if (!order_place(run->query, run->options, &at)) {
		return false;
	}
	struct sort_options order = order_options(run->query, run->options, at);
	bool newest = run->options->order == QUERY_BY_TIME_NEWEST;
	return newest != order.last;
}

static struct op *put_before(struct op *op, struct op *next) {
	op->next = next;
	return op;
}

struct op *pipes_chain(struct run *run) {
	const struct query *query = run->query;
	size_t order_at = 0;
	bool ordered = order_place(query, run->options, &order_at);
	struct op *first = op_output_new(run);
	for (size_t i = query->stages_count + 1; i-- > 0;) {
		if (i < query->stages_count) {
			const struct stage *stage = &query->stages[i];
			first = put_before(stage->kind->make(run, stage), first);
			first->run = run;
			first->stage = stage;
			if ((stage->kind->flags & PIPE_BY_TIME) != 0) {
				struct sort_options order = {.keep = UINT64_MAX, .by_time = true, .from = i};
				first = put_before(op_sort_new(run, &order), first);
			}
		}
		if (ordered && i == order_at) {
			struct sort_options order = order_options(query, run->options, i);
			first = put_before(op_sort_new(run, &order), first);
		}
	}
	return first;
}

bool pipes_part(const struct query *query, size_t *out_count) {
	for (size_t i = 0; i < query->stages_count; i++) {
		const struct stage *stage = &query->stages[i];
		if (stage->kind->merges != NULL) {
			*out_count = i + 1;
			return stage->kind->merges(stage->spec);
		}
		if ((stage->kind->flags & PIPE_ALONE) == 0) {
			return false;
		}
	}
	return false;
}

struct op *pipes_part_chain(struct run *run, size_t count) {
	struct op *first = NULL;
	for (size_t i = count; i-- > 0;) {
		const struct stage *stage = &run->query->stages[i];
		first = put_before(stage->kind->make(run, stage), first);
		first->run = run;
		first->stage = stage;
		ASSERT(first->start == NULL);
	}
	return first;
}

void pipes_free(struct op *first) {
	for (struct op *op = first; op != NULL; op = op->next) {
		if (op->free != NULL) {
			op->free(op);
		}
	}
}

void pipes_explain(const struct query *query, struct buf *out) {
	bool ordered = false; /* the order of results has been made */
	for (size_t i = 0; i < query->stages_count; i++) {
		const struct stage *stage = &query->stages[i];
		bool orders = !ordered && needs_order(stage->kind);
		buf_printf(out, "%s%.*s%s\n", i == 0 ? "pipes         " : "              ",
		           STR_ARG(stage->text),
		           orders                                     ? "  (in order of the results)"
		           : (stage->kind->flags & PIPE_BY_TIME) != 0 ? "  (in order of time)"
		                                                      : "");
		ordered = ordered || orders || (stage->kind->flags & PIPE_STREAMS) == 0;
		if (stage->kind->explain != NULL) {
			stage->kind->explain(stage->spec, out);
		}
	}
}

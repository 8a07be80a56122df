/* top [N] FIELD [by FIELD, ...]: its most frequent values (per group), with count and percent;
 * rare: the least frequent.
 */
#include "query/group.h"
#include "query/number.h"

struct top {
	struct group_spec groups; /* by: the by fields, then FIELD */
	uint64_t rows;            /* per combination of the by fields */
	uint32_t percent;
	bool rare;
};

static enum err check_names(struct parser *p, const struct top *top, size_t position) {
	for (size_t i = 0; i < top->groups.by.count; i++) {
		uint32_t field = top->groups.by.items[i];
		if (field == top->groups.functions[0].out || field == top->percent) {
			return diag_set_at(p->diag, ERR_INVALID, position, p->at - position,
			                   "a field cannot be named as the results are: count, percent");
		}
	}
	return ERR_OK;
}

static enum err parse(struct parser *p, bool rare, void **out_spec) {
	struct top *top = ARENA_NEW(p->arena, struct top);
	struct field_list by = {0};
	uint32_t field;
	size_t first = p->at;
	top->rows = 10;
	top->rare = rare;
	parser_skip(p);
	if (char_is_digit(parser_peek(p, 0))) {
		TRY(pipe_number(p, UINT64_MAX, &top->rows));
	}
	TRY(pipe_field(p, &field));
	if (pipe_take_word(p, STR("by"))) {
		TRY(pipe_fields_list(p, &by));
	}
	for (size_t i = 0; i < by.count; i++) {
		TRY(field_list_add(p, &top->groups.by, by.items[i]));
	}
	TRY(field_list_add(p, &top->groups.by, field));
	top->groups.functions[0] = group_count_function(p);
	top->groups.functions_count = 1;
	group_set_columns(p, UINT32_MAX, &top->groups);
	uint32_t *columns = ARENA_ARRAY(p->arena, p->columns_count + 1, uint32_t);
	memcpy(columns, p->columns, p->columns_count * sizeof(*columns));
	top->percent = group_result_field(p, STR("percent"));
	TRY(check_names(p, top, first));
	columns[p->columns_count++] = top->percent;
	p->columns = columns;
	*out_spec = top;
	return ERR_OK;
}

static enum err top_parse(struct parser *p, void **out_spec) {
	return parse(p, false, out_spec);
}
static enum err rare_parse(struct parser *p, void **out_spec) {
	return parse(p, true, out_spec);
}

static enum err top_push(struct op *op, const struct flow_row *row) {
	const struct top *top = op->stage->spec;
	uint32_t field = top->groups.by.items[top->groups.by.count - 1];
	return row->values[field].kind == VALUE_NONE ? ERR_OK : groups_add(op->state, row, 0);
}

/* Groups are told apart by text, a number from a string of its digits is not. */
static bool same_value(struct value a, struct value b) {
	return (a.kind == VALUE_NONE) == (b.kind == VALUE_NONE) &&
	       (a.kind == VALUE_LIST) == (b.kind == VALUE_LIST) && str_eq(a.text, b.text);
}

/* True when both differ in nothing but the counted field. */
static bool same_by(const struct top *top, const struct group *a, const struct group *b) {
	for (size_t i = 0; i + 1 < top->groups.by.count; i++) {
		if (!same_value(a->by[i], b->by[i])) {
			return false;
		}
	}
	return true;
}

static int most_first(const void *a, const void *b) {
	const struct group *x = *(struct group *const *)a;
	const struct group *y = *(struct group *const *)b;
	return x->states->count != y->states->count ? (x->states->count > y->states->count ? -1 : 1)
	                                            : (x->number > y->number) - (x->number < y->number);
}

static int least_first(const void *a, const void *b) {
	const struct group *x = *(struct group *const *)a;
	const struct group *y = *(struct group *const *)b;
	return x->states->count != y->states->count ? (x->states->count < y->states->count ? -1 : 1)
	                                            : (x->number > y->number) - (x->number < y->number);
}

/* Gives out the best of one run of groups, of total rows. Ties keep the order of their values. */
static enum err give_run(struct op *op, struct group **run, size_t count, uint64_t total,
                         struct value *values, uint64_t *number) {
	const struct top *top = op->stage->spec;
	for (size_t i = 0; i < count; i++) {
		run[i]->number = (uint32_t)i;
	}
	qsort(run, count, sizeof(struct group *), top->rare ? least_first : most_first);
	for (size_t i = 0; i < MIN_OF(count, top->rows) && !op->next->full; i++) {
		CLEANUP(buf_deinit) struct buf percent = {0};
		struct flow_row row = {.values = values, .index = (*number)++};
		/* Two digits, exactly rounded. */
		uint64_t hundredths =
		    (uint64_t)(((unsigned __int128)run[i]->states->count * 20000 + total) /
		               ((unsigned __int128)total * 2));
		number_append(&percent, (double)hundredths / 100);
		TRY(groups_values(op->state, run[i], values));
		values[top->percent] = (struct value){VALUE_NUMBER, buf_str(&percent)};
		TRY(run_tick(op->run));
		TRY(op->next->push(op->next, &row));
	}
	return ERR_OK;
}

static uint64_t rows_of(struct group *const *groups, size_t count) {
	uint64_t total = 0;
	for (size_t i = 0; i < count; i++) {
		total += groups[i]->states->count;
	}
	return total;
}

static enum err give_runs(struct op *op, struct group **all, size_t count, struct value *values) {
	const struct top *top = op->stage->spec;
	uint64_t number = 0;
	TRY(groups_sort_some(op->state, all, count));
	for (size_t first = 0; first < count;) {
		size_t end = first + 1;
		while (end < count && same_by(top, all[first], all[end])) {
			end++;
		}
		uint64_t total = rows_of(all + first, end - first);
		TRY(give_run(op, all + first, end - first, total, values, &number));
		first = end;
	}
	return ERR_OK;
}

/* Leaves those that may be among the first rows, in their order, and whatever ties with the last of
 * them: order by values is dear, and only these need it. Returns how many. */
static size_t leave_best(const struct top *top, struct group **all, size_t count) {
	enum { ROWS_MAX = 100 };      /* above that sorting all is as good */
	struct group *best[ROWS_MAX]; /* in order; ties as they come */
	size_t rows = 0;
	size_t left = 0;
	if (top->rows == 0 || top->rows > ROWS_MAX || count <= top->rows) {
		return count;
	}
	for (size_t i = 0; i < count; i++) {
		uint64_t mine = all[i]->states->count;
		size_t at = rows;
		while (at > 0 && (top->rare ? mine < best[at - 1]->states->count
		                            : mine > best[at - 1]->states->count)) {
			at--;
		}
		if (at < top->rows) {
			rows = MIN_OF(rows + 1, (size_t)top->rows);
			memmove(&best[at + 1], &best[at], (rows - 1 - at) * sizeof(best[0]));
			best[at] = all[i];
		}
	}
	uint64_t last = best[rows - 1]->states->count;
	for (size_t i = 0; i < count; i++) {
		uint64_t mine = all[i]->states->count;
		if (top->rare ? mine <= last : mine >= last) {
			all[left++] = all[i];
		}
	}
	return left;
}

static enum err top_finish(struct op *op) {
	const struct top *top = op->stage->spec;
	struct groups *groups = op->state;
	bool one_run = top->groups.by.count == 1;
	uint64_t total = one_run ? groups_rows(groups) : 0;
	struct value *values = ARENA_ARRAY(op->run->arena, op->run->query->fields_count, struct value);
	TRY(groups_settle_first(groups, &top->groups.functions[0], !top->rare, top->rows));
	size_t count = groups_count(groups);
	TRY(run_take(op->run, count * sizeof(struct group *)));
	struct group **all = calloc(count + 1, sizeof(*all));
	ASSERT(all != NULL);
	for (size_t i = 0; i < count; i++) {
		all[i] = groups_get(groups, i);
	}
	enum err err;
	if (one_run) {
		uint64_t number = 0;
		count = leave_best(top, all, count);
		err = groups_sort_some(groups, all, count);
		err = err == ERR_OK ? give_run(op, all, count, total, values, &number) : err;
	} else {
		err = give_runs(op, all, count, values);
	}
	free(all);
	TRY(err);
	return op->next->finish(op->next);
}

static bool top_merges(const void *spec) {
	return group_merges(&((const struct top *)spec)->groups);
}

static enum err top_merge(struct op *op, const struct op *more) {
	return groups_merge(op->state, more->state);
}

static void top_free(struct op *op) {
	groups_free(op->state);
}

static struct op *top_make(struct run *run, const struct stage *stage) {
	const struct top *top = stage->spec;
	struct op *op = ARENA_NEW(run->arena, struct op);
	struct grouping *grouping = ARENA_NEW(run->arena, struct grouping);
	*grouping = (struct grouping){
	    .groups = groups_new(run, &top->groups), .spec = &top->groups, .last_needed = true};
	*op = (struct op){.state = grouping->groups,
	                  .grouping = grouping,
	                  .push = top_push,
	                  .finish = top_finish,
	                  .free = top_free};
	return op;
}

const struct pipe_kind pipe_top = {
    .name = STR_INIT("top"),
    .usage = STR_INIT("top [N] FIELD [by FIELD, ...]"),
    .help = STR_INIT("the most frequent values, with count and percent"),
    .flags = PIPE_ANY_ORDER,
    .parse = top_parse,
    .make = top_make,
    .merges = top_merges,
    .merge = top_merge,
};

const struct pipe_kind pipe_rare = {
    .name = STR_INIT("rare"),
    .usage = STR_INIT("rare [N] FIELD [by FIELD, ...]"),
    .help = STR_INIT("the least frequent values, with count and percent"),
    .flags = PIPE_ANY_ORDER,
    .parse = rare_parse,
    .make = top_make,
    .merges = top_merges,
    .merge = top_merge,
};

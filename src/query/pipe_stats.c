/* stats FUNCTION [as NAME], ... [by FIELD, ...]: one row per group, in order of the groups' values.
 */
#include "query/group.h"

static enum err stats_parse(struct parser *p, void **out_spec) {
	struct group_spec *spec = ARENA_NEW(p->arena, struct group_spec);
	TRY(group_parse(p, spec));
	group_set_columns(p, UINT32_MAX, spec);
	*out_spec = spec;
	return ERR_OK;
}

static enum err stats_push(struct op *op, const struct flow_row *row) {
	return groups_add(op->state, row, 0);
}

static enum err stats_finish(struct op *op) {
	struct groups *groups = op->state;
	const struct group_spec *spec = op->stage->spec;
	struct value *values = ARENA_ARRAY(op->run->arena, op->run->query->fields_count, struct value);
	const struct stage *after = op->stage + 1;
	bool sorted =
	    after < op->run->query->stages + op->run->query->stages_count && after->kind == &pipe_sort;
	struct sort_options next;
	size_t count;
	if (sorted) {
		next = pipe_sort_options(op->run, after);
	}
	TRY(groups_sort_first(groups, spec, sorted ? &next : NULL, &count));
	bool empty = count == 0 && spec->by.count == 0; /* count() of nothing is 0 */
	for (size_t i = 0; i < MAX_OF(count, (size_t)empty) && !op->next->full; i++) {
		struct group *group = empty ? groups_empty(groups, 0) : groups_get(groups, i);
		struct flow_row row = {.values = values, .index = i};
		TRY(run_tick(op->run));
		TRY(groups_values(groups, group, values));
		TRY(op->next->push(op->next, &row));
	}
	return op->next->finish(op->next);
}

static bool stats_merges(const void *spec) {
	return group_merges(spec);
}

static enum err stats_merge(struct op *op, const struct op *more) {
	return groups_merge(op->state, more->state);
}

static void stats_free(struct op *op) {
	groups_free(op->state);
}

static struct op *stats_make(struct run *run, const struct stage *stage) {
	struct op *op = ARENA_NEW(run->arena, struct op);
	struct grouping *grouping = ARENA_NEW(run->arena, struct grouping);
	*grouping = (struct grouping){.groups = groups_new(run, stage->spec), .spec = stage->spec};
	*op = (struct op){.state = grouping->groups,
	                  .grouping = grouping,
	                  .push = stats_push,
	                  .finish = stats_finish,
	                  .free = stats_free};
	return op;
}

const struct pipe_kind pipe_stats = {
    .name = STR_INIT("stats"),
    .usage = STR_INIT("stats FUNCTION(FIELD) [as NAME], ... [by FIELD, ...]"),
    .help = STR_INIT("computes over groups of rows: count, sum, avg, dc, values, p95..."),
    .flags = PIPE_ANY_ORDER,
    .parse = stats_parse,
    .make = stats_make,
    .merges = stats_merges,
    .merge = stats_merge,
};

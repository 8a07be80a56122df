/* timechart [span=1h] FUNCTION, ... [by FIELD, ...]: groups per span of event time. Without `by`
 * spans that no record fell into are shown, too.
 */
#include "base/instant.h"
#include "query/group.h"
#include "query/span.h"
#include "query/when.h"

struct timechart {
	struct group_spec groups;
	int64_t span_ns; /* 0: chosen from the times of the data */
	uint32_t time_field;
};

struct charting {
	struct groups *groups;
	struct group *empty; /* for spans without rows; made on first use */
	struct span span;
};

enum { SPANS_WANTED = 120, EMPTY_SPANS_MAX = 10000 };

static enum err read_span(struct parser *p, int64_t *out_span_ns) {
	struct str text;
	struct diag inner = {0};
	if (!pipe_take(p, '=')) {
		return pipe_expected(p, "'=' and a duration");
	}
	parser_skip(p);
	size_t first = p->at;
	TRY(pipe_name(p, &text));
	if (str_eq_nocase(text, STR("auto"))) {
		return ERR_OK;
	}
	enum err err = when_parse_duration(text, out_span_ns, &inner);
	if (err != ERR_OK || *out_span_ns == 0) {
		(void)diag_set_at(p->diag, ERR_INVALID, first, p->at - first,
		                  "'%.*s' is not a span of time", STR_ARG(str_slice(text, 0, 40)));
		diag_hint(p->diag, "write span=30s, 5m, 1h, 1d");
		return ERR_INVALID;
	}
	return ERR_OK;
}

static enum err timechart_parse(struct parser *p, void **out_spec) {
	struct timechart *chart = ARENA_NEW(p->arena, struct timechart);
	if (p->table) {
		enum err err = pipe_expected(p, "timechart before other tables");
		diag_hint(p->diag, "a table has no records with times left; put timechart first");
		return err;
	}
	if (pipe_take_word(p, STR("span"))) {
		TRY(read_span(p, &chart->span_ns));
		(void)pipe_take(p, ',');
	}
	TRY(group_parse(p, &chart->groups));
	chart->time_field = group_result_field(p, STR("@timestamp"));
	for (size_t i = 0; i < chart->groups.by.count; i++) {
		if (chart->groups.by.items[i] == chart->time_field) {
			return diag_set_at(p->diag, ERR_INVALID, p->at, 0, "timechart groups by time already");
		}
	}
	group_set_columns(p, chart->time_field, &chart->groups);
	*out_spec = chart;
	return ERR_OK;
}

/* A round span that cuts the times of the data into at most SPANS_WANTED. */
static int64_t choose_span(const struct run *run) {
	static const int64_t seconds[] = {
	    1,    2,    5,     10,    15,    30,    60,     120,    300,     600,     900,     1800,
	    3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800, 2592000, 7776000, 31536000};
	int64_t from = INSTANT_MAX;
	int64_t to = INSTANT_MIN;
	int64_t hull_from;
	int64_t hull_to;
	run->source->time_range(run->source->ctx, &from, &to);
	expr_time_hull(run->query->filter, &hull_from, &hull_to);
	from = MAX_OF(from, hull_from);
	to = MIN_OF(to, hull_to);
	uint64_t length = to > from ? (uint64_t)to - (uint64_t)from : 0;
	size_t i = 0;
	while (i + 1 < ARRAY_LEN(seconds) &&
	       length / SPANS_WANTED > (uint64_t)(seconds[i] * INSTANT_SECOND)) {
		i++;
	}
	return seconds[i] * INSTANT_SECOND;
}

static enum err timechart_push(struct op *op, const struct flow_row *row) {
	struct charting *charting = op->state;
	return groups_add(charting->groups, row, span_start(&charting->span, row->time_ns));
}

static enum err give(struct op *op, struct group *group, struct value *values, uint64_t *number) {
	const struct timechart *chart = op->stage->spec;
	const struct charting *charting = op->state;
	CLEANUP(buf_deinit) struct buf time = {0};
	struct flow_row row = {.values = values, .index = (*number)++};
	TRY(run_tick(op->run));
	TRY(groups_values(charting->groups, group, values));
	int64_t offset_ns = when_to_local(charting->span.zone, group->bucket_ns) - group->bucket_ns;
	instant_format(&time, group->bucket_ns, (int32_t)(offset_ns / INSTANT_SECOND));
	values[chart->time_field] = value_string(buf_str(&time));
	return op->next->push(op->next, &row);
}

/* Empty spans between two groups, unless they are too many. */
static enum err give_gap(struct op *op, int64_t from_ns, int64_t to_ns, struct value *values,
                         uint64_t *number) {
	struct charting *charting = op->state;
	uint64_t spans = ((uint64_t)to_ns - (uint64_t)from_ns) / (uint64_t)charting->span.length_ns;
	if (spans > EMPTY_SPANS_MAX) {
		return ERR_OK;
	}
	if (charting->empty == NULL) {
		charting->empty = groups_empty(charting->groups, 0);
	}
	int64_t bucket = span_behind(&charting->span, from_ns);
	for (; bucket < to_ns && !op->next->full; bucket = span_behind(&charting->span, bucket)) {
		charting->empty->bucket_ns = bucket;
		TRY(give(op, charting->empty, values, number));
	}
	return ERR_OK;
}

static enum err timechart_finish(struct op *op) {
	const struct timechart *chart = op->stage->spec;
	struct charting *charting = op->state;
	struct value *values = ARENA_ARRAY(op->run->arena, op->run->query->fields_count, struct value);
	uint64_t number = 0;
	TRY(groups_sort(charting->groups));
	for (size_t i = 0; i < groups_count(charting->groups) && !op->next->full; i++) {
		struct group *group = groups_get(charting->groups, i);
		if (i > 0 && chart->groups.by.count == 0) {
			int64_t before = groups_get(charting->groups, i - 1)->bucket_ns;
			TRY(give_gap(op, before, group->bucket_ns, values, &number));
		}
		if (!op->next->full) {
			TRY(give(op, group, values, &number));
		}
	}
	return op->next->finish(op->next);
}

static bool timechart_merges(const void *spec) {
	return group_merges(&((const struct timechart *)spec)->groups);
}

static enum err timechart_merge(struct op *op, const struct op *more) {
	struct charting *charting = op->state;
	return groups_merge(charting->groups, ((const struct charting *)more->state)->groups);
}

static void timechart_free(struct op *op) {
	struct charting *charting = op->state;
	groups_free(charting->groups);
}

static struct op *timechart_make(struct run *run, const struct stage *stage) {
	const struct timechart *chart = stage->spec;
	struct op *op = ARENA_NEW(run->arena, struct op);
	struct charting *charting = ARENA_NEW(run->arena, struct charting);
	charting->groups = groups_new(run, &chart->groups);
	charting->span.length_ns = chart->span_ns != 0 ? chart->span_ns : choose_span(run);
	charting->span.zone = run->options->zone;
	struct grouping *grouping = ARENA_NEW(run->arena, struct grouping);
	*grouping = (struct grouping){
	    .groups = charting->groups, .spec = &chart->groups, .span = &charting->span};
	*op = (struct op){.state = charting,
	                  .grouping = grouping,
	                  .push = timechart_push,
	                  .finish = timechart_finish,
	                  .free = timechart_free};
	return op;
}

const struct pipe_kind pipe_timechart = {
    .name = STR_INIT("timechart"),
    .usage = STR_INIT("timechart [span=1h] [FUNCTION(FIELD) [as NAME], ...] [by FIELD, ...]"),
    .help = STR_INIT("computes per span of time, count() by default"),
    .flags = PIPE_ANY_ORDER,
    .parse = timechart_parse,
    .make = timechart_make,
    .merges = timechart_merges,
    .merge = timechart_merge,
};

/* The implicit order of results: event time, then index. Rows are kept as (time, index) and, when
 * later pipes need them, the values of fields. With a limit only the first are kept.
 */
#include "query/run.h"

#include "query/plan.h"

struct kept {
	int64_t time_ns;
	uint64_t index;
	struct value *values; /* NULL when the query names no fields */
};

struct order {
	struct kept *rows;
	size_t count, cap;
	uint64_t keep;
	bool newest;
	bool sorted;         /* so far they came in order */
	struct arena *bytes; /* of values */
	struct arena *spare;
};

/* Rows beyond the limit are cut off when so many have gathered. */
enum { ORDER_SLACK = 65536 };

static int compare(const struct kept *a, const struct kept *b, bool newest) {
	if (a->time_ns != b->time_ns) {
		return (a->time_ns < b->time_ns) != newest ? -1 : 1;
	}
	return a->index < b->index ? -1 : a->index > b->index;
}
static int compare_oldest(const void *a, const void *b) {
	return compare(a, b, false);
}
static int compare_newest(const void *a, const void *b) {
	return compare(a, b, true);
}

static void sort_rows(struct order *order) {
	if (!order->sorted) {
		qsort(order->rows, order->count, sizeof(*order->rows),
		      order->newest ? compare_newest : compare_oldest);
		order->sorted = true;
	}
}

/* Copies a row's values; ERR_LIMIT above the query's memory. */
static enum err copy_values(struct op *op, const struct value *values, struct value **out_values) {
	struct order *order = op->state;
	size_t count = op->run->query->fields_count;
	size_t before = arena_used(order->bytes);
	struct value *copy = ARENA_ARRAY(order->bytes, count, struct value);
	for (size_t i = 0; i < count; i++) {
		copy[i].kind = values[i].kind;
		copy[i].text = arena_str(order->bytes, values[i].text);
	}
	*out_values = copy;
	return run_take(op->run, arena_used(order->bytes) - before);
}

/* Keeps only the first rows, and only their values. */
static enum err cut(struct op *op) {
	struct order *order = op->state;
	sort_rows(order);
	order->count = MIN_OF(order->count, order->keep);
	if (op->run->query->fields_count == 0) {
		return ERR_OK;
	}
	struct arena *old = order->bytes;
	run_give_back(op->run, arena_used(old));
	order->bytes = order->spare;
	order->spare = old;
	enum err err = ERR_OK;
	for (size_t i = 0; i < order->count && err == ERR_OK; i++) {
		err = copy_values(op, order->rows[i].values, &order->rows[i].values);
	}
	arena_reset(old);
	return err;
}

static enum err make_room(struct op *op) {
	struct order *order = op->state;
	if (order->count < order->cap) {
		return ERR_OK;
	}
	if (order->keep < SIZE_MAX / 4 && order->count >= 2 * order->keep + ORDER_SLACK) {
		return cut(op);
	}
	size_t cap = order->cap == 0 ? 1024 : order->cap * 2;
	TRY(run_take(op->run, (cap - order->cap) * sizeof(*order->rows)));
	order->rows = reallocarray(order->rows, cap, sizeof(*order->rows));
	ASSERT(order->rows != NULL);
	order->cap = cap;
	return ERR_OK;
}

static enum err push(struct op *op, const struct flow_row *row) {
	struct order *order = op->state;
	struct kept kept = {.time_ns = row->time_ns, .index = row->index};
	if (order->keep == 0) {
		op->full = true;
		return ERR_OK;
	}
	TRY(make_room(op));
	if (op->run->query->fields_count > 0) {
		TRY(copy_values(op, row->values, &kept.values));
	}
	order->sorted = order->count == 0 || (order->sorted && compare(&order->rows[order->count - 1],
	                                                               &kept, order->newest) <= 0);
	order->rows[order->count++] = kept;
	return ERR_OK;
}

static enum err finish(struct op *op) {
	struct order *order = op->state;
	sort_rows(order);
	uint64_t count = MIN_OF(order->count, order->keep);
	for (size_t i = 0; i < count && !op->next->full; i++) {
		const struct kept *kept = &order->rows[i];
		struct flow_row row = {
		    .values = kept->values, .time_ns = kept->time_ns, .index = kept->index};
		TRY(run_tick(op->run));
		TRY(op->next->push(op->next, &row));
	}
	return op->next->finish(op->next);
}

static void order_free(struct op *op) {
	struct order *order = op->state;
	free(order->rows);
	arena_free(order->bytes);
	arena_free(order->spare);
}

struct op *op_order_new(struct run *run, uint64_t keep) {
	struct op *op = ARENA_NEW(run->arena, struct op);
	struct order *order = ARENA_NEW(run->arena, struct order);
	*order = (struct order){.keep = keep,
	                        .sorted = true,
	                        .newest = run->options->order == QUERY_BY_TIME_NEWEST,
	                        .bytes = arena_new(SIZE_MAX),
	                        .spare = arena_new(SIZE_MAX)};
	*op =
	    (struct op){.run = run, .state = order, .push = push, .finish = finish, .free = order_free};
	return op;
}

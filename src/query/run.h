/* Private to src/query: how results flow. Each stage of a query becomes an operator; rows are
 * pushed from the scan through the operators into the output, one at a time.
 *
 *   scan (filter, columns) -> op -> op -> ... -> output
 *
 * A row is borrowed for the time of a push; operators that keep rows copy them into memory that the
 * query's budget allows (--memory).
 */
#pragma once

#include "base/arena.h"
#include "query/query.h"
#include "query/source.h"

struct run;
struct stage;

/* One row on its way. values[field] for the fields that pipes name (struct query's numbers). */
struct flow_row {
	const struct value *values;
	int64_t time_ns; /* of the record; tables: 0 */
	uint64_t index;
	/* Where it is at hand while the scan stands on its page; NULL later. */
	const struct query_page *page;
	uint32_t row;
};

struct op {
	struct run *run;
	const struct stage *stage; /* NULL for the implicit ones */
	struct op *next;
	void *state;
	bool full; /* wants no more rows */
	enum err (*push)(struct op *op, const struct flow_row *row) MUST_USE;
	/* No more rows come: gives out what was kept, then finishes next. */
	enum err (*finish)(struct op *op) MUST_USE;
	void (*free)(struct op *op); /* may be NULL */
};

struct run {
	const struct query *query;
	const struct query_source *source;
	const struct query_options *options;
	const struct query_output *output;
	struct query_stats *stats;
	struct diag *diag;
	struct arena *arena; /* small things that live as long as the run */
	size_t memory_used, memory_max;
	uint64_t rows_done;
	uint64_t ticks;
};

/* Accounts for memory that an operator keeps. ERR_LIMIT with the way out in diag. */
MUST_USE enum err run_take(struct run *run, size_t bytes);
static inline void run_give_back(struct run *run, size_t bytes) {
	run->memory_used -= bytes;
}
/* Called often: every 256th time looks at the deadline and the caller's wish. */
MUST_USE enum err run_tick(struct run *run);

/* Passes a row on, and takes over next's wish for no more. */
static inline enum err op_pass(struct op *op, const struct flow_row *row) {
	enum err err = op->next->push(op->next, row);
	op->full = op->next->full;
	return err;
}
/* The finish of operators that keep nothing. */
MUST_USE enum err op_finish_next(struct op *op);

/* The implicit operators. order: by (time, index) as options say; keep: how many of the first
 * (UINT64_MAX: all). */
struct op *op_order_new(struct run *run, uint64_t keep);
struct op *op_output_new(struct run *run);

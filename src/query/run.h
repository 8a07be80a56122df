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
struct run_part;
struct stage;

/* One row on its way. values[field] for the fields that pipes name (struct query's numbers). */
struct flow_row {
	const struct value *values;
	int64_t time_ns; /* of the record; tables: 0 */
	uint64_t index;
	/* Where it is at hand while the scan stands on its page; NULL later. */
	const struct query_page *page;
	uint32_t row;
	/* Read before, as the output wants it, for as long as the run; NULL: it has to be read. */
	const struct row *record;
};

struct grouping; /* query/group.h */
struct regex;

struct op {
	struct run *run;
	const struct stage *stage; /* NULL for the implicit ones */
	struct op *next;
	void *state;
	bool full; /* wants no more rows */
	/* When all that it does with a row is adding it to groups: how. May be NULL. */
	const struct grouping *grouping;
	/* When all that it does with a row is making fields of the text (event.original) by the groups
	 * of this: before rows come to next. May be NULL. */
	const struct regex *extracts;
	/* Before the first row; may be NULL. */
	enum err (*start)(struct op *op) MUST_USE;
	enum err (*push)(struct op *op, const struct flow_row *row) MUST_USE;
	/* No more rows come: gives out what was kept, then finishes next. */
	enum err (*finish)(struct op *op) MUST_USE;
	void (*free)(struct op *op); /* may be NULL */
};

/* What all operators of a query may keep, those of queries inside it, too. */
struct budget {
	size_t used, max; /* bytes */
};

struct run {
	const struct query *query;
	/* Event times that can still change the result: [from, to). Whoever narrows them has seen to it
	 * that no other row can. */
	int64_t wanted_from_ns, wanted_to_ns;
	/* Event times of the page that is being pushed and of those to come. */
	int64_t rest_low_ns, rest_high_ns;
	const struct query_source *source;
	const struct query_options *options;
	const struct query_output *output;
	struct query_stats *stats;
	struct diag *diag;
	struct arena *arena; /* small things that live as long as the run */
	struct budget *budget;
	uint64_t rows_done;
	uint64_t ticks;
	bool order_counts; /* something was computed that another order of rows would make otherwise */
	struct run_part *part;  /* of a run that looks at a part of the records (parts.h); else NULL */
	uint64_t inner_damaged; /* the most pages that a query inside could not read */
};

/* Accounts for memory that an operator keeps. ERR_LIMIT with the way out in diag. */
MUST_USE enum err run_take(struct run *run, size_t bytes);
static inline void run_give_back(struct run *run, size_t bytes) {
	ASSERT(run->budget->used >= bytes);
	run->budget->used -= bytes;
}
/* Runs a query inside the one of run, over the same records and with the same budget; what it could
 * not read counts for run, too. Only before the first row of run (op's start). */
MUST_USE enum err run_inner(struct run *run, const struct query *query,
                            const struct query_output *output);
/* Scans and pushes the rows into first (NULL: only counting), which is left to be finished. */
MUST_USE enum err run_scan(struct run *run, struct op *first);
/* Looks at the deadline and the caller's wish. ERR_CANCELED. */
MUST_USE enum err run_check(struct run *run);
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

/* A row kept: its values copied, only those that stage `from` or a later one reads. */
struct row_copy {
	struct flow_row row;
	size_t bytes;
	uint64_t number; /* the keeper's */
	char *extra;     /* extra_bytes of the caller's, zeroed, aligned to 16 */
};
/* ERR_LIMIT above the query's memory. Freed by row_copy_free (NULL is fine). */
MUST_USE enum err row_copy_new(struct run *run, const struct flow_row *row, size_t from,
                               size_t extra_bytes, struct row_copy **out_copy);
void row_copy_free(struct run *run, struct row_copy *copy);

struct sort_key {
	uint32_t field;
	bool descending;
};
/* Sorts by keys (none: only by the order of results), ties by time and index as options say. keep:
 * how many of the first rows (UINT64_MAX: all). from: the first stage that needs the values. */
struct sort_options {
	const struct sort_key *keys;
	size_t keys_count;
	uint64_t keep;
	bool last;    /* of the last rows; they come in the same order */
	bool by_time; /* ascending, whatever the options say */
	size_t from;
};
struct op *op_sort_new(struct run *run, const struct sort_options *options);
struct op *op_output_new(struct run *run);

/* Aggregate functions: what stats, timechart, top and transaction compute over the rows of a group.
 * One table of rows; each adds values one by one and gives a result at the end. None depends on the
 * order that rows come in.
 */
#pragma once

#include "expr/compare.h"
#include "query/run.h"
#include "query/set.h"

struct hll;
struct sketch;

/* A sum of numbers that are no integers, and what rounding has taken from it, so that the order in
 * which they come hardly ever shows. */
struct agg_real {
	double sum, rest;
	bool any;
};
void agg_real_add(struct agg_real *real, double number);
double agg_real_get(const struct agg_real *real);

/* Which of them is used is the function's own; all zero at first. */
struct agg_state {
	uint64_t count;
	size_t bytes; /* taken from the budget */
	union {
		struct {
			__int128 sum;          /* of integers */
			struct agg_real reals; /* of other numbers */
		};
		struct {
			double mean, squares; /* stdev: of distances from the mean */
			double least, greatest;
		};
		struct { /* min, max, first, last */
			struct buf best;
			enum value_kind best_kind;
			int64_t best_time_ns;
			uint64_t best_index;
		};
		struct { /* dc, values */
			struct set set;
			struct hll *hll; /* dc above AGG_EXACT_MAX: in place of the set; count: what was counted
			                    before */
		};
		struct sketch *sketch; /* percentiles */
	};
};

/* So many different values are counted exactly, per group, and so many bytes of them. */
enum { AGG_EXACT_MAX = 100000, AGG_EXACT_BYTES = 8 << 20 };

struct agg_where { /* the row that a value is from */
	int64_t time_ns;
	uint64_t index;
};

/* How rows of one value come together without each of them. */
enum agg_way {
	AGG_EACH,     /* not at all */
	AGG_COUNT,    /* their number */
	AGG_SUM,      /* their number and the sum of those that are numbers */
	AGG_LEAST,    /* the least value alone */
	AGG_GREATEST, /* the greatest value alone */
	AGG_ONCE,     /* one row of each value */
	AGG_OFTEN,    /* all of them, but in any order */
};

struct agg_kind {
	struct str name;
	struct str usage;
	struct str help;
	bool whole_rows; /* count(): no field needed */
	int percent;     /* p95: 95; percentile(field, n): -1; others 0 */
	enum agg_way way;
	enum err (*add)(struct run *run, const struct agg_where *where, struct agg_state *state,
	                struct value element);
	/* Adds what another state of the same function gathered from other rows (more is left as it
	 * is); the result is what it would be had all come to one. NULL: that depends on the order of
	 * rows. ERR_UNSUPPORTED: it does for what came. */
	enum err (*merge)(struct run *run, struct agg_state *state, const struct agg_state *more);
	/* Appends the result's text; returns its kind (VALUE_NONE: nothing to say). thousandths: of a
	 * percent, for percentiles. Estimates are counted in run->stats. */
	enum value_kind (*result)(struct run *run, uint32_t thousandths, struct agg_state *state,
	                          struct buf *out);
	/* NULL: nothing is to be freed, and nothing was taken from the budget. */
	void (*free)(struct agg_state *state);
	/* The result as a number, without its text; *out_none: there is nothing to say. False: only
	 * result tells. NULL: it always does. */
	bool (*whole)(const struct agg_state *state, int64_t *out_number, bool *out_none);
};

size_t agg_table(const struct agg_kind **out_kinds);
/* p and a number is a percentile: *out_thousandths of a percent, for others untouched. */
const struct agg_kind *agg_find(struct str name, uint32_t *out_thousandths);
/* "99.9" as 99900. */
bool agg_read_percent(struct str text, uint32_t *out_thousandths);
/* What AGG_COUNT and AGG_SUM make of some elements. */
struct agg_sum {
	uint64_t count; /* of elements that are added: AGG_SUM counts numbers alone */
	__int128 sum;
	struct agg_real reals;
};
struct agg_sum agg_sum_of(enum agg_way way, struct value element);
void agg_sum_add(struct agg_sum *to, const struct agg_sum *sum);
/* The same of so many elements alike. */
struct agg_sum agg_sum_times(const struct agg_sum *sum, uint64_t count);
void agg_add_sum(struct agg_state *state, enum agg_way way, const struct agg_sum *sum);
/* A total order of values, as min and max have it. */
int agg_order(const struct scalar *a, const struct scalar *b);
/* Frees and gives back to the budget. */
void agg_state_deinit(struct run *run, const struct agg_kind *kind, struct agg_state *state);

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

/* Which of them is used is the function's own; all zero at first. */
struct agg_state {
	uint64_t count;
	size_t bytes; /* taken from the budget */
	union {
		struct {
			__int128 sum; /* of integers */
			double real;  /* of other numbers */
			bool has_real;
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

struct agg_kind {
	struct str name;
	struct str usage;
	struct str help;
	bool whole_rows; /* count(): no field needed */
	int percent;     /* p95: 95; percentile(field, n): -1; others 0 */
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
	void (*free)(struct agg_state *state); /* NULL: nothing is to be freed */
};

size_t agg_table(const struct agg_kind **out_kinds);
/* p and a number is a percentile: *out_thousandths of a percent, for others untouched. */
const struct agg_kind *agg_find(struct str name, uint32_t *out_thousandths);
/* "99.9" as 99900. */
bool agg_read_percent(struct str text, uint32_t *out_thousandths);
/* Frees and gives back to the budget. */
void agg_state_deinit(struct run *run, const struct agg_kind *kind, struct agg_state *state);

/* Aggregate functions: what stats, timechart and top compute over the rows of a group. One table of
 * rows; each adds values one by one and gives a result at the end. None depends on the order that
 * rows come in.
 */
#pragma once

#include "base/map.h"
#include "expr/compare.h"
#include "query/run.h"

struct agg_state {
	uint64_t count;
	__int128 sum; /* of integers */
	double real;  /* of other numbers */
	bool has_real;
	struct buf best; /* text of min, max, first, last; numbers of percentiles (double) */
	enum value_kind best_kind;
	int64_t best_time_ns;
	uint64_t best_index;
	uint32_t *set; /* values: entries of the map of sets */
	size_t set_count, set_cap;
};

/* What the states of all groups of one operator share. */
struct agg_shared {
	struct run *run;
	struct map *sets; /* (group, function, text): what dc and values have seen */
	struct buf key;
};

struct agg_where { /* which state of which group */
	uint32_t group;
	uint32_t function;
	uint32_t percent; /* of percentiles */
	int64_t time_ns;
	uint64_t index;
};

struct agg_kind {
	struct str name;
	struct str usage;
	struct str help;
	bool whole_rows; /* count(): no field needed */
	int percent;     /* p95: 95; percentile(field, n): -1; others 0 */
	enum err (*add)(struct agg_shared *shared, const struct agg_where *where,
	                struct agg_state *state, struct value element);
	/* Appends the result's text; returns its kind (VALUE_NONE: nothing to say). */
	enum value_kind (*result)(struct agg_shared *shared, const struct agg_where *where,
	                          struct agg_state *state, struct buf *out);
};

size_t agg_table(const struct agg_kind **out_kinds);
const struct agg_kind *agg_find(struct str name);
void agg_state_deinit(struct agg_state *state);

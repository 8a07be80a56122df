/* Grouping, shared by stats, timechart, top and rare: rows with the same values (and the same span
 * of time) make a group, each with the states of the aggregate functions.
 */
#pragma once

#include "query/agg.h"
#include "query/pipe.h"
#include "query/tally.h"

struct group_function {
	const struct agg_kind *kind;
	uint32_t field;       /* UINT32_MAX: count() */
	uint32_t thousandths; /* of a percent, for percentiles */
	uint32_t out;         /* the field of the result */
	uint32_t state; /* the first function that gathers the same: its state serves this one, too */
	struct str called; /* as it was written: p99.9 */
};

/* Sets the state of each function. */
void group_share_states(struct group_function *functions, size_t count);

enum { GROUP_FUNCTIONS_MAX = 64 };

/* Parsed: which functions, by which fields. */
struct group_spec {
	struct group_function functions[GROUP_FUNCTIONS_MAX];
	size_t functions_count;
	struct field_list by;
};

/* Reads FUNCTION [as NAME], ... [by FIELD, ...]; count() when there is no function. The columns are
 * left for the caller to set (group_set_columns). */
MUST_USE enum err group_parse(struct parser *p, struct group_spec *spec);
/* From here on there is a table: first (UINT32_MAX: none), the by fields, the results. */
void group_set_columns(struct parser *p, uint32_t first, const struct group_spec *spec);
/* Reads one FUNCTION(FIELD) [as NAME] behind those that are there. */
MUST_USE enum err group_parse_function(struct parser *p, struct group_function *functions,
                                       size_t *count);
/* count() as count */
struct group_function group_count_function(struct parser *p);
/* A field of results: not read from records. */
uint32_t group_result_field(struct parser *p, struct str name);

/* ---- running ---- */

struct group {
	int64_t bucket_ns;    /* start of its span; 0 without spans */
	uint64_t first_index; /* of its first row, which says of what kind the values are */
	uint32_t number;
	struct agg_state *states; /* behind the group, in the same block */
	struct value by[];        /* their texts are the map's */
};

struct groups;
struct span;

/* How an operator adds rows to groups (struct op). */
struct grouping {
	struct groups *groups;
	const struct group_spec *spec;
	const struct span *span; /* NULL: no spans */
	bool last_needed;        /* rows without the last of the by fields are left out */
};

/* How many functions have a state of their own. */
size_t group_sums(const struct group_spec *spec);

struct groups *groups_new(struct run *run, const struct group_spec *spec);
void groups_free(struct groups *groups); /* NULL is fine */
/* False: what the functions give depends on the order of rows. */
bool group_merges(const struct group_spec *spec);
/* Adds the groups of more, of the same spec, as if their rows had come here, too; more is of no use
 * afterwards but to be freed. Neither is sorted yet. ERR_UNSUPPORTED: the result would depend on
 * the order. */
MUST_USE enum err groups_merge(struct groups *groups, struct groups *more);
MUST_USE enum err groups_add(struct groups *groups, const struct flow_row *row, int64_t bucket_ns);
struct groups_wanted {
	uint32_t count;
	const struct value *by; /* of each the values of the by fields, in their order */
	const int64_t *buckets; /* NULL: no spans */
	uint64_t first_index;   /* of those that are made */
};
/* The groups with these values, made where there are none. */
MUST_USE enum err groups_find(struct groups *groups, const struct groups_wanted *wanted,
                              struct group **out_groups);
/* Adds groups that came together in a tally: its sums are those of the functions with a state of
 * their own, in order. It is taken over, also on failure. first_index: no row of it is before.
 * While nothing else comes, groups stay a tally. */
MUST_USE enum err groups_add_tally(struct groups *groups, struct tally *tally,
                                   uint64_t first_index);
/* Groups that are a tally become groups. */
MUST_USE enum err groups_settle(struct groups *groups);
/* The same for who wants only the first `keep` by one of its functions (one with agg_kind.whole),
 * and whatever ties with the last of these: others may be left out. */
MUST_USE enum err groups_settle_first(struct groups *groups, const struct group_function *by,
                                      bool descending, uint64_t keep);
/* The sum of the counts of the first function, over all groups. */
uint64_t groups_rows(const struct groups *groups);
/* Adds a value to a state of the function; elements of a list one by one. */
MUST_USE enum err group_add_value(struct run *run, const struct group_function *function,
                                  const struct agg_where *where, struct agg_state *state,
                                  struct value value);
/* By bucket, then by values. */
MUST_USE enum err groups_sort(struct groups *groups);
/* The same for some of them, which are put in order where they stand. */
MUST_USE enum err groups_sort_some(struct groups *groups, struct group **some, size_t count);
/* Sorts only those that can come first where a sort follows that keeps few (next; NULL: all): the
 * first *out_count, which keep their order among each other; the others stand behind them. */
MUST_USE enum err groups_sort_first(struct groups *groups, const struct group_spec *spec,
                                    const struct sort_options *next, size_t *out_count);
/* The greatest of the `keep` (1 to count) least ranks. */
uint64_t group_last_rank(const uint64_t *ranks, size_t count, size_t keep);
/* Puts in front those that are among the `keep` of the least ranks (one for each), or tie with the
 * last of these. Returns how many. */
size_t group_put_first(struct group **some, const uint64_t *ranks, size_t count, uint64_t keep);
struct group **groups_all(struct groups *groups);
struct run *groups_run(const struct groups *groups);
size_t groups_count(const struct groups *groups);
struct group *groups_get(struct groups *groups, size_t i);
/* Adds the row to the states (one per function). */
MUST_USE enum err group_add_row(struct run *run, const struct group_function *functions,
                                size_t count, struct agg_state *states, const struct flow_row *row);
void group_free_states(struct run *run, const struct group_function *functions, size_t count,
                       struct agg_state *states);
/* The results into values[out]; their texts into results (one per function). */
void group_results(struct run *run, const struct group_function *functions, size_t count,
                   struct agg_state *states, struct buf *results, struct value *values);
/* An empty group, for one that no row fell into. */
struct group *groups_empty(struct groups *groups, int64_t bucket_ns);
/* Fills by fields and results into values[field]; they live until the next call. */
MUST_USE enum err groups_values(struct groups *groups, struct group *group, struct value *values);

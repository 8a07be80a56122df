/* The aggregate functions and their table. */
#include "query/agg.h"

#include <math.h>

#include "query/number.h"
#include "query/pipe.h"

/* ---- count, sum, avg ---- */

static enum err add_count(struct agg_shared *shared, const struct agg_where *where,
                          struct agg_state *state, struct value element) {
	(void)shared;
	(void)where;
	(void)element;
	state->count++;
	return ERR_OK;
}

static enum value_kind count_result(struct agg_shared *shared, const struct agg_where *where,
                                    struct agg_state *state, struct buf *out) {
	(void)shared;
	(void)where;
	buf_append_u64(out, state->count);
	return VALUE_NUMBER;
}

static enum err add_number(struct agg_shared *shared, const struct agg_where *where,
                           struct agg_state *state, struct value element) {
	struct scalar scalar = scalar_read(element.text);
	(void)shared;
	(void)where;
	if (scalar.kind == SCALAR_INTEGER) {
		state->sum += scalar.integer;
		state->count++;
	} else if (scalar.kind == SCALAR_REAL) {
		state->real += scalar.real;
		state->has_real = true;
		state->count++;
	}
	return ERR_OK;
}

/* What is greater than any number that can be written is absent. */
static enum value_kind append_finite(struct buf *out, double number) {
	if (!isfinite(number)) {
		return VALUE_NONE;
	}
	number_append(out, number);
	return VALUE_NUMBER;
}

static enum value_kind sum_result(struct agg_shared *shared, const struct agg_where *where,
                                  struct agg_state *state, struct buf *out) {
	(void)shared;
	(void)where;
	if (state->count == 0) {
		return VALUE_NONE;
	}
	if (!state->has_real) {
		number_append_wide(out, state->sum);
		return VALUE_NUMBER;
	}
	return append_finite(out, (double)state->sum + state->real);
}

static enum value_kind avg_result(struct agg_shared *shared, const struct agg_where *where,
                                  struct agg_state *state, struct buf *out) {
	(void)shared;
	(void)where;
	if (state->count == 0) {
		return VALUE_NONE;
	}
	return append_finite(out, ((double)state->sum + state->real) / (double)state->count);
}

/* ---- min, max, first, last: one value that is the best so far ---- */

static enum err take_best(struct agg_shared *shared, const struct agg_where *where,
                          struct agg_state *state, struct value element) {
	if (element.text.len > state->best.cap) {
		TRY(run_take(shared->run, 2 * element.text.len));
	}
	buf_clear(&state->best);
	buf_append_str(&state->best, element.text);
	state->best_kind = element.kind;
	state->best_time_ns = where->time_ns;
	state->best_index = where->index;
	return ERR_OK;
}

/* A total order, also of 7 and 7.0, so that the order in which rows come decides nothing. */
static int order_exactly(struct str a, struct str b) {
	struct scalar x = scalar_read(a);
	struct scalar y = scalar_read(b);
	int order = scalar_order(&x, &y);
	return order != 0 ? order : str_cmp(a, b);
}

static enum err add_min(struct agg_shared *shared, const struct agg_where *where,
                        struct agg_state *state, struct value element) {
	bool better = state->count++ == 0 || order_exactly(element.text, buf_str(&state->best)) < 0;
	return better ? take_best(shared, where, state, element) : ERR_OK;
}

static enum err add_max(struct agg_shared *shared, const struct agg_where *where,
                        struct agg_state *state, struct value element) {
	bool better = state->count++ == 0 || order_exactly(element.text, buf_str(&state->best)) > 0;
	return better ? take_best(shared, where, state, element) : ERR_OK;
}

static bool is_before(const struct agg_where *where, const struct agg_state *state) {
	return where->time_ns != state->best_time_ns ? where->time_ns < state->best_time_ns
	                                             : where->index < state->best_index;
}

static enum err add_first(struct agg_shared *shared, const struct agg_where *where,
                          struct agg_state *state, struct value element) {
	bool better = state->count++ == 0 || is_before(where, state);
	return better ? take_best(shared, where, state, element) : ERR_OK;
}

static enum err add_last(struct agg_shared *shared, const struct agg_where *where,
                         struct agg_state *state, struct value element) {
	bool better = state->count++ == 0 || !is_before(where, state);
	return better ? take_best(shared, where, state, element) : ERR_OK;
}

static enum value_kind best_result(struct agg_shared *shared, const struct agg_where *where,
                                   struct agg_state *state, struct buf *out) {
	(void)shared;
	(void)where;
	if (state->count == 0) {
		return VALUE_NONE;
	}
	buf_append_str(out, buf_str(&state->best));
	return state->best_kind;
}

/* ---- dc, values: exact sets ---- */

/* Puts the value into the set; *out_entry is its entry in the map when it is new. */
static enum err add_to_set(struct agg_shared *shared, const struct agg_where *where,
                           struct value element, bool *out_new, uint32_t *out_entry) {
	struct buf *key = &shared->key;
	buf_clear(key);
	buf_append(key, &where->group, sizeof(where->group));
	buf_append(key, &where->function, sizeof(where->function));
	buf_append_str(key, element.text);
	*out_entry = (uint32_t)map_count(shared->sets);
	(void)map_put(shared->sets, buf_str(key), 0, out_new);
	return *out_new ? run_take(shared->run, key->len + PIPE_MAP_ENTRY_BYTES) : ERR_OK;
}

static enum err add_dc(struct agg_shared *shared, const struct agg_where *where,
                       struct agg_state *state, struct value element) {
	bool is_new;
	uint32_t entry;
	TRY(add_to_set(shared, where, element, &is_new, &entry));
	state->count += is_new;
	return ERR_OK;
}

static enum err add_values(struct agg_shared *shared, const struct agg_where *where,
                           struct agg_state *state, struct value element) {
	bool is_new;
	uint32_t entry;
	TRY(add_to_set(shared, where, element, &is_new, &entry));
	if (!is_new) {
		return ERR_OK;
	}
	if (state->set_count == state->set_cap) {
		state->set_cap = state->set_cap * 2 + 4;
		state->set = reallocarray(state->set, state->set_cap, sizeof(*state->set));
		ASSERT(state->set != NULL);
	}
	state->set[state->set_count++] = entry;
	return ERR_OK;
}

enum { SET_KEY_HEAD = 8 }; /* group and function */

static struct str set_text(const struct map *sets, uint32_t entry) {
	struct str key = map_key(sets, entry);
	return str_slice(key, SET_KEY_HEAD, key.len);
}

static int compare_entries(const void *a, const void *b, void *sets) {
	return order_exactly(set_text(sets, *(const uint32_t *)a),
	                     set_text(sets, *(const uint32_t *)b));
}

static enum value_kind values_result(struct agg_shared *shared, const struct agg_where *where,
                                     struct agg_state *state, struct buf *out) {
	(void)where;
	if (state->set_count == 0) {
		return VALUE_NONE;
	}
	qsort_r(state->set, state->set_count, sizeof(*state->set), compare_entries, shared->sets);
	for (size_t i = 0; i < state->set_count; i++) {
		value_list_append(out, value_string(set_text(shared->sets, state->set[i])));
	}
	return VALUE_LIST;
}

/* ---- percentiles: all numbers are kept ---- */

static enum err add_percentile(struct agg_shared *shared, const struct agg_where *where,
                               struct agg_state *state, struct value element) {
	double number;
	(void)where;
	if (!str_to_double(element.text, &number)) {
		return ERR_OK;
	}
	TRY(run_take(shared->run, 2 * sizeof(number)));
	buf_append(&state->best, &number, sizeof(number));
	state->count++;
	return ERR_OK;
}

static int compare_doubles(const void *a, const void *b) {
	double x;
	double y;
	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	return (x > y) - (x < y);
}

/* Nearest rank: the smallest number that is not less than n percent of them. */
static enum value_kind percentile_result(struct agg_shared *shared, const struct agg_where *where,
                                         struct agg_state *state, struct buf *out) {
	double number;
	(void)shared;
	if (state->count == 0) {
		return VALUE_NONE;
	}
	qsort(state->best.ptr, state->count, sizeof(number), compare_doubles);
	size_t rank = (size_t)((where->percent * (unsigned __int128)state->count + 99) / 100);
	size_t at = MAX_OF(rank, (size_t)1) - 1;
	memcpy(&number, state->best.ptr + at * sizeof(number), sizeof(number));
	number_append(out, number);
	return VALUE_NUMBER;
}

/* ---- the table ---- */

#define PERCENTILE(name_, percent_)              \
	{STR_INIT(name_),                            \
	 STR_INIT(name_ "(FIELD)"),                  \
	 STR_INIT("the " #percent_ "th percentile"), \
	 false,                                      \
	 percent_,                                   \
	 add_percentile,                             \
	 percentile_result}

static const struct agg_kind table[] = {
    {STR_INIT("count"), STR_INIT("count() or count(FIELD)"), STR_INIT("rows, or values of a field"),
     true, 0, add_count, count_result},
    {STR_INIT("sum"), STR_INIT("sum(FIELD)"), STR_INIT("the sum of its numbers"), false, 0,
     add_number, sum_result},
    {STR_INIT("avg"), STR_INIT("avg(FIELD)"), STR_INIT("the mean of its numbers"), false, 0,
     add_number, avg_result},
    {STR_INIT("min"), STR_INIT("min(FIELD)"), STR_INIT("the least value"), false, 0, add_min,
     best_result},
    {STR_INIT("max"), STR_INIT("max(FIELD)"), STR_INIT("the greatest value"), false, 0, add_max,
     best_result},
    {STR_INIT("dc"), STR_INIT("dc(FIELD)"), STR_INIT("how many different values, exactly"), false,
     0, add_dc, count_result},
    {STR_INIT("values"), STR_INIT("values(FIELD)"), STR_INIT("the different values"), false, 0,
     add_values, values_result},
    {STR_INIT("first"), STR_INIT("first(FIELD)"), STR_INIT("the value of the earliest record"),
     false, 0, add_first, best_result},
    {STR_INIT("last"), STR_INIT("last(FIELD)"), STR_INIT("the value of the latest record"), false,
     0, add_last, best_result},
    PERCENTILE("p50", 50),
    PERCENTILE("p90", 90),
    PERCENTILE("p95", 95),
    PERCENTILE("p99", 99),
    {STR_INIT("percentile"), STR_INIT("percentile(FIELD, N)"),
     STR_INIT("the Nth percentile, 0 to 100 (nearest rank)"), false, -1, add_percentile,
     percentile_result},
};

size_t agg_table(const struct agg_kind **out_kinds) {
	*out_kinds = table;
	return ARRAY_LEN(table);
}

const struct agg_kind *agg_find(struct str name) {
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		if (str_eq_nocase(table[i].name, name)) {
			return &table[i];
		}
	}
	return NULL;
}

void agg_state_deinit(struct agg_state *state) {
	buf_deinit(&state->best);
	free(state->set);
}

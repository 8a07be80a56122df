/* The aggregate functions and their table. */
#include "query/agg.h"

#include <math.h>

#include "base/hash.h"
#include "query/hll.h"

#include "query/number.h"
#include "query/sketch.h"

/* What the state keeps now, beside itself. */
static enum err holds(struct run *run, struct agg_state *state, size_t bytes) {
	size_t before = state->bytes;
	state->bytes = bytes;
	if (bytes <= before) {
		run_give_back(run, before - bytes);
		return ERR_OK;
	}
	return run_take(run, bytes - before);
}

/* ---- count, sum, avg ---- */

static enum err add_count(struct run *run, const struct agg_where *where, struct agg_state *state,
                          struct value element) {
	(void)run;
	(void)where;
	(void)element;
	state->count++;
	return ERR_OK;
}

static enum err merge_count(struct run *run, struct agg_state *state,
                            const struct agg_state *more) {
	(void)run;
	state->count += more->count;
	return ERR_OK;
}

static enum value_kind count_result(struct run *run, uint32_t thousandths, struct agg_state *state,
                                    struct buf *out) {
	(void)run;
	(void)thousandths;
	buf_append_u64(out, state->count);
	return VALUE_NUMBER;
}

static bool count_whole(const struct agg_state *state, int64_t *out_number, bool *out_none) {
	*out_none = false;
	*out_number = (int64_t)state->count;
	return state->count <= INT64_MAX;
}

/* The rest of an addition is exact (Neumaier). */
void agg_real_add(struct agg_real *real, double number) {
	double sum = real->sum + number;
	double rest =
	    fabs(real->sum) >= fabs(number) ? real->sum - sum + number : number - sum + real->sum;
	real->rest += isfinite(rest) ? rest : 0;
	real->sum = sum;
	real->any = true;
}

double agg_real_get(const struct agg_real *real) {
	return real->sum + real->rest;
}

static enum err add_number(struct run *run, const struct agg_where *where, struct agg_state *state,
                           struct value element) {
	struct scalar scalar = scalar_read(element.text);
	(void)where;
	if (scalar.kind == SCALAR_INTEGER) {
		state->sum += scalar.integer;
		state->count++;
	} else if (scalar.kind == SCALAR_REAL) {
		agg_real_add(&state->reals, scalar.real);
		run->order_counts = true;
		state->count++;
	}
	return ERR_OK;
}

/* Sums of reals are rounded after each: another order would give another sum. */
static enum err merge_number(struct run *run, struct agg_state *state,
                             const struct agg_state *more) {
	(void)run;
	if (state->reals.any || more->reals.any) {
		return ERR_UNSUPPORTED;
	}
	state->sum += more->sum;
	state->count += more->count;
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

static enum value_kind sum_result(struct run *run, uint32_t thousandths, struct agg_state *state,
                                  struct buf *out) {
	(void)run;
	(void)thousandths;
	if (state->count == 0) {
		return VALUE_NONE;
	}
	if (!state->reals.any) {
		number_append_wide(out, state->sum);
		return VALUE_NUMBER;
	}
	return append_finite(out, (double)state->sum + agg_real_get(&state->reals));
}

static bool sum_whole(const struct agg_state *state, int64_t *out_number, bool *out_none) {
	*out_none = state->count == 0;
	*out_number = (int64_t)state->sum;
	return !state->reals.any && state->sum >= INT64_MIN && state->sum <= INT64_MAX;
}

static enum value_kind avg_result(struct run *run, uint32_t thousandths, struct agg_state *state,
                                  struct buf *out) {
	(void)run;
	(void)thousandths;
	if (state->count == 0) {
		return VALUE_NONE;
	}
	return append_finite(out,
	                     ((double)state->sum + agg_real_get(&state->reals)) / (double)state->count);
}

struct agg_sum agg_sum_of(enum agg_way way, struct value element) {
	struct agg_sum sum = {.count = 1};
	if (way == AGG_COUNT) {
		return sum;
	}
	struct scalar scalar = scalar_read(element.text);
	if (scalar.kind == SCALAR_INTEGER) {
		sum.sum = scalar.integer;
	} else if (scalar.kind == SCALAR_REAL) {
		agg_real_add(&sum.reals, scalar.real);
	} else {
		sum.count = 0;
	}
	return sum;
}

static void add_real(struct agg_real *to, const struct agg_real *real) {
	if (real->any) {
		agg_real_add(to, real->sum);
		agg_real_add(to, real->rest);
	}
}

void agg_sum_add(struct agg_sum *to, const struct agg_sum *sum) {
	to->count += sum->count;
	to->sum += sum->sum;
	add_real(&to->reals, &sum->reals);
}

struct agg_sum agg_sum_times(const struct agg_sum *sum, uint64_t count) {
	struct agg_sum many = {.count = sum->count * count, .sum = sum->sum * (__int128)count};
	if (sum->reals.any) {
		double product = sum->reals.sum * (double)count;
		agg_real_add(&many.reals, product);
		if (isfinite(product)) {
			agg_real_add(&many.reals, fma(sum->reals.sum, (double)count, -product));
		}
		agg_real_add(&many.reals, sum->reals.rest * (double)count);
	}
	return many;
}

void agg_add_sum(struct agg_state *state, enum agg_way way, const struct agg_sum *sum) {
	state->count += sum->count;
	if (way == AGG_SUM) {
		state->sum += sum->sum;
		add_real(&state->reals, &sum->reals);
	}
}

/* ---- min, max, first, last: one value that is the best so far ---- */

static enum err take_best(struct run *run, const struct agg_where *where, struct agg_state *state,
                          struct value element) {
	buf_clear(&state->best);
	buf_append_str(&state->best, element.text);
	TRY(holds(run, state, state->best.cap));
	state->best_kind = element.kind;
	state->best_time_ns = where->time_ns;
	state->best_index = where->index;
	return ERR_OK;
}

/* A total order, also of 7 and 7.0, so that the order in which rows come decides nothing. */
int agg_order(const struct scalar *a, const struct scalar *b) {
	int order = scalar_order(a, b);
	return order != 0 ? order : str_cmp(a->text, b->text);
}

static int order_exactly(struct str a, struct str b) {
	struct scalar x = scalar_read(a);
	struct scalar y = scalar_read(b);
	return agg_order(&x, &y);
}

static enum err add_min(struct run *run, const struct agg_where *where, struct agg_state *state,
                        struct value element) {
	bool better = state->count++ == 0 || order_exactly(element.text, buf_str(&state->best)) < 0;
	return better ? take_best(run, where, state, element) : ERR_OK;
}

static enum err add_max(struct run *run, const struct agg_where *where, struct agg_state *state,
                        struct value element) {
	bool better = state->count++ == 0 || order_exactly(element.text, buf_str(&state->best)) > 0;
	return better ? take_best(run, where, state, element) : ERR_OK;
}

static bool is_before(const struct agg_where *where, const struct agg_state *state) {
	return where->time_ns != state->best_time_ns ? where->time_ns < state->best_time_ns
	                                             : where->index < state->best_index;
}

static enum err add_first(struct run *run, const struct agg_where *where, struct agg_state *state,
                          struct value element) {
	bool better = state->count++ == 0 || is_before(where, state);
	return better ? take_best(run, where, state, element) : ERR_OK;
}

static enum err add_last(struct run *run, const struct agg_where *where, struct agg_state *state,
                         struct value element) {
	bool better = state->count++ == 0 || !is_before(where, state);
	return better ? take_best(run, where, state, element) : ERR_OK;
}

/* Takes over the best of more, if it is better. */
static enum err merge_best(struct run *run, struct agg_state *state, const struct agg_state *more,
                           bool better) {
	struct agg_where where = {more->best_time_ns, more->best_index};
	struct value best = {more->best_kind, buf_str(&more->best)};
	if (more->count > 0 && (state->count == 0 || better)) {
		TRY(take_best(run, &where, state, best));
	}
	state->count += more->count;
	return ERR_OK;
}

/* Of texts that are the same the first one counts: their kinds may differ. */
static bool is_better(const struct agg_state *state, const struct agg_state *more, int sign) {
	int order = sign * order_exactly(buf_str(&more->best), buf_str(&state->best));
	return order != 0 ? order < 0 : more->best_index < state->best_index;
}

static enum err merge_min(struct run *run, struct agg_state *state, const struct agg_state *more) {
	return merge_best(run, state, more, is_better(state, more, 1));
}

static enum err merge_max(struct run *run, struct agg_state *state, const struct agg_state *more) {
	return merge_best(run, state, more, is_better(state, more, -1));
}

static bool is_more_before(const struct agg_state *state, const struct agg_state *more) {
	struct agg_where where = {more->best_time_ns, more->best_index};
	return is_before(&where, state);
}

static enum err merge_first(struct run *run, struct agg_state *state,
                            const struct agg_state *more) {
	return merge_best(run, state, more, is_more_before(state, more));
}

static enum err merge_last(struct run *run, struct agg_state *state, const struct agg_state *more) {
	return merge_best(run, state, more, !is_more_before(state, more));
}

static enum value_kind best_result(struct run *run, uint32_t thousandths, struct agg_state *state,
                                   struct buf *out) {
	(void)run;
	(void)thousandths;
	if (state->count == 0) {
		return VALUE_NONE;
	}
	buf_append_str(out, buf_str(&state->best));
	return state->best_kind;
}

/* ---- stdev, range ---- */

/* Welford's way: no difference of great sums. */
static enum err add_spread(struct run *run, const struct agg_where *where, struct agg_state *state,
                           struct value element) {
	double number;
	(void)run;
	(void)where;
	if (!str_to_double(element.text, &number)) {
		return ERR_OK;
	}
	state->least = state->count == 0 ? number : MIN_OF(state->least, number);
	state->greatest = state->count == 0 ? number : MAX_OF(state->greatest, number);
	state->count++;
	double distance = number - state->mean;
	state->mean += distance / (double)state->count;
	state->squares += distance * (number - state->mean);
	return ERR_OK;
}

/* Of a sample: divided by one less than there are. */
static enum value_kind stdev_result(struct run *run, uint32_t thousandths, struct agg_state *state,
                                    struct buf *out) {
	(void)run;
	(void)thousandths;
	return state->count < 2 ? VALUE_NONE
	                        : append_finite(out, sqrt(state->squares / (double)(state->count - 1)));
}

/* Of range; what stdev gathers depends on the order. */
static enum err merge_range(struct run *run, struct agg_state *state,
                            const struct agg_state *more) {
	(void)run;
	if (more->count > 0) {
		bool none = state->count == 0;
		state->least = none ? more->least : MIN_OF(state->least, more->least);
		state->greatest = none ? more->greatest : MAX_OF(state->greatest, more->greatest);
		state->count += more->count;
	}
	return ERR_OK;
}

static enum value_kind range_result(struct run *run, uint32_t thousandths, struct agg_state *state,
                                    struct buf *out) {
	(void)run;
	(void)thousandths;
	return state->count == 0 ? VALUE_NONE : append_finite(out, state->greatest - state->least);
}

/* ---- dc, values ---- */

static enum err add_to_set(struct run *run, struct agg_state *state, struct str text) {
	bool added;
	enum err err = set_add(&state->set, text, &added);
	if (err != ERR_OK) {
		return diag_set(run->diag, err, "a group has too many different values");
	}
	state->count += added;
	return added ? holds(run, state, set_bytes(&state->set)) : ERR_OK;
}

static enum err add_values(struct run *run, const struct agg_where *where, struct agg_state *state,
                           struct value element) {
	(void)where;
	return add_to_set(run, state, element.text);
}

static enum err to_hll(struct run *run, struct agg_state *state) {
	size_t at = 0;
	struct str text;
	state->hll = hll_new();
	while (set_next(&state->set, &at, &text)) {
		hll_add(state->hll, hash64(text.ptr, text.len));
	}
	set_deinit(&state->set);
	return holds(run, state, hll_bytes());
}

static enum err add_dc(struct run *run, const struct agg_where *where, struct agg_state *state,
                       struct value element) {
	(void)where;
	if (state->hll != NULL) {
		hll_add(state->hll, hash64(element.text.ptr, element.text.len));
		return ERR_OK;
	}
	TRY(add_to_set(run, state, element.text));
	bool many = state->count > AGG_EXACT_MAX || set_bytes(&state->set) > AGG_EXACT_BYTES;
	return many ? to_hll(run, state) : ERR_OK;
}

static enum err merge_values(struct run *run, struct agg_state *state,
                             const struct agg_state *more) {
	size_t at = 0;
	struct str text;
	while (set_next(&more->set, &at, &text)) {
		TRY(add_to_set(run, state, text));
	}
	return ERR_OK;
}

static enum err merge_dc(struct run *run, struct agg_state *state, const struct agg_state *more) {
	size_t at = 0;
	struct str text;
	while (more->hll == NULL && set_next(&more->set, &at, &text)) {
		TRY(add_dc(run, NULL, state, value_string(text)));
	}
	if (more->hll != NULL) {
		TRY(state->hll == NULL ? to_hll(run, state) : ERR_OK);
		hll_merge(state->hll, more->hll);
		state->count = MAX_OF(state->count, more->count);
	}
	return ERR_OK;
}

static enum value_kind dc_result(struct run *run, uint32_t thousandths, struct agg_state *state,
                                 struct buf *out) {
	(void)thousandths;
	if (state->hll != NULL) {
		run->stats->estimated_counts++;
		buf_append_u64(out, MAX_OF(hll_count(state->hll), state->count));
	} else {
		buf_append_u64(out, state->count);
	}
	return VALUE_NUMBER;
}

static int compare_texts(const void *a, const void *b) {
	return order_exactly(*(const struct str *)a, *(const struct str *)b);
}

static enum value_kind values_result(struct run *run, uint32_t thousandths, struct agg_state *state,
                                     struct buf *out) {
	size_t at = 0;
	size_t count = 0;
	(void)run;
	(void)thousandths;
	if (state->count == 0) {
		return VALUE_NONE;
	}
	struct str *texts = reallocarray(NULL, state->count, sizeof(*texts));
	ASSERT(texts != NULL);
	while (set_next(&state->set, &at, &texts[count])) {
		count++;
	}
	qsort(texts, count, sizeof(*texts), compare_texts);
	for (size_t i = 0; i < count; i++) {
		value_list_append(out, value_string(texts[i]));
	}
	free(texts);
	return VALUE_LIST;
}

/* ---- percentiles ---- */

static enum err add_percentile(struct run *run, const struct agg_where *where,
                               struct agg_state *state, struct value element) {
	double number;
	(void)where;
	if (!str_to_double(element.text, &number)) {
		return ERR_OK;
	}
	state->sketch = state->sketch == NULL ? sketch_new() : state->sketch;
	sketch_add(state->sketch, number);
	return holds(run, state, sketch_bytes(state->sketch));
}

static enum err merge_percentile(struct run *run, struct agg_state *state,
                                 const struct agg_state *more) {
	if (more->sketch == NULL) {
		return ERR_OK;
	}
	state->sketch = state->sketch == NULL ? sketch_new() : state->sketch;
	sketch_merge(state->sketch, more->sketch);
	return holds(run, state, sketch_bytes(state->sketch));
}

/* Nearest rank: the smallest number that is not less than so much of them. */
static enum value_kind percentile_result(struct run *run, uint32_t thousandths,
                                         struct agg_state *state, struct buf *out) {
	if (state->sketch == NULL) {
		return VALUE_NONE;
	}
	run->stats->estimated_percentiles += !sketch_is_exact(state->sketch);
	number_append(out, sketch_rank(state->sketch, thousandths));
	return VALUE_NUMBER;
}

/* ---- the table ---- */

static void free_best(struct agg_state *state) {
	buf_deinit(&state->best);
}

static void free_set(struct agg_state *state) {
	set_deinit(&state->set);
	hll_free(state->hll);
}

static void free_sketch(struct agg_state *state) {
	sketch_free(state->sketch);
}

#define NUMBERS(name_, help_, way_, add_, merge_, result_, whole_) \
	{STR_INIT(name_),                                              \
	 STR_INIT(name_ "(FIELD)"),                                    \
	 STR_INIT(help_),                                              \
	 false,                                                        \
	 0,                                                            \
	 way_,                                                         \
	 add_,                                                         \
	 merge_,                                                       \
	 result_,                                                      \
	 NULL,                                                         \
	 whole_}
#define BEST(name_, help_, way_, add_, merge_) \
	{STR_INIT(name_),                          \
	 STR_INIT(name_ "(FIELD)"),                \
	 STR_INIT(help_),                          \
	 false,                                    \
	 0,                                        \
	 way_,                                     \
	 add_,                                     \
	 merge_,                                   \
	 best_result,                              \
	 free_best,                                \
	 NULL}
#define PERCENTILE(name_, percent_, help_) \
	{STR_INIT(name_),                      \
	 STR_INIT(name_ "(FIELD)"),            \
	 STR_INIT(help_),                      \
	 false,                                \
	 percent_,                             \
	 AGG_OFTEN,                            \
	 add_percentile,                       \
	 merge_percentile,                     \
	 percentile_result,                    \
	 free_sketch,                          \
	 NULL}

static const struct agg_kind table[] = {
    {STR_INIT("count"), STR_INIT("count() or count(FIELD)"), STR_INIT("rows, or values of a field"),
     true, 0, AGG_COUNT, add_count, merge_count, count_result, NULL, count_whole},
    NUMBERS("sum", "the sum of its numbers", AGG_SUM, add_number, merge_number, sum_result,
            sum_whole),
    NUMBERS("avg", "the mean of its numbers", AGG_SUM, add_number, merge_number, avg_result, NULL),
    BEST("min", "the least value", AGG_LEAST, add_min, merge_min),
    BEST("max", "the greatest value", AGG_GREATEST, add_max, merge_max),
    {STR_INIT("dc"), STR_INIT("dc(FIELD)"),
     STR_INIT("how many different values; exactly up to 100,000 per group"), false, 0, AGG_ONCE,
     add_dc, merge_dc, dc_result, free_set, NULL},
    {STR_INIT("values"), STR_INIT("values(FIELD)"), STR_INIT("the different values"), false, 0,
     AGG_ONCE, add_values, merge_values, values_result, free_set, NULL},
    BEST("first", "the value of the earliest record", AGG_EACH, add_first, merge_first),
    BEST("last", "the value of the latest record", AGG_EACH, add_last, merge_last),
    NUMBERS("stdev", "the standard deviation of its numbers", AGG_EACH, add_spread, NULL,
            stdev_result, NULL),
    NUMBERS("range", "the greatest less the least number", AGG_EACH, add_spread, merge_range,
            range_result, NULL),
    PERCENTILE("median", 50, "the middle number"),
    PERCENTILE("p50", 50, "the 50th percentile; any other likewise: p75, p99.9"),
    PERCENTILE("p90", 90, "the 90th percentile"),
    PERCENTILE("p95", 95, "the 95th percentile"),
    PERCENTILE("p99", 99, "the 99th percentile"),
    {STR_INIT("percentile"), STR_INIT("percentile(FIELD, N)"),
     STR_INIT("the Nth percentile, 0 to 100 (nearest rank)"), false, -1, AGG_OFTEN, add_percentile,
     merge_percentile, percentile_result, free_sketch, NULL},
};

size_t agg_table(const struct agg_kind **out_kinds) {
	*out_kinds = table;
	return ARRAY_LEN(table);
}

bool agg_read_percent(struct str text, uint32_t *out_thousandths) {
	struct str fraction = text;
	struct str whole = str_cut(&fraction, '.');
	bool has_fraction = whole.len < text.len;
	uint64_t percent;
	uint64_t rest = 0;
	if (!str_to_u64(whole, 100, &percent) || (has_fraction && fraction.len > 3) ||
	    (has_fraction && !str_to_u64(fraction, 999, &rest))) {
		return false;
	}
	for (size_t i = has_fraction ? fraction.len : 3; i < 3; i++) {
		rest *= 10;
	}
	*out_thousandths = (uint32_t)(percent * 1000 + rest);
	return *out_thousandths <= 100000;
}

const struct agg_kind *agg_find(struct str name, uint32_t *out_thousandths) {
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		if (str_eq_nocase(table[i].name, name)) {
			*out_thousandths = table[i].percent > 0 ? (uint32_t)table[i].percent * 1000 : 0;
			return &table[i];
		}
	}
	bool is_percentile = name.len > 1 && char_lower(name.ptr[0]) == 'p' &&
	                     agg_read_percent(str_slice(name, 1, name.len), out_thousandths);
	uint32_t ignored;
	return is_percentile ? agg_find(STR("p50"), &ignored) : NULL;
}

void agg_state_deinit(struct run *run, const struct agg_kind *kind, struct agg_state *state) {
	if (kind->free != NULL) {
		kind->free(state);
	}
	run_give_back(run, state->bytes);
	*state = (struct agg_state){0};
}

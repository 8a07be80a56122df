/* Each event is taken to the correlations of its rules in an order in which no correlation comes
 * before those that it is about; what fires is a hit for the ones behind. So each correlation sees
 * all hits of one event at once, and fires at most once for it and a group.
 */
#include "sigma/correlate.h"

#include "base/limits.h"
#include "base/map.h"

struct item {
	int64_t time_ns;
	uint32_t value; /* VALUE_COUNT: number of the value in its group */
	double number;  /* VALUE_SUM, AVG, PERCENTILE */
};

struct group {
	struct str key;     /* heap */
	struct str *values; /* of group_by; slices of key */
	struct item *items; /* [first, count): in the window */
	uint32_t first, count, cap;
	struct map *distinct; /* VALUE_COUNT: value -> number */
	uint32_t *counts;     /* by number: how often in the window */
	uint32_t counts_cap, distinct_count;
	/* TEMPORAL: by ref, its last time. ORDERED: by ref, when the latest row of refs up to it
	 * began. INT64_MIN: none. */
	int64_t *seen;
	int64_t last_ns;
	bool holding;
	bool touched; /* by this event */
	bool counted; /* this event, which may be a hit of several refs, is among the items */
};

struct hit {
	uint32_t ref;
	const struct sigma_event *event;
};

struct state {
	const struct sigma_correlation *correlation;
	struct map *by_key; /* -> index of groups */
	struct group **groups;
	uint32_t groups_count, groups_cap, sweep_at;
	struct hit *hits; /* of this event */
	uint32_t hits_count, hits_cap;
};

/* That correlation has this rule or correlation as its ref. */
struct user {
	uint32_t correlation, ref;
};
struct users {
	struct user *items;
	uint32_t count, cap;
};

struct sigma_correlator {
	const struct sigma_set *set;
	sigma_firing_f fire;
	void *ctx;
	struct state *states;
	uint32_t *order; /* of correlations */
	uint32_t order_count;
	struct users *rule_users, *correlation_users;
	struct arena *scratch; /* of one event */
	const struct sigma_event *event;
	int64_t now_ns;
	uint64_t dropped;
	struct buf key;
};

/* ---- making ---- */

static void *grown(void *items, uint32_t count, uint32_t *cap, size_t size) {
	if (count == *cap) {
		*cap = *cap == 0 ? 4 : *cap * 2;
		items = reallocarray(items, *cap, size);
		ASSERT(items != NULL);
	}
	return items;
}

static void add_user(struct users *users, uint32_t correlation, uint32_t ref) {
	users->items = grown(users->items, users->count, &users->cap, sizeof(*users->items));
	users->items[users->count++] = (struct user){correlation, ref};
}

static bool refs_are_done(const struct sigma_correlation *c, const bool *done) {
	for (uint32_t i = 0; i < c->refs_count; i++) {
		if (c->refs[i].to_correlation && !done[c->refs[i].index]) {
			return false;
		}
	}
	return true;
}

/* sigma_set_close has seen to it that sound correlations have an order of few passes. */
static void find_order(struct sigma_correlator *x) {
	const struct sigma_set *set = x->set;
	bool *done = calloc((size_t)set->correlations_count + 1, sizeof(*done));
	ASSERT(done != NULL);
	for (uint32_t before = UINT32_MAX; before != x->order_count;) {
		before = x->order_count;
		for (uint32_t i = 0; i < set->correlations_count; i++) {
			const struct sigma_correlation *c = &set->correlations[i];
			if (!done[i] && c->sound && refs_are_done(c, done)) {
				done[i] = true;
				x->order[x->order_count++] = i;
			}
		}
	}
	free(done);
}

struct sigma_correlator *sigma_correlator_new(const struct sigma_set *set, sigma_firing_f fire,
                                              void *ctx) {
	struct sigma_correlator *x = calloc(1, sizeof(*x));
	ASSERT(x != NULL);
	*x = (struct sigma_correlator){.set = set, .fire = fire, .ctx = ctx, .now_ns = INT64_MIN};
	x->scratch = arena_new(SIZE_MAX);
	x->states = calloc((size_t)set->correlations_count + 1, sizeof(*x->states));
	x->order = calloc((size_t)set->correlations_count + 1, sizeof(*x->order));
	x->rule_users = calloc((size_t)set->rules_count + 1, sizeof(*x->rule_users));
	x->correlation_users =
	    calloc((size_t)set->correlations_count + 1, sizeof(*x->correlation_users));
	ASSERT(x->states != NULL && x->order != NULL && x->rule_users != NULL);
	ASSERT(x->correlation_users != NULL);
	for (uint32_t i = 0; i < set->correlations_count; i++) {
		const struct sigma_correlation *c = &set->correlations[i];
		x->states[i] = (struct state){.correlation = c, .by_key = map_new(), .sweep_at = 1024};
		for (uint32_t k = 0; c->sound && k < c->refs_count; k++) {
			add_user(c->refs[k].to_correlation ? &x->correlation_users[c->refs[k].index]
			                                   : &x->rule_users[c->refs[k].index],
			         i, k);
		}
	}
	find_order(x);
	return x;
}

static void group_free(struct group *group) {
	union {
		const char *in;
		char *out;
	} key = {.in = group->key.ptr};
	free(key.out);
	free(group->values);
	free(group->items);
	map_free(group->distinct);
	free(group->counts);
	free(group->seen);
	free(group);
}

void sigma_correlator_free(struct sigma_correlator *x) {
	if (x == NULL) {
		return;
	}
	for (uint32_t i = 0; i < x->set->correlations_count; i++) {
		struct state *state = &x->states[i];
		for (uint32_t k = 0; k < state->groups_count; k++) {
			group_free(state->groups[k]);
		}
		map_free(state->by_key);
		free(state->groups);
		free(state->hits);
		free(x->correlation_users[i].items);
	}
	for (uint32_t i = 0; i < x->set->rules_count; i++) {
		free(x->rule_users[i].items);
	}
	free(x->states);
	free(x->order);
	free(x->rule_users);
	free(x->correlation_users);
	arena_free(x->scratch);
	buf_deinit(&x->key);
	free(x);
}

uint64_t sigma_correlator_dropped(const struct sigma_correlator *correlator) {
	return correlator->dropped;
}

/* ---- values ---- */

static struct str resolve_alias(const struct sigma_correlation *c, uint32_t ref, struct str name) {
	for (uint32_t i = 0; i < c->aliases_count; i++) {
		if (c->aliases[i].ref == ref && str_eq(c->aliases[i].alias, name)) {
			return c->aliases[i].field;
		}
	}
	return name;
}

bool sigma_correlation_value(const struct sigma_set *set, const struct sigma_correlation *c,
                             uint32_t ref, const struct sigma_event *event, struct str name,
                             struct value *out) {
	name = resolve_alias(c, ref, name);
	if (sigma_event_value(event, name, out)) {
		return true;
	}
	const struct sigma_ref *what = &c->refs[ref];
	const struct sigma_rule *rule = what->to_correlation ? NULL : &set->rules[what->index];
	for (uint32_t i = 0; rule != NULL && i < rule->renames_count; i++) {
		const struct sigma_rename *rename = &rule->renames[i];
		for (uint32_t k = 0; str_eq(rename->from, name) && k < rename->to.count; k++) {
			if (sigma_event_value(event, rename->to.items[k], out)) {
				return true;
			}
		}
	}
	return false;
}

static bool value_of(const struct sigma_correlator *x, const struct sigma_correlation *c,
                     const struct hit *hit, struct str name, struct value *out) {
	return sigma_correlation_value(x->set, c, hit->ref, hit->event, name, out);
}

/* ---- groups ---- */

/* True when then lies more than a timespan before now. Times of any year: no overflow. */
static bool is_older(const struct sigma_correlation *c, int64_t then_ns, int64_t now_ns) {
	return now_ns > then_ns && (uint64_t)now_ns - (uint64_t)then_ns > (uint64_t)c->timespan_ns;
}

static bool is_ordered(const struct sigma_correlation *c) {
	return c->type == SIGMA_TEMPORAL_ORDERED;
}
static bool is_temporal(const struct sigma_correlation *c) {
	return c->type == SIGMA_TEMPORAL || is_ordered(c);
}

static struct group *group_new(const struct sigma_correlation *c, struct str key,
                               const size_t *lengths) {
	struct group *group = calloc(1, sizeof(*group));
	char *bytes = malloc(key.len + 1);
	ASSERT(group != NULL && bytes != NULL);
	if (key.len > 0) {
		memcpy(bytes, key.ptr, key.len);
	}
	group->key = str_make(bytes, key.len);
	group->values = calloc((size_t)c->group_by.count + 1, sizeof(*group->values));
	ASSERT(group->values != NULL);
	size_t at = 0;
	for (uint32_t i = 0; i < c->group_by.count; i++) {
		at += sizeof(size_t);
		group->values[i] = str_slice(group->key, at, at + lengths[i]);
		at += lengths[i];
	}
	if (is_temporal(c)) {
		group->seen = calloc(c->refs_count, sizeof(*group->seen));
		ASSERT(group->seen != NULL);
		for (uint32_t i = 0; i < c->refs_count; i++) {
			group->seen[i] = INT64_MIN;
		}
	}
	group->last_ns = INT64_MIN;
	return group;
}

/* Groups that saw nothing for a timespan are forgotten. */
static void sweep(struct sigma_correlator *x, struct state *state) {
	uint32_t kept = 0;
	map_clear(state->by_key);
	for (uint32_t i = 0; i < state->groups_count; i++) {
		struct group *group = state->groups[i];
		if (is_older(state->correlation, group->last_ns, x->now_ns) && !group->touched) {
			group_free(group);
		} else {
			*map_put(state->by_key, group->key, 0, NULL) = kept;
			state->groups[kept++] = group;
		}
	}
	state->groups_count = kept;
	state->sweep_at = MAX_OF(kept * 2, 1024u);
}

/* The group of a hit, made when new; NULL: a field is missing, or there are too many. */
static struct group *find_group(struct sigma_correlator *x, struct state *state,
                                const struct hit *hit) {
	const struct sigma_correlation *c = state->correlation;
	size_t *lengths = ARENA_ARRAY(x->scratch, c->group_by.count, size_t);
	buf_clear(&x->key);
	for (uint32_t i = 0; i < c->group_by.count; i++) {
		struct value value;
		if (!value_of(x, c, hit, c->group_by.items[i], &value)) {
			return NULL;
		}
		lengths[i] = value.text.len;
		buf_append(&x->key, &lengths[i], sizeof(size_t));
		buf_append_str(&x->key, value.text);
	}
	const uint64_t *at = map_find(state->by_key, buf_str(&x->key));
	if (at != NULL) {
		return state->groups[*at];
	}
	if (state->groups_count >= state->sweep_at) {
		sweep(x, state);
	}
	if (state->groups_count >= LIMIT_CORRELATION_GROUPS) {
		x->dropped++;
		return NULL;
	}
	struct group *group = group_new(c, buf_str(&x->key), lengths);
	*map_put(state->by_key, group->key, 0, NULL) = state->groups_count;
	state->groups =
	    grown(state->groups, state->groups_count, &state->groups_cap, sizeof(*state->groups));
	state->groups[state->groups_count++] = group;
	return group;
}

/* ---- windows ---- */

static void drop_first(struct group *group) {
	const struct item *item = &group->items[group->first++];
	if (group->distinct != NULL && --group->counts[item->value] == 0) {
		group->distinct_count--;
	}
}

/* Forgets what is older than a timespan; an empty window begins anew. */
static void expire(const struct sigma_correlation *c, struct group *group, int64_t now_ns) {
	while (group->first < group->count && is_older(c, group->items[group->first].time_ns, now_ns)) {
		drop_first(group);
	}
	if (group->first == group->count) {
		group->first = 0;
		group->count = 0;
		if (group->distinct != NULL) {
			map_clear(group->distinct);
			group->distinct_count = 0;
		}
	}
	if (is_older(c, group->last_ns, now_ns)) {
		group->holding = false;
	}
}

static uint32_t value_number_of(struct group *group, struct str value) {
	if (group->distinct == NULL) {
		group->distinct = map_new();
	}
	uint32_t number = (uint32_t)*map_put(group->distinct, value, map_count(group->distinct), NULL);
	while (number >= group->counts_cap) {
		uint32_t cap = group->counts_cap == 0 ? 8 : group->counts_cap * 2;
		group->counts = reallocarray(group->counts, cap, sizeof(*group->counts));
		ASSERT(group->counts != NULL);
		memset(group->counts + group->counts_cap, 0,
		       (cap - group->counts_cap) * sizeof(*group->counts));
		group->counts_cap = cap;
	}
	group->distinct_count += group->counts[number]++ == 0;
	return number;
}

static void add_item(struct sigma_correlator *x, struct group *group, struct item item) {
	if (group->count - group->first >= LIMIT_CORRELATION_EVENTS) {
		drop_first(group);
		x->dropped++;
	}
	if (group->count == group->cap && group->first > group->cap / 2) {
		memmove(group->items, group->items + group->first,
		        (group->count - group->first) * sizeof(*group->items));
		group->count -= group->first;
		group->first = 0;
	}
	group->items = grown(group->items, group->count, &group->cap, sizeof(*group->items));
	group->items[group->count++] = item;
}

/* All fields of the condition as one text, so that several count together. */
static bool counted_text(struct sigma_correlator *x, const struct sigma_correlation *c,
                         const struct hit *hit, struct buf *out) {
	for (uint32_t i = 0; i < c->fields.count; i++) {
		struct value value;
		if (!value_of(x, c, hit, c->fields.items[i], &value)) {
			return false;
		}
		buf_append(out, &value.text.len, sizeof(value.text.len));
		buf_append_str(out, value.text);
	}
	return true;
}

static void take_value(struct sigma_correlator *x, const struct sigma_correlation *c,
                       struct group *group, const struct hit *hit) {
	struct item item = {.time_ns = x->now_ns};
	struct value value;
	if (hit->event == x->event && group->counted) {
		return;
	}
	if (c->type == SIGMA_VALUE_COUNT) {
		struct buf text = {0};
		if (counted_text(x, c, hit, &text)) {
			item.value = value_number_of(group, buf_str(&text));
			add_item(x, group, item);
		}
		buf_deinit(&text);
		return;
	}
	if (c->type != SIGMA_EVENT_COUNT &&
	    !(value_of(x, c, hit, c->fields.items[0], &value) && value_number(value, &item.number))) {
		return; /* no number: nothing is added */
	}
	group->counted = group->counted || hit->event == x->event;
	add_item(x, group, item);
}

/* The group that the hit belongs to; NULL: none. */
static struct group *take_hit(struct sigma_correlator *x, struct state *state,
                              const struct hit *hit) {
	const struct sigma_correlation *c = state->correlation;
	struct group *group = find_group(x, state, hit);
	if (group == NULL) {
		return NULL;
	}
	expire(c, group, x->now_ns);
	group->last_ns = x->now_ns;
	if (is_ordered(c)) {
		int64_t began = hit->ref == 0 ? x->now_ns : group->seen[hit->ref - 1];
		if (began != INT64_MIN && !is_older(c, began, x->now_ns)) {
			group->seen[hit->ref] = began;
		}
	} else if (is_temporal(c)) {
		group->seen[hit->ref] = x->now_ns;
	} else {
		take_value(x, c, group, hit);
	}
	return group;
}

/* ---- conditions ---- */

static int by_number(const void *a, const void *b) {
	double x = *(const double *)a;
	double y = *(const double *)b;
	return (x > y) - (x < y);
}

/* The nearest rank. */
static double percentile_of(struct sigma_correlator *x, const struct group *group, double rank) {
	uint32_t count = group->count - group->first;
	double *numbers = ARENA_ARRAY(x->scratch, count, double);
	for (uint32_t i = 0; i < count; i++) {
		numbers[i] = group->items[group->first + i].number;
	}
	qsort(numbers, count, sizeof(*numbers), by_number);
	double at = rank / 100 * count;
	uint32_t index = (uint32_t)at + ((double)(uint32_t)at < at);
	return numbers[index == 0 ? 0 : MIN_OF(index, count) - 1];
}

static double sum_of(const struct group *group) {
	double sum = 0;
	for (uint32_t i = group->first; i < group->count; i++) {
		sum += group->items[i].number;
	}
	return sum;
}

/* How many refs were seen; ORDERED: how many from the first on. Sets a bit for each. */
static uint32_t seen_count(const struct sigma_correlation *c, const struct group *group,
                           int64_t now_ns, uint64_t *out_bits, int64_t *out_first) {
	uint32_t count = 0;
	for (uint32_t i = 0; i < c->refs_count; i++) {
		bool seen = group->seen[i] != INT64_MIN && !is_older(c, group->seen[i], now_ns);
		if (!seen && is_ordered(c)) {
			break;
		}
		if (seen) {
			count++;
			out_bits[i / 64] |= UINT64_C(1) << i % 64;
			*out_first = MIN_OF(*out_first, group->seen[i]);
		}
	}
	if (is_ordered(c) && count > 0) {
		*out_first = group->seen[count - 1];
	}
	return count;
}

static bool within(const struct sigma_bound *bound, double value) {
	switch (bound->compare) {
	case SIGMA_NEQ:
		return value < bound->value || value > bound->value;
	case SIGMA_LT:
		return value < bound->value;
	case SIGMA_LTE:
		return value <= bound->value;
	case SIGMA_GT:
		return value > bound->value;
	case SIGMA_GTE:
		return value >= bound->value;
	case SIGMA_EQ:
	default:
		return value >= bound->value && value <= bound->value;
	}
}

static bool holds(struct sigma_correlator *x, const struct sigma_correlation *c,
                  const struct group *group, int64_t *out_first) {
	uint32_t count = group->count - group->first;
	double value = count;
	*out_first = x->now_ns;
	if (is_temporal(c)) {
		uint64_t *bits = ARENA_ARRAY(x->scratch, c->refs_count / 64 + 1, uint64_t);
		value = seen_count(c, group, x->now_ns, bits, out_first);
		if (c->program.count > 0 && !is_ordered(c)) {
			return program_eval(&c->program, bits);
		}
		if (c->program.count > 0) {
			return value >= c->refs_count;
		}
	} else if (count == 0) {
		return false;
	} else {
		*out_first = group->items[group->first].time_ns;
		value = c->type == SIGMA_VALUE_COUNT        ? group->distinct_count
		        : c->type == SIGMA_VALUE_SUM        ? sum_of(group)
		        : c->type == SIGMA_VALUE_AVG        ? sum_of(group) / count
		        : c->type == SIGMA_VALUE_PERCENTILE ? percentile_of(x, group, c->percentile)
		                                            : count;
	}
	for (uint32_t i = 0; i < c->bounds_count; i++) {
		if (!within(&c->bounds[i], value)) {
			return false;
		}
	}
	return true;
}

/* ---- one event ---- */

static void add_hit(struct sigma_correlator *x, const struct users *users,
                    const struct sigma_event *event) {
	for (uint32_t i = 0; i < users->count; i++) {
		struct state *state = &x->states[users->items[i].correlation];
		if (state->hits_count == LIMIT_CORRELATION_HITS) {
			x->dropped++;
			continue;
		}
		state->hits = grown(state->hits, state->hits_count, &state->hits_cap, sizeof(*state->hits));
		state->hits[state->hits_count++] = (struct hit){users->items[i].ref, event};
	}
}

/* A group for which a correlation holds, as an event for the correlations over it. */
static const struct sigma_event *
event_of(struct sigma_correlator *x, const struct sigma_correlation *c, const struct group *group) {
	struct sigma_field *fields = ARENA_ARRAY(x->scratch, c->group_by.count, struct sigma_field);
	struct sigma_event *event = ARENA_NEW(x->scratch, struct sigma_event);
	for (uint32_t i = 0; i < c->group_by.count; i++) {
		fields[i] = (struct sigma_field){c->group_by.items[i], value_string(group->values[i])};
	}
	*event = (struct sigma_event){.fields = fields, .fields_count = c->group_by.count};
	return event;
}

static void settle(struct sigma_correlator *x, uint32_t number, struct group *group) {
	const struct sigma_correlation *c = &x->set->correlations[number];
	int64_t first_ns;
	bool before = group->holding;
	group->touched = false;
	group->counted = false;
	group->holding = holds(x, c, group, &first_ns);
	if (!group->holding) {
		return;
	}
	if (!before) {
		x->fire(x->ctx, &(struct sigma_firing){.correlation = number,
		                                       .first_ns = first_ns,
		                                       .last_ns = x->now_ns,
		                                       .groups = group->values,
		                                       .groups_count = c->group_by.count});
	}
	if (x->correlation_users[number].count > 0) {
		add_hit(x, &x->correlation_users[number], event_of(x, c, group));
	}
}

static int last_ref_first(const void *a, const void *b) {
	const struct hit *x = a;
	const struct hit *y = b;
	return (x->ref < y->ref) - (x->ref > y->ref);
}

static void run(struct sigma_correlator *x, uint32_t number) {
	struct state *state = &x->states[number];
	struct group **touched = ARENA_ARRAY(x->scratch, state->hits_count, struct group *);
	uint32_t count = 0;
	/* One event is one step of an order: it is not asked to be two. */
	qsort(state->hits, state->hits_count, sizeof(*state->hits), last_ref_first);
	for (uint32_t i = 0; i < state->hits_count; i++) {
		struct group *group = take_hit(x, state, &state->hits[i]);
		if (group != NULL && !group->touched) {
			group->touched = true;
			touched[count++] = group;
		}
	}
	state->hits_count = 0;
	for (uint32_t i = 0; i < count; i++) {
		settle(x, number, touched[i]);
	}
}

void sigma_correlator_add(struct sigma_correlator *x, int64_t time_ns,
                          const struct sigma_event *event, const uint32_t *rules, uint32_t count) {
	bool any = false;
	x->now_ns = MAX_OF(x->now_ns, time_ns);
	x->event = event;
	for (uint32_t i = 0; i < count; i++) {
		ASSERT(rules[i] < x->set->rules_count);
		add_hit(x, &x->rule_users[rules[i]], event);
		any = any || x->rule_users[rules[i]].count > 0;
	}
	if (!any) {
		return;
	}
	for (uint32_t i = 0; i < x->order_count; i++) {
		if (x->states[x->order[i]].hits_count > 0) {
			run(x, x->order[i]);
		}
	}
	arena_reset(x->scratch);
}

/* Groups of rows in a hash map, each with the states of its functions. */
#include "query/group_private.h"

/* ---- functions over rows ---- */

enum err group_add_value(struct run *run, const struct group_function *function,
                         const struct agg_where *where, struct agg_state *state,
                         struct value value) {
	size_t at = 0;
	struct value element;
	if (value.kind == VALUE_NONE) {
		return ERR_OK;
	}
	if (value.kind != VALUE_LIST) {
		return function->kind->add(run, where, state, value);
	}
	while (value_list_next(value.text, &at, &element)) {
		TRY(function->kind->add(run, where, state, element));
	}
	return ERR_OK;
}

enum err group_add_row(struct run *run, const struct group_function *functions, size_t count,
                       struct agg_state *states, const struct flow_row *row) {
	struct agg_where where = {row->time_ns, row->index};
	for (size_t i = 0; i < count; i++) {
		const struct group_function *function = &functions[i];
		if (function->state == i) {
			struct value value = function->field == UINT32_MAX ? value_string(STR(""))
			                                                   : row->values[function->field];
			TRY(group_add_value(run, function, &where, &states[i], value));
		}
	}
	return ERR_OK;
}

void group_free_states(struct run *run, const struct group_function *functions, size_t count,
                       struct agg_state *states) {
	for (size_t i = 0; i < count; i++) {
		agg_state_deinit(run, functions[i].kind, &states[i]);
	}
}

void group_results(struct run *run, const struct group_function *functions, size_t count,
                   struct agg_state *states, struct buf *results, struct value *values) {
	for (size_t i = 0; i < count; i++) {
		const struct group_function *function = &functions[i];
		struct buf *out = &results[i];
		buf_clear(out);
		enum value_kind kind =
		    function->kind->result(run, function->thousandths, &states[function->state], out);
		values[function->out] = (struct value){kind, kind == VALUE_NONE ? STR("") : buf_str(out)};
	}
}

/* ---- groups ---- */

struct groups *groups_new(struct run *run, const struct group_spec *spec) {
	struct groups *groups = calloc(1, sizeof(*groups));
	ASSERT(groups != NULL);
	groups->run = run;
	groups->spec = spec;
	groups->numbers = map_new();
	groups->arena = arena_new(SIZE_MAX);
	groups->results = calloc(spec->functions_count + 1, sizeof(*groups->results));
	ASSERT(groups->results != NULL);
	return groups;
}

void groups_free(struct groups *groups) {
	if (groups == NULL) {
		return;
	}
	bool frees = false; /* else states are only memory of the arena */
	for (size_t k = 0; k < groups->spec->functions_count; k++) {
		frees = frees || groups->spec->functions[k].kind->free != NULL;
	}
	for (size_t i = 0; frees && i < groups->count; i++) {
		group_free_states(groups->run, groups->spec->functions, groups->spec->functions_count,
		                  groups->items[i]->states);
	}
	for (size_t k = 0; k < groups->spec->functions_count; k++) {
		buf_deinit(&groups->results[k]);
	}
	free(groups->results);
	free(groups->items);
	tally_free(groups->tally);
	map_free(groups->numbers);
	buf_deinit(&groups->key);
	arena_free(groups->arena);
	free(groups);
}

/* Bytes of a group up to its states, which need their alignment. */
static size_t head_bytes(const struct group_spec *spec) {
	size_t bytes = sizeof(struct group) + spec->by.count * sizeof(struct value);
	return (bytes + _Alignof(struct agg_state) - 1) / _Alignof(struct agg_state) *
	       _Alignof(struct agg_state);
}

/* The values that a group has, in order of the fields to group by: those of a row, of another
 * group, or these; of neither: none. */
struct likeness {
	const struct flow_row *row;
	const struct group *group;
	const struct value *values;
	uint64_t first_index; /* of values */
	int64_t bucket_ns;
};

static struct value like_value(const struct groups *groups, const struct likeness *like, size_t i) {
	return like->row != NULL      ? like->row->values[groups->spec->by.items[i]]
	       : like->group != NULL  ? like->group->by[i]
	       : like->values != NULL ? like->values[i]
	                              : VALUE_ABSENT;
}

/* The texts of its values are those of key (find_group). */
static struct group *new_group(struct groups *groups, const struct likeness *like, struct str key) {
	const struct group_spec *spec = groups->spec;
	size_t head = head_bytes(spec);
	char *block =
	    arena_alloc(groups->arena, head + spec->functions_count * sizeof(struct agg_state));
	struct group *group = (void *)block;
	group->bucket_ns = like->bucket_ns;
	group->first_index = like->row != NULL     ? like->row->index
	                     : like->group != NULL ? like->group->first_index
	                                           : like->first_index;
	group->states = (void *)(block + head);
	size_t at = sizeof(like->bucket_ns);
	for (size_t i = 0; key.len > 0 && i < spec->by.count; i++) {
		struct value value = like_value(groups, like, i);
		if (value.kind == VALUE_NONE) {
			at += PIPE_KEY_ABSENT_BYTES;
			continue;
		}
		at += PIPE_KEY_HEAD_BYTES;
		group->by[i] = (struct value){value.kind, str_slice(key, at, at + value.text.len)};
		at += value.text.len;
	}
	return group;
}

enum err groups_take(struct groups *groups, size_t bytes) {
	groups->taken += bytes;
	return run_take(groups->run, bytes);
}

static enum err add_group(struct groups *groups, const struct likeness *like) {
	size_t before = arena_used(groups->arena);
	if (groups->count == groups->cap) {
		size_t cap = groups->cap * 2 + 64;
		TRY(groups_take(groups, (cap - groups->cap) * sizeof(*groups->items)));
		groups->items = reallocarray(groups->items, cap, sizeof(*groups->items));
		ASSERT(groups->items != NULL);
		groups->cap = cap;
	}
	struct str key = map_key(groups->numbers, groups->count);
	struct group *group = new_group(groups, like, key);
	group->number = (uint32_t)groups->count;
	groups->items[groups->count++] = group;
	return groups_take(groups, arena_used(groups->arena) - before + key.len + PIPE_MAP_ENTRY_BYTES);
}

static enum err take_group(struct groups *groups, struct str key, uint64_t hash,
                           const struct likeness *like, struct group **out_group) {
	bool added;
	uint64_t number = *map_put_hashed(groups->numbers, key, hash, (uint64_t)groups->count, &added);
	if (added) {
		TRY(add_group(groups, like));
	}
	*out_group = groups->items[number];
	return ERR_OK;
}

static void append_key(struct groups *groups, const struct likeness *like) {
	buf_append(&groups->key, &like->bucket_ns, sizeof(like->bucket_ns));
	for (size_t i = 0; i < groups->spec->by.count; i++) {
		pipe_append_key(&groups->key, like_value(groups, like, i));
	}
}

static enum err find_group(struct groups *groups, const struct likeness *like,
                           struct group **out_group) {
	buf_clear(&groups->key);
	append_key(groups, like);
	struct str key = buf_str(&groups->key);
	return take_group(groups, key, map_hash(key), like, out_group);
}

/* Keys whose places in memory are asked for together. */
enum { TOGETHER = 16 };

/* At most TOGETHER of those wanted, from first on. */
static enum err find_together(struct groups *groups, const struct groups_wanted *wanted,
                              uint32_t first, uint32_t count, struct group **out_groups) {
	struct likeness likes[TOGETHER];
	uint64_t hashes[TOGETHER];
	size_t ends[TOGETHER];
	size_t at = 0;
	buf_clear(&groups->key);
	for (uint32_t i = 0; i < count; i++) {
		likes[i] =
		    (struct likeness){.values = wanted->by + (first + i) * groups->spec->by.count,
		                      .bucket_ns = wanted->buckets == NULL ? 0 : wanted->buckets[first + i],
		                      .first_index = wanted->first_index};
		append_key(groups, &likes[i]);
		ends[i] = groups->key.len;
		hashes[i] = map_hash(str_slice(buf_str(&groups->key), at, ends[i]));
		map_expect(groups->numbers, hashes[i]);
		at = ends[i];
	}
	for (uint32_t i = 0; i < count; i++) {
		map_expect_entry(groups->numbers, hashes[i]);
	}
	for (uint32_t i = 0; i < count; i++) {
		struct str key = str_slice(buf_str(&groups->key), i == 0 ? 0 : ends[i - 1], ends[i]);
		TRY(run_tick(groups->run));
		TRY(take_group(groups, key, hashes[i], &likes[i], &out_groups[i]));
		__builtin_prefetch(out_groups[i]);
	}
	return ERR_OK;
}

enum err groups_find(struct groups *groups, const struct groups_wanted *wanted,
                     struct group **out_groups) {
	TRY(groups_settle(groups));
	for (uint32_t i = 0; i < wanted->count; i += TOGETHER) {
		uint32_t count = MIN_OF(wanted->count - i, (uint32_t)TOGETHER);
		TRY(find_together(groups, wanted, i, count, out_groups + i));
	}
	return ERR_OK;
}

enum err groups_add(struct groups *groups, const struct flow_row *row, int64_t bucket_ns) {
	struct group *group = NULL;
	TRY(run_tick(groups->run));
	TRY(groups_settle(groups));
	struct likeness like = {.row = row, .bucket_ns = bucket_ns};
	TRY(find_group(groups, &like, &group));
	return group_add_row(groups->run, groups->spec->functions, groups->spec->functions_count,
	                     group->states, row);
}

/* ---- merging ---- */

bool group_merges(const struct group_spec *spec) {
	bool merges = true;
	for (size_t i = 0; i < spec->functions_count; i++) {
		merges = merges && spec->functions[i].kind->merge != NULL;
	}
	return merges;
}

static enum err merge_group(struct groups *groups, struct str key, uint64_t hash,
                            const struct group *more) {
	const struct group_spec *spec = groups->spec;
	struct likeness like = {.group = more, .bucket_ns = more->bucket_ns};
	struct group *group;
	TRY(take_group(groups, key, hash, &like, &group));
	if (more->first_index < group->first_index) {
		group->first_index = more->first_index;
		for (size_t i = 0; i < spec->by.count; i++) {
			group->by[i].kind = more->by[i].kind;
		}
	}
	for (size_t i = 0; i < spec->functions_count; i++) {
		const struct group_function *function = &spec->functions[i];
		if (function->state == i) {
			TRY(function->kind->merge(groups->run, &group->states[i], &more->states[i]));
		}
	}
	return ERR_OK;
}

enum err groups_find_like(struct groups *groups, struct value by, uint64_t first_index,
                          struct group **out_group) {
	struct likeness like = {.values = &by, .first_index = first_index};
	TRY(find_group(groups, &like, out_group));
	if (first_index < (*out_group)->first_index) {
		(*out_group)->first_index = first_index;
		(*out_group)->by[0].kind = by.kind;
	}
	return ERR_OK;
}

/* What is taken from the budget for all that groups hold. */
static size_t taken_by(const struct groups *groups) {
	const struct group_spec *spec = groups->spec;
	size_t bytes = groups->taken;
	for (size_t k = 0; k < spec->functions_count; k++) {
		for (size_t i = 0; spec->functions[k].kind->free != NULL && i < groups->count; i++) {
			bytes += groups->items[i]->states[k].bytes;
		}
	}
	return bytes;
}

/* All of them at once, into none; the none is left. */
static enum err take_over(struct groups *groups, struct groups *more) {
	struct groups was = *groups;
	TRY(run_take(groups->run, taken_by(more)));
	*groups = *more;
	*more = was;
	more->run = groups->run;
	groups->run = was.run;
	return ERR_OK;
}

/* Some keys before they are looked up. */
static void expect_key(const struct groups *groups, const struct groups *more, size_t i) {
	const struct map *keys = more->numbers;
	if (i + 2 * (size_t)TOGETHER < more->count) {
		map_expect(groups->numbers, map_key_hash(keys, i + 2 * (size_t)TOGETHER));
		map_expect_entry(groups->numbers, map_key_hash(keys, i + TOGETHER));
	}
}

enum err groups_merge(struct groups *groups, struct groups *more) {
	if (groups->count == 0 && groups->tally == NULL) {
		return take_over(groups, more);
	}
	if (more->tally != NULL) {
		return groups_merge_tally(groups, more->tally);
	}
	TRY(groups_settle(groups));
	for (size_t i = 0; i < more->count; i++) {
		expect_key(groups, more, i);
		TRY(run_tick(groups->run));
		TRY(merge_group(groups, map_key(more->numbers, i), map_key_hash(more->numbers, i),
		                more->items[i]));
	}
	return ERR_OK;
}

/* ---- sorting, results ---- */

/* What groups are sorted by, read once; a list by its first element. */
struct order_key {
	bool present;
	struct scalar scalar;
};

struct order {
	struct group *group;
	struct order_key keys[];
};

static struct order_key read_order_key(struct value value) {
	struct value first = value;
	size_t at = 0;
	if (value.kind == VALUE_LIST && !value_list_next(value.text, &at, &first)) {
		first = VALUE_ABSENT;
	}
	return (struct order_key){first.kind != VALUE_NONE, scalar_read(first.text)};
}

/* A total order, so that the order in which rows come decides nothing. */
static int compare_by(const struct order *x, const struct order *y, size_t i) {
	struct value a = x->group->by[i];
	struct value b = y->group->by[i];
	if (x->keys[i].present != y->keys[i].present) {
		return x->keys[i].present ? -1 : 1;
	}
	int order = scalar_order(&x->keys[i].scalar, &y->keys[i].scalar);
	if (order == 0) { /* 7 and 7.0; lists that begin alike */
		order = str_cmp(a.text, b.text);
	}
	if (order == 0) { /* an empty list, and none */
		order = (b.kind == VALUE_LIST) - (a.kind == VALUE_LIST);
	}
	return order;
}

static int compare_groups(const void *a, const void *b, void *groups_ptr) {
	const struct groups *groups = groups_ptr;
	const struct order *x = *(struct order *const *)a;
	const struct order *y = *(struct order *const *)b;
	if (x->group->bucket_ns != y->group->bucket_ns) {
		return x->group->bucket_ns < y->group->bucket_ns ? -1 : 1;
	}
	for (size_t i = 0; i < groups->spec->by.count; i++) {
		int order = compare_by(x, y, i);
		if (order != 0) {
			return order;
		}
	}
	return x->group->number < y->group->number ? -1 : x->group->number > y->group->number;
}

enum err groups_sort_some(struct groups *groups, struct group **some, size_t count) {
	size_t by = groups->spec->by.count;
	size_t size = sizeof(struct order) + by * sizeof(struct order_key);
	size_t bytes = count * (size + sizeof(struct order *));
	TRY(run_take(groups->run, bytes));
	char *block = calloc(count + 1, size);
	struct order **orders = calloc(count + 1, sizeof(*orders));
	ASSERT(block != NULL && orders != NULL);
	for (size_t i = 0; i < count; i++) {
		orders[i] = (void *)(block + i * size);
		orders[i]->group = some[i];
		for (size_t k = 0; k < by; k++) {
			orders[i]->keys[k] = read_order_key(some[i]->by[k]);
		}
	}
	if (count > 0) {
		qsort_r(orders, count, sizeof(*orders), compare_groups, groups);
	}
	for (size_t i = 0; i < count; i++) {
		some[i] = orders[i]->group;
	}
	free(block);
	free(orders);
	run_give_back(groups->run, bytes);
	return ERR_OK;
}

enum err groups_sort(struct groups *groups) {
	TRY(groups_settle(groups));
	return groups_sort_some(groups, groups->items, groups->count);
}

struct group **groups_all(struct groups *groups) {
	ASSERT(groups->tally == NULL);
	return groups->items;
}

struct run *groups_run(const struct groups *groups) {
	return groups->run;
}

size_t groups_count(const struct groups *groups) {
	return groups->tally != NULL ? tally_count(groups->tally) : groups->count;
}

struct group *groups_get(struct groups *groups, size_t i) {
	ASSERT(i < groups->count);
	return groups->items[i];
}

struct group *groups_empty(struct groups *groups, int64_t bucket_ns) {
	struct likeness none = {.bucket_ns = bucket_ns};
	return new_group(groups, &none, STR(""));
}

enum err groups_values(struct groups *groups, struct group *group, struct value *values) {
	const struct group_spec *spec = groups->spec;
	for (size_t i = 0; i < spec->by.count; i++) {
		values[spec->by.items[i]] = group->by[i];
	}
	group_results(groups->run, spec->functions, spec->functions_count, group->states,
	              groups->results, values);
	size_t bytes = 0;
	for (size_t i = 0; i < spec->functions_count; i++) {
		bytes += groups->results[i].cap;
	}
	size_t more = bytes - MIN_OF(bytes, groups->results_counted);
	groups->results_counted += more;
	return run_take(groups->run, more);
}

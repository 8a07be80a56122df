/* Functions over the rows of a block. A function is computed by the different values of its field:
 * each is read once, however many rows have it.
 */
#include "query/columns.h"

enum { PAIRS_MAX = 1 << 18 }; /* of groups and values of one function, in one block */

struct columns {
	struct run *run;
	const struct grouping *grouping;
	const struct op *first; /* of the chain: extracting ones, before that of the grouping */
	struct store_reduction reduction;
	const uint32_t *fields; /* all that are needed, each once */
	size_t fields_count;
	struct str *names; /* of these */
	bool tallies;
};

/* What a function came to in each group: as its way (enum agg_way) has it. */
struct reduced_function {
	struct agg_sum *sums;
	const struct value *best; /* none: no value */
	struct reduced_value {    /* of some group */
		uint32_t group;
		struct value value;
		uint64_t rows;
	} *values;
	uint32_t values_count;
};

struct reduced {
	struct arena *arena;
	uint64_t rows;
	uint32_t groups;
	const int64_t *buckets; /* NULL: no spans */
	struct value *by;       /* of each group the by fields */
	struct reduced_function *functions;
	struct tally *tally; /* in place of all but rows; NULL: it is not */
};

static void free_reduced(void *ctx, void *reduced) {
	(void)ctx;
	tally_free(((struct reduced *)reduced)->tally);
	arena_free(((struct reduced *)reduced)->arena);
}

/* ---- one block ---- */

struct work {
	const struct columns *columns;
	struct store_block *block;
	struct arena *scratch; /* gone afterwards */
	struct columns_rows rows;
	struct store_codes *codes; /* of the columns' fields */
	struct columns_groups groups;
	struct reduced *reduced;
};

static const struct store_codes *codes_of(const struct work *work, uint32_t field) {
	for (size_t i = 0; i < work->columns->fields_count; i++) {
		if (work->columns->fields[i] == field) {
			return &work->codes[i];
		}
	}
	ASSERT(false);
	return NULL;
}

static struct str name_of(const struct work *work, size_t i) {
	return work->columns->names[i];
}

/* Only one field: values with their number of rows, where the block keeps these. */
static enum err read_counts(struct work *work) {
	const struct store_count *counts;
	size_t count;
	TRY(store_block_counts(work->block, name_of(work, 0), &counts, &count));
	uint64_t *weights = ARENA_ARRAY(work->scratch, count + 1, uint64_t);
	uint32_t *codes = ARENA_ARRAY(work->scratch, count + 1, uint32_t);
	struct value *values = ARENA_ARRAY(work->scratch, count + 1, struct value);
	for (size_t i = 0; i < count; i++) {
		weights[i] = counts[i].rows;
		values[i + 1] = counts[i].value;
		codes[i] = counts[i].value.kind == VALUE_NONE ? 0 : (uint32_t)i + 1;
	}
	work->rows = (struct columns_rows){.count = (uint32_t)count, .weights = weights};
	work->codes[0] = (struct store_codes){codes, values, (uint32_t)count + 1};
	return ERR_OK;
}

static enum err tally_rows(struct work *work) {
	const struct columns *columns = work->columns;
	struct columns_asked asked = {columns->grouping, columns->fields, columns->names,
	                              columns->fields_count};
	return columns_tally(&asked, work->block, &work->reduced->tally);
}

static enum err read_rows(struct work *work) {
	size_t fields = work->columns->fields_count;
	bool spans = work->columns->grouping->span != NULL;
	uint64_t *all = ARENA_ARRAY(work->scratch, 1, uint64_t);
	TRY(store_block_rows(work->block, all));
	work->reduced->rows = *all;
	work->codes = ARENA_ARRAY(work->scratch, fields + 1, struct store_codes);
	if (fields == 0 && !spans) {
		work->rows = (struct columns_rows){.count = *all > 0, .weights = all};
		return ERR_OK;
	}
	if (fields == 1 && !spans && read_counts(work) == ERR_OK) {
		return ERR_OK;
	}
	work->rows = (struct columns_rows){.count = (uint32_t)*all};
	if (work->columns->tallies && tally_rows(work) == ERR_OK) {
		return ERR_OK;
	}
	for (size_t i = 0; i < fields; i++) {
		TRY(store_block_codes(work->block, name_of(work, i), &work->codes[i]));
	}
	return spans ? store_block_times(work->block, &work->rows.times) : ERR_OK;
}

/* Of values with one text, but of several kinds, the kind of the first row is shown: only rows tell
 * which that is. */
static bool mixes_kinds(const struct store_codes *codes) {
	CLEANUP(map_freep) struct map *seen = NULL;
	unsigned kinds = 0;
	for (uint32_t i = 1; i < codes->values_count; i++) {
		kinds |= codes->values[i].kind == VALUE_LIST ? 0 : 1u << codes->values[i].kind;
	}
	if ((kinds & (kinds - 1)) == 0) {
		return false;
	}
	seen = map_new();
	for (uint32_t i = 1; i < codes->values_count; i++) {
		struct value value = codes->values[i];
		if (value.kind != VALUE_LIST &&
		    *map_put(seen, value.text, value.kind, NULL) != value.kind) {
			return true;
		}
	}
	return false;
}

static uint64_t weight_of(const struct columns_rows *rows, uint32_t i) {
	return rows->weights == NULL ? 1 : rows->weights[i];
}

/* ---- functions ---- */

/* What one row with this value adds. */
static struct agg_sum sum_of_value(enum agg_way way, struct value value) {
	struct agg_sum sum = {0};
	struct value element;
	size_t at = 0;
	if (value.kind == VALUE_NONE) {
		return sum;
	}
	if (value.kind != VALUE_LIST) {
		return agg_sum_of(way, value);
	}
	while (value_list_next(value.text, &at, &element)) {
		struct agg_sum one = agg_sum_of(way, element);
		agg_sum_add(&sum, &one);
	}
	return sum;
}

static void count_rows(const struct work *work, struct agg_sum *sums) {
	for (uint32_t i = 0; i < work->rows.count; i++) {
		if (work->groups.of_row[i] != COLUMNS_NO_GROUP) {
			sums[work->groups.of_row[i]].count += weight_of(&work->rows, i);
		}
	}
}

static void sum_values(const struct work *work, const struct group_function *function,
                       struct agg_sum *sums) {
	const struct store_codes *codes = codes_of(work, function->field);
	struct agg_sum *each = ARENA_ARRAY(work->scratch, codes->values_count + 1, struct agg_sum);
	for (uint32_t i = 1; i < codes->values_count; i++) {
		each[i] = sum_of_value(function->kind->way, codes->values[i]);
	}
	for (uint32_t i = 0; i < work->rows.count; i++) {
		int32_t group = work->groups.of_row[i];
		if (group == COLUMNS_NO_GROUP) {
			continue;
		}
		struct agg_sum sum = each[codes->codes[i]];
		if (sum.count == 0) {
			continue;
		}
		if (work->rows.weights != NULL) {
			sum = agg_sum_times(&sum, work->rows.weights[i]);
		}
		agg_sum_add(&sums[group], &sum);
	}
}

/* The best of a value's elements; none: an empty list. */
static struct value best_element(struct value value, int sign, struct scalar *out_scalar) {
	struct value best = VALUE_ABSENT;
	struct value element = value;
	size_t at = 0;
	while (value.kind != VALUE_LIST || value_list_next(value.text, &at, &element)) {
		struct scalar scalar = scalar_read(element.text);
		if (best.kind == VALUE_NONE || agg_order(&scalar, out_scalar) * sign > 0) {
			best = element;
			*out_scalar = scalar;
		}
		if (value.kind != VALUE_LIST) {
			break;
		}
	}
	return best;
}

static void find_best(const struct work *work, const struct group_function *function,
                      struct reduced_function *out) {
	const struct store_codes *codes = codes_of(work, function->field);
	int sign = function->kind->way == AGG_GREATEST ? 1 : -1;
	uint32_t *best = ARENA_ARRAY(work->scratch, work->groups.count + 1, uint32_t);
	struct value *values = ARENA_ARRAY(work->scratch, codes->values_count + 1, struct value);
	struct scalar *scalars = ARENA_ARRAY(work->scratch, codes->values_count + 1, struct scalar);
	for (uint32_t i = 1; i < codes->values_count; i++) {
		values[i] = best_element(codes->values[i], sign, &scalars[i]);
	}
	for (uint32_t i = 0; i < work->rows.count; i++) {
		int32_t group = work->groups.of_row[i];
		uint32_t code = codes->codes[i];
		if (group == COLUMNS_NO_GROUP || code == best[group] || values[code].kind == VALUE_NONE) {
			continue;
		}
		if (best[group] == 0 || agg_order(&scalars[code], &scalars[best[group]]) * sign > 0) {
			best[group] = code;
		}
	}
	struct arena *arena = work->reduced->arena;
	struct value *shown = ARENA_ARRAY(arena, work->groups.count + 1, struct value);
	for (uint32_t i = 0; i < work->groups.count; i++) {
		if (best[i] != 0) {
			struct value value = values[best[i]];
			shown[i] = (struct value){value.kind, arena_str(arena, value.text)};
		}
	}
	out->best = shown;
}

/* The different values of each group. */
static enum err list_values(const struct work *work, const struct group_function *function,
                            struct reduced_function *out) {
	const struct store_codes *codes = codes_of(work, function->field);
	struct columns_pairs pairs CLEANUP(columns_pairs_deinit) = {0};
	CLEANUP(buf_deinit) struct buf rows = {0};
	uint64_t none = 0;
	for (uint32_t i = 0; i < work->rows.count; i++) {
		int32_t group = work->groups.of_row[i];
		if (group == COLUMNS_NO_GROUP || codes->codes[i] == 0) {
			continue;
		}
		uint32_t number = columns_pairs_put(&pairs, (uint32_t)group, codes->codes[i]);
		if (number * sizeof(none) == rows.len) {
			buf_append(&rows, &none, sizeof(none));
		}
		if (number >= PAIRS_MAX) {
			return ERR_LIMIT;
		}
		((uint64_t *)(void *)rows.ptr)[number] += weight_of(&work->rows, i);
	}
	struct arena *arena = work->reduced->arena;
	struct str *texts = ARENA_ARRAY(work->scratch, codes->values_count + 1, struct str);
	out->values_count = pairs.count;
	out->values = ARENA_ARRAY(arena, pairs.count + 1, struct reduced_value);
	for (uint32_t i = 0; i < pairs.count; i++) {
		uint32_t code = (uint32_t)pairs.keys[i];
		if (texts[code].ptr == NULL) {
			texts[code] = arena_str(arena, codes->values[code].text);
		}
		out->values[i] = (struct reduced_value){.group = (uint32_t)(pairs.keys[i] >> 32),
		                                        .value = {codes->values[code].kind, texts[code]},
		                                        .rows = ((const uint64_t *)(void *)rows.ptr)[i]};
	}
	return ERR_OK;
}

static enum err apply(const struct work *work, const struct group_function *function,
                      struct reduced_function *out) {
	enum agg_way way = function->kind->way;
	struct arena *arena = work->reduced->arena;
	if (way == AGG_COUNT || way == AGG_SUM) {
		out->sums = ARENA_ARRAY(arena, work->groups.count + 1, struct agg_sum);
		if (function->field == UINT32_MAX) {
			count_rows(work, out->sums);
		} else {
			sum_values(work, function, out->sums);
		}
		return ERR_OK;
	}
	if (way == AGG_LEAST || way == AGG_GREATEST) {
		find_best(work, function, out);
		return ERR_OK;
	}
	return list_values(work, function, out);
}

/* ---- a block's result ---- */

static void name_groups(const struct work *work, const struct store_codes *by) {
	size_t fields = work->columns->grouping->spec->by.count;
	struct reduced *reduced = work->reduced;
	struct arena *arena = reduced->arena;
	struct str **texts = ARENA_ARRAY(work->scratch, fields + 1, struct str *);
	for (size_t k = 0; k < fields; k++) {
		texts[k] = ARENA_ARRAY(work->scratch, by[k].values_count + 1, struct str);
	}
	reduced->groups = work->groups.count;
	reduced->by = ARENA_ARRAY(arena, work->groups.count * fields + 1, struct value);
	for (uint32_t i = 0; i < work->groups.count; i++) {
		for (size_t k = 0; k < fields; k++) {
			uint32_t code = work->groups.codes[i * fields + k];
			struct value value = code == 0 ? VALUE_ABSENT : by[k].values[code];
			if (code != 0 && texts[k][code].ptr == NULL) {
				texts[k][code] = arena_str(arena, value.text);
			}
			reduced->by[i * fields + k] = (struct value){value.kind, texts[k][code]};
		}
	}
	if (work->groups.buckets != NULL) {
		int64_t *buckets = ARENA_ARRAY(arena, work->groups.count + 1, int64_t);
		memcpy(buckets, work->groups.buckets, work->groups.count * sizeof(*buckets));
		reduced->buckets = buckets;
	}
}

static enum err fill(struct work *work) {
	const struct grouping *grouping = work->columns->grouping;
	const struct group_spec *spec = grouping->spec;
	struct store_codes *by = ARENA_ARRAY(work->scratch, spec->by.count + 1, struct store_codes);
	for (const struct op *op = work->columns->first; op->extracts != NULL; op = op->next) {
		TRY(store_block_extract(work->block, op->extracts));
	}
	TRY(read_rows(work));
	if (work->reduced->tally != NULL) {
		return ERR_OK;
	}
	for (size_t i = 0; i < work->columns->fields_count; i++) {
		if (mixes_kinds(&work->codes[i])) {
			return ERR_UNSUPPORTED;
		}
	}
	for (size_t i = 0; i < spec->by.count; i++) {
		by[i] = *codes_of(work, spec->by.items[i]);
	}
	TRY(columns_group(work->scratch, grouping, &work->rows, by, &work->groups));
	name_groups(work, by);
	work->reduced->functions =
	    ARENA_ARRAY(work->reduced->arena, spec->functions_count + 1, struct reduced_function);
	for (size_t i = 0; i < spec->functions_count; i++) {
		if (spec->functions[i].state == i) {
			TRY(apply(work, &spec->functions[i], &work->reduced->functions[i]));
		}
	}
	return ERR_OK;
}

static enum err reduce(void *ctx, struct store_block *block, void **out_result) {
	CLEANUP(arena_freep) struct arena *scratch = arena_new(SIZE_MAX);
	struct arena *arena = arena_new(SIZE_MAX);
	struct reduced *reduced = ARENA_NEW(arena, struct reduced);
	struct work work = {.columns = ctx, .block = block, .scratch = scratch, .reduced = reduced};
	reduced->arena = arena;
	enum err err = fill(&work);
	if (err != ERR_OK) {
		arena_free(arena);
		return err;
	}
	*out_result = reduced;
	return ERR_OK;
}

/* ---- all blocks ---- */

static bool add_field(const struct run *run, uint32_t field, uint32_t *fields, size_t *count) {
	for (size_t i = 0; i < *count; i++) {
		if (fields[i] == field) {
			return true;
		}
	}
	fields[(*count)++] = field;
	return run->query->fields[field].from_source;
}

struct columns *columns_new(struct run *run, const struct op *first) {
	const struct op *last = first;
	while (last->extracts != NULL) {
		last = last->next;
	}
	const struct grouping *grouping = last->grouping;
	if (grouping == NULL || run->source->reduce == NULL) {
		return NULL;
	}
	const struct group_spec *spec = grouping->spec;
	uint32_t *fields =
	    ARENA_ARRAY(run->arena, spec->by.count + spec->functions_count + 1, uint32_t);
	size_t count = 0;
	bool can = true;
	for (size_t i = 0; i < spec->by.count; i++) {
		can = add_field(run, spec->by.items[i], fields, &count) && can;
	}
	for (size_t i = 0; i < spec->functions_count; i++) {
		const struct group_function *function = &spec->functions[i];
		can = can && function->kind->way != AGG_EACH;
		if (function->field != UINT32_MAX) {
			can = add_field(run, function->field, fields, &count) && can;
		}
	}
	if (!can) {
		return NULL;
	}
	struct columns *columns = calloc(1, sizeof(*columns));
	ASSERT(columns != NULL);
	*columns = (struct columns){.run = run,
	                            .grouping = grouping,
	                            .first = first,
	                            .reduction = {reduce, free_reduced, columns},
	                            .fields = fields,
	                            .fields_count = count,
	                            .names = ARENA_ARRAY(run->arena, count + 1, struct str),
	                            .tallies = columns_tallies(grouping)};
	for (size_t i = 0; i < count; i++) {
		columns->names[i] = run->query->fields[fields[i]].name;
	}
	return columns;
}

void columns_free(struct columns *columns) {
	free(columns);
}

const struct store_reduction *columns_reduction(const struct columns *columns) {
	return &columns->reduction;
}

static enum err merge_values(struct run *run, const struct group_function *function, size_t number,
                             const struct reduced_function *from, struct group *const *groups,
                             const struct agg_where *where) {
	for (uint32_t i = 0; i < from->values_count; i++) {
		const struct reduced_value *value = &from->values[i];
		uint64_t rows = function->kind->way == AGG_ONCE ? 1 : value->rows;
		struct agg_state *state = &groups[value->group]->states[number];
		for (uint64_t k = 0; k < rows; k++) {
			TRY(run_tick(run));
			TRY(group_add_value(run, function, where, state, value->value));
		}
	}
	return ERR_OK;
}

static enum err merge_function(struct run *run, const struct group_function *function,
                               size_t number, const struct reduced_function *from, uint32_t count,
                               struct group *const *groups, const struct agg_where *where) {
	for (uint32_t i = 0; i < count; i++) {
		struct agg_state *state = &groups[i]->states[number];
		if (from->sums != NULL) {
			agg_add_sum(state, function->kind->way, &from->sums[i]);
			run->order_counts |= from->sums[i].reals.any;
		} else if (from->best != NULL && from->best[i].kind != VALUE_NONE) {
			TRY(function->kind->add(run, where, state, from->best[i]));
		}
	}
	return merge_values(run, function, number, from, groups, where);
}

static enum err merge(struct columns *columns, const struct reduced *reduced, uint64_t first_index,
                      struct group **groups) {
	struct agg_where where = {.index = first_index};
	const struct grouping *grouping = columns->grouping;
	const struct group_spec *spec = grouping->spec;
	struct groups_wanted wanted = {.count = reduced->groups,
	                               .by = reduced->by,
	                               .buckets = reduced->buckets,
	                               .first_index = first_index};
	TRY(groups_find(grouping->groups, &wanted, groups));
	for (size_t i = 0; i < spec->functions_count; i++) {
		if (spec->functions[i].state == i) {
			TRY(merge_function(columns->run, &spec->functions[i], i, &reduced->functions[i],
			                   reduced->groups, groups, &where));
		}
	}
	return ERR_OK;
}

enum err columns_merge(struct columns *columns, void *result, uint64_t first_index) {
	struct reduced *reduced = result;
	struct group **groups = ARENA_ARRAY(reduced->arena, reduced->groups + 1, struct group *);
	enum err err = reduced->tally != NULL ? groups_add_tally(columns->grouping->groups,
	                                                         TAKE(reduced->tally), first_index)
	                                      : merge(columns, reduced, first_index, groups);
	columns->run->rows_done += reduced->rows;
	columns->run->stats->found += reduced->rows;
	free_reduced(NULL, reduced);
	return err;
}

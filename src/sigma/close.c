/* When all files are there: filters are put into their rules, references of correlations are found,
 * chains that lead back to themselves are refused, and what alerts by itself is settled.
 */
#include "base/limits.h"
#include "sigma/reading.h"

/* What a name stands for: twice its index, and one for correlations. */
static uint64_t target_of(uint32_t index, bool correlation) {
	return (uint64_t)index * 2 + correlation;
}

static void add_name(struct sigma_set *set, const struct sigma_meta *meta, struct str name,
                     uint64_t target) {
	bool added;
	if (name.len == 0) {
		return;
	}
	(void)map_put(set->parts->names, name, target, &added);
	if (!added) {
		struct reading r = {set, set->arena, meta->path, meta->title};
		reading_warn(&r, meta->place, "'%.*s' is also the id or name of another rule",
		             STR_ARG(str_slice(name, 0, 80)));
	}
}

static void add_names(struct sigma_set *set) {
	for (uint32_t i = 0; i < set->correlations_count; i++) {
		const struct sigma_meta *meta = &set->correlations[i].meta;
		add_name(set, meta, meta->id, target_of(i, true));
		add_name(set, meta, meta->name, target_of(i, true));
	}
	for (uint32_t i = 0; i < set->rules_count; i++) {
		const struct sigma_meta *meta = &set->rules[i].meta;
		if (set->rules[i].alerts) { /* not what an aggregation was made of */
			add_name(set, meta, meta->id, target_of(i, false));
			add_name(set, meta, meta->name, target_of(i, false));
		}
	}
}

static bool find_ref(struct sigma_set *set, struct sigma_ref *ref) {
	const uint64_t *target = map_find(set->parts->names, ref->name);
	if (target == NULL) {
		return false;
	}
	ref->to_correlation = *target % 2 != 0;
	ref->index = (uint32_t)(*target / 2);
	return true;
}

/* ---- filters ---- */

static bool covers(struct str wanted, struct str actual) {
	return wanted.len == 0 || str_eq_nocase(wanted, actual);
}

static bool source_covers(const struct sigma_source *filter, const struct sigma_source *rule) {
	return covers(filter->category, rule->category) && covers(filter->product, rule->product) &&
	       covers(filter->service, rule->service);
}

/* What putting filters on rules needs. Sizes are at most too large. */
struct filtering {
	struct node **rows; /* by rule: its condition and its filters; NULL: it has none yet */
	uint64_t *sizes;    /* and how many nodes that has, written out */
	uint64_t all;       /* of all rules that have one */
};

/* One filter. */
struct sieve {
	struct reading reading;
	struct filtering *all;
	struct sigma_filter *filter;
	struct node *node; /* what must hold besides */
	uint64_t size;
	bool refused; /* it is too much for the rules together, and that was told */
};

/* The example of the specification writes what is left out (`condition: selection`), pySigma what
 * is kept (`not selection`). A filter has no say about events that have none of its atoms: so when
 * its condition holds for those, it is what is kept, else what is left out. */
static void begin_sieve(struct sieve *sieve, struct node *condition) {
	struct reading *r = &sieve->reading;
	struct program alone = {0};
	if (set_write(r->set, condition, &alone) != ERR_OK) {
		sieve->size = LIMIT_RULE_OPS;
		sieve->node = condition;
		return;
	}
	sieve->size = alone.count + UINT64_C(1);
	sieve->node = program_holds_without(&alone) ? condition : node_not(r->arena, condition);
}

static void apply(struct sieve *sieve, uint32_t rule) {
	struct sigma_set *set = sieve->reading.set;
	struct filtering *all = sieve->all;
	struct node **row = &all->rows[rule];
	uint64_t size = *row != NULL ? all->sizes[rule] : set->rules[rule].program.count + UINT64_C(1);
	uint64_t more = sieve->size + (*row != NULL ? 0 : size);
	if (size + sieve->size > LIMIT_RULE_OPS) {
		(void)reading_fail(&sieve->reading, sieve->filter->meta.place,
		                   "with this filter the rule '%.*s' is too large",
		                   STR_ARG(str_slice(set->rules[rule].meta.title, 0, 100)));
		return;
	}
	if (all->all + more > LIMIT_FILTERED_OPS) {
		(void)reading_fail(&sieve->reading, sieve->filter->meta.place,
		                   "with this filter the rules are too large together");
		sieve->refused = true;
		return;
	}
	if (*row == NULL) {
		*row = node_new(set->arena, PROGRAM_AND);
		node_add(set->arena, *row, set->parts->rule_nodes[rule]);
	}
	node_add(set->arena, *row, sieve->node);
	all->sizes[rule] = size + sieve->size;
	all->all += more;
	sieve->filter->applied++;
}

static void apply_named(struct sieve *sieve) {
	struct reading *r = &sieve->reading;
	const struct sigma_filter *filter = sieve->filter;
	for (uint32_t i = 0; i < filter->refs_count && !sieve->refused; i++) {
		struct sigma_ref *ref = &sieve->filter->refs[i];
		if (!find_ref(r->set, ref)) {
			reading_warn(r, ref->place, "there is no rule '%.*s' to filter",
			             STR_ARG(str_slice(ref->name, 0, 80)));
		} else if (ref->to_correlation) {
			reading_warn(r, ref->place, "a correlation cannot be filtered: filter its rules");
		} else if (!source_covers(&filter->source, &r->set->rules[ref->index].source)) {
			reading_warn(r, ref->place, "this rule has another logsource than the filter");
		} else {
			apply(sieve, ref->index);
		}
	}
}

/* Each rule is written once, when all its filters are known. */
static void write_filtered(struct sigma_set *set, const struct filtering *all) {
	for (uint32_t i = 0; i < set->rules_count; i++) {
		if (all->rows[i] != NULL) {
			set->parts->rule_nodes[i] = all->rows[i];
			enum err err = set_write(set, all->rows[i], &set->rules[i].program);
			ASSERT(err == ERR_OK); /* its size was summed up */
		}
	}
}

static void apply_filters(struct sigma_set *set) {
	struct filtering all = {.rows = calloc(set->rules_count + UINT64_C(1), sizeof(*all.rows)),
	                        .sizes = calloc(set->rules_count + UINT64_C(1), sizeof(*all.sizes))};
	ASSERT(all.rows != NULL && all.sizes != NULL);
	for (uint32_t i = 0; i < set->filters_count; i++) {
		struct sigma_filter *filter = &set->filters[i];
		struct sieve sieve = {.reading = {set, set->arena, filter->meta.path, filter->meta.title},
		                      .all = &all,
		                      .filter = filter};
		begin_sieve(&sieve, set->parts->filter_nodes[i]);
		if (!filter->any) {
			apply_named(&sieve);
			continue;
		}
		for (uint32_t k = 0; k < set->rules_count && !sieve.refused; k++) {
			if (source_covers(&filter->source, &set->rules[k].source)) {
				apply(&sieve, k);
			}
		}
	}
	write_filtered(set, &all);
	free(all.rows);
	free(all.sizes);
}

/* ---- correlations ---- */

static void find_refs(struct sigma_set *set, struct sigma_correlation *c) {
	struct reading r = {set, set->arena, c->meta.path, c->meta.title};
	struct map *targets = map_new();
	c->sound = true;
	for (uint32_t i = 0; i < c->refs_count && !c->from_aggregation; i++) {
		if (!find_ref(set, &c->refs[i])) {
			(void)reading_fail(&r, c->refs[i].place, "there is no rule '%.*s'",
			                   STR_ARG(str_slice(c->refs[i].name, 0, 80)));
			c->sound = false;
			continue;
		}
		uint64_t target = target_of(c->refs[i].index, c->refs[i].to_correlation);
		bool added;
		(void)map_put(targets, str_make((const char *)&target, sizeof(target)), 0, &added);
		if (!added) {
			(void)reading_fail(&r, c->refs[i].place, "this rule is named twice");
			c->sound = false;
		}
	}
	map_free(targets);
}

static bool refs_are_done(const struct sigma_correlation *c, const bool *done) {
	for (uint32_t i = 0; i < c->refs_count; i++) {
		if (c->refs[i].to_correlation && !done[c->refs[i].index]) {
			return false;
		}
	}
	return true;
}

/* Takes correlations whose refs are all done, until none is left that can be: the rest hangs on
 * itself or on what is not sound. Which are taken; the caller's. */
static bool *take_in_order(const struct sigma_set *set) {
	bool *done = calloc((size_t)set->correlations_count + 1, sizeof(*done));
	ASSERT(done != NULL);
	bool more = true;
	for (uint32_t pass = 0; more && pass < LIMIT_CORRELATION_CHAIN; pass++) {
		more = false;
		for (uint32_t i = 0; i < set->correlations_count; i++) {
			const struct sigma_correlation *c = &set->correlations[i];
			if (!done[i] && c->sound && refs_are_done(c, done)) {
				done[i] = true;
				more = true;
			}
		}
	}
	return done;
}

static void refuse_circles(struct sigma_set *set) {
	bool *done = take_in_order(set);
	for (uint32_t i = 0; i < set->correlations_count; i++) {
		struct sigma_correlation *c = &set->correlations[i];
		if (c->sound && !done[i]) {
			struct reading r = {set, set->arena, c->meta.path, c->meta.title};
			(void)reading_fail(&r, c->meta.place,
			                   "this correlation leads back to itself, to one that is refused, or "
			                   "through too many others");
			c->sound = false;
		}
	}
	free(done);
}

bool set_has_order(const struct sigma_set *set) {
	bool *done = take_in_order(set);
	bool all = true;
	for (uint32_t i = 0; i < set->correlations_count; i++) {
		all = all && (done[i] || !set->correlations[i].sound);
	}
	free(done);
	return all;
}

/* What sound correlations use is silent, unless one of them says generate. */
static void settle_alerts(struct sigma_set *set) {
	for (unsigned pass = 0; pass < 2; pass++) {
		for (uint32_t i = 0; i < set->correlations_count; i++) {
			const struct sigma_correlation *c = &set->correlations[i];
			for (uint32_t k = 0; c->sound && k < c->refs_count; k++) {
				const struct sigma_ref *ref = &c->refs[k];
				bool *alerts = ref->to_correlation ? &set->correlations[ref->index].alerts
				                                   : &set->rules[ref->index].alerts;
				if (pass == 0 || c->generate) {
					*alerts = pass > 0;
				}
			}
		}
	}
}

void sigma_set_close(struct sigma_set *set) {
	ASSERT(!set->parts->closed);
	set->parts->closed = true;
	add_names(set);
	apply_filters(set);
	for (uint32_t i = 0; i < set->correlations_count; i++) {
		find_refs(set, &set->correlations[i]);
	}
	refuse_circles(set);
	for (uint32_t i = 0; i < set->correlations_count; i++) {
		set->refused += !set->correlations[i].sound;
		set->correlations[i].alerts = set->correlations[i].sound;
	}
	settle_alerts(set);
}

const struct sigma_rule *sigma_set_find(const struct sigma_set *set, struct str name) {
	for (uint32_t i = 0; i < set->rules_count; i++) {
		const struct sigma_meta *meta = &set->rules[i].meta;
		if (str_eq(meta->id, name) || str_eq(meta->name, name) || str_eq(meta->title, name)) {
			return &set->rules[i];
		}
	}
	return NULL;
}

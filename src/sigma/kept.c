/* Each structure is described once, for both ways: a function about it appends it to `out`, or
 * fills it from `rest`. So what is written and what is read cannot differ.
 */
#include "sigma/kept.h"

#include "base/endian.h"
#include "sigma/reading.h"

struct kept {
	struct buf *out; /* NULL: read */
	struct str rest;
	struct arena *arena; /* of the set that is read */
	bool bad;            /* something was missing or wrong; then zeros are read */
};

/* Who adds a member to one of these keeps it here as well, or says why not. */
_Static_assert(sizeof(void *) != 8 ||
                   (sizeof(struct sigma_set) == 88 && sizeof(struct sigma_meta) == 296 &&
                    sizeof(struct sigma_rule) == 400 && sizeof(struct sigma_correlation) == 472 &&
                    sizeof(struct sigma_filter) == 384 && sizeof(struct sigma_problem) == 80 &&
                    sizeof(struct atom) == 56),
               "all members are kept");

/* What the least of each takes, so that a count that cannot be true is found before there is room
 * made for it. */
enum {
	TEXT_MIN = 4,
	OP_MIN = 12,
	ATOM_MIN = 13,
	RELATED_MIN = 8,
	RENAME_MIN = 8,
	REF_MIN = 17,
	ALIAS_MIN = 12,
	META_MIN = 78,
	PROBLEM_MIN = 25,
};

/* ---- bytes and numbers ---- */

static const char *take(struct kept *k, size_t len) {
	const char *at = k->rest.ptr;
	if (k->rest.len < len) {
		k->bad = true;
		k->rest.len = 0;
		return NULL;
	}
	k->rest.ptr += len;
	k->rest.len -= len;
	return at;
}

static uint32_t number(struct kept *k, uint32_t value) {
	char bytes[4];
	if (k->out != NULL) {
		le32_store(bytes, value);
		buf_append(k->out, bytes, sizeof(bytes));
		return value;
	}
	const char *at = take(k, sizeof(bytes));
	return at == NULL ? 0 : le32_load(at);
}

static uint64_t wide(struct kept *k, uint64_t value) {
	char bytes[8];
	if (k->out != NULL) {
		le64_store(bytes, value);
		buf_append(k->out, bytes, sizeof(bytes));
		return value;
	}
	const char *at = take(k, sizeof(bytes));
	return at == NULL ? 0 : le64_load(at);
}

static double real(struct kept *k, double value) {
	uint64_t bits;
	memcpy(&bits, &value, sizeof(bits));
	bits = wide(k, bits);
	memcpy(&value, &bits, sizeof(bits));
	return value;
}

/* A number below count, in one byte. */
static unsigned one_of(struct kept *k, unsigned value, unsigned count) {
	if (k->out != NULL) {
		ASSERT(value < count);
		buf_append_char(k->out, (char)value);
		return value;
	}
	const char *at = take(k, 1);
	value = at == NULL ? 0 : (unsigned char)*at;
	k->bad = k->bad || value >= count;
	return value < count ? value : 0;
}

static bool flag(struct kept *k, bool value) {
	return one_of(k, value, 2) != 0;
}

static void text(struct kept *k, struct str *value) {
	uint32_t len = number(k, (uint32_t)value->len);
	if (k->out != NULL) {
		buf_append_str(k->out, *value);
		return;
	}
	const char *at = take(k, len);
	*value = at == NULL ? STR("") : str_make(at, len);
}

/* How many there are of something that takes at least min bytes. */
static uint32_t count_of(struct kept *k, uint32_t count, size_t min) {
	count = number(k, count);
	if (k->out == NULL && count > k->rest.len / min) {
		k->bad = true;
		return 0;
	}
	return count;
}

/* Room for what is read; NULL when it is written. */
#define ROOM(k, count, type) \
	((k)->out != NULL ? NULL : ARENA_ARRAY((k)->arena, (size_t)(count) + 1, type))

static void texts(struct kept *k, struct texts *value) {
	uint32_t count = count_of(k, value->count, TEXT_MIN);
	if (k->out == NULL) {
		*value = (struct texts){ROOM(k, count, struct str), count, count};
	}
	for (uint32_t i = 0; i < count; i++) {
		text(k, &value->items[i]);
	}
}

static void place(struct kept *k, struct place *value) {
	value->line = number(k, value->line);
	value->column = number(k, value->column);
}

/* ---- the parts ---- */

static void program(struct kept *k, struct program *value) {
	uint32_t count = count_of(k, value->count, OP_MIN);
	struct program_op *ops = ROOM(k, count, struct program_op);
	for (uint32_t i = 0; i < count; i++) {
		struct program_op op = ops != NULL ? (struct program_op){0} : value->ops[i];
		op.kind = number(k, op.kind);
		op.atom = number(k, op.atom);
		op.end = number(k, op.end);
		if (ops != NULL) {
			ops[i] = op;
		}
	}
	if (ops != NULL) {
		*value = (struct program){ops, count};
	}
}

static void atom(struct kept *k, struct atom *value) {
	value->kind = (enum atom_kind)one_of(k, value->kind, ATOM_KIND_COUNT);
	value->flags = one_of(k, value->flags, 16);
	value->op = (enum atom_op)one_of(k, value->op, ATOM_OP_COUNT);
	value->part = (enum atom_part)one_of(k, value->part, ATOM_PART_COUNT);
	value->relation = (enum atom_kind)one_of(k, value->relation, ATOM_ENDS + 1);
	text(k, &value->field);
	text(k, &value->text);
}

static void source(struct kept *k, struct sigma_source *value) {
	text(k, &value->category);
	text(k, &value->product);
	text(k, &value->service);
	text(k, &value->definition);
}

static void related(struct kept *k, struct sigma_meta *meta) {
	uint32_t count = count_of(k, meta->related_count, RELATED_MIN);
	struct sigma_related *rows = ROOM(k, count, struct sigma_related);
	for (uint32_t i = 0; i < count; i++) {
		struct sigma_related row = rows != NULL ? (struct sigma_related){0} : meta->related[i];
		text(k, &row.id);
		text(k, &row.type);
		if (rows != NULL) {
			rows[i] = row;
		}
	}
	if (rows != NULL) {
		meta->related = rows;
		meta->related_count = count;
	}
}

static void meta(struct kept *k, struct sigma_meta *value) {
	struct str *const words[] = {&value->path,    &value->title,   &value->id,
	                             &value->name,    &value->status,  &value->description,
	                             &value->author,  &value->date,    &value->modified,
	                             &value->license, &value->taxonomy};
	struct texts *const lists[] = {&value->references, &value->tags, &value->falsepositives,
	                               &value->fields, &value->scope};
	place(k, &value->place);
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		text(k, words[i]);
	}
	for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
		texts(k, lists[i]);
	}
	value->level = (enum sigma_level)one_of(k, value->level, SIGMA_LEVEL_COUNT);
	value->sign = (enum sigma_sign)one_of(k, value->sign, SIGMA_SIGN_COUNT);
	related(k, value);
}

static void renames(struct kept *k, struct sigma_rule *rule) {
	uint32_t count = count_of(k, rule->renames_count, RENAME_MIN);
	struct sigma_rename *rows = ROOM(k, count, struct sigma_rename);
	for (uint32_t i = 0; i < count; i++) {
		struct sigma_rename row = rows != NULL ? (struct sigma_rename){0} : rule->renames[i];
		text(k, &row.from);
		texts(k, &row.to);
		if (rows != NULL) {
			rows[i] = row;
		}
	}
	if (rows != NULL) {
		rule->renames = rows;
		rule->renames_count = count;
	}
}

static void refs(struct kept *k, struct sigma_ref **items, uint32_t *items_count) {
	uint32_t count = count_of(k, *items_count, REF_MIN);
	if (k->out == NULL) {
		*items = ROOM(k, count, struct sigma_ref);
		*items_count = count;
	}
	for (uint32_t i = 0; i < count; i++) {
		struct sigma_ref *ref = &(*items)[i];
		text(k, &ref->name);
		place(k, &ref->place);
		ref->to_correlation = flag(k, ref->to_correlation);
		ref->index = number(k, ref->index);
	}
}

static void aliases(struct kept *k, struct sigma_correlation *c) {
	uint32_t count = count_of(k, c->aliases_count, ALIAS_MIN);
	struct sigma_alias *rows = ROOM(k, count, struct sigma_alias);
	for (uint32_t i = 0; i < count; i++) {
		struct sigma_alias row = rows != NULL ? (struct sigma_alias){0} : c->aliases[i];
		text(k, &row.alias);
		text(k, &row.field);
		row.ref = number(k, row.ref);
		k->bad = k->bad || row.ref >= c->refs_count;
		if (rows != NULL) {
			rows[i] = row;
		}
	}
	if (rows != NULL) {
		c->aliases = rows;
		c->aliases_count = count;
	}
}

/* ---- rules, correlations, filters, problems ---- */

static void rule(struct kept *k, struct sigma_rule *value) {
	meta(k, &value->meta);
	source(k, &value->source);
	program(k, &value->program);
	value->mapped = flag(k, value->mapped);
	renames(k, value);
	value->alerts = flag(k, value->alerts);
}

static void bounds(struct kept *k, struct sigma_correlation *c) {
	c->bounds_count = one_of(k, c->bounds_count, ARRAY_LEN(c->bounds) + 1);
	for (uint32_t i = 0; i < c->bounds_count; i++) {
		struct sigma_bound *bound = &c->bounds[i];
		bound->compare = (enum sigma_compare)one_of(k, bound->compare, SIGMA_GTE + 1);
		bound->value = real(k, bound->value);
	}
}

static void correlation(struct kept *k, struct sigma_correlation *value) {
	meta(k, &value->meta);
	value->type = (enum sigma_correlation_type)one_of(k, value->type, SIGMA_CORRELATION_TYPE_COUNT);
	refs(k, &value->refs, &value->refs_count);
	texts(k, &value->group_by);
	value->timespan_ns = (int64_t)wide(k, (uint64_t)value->timespan_ns);
	bounds(k, value);
	program(k, &value->program);
	texts(k, &value->fields);
	value->percentile = real(k, value->percentile);
	aliases(k, value);
	value->generate = flag(k, value->generate);
	value->alerts = flag(k, value->alerts);
	value->from_aggregation = flag(k, value->from_aggregation);
	value->sound = flag(k, value->sound);
}

static void filter(struct kept *k, struct sigma_filter *value) {
	meta(k, &value->meta);
	source(k, &value->source);
	refs(k, &value->refs, &value->refs_count);
	value->any = flag(k, value->any);
	value->applied = number(k, value->applied);
}

static void problem(struct kept *k, struct sigma_problem *value) {
	value->warning = flag(k, value->warning);
	text(k, &value->path);
	place(k, &value->place);
	text(k, &value->title);
	text(k, &value->message);
	text(k, &value->hint);
}

/* ---- the whole ---- */

/* An array of the set, which lies in the heap; one more than there are, so that it is never empty.
 */
static void *array(struct kept *k, void *items, uint32_t *count, size_t min, size_t size) {
	*count = count_of(k, *count, min);
	if (k->out == NULL) {
		items = calloc((size_t)*count + 1, size);
		ASSERT(items != NULL);
	}
	return items;
}
#define ARRAY(k, set, name, min) \
	((set)->name = array((k), (set)->name, &(set)->name##_count, (min), sizeof(*(set)->name)))

static void whole(struct kept *k, struct sigma_set *set) {
	set->parts->mapped = flag(k, set->parts->mapped);
	set->documents = number(k, set->documents);
	set->refused = number(k, set->refused);
	ARRAY(k, set, atoms, ATOM_MIN);
	for (uint32_t i = 0; i < set->atoms_count; i++) {
		atom(k, &set->atoms[i]);
	}
	ARRAY(k, set, rules, META_MIN);
	for (uint32_t i = 0; i < set->rules_count; i++) {
		rule(k, &set->rules[i]);
	}
	ARRAY(k, set, correlations, META_MIN);
	for (uint32_t i = 0; i < set->correlations_count; i++) {
		correlation(k, &set->correlations[i]);
	}
	ARRAY(k, set, filters, META_MIN);
	for (uint32_t i = 0; i < set->filters_count; i++) {
		filter(k, &set->filters[i]);
	}
	ARRAY(k, set, problems, PROBLEM_MIN);
	for (uint32_t i = 0; i < set->problems_count; i++) {
		problem(k, &set->problems[i]);
	}
}

void sigma_set_save(const struct sigma_set *set, struct buf *out) {
	struct kept k = {.out = out};
	struct sigma_set same = *set; /* written, nothing of it is changed */
	ASSERT(set->parts->closed);
	whole(&k, &same);
}

/* ---- what must hold between the parts ---- */

static bool needs_fields(const struct sigma_correlation *c) {
	return c->type == SIGMA_VALUE_COUNT || c->type == SIGMA_VALUE_SUM ||
	       c->type == SIGMA_VALUE_AVG || c->type == SIGMA_VALUE_PERCENTILE;
}

static bool correlation_fits(const struct sigma_set *set, const struct sigma_correlation *c) {
	if (c->timespan_ns < 0 || (needs_fields(c) && c->fields.count == 0)) {
		return false;
	}
	if (!(c->percentile >= 0 && c->percentile <= 100)) {
		return false;
	}
	if (c->program.count > 0 && !program_valid(&c->program, c->refs_count)) {
		return false;
	}
	for (uint32_t i = 0; i < c->refs_count && c->sound; i++) {
		const struct sigma_ref *ref = &c->refs[i];
		if (ref->index >= (ref->to_correlation ? set->correlations_count : set->rules_count)) {
			return false;
		}
	}
	return true;
}

static bool set_fits(const struct sigma_set *set) {
	for (uint32_t i = 0; i < set->rules_count; i++) {
		const struct program *what = &set->rules[i].program;
		if (what->count == 0 || !program_valid(what, set->atoms_count)) {
			return false;
		}
	}
	for (uint32_t i = 0; i < set->correlations_count; i++) {
		if (!correlation_fits(set, &set->correlations[i])) {
			return false;
		}
	}
	return set_has_order(set);
}

enum err sigma_set_load(struct str bytes, struct sigma_set **out_set) {
	struct sigma_set *set = sigma_set_new();
	struct kept k = {.rest = arena_str(set->arena, bytes), .arena = set->arena};
	set->parts->closed = true;
	whole(&k, set);
	if (k.bad || k.rest.len > 0 || !set_fits(set)) {
		sigma_set_free(set);
		return ERR_CORRUPT;
	}
	*out_set = set;
	return ERR_OK;
}

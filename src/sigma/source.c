/* The table is read with the readers of rules: what tells a log source is a selection. */
#include "sigma/source.h"

#include "sigma/item.h"
#include "sources.gen.h"

/* The record has other texts for the values of this field. */
struct values {
	struct str from, to;
	struct texts ours, theirs;
};

struct alternative {
	struct node *when;
	struct sigma_rename *renames;
	struct values *values;
	uint32_t renames_count, values_count;
};

struct row {
	struct sigma_source source;
	struct alternative *alternatives;
	uint32_t alternatives_count;
	struct sigma_rename *services; /* of which service: its channels */
	uint32_t services_count;
	struct str by;    /* empty: not of that form */
	struct str never; /* empty: there are such records */
};

struct sigma_sources {
	struct sigma_set *set; /* for its arena and problems */
	struct row *rows;
	uint32_t count, cap;
	uint32_t first; /* of the table that was added last */
};

/* ---- reading the table ---- */

static enum err want_map(struct reading *r, const struct tree_node *node, const char *what) {
	return node->kind == TREE_MAP ? ERR_OK : reading_fail(r, node->place, "'%s' is a map", what);
}

/* A map of names to a text or texts. */
static enum err read_renames(struct reading *r, const struct tree_node *map, const char *what,
                             struct sigma_rename **out, uint32_t *out_count) {
	if (map == NULL) {
		return ERR_OK;
	}
	TRY(want_map(r, map, what));
	struct sigma_rename *renames = ARENA_ARRAY(r->arena, map->count / 2, struct sigma_rename);
	for (uint32_t i = 0; i < map->count; i += 2) {
		renames[i / 2].from = map->items[i]->text;
		TRY(reading_texts(r, map, map->items[i]->text, &renames[i / 2].to));
	}
	*out = renames;
	*out_count = map->count / 2;
	return ERR_OK;
}

static enum err read_values_of(struct reading *r, const struct tree_node *key,
                               const struct tree_node *map, struct values *out) {
	TRY(want_map(r, map, "values"));
	const struct tree_node *texts = tree_find(map, STR("texts"), NULL);
	out->from = key->text;
	TRY(reading_text(r, map, STR("from"), &out->to));
	if (texts == NULL || texts->kind != TREE_MAP || out->to.len == 0) {
		return reading_fail(r, map->place, "values have 'from' and a map of 'texts'");
	}
	for (uint32_t i = 0; i < texts->count; i += 2) {
		texts_append(&out->ours, r->arena, texts->items[i]->text);
		texts_append(&out->theirs, r->arena, texts->items[i + 1]->text);
	}
	return ERR_OK;
}

static enum err read_alternative(struct reading *r, const struct tree_node *map,
                                 struct alternative *out) {
	TRY(want_map(r, map, "any"));
	const struct tree_node *when = tree_find(map, STR("when"), NULL);
	const struct tree_node *values = tree_find(map, STR("values"), NULL);
	if (when == NULL) {
		return reading_fail(r, map->place, "there is no 'when'");
	}
	TRY(selection_read(r, when, &out->when));
	TRY(read_renames(r, tree_find(map, STR("fields"), NULL), "fields", &out->renames,
	                 &out->renames_count));
	if (values == NULL) {
		return ERR_OK;
	}
	TRY(want_map(r, values, "values"));
	out->values_count = values->count / 2;
	out->values = ARENA_ARRAY(r->arena, out->values_count, struct values);
	for (uint32_t i = 0; i < values->count; i += 2) {
		TRY(read_values_of(r, values->items[i], values->items[i + 1], &out->values[i / 2]));
	}
	return ERR_OK;
}

static enum err read_alternatives(struct reading *r, const struct tree_node *document,
                                  struct row *row) {
	const struct tree_node *any = tree_find(document, STR("any"), NULL);
	bool list = any != NULL && any->kind == TREE_LIST && any->count > 0;
	if (any != NULL && !list) {
		return reading_fail(r, any->place, "'any' is a list of maps");
	}
	row->alternatives_count = list ? any->count : 1;
	row->alternatives = ARENA_ARRAY(r->arena, row->alternatives_count, struct alternative);
	for (uint32_t i = 0; i < row->alternatives_count; i++) {
		TRY(read_alternative(r, list ? any->items[i] : document, &row->alternatives[i]));
	}
	return ERR_OK;
}

static enum err read_row(struct reading *r, const struct tree_node *document, struct row *row) {
	if (document->kind != TREE_MAP) {
		return reading_fail(r, document->place, "a log source is a map");
	}
	TRY(source_read(r, document, &row->source));
	TRY(reading_text(r, document, STR("by"), &row->by));
	TRY(reading_text(r, document, STR("never"), &row->never));
	TRY(read_renames(r, tree_find(document, STR("services"), NULL), "services", &row->services,
	                 &row->services_count));
	bool other = row->by.len > 0 || row->never.len > 0 || row->services_count > 0;
	return other ? ERR_OK : read_alternatives(r, document, row);
}

enum err sigma_sources_add(struct sigma_sources *sources, struct str path, struct str text,
                           struct diag *diag) {
	struct sigma_set *set = sources->set;
	struct reading r = {.set = set, .arena = set->arena, .path = arena_str(set->arena, path)};
	struct tree tree = {0};
	struct place place;
	struct diag why = {0};
	if (tree_read(set->arena, text, &tree, &place, &why) != ERR_OK) {
		return diag_set(diag, ERR_INVALID, "%.*s:%u:%u: %s", STR_ARG(path), place.line,
		                place.column, why.message);
	}
	sources->first = sources->count;
	for (uint32_t i = 0; i < tree.count; i++) {
		struct row row = {0};
		if (read_row(&r, tree.documents[i], &row) != ERR_OK) {
			const struct sigma_problem *problem = &set->problems[set->problems_count - 1];
			return diag_set(diag, ERR_INVALID, "%.*s:%u:%u: %.*s", STR_ARG(path),
			                problem->place.line, problem->place.column, STR_ARG(problem->message));
		}
		SET_GROW(sources->rows, sources->count, sources->cap);
		sources->rows[sources->count++] = row;
	}
	return ERR_OK;
}

struct sigma_sources *sigma_sources_new(void) {
	struct sigma_sources *sources = calloc(1, sizeof(*sources));
	struct diag diag = {0};
	ASSERT(sources != NULL);
	sources->set = sigma_set_new();
	enum err err =
	    sigma_sources_add(sources, STR("sources.yml"),
	                      str_make((const char *)builtin_sources, sizeof(builtin_sources)), &diag);
	ASSERT(err == ERR_OK);
	return sources;
}

void sigma_sources_free(struct sigma_sources *sources) {
	if (sources != NULL) {
		sigma_set_free(sources->set);
		free(sources->rows);
		free(sources);
	}
}

/* ---- names and values of records ---- */

struct mapper {
	struct sigma_set *set;
	const struct alternative *alternative;
};

static struct node *add_leaf(struct mapper *m, struct node *parent, const struct atom *atom,
                             struct str field) {
	struct atom renamed = *atom;
	renamed.field = arena_str(m->set->arena, field);
	renamed.text = arena_str(m->set->arena, atom->text); /* the table may go */
	struct node *leaf = node_atom(m->set->arena, &renamed);
	if (parent != NULL) {
		node_add(m->set->arena, parent, leaf);
	}
	return leaf;
}

static struct node *rename_atom(struct mapper *m, const struct atom *atom) {
	const struct alternative *a = m->alternative;
	for (uint32_t i = 0; i < a->renames_count; i++) {
		if (!str_eq(a->renames[i].from, atom->field)) {
			continue;
		}
		/* A field of several names is absent when it has none of them. */
		struct node *group =
		    node_new(m->set->arena, atom->kind == ATOM_NULL ? PROGRAM_AND : PROGRAM_OR);
		for (uint32_t k = 0; k < a->renames[i].to.count; k++) {
			(void)add_leaf(m, group, atom, a->renames[i].to.items[k]);
		}
		return group;
	}
	return add_leaf(m, NULL, atom, atom->field);
}

static bool fits(const struct atom *atom, struct str text) {
	CLEANUP(arena_freep) struct arena *scratch = arena_new(SIZE_MAX);
	struct atom_test *test = NULL;
	struct atom_run run = {0};
	enum err err = atom_test_new(scratch, atom, &test, NULL);
	ASSERT(err == ERR_OK); /* tried when its rule was read */
	bool hit = atom_match(test, &run, value_string(text));
	atom_run_deinit(&run);
	atom_test_deinit(test);
	return hit;
}

/* The atom holds for the record's texts that stand for those it fits. */
static struct node *translate_atom(struct mapper *m, const struct atom *atom,
                                   const struct values *values) {
	if (atom->kind == ATOM_EXISTS || atom->kind == ATOM_NULL || atom->kind == ATOM_FIELD) {
		return add_leaf(m, NULL, atom, values->to);
	}
	struct node *group = node_new(m->set->arena, PROGRAM_OR);
	for (uint32_t i = 0; i < values->ours.count; i++) {
		if (fits(atom, values->ours.items[i])) {
			struct atom theirs = {
			    .kind = ATOM_EQUALS,
			    .text = arena_str(m->set->arena, values->theirs.items[i]),
			};
			(void)add_leaf(m, group, &theirs, values->to);
		}
	}
	return group;
}

static struct str renamed_other(struct mapper *m, struct str field) {
	const struct alternative *a = m->alternative;
	for (uint32_t i = 0; i < a->renames_count; i++) {
		if (str_eq(a->renames[i].from, field) && a->renames[i].to.count > 0) {
			return arena_str(m->set->arena, a->renames[i].to.items[0]);
		}
	}
	return field;
}

static struct node *map_atom(struct mapper *m, const struct atom *atom) {
	const struct alternative *a = m->alternative;
	struct atom mapped = *atom;
	if (atom->kind == ATOM_FIELD) {
		mapped.text = renamed_other(m, atom->text);
	}
	for (uint32_t i = 0; i < a->values_count; i++) {
		if (str_eq(a->values[i].from, atom->field)) {
			return translate_atom(m, &mapped, &a->values[i]);
		}
	}
	return rename_atom(m, &mapped);
}

/* A copy of the condition with the names of the record. The readers bound its depth. */
static struct node *map_node(struct mapper *m, const struct node *node) {
	if (node->kind == PROGRAM_ATOM) {
		return map_atom(m, &node->atom);
	}
	struct node *copy = node_new(m->set->arena, node->kind);
	for (uint32_t i = 0; i < node->count; i++) {
		node_add(m->set->arena, copy, map_node(m, node->children[i]));
	}
	return copy;
}

/* ---- finding log sources ---- */

static bool is_source(const struct sigma_source *row, struct str product, struct str category,
                      struct str service) {
	return str_eq_nocase(row->product, product) && str_eq_nocase(row->category, category) &&
	       str_eq_nocase(row->service, service);
}

static struct node *equals(struct arena *arena, struct str field, const struct texts *texts) {
	struct node *group = node_new(arena, PROGRAM_OR);
	for (uint32_t i = 0; i < texts->count; i++) {
		struct atom atom = {
		    .kind = ATOM_EQUALS, .field = field, .text = arena_str(arena, texts->items[i])};
		node_add(arena, group, node_atom(arena, &atom));
	}
	return group;
}

/* What tells a service, by a row of its product that lists it; NULL: none does. */
static struct node *service_in_row(struct arena *arena, const struct row *row, struct str service) {
	for (uint32_t i = 0; i < row->services_count; i++) {
		if (str_eq_nocase(row->services[i].from, service)) {
			return equals(arena, STR("Channel"), &row->services[i].to);
		}
	}
	if (row->by.len > 0) {
		struct str lower = service;
		return equals(arena, arena_str(arena, row->by), &(struct texts){&lower, 1, 1});
	}
	return NULL;
}

/* Copies a row's conditions into the arena of the set: the sources may go. */
static struct node *copy_when(struct sigma_set *set, const struct node *when) {
	struct alternative same = {0};
	struct mapper m = {.set = set, .alternative = &same};
	struct node *copy = map_node(&m, when);
	return copy;
}

/* Appends to out what holds for records of one row of the table: (when) and (the rule in the names
 * of the record). */
static void add_alternatives(struct sigma_set *set, const struct row *row, const struct node *rule,
                             struct node *out) {
	for (uint32_t i = 0; i < row->alternatives_count; i++) {
		struct mapper m = {.set = set, .alternative = &row->alternatives[i]};
		struct node *both = node_new(set->arena, PROGRAM_AND);
		node_add(set->arena, both, copy_when(set, row->alternatives[i].when));
		node_add(set->arena, both, map_node(&m, rule));
		node_add(set->arena, out, both);
	}
}

/* The table that was added last is asked first. */
static const struct row *find_row(const struct sigma_sources *sources, struct str product,
                                  struct str category, struct str service) {
	for (uint32_t i = 0; i < sources->count; i++) {
		uint32_t at = (i + sources->first) % sources->count;
		const struct row *row = &sources->rows[at];
		bool listed = row->services_count > 0 || row->by.len > 0;
		if (!listed && is_source(&row->source, product, category, service)) {
			return row;
		}
	}
	return NULL;
}

static struct node *find_service(struct arena *arena, const struct sigma_sources *sources,
                                 struct str product, struct str service) {
	for (uint32_t i = 0; i < sources->count && service.len > 0; i++) {
		const struct row *row = &sources->rows[(i + sources->first) % sources->count];
		bool listed = row->services_count > 0 || row->by.len > 0;
		if (listed && is_source(&row->source, product, STR(""), STR(""))) {
			struct node *node = service_in_row(arena, row, service);
			if (node != NULL) {
				return node;
			}
		}
	}
	return NULL;
}

/* Copies the names of a row's alternatives into the rule. */
static void keep_renames(struct sigma_set *set, const struct row *row, struct sigma_rule *rule) {
	uint32_t count = 0;
	for (uint32_t i = 0; i < row->alternatives_count; i++) {
		count += row->alternatives[i].renames_count;
	}
	struct sigma_rename *renames = ARENA_ARRAY(set->arena, count, struct sigma_rename);
	rule->renames = renames;
	for (uint32_t i = 0; i < row->alternatives_count; i++) {
		const struct alternative *a = &row->alternatives[i];
		for (uint32_t k = 0; k < a->renames_count; k++) {
			struct sigma_rename *rename = &renames[rule->renames_count++];
			rename->from = arena_str(set->arena, a->renames[k].from);
			for (uint32_t n = 0; n < a->renames[k].to.count; n++) {
				texts_append(&rename->to, set->arena,
				             arena_str(set->arena, a->renames[k].to.items[n]));
			}
		}
	}
}

/* The condition of a rule over records; NULL: its log source is not known. *out_never: why there
 * are no such records. */
static struct node *map_rule(struct sigma_set *set, const struct sigma_sources *sources,
                             struct sigma_rule *described, struct node *rule,
                             struct str *out_never) {
	const struct sigma_source *source = &described->source;
	struct node *out = node_new(set->arena, PROGRAM_OR);
	const struct row *row = find_row(sources, source->product, source->category, source->service);
	struct node *service = NULL;
	if (row == NULL) {
		service = find_service(set->arena, sources, source->product, source->service);
		if (service == NULL && source->service.len > 0) { /* told by a row of its own? */
			const struct row *own = find_row(sources, source->product, STR(""), source->service);
			if (own == NULL || own->alternatives_count != 1) {
				return NULL;
			}
			service = copy_when(set, own->alternatives[0].when);
		}
		row = source->category.len > 0
		          ? find_row(sources, source->product, source->category, STR(""))
		          : NULL;
		if (row == NULL && (service == NULL || source->category.len > 0)) {
			return NULL;
		}
	}
	if (row != NULL) {
		*out_never = row->never;
		add_alternatives(set, row, rule, out);
		keep_renames(set, row, described);
	} else {
		node_add(set->arena, out, rule);
	}
	if (service == NULL) {
		return out;
	}
	struct node *both = node_new(set->arena, PROGRAM_AND);
	node_add(set->arena, both, service);
	node_add(set->arena, both, out);
	return both;
}

void sigma_set_map(struct sigma_set *set, const struct sigma_sources *sources) {
	struct sigma_parts *parts = set->parts;
	ASSERT(parts->closed && !parts->mapped);
	parts->mapped = true;
	map_clear(parts->atom_ids);
	set->atoms_count = 0;
	for (uint32_t i = 0; i < set->rules_count; i++) {
		struct sigma_rule *rule = &set->rules[i];
		struct reading r = {set, set->arena, rule->meta.path, rule->meta.title};
		struct str never = {0};
		struct node *node = map_rule(set, sources, rule, parts->rule_nodes[i], &never);
		rule->mapped = node != NULL && never.len == 0;
		if (node == NULL) {
			reading_warn(&r, rule->meta.place, "no record is known to be of this log source");
		} else if (never.len > 0) {
			reading_warn(&r, rule->meta.place, "this cannot match: %.*s", STR_ARG(never));
		}
		parts->rule_nodes[i] = rule->mapped ? node : node_new(set->arena, PROGRAM_OR);
		if (set_write(set, parts->rule_nodes[i], &rule->program) != ERR_OK) {
			(void)reading_fail(&r, rule->meta.place,
			                   "in the names of its log sources this rule is too large");
			rule->mapped = false;
			set->refused++;
			parts->rule_nodes[i] = node_new(set->arena, PROGRAM_OR);
			enum err err = set_write(set, parts->rule_nodes[i], &rule->program);
			ASSERT(err == ERR_OK);
		}
	}
}

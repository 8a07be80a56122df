/* The set and its lists: files come in, documents are told apart, problems are noted. */
#include "sigma/set.h"

#include <stdarg.h>

#include "base/limits.h"
#include "sigma/reading.h"

void texts_append(struct texts *texts, struct arena *arena, struct str text) {
	if (texts->count == texts->cap) {
		uint32_t cap = texts->cap == 0 ? 4 : texts->cap * 2;
		struct str *items = ARENA_ARRAY(arena, cap, struct str);
		if (texts->count > 0) {
			memcpy(items, texts->items, texts->count * sizeof(*items));
		}
		texts->items = items;
		texts->cap = cap;
	}
	texts->items[texts->count++] = text;
}

void *set_grow(void *items, uint32_t count, uint32_t *cap, size_t size) {
	if (count == *cap) {
		*cap = *cap == 0 ? 16 : *cap * 2;
		items = reallocarray(items, *cap, size);
		ASSERT(items != NULL);
	}
	return items;
}

struct sigma_set *sigma_set_new(void) {
	struct sigma_set *set = calloc(1, sizeof(*set));
	struct sigma_parts *parts = calloc(1, sizeof(*parts));
	ASSERT(set != NULL && parts != NULL);
	set->arena = arena_new(SIZE_MAX);
	set->parts = parts;
	parts->atom_ids = map_new();
	parts->placeholders = map_new();
	parts->names = map_new();
	return set;
}

void sigma_set_free(struct sigma_set *set) {
	if (set == NULL) {
		return;
	}
	map_free(set->parts->atom_ids);
	map_free(set->parts->placeholders);
	map_free(set->parts->names);
	free(set->parts->placeholder_values);
	free(set->parts->rule_nodes);
	free(set->parts->filter_nodes);
	free(set->parts);
	free(set->rules);
	free(set->correlations);
	free(set->filters);
	free(set->atoms);
	free(set->problems);
	arena_free(set->arena);
	free(set);
}

/* ---- problems ---- */

static void PRINTF_LIKE(4, 0)
    note(struct reading *r, bool warning, struct place place, const char *format, va_list args) {
	struct sigma_set *set = r->set;
	char message[DIAG_TEXT_MAX];
	(void)vsnprintf(message, sizeof(message), format, args);
	SET_GROW(set->problems, set->problems_count, set->parts->problems_cap);
	set->problems[set->problems_count++] =
	    (struct sigma_problem){.warning = warning,
	                           .path = r->path,
	                           .place = place,
	                           .title = r->title,
	                           .message = arena_str(r->arena, str_from(message))};
}

enum err reading_fail(struct reading *r, struct place place, const char *format, ...) {
	va_list args;
	va_start(args, format);
	note(r, false, place, format, args);
	va_end(args);
	return ERR_INVALID;
}

void reading_warn(struct reading *r, struct place place, const char *format, ...) {
	va_list args;
	va_start(args, format);
	note(r, true, place, format, args);
	va_end(args);
}

void reading_hint(struct reading *r, const char *format, ...) {
	char hint[DIAG_TEXT_MAX];
	va_list args;
	va_start(args, format);
	(void)vsnprintf(hint, sizeof(hint), format, args);
	va_end(args);
	ASSERT(r->set->problems_count > 0);
	r->set->problems[r->set->problems_count - 1].hint = arena_str(r->arena, str_from(hint));
}

void sigma_problem_append(struct buf *out, const struct sigma_problem *problem) {
	buf_printf(out, "%.*s:%u:%u: %s%.*s", STR_ARG(problem->path), problem->place.line,
	           problem->place.column, problem->warning ? "warning: " : "",
	           STR_ARG(problem->message));
	if (problem->title.len > 0) {
		buf_printf(out, " [%.*s]", STR_ARG(problem->title));
	}
	buf_append_char(out, '\n');
	if (problem->hint.len > 0) {
		buf_printf(out, "  %.*s\n", STR_ARG(problem->hint));
	}
}

/* ---- atoms, rules, correlations ---- */

static uint32_t number_of(void *ctx, const struct atom *atom) {
	struct sigma_set *set = ctx;
	struct buf key = {0};
	bool added;
	atom_append_key(&key, atom);
	uint64_t id = *map_put(set->parts->atom_ids, buf_str(&key), set->atoms_count, &added);
	buf_deinit(&key);
	if (added) {
		SET_GROW(set->atoms, set->atoms_count, set->parts->atoms_cap);
		set->atoms[set->atoms_count++] = *atom;
	}
	return (uint32_t)id;
}

enum err set_write(struct sigma_set *set, const struct node *node, struct program *out_program) {
	return node_write(set->arena, node, number_of, set, out_program);
}

enum err set_add_rule(struct reading *r, const struct sigma_rule *rule, struct node *node) {
	struct sigma_set *set = r->set;
	struct sigma_rule added = *rule;
	if (set_write(set, node, &added.program) != ERR_OK) {
		return reading_fail(r, rule->meta.place,
		                    "the rule is too large: its values and conditions are more than %u",
		                    (unsigned)LIMIT_RULE_OPS);
	}
	SET_GROW(set->rules, set->rules_count, set->parts->rules_cap);
	SET_GROW(set->parts->rule_nodes, set->rules_count, set->parts->rule_nodes_cap);
	set->parts->rule_nodes[set->rules_count] = node;
	set->rules[set->rules_count++] = added;
	return ERR_OK;
}

void set_add_correlation(struct reading *r, const struct sigma_correlation *correlation) {
	struct sigma_set *set = r->set;
	SET_GROW(set->correlations, set->correlations_count, set->parts->correlations_cap);
	set->correlations[set->correlations_count++] = *correlation;
}

/* ---- files ---- */

static struct str title_of(const struct tree_node *document) {
	static const struct str keys[] = {STR_INIT("title"), STR_INIT("name"), STR_INIT("id")};
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		const struct tree_node *node = tree_find(document, keys[i], NULL);
		if (node != NULL && tree_is_scalar(node) && node->text.len > 0) {
			return str_slice(node->text, 0, 200);
		}
	}
	return STR("");
}

static enum err read_document(struct reading *r, const struct tree_node *document) {
	if (document->kind != TREE_MAP) {
		return reading_fail(r, document->place, "a rule is a map of keys and values, not %s",
		                    tree_kind_name(document->kind));
	}
	if (tree_find(document, STR("correlation"), NULL) != NULL) {
		return correlation_read(r, document);
	}
	if (tree_find(document, STR("filter"), NULL) != NULL) {
		return filter_read(r, document);
	}
	const struct tree_node *action = tree_find(document, STR("action"), NULL);
	if (action != NULL && tree_find(document, STR("detection"), NULL) == NULL) {
		(void)reading_fail(r, action->place, "rule collections ('action') are no longer Sigma");
		reading_hint(r, "since version 2 of the specification each document is whole by itself");
		return ERR_INVALID;
	}
	return rule_read(r, document);
}

void sigma_set_add(struct sigma_set *set, struct str path, struct str text) {
	struct reading r = {.set = set, .arena = set->arena, .path = arena_str(set->arena, path)};
	struct tree tree = {0};
	struct place place;
	struct diag diag = {0};
	ASSERT(!set->parts->closed);
	set->parts->steps = 0;
	if (tree_read(set->arena, text, &tree, &place, &diag) != ERR_OK) {
		(void)reading_fail(&r, place, "%s", diag.message);
		set->refused++;
		return;
	}
	if (tree.count == 0) {
		(void)reading_fail(&r, place, "there is no rule in this file");
		set->refused++;
	}
	for (uint32_t i = 0; i < tree.count; i++) {
		r.title = title_of(tree.documents[i]);
		set->documents++;
		set->parts->uses = 0;
		set->refused += read_document(&r, tree.documents[i]) != ERR_OK;
	}
}

static enum err add_values(struct reading *r, const struct tree_node *map, uint32_t i) {
	struct sigma_parts *parts = r->set->parts;
	struct texts *values = ARENA_NEW(r->arena, struct texts);
	struct str name = map->items[i]->text;
	TRY(reading_texts(r, map, name, values));
	if (values->count == 0) {
		return reading_fail(r, map->items[i]->place, "this placeholder has no values");
	}
	SET_GROW(parts->placeholder_values, parts->placeholders_count, parts->placeholders_cap);
	*map_put(parts->placeholders, name, 0, NULL) = parts->placeholders_count;
	parts->placeholder_values[parts->placeholders_count++] = values;
	return ERR_OK;
}

enum err sigma_set_placeholders(struct sigma_set *set, struct str path, struct str text) {
	struct reading r = {.set = set, .arena = set->arena, .path = arena_str(set->arena, path)};
	struct tree tree = {0};
	struct place place;
	struct diag diag = {0};
	if (tree_read(set->arena, text, &tree, &place, &diag) != ERR_OK) {
		return reading_fail(&r, place, "%s", diag.message);
	}
	for (uint32_t d = 0; d < tree.count; d++) {
		const struct tree_node *map = tree.documents[d];
		if (map->kind != TREE_MAP) {
			return reading_fail(&r, map->place, "placeholders are a map of names and values");
		}
		for (uint32_t i = 0; i < map->count; i += 2) {
			TRY(add_values(&r, map, i));
		}
	}
	return ERR_OK;
}

/* Correlations: specification "Sigma Correlation Rules" 2.1. Only the model; who runs it reads it.
 */
#include "sigma/detection.h"

#include "base/instant.h"
#include "base/limits.h"

static const char *const type_names[SIGMA_CORRELATION_TYPE_COUNT] = {
    [SIGMA_EVENT_COUNT] = "event_count",
    [SIGMA_VALUE_COUNT] = "value_count",
    [SIGMA_TEMPORAL] = "temporal",
    [SIGMA_TEMPORAL_ORDERED] = "temporal_ordered",
    [SIGMA_VALUE_SUM] = "value_sum",
    [SIGMA_VALUE_AVG] = "value_avg",
    [SIGMA_VALUE_PERCENTILE] = "value_percentile",
};
static const char *const compare_names[] = {
    [SIGMA_EQ] = "eq",   [SIGMA_NEQ] = "neq", [SIGMA_LT] = "lt",
    [SIGMA_LTE] = "lte", [SIGMA_GT] = "gt",   [SIGMA_GTE] = "gte",
};

const char *sigma_correlation_type_name(enum sigma_correlation_type type) {
	return type_names[type];
}

bool timespan_parse(struct str text, int64_t *out_ns) {
	static const struct {
		char unit;
		int64_t seconds;
	} units[] = {{'s', 1},      {'m', 60},      {'h', 3600},    {'d', 86400},
	             {'w', 604800}, {'M', 2629746}, {'y', 31556952}};
	uint64_t number;
	if (text.len < 2 || !str_to_u64(str_slice(text, 0, text.len - 1), 1000000, &number)) {
		return false;
	}
	for (size_t i = 0; i < ARRAY_LEN(units); i++) {
		if (units[i].unit == text.ptr[text.len - 1] && number > 0) {
			int64_t seconds = (int64_t)number * units[i].seconds;
			if (seconds > INT64_MAX / INSTANT_SECOND) {
				return false;
			}
			*out_ns = seconds * INSTANT_SECOND;
			return true;
		}
	}
	return false;
}

enum err refs_read(struct reading *r, const struct tree_node *map, struct sigma_ref **out_refs,
                   uint32_t *out_count) {
	const struct tree_node *rules = tree_find(map, STR("rules"), NULL);
	bool list = rules != NULL && rules->kind == TREE_LIST;
	uint32_t count = list ? rules->count : rules != NULL;
	if (count == 0 || rules->kind == TREE_MAP || rules->kind == TREE_NULL) {
		return reading_fail(r, rules == NULL ? map->place : rules->place,
		                    "there are no rules: a list of names or ids");
	}
	if (count > LIMIT_CORRELATION_RULES) {
		return reading_fail(r, rules->place, "more than %u rules cannot be named here",
		                    (unsigned)LIMIT_CORRELATION_RULES);
	}
	struct sigma_ref *refs = ARENA_ARRAY(r->arena, count, struct sigma_ref);
	struct map *names = map_new();
	for (uint32_t i = 0; i < count; i++) {
		const struct tree_node *node = list ? rules->items[i] : rules;
		if (!tree_is_scalar(node) || node->text.len == 0) {
			map_free(names);
			return reading_fail(r, node->place, "a rule is named by its name or id");
		}
		bool added;
		(void)map_put(names, node->text, 0, &added);
		if (!added) {
			map_free(names);
			return reading_fail(r, node->place, "this rule is named twice");
		}
		refs[i] = (struct sigma_ref){.name = node->text, .place = node->place};
	}
	map_free(names);
	*out_refs = refs;
	*out_count = count;
	return ERR_OK;
}

/* ---- type, timespan, flags ---- */

static enum err read_type(struct reading *r, const struct tree_node *map,
                          struct sigma_correlation *c) {
	const struct tree_node *node = tree_find(map, STR("type"), NULL);
	struct str text;
	TRY(reading_text(r, map, STR("type"), &text));
	for (size_t i = 0; i < ARRAY_LEN(type_names); i++) {
		if (str_eq(text, str_from(type_names[i]))) {
			c->type = (enum sigma_correlation_type)i;
			return ERR_OK;
		}
	}
	(void)reading_fail(r, node == NULL ? map->place : node->place,
	                   "there is no type of correlation '%.*s'", STR_ARG(str_slice(text, 0, 40)));
	reading_hint(r, "types are event_count, value_count, temporal, temporal_ordered, value_sum, "
	                "value_avg, value_percentile");
	return ERR_INVALID;
}

static enum err read_timespan(struct reading *r, const struct tree_node *map,
                              struct sigma_correlation *c) {
	const struct tree_node *node = tree_find(map, STR("timespan"), NULL);
	if (node != NULL && timespan_parse(node->text, &c->timespan_ns)) {
		return ERR_OK;
	}
	(void)reading_fail(r, node == NULL ? map->place : node->place,
	                   node == NULL ? "there is no timespan" : "this is not a timespan");
	reading_hint(r, "a number with s, m, h or d, such as 90m");
	return ERR_INVALID;
}

static enum err read_generate(struct reading *r, const struct tree_node *document,
                              const struct tree_node *map, struct sigma_correlation *c) {
	const struct tree_node *node = tree_find(map, STR("generate"), NULL);
	if (node == NULL) {
		node = tree_find(document, STR("generate"), NULL);
	}
	if (node != NULL && node->kind != TREE_BOOL) {
		return reading_fail(r, node->place, "'generate' is true or false");
	}
	c->generate = node != NULL && char_lower(node->text.ptr[0]) == 't';
	return ERR_OK;
}

/* ---- condition ---- */

static bool has_values(enum sigma_correlation_type type) {
	return type == SIGMA_VALUE_COUNT || type == SIGMA_VALUE_SUM || type == SIGMA_VALUE_AVG ||
	       type == SIGMA_VALUE_PERCENTILE;
}

static enum err read_bound(struct reading *r, const struct tree_node *key,
                           const struct tree_node *value, struct sigma_correlation *c) {
	for (size_t i = 0; i < ARRAY_LEN(compare_names); i++) {
		if (!str_eq(key->text, str_from(compare_names[i]))) {
			continue;
		}
		double number;
		bool is_number = value->kind == TREE_INTEGER || value->kind == TREE_FLOAT;
		if (!is_number || !str_to_double(value->text, &number)) {
			return reading_fail(r, value->place, "'%.*s' takes a number", STR_ARG(key->text));
		}
		if (c->bounds_count == ARRAY_LEN(c->bounds)) {
			return reading_fail(r, key->place, "this condition has too many bounds");
		}
		c->bounds[c->bounds_count++] = (struct sigma_bound){(enum sigma_compare)i, number};
		return ERR_OK;
	}
	(void)reading_fail(r, key->place, "a condition of correlations has no '%.*s'",
	                   STR_ARG(str_slice(key->text, 0, 40)));
	reading_hint(r, "it has gt, gte, lt, lte, eq, neq, and for values field and percentile");
	return ERR_INVALID;
}

static enum err read_bounds(struct reading *r, const struct tree_node *condition,
                            struct sigma_correlation *c) {
	c->percentile = 50;
	TRY(reading_texts(r, condition, STR("field"), &c->fields));
	for (uint32_t i = 0; i < condition->count; i += 2) {
		const struct tree_node *key = condition->items[i];
		const struct tree_node *value = condition->items[i + 1];
		if (str_eq(key->text, STR("percentile"))) {
			bool ok = str_to_double(value->text, &c->percentile) && c->percentile >= 0 &&
			          c->percentile <= 100;
			if (!ok) {
				return reading_fail(r, value->place, "a percentile is a number from 0 to 100");
			}
		} else if (!str_eq(key->text, STR("field"))) {
			TRY(read_bound(r, key, value, c));
		}
	}
	if (c->bounds_count == 0) {
		return reading_fail(r, condition->place, "this condition has no bound such as gte: 10");
	}
	return ERR_OK;
}

static uint32_t ref_number(void *ctx, const struct atom *atom) {
	const struct sigma_correlation *c = ctx;
	uint32_t i = 0;
	while (i + 1 < c->refs_count && !str_eq(c->refs[i].name, atom->text)) {
		i++;
	}
	return i;
}

/* "a and not b" over the rules of a temporal correlation. */
static enum err read_extended(struct reading *r, const struct tree_node *text,
                              struct sigma_correlation *c) {
	struct selections refs = {
	    .names = ARENA_ARRAY(r->arena, c->refs_count, struct str),
	    .nodes = ARENA_ARRAY(r->arena, c->refs_count, struct node *),
	    .count = c->refs_count,
	};
	struct node *node;
	struct str aggregation;
	size_t at;
	struct place place = text->place;
	place.column = text->text_column > 0 ? text->text_column : place.column;
	for (uint32_t i = 0; i < c->refs_count; i++) {
		refs.names[i] = c->refs[i].name;
		refs.nodes[i] = node_atom(r->arena, &(struct atom){.text = c->refs[i].name});
	}
	TRY(condition_read(r, text->text, place, &refs, &node, &aggregation, &at));
	if (aggregation.len > 0) {
		return reading_fail(r, text->place, "a condition of correlations has no aggregation");
	}
	return node_write(r->arena, node, ref_number, c, &c->program) == ERR_OK
	           ? ERR_OK
	           : reading_fail(r, text->place, "the condition is too large");
}

static enum err read_condition(struct reading *r, const struct tree_node *map,
                               struct sigma_correlation *c) {
	const struct tree_node *condition = tree_find(map, STR("condition"), NULL);
	bool temporal = c->type == SIGMA_TEMPORAL || c->type == SIGMA_TEMPORAL_ORDERED;
	if (condition == NULL && temporal) { /* all of the rules */
		c->bounds[c->bounds_count++] = (struct sigma_bound){SIGMA_GTE, (double)c->refs_count};
		return ERR_OK;
	}
	if (condition == NULL) {
		return reading_fail(r, map->place, "there is no condition, such as  gte: 10");
	}
	if (condition->kind == TREE_STRING && temporal) {
		return read_extended(r, condition, c);
	}
	if (condition->kind != TREE_MAP) {
		return reading_fail(r, condition->place, "this condition is a map, such as  gte: 10");
	}
	TRY(read_bounds(r, condition, c));
	if (has_values(c->type) && c->fields.count == 0) { /* an older form puts it beside */
		TRY(reading_texts(r, map, STR("field"), &c->fields));
	}
	if (has_values(c->type) != (c->fields.count > 0)) {
		return reading_fail(r, condition->place,
		                    has_values(c->type) ? "%s needs a field in its condition"
		                                        : "%s has no field in its condition",
		                    type_names[c->type]);
	}
	return ERR_OK;
}

/* ---- aliases ---- */

static enum err read_alias(struct reading *r, struct sigma_correlation *c,
                           const struct tree_node *alias, const struct tree_node *fields,
                           struct sigma_alias *out) {
	for (uint32_t i = 0; i < fields->count; i += 2) {
		uint32_t ref = 0;
		while (ref < c->refs_count && !str_eq(c->refs[ref].name, fields->items[i]->text)) {
			ref++;
		}
		if (ref == c->refs_count) {
			return reading_fail(r, fields->items[i]->place,
			                    "'%.*s' is none of the rules of this correlation",
			                    STR_ARG(str_slice(fields->items[i]->text, 0, 60)));
		}
		if (!tree_is_scalar(fields->items[i + 1])) {
			return reading_fail(r, fields->items[i + 1]->place, "this is the name of a field");
		}
		out[i / 2] = (struct sigma_alias){alias->text, fields->items[i + 1]->text, ref};
	}
	return ERR_OK;
}

static enum err read_aliases(struct reading *r, const struct tree_node *map,
                             struct sigma_correlation *c) {
	const struct tree_node *aliases = tree_find(map, STR("aliases"), NULL);
	uint32_t count = 0;
	if (aliases == NULL || aliases->kind == TREE_NULL) {
		return ERR_OK;
	}
	if (aliases->kind != TREE_MAP) {
		return reading_fail(r, aliases->place, "aliases are a map of names");
	}
	for (uint32_t i = 1; i < aliases->count; i += 2) {
		if (aliases->items[i]->kind != TREE_MAP) {
			return reading_fail(r, aliases->items[i]->place,
			                    "an alias is a map of rules and their fields");
		}
		count += aliases->items[i]->count / 2;
	}
	if (count > LIMIT_CORRELATION_NAMES) {
		return reading_fail(r, aliases->place, "there are more than %u aliases",
		                    (unsigned)LIMIT_CORRELATION_NAMES);
	}
	struct sigma_alias *list = ARENA_ARRAY(r->arena, count, struct sigma_alias);
	uint32_t done = 0;
	for (uint32_t i = 0; i < aliases->count; i += 2) {
		TRY(read_alias(r, c, aliases->items[i], aliases->items[i + 1], list + done));
		done += aliases->items[i + 1]->count / 2;
	}
	c->aliases = list;
	c->aliases_count = count;
	return ERR_OK;
}

enum err correlation_read(struct reading *r, const struct tree_node *document) {
	struct sigma_correlation c = {.alerts = true};
	const struct tree_node *map = tree_find(document, STR("correlation"), NULL);
	TRY(meta_read(r, document, &c.meta));
	if (map->kind != TREE_MAP) {
		return reading_fail(r, map->place, "a correlation is a map of type, rules, timespan");
	}
	TRY(read_type(r, map, &c));
	TRY(refs_read(r, map, &c.refs, &c.refs_count));
	TRY(reading_texts(r, map, STR("group-by"), &c.group_by));
	TRY(read_timespan(r, map, &c));
	TRY(read_condition(r, map, &c));
	TRY(read_aliases(r, map, &c));
	TRY(read_generate(r, document, map, &c));
	if (MAX_OF(c.group_by.count, c.fields.count) > LIMIT_CORRELATION_NAMES) {
		return reading_fail(r, map->place, "more than %u fields cannot be asked for",
		                    (unsigned)LIMIT_CORRELATION_NAMES);
	}
	set_add_correlation(r, &c);
	return ERR_OK;
}

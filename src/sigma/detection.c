/* Rules: specification "Detection". Selections become conditions over atoms, the condition joins
 * them; an aggregation of old rules (Sigma 1) becomes a correlation over the rule.
 */
#include "sigma/detection.h"

#include "sigma/aggregation.h"
#include "sigma/item.h"

enum err selections_read(struct reading *r, const struct tree_node *map,
                         const char *const *other_keys, struct selections *out_selections) {
	struct selections selections = {
	    .names = ARENA_ARRAY(r->arena, map->count / 2, struct str),
	    .nodes = ARENA_ARRAY(r->arena, map->count / 2, struct node *),
	};
	for (uint32_t i = 0; i < map->count; i += 2) {
		size_t k = 0;
		while (other_keys[k] != NULL && !str_eq(map->items[i]->text, str_from(other_keys[k]))) {
			k++;
		}
		if (other_keys[k] == NULL) {
			selections.names[selections.count] = map->items[i]->text;
			TRY(selection_read(r, map->items[i + 1], &selections.nodes[selections.count]));
			selections.count++;
		}
	}
	*out_selections = selections;
	return ERR_OK;
}

static enum err read_one(struct reading *r, const struct tree_node *text,
                         const struct selections *selections, struct condition *out) {
	if (!tree_is_scalar(text) || text->text.len == 0) {
		return reading_fail(r, text->place, "a condition is a text");
	}
	struct place place = text->place;
	place.column = text->text_column > 0 ? text->text_column : place.column;
	return condition_read(r, text->text, place, selections, &out->node, &out->aggregation,
	                      &out->aggregation_at);
}

/* A list of conditions: one of them. */
static enum err read_several(struct reading *r, const struct tree_node *list,
                             const struct selections *selections, struct condition *out) {
	struct node *node = node_new(r->arena, PROGRAM_OR);
	if (list->count == 0) {
		return reading_fail(r, list->place, "there is no condition");
	}
	for (uint32_t i = 0; i < list->count; i++) {
		struct condition one = {0};
		TRY(read_one(r, list->items[i], selections, &one));
		if (one.aggregation.len > 0 && list->count > 1) {
			return reading_fail(r, list->items[i]->place,
			                    "an aggregation cannot be one of several conditions");
		}
		out->aggregation = one.aggregation;
		node_add(r->arena, node, one.node);
	}
	out->node = node;
	return ERR_OK;
}

enum err conditions_read(struct reading *r, const struct tree_node *map,
                         const struct selections *selections, struct condition *out_condition) {
	const struct tree_node *text = tree_find(map, STR("condition"), NULL);
	struct condition condition = {0};
	if (text == NULL || text->kind == TREE_NULL) {
		return reading_fail(r, map->place, "there is no condition");
	}
	condition.place = text->place;
	if (text->kind == TREE_LIST) {
		TRY(read_several(r, text, selections, &condition));
	} else {
		TRY(read_one(r, text, selections, &condition));
	}
	*out_condition = condition;
	return ERR_OK;
}

enum err rule_read(struct reading *r, const struct tree_node *document) {
	static const char *const other_keys[] = {"condition", "timeframe", NULL};
	struct sigma_rule rule = {.alerts = true};
	struct selections selections;
	struct condition condition;
	const struct tree_node *detection = tree_find(document, STR("detection"), NULL);
	TRY(meta_read(r, document, &rule.meta));
	if (detection == NULL || detection->kind != TREE_MAP) {
		return reading_fail(r, detection == NULL ? document->place : detection->place,
		                    "there is no detection: a map of selections and a condition");
	}
	TRY(source_read(r, document, &rule.source));
	TRY(selections_read(r, detection, other_keys, &selections));
	if (selections.count == 0) {
		return reading_fail(r, detection->place, "there is no selection");
	}
	TRY(conditions_read(r, detection, &selections, &condition));
	if (condition.aggregation.len > 0) {
		return aggregation_read(r, detection, &rule, &selections, &condition);
	}
	return set_add_rule(r, &rule, condition.node);
}

enum err filter_read(struct reading *r, const struct tree_node *document) {
	static const char *const other_keys[] = {"condition", "rules", NULL};
	struct sigma_set *set = r->set;
	struct sigma_filter filter = {0};
	struct selections selections;
	struct condition condition;
	const struct tree_node *map = tree_find(document, STR("filter"), NULL);
	TRY(meta_read(r, document, &filter.meta));
	if (map->kind != TREE_MAP) {
		return reading_fail(r, map->place, "a filter is a map of rules, selections, condition");
	}
	TRY(source_read(r, document, &filter.source));
	TRY(refs_read(r, map, &filter.refs, &filter.refs_count));
	filter.any = filter.refs_count == 1 && str_eq_nocase(filter.refs[0].name, STR("any"));
	TRY(selections_read(r, map, other_keys, &selections));
	TRY(conditions_read(r, map, &selections, &condition));
	if (condition.aggregation.len > 0) {
		return reading_fail(r, condition.place, "a filter cannot aggregate");
	}
	if (set->filters_count == LIMIT_FILTERS) {
		return reading_fail(r, filter.meta.place, "there are more than %u filters",
		                    (unsigned)LIMIT_FILTERS);
	}
	SET_GROW(set->filters, set->filters_count, set->parts->filters_cap);
	SET_GROW(set->parts->filter_nodes, set->filters_count, set->parts->filter_nodes_cap);
	set->parts->filter_nodes[set->filters_count] = condition.node;
	set->filters[set->filters_count++] = filter;
	return ERR_OK;
}

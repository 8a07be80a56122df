/* What a format says of the values in its texts: keys, cases, columns, times, needs. */
#include "ingest/text_yaml.h"

static size_t pairs_count(const yaml_node_t *map) {
	return (size_t)(map->data.mapping.pairs.top - map->data.mapping.pairs.start);
}

/* A scalar or the items of a list of scalars: the number of them, and the one at i. */
static size_t items_count(const yaml_node_t *node) {
	return node->type == YAML_SEQUENCE_NODE ? text_yaml_count(node) : 1;
}

static yaml_node_t *item_at(struct text_yaml *r, yaml_node_t *node, size_t i) {
	return node->type == YAML_SEQUENCE_NODE ? text_yaml_node(r, node->data.sequence.items.start[i])
	                                        : node;
}

/* ---- takes ---- */

static enum err read_takes(struct text_yaml *r, yaml_node_t *node) {
	static const struct {
		struct str name;
		enum text_takes takes;
	} kinds[] = {{STR_INIT("line"), TEXT_TAKES_LINE},
	             {STR_INIT("message"), TEXT_TAKES_MESSAGE},
	             {STR_INIT("object"), TEXT_TAKES_OBJECT}};
	if (node == NULL) {
		r->out->takes = TEXT_TAKES_LINE;
		return ERR_OK;
	}
	for (size_t i = 0; i < items_count(node); i++) {
		yaml_node_t *item = item_at(r, node, i);
		size_t kind = 0;
		while (kind < ARRAY_LEN(kinds) && !str_eq(text_yaml_text(item), kinds[kind].name)) {
			kind++;
		}
		if (kind == ARRAY_LEN(kinds)) {
			return text_yaml_fail(r, item, 0, "a format takes line, message or object");
		}
		r->out->takes |= (uint8_t)kinds[kind].takes;
	}
	return r->out->takes != 0
	           ? ERR_OK
	           : text_yaml_fail(r, node, 0, "a format takes line, message or object");
}

static enum err read_programs(struct text_yaml *r, yaml_node_t *node) {
	if (node == NULL) {
		return ERR_OK;
	}
	size_t count = items_count(node);
	struct str *list = ARENA_ARRAY(r->arena, count, struct str);
	for (size_t i = 0; i < count; i++) {
		yaml_node_t *item = item_at(r, node, i);
		TRY(text_yaml_want(r, node, item, YAML_SCALAR_NODE, "a program is a name"));
		list[i] = text_yaml_kept(r, item);
		if (list[i].len == 0 || str_eq(list[i], STR("*"))) {
			return text_yaml_fail(r, item, 0, "a program is a name, perhaps with '*' at its end");
		}
	}
	r->out->programs = list;
	r->out->programs_count = (uint32_t)count;
	if ((r->out->takes & TEXT_TAKES_MESSAGE) == 0) {
		return text_yaml_fail(r, node, 0, "only a format that takes messages has 'programs'");
	}
	return ERR_OK;
}

enum err text_yaml_takes(struct text_yaml *r, const yaml_node_t *root) {
	yaml_node_t *weak = text_yaml_find(r, root, "weak");
	TRY(read_takes(r, text_yaml_find(r, root, "takes")));
	r->out->weak = weak != NULL && str_eq(text_yaml_text(weak), STR("true"));
	return read_programs(r, text_yaml_find(r, root, "programs"));
}

/* ---- keys ---- */

static const struct {
	struct str name;
	uint8_t type;
} target_types[] = {
    {STR_INIT("ip"), SLOT_IP},
    {STR_INIT("int"), SLOT_INT},
    {STR_INIT("number"), SLOT_NUMBER},
    {STR_INIT("hex"), SLOT_HEX},
    {STR_INIT("host"), SLOT_HOST},
    {STR_INIT("url"), SLOT_URL},
    {STR_INIT("web"), TEXT_TARGET_WEB},
    {STR_INIT("endpoint"), TEXT_TARGET_ENDPOINT},
    {STR_INIT("name"), TEXT_TARGET_NAME},
    {STR_INIT("lower"), TEXT_TARGET_LOWER},
    {STR_INIT("iana"), TEXT_TARGET_IANA},
    {STR_INIT("s"), TEXT_TARGET_SECONDS},
    {STR_INIT("ms"), TEXT_TARGET_MILLIS},
    {STR_INIT("us"), TEXT_TARGET_MICROS},
    {STR_INIT("hms"), TEXT_TARGET_CLOCK},
    {STR_INIT("time"), TEXT_TARGET_TIME},
    {STR_INIT("mac"), SLOT_MAC},
    {STR_INIT("audit"), TEXT_TARGET_AUDIT},
    {STR_INIT("sockaddr"), TEXT_TARGET_SOCKET},
};

static enum err read_target(struct text_yaml *r, const yaml_node_t *node, struct text_target *out) {
	struct str text = text_yaml_text(node);
	size_t colon = str_find_char(text, ':', 0);
	out->type = TEXT_TARGET_ANY;
	if (colon < text.len) {
		size_t i = 0;
		while (i < ARRAY_LEN(target_types) &&
		       !str_eq(target_types[i].name, str_slice(text, 0, colon))) {
			i++;
		}
		if (i == ARRAY_LEN(target_types)) {
			enum err err = text_yaml_fail(r, node, 0, "there is no such kind of target");
			diag_hint(r->diag,
			          "the kinds are ip int number hex host mac url web endpoint name lower "
			          "iana audit sockaddr s ms us hms time");
			return err;
		}
		out->type = target_types[i].type;
		text = str_slice(text, colon + 1, text.len);
	}
	return pattern_field(&r->set, text, &out->field) == ERR_OK
	           ? ERR_OK
	           : text_yaml_fail(r, node, 0, "a target is the name of a field");
}

static enum err read_key_pattern(struct text_yaml *r, const yaml_node_t *item, struct pattern *out,
                                 struct text_constants *out_fields) {
	static const char *const keys[] = {"pattern", "fields", NULL};
	static const char hint[] = "here stands a field, or 'pattern' and perhaps 'fields'";
	TRY(text_yaml_check_keys(r, item, keys, hint));
	yaml_node_t *text = text_yaml_find(r, item, "pattern");
	TRY(text_yaml_want(r, item, text, YAML_SCALAR_NODE, hint));
	TRY(text_yaml_pattern(r, text, text, out));
	return text_yaml_fields(r, text_yaml_find(r, item, "fields"), true, out_fields);
}

static enum err read_key(struct text_yaml *r, yaml_node_t *name, yaml_node_t *node,
                         struct text_key *out) {
	size_t count = items_count(node);
	if (count > TEXT_PATTERNS_MAX) {
		return text_yaml_fail(r, node, 0, "a key has at most 256 targets and patterns");
	}
	struct text_target *targets = ARENA_ARRAY(r->arena, count, struct text_target);
	struct pattern *patterns = ARENA_ARRAY(r->arena, count, struct pattern);
	struct text_constants *constants = ARENA_ARRAY(r->arena, count, struct text_constants);
	TRY(text_yaml_name(r, name, text_yaml_text(name), &out->name));
	for (size_t i = 0; i < count; i++) {
		yaml_node_t *item = item_at(r, node, i);
		if (item->type == YAML_MAPPING_NODE) {
			TRY(read_key_pattern(r, item, &patterns[out->patterns_count],
			                     &constants[out->patterns_count]));
			out->patterns_count++;
		} else {
			TRY(text_yaml_want(r, node, item, YAML_SCALAR_NODE, "a target is a field's name"));
			TRY(read_target(r, item, &targets[out->targets_count]));
			out->targets_count++;
		}
	}
	out->targets = targets;
	out->patterns = patterns;
	out->pattern_constants = constants;
	return ERR_OK;
}

enum err text_yaml_keys(struct text_yaml *r, yaml_node_t *map, struct text_keys *out,
                        struct str *out_prefix) {
	if (map == NULL) {
		return ERR_OK;
	}
	TRY(text_yaml_want(r, NULL, map, YAML_MAPPING_NODE, "'keys' are names with targets"));
	struct text_key *list = ARENA_ARRAY(r->arena, pairs_count(map), struct text_key);
	for (size_t i = 0; i < pairs_count(map); i++) {
		yaml_node_t *name = text_yaml_node(r, map->data.mapping.pairs.start[i].key);
		yaml_node_t *node = text_yaml_node(r, map->data.mapping.pairs.start[i].value);
		if (!str_eq(text_yaml_text(name), STR("*"))) {
			TRY(read_key(r, name, node, &list[out->count]));
			out->count++;
			continue;
		}
		if (out_prefix == NULL) {
			return text_yaml_fail(r, name, 0, "'*' stands among the keys of the format only");
		}
		uint16_t prefix;
		TRY(text_yaml_field(r, node, &prefix));
		*out_prefix = text_yaml_kept(r, node);
	}
	out->list = list;
	return ERR_OK;
}

/* ---- cases ---- */

static enum err read_cases(struct text_yaml *r, yaml_node_t *map, struct text_values *out) {
	TRY(text_yaml_want(r, NULL, map, YAML_MAPPING_NODE, "here stand values with their fields"));
	size_t count = pairs_count(map);
	if (count > TEXT_CASES_MAX) {
		return text_yaml_fail(r, map, 0, "a name has at most 512 values");
	}
	struct text_case *list = ARENA_ARRAY(r->arena, count, struct text_case);
	for (size_t i = 0; i < count; i++) {
		yaml_node_t *value = text_yaml_node(r, map->data.mapping.pairs.start[i].key);
		list[i].value = text_yaml_kept(r, value);
		list[i].any = str_eq(list[i].value, STR("*"));
		if (list[i].any && i + 1 < count) {
			return text_yaml_fail(r, value, 0, "'*' is the last of the values");
		}
		TRY(text_yaml_fields(r, text_yaml_node(r, map->data.mapping.pairs.start[i].value), true,
		                     &list[i].fields));
	}
	out->cases = list;
	out->cases_count = (uint32_t)count;
	return ERR_OK;
}

static enum err read_values(struct text_yaml *r, yaml_node_t *map) {
	if (map == NULL) {
		return ERR_OK;
	}
	TRY(text_yaml_want(r, NULL, map, YAML_MAPPING_NODE, "'values' are names with values"));
	struct text_values *list = ARENA_ARRAY(r->arena, pairs_count(map), struct text_values);
	for (size_t i = 0; i < pairs_count(map); i++) {
		yaml_node_t *name = text_yaml_node(r, map->data.mapping.pairs.start[i].key);
		TRY(text_yaml_name(r, name, text_yaml_text(name), &list[i].name));
		TRY(read_cases(r, text_yaml_node(r, map->data.mapping.pairs.start[i].value), &list[i]));
	}
	r->out->values = list;
	r->out->values_count = (uint32_t)pairs_count(map);
	return ERR_OK;
}

/* ---- columns ---- */

static enum err read_separator(struct text_yaml *r, const yaml_node_t *node, char *out) {
	struct str text = node == NULL ? STR(",") : text_yaml_text(node);
	if (str_eq(text, STR("tab"))) {
		*out = '\t';
	} else if (str_eq(text, STR("blank"))) {
		*out = ' ';
	} else if (text.len == 1) {
		*out = text.ptr[0];
	} else {
		return text_yaml_fail(r, node, 0, "a separator is one sign, or tab, or blank");
	}
	return ERR_OK;
}

static enum err read_column_names(struct text_yaml *r, yaml_node_t *list,
                                  struct text_columns *out) {
	TRY(text_yaml_want(r, NULL, list, YAML_SEQUENCE_NODE, "here stands a list of names"));
	size_t count = text_yaml_count(list);
	if (count > TEXT_COLUMN_NAMES_MAX) {
		return text_yaml_fail(r, list, 0, "there are at most 256 columns");
	}
	uint16_t *names = ARENA_ARRAY(r->arena, count, uint16_t);
	for (size_t i = 0; i < count; i++) {
		yaml_node_t *item = text_yaml_node(r, list->data.sequence.items.start[i]);
		names[i] = PATTERN_NO_FIELD;
		if (!str_eq(text_yaml_text(item), STR("_"))) {
			TRY(text_yaml_name(r, item, text_yaml_text(item), &names[i]));
		}
	}
	out->names = names;
	out->names_count = (uint32_t)count;
	return ERR_OK;
}

static enum err read_columns(struct text_yaml *r, yaml_node_t *map) {
	static const char *const keys[] = {"separator", "names", NULL};
	static const char hint[] = "columns have 'separator' and 'names'";
	if (map == NULL) {
		return ERR_OK;
	}
	TRY(text_yaml_want(r, NULL, map, YAML_MAPPING_NODE, "'columns' are names with lists of names"));
	if (pairs_count(map) > TEXT_COLUMNS_MAX) {
		return text_yaml_fail(r, map, 0, "there are at most 16 kinds of columns");
	}
	struct text_columns *list = ARENA_ARRAY(r->arena, pairs_count(map), struct text_columns);
	for (size_t i = 0; i < pairs_count(map); i++) {
		yaml_node_t *node = text_yaml_node(r, map->data.mapping.pairs.start[i].value);
		yaml_node_t *separator = NULL;
		list[i].name = text_yaml_kept(r, text_yaml_node(r, map->data.mapping.pairs.start[i].key));
		if (node->type == YAML_MAPPING_NODE) {
			TRY(text_yaml_check_keys(r, node, keys, hint));
			separator = text_yaml_find(r, node, "separator");
			yaml_node_t *names = text_yaml_find(r, node, "names");
			TRY(text_yaml_want(r, node, names, YAML_SEQUENCE_NODE, hint));
			node = names;
		}
		TRY(read_separator(r, separator, &list[i].separator));
		TRY(read_column_names(r, node, &list[i]));
	}
	r->out->columns = list;
	r->out->columns_count = (uint32_t)pairs_count(map);
	return ERR_OK;
}

/* ---- times ---- */

static enum err read_layout(struct text_yaml *r, const yaml_node_t *node, struct str *out) {
	static const struct str named[] = {STR_INIT(""), STR_INIT("clf"), STR_INIT("iso"),
	                                   STR_INIT("syslog"), STR_INIT("epoch")};
	size_t bad = 0;
	*out = node == NULL ? STR("") : text_yaml_kept(r, node);
	for (size_t i = 0; i < ARRAY_LEN(named); i++) {
		if (str_eq(*out, named[i])) {
			return ERR_OK;
		}
	}
	return timestamp_layout_valid(*out, &bad)
	           ? ERR_OK
	           : text_yaml_fail(r, node, bad, "this is no layout of a time");
}

static enum err read_time(struct text_yaml *r, yaml_node_t *item, struct text_time *out) {
	static const char *const keys[] = {"of", "layout", NULL};
	static const char hint[] = "a time has 'of' (names) and 'layout'";
	TRY(text_yaml_want(r, NULL, item, YAML_MAPPING_NODE, hint));
	TRY(text_yaml_check_keys(r, item, keys, hint));
	yaml_node_t *of = text_yaml_find(r, item, "of");
	if (of == NULL || items_count(of) == 0 || items_count(of) > TEXT_TIME_PARTS_MAX) {
		return text_yaml_fail(r, item, 0, "a time is 'of' one to four names");
	}
	for (size_t i = 0; i < items_count(of); i++) {
		yaml_node_t *part = item_at(r, of, i);
		TRY(text_yaml_name(r, part, text_yaml_text(part), &out->parts[i]));
	}
	out->parts_count = (uint32_t)items_count(of);
	return read_layout(r, text_yaml_find(r, item, "layout"), &out->layout);
}

static enum err read_times(struct text_yaml *r, yaml_node_t *list) {
	if (list == NULL) {
		return ERR_OK;
	}
	TRY(text_yaml_want(r, NULL, list, YAML_SEQUENCE_NODE, "'times' are a list"));
	size_t count = text_yaml_count(list);
	struct text_time *times = ARENA_ARRAY(r->arena, count, struct text_time);
	for (size_t i = 0; i < count; i++) {
		TRY(read_time(r, text_yaml_node(r, list->data.sequence.items.start[i]), &times[i]));
	}
	r->out->times = times;
	r->out->times_count = (uint32_t)count;
	return ERR_OK;
}

/* ---- needs ---- */

static enum err read_needs(struct text_yaml *r, yaml_node_t *node) {
	if (node == NULL) {
		return ERR_OK;
	}
	size_t count = items_count(node);
	struct text_need *needs = ARENA_ARRAY(r->arena, count, struct text_need);
	for (size_t i = 0; i < count; i++) {
		yaml_node_t *item = item_at(r, node, i);
		struct str text = text_yaml_text(item);
		size_t equals = str_find_char(text, '=', 0);
		TRY(text_yaml_name(r, item, str_slice(text, 0, equals), &needs[i].name));
		needs[i].has_value = equals < text.len;
		needs[i].value = arena_str(r->arena, str_slice(text, equals + 1, text.len));
	}
	r->out->needs = needs;
	r->out->needs_count = (uint32_t)count;
	return ERR_OK;
}

enum err text_yaml_uses(struct text_yaml *r, const yaml_node_t *root) {
	yaml_node_t *needs = text_yaml_find(r, root, "needs");
	TRY(text_yaml_keys(r, text_yaml_find(r, root, "keys"), &r->out->keys, &r->out->prefix));
	TRY(read_values(r, text_yaml_find(r, root, "values")));
	TRY(read_columns(r, text_yaml_find(r, root, "columns")));
	TRY(read_times(r, text_yaml_find(r, root, "times")));
	TRY(read_needs(r, needs));
	if ((r->out->takes & TEXT_TAKES_OBJECT) != 0 && r->out->needs_count == 0) {
		return text_yaml_fail(r, root, 0,
		                      "a format that takes objects says what it 'needs' of them");
	}
	return ERR_OK;
}

/* ---- the whole ---- */

/* A part of a path that is no name. */
static bool is_in_list(struct str name) {
	while (name.len > 0) {
		struct str part = str_cut(&name, '.');
		uint64_t number;
		if (str_eq(part, STR("*")) || str_find_char(part, '=', 0) < part.len ||
		    str_to_u64(part, UINT32_MAX, &number)) {
			return true;
		}
	}
	return false;
}

static void sort_names(const struct text_format *out, uint16_t *sorted) {
	for (uint32_t i = 0; i < out->fields_count; i++) {
		uint32_t at = i;
		for (; at > 0 && text_name_cmp(out->fields[sorted[at - 1]].name, out->fields[i].name) > 0;
		     at--) {
			sorted[at] = sorted[at - 1];
		}
		sorted[at] = (uint16_t)i;
	}
}

enum err text_yaml_end(struct text_yaml *r) {
	struct text_format *out = r->out;
	struct text_use *uses = ARENA_ARRAY(r->arena, r->set.fields_count, struct text_use);
	uint16_t *sorted = ARENA_ARRAY(r->arena, r->set.fields_count, uint16_t);
	out->fields = r->set.fields;
	out->fields_count = r->set.fields_count;
	for (uint32_t i = 0; i < out->fields_count; i++) {
		uses[i].hidden = out->fields[i].name.ptr[0] == '_';
		uses[i].in_list = is_in_list(out->fields[i].name);
	}
	for (uint32_t i = 0; i < out->keys.count; i++) {
		uses[out->keys.list[i].name].key = (uint16_t)(i + 1);
	}
	for (uint32_t i = 0; i < out->values_count; i++) {
		uses[out->values[i].name].values = (uint16_t)(i + 1);
		uses[out->values[i].name].noted = true;
	}
	for (uint32_t i = 0; i < out->times_count; i++) {
		for (uint32_t part = 0; part < out->times[i].parts_count; part++) {
			uses[out->times[i].parts[part]].noted = true;
		}
	}
	sort_names(out, sorted);
	out->uses = uses;
	out->sorted = sorted;
	/* The slots of constants stand behind those of names. */
	out->slots = out->fields_count + r->constants;
	return ERR_OK;
}

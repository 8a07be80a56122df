/* From the events of libyaml to nodes, without recursion: open collections stand on a stack. */
#include "sigma/tree.h"

#include <yaml.h>

#include "base/limits.h"
#include "base/map.h"

/* An open collection; items grow in a heap array until it is closed. */
struct level {
	struct tree_node *node;
	const struct tree_node **items;
	uint32_t count, cap, height;
	uint64_t size;
	struct str anchor;
};

struct reader {
	struct arena *arena;
	yaml_parser_t parser;
	struct level levels[LIMIT_TREE_DEPTH];
	uint32_t depth;
	struct map *anchors; /* of this document: name -> index in anchored + 1; 0 while open */
	const struct tree_node **anchored;
	uint32_t anchored_count, anchored_cap;
	const struct tree_node **roots;
	uint32_t roots_count, roots_cap;
	uint64_t size; /* of all documents that are done */
	struct place place;
	struct diag *diag;
};

const char *tree_kind_name(enum tree_kind kind) {
	static const char *const names[] = {
	    [TREE_NULL] = "nothing",   [TREE_BOOL] = "true or false", [TREE_INTEGER] = "a number",
	    [TREE_FLOAT] = "a number", [TREE_STRING] = "a text",      [TREE_LIST] = "a list",
	    [TREE_MAP] = "a map",
	};
	return names[kind];
}

const struct tree_node *tree_find(const struct tree_node *map, struct str key,
                                  const struct tree_node **out_key) {
	for (uint32_t i = 0; map->kind == TREE_MAP && i < map->count; i += 2) {
		if (str_eq(map->items[i]->text, key)) {
			if (out_key != NULL) {
				*out_key = map->items[i];
			}
			return map->items[i + 1];
		}
	}
	return NULL;
}

static enum err fail(struct reader *r, struct place place, enum err err, const char *what) {
	r->place = place;
	return diag_set(r->diag, err, "%s", what);
}

static struct place place_of(const yaml_mark_t *mark) {
	return (struct place){(uint32_t)MIN_OF(mark->line, (size_t)UINT32_MAX - 1) + 1,
	                      (uint32_t)MIN_OF(mark->column, (size_t)UINT32_MAX - 1) + 1};
}

/* ---- scalars ---- */

static bool is_one_of(struct str text, const char *const *words, size_t count) {
	for (size_t i = 0; i < count; i++) {
		if (str_eq(text, str_from(words[i]))) {
			return true;
		}
	}
	return false;
}

static bool is_hex(struct str text, uint64_t *out_value) {
	uint64_t value = 0;
	if (!str_starts(text, STR("0x")) || text.len < 3 || text.len > 17) {
		return false;
	}
	for (size_t i = 2; i < text.len; i++) {
		char c = char_lower(text.ptr[i]);
		bool letter = c >= 'a' && c <= 'f';
		if (!letter && !char_is_digit(c)) {
			return false;
		}
		value = value * 16 + (uint64_t)(letter ? c - 'a' + 10 : c - '0');
	}
	*out_value = value;
	return true;
}

static bool is_digits(struct str text) {
	for (size_t i = 0; i < text.len; i++) {
		if (!char_is_digit(text.ptr[i])) {
			return false;
		}
	}
	return text.len > 0;
}

/* Types a plain scalar; a number's text is made decimal. */
static void resolve(struct arena *arena, struct tree_node *node) {
	static const char *const nulls[] = {"", "~", "null", "Null", "NULL"};
	static const char *const bools[] = {"true", "True", "TRUE", "false", "False", "FALSE"};
	struct str text = node->text;
	uint64_t hex;
	double real;
	bool sign = text.len > 0 && (text.ptr[0] == '-' || text.ptr[0] == '+');
	struct str digits = str_slice(text, sign ? 1 : 0, text.len);
	node->kind = TREE_STRING;
	if (is_one_of(text, nulls, ARRAY_LEN(nulls))) {
		node->kind = TREE_NULL;
	} else if (is_one_of(text, bools, ARRAY_LEN(bools))) {
		node->kind = TREE_BOOL;
	} else if (is_hex(text, &hex)) {
		node->kind = TREE_INTEGER;
		node->text = arena_printf(arena, "%llu", (unsigned long long)hex);
	} else if (is_digits(digits) || str_to_double(text, &real)) {
		node->kind = is_digits(digits) ? TREE_INTEGER : TREE_FLOAT;
		node->text = text.ptr[0] == '+' ? digits : text;
	}
}

static struct tree_node *scalar(struct reader *r, const yaml_event_t *event) {
	static const char string_tag[] = "tag:yaml.org,2002:str";
	struct tree_node *node = ARENA_NEW(r->arena, struct tree_node);
	const char *tag = (const char *)event->data.scalar.tag;
	node->place = place_of(&event->start_mark);
	node->size = 1;
	node->kind = TREE_STRING;
	node->text = arena_str(
	    r->arena, str_make((const char *)event->data.scalar.value, event->data.scalar.length));
	bool quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
	if (event->start_mark.line == event->end_mark.line) {
		node->text_column = node->place.column + quoted;
	}
	bool typed = tag != NULL && strcmp(tag, string_tag) != 0 &&
	             str_starts(str_from(tag), STR("tag:yaml.org,2002:"));
	if (event->data.scalar.plain_implicit != 0 || typed) {
		resolve(r->arena, node);
	}
	return node;
}

/* ---- collections ---- */

static void grow(const struct tree_node ***items, uint32_t *cap) {
	*cap = *cap == 0 ? 8 : *cap * 2;
	*items = reallocarray(*items, *cap, sizeof(**items));
	ASSERT(*items != NULL);
}

static void push(const struct tree_node ***items, uint32_t *count, uint32_t *cap,
                 const struct tree_node *node) {
	if (*count == *cap) {
		grow(items, cap);
	}
	(*items)[(*count)++] = node;
}

/* Takes a finished node into the collection that is open, or as a root. */
static enum err add(struct reader *r, const struct tree_node *node) {
	uint64_t open = 0;
	for (uint32_t i = 0; i < r->depth; i++) {
		open += r->levels[i].size;
	}
	if (r->size + open + node->size > LIMIT_TREE_NODES) {
		return fail(r, node->place, ERR_LIMIT, "there are too many values in this file");
	}
	if (r->depth + node->height > LIMIT_TREE_DEPTH) {
		return fail(r, node->place, ERR_LIMIT, "this is nested too deeply");
	}
	if (r->depth == 0) {
		r->size += node->size;
		if (node->kind != TREE_NULL) {
			push(&r->roots, &r->roots_count, &r->roots_cap, node);
		}
		return ERR_OK;
	}
	struct level *level = &r->levels[r->depth - 1];
	if (level->node->kind == TREE_MAP && level->count % 2 == 0 && !tree_is_scalar(node)) {
		return fail(r, node->place, ERR_INVALID, "a key is a text, not a list or map");
	}
	level->size += node->size;
	level->height = MAX_OF(level->height, node->height + 1);
	push(&level->items, &level->count, &level->cap, node);
	return ERR_OK;
}

static void remember(struct reader *r, struct str anchor, const struct tree_node *node) {
	if (anchor.len > 0) {
		push(&r->anchored, &r->anchored_count, &r->anchored_cap, node);
		*map_put(r->anchors, anchor, 0, NULL) = node == NULL ? 0 : r->anchored_count;
	}
}

static enum err open(struct reader *r, enum tree_kind kind, const yaml_char_t *anchor,
                     const yaml_mark_t *mark) {
	struct place place = place_of(mark);
	if (r->depth == LIMIT_TREE_DEPTH) {
		return fail(r, place, ERR_LIMIT, "this is nested too deeply");
	}
	struct tree_node *node = ARENA_NEW(r->arena, struct tree_node);
	*node = (struct tree_node){.kind = kind, .place = place};
	struct level *level = &r->levels[r->depth++];
	*level = (struct level){.node = node, .size = 1, .height = 1};
	level->anchor = arena_str(r->arena, str_from((const char *)anchor));
	remember(r, level->anchor, NULL);
	return ERR_OK;
}

static enum err refuse_twice(struct reader *r, const struct level *level) {
	struct map *keys = map_new();
	enum err err = ERR_OK;
	for (uint32_t i = 0; i < level->count && err == ERR_OK; i += 2) {
		bool added;
		(void)map_put(keys, level->items[i]->text, 0, &added);
		if (!added) {
			r->place = level->items[i]->place;
			err = diag_set(r->diag, ERR_INVALID, "the key '%.*s' is there twice",
			               STR_ARG(str_slice(level->items[i]->text, 0, 100)));
		}
	}
	map_free(keys);
	return err;
}

static enum err close(struct reader *r) {
	struct level *level = &r->levels[r->depth - 1];
	struct tree_node *node = level->node;
	if (node->kind == TREE_MAP) {
		TRY(refuse_twice(r, level));
	}
	const struct tree_node **items = ARENA_ARRAY(r->arena, level->count, const struct tree_node *);
	if (level->count > 0) {
		memcpy(items, level->items, level->count * sizeof(*items));
	}
	node->items = items;
	node->count = level->count;
	node->size = level->size;
	node->height = level->height;
	free(level->items);
	level->items = NULL;
	r->depth--;
	remember(r, level->anchor, node);
	return add(r, node);
}

static enum err alias(struct reader *r, const yaml_event_t *event) {
	struct place place = place_of(&event->start_mark);
	const uint64_t *at = map_find(r->anchors, str_from((const char *)event->data.alias.anchor));
	if (at == NULL || *at == 0) {
		return fail(r, place, ERR_INVALID,
		            at == NULL ? "this alias stands for nothing"
		                       : "this alias stands inside what it stands for");
	}
	return add(r, r->anchored[*at - 1]);
}

/* ---- events ---- */

static enum err take(struct reader *r, const yaml_event_t *event) {
	struct tree_node *node;
	switch (event->type) {
	case YAML_SCALAR_EVENT:
		node = scalar(r, event);
		remember(r, str_from((const char *)event->data.scalar.anchor), node);
		return add(r, node);
	case YAML_SEQUENCE_START_EVENT:
		return open(r, TREE_LIST, event->data.sequence_start.anchor, &event->start_mark);
	case YAML_MAPPING_START_EVENT:
		return open(r, TREE_MAP, event->data.mapping_start.anchor, &event->start_mark);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		return close(r);
	case YAML_ALIAS_EVENT:
		return alias(r, event);
	case YAML_DOCUMENT_START_EVENT:
		map_clear(r->anchors);
		r->anchored_count = 0;
		return ERR_OK;
	case YAML_NO_EVENT:
	case YAML_STREAM_START_EVENT:
	case YAML_STREAM_END_EVENT:
	case YAML_DOCUMENT_END_EVENT:
	default:
		return ERR_OK;
	}
}

static enum err read_events(struct reader *r) {
	for (;;) {
		yaml_event_t event;
		if (yaml_parser_parse(&r->parser, &event) == 0) {
			r->place = place_of(&r->parser.problem_mark);
			return diag_set(r->diag, ERR_INVALID, "not YAML: %s",
			                r->parser.problem != NULL ? r->parser.problem : "unreadable");
		}
		enum err err = take(r, &event);
		bool end = event.type == YAML_STREAM_END_EVENT;
		yaml_event_delete(&event);
		if (err != ERR_OK || end) {
			return err;
		}
	}
}

enum err tree_read(struct arena *arena, struct str text, struct tree *out_tree,
                   struct place *out_place, struct diag *diag) {
	*out_place = (struct place){1, 1};
	if (text.len > LIMIT_RULES_FILE) {
		return diag_set(diag, ERR_LIMIT, "larger than %zu bytes", LIMIT_RULES_FILE);
	}
	struct reader *r = calloc(1, sizeof(*r));
	ASSERT(r != NULL);
	r->arena = arena;
	r->diag = diag;
	r->anchors = map_new();
	ASSERT(yaml_parser_initialize(&r->parser) != 0);
	yaml_parser_set_input_string(&r->parser, (const unsigned char *)(text.len > 0 ? text.ptr : ""),
	                             text.len);
	enum err err = read_events(r);
	if (err == ERR_OK) {
		const struct tree_node **roots =
		    ARENA_ARRAY(arena, r->roots_count, const struct tree_node *);
		if (r->roots_count > 0) {
			memcpy(roots, r->roots, r->roots_count * sizeof(*roots));
		}
		*out_tree = (struct tree){roots, r->roots_count};
	} else {
		*out_place = r->place;
	}
	yaml_parser_delete(&r->parser);
	for (uint32_t i = 0; i < r->depth; i++) {
		free(r->levels[i].items);
	}
	map_free(r->anchors);
	free(r->anchored);
	free(r->roots);
	free(r);
	return err;
}

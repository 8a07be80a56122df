/* A text format from its YAML file, read as a document of libyaml. Only what the schema knows is
 * walked, so that aliases cannot grow; every complaint names file, line and column.
 */
#include <yaml.h>

#include "ingest/text_format.h"

enum { YAML_SIZE_MAX = 1 << 20, PIECES_COUNT_MAX = 64, ITEMS_MAX = 1024 };

struct piece {
	struct str name, text;
};

struct reader {
	struct arena *arena;
	struct str shown;
	yaml_document_t *document;
	struct diag *diag;
	struct pattern_set set;
	struct piece pieces[PIECES_COUNT_MAX];
	uint32_t pieces_count;
	struct text_format *out;
};

/* ---- walking ---- */

static enum err fail(struct reader *r, const yaml_node_t *node, size_t column, const char *what) {
	return diag_set(r->diag, ERR_INVALID, "%.*s:%zu:%zu: %s", STR_ARG(r->shown),
	                node == NULL ? (size_t)1 : node->start_mark.line + 1,
	                node == NULL ? (size_t)1 : node->start_mark.column + 1 + column, what);
}

static yaml_node_t *node_at(struct reader *r, int index) {
	return yaml_document_get_node(r->document, index);
}

static struct str node_text(const yaml_node_t *node) {
	return node->type == YAML_SCALAR_NODE
	           ? str_make((const char *)node->data.scalar.value, node->data.scalar.length)
	           : STR("");
}

/* The value of a key in a mapping, or NULL. */
static yaml_node_t *find(struct reader *r, const yaml_node_t *map, const char *key) {
	for (yaml_node_pair_t *pair = map->data.mapping.pairs.start; pair < map->data.mapping.pairs.top;
	     pair++) {
		if (str_eq(node_text(node_at(r, pair->key)), str_from(key))) {
			return node_at(r, pair->value);
		}
	}
	return NULL;
}

/* Keys that the schema does not know are mistakes, not comments. */
static enum err check_keys(struct reader *r, const yaml_node_t *map, const char *const *known,
                           const char *hint) {
	for (yaml_node_pair_t *pair = map->data.mapping.pairs.start; pair < map->data.mapping.pairs.top;
	     pair++) {
		yaml_node_t *key = node_at(r, pair->key);
		size_t i = 0;
		while (known[i] != NULL && !str_eq(node_text(key), str_from(known[i]))) {
			i++;
		}
		if (known[i] == NULL) {
			enum err err = fail(r, key, 0, "this key is not known here");
			diag_hint(r->diag, "%s", hint);
			return err;
		}
	}
	return ERR_OK;
}

/* parent: shown as the place when the node is missing. */
static enum err want(struct reader *r, const yaml_node_t *parent, const yaml_node_t *node,
                     yaml_node_type_t type, const char *what) {
	return node != NULL && node->type == type ? ERR_OK
	                                          : fail(r, node != NULL ? node : parent, 0, what);
}

static struct str kept(struct reader *r, const yaml_node_t *node) {
	return arena_str(r->arena, node_text(node));
}

static size_t list_count(const yaml_node_t *list) {
	return (size_t)(list->data.sequence.items.top - list->data.sequence.items.start);
}

/* ---- head ---- */

static bool is_format_name(struct str name) {
	for (size_t i = 0; i < name.len; i++) {
		char c = name.ptr[i];
		if (!(c >= 'a' && c <= 'z') && !char_is_digit(c) && c != '-') {
			return false;
		}
	}
	return name.len > 0 && name.len <= 64 && name.ptr[0] != '-';
}

static enum err read_head(struct reader *r, const yaml_node_t *root) {
	yaml_node_t *name = find(r, root, "name");
	yaml_node_t *title = find(r, root, "title");
	TRY(want(r, root, name, YAML_SCALAR_NODE, "the format has no 'name'"));
	TRY(want(r, root, title, YAML_SCALAR_NODE, "the format has no 'title' (one line for people)"));
	r->out->name = kept(r, name);
	r->out->title = kept(r, title);
	if (!is_format_name(r->out->name)) {
		enum err err = fail(r, name, 0, "this cannot be the name of a format");
		diag_hint(r->diag, "use small letters, digits and '-', as in my-app");
		return err;
	}
	return ERR_OK;
}

/* ---- pieces and patterns ---- */

static struct str find_piece(void *ctx, struct str name) {
	struct reader *r = ctx;
	for (uint32_t i = 0; i < r->pieces_count; i++) {
		if (str_eq(r->pieces[i].name, name)) {
			return r->pieces[i].text;
		}
	}
	return STR("");
}

static enum err read_pieces(struct reader *r, yaml_node_t *map) {
	if (map == NULL) {
		return ERR_OK;
	}
	TRY(want(r, NULL, map, YAML_MAPPING_NODE, "'pieces' are names with patterns"));
	for (yaml_node_pair_t *pair = map->data.mapping.pairs.start; pair < map->data.mapping.pairs.top;
	     pair++) {
		yaml_node_t *value = node_at(r, pair->value);
		TRY(want(r, NULL, value, YAML_SCALAR_NODE, "a piece is text"));
		if (r->pieces_count == PIECES_COUNT_MAX) {
			return fail(r, value, 0, "there are too many pieces");
		}
		r->pieces[r->pieces_count++] =
		    (struct piece){kept(r, node_at(r, pair->key)), kept(r, value)};
	}
	return ERR_OK;
}

static enum err compile_pattern(struct reader *r, const yaml_node_t *name, const yaml_node_t *text,
                                struct pattern *out) {
	struct diag diag = {0};
	enum err err = pattern_compile(&r->set, node_text(name), node_text(text), out, &diag);
	if (err != ERR_OK) {
		bool quoted = text->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
		(void)fail(r, text, diag.position + quoted, diag.message);
		if (diag.hint[0] != '\0') {
			diag_hint(r->diag, "%s", diag.hint);
		}
	}
	return err;
}

static enum err read_patterns(struct reader *r, yaml_node_t *list) {
	static const char *const keys[] = {"name", "pattern", NULL};
	TRY(want(r, NULL, list, YAML_SEQUENCE_NODE, "the format has no list of 'patterns'"));
	size_t count = list_count(list);
	if (count == 0 || count > TEXT_PATTERNS_MAX) {
		return fail(r, list, 0, "a format has 1 to 64 patterns");
	}
	struct pattern *patterns = ARENA_ARRAY(r->arena, count, struct pattern);
	for (size_t i = 0; i < count; i++) {
		yaml_node_t *item = node_at(r, list->data.sequence.items.start[i]);
		TRY(want(r, NULL, item, YAML_MAPPING_NODE, "a pattern has 'name' and 'pattern'"));
		TRY(check_keys(r, item, keys, "a pattern has 'name' and 'pattern'"));
		yaml_node_t *name = find(r, item, "name");
		yaml_node_t *text = find(r, item, "pattern");
		TRY(want(r, item, name, YAML_SCALAR_NODE, "a pattern has no 'name'"));
		TRY(want(r, item, text, YAML_SCALAR_NODE, "a pattern has no 'pattern'"));
		TRY(compile_pattern(r, name, text, &patterns[i]));
	}
	r->out->patterns = patterns;
	r->out->patterns_count = (uint32_t)count;
	return ERR_OK;
}

/* ---- fields with values ---- */

static bool is_null(const yaml_node_t *node) {
	return node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
	       (node->data.scalar.length == 0 || str_eq(node_text(node), STR("null")) ||
	        str_eq(node_text(node), STR("~")));
}

/* A list is packed as a VALUE_LIST, or for tests joined as people see it. */
static enum err read_value(struct reader *r, const yaml_node_t *value, bool packed,
                           struct text_constant *out) {
	struct buf list = {0};
	if (value->type == YAML_SCALAR_NODE) {
		out->kind = is_null(value) ? VALUE_NONE : VALUE_STRING;
		out->value = kept(r, value);
		return ERR_OK;
	}
	TRY(want(r, NULL, value, YAML_SEQUENCE_NODE, "a field's value is text or a list of texts"));
	for (size_t i = 0; i < list_count(value); i++) {
		yaml_node_t *item = node_at(r, value->data.sequence.items.start[i]);
		if (packed) {
			value_list_append(&list, value_string(node_text(item)));
		} else {
			buf_append_str(&list, i > 0 ? STR(", ") : STR(""));
			buf_append_str(&list, node_text(item));
		}
	}
	out->kind = VALUE_LIST;
	out->value = arena_str(r->arena, buf_str(&list));
	buf_deinit(&list);
	return ERR_OK;
}

static enum err read_fields(struct reader *r, yaml_node_t *map, bool packed,
                            const struct text_constant **out, uint32_t *out_count) {
	if (map == NULL) {
		return ERR_OK;
	}
	TRY(want(r, NULL, map, YAML_MAPPING_NODE, "'fields' are names with values"));
	size_t count = (size_t)(map->data.mapping.pairs.top - map->data.mapping.pairs.start);
	if (count > TEXT_CONSTANTS_MAX) {
		return fail(r, map, 0, "there are more than 32 fields");
	}
	struct text_constant *list = ARENA_ARRAY(r->arena, count, struct text_constant);
	for (size_t i = 0; i < count; i++) {
		yaml_node_pair_t pair = map->data.mapping.pairs.start[i];
		yaml_node_t *key = node_at(r, pair.key);
		if (pattern_field(&r->set, node_text(key), &list[i].field) != ERR_OK) {
			return fail(r, key, 0, "this cannot be the name of a field");
		}
		TRY(read_value(r, node_at(r, pair.value), packed, &list[i]));
	}
	*out = list;
	*out_count = (uint32_t)count;
	return ERR_OK;
}

/* ---- tests ---- */

static struct str optional_text(struct reader *r, const yaml_node_t *map, const char *key) {
	yaml_node_t *node = find(r, map, key);
	return node == NULL ? STR("") : kept(r, node);
}

static enum err read_test(struct reader *r, const yaml_node_t *item, struct text_test *out) {
	static const char *const keys[] = {"line", "pattern", "time", "fields", "refused", NULL};
	static const char hint[] = "a test has 'line', and 'pattern', 'time', 'fields' or 'refused'";
	TRY(want(r, NULL, item, YAML_MAPPING_NODE, hint));
	TRY(check_keys(r, item, keys, hint));
	yaml_node_t *line = find(r, item, "line");
	TRY(want(r, item, line, YAML_SCALAR_NODE, "a test has no 'line'"));
	out->line = kept(r, line);
	out->line_number = (uint32_t)line->start_mark.line + 1;
	out->pattern = optional_text(r, item, "pattern");
	out->time = optional_text(r, item, "time");
	out->refused = str_eq(optional_text(r, item, "refused"), STR("true"));
	return read_fields(r, find(r, item, "fields"), false, &out->expected, &out->expected_count);
}

static enum err read_tests(struct reader *r, yaml_node_t *list) {
	if (list == NULL) {
		enum err err = fail(r, NULL, 0, "the format has no 'tests'");
		diag_hint(r->diag, "give at least one line of the log and the fields that it should give");
		return err;
	}
	TRY(want(r, NULL, list, YAML_SEQUENCE_NODE, "'tests' are a list"));
	size_t count = list_count(list);
	if (count == 0 || count > TEXT_TESTS_MAX) {
		return fail(r, list, 0, "a format has 1 to 256 tests");
	}
	struct text_test *tests = ARENA_ARRAY(r->arena, count, struct text_test);
	for (size_t i = 0; i < count; i++) {
		TRY(read_test(r, node_at(r, list->data.sequence.items.start[i]), &tests[i]));
	}
	r->out->tests = tests;
	r->out->tests_count = (uint32_t)count;
	return ERR_OK;
}

/* ---- the file ---- */

static enum err read_root(struct reader *r) {
	static const char *const keys[] = {"name",          "title",  "description",
	                                   "documentation", "fields", "pieces",
	                                   "patterns",      "tests",  NULL};
	yaml_node_t *root = yaml_document_get_root_node(r->document);
	TRY(want(r, NULL, root, YAML_MAPPING_NODE, "this is no format: keys with values are missing"));
	TRY(check_keys(r, root, keys,
	               "a format has name, title, description, documentation, fields, pieces, "
	               "patterns, tests"));
	TRY(read_head(r, root));
	TRY(read_pieces(r, find(r, root, "pieces")));
	TRY(read_patterns(r, find(r, root, "patterns")));
	TRY(read_fields(r, find(r, root, "fields"), true, &r->out->constants,
	                &r->out->constants_count));
	TRY(read_tests(r, find(r, root, "tests")));
	r->out->fields = r->set.fields;
	r->out->fields_count = r->set.fields_count;
	return ERR_OK;
}

static enum err read_document(struct reader *r, struct str yaml) {
	yaml_parser_t parser;
	yaml_document_t document;
	if (yaml.len > YAML_SIZE_MAX) {
		return diag_set(r->diag, ERR_LIMIT, "%.*s: larger than 1 MiB", STR_ARG(r->shown));
	}
	if (yaml_parser_initialize(&parser) == 0) {
		return diag_set(r->diag, ERR_IO, "no memory for reading YAML");
	}
	yaml_parser_set_input_string(&parser, (const unsigned char *)yaml.ptr, yaml.len);
	if (yaml_parser_load(&parser, &document) == 0) {
		enum err err =
		    diag_set(r->diag, ERR_INVALID, "%.*s:%zu:%zu: not YAML: %s", STR_ARG(r->shown),
		             parser.problem_mark.line + 1, parser.problem_mark.column + 1,
		             parser.problem != NULL ? parser.problem : "unreadable");
		diag_hint(r->diag, "put patterns between single quotation marks");
		yaml_parser_delete(&parser);
		return err;
	}
	r->document = &document;
	enum err err = read_root(r);
	yaml_document_delete(&document);
	yaml_parser_delete(&parser);
	return err;
}

enum err text_format_read(struct arena *arena, struct str shown, struct str yaml,
                          struct text_format *out_format, struct diag *diag) {
	struct reader *r = ARENA_NEW(arena, struct reader);
	struct text_format *format = ARENA_NEW(arena, struct text_format);
	*r = (struct reader){.arena = arena, .shown = shown, .diag = diag, .out = format};
	r->set =
	    (struct pattern_set){.arena = arena,
	                         .fields = ARENA_ARRAY(arena, PATTERN_FIELDS_MAX, struct pattern_field),
	                         .piece = find_piece,
	                         .ctx = r};
	TRY(read_document(r, yaml));
	*out_format = *format;
	return ERR_OK;
}

/* A text format from its YAML file, read as a document of libyaml. Only what the schema knows is
 * walked, so that aliases cannot grow; every complaint names file, line and column.
 */
#include "ingest/text_yaml.h"

enum { YAML_SIZE_MAX = 1 << 20 };

/* ---- walking ---- */

enum err text_yaml_fail(struct text_yaml *r, const yaml_node_t *node, size_t column,
                        const char *what) {
	return diag_set(r->diag, ERR_INVALID, "%.*s:%zu:%zu: %s", STR_ARG(r->shown),
	                node == NULL ? (size_t)1 : node->start_mark.line + 1,
	                node == NULL ? (size_t)1 : node->start_mark.column + 1 + column, what);
}

yaml_node_t *text_yaml_node(struct text_yaml *r, int index) {
	return yaml_document_get_node(r->document, index);
}

struct str text_yaml_text(const yaml_node_t *node) {
	return node->type == YAML_SCALAR_NODE
	           ? str_make((const char *)node->data.scalar.value, node->data.scalar.length)
	           : STR("");
}

/* The value of a key in a mapping, or NULL. */
yaml_node_t *text_yaml_find(struct text_yaml *r, const yaml_node_t *map, const char *key) {
	for (yaml_node_pair_t *pair = map->data.mapping.pairs.start; pair < map->data.mapping.pairs.top;
	     pair++) {
		if (str_eq(text_yaml_text(text_yaml_node(r, pair->key)), str_from(key))) {
			return text_yaml_node(r, pair->value);
		}
	}
	return NULL;
}

/* Keys that the schema does not know are mistakes, not comments. */
enum err text_yaml_check_keys(struct text_yaml *r, const yaml_node_t *map, const char *const *known,
                              const char *hint) {
	for (yaml_node_pair_t *pair = map->data.mapping.pairs.start; pair < map->data.mapping.pairs.top;
	     pair++) {
		yaml_node_t *key = text_yaml_node(r, pair->key);
		size_t i = 0;
		while (known[i] != NULL && !str_eq(text_yaml_text(key), str_from(known[i]))) {
			i++;
		}
		if (known[i] == NULL) {
			enum err err = text_yaml_fail(r, key, 0, "this key is not known here");
			diag_hint(r->diag, "%s", hint);
			return err;
		}
	}
	return ERR_OK;
}

/* parent: shown as the place when the node is missing. */
enum err text_yaml_want(struct text_yaml *r, const yaml_node_t *parent, const yaml_node_t *node,
                        yaml_node_type_t type, const char *what) {
	return node != NULL && node->type == type
	           ? ERR_OK
	           : text_yaml_fail(r, node != NULL ? node : parent, 0, what);
}

struct str text_yaml_kept(struct text_yaml *r, const yaml_node_t *node) {
	return arena_str(r->arena, text_yaml_text(node));
}

size_t text_yaml_count(const yaml_node_t *list) {
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

static enum err read_head(struct text_yaml *r, const yaml_node_t *root) {
	yaml_node_t *name = text_yaml_find(r, root, "name");
	yaml_node_t *title = text_yaml_find(r, root, "title");
	TRY(text_yaml_want(r, root, name, YAML_SCALAR_NODE, "the format has no 'name'"));
	TRY(text_yaml_want(r, root, title, YAML_SCALAR_NODE,
	                   "the format has no 'title' (one line for people)"));
	r->out->name = text_yaml_kept(r, name);
	r->out->title = text_yaml_kept(r, title);
	if (!is_format_name(r->out->name)) {
		enum err err = text_yaml_fail(r, name, 0, "this cannot be the name of a format");
		diag_hint(r->diag, "use small letters, digits and '-', as in my-app");
		return err;
	}
	return ERR_OK;
}

/* ---- pieces ---- */

static struct str find_piece(void *ctx, struct str name) {
	struct text_yaml *r = ctx;
	for (uint32_t i = 0; i < r->pieces_count; i++) {
		if (str_eq(r->pieces[i].name, name)) {
			return r->pieces[i].text;
		}
	}
	return STR("");
}

static enum err read_pieces(struct text_yaml *r, yaml_node_t *map) {
	if (map == NULL) {
		return ERR_OK;
	}
	TRY(text_yaml_want(r, NULL, map, YAML_MAPPING_NODE, "'pieces' are names with patterns"));
	for (yaml_node_pair_t *pair = map->data.mapping.pairs.start; pair < map->data.mapping.pairs.top;
	     pair++) {
		yaml_node_t *value = text_yaml_node(r, pair->value);
		TRY(text_yaml_want(r, NULL, value, YAML_SCALAR_NODE, "a piece is text"));
		if (r->pieces_count == TEXT_PIECES_MAX) {
			return text_yaml_fail(r, value, 0, "there are too many pieces");
		}
		r->pieces[r->pieces_count++] = (struct text_piece){
		    text_yaml_kept(r, text_yaml_node(r, pair->key)), text_yaml_kept(r, value)};
	}
	return ERR_OK;
}

enum err text_yaml_pattern(struct text_yaml *r, const yaml_node_t *name, const yaml_node_t *text,
                           struct pattern *out) {
	struct diag diag = {0};
	enum err err = pattern_compile(&r->set, text_yaml_text(name), text_yaml_text(text), out, &diag);
	if (err != ERR_OK) {
		bool quoted = text->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
		(void)text_yaml_fail(r, text, diag.position + quoted, diag.message);
		if (diag.hint[0] != '\0') {
			diag_hint(r->diag, "%s", diag.hint);
		}
	}
	return err;
}

/* ---- fields with values ---- */

static enum err told_name(struct text_yaml *r, const yaml_node_t *node, enum err err) {
	if (err == ERR_LIMIT) {
		return text_yaml_fail(r, node, 0, "the format has more than 1024 names");
	}
	return err == ERR_OK ? ERR_OK
	                     : text_yaml_fail(r, node, 0, "this cannot be the name of a field");
}

enum err text_yaml_field(struct text_yaml *r, const yaml_node_t *node, uint16_t *out_field) {
	return told_name(r, node, pattern_field(&r->set, text_yaml_text(node), out_field));
}

enum err text_yaml_name(struct text_yaml *r, const yaml_node_t *node, struct str name,
                        uint16_t *out_name) {
	return told_name(r, node, pattern_name(&r->set, name, out_name));
}

static bool is_null(const yaml_node_t *node) {
	return node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
	       (node->data.scalar.length == 0 || str_eq(text_yaml_text(node), STR("null")) ||
	        str_eq(text_yaml_text(node), STR("~")));
}

/* A list is packed as a VALUE_LIST, or for tests joined as people see it. */
static enum err read_value(struct text_yaml *r, const yaml_node_t *value, bool packed,
                           struct text_constant *out) {
	struct buf list = {0};
	if (value->type == YAML_SCALAR_NODE) {
		out->kind = is_null(value) ? VALUE_NONE : VALUE_STRING;
		out->value = text_yaml_kept(r, value);
		return ERR_OK;
	}
	TRY(text_yaml_want(r, NULL, value, YAML_SEQUENCE_NODE,
	                   "a field's value is text or a list of texts"));
	for (size_t i = 0; i < text_yaml_count(value); i++) {
		yaml_node_t *item = text_yaml_node(r, value->data.sequence.items.start[i]);
		if (packed) {
			value_list_append(&list, value_string(text_yaml_text(item)));
		} else {
			buf_append_str(&list, i > 0 ? STR(", ") : STR(""));
			buf_append_str(&list, text_yaml_text(item));
		}
	}
	out->kind = VALUE_LIST;
	out->value = arena_str(r->arena, buf_str(&list));
	buf_deinit(&list);
	return ERR_OK;
}

enum err text_yaml_fields(struct text_yaml *r, yaml_node_t *map, bool packed,
                          struct text_constants *out) {
	if (map == NULL) {
		return ERR_OK;
	}
	TRY(text_yaml_want(r, NULL, map, YAML_MAPPING_NODE, "'fields' are names with values"));
	size_t count = (size_t)(map->data.mapping.pairs.top - map->data.mapping.pairs.start);
	if (count > (packed ? TEXT_CONSTANTS_MAX : TEXT_EXPECTED_MAX)) {
		return text_yaml_fail(r, map, 0, "there are too many fields here");
	}
	struct text_constant *list = ARENA_ARRAY(r->arena, count, struct text_constant);
	for (size_t i = 0; i < count; i++) {
		yaml_node_pair_t pair = map->data.mapping.pairs.start[i];
		TRY(text_yaml_field(r, text_yaml_node(r, pair.key), &list[i].field));
		TRY(read_value(r, text_yaml_node(r, pair.value), packed, &list[i]));
		list[i].slot = packed ? r->constants++ : 0;
	}
	out->list = list;
	out->count = (uint32_t)count;
	return ERR_OK;
}

/* ---- patterns ---- */

static enum err read_patterns(struct text_yaml *r, yaml_node_t *list) {
	static const char *const keys[] = {"name", "pattern", "fields", "keys", NULL};
	static const char hint[] =
	    "a pattern has 'name' and 'pattern', and perhaps 'fields' and 'keys'";
	if (list == NULL && r->out->takes == TEXT_TAKES_OBJECT) {
		return ERR_OK;
	}
	TRY(text_yaml_want(r, NULL, list, YAML_SEQUENCE_NODE, "the format has no list of 'patterns'"));
	size_t count = text_yaml_count(list);
	if (count == 0 || count > TEXT_PATTERNS_MAX) {
		return text_yaml_fail(r, list, 0, "a format has 1 to 256 patterns");
	}
	struct pattern *patterns = ARENA_ARRAY(r->arena, count, struct pattern);
	struct text_constants *constants = ARENA_ARRAY(r->arena, count, struct text_constants);
	struct text_keys *own_keys = ARENA_ARRAY(r->arena, count, struct text_keys);
	for (size_t i = 0; i < count; i++) {
		yaml_node_t *item = text_yaml_node(r, list->data.sequence.items.start[i]);
		TRY(text_yaml_want(r, NULL, item, YAML_MAPPING_NODE, hint));
		TRY(text_yaml_check_keys(r, item, keys, hint));
		yaml_node_t *name = text_yaml_find(r, item, "name");
		yaml_node_t *text = text_yaml_find(r, item, "pattern");
		TRY(text_yaml_want(r, item, name, YAML_SCALAR_NODE, "a pattern has no 'name'"));
		TRY(text_yaml_want(r, item, text, YAML_SCALAR_NODE, "a pattern has no 'pattern'"));
		TRY(text_yaml_pattern(r, name, text, &patterns[i]));
		TRY(text_yaml_fields(r, text_yaml_find(r, item, "fields"), true, &constants[i]));
		TRY(text_yaml_keys(r, text_yaml_find(r, item, "keys"), &own_keys[i], NULL));
	}
	r->out->pattern_keys = own_keys;
	r->out->patterns = patterns;
	r->out->pattern_constants = constants;
	r->out->patterns_count = (uint32_t)count;
	return ERR_OK;
}

/* ---- tests ---- */

static struct str optional_text(struct text_yaml *r, const yaml_node_t *map, const char *key) {
	yaml_node_t *node = text_yaml_find(r, map, key);
	return node == NULL ? STR("") : text_yaml_kept(r, node);
}

static enum err read_test(struct text_yaml *r, const yaml_node_t *item, struct text_test *out) {
	static const char *const keys[] = {"line", "pattern", "time", "fields", "refused", NULL};
	static const char hint[] = "a test has 'line', and 'pattern', 'time', 'fields' or 'refused'";
	TRY(text_yaml_want(r, NULL, item, YAML_MAPPING_NODE, hint));
	TRY(text_yaml_check_keys(r, item, keys, hint));
	yaml_node_t *line = text_yaml_find(r, item, "line");
	TRY(text_yaml_want(r, item, line, YAML_SCALAR_NODE, "a test has no 'line'"));
	out->line = text_yaml_kept(r, line);
	out->line_number = (uint32_t)line->start_mark.line + 1;
	out->pattern = optional_text(r, item, "pattern");
	out->time = optional_text(r, item, "time");
	out->refused = str_eq(optional_text(r, item, "refused"), STR("true"));
	return text_yaml_fields(r, text_yaml_find(r, item, "fields"), false, &out->expected);
}

static enum err read_tests(struct text_yaml *r, yaml_node_t *list) {
	if (list == NULL) {
		enum err err = text_yaml_fail(r, NULL, 0, "the format has no 'tests'");
		diag_hint(r->diag, "give at least one line of the log and the fields that it should give");
		return err;
	}
	TRY(text_yaml_want(r, NULL, list, YAML_SEQUENCE_NODE, "'tests' are a list"));
	size_t count = text_yaml_count(list);
	if (count == 0 || count > TEXT_TESTS_MAX) {
		return text_yaml_fail(r, list, 0, "a format has 1 to 512 tests");
	}
	struct text_test *tests = ARENA_ARRAY(r->arena, count, struct text_test);
	for (size_t i = 0; i < count; i++) {
		TRY(read_test(r, text_yaml_node(r, list->data.sequence.items.start[i]), &tests[i]));
	}
	r->out->tests = tests;
	r->out->tests_count = (uint32_t)count;
	return ERR_OK;
}

/* ---- the file ---- */

static enum err read_root(struct text_yaml *r) {
	static const char *const keys[] = {
	    "name", "title",  "description", "documentation", "takes",  "programs",
	    "weak", "needs",  "fields",      "defaults",      "pieces", "patterns",
	    "keys", "values", "columns",     "times",         "tests",  NULL};
	struct text_format *out = r->out;
	yaml_node_t *root = yaml_document_get_root_node(r->document);
	TRY(text_yaml_want(r, NULL, root, YAML_MAPPING_NODE,
	                   "this is no format: keys with values are missing"));
	TRY(text_yaml_check_keys(
	    r, root, keys,
	    "a format has name, title, description, documentation, takes, programs, weak, needs, "
	    "fields, defaults, pieces, patterns, keys, values, columns, times, tests"));
	TRY(read_head(r, root));
	TRY(text_yaml_takes(r, root));
	TRY(read_pieces(r, text_yaml_find(r, root, "pieces")));
	TRY(read_patterns(r, text_yaml_find(r, root, "patterns")));
	TRY(text_yaml_fields(r, text_yaml_find(r, root, "fields"), true, &out->constants));
	TRY(text_yaml_fields(r, text_yaml_find(r, root, "defaults"), true, &out->defaults));
	TRY(text_yaml_uses(r, root));
	TRY(read_tests(r, text_yaml_find(r, root, "tests")));
	return text_yaml_end(r);
}

static enum err read_document(struct text_yaml *r, struct str yaml) {
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
	struct text_yaml *r = ARENA_NEW(arena, struct text_yaml);
	struct text_format *format = ARENA_NEW(arena, struct text_format);
	*r = (struct text_yaml){.arena = arena, .shown = shown, .diag = diag, .out = format};
	r->set =
	    (struct pattern_set){.arena = arena,
	                         .fields = ARENA_ARRAY(arena, PATTERN_FIELDS_MAX, struct pattern_field),
	                         .piece = find_piece,
	                         .ctx = r};
	TRY(read_document(r, yaml));
	*out_format = *format;
	return ERR_OK;
}

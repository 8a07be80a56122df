/* Reading a text format from YAML: what its parts share. Every complaint names file, line and
 * column. Private to the reader (text_format_yaml.c, text_uses_yaml.c).
 */
#pragma once

#include <yaml.h>

#include "ingest/text_format.h"

enum { TEXT_PIECES_MAX = 64, TEXT_KEYS_MAX = 1024, TEXT_CASES_MAX = 512, TEXT_EXPECTED_MAX = 256 };

struct text_piece {
	struct str name, text;
};

struct text_yaml {
	struct arena *arena;
	struct str shown;
	yaml_document_t *document;
	struct diag *diag;
	struct pattern_set set;
	struct text_piece pieces[TEXT_PIECES_MAX];
	uint32_t pieces_count;
	uint32_t constants; /* numbered so far */
	struct text_format *out;
};

/* Sets diag to the place of node (NULL: the file's beginning), columns on; returns ERR_INVALID. */
enum err text_yaml_fail(struct text_yaml *r, const yaml_node_t *node, size_t column,
                        const char *what);
yaml_node_t *text_yaml_node(struct text_yaml *r, int index);
/* The text of a scalar; empty for what is none. */
struct str text_yaml_text(const yaml_node_t *node);
/* The same, kept. */
struct str text_yaml_kept(struct text_yaml *r, const yaml_node_t *node);
/* The value of a key in a mapping, or NULL. */
yaml_node_t *text_yaml_find(struct text_yaml *r, const yaml_node_t *map, const char *key);
/* Keys that the schema does not know are mistakes, not comments. known ends with NULL. */
enum err text_yaml_check_keys(struct text_yaml *r, const yaml_node_t *map, const char *const *known,
                              const char *hint);
/* parent: shown as the place when the node is missing. */
enum err text_yaml_want(struct text_yaml *r, const yaml_node_t *parent, const yaml_node_t *node,
                        yaml_node_type_t type, const char *what);
size_t text_yaml_count(const yaml_node_t *list);

/* The number of a field's name, which is added when it is new; and of a name of any bytes. */
enum err text_yaml_field(struct text_yaml *r, const yaml_node_t *node, uint16_t *out_field);
enum err text_yaml_name(struct text_yaml *r, const yaml_node_t *node, struct str name,
                        uint16_t *out_name);
enum err text_yaml_pattern(struct text_yaml *r, const yaml_node_t *name, const yaml_node_t *text,
                           struct pattern *out);
/* Names with values. packed: lists as VALUE_LIST, each with a slot; else as people see them. map
 * may be NULL. */
enum err text_yaml_fields(struct text_yaml *r, yaml_node_t *map, bool packed,
                          struct text_constants *out);

/* Names with targets. out_prefix: what '*' names; NULL: there must be none. map may be NULL. */
enum err text_yaml_keys(struct text_yaml *r, yaml_node_t *map, struct text_keys *out,
                        struct str *out_prefix);

/* takes, programs, weak; needs, keys, values, columns, times; what is known when all was read. */
enum err text_yaml_takes(struct text_yaml *r, const yaml_node_t *root);
enum err text_yaml_uses(struct text_yaml *r, const yaml_node_t *root);
enum err text_yaml_end(struct text_yaml *r);

/* YAML documents as trees of nodes with places: what every reader of rules walks. Plain scalars are
 * typed by the core schema of YAML 1.2 (chapter 10.3), so `yes` and `on` are texts; their text
 * stays as it was written (00000429), but for hexadecimal and a plus sign, which become decimal.
 *
 * Bounded whatever the file says: LIMIT_RULES_FILE bytes, LIMIT_TREE_NODES nodes of one file with
 * aliases counted as often as they are used, LIMIT_TREE_DEPTH levels.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"

enum tree_kind { TREE_NULL, TREE_BOOL, TREE_INTEGER, TREE_FLOAT, TREE_STRING, TREE_LIST, TREE_MAP };

/* A place in a file, both 1-based; columns are characters. */
struct place {
	uint32_t line, column;
};

struct tree_node {
	enum tree_kind kind;
	struct place place;
	struct str text; /* scalars */
	/* Where text begins in the line of place, when it stands on that line as it is (but for
	 * escapes); 0: it does not. */
	uint32_t text_column;
	/* LIST: its elements; MAP: key and value in turn, so count is even. */
	const struct tree_node *const *items;
	uint32_t count;
	uint32_t height; /* levels of lists and maps: 0 for scalars */
	uint64_t size;   /* this node and all below */
};

struct tree {
	const struct tree_node *const *documents; /* their roots; empty documents are left out */
	uint32_t count;
};

/* Everything lives in arena; text may go. ERR_INVALID: not YAML, a key twice in one map, an alias
 * inside what it stands for; ERR_LIMIT: too large. out_place says where. */
MUST_USE enum err tree_read(struct arena *arena, struct str text, struct tree *out_tree,
                            struct place *out_place, struct diag *diag);

static inline bool tree_is_scalar(const struct tree_node *node) {
	return node->kind < TREE_LIST;
}
/* The value of a key in a map, or NULL; *out_key (may be NULL) is the key's node. */
const struct tree_node *tree_find(const struct tree_node *map, struct str key,
                                  const struct tree_node **out_key);
/* "a list", "a number": for messages. */
const char *tree_kind_name(enum tree_kind kind);

/* Private to src/sigma: what the readers of one document share. */
#pragma once

#include "base/map.h"
#include "sigma/node.h"
#include "sigma/set.h"

/* Limits that only this room asks for. A pattern with wildcards inside may take its length at each
 * byte of a value. */
#define LIMIT_WILDCARD_TEXT ((size_t)2048)
/* What a file's conditions may take to find selections by
 * name; rules of one correlation, and names of its group-by, fields and aliases. */
#define LIMIT_CONDITION_STEPS ((uint64_t)1 << 26)
#define LIMIT_CORRELATION_RULES ((uint32_t)4096)
#define LIMIT_CORRELATION_NAMES ((uint32_t)1024)
/* Filters of a set; nodes of all rules together that filters were put on. */
#define LIMIT_FILTERS ((uint32_t)4096)
#define LIMIT_FILTERED_OPS ((uint64_t)1 << 24)

/* What the set's own functions need beside what it shows. */
struct sigma_parts {
	struct map *atom_ids;     /* atom_append_key -> index */
	struct map *placeholders; /* name -> index of placeholder_values */
	struct texts **placeholder_values;
	struct node **rule_nodes;   /* the condition of each rule */
	struct node **filter_nodes; /* and of each filter */
	struct map *names;          /* ids and names -> what a reference stands for, see close.c */
	uint32_t placeholders_count, placeholders_cap, rules_cap, rule_nodes_cap, correlations_cap,
	    filters_cap, filter_nodes_cap, atoms_cap, problems_cap;
	bool closed, mapped;
	/* Of conditions: selections that those of this document are made of, each as often as it is
	 * used; what finding them by name took in this file. */
	uint64_t uses, steps;
};

/* One document while it is read. */
struct reading {
	struct sigma_set *set;
	struct arena *arena; /* the set's */
	struct str path;
	struct str title;
};

/* Notes a problem; returns ERR_INVALID. */
enum err reading_fail(struct reading *r, struct place place, const char *format, ...)
    PRINTF_LIKE(3, 4);
void reading_warn(struct reading *r, struct place place, const char *format, ...) PRINTF_LIKE(3, 4);
/* The way out of the last problem. */
void reading_hint(struct reading *r, const char *format, ...) PRINTF_LIKE(2, 3);

/* A value of a key in a map as text; empty when absent. ERR_INVALID: it is a list or map. */
MUST_USE enum err reading_text(struct reading *r, const struct tree_node *map, struct str key,
                               struct str *out_text);
/* A list of texts, or one text; empty when absent. */
MUST_USE enum err reading_texts(struct reading *r, const struct tree_node *map, struct str key,
                                struct texts *out_texts);

/* Specification "Components", of any document. */
MUST_USE enum err meta_read(struct reading *r, const struct tree_node *document,
                            struct sigma_meta *out_meta);
/* Specification "LogSource": of the document's key logsource. */
MUST_USE enum err source_read(struct reading *r, const struct tree_node *document,
                              struct sigma_source *out_source);

/* Makes room for one more element of a heap array of the set. */
#define SET_GROW(items, count, cap) ((items) = set_grow((items), (count), &(cap), sizeof(*(items))))
MUST_USE void *set_grow(void *items, uint32_t count, uint32_t *cap, size_t size);

/* One kind of document each; what is right is added to the set. */
MUST_USE enum err rule_read(struct reading *r, const struct tree_node *document);
MUST_USE enum err correlation_read(struct reading *r, const struct tree_node *document);
MUST_USE enum err filter_read(struct reading *r, const struct tree_node *document);

/* Adds a rule with its condition; its program is written by set_write. */
MUST_USE enum err set_add_rule(struct reading *r, const struct sigma_rule *rule, struct node *node);
void set_add_correlation(struct reading *r, const struct sigma_correlation *correlation);
/* Writes the program of a condition, with the atoms of the set. ERR_LIMIT: too large. */
MUST_USE enum err set_write(struct sigma_set *set, const struct node *node,
                            struct program *out_program);

/* True when no sound correlation leads back to itself, to one that is not sound, or through too
 * many others. The refs of all sound ones are there. */
bool set_has_order(const struct sigma_set *set);

/* "90m" in ns; false: not a number with s, m, h, d (or w, M, y). */
bool timespan_parse(struct str text, int64_t *out_ns);

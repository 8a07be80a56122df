/* A set of rules: files are read into it one by one, then it is closed. What is not understood is
 * a problem with its place and reason, and is not in the set; the rest of its file is. Equal atoms
 * of all rules are one.
 */
#pragma once

#include "base/buf.h"
#include "expr/atom.h"
#include "sigma/rule.h"

struct sigma_problem {
	bool warning; /* the document was read all the same */
	struct str path;
	struct place place;
	struct str title; /* of the document, or its id; may be empty */
	struct str message, hint;
};

struct sigma_set {
	struct arena *arena;
	struct sigma_rule *rules;
	struct sigma_correlation *correlations;
	struct sigma_filter *filters;
	struct atom *atoms;
	struct sigma_problem *problems;
	uint32_t rules_count, correlations_count, filters_count, atoms_count, problems_count;
	uint32_t documents;        /* seen */
	uint32_t refused;          /* documents and files that are not in the set */
	struct sigma_parts *parts; /* private to src/sigma */
};

struct sigma_set *sigma_set_new(void);
void sigma_set_free(struct sigma_set *set); /* NULL is fine */

/* Reads one file's text. Everything that is wrong becomes a problem of the set. text may go. */
void sigma_set_add(struct sigma_set *set, struct str path, struct str text);
/* Values of placeholders (modifier expand) for the files that are added from now on: a YAML map of
 * names to a value or a list of values. ERR_INVALID: one problem more says why. */
MUST_USE enum err sigma_set_placeholders(struct sigma_set *set, struct str path, struct str text);
/* When all files are there: filters are applied, references found, what alerts is settled. Once. */
void sigma_set_close(struct sigma_set *set);

/* Appends "PATH:LINE:COLUMN: [warning: ]MESSAGE", the title in brackets, a line feed, and the hint
 * as a further line. */
void sigma_problem_append(struct buf *out, const struct sigma_problem *problem);
/* The rule with that id, name or title, or NULL. */
const struct sigma_rule *sigma_set_find(const struct sigma_set *set, struct str name);

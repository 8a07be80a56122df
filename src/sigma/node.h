/* Private to src/sigma: a condition as a tree while it is read. Nodes may have several parents (a
 * selection that a condition names twice); writing them out as a program unfolds that.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "expr/atom.h"
#include "expr/program.h"

struct node {
	enum program_kind kind;
	struct atom atom; /* ATOM */
	struct node **children;
	uint32_t count, cap;
};

/* Everything lives in arena. */
struct node *node_new(struct arena *arena, enum program_kind kind);
struct node *node_atom(struct arena *arena, const struct atom *atom);
/* NOT of child. */
struct node *node_not(struct arena *arena, struct node *child);
void node_add(struct arena *arena, struct node *parent, struct node *child);

/* The number of an atom. */
typedef uint32_t (*node_number_f)(void *ctx, const struct atom *atom);
/* Writes node out as a program in arena; AND and OR of one are left out. ERR_LIMIT: more than
 * LIMIT_RULE_OPS operations. */
MUST_USE enum err node_write(struct arena *arena, const struct node *node, node_number_f number,
                             void *ctx, struct program *out_program);

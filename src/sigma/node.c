/* Conditions as trees, and their flat form. */
#include "sigma/node.h"

#include "base/limits.h"

struct node *node_new(struct arena *arena, enum program_kind kind) {
	struct node *node = ARENA_NEW(arena, struct node);
	node->kind = kind;
	return node;
}

struct node *node_atom(struct arena *arena, const struct atom *atom) {
	struct node *node = node_new(arena, PROGRAM_ATOM);
	node->atom = *atom;
	return node;
}

struct node *node_not(struct arena *arena, struct node *child) {
	struct node *node = node_new(arena, PROGRAM_NOT);
	node_add(arena, node, child);
	return node;
}

void node_add(struct arena *arena, struct node *parent, struct node *child) {
	if (parent->count == parent->cap) {
		uint32_t cap = parent->cap == 0 ? 2 : parent->cap * 2;
		struct node **children = ARENA_ARRAY(arena, cap, struct node *);
		if (parent->count > 0) {
			memcpy(children, parent->children, parent->count * sizeof(struct node *));
		}
		parent->children = children;
		parent->cap = cap;
	}
	parent->children[parent->count++] = child;
}

struct writer {
	node_number_f number; /* NULL: only counts */
	void *ctx;
	struct program_op *ops; /* heap */
	uint32_t count, cap;
};

static bool append(struct writer *w, uint32_t kind, uint32_t atom) {
	if (w->count == LIMIT_RULE_OPS) {
		return false;
	}
	if (w->number == NULL) {
		w->count++;
		return true;
	}
	if (w->count == w->cap) {
		w->cap = w->cap == 0 ? 16 : w->cap * 2;
		w->ops = reallocarray(w->ops, w->cap, sizeof(*w->ops));
		ASSERT(w->ops != NULL);
	}
	w->ops[w->count] = (struct program_op){kind, atom, w->count + 1};
	w->count++;
	return true;
}

static const struct node *without_groups_of_one(const struct node *node) {
	while ((node->kind == PROGRAM_AND || node->kind == PROGRAM_OR) && node->count == 1) {
		node = node->children[0];
	}
	return node;
}

static bool write(struct writer *w, const struct node *node);

/* A group in a group of its own kind is one with it. */
static bool write_children(struct writer *w, const struct node *node) {
	for (uint32_t i = 0; i < node->count; i++) {
		const struct node *child = without_groups_of_one(node->children[i]);
		bool same = child->kind == node->kind && child->kind != PROGRAM_NOT;
		if (!(same ? write_children(w, child) : write(w, child))) {
			return false;
		}
	}
	return true;
}

/* The readers bound how deep nodes are nested. */
static bool write(struct writer *w, const struct node *node) {
	node = without_groups_of_one(node);
	uint32_t at = w->count;
	if (!append(w, node->kind, 0)) {
		return false;
	}
	if (node->kind == PROGRAM_ATOM && w->number != NULL) {
		w->ops[at].atom = w->number(w->ctx, &node->atom);
	}
	if (!write_children(w, node)) {
		return false;
	}
	if (w->number != NULL) {
		w->ops[at].end = w->count;
	}
	return true;
}

enum err node_write(struct arena *arena, const struct node *node, node_number_f number, void *ctx,
                    struct program *out_program) {
	struct writer count = {0}; /* what is too large gets no numbers */
	struct writer w = {.number = number, .ctx = ctx};
	bool ok = write(&count, node) && write(&w, node);
	if (ok) {
		struct program_op *ops = ARENA_ARRAY(arena, w.count, struct program_op);
		memcpy(ops, w.ops, w.count * sizeof(*ops));
		*out_program = (struct program){ops, w.count};
	}
	free(w.ops);
	return ok ? ERR_OK : ERR_LIMIT;
}

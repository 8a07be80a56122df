/* A condition over atoms, flat: a tree of AND, OR, NOT and atoms in prefix order, each node with
 * the place behind its subtree, so that what cannot change an answer is jumped over. A rule is one
 * program; its atoms are numbers that whoever made it gives (bits of a set).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/macros.h"

enum program_kind {
	PROGRAM_ATOM, /* holds when the atom holds */
	PROGRAM_NOT,  /* of the one subtree behind it */
	PROGRAM_AND,  /* of all subtrees in it; holds when there are none */
	PROGRAM_OR,
	PROGRAM_KIND_COUNT,
};

struct program_op {
	uint32_t kind; /* enum program_kind */
	uint32_t atom; /* ATOM: its number; else 0 */
	uint32_t end;  /* index behind the subtree */
};

/* The operations are borrowed. */
struct program {
	const struct program_op *ops;
	uint32_t count; /* at least 1 */
};

/* True when ops are one well-formed tree of at most LIMIT_PROGRAM_DEPTH levels over atoms below
 * atoms_count: to be asked of programs from outside (a cache) before they are run. */
bool program_valid(const struct program *program, uint32_t atoms_count);

/* The program's answer when bit i of bits says whether atom i holds. The program is valid. */
bool program_eval(const struct program *program, const uint64_t *bits);
/* The same, asking only for the atoms that the answer hangs on. */
bool program_eval_with(const struct program *program, bool (*holds)(void *ctx, uint32_t atom),
                       void *ctx);
/* True when the program holds while no atom does: it is a candidate for every event. */
bool program_holds_without(const struct program *program);

/* Evaluation by descent; depth is bounded by program_valid. */
#include "expr/program.h"

#include "base/limits.h"

static bool eval(const struct program_op *ops, uint32_t at, bool (*holds)(void *ctx, uint32_t atom),
                 void *ctx) {
	const struct program_op *op = &ops[at];
	bool all = op->kind == PROGRAM_AND;
	if (op->kind == PROGRAM_ATOM) {
		return holds(ctx, op->atom);
	}
	if (op->kind == PROGRAM_NOT) {
		return !eval(ops, at + 1, holds, ctx);
	}
	for (uint32_t i = at + 1; i < op->end; i = ops[i].end) {
		if (eval(ops, i, holds, ctx) != all) {
			return !all;
		}
	}
	return all;
}

/* Checks the node at *at, whose parent ends at end, and moves *at behind it. */
static bool valid_node(const struct program *program, uint32_t *at, uint32_t end,
                       uint32_t atoms_count, uint32_t depth) {
	if (*at >= end || depth > LIMIT_PROGRAM_DEPTH) {
		return false;
	}
	const struct program_op *op = &program->ops[*at];
	uint32_t next = *at + 1;
	if (op->kind >= PROGRAM_KIND_COUNT || op->end <= *at || op->end > end) {
		return false;
	}
	if (op->kind == PROGRAM_ATOM && (op->atom >= atoms_count || op->end != next)) {
		return false;
	}
	if (op->kind == PROGRAM_NOT && !valid_node(program, &next, op->end, atoms_count, depth + 1)) {
		return false;
	}
	while ((op->kind == PROGRAM_AND || op->kind == PROGRAM_OR) && next < op->end) {
		if (!valid_node(program, &next, op->end, atoms_count, depth + 1)) {
			return false;
		}
	}
	*at = next;
	return next == op->end;
}

bool program_valid(const struct program *program, uint32_t atoms_count) {
	uint32_t at = 0;
	return valid_node(program, &at, program->count, atoms_count, 1) && at == program->count;
}

/* As eval, for bits that are there: without a call for each atom. */
static bool eval_bits(const struct program_op *ops, uint32_t at, const uint64_t *bits) {
	const struct program_op *op = &ops[at];
	bool all = op->kind == PROGRAM_AND;
	if (op->kind == PROGRAM_NOT) {
		return !eval_bits(ops, at + 1, bits);
	}
	if (op->kind == PROGRAM_ATOM) {
		return (bits[op->atom / 64] >> op->atom % 64 & 1) != 0;
	}
	for (uint32_t i = at + 1; i < op->end; i = ops[i].end) {
		bool holds = ops[i].kind == PROGRAM_ATOM
		                 ? (bits[ops[i].atom / 64] >> ops[i].atom % 64 & 1) != 0
		                 : eval_bits(ops, i, bits);
		if (holds != all) {
			return !all;
		}
	}
	return all;
}

bool program_eval(const struct program *program, const uint64_t *bits) {
	return eval_bits(program->ops, 0, bits);
}

bool program_eval_with(const struct program *program, bool (*holds)(void *ctx, uint32_t atom),
                       void *ctx) {
	return eval(program->ops, 0, holds, ctx);
}

static bool never(void *ctx, uint32_t atom) {
	(void)ctx;
	(void)atom;
	return false;
}

bool program_holds_without(const struct program *program) {
	return eval(program->ops, 0, never, NULL);
}

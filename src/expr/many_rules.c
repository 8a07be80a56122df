/* Which atoms call a rule: a set of which one holds whenever the rule does. Of an AND the part that
 * is least often true is enough, of an OR all parts are needed; what a NOT says calls nothing. A
 * rule without such a set is always run.
 */
#include "base/limits.h"
#include "expr/many_plan.h"

#define NEVER_CALLED UINT64_MAX

/* How often an atom holds, roughly, out of 65,536 events that have its field: what most events of
 * one kind share (their number, the program, the channel) is compared whole or by its end. */
static uint64_t commonness(const struct atom *atom) {
	static const uint64_t by_len[] = {32768, 16384, 8192, 2048, 1024, 512, 256, 128};
	size_t len = MIN_OF(atom->text.len, ARRAY_LEN(by_len) - 1);
	switch (atom->kind) {
	case ATOM_CONTAINS:
		return by_len[len] / 4 + 1;
	case ATOM_STARTS:
	case ATOM_ENDS:
	case ATOM_WILDCARD:
		return by_len[len];
	case ATOM_EQUALS:
		return char_is_digit(atom->text.len > 0 ? atom->text.ptr[0] : '0') ? 8192 : 1024;
	case ATOM_REGEX:
		return 512;
	case ATOM_CIDR:
	case ATOM_FIELD:
	case ATOM_TIME:
	case ATOM_COMPARE:
		return 4096;
	case ATOM_EXISTS:
	case ATOM_NULL:
	case ATOM_KIND_COUNT:
	default:
		return 32768;
	}
}

/* An atom that many rules ask for (a channel, a number of events) tells little: as a caller it
 * would have all of them run. */
static void count_uses(const struct many *many, uint32_t *uses) {
	for (uint32_t i = 0; i < many->rules_count; i++) {
		const struct program *program = &many->rules[i].program;
		for (uint32_t k = 0; k < program->count; k++) {
			if (program->ops[k].kind == PROGRAM_ATOM) { /* of others atom says nothing */
				uses[program->ops[k].atom]++;
			}
		}
	}
}

/* What every value is asked for costs most: better that something else calls the rule. */
static void count_slow(const struct many *many, uint32_t *uses) {
	for (uint32_t i = 0; i < many->fields_count; i++) {
		const struct many_list *slow = &many->fields[i].slow;
		for (uint32_t k = 0; k < slow->count; k++) {
			uses[slow->atoms[k]] *= 32;
		}
	}
}

/* The commonness of the set of the node at `at`, or NEVER_CALLED. With out, appends the set. */
static uint64_t call(const struct many *many, const uint32_t *uses, const struct program_op *ops,
                     uint32_t at, struct buf *out) {
	const struct program_op *op = &ops[at];
	uint64_t sum = 0;
	uint64_t least = NEVER_CALLED;
	uint32_t best = 0;
	if (op->kind == PROGRAM_ATOM) {
		if (out != NULL) {
			buf_append(out, &op->atom, sizeof(op->atom));
		}
		return commonness(&many->atoms[op->atom]) * uses[op->atom];
	}
	if (op->kind == PROGRAM_NOT) {
		return NEVER_CALLED;
	}
	for (uint32_t i = at + 1; i < op->end; i = ops[i].end) {
		uint64_t part = call(many, uses, ops, i, op->kind == PROGRAM_OR ? out : NULL);
		sum = part == NEVER_CALLED || sum == NEVER_CALLED ? NEVER_CALLED : sum + part;
		if (part < least) {
			least = part;
			best = i;
		}
	}
	if (op->kind == PROGRAM_OR) {
		return sum;
	}
	if (out != NULL && least != NEVER_CALLED) {
		(void)call(many, uses, ops, best, out); /* known already */
	}
	return least;
}

struct caller {
	uint32_t atom, rule;
};

/* Appends the callers of one rule; false: it has none. An OR in which nothing is, is never true. */
static bool add_callers(const struct many *many, const uint32_t *uses, uint32_t rule,
                        struct buf *callers, struct buf *atoms) {
	const struct program *program = &many->rules[rule].program;
	if (call(many, uses, program->ops, 0, NULL) == NEVER_CALLED) {
		return false;
	}
	buf_clear(atoms);
	(void)call(many, uses, program->ops, 0, atoms); /* as before */
	for (size_t i = 0; i < atoms->len / sizeof(uint32_t); i++) {
		struct caller row = {((const uint32_t *)(const void *)atoms->ptr)[i], rule};
		buf_append(callers, &row, sizeof(row));
	}
	return true;
}

void many_index(struct many *many) {
	CLEANUP(buf_deinit) struct buf callers = {0};
	CLEANUP(buf_deinit) struct buf atoms = {0};
	uint32_t *uses = calloc((size_t)many->atoms_count + 1, sizeof(*uses));
	ASSERT(uses != NULL);
	count_uses(many, uses);
	count_slow(many, uses);
	many->always = ARENA_ARRAY(many->arena, many->rules_count + 1, uint32_t);
	for (uint32_t i = 0; i < many->rules_count; i++) {
		if (!add_callers(many, uses, i, &callers, &atoms)) {
			many->always[many->always_count++] = i;
		}
	}
	free(uses);
	const struct caller *rows = (const struct caller *)(const void *)callers.ptr;
	size_t count = callers.len / sizeof(*rows);
	many->rule_starts = ARENA_ARRAY(many->arena, (size_t)many->atoms_count + 2, uint32_t);
	many->rule_lists = ARENA_ARRAY(many->arena, count + 1, uint32_t);
	/* Counted one place further on, so that filling makes them the starts. */
	for (size_t i = 0; i < count; i++) {
		many->rule_starts[rows[i].atom + 2]++;
	}
	for (uint32_t i = 2; i < many->atoms_count + 2; i++) {
		many->rule_starts[i] += many->rule_starts[i - 1];
	}
	for (size_t i = 0; i < count; i++) {
		many->rule_lists[many->rule_starts[rows[i].atom + 1]++] = rows[i].rule;
	}
}

void many_put_off(struct many *many) {
	ASSERT(many->put_off == NULL);
	many->put_off = ARENA_ARRAY(many->arena, (size_t)many->atoms_count + 1, uint32_t);
	for (uint32_t i = 0; i < many->fields_count; i++) {
		struct many_list *slow = &many->fields[i].slow;
		uint32_t kept = 0;
		for (uint32_t k = 0; k < slow->count; k++) {
			uint32_t atom = slow->atoms[k];
			if (many->rule_starts[atom] == many->rule_starts[atom + 1] &&
			    many->tests[atom] != NULL) {
				many->put_off[atom] = i + 1;
				many->fields[i].puts_off = true;
			} else {
				slow->atoms[kept++] = atom;
			}
		}
		slow->count = kept;
	}
	for (uint32_t i = 0; i < many->rules_count; i++) {
		const struct program *program = &many->rules[i].program;
		for (uint32_t k = 0; k < program->count; k++) {
			const struct program_op *op = &program->ops[k];
			many->rules[i].puts_off = many->rules[i].puts_off ||
			                          (op->kind == PROGRAM_ATOM && many->put_off[op->atom] > 0);
		}
	}
}

bool many_is_put_off(const struct many *many, uint32_t atom) {
	ASSERT(atom < many->atoms_count);
	return many->put_off != NULL && many->put_off[atom] > 0;
}

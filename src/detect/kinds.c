/* Rules are judged by logic of three values: what is known to hold, what not, and what other fields
 * decide.
 */
#include "detect/kinds.h"

#include "base/map.h"
#include "detect/truth.h"

int kinds_field(struct str name) {
	static const struct str names[KINDS_FIELDS] = {
	    STR_INIT("Channel"),
	    STR_INIT("Provider_Name"),
	    STR_INIT("EventID"),
	    STR_INIT("akashi.format"),
	};
	for (int i = 0; i < KINDS_FIELDS; i++) {
		if (str_eq(names[i], name)) {
			return i;
		}
	}
	return -1;
}

void kinds_deinit(struct kinds *kinds) {
	arena_free(kinds->arena);
	map_free(kinds->by_key);
	free(kinds->items);
	free(kinds->truths);
}

static enum truth judge_atom(const struct kinds_plan *plan, uint32_t number, const uint64_t *bits,
                             const bool seen[KINDS_FIELDS]) {
	const struct atom *atom = &plan->set->atoms[number];
	if (many_is_put_off(plan->many, number)) {
		return TRUTH_OPEN;
	}
	for (int i = 0; i < KINDS_FIELDS && atom->kind != ATOM_FIELD; i++) {
		if (plan->fields[i] != MANY_NO_FIELD && plan->atom_fields[number] == plan->fields[i]) {
			bool holds = (bits[number / 64] >> number % 64 & 1) != 0;
			return holds || (atom->kind == ATOM_NULL && !seen[i]) ? TRUTH_YES : TRUTH_NO;
		}
	}
	return TRUTH_OPEN;
}

/* Operations from first to end. Subtrees stand behind their node: from the last to the first. */
static void judge_some(const struct kinds_plan *plan, const struct program *program, uint32_t first,
                       uint32_t end, const uint64_t *bits, const bool seen[KINDS_FIELDS],
                       uint8_t *truths) {
	for (uint32_t i = end; i-- > first;) {
		const struct program_op *op = &program->ops[i];
		if (op->kind == PROGRAM_ATOM) {
			truths[i] = (uint8_t)judge_atom(plan, op->atom, bits, seen);
		} else if (op->kind == PROGRAM_NOT) {
			truths[i] = truths[i + 1] == TRUTH_OPEN ? TRUTH_OPEN : truths[i + 1] == TRUTH_NO;
		} else {
			truths[i] = (uint8_t)truth_group(program->ops, i, truths);
		}
	}
}

/* All of a rule; false: it cannot hold. Its log source is the first part of it, and for most rules
 * is another one: the rest is not looked at then. */
static bool judge(const struct kinds_plan *plan, const struct program *program,
                  const uint64_t *bits, const bool seen[KINDS_FIELDS], uint8_t *truths) {
	const struct program_op *ops = program->ops;
	if (ops[0].kind != PROGRAM_AND) {
		judge_some(plan, program, 0, program->count, bits, seen, truths);
		return truths[0] != TRUTH_NO;
	}
	for (uint32_t i = 1; i < ops[0].end; i = ops[i].end) {
		judge_some(plan, program, i, ops[i].end, bits, seen, truths);
		if (truths[i] == TRUTH_NO) {
			return false;
		}
	}
	truths[0] = (uint8_t)truth_group(ops, 0, truths);
	return true;
}

/* The fields of what is open; what is decided asks for nothing. */
static void add_fields(const struct kinds_plan *plan, const struct program *program,
                       const uint8_t *truths, uint64_t *fields) {
	for (uint32_t i = 0; i < program->count;) {
		const struct program_op *op = &program->ops[i];
		if (truths[i] != TRUTH_OPEN) {
			i = op->end;
			continue;
		}
		if (op->kind == PROGRAM_ATOM && plan->atom_fields[op->atom] != MANY_NO_FIELD) {
			uint32_t field = plan->atom_fields[op->atom];
			fields[field / 64] |= (uint64_t)1 << field % 64;
		}
		i++;
	}
}

static struct kind make_kind(struct kinds *kinds, const struct kinds_plan *plan,
                             const struct many_run *run, const bool seen[KINDS_FIELDS]) {
	const uint64_t *bits = many_bits(run);
	struct kind kind = {
	    .rules = ARENA_ARRAY(kinds->arena, plan->set->rules_count / 64 + 1, uint64_t),
	    .fields = ARENA_ARRAY(kinds->arena, plan->fields_count / 64 + 1, uint64_t),
	};
	for (uint32_t i = 0; i < plan->set->rules_count; i++) {
		const struct program *program = &plan->set->rules[i].program;
		if (judge(plan, program, bits, seen, kinds->truths)) {
			kind.rules[i / 64] |= (uint64_t)1 << i % 64;
			add_fields(plan, program, kinds->truths, kind.fields);
		}
	}
	return kind;
}

static void begin(struct kinds *kinds, const struct kinds_plan *plan) {
	uint32_t most = 1;
	for (uint32_t i = 0; i < plan->set->rules_count; i++) {
		most = MAX_OF(most, plan->set->rules[i].program.count);
	}
	kinds->arena = arena_new(SIZE_MAX);
	kinds->by_key = map_new();
	kinds->items = calloc(KINDS_MAX, sizeof(*kinds->items));
	kinds->truths = calloc(most, 1);
	ASSERT(kinds->items != NULL && kinds->truths != NULL);
}

const struct kind *kinds_find(struct kinds *kinds, const struct kinds_plan *plan, struct str key,
                              const struct many_run *run, const bool seen[KINDS_FIELDS]) {
	if (kinds->arena == NULL) {
		begin(kinds, plan);
	}
	const uint64_t *known = map_find(kinds->by_key, key);
	if (known != NULL) {
		return &kinds->items[*known];
	}
	if (map_count(kinds->by_key) == KINDS_MAX) { /* begun anew */
		map_clear(kinds->by_key);
		arena_reset(kinds->arena);
	}
	size_t number = map_count(kinds->by_key);
	*map_put(kinds->by_key, key, 0, NULL) = number;
	kinds->items[number] = make_kind(kinds, plan, run, seen);
	return &kinds->items[number];
}

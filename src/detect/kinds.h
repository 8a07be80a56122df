/* Private to src/detect: what can be told of all rules from the few fields that name a record's log
 * source (channel, provider, number, format), once for each combination of their values: which
 * rules may hold, and which fields these ask for.
 */
#pragma once

#include "expr/many.h"
#include "sigma/set.h"

enum { KINDS_FIELDS = 4, KINDS_MAX = 4096 };

/* What detectors know of their rules. Read-only. */
struct kinds_plan {
	const struct sigma_set *set;
	const struct many *many;
	uint32_t *atom_fields;         /* the number that many gives to the field of an atom */
	uint32_t fields[KINDS_FIELDS]; /* MANY_NO_FIELD: no rule asks for it */
	uint32_t fields_count;         /* of many */
};

/* The number of the field's name among those that tell log sources, or -1. */
int kinds_field(struct str name);

/* Bits: rules that may hold; fields that they ask for. */
struct kind {
	uint64_t *rules, *fields;
};

/* Zero-initialise; one for each thread. At most KINDS_MAX are remembered. */
struct kinds {
	struct arena *arena;
	struct map *by_key;
	struct kind *items;
	uint8_t *truths; /* room for the operations of the largest rule */
};
void kinds_deinit(struct kinds *kinds);
/* The kind of records for which the values that key stands for were given to run, which holds what
 * follows from them; seen[i]: field i had a value. Until the next call. */
const struct kind *kinds_find(struct kinds *kinds, const struct kinds_plan *plan, struct str key,
                              const struct many_run *run, const bool seen[KINDS_FIELDS]);

/* What group.c and group_tally.c share. */
#pragma once

#include "base/map.h"
#include "query/group.h"

struct groups {
	struct run *run;
	const struct group_spec *spec;
	struct map *numbers; /* key -> number */
	struct arena *arena; /* groups and their values */
	struct group **items;
	size_t count, cap;
	struct tally *tally; /* in place of all of these; NULL: none */
	size_t tally_taken;  /* of taken */
	struct buf key;
	struct buf *results; /* one per function, for groups_values */
	size_t results_counted;
	size_t taken; /* from the run's budget, but for what states take */
};

/* Where there is one by field and no span: the group of a value, of whose rows none is before. */
MUST_USE enum err groups_find_like(struct groups *groups, struct value by, uint64_t first_index,
                                   struct group **out_group);
/* Adds the groups of a tally, which is left as it is. */
MUST_USE enum err groups_merge_tally(struct groups *groups, const struct tally *tally);
/* From the run's budget. */
MUST_USE enum err groups_take(struct groups *groups, size_t bytes);

/* Each run is led to by the best runs before it; so one walk over all of them is enough. */
#include "detect/hunts.h"

#include "base/map.h"

#define NO_RUN UINT32_MAX

struct reach {
	uint32_t before; /* the run before, or NO_RUN */
	uint32_t length; /* runs, with this one */
};

static uint32_t best_of(const struct hunt_run *runs, uint32_t count, struct reach *reach,
                        struct map *ends) {
	uint32_t best = NO_RUN;
	for (uint32_t i = 0; i < count; i++) {
		const struct hunt_run *run = &runs[i];
		const uint64_t *before = map_find(ends, run->from);
		bool first = str_eq(run->from, STR(HUNTS_NOTHING));
		if (!run->usable || str_eq(run->from, run->to) || (!first && before == NULL)) {
			continue;
		}
		reach[i] = (struct reach){NO_RUN, 1};
		if (!first) {
			reach[i] = (struct reach){(uint32_t)*before, reach[*before].length + 1};
		}
		uint64_t *end = map_put(ends, run->to, i, NULL);
		if (runs[*end].records <= run->records) {
			*end = i;
		}
		if (best == NO_RUN || run->records >= runs[best].records) {
			best = i;
		}
	}
	return best;
}

uint32_t hunts_chain(const struct hunt_run *runs, uint32_t count, struct arena *arena,
                     const uint32_t **out_chain) {
	struct reach *reach = ARENA_ARRAY(arena, (size_t)count + 1, struct reach);
	struct map *ends = map_new();
	uint32_t at = best_of(runs, count, reach, ends);
	uint32_t length = at == NO_RUN ? 0 : reach[at].length;
	uint32_t *chain = ARENA_ARRAY(arena, (size_t)length + 1, uint32_t);
	map_free(ends);
	for (uint32_t i = length; i-- > 0;) {
		chain[i] = at;
		at = reach[at].before;
	}
	*out_chain = chain;
	return length;
}

/* Private to src/sigma: the parts of a detection that rules and filters share.
 */
#pragma once

#include "sigma/condition.h"

/* All keys of map as selections, but for other_keys (NULL behind the last). */
MUST_USE enum err selections_read(struct reading *r, const struct tree_node *map,
                                  const char *const *other_keys, struct selections *out_selections);

struct condition {
	struct node *node;
	struct place place;
	struct str aggregation; /* of Sigma 1, behind the bar; else empty */
	size_t aggregation_at;
};
/* The key condition of map: a text, or a list of which one must hold. */
MUST_USE enum err conditions_read(struct reading *r, const struct tree_node *map,
                                  const struct selections *selections,
                                  struct condition *out_condition);

/* The key rules of map: a name or a list of names, at least one. */
MUST_USE enum err refs_read(struct reading *r, const struct tree_node *map,
                            struct sigma_ref **out_refs, uint32_t *out_count);

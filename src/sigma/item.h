/* Private to src/sigma: selections (specification "Search-Identifier", "Lists", "Maps", "Special
 * Field Values", "Keywords search") as conditions over atoms.
 */
#pragma once

#include "sigma/modifier.h"

/* A selection: a map (all of its fields), a list of maps or keywords (one of them), or one keyword.
 * What cannot be is a problem. */
MUST_USE enum err selection_read(struct reading *r, const struct tree_node *selection,
                                 struct node **out_node);

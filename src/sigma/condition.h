/* Private to src/sigma: the condition language (specification "Condition"): selections by name,
 * `1 of`, `any of` and `all of` a pattern or `them`, not, and, or, parentheses. Not binds most,
 * then and, then or. Words of the language are taken in any case.
 */
#pragma once

#include "sigma/reading.h"

/* Selections by name, in the order of the rule. */
struct selections {
	struct str *names;
	struct node **nodes;
	uint32_t count;
};

/* Reads text, which stands at place; place.column counts for its first character. Behind a '|' at
 * the top there is an aggregation of old rules: *out_aggregation is what follows it, or empty, and
 * *out_at where it begins in text. */
MUST_USE enum err condition_read(struct reading *r, struct str text, struct place place,
                                 const struct selections *selections, struct node **out_node,
                                 struct str *out_aggregation, size_t *out_at);

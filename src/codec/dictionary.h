/* Private to src/codec: which values of a pool get into its dictionary, and where. */
#pragma once

#include "codec/plain.h"
#include "codec/ranks.h"

struct dictionary {
	uint64_t *entries; /* by rank: frequent ones in the first classes, ascending within a class */
	size_t count;
	uint32_t *ranks; /* of each value, or RANK_NONE; NULL when count is 0 */
};

/* Chooses the entries that make count values smallest; none when no entry does. The same values
 * give the same dictionary. Free with dictionary_deinit. */
void dictionary_init(struct dictionary *dictionary, const uint64_t *values, size_t count);
void dictionary_deinit(struct dictionary *dictionary);

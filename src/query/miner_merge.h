/* Private to src/query: what the two ways of merging share. */
#pragma once

#include "query/miner_shape.h"
#include "query/miner_words.h"

/* After a change of its tokens: folds them anew, and joins the shape into one that is the same. */
void merge_changed(struct miner *miner, uint32_t number);
/* What is to be added to a shape's hash when a value stands in this place. */
uint64_t merge_hash_without(const struct miner *miner, const struct shape *shape, size_t place);
size_t merge_words(const struct shape *shape);
/* The live shape that lines of this hash belong to, when it is seen to vary; SHAPE_NONE without
 * one.
 */
uint32_t merge_varying(struct miner *miner, uint64_t hash);
/* A varying shape of which this one is another way to write it (miner_variants.c); SHAPE_NONE
 * without one. */
uint32_t merge_find_variant(struct miner *miner, const struct shape *shape);
/* Merges shapes that differ in several places at once (miner_sets.c). False: nothing changed. */
bool merge_sets(struct miner *miner);

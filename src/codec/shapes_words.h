/* Skeletons as rows of words, for mining. Private to src/codec.
 *
 * A word is what may vary as a whole: letters, digits, bytes above ASCII and marks, joined by
 * . _ - / and their like, with something literal in it. Marks alone are no words: typed values keep
 * their columns.
 */
#pragma once

#include "codec/skeleton.h"

enum { WORDS_MAX = 64 }; /* of one skeleton; what comes behind is as it is */

struct word {
	uint32_t start; /* in the skeleton */
	uint32_t len;
	uint64_t hash; /* of its bytes and of its place in the row of words */
	uint64_t wild; /* the hash of any word in this place */
	bool plain;    /* no marks in it */
};

/* Finds the words of a skeleton, at most max <= WORDS_MAX: how many. *out_hash: the sum of a hash
 * of what is between the words and of all the words' hashes. So the hash of the skeleton with any
 * word in place i is the sum less words[i].hash plus words[i].wild. */
uint32_t words_find(struct str skeleton, uint32_t max, struct word *out_words, uint64_t *out_hash);

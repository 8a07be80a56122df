/* What hunts before this one have seen of the store. A hunt has read all records of a range of each
 * tree with a set of rules, and remembers those records for which any rule held. Another hunt with
 * these rules, or with some of them, only needs to look at these records, and at what is behind the
 * range: where the ranges of some hunts follow one another, all of them count.
 */
#pragma once

#include "base/arena.h"

/* Sizes of all trees, as one text that is equal for equal sizes only. */
#define HUNTS_NOTHING "{}"

struct hunt_run {
	struct str from, to; /* where its ranges begin, and end */
	bool usable;         /* its rules are at least those of today, and nothing of it is lost */
	/* Up to its end, with what the hunts before it have read. */
	uint64_t records, bytes;
	int64_t first_ns, last_ns; /* of the records; first > last: there are none */
};

/* The runs, one after another, that lead from nothing to the most records; numbers in arena. Runs
 * are in the order in which they were written. Empty: all is to be hunted. */
uint32_t hunts_chain(const struct hunt_run *runs, uint32_t count, struct arena *arena,
                     const uint32_t **out_chain);

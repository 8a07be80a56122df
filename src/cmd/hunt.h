/* The records of the store on their way through the rules. Private to src/cmd.
 */
#pragma once

#include "cmd/scan.h"
#include "store/store.h"

struct hunting {
	const struct scan *scan;
	const struct store_set *set;
	/* For each class the index from which records are read; NULL: all. */
	const uint64_t *from;
	/* In the caller's thread, in the order of class, then index: takes over what was made of some
	 * records. */
	enum err (*take)(void *ctx, struct scanned *scanned);
	/* In the caller's thread, now and then: so many records are done. False: ERR_CANCELED. */
	bool (*progress)(void *ctx, uint64_t done);
	void *ctx;
};

/* Reads in threads of its own. *out_damaged: pages that could not be read, as far as it came. */
MUST_USE enum err hunt_read(const struct hunting *hunting, uint64_t *out_damaged,
                            struct diag *diag);

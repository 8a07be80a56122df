/* Rules from files, or those that akashi is shipped with, compiled: from the cache when the same
 * were compiled before. private to src/cmd
 */
#pragma once

#include "cmd/command.h"
#include "detect/detector.h"

struct rules_wanted {
	const char *const *paths;
	size_t paths_count;                 /* 0: those that akashi is shipped with */
	const char *placeholders, *sources; /* files, or NULL */
	bool mapped;                        /* about records (sigma/source.h); with `sources` always */
	bool no_cache;                      /* they are neither looked for nor kept */
};

struct rules_compiled {
	struct sigma_set *set;
	struct detector *detector;
	uint64_t files, files_failed;
};

/* What cannot be read is told, and counted in files_failed. ERR_INVALID: a table is wrong. Set and
 * detector are the caller's, also those of a failure. A set from the cache has no documents
 * (sigma/kept.h). */
MUST_USE enum err rules_compile(const struct rules_wanted *wanted, struct rules_compiled *out,
                                struct diag *diag);

/* Rules from files, or those that akashi is shipped with, compiled for records: from the cache when
 * the same were compiled before. private to src/cmd
 */
#pragma once

#include "cmd/command.h"
#include "detect/detector.h"

struct rules_compiled {
	struct sigma_set *set;
	struct detector *detector;
	uint64_t files, files_failed;
};

/* Of --rules, --placeholders and --sources; unless --no-cache through the cache (rules_cache.h).
 * What cannot be read is told, and counted in files_failed. ERR_INVALID: there is no rule, or a
 * table is wrong. Set and detector are the caller's, also those of a failure. */
MUST_USE enum err rules_compile(const struct args *args, struct rules_compiled *out,
                                struct diag *diag);

/* Log sources: which of our records a rule is about (specification "LogSource"), and what these
 * call the fields that rules name. A table in YAML (sources.yml, built in; its head says how it is
 * written) that users can add to.
 */
#pragma once

#include "base/err.h"
#include "sigma/set.h"

struct sigma_sources;
/* With the built-in table. */
struct sigma_sources *sigma_sources_new(void);
void sigma_sources_free(struct sigma_sources *sources); /* NULL is fine */
/* Adds a table, which is asked before those that are there. ERR_INVALID: diag says where. text may
 * go. */
MUST_USE enum err sigma_sources_add(struct sigma_sources *sources, struct str path, struct str text,
                                    struct diag *diag);

/* Makes the programs of a closed set anew, so that they are about records (record.h): a rule holds
 * only for those of its log source, and asks for the names that these have. A rule whose log source
 * is not in the table holds for none, and a warning says so. Once; the sources may go. */
void sigma_set_map(struct sigma_set *set, const struct sigma_sources *sources);

/* The parts of akashi rules: reading rules from paths, events from JSON, showing rules. private to
 * src/cmd
 */
#pragma once

#include "cmd/command.h"
#include "os/os.h"
#include "sigma/event.h"

/* Reads rules from files, and from folders all files below that end in .yml or .yaml, in the order
 * of their names. What cannot be read is told, and counted in *out_failed. Not closed yet. */
void rules_read(struct sigma_set *set, const char *const *paths, size_t paths_count,
                uint64_t *out_files, uint64_t *out_failed);

/* One JSON object as an event of Sigma: nested names are joined with dots, elements of arrays are
 * several values of one field. Everything lives in arena. ERR_INVALID with a position: not an
 * object, or not JSON. */
MUST_USE enum err rules_event(struct arena *arena, struct str json, struct sigma_event *out_event,
                              struct diag *diag);

/* One line that `akashi parse` printed, as an event under the names of rules (sigma/record.h). */
MUST_USE enum err rules_record(struct arena *arena, struct str json, struct sigma_event *out_event,
                               struct diag *diag);

/* One line of rules list; a JSON object when json. */
void rules_list_rule(struct buf *out, const struct sigma_rule *rule, bool json);
void rules_list_correlation(struct buf *out, const struct sigma_correlation *correlation,
                            bool json);
/* The compiled form, for people. */
void rules_explain_rule(struct buf *out, const struct sigma_set *set,
                        const struct sigma_rule *rule);
void rules_explain_correlation(struct buf *out, const struct sigma_set *set,
                               const struct sigma_correlation *correlation);

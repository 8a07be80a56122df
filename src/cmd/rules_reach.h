/* What the store has, for the question which rules can hold in it: read in one pass, from the
 * columns of fields that tell kinds of records apart; other fields are only looked at until it is
 * known that a kind has them. private to src/cmd
 */
#pragma once

#include "base/map.h"
#include "cmd/rules.h"
#include "detect/reach.h"
#include "store/store.h"

struct rules_reach {
	struct reach *reach;
	struct reach_answer *answers; /* of the rules, then of the correlations */
	uint64_t records, pages_damaged;
	int64_t first_ns, last_ns; /* of the records; first > last: there are none */
	int64_t silent_ns;         /* what was last seen before is silent */
	uint64_t counts[REACH_REASON_COUNT];
	struct map *fired; /* what names a rule (alert_rule_key) -> time of its last alert, ns */
};

/* Reads the store of args (those between --from and --to) and judges all rules. sources: those that
 * the set was mapped with. deinit also after a failure. ERR_CANCELED: the user asked for an end. */
MUST_USE enum err rules_reach_read(const struct rules *rules, const struct sigma_sources *sources,
                                   struct rules_reach *out, struct diag *diag);
void rules_reach_deinit(struct rules_reach *reach);

/* What was found of all rules: by reason, or a JSON object for each. */
MUST_USE enum err rules_check_store(const struct rules *rules, const struct rules_reach *reach);
/* Appends members of a JSON object, each behind a comma. */
void rules_append_answer_json(struct buf *out, const struct reach_answer *answer);
/* Numbers by reason: "12 can fire, 3 source never seen", or members of a JSON object. */
void rules_append_reach_summary(struct buf *out, const struct rules_reach *reach, bool json);

/* Alerts of events between these times. */
MUST_USE enum err rules_fired_read(const struct store_set *set, int64_t from_ns, int64_t to_ns,
                                   struct rules_reach *reach, struct diag *diag);
/* False: no alert is kept of the rule. */
bool rules_fired(const struct rules_reach *reach, const struct sigma_meta *meta,
                 int64_t *out_last_ns);

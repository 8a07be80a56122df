/* Correlations run over what rules have found, in order of time (specification "Sigma Correlation
 * Rules"). Windows slide: a condition is asked at every event, over those that are at most one
 * timespan older, and fires when it begins to hold for a group. State is bounded: LIMIT_CORRELATION
 * of base/limits.h; what had to be left out is counted.
 */
#pragma once

#include "sigma/event.h"

struct sigma_firing {
	uint32_t correlation;     /* of the set */
	int64_t first_ns;         /* the oldest event that it hangs on */
	int64_t last_ns;          /* the one at which it began to hold */
	const struct str *groups; /* values of group_by, in its order */
	uint32_t groups_count;
};

/* What a firing says is only there for the time of the call. */
typedef void (*sigma_firing_f)(void *ctx, const struct sigma_firing *firing);

struct sigma_correlator;
/* The set is closed, and must outlive the correlator. */
struct sigma_correlator *sigma_correlator_new(const struct sigma_set *set, sigma_firing_f fire,
                                              void *ctx);
void sigma_correlator_free(struct sigma_correlator *correlator); /* NULL is fine */
/* An event and the rules that hold for it. The caller sorts by time: an event before the last one
 * counts as of the last one's time. */
void sigma_correlator_add(struct sigma_correlator *correlator, int64_t time_ns,
                          const struct sigma_event *event, const uint32_t *rules, uint32_t count);
/* The value of a field of an event that is a hit of the correlation's ref, under the name that its
 * rule or the record has for it, or that is an alias; false: it has none. */
bool sigma_correlation_value(const struct sigma_set *set,
                             const struct sigma_correlation *correlation, uint32_t ref,
                             const struct sigma_event *event, struct str name,
                             struct value *out_value);
/* Events and groups that were left out because a limit was reached. */
uint64_t sigma_correlator_dropped(const struct sigma_correlator *correlator);

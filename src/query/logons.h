/* Logons counted by who, from where, to where and in which way; who failed and then came in stands
 * first. Holds groups, not records: memory is bounded by LIMIT_LOGON_BYTES. A thread owns its
 * table.
 */
#pragma once

#include "base/arena.h"
#include "query/logon.h"

enum { LOGONS_REASONS = 3 };

/* Texts live as long as the table. */
struct logons_group {
	struct str user, domain, effective, source, host, type;
	bool no_case;
	/* Of one outcome: by who says it. A logon that several tell is counted once: the most that one
	 * of them tells. Filled by logons_end: counts. */
	uint64_t told[LOGON_OUTCOMES][LOGON_VOICES];
	uint64_t counts[LOGON_OUTCOMES];
	/* INSTANT_MAX and INSTANT_MIN where no record has a time. */
	int64_t first_ns[LOGON_OUTCOMES], last_ns[LOGON_OUTCOMES];
	struct str reasons[LOGONS_REASONS]; /* the first kinds of them */
	size_t reasons_count;
	bool repeats; /* only says again what other groups say: not shown */
	/* Of all groups of this user and source (or host, without one): how often he failed, and
	 * whether he came in after he had failed. */
	uint64_t pair_failures;
	bool failed_then_done;
};

/* What was folded, or had no room. */
struct logons_sum {
	uint64_t counts[LOGON_OUTCOMES];
	int64_t first_ns, last_ns; /* INSTANT_MAX, INSTANT_MIN: none */
};

struct logons;
/* services: machine accounts and services are groups too; otherwise they are in logons_services. */
struct logons *logons_new(bool services);
void logons_free(struct logons *logons); /* NULL is fine */
/* time_ns: INSTANT_MIN: none. */
void logons_add(struct logons *logons, const struct logon *logon, int64_t time_ns);
/* After the last; then the groups that are shown are in their order. */
void logons_end(struct logons *logons);
size_t logons_count(const struct logons *logons);
const struct logons_group *logons_get(const struct logons *logons, size_t i);
const struct logons_sum *logons_services(const struct logons *logons);
const struct logons_sum *logons_left_out(const struct logons *logons);

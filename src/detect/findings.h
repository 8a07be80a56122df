/* What a scan or hunt has found, summed up while it runs, and a sample of the findings of each
 * rule: what summaries, tables and reports are made of. A writer of reports walks it so: for each
 * subject i < findings_subjects(f) with rules[i].count > 0 (in the order of findings_order), its
 * meta is findings_meta(f, i), its sample rules[i].kept; then the tallies of days and hosts.
 *
 * A *subject* is a rule of the set, or behind all rules a correlation: number set->rules_count + i.
 * One thread owns it.
 */
#pragma once

#include "base/map.h"
#include "detect/matched.h"

/* One finding: a rule held for a record, or a correlation began to hold. Texts may be empty. */
struct finding {
	uint32_t subject;
	int64_t time_ns;  /* of the record; of a correlation its last event */
	int64_t first_ns; /* correlations: the oldest event; else as time_ns */
	struct str path;  /* where the record is: file and number in it */
	uint64_t record;
	struct str host, channel, provider, event_id, record_id; /* record_id: of Windows */
	struct str format;
	/* What matched, then what else the event of Windows says (only when it was asked for).
	 * Correlations: the values of the group. */
	const struct matched_field *fields;
	uint32_t fields_count;
	/* Where the record is in the store; tree is empty when it is in none. */
	struct str tree;
	uint64_t index;
	/* Of a hunt that keeps alerts (detect/alert.h): its number, and when it was found first; 0:
	 * there is none. */
	uint8_t alert[16];
	int64_t seen_ns;
};

struct finding_rule {
	uint64_t count;
	int64_t first_ns, last_ns;
	struct finding *kept; /* the first ones, in the order in which they came */
	uint32_t kept_count;
	uint64_t hosts; /* how many different */
};

enum { FINDINGS_LEVELS = SIGMA_LEVEL_COUNT };
struct findings {
	const struct sigma_set *set;
	struct arena *arena;
	uint32_t keep; /* findings kept of each rule */
	/* Of the input; the caller counts. */
	uint64_t files, records, records_hit, bytes;
	int64_t first_ns, last_ns; /* of the records; first > last: there are none */
	/* Of the findings. */
	struct finding_rule *rules; /* by subject */
	uint64_t total[FINDINGS_LEVELS];
	uint64_t rules_hit[FINDINGS_LEVELS];
	int64_t first_finding_ns, last_finding_ns;
	struct map *days[FINDINGS_LEVELS];  /* "2026-11-22" -> findings */
	struct map *hosts[FINDINGS_LEVELS]; /* host -> different rules */
	struct map *pairs;                  /* host and rule -> 1 */
	bool pairs_full;                    /* FINDINGS_PAIRS_MAX: hosts are counted no further */
};
enum { FINDINGS_PAIRS_MAX = 1 << 20 };

/* The set must outlive it. */
struct findings *findings_new(const struct sigma_set *set, uint32_t keep);
void findings_free(struct findings *findings); /* NULL is fine */
/* Copies what it keeps. offset_seconds: of the zone in which days begin. */
void findings_add(struct findings *findings, const struct finding *finding, int32_t offset_seconds);
/* A record was read. */
void findings_time(struct findings *findings, int64_t time_ns);
uint32_t findings_subjects(const struct findings *findings);
const struct sigma_meta *findings_meta(const struct findings *findings, uint32_t subject);
/* Subjects that were found, the most serious first, then those found most; in arena. */
uint32_t *findings_order(const struct findings *findings, struct arena *arena, uint32_t *out_count);

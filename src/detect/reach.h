/* Whether rules can hold for the records of a store at all, and why not: told from the kinds of
 * records that it has (by the few fields that name a log source), when the first and last of each
 * was, and which fields they carry. No record is tried: what can hold may still never have held,
 * but what cannot, could not.
 *
 * Flow: reach_kind and reach_seen for all records; reach_value for the fields that reach_wanted
 * names; then reach_rule and reach_correlation for each.
 */
#pragma once

#include "sigma/source.h"

enum reach_reason {
	REACH_CAN,
	REACH_SILENT,         /* it could, but nothing of the kind has come for long */
	REACH_SOURCE_UNKNOWN, /* its log source is not in the table */
	REACH_SOURCE_ABSENT,  /* no record is of its log source */
	REACH_VALUE_ABSENT,   /* of those that are, none has the number, channel... that it asks for */
	REACH_FIELD_ABSENT,   /* of those, none has the fields that it asks for */
	REACH_SHAPE,          /* the field is there, but never a number, address or time */
	REACH_RULES_CANNOT,   /* correlations: too few of their rules can hold */
	REACH_REASON_COUNT,
};
/* "field_absent"; and for people, behind the name of a rule: "field never seen". */
const char *reach_reason_name(enum reach_reason reason);
const char *reach_reason_text(enum reach_reason reason);

struct reach_answer {
	enum reach_reason reason;
	/* CAN, SILENT: of the kinds that it can hold for. Else: of its log source. first > last: there
	 * are none. Correlations: of their rules. */
	uint64_t records;
	int64_t first_ns, last_ns;
	struct str detail; /* which values, fields or rules, for people; in the reach */
};

struct reach;
/* set: closed and mapped with sources, and outlives it. */
struct reach *reach_new(const struct sigma_set *set, const struct sigma_sources *sources);
void reach_free(struct reach *reach); /* NULL is fine */

/* Fields that tell kinds apart, under the names of rules (sigma/record.h). */
enum { REACH_KEYS = 8 };
struct str reach_key_name(uint32_t key);
/* The kind of records with these values: VALUE_NONE: there is none; VALUE_LIST: counts as any.
 * At most REACH_KINDS_MAX; those that come later share one kind of which less is known. */
enum { REACH_KINDS_MAX = 8192 };
uint32_t reach_kind(struct reach *reach, const struct value keys[REACH_KEYS]);
uint32_t reach_kinds_count(const struct reach *reach);
/* So many records of the kind have a time between these. */
void reach_seen(struct reach *reach, uint32_t kind, uint64_t records, int64_t first_ns,
                int64_t last_ns);
/* The number of a field that rules name, or UINT32_MAX: none does. */
uint32_t reach_field(const struct reach *reach, struct str name);
/* Whether a value of the field in a record of the kind would still tell anything. */
bool reach_wanted(const struct reach *reach, uint32_t kind, uint32_t field);
/* A record of the kind has this value (lists are taken apart). */
void reach_value(struct reach *reach, uint32_t kind, uint32_t field, struct value value);

/* When all was seen. Rules whose last record was before silent_ns are silent. */
struct reach_answer reach_rule(struct reach *reach, uint32_t rule, int64_t silent_ns);
/* answers: of all rules of the set. A correlation over correlations asks for theirs. */
struct reach_answer reach_correlation(struct reach *reach, uint32_t correlation,
                                      const struct reach_answer *answers);
/* The times of all records; first > last: there are none. */
void reach_span(const struct reach *reach, int64_t *out_first_ns, int64_t *out_last_ns);

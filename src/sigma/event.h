/* Rules over one event, plainly: every atom is matched by atom_match, when a rule asks for it, once
 * for each event. What is right; whoever is faster gives the atoms' bits to program_eval.
 */
#pragma once

#include "sigma/set.h"

struct sigma_field {
	struct str name;
	struct value value; /* a LIST has several values */
};

/* Everything is borrowed. A name may come several times: then it has several values. */
struct sigma_event {
	const struct sigma_field *fields;
	uint32_t fields_count;
	/* Where keywords are looked for; NULL: in the value of every field (specification "Keywords
	 * search"). */
	const struct str *keywords;
	uint32_t keywords_count;
};

/* The first value of a field that is not null; false: there is none. */
bool sigma_event_value(const struct sigma_event *event, struct str name, struct value *out_value);

struct sigma_matcher;
/* Makes every atom of a closed set ready; the set must outlive the matcher. */
struct sigma_matcher *sigma_matcher_new(const struct sigma_set *set);
void sigma_matcher_free(struct sigma_matcher *matcher); /* NULL is fine */
/* The event that sigma_matcher_rule is about from now on; it must live so long. */
void sigma_matcher_event(struct sigma_matcher *matcher, const struct sigma_event *event);
/* True when rule i of the set holds for the event. */
bool sigma_matcher_rule(struct sigma_matcher *matcher, uint32_t rule);
bool sigma_matcher_atom(struct sigma_matcher *matcher, uint32_t atom);
/* Pairs of values that fields of one event are compared by (fieldref); what is more counts as no.
 */
#define SIGMA_PAIRS_MAX ((size_t)1 << 20)
/* ERR_LIMIT when a regex or fieldref has given up in this event, and so counted as no. */
enum err sigma_matcher_error(const struct sigma_matcher *matcher);

/* What of an event a rule was about: the fields and values that it holds for.
 */
#pragma once

#include "detect/detector.h"

struct matched_field {
	struct str name; /* as rules call it; "keywords": the text is one of the rule's */
	struct str text; /* values of a list are joined with ", " */
	bool matched;    /* the rule holds for it; else it is another field of the event */
};

/* The fields that the rule, which holds for the event that run was last given, holds for, each
 * once. Those that only tell the log source are left out. Everything lives in arena or in the set.
 */
void matched_fields(struct arena *arena, const struct sigma_set *set, uint32_t rule,
                    const struct detector_run *run, const struct sigma_event *event,
                    struct matched_field **out_fields, uint32_t *out_count);

/* What a text format makes of the values in a text: each has a name, by which it becomes a field,
 * several, or none (docs/howto/format.md). Private to src/ingest.
 */
#pragma once

#include "event/batch.h"
#include "ingest/text_format.h"

enum { TAKING_NOTED_MAX = 48 };

/* One record on its way through one format. line->batch and line->values are there. */
struct taking {
	const struct line_format *format;
	struct line *line;
	const struct text_keys *keys; /* of the pattern, or NULL */
	uint32_t before;   /* values of the row that were there before: the first ones of it */
	bool members_stay; /* values of an object whose members are fields of their own already */
	uint32_t others;   /* values of the row that came from other names or slots than this one */
	bool named;        /* the value at hand has a name of its own in the log */
	bool repeats;      /* the same value may come again */
	bool has_time;     /* of a value's pattern */
	bool marked;       /* the pair's value stood between quotation marks */
	uint32_t depth;    /* values within values */
	const struct text_constants *more[TEXT_NESTING_MAX]; /* of patterns of keys */
	uint32_t more_count;
	uint32_t noted_count;
	struct taking_note {
		uint16_t name;
		struct str value;
	} noted[TAKING_NOTED_MAX];
};

/* text->fields[name] in the row's batch. */
uint32_t taking_number(struct taking *taking, uint16_t name);
/* Values of slots, and the many values of one slot. */
void taking_captures(struct taking *taking, const struct captures *captures);
/* A value that stands under a name of its own in the log: pairs, columns, members. */
void taking_named(struct taking *taking, struct str name, struct value value);
/* What follows from all of them: cases, constants (of the pattern, or NULL, before those of the
 * format), time. */
void taking_end(struct taking *taking, const struct text_constants *pattern, bool has_time);

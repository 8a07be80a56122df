/* One record as people and programs are shown it, whichever way it came (a batch that was just
 * parsed, a page of the store). Everything is borrowed for the time of the call.
 */
#pragma once

#include "event/batch.h"

struct row_field {
	struct str name;
	struct value value;
};

struct row {
	int64_t time_ns; /* event time; receive time with TIME_NONE */
	int64_t received_ns;
	uint8_t time_flags;
	uint8_t type;  /* enum record_type */
	uint8_t flags; /* enum record_flag */
	bool container;
	struct str text;
	struct str body; /* empty for containers */
	struct str format;
	struct str path;
	uint64_t number;
	uint64_t log_offset;
	bool stored; /* tree and index are there */
	struct str tree;
	uint64_t index;
	const struct row_field *fields; /* in the parser's order */
	size_t fields_count;
};

/* The row of a parsed batch. fields: room for LIMIT_FIELDS_PER_RECORD, the caller's. */
void row_from_batch(const struct batch *batch, uint32_t row, struct row_field *fields,
                    struct row *out_row);

/* "data", "clock-step", ...: as docs/formats/leaf.md has them; empty for no type. */
struct str record_type_name(uint8_t type);

/* The names of flags, as output and searches call them: akashi.flags (enum record_flag, and
 * FIELDS_LEFT_OUT of the time flags) and akashi.time_flags (the rest of enum time_flag). A list of
 * the names that are set, appended to out in the form of VALUE_LIST; nothing when none is. */
void row_append_flags(struct buf *out, uint8_t flags, uint8_t time_flags);
void row_append_time_flags(struct buf *out, uint8_t time_flags);

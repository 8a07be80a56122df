/* Formats within formats: what a carrier's message is, or an object's members, by the formats that
 * take messages and objects. Private to src/ingest.
 */
#pragma once

#include "ingest/formats_table.h"

/* What a thread remembers within one batch. Zero-initialise. */
struct message_state {
	uint32_t *members; /* of each name of the batch: links + 1, 0: not known yet, 1: none */
	uint32_t members_count, members_cap;
};
void message_state_begin(struct message_state *state);
void message_state_deinit(struct message_state *state);

/* The row, into which format has put its fields. Returns the number of the innermost format that
 * took something of it, or format. *out_tried: others were asked, so that another row with other
 * values may be taken by others. */
uint32_t message_take(struct message_state *state, const struct formats *formats, struct line *line,
                      uint32_t format, bool *out_tried);

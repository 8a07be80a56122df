/* A line that is one JSON object, as fields: nested names joined by dots. */
#pragma once

#include "ingest/line.h"

bool json_take_line(const struct line_format *format, struct line *line);
/* See struct line_format. */
bool json_take_like(struct line *line, const struct line_piece *seen, uint32_t count);

/* How good a member's name is for the time of the record: the smaller the better; rank when it is
 * no better than that (SIZE_MAX: is no name of a time). */
size_t json_time_rank(struct str name, size_t rank);
/* The whole value is a time. */
MUST_USE bool json_read_time(struct line *line, struct str value, struct timestamp *out_time);

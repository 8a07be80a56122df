/* A line that is one JSON object, as fields: nested names joined by dots. */
#pragma once

#include "ingest/line.h"

bool json_take_line(const struct line_format *format, struct line *line);
/* See struct line_format. */
bool json_take_like(struct line *line, const struct line_piece *seen, uint32_t count);

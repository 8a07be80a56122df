/* A line that is one JSON object, as fields: nested names joined by dots. */
#pragma once

#include "ingest/line.h"

bool json_take_line(const struct line_format *format, struct line *line);

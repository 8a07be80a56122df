/* The values of a line, put under the names of its columns. Private to columns.c. */
#pragma once

#include "ingest/columns.h"

/* The time, from the columns that have it; count: how many values the line has. False: there is
 * none where the header says that one is (but a column of Zeek may be unset). */
bool columns_put_time(struct line *line, uint32_t count);
void columns_put(struct line *line, uint32_t count);

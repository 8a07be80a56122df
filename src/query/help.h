/* The query language on one page, for `akashi help query`: the filter in words, pipes and functions
 * from their tables.
 */
#pragma once

#include "base/buf.h"

/* Appends text for a terminal of 80 columns. */
void query_help(struct buf *out);

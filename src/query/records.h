/* Private to src/query: records of results, read from their page, and copied where they have to
 * wait for their turn.
 */
#pragma once

#include "query/run.h"

/* Reads a row of the page as the query's output wants it: whole, or its texts alone. Borrowed from
 * the page. ERR_CORRUPT, ERR_LIMIT. */
MUST_USE enum err record_read(struct run *run, const struct query_page *page, uint32_t row,
                              struct row *out_row);
/* A copy that lives as long as the arena. */
struct row *record_copy(struct arena *arena, const struct row *row);
/* Bytes that a copy takes, about. */
size_t record_bytes(const struct row *row);

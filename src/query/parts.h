/* Private to src/query: a query over parts of the records, each in a thread of its own. That is
 * done where rows go one by one into what comes to the same in any order: a count, or pipes that
 * look at each row by itself with stats, timechart, top or rare behind them. Each part has a run, a
 * budget and a chain up to that pipe; at the end these are merged into the chain of the query. What
 * cannot be done so, or fails, is done again in one thread: results, errors and limits are those.
 */
#pragma once

#include "query/run.h"

/* True in *out_done: all rows have come to first (NULL: are counted), which is left to be finished.
 * Else the scan is still to be made; with run->order_counts first may have some of the rows and
 * must be made anew. ERR_CANCELED: as run_check. */
MUST_USE enum err run_in_parts(struct run *run, struct op *first, bool *out_done);

/* Tells the other parts how far this one is, and is told how far all are. ERR_CLOSED: the parts
 * need not go on. */
MUST_USE enum err run_part_meet(struct run_part *part, uint64_t *rows_done, uint64_t *found);

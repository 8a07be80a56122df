/* Running a query over any source (query.h's query_run does so over the store). */
#pragma once

#include "query/query.h"
#include "query/source.h"

/* As query_run; out_stats is filled on failure, too. */
MUST_USE enum err query_run_source(const struct query *query, const struct query_source *source,
                                   const struct query_options *options,
                                   const struct query_output *output, struct query_stats *out_stats,
                                   struct diag *diag);

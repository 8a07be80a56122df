/* The pipes: their table, their parsing, and the chain of operators they become. */
#pragma once

#include "query/plan.h"
#include "query/run.h"

/* The table, for help. */
size_t pipes_table(const struct pipe_kind *const **out_kinds);
/* Parses all pipes from the position to the end (inner: to ')') into query. */
MUST_USE enum err pipes_parse(struct parser *p, struct query *query);
/* After all: what the output and the run need to know of the fields. */
void pipes_finish(struct parser *p, struct query *query);
void pipes_explain(const struct query *query, struct buf *out);
/* Whether the newest records are the first ones needed. */
bool pipes_want_newest(const struct run *run);
/* The chain of operators, ending in the output. Lives in run->arena; freed by pipes_free. */
struct op *pipes_chain(struct run *run);
/* Whether its rows can go through several chains, each of the first stages, whose last operators
 * then come together (pipe_kind.merge); *out_count: so many stages. */
bool pipes_part(const struct query *query, size_t *out_count);
/* The chain of the first count stages, which must be those of pipes_part; nothing comes behind. */
struct op *pipes_part_chain(struct run *run, size_t count);
void pipes_free(struct op *first);

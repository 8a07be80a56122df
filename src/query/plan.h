/* Private to src/query: a parsed query. */
#pragma once

#include "query/parse.h"

struct run;
struct op;
struct stage;

/* What a pipe does to the order of rows and to their kind. */
enum pipe_flag {
	PIPE_ANY_ORDER = 1 << 0, /* its result does not depend on the order that rows come in */
	PIPE_STREAMS = 1 << 1,   /* passes rows on one by one, in the order they come in */
	PIPE_SORTS = 1 << 2,     /* makes an order of its own */
	PIPE_ALONE = 1 << 4,     /* streams, and looks at each row by itself: nothing is kept of it */
	PIPE_BY_TIME = 1 << 3,   /* needs rows by time, the earliest first, whatever the options say */
};

/* One row of the table of pipes (pipes.c). */
struct pipe_kind {
	struct str name;
	struct str usage;
	struct str help;
	unsigned flags;
	/* Reads what stands behind the name, up to the next pipe or the end. */
	enum err (*parse)(struct parser *p, void **out_spec);
	struct op *(*make)(struct run *run, const struct stage *stage);
	/* How many of the first rows it can use at most; NULL: all. */
	uint64_t (*wanted)(const void *spec);
	bool wants_last; /* wanted: of the last rows */
	/* Of pipes whose rows may come to several operators, each in a thread of its own, in any order
	 * (with PIPE_ANY_ORDER): whether that is so for this one, and taking over, before its finish,
	 * what another operator has, which is only freed then. ERR_UNSUPPORTED: the result would depend
	 * on the order after all. NULL: all rows must come to one. */
	bool (*merges)(const void *spec);
	enum err (*merge)(struct op *op, const struct op *more) MUST_USE;
	/* Appends what --explain shows of a query inside; NULL: nothing. */
	void (*explain)(const void *spec, struct buf *out);
};

struct stage {
	const struct pipe_kind *kind;
	void *spec;
	size_t number;   /* 0 for the first */
	struct str text; /* as written */
};

struct query {
	struct arena *arena;
	struct str text;
	struct expr *filter; /* with the times of the options */
	struct stage *stages;
	size_t stages_count;
	const struct field_use *fields; /* fields that pipes name */
	size_t fields_count;
	bool table;              /* the result is a table */
	const uint32_t *columns; /* its fields */
	size_t columns_count;
	/* Records as results: what extract added and what `fields -x` took away. */
	const uint32_t *added;
	size_t added_count;
	const uint32_t *dropped;
	size_t dropped_count;
	struct owned *owned;
};

/* From the position: a filter and pipes, to the end or for p->inner to ')'. p's fields are those of
 * this query; pipes_finish is left to the caller. */
MUST_USE enum err query_parse_parts(struct parser *p, struct query *query);

/* Patterns as rows of a table, for the pipe and the command alike. */
#pragma once

#include "base/arena.h"
#include "event/value.h"
#include "query/miner.h"

struct zone;

enum miner_order {
	MINER_RAREST, /* fewest lines first; ties: the latest first line */
	MINER_MOST,
	MINER_FIRST, /* by first line, earliest first; without times last */
	MINER_LAST,  /* by last line, latest first */
};

/* "rare", "count", "first", "last"; ERR_INVALID for others. */
MUST_USE enum err miner_order_parse(struct str name, enum miner_order *out_order);
/* All patterns in that order; in arena. */
const struct miner_pattern **miner_sorted(const struct miner *miner, enum miner_order order,
                                          struct arena *arena);

enum miner_column {
	MINER_COLUMN_COUNT,
	MINER_COLUMN_FIRST,
	MINER_COLUMN_LAST,
	MINER_COLUMN_HOSTS,
	MINER_COLUMN_HOST_NAME, /* examples */
	MINER_COLUMN_TEMPLATE,
	MINER_COLUMN_EXAMPLE,
	MINER_COLUMN_ID,
	MINER_COLUMNS,
};
struct str miner_column_name(enum miner_column column);
/* Fills values; texts live in arena. zone: of times; NULL: UTC. */
void miner_values(const struct miner_pattern *pattern, const struct zone *zone, struct arena *arena,
                  struct value values[MINER_COLUMNS]);

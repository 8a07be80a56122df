/* The query language (DESIGN 7, docs/query.md): a filter, then pipes.
 * query_parse -> query_run, results into an output.
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "event/row.h"
#include "store/store.h"

struct query;
struct zone;

enum query_order { QUERY_BY_TIME, QUERY_BY_TIME_NEWEST, QUERY_BY_INDEX };

struct query_options {
	int64_t now_ns;         /* for relative times */
	int64_t from_ns, to_ns; /* --from, --to: INSTANT_MIN / INSTANT_MAX */
	uint64_t limit;         /* --limit; UINT64_MAX: none */
	/* For each class of the set the index before which pages are left out; NULL: none. For
	 * --follow. */
	const uint64_t *index_from;
	enum query_order order;
	size_t memory_max;       /* 0: LIMIT_QUERY_MEMORY */
	int64_t deadline_ns;     /* monotonic; 0: none */
	bool count_only;         /* --count: nothing is given out, see query_stats.results */
	const struct zone *zone; /* of days and times without one, and of timechart; NULL: UTC */
	const struct os *os;
	/* Called now and then; false cancels (ERR_CANCELED). NULL is fine. */
	bool (*progress)(void *ctx, uint64_t rows_done, uint64_t rows_all, uint64_t found);
	void *progress_ctx;
};

/* Results: either whole records (no transforming pipe), or a table. */
struct query_output {
	void *ctx;
	/* Once, before the first result. columns_count 0: records follow, else table rows. */
	enum err (*begin)(void *ctx, const struct str *columns, size_t columns_count);
	enum err (*record)(void *ctx, const struct row *row);
	enum err (*values)(void *ctx, const struct value *values, size_t count);
	/* Of records their fields, and when and from where they came, are not asked for: those are left
	 * empty (store_view_row_text). */
	bool texts_only;
};

struct query_stats {
	uint64_t found;   /* records that the filter took */
	bool found_more;  /* perhaps: the scan ended when no more were needed */
	uint64_t results; /* records or rows given out */
	uint64_t pages_damaged;
	/* Results that are estimates, of dc and of percentiles (docs/query.md says how good). */
	uint64_t estimated_counts, estimated_percentiles;
	struct store_scan_stats scan;
};

/* Everything lives in arena, but compiled regular expressions: query_free before the arena goes.
 * Errors carry position and hint; nothing is to be freed then. */
MUST_USE enum err query_parse(struct arena *arena, struct str text,
                              const struct query_options *options, struct query **out_query,
                              struct diag *diag);
void query_free(struct query *query); /* NULL is fine */
void query_freep(struct query **query);
/* Whether something comes after the filter. */
bool query_has_pipes(const struct query *query);
/* True when a test of file.path in the filter (outside of NOT) holds for this path. */
bool query_names_path(const struct query *query, struct str path);
/* How the query will run, for --explain: appended as text. */
void query_explain(const struct query *query, struct buf *out);
/* Over all classes, one after another: the order of index is that of class, then index. */
MUST_USE enum err query_run(const struct query *query, const struct store_set *set,
                            const struct query_options *options, const struct query_output *output,
                            struct query_stats *out_stats, struct diag *diag);

/* The port between the query language and what holds the records (DESIGN 12): pages in order of
 * index, read column by column. source_store.c puts the store behind it, tests put pages in memory
 * there.
 */
#pragma once

#include "event/row.h"
#include "expr/expr.h"
#include "store/store.h"

struct query_page {
	void *page;    /* the source's own */
	void *reduced; /* instead of a page: what a reduction gave, now the caller's */
	uint32_t rows;
	uint64_t first_index;    /* of the page; its rows may be fewer than those of the page: */
	const uint64_t *indices; /* of each row; NULL: first_index + row */
	const uint64_t *sure;    /* bits of rows that surely match the filter, if of type data; NULL */
	bool all_data;           /* no row is of another type */
};

static inline uint64_t query_page_index(const struct query_page *page, uint32_t row) {
	return page->indices == NULL ? page->first_index + row : page->indices[row];
}

struct query_source {
	void *ctx;
	/* Starts a scan for what filter may match (pages, and rows of them, may be left out that surely
	 * do not). A scan before it ends. */
	enum err (*begin)(void *ctx, const struct expr *filter, struct diag *diag);
	/* Optional, before begin: rows that surely match need not be shown, but are counted in the
	 * stats (rows_sure). */
	void (*only_counting)(void *ctx);
	/* Optional, before begin: records of whole blocks may be given to the reduction (which lives as
	 * long as the scan) instead of being shown. */
	void (*reduce)(void *ctx, const struct store_reduction *reduction);
	/* With reduce: ends the scan; what is not taken is freed. */
	void (*end)(void *ctx);
	/* Optional, before begin: pages come from the newest index down where they can. */
	void (*newest_first)(void *ctx);
	/* Optional: from here on only event times in [from_ns, to_ns) matter; pages that surely have
	 * none may be left out. The bounds never widen again. */
	void (*narrow)(void *ctx, int64_t from_ns, int64_t to_ns);
	/* Optional: event times of what is still to come lie in [*out_low_ns, *out_high_ns]. */
	void (*rest)(void *ctx, int64_t *out_low_ns, int64_t *out_high_ns);
	/* Optional: instead of begin, sources that have each record in one of them, for as many scans
	 * at the same time, each in a thread of its own; at most max. They have begin, only_counting,
	 * reduce, end, next, release, stats, rows_all, time_range and what there is of a page. Returns
	 * how many: 0 when it would not pay; else unsplit follows, when none of them is used any more.
	 */
	size_t (*split)(void *ctx, size_t max, struct query_source *out_sources);
	void (*unsplit)(void *ctx);
	/* The next page in order of index; page and reduced NULL at the end. ERR_CORRUPT: a damaged
	 * page, go on. */
	enum err (*next)(void *ctx, struct query_page *out_page, struct diag *diag);
	/* The page that holds the first of indices (ascending, count > 0), with at least those rows of
	 * it that are among them. */
	enum err (*at)(void *ctx, const uint64_t *indices, size_t count, struct query_page *out_page,
	               struct diag *diag);
	void (*release)(void *ctx, struct query_page *page);
	struct store_scan_stats (*stats)(void *ctx);
	uint64_t (*rows_all)(void *ctx); /* for progress */
	/* Event times of all records lie in [from, to]. */
	void (*time_range)(void *ctx, int64_t *out_from_ns, int64_t *out_to_ns);

	/* Of one page; what they give lives as long as the page. */
	enum err (*column)(void *page, struct str name, const struct column **out_column);
	enum err (*texts)(void *page, const struct str **out_texts);
	enum err (*times)(void *page, const int64_t **out_times);
	enum err (*types)(void *page, const uint8_t **out_types);
	enum err (*row)(void *page, uint32_t row, struct row *out_row);
	/* Optional: the same without fields, and without when and from where it came. */
	enum err (*row_text)(void *page, uint32_t row, struct row *out_row);
};

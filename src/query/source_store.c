/* The store behind the port of source.h: times and words of the filter become what store_scan can
 * leave pages out by.
 */
#include <pthread.h>

#include "base/instant.h"
#include "codec/token.h"
#include "os/thread.h"
#include "query/run_source.h"

struct tokens {
	uint64_t *hashes;
	size_t count, cap;
};

/* Inside the query the place of a record is one number: that of its class in the set above its
 * index. */
enum { PLACE_BITS = 56 };

struct store_source_ctx {
	const struct store_set *set;
	const uint64_t *index_from; /* for each class, or NULL */
	size_t at;                  /* the class that is being scanned */
	uint64_t rows_all;          /* told when a scan begins; asked for often */
	bool only_counting;
	const struct store_reduction *reduction;
	uint64_t indices[LIMIT_BATCH_ROWS];    /* of the page at hand */
	uint64_t indices_at[LIMIT_BATCH_ROWS]; /* of the page that was asked for */
	bool newest_first;
	int64_t from_ns, to_ns; /* what the scan was narrowed to */
	struct store_scan_options options;
	struct store_scan *scan;
	struct store_scan_stats done; /* of the classes before */
	struct tokens tokens;
	struct parts *parts; /* of which it is one, or that it was split into; NULL: neither */
};

/* What is scanned at a time by a source that is one of several. */
struct piece {
	size_t at; /* class */
	uint64_t from, to;
};

struct parts {
	pthread_mutex_t lock;
	struct piece *pieces;
	size_t count;
	size_t next; /* under the lock */
	struct store_source_ctx *sources;
	size_t sources_count;
};

static uint64_t place_of(size_t number, uint64_t index) {
	return (uint64_t)number << PLACE_BITS | index;
}

enum { TOKENS_MAX = 1024 }; /* more words than that rule out nothing further */

static void add_token(void *ctx, uint64_t hash) {
	struct tokens *tokens = ctx;
	if (tokens->count == tokens->cap) {
		size_t cap = tokens->cap * 2 + 16;
		tokens->hashes = reallocarray(tokens->hashes, cap, sizeof(*tokens->hashes));
		ASSERT(tokens->hashes != NULL);
		tokens->cap = cap;
	}
	if (tokens->count < TOKENS_MAX) {
		tokens->hashes[tokens->count++] = hash;
	}
}

static void need_text(void *ctx, struct str text, bool whole_words) {
	if (whole_words) {
		token_each(text, add_token, ctx);
	} else {
		token_each_inner(text, add_token, ctx);
	}
}

static enum err start_scan(struct store_source_ctx *source) {
	TRY(store_scan_new(source->set->stores[source->at], &source->options, &source->scan));
	store_scan_narrow(source->scan, source->from_ns, source->to_ns);
	return ERR_OK;
}

static enum err scan_class(struct store_source_ctx *source) {
	source->options.index_from = source->index_from == NULL ? 0 : source->index_from[source->at];
	return start_scan(source);
}

/* indices: room for those of the page's rows. */
static void describe(struct query_page *out_page, struct store_view *view, size_t number,
                     uint64_t *indices) {
	*out_page = (struct query_page){.page = view};
	if (view == NULL) {
		return;
	}
	out_page->rows = store_view_rows(view);
	out_page->first_index = place_of(number, store_view_first_index(view));
	out_page->sure = store_view_sure(view);
	out_page->all_data = store_view_all_data(view);
	out_page->indices = indices;
	for (uint32_t row = 0; row < out_page->rows; row++) {
		indices[row] = place_of(number, store_view_index(view, row));
	}
}

static void add_stats(struct store_scan_stats *sum, const struct store_scan_stats *stats) {
	sum->segments += stats->segments;
	sum->pages += stats->pages;
	sum->pages_skipped += stats->pages_skipped;
	sum->rows += stats->rows;
	sum->bytes_read += stats->bytes_read;
	sum->rows_sure += stats->rows_sure;
}

static void end_class(struct store_source_ctx *source) {
	struct store_scan_stats stats = store_scan_get_stats(source->scan);
	add_stats(&source->done, &stats);
	store_scan_free(TAKE(source->scan));
}

static void read_rows_all(struct store_source_ctx *source) {
	struct store_info info;
	store_set_info(source->set, &info);
	source->rows_all = info.records;
}

static void set_options(struct store_source_ctx *source, const struct expr *filter) {
	source->tokens.count = 0;
	source->from_ns = INSTANT_MIN;
	source->to_ns = INSTANT_MAX;
	source->options = (struct store_scan_options){.index_to = UINT64_MAX,
	                                              .backward = source->newest_first,
	                                              .filter = filter,
	                                              .threads = thread_cpu_count() - 1,
	                                              .reduction = source->reduction,
	                                              .count_sure = source->only_counting};
	source->newest_first = false;
	source->reduction = NULL;
	source->only_counting = false;
	expr_time_hull(filter, &source->options.from_ns, &source->options.to_ns);
	expr_required_texts(filter, need_text, &source->tokens);
	source->options.tokens = source->tokens.hashes;
	source->options.tokens_count = source->tokens.count;
}

static void source_end(void *ctx) {
	struct store_source_ctx *source = ctx;
	if (source->scan != NULL) {
		end_class(source);
	}
}

/* Also again, for another query over the same set. */
static enum err source_begin(void *ctx, const struct expr *filter, struct diag *diag) {
	struct store_source_ctx *source = ctx;
	(void)diag;
	read_rows_all(source);
	source_end(source);
	source->at = 0;
	set_options(source, filter);
	return scan_class(source);
}

static void source_only_counting(void *ctx) {
	struct store_source_ctx *source = ctx;
	source->only_counting = true;
}

static void source_reduce(void *ctx, const struct store_reduction *reduction) {
	struct store_source_ctx *source = ctx;
	source->reduction = reduction;
}

static void source_newest_first(void *ctx) {
	struct store_source_ctx *source = ctx;
	source->newest_first = true;
}

static void source_narrow(void *ctx, int64_t from_ns, int64_t to_ns) {
	struct store_source_ctx *source = ctx;
	source->from_ns = MAX_OF(source->from_ns, from_ns);
	source->to_ns = MIN_OF(source->to_ns, to_ns);
	store_scan_narrow(source->scan, from_ns, to_ns);
}

/* The classes behind the one that is being scanned as a whole. */
static void source_rest(void *ctx, int64_t *out_low_ns, int64_t *out_high_ns) {
	struct store_source_ctx *source = ctx;
	store_scan_rest(source->scan, out_low_ns, out_high_ns);
	for (size_t i = source->at + 1; i < source->set->count; i++) {
		struct store_info info;
		store_get_info(source->set->stores[i], &info);
		*out_low_ns = MIN_OF(*out_low_ns, info.time_min_ns);
		*out_high_ns = MAX_OF(*out_high_ns, info.time_max_ns);
	}
}

static bool is_nothing(const struct query_page *page) {
	return page->page == NULL && page->reduced == NULL;
}

static enum err scan_next(struct store_source_ctx *source, struct query_page *out_page,
                          struct diag *diag) {
	struct store_view *view = NULL;
	uint64_t first_index = 0;
	TRY(store_scan_next(source->scan, &view, diag));
	describe(out_page, view, source->at, source->indices);
	if (view == NULL) {
		out_page->reduced = store_scan_take_reduced(source->scan, &first_index);
		out_page->first_index = place_of(source->at, first_index);
	}
	return ERR_OK;
}

static enum err source_next(void *ctx, struct query_page *out_page, struct diag *diag) {
	struct store_source_ctx *source = ctx;
	TRY(scan_next(source, out_page, diag));
	while (is_nothing(out_page) && source->at + 1 < source->set->count) {
		end_class(source);
		source->at++;
		TRY(scan_class(source));
		TRY(scan_next(source, out_page, diag));
	}
	return ERR_OK;
}

static enum err source_at(void *ctx, const uint64_t *places, size_t count,
                          struct query_page *out_page, struct diag *diag) {
	struct store_source_ctx *source = ctx;
	struct store_view *view = NULL;
	uint64_t indices[LIMIT_BATCH_ROWS];
	size_t number = (size_t)(places[0] >> PLACE_BITS);
	size_t same = 0;
	while (same < count && same < LIMIT_BATCH_ROWS && places[same] >> PLACE_BITS == number) {
		indices[same] = places[same] & (((uint64_t)1 << PLACE_BITS) - 1);
		same++;
	}
	ASSERT(number < source->set->count);
	TRY(store_view_some(source->set->stores[number], indices, same, &view, diag));
	describe(out_page, view, number, source->indices_at);
	return ERR_OK;
}

static void source_release(void *ctx, struct query_page *page) {
	(void)ctx;
	store_view_free(page->page);
	page->page = NULL;
}

static struct store_scan_stats source_stats(void *ctx) {
	const struct store_source_ctx *source = ctx;
	struct store_scan_stats sum = source->done;
	if (source->scan != NULL) {
		struct store_scan_stats stats = store_scan_get_stats(source->scan);
		add_stats(&sum, &stats);
	}
	return sum;
}

static uint64_t source_rows_all(void *ctx) {
	return ((const struct store_source_ctx *)ctx)->rows_all;
}

static void source_time_range(void *ctx, int64_t *out_from_ns, int64_t *out_to_ns) {
	const struct store_source_ctx *source = ctx;
	struct store_info info;
	store_set_info(source->set, &info);
	*out_from_ns = info.time_min_ns;
	*out_to_ns = info.time_max_ns;
}

static enum err page_column(void *page, struct str name, const struct column **out_column) {
	return store_view_column(page, name, out_column);
}
static enum err page_texts(void *page, const struct str **out_texts) {
	return store_view_texts(page, out_texts);
}
static enum err page_times(void *page, const int64_t **out_times) {
	return store_view_times(page, out_times);
}
static enum err page_types(void *page, const uint8_t **out_types) {
	return store_view_types(page, out_types);
}
static enum err page_row(void *page, uint32_t row, struct row *out_row) {
	return store_view_row(page, row, out_row);
}
static enum err page_row_text(void *page, uint32_t row, struct row *out_row) {
	return store_view_row_text(page, row, out_row);
}

/* ---- parts ---- */

enum {
	PIECE_ROWS_MIN = 1 << 12, /* fewer are not worth a scan of their own */
	PIECES_MAX = 1024,
};

static enum err part_begin(void *ctx, const struct expr *filter, struct diag *diag) {
	struct store_source_ctx *source = ctx;
	(void)diag;
	set_options(source, filter);
	source->options.threads = 0;
	source->options.once = true;
	return ERR_OK;
}

/* False: no piece is left. */
static bool take_piece(struct store_source_ctx *source) {
	struct parts *parts = source->parts;
	ASSERT(pthread_mutex_lock(&parts->lock) == 0);
	size_t number = parts->next;
	parts->next += number < parts->count;
	ASSERT(pthread_mutex_unlock(&parts->lock) == 0);
	if (number == parts->count) {
		return false;
	}
	source->at = parts->pieces[number].at;
	source->options.index_from = parts->pieces[number].from;
	source->options.index_to = parts->pieces[number].to;
	return true;
}

static enum err part_next(void *ctx, struct query_page *out_page, struct diag *diag) {
	struct store_source_ctx *source = ctx;
	*out_page = (struct query_page){0};
	while (is_nothing(out_page) && (source->scan != NULL || take_piece(source))) {
		if (source->scan == NULL) {
			TRY(start_scan(source));
		}
		TRY(scan_next(source, out_page, diag));
		if (is_nothing(out_page)) {
			end_class(source);
		}
	}
	return ERR_OK;
}

static void list_pieces(const struct store_source_ctx *source, struct parts *parts) {
	struct buf pieces = {0};
	uint64_t rows_min = MAX_OF(source->rows_all / PIECES_MAX, (uint64_t)PIECE_ROWS_MIN);
	for (size_t i = 0; i < source->set->count; i++) {
		uint64_t begin = source->index_from == NULL ? 0 : source->index_from[i];
		uint64_t *borders;
		size_t count = store_pieces(source->set->stores[i], rows_min, &borders);
		for (size_t k = 0; k < count; k++) {
			struct piece piece = {i, MAX_OF(borders[k], begin), borders[k + 1]};
			if (piece.from < piece.to) {
				buf_append(&pieces, &piece, sizeof(piece));
			}
		}
		free(borders);
	}
	parts->pieces = (struct piece *)(void *)pieces.ptr; /* of malloc */
	parts->count = pieces.len / sizeof(struct piece);
}

static void source_unsplit(void *ctx) {
	struct store_source_ctx *source = ctx;
	struct parts *parts = TAKE(source->parts);
	for (size_t i = 0; i < parts->sources_count; i++) {
		store_scan_free(parts->sources[i].scan);
		free(parts->sources[i].tokens.hashes);
	}
	(void)pthread_mutex_destroy(&parts->lock); /* nobody holds it */
	free(parts->pieces);
	free(parts->sources);
	free(parts);
}

static size_t source_split(void *ctx, size_t max, struct query_source *out_sources) {
	struct store_source_ctx *source = ctx;
	struct parts *parts = calloc(1, sizeof(*parts));
	ASSERT(parts != NULL && source->parts == NULL);
	ASSERT(pthread_mutex_init(&parts->lock, NULL) == 0);
	read_rows_all(source);
	list_pieces(source, parts);
	size_t count = MIN_OF(MIN_OF((size_t)thread_cpu_count(), max), parts->count);
	source->parts = parts;
	if (count < 2) {
		source_unsplit(ctx);
		return 0;
	}
	parts->sources_count = count;
	parts->sources = calloc(count, sizeof(*parts->sources));
	ASSERT(parts->sources != NULL);
	for (size_t i = 0; i < count; i++) {
		parts->sources[i] = (struct store_source_ctx){
		    .set = source->set, .rows_all = source->rows_all, .parts = parts};
		out_sources[i] = (struct query_source){
		    .ctx = &parts->sources[i],
		    .begin = part_begin,
		    .only_counting = source_only_counting,
		    .reduce = source_reduce,
		    .end = source_end,
		    .next = part_next,
		    .release = source_release,
		    .stats = source_stats,
		    .rows_all = source_rows_all,
		    .time_range = source_time_range,
		    .column = page_column,
		    .texts = page_texts,
		    .times = page_times,
		    .types = page_types,
		    .row = page_row,
		};
	}
	return count;
}

enum err query_run(const struct query *query, const struct store_set *set,
                   const struct query_options *options, const struct query_output *output,
                   struct query_stats *out_stats, struct diag *diag) {
	struct store_source_ctx ctx = {.set = set, .index_from = options->index_from};
	struct query_source source = {
	    .ctx = &ctx,
	    .begin = source_begin,
	    .only_counting = source_only_counting,
	    .reduce = source_reduce,
	    .end = source_end,
	    .newest_first = source_newest_first,
	    .narrow = source_narrow,
	    .rest = source_rest,
	    .split = source_split,
	    .unsplit = source_unsplit,
	    .next = source_next,
	    .at = source_at,
	    .release = source_release,
	    .stats = source_stats,
	    .rows_all = source_rows_all,
	    .time_range = source_time_range,
	    .column = page_column,
	    .texts = page_texts,
	    .times = page_times,
	    .types = page_types,
	    .row = page_row,
	    .row_text = page_row_text,
	};
	enum err err = query_run_source(query, &source, options, output, out_stats, diag);
	store_scan_free(ctx.scan);
	free(ctx.tokens.hashes);
	return err;
}

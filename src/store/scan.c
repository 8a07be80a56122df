/* Walking over pages. What cannot match is skipped by its index range, its event times and its
 * token filter, without being decoded.
 */
#include <inttypes.h>

#include "base/bits.h"
#include "expr/expr.h"
#include "store/scan_find.h"
#include "store/segment_table.h"
#include "store/store_private.h"
#include "store/view_private.h"

/* Event times from one place of a scan to its end. */
struct rest {
	int64_t low_ns, high_ns;
};

struct store_scan {
	struct store *store;
	struct store_scan_options options;
	uint64_t *tokens;
	size_t segments_done; /* of the catalogue, in the scan's direction */
	bool inside;          /* the current segment is being walked */
	uint32_t pages_done;  /* of the current segment */
	struct store_scan_stats stats;
	struct scan_find *find; /* NULL: no filter, or nothing to find with it */
	struct buf blocks;      /* struct scan_block: those that are searched, in the scan's order */
	struct buf wanted;      /* enum scan_page of each of their pages */
	void *reduced;          /* of the last block, not taken yet */
	uint64_t reduced_first; /* index */
	size_t block;           /* the current one */
	struct rest *segments_rest; /* from each segment on; NULL: not asked for yet */
	size_t segments_counted;    /* of the catalogue then; a writer's may have grown since */
	struct rest *pages_rest;    /* from each page of the current segment on; likewise */
};

static void list_blocks(struct store_scan *scan);

enum err store_scan_new(struct store *store, const struct store_scan_options *options,
                        struct store_scan **out_scan) {
	struct store_scan *scan = calloc(1, sizeof(*scan));
	ASSERT(scan != NULL);
	scan->store = store;
	scan->options = *options;
	if (options->tokens_count > 0) {
		scan->tokens = reallocarray(NULL, options->tokens_count, sizeof(*scan->tokens));
		ASSERT(scan->tokens != NULL);
		memcpy(scan->tokens, options->tokens, options->tokens_count * sizeof(*scan->tokens));
		scan->options.tokens = scan->tokens;
	}
	if (options->filter != NULL &&
	    (options->filter->kind != EXPR_ALL || options->reduction != NULL)) {
		list_blocks(scan);
		struct scan_find_options find = {
		    .blocks = (const struct scan_block *)(void *)scan->blocks.ptr,
		    .count = scan->blocks.len / sizeof(struct scan_block),
		    .pages = (const uint8_t *)scan->wanted.ptr,
		    .pages_count = scan->wanted.len,
		    .filter = options->filter,
		    .reduction = options->reduction,
		    .threads = options->threads,
		};
		scan->find = scan_find_new(&find);
	}
	*out_scan = scan;
	return ERR_OK;
}

void store_scan_free(struct store_scan *scan) {
	if (scan != NULL) {
		if (scan->reduced != NULL) {
			scan->options.reduction->free(scan->options.reduction->ctx, scan->reduced);
		}
		scan_find_free(scan->find);
		buf_deinit(&scan->blocks);
		buf_deinit(&scan->wanted);
		free(scan->tokens);
		free(scan->segments_rest);
		free(scan->pages_rest);
		free(scan);
	}
}

void store_scan_narrow(struct store_scan *scan, int64_t from_ns, int64_t to_ns) {
	scan->options.from_ns = MAX_OF(scan->options.from_ns, from_ns);
	scan->options.to_ns = MIN_OF(scan->options.to_ns, to_ns);
}

struct store_scan_stats store_scan_get_stats(const struct store_scan *scan) {
	return scan->stats;
}

static bool ranges_meet(const struct store_scan *scan, uint64_t first, uint64_t end) {
	return first < scan->options.index_to && end > scan->options.index_from;
}

/* Event times [from, to); a page without data rows has no times. */
static bool times_meet(const struct store_scan *scan, bool has_data, int64_t min, int64_t max) {
	if (!has_data) {
		return scan->options.all_types;
	}
	bool whole = scan->options.to_ns == INT64_MAX;
	return max >= scan->options.from_ns && (min < scan->options.to_ns || whole);
}

static bool segment_wanted(const struct store_scan *scan, const struct segment_entry *entry) {
	if (!ranges_meet(scan, entry->first, entry->end)) {
		return false;
	}
	const struct segment_footer *footer = segment_footer(entry->segment);
	return scan->options.all_types || scan->options.types != 0 ||
	       times_meet(scan, footer->records > 0, footer->time_min_ns, footer->time_max_ns);
}

/* What is known of a page without its filter. */
static bool page_meets(const struct store_scan *scan, const struct segment *segment,
                       uint32_t page) {
	struct segment_page_info info = segment_page_info(segment, page);
	if (!ranges_meet(scan, info.first_index, info.first_index + info.rows)) {
		return false;
	}
	if (scan->options.types != 0) {
		return segment_page_may_have_types(segment, page, scan->options.types);
	}
	return times_meet(scan, info.has_data, info.time_min_ns, info.time_max_ns);
}

static bool page_wanted(struct store_scan *scan, const struct segment *segment, uint32_t page) {
	scan->stats.pages++;
	if (page_meets(scan, segment, page) &&
	    (scan->options.tokens_count == 0 ||
	     segment_page_may_have(segment, page, scan->options.tokens, scan->options.tokens_count))) {
		scan->stats.rows += segment_page_info(segment, page).rows;
		return true;
	}
	scan->stats.pages_skipped++;
	return false;
}

/* Number done in the scan's direction. */
static const struct segment_entry *entry_at(const struct store_scan *scan, size_t done) {
	const struct catalogue *catalogue = &scan->store->catalogue;
	return &catalogue->entries[scan->options.backward ? catalogue->count - 1 - done : done];
}

static const struct segment_entry *current_entry(const struct store_scan *scan) {
	return entry_at(scan, scan->segments_done);
}

static void drop_pieces(const struct store_scan *scan, const struct segment *segment) {
	const struct segment_table *table = segment_table(segment);
	for (uint32_t i = 0; i < table->blocks_count; i++) {
		uint64_t first = table->pages[table->blocks[i].first_page].first_index;
		if (ranges_meet(scan, first, first + table->blocks[i].rows)) {
			segment_drop_block(segment, i);
			segment_forget_block(segment, i);
		}
	}
}

/* Its opened blocks are not needed again soon, but for those of which results will be shown. */
static void leave_segment(const struct store_scan *scan, const struct segment_entry *entry) {
	enum { KEPT = 6 };
	if (scan->inside && scan->options.once) {
		drop_pieces(scan, entry->segment);
	} else if (scan->inside && (scan->find == NULL || scan->stats.segments > KEPT)) {
		segment_drop_blocks(entry->segment);
		for (uint32_t i = 0; i < segment_table(entry->segment)->blocks_count; i++) {
			segment_forget_block(entry->segment, i);
		}
	}
}

static void next_segment(struct store_scan *scan) {
	scan->segments_done++;
	scan->pages_done = 0;
	scan->inside = false;
	free(scan->pages_rest);
	scan->pages_rest = NULL;
}

/* ---- the filter, block by block ---- */

static enum scan_page page_wish(const struct store_scan *scan, const struct segment *segment,
                                uint32_t page) {
	struct segment_page_info info = segment_page_info(segment, page);
	if (!page_meets(scan, segment, page)) {
		return SCAN_PAGE_NONE;
	}
	return info.first_index >= scan->options.index_from &&
	               info.first_index + info.rows <= scan->options.index_to
	           ? SCAN_PAGE_WHOLE
	           : SCAN_PAGE_PART;
}

static void list_blocks_of(struct store_scan *scan, const struct segment_entry *entry) {
	const struct segment_table *table = segment_table(entry->segment);
	for (uint32_t i = 0; i < table->blocks_count; i++) {
		uint32_t number = scan->options.backward ? table->blocks_count - 1 - i : i;
		const struct segment_block *block = &table->blocks[number];
		struct scan_block at = {entry->segment, number, scan->wanted.len};
		bool wanted = false;
		for (uint32_t k = 0; k < block->pages; k++) {
			enum scan_page wish = page_wish(scan, entry->segment, block->first_page + k);
			wanted = wanted || wish != SCAN_PAGE_NONE;
			buf_append_char(&scan->wanted, (char)wish);
		}
		if (wanted) {
			buf_append(&scan->blocks, &at, sizeof(at));
		}
	}
}

/* In the order in which the scan will come by. */
static void list_blocks(struct store_scan *scan) {
	const struct catalogue *catalogue = &scan->store->catalogue;
	for (size_t i = 0; i < catalogue->count; i++) {
		size_t at = scan->options.backward ? catalogue->count - 1 - i : i;
		const struct segment_entry *entry = &catalogue->entries[at];
		if (entry->segment != NULL && segment_wanted(scan, entry)) {
			list_blocks_of(scan, entry);
		}
	}
}

/* NULL: nothing is known of the page's rows. */
static const struct scan_found *find_in_block(struct store_scan *scan,
                                              const struct segment *segment, uint32_t page) {
	const struct segment_table *table = segment_table(segment);
	const struct scan_block *blocks = (const struct scan_block *)(void *)scan->blocks.ptr;
	size_t count = scan->blocks.len / sizeof(*blocks);
	if (scan->find == NULL || table->blocks_count == 0) {
		return NULL;
	}
	/* What came into the catalogue after the scan had begun is not among them. */
	for (size_t i = scan->block; i < count; i++) {
		if (blocks[i].segment == segment && blocks[i].block == table->pages[page].block) {
			scan->block = i;
			return scan_find_get(scan->find, i);
		}
	}
	return NULL;
}

/* Bits [first, first + count) of bits as bits from 0 on. */
static void cut_bits(const uint64_t *bits, uint32_t first, uint32_t count, uint64_t *out) {
	size_t words = bits_words(count);
	size_t last = (first + count - 1) / 64; /* word that has the last bit */
	unsigned shift = first % 64;
	for (size_t i = 0; i < words; i++) {
		size_t at = first / 64 + i;
		out[i] = bits[at] >> shift;
		if (shift > 0 && at < last) {
			out[i] |= bits[at + 1] << (64 - shift);
		}
	}
	if (count % 64 != 0) {
		out[words - 1] &= ((uint64_t)1 << (count % 64)) - 1;
	}
}

struct page_bits {
	bool known, all_sure;
	bool reduced; /* nothing is to be shown of it */
	size_t count;
	uint64_t maybe[LIMIT_BATCH_ROWS / 64 + 1], sure[LIMIT_BATCH_ROWS / 64 + 1];
};

static void find_in_page(struct store_scan *scan, const struct segment *segment, uint32_t page,
                         struct page_bits *out_bits) {
	const struct segment_page *entry = &segment_table(segment)->pages[page];
	const struct scan_found *found = find_in_block(scan, segment, page);
	out_bits->all_sure = false;
	out_bits->reduced = false;
	out_bits->count = entry->rows;
	out_bits->known = found != NULL;
	if (found != NULL && found->none) {
		out_bits->count = 0;
	} else if (found != NULL && page >= found->reduced_from && page < found->reduced_to) {
		out_bits->reduced = true;
		scan->reduced = scan_find_take(scan->find, scan->block);
		scan->reduced_first = segment_page_info(segment, found->reduced_from).first_index;
	} else if (found != NULL) {
		cut_bits(found->maybe, entry->block_first, entry->rows, out_bits->maybe);
		cut_bits(found->sure, entry->block_first, entry->rows, out_bits->sure);
		out_bits->count = bits_count(out_bits->maybe, entry->rows);
		out_bits->all_sure = bits_count(out_bits->sure, entry->rows) == out_bits->count;
	} else if (scan->options.filter != NULL && scan->options.filter->kind == EXPR_ALL) {
		out_bits->known = true;
		out_bits->all_sure = true;
		bits_fill(out_bits->maybe, entry->rows, true);
		bits_fill(out_bits->sure, entry->rows, true);
	}
}

/* True when the rows of the page are known well enough to be counted without a look at them. */
static bool count_page(struct store_scan *scan, const struct segment *segment, uint32_t page,
                       const struct page_bits *bits) {
	struct segment_page_info info = segment_page_info(segment, page);
	bool whole = info.first_index >= scan->options.index_from &&
	             info.first_index + info.rows <= scan->options.index_to;
	if (!scan->options.count_sure || !bits->known || !bits->all_sure || !info.all_data || !whole) {
		return false;
	}
	scan->stats.rows_sure += bits->count;
	return true;
}

/* ---- pages ---- */

static enum err open_view(struct store_scan *scan, const struct segment_entry *entry, uint32_t page,
                          const struct page_bits *bits, struct store_view **out_view,
                          struct diag *diag) {
	struct view_names names = store_names(scan->store);
	struct store_view *view;
	TRY(segment_view(entry->segment, page, &names, &view, diag));
	view->all_data = segment_page_info(entry->segment, page).all_data;
	enum err err = ERR_OK;
	if (bits->known && view_has_block(view)) {
		err = view_pick(view, bits->maybe);
		if (err == ERR_OK) {
			err = view_set_sure(view, bits->sure);
		}
	}
	if (err != ERR_OK) {
		store_view_free(view);
		return diag_set(diag, err, "too much for a page: %s", err_text(err));
	}
	*out_view = view;
	return ERR_OK;
}

static enum err open_page(struct store_scan *scan, const struct segment_entry *entry, uint32_t page,
                          const struct page_bits *bits, struct store_view **out_view,
                          struct diag *diag) {
	struct diag inner = {0};
	enum err err = open_view(scan, entry, page, bits, out_view, &inner);
	if (err == ERR_OK) {
		return ERR_OK;
	}
	struct segment_page_info info = segment_page_info(entry->segment, page);
	return diag_set(diag, err, "segment %s: records %" PRIu64 " to %" PRIu64 " cannot be read: %s",
	                entry->name, info.first_index, info.first_index + info.rows - 1, inner.message);
}

static uint32_t page_at(const struct store_scan *scan, uint32_t pages, uint32_t done) {
	return scan->options.backward ? pages - 1 - done : done;
}

/* The next wanted page of the current segment; NULL in *out_view at its end. */
static enum err next_page(struct store_scan *scan, const struct segment_entry *entry,
                          struct store_view **out_view, struct diag *diag) {
	uint32_t pages = segment_pages(entry->segment);
	while (scan->pages_done < pages) {
		uint32_t done = scan->pages_done++;
		uint32_t page = page_at(scan, pages, done);
		struct page_bits bits;
		if (!page_wanted(scan, entry->segment, page)) {
			continue;
		}
		find_in_page(scan, entry->segment, page, &bits);
		if (bits.reduced) {
			if (scan->reduced != NULL) {
				return ERR_OK;
			}
		} else if (bits.count == 0) {
			scan->stats.pages_skipped++;
		} else if (!count_page(scan, entry->segment, page, &bits)) {
			return open_page(scan, entry, page, &bits, out_view, diag);
		}
	}
	leave_segment(scan, entry);
	next_segment(scan);
	return ERR_OK;
}

enum err store_scan_next(struct store_scan *scan, struct store_view **out_view, struct diag *diag) {
	*out_view = NULL;
	while (scan->segments_done < scan->store->catalogue.count) {
		const struct segment_entry *entry = current_entry(scan);
		if (entry->segment == NULL) {
			next_segment(scan);
			if (ranges_meet(scan, entry->first, entry->end)) {
				return diag_set(diag, ERR_CORRUPT,
				                "segment %s (records %" PRIu64 " to %" PRIu64 ") is damaged: %s",
				                entry->name, entry->first, entry->end - 1, entry->damage);
			}
			continue;
		}
		if (!scan->inside) {
			if (!segment_wanted(scan, entry)) {
				next_segment(scan);
				continue;
			}
			scan->inside = true;
			scan->stats.segments++;
		}
		TRY(next_page(scan, entry, out_view, diag));
		if (*out_view != NULL || scan->reduced != NULL) {
			return ERR_OK;
		}
	}
	return ERR_OK;
}

void *store_scan_take_reduced(struct store_scan *scan, uint64_t *out_first_index) {
	void *reduced = scan->reduced;
	*out_first_index = scan->reduced_first;
	scan->reduced = NULL;
	return reduced;
}

/* ---- what is still to come ---- */

static struct rest join_rests(struct rest a, struct rest b) {
	return (struct rest){MIN_OF(a.low_ns, b.low_ns), MAX_OF(a.high_ns, b.high_ns)};
}

static const struct rest nothing = {INT64_MAX, INT64_MIN};

static struct rest *rests_new(size_t count) {
	struct rest *rests = reallocarray(NULL, count + 1, sizeof(*rests));
	ASSERT(rests != NULL);
	rests[count] = nothing;
	return rests;
}

static void find_segments_rest(struct store_scan *scan) {
	size_t count = scan->store->catalogue.count;
	free(scan->segments_rest);
	scan->segments_rest = rests_new(count);
	scan->segments_counted = count;
	for (size_t i = count; i-- > 0;) {
		const struct segment_entry *entry = entry_at(scan, i);
		struct rest here = nothing;
		if (entry->segment != NULL && segment_footer(entry->segment)->records > 0) {
			const struct segment_footer *footer = segment_footer(entry->segment);
			here = (struct rest){footer->time_min_ns, footer->time_max_ns};
		}
		scan->segments_rest[i] = join_rests(here, scan->segments_rest[i + 1]);
	}
}

static void find_pages_rest(struct store_scan *scan, const struct segment *segment) {
	uint32_t pages = segment_pages(segment);
	scan->pages_rest = rests_new(pages);
	for (uint32_t i = pages; i-- > 0;) {
		struct segment_page_info info = segment_page_info(segment, page_at(scan, pages, i));
		struct rest here =
		    info.has_data ? (struct rest){info.time_min_ns, info.time_max_ns} : nothing;
		scan->pages_rest[i] = join_rests(here, scan->pages_rest[i + 1]);
	}
}

void store_scan_rest(struct store_scan *scan, int64_t *out_low_ns, int64_t *out_high_ns) {
	struct rest rest = nothing;
	if (scan->segments_rest == NULL || scan->segments_counted != scan->store->catalogue.count) {
		find_segments_rest(scan);
	}
	if (scan->segments_done < scan->store->catalogue.count) {
		const struct segment_entry *entry = current_entry(scan);
		rest = scan->segments_rest[scan->segments_done + scan->inside];
		if (scan->inside) {
			if (scan->pages_rest == NULL) {
				find_pages_rest(scan, entry->segment);
			}
			rest = join_rests(rest, scan->pages_rest[scan->pages_done]);
		}
	}
	*out_low_ns = rest.low_ns;
	*out_high_ns = rest.high_ns;
}

/* ---- single pages ---- */

/* Puts segment in front of those that were viewed last; the one that falls out drops its blocks. */
static void remember_viewed(struct store_viewed *viewed, const struct segment *segment) {
	size_t at = 0;
	int failed = pthread_mutex_lock(&viewed->lock);
	ASSERT(failed == 0);
	while (at < STORE_VIEWED_MAX - 1 && viewed->segments[at] != segment) {
		at++;
	}
	const struct segment *out = viewed->segments[at];
	memmove(&viewed->segments[1], &viewed->segments[0], at * sizeof(struct segment *));
	viewed->segments[0] = segment;
	failed = pthread_mutex_unlock(&viewed->lock);
	ASSERT(failed == 0);
	if (out != NULL && out != segment) {
		segment_drop_blocks(out);
	}
}

enum err store_view_at(struct store *store, uint64_t index, struct store_view **out_view,
                       struct diag *diag) {
	struct segment *segment = catalogue_find(&store->catalogue, index);
	if (segment == NULL) {
		return diag_set(diag, ERR_NOT_FOUND, "there is no readable record %" PRIu64, index);
	}
	struct view_names names = store_names(store);
	remember_viewed(&store->viewed, segment);
	return segment_view(segment, segment_page_of(segment, index), &names, out_view, diag);
}

enum err store_view_some(struct store *store, const uint64_t *indices, size_t count,
                         struct store_view **out_view, struct diag *diag) {
	uint64_t bits[LIMIT_BATCH_ROWS / 64 + 1] = {0};
	struct store_view *view;
	ASSERT(count > 0);
	TRY(store_view_at(store, indices[0], &view, diag));
	uint64_t first = store_view_first_index(view);
	uint32_t rows = store_view_rows(view);
	for (size_t i = 0; i < count && indices[i] - first < rows; i++) {
		bits_set(bits, indices[i] - first);
	}
	enum err err = view_has_block(view) ? view_pick(view, bits) : ERR_OK;
	if (err != ERR_OK) {
		store_view_free(view);
		return diag_set(diag, err, "too much for a page: %s", err_text(err));
	}
	*out_view = view;
	return ERR_OK;
}

/* ---- pieces ---- */

/* A range may begin at border, when the one before it has enough. */
static void add_border(struct buf *borders, uint64_t border, uint64_t rows_min) {
	uint64_t last = le64_load(borders->ptr + borders->len - sizeof(last));
	if (border > last && border - last >= rows_min) {
		buf_append(borders, &border, sizeof(border));
	}
}

size_t store_pieces(const struct store *store, uint64_t rows_min, uint64_t **out_borders) {
	static const uint64_t ends[] = {0, UINT64_MAX};
	struct buf borders = {0};
	buf_append(&borders, &ends[0], sizeof(ends[0]));
	for (size_t i = 0; i < store->catalogue.count; i++) {
		const struct segment_entry *entry = &store->catalogue.entries[i];
		add_border(&borders, entry->first, rows_min);
		const struct segment_table *table =
		    entry->segment == NULL ? NULL : segment_table(entry->segment);
		for (uint32_t k = 0; table != NULL && k < table->blocks_count; k++) {
			add_border(&borders, table->pages[table->blocks[k].first_page].first_index, rows_min);
		}
	}
	buf_append(&borders, &ends[1], sizeof(ends[1]));
	*out_borders = (uint64_t *)(void *)borders.ptr; /* of malloc */
	return borders.len / sizeof(uint64_t) - 1;
}

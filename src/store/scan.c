/* Walking over pages. What cannot match is skipped by its index range, its event times and its
 * token filter, without being decoded.
 */
#include <inttypes.h>

#include "codec/token.h"
#include "store/store_private.h"

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
	struct rest *segments_rest; /* from each segment on; NULL: not asked for yet */
	struct rest *pages_rest;    /* from each page of the current segment on; likewise */
};

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
	*out_scan = scan;
	return ERR_OK;
}

void store_scan_free(struct store_scan *scan) {
	if (scan != NULL) {
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

/* A page has the tokens of the types of its rows (docs/formats/segment.md, Filter). */
static bool types_meet(const struct store_scan *scan, const struct segment *segment,
                       uint32_t page) {
	uint32_t left = scan->options.types;
	while (left != 0) {
		uint8_t type = (uint8_t)__builtin_ctz(left);
		uint64_t token = token_of_type(type);
		if (segment_page_may_have(segment, page, &token, 1)) {
			return true;
		}
		left &= left - 1;
	}
	return false;
}

static bool segment_wanted(const struct store_scan *scan, const struct segment_entry *entry) {
	if (!ranges_meet(scan, entry->first, entry->end)) {
		return false;
	}
	const struct segment_footer *footer = segment_footer(entry->segment);
	return scan->options.all_types || scan->options.types != 0 ||
	       times_meet(scan, footer->records > 0, footer->time_min_ns, footer->time_max_ns);
}

static bool page_wanted(struct store_scan *scan, const struct segment *segment, uint32_t page) {
	struct segment_page_info info = segment_page_info(segment, page);
	scan->stats.pages++;
	if (ranges_meet(scan, info.first_index, info.first_index + info.rows) &&
	    (scan->options.types != 0
	         ? types_meet(scan, segment, page)
	         : times_meet(scan, info.has_data, info.time_min_ns, info.time_max_ns)) &&
	    (scan->options.tokens_count == 0 ||
	     segment_page_may_have(segment, page, scan->options.tokens, scan->options.tokens_count))) {
		scan->stats.rows += info.rows;
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

static void next_segment(struct store_scan *scan) {
	scan->segments_done++;
	scan->pages_done = 0;
	scan->inside = false;
	free(scan->pages_rest);
	scan->pages_rest = NULL;
}

static enum err open_page(struct store_scan *scan, const struct segment_entry *entry, uint32_t page,
                          struct store_view **out_view, struct diag *diag) {
	struct view_names names = store_names(scan->store);
	struct diag inner = {0};
	enum err err = segment_view(entry->segment, page, &names, out_view, &inner);
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
		if (page_wanted(scan, entry->segment, page)) {
			return open_page(scan, entry, page, out_view, diag);
		}
	}
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
		if (*out_view != NULL) {
			return ERR_OK;
		}
	}
	return ERR_OK;
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
	scan->segments_rest = rests_new(count);
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
	if (scan->segments_rest == NULL) {
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

enum err store_view_at(struct store *store, uint64_t index, struct store_view **out_view,
                       struct diag *diag) {
	struct segment *segment = catalogue_find(&store->catalogue, index);
	if (segment == NULL) {
		return diag_set(diag, ERR_NOT_FOUND, "there is no readable record %" PRIu64, index);
	}
	struct view_names names = store_names(store);
	return segment_view(segment, segment_page_of(segment, index), &names, out_view, diag);
}

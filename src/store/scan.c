/* Walking over pages. What cannot match is skipped by its index range, its event times and its
 * token filter, without being decoded.
 */
#include <inttypes.h>

#include "codec/token.h"
#include "store/store_private.h"

struct store_scan {
	struct store *store;
	struct store_scan_options options;
	uint64_t *tokens;
	size_t segments_done; /* of the catalogue, in the scan's direction */
	bool inside;          /* the current segment is being walked */
	uint32_t pages_done;  /* of the current segment */
	struct store_scan_stats stats;
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

static const struct segment_entry *current_entry(const struct store_scan *scan) {
	const struct catalogue *catalogue = &scan->store->catalogue;
	size_t at =
	    scan->options.backward ? catalogue->count - 1 - scan->segments_done : scan->segments_done;
	return &catalogue->entries[at];
}

static void next_segment(struct store_scan *scan) {
	scan->segments_done++;
	scan->pages_done = 0;
	scan->inside = false;
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

/* The next wanted page of the current segment; NULL in *out_view at its end. */
static enum err next_page(struct store_scan *scan, const struct segment_entry *entry,
                          struct store_view **out_view, struct diag *diag) {
	uint32_t pages = segment_pages(entry->segment);
	while (scan->pages_done < pages) {
		uint32_t done = scan->pages_done++;
		uint32_t page = scan->options.backward ? pages - 1 - done : done;
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

enum err store_view_at(struct store *store, uint64_t index, struct store_view **out_view,
                       struct diag *diag) {
	struct segment *segment = catalogue_find(&store->catalogue, index);
	if (segment == NULL) {
		return diag_set(diag, ERR_NOT_FOUND, "there is no readable record %" PRIu64, index);
	}
	struct view_names names = store_names(store);
	return segment_view(segment, segment_page_of(segment, index), &names, out_view, diag);
}

/* One check after the other over an opened block; the table below names them. */
#include "store/block_check.h"

#include <stdlib.h>

#include "base/instant.h"
#include "store/block_words.h"
#include "store/view_private.h"

enum err block_case_view(const struct block_case *at, uint32_t page, struct store_view **out_view) {
	const struct segment_page *entry =
	    &segment_table(at->segment)->pages[at->entry->first_page + page];
	struct diag ignored = {0};
	TRY(segment_view(at->segment, at->entry->first_page + page, NULL, out_view, &ignored));
	view_block_lend(*out_view, at->block, entry->block_first, entry->block_kept);
	return ERR_OK;
}

/* ---- pages ---- */

/* What the footer says of a page. */
struct page_sum {
	uint32_t types, kept;
	int64_t time_min_ns, time_max_ns; /* of records of type data */
};

static bool page_fits(const struct page_sum *sum, const struct segment_page *entry) {
	bool has_data = (sum->types & page_type_bit(RECORD_DATA)) != 0;
	return sum->types == entry->types && sum->kept == entry->kept &&
	       (!has_data ||
	        (sum->time_min_ns == entry->time_min_ns && sum->time_max_ns == entry->time_max_ns));
}

/* Takes types and times of the page's rows along. */
static enum err sum_page(struct block_case *at, struct store_view *view, uint32_t first,
                         struct page_sum *out_sum) {
	struct page_sum sum = {.time_min_ns = INSTANT_MAX, .time_max_ns = INSTANT_MIN};
	const struct page_rows *rows;
	TRY(view_rows(view, &rows));
	for (uint32_t row = 0; row < store_view_rows(view); row++) {
		at->types[first + row] = rows->types[row];
		at->times[first + row] = rows->times[row];
		sum.types |= page_type_bit(rows->types[row]);
		sum.kept += view_block_keeps(view, row);
		if (rows->types[row] == RECORD_DATA) {
			sum.time_min_ns = MIN_OF(sum.time_min_ns, rows->times[row]);
			sum.time_max_ns = MAX_OF(sum.time_max_ns, rows->times[row]);
		} else {
			at->own_rows[at->own++] = first + row;
		}
	}
	*out_sum = sum;
	return ERR_OK;
}

static enum err check_pages(struct block_case *at) {
	for (uint32_t i = 0; i < at->entry->pages; i++) {
		const struct segment_page *entry =
		    &segment_table(at->segment)->pages[at->entry->first_page + i];
		struct store_view *view;
		struct page_sum sum;
		TRY(block_case_view(at, i, &view));
		enum err err = sum_page(at, view, entry->block_first, &sum);
		store_view_free(view);
		TRY(err);
		if (!page_fits(&sum, entry)) {
			return ERR_CORRUPT;
		}
	}
	return ERR_OK;
}

/* ---- texts and bodies ---- */

static enum err check_texts(struct block_case *at) {
	return lines_check(at->lines);
}

static enum err check_bodies(struct block_case *at) {
	struct lines *lines;
	if (at->entry->kept == 0) {
		return ERR_OK;
	}
	TRY(block_bodies(at->block, &lines));
	return lines_check(lines);
}

static enum err check_words(struct block_case *at) {
	return block_words_check(at->block);
}

/* ---- all ---- */

static enum err open_parts(struct block_case *at) {
	TRY(block_texts(at->block, &at->lines));
	return block_layouts(at->block, &at->layouts);
}

static const struct {
	const char *what; /* "... does not fit the records" */
	enum err (*check)(struct block_case *at);
} checks[] = {
    /* in this order: later ones use what the first have found */
    {"a text, or where its fields lie,", open_parts},
    {"what the footer says of a page", check_pages},
    {"a map or a count of the texts", check_texts},
    {"a map or a count of the bodies", check_bodies},
    {"the count of a field's values", block_values_check},
    {"the filter of words", check_words},
};

static void *new_array(size_t count, size_t size) {
	void *array = calloc(count + 1, size);
	ASSERT(array != NULL);
	return array;
}

static enum err run_checks(struct block_case *at, const char **out_what) {
	for (size_t i = 0; i < ARRAY_LEN(checks); i++) {
		enum err err = checks[i].check(at);
		if (err != ERR_OK) {
			*out_what = checks[i].what;
			return err;
		}
	}
	return ERR_OK;
}

enum err segment_block_derived(const struct segment *segment, uint32_t block, struct diag *diag) {
	const struct segment_block *entry = &segment_table(segment)->blocks[block];
	struct block_case at = {.segment = segment, .number = block, .entry = entry};
	const char *what = "its head";
	uint32_t ignored;
	enum err err = segment_take_block(segment, entry->first_page, &at.block, &ignored, &ignored);
	if (err == ERR_OK) {
		at.times = new_array(entry->rows, sizeof(*at.times));
		at.types = new_array(entry->rows, sizeof(*at.types));
		at.own_rows = new_array(entry->rows, sizeof(*at.own_rows));
		err = run_checks(&at, &what);
		segment_give_block(segment, entry->first_page, at.block);
		free(at.times);
		free(at.types);
		free(at.own_rows);
	}
	if (err == ERR_OK) {
		return ERR_OK;
	}
	uint64_t first = segment_table(segment)->pages[entry->first_page].first_index;
	return diag_set(diag, err, "the block of records %llu to %llu: %s does not fit the records",
	                (unsigned long long)first, (unsigned long long)(first + entry->rows - 1), what);
}

/* Views of some rows of a page: what the page says of its rows is decoded for all of them, then
 * those that count are taken out; texts are put together for these alone.
 */
#include "base/bits.h"
#include "store/view_private.h"

enum err view_pick(struct store_view *view, const uint64_t *bits) {
	uint32_t rows = view->whole.rows;
	uint32_t count = 0;
	ASSERT(view_has_block(view));
	ASSERT(!view->has_meta);
	uint16_t *picks = view_array(view, bits_count(bits, rows) + 1, sizeof(*picks));
	if (picks == NULL) {
		return ERR_LIMIT;
	}
	for (uint32_t i = 0; i < bits_words(rows); i++) {
		for (uint64_t left = bits[i]; left != 0; left &= left - 1) {
			picks[count++] = (uint16_t)(i * 64 + (uint32_t)__builtin_ctzll(left));
		}
	}
	ASSERT(count > 0);
	if (count < rows) {
		view->picks = picks;
		view->frame.rows = count;
	}
	return ERR_OK;
}

enum err view_set_sure(struct store_view *view, const uint64_t *bits) {
	view->sure = view_array(view, bits_words(view->frame.rows) + 1, sizeof(*view->sure));
	if (view->sure == NULL) {
		return ERR_LIMIT;
	}
	for (uint32_t row = 0; row < view->frame.rows; row++) {
		if (bits_get(bits, view_page_row(view, row))) {
			bits_set(view->sure, row);
		}
	}
	return ERR_OK;
}

/* The elements of array that count, as an array of its own. */
#define PICK(view, array)                                                                   \
	do {                                                                                    \
		__typeof__(array) picked_ = view_array(view, (view)->frame.rows, sizeof(*(array))); \
		if (picked_ == NULL) {                                                              \
			return ERR_LIMIT;                                                               \
		}                                                                                   \
		for (uint32_t row_ = 0; row_ < (view)->frame.rows; row_++) {                        \
			picked_[row_] = (array)[(view)->picks[row_]];                                   \
		}                                                                                   \
		(array) = picked_;                                                                  \
	} while (0)

enum err view_picked_rows(struct store_view *view) {
	struct page_rows rows = view->whole_rows;
	if (view->picks != NULL) {
		PICK(view, rows.types);
		PICK(view, rows.flags);
		PICK(view, rows.time_flags);
		PICK(view, rows.own_text);
		PICK(view, rows.sources);
		PICK(view, rows.formats);
		PICK(view, rows.times);
	}
	view->rows = rows;
	return ERR_OK;
}

enum err view_picked_lengths(struct store_view *view) {
	if (view->picks != NULL) {
		PICK(view, view->lengths.bodies);
	}
	return ERR_OK;
}

enum err view_picked_kept(struct store_view *view, uint32_t *out_kept) {
	uint32_t kept = view->block.first_kept;
	uint32_t row = 0;
	uint32_t found = 0;
	for (uint32_t i = 0; i < view->frame.rows; i++) {
		const struct page_rows *whole = &view->whole_rows;
		for (; row < view->picks[i]; row++) {
			kept += whole->own_text[row] != 0 && !view->meta.sources[whole->sources[row]].container;
		}
		if (whole->own_text[row] != 0 && !view->meta.sources[whole->sources[row]].container) {
			out_kept[found++] = kept;
		}
	}
	return ERR_OK;
}

/* ---- where a record came from ---- */

/* Lengths of the bodies of rows [first, first + count) of the page. */
static enum err read_lengths(struct store_view *view, uint32_t first, uint32_t count,
                             const uint32_t *own, uint32_t *out_lens) {
	struct lines_rows rows CLEANUP(lines_rows_deinit) = {0};
	const struct page_rows *whole = &view->whole_rows;
	struct lines *lines;
	TRY(view_block_lines(view, &lines));
	TRY(lines_join(lines, view->block.first + first, count, whole->times + first,
	               LIMIT_VIEW_BYTES / 2, &rows));
	for (uint32_t i = 0; i < count; i++) {
		out_lens[i] =
		    whole->own_text[first + i] != 0 ? own[first + i] : rows.starts[i + 1] - rows.starts[i];
	}
	return ERR_OK;
}

/* offsets: what differs from the expected place, of all rows of the page; becomes the offsets of
 * the view's rows. A body begins behind the line feed of the one before. */
static enum err sum_offsets(struct store_view *view, const struct page_lengths *lengths,
                            const int64_t *offsets, int64_t *out_offsets) {
	uint32_t lens[PAGE_GROUP];
	uint64_t start = 0; /* of the group: where its first body is expected */
	uint32_t pick = 0;
	for (uint32_t first = 0; pick < view->frame.rows; first += PAGE_GROUP) {
		uint32_t count = MIN_OF(view->whole.rows - first, (uint32_t)PAGE_GROUP);
		uint64_t expected = start;
		bool wanted = view->picks[pick] < first + count;
		if (wanted) {
			uint32_t last = first;
			for (uint32_t i = pick; i < view->frame.rows && view->picks[i] < first + count; i++) {
				last = view->picks[i];
			}
			TRY(read_lengths(view, first, last - first + 1, lengths->bodies, lens));
			for (uint32_t row = first; row <= last; row++) {
				expected += (uint64_t)offsets[row];
				if (view->picks[pick] == row) {
					out_offsets[pick++] = (int64_t)expected;
					if (pick == view->frame.rows) {
						return ERR_OK;
					}
				}
				expected += lens[row - first] + 1;
			}
		}
		for (uint32_t row = first; row < first + count; row++) {
			start += (uint64_t)offsets[row] + 1;
		}
		start += (uint64_t)lengths->groups[first / PAGE_GROUP];
	}
	return ERR_OK;
}

enum err view_picked_receipt(struct store_view *view) {
	struct page_lengths lengths;
	struct page_receipt receipt;
	const struct page_rows *rows;
	TRY(view_rows(view, &rows));
	TRY(page_lengths_read(&view->whole, &view->whole_rows, view->arena, &lengths));
	TRY(page_receipt_read(&view->whole, NULL, view->arena, &receipt));
	int64_t *offsets = view_array(view, view->frame.rows, sizeof(*offsets));
	if (offsets == NULL) {
		return ERR_LIMIT;
	}
	TRY(sum_offsets(view, &lengths, receipt.log_offsets, offsets));
	receipt.log_offsets = offsets;
	PICK(view, receipt.received);
	PICK(view, receipt.monotonic);
	PICK(view, receipt.numbers);
	view->receipt = receipt;
	return ERR_OK;
}

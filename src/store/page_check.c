/* Before a page may stand for a batch it is decoded and compared with it. What is in the block is
 * compared when that is made (block_rows.h).
 */
#include "store/page.h"

/* Names the first row that differs. */
static enum err differs(struct diag *diag, uint32_t row, const char *what) {
	return diag_set(diag, ERR_CORRUPT, "record %u of a page does not decode to the same %s", row,
	                what);
}

/* A page, decoded. */
struct decoded {
	struct page_frame frame;
	struct page_meta meta;
	struct page_rows rows;
	struct page_lengths lengths;
	struct page_receipt receipt;
};

/* What the block will say, the lengths of the other bodies, comes from the batch. */
static enum err decode(struct str bytes, const struct batch *batch, struct arena *arena,
                       struct decoded *page) {
	uint32_t lens[LIMIT_BATCH_ROWS];
	TRY(page_frame_read(bytes, arena, &page->frame));
	if (page->frame.rows != batch->count) {
		return ERR_CORRUPT;
	}
	TRY(page_meta_read(&page->frame, arena, &page->meta));
	TRY(page_rows_read(&page->frame, &page->meta, arena, &page->rows));
	TRY(page_lengths_read(&page->frame, &page->rows, arena, &page->lengths));
	for (uint32_t row = 0; row < batch->count; row++) {
		lens[row] = page->rows.own_text[row] != 0 ? page->lengths.bodies[row]
		                                          : batch->records[row].body_len;
	}
	return page_receipt_read(&page->frame, lens, arena, &page->receipt);
}

/* A text that the page says is the body must be it; the block has no other. */
static bool same_text(const struct decoded *page, const struct batch *batch, uint32_t row) {
	if (page->rows.own_text[row] != 0) {
		return page->lengths.bodies[row] == batch->records[row].body_len;
	}
	return str_eq(batch_text(batch, row), batch_body(batch, row));
}

static enum err check_records(const struct decoded *page, const struct batch *batch,
                              struct diag *diag) {
	const struct page_rows *rows = &page->rows;
	const struct page_receipt *receipt = &page->receipt;
	for (uint32_t row = 0; row < batch->count; row++) {
		const struct batch_record *record = &batch->records[row];
		const struct field_row *parsed = &batch->fields.rows[row];
		if (rows->types[row] != record->type || rows->flags[row] != record->flags ||
		    rows->sources[row] != record->source ||
		    (uint64_t)receipt->log_offsets[row] != record->log_offset ||
		    (uint64_t)receipt->numbers[row] != record->number ||
		    receipt->received[row] != record->received_ns ||
		    receipt->monotonic[row] != record->monotonic_ns) {
			return differs(diag, row, "header");
		}
		if (rows->times[row] != parsed->time_ns || rows->time_flags[row] != parsed->time_flags ||
		    !str_eq(page->meta.formats[rows->formats[row]],
		            batch->fields.formats[parsed->format])) {
			return differs(diag, row, "time or format");
		}
		if (!same_text(page, batch, row)) {
			return differs(diag, row, "text");
		}
	}
	return ERR_OK;
}

/* What is said of the bodies of many rows together. */
static enum err check_groups(const struct decoded *page, const struct batch *batch,
                             struct diag *diag) {
	int64_t sum = 0;
	for (uint32_t row = 0; row < batch->count; row++) {
		sum += batch->records[row].body_len;
		bool ends = row % PAGE_GROUP == PAGE_GROUP - 1 || row + 1 == batch->count;
		if (ends && page->lengths.groups[row / PAGE_GROUP] != sum) {
			return differs(diag, row, "sum of lengths");
		}
		sum = ends ? 0 : sum;
	}
	return ERR_OK;
}

static bool same_source(const struct batch_source *a, const struct batch_source *b) {
	return str_eq(a->name, b->name) && str_eq(a->path, b->path) && str_eq(a->host, b->host) &&
	       str_eq(a->format, b->format) && str_eq(a->zone, b->zone) && a->year == b->year &&
	       a->modified_ns == b->modified_ns && a->charset == b->charset && a->file == b->file &&
	       a->container == b->container &&
	       (!a->container || memcmp(a->object, b->object, sizeof(a->object)) == 0);
}

static enum err check_sources(const struct decoded *page, const struct batch *batch,
                              const struct page_plan *plan, struct diag *diag) {
	const struct page_meta *meta = &page->meta;
	bool same = meta->sources_count == batch->sources_count &&
	            meta->incarnation == plan->incarnation &&
	            page->frame.first_index == plan->first_index;
	for (uint32_t i = 0; same && i < meta->sources_count; i++) {
		same = same_source(&meta->sources[i], &batch->sources[i]) &&
		       meta->streams[i].stream == plan->streams[i].stream &&
		       meta->streams[i].first_seq == plan->streams[i].first_seq &&
		       memcmp(meta->streams[i].id, plan->streams[i].id, STREAM_ID_SIZE) == 0;
	}
	return same ? ERR_OK : differs(diag, 0, "source");
}

enum err page_check(const struct store_page *page, const struct batch *batch,
                    const struct page_plan *plan, struct diag *diag) {
	struct decoded decoded;
	struct arena *arena = arena_new(LIMIT_VIEW_BYTES);
	enum err err = decode(buf_str(&page->bytes), batch, arena, &decoded);
	if (err != ERR_OK) {
		err = diag_set(diag, err, "a page that was just encoded does not decode");
	} else {
		err = check_sources(&decoded, batch, plan, diag);
		err = err == ERR_OK ? check_records(&decoded, batch, diag) : err;
		err = err == ERR_OK ? check_groups(&decoded, batch, diag) : err;
	}
	arena_free(arena);
	return err;
}

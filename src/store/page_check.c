/* Before a page may stand for a batch it is decoded, as a search would, and compared with it. */
#include "store/page.h"
#include "store/store.h"

/* Names the first row that differs. */
static enum err differs(struct diag *diag, uint32_t row, const char *what) {
	return diag_set(diag, ERR_CORRUPT, "record %u of a page does not decode to the same %s", row,
	                what);
}

static enum err check_bodies(struct store_view *view, const struct batch *batch,
                             struct diag *diag) {
	const struct str *bodies;
	const struct str *texts;
	TRY(view_bodies(view, &bodies));
	TRY(store_view_texts(view, &texts));
	for (uint32_t row = 0; row < batch->count; row++) {
		bool container = batch->sources[batch->records[row].source].container;
		if (!container && !str_eq(bodies[row], batch_body(batch, row))) {
			return differs(diag, row, "body");
		}
		if (!str_eq(texts[row], batch_text(batch, row))) {
			return differs(diag, row, "text");
		}
	}
	return ERR_OK;
}

static enum err check_records(struct store_view *view, const struct batch *batch,
                              struct diag *diag) {
	const struct page_meta *meta;
	const struct page_rows *rows;
	const struct page_receipt *receipt;
	const struct page_lengths *lengths;
	TRY(view_meta(view, &meta));
	TRY(view_rows(view, &rows));
	TRY(view_receipt(view, &receipt));
	TRY(view_lengths(view, &lengths));
	for (uint32_t row = 0; row < batch->count; row++) {
		const struct batch_record *record = &batch->records[row];
		const struct field_row *parsed = &batch->fields.rows[row];
		if (rows->types[row] != record->type || rows->flags[row] != record->flags ||
		    rows->sources[row] != record->source || lengths->bodies[row] != record->body_len ||
		    (uint64_t)receipt->log_offsets[row] != record->log_offset ||
		    (uint64_t)receipt->numbers[row] != record->number ||
		    receipt->received[row] != record->received_ns ||
		    receipt->monotonic[row] != record->monotonic_ns) {
			return differs(diag, row, "header");
		}
		if (rows->times[row] != parsed->time_ns || rows->time_flags[row] != parsed->time_flags ||
		    !str_eq(meta->formats[rows->formats[row]], batch->fields.formats[parsed->format])) {
			return differs(diag, row, "time or format");
		}
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

static enum err check_sources(struct store_view *view, const struct batch *batch,
                              const struct page_plan *plan, struct diag *diag) {
	const struct page_meta *meta;
	TRY(view_meta(view, &meta));
	bool same = meta->sources_count == batch->sources_count &&
	            meta->incarnation == plan->incarnation &&
	            store_view_first_index(view) == plan->first_index;
	for (uint32_t i = 0; same && i < meta->sources_count; i++) {
		same = same_source(&meta->sources[i], &batch->sources[i]) &&
		       meta->streams[i].stream == plan->streams[i].stream &&
		       meta->streams[i].first_seq == plan->streams[i].first_seq &&
		       memcmp(meta->streams[i].id, plan->streams[i].id, STREAM_ID_SIZE) == 0;
	}
	return same ? ERR_OK : differs(diag, 0, "source");
}

/* The fields of one row. column_of: number of the column for a name of the batch, found as names
 * come up; UINT32_MAX before. */
static enum err check_fields(struct store_view *view, const struct batch *batch, uint32_t row,
                             uint32_t *column_of, struct diag *diag) {
	const struct page_meta *meta;
	const struct page_rows *rows;
	const struct column *column;
	TRY(view_meta(view, &meta));
	TRY(view_rows(view, &rows));
	const struct field_row *parsed = &batch->fields.rows[row];
	const struct page_layout *layout = &meta->layouts[rows->layouts[row]];
	if (layout->count != parsed->count) {
		return differs(diag, row, "number of fields");
	}
	for (uint32_t i = 0; i < parsed->count; i++) {
		const struct field_entry *entry = &batch->fields.entries[parsed->first + i];
		uint32_t number = layout->columns[i];
		if (column_of[entry->name] == UINT32_MAX &&
		    str_eq(meta->names[number], fields_name_text(batch, entry->name))) {
			column_of[entry->name] = number;
		}
		TRY(view_column(view, number, &column));
		struct value expected = fields_value(batch, row, entry);
		struct value value = column_get(column, row);
		if (column_of[entry->name] != number || value.kind != expected.kind ||
		    !str_eq(value.text, expected.text)) {
			return differs(diag, row, "fields");
		}
	}
	return ERR_OK;
}

static enum err check_all_fields(struct store_view *view, const struct batch *batch,
                                 struct diag *diag) {
	uint32_t names = FIELD_KNOWN_COUNT + batch->fields.names_count;
	uint32_t *column_of = malloc(names * sizeof(*column_of));
	enum err err = ERR_OK;
	ASSERT(column_of != NULL);
	memset(column_of, 0xff, names * sizeof(*column_of));
	for (uint32_t row = 0; err == ERR_OK && row < batch->count; row++) {
		err = check_fields(view, batch, row, column_of, diag);
	}
	free(column_of);
	return err;
}

static enum err check_view(struct store_view *view, const struct batch *batch,
                           const struct page_plan *plan, struct diag *diag) {
	if (store_view_rows(view) != batch->count) {
		return differs(diag, 0, "number of records");
	}
	TRY(check_sources(view, batch, plan, diag));
	TRY(check_records(view, batch, diag));
	TRY(check_bodies(view, batch, diag));
	return check_all_fields(view, batch, diag);
}

enum err page_check(const struct store_page *page, const struct batch *batch,
                    const struct page_plan *plan, struct diag *diag) {
	struct store_view *view;
	struct diag ignored = {0};
	struct diag *say = diag != NULL ? diag : &ignored;
	say->message[0] = '\0';
	TRY(view_new(buf_str(&page->bytes), NULL, NULL, &view, say));
	enum err err = check_view(view, batch, plan, say);
	store_view_free(view);
	if (err != ERR_OK && say->message[0] == '\0') {
		return diag_set(say, err, "a page that was just encoded does not decode");
	}
	return err;
}

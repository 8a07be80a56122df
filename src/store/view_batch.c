/* From a page back to the batch it was made from. */
#include "store/view_private.h"

static void add_record(struct batch *batch, const struct page_rows *rows,
                       const struct page_receipt *receipt, uint32_t row, struct str body) {
	struct batch_record *record = batch_add_record(batch);
	record->body_offset = batch->raw.len;
	record->body_len = (uint32_t)body.len;
	record->type = rows->types[row];
	record->flags = rows->flags[row];
	record->source = rows->sources[row];
	record->log_offset = (uint64_t)receipt->log_offsets[row];
	record->number = (uint64_t)receipt->numbers[row];
	record->received_ns = receipt->received[row];
	record->monotonic_ns = receipt->monotonic[row];
	buf_append_str(&batch->raw, body);
}

/* A value that lies in the row's text goes on lying there. */
static void put_field(struct batch *batch, const struct row *row, const struct row_field *field) {
	uint32_t name = fields_name(batch, field->name);
	struct str text = field->value.text;
	uintptr_t at = (uintptr_t)text.ptr - (uintptr_t)row->text.ptr;
	if (text.len > 0 && at < row->text.len && text.len <= row->text.len - at) {
		fields_put_span(batch, name, field->value.kind, (uint32_t)at, (uint32_t)text.len);
	} else {
		fields_put(batch, name, field->value);
	}
}

/* One value may stand for many rows, so that a small page could make a huge batch. */
static bool has_room(const struct batch *batch, struct str text) {
	return batch->fields.bytes.len + text.len < LIMIT_VIEW_BYTES / 2;
}

static enum err put_rows(struct store_view *view, const struct page_rows *rows,
                         struct batch *batch) {
	fields_begin(batch);
	for (uint32_t i = 0; i < batch->count; i++) {
		struct row row;
		TRY(store_view_row(view, i, &row));
		if (!has_room(batch, row.text)) {
			return ERR_LIMIT;
		}
		(void)fields_begin_row(batch); /* the functions below fill it */
		if (rows->own_text[i] != 0) {
			fields_set_text(batch, row.text);
		}
		fields_set_format(batch, row.format);
		fields_set_time(batch, row.time_ns, row.time_flags);
		for (size_t k = 0; k < row.fields_count; k++) {
			if (!has_room(batch, row.fields[k].value.text)) {
				return ERR_LIMIT;
			}
			put_field(batch, &row, &row.fields[k]);
		}
		fields_end_row(batch);
	}
	batch->parsed = true;
	return ERR_OK;
}

static enum err fill_batch(struct store_view *view, struct batch *batch) {
	const struct page_meta *meta;
	const struct page_rows *rows;
	const struct page_receipt *receipt;
	const struct str *bodies;
	TRY(view_meta(view, &meta));
	TRY(view_rows(view, &rows));
	TRY(view_receipt(view, &receipt));
	TRY(view_bodies(view, &bodies));
	for (uint32_t i = 0; i < meta->sources_count; i++) {
		if (meta->sources[i].container) {
			return ERR_UNSUPPORTED; /* only the object has the bodies */
		}
		(void)batch_add_source(batch, &meta->sources[i]);
	}
	for (uint32_t i = 0; i < store_view_rows(view); i++) {
		add_record(batch, rows, receipt, i, bodies[i]);
	}
	batch->first_index = store_view_first_index(view);
	return put_rows(view, rows, batch);
}

static enum err fill_plan(const struct store_view *view, const struct segment *segment,
                          const struct page_meta *meta, struct batch *batch,
                          struct page_plan **out_plan) {
	struct page_plan *plan = ARENA_NEW(batch->arena, struct page_plan);
	uint64_t first = store_view_first_index(view);
	uint64_t bundle = first / SALT_BUNDLE;
	uint64_t last = (first + store_view_rows(view) - 1) / SALT_BUNDLE;
	plan->first_index = first;
	plan->incarnation = meta->incarnation;
	plan->streams = ARENA_ARRAY(batch->arena, meta->sources_count, struct page_stream);
	memcpy(plan->streams, meta->streams, meta->sources_count * sizeof(*plan->streams));
	plan->seeds_count = (uint32_t)(last - bundle + 1);
	plan->seeds = arena_array(batch->arena, plan->seeds_count, SALT_SEED_SIZE);
	for (uint32_t i = 0; i < plan->seeds_count; i++) {
		uint64_t index = MAX_OF(first, (bundle + i) * SALT_BUNDLE);
		TRY(segment_seed(segment, index, plan->seeds[i]));
	}
	*out_plan = plan;
	return ERR_OK;
}

enum err store_view_to_batch(struct store_view *view, struct batch **out_batch,
                             struct page_plan **out_plan, struct diag *diag) {
	const struct page_meta *meta;
	struct batch *batch = batch_new();
	ASSERT(view_segment(view) != NULL);
	enum err err = fill_batch(view, batch);
	if (err == ERR_OK) {
		err = view_meta(view, &meta);
	}
	if (err == ERR_OK) {
		err = fill_plan(view, view_segment(view), meta, batch, out_plan);
	}
	if (err != ERR_OK) {
		batch_free(batch);
		return diag_set(diag, err, "the page at index %llu cannot be made into records again",
		                (unsigned long long)store_view_first_index(view));
	}
	*out_batch = batch;
	return ERR_OK;
}

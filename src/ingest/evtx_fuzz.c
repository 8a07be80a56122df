/* Any bytes as an event log. What comes out must hold together: rows and bodies within their
 * bounds, text on one line, values that can be shown; a second reading must skip the same records.
 */
#include "ingest/evtx.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_rows(struct batch *batch, struct str file, struct buf *scratch) {
	for (uint32_t row = 0; row < batch->count; row++) {
		const struct batch_record *record = &batch->records[row];
		struct str text = batch_text(batch, row);
		ASSERT(record->log_offset <= file.len);
		ASSERT(record->body_len <= file.len - record->log_offset);
		ASSERT(str_eq(batch_body(batch, row),
		              str_make(file.ptr + record->log_offset, record->body_len)));
		ASSERT(str_find_char(text, '\n', 0) == text.len);
		for (uint32_t i = 0; i < batch->fields.rows[row].count; i++) {
			const struct field_entry *entry =
			    &batch->fields.entries[batch->fields.rows[row].first + i];
			buf_clear(scratch);
			value_append_json(scratch, fields_value(batch, row, entry));
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct str file = str_make((const char *)data, size);
	struct evtx_stamp stamp = {0};
	struct buf scratch = {0};
	struct evtx_reader *reader = evtx_reader_new(file, NULL, NULL);
	bool more = true;
	while (more) {
		struct batch *batch = batch_new();
		while (!batch_full(batch) && (more = evtx_next(reader, batch, &stamp))) {
		}
		check_rows(batch, file, &scratch);
		batch_free(batch);
	}
	struct evtx_reader *second = evtx_reader_new(file, NULL, NULL);
	evtx_skip(second, UINT64_MAX);
	ASSERT(evtx_records(second) == evtx_records(reader));
	evtx_reader_free(second);
	evtx_reader_free(reader);
	buf_deinit(&scratch);
	(void)evtx_recognise(file);
	return 0;
}

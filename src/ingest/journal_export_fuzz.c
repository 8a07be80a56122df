/* Any bytes as an entry of the journal. */
#include "ingest/journal_export.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct str body = str_make((const char *)data, size);
	struct str name;
	struct str value;
	struct buf again = {0};
	size_t at = 0;
	while (journal_export_next(body, &at, &name, &value)) {
		struct buf field = {0};
		struct str name_back;
		struct str value_back;
		size_t end = 0;
		buf_append_str(&field, name);
		buf_append_char(&field, '=');
		buf_append_str(&field, value);
		buf_clear(&again);
		if (str_find_char(name, '=', 0) == name.len &&
		    journal_export_append(&again, buf_str(&field))) {
			ASSERT(journal_export_next(buf_str(&again), &end, &name_back, &value_back));
			ASSERT(str_eq(name, name_back));
			ASSERT(str_eq(value, value_back));
		}
		buf_deinit(&field);
	}
	ASSERT(at <= size);
	struct batch *batch = batch_new();
	struct batch_source source = {.name = STR("j"), .path = STR("j")};
	(void)batch_add_source(batch, &source);
	buf_append_str(&batch->raw, body);
	struct batch_record *record = batch_add_record(batch);
	record->body_len = (uint32_t)size;
	fields_begin(batch);
	(void)fields_begin_row(batch);
	struct line line = {.text = body, .batch = batch, .scratch = &again};
	(void)journal_take_entry(NULL, &line); /* taken or not: no crash */
	fields_end_row(batch);
	batch_free(batch);
	buf_deinit(&again);
	return 0;
}

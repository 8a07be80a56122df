/* Rows from batches. */
#include "event/row.h"

void row_from_batch(const struct batch *batch, uint32_t row, struct row_field *fields,
                    struct row *out_row) {
	ASSERT(row < batch->fields.rows_done);
	const struct batch_record *record = &batch->records[row];
	const struct field_row *parsed = &batch->fields.rows[row];
	const struct batch_source *source = &batch->sources[record->source];
	for (uint32_t i = 0; i < parsed->count; i++) {
		const struct field_entry *entry = &batch->fields.entries[parsed->first + i];
		fields[i].name = fields_name_text(batch, entry->name);
		fields[i].value = fields_value(batch, row, entry);
	}
	*out_row = (struct row){
	    .time_ns = parsed->time_ns,
	    .received_ns = record->received_ns,
	    .time_flags = parsed->time_flags,
	    .type = record->type,
	    .flags = record->flags,
	    .container = source->container,
	    .text = batch_text(batch, row),
	    .body = source->container ? STR("") : batch_body(batch, row),
	    .format = batch->fields.formats[parsed->format],
	    .path = source->path,
	    .number = record->number,
	    .log_offset = record->log_offset,
	    .fields = fields,
	    .fields_count = parsed->count,
	};
}

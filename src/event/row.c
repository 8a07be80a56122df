/* Rows from batches. */
#include "event/row.h"

void row_from_batch(const struct batch *batch, uint32_t row, struct row_field *fields,
                    struct row *out_row) {
	ASSERT(row < batch->fields.rows_done);
	const struct batch_record *record = &batch->records[row];
	const struct field_row *parsed = &batch->fields.rows[row];
	const struct batch_source *source = &batch->sources[record->source];
	ASSERT(parsed->like == FIELDS_OWN);
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

struct str record_type_name(uint8_t type) {
	static const struct str names[RECORD_OBJECT + 1] = {
	    [RECORD_DATA] = STR_INIT("data"),           [RECORD_CONN] = STR_INIT("conn"),
	    [RECORD_LOSS] = STR_INIT("loss"),           [RECORD_SEAL] = STR_INIT("seal"),
	    [RECORD_ANCHOR] = STR_INIT("anchor"),       [RECORD_AUDIT] = STR_INIT("audit"),
	    [RECORD_PRUNE] = STR_INIT("prune"),         [RECORD_HOLD] = STR_INIT("hold"),
	    [RECORD_REDACT] = STR_INIT("redact"),       [RECORD_RECOVERY] = STR_INIT("recovery"),
	    [RECORD_KEY_EPOCH] = STR_INIT("key-epoch"), [RECORD_CLOCK_STEP] = STR_INIT("clock-step"),
	    [RECORD_CONFIG] = STR_INIT("config"),       [RECORD_EXPORT] = STR_INIT("export"),
	    [RECORD_CONTEXT] = STR_INIT("context"),     [RECORD_OBJECT] = STR_INIT("object"),
	};
	return type <= RECORD_OBJECT && names[type].ptr != NULL ? names[type] : STR("");
}

struct flag_name {
	unsigned flag;
	struct str name;
};

static void append_names(struct buf *out, unsigned flags, const struct flag_name *names,
                         size_t count) {
	for (size_t i = 0; i < count; i++) {
		if ((flags & names[i].flag) != 0) {
			value_list_append(out, value_string(names[i].name));
		}
	}
}

void row_append_flags(struct buf *out, uint8_t flags, uint8_t time_flags) {
	static const struct flag_name record_names[] = {
	    {RECORD_NO_FINAL_LF, STR_INIT("no_final_lf")},
	    {RECORD_CONTINUES, STR_INIT("continues")},
	    {RECORD_OVERSIZE, STR_INIT("oversize")},
	    {RECORD_FRAMING_ERROR, STR_INIT("framing_error")},
	    {RECORD_TRUNCATED, STR_INIT("truncated")},
	    {RECORD_REDACTABLE, STR_INIT("redactable")},
	};
	static const struct flag_name parsed_names[] = {
	    {FIELDS_LEFT_OUT, STR_INIT("fields_left_out")},
	};
	append_names(out, flags, record_names, ARRAY_LEN(record_names));
	append_names(out, time_flags, parsed_names, ARRAY_LEN(parsed_names));
}

void row_append_time_flags(struct buf *out, uint8_t time_flags) {
	static const struct flag_name time_names[] = {
	    {TIME_NONE, STR_INIT("received")},
	    {TIME_ZONE_ASSUMED, STR_INIT("zone_assumed")},
	    {TIME_YEAR_INFERRED, STR_INIT("year_inferred")},
	    {TIME_DATE_ASSUMED, STR_INIT("date_assumed")},
	};
	append_names(out, time_flags, time_names, ARRAY_LEN(time_names));
}

/* For tests and fuzz targets of this folder: one text through the parser, its fields as lines of
 * "name=value" in the order of the parser.
 */
#pragma once

#include "base/instant.h"
#include "ingest/formats_table.h"

struct line_testing {
	struct formats *formats;
	struct parser *parser;
};

static inline struct line_testing line_testing_new(void) {
	struct line_testing t = {0};
	struct diag diag = {0};
	enum err err = formats_new(os_real(), NULL, &t.formats, &diag);
	ASSERT(err == ERR_OK);
	t.parser = parser_new(os_real(), t.formats);
	return t;
}

/* Without the formats from YAML. */
static inline struct line_testing line_testing_carriers(void) {
	struct line_testing t = {.formats = formats_new_carriers()};
	t.parser = parser_new(os_real(), t.formats);
	return t;
}

static inline void line_testing_free(struct line_testing *t) {
	parser_free(t->parser);
	formats_free(t->formats);
}

/* The year is that of 2026-11-22T10:00:00Z, the reference. */
static inline struct batch_source line_testing_source(void) {
	return (struct batch_source){.name = STR("test"),
	                             .path = STR("test"),
	                             .modified_ns = (int64_t)1795341600 * INSTANT_SECOND,
	                             .file = UINT32_MAX};
}

static inline void line_testing_add(struct batch *batch, struct str body) {
	struct batch_record *record = batch_add_record(batch);
	record->body_offset = batch->raw.len;
	record->body_len = (uint32_t)body.len;
	record->received_ns = (int64_t)1795341600 * INSTANT_SECOND;
	buf_append_str(&batch->raw, body);
}

/* "format time flags" and the fields of a parsed row. */
static inline void line_testing_print(const struct batch *batch, uint32_t row, struct buf *out) {
	const struct field_row *parsed = &batch->fields.rows[row];
	buf_append_str(out, batch->fields.formats[parsed->format]);
	buf_append_char(out, ' ');
	instant_format(out, parsed->time_ns, 0);
	buf_printf(out, " %u\n", parsed->time_flags);
	for (uint32_t i = 0; i < parsed->count; i++) {
		const struct field_entry *entry = &batch->fields.entries[parsed->first + i];
		buf_append_str(out, fields_name_text(batch, entry->name));
		buf_append_char(out, '=');
		value_append_json(out, fields_value(batch, row, entry));
		buf_append_char(out, '\n');
	}
}

/* Parses one body and prints it. */
static inline void line_testing_parse(struct line_testing *t, const struct batch_source *source,
                                      struct str body, struct buf *out) {
	struct batch *batch = batch_new();
	(void)batch_add_source(batch, source);
	line_testing_add(batch, body);
	parser_run(t->parser, batch);
	line_testing_print(batch, 0, out);
	batch_free(batch);
}

/* Any bytes as a user's format, up to a NUL; what stands behind it is a line for its patterns. A
 * text before the first LF is also compiled as a pattern by itself.
 */
#include "base/utf8.h"
#include "ingest/json_line.h"
#include "ingest/text_format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void match(const struct pattern *pattern, struct str line) {
	struct zone *utc = zone_fixed(0);
	struct timestamp_reader reader = {0};
	struct captures captures;
	timestamp_reader_set(&reader, utc, 2026, 0);
	if (pattern_match(pattern, &reader, line, &captures)) {
		for (uint32_t i = 0; i < captures.count; i++) {
			struct str value = captures.list[i].value;
			ASSERT(value.ptr >= line.ptr && value.ptr + value.len <= line.ptr + line.len);
		}
	} else {
		ASSERT(captures.stopped_at <= line.len);
		ASSERT(pattern_op_wants(captures.stopped) != NULL);
	}
	zone_free(utc);
}

/* The line as a record of its own: its fields must be whole, whatever the format makes of it. */
static void take(const struct text_format *format, struct str text, bool object) {
	struct zone *utc = zone_fixed(0);
	struct timestamp_reader reader = {0};
	struct line_format row = {.name = format->name, .text = format};
	struct line_slot *slots = calloc((size_t)format->slots + 1, sizeof(*slots));
	struct batch *batch = batch_new();
	struct batch_record *record = batch_add_record(batch);
	struct buf scratch = {0};
	struct arena *values = arena_new(SIZE_MAX);
	ASSERT(slots != NULL);
	timestamp_reader_set(&reader, utc, 2026, 0);
	record->body_len = (uint32_t)text.len;
	buf_append_str(&batch->raw, text);
	fields_begin(batch);
	(void)fields_begin_row(batch);
	struct line line = {.text = batch_text(batch, 0),
	                    .batch = batch,
	                    .time = &reader,
	                    .slots = slots,
	                    .values = values,
	                    .scratch = &scratch};
	if (!object) {
		(void)text_format_take_message(&row, &line, line.text);
	} else if (json_take_line(NULL, &line)) {
		(void)text_format_take_object(&row, &line);
	}
	const struct field_row *parsed = &batch->fields.rows[0];
	for (uint32_t i = 0; i < parsed->count; i++) {
		struct buf out = {0};
		value_append_json(&out, fields_value(batch, 0, &batch->fields.entries[i]));
		ASSERT(out.len > 0);
		buf_deinit(&out);
	}
	fields_end_row(batch);
	buf_deinit(&scratch);
	arena_free(values);
	batch_free(batch);
	free(slots);
	zone_free(utc);
}

static struct str no_piece(void *ctx, struct str name) {
	(void)ctx;
	(void)name;
	return STR("");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct arena *arena = arena_new(SIZE_MAX);
	struct str text = str_make((const char *)data, size);
	struct str head = str_cut(&text, '\0');
	struct text_format format = {0};
	struct diag diag = {0};
	if (text_format_read(arena, STR("x.yml"), head, &format, &diag) == ERR_OK) {
		if (text_format_check(&format, STR("x.yml"), &diag) != ERR_OK) {
			ASSERT(diag.message[0] != '\0');
		}
		for (uint32_t i = 0; i < format.patterns_count; i++) {
			match(&format.patterns[i], text);
		}
		if (utf8_valid(text)) {
			take(&format, text, false);
			take(&format, text, true);
		}
	}
	struct pattern_set set = {.arena = arena,
	                          .fields =
	                              ARENA_ARRAY(arena, PATTERN_FIELDS_MAX, struct pattern_field),
	                          .piece = no_piece};
	struct pattern pattern;
	struct str line = head;
	struct str first = str_cut(&line, '\n');
	if (pattern_compile(&set, STR("p"), first, &pattern, &diag) == ERR_OK) {
		match(&pattern, line);
	}
	arena_free(arena);
	return 0;
}

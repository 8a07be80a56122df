/* Formats from YAML: what a good one gives, and that each mistake names its place and the way out.
 */
#include "ingest/text_format.h"

#include "ingest/text_format_sample.h"
#include "tap.h"

TEST(a_good_format_is_read_and_its_tests_pass) {
	struct diag diag = {0};
	if (!CHECK(read_and_check(
	               HEAD "fields: {event.category: [web, network], event.kind: event}\n" PATTERN
	                    "tests:\n  - line: '192.0.2.1 x 5'\n    pattern: p\n    fields:\n"
	                    "      event.category: [web, network]\n      my.word: x\n"
	                    "  - line: 'no'\n    refused: true\n",
	               &diag) == ERR_OK)) {
		tap_check(false, diag.message, 0, diag.hint);
	}
}

TEST(numbers_are_numbers_unless_ecs_or_json_want_text) {
	struct diag diag = {0};
	struct arena *arena = arena_new(SIZE_MAX);
	struct text_format format = {0};
	REQUIRE(
	    text_format_read(arena, STR("my.yml"),
	                     STR(HEAD "patterns:\n  - name: p\n    pattern: '%{number:http.version} "
	                              "%{int:n} %{int:source.port}'\ntests:\n  - line: '1.1 007 80'\n"),
	                     &format, &diag) == ERR_OK);
	struct line_format row = {.name = format.name, .take = text_format_take, .text = &format};
	struct line_slot slots[8] = {0};
	struct batch *batch = batch_new();
	struct batch_record *record = batch_add_record(batch);
	struct timestamp_reader time = {0};
	record->body_len = 10;
	buf_append_str(&batch->raw, STR("1.1 007 80"));
	fields_begin(batch);
	(void)fields_begin_row(batch);
	struct line line = {
	    .text = batch_text(batch, 0), .batch = batch, .time = &time, .slots = slots};
	CHECK(row.take(&row, &line));
	CHECK(fields_get(batch, 0, FIELD_HTTP_VERSION).kind == VALUE_STRING);
	CHECK(fields_get(batch, 0, FIELD_SOURCE_PORT).kind == VALUE_NUMBER);
	CHECK(fields_get(batch, 0, fields_name(batch, STR("n"))).kind == VALUE_STRING);
	batch_free(batch);
	arena_free(arena);
}

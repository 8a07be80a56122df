/* Putting values of a line: numbers, and what a batch keeps once. */
#include "ingest/line.h"

#include "tap.h"

TEST(digits_are_numbers_only_as_json_has_them) {
	static const struct {
		const char *text;
		bool number;
	} rows[] = {{"0", true},
	            {"42", true},
	            {"042", false},
	            {"", false},
	            {"-1", false},
	            {"4x", false},
	            {"9223372036854775807", true},
	            {"92233720368547758070", false}};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct line line = {.text = str_from(rows[i].text)};
		CHECK_EQ(line_put_digits(&line, FIELD_PROCESS_PID, line.text), rows[i].number);
	}
}

TEST(constants_are_kept_once_in_a_batch_and_names_numbered_once) {
	struct batch *batch = batch_new();
	struct line_slot slots[2] = {0};
	for (int row = 0; row < 3; row++) {
		(void)batch_add_record(batch);
	}
	fields_begin(batch);
	for (uint32_t row = 0; row < 3; row++) {
		struct line line = {.batch = batch, .slots = slots};
		(void)fields_begin_row(batch);
		uint32_t name = line_name(&line, 1, STR("my.name"));
		CHECK_EQ(name, fields_name(batch, STR("my.name")));
		line_put_constant(&line, 0, name, VALUE_STRING, STR("shared"));
		fields_end_row(batch);
		CHECK_STR(fields_get(batch, row, name).text, "shared");
		CHECK_EQ(batch->fields.bytes.len, 6);
	}
	batch_free(batch);
}

TEST(without_a_batch_nothing_is_put) {
	struct line line = {.text = STR("x")};
	line_put_host(&line, line.text);
	line_put_constant(&line, 0, FIELD_HOST_NAME, VALUE_STRING, line.text);
	CHECK_EQ(line_name(&line, 0, STR("x")), UINT32_MAX);
	CHECK(!line_refuse(&line, 3, "why"));
	CHECK_EQ(line.why_at, 3);
}

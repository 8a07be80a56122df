/* Tests of event/row: a row shows what batch, source and parser hold of it. */
#include "event/row.h"

#include "tap.h"

static struct batch *one_record(bool container) {
	struct batch *batch = batch_new();
	struct batch_source source = {.path = STR("a.log"), .container = container};
	struct batch_record *record = batch_add_record(batch);
	*record = (struct batch_record){.body_len = 4,
	                                .type = RECORD_DATA,
	                                .flags = RECORD_NO_FINAL_LF,
	                                .source = batch_add_source(batch, &source),
	                                .log_offset = 77,
	                                .number = 5,
	                                .received_ns = 9};
	buf_append_str(&batch->raw, STR("body"));
	(void)fields_begin_row(batch);
	return batch;
}

TEST(a_row_shows_what_is_known_of_its_record) {
	struct batch *batch = one_record(false);
	struct row_field fields[LIMIT_FIELDS_PER_RECORD];
	struct row row;
	fields_set_format(batch, STR("text"));
	fields_set_time(batch, 3, TIME_ZONE_ASSUMED);
	fields_put_str(batch, FIELD_USER_NAME, STR("root"));
	fields_put_span(batch, fields_name(batch, STR("own")), VALUE_STRING, 1, 2);
	fields_end_row(batch);
	row_from_batch(batch, 0, fields, &row);
	CHECK(row.time_ns == 3 && row.time_flags == TIME_ZONE_ASSUMED && row.received_ns == 9);
	CHECK(row.type == RECORD_DATA && row.flags == RECORD_NO_FINAL_LF && !row.container);
	CHECK(row.number == 5 && row.log_offset == 77 && !row.stored);
	CHECK_STR(row.text, "body");
	CHECK_STR(row.body, "body");
	CHECK_STR(row.format, "text");
	CHECK_STR(row.path, "a.log");
	REQUIRE(row.fields_count == 2);
	CHECK_STR(row.fields[0].name, "user.name");
	CHECK_STR(row.fields[0].value.text, "root");
	CHECK_STR(row.fields[1].name, "own");
	CHECK_STR(row.fields[1].value.text, "od");
	batch_free(batch);
}

TEST(types_have_names) {
	CHECK_STR(record_type_name(RECORD_CLOCK_STEP), "clock-step");
	CHECK_STR(record_type_name(RECORD_OBJECT), "object");
	CHECK_STR(record_type_name(0), "");
	CHECK_STR(record_type_name(200), "");
}

TEST(a_container_shows_its_text_and_no_body) {
	struct batch *batch = one_record(true);
	struct row_field fields[LIMIT_FIELDS_PER_RECORD];
	struct row row;
	fields_set_text(batch, STR("<Event/>"));
	fields_end_row(batch);
	row_from_batch(batch, 0, fields, &row);
	CHECK(row.container && row.body.len == 0 && row.fields_count == 0);
	CHECK_STR(row.text, "<Event/>");
	CHECK_STR(row.format, "");
	CHECK(row.time_ns == 9 && row.time_flags == TIME_NONE);
	batch_free(batch);
}

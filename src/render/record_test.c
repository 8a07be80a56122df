#include "render/record.h"

#include "tap.h"

static struct row sample_row(void) {
	static const struct row_field fields[] = {
	    {STR_INIT("host.name"), {VALUE_STRING, STR_INIT("web01")}},
	    {STR_INIT("process.pid"), {VALUE_NUMBER, STR_INIT("42")}},
	    {STR_INIT("file.path"), {VALUE_STRING, STR_INIT("/etc/passwd")}},
	};
	return (struct row){
	    .time_ns = 1763812800123000000,
	    .time_flags = TIME_ZONE_ASSUMED,
	    .type = RECORD_DATA,
	    .text = STR("say \"hi\""),
	    .body = STR("say \"hi\""),
	    .format = STR("text"),
	    .path = STR("a.log"),
	    .number = 3,
	    .log_offset = 17,
	    .fields = fields,
	    .fields_count = 3,
	};
}

TEST(a_record_becomes_one_flat_json_object) {
	struct row row = sample_row();
	struct buf out = {0};
	render_json(&row, &(struct render_style){0}, &out);
	CHECK_STR(out,
	          "{\"@timestamp\":\"2025-11-22T12:00:00.123Z\",\"event.original\":\"say \\\"hi\\\"\","
	          "\"akashi.format\":\"text\",\"file.path\":\"a.log\",\"akashi.record\":3,"
	          "\"log.offset\":17,\"akashi.time_flags\":[\"zone_assumed\"],"
	          "\"host.name\":\"web01\",\"process.pid\":42,"
	          "\"akashi.field.file.path\":\"/etc/passwd\"}\n");
	buf_deinit(&out);
}

TEST(bodies_that_are_not_utf8_are_given_in_base64_too) {
	struct row row = sample_row();
	struct buf out = {0};
	row.body = STR("\xff");
	row.fields_count = 0;
	row.stored = true;
	row.tree = STR("default");
	row.index = 9;
	render_json(&row, &(struct render_style){.offset_seconds = 32400}, &out);
	CHECK(str_find(buf_str(&out), STR("\"akashi.original_base64\":\"/w==\""), 0) != (size_t)-1);
	CHECK(str_find(buf_str(&out), STR("2025-11-22T21:00:00.123+09:00"), 0) != (size_t)-1);
	CHECK(str_find(buf_str(&out), STR("\"akashi.tree\":\"default\",\"akashi.index\":9"), 0) !=
	      (size_t)-1);
	buf_deinit(&out);
}

TEST(raw_output_joins_to_the_file_again) {
	struct row row = sample_row();
	struct buf out = {0};
	row.body = STR("a\r");
	render_raw(&row, &out);
	row.body = STR("long");
	row.flags = RECORD_CONTINUES;
	render_raw(&row, &out);
	row.body = STR("end");
	row.flags = RECORD_NO_FINAL_LF;
	render_raw(&row, &out);
	CHECK_STR(out, "a\r\nlongend");
	buf_deinit(&out);
}

TEST(csv_quotes_what_needs_it) {
	static const struct render_style style = {0};
	struct buf out = {0};
	render_csv_field(&out, &style, STR("plain"));
	buf_append_char(&out, '|');
	render_csv_field(&out, &style, STR("a,\"b\"\n"));
	buf_append_char(&out, '|');
	render_csv_field(&out, &style, STR("\""));
	CHECK_STR(out, "plain|\"a,\"\"b\"\"\n\"|\"\"\"\"");
	buf_deinit(&out);
}

TEST(a_record_is_a_line_of_csv_with_its_text_for_a_message) {
	struct row row = sample_row();
	struct buf out = {0};
	render_csv_header(&out);
	row.fields_count = 2; /* without the file.path of its own */
	render_csv(&row, &(struct render_style){.offset_seconds = 3600}, &out);
	CHECK_STR(out, "@timestamp,host.name,process.name,message,file.path,akashi.record\r\n"
	               "2025-11-22T13:00:00.123+01:00,web01,,\"say \"\"hi\"\"\",a.log,3\r\n");
	buf_deinit(&out);
}

static bool field_is(const struct row *row, const char *name, const char *expected) {
	struct buf scratch = {0};
	struct value value = render_field(row, str_from(name), &(struct render_style){0}, &scratch);
	bool same =
	    expected != NULL ? str_eq(value.text, str_from(expected)) : value.kind == VALUE_NONE;
	buf_deinit(&scratch);
	return same;
}

TEST(what_every_record_has_can_be_named_and_places_only_in_a_store) {
	struct row row = sample_row();
	CHECK(field_is(&row, "file.path", "/etc/passwd")); /* its own field goes first */
	CHECK(field_is(&row, "event.original", "say \"hi\""));
	CHECK(field_is(&row, "akashi.format", "text"));
	CHECK(field_is(&row, "log.offset", "17"));
	CHECK(field_is(&row, "akashi.index", NULL));
	CHECK(field_is(&row, "akashi.tree", NULL));
	row.stored = true;
	row.index = 18446744073709551615u;
	row.tree = STR("default");
	CHECK(field_is(&row, "akashi.index", "18446744073709551615"));
	CHECK(field_is(&row, "akashi.tree", "default"));
	CHECK(field_is(&row, "none", NULL));
}

TEST(csv_keeps_control_characters_for_programs_and_shows_them_on_a_terminal) {
	struct buf out = {0};
	struct str text = STR("\x1b[2J\x07,\xc2\x9b");
	render_csv_field(&out, &(struct render_style){0}, text);
	buf_append_char(&out, '|');
	render_csv_field(&out, &(struct render_style){0}, STR("\x1b"));
	buf_append_char(&out, '|');
	render_csv_field(&out, &(struct render_style){.terminal = true}, text);
	buf_append_char(&out, '|');
	render_csv_field(&out, &(struct render_style){.terminal = true}, STR("a\r\nb"));
	CHECK_STR(out, "\"\x1b[2J\x07,\xc2\x9b\"|\"\x1b\"|\"\\x1b[2J\\x07,\\x9b\"|a\\x0d\\x0ab");
	buf_deinit(&out);
}

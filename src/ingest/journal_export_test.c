#include "ingest/journal_export.h"

#include "ingest/formats.h"
#include "tap.h"

static void entry(struct buf *body) {
	buf_append_str(body, STR("__CURSOR=s=1;i=2\n__REALTIME_TIMESTAMP=1795341600123456\n"));
	CHECK(journal_export_append(body, STR("_HOSTNAME=web01")));
	CHECK(journal_export_append(body, STR("_PID=71")));
	CHECK(journal_export_append(body, STR("SYSLOG_IDENTIFIER=backup")));
	CHECK(journal_export_append(body, STR("PRIORITY=4")));
	CHECK(journal_export_append(body, STR("_SYSTEMD_UNIT=backup.service")));
	CHECK(journal_export_append(body, STR("JOB=nightly")));
	CHECK(journal_export_append(body, STR("MESSAGE=two lines\nof \xff text")));
}

TEST(fields_are_read_back_as_they_were_written) {
	struct buf body = {0};
	struct str name;
	struct str value;
	size_t at = 0;
	CHECK(journal_export_append(&body, STR("A=plain = text\twith tab")));
	CHECK(journal_export_append(&body, STR("B=")));
	CHECK(journal_export_append(&body, str_make("C=\0\n", 4)));
	CHECK(journal_export_append(&body, STR("D=日本")));
	CHECK(!journal_export_append(&body, STR("no sign of equality")));
	CHECK(!journal_export_append(&body, STR("=x")));
	REQUIRE(journal_export_next(buf_str(&body), &at, &name, &value));
	CHECK_STR(value, "plain = text\twith tab");
	REQUIRE(journal_export_next(buf_str(&body), &at, &name, &value));
	CHECK_STR(name, "B");
	CHECK_STR(value, "");
	REQUIRE(journal_export_next(buf_str(&body), &at, &name, &value));
	CHECK_STR(name, "C");
	CHECK(str_eq(value, str_make("\0\n", 2)));
	REQUIRE(journal_export_next(buf_str(&body), &at, &name, &value));
	CHECK_STR(value, "日本");
	CHECK(!journal_export_next(buf_str(&body), &at, &name, &value));
	CHECK_EQ(at, body.len);
	buf_deinit(&body);
}

TEST(a_damaged_entry_ends_where_it_is_damaged) {
	struct buf body = {0};
	entry(&body);
	for (size_t len = 0; len < body.len; len++) {
		struct str name;
		struct str value;
		size_t at = 0;
		while (journal_export_next(str_make(body.ptr, len), &at, &name, &value)) {
		}
		CHECK(at <= len);
	}
	struct str name;
	struct str value;
	size_t at = 0;
	CHECK(!journal_export_next(str_make("X\n\xff\xff\xff\xff\xff\xff\xff\xff"
	                                    "ab\n",
	                                    13),
	                           &at, &name, &value));
	buf_deinit(&body);
}

TEST(an_entry_becomes_a_line_as_people_know_it_and_fields) {
	struct formats *formats;
	struct diag diag = {0};
	REQUIRE(formats_new(os_real(), NULL, &formats, &diag) == ERR_OK);
	struct parser *parser = parser_new(os_real(), formats);
	struct batch *batch = batch_new();
	struct batch_source source = {.name = STR("j"), .path = STR("j"), .format = STR("journal")};
	(void)batch_add_source(batch, &source);
	entry(&batch->raw);
	struct batch_record *record = batch_add_record(batch);
	record->body_len = (uint32_t)batch->raw.len;
	record->received_ns = 5;
	parser_run(parser, batch);
	CHECK_STR(batch_text(batch, 0), "web01 backup[71]: two lines of \xef\xbf\xbd text");
	CHECK_STR(batch->fields.formats[batch->fields.rows[0].format], "journal");
	CHECK(batch->fields.rows[0].time_ns == 1795341600123456000);
	CHECK_STR(fields_get(batch, 0, FIELD_MESSAGE).text, "two lines\nof \xef\xbf\xbd text");
	CHECK_STR(fields_get(batch, 0, FIELD_HOST_NAME).text, "web01");
	CHECK_STR(fields_get(batch, 0, FIELD_PROCESS_NAME).text, "backup");
	CHECK_STR(fields_get(batch, 0, FIELD_PROCESS_PID).text, "71");
	CHECK_STR(fields_get(batch, 0, FIELD_LOG_SYSLOG_SEVERITY_NAME).text, "Warning");
	CHECK_STR(fields_get(batch, 0, fields_name(batch, STR("journald.systemd_unit"))).text,
	          "backup.service");
	CHECK_STR(fields_get(batch, 0, fields_name(batch, STR("journald.custom.job"))).text, "nightly");
	batch_free(batch);
	parser_free(parser);
	formats_free(formats);
}

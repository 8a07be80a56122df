#include "ingest/columns_csv.h"

#include "ingest/content.h"
#include "ingest/memory_sink.h"
#include "tap.h"

static void check_cut(struct str bytes, char separator, const char *expected) {
	struct csv_cut cut = {.separator = separator};
	struct buf out = {0};
	struct str record;
	bool open;
	while (csv_next(bytes, &cut, &record, &open)) {
		buf_printf(&out, "<%.*s%s>", STR_ARG(record), open ? "!" : "");
	}
	CHECK_STR(out, expected);
	buf_deinit(&out);
}

TEST(records_end_at_line_feeds_outside_of_quotation_marks) {
	check_cut(STR("a,b\r\nc,\"d\ne\",f\n\ng"), ',', "<a,b\r><c,\"d\ne\",f><><g>");
	check_cut(STR("a,\"b\"\"\n\"\"\",c\nd\n"), ',', "<a,\"b\"\"\n\"\"\",c><d>");
	check_cut(STR("5\" disk,x\ny\n"), ',', "<5\" disk,x><y>");
	check_cut(STR("a;\"b\nc\"\nd"), ';', "<a;\"b\nc\"><d>");
	check_cut(STR(""), ',', "");
}

TEST(a_mark_that_is_not_closed_spoils_one_record_only) {
	check_cut(STR("a,\"b\nc,d\ne,\"f\ng\"\n"), ',', "<a,\"b\nc,d\ne,\"f><g\">");
	check_cut(STR("a,\"b\nc,d\n"), ',', "<a,\"b!><c,d>");
}

TEST(looks_of_csv_with_texts_of_many_lines) {
	struct csv_look look;
	CHECK(csv_look_at(STR("Id,Level,Message\n1,2,\"a\nb\"\n3,4,c\n"), &look));
	CHECK(look.multiline && look.separator == ',');
	CHECK(csv_look_at(STR("Id;Level;Message\n1;2;\"a,b\"\n"), &look));
	CHECK(!look.multiline && look.separator == ';');
	/* What PowerShell writes first; a last record that is cut. */
	CHECK(csv_look_at(
	    STR("#TYPE System.X\r\n\"Id\",\"Level\",\"Message\"\r\n\"1\",\"2\",\"a\r\nb\"\r\n"
	        "\"3\",\"4\",\"c\r\n"),
	    &look));
	CHECK(look.multiline);
	/* A text without a name, as Event Viewer has it: in every row, or in none. */
	CHECK(csv_look_at(STR("Level,Time,Id\nError,2026-11-22T10:00:00Z,7,\"a\nb\"\n"), &look));
	CHECK(!csv_look_at(STR("Level,Time,Id\nError,2026-11-22T10:00:00Z,7,x\nInfo,1,2\n"), &look));
	CHECK(!csv_look_at(STR("Id,Level,Message\n1,2,\"a\nb\n"), &look));
}

static void check_container(struct str bytes, const char *texts, uint64_t records,
                            uint32_t problems) {
	struct ingest_options options = {.os = os_real(), .keep_objects = true};
	struct ingest_totals totals = {0};
	struct memory_sink sink;
	struct reading reading;
	struct content content = {.path = STR("x")};
	memory_sink_init(&sink);
	reading_init(&reading, &options, &sink.sink, &totals);
	CHECK(reading_finish(&reading, content_take_object(&reading, &content, bytes)) == ERR_OK);
	CHECK(!sink.broken);
	CHECK_EQ(sink.count, 1);
	CHECK(sink.files[0]->is_object);
	CHECK(str_eq(buf_str(&sink.files[0]->bytes), bytes));
	if (texts != NULL) {
		CHECK_STR(sink.files[0]->texts, texts);
	}
	CHECK_EQ(sink.files[0]->records, records);
	CHECK_EQ(sink.problems_count, problems);
	memory_sink_deinit(&sink);
}

#define ROWS "Id,Level,Message\n1,2,\"a\nb\"\n"

TEST(a_file_whose_values_hold_line_feeds_is_cut_into_records) {
	check_container(STR(ROWS "3,4,c\n"), ROWS "3,4,c\n", 3, 0);
	check_container(STR(ROWS "3,4,c"), ROWS "3,4,c\n", 3, 0);
}

TEST(the_rest_behind_an_open_mark_comes_as_lines) {
	struct buf bytes = {0};
	buf_append_str(&bytes, STR(ROWS));
	while (bytes.len < RECOGNISE_SIZE) {
		buf_append_str(&bytes, STR("1,2,x\n"));
	}
	uint64_t rows = (bytes.len - sizeof(ROWS) + 1) / 6;
	buf_append_str(&bytes, STR("5,6,\"never\n7,8,y\n"));
	check_container(buf_str(&bytes), NULL, 2 + rows + 2, 1);
	buf_deinit(&bytes);
}

TEST(csv_in_utf_16_is_cut_too) {
	struct str text = STR(ROWS);
	struct buf bytes = {0};
	buf_append(&bytes, "\xff\xfe", 2);
	for (size_t i = 0; i < text.len; i++) {
		buf_append_char(&bytes, text.ptr[i]);
		buf_append_char(&bytes, 0);
	}
	check_container(buf_str(&bytes), NULL, 2, 0);
	buf_deinit(&bytes);
}

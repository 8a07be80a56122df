#include "ingest/containers.h"

#include "evtx_maker.h"
#include "ingest/memory_sink.h"
#include "tap.h"

/* Takes bytes as a file named "x" would be; what the memory sink says afterwards is checked. */
static enum err take(struct memory_sink *sink, struct str bytes) {
	struct ingest_options options = {.os = os_real(), .keep_objects = true};
	struct ingest_totals totals = {0};
	struct reading reading;
	struct content content = {.path = STR("x")};
	reading_init(&reading, &options, &sink->sink, &totals);
	return reading_finish(&reading, content_take_object(&reading, &content, bytes));
}

static struct memory_file *only_file(struct memory_sink *sink, struct str bytes) {
	memory_sink_init(sink);
	CHECK(take(sink, bytes) == ERR_OK);
	CHECK(!sink->broken);
	CHECK_EQ(sink->count, 1);
	CHECK(sink->files[0]->is_object);
	CHECK(sink->files[0]->ended);
	CHECK(str_eq(buf_str(&sink->files[0]->bytes), bytes));
	return sink->files[0];
}

TEST(elements_of_an_array_are_records_as_they_stand) {
	struct memory_sink sink;
	struct memory_file *file = only_file(&sink, STR(" [ {\"a\": 1},\n{\"b\":[2, \"]\"]} , {}]\n"));
	CHECK_STR(file->texts, "{\"a\": 1}\n{\"b\":[2, \"]\"]}\n{}\n");
	CHECK_STR(sink.problems, "");
	memory_sink_deinit(&sink);
}

TEST(arrays_one_after_the_other_are_all_read) {
	struct memory_sink sink;
	struct memory_file *file = only_file(&sink, STR("[{\"a\":1}]\n[{\"a\":2}]\n"));
	CHECK_STR(file->texts, "{\"a\":1}\n{\"a\":2}\n");
	CHECK_STR(sink.problems, "");
	memory_sink_deinit(&sink);
}

TEST(a_damaged_array_gives_what_is_before_and_its_rest_as_lines) {
	struct memory_sink sink;
	struct memory_file *file = only_file(&sink, STR("[{\"a\":1}, {\"a\":2} garbage\nline\n\n]\n"));
	CHECK(str_starts(buf_str(&file->texts), STR("{\"a\":1}\n{\"a\":2}\n")));
	CHECK(str_find(buf_str(&file->texts), STR("garbage\nline\n]\n"), 0) != SIZE_MAX);
	CHECK_EQ(sink.problems_count, 1);
	memory_sink_deinit(&sink);
}

TEST(an_array_that_is_cut_off_gives_what_there_is) {
	struct memory_sink sink;
	struct memory_file *file = only_file(&sink, STR("[{\"a\":1},{\"a\":2},{\"a"));
	CHECK_STR(file->texts, "{\"a\":1}\n{\"a\":2}\n{\"a\n");
	CHECK_EQ(sink.problems_count, 1);
	memory_sink_deinit(&sink);
	file = only_file(&sink, STR("[{\"a\":1},"));
	CHECK_STR(file->texts, "{\"a\":1}\n");
	CHECK_EQ(sink.problems_count, 1);
	memory_sink_deinit(&sink);
}

TEST(objects_that_span_lines_are_records) {
	struct memory_sink sink;
	struct memory_file *file = only_file(&sink, STR("{\n \"a\": [1,\n2]\n}\n{\n\"b\":2}{}\n\n"));
	CHECK_STR(file->texts, "{\n \"a\": [1,\n2]\n}\n{\n\"b\":2}\n{}\n");
	CHECK_STR(sink.problems, "");
	memory_sink_deinit(&sink);
	file = only_file(&sink, STR("{\n\"a\":1\n}\n ] {\n\"b\":2\n}\n"));
	CHECK_STR(file->texts, "{\n\"a\":1\n}\n ] {\n\"b\":2\n}\n");
	CHECK_EQ(sink.problems_count, 1);
	memory_sink_deinit(&sink);
	file = only_file(&sink, STR("{\n\"a\":1\n}\nplain\n{\n\"b\":2\n}\n"));
	CHECK_STR(file->texts, "{\n\"a\":1\n}\nplain\n{\n\"b\":2\n}\n");
	CHECK_EQ(sink.problems_count, 1);
	memory_sink_deinit(&sink);
	file = only_file(&sink, STR("{\n\"a\":1\n}\n{\n\"b\":"));
	CHECK_STR(file->texts, "{\n\"a\":1\n}\n{\n\"b\":\n");
	CHECK_EQ(sink.problems_count, 1);
	memory_sink_deinit(&sink);
}

TEST(records_of_an_export_are_records) {
	struct memory_sink sink;
	struct memory_file *file =
	    only_file(&sink, STR("{\"Records\":[{\"a\":1},\n{\"a\":2}]}\n{\"records\":[{}]}\n"));
	CHECK_STR(file->texts, "{\"a\":1}\n{\"a\":2}\n{}\n");
	CHECK_STR(sink.problems, "");
	memory_sink_deinit(&sink);
	file = only_file(&sink, STR("{\"Records\":[{\"a\":1}],\"n\":1}\n"));
	CHECK_STR(file->texts, "{\"a\":1}\n,\"n\":1}\n");
	CHECK_EQ(sink.problems_count, 1);
	memory_sink_deinit(&sink);
}

TEST(text_behind_an_array_is_taken_as_lines) {
	struct memory_sink sink;
	struct memory_file *file = only_file(&sink, STR("[{\"a\":1}]\nplain text\n"));
	CHECK_STR(file->texts, "{\"a\":1}\nplain text\n");
	CHECK_EQ(sink.problems_count, 1);
	memory_sink_deinit(&sink);
}

TEST(lines_of_utf_16_are_slices_of_whole_units) {
	struct memory_sink sink;
	/* 0A 0A as two halves of different characters is no line end. */
	struct str bytes = str_make("\xff\xfe"
	                            "a\0\x00\x0a\x0a\x0a\r\0\n\0\n\0z\0!",
	                            17);
	struct memory_file *file = only_file(&sink, bytes);
	CHECK(str_eq(buf_str(&file->texts), str_make("a\0\x00\x0a\x0a\x0a\r\0\n\nz\0!\n", 14)));
	CHECK_EQ(file->records, 3);
	memory_sink_deinit(&sink);
}

TEST(utf_16_with_the_high_byte_first_is_cut_at_its_own_line_feeds) {
	struct memory_sink sink;
	struct memory_file *file = only_file(&sink, str_make("\xfe\xff\0a\0\n\x0a\x00\0b\0\n", 12));
	CHECK(str_eq(buf_str(&file->texts), str_make("\0a\n\x0a\x00\0b\n", 8)));
	CHECK_EQ(file->records, 2);
	memory_sink_deinit(&sink);
}

TEST(a_container_that_was_taken_in_part_goes_on_behind_its_records) {
	struct memory_sink sink;
	struct str bytes = STR("[{\"a\":1},{\"a\":2},{\"a\":3}]");
	struct memory_file *file = only_file(&sink, bytes);
	/* As after a crash: two of three records are there, the end is not. */
	file->ended = false;
	file->records = 2;
	memset(file->hash_told, 0, sizeof(file->hash_told));
	buf_clear(&file->texts);
	sink.knows = true;
	CHECK(take(&sink, bytes) == ERR_OK);
	CHECK_EQ(sink.count, 1);
	CHECK_STR(file->texts, "{\"a\":3}\n");
	CHECK_EQ(file->records, 3);
	CHECK(file->ended);
	CHECK(!sink.broken);
	CHECK(take(&sink, bytes) == ERR_OK); /* and now it is known */
	CHECK_EQ(file->records, 3);
	memory_sink_deinit(&sink);
}

TEST(a_line_of_utf_16_longer_than_a_record_may_be_is_cut_between_units) {
	struct memory_sink sink;
	struct buf bytes = {0};
	size_t long_len = LIMIT_LINE_SIZE + 4;
	buf_append_str(&bytes, STR("\xff\xfe"));
	for (size_t i = 0; i < long_len; i += 2) {
		buf_append(&bytes, "x", 2);
	}
	buf_append(&bytes, "\n\0y\0\n", 6);
	struct memory_file *file = only_file(&sink, buf_str(&bytes));
	CHECK_EQ(file->records, 3);
	CHECK_EQ(str_find_char(buf_str(&file->texts), '\n', 0), LIMIT_LINE_SIZE);
	CHECK_EQ(file->texts.len, long_len + 2 + 3); /* and a line feed behind each */
	CHECK_STR(sink.problems, "");
	buf_deinit(&bytes);
	memory_sink_deinit(&sink);
}

/* An event that says only what its number is. */
static void add_event(struct evtx_maker *m, uint64_t id) {
	maker_begin_record(m, id, 134397792000000000u);
	maker_fragment(m);
	maker_open(m, "Event", -1, false);
	maker_close_start(m);
	maker_open(m, "System", -1, false);
	maker_close_start(m);
	maker_open(m, "EventID", -1, false);
	maker_close_start(m);
	maker_text(m, "800");
	maker_end(m);
	maker_end(m);
	maker_end(m);
	maker_eof(m);
	maker_end_record(m);
}

static struct str make_log(struct evtx_maker *m, uint64_t chunks, uint64_t events) {
	maker_init(m);
	maker_file(m);
	for (uint64_t chunk = 0; chunk < chunks; chunk++) {
		maker_begin_chunk(m);
		for (uint64_t i = 0; i < events; i++) {
			add_event(m, 1 + chunk * events + i);
		}
		maker_end_chunk(m, true);
	}
	maker_finish(m, false);
	return str_make((const char *)m->bytes, m->len);
}

TEST(events_of_a_windows_log_are_records_and_go_on_where_they_were_left) {
	struct memory_sink sink;
	struct evtx_maker maker;
	struct str bytes = make_log(&maker, 3, 200);
	struct memory_file *file = only_file(&sink, bytes);
	CHECK_EQ(file->records, 600);
	CHECK_STR(sink.problems, "");
	file->ended = false;
	file->records = 350;
	memset(file->hash_told, 0, sizeof(file->hash_told));
	sink.knows = true;
	uint64_t before = sink.records;
	CHECK(take(&sink, bytes) == ERR_OK);
	CHECK_EQ(sink.records - before, 250);
	CHECK_EQ(file->records, 600);
	CHECK(!sink.broken);
	memory_sink_deinit(&sink);
	maker_deinit(&maker);
}

TEST(damage_of_a_windows_log_is_told_and_costs_only_its_chunk) {
	struct memory_sink sink;
	struct evtx_maker maker;
	struct str bytes = make_log(&maker, 3, 20);
	memset(maker.bytes + MAKER_HEADER + MAKER_CHUNK, 'x', 600);
	struct memory_file *file = only_file(&sink, bytes);
	CHECK(sink.problems_count > 0);
	CHECK(file->records >= 40);
	CHECK(file->records <= 60);
	memory_sink_deinit(&sink);
	maker_deinit(&maker);
}

TEST(a_stop_within_a_windows_log_keeps_what_was_read) {
	struct memory_sink sink;
	struct evtx_maker maker;
	struct str bytes = make_log(&maker, 5, 200);
	memory_sink_init(&sink);
	sink.stop_after = 1;
	CHECK(take(&sink, bytes) == ERR_CANCELED);
	CHECK(sink.records > 0 && sink.records < 1000);
	CHECK(!sink.files[0]->ended);
	memory_sink_deinit(&sink);
	maker_deinit(&maker);
}

static void note_format(void *ctx, const struct batch *batch) {
	buf_printf(ctx, "[%.*s]", STR_ARG(batch->sources[0].format));
}

TEST(a_header_in_utf_16_is_told_to_the_batches_behind_it) {
	struct memory_sink sink;
	struct buf bytes = {0};
	struct buf seen = {0};
	memory_sink_init(&sink);
	sink.seen = note_format;
	sink.seen_ctx = &seen;
	buf_append(&bytes, "\xff\xfe", 2);
	struct str head = STR("#Software: x\n#Fields: date time\n");
	for (size_t i = 0; i < head.len; i++) {
		buf_append_char(&bytes, head.ptr[i]);
		buf_append_char(&bytes, 0);
	}
	for (uint32_t i = 0; i < LIMIT_BATCH_ROWS; i++) {
		buf_append(&bytes, "a\0\n", 4);
	}
	CHECK(take(&sink, buf_str(&bytes)) == ERR_OK);
	CHECK_STR(seen, "[][\n#Software: x\n#Fields: date time\n]");
	buf_deinit(&bytes);
	buf_deinit(&seen);
	memory_sink_deinit(&sink);
}

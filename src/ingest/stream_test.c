#include "ingest/stream.h"

#include <unistd.h>

#include "ingest/memory_sink.h"
#include "os/thread.h"
#include "tap.h"

/* What a writer puts into the pipe, piece by piece. */
struct writer {
	int fd;
	struct str pieces[8];
	unsigned pause_ms;
};

static void write_pieces(void *arg) {
	struct writer *writer = arg;
	for (size_t i = 0; i < ARRAY_LEN(writer->pieces) && writer->pieces[i].ptr != NULL; i++) {
		size_t done = 0;
		while (done < writer->pieces[i].len) {
			ssize_t put =
			    write(writer->fd, writer->pieces[i].ptr + done, writer->pieces[i].len - done);
			ASSERT(put > 0);
			done += (size_t)put;
		}
		(void)usleep(writer->pause_ms * 1000);
	}
	(void)close(writer->fd);
}

static enum err take(struct memory_sink *sink, struct writer *writer) {
	struct ingest_options options = {.os = os_real(), .keep_objects = true};
	struct ingest_totals totals = {0};
	int ends[2];
	ASSERT(pipe(ends) == 0);
	writer->fd = ends[1];
	struct thread *thread = thread_start("writer", write_pieces, writer);
	enum err err = ingest_stream(&options, ends[0], STR("-"), &sink->sink, &totals);
	char rest[4096];
	while (read(ends[0], rest, sizeof(rest)) > 0) {
	}
	thread_join(thread);
	(void)close(ends[0]);
	CHECK_EQ(totals.files, 1);
	return err;
}

TEST(a_stream_of_lines_comes_back_to_the_byte) {
	struct memory_sink sink;
	struct writer writer = {.pieces = {STR("one\ntw"), STR("o\r\n"), STR("\nlast")}};
	memory_sink_init(&sink);
	CHECK(take(&sink, &writer) == ERR_OK);
	REQUIRE(sink.count == 1);
	CHECK_STR(sink.files[0]->bytes, "one\ntwo\r\n\nlast");
	CHECK_EQ(sink.records, 4);
	CHECK(sink.files[0]->ended);
	CHECK(!sink.broken);
	memory_sink_deinit(&sink);
}

TEST(an_empty_stream_is_an_empty_file) {
	struct memory_sink sink;
	struct writer writer = {.pieces = {STR("")}};
	memory_sink_init(&sink);
	CHECK(take(&sink, &writer) == ERR_OK);
	REQUIRE(sink.count == 1);
	CHECK(sink.files[0]->ended);
	CHECK_EQ(sink.records, 0);
	memory_sink_deinit(&sink);
}

TEST(lines_are_handed_on_while_the_stream_goes_on) {
	struct memory_sink sink;
	struct writer writer = {.pieces = {STR("one\n"), STR("two\n")}, .pause_ms = 700};
	memory_sink_init(&sink);
	CHECK(take(&sink, &writer) == ERR_OK);
	CHECK(sink.batches >= 2);
	CHECK_EQ(sink.records, 2);
	CHECK(!sink.broken);
	memory_sink_deinit(&sink);
}

TEST(what_was_read_before_a_stop_is_kept) {
	struct memory_sink sink;
	struct writer writer = {.pieces = {STR("one\nhalf a li"), STR("ne\n")}, .pause_ms = 800};
	memory_sink_init(&sink);
	sink.stop_after = 3;
	CHECK(take(&sink, &writer) == ERR_CANCELED);
	REQUIRE(sink.count == 1);
	CHECK_STR(sink.files[0]->bytes, "one\nhalf a li");
	CHECK(sink.files[0]->ended);
	CHECK(!sink.broken);
	memory_sink_deinit(&sink);
}

TEST(a_compressed_stream_is_opened) {
	static const char gz[] = "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xcb\x48\xcd\xc9\xc9\xe7\x2a"
	                         "\xcf\x2f\xca\x49\xe1\x02\x00\xff\x5d\xc5\xc4\x0c\x00\x00\x00";
	struct memory_sink sink;
	struct writer writer = {.pieces = {str_make(gz, 9), str_make(gz + 9, sizeof(gz) - 10)}};
	memory_sink_init(&sink);
	CHECK(take(&sink, &writer) == ERR_OK);
	REQUIRE(sink.count == 2);
	CHECK(sink.files[0]->is_object);
	CHECK_EQ(sink.files[0]->bytes.len, sizeof(gz) - 1);
	CHECK_STR(sink.files[1]->bytes, "hello\nworld\n");
	CHECK_STR(sink.problems, "");
	memory_sink_deinit(&sink);
}

static void note_charset(void *ctx, const struct batch *batch) {
	enum charset *last = ctx;
	*last = batch->sources[batch->sources_count - 1].charset;
}

TEST(the_character_set_shows_with_the_first_line_that_has_one) {
	struct memory_sink sink;
	enum charset last = CHARSET_UTF8;
	struct writer writer = {
	    .pieces = {STR("plain\n"), STR("\x83\x86\x81[\x83U\x81[ \x82\xaa\x82\xa0\x82\xe9\x81"
	                                   "B\n")},
	    .pause_ms = 50};
	memory_sink_init(&sink);
	sink.seen = note_charset;
	sink.seen_ctx = &last;
	CHECK(take(&sink, &writer) == ERR_OK);
	CHECK_EQ(last, CHARSET_SHIFT_JIS);
	memory_sink_deinit(&sink);
}

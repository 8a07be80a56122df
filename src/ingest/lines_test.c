#include "ingest/lines.h"

#include "ingest/memory_sink.h"
#include "tap.h"

struct fixture {
	struct memory_sink sink;
	struct ingest_options options;
	struct ingest_totals totals;
	struct reading reading;
	struct reading_file file;
	struct lines lines;
};

static void begin(struct fixture *fixture) {
	*fixture = (struct fixture){.options = {.os = os_real()}, .file = {.path = STR("x")}};
	memory_sink_init(&fixture->sink);
	reading_init(&fixture->reading, &fixture->options, &fixture->sink.sink, &fixture->totals);
	struct sink_file about = {.path = STR("x"), .source = STR("x")};
	enum sink_verdict verdict;
	struct sink_resume resume;
	REQUIRE(reading_file_begin(&fixture->reading, &fixture->file, &about, true, &verdict,
	                           &resume) == ERR_OK);
	lines_init(&fixture->lines, &fixture->reading, &fixture->file);
}

static void end(struct fixture *fixture, struct str expected) {
	uint8_t hash[SHA256_SIZE];
	CHECK(lines_end(&fixture->lines) == ERR_OK);
	CHECK_EQ(fixture->file.position, expected.len);
	sha256_digest(&fixture->file.sha, hash);
	CHECK(reading_file_end(&fixture->reading, &fixture->file, hash, expected.len) == ERR_OK);
	CHECK(reading_finish(&fixture->reading, ERR_OK) == ERR_OK);
	CHECK(!fixture->sink.broken);
	REQUIRE(fixture->sink.count == 1);
	CHECK(str_eq(buf_str(&fixture->sink.files[0]->bytes), expected));
	lines_deinit(&fixture->lines);
	memory_sink_deinit(&fixture->sink);
}

/* The records that text makes, given in pieces of step bytes. */
static uint64_t records_of(struct str text, size_t step) {
	struct fixture fixture;
	begin(&fixture);
	for (size_t at = 0; at < text.len; at += step) {
		CHECK(lines_push(&fixture.lines, str_slice(text, at, at + step)) == ERR_OK);
	}
	end(&fixture, text);
	return fixture.file.records;
}

TEST(every_way_of_cutting_the_input_gives_the_same_records) {
	struct str text = str_make("\n\na\r\nb\0c\n\r\n\xff\xfe\nlast", 19);
	for (size_t step = 1; step <= text.len; step++) {
		CHECK_EQ(records_of(text, step), 7);
	}
	CHECK_EQ(records_of(STR(""), 1), 0);
	CHECK_EQ(records_of(STR("\n"), 1), 1);
	CHECK_EQ(records_of(STR("x"), 1), 1);
}

TEST(a_line_is_cut_only_above_the_limit) {
	struct buf text = {0};
	for (size_t extra = 0; extra < 3; extra++) {
		size_t len = LIMIT_LINE_SIZE - 1 + extra;
		buf_clear(&text);
		memset(buf_reserve(&text, len), 'x', len);
		text.len = len;
		buf_append_str(&text, STR("\ny\n"));
		uint64_t expected = len <= LIMIT_LINE_SIZE ? 2 : 3;
		CHECK_EQ(records_of(buf_str(&text), text.len), expected);
		CHECK_EQ(records_of(buf_str(&text), 65536), expected);
		CHECK_EQ(records_of(buf_str(&text), LIMIT_LINE_SIZE), expected);
		CHECK_EQ(records_of(str_make(text.ptr, len), 100000), expected - 1);
	}
	buf_deinit(&text);
}

TEST(random_bytes_in_random_pieces_come_back) {
	for (int round = 0; round < 20; round++) {
		struct fixture fixture;
		struct buf text = {0};
		begin(&fixture);
		for (int piece = 0; piece < 50; piece++) {
			size_t from = text.len;
			for (uint64_t left = tap_random() % 3000; left > 0; left--) {
				uint64_t r = tap_random();
				buf_append_char(&text, r % 5 == 0 ? '\n' : (char)(r >> 8));
			}
			CHECK(lines_push(&fixture.lines, str_slice(buf_str(&text), from, text.len)) == ERR_OK);
		}
		end(&fixture, buf_str(&text));
		buf_deinit(&text);
	}
}

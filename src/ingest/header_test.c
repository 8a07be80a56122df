#include "ingest/header.h"

#include "tap.h"

static struct header noted(const char *const *lines) {
	struct header header = {0};
	for (; *lines != NULL; lines++) {
		(void)header_note(&header, str_from(*lines));
	}
	return header;
}

static bool is_header(const char *line) {
	struct header header = {0};
	bool is = header_note(&header, str_from(line));
	header_deinit(&header);
	return is;
}

TEST(of_each_word_the_newest_line_is_kept) {
	static const char *const lines[] = {"#Software: A",
	                                    "#Fields: a b",
	                                    "#Date: 2026-11-22",
	                                    "2026-11-22 x",
	                                    "#Fields: c d\r",
	                                    "#Version: 1.0",
	                                    NULL};
	struct header header = noted(lines);
	CHECK_STR(header.lines, "#Software: A\n#Date: 2026-11-22\n#Fields: c d\n");
	header_deinit(&header);
}

TEST(words_of_both_formats_are_told_apart) {
	static const char *const lines[] = {"#separator \\x09",   "#path\tconn", "#fields\tts\tuid",
	                                    "#Fields: date time", "#path\tdns",  NULL};
	struct header header = noted(lines);
	CHECK_STR(header.lines, "#separator \\x09\n#fields\tts\tuid\n#Fields: date time\n#path\tdns\n");
	size_t at = 0;
	struct header_line line;
	CHECK(header_next(&header, &at, &line));
	CHECK_EQ(line.word, HEADER_SEPARATOR);
	CHECK(header_next(&header, &at, &line));
	CHECK_EQ(line.word, HEADER_FIELDS);
	CHECK(str_eq(line.value, STR("ts\tuid")));
	CHECK(header_next(&header, &at, &line));
	CHECK_EQ(line.kind, HEADER_W3C);
	header_deinit(&header);
}

TEST(comments_are_no_headers) {
	CHECK(!is_header("# comment"));
	CHECK(!is_header("#include <stdio.h>"));
	CHECK(!is_header("#path to the file"));
	CHECK(!is_header("#Fields: none"));
	CHECK(!is_header("#Date: yesterday"));
	CHECK(!is_header("#Remark: x"));
	CHECK(!is_header(""));
	CHECK(is_header("\xef\xbb\xbf#Software: Microsoft Exchange Server"));
	CHECK(is_header("#fields\tts"));
}

TEST(zeek_may_have_another_separator) {
	static const char *const lines[] = {"#separator \\x7c", "#fields|ts|uid", "#path|conn", NULL};
	struct header header = noted(lines);
	CHECK_EQ(header_separator(&header), '|');
	CHECK_STR(header.lines, "#separator \\x7c\n#fields|ts|uid\n#path|conn\n");
	header_deinit(&header);
}

TEST(what_is_too_long_takes_away_what_was_there) {
	struct header header = {0};
	struct buf line = {0};
	CHECK(header_note(&header, STR("#fields\tts\tuid")));
	buf_append_str(&line, STR("#fields"));
	for (size_t i = 0; i < LIMIT_HEADER_SIZE; i++) {
		buf_append_str(&line, STR("\tx"));
	}
	CHECK(header_note(&header, buf_str(&line)));
	CHECK_EQ(header.lines.len, 0);
	buf_deinit(&line);
	header_deinit(&header);
}

TEST(the_first_line_of_csv_stands_alone) {
	struct header header = {0};
	struct header_line line;
	size_t at = 0;
	CHECK(header_note(&header, STR("#fields\tts\tuid")));
	header_note_csv(&header, STR("\xef\xbb\xbf"
	                             "a,b\r"));
	CHECK(header_next(&header, &at, &line));
	CHECK_EQ(line.kind, HEADER_CSV);
	CHECK(str_eq(line.value, STR("a,b")));
	CHECK(!header_next(&header, &at, &line));
	struct header again = {0};
	header_start(&again, buf_str(&header.lines));
	at = 0;
	CHECK(header_next(&again, &at, &line));
	CHECK(str_eq(line.value, STR("a,b")));
	header_deinit(&again);
	header_deinit(&header);
}

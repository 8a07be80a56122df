#include "ingest/framing.h"

#include "tap.h"

/* What comes out, one message a line: "flags offset bytes". */
static void take(struct framing *framing, size_t piece_max, struct buf *out) {
	struct frame frame;
	while (framing_next(framing, piece_max, &frame)) {
		buf_printf(out, "%u %llu %.*s|", frame.flags, (unsigned long long)frame.offset,
		           STR_ARG(frame.bytes));
	}
}

static void take_rest(struct framing *framing, struct buf *out) {
	struct frame frame;
	while (framing_rest(framing, &frame)) {
		buf_printf(out, "%u %llu %.*s|", frame.flags, (unsigned long long)frame.offset,
		           STR_ARG(frame.bytes));
	}
}

/* All at once, and byte by byte. */
static void check(const char *stream, size_t piece_max, const char *wanted) {
	for (size_t step = 1; step < 200; step += 50) {
		struct framing framing = {0};
		struct buf out = {0};
		struct str bytes = str_from(stream);
		for (size_t at = 0; at < bytes.len; at += step) {
			framing_push(&framing, str_slice(bytes, at, at + step));
			take(&framing, piece_max, &out);
		}
		take_rest(&framing, &out);
		CHECK_STR(buf_str(&out), wanted);
		CHECK_EQ(framing_held(&framing), 0);
		buf_deinit(&out);
		framing_deinit(&framing);
	}
}

TEST(lines_are_messages) {
	check("<13>one\n<13>two\r\n\n<13>three", 100,
	      "0 0 <13>one|0 8 <13>two\r|0 17 |1 18 <13>three|");
}

TEST(counted_messages_may_hold_line_feeds) {
	check("7 <13>one10 <13>two\nlfx", 100, "0 2 <13>one|0 12 <13>two\nlf|9 22 x|");
	check("7 <13>one\n7 <13>two\n", 100, "0 2 <13>one|0 12 <13>two|");
	check("7 <13>one0007 <13>two\n7 <13>six", 100, "0 2 <13>one|8 9 0007 <13>two|0 24 <13>six|");
}

TEST(a_number_at_the_begin_of_a_line_is_no_count) {
	check("2026 was a year\n7 <13>one\n", 100, "0 0 2026 was a year|0 16 7 <13>one|");
	check("12\n", 100, "0 0 12|");
	check("123456789 <13>too long to be a count\n", 100,
	      "0 0 123456789 <13>too long to be a count|");
}

TEST(what_is_no_count_between_messages_is_kept_and_flagged_up_to_a_line_feed) {
	check("7 <13>one<13>two\n<13>six\n", 100, "0 2 <13>one|8 9 <13>two|0 17 <13>six|");
	check("7 <13>one<13>two\n7 <13>six", 100, "0 2 <13>one|8 9 <13>two|0 19 <13>six|");
	check("7 <13>one<13>no end", 100, "0 2 <13>one|9 9 <13>no end|");
	check("7 <13>one12", 100, "0 2 <13>one|8 9 12|");
}

TEST(a_message_that_the_sender_cut_off_is_kept_and_flagged) {
	check("20 <13>never whole", 100, "16 3 <13>never whole|");
}

TEST(what_is_too_long_comes_in_pieces) {
	check("abcdefgh\nij\n", 4, "6 0 abcd|4 4 efgh|0 9 ij|");
	check("9 <13>abcde3 <1>", 4, "6 2 <13>|6 6 abcd|4 10 e|0 13 <1>|");
	check("9 <13>ab", 4, "6 2 <13>|20 6 ab|");
	check("3 <1>abcdefgh\n", 4, "0 2 <1>|14 5 abcd|12 9 efgh|");
}

/* Whatever comes, in whatever pieces: the same messages, and every byte of the stream but counts
 * and line feeds. */
TEST(how_the_bytes_arrive_does_not_matter) {
	for (size_t round = 0; round < tap_rounds(300); round++) {
		static const char letters[] = "123 <>\na";
		char stream[80];
		struct buf whole = {0};
		struct buf split = {0};
		struct framing a = {0};
		struct framing b = {0};
		size_t len = tap_random() % sizeof(stream);
		for (size_t i = 0; i < len; i++) {
			stream[i] = letters[tap_random() % (sizeof(letters) - 1)];
		}
		framing_push(&a, str_make(stream, len));
		take(&a, 8, &whole);
		take_rest(&a, &whole);
		for (size_t at = 0; at < len;) {
			size_t step = 1 + tap_random() % 9;
			step = MIN_OF(step, len - at);
			framing_push(&b, str_make(stream + at, step));
			take(&b, 8, &split);
			at += step;
		}
		take_rest(&b, &split);
		if (!CHECK(str_eq(buf_str(&whole), buf_str(&split)))) {
			printf("# stream %.*s\n# whole  %.*s\n# split  %.*s\n", (int)len, stream,
			       STR_ARG(buf_str(&whole)), STR_ARG(buf_str(&split)));
		}
		buf_deinit(&whole);
		buf_deinit(&split);
		framing_deinit(&a);
		framing_deinit(&b);
	}
}

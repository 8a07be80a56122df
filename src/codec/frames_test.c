/* Runs come back from any place, in bounded memory, and damage is refused. */
#include "codec/frames.h"

#include "tap.h"

static void put_run(struct buf *out, struct str run) {
	struct frames_writer writer;
	frames_writer_init(&writer, run.len, COMPRESS_BEST);
	for (size_t at = 0; at < run.len;) {
		size_t most = 1 + tap_random() % 100000;
		size_t len = MIN_OF(run.len - at, most);
		frames_writer_add(&writer, str_make(run.ptr + at, len));
		at += len;
	}
	size_t size = frames_writer_size(&writer);
	size_t start = out->len;
	frames_writer_put(&writer, out);
	CHECK(out->len - start >= size);
	CHECK(out->len - start <= size + 4);
	frames_writer_deinit(&writer);
}

/* len bytes; random of them every hundredth a random one. */
static struct buf make_run(size_t len, unsigned random) {
	struct buf run = {0};
	while (run.len < len) {
		if (tap_random() % 100 < random) {
			buf_append_char(&run, (char)tap_random());
		} else {
			buf_printf(&run, "word%u ", (unsigned)(tap_random() % 5000));
		}
	}
	run.len = len;
	return run;
}

static void check_run(size_t len, unsigned random) {
	struct buf run = make_run(len, random);
	struct buf out = {0};
	struct frames *frames;
	put_run(&out, buf_str(&run));
	struct wire in = wire_from(buf_str(&out));
	REQUIRE(frames_open(&in, len, NULL, &frames) == ERR_OK);
	CHECK(wire_done(&in));
	struct str got;
	for (size_t i = 0; i < 200; i++) {
		size_t at = tap_random() % (len + 1);
		size_t most = i < 190 ? 1000 : len;
		size_t part = tap_random() % (MIN_OF(len - at, most) + 1);
		REQUIRE(frames_view(frames, at, part, &got) == ERR_OK);
		CHECK(str_eq(got, str_make(run.ptr + at, part)));
	}
	CHECK_EQ(frames_view(frames, 0, len, &got), ERR_OK);
	CHECK(str_eq(got, buf_str(&run)));
	CHECK_EQ(frames_view(frames, len, 1, &got), ERR_CORRUPT);
	CHECK_EQ(frames_view(frames, 1, len, &got), ERR_CORRUPT);
	CHECK_EQ(frames_view(frames, UINT64_MAX, 2, &got), ERR_CORRUPT);
	frames_free(frames);
	for (size_t cut = 0; cut < out.len; cut += 1 + out.len / 20) {
		struct wire half = wire_from(str_make(out.ptr, cut));
		CHECK_EQ(frames_open(&half, len, NULL, &frames), ERR_CORRUPT);
	}
	buf_deinit(&out);
	buf_deinit(&run);
}

TEST(runs_of_all_kinds_of_sizes_come_back) {
	static const size_t sizes[] = {0,
	                               1,
	                               15,
	                               65536,
	                               262144,
	                               262145,
	                               300000,
	                               393216,
	                               393217,
	                               (4 << 20) - 1,
	                               1 << 20,
	                               (1 << 20) + 1,
	                               (8 << 20) - 1,
	                               9 << 20};
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		check_run(sizes[i], i % 2 == 0 ? 0 : 3);
		check_run(sizes[i], 100);
	}
}

static uint64_t head_of(size_t len, size_t vocabulary) {
	struct buf run = {0};
	struct buf out = {0};
	while (run.len < len) {
		uint64_t word = tap_random() % vocabulary * 0x9e3779b97f4a7c15;
		buf_printf(&run, "%016llx ", (unsigned long long)word);
	}
	put_run(&out, buf_str(&run));
	struct wire in = wire_from(buf_str(&out));
	uint64_t head_len = wire_varint(&in);
	buf_deinit(&out);
	buf_deinit(&run);
	return head_len;
}

TEST(a_long_head_is_taken_where_it_pays) {
	CHECK_EQ(head_of(1 << 20, 30000), 512 << 10);
	CHECK_EQ(head_of(1 << 20, 100), FRAMES_SIZE);
	CHECK_EQ(head_of(9 << 20, 80000), FRAMES_HEAD_MAX);
	CHECK_EQ(head_of(7 << 20, 30000), 512 << 10);
	CHECK_EQ(head_of(9 << 20, 100), FRAMES_SIZE);
}

TEST(more_frames_than_are_kept_come_back) {
	struct buf run = make_run(6 << 20, 1);
	struct buf out = {0};
	struct frames *frames;
	put_run(&out, buf_str(&run));
	struct wire in = wire_from(buf_str(&out));
	REQUIRE(frames_open(&in, run.len, NULL, &frames) == ERR_OK);
	size_t wrong = 0;
	for (size_t i = 0; i < 1500; i++) {
		struct str got = STR("");
		size_t at = tap_random() % (run.len - 100);
		enum err err = frames_view(frames, at, 100, &got);
		wrong += err != ERR_OK || !str_eq(got, str_make(run.ptr + at, 100));
	}
	CHECK_EQ(wrong, 0);
	frames_free(frames);
	buf_deinit(&out);
	buf_deinit(&run);
}

TEST(damage_gives_an_error_or_other_bytes) {
	for (size_t round = 0; round < tap_rounds(60); round++) {
		size_t len = tap_random() % 400000;
		struct buf run = make_run(len + 1, 2);
		struct buf out = {0};
		put_run(&out, buf_str(&run));
		out.ptr[tap_random() % (round % 2 == 0 ? out.len : MIN_OF(out.len, (size_t)20))] ^=
		    (char)(1 << tap_random() % 8);
		struct wire in = wire_from(buf_str(&out));
		struct frames *frames;
		if (frames_open(&in, run.len, NULL, &frames) == ERR_OK) {
			struct str got;
			enum err err = frames_view(frames, 0, run.len, &got);
			CHECK(err == ERR_CORRUPT || (err == ERR_OK && got.len == run.len));
			frames_free(frames);
		}
		buf_deinit(&run);
		buf_deinit(&out);
	}
}

TEST(lengths_that_cannot_be_true_are_refused) {
	struct frames *frames;
	struct wire in = wire_from(STR("\x80\x80\x08\x02"));
	CHECK_EQ(frames_open(&in, UINT64_MAX, NULL, &frames), ERR_CORRUPT);
	in = wire_from(STR("\x80\x80\x08\x02xy"));
	CHECK_EQ(frames_open(&in, 1 << 20, NULL, &frames), ERR_CORRUPT);
	in = wire_from(STR("\x00\x01x"));
	CHECK_EQ(frames_open(&in, 1, NULL, &frames), ERR_CORRUPT);
	in = wire_from(STR("\x02\x01x"));
	CHECK_EQ(frames_open(&in, 1, NULL, &frames), ERR_CORRUPT);
}

/* Frames and blobs: there and back; what is not exactly one frame of the right length is refused.
 */
#include "codec/compress.h"

#include "tap.h"

static void check_blob(struct str bytes) {
	struct buf out = {0};
	blob_put(&out, bytes, COMPRESS_FAST);
	CHECK(out.len <= bytes.len + 12);
	struct wire in = wire_from(buf_str(&out));
	struct blob blob = blob_get(&in, bytes.len);
	CHECK(wire_done(&in));
	CHECK(blob.len == bytes.len);
	char *back = malloc(bytes.len + 1);
	CHECK_EQ(blob_decode(&blob, back), ERR_OK);
	CHECK(bytes.len == 0 || memcmp(back, bytes.ptr, bytes.len) == 0);
	for (size_t cut = 0; cut < MIN_OF(out.len, (size_t)64); cut++) {
		struct wire half = wire_from(str_make(out.ptr, cut));
		(void)blob_get(&half, bytes.len);
		CHECK(half.bad);
	}
	if (bytes.len > 0) {
		in = wire_from(buf_str(&out));
		(void)blob_get(&in, bytes.len - 1);
		CHECK(in.bad);
	}
	free(back);
	buf_deinit(&out);
}

TEST(blobs_of_all_kinds_come_back) {
	struct buf bytes = {0};
	for (size_t len = 0; len < 40; len++) {
		check_blob(buf_str(&bytes));
		buf_append_char(&bytes, 'a');
	}
	bytes.len = 0;
	for (size_t i = 0; i < 5000; i++) {
		buf_printf(&bytes, "line %zu of a log\n", i);
	}
	check_blob(buf_str(&bytes));
	bytes.len = 0;
	for (size_t i = 0; i < 5000; i++) {
		buf_append_char(&bytes, (char)tap_random());
	}
	check_blob(buf_str(&bytes));
	buf_deinit(&bytes);
}

TEST(only_one_whole_frame_of_the_right_length_is_taken) {
	struct buf frame = {0};
	char text[1000];
	char back[1001];
	memset(text, 'x', sizeof(text));
	REQUIRE(compress_append(&frame, str_make(text, sizeof(text)), COMPRESS_BEST));
	CHECK_EQ(compress_decode(buf_str(&frame), back, 1000), ERR_OK);
	CHECK_EQ(compress_decode(buf_str(&frame), back, 999), ERR_CORRUPT);
	CHECK_EQ(compress_decode(buf_str(&frame), back, 1001), ERR_CORRUPT);
	CHECK_EQ(compress_decode(str_make(frame.ptr, frame.len - 1), back, 1000), ERR_CORRUPT);
	CHECK_EQ(compress_decode(STR(""), back, 0), ERR_CORRUPT);
	buf_append_char(&frame, 0);
	CHECK_EQ(compress_decode(buf_str(&frame), back, 1000), ERR_CORRUPT);
	buf_deinit(&frame);
}

TEST(bytes_that_do_not_shrink_are_left_alone) {
	struct buf out = {0};
	CHECK(!compress_append(&out, STR("short"), COMPRESS_FAST));
	CHECK(!compress_append(&out, STR("0123456789abcdefghijklmnopqrstuvwxyz"), COMPRESS_FAST));
	CHECK_EQ(out.len, 0);
	buf_deinit(&out);
}

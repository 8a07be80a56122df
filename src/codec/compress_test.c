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

/* Text of count random words of vocabulary different ones. */
static void put_words(struct buf *out, size_t count, size_t vocabulary) {
	for (size_t i = 0; i < count; i++) {
		buf_printf(out, "%07zx ", (size_t)(tap_random() % vocabulary) * 2654435 % 0xfffffff);
	}
}

/* Compresses bytes behind prefix and decodes them; returns the length of the frame. */
static size_t check_behind(struct str prefix, struct str bytes) {
	struct buf frame = {0};
	struct compress_prefix *made = compress_prefix_new(prefix, COMPRESS_BEST);
	bool smaller = compress_append_behind(&frame, bytes, made);
	compress_prefix_free(made);
	char *back = malloc(bytes.len + 1);
	if (smaller) {
		CHECK_EQ(compress_decode_behind(buf_str(&frame), prefix, back, bytes.len), ERR_OK);
		CHECK(memcmp(back, bytes.ptr, bytes.len) == 0);
		CHECK_EQ(compress_decode_behind(buf_str(&frame), prefix, back, bytes.len + 1), ERR_CORRUPT);
	}
	size_t len = smaller ? frame.len : bytes.len;
	free(back);
	buf_deinit(&frame);
	return len;
}

TEST(frames_behind_a_prefix_come_back_and_use_it) {
	struct buf words = {0};
	put_words(&words, 20000, 5000);
	struct str prefix = str_make(words.ptr, 120000);
	struct str bytes = str_make(words.ptr + 120000, 30000);
	size_t alone = check_behind(STR(""), bytes);
	CHECK(check_behind(prefix, bytes) * 10 < alone * 9);
	CHECK(check_behind(prefix, str_make(prefix.ptr + 100, 30000)) < 100);
	CHECK_EQ(check_behind(prefix, STR("")), 0);
	buf_deinit(&words);
}

TEST(a_frame_decodes_only_behind_its_own_prefix_and_leaves_none_behind) {
	struct buf words = {0};
	struct buf frame = {0};
	char back[20000];
	put_words(&words, 5000, 5000);
	struct str prefix = str_make(words.ptr, 20000);
	struct compress_prefix *made = compress_prefix_new(prefix, COMPRESS_FAST);
	REQUIRE(compress_append_behind(&frame, prefix, made));
	compress_prefix_free(made);
	CHECK_EQ(compress_decode_behind(buf_str(&frame), prefix, back, 20000), ERR_OK);
	CHECK_EQ(compress_decode(buf_str(&frame), back, 20000), ERR_CORRUPT);
	struct str cut = str_make(frame.ptr, frame.len - 1);
	CHECK_EQ(compress_decode_behind(cut, prefix, back, 20000), ERR_CORRUPT);
	CHECK_EQ(compress_decode(buf_str(&frame), back, 20000), ERR_CORRUPT);
	frame.len = 0;
	REQUIRE(compress_append(&frame, prefix, COMPRESS_FAST));
	CHECK_EQ(compress_decode(buf_str(&frame), back, 20000), ERR_OK);
	buf_deinit(&frame);
	buf_deinit(&words);
}

TEST(a_prefix_that_looks_like_a_dictionary_of_zstd_is_content) {
	struct buf bytes = {0};
	buf_append_str(&bytes, STR("\x37\xa4\x30\xec"));
	put_words(&bytes, 1000, 1000);
	CHECK(check_behind(buf_str(&bytes), buf_str(&bytes)) < 100);
	CHECK(check_behind(str_make(bytes.ptr, 4), buf_str(&bytes)) < bytes.len);
	buf_deinit(&bytes);
}

TEST(lengths_that_cannot_be_true_are_known) {
	CHECK(compress_may_be(0, 100));
	CHECK(compress_may_be(1, 32768));
	CHECK(!compress_may_be(1, 65536));
	CHECK(!compress_may_be(1 << 20, UINT64_MAX));
}

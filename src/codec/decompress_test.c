#include "codec/decompress.h"

#include <bzlib.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#include "base/buf.h"
#include "tap.h"

static void pack(enum compression compression, struct str text, struct buf *out) {
	size_t cap = text.len + 4096;
	char *at = buf_reserve(out, cap);
	size_t len = 0;
	if (compression == COMPRESSION_GZIP) {
		z_stream z = {0};
		REQUIRE(deflateInit2(&z, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY) == Z_OK);
		z.next_in = (Bytef *)(uintptr_t)text.ptr;
		z.avail_in = (uInt)text.len;
		z.next_out = (Bytef *)at;
		z.avail_out = (uInt)cap;
		CHECK(deflate(&z, Z_FINISH) == Z_STREAM_END);
		len = cap - z.avail_out;
		(void)deflateEnd(&z);
	} else if (compression == COMPRESSION_ZSTD) {
		len = ZSTD_compress(at, cap, text.ptr, text.len, 3);
		CHECK(!ZSTD_isError(len));
	} else if (compression == COMPRESSION_XZ) {
		CHECK(lzma_easy_buffer_encode(1, LZMA_CHECK_CRC32, NULL, (const uint8_t *)text.ptr,
		                              text.len, (uint8_t *)at, &len, cap) == LZMA_OK);
	} else {
		unsigned packed = (unsigned)cap;
		CHECK(BZ2_bzBuffToBuffCompress(at, &packed, (char *)(uintptr_t)text.ptr, (unsigned)text.len,
		                               1, 0, 0) == BZ_OK);
		len = packed;
	}
	out->len += len;
}

/* Gives the input in pieces of step bytes and takes the output in pieces of 100. */
static enum err unpack(enum compression compression, struct str in, size_t step, struct buf *out,
                       struct diag *diag) {
	struct decompressor *d = decompressor_new(compression);
	struct buf waiting = {0};
	bool done = false;
	enum err err = ERR_OK;
	size_t given = 0;
	while (!done && err == ERR_OK) {
		size_t more = MIN_OF(step, in.len - given);
		buf_append(&waiting, in.ptr + given, more);
		given += more;
		struct str left = buf_str(&waiting);
		size_t got;
		do {
			err = decompressor_run(d, &left, given == in.len, buf_reserve(out, 100), 100, &got,
			                       &done, diag);
			out->len += got;
		} while (err == ERR_OK && !done && got > 0);
		if (left.len > 0) {
			memmove(waiting.ptr, left.ptr, left.len);
		}
		waiting.len = left.len;
	}
	buf_deinit(&waiting);
	decompressor_free(d);
	return err;
}

static void sample(struct buf *text) {
	for (int i = 0; i < 3000; i++) {
		buf_printf(text, "line %d says %llx\n", i, (unsigned long long)tap_random());
	}
}

TEST(every_compression_is_recognised_and_undone_in_pieces_of_any_size) {
	struct buf text = {0};
	struct buf packed = {0};
	struct buf back = {0};
	sample(&text);
	for (enum compression c = COMPRESSION_GZIP; c < COMPRESSION_COUNT; c++) {
		buf_clear(&packed);
		pack(c, buf_str(&text), &packed);
		CHECK_EQ(compression_detect(str_slice(buf_str(&packed), 0, 16)), c);
		for (size_t step = 1; step < 100000; step = step * 7 + 1) {
			struct diag diag = {0};
			buf_clear(&back);
			CHECK(unpack(c, buf_str(&packed), step, &back, &diag) == ERR_OK);
			CHECK(str_eq(buf_str(&back), buf_str(&text)));
		}
	}
	buf_deinit(&text);
	buf_deinit(&packed);
	buf_deinit(&back);
}

TEST(several_members_one_after_the_other_are_one_text) {
	struct buf packed = {0};
	struct buf back = {0};
	for (enum compression c = COMPRESSION_GZIP; c < COMPRESSION_COUNT; c++) {
		struct diag diag = {0};
		buf_clear(&packed);
		buf_clear(&back);
		pack(c, STR("one\n"), &packed);
		pack(c, STR(""), &packed);
		pack(c, STR("two\n"), &packed);
		CHECK(unpack(c, buf_str(&packed), 5, &back, &diag) == ERR_OK);
		CHECK_STR(back, "one\ntwo\n");
	}
	buf_deinit(&packed);
	buf_deinit(&back);
}

TEST(bytes_behind_the_end_are_told_and_what_was_before_is_good) {
	struct buf packed = {0};
	struct buf back = {0};
	for (enum compression c = COMPRESSION_GZIP; c < COMPRESSION_COUNT; c++) {
		struct diag diag = {0};
		buf_clear(&packed);
		buf_clear(&back);
		pack(c, STR("one\n"), &packed);
		buf_append_str(&packed, STR("junk behind"));
		CHECK(unpack(c, buf_str(&packed), 1000, &back, &diag) == ERR_INVALID);
		CHECK(strstr(diag.message, "other bytes follow") != NULL);
		CHECK_STR(back, "one\n");
	}
	buf_deinit(&packed);
	buf_deinit(&back);
}

TEST(cut_off_data_gives_a_prefix_and_says_so_at_every_length) {
	struct buf text = {0};
	struct buf packed = {0};
	struct buf back = {0};
	sample(&text);
	for (enum compression c = COMPRESSION_GZIP; c < COMPRESSION_COUNT; c++) {
		buf_clear(&packed);
		pack(c, buf_str(&text), &packed);
		for (size_t len = 0; len < packed.len; len += 997) {
			struct diag diag = {0};
			buf_clear(&back);
			CHECK(unpack(c, str_make(packed.ptr, len), 4096, &back, &diag) == ERR_INVALID);
			CHECK(str_starts(buf_str(&text), buf_str(&back)));
		}
	}
	/* gzip gives what it can up to the very cut. */
	struct diag diag = {0};
	buf_clear(&packed);
	pack(COMPRESSION_GZIP, buf_str(&text), &packed);
	buf_clear(&back);
	CHECK(unpack(COMPRESSION_GZIP, str_make(packed.ptr, packed.len / 2), 4096, &back, &diag) ==
	      ERR_INVALID);
	CHECK(back.len > text.len / 3);
	buf_deinit(&text);
	buf_deinit(&packed);
	buf_deinit(&back);
}

TEST(a_wrong_checksum_is_told) {
	struct buf packed = {0};
	struct buf back = {0};
	struct diag diag = {0};
	pack(COMPRESSION_GZIP, STR("hello\n"), &packed);
	packed.ptr[packed.len - 6] ^= 1;
	CHECK(unpack(COMPRESSION_GZIP, buf_str(&packed), 100, &back, &diag) == ERR_INVALID);
	CHECK_STR(back, "hello\n");
	buf_deinit(&packed);
	buf_deinit(&back);
}

TEST(names_lose_the_suffix_of_their_compression) {
	struct str added;
	CHECK_STR(compression_strip(COMPRESSION_GZIP, STR("x.log.gz"), &added), "x.log");
	CHECK_STR(added, "");
	CHECK_STR(compression_strip(COMPRESSION_GZIP, STR("x.TGZ"), &added), "x");
	CHECK_STR(added, ".tar");
	CHECK_STR(compression_strip(COMPRESSION_GZIP, STR("x.zst"), &added), "x.zst");
	CHECK_STR(compression_strip(COMPRESSION_XZ, STR(".xz"), &added), ".xz");
}

TEST(a_text_that_begins_like_bzip2_is_text) {
	CHECK_EQ(compression_detect(STR("BZh9 is how it begins\n")), COMPRESSION_NONE);
	CHECK_EQ(compression_detect(STR("")), COMPRESSION_NONE);
}

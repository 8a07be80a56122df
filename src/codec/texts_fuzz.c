/* Arbitrary bytes as a text pool. What opens must answer the same question in the same way however
 * it is asked, and what is well must survive a round trip. */
#include <stdlib.h>

#include "base/bits.h"
#include "codec/texts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { COUNT_MAX = 20000, TOTAL_MAX = 8 << 20 };

static bool is_odd(void *ctx, struct str text) {
	++*(size_t *)ctx;
	return text.len > 0 && (text.ptr[text.len - 1] & 1) == 1;
}

static void check_again(struct str bytes, const uint32_t *lens, size_t count) {
	static const char slack[PACKED_SLACK];
	struct texts_writer *writer = texts_writer_new();
	struct buf out = {0};
	struct buf back = {0};
	size_t at = 0;
	for (size_t i = 0; i < count; i++) {
		texts_writer_add(writer, str_slice(bytes, at, at + lens[i]));
		at += lens[i];
	}
	texts_writer_put(writer, &out);
	texts_writer_free(writer);
	struct wire in = wire_from(buf_str(&out));
	buf_append(&out, slack, sizeof(slack));
	in = wire_from(str_make(out.ptr, out.len - sizeof(slack)));
	struct texts *texts;
	uint32_t *lens_back = malloc((count + 1) * sizeof(*lens_back));
	ASSERT(texts_open(&in, NULL, &texts) == ERR_OK);
	ASSERT(wire_done(&in));
	ASSERT(texts_check(texts) == ERR_OK);
	ASSERT(texts_get_many(texts, 0, count, &back, lens_back) == ERR_OK);
	ASSERT(str_eq(buf_str(&back), bytes));
	ASSERT(count == 0 || memcmp(lens, lens_back, count * sizeof(*lens)) == 0);
	texts_free(texts);
	free(lens_back);
	buf_deinit(&back);
	buf_deinit(&out);
}

static void use(struct texts *texts) {
	size_t count = texts_count(texts);
	struct buf bytes = {0};
	struct buf found = {0};
	struct buf hits = {0};
	struct texts_seek seek = {0};
	size_t asked = 0;
	uint32_t *lens = malloc((count + 1) * sizeof(*lens));
	bool whole = texts_get_many(texts, 0, count, &bytes, lens) == ERR_OK;
	if (whole) {
		ASSERT(texts_total(texts, 0, count) == bytes.len);
		(void)texts_may_have(texts, str_slice(buf_str(&bytes), 0, 5));
		check_again(buf_str(&bytes), lens, count);
	}
	bool well = texts_check(texts) == ERR_OK;
	ASSERT(!well || whole);
	ASSERT(!well || count == 0 || texts_len(texts, count - 1) == lens[count - 1]);
	if (texts_find(texts, 0, count, is_odd, &asked, &found) == ERR_OK && well &&
	    texts_seek(texts, is_odd, &asked, &seek) == ERR_OK) {
		texts_hits(texts, &seek, 0, count, &hits);
		ASSERT(str_eq(buf_str(&found), buf_str(&hits)));
	}
	texts_seek_deinit(&seek);
	(void)texts_may_have_word(texts, str_slice(buf_str(&bytes), 0, 5), true);
	if (bytes.len > 0 && texts_seek_needle(texts, str_slice(buf_str(&bytes), 0, 2), NULL, is_odd,
	                                       &asked, &seek) == ERR_OK) {
		texts_hits(texts, &seek, 0, count, &hits);
		texts_seek_deinit(&seek);
	}
	free(lens);
	buf_deinit(&bytes);
	buf_deinit(&found);
	buf_deinit(&hits);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	char *bytes = calloc(1, size + PACKED_SLACK);
	ASSERT(bytes != NULL);
	if (size > 0) {
		memcpy(bytes, data, size);
	}
	struct wire in = wire_from(str_make(bytes, size));
	struct texts *texts;
	if (texts_open(&in, NULL, &texts) == ERR_OK) {
		if (texts_count(texts) <= COUNT_MAX &&
		    texts_total(texts, 0, texts_count(texts)) <= TOTAL_MAX) {
			use(texts);
		}
		texts_free(texts);
	}
	free(bytes);
	return 0;
}

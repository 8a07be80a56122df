/* The inputs of fuzz targets that writers made are of the present format: what refuses them at once
 * tries nothing. seed_maker.c makes them.
 */
#include <stdio.h>

#include "codec/texts.h"
#include "codec/word_filter.h"
#include "store/block_values.h"
#include "store/segment_table.h"
#include "store/view_private.h"
#include "tap.h"

static bool read_seed(const char *name, struct buf *out) {
	char path[1024];
	(void)snprintf(path, sizeof(path), "%s/corpora/%s", tap_folder(), name);
	return CHECK_EQ(os_read_file(os_real(), path, 1 << 20, out), ERR_OK) && CHECK(out->len > 1);
}

/* All parts of a block open; those that large blocks have say something. */
static void check_block(const char *name, bool large) {
	struct buf bytes CLEANUP(buf_deinit) = {0};
	struct block *block;
	struct lines *lines;
	struct layouts *layouts;
	struct block_values *values;
	const struct word_filter *words;
	REQUIRE(read_seed(name, &bytes));
	enum { KEPT = 6 }; /* bodies that are not their row's text */
	uint32_t rows = 1 + (uint8_t)bytes.ptr[0] % 64;
	REQUIRE(block_open(str_slice(buf_str(&bytes), 1, bytes.len), rows, KEPT, &block) == ERR_OK);
	CHECK_EQ(block_texts(block, &lines), ERR_OK);
	CHECK_EQ(lines_check(lines), ERR_OK);
	CHECK_EQ(block_layouts(block, &layouts), ERR_OK);
	CHECK_EQ(block_bodies(block, &lines), ERR_OK);
	if (CHECK_EQ(block_words_of(block, &words), ERR_OK)) {
		for (size_t i = 0; i < BLOCK_WORDS_PARTS; i++) {
			CHECK_EQ(words[i].bits.len > 0, large);
		}
	}
	CHECK_EQ(block_values_of(block, &values), ERR_OK);
	CHECK_EQ(block_values_known(values), large);
	block_free(block);
}

TEST(blocks_among_the_seeds_open) {
	check_block("block/whole", false);
	check_block("block/fields", false);
	check_block("block/large-0", true);
}

TEST(segments_among_the_seeds_open) {
	struct buf bytes CLEANUP(buf_deinit) = {0};
	struct segment *segment;
	struct store_view *view;
	const struct str *texts;
	struct diag diag = {0};
	REQUIRE(read_seed("segment/whole-2", &bytes));
	REQUIRE(segment_open_bytes(str_slice(buf_str(&bytes), 1, bytes.len), "seed", &segment, &diag) ==
	        ERR_OK);
	if (CHECK_EQ(segment_view(segment, 0, NULL, &view, &diag), ERR_OK)) {
		CHECK_EQ(store_view_texts(view, &texts), ERR_OK);
		store_view_free(view);
	}
	segment_free(segment);
}

static void check_lines(const char *name) {
	struct buf bytes CLEANUP(buf_deinit) = {0};
	struct checked *checked;
	struct lines *lines;
	struct str parts[LINES_PARTS];
	REQUIRE(read_seed(name, &bytes));
	struct wire in = wire_from(buf_str(&bytes));
	uint32_t rows = (uint32_t)wire_varint_max(&in, UINT16_MAX);
	(void)wire_varint_max(&in, UINT16_MAX); /* bits */
	(void)wire_bytes(&in, wire_varint_max(&in, UINT16_MAX));
	REQUIRE(checked_open(wire_bytes(&in, wire_left(&in)), &checked) == ERR_OK);
	REQUIRE(checked_count(checked) == LINES_PARTS);
	for (size_t i = 0; i < LINES_PARTS; i++) {
		parts[i] = checked_peek(checked, i);
	}
	if (CHECK_EQ(lines_open(parts, checked, rows, &lines), ERR_OK)) {
		CHECK_EQ(lines_check(lines), ERR_OK);
		lines_free(lines);
	}
	checked_free(checked);
}

TEST(lines_among_the_seeds_open) {
	check_lines("lines/few");
	check_lines("lines/some");
	check_lines("lines/shapes");
	check_lines("lines/one");
	check_lines("lines/series");
}

TEST(pools_of_strings_among_the_seeds_open) {
	static const char *const names[] = {"texts/few",  "texts/dictionary",  "texts/frames",
	                                    "texts/both", "texts/empty_entry", "texts/long_strings"};
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct buf bytes CLEANUP(buf_deinit) = {0};
		struct texts *texts;
		REQUIRE(read_seed(names[i], &bytes));
		memset(buf_reserve(&bytes, PACKED_SLACK), 0, PACKED_SLACK);
		struct wire in = wire_from(buf_str(&bytes));
		if (CHECK_EQ(texts_open(&in, NULL, &texts), ERR_OK)) {
			CHECK(wire_done(&in));
			CHECK_EQ(texts_check(texts), ERR_OK);
			texts_free(texts);
		}
	}
}

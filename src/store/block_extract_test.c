/* What is extracted of rows is what the regular expression takes of their texts. */
#include "store/block_extract.h"

#include "base/bits.h"
#include "tap.h"

#include "store/batch_sample.h"
#include "store/view_sample.h"

enum { ROWS = 500, FIRST = 7000, WORDS = ROWS / 64 + 1 };

struct fixture {
	struct batch *batch;
	struct store_page *page;
	struct viewed viewed;
	struct lines *lines;
	uint64_t bits[WORDS];
};

static bool setup(struct fixture *f) {
	struct diag diag = {0};
	*f = (struct fixture){.batch = sample_batch(ROWS, tap_random(), true)};
	return CHECK_EQ(page_encode(f->batch, sample_plan(f->batch, FIRST), &f->page, &diag), ERR_OK) &&
	       CHECK(viewed_make(&f->viewed, f->page, NULL)) &&
	       CHECK_EQ(block_texts(f->viewed.block, &f->lines), ERR_OK);
}

static void teardown(struct fixture *f) {
	viewed_deinit(&f->viewed);
	page_free(f->page);
	batch_free(f->batch);
}

static enum err times_of(void *ctx, const int64_t **out_times) {
	const struct fixture *f = ctx;
	return store_view_times(f->viewed.view, out_times);
}

static struct block_columns *columns_of(struct fixture *f, bool all) {
	struct layouts *layouts;
	memset(f->bits, 0, sizeof(f->bits));
	for (uint32_t row = 0; row < f->page->rows; row++) {
		if (tap_random() % 3 != 0) {
			bits_set(f->bits, row);
		}
	}
	CHECK_EQ(block_layouts(f->viewed.block, &layouts), ERR_OK);
	struct block_columns_rows rows = {.all = f->page->rows, .bits = all ? NULL : f->bits};
	return block_columns_new(f->lines, layouts, &rows, times_of, f);
}

/* Returns how many rows the group took part in. */
static size_t compare(struct fixture *f, struct block_columns *columns, const struct regex *regex) {
	const struct str *texts;
	const uint32_t *which;
	uint32_t codes[ROWS] = {0};
	uint32_t *all_codes[] = {codes};
	uint32_t rows;
	size_t count = 0;
	struct lines_coder *coder = lines_coder_new(f->lines, UINT32_MAX);
	struct regex_run *run = regex_run_new(regex);
	CHECK_EQ(block_columns_rows(columns, &rows), ERR_OK);
	CHECK_EQ(block_extract(columns, regex, &coder, all_codes), ERR_OK);
	CHECK_EQ(block_columns_which(columns, &which), ERR_OK);
	CHECK_EQ(store_view_texts(f->viewed.view, &texts), ERR_OK);
	for (uint32_t i = 0; i < rows; i++) {
		struct str taken;
		bool match;
		CHECK_EQ(regex_match(regex, run, texts[which[i]], &match), ERR_OK);
		bool has = match && regex_captured(regex, run, 0, texts[which[i]], &taken);
		CHECK_EQ(codes[i] != 0, has);
		if (has && codes[i] != 0) {
			CHECK(str_eq(lines_coder_text(coder, codes[i]), taken));
			CHECK_EQ(lines_coder_tag(coder, codes[i]), VALUE_STRING);
			count++;
		}
	}
	regex_run_free(run);
	lines_coder_free(coder);
	return count;
}

/* A pattern that begins with a piece of some row. */
static bool some_regex(struct fixture *f, struct regex **out_regex) {
	static const char *const ends[] = {"(?<x>\\S+)",    "(?<x>.{2})",        "\\S*(?<x>.)?",
	                                   "(?<x>\\d*)\\D", "(?<x>[^ ]* [^ ]*)", "(?<x>.*)"};
	struct buf pattern CLEANUP(buf_deinit) = {0};
	struct diag diag = {0};
	struct str begins;
	const char *mask;
	struct str text = batch_text(f->batch, (uint32_t)(tap_random() % ROWS));
	size_t from = text.len < 8 ? 0 : tap_random() % (text.len - 7);
	struct str piece = str_slice(text, from, from + 3 + tap_random() % 5);
	buf_append_str(&pattern, STR("(?-i)"));
	for (size_t i = 0; i < piece.len; i++) {
		bool plain = char_is_alpha(piece.ptr[i]) || char_is_digit(piece.ptr[i]) ||
		             (unsigned char)piece.ptr[i] >= 0x80;
		buf_printf(&pattern, "%s%c", plain ? "" : "\\", piece.ptr[i]);
	}
	buf_append_str(&pattern, str_from(ends[tap_random() % ARRAY_LEN(ends)]));
	if (regex_new(buf_str(&pattern), out_regex, &diag) != ERR_OK) {
		return false;
	}
	if (!regex_begins(*out_regex, &begins, &mask)) {
		regex_free(*out_regex);
		return false;
	}
	return true;
}

TEST(what_is_extracted_is_what_the_texts_have) {
	size_t taken = 0;
	for (size_t round = 0; round < tap_rounds(6); round++) {
		struct fixture f;
		if (setup(&f)) {
			for (size_t i = 0; i < 40; i++) {
				struct regex *regex;
				if (some_regex(&f, &regex)) {
					struct block_columns *columns = columns_of(&f, i % 3 == 0);
					taken += compare(&f, columns, regex);
					block_columns_free(columns);
					regex_free(regex);
				}
			}
		}
		teardown(&f);
	}
	CHECK(taken > 1000);
}

TEST(other_regular_expressions_are_refused) {
	struct fixture f;
	struct regex *regex = NULL;
	struct diag diag = {0};
	REQUIRE(regex_new(STR("^(?<x>.)"), &regex, &diag) == ERR_OK);
	if (setup(&f)) {
		struct block_columns *columns = columns_of(&f, true);
		CHECK_EQ(block_extract(columns, regex, NULL, NULL), ERR_UNSUPPORTED);
		block_columns_free(columns);
	}
	teardown(&f);
	regex_free(regex);
}

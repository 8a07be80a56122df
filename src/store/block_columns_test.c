/* Codes of a field stand for the values that a view of the rows gives. */
#include "store/block_columns.h"

#include "base/bits.h"
#include "tap.h"

#include "store/batch_sample.h"
#include "store/list_text.h"
#include "store/view_sample.h"

enum { ROWS = 500, FIRST = 7000, WORDS = ROWS / 64 + 1 };

struct fixture {
	struct batch *batch;
	struct store_page *page;
	struct viewed viewed;
	uint64_t bits[WORDS];
	bool shapes[ROWS + 1];
};

enum which { ALL, SOME, SHAPES };

static bool setup(struct fixture *f, bool sample) {
	struct diag diag = {0};
	*f = (struct fixture){.batch =
	                          sample ? sample_batch(ROWS, tap_random(), true) : random_batch(ROWS)};
	return CHECK_EQ(page_encode(f->batch, sample_plan(f->batch, FIRST), &f->page, &diag), ERR_OK) &&
	       CHECK(viewed_make(&f->viewed, f->page, NULL));
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

/* Some rows, or those of some shapes. */
static void choose(struct fixture *f, struct lines *lines, enum which which) {
	uint32_t shapes[ROWS];
	uint32_t ranks[ROWS];
	uint64_t every = 1 + tap_random() % 20;
	memset(f->bits, 0, sizeof(f->bits));
	CHECK_EQ(lines_order(lines, 0, f->page->rows, shapes, ranks), ERR_OK);
	for (uint32_t i = 0; i < lines_shapes(lines); i++) {
		f->shapes[i] = tap_random() % every == 0;
	}
	for (uint32_t row = 0; row < f->page->rows; row++) {
		if (which == SHAPES ? f->shapes[shapes[row]] : tap_random() % every == 0) {
			bits_set(f->bits, row);
		}
	}
}

static struct block_columns *columns_of(struct fixture *f, enum which which) {
	struct lines *lines;
	struct layouts *layouts;
	CHECK_EQ(block_texts(f->viewed.block, &lines), ERR_OK);
	CHECK_EQ(block_layouts(f->viewed.block, &layouts), ERR_OK);
	choose(f, lines, which);
	struct block_columns_rows rows = {.all = f->page->rows,
	                                  .bits = which == SOME ? f->bits : NULL,
	                                  .shapes = which == SHAPES ? f->shapes : NULL};
	return block_columns_new(lines, layouts, &rows, times_of, f);
}

/* Whether a code is this value. */
static bool is_value(const struct lines_coder *coder, uint32_t code, struct value value) {
	struct buf list CLEANUP(buf_deinit) = {0};
	if (code == 0 || value.kind == VALUE_NONE) {
		return code == 0 && value.kind == VALUE_NONE;
	}
	struct str text = lines_coder_text(coder, code);
	if (lines_coder_tag(coder, code) == BLOCK_COLUMN_ARRAY) {
		return value.kind == VALUE_LIST && list_text_read(text, &list) &&
		       str_eq(buf_str(&list), value.text);
	}
	return lines_coder_tag(coder, code) == value.kind && str_eq(text, value.text);
}

static void check_field(struct fixture *f, struct block_columns *columns, struct str name,
                        size_t *values) {
	struct lines *lines;
	const struct column *column;
	const uint32_t *which;
	uint32_t codes[ROWS];
	uint32_t rows;
	CHECK_EQ(block_texts(f->viewed.block, &lines), ERR_OK);
	struct lines_coder *coder = lines_coder_new(lines, UINT32_MAX);
	CHECK_EQ(block_columns_rows(columns, &rows), ERR_OK);
	CHECK_EQ(block_columns_codes(columns, name, coder, codes), ERR_OK);
	CHECK_EQ(block_columns_which(columns, &which), ERR_OK);
	CHECK_EQ(store_view_column(f->viewed.view, name, &column), ERR_OK);
	for (uint32_t i = 0; i < rows; i++) {
		CHECK(is_value(coder, codes[i], column_get(column, which[i])));
		*values += codes[i] != 0;
	}
	lines_coder_free(coder);
}

static void check_all(struct fixture *f, enum which which, size_t *values) {
	struct block_columns *columns = columns_of(f, which);
	const struct str *names;
	size_t count = store_view_names(f->viewed.view, &names);
	uint32_t rows;
	CHECK_EQ(block_columns_rows(columns, &rows), ERR_OK);
	CHECK_EQ(rows, which == ALL ? f->page->rows : bits_count(f->bits, f->page->rows));
	for (size_t i = 0; i < count; i++) {
		check_field(f, columns, names[i], values);
	}
	check_field(f, columns, STR("no.such"), values);
	block_columns_free(columns);
}

TEST(codes_are_the_values_of_the_rows) {
	size_t values = 0;
	for (size_t round = 0; round < tap_rounds(8); round++) {
		struct fixture f;
		if (setup(&f, round % 4 == 0)) {
			check_all(&f, ALL, &values);
			check_all(&f, SOME, &values);
			check_all(&f, SHAPES, &values);
		}
		teardown(&f);
	}
	CHECK(values > 5000);
}

/* ---- counting ---- */

enum { NAMES_MAX = 64, MANY = 40 };

struct counts {
	struct lines_coder *coders[NAMES_MAX];
	bool gone[NAMES_MAX];
	uint64_t rows[NAMES_MAX][ROWS + 1];
};

static struct lines_coder *coder_of(void *ctx, uint32_t name) {
	const struct counts *counts = ctx;
	return counts->gone[name] ? NULL : counts->coders[name];
}
static void add_codes(void *ctx, uint32_t name, const uint32_t *codes, uint32_t count) {
	struct counts *counts = ctx;
	for (uint32_t i = 0; i < count; i++) {
		counts->rows[name][codes[i]]++;
	}
}
static void add_same(void *ctx, uint32_t name, uint32_t code, uint32_t count) {
	struct counts *counts = ctx;
	counts->rows[name][code] += count;
}
static void give_up(void *ctx, uint32_t name) {
	struct counts *counts = ctx;
	counts->gone[name] = true;
}

static void check_count(struct fixture *f, const struct counts *counts, uint32_t name,
                        struct str text, size_t *values) {
	const struct column *column;
	const struct lines_coder *coder = counts->coders[name];
	CHECK_EQ(store_view_column(f->viewed.view, text, &column), ERR_OK);
	for (uint32_t code = 1; code <= lines_coder_count(coder); code++) {
		uint64_t rows = 0;
		for (uint32_t row = 0; row < f->page->rows; row++) {
			rows += is_value(coder, code, column_get(column, row));
		}
		CHECK_EQ(counts->rows[name][code], rows);
		*values += rows;
	}
}

TEST(all_fields_are_counted_and_those_with_many_values_given_up) {
	size_t values = 0;
	size_t gone = 0;
	for (size_t round = 0; round < tap_rounds(6); round++) {
		struct fixture f;
		struct counts *counts = calloc(1, sizeof(*counts));
		struct block_counter counter = {counts, coder_of, add_codes, add_same, give_up};
		struct lines *lines;
		struct layouts *layouts;
		const struct str *names;
		if (setup(&f, round % 4 == 0)) {
			struct block_columns *columns = columns_of(&f, ALL);
			CHECK_EQ(block_texts(f.viewed.block, &lines), ERR_OK);
			CHECK_EQ(block_layouts(f.viewed.block, &layouts), ERR_OK);
			uint32_t count = layouts_names(layouts, &names);
			for (uint32_t i = 0; i < count; i++) {
				counts->coders[i] = lines_coder_new(lines, MANY);
			}
			CHECK_EQ(block_columns_count(columns, &counter), ERR_OK);
			for (uint32_t i = 0; i < count; i++) {
				gone += counts->gone[i];
				if (!counts->gone[i]) {
					check_count(&f, counts, i, names[i], &values);
				}
				lines_coder_free(counts->coders[i]);
			}
			block_columns_free(columns);
		}
		free(counts);
		teardown(&f);
	}
	CHECK(values > 500);
	CHECK(gone > 0);
}

/* Fields of a shape are what a view of the rows gives, or said to be unknown. */
#include "store/block_shape.h"

#include "tap.h"

#include "store/batch_sample.h"
#include "store/list_text.h"
#include "store/view_sample.h"

enum { ROWS = 500, FIRST = 7000 };

struct fixture {
	struct batch *batch;
	struct store_page *page;
	struct viewed viewed;
	struct lines *lines;
	struct layouts *layouts;
	struct block_columns *columns;
	struct block_shape *shape;
	size_t values, outside, unknown;
};

static enum err no_times(void *ctx, const int64_t **out_times) {
	(void)ctx;
	(void)out_times;
	return ERR_UNSUPPORTED;
}

static bool setup(struct fixture *f, struct batch *batch) {
	struct diag diag = {0};
	*f = (struct fixture){.batch = batch};
	if (!CHECK_EQ(page_encode(batch, sample_plan(batch, FIRST), &f->page, &diag), ERR_OK) ||
	    !CHECK(viewed_make(&f->viewed, f->page, NULL)) ||
	    !CHECK_EQ(block_texts(f->viewed.block, &f->lines), ERR_OK) ||
	    !CHECK_EQ(block_layouts(f->viewed.block, &f->layouts), ERR_OK)) {
		return false;
	}
	struct block_columns_rows all = {.all = f->page->rows};
	f->columns = block_columns_new(f->lines, f->layouts, &all, no_times, NULL);
	f->shape = block_shape_new(f->columns, f->lines, f->layouts);
	return true;
}

static void teardown(struct fixture *f) {
	block_shape_free(f->shape);
	block_columns_free(f->columns);
	viewed_deinit(&f->viewed);
	page_free(f->page);
	batch_free(f->batch);
}

static void check_value(struct fixture *f, const struct lines_coder *coder, uint32_t code,
                        struct value value) {
	struct buf list CLEANUP(buf_deinit) = {0};
	enum value_kind kind = VALUE_NONE;
	struct str text = STR("");
	if (code == BLOCK_SHAPE_ROW) {
		CHECK(value.kind != VALUE_NONE);
		f->unknown++;
		return;
	}
	if ((code & BLOCK_SHAPE_OUTSIDE) != 0) {
		text = block_shape_string(f->shape, code, &kind);
		f->outside++;
	} else if (code != BLOCK_SHAPE_NONE) {
		uint8_t tag = lines_coder_tag(coder, code);
		text = lines_coder_text(coder, code);
		kind = (enum value_kind)tag;
		if (tag == BLOCK_COLUMN_ARRAY) {
			kind = VALUE_LIST;
			CHECK(list_text_read(text, &list));
			text = buf_str(&list);
		}
	}
	CHECK_EQ(kind, value.kind);
	CHECK(str_eq(text, value.kind == VALUE_NONE ? STR("") : value.text));
	f->values++;
}

static void check_shape(struct fixture *f, uint32_t shape, struct lines_coder **coders) {
	const struct str *names;
	const struct column *column;
	uint32_t codes[ROWS];
	uint32_t ranks[ROWS];
	uint32_t shapes[ROWS];
	CHECK_EQ(lines_order(f->lines, 0, f->page->rows, shapes, ranks), ERR_OK);
	CHECK_EQ(block_shape_begin(f->shape, shape), ERR_OK);
	uint32_t count = layouts_names(f->layouts, &names);
	for (uint32_t i = 0; i < count && lines_shape_rows(f->lines, shape) > 0; i++) {
		CHECK_EQ(block_shape_codes(f->shape, i, coders[i], codes), ERR_OK);
		CHECK_EQ(store_view_column(f->viewed.view, names[i], &column), ERR_OK);
		for (uint32_t row = 0; row < f->page->rows; row++) {
			if (shapes[row] == shape) {
				check_value(f, coders[i], codes[ranks[row]], column_get(column, row));
			}
		}
	}
}

/* Some rows of a shape, and in which order their fields come. */
static void check_some(struct fixture *f, uint32_t shape, struct lines_coder **coders) {
	const struct str *names;
	struct row row;
	uint32_t codes[ROWS];
	uint32_t ranks[ROWS];
	uint32_t shapes[ROWS];
	uint32_t some[ROWS];
	uint32_t rows[ROWS]; /* of the page */
	uint32_t count = 0;
	uint64_t every = 1 + tap_random() % 9;
	CHECK_EQ(lines_order(f->lines, 0, f->page->rows, shapes, ranks), ERR_OK);
	for (uint32_t i = 0; i < f->page->rows; i++) {
		if (shapes[i] == shape && tap_random() % every == 0) {
			rows[count] = i;
			some[count++] = ranks[i];
		}
	}
	if (count == 0) {
		return;
	}
	CHECK_EQ(block_shape_begin_some(f->shape, shape, some, count), ERR_OK);
	(void)layouts_names(f->layouts, &names);
	for (uint32_t i = 0; i < count; i++) {
		const struct layout *layout;
		CHECK_EQ(store_view_row(f->viewed.view, rows[i], &row), ERR_OK);
		REQUIRE(block_shape_layout(f->shape, i, &layout) == ERR_OK);
		CHECK_EQ(layout->count, row.fields_count);
		for (uint32_t k = 0; k < MIN_OF(layout->count, row.fields_count); k++) {
			uint32_t name = layout->items[k].name;
			CHECK(str_eq(names[name], row.fields[k].name));
			CHECK_EQ(block_shape_codes(f->shape, name, coders[name], codes), ERR_OK);
			check_value(f, coders[name], codes[i], row.fields[k].value);
		}
	}
}

static void check_all(struct fixture *f) {
	const struct str *names;
	uint32_t count = layouts_names(f->layouts, &names);
	struct lines_coder **coders = calloc((size_t)count + 1, sizeof(struct lines_coder *));
	ASSERT(coders != NULL);
	for (uint32_t i = 0; i < count; i++) {
		coders[i] = lines_coder_new(f->lines, UINT32_MAX);
	}
	for (uint32_t shape = 0; shape < lines_shapes(f->lines); shape++) {
		check_shape(f, shape, coders);
		check_some(f, shape, coders);
	}
	for (uint32_t i = 0; i < count; i++) {
		lines_coder_free(coders[i]);
	}
	free(coders);
}

TEST(fields_of_a_shape_are_those_of_its_rows) {
	size_t values = 0;
	size_t outside = 0;
	size_t unknown = 0;
	for (size_t round = 0; round < tap_rounds(12); round++) {
		struct fixture f;
		if (setup(&f,
		          round % 4 == 0 ? sample_batch(ROWS, tap_random(), true) : random_batch(ROWS))) {
			check_all(&f);
		}
		values += f.values;
		outside += f.outside;
		unknown += f.unknown;
		teardown(&f);
	}
	CHECK(values > 1000 && outside > 100);
	CHECK(unknown < values);
}

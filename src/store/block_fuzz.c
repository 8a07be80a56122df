/* Arbitrary bytes as the block of a page: the first byte says how many records the page has, and
 * what is searched; what opens is walked to the end. In fuzzing builds checksums are taken for
 * right.
 */
#include <stdio.h>

#include "base/bits.h"
#include "store/block_columns.h"
#include "store/block_find.h"
#include "store/block_judge.h"
#include "store/block_rows.h"
#include "store/block_strips.h"
#include "store/block_values.h"
#include "store/block_words.h"
#include "store/page_sample.h"
#include "store/view_private.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ROWS_MAX = 64 };

/* Every third line of a file has a text that is not its body. */
static struct store_page *make_page(uint32_t rows) {
	struct batch *batch = sample_batch(rows, 1, true);
	struct store_page *page = NULL;
	for (uint32_t row = 0; row < rows; row += 3) {
		struct field_row *parsed = &batch->fields.rows[row];
		if (batch->records[row].source != 2) {
			parsed->has_text = true;
			parsed->text_offset = (uint32_t)batch->fields.bytes.len;
			parsed->text_len = 200;
			buf_append_str(&batch->fields.bytes, batch_body(batch, row));
			while (batch->fields.bytes.len < (size_t)parsed->text_offset + parsed->text_len) {
				buf_append_char(&batch->fields.bytes, '.');
			}
		}
	}
	ASSERT(page_encode(batch, sample_plan(batch, 7), &page, NULL) == ERR_OK);
	page_take_raw(page, batch);
	batch_free(batch);
	return page;
}

static void walk_columns(struct store_view *view) {
	const struct str *names = NULL;
	volatile size_t sum = 0; /* every value is looked at */
	size_t count = store_view_names(view, &names);
	for (size_t i = 0; i < count; i++) {
		const struct column *column;
		if (store_view_column(view, names[i], &column) != ERR_OK) {
			continue;
		}
		for (uint32_t row = 0; row < column->rows; row++) {
			struct value value = column_get(column, row);
			ASSERT(value.kind < VALUE_KIND_COUNT);
			sum += value.text.len == 0 ? 0 : (unsigned char)value.text.ptr[value.text.len - 1];
		}
	}
}

static void walk_rows(struct store_view *view) {
	for (uint32_t i = 0; i < store_view_rows(view); i++) {
		struct row row;
		struct view_body body;
		if (store_view_row(view, i, &row) == ERR_OK) {
			volatile size_t sum = row.text.len + row.fields_count;
			(void)sum;
		}
		if (store_view_body(view, i, &body) != ERR_OK) {
			return;
		}
	}
}

static enum err times_of(void *ctx, const int64_t **out_times) {
	return store_view_times(ctx, out_times);
}

static enum err look_at_strip(void *ctx, const struct store_strip *strips, uint32_t rows) {
	uint32_t *left = ctx;
	ASSERT(rows <= *left);
	*left -= rows;
	for (uint32_t i = 0; i < rows; i++) {
		if (strips->form == STORE_STRIP_CODES) {
			ASSERT(strips->codes[i] < store_strip_values(strips));
			enum value_kind kind = store_strip_value(strips, strips->codes[i]).kind;
			ASSERT(kind != VALUE_LIST && kind < VALUE_KIND_COUNT);
		} else {
			bool address = strips->form == STORE_STRIP_ADDRESSES;
			ASSERT(strips->numbers[i] <= (address ? UINT32_MAX : (uint64_t)INT64_MAX));
		}
	}
	return ERR_OK;
}

/* Every field as codes and as strips, of all rows. */
static void walk_codes(struct block *block, struct store_view *view) {
	struct lines *lines;
	struct layouts *layouts;
	const struct str *names;
	uint32_t codes[ROWS_MAX];
	uint32_t rows;
	if (block_texts(block, &lines) != ERR_OK || block_layouts(block, &layouts) != ERR_OK) {
		return;
	}
	struct block_columns_rows all = {.all = store_view_rows(view)};
	struct block_columns *columns = block_columns_new(lines, layouts, &all, times_of, view);
	uint32_t count = layouts_names(layouts, &names);
	for (uint32_t i = 0; i < count && block_columns_rows(columns, &rows) == ERR_OK; i++) {
		struct lines_coder *coder = lines_coder_new(lines, ROWS_MAX);
		ASSERT(rows <= ROWS_MAX);
		if (block_columns_codes(columns, names[i], coder, codes) == ERR_OK) {
			for (uint32_t k = 0; k < rows; k++) {
				ASSERT(codes[k] <= lines_coder_count(coder));
			}
		}
		lines_coder_free(coder);
		uint32_t left = rows;
		if (block_strips(columns, &names[i], 1, look_at_strip, &left) == ERR_OK) {
			ASSERT(left == 0);
		}
	}
	block_columns_free(columns);
}

/* Each item of each layout of a shape, alone and among all of them. */
static void walk_layouts(struct block *block) {
	struct lines *lines;
	struct layouts *layouts;
	const struct str *names;
	if (block_texts(block, &lines) != ERR_OK || block_layouts(block, &layouts) != ERR_OK) {
		return;
	}
	uint32_t count = layouts_names(layouts, &names);
	for (uint32_t shape = 0; shape < lines_shapes(lines); shape++) {
		uint32_t first;
		uint32_t layouts_count;
		layouts_of_shape(layouts, shape, &first, &layouts_count);
		for (uint32_t i = 0; i < layouts_count; i++) {
			const struct layout *layout = NULL;
			bool whole = layouts_get(layouts, first + i, &layout) == ERR_OK;
			for (uint32_t name = 0; name < count; name++) {
				struct layout_item item;
				uint32_t index;
				if (layouts_item(layouts, first + i, name, &item, &index) == ERR_OK && whole &&
				    index != UINT32_MAX) {
					ASSERT(index < layout->count && layout->items[index].name == name);
					ASSERT(layout->items[index].source == item.source);
				}
			}
		}
	}
}

static struct expr *make_filter(struct arena *arena, unsigned choice) {
	static const struct {
		enum expr_test_kind kind;
		struct str field, text;
	} tests[][2] = {
	    {{EXPR_WORDS, STR_INIT(""), STR_INIT("failed password")},
	     {EXPR_EQUALS, STR_INIT("process.name"), STR_INIT("sshd")}},
	    {{EXPR_CONTAINS, STR_INIT(""), STR_INIT("web-1 s")},
	     {EXPR_CONTAINS, STR_INIT("message"), STR_INIT("for root")}},
	    {{EXPR_WORDS, STR_INIT(""), STR_INIT("alice")},
	     {EXPR_WILDCARD, STR_INIT("host.name"), STR_INIT("web-?")}},
	    {{EXPR_REGEX, STR_INIT(""), STR_INIT("Failed password for (a|b)[a-z]* port 1")},
	     {EXPR_EXISTS, STR_INIT("sample.extra"), STR_INIT("")}},
	};
	struct expr *both[2];
	struct diag diag = {0};
	for (size_t i = 0; i < ARRAY_LEN(both); i++) {
		ASSERT(expr_test(arena, tests[choice][i].kind, tests[choice][i].field,
		                 tests[choice][i].text, &both[i], &diag) == ERR_OK);
	}
	both[1] = expr_not(arena, both[1]);
	return expr_group(arena, EXPR_OR, both, ARRAY_LEN(both));
}

/* A filter, and each of its tests alone. */
static void walk_find(struct block *block, uint32_t rows, unsigned choice) {
	struct arena *arena = arena_new(SIZE_MAX);
	struct expr *filter = make_filter(arena, choice);
	const struct expr *asked[] = {filter, filter->children[0], filter->children[1]};
	struct block_find_page page = {
	    .rows = rows, .has_data = true, .time_min_ns = 0, .time_max_ns = INT64_MAX};
	for (size_t i = 0; i < ARRAY_LEN(asked); i++) {
		uint64_t maybe[ROWS_MAX / 64] = {0};
		uint64_t sure[ROWS_MAX / 64] = {0};
		enum block_verdict verdict;
		bool *shapes = NULL;
		if (block_find(block, asked[i], &page, 1, maybe, sure) == ERR_OK) {
			ASSERT(bits_count(maybe, ROWS_MAX) == bits_count(maybe, rows));
			ASSERT(bits_count(sure, ROWS_MAX) == bits_count(sure, rows));
		}
		enum err err = block_find_shapes(block, asked[i], &page, 1, maybe, sure, &shapes);
		err = block_judge(block, asked[i], &verdict);
		(void)err; /* any answer will do */
		free(shapes);
	}
	expr_free(filter);
	arena_free(arena);
}

/* The bytes as the part that counts values. */
static void walk_values(struct str bytes) {
	struct block_values *values;
	const struct store_count *counts;
	size_t count;
	if (block_values_open(bytes, ROWS_MAX, &values) == ERR_OK) {
		ASSERT(block_values_records(values) <= ROWS_MAX);
		if (block_values_get(values, STR("a"), &counts, &count)) {
			uint64_t rows = 0;
			for (size_t i = 0; i < count; i++) {
				rows += counts[i].rows;
			}
			ASSERT(rows == block_values_records(values));
		}
		block_values_free(values);
	}
}

/* Another block of the same bytes, so that the search is what opens its parts. */
static void search_block(struct str bytes, const struct store_page *page, unsigned choice) {
	struct block *block;
	if (block_open(bytes, page->rows, page->block_rows->kept, &block) == ERR_OK) {
		walk_find(block, page->rows, choice);
		walk_layouts(block);
		block_free(block);
	}
}

static void walk_block(struct str bytes, const struct store_page *page) {
	struct block *block;
	struct store_view *view;
	struct block_rows *rows;
	if (block_open(bytes, page->rows, page->block_rows->kept, &block) != ERR_OK) {
		return;
	}
	ASSERT(view_new(buf_str(&page->bytes), NULL, 0, NULL, &view, NULL) == ERR_OK);
	view_block_lend(view, block, 0, 0);
	walk_columns(view);
	walk_rows(view);
	walk_codes(block, view);
	enum err words = block_words_check(block); /* any answer will do */
	(void)words;
	if (block_rows_from_view(view, &rows) == ERR_OK) {
		ASSERT(block_rows_check_page(rows, view, NULL) == ERR_OK);
		block_rows_free(rows);
	}
	store_view_free(view);
	block_free(block);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	if (size > 0) {
		struct store_page *page = make_page(1 + data[0] % ROWS_MAX);
		struct str bytes = str_make((const char *)data + 1, size - 1);
		walk_block(bytes, page);
		search_block(bytes, page, data[0] / ROWS_MAX);
		walk_values(bytes);
		page_free(page);
	}
	return 0;
}

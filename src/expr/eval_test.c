/* Trees over random pages, against each test asked row by row. */
#include "base/bits.h"
#include "expr/expr.h"
#include "tap.h"

enum { ROWS_MAX = 200 };

struct page {
	uint32_t rows;
	struct str texts[ROWS_MAX];
	char bytes[ROWS_MAX * 40];
	int64_t times[ROWS_MAX];
	struct column columns[3]; /* const, dict, flat */
	struct value values[3][ROWS_MAX];
	uint16_t codes[ROWS_MAX];
	struct buf list;
	struct arena *arena;
};

static const char *const words[] = {"root", "admin", "10.0.0.7", "42",      "7.5",
                                    "日本", "Root",  "x",        "failed_", "2026-11-22T00:00:00Z"};

static struct str random_word(void) {
	return str_from(words[tap_random() % ARRAY_LEN(words)]);
}

static struct value random_value(struct page *page) {
	uint64_t pick = tap_random() % 8;
	if (pick == 0) {
		return VALUE_ABSENT;
	}
	if (pick > 1) {
		return value_string(random_word());
	}
	CLEANUP(buf_deinit) struct buf list = {0};
	value_list_append(&list, value_string(random_word()));
	value_list_append(&list, value_string(random_word()));
	return (struct value){VALUE_LIST, arena_str(page->arena, buf_str(&list))};
}

static void fill_texts(struct page *page) {
	size_t len = 0;
	for (uint32_t i = 0; i < page->rows; i++) {
		size_t first = len;
		for (uint64_t n = tap_random() % 3; n > 0; n--) {
			struct str word = random_word();
			memcpy(page->bytes + len, word.ptr, word.len);
			len += word.len;
			if (tap_random() % 2) {
				page->bytes[len++] = ' ';
			}
		}
		page->texts[i] = str_make(page->bytes + first, len - first);
		len += tap_random() % 4 == 0; /* a gap between neighbours */
		page->bytes[len] = 'r';
		page->times[i] = (int64_t)(tap_random() % 100);
	}
}

static void fill(struct page *page, struct arena *arena) {
	page->arena = arena;
	page->rows = (uint32_t)(tap_random() % ROWS_MAX);
	memset(page->bytes, '.', sizeof(page->bytes));
	fill_texts(page);
	for (size_t c = 0; c < 3; c++) {
		for (size_t i = 0; i < ROWS_MAX; i++) {
			page->values[c][i] = random_value(page);
		}
		page->columns[c] = (struct column){.kind = (enum column_kind)c,
		                                   .rows = page->rows,
		                                   .values_count = c == 0   ? 1
		                                                   : c == 1 ? 5
		                                                            : page->rows,
		                                   .values = page->values[c],
		                                   .codes = page->codes};
	}
	for (size_t i = 0; i < ROWS_MAX; i++) {
		page->codes[i] = (uint16_t)(tap_random() % 5);
	}
}

static enum err page_column(void *ctx, struct str name, const struct column **out_column) {
	struct page *page = ctx;
	*out_column = &page->columns[(name.ptr[0] - 'a') % 3];
	return ERR_OK;
}
static enum err page_texts(void *ctx, const struct str **out_texts) {
	struct page *page = ctx;
	*out_texts = page->texts;
	return ERR_OK;
}
static enum err page_times(void *ctx, const int64_t **out_times) {
	struct page *page = ctx;
	*out_times = page->times;
	return ERR_OK;
}

static struct expr *random_test(struct arena *arena) {
	static const char *const fields[] = {"", "a", "b", "c"};
	static const enum expr_test_kind kinds[] = {EXPR_WORDS,  EXPR_PATTERN,  EXPR_CONTAINS,
	                                            EXPR_EQUALS, EXPR_WILDCARD, EXPR_REGEX,
	                                            EXPR_EXISTS};
	struct str field = str_from(fields[tap_random() % ARRAY_LEN(fields)]);
	struct expr *expr = NULL;
	uint64_t pick = tap_random() % 10;
	if (pick == 0) {
		return expr_test_time(arena, (int64_t)(tap_random() % 100), (int64_t)(tap_random() % 100));
	}
	if (pick == 1) {
		struct expr_range range = {.has_min = tap_random() % 2, .min_open = tap_random() % 2};
		range.has_max = !range.has_min || tap_random() % 2;
		range.min = random_word();
		range.max = random_word();
		return expr_test_range(arena, field, &range);
	}
	if (pick == 2) {
		CHECK(expr_test(arena, EXPR_CIDR, field, STR("10.0.0.0/8"), &expr, NULL) == ERR_OK);
		return expr;
	}
	struct str text = random_word();
	if (tap_random() % 3 == 0 && (unsigned char)text.ptr[0] < 0x80) {
		text = arena_printf(arena, "%.*s*", STR_ARG(str_slice(text, 0, 2)));
	}
	enum expr_test_kind kind = kinds[tap_random() % ARRAY_LEN(kinds)];
	if (kind == EXPR_REGEX || kind == EXPR_EXISTS) {
		text = str_slice(text, 0, str_find_char(text, '*', 0));
	}
	CHECK(expr_test(arena, kind, field, text, &expr, NULL) == ERR_OK);
	return expr;
}

static struct expr *random_tree(struct arena *arena, unsigned depth) {
	uint64_t pick = tap_random() % 5;
	if (depth == 0 || pick == 0) {
		return tap_random() % 20 == 0 ? expr_constant(arena, tap_random() % 2) : random_test(arena);
	}
	if (pick == 1) {
		return expr_not(arena, random_tree(arena, depth - 1));
	}
	struct expr *children[3];
	size_t count = 1 + tap_random() % 3;
	for (size_t i = 0; i < count; i++) {
		children[i] = random_tree(arena, depth - 1);
	}
	return expr_group(arena, pick % 2 ? EXPR_AND : EXPR_OR, children, count);
}

static int64_t from_of(const struct expr *expr) {
	int64_t from;
	int64_t to;
	expr_time_hull(expr, &from, &to);
	return from;
}
static int64_t to_of(const struct expr *expr) {
	int64_t from;
	int64_t to;
	expr_time_hull(expr, &from, &to);
	return to;
}

static bool naive_test(const struct page *page, const struct expr *expr, uint32_t row) {
	if (expr->test_kind == EXPR_TIME) {
		return page->times[row] >= from_of(expr) && page->times[row] < to_of(expr);
	}
	if (expr->field.len == 0) {
		return expr_test_value(expr->test, value_string(page->texts[row]));
	}
	return expr_test_value(expr->test,
	                       column_get(&page->columns[(expr->field.ptr[0] - 'a') % 3], row));
}

static bool naive(const struct page *page, const struct expr *expr, uint32_t row) {
	bool all = true;
	bool any = false;
	for (size_t i = 0; i < expr->children_count; i++) {
		bool child = naive(page, expr->children[i], row);
		all = all && child;
		any = any || child;
	}
	switch (expr->kind) {
	case EXPR_ALL:
		return true;
	case EXPR_AND:
		return all;
	case EXPR_OR:
		return any;
	case EXPR_NOT:
		return !any;
	case EXPR_TEST:
		return naive_test(page, expr, row);
	case EXPR_NONE:
	default:
		return false;
	}
}

TEST(a_tree_over_a_page_equals_its_tests_asked_row_by_row) {
	static struct page page;
	CLEANUP(arena_freep) struct arena *arena = arena_new(SIZE_MAX);
	CLEANUP(arena_freep) struct arena *scratch = arena_new(SIZE_MAX);
	struct expr_input input = {
	    .ctx = &page, .column = page_column, .texts = page_texts, .times = page_times};
	for (int i = 0; i < 2000; i++) {
		uint64_t bits[ROWS_MAX / 64 + 1];
		arena_reset(arena);
		arena_reset(scratch);
		fill(&page, arena);
		input.rows = page.rows;
		struct expr *expr = random_tree(arena, 3);
		REQUIRE(expr_eval(expr, &input, scratch, bits) == ERR_OK);
		int64_t from = from_of(expr);
		int64_t to = to_of(expr);
		bool same = true;
		for (uint32_t row = 0; row < page.rows; row++) {
			bool should = naive(&page, expr, row);
			same = same && bits_get(bits, row) == should;
			same = same && (!should || (page.times[row] >= from && page.times[row] < to));
		}
		if (page.rows % 64 != 0 && page.rows > 0) {
			same = same && bits[page.rows / 64] >> (page.rows % 64) == 0;
		}
		expr_free(expr);
		REQUIRE(same);
	}
}

/* Counts of values are those of the rows; filters are judged as the rows would. */
#include "store/block_values.h"

#include "base/bits.h"
#include "store/block_find.h"
#include "tap.h"

#include "store/batch_sample.h"
#include "store/block_judge.h"
#include "store/view_sample.h"

enum { ROWS = 4096, FIRST = 9000, WORDS = ROWS / 64 + 1 };

struct fixture {
	struct batch *batch;
	struct store_page *page;
	struct viewed viewed;
	struct block_values *values;
	struct arena *arena;
};

static bool setup(struct fixture *f, bool containers) {
	struct diag diag = {0};
	*f = (struct fixture){.batch = sample_batch(ROWS, tap_random(), containers)};
	f->arena = arena_new(SIZE_MAX);
	return CHECK_EQ(page_encode(f->batch, sample_plan(f->batch, FIRST), &f->page, &diag), ERR_OK) &&
	       CHECK(viewed_make(&f->viewed, f->page, NULL)) &&
	       CHECK_EQ(block_values_of(f->viewed.block, &f->values), ERR_OK);
}

static void teardown(struct fixture *f) {
	viewed_deinit(&f->viewed);
	page_free(f->page);
	batch_free(f->batch);
	arena_free(f->arena);
}

/* ---- counts ---- */

static bool is_data(const struct fixture *f, uint32_t row) {
	return f->batch->records[row].type == RECORD_DATA;
}

static void check_field(struct fixture *f, struct str field, size_t *known) {
	const struct store_count *counts;
	const struct column *column;
	size_t count;
	uint64_t sum = 0;
	CHECK_EQ(store_view_column(f->viewed.view, field, &column), ERR_OK);
	if (!block_values_get(f->values, field, &counts, &count)) {
		return;
	}
	for (size_t i = 0; i < count; i++) {
		uint64_t rows = 0;
		for (uint32_t row = 0; row < ROWS; row++) {
			struct value value = column_get(column, row);
			rows += is_data(f, row) && value.kind == counts[i].value.kind &&
			        str_eq(value.text, counts[i].value.text);
		}
		CHECK_EQ(counts[i].rows, rows);
		sum += counts[i].rows;
		++*known;
	}
	CHECK_EQ(sum, block_values_records(f->values));
}

TEST(values_are_counted_as_the_rows_have_them) {
	for (int containers = 0; containers < 2; containers++) {
		struct fixture f;
		if (setup(&f, containers == 1)) {
			const struct str *names;
			size_t count = store_view_names(f.viewed.view, &names);
			size_t known = 0;
			uint64_t records = 0;
			for (uint32_t row = 0; row < ROWS; row++) {
				records += is_data(&f, row);
			}
			CHECK_EQ(block_values_records(f.values), records);
			CHECK(count > 3);
			for (size_t i = 0; i < count; i++) {
				check_field(&f, names[i], &known);
			}
			check_field(&f, STR("no.such"), &known);
			CHECK(known > 6);
		}
		teardown(&f);
	}
}

TEST(what_has_many_values_is_not_kept) {
	struct fixture f;
	const struct store_count *counts;
	size_t count;
	if (setup(&f, false)) {
		CHECK(!block_values_get(f.values, STR("process.pid"), &counts, &count));
		CHECK(!block_values_get(f.values, STR("message"), &counts, &count));
		CHECK(block_values_get(f.values, STR("host.name"), &counts, &count) && count >= 3);
		CHECK(block_values_get(f.values, STR("no.such"), &counts, &count) && count == 1);
		CHECK(counts[0].value.kind == VALUE_NONE);
	}
	teardown(&f);
}

/* ---- filters ---- */

static enum err get_column(void *ctx, struct str name, const struct column **out_column) {
	return store_view_column(ctx, name, out_column);
}
static enum err get_texts(void *ctx, const struct str **out_texts) {
	return store_view_texts(ctx, out_texts);
}
static enum err get_times(void *ctx, const int64_t **out_times) {
	return store_view_times(ctx, out_times);
}

static struct expr *some_test(struct fixture *f) {
	static const struct {
		const char *field, *text;
		enum expr_test_kind kind;
	} tests[] = {
	    {"host.name", "web-0", EXPR_EQUALS},     {"host.name", "web", EXPR_CONTAINS},
	    {"host.name", "mail", EXPR_EQUALS},      {"process.name", "sshd", EXPR_EQUALS},
	    {"event.kind", "event", EXPR_EQUALS},    {"event.kind", "", EXPR_EXISTS},
	    {"sample.flag", "true", EXPR_EQUALS},    {"sample.flag", "", EXPR_EXISTS},
	    {"sample.extra", "Zürich", EXPR_EQUALS}, {"no.such", "", EXPR_EXISTS},
	    {"process.pid", "1", EXPR_CONTAINS},     {"", "Failed", EXPR_CONTAINS},
	};
	size_t i = tap_random() % ARRAY_LEN(tests);
	struct expr *expr = NULL;
	struct diag diag = {0};
	CHECK_EQ(expr_test(f->arena, tests[i].kind, str_from(tests[i].field), str_from(tests[i].text),
	                   &expr, &diag),
	         ERR_OK);
	return expr;
}

static struct expr *some_expr(struct fixture *f, unsigned depth) {
	uint64_t r = tap_random() % (depth == 0 ? 1 : 4);
	if (r == 0) {
		return some_test(f);
	}
	if (r == 1) {
		return expr_not(f->arena, some_expr(f, depth - 1));
	}
	struct expr *children[3];
	size_t count = 1 + tap_random() % 3;
	for (size_t i = 0; i < count; i++) {
		children[i] = some_expr(f, depth - 1);
	}
	return expr_group(f->arena, r == 2 ? EXPR_AND : EXPR_OR, children, count);
}

static void judge(struct fixture *f, size_t verdicts[3]) {
	CLEANUP(arena_freep) struct arena *scratch = arena_new(SIZE_MAX);
	struct expr_input input = {f->viewed.view, ROWS, get_column, get_texts, get_times};
	uint64_t truth[WORDS] = {0};
	struct expr *expr = some_expr(f, 3);
	enum block_verdict verdict;
	CHECK_EQ(block_judge(f->viewed.block, expr, &verdict), ERR_OK);
	CHECK_EQ(expr_eval(expr, &input, scratch, truth), ERR_OK);
	size_t rows = bits_count(truth, ROWS);
	CHECK(verdict != BLOCK_NONE || rows == 0);
	CHECK(verdict != BLOCK_ALL || rows == ROWS);
	verdicts[verdict]++;
	expr_free(expr);
}

TEST(filters_are_judged_as_the_rows_are) {
	for (int containers = 0; containers < 2; containers++) {
		struct fixture f;
		size_t verdicts[3] = {0};
		if (setup(&f, containers == 1)) {
			for (size_t i = 0; i < tap_rounds(200); i++) {
				judge(&f, verdicts);
			}
			CHECK(verdicts[BLOCK_NONE] > 5);
			CHECK(verdicts[BLOCK_SOME] > 5);
			CHECK(verdicts[BLOCK_ALL] > 5 || containers == 1);
		}
		teardown(&f);
	}
}

/* How many records pass is known of some tests, and then the block's columns are asked only until
 * so many were found. */
static void count_passing(struct fixture *f, size_t *known) {
	CLEANUP(arena_freep) struct arena *scratch = arena_new(SIZE_MAX);
	struct expr_input input = {f->viewed.view, ROWS, get_column, get_texts, get_times};
	struct block_find_page page = {.rows = ROWS,
	                               .has_data = true,
	                               .time_min_ns = f->page->time_min_ns,
	                               .time_max_ns = f->page->time_max_ns};
	uint64_t truth[WORDS] = {0};
	uint64_t maybe[WORDS] = {0};
	uint64_t sure[WORDS] = {0};
	uint64_t records;
	struct expr *expr = some_expr(f, 0);
	CHECK_EQ(expr_eval(expr, &input, scratch, truth), ERR_OK);
	CHECK_EQ(block_find(f->viewed.block, expr, &page, 1, maybe, sure), ERR_OK);
	for (size_t i = 0; i < WORDS; i++) {
		CHECK((truth[i] & ~maybe[i]) == 0);
		CHECK((sure[i] & ~truth[i]) == 0);
	}
	if (block_values_pass(f->values, expr, &records)) {
		CHECK_EQ(records, bits_count(truth, ROWS));
		*known += records > 0 && records < ROWS;
	}
	expr_free(expr);
}

TEST(how_many_pass_a_test_is_as_many_rows_do) {
	struct fixture f;
	size_t known = 0;
	if (setup(&f, false)) {
		for (size_t i = 0; i < tap_rounds(300); i++) {
			count_passing(&f, &known);
		}
		CHECK(known > 20);
	}
	teardown(&f);
}

/* ---- damage ---- */

TEST(any_bytes_give_values_or_an_error) {
	struct fixture f;
	struct buf part CLEANUP(buf_deinit) = {0};
	if (setup(&f, false)) {
		struct lines *lines;
		struct layouts *layouts;
		struct block_values_facts facts = {.rows = ROWS};
		CHECK_EQ(store_view_times(f.viewed.view, &facts.times), ERR_OK);
		CHECK_EQ(block_texts(f.viewed.block, &lines), ERR_OK);
		CHECK_EQ(block_layouts(f.viewed.block, &layouts), ERR_OK);
		block_values_put(lines, layouts, &facts, &part);
		CHECK(part.len > 20);
		for (size_t i = 0; i < tap_rounds(2000); i++) {
			struct block_values *values = NULL;
			struct buf bad CLEANUP(buf_deinit) = {0};
			buf_append_str(&bad, buf_str(&part));
			bad.ptr[tap_random() % bad.len] ^= (char)(1 + tap_random() % 255);
			struct str bytes = str_slice(buf_str(&bad), 0, bad.len - tap_random() % 3);
			if (block_values_open(bytes, ROWS, &values) == ERR_OK) {
				CHECK(block_values_bytes(values) > 0);
				CHECK(block_values_records(values) <= ROWS);
			}
			block_values_free(values);
		}
		facts.own_fields = true;
		size_t len = part.len;
		block_values_put(lines, layouts, &facts, &part);
		CHECK_EQ(part.len, len);
	}
	teardown(&f);
}

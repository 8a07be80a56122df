/* What is found in a block is compared with the filter on each row. */
#include "store/block_find.h"

#include "base/bits.h"
#include "base/instant.h"
#include "codec/lines_ask.h"
#include "store/store.h"
#include "tap.h"

#include "store/block_sample.h"

enum { ROWS = 600, FIRST = 5000, WORDS = ROWS / 64 + 1, PAGES = 6 }; /* of ROWS / PAGES */

static enum err get_column(void *ctx, struct str name, const struct column **out_column) {
	return store_view_column(ctx, name, out_column);
}
static enum err get_texts(void *ctx, const struct str **out_texts) {
	return store_view_texts(ctx, out_texts);
}
static enum err get_times(void *ctx, const int64_t **out_times) {
	return store_view_times(ctx, out_times);
}

/* A value or a piece of text that some row has, or almost. */
static struct str some_text(struct fixture *f, struct str field) {
	uint32_t row = (uint32_t)(tap_random() % ROWS);
	struct str text = batch_text(f->batch, row);
	const struct column *column;
	if (field.len > 0 && store_view_column(f->viewed.view, field, &column) == ERR_OK) {
		text = column_get(column, row).text;
	}
	if (text.len > 3 && tap_random() % 2 == 0) {
		size_t from = tap_random() % (text.len - 2);
		text = str_slice(text, from, from + 1 + tap_random() % 12);
	}
	char *copy = arena_cstr(f->arena, text);
	if (text.len > 0 && tap_random() % 8 == 0) {
		copy[tap_random() % text.len] = 'q';
	}
	return str_make(copy, text.len);
}

static struct expr *some_test(struct fixture *f) {
	static const char *const fields[] = {"",
	                                     "",
	                                     "",
	                                     "host.name",
	                                     "sample.extra",
	                                     "winlog.event_id",
	                                     "message",
	                                     "event.kind",
	                                     "sample.flag",
	                                     "no.such",
	                                     "akashi.record",
	                                     "source.ip",
	                                     "user.name"};
	static const enum expr_test_kind kinds[] = {EXPR_WORDS, EXPR_CONTAINS, EXPR_EQUALS, EXPR_EXISTS,
	                                            EXPR_PATTERN};
	struct str field = str_from(fields[tap_random() % ARRAY_LEN(fields)]);
	struct diag diag = {0};
	struct expr *expr = NULL;
	if (tap_random() % 12 == 0) {
		int64_t from = f->batch->fields.rows[tap_random() % ROWS].time_ns;
		return expr_test_time(f->arena, from,
		                      tap_random() % 2 ? INSTANT_MAX : from + 60 * INSTANT_SECOND);
	}
	struct str text = some_text(f, field);
	if (text.len == 0) {
		text = STR("x");
	}
	enum expr_test_kind kind = kinds[tap_random() % ARRAY_LEN(kinds)];
	if (expr_test(f->arena, kind, field, text, &expr, &diag) != ERR_OK) {
		return expr_constant(f->arena, true);
	}
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

struct tally {
	size_t rows, truth, maybe, sure;
	size_t shapes; /* filters that whole shapes answered */
};

/* As shapes or as rows, the answer is one. */
static void compare_shapes(struct fixture *f, const struct expr *expr,
                           const struct block_find_page *pages, const uint64_t *maybe,
                           const uint64_t *sure, struct tally *tally) {
	uint64_t bits[WORDS] = {0};
	uint64_t surely[WORDS] = {0};
	struct lines *lines;
	bool *shapes;
	REQUIRE(block_find_shapes(f->viewed.block, expr, pages, PAGES, bits, surely, &shapes) ==
	        ERR_OK);
	if (shapes != NULL) {
		CHECK_EQ(bits_count(bits, ROWS) + bits_count(surely, ROWS), 0);
		REQUIRE(block_texts(f->viewed.block, &lines) == ERR_OK);
		REQUIRE(lines_shape_bits(lines, shapes, bits) == ERR_OK);
		memcpy(surely, bits, sizeof(surely));
		tally->shapes++;
	}
	CHECK(memcmp(bits, maybe, sizeof(bits)) == 0);
	CHECK(memcmp(surely, sure, sizeof(surely)) == 0);
	free(shapes);
}

/* As if the rows had come in several pages: a time leaves some of the rows. */
static void list_pages(const struct fixture *f, struct block_find_page pages[PAGES]) {
	for (uint32_t i = 0; i < PAGES; i++) {
		struct block_find_page page = {.rows = ROWS / PAGES,
		                               .has_data = true,
		                               .time_min_ns = INSTANT_MAX,
		                               .time_max_ns = INSTANT_MIN};
		for (uint32_t row = i * page.rows; row < (i + 1) * page.rows; row++) {
			int64_t time = f->batch->fields.rows[row].time_ns;
			page.time_min_ns = MIN_OF(page.time_min_ns, time);
			page.time_max_ns = MAX_OF(page.time_max_ns, time);
		}
		page.all_data = true;
		pages[i] = page;
	}
}

static void compare(struct fixture *f, const struct expr *expr, struct tally *tally) {
	struct expr_input input = {f->viewed.view, ROWS, get_column, get_texts, get_times};
	struct block_find_page pages[PAGES];
	uint64_t truth[WORDS] = {0};
	uint64_t maybe[WORDS] = {0};
	uint64_t sure[WORDS] = {0};
	CLEANUP(arena_freep) struct arena *scratch = arena_new(SIZE_MAX);
	enum err err = expr_eval(expr, &input, scratch, truth);
	REQUIRE(err == ERR_OK);
	list_pages(f, pages);
	REQUIRE(block_find(f->viewed.block, expr, pages, PAGES, maybe, sure) == ERR_OK);
	compare_shapes(f, expr, pages, maybe, sure, tally);
	for (uint32_t row = 0; row < ROWS; row++) {
		bool wrong = (bits_get(truth, row) && !bits_get(maybe, row)) ||
		             (!bits_get(truth, row) && bits_get(sure, row) &&
		              f->batch->records[row].type == RECORD_DATA);
		if (wrong) {
			struct buf text CLEANUP(buf_deinit) = {0};
			expr_describe(expr, &text);
			CHECK_STR(buf_str(&text), ""); /* to see it */
			CHECK_STR(batch_text(f->batch, row), "");
			return;
		}
	}
	tally->rows += ROWS;
	tally->truth += bits_count(truth, ROWS);
	tally->maybe += bits_count(maybe, ROWS);
	tally->sure += bits_count(sure, ROWS);
}

TEST(no_row_is_missed_and_none_is_sure_that_does_not_match) {
	struct tally tally = {0};
	for (size_t round = 0; round < tap_rounds(6); round++) {
		struct fixture f;
		REQUIRE(setup(&f, ROWS, FIRST, round % 2 == 0));
		for (size_t i = 0; i < 150; i++) {
			struct expr *expr = some_expr(&f, (unsigned)(tap_random() % 3));
			compare(&f, expr, &tally);
			expr_free(expr);
		}
		teardown(&f);
	}
	/* It is of use: few rows more than match, and most of those surely. */
	CHECK(tally.truth > tally.rows / 20);
	CHECK(tally.maybe < tally.truth * 2);
	CHECK(tally.sure > tally.truth / 2);
	CHECK(tally.shapes > 20);
}

/* Lines of one shape whose fields lie alike in all of them: columns answer, no row is open. */
static struct batch *plain_batch(void) {
	struct batch *batch = batch_new();
	struct batch_source source = {.name = STR("s"), .path = STR("p"), .file = UINT32_MAX};
	(void)batch_add_source(batch, &source);
	for (uint32_t row = 0; row < ROWS; row++) {
		struct buf text CLEANUP(buf_deinit) = {0};
		buf_printf(&text, "login of user%u from 10.0.0.%u by %s", row % 20, row % 200,
		           row % 3 == 0 ? "alice" : "bob");
		sample_record(batch, 0, buf_str(&text));
		batch->records[row].type = RECORD_DATA;
	}
	fields_begin(batch);
	for (uint32_t row = 0; row < ROWS; row++) {
		struct str text = batch_text(batch, row);
		size_t from = str_find(text, STR(" from "), 0);
		size_t by = str_find(text, STR(" by "), 0);
		(void)fields_begin_row(batch);
		fields_set_format(batch, STR("plain"));
		fields_set_time(batch, SAMPLE_TIME + row, 0);
		fields_put_slice(batch, fields_name(batch, STR("user.name")), VALUE_STRING,
		                 str_slice(text, 9, from));
		fields_put_slice(batch, fields_name(batch, STR("source.ip")), VALUE_STRING,
		                 str_slice(text, from + 6, by));
		fields_put_slice(batch, fields_name(batch, STR("by")), VALUE_STRING,
		                 str_slice(text, by + 4, text.len));
		fields_end_row(batch);
	}
	batch->parsed = true;
	return batch;
}

TEST(fields_that_lie_alike_are_answered_by_columns) {
	static const struct {
		enum expr_test_kind kind;
		const char *field, *text;
		size_t rows;
	} cases[] = {{EXPR_EQUALS, "user.name", "user7", 30},
	             {EXPR_EQUALS, "user.name", "user77", 0},
	             {EXPR_EQUALS, "source.ip", "10.0.0.9", 3},
	             {EXPR_CIDR, "source.ip", "10.0.0.8/31", 6},
	             {EXPR_EQUALS, "by", "alice", 200},
	             {EXPR_CONTAINS, "by", "o", 400},
	             {EXPR_EXISTS, "by", "", 600},
	             {EXPR_EQUALS, "no.such", "x", 0}};
	struct diag diag = {0};
	struct fixture f = {.batch = plain_batch(), .arena = arena_new(SIZE_MAX)};
	REQUIRE(page_encode(f.batch, sample_plan(f.batch, FIRST), &f.page, &diag) == ERR_OK);
	REQUIRE(viewed_make(&f.viewed, f.page, NULL));
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct tally tally = {0};
		struct expr *expr = NULL;
		REQUIRE(expr_test(f.arena, cases[i].kind, str_from(cases[i].field), str_from(cases[i].text),
		                  &expr, &diag) == ERR_OK);
		compare(&f, expr, &tally);
		CHECK_EQ(tally.truth, cases[i].rows);
		CHECK_EQ(tally.maybe, cases[i].rows);
		CHECK_EQ(tally.sure, cases[i].rows);
		expr_free(expr);
	}
	teardown(&f);
}

/* A match may begin in a value of very many rows: their text is asked for what it must have. */
TEST(expressions_that_begin_in_values_are_asked_of_rows) {
	struct diag diag = {0};
	struct tally tally = {0};
	struct fixture f = {.batch = plain_batch(), .arena = arena_new(SIZE_MAX)};
	struct expr *expr = NULL;
	REQUIRE(page_encode(f.batch, sample_plan(f.batch, FIRST), &f.page, &diag) == ERR_OK);
	REQUIRE(viewed_make(&f.viewed, f.page, NULL));
	REQUIRE(expr_test(f.arena, EXPR_REGEX, STR(""), STR("10\\.0\\.0\\.1\\d*"), &expr, &diag) ==
	        ERR_OK);
	compare(&f, expr, &tally);
	CHECK_EQ(tally.truth, 333);
	expr_free(expr);
	teardown(&f);
}

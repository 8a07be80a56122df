/* What searches are given of a page: columns, rows, bodies, leaves; and damage that is told. */
#include "store/store.h"

#include "tap.h"

#include "store/page_sample.h"
#include "store/view_sample.h"

enum { ROWS = 300, FIRST = 5000 };

struct fixture {
	struct batch *batch;
	struct page_plan *plan;
	struct store_page *page;
	struct viewed viewed;
	struct store_view *view;
};

static struct str sample_path(void *ctx, uint32_t file) {
	(void)ctx;
	return file == 3 ? STR("/renamed/auth.log") : STR("");
}

static bool encode(struct fixture *f) {
	struct view_names names = {.file_path = sample_path};
	struct diag diag = {0};
	f->viewed = (struct viewed){0};
	bool ok = CHECK_EQ(page_encode(f->batch, f->plan, &f->page, &diag), ERR_OK) &&
	          CHECK(viewed_make(&f->viewed, f->page, &names));
	f->view = f->viewed.view;
	return ok;
}

static bool setup(struct fixture *f, bool containers) {
	f->batch = sample_batch(ROWS, 42, containers);
	f->plan = sample_plan(f->batch, FIRST);
	return encode(f);
}

static void teardown(struct fixture *f) {
	viewed_deinit(&f->viewed);
	page_free(f->page);
	batch_free(f->batch);
}

static struct value value_at(struct fixture *f, const char *name, uint32_t row) {
	const struct column *column;
	if (!CHECK_EQ(store_view_column(f->view, str_from(name), &column), ERR_OK)) {
		return VALUE_ABSENT;
	}
	return column_get(column, row);
}

TEST(columns_have_the_values_of_their_rows) {
	struct fixture f;
	REQUIRE(setup(&f, true));
	uint32_t extra = fields_name(f.batch, STR("sample.extra"));
	for (uint32_t row = 0; row < ROWS; row++) {
		struct value value = value_at(&f, "sample.extra", row);
		struct value expected = fields_get(f.batch, row, extra);
		CHECK(value.kind == expected.kind && str_eq(value.text, expected.text));
	}
	CHECK_STR(value_at(&f, "host.name", 2).text, "web-2");
	CHECK_EQ(value_at(&f, "host.name", 4).kind, VALUE_NONE);
	CHECK_STR(value_at(&f, "winlog.event_id", 4).text, "4625");
	CHECK_EQ(value_at(&f, "no.such.field", 4).kind, VALUE_NONE);
	teardown(&f);
}

TEST(a_field_that_is_the_same_everywhere_is_one_value) {
	struct fixture f;
	const struct column *column;
	REQUIRE(setup(&f, false));
	REQUIRE(store_view_column(f.view, STR("event.kind"), &column) == ERR_OK);
	CHECK_EQ(column->kind, COLUMN_CONST);
	CHECK_STR(column->values[0].text, "event");
	REQUIRE(store_view_column(f.view, STR("sample.flag"), &column) == ERR_OK);
	CHECK_EQ(column->kind, COLUMN_DICT);
	CHECK_EQ(column->values_count, 2);
	CHECK_EQ(column->values[0].kind, VALUE_NONE);
	teardown(&f);
}

TEST(built_in_columns_are_there) {
	struct fixture f;
	REQUIRE(setup(&f, true));
	CHECK_STR(value_at(&f, "file.path", 0).text, "/renamed/auth.log");
	CHECK_STR(value_at(&f, "file.path", 10).text, "/var/log/syslog");
	CHECK_STR(value_at(&f, "akashi.format", 0).text, "sample");
	CHECK_STR(value_at(&f, "akashi.format", 4).text, "evtx");
	CHECK_STR(value_at(&f, "akashi.record", 7).text, "8");
	CHECK_STR(value_at(&f, "akashi.index", 7).text, "5007");
	CHECK_STR(value_at(&f, "akashi.source", 0).text, "web-1:/var/log/auth.log");
	CHECK_STR(value_at(&f, "log.offset", 0).text, "0");
	CHECK_EQ(value_at(&f, "log.offset", 0).kind, VALUE_NUMBER);
	CHECK_STR(value_at(&f, "@timestamp", 3).text, "2024-11-22T00:00:03Z");
	CHECK_STR(value_at(&f, "event.original", 4).text, "<Event>4625 失敗</Event>");
	struct str body = batch_body(f.batch, 0);
	CHECK(str_eq(value_at(&f, "event.original", 0).text, body));
	teardown(&f);
}

TEST(flags_are_columns_of_their_names) {
	struct fixture f;
	REQUIRE(setup(&f, false));
	page_free(f.page);
	viewed_deinit(&f.viewed);
	f.batch->records[1].flags = RECORD_TRUNCATED | RECORD_NO_FINAL_LF;
	f.batch->fields.rows[1].time_flags = 0;
	f.batch->fields.rows[2].time_flags = FIELDS_LEFT_OUT | TIME_NONE | TIME_YEAR_INFERRED;
	f.batch->records[2].flags = 0;
	REQUIRE(encode(&f));
	static const struct {
		const char *name;
		uint32_t row;
		const char *text;
	} expected[] = {
	    {"akashi.flags", 1, "[\"no_final_lf\",\"truncated\"]"},
	    {"akashi.flags", 2, "[\"fields_left_out\"]"},
	    {"akashi.time_flags", 1, "null"},
	    {"akashi.time_flags", 2, "[\"received\",\"year_inferred\"]"},
	};
	for (size_t i = 0; i < ARRAY_LEN(expected); i++) {
		CLEANUP(buf_deinit) struct buf json = {0};
		value_append_json(&json, value_at(&f, expected[i].name, expected[i].row));
		CHECK_STR(buf_str(&json), expected[i].text);
	}
	teardown(&f);
}

TEST(a_row_has_everything_in_the_order_of_the_parser) {
	struct fixture f;
	struct row row;
	REQUIRE(setup(&f, true));
	REQUIRE(store_view_row(f.view, 3, &row) == ERR_OK);
	CHECK_EQ(row.index, FIRST + 3);
	CHECK_EQ(row.number, 4);
	CHECK_EQ(row.type, RECORD_DATA);
	CHECK(!row.stored && !row.container);
	CHECK(str_eq(row.body, batch_body(f.batch, 3)));
	CHECK_EQ(row.fields_count, f.batch->fields.rows[3].count);
	CHECK_STR(row.fields[0].name, "event.kind");
	CHECK_STR(row.fields[1].name, "host.name");
	CHECK_STR(row.fields[5].name, "sample.extra");
	CHECK_EQ(row.fields[5].value.kind, VALUE_LIST);
	REQUIRE(store_view_row(f.view, 4, &row) == ERR_OK);
	CHECK(row.container);
	CHECK_EQ(row.body.len, 0);
	CHECK_STR(row.text, "<Event>4625 失敗</Event>");
	teardown(&f);
}

TEST(a_row_without_its_fields_is_else_the_same) {
	struct row row;
	struct row text;
	struct fixture f;
	REQUIRE(setup(&f, true));
	for (uint32_t i = 0; i < store_view_rows(f.view); i++) {
		REQUIRE(store_view_row_text(f.view, i, &text) == ERR_OK);
		REQUIRE(store_view_row(f.view, i, &row) == ERR_OK);
		CHECK(str_eq(text.text, row.text));
		CHECK(str_eq(text.body, row.body));
		CHECK_EQ(text.flags, row.flags);
		CHECK_EQ(text.time_ns, row.time_ns);
		CHECK_EQ(text.index, row.index);
		CHECK_EQ(text.container, row.container);
		CHECK_EQ(text.fields_count, 0);
	}
	teardown(&f);
}

TEST(bodies_say_where_they_lie) {
	struct fixture f;
	struct view_body body;
	REQUIRE(setup(&f, true));
	REQUIRE(store_view_body(f.view, 4, &body) == ERR_OK);
	CHECK(body.container);
	CHECK_EQ(body.offset, f.batch->records[4].log_offset);
	CHECK_EQ(body.len, f.batch->records[4].body_len);
	CHECK_EQ(body.file, 5);
	CHECK_EQ(body.object[31], 0xab);
	REQUIRE(store_view_body(f.view, 5, &body) == ERR_OK);
	CHECK(!body.container && str_eq(body.bytes, batch_body(f.batch, 5)));
	CHECK_EQ(body.file, 3);
	teardown(&f);
}

TEST(a_flipped_byte_of_a_page_never_goes_unnoticed) {
	struct fixture f;
	REQUIRE(setup(&f, true));
	for (size_t at = 0; at < f.page->bytes.len; at++) {
		struct store_view *view;
		f.page->bytes.ptr[at] ^= (char)(1 << at % 8);
		if (view_new(buf_str(&f.page->bytes), NULL, 0, NULL, &view, NULL) == ERR_OK) {
			view_block_lend(view, f.viewed.block, 0, 0);
			CHECK(viewed_walk(view) != ERR_OK);
			store_view_free(view);
		}
		f.page->bytes.ptr[at] ^= (char)(1 << at % 8);
	}
	teardown(&f);
}

TEST(a_page_without_its_block_still_says_what_it_has) {
	struct fixture f;
	struct store_view *view;
	const int64_t *times;
	const struct str *texts;
	const struct column *column;
	REQUIRE(setup(&f, false));
	REQUIRE(view_new(buf_str(&f.page->bytes), NULL, 0, NULL, &view, NULL) == ERR_OK);
	REQUIRE(store_view_times(view, &times) == ERR_OK);
	CHECK(times[3] == SAMPLE_TIME + 3000000000);
	CHECK_EQ(store_view_column(view, STR("akashi.format"), &column), ERR_OK);
	CHECK_EQ(store_view_texts(view, &texts), ERR_CORRUPT);
	CHECK_EQ(store_view_column(view, STR("host.name"), &column), ERR_CORRUPT);
	store_view_free(view);
	teardown(&f);
}

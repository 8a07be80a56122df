/* The table of a block says of each record what a view of it says, and where the record is. */
#include "store/table.h"

#include "tap.h"

#include "base/instant.h"
#include "store/store_bench.h"

enum { LINES = 600 };

/* Fields that lie in the text, are constant, stand in no text, or are not there. */
static void parse(struct batch *batch) {
	fields_begin(batch);
	for (uint32_t row = 0; row < batch->count; row++) {
		char bytes[40];
		struct str text = batch_body(batch, row);
		(void)fields_begin_row(batch);
		fields_set_format(batch, STR("text"));
		fields_set_time(batch, SAMPLE_TIME + (int64_t)row, 0);
		if (batch->records[row].type == RECORD_DATA) {
			size_t blank = str_find_char(text, ' ', 0);
			fields_put_span(batch, fields_name(batch, STR("first")), VALUE_STRING, 0,
			                (uint32_t)MIN_OF(blank, text.len));
			fields_put(batch, fields_name(batch, STR("same")), value_string(STR("\\always\\")));
			int len = snprintf(bytes, sizeof(bytes), "C:\\%u\\x", (unsigned)(tap_random() % 9999));
			if (row % 3 != 0) {
				fields_put(batch, fields_name(batch, STR("path")),
				           value_string(str_make(bytes, (size_t)len)));
			}
		}
		fields_end_row(batch);
	}
	batch->parsed = true;
}

static enum err put(struct store *store, struct batch *batch, struct diag *diag) {
	struct store_page *page;
	TRY(store_reserve(store, batch));
	parse(batch);
	TRY(store_encode(store, batch, &page, diag));
	return store_append(store, page, diag);
}

static void fill(struct bench *bench) {
	struct store_options options = bench_options(bench, true);
	struct store *store CLEANUP(store_closep) = NULL;
	struct diag diag = {0};
	options.create = true;
	REQUIRE(store_open(&options, &store, &diag) == ERR_OK);
	for (uint32_t i = 0; i < 3; i++) {
		struct batch *batch = batch_new();
		struct buf text CLEANUP(buf_deinit) = {0};
		size_t at = 0;
		struct batch_source source = {
		    .name = STR_INIT("n"), .path = STR_INIT("p"), .file = UINT32_MAX};
		(void)batch_add_source(batch, &source);
		sample_lines(&text, i == 1 ? "other" : "line", 0, LINES);
		for (uint32_t k = 0; k < LINES; k++) {
			sample_add_line(batch, buf_str(&text), &at, k + 1);
		}
		CHECK_EQ(put(store, batch, &diag), ERR_OK);
	}
	CHECK_EQ(store_commit(store, &diag), ERR_OK);
}

static void check_record(struct store *store, struct store_table *table, uint32_t name,
                         struct str text, uint32_t code, uint64_t index) {
	struct store_view *view;
	const struct column *column;
	struct value value = {0};
	struct diag diag = {0};
	REQUIRE(store_view_some(store, &index, 1, &view, &diag) == ERR_OK);
	CHECK_EQ(store_view_column(view, text, &column), ERR_OK);
	struct value wanted = column_get(column, 0);
	if (code != 0 && code != STORE_TABLE_UNKNOWN) {
		CHECK_EQ(store_table_value(table, name, code, &value), ERR_OK);
	}
	if (code != STORE_TABLE_UNKNOWN) {
		CHECK_EQ(value.kind, wanted.kind);
		CHECK(value.kind == VALUE_NONE || str_eq(value.text, wanted.text));
	}
	store_view_free(view);
}

/* start: place of the first record of the shape. */
static uint32_t check_shape(struct store *store, struct store_table *table, uint32_t shape,
                            const uint64_t *indices, uint32_t start) {
	const struct str *names;
	uint32_t rows = store_table_shape_rows(table, shape);
	uint32_t count = store_table_names(table, &names);
	uint32_t *codes = calloc((size_t)rows + 1, sizeof(*codes));
	uint32_t known = 0;
	ASSERT(codes != NULL);
	CHECK_EQ(store_table_begin(table, shape), ERR_OK);
	for (uint32_t name = 0; name < count && rows > 0; name++) {
		CHECK_EQ(store_table_codes(table, name, codes), ERR_OK);
		for (uint32_t i = 0; i < rows; i++) {
			CHECK(codes[i] == 0 || store_table_has(table, name));
			check_record(store, table, name, names[name], codes[i], indices[start + i]);
			known += codes[i] != STORE_TABLE_UNKNOWN && codes[i] != 0;
		}
	}
	free(codes);
	return known;
}

/* The record as a view has it. */
static void check_fields(struct store *store, uint64_t index, const struct row_field *fields,
                         uint32_t count) {
	struct diag diag = {0};
	struct store_view *view;
	const int64_t *numbers;
	const struct row_field *again;
	size_t again_count;
	struct row row;
	struct row place;
	REQUIRE(store_view_at(store, index, &view, &diag) == ERR_OK);
	uint32_t at = (uint32_t)(index - store_view_first_index(view));
	REQUIRE(store_view_row(view, at, &row) == ERR_OK);
	CHECK_EQ(store_view_row_place(view, at, &place), ERR_OK);
	CHECK_EQ(store_view_numbers(view, &numbers), ERR_OK);
	CHECK_EQ((uint64_t)numbers[at], row.number);
	CHECK_EQ(place.index, row.index);
	CHECK_EQ(place.time_ns, row.time_ns);
	CHECK_EQ(place.type, row.type);
	CHECK(str_eq(place.path, row.path) && str_eq(place.format, row.format) &&
	      str_eq(place.tree, row.tree));
	CHECK_EQ(store_view_row_fields(view, at, &again, &again_count), ERR_OK);
	CHECK_EQ(count, row.fields_count);
	CHECK_EQ(again_count, row.fields_count);
	for (uint32_t i = 0; i < MIN_OF(count, row.fields_count); i++) {
		CHECK(str_eq(again[i].name, row.fields[i].name));
		CHECK(str_eq(again[i].value.text, row.fields[i].value.text));
		CHECK(str_eq(fields[i].name, row.fields[i].name));
		CHECK_EQ(fields[i].value.kind, row.fields[i].value.kind);
		CHECK(str_eq(fields[i].value.text, row.fields[i].value.text));
	}
	store_view_free(view);
}

/* Every third record of the shape. */
static void check_some(struct store *store, struct store_table *table, uint32_t shape,
                       const uint64_t *indices, uint32_t start) {
	struct row_field *fields = calloc(LIMIT_FIELDS_PER_RECORD, sizeof(*fields));
	uint32_t rows = store_table_shape_rows(table, shape);
	uint32_t *ranks = calloc((size_t)rows + 1, sizeof(*ranks));
	uint32_t count = 0;
	ASSERT(fields != NULL && ranks != NULL);
	for (uint32_t i = 0; i < rows; i += 3) {
		ranks[count++] = i;
	}
	CHECK(count == 0 || store_table_begin_some(table, shape, ranks, count) == ERR_OK);
	for (uint32_t i = 0; i < count; i++) {
		uint32_t fields_count;
		bool known;
		CHECK_EQ(store_table_fields(table, i, fields, &fields_count, &known), ERR_OK);
		if (CHECK(known)) {
			check_fields(store, indices[start + ranks[i]], fields, fields_count);
		}
	}
	free(ranks);
	free(fields);
}

/* By place: the index. */
static uint64_t *indices_of(struct store_table *table, uint64_t first, uint32_t rows) {
	uint32_t *places = calloc((size_t)rows + 1, sizeof(*places));
	uint64_t *indices = calloc((size_t)rows + 1, sizeof(*indices));
	ASSERT(places != NULL && indices != NULL);
	CHECK_EQ(store_table_places(table, places), ERR_OK);
	for (uint32_t i = 0; i < rows && CHECK(places[i] < rows); i++) {
		indices[places[i]] = first + i;
	}
	free(places);
	return indices;
}

TEST(a_table_has_the_fields_of_its_records) {
	struct bench bench CLEANUP(bench_deinit) = {.memory = os_memory_new(51)};
	struct store *store CLEANUP(store_closep) = NULL;
	uint64_t first = 1;
	uint32_t rows = 0;
	uint32_t seen = 0;
	uint32_t known = 0;
	fill(&bench);
	store = open_reader(&bench);
	REQUIRE(store != NULL);
	struct store_table *table = NULL;
	REQUIRE(store_table_new(store, 5, &table) == ERR_OK);
	store_table_range(table, &first, &rows);
	CHECK(first <= 5 && rows >= 3 * LINES);
	CHECK(store_table_bytes(table) > rows);
	uint64_t *indices = indices_of(table, first, rows);
	for (uint32_t i = 0; i < store_table_shapes(table); i++) {
		known += check_shape(store, table, i, indices, seen);
		check_some(store, table, i, indices, seen);
		seen += store_table_shape_rows(table, i);
	}
	free(indices);
	CHECK_EQ(seen, rows);
	CHECK_EQ(known, 3 * (LINES + LINES + LINES * 2 / 3));
	store_table_free(table);
	store_table_forget(store, 5);
	CHECK_EQ(store_table_new(store, 1 << 30, &table), ERR_NOT_FOUND);
}

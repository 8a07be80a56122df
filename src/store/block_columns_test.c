/* Codes of a field stand for the values that a view of the rows gives. */
#include "store/block_columns.h"

#include "base/bits.h"
#include "base/map.h"
#include "tap.h"

#include "store/batch_sample.h"
#include "store/block_strips.h"
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

static bool setup_with(struct fixture *f, struct batch *batch) {
	struct diag diag = {0};
	*f = (struct fixture){.batch = batch};
	return CHECK_EQ(page_encode(f->batch, sample_plan(f->batch, FIRST), &f->page, &diag), ERR_OK) &&
	       CHECK(viewed_make(&f->viewed, f->page, NULL));
}

static bool setup(struct fixture *f, bool sample) {
	return setup_with(f, sample ? sample_batch(ROWS, tap_random(), true) : random_batch(ROWS));
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

/* ---- shape by shape ---- */

enum { TEXT_MAX = 64 };

struct walked {
	struct str fields[2];
	uint64_t rows;
	uint64_t numbers; /* values that were no texts */
	struct map *seen; /* pairs of values, with how many rows have them */
};

static void add_pair(struct map *seen, const struct value *values, uint64_t rows) {
	struct buf key CLEANUP(buf_deinit) = {0};
	for (size_t i = 0; i < 2; i++) {
		buf_printf(&key, "%d:%.*s\t", (int)values[i].kind, STR_ARG(values[i].text));
	}
	*map_put(seen, buf_str(&key), 0, NULL) += rows;
}

static struct value value_at(const struct store_strip *strip, uint32_t i, char *text) {
	int len;
	if (strip->form == STORE_STRIP_CODES) {
		CHECK(strip->codes[i] < store_strip_values(strip));
		return store_strip_value(strip, strip->codes[i]);
	}
	uint64_t number = strip->numbers[i];
	if (strip->form == STORE_STRIP_DECIMALS) {
		len = snprintf(text, TEXT_MAX, "%llu", (unsigned long long)number);
	} else {
		CHECK(number <= UINT32_MAX);
		len = snprintf(text, TEXT_MAX, "%u.%u.%u.%u", (unsigned)(number >> 24),
		               (unsigned)(number >> 16) & 255, (unsigned)(number >> 8) & 255,
		               (unsigned)number & 255);
	}
	return (struct value){strip->kind, str_make(text, (size_t)len)};
}

static enum err walk_strips(void *ctx, const struct store_strip *strips, uint32_t rows) {
	struct walked *walked = ctx;
	for (uint32_t i = 0; i < rows; i++) {
		char texts[2][TEXT_MAX];
		struct value values[] = {value_at(&strips[0], i, texts[0]),
		                         value_at(&strips[1], i, texts[1])};
		add_pair(walked->seen, values, 1);
	}
	walked->rows += rows;
	walked->numbers += strips[0].form == STORE_STRIP_CODES ? 0 : rows;
	return ERR_OK;
}

static void put_slice(struct batch *batch, const char *name, struct str text, const char *open) {
	size_t from = str_find(text, str_from(open), 0) + strlen(open);
	size_t to = MIN_OF(str_find(text, STR(" "), from), text.len);
	fields_put_slice(batch, fields_name(batch, str_from(name)), VALUE_NUMBER,
	                 str_slice(text, from, to));
}

/* Lines of few kinds, whose fields are numbers. */
static struct batch *number_batch(void) {
	struct batch *batch = batch_new();
	struct batch_source source = {.name = STR("s"), .path = STR("p"), .file = UINT32_MAX};
	(void)batch_add_source(batch, &source);
	for (uint32_t row = 0; row < ROWS; row++) {
		struct buf text CLEANUP(buf_deinit) = {0};
		uint64_t r = tap_random() >> 8;
		buf_printf(&text, "from 10.%u.%u.7 port %u size %llu%s", (unsigned)(r % 3),
		           (unsigned)(r / 3 % 200), (unsigned)(r / 600 % 60000),
		           (unsigned long long)(r >> r % 50), r / 7 % 2 == 0 ? "" : " (again)");
		sample_record(batch, 0, buf_str(&text));
		batch->records[row].type = RECORD_DATA;
	}
	fields_begin(batch);
	for (uint32_t row = 0; row < ROWS; row++) {
		struct str text = batch_text(batch, row);
		(void)fields_begin_row(batch);
		fields_set_format(batch, STR("plain"));
		fields_set_time(batch, SAMPLE_TIME + row, 0);
		put_slice(batch, "from", text, "from ");
		put_slice(batch, "port", text, "port ");
		if (tap_random() % 4 != 0) {
			put_slice(batch, "size", text, "size ");
		}
		fields_end_row(batch);
	}
	batch->parsed = true;
	return batch;
}

static bool is_list_in(const struct column *column, const uint32_t *which, uint32_t rows) {
	for (uint32_t i = 0; i < rows; i++) {
		if (column_get(column, which[i]).kind == VALUE_LIST) {
			return true;
		}
	}
	return false;
}

/* Two fields at a time: values that come together in a row do so here. */
static void check_strips(struct fixture *f, enum which how, struct str a, struct str b,
                         struct walked *sum) {
	struct block_columns *columns = columns_of(f, how);
	struct walked walked = {.fields = {a, b}, .seen = map_new()};
	CLEANUP(map_freep) struct map *truth = map_new();
	const struct column *both[2];
	const uint32_t *which;
	uint32_t rows;
	enum err err = block_strips(columns, walked.fields, 2, walk_strips, &walked);
	CHECK_EQ(store_view_column(f->viewed.view, a, &both[0]), ERR_OK);
	CHECK_EQ(store_view_column(f->viewed.view, b, &both[1]), ERR_OK);
	CHECK_EQ(block_columns_rows(columns, &rows), ERR_OK);
	CHECK_EQ(block_columns_which(columns, &which), ERR_OK);
	CHECK(err == ERR_OK || err == ERR_UNSUPPORTED);
	if (err == ERR_OK && !is_list_in(both[0], which, rows) && !is_list_in(both[1], which, rows)) {
		for (uint32_t i = 0; i < rows; i++) {
			struct value values[] = {column_get(both[0], which[i]), column_get(both[1], which[i])};
			add_pair(truth, values, 1);
		}
		CHECK_EQ(walked.rows, rows);
		CHECK_EQ(map_count(walked.seen), map_count(truth));
		for (size_t i = 0; i < map_count(truth); i++) {
			const uint64_t *found = map_find(walked.seen, map_key(truth, i));
			CHECK(found != NULL && *found == *map_value(truth, i));
		}
		sum->rows += rows;
		sum->numbers += walked.numbers;
	} else {
		CHECK_EQ(err, ERR_UNSUPPORTED); /* no list comes as something else */
	}
	map_free(walked.seen);
	block_columns_free(columns);
}

TEST(strips_have_the_values_of_the_rows) {
	struct walked sum = {0};
	for (size_t round = 0; round < tap_rounds(6); round++) {
		struct fixture f;
		if (round % 3 == 0 ? setup_with(&f, number_batch()) : setup(&f, round % 3 == 1)) {
			const struct str *names;
			size_t count = store_view_names(f.viewed.view, &names);
			for (size_t i = 0; i < count; i++) {
				struct str other = i % 5 == 0 ? STR("no.such") : names[tap_random() % count];
				check_strips(&f, (enum which)(tap_random() % 3), names[i], other, &sum);
			}
		}
		teardown(&f);
	}
	CHECK(sum.rows > 2000);
	CHECK(sum.numbers > 100);
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

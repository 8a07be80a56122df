/* Whatever a segment says of its records that is not so is found, with all checksums right. */
#include "store/block_check.h"

#include "base/bits.h"
#include "codec/checked.h"
#include "codec/compress.h"
#include "codec/word_filter.h"
#include "store/block_find.h"
#include "store/block_rows.h"
#include "store/block_values.h"
#include "store/store.h"
#include "tap.h"

#include "store/page_sample.h"
#include "store/segment_sample.h"

enum { ROWS = 4096, OWN_ROWS = 5, FIRST = 256, PAGES = 2 };

/* A segment of one block: a page of data, and one of the store's own records, without fields. */
struct sample {
	struct store_page *pages[PAGES];
	struct batch *batches[PAGES];
	struct segment_page table[PAGES];
	struct segment_block entry;
	struct buf block; /* its bytes */
	struct buf file;
	struct segment *segment;
};

static struct batch *own_batch(void) {
	struct batch *batch = batch_new();
	struct batch_source source = {.name = STR_INIT("akashi"), .file = UINT32_MAX};
	(void)batch_add_source(batch, &source);
	fields_begin(batch);
	for (uint32_t row = 0; row < OWN_ROWS; row++) {
		sample_record(batch, 0, STR("{\"what\":\"is of the store\"}"));
		batch->records[row].type = row % 2 == 0 ? RECORD_SEAL : RECORD_AUDIT;
	}
	for (uint32_t row = 0; row < OWN_ROWS; row++) {
		(void)fields_begin_row(batch);
		fields_set_text(batch, STR("so that the body is kept too"));
		fields_set_format(batch, STR("akashi"));
		fields_set_time(batch, SAMPLE_TIME - 5, 0);
		fields_end_row(batch);
	}
	batch->parsed = true;
	return batch;
}

static bool make_pages(struct sample *s, bool containers) {
	struct block_draft *draft = block_draft_new();
	struct diag diag = {0};
	uint64_t index = FIRST;
	bool made = true;
	s->batches[0] = sample_batch(ROWS, tap_random(), containers);
	s->batches[1] = own_batch();
	for (int i = 0; i < PAGES && made; i++) {
		made = CHECK_EQ(
		    page_encode(s->batches[i], sample_plan(s->batches[i], index), &s->pages[i], &diag),
		    ERR_OK);
		if (made) {
			const struct store_page *page = s->pages[i];
			s->table[i] = (struct segment_page){.len = (uint32_t)page->bytes.len,
			                                    .rows = page->rows,
			                                    .types = page->types,
			                                    .kept = page->block_rows->kept,
			                                    .time_min_ns = page->time_min_ns,
			                                    .time_max_ns = page->time_max_ns};
			block_draft_add(draft, &s->pages[i]->block_rows->cut);
			index += page->rows;
		}
	}
	if (made) {
		block_draft_put(draft, 1, &s->block);
	}
	block_draft_free(draft);
	return made;
}

/* Puts the file together of what is there, with right checksums, and opens it. */
static bool open_sample(struct sample *s) {
	struct diag diag = {0};
	uint8_t seeds[32][SALT_SEED_SIZE] = {{0}};
	struct segment_table table = {.footer = sample_footer(FIRST, ROWS + OWN_ROWS),
	                              .pages = s->table,
	                              .pages_count = PAGES,
	                              .blocks = &s->entry,
	                              .blocks_count = 1,
	                              .seeds = seeds};
	table.seeds_count = (uint32_t)segment_bundles(FIRST, ROWS + OWN_ROWS);
	ASSERT(table.seeds_count <= ARRAY_LEN(seeds));
	s->entry = (struct segment_block){.pages = PAGES, .len = (uint32_t)s->block.len};
	segment_free(TAKE(s->segment));
	buf_clear(&s->file);
	segment_put_header(&s->file);
	for (int i = 0; i < PAGES; i++) {
		buf_append_str(&s->file, buf_str(&s->pages[i]->bytes));
	}
	buf_append_str(&s->file, buf_str(&s->block));
	segment_put_end(&s->file, &table, s->file.len);
	return CHECK_EQ(segment_open_bytes(buf_str(&s->file), "sample", &s->segment, &diag), ERR_OK);
}

static bool setup(struct sample *s, bool containers) {
	*s = (struct sample){0};
	return make_pages(s, containers) && open_sample(s);
}

static void teardown(struct sample *s) {
	segment_free(s->segment);
	for (int i = 0; i < PAGES; i++) {
		page_free(s->pages[i]);
		batch_free(s->batches[i]);
	}
	buf_deinit(&s->block);
	buf_deinit(&s->file);
}

/* What is said of the segment as it is now: empty, nothing. */
static const char *told(struct sample *s) {
	static char message[DIAG_TEXT_MAX];
	struct diag diag = {0};
	if (!open_sample(s)) {
		return "does not open";
	}
	CHECK_EQ(segment_block_check(s->segment, 0, &diag), ERR_OK);
	enum err err = segment_block_derived(s->segment, 0, &diag);
	CHECK((err == ERR_OK) == (diag.message[0] == '\0'));
	(void)snprintf(message, sizeof(message), "%s", diag.message);
	return message;
}

static void check_told(struct sample *s, const char *what) {
	const char *message = told(s);
	if (!CHECK(strstr(message, what) != NULL)) {
		printf("# it says \"%s\", not %s\n", message, what);
	}
}

/* ---- pages ---- */

TEST(a_block_as_it_is_written_fits_its_records) {
	for (int containers = 0; containers < 2; containers++) {
		struct sample s;
		if (setup(&s, containers == 1)) {
			CHECK_STR(str_from(told(&s)), "");
			CHECK_EQ(s.table[0].kept, 0);
			CHECK_EQ(s.table[1].kept, OWN_ROWS);
		}
		teardown(&s);
	}
}

TEST(what_the_footer_says_of_pages_is_compared_with_their_records) {
	struct sample s;
	if (setup(&s, false)) {
		const struct segment_page right[PAGES] = {s.table[0], s.table[1]};
		s.table[0].time_min_ns++;
		check_told(&s, "what the footer says of a page");
		s.table[0] = right[0];
		s.table[0].time_max_ns--;
		check_told(&s, "what the footer says of a page");
		s.table[0] = right[0];
		s.table[0].time_max_ns++; /* nothing would be hidden, but it is not so either */
		check_told(&s, "what the footer says of a page");
		s.table[0] = right[0];
		s.table[1].types = page_type_bit(RECORD_SEAL);
		check_told(&s, "what the footer says of a page");
		s.table[1] = right[1];
		s.table[0].types |= page_type_bit(RECORD_SEAL);
		check_told(&s, "what the footer says of a page");
		s.table[0] = right[0];
		CHECK_STR(str_from(told(&s)), "");
	}
	teardown(&s);
}

/* ---- parts ---- */

/* The block, with other bytes for one part. */
static void replace_part(struct sample *s, size_t part, struct str bytes) {
	struct checked_writer writer = {0};
	struct checked *checked;
	REQUIRE(checked_open(buf_str(&s->block), &checked) == ERR_OK);
	for (size_t i = 0; i < checked_count(checked); i++) {
		checked_part(&writer, i == part ? bytes : checked_peek(checked, i));
	}
	checked_free(checked);
	buf_clear(&s->block);
	checked_put(&writer, &s->block);
	checked_writer_deinit(&writer);
}

static void copy_part(const struct sample *s, size_t part, struct buf *out) {
	struct checked *checked;
	REQUIRE(checked_open(buf_str(&s->block), &checked) == ERR_OK);
	buf_append_str(out, checked_peek(checked, part));
	checked_free(checked);
}

/* ---- values ---- */

enum lie {
	LIE_NONE,
	LIE_RECORDS,     /* another number of records */
	LIE_LESS,        /* one record less has a value */
	LIE_GONE,        /* a value is not there */
	LIE_OTHER,       /* a value is another */
	LIE_KIND,        /* a value is of another kind */
	LIE_MORE,        /* a value that no record has */
	LIE_TWICE,       /* a value stands in two places */
	LIE_NAME_GONE,   /* a field is not there */
	LIE_NAME_MORE,   /* a field that no record has */
	LIE_NAME_TWICE,  /* a field stands in two places */
	LIE_NAME_HIDDEN, /* a field whose values are not kept is not there */
	LIES,
};

struct field {
	struct str name;
	const struct store_count *counts;
	size_t count; /* of values, without that of none */
};

static struct field field_of(const struct block_values *values, size_t i) {
	struct field field;
	field.count = block_values_field(values, i, &field.name, &field.counts);
	field.count -= field.count > 0 && field.counts[field.count - 1].value.kind == VALUE_NONE;
	return field;
}

static void put_value(struct buf *out, uint8_t kind, struct str text, uint64_t rows) {
	buf_append_char(out, (char)kind);
	wire_put_str(out, text);
	wire_put_varint(out, rows);
}

/* The values of the field, the first of them not as it is. */
static void put_lying_field(struct buf *out, const struct field *field, enum lie lie) {
	const struct store_count *first = &field->counts[0];
	if (field->count == 0) {
		wire_put_str(out, field->name);
		wire_put_varint(out, 0);
		return;
	}
	uint8_t kind = (uint8_t)first->value.kind;
	wire_put_str(out, field->name);
	wire_put_varint(out, field->count - (lie == LIE_GONE) + (lie == LIE_MORE || lie == LIE_TWICE));
	if (lie == LIE_OTHER) {
		put_value(out, kind, STR("no such value"), first->rows);
	} else if (lie == LIE_KIND) {
		put_value(out, VALUE_JSON, first->value.text, first->rows);
	} else if (lie == LIE_TWICE) {
		put_value(out, kind, first->value.text, first->rows - 1);
		put_value(out, kind, first->value.text, 1);
	} else if (lie != LIE_GONE) {
		bool less = lie == LIE_LESS || lie == LIE_MORE;
		put_value(out, kind, first->value.text, first->rows - less);
	}
	if (lie == LIE_MORE) {
		put_value(out, kind, STR("no such value"), 1);
	}
	for (size_t i = 1; i < field->count; i++) {
		put_value(out, (uint8_t)field->counts[i].value.kind, field->counts[i].value.text,
		          field->counts[i].rows);
	}
}

static void put_values(const struct block_values *values, size_t chosen, enum lie lie,
                       struct buf *out) {
	struct buf raw CLEANUP(buf_deinit) = {0};
	size_t count = block_values_fields(values);
	bool gone = lie == LIE_NAME_GONE || lie == LIE_NAME_HIDDEN;
	bool more = lie == LIE_NAME_MORE || lie == LIE_NAME_TWICE;
	wire_put_varint(&raw, block_values_records(values) - (lie == LIE_RECORDS));
	wire_put_varint(&raw, count - gone + more);
	for (size_t i = 0; i < count; i++) {
		struct field field = field_of(values, i);
		if (gone && i == chosen) {
			continue;
		}
		put_lying_field(&raw, &field, i == chosen ? lie : LIE_NONE);
		if (more && i == chosen) {
			wire_put_str(&raw, lie == LIE_NAME_TWICE ? field.name : STR("no.such"));
			wire_put_varint(&raw, 1);
			put_value(&raw, VALUE_STRING, STR("x"), 1);
		}
	}
	blob_put(out, buf_str(&raw), COMPRESS_BEST);
}

static void try_lie(struct sample *s, const struct block_values *values, size_t chosen,
                    enum lie lie) {
	struct buf part CLEANUP(buf_deinit) = {0};
	put_values(values, chosen, lie, &part);
	replace_part(s, BLOCK_VALUES, buf_str(&part));
	const char *message = told(s);
	bool right = lie == LIE_NONE ? message[0] == '\0'
	                             : strstr(message, "the count of a field's values") != NULL;
	if (!CHECK(right)) {
		printf("# lie %d of field %zu: it says \"%s\"\n", (int)lie, chosen, message);
	}
}

/* Which lies can be told of a field: a value that must be left is not left in every case. */
static bool can_lie(const struct field *field, enum lie lie) {
	bool of_value = lie >= LIE_LESS && lie <= LIE_TWICE;
	bool hidden = lie == LIE_NAME_HIDDEN;
	return of_value ? field->count > 1 && field->counts[0].rows > 1
	                : hidden == (field->count == 0) || lie == LIE_NONE || lie == LIE_RECORDS;
}

TEST(values_that_records_do_not_have_and_those_left_out_are_found) {
	for (int containers = 0; containers < 2; containers++) {
		struct sample s;
		struct buf honest CLEANUP(buf_deinit) = {0};
		struct block_values *values = NULL;
		size_t tried[LIES] = {0};
		if (setup(&s, containers == 1)) {
			copy_part(&s, BLOCK_VALUES, &honest);
			CHECK(honest.len > 0);
			REQUIRE(block_values_open(buf_str(&honest), ROWS + OWN_ROWS, &values) == ERR_OK);
			for (size_t i = 0; i < block_values_fields(values); i++) {
				struct field field = field_of(values, i);
				for (enum lie lie = LIE_NONE; lie < LIES; lie++) {
					if (can_lie(&field, lie)) {
						try_lie(&s, values, i, lie);
						tried[lie]++;
					}
				}
			}
			for (size_t i = 0; i < LIES; i++) {
				CHECK(tried[i] > 0);
			}
			block_values_free(values);
		}
		teardown(&s);
	}
}

TEST(a_block_that_says_nothing_of_values_is_as_good) {
	struct sample s;
	if (setup(&s, false)) {
		replace_part(&s, BLOCK_VALUES, STR(""));
		CHECK_STR(str_from(told(&s)), "");
	}
	teardown(&s);
}

/* ---- words ---- */

static void put_words(struct str words, struct buf *out) {
	struct word_filter_writer *writer = word_filter_writer_new();
	word_filter_add(writer, words, false);
	word_filter_put(writer, 4096, out);
	word_filter_writer_free(writer);
}

TEST(a_filter_of_words_that_does_not_know_all_of_them_is_found) {
	struct sample s;
	struct buf words CLEANUP(buf_deinit) = {0};
	if (setup(&s, false)) {
		put_words(STR("words that are in no record"), &words);
		for (size_t i = 0; i < BLOCK_WORDS_PARTS; i++) {
			replace_part(&s, BLOCK_WORDS + i, buf_str(&words));
			check_told(&s, "the filter of words");
			replace_part(&s, BLOCK_WORDS + i, STR("\x01"));
			check_told(&s, "the filter of words");
			replace_part(&s, BLOCK_WORDS + i, STR(""));
			CHECK_STR(str_from(told(&s)), "");
		}
	}
	teardown(&s);
}

/* ---- whatever is changed ---- */

/* Some of the text that a row has now, whatever that is. */
static struct str some_piece(struct str text) {
	size_t from = text.len == 0 ? 0 : tap_random() % text.len;
	struct str piece = str_slice(text, from, MIN_OF(text.len, from + 1 + tap_random() % 12));
	return piece;
}

/* Rows of the first page are found by what their texts have; those that are others now do not fit
 * their leaves, which is told elsewhere. False: they cannot be read. */
static bool check_found(struct sample *s) {
	CLEANUP(arena_freep) struct arena *arena = arena_new(SIZE_MAX);
	struct block_find_page page = {.rows = ROWS + OWN_ROWS, .has_data = true};
	struct store_view *view;
	struct block *block;
	const struct str *texts;
	struct diag diag = {0};
	uint32_t ignored;
	if (segment_view(s->segment, 0, NULL, &view, &diag) != ERR_OK) {
		return false;
	}
	bool read = store_view_texts(view, &texts) == ERR_OK &&
	            segment_take_block(s->segment, 0, &block, &ignored, &ignored) == ERR_OK;
	for (size_t i = 0; read && i < 8; i++) {
		uint32_t row = (uint32_t)(tap_random() % ROWS);
		struct str piece = some_piece(texts[row]);
		uint64_t maybe[(ROWS + OWN_ROWS) / 64 + 1] = {0};
		uint64_t sure[(ROWS + OWN_ROWS) / 64 + 1] = {0};
		struct expr *expr = NULL;
		if (piece.len == 0 || !str_eq(texts[row], batch_text(s->batches[0], row)) ||
		    expr_test(arena, EXPR_CONTAINS, STR(""), piece, &expr, &diag) != ERR_OK) {
			continue;
		}
		if (block_find(block, expr, &page, 1, maybe, sure) == ERR_OK &&
		    !CHECK(bits_get(maybe, row))) {
			printf("# row %u: %.*s\n", (unsigned)row, STR_ARG(texts[row]));
			CHECK_STR(piece, "");
		}
		expr_free(expr);
	}
	if (read) {
		segment_give_block(s->segment, 0, block);
	}
	store_view_free(view);
	return read;
}

TEST(what_is_passed_of_a_changed_block_is_found_by_search) {
	struct sample s;
	size_t passed = 0;
	size_t refused = 0;
	if (setup(&s, false)) {
		struct buf honest CLEANUP(buf_deinit) = {0};
		buf_append_str(&honest, buf_str(&s.block));
		for (size_t i = 0; i < tap_rounds(150); i++) {
			struct buf part CLEANUP(buf_deinit) = {0};
			size_t number = tap_random() % BLOCK_VALUES;
			buf_clear(&s.block);
			buf_append_str(&s.block, buf_str(&honest));
			copy_part(&s, number, &part);
			if (part.len == 0) {
				continue;
			}
			part.ptr[tap_random() % part.len] ^= (char)(1 << tap_random() % 8);
			replace_part(&s, number, buf_str(&part));
			if (told(&s)[0] != '\0') {
				refused++;
			} else {
				passed += check_found(&s);
			}
		}
		printf("# %zu passed, %zu refused\n", passed, refused);
		CHECK(refused > 10);
	}
	teardown(&s);
}

/* The comparison before a block may stand for its rows finds every kind of difference; rows that
 * were read from a block are those that went into it.
 */
#include "store/block_rows.h"

#include "tap.h"

#include "store/batch_sample.h"
#include "store/view_sample.h"

enum { ROWS = 60 };

/* Some texts that are not their body, which is kept. */
static struct batch *make_batch(void) {
	struct batch *batch = sample_batch(ROWS, 1, true);
	for (uint32_t row = 0; row < ROWS; row += 6) {
		struct field_row *parsed = &batch->fields.rows[row];
		if (batch->records[row].source != 2) {
			struct str body = batch_body(batch, row);
			parsed->has_text = true;
			parsed->text_offset = (uint32_t)batch->fields.bytes.len;
			parsed->text_len = (uint32_t)body.len + 2;
			buf_append_str(&batch->fields.bytes, body);
			buf_append_str(&batch->fields.bytes, STR("藤")); /* one byte more: cut */
		}
	}
	return batch;
}

static struct store_page *encode(struct batch *batch) {
	struct store_page *page = NULL;
	struct diag diag = {0};
	CHECK_EQ(page_encode(batch, sample_plan(batch, 10), &page, &diag), ERR_OK);
	return page;
}

/* What block gives back differs from changed. */
static void check_finds(const char *what, struct batch *changed, struct store_view *view) {
	struct diag diag = {0};
	struct store_page *page = encode(changed);
	if (page != NULL &&
	    !CHECK_EQ(block_rows_check_page(page->block_rows, view, &diag), ERR_CORRUPT)) {
		printf("# not found: %s\n", what);
	}
	CHECK(diag.message[0] != '\0');
	page_free(page);
	batch_free(changed);
}

TEST(every_difference_from_the_rows_is_found) {
	struct batch *batch = make_batch();
	struct store_page *page = encode(batch);
	struct viewed viewed;
	struct diag diag = {0};
	REQUIRE(page != NULL && viewed_make(&viewed, page, NULL));
	CHECK(page->block_rows->kept > 0);
	CHECK_EQ(block_rows_check_page(page->block_rows, viewed.view, &diag), ERR_OK);
	struct batch *other = make_batch();
	other->raw.ptr[other->records[7].body_offset + 3] ^= 1;
	check_finds("a byte of a text that is the body", other, viewed.view);
	other = make_batch();
	other->raw.ptr[other->records[6].body_offset + 3] ^= 1;
	check_finds("a byte of a body that is kept", other, viewed.view);
	other = make_batch();
	other->fields.bytes.ptr[other->fields.rows[4].text_offset + 9] ^= 1;
	check_finds("a byte of a text", other, viewed.view);
	other = make_batch();
	other->fields.entries[other->fields.rows[3].first + 2].len--;
	check_finds("the length of a field", other, viewed.view);
	other = make_batch();
	other->fields.entries[other->fields.rows[3].first + 2].offset++;
	check_finds("the place of a field", other, viewed.view);
	other = make_batch();
	other->fields.entries[other->fields.rows[3].first].kind = VALUE_JSON;
	check_finds("the kind of a field", other, viewed.view);
	other = make_batch();
	other->fields.entries[other->fields.rows[3].first].name++;
	check_finds("the name of a field", other, viewed.view);
	other = make_batch();
	other->fields.rows[3].count--;
	check_finds("a field too few", other, viewed.view);
	other = make_batch();
	struct field_entry *entry = &other->fields.entries[other->fields.rows[3].first];
	struct field_entry first = entry[1];
	entry[1] = entry[2];
	entry[2] = first;
	check_finds("the order of fields", other, viewed.view);
	viewed_deinit(&viewed);
	page_free(page);
	batch_free(batch);
}

TEST(rows_read_from_a_block_make_it_again) {
	for (size_t round = 0; round < tap_rounds(40); round++) {
		struct batch *batch = random_batch(300);
		struct store_page *page = encode(batch);
		struct viewed viewed;
		struct viewed again;
		struct diag diag = {0};
		struct block_rows *rows = NULL;
		REQUIRE(page != NULL && viewed_make(&viewed, page, NULL));
		CHECK_EQ(block_rows_from_view(viewed.view, &rows), ERR_OK);
		CHECK_EQ(block_rows_check_page(rows, viewed.view, &diag), ERR_OK);
		CHECK_EQ(rows->bytes, page->block_rows->bytes);
		block_rows_free(page->block_rows);
		page->block_rows = rows;
		viewed_deinit(&viewed);
		REQUIRE(viewed_make(&again, page, NULL));
		CHECK_EQ(block_rows_check_page(rows, again.view, &diag), ERR_OK);
		viewed_deinit(&again);
		page_free(page);
		batch_free(batch);
	}
}

enum { ALIKE = 240, KINDS = 12 };

/* The fields of a row of the batch below, whose text is 'k["words","more"]': a letter for its kind,
 * then a list. right: the batch says rightly where that is. */
static void put_fields(struct batch *batch, uint32_t row, const char *far, bool right) {
	struct str text = batch_text(batch, row);
	struct buf list = {0};
	size_t comma = str_find_char(text, ',', 0);
	value_list_append(&list, value_string(str_slice(text, 3, comma - 1)));
	value_list_append(&list, value_string(str_slice(text, comma + 2, text.len - 2)));
	fields_put_array(batch, fields_name(batch, STR("list")), buf_str(&list), right ? 1 : 0,
	                 (uint32_t)text.len - 1);
	fields_put_span(batch, fields_name(batch, STR("first")), VALUE_STRING, 3, (uint32_t)comma - 4);
	fields_put_span(batch, fields_name(batch, STR("all")), VALUE_STRING, 0, (uint32_t)text.len);
	fields_put_str(batch, fields_name(batch, STR("kind")), str_slice(text, 0, 1));
	fields_put_str(batch, fields_name(batch, STR("far")), str_from(far)); /* too long: outside */
	buf_deinit(&list);
}

/* Rows of some kinds. alike: only the first one of each kind has fields of its own. */
static struct batch *make_alike(bool alike) {
	struct batch *batch = batch_new();
	struct batch_source source = {.name = STR_INIT("s"), .path = STR_INIT("p")};
	char far[300];
	(void)batch_add_source(batch, &source);
	memset(far, 'f', sizeof(far) - 1);
	far[sizeof(far) - 1] = 0;
	for (uint32_t row = 0; row < ALIKE; row++) {
		char line[80];
		int len = snprintf(line, sizeof(line), "%c[\"x%uy%u\",\"1z%u\"]", 'g' + (int)(row % KINDS),
		                   (unsigned)row, (unsigned)row * 7777, (unsigned)row * 3);
		sample_record(batch, 0, str_make(line, (size_t)len));
	}
	batch->cut = alike ? lines_cut_new() : NULL;
	batch->free_cut = lines_cut_free;
	fields_begin(batch);
	for (uint32_t row = 0; row < ALIKE; row++) {
		(void)fields_begin_row(batch);
		if (row % 10 == 9) {
			struct buf text = {0};
			buf_append_str(&text, batch_body(batch, row));
			text.ptr[3] = 'w'; /* not the body */
			fields_set_text(batch, buf_str(&text));
			buf_deinit(&text);
		}
		fields_set_format(batch, STR("one"));
		fields_set_time(batch, SAMPLE_TIME + row, 0);
		if (alike) {
			lines_cut_add(batch->cut, batch_text(batch, row));
		}
		far[0] = (char)('a' + row % KINDS);
		if (alike && row >= KINDS) {
			CHECK_EQ(lines_cut_kind(batch->cut, row), 1 + row % KINDS);
			fields_put_like(batch, row % KINDS, false);
		} else {
			put_fields(batch, row, far, alike || row % 4 != 0);
		}
		fields_end_row(batch);
	}
	batch->parsed = true;
	return batch;
}

/* The message with number for each '#'. */
static void append_message(struct buf *out, const char *message, unsigned number) {
	for (; *message != 0; message++) {
		if (*message == '#') {
			buf_append_u64(out, number);
		} else {
			buf_append_char(out, *message);
		}
	}
}

/* Rows "gN: message" of many messages. alike: those after the first of a letter have its fields. */
static struct batch *make_beginnings(bool alike) {
	static const char *const messages[] = {"x #",   "",          "# of #", "just words",
	                                       "[#] #", "a # b # c", "x #."};
	struct batch *batch = batch_new();
	struct batch_source source = {.name = STR_INIT("s"), .path = STR_INIT("p")};
	(void)batch_add_source(batch, &source);
	batch->cut = alike ? lines_cut_new() : NULL;
	batch->free_cut = lines_cut_free;
	for (uint32_t row = 0; row < ALIKE; row++) {
		struct buf line = {0};
		buf_printf(&line, "%c%u: ", 'g' + (int)(row % KINDS), 100 + (unsigned)row);
		append_message(&line, messages[row / KINDS % ARRAY_LEN(messages)], (unsigned)row);
		sample_record(batch, 0, buf_str(&line));
		buf_deinit(&line);
	}
	fields_begin(batch);
	uint32_t seen[ARRAY_LEN(messages)][KINDS] = {0}; /* 1 + the row that begins alike */
	for (uint32_t row = 0; row < ALIKE; row++) {
		struct str text = batch_body(batch, row);
		uint32_t *like = &seen[row / KINDS % ARRAY_LEN(messages)][row % KINDS];
		(void)fields_begin_row(batch);
		fields_set_format(batch, STR("one"));
		fields_set_time(batch, SAMPLE_TIME + row, 0);
		if (alike) {
			lines_cut_add(batch->cut, text);
		}
		if (alike && row >= KINDS) {
			fields_put_like(batch, *like > 0 ? *like - 1 : row % KINDS, *like == 0);
		} else {
			char far[300] = {0};
			memset(far, 'a' + (int)(row % KINDS), sizeof(far) - 1);
			fields_put_span(batch, fields_name(batch, STR("number")), VALUE_NUMBER, 1,
			                (uint32_t)str_find_char(text, ':', 0) - 1);
			fields_put_str(batch, fields_name(batch, STR("kind")), str_slice(text, 0, 1));
			fields_put_str(batch, fields_name(batch, STR("far")), str_from(far));
			uint32_t rest = (uint32_t)str_find_char(text, ':', 0) + 2;
			fields_put_span(batch, fields_name(batch, STR("rest")), VALUE_STRING, rest,
			                (uint32_t)text.len - rest);
		}
		*like = *like > 0 ? *like : row + 1;
		fields_end_row(batch);
	}
	batch->parsed = true;
	return batch;
}

/* Every pair of the two ways: what one says of its rows is what the block of the other gives. */
static void check_same(struct batch *batches[2]) {
	struct store_page *pages[2] = {encode(batches[0]), encode(batches[1])};
	struct viewed viewed[2];
	struct diag diag = {0};
	for (size_t i = 0; i < 2; i++) {
		REQUIRE(pages[i] != NULL);
		page_take_raw(pages[i], batches[i]);
		batch_free(batches[i]);
		REQUIRE(viewed_make(&viewed[i], pages[i], NULL));
	}
	for (size_t i = 0; i < 4; i++) {
		CHECK_EQ(block_rows_check_page(pages[i / 2]->block_rows, viewed[i % 2].view, &diag),
		         ERR_OK);
	}
	CHECK(str_eq(buf_str(&viewed[0].bytes), buf_str(&viewed[1].bytes)));
	for (size_t i = 0; i < 2; i++) {
		viewed_deinit(&viewed[i]);
		page_free(pages[i]);
	}
}

TEST(rows_that_begin_like_others_make_the_same_block) {
	struct batch *batches[2] = {make_beginnings(false), make_beginnings(true)};
	CHECK_EQ(batches[1]->fields.entries_count, KINDS * 4);
	CHECK_EQ(batches[1]->fields.entries_like, (ALIKE - KINDS) * 4);
	check_same(batches);
}

TEST(rows_that_are_like_others_make_the_same_block) {
	struct batch *batches[2] = {make_alike(false), make_alike(true)};
	CHECK_EQ(batches[1]->fields.entries_count, KINDS * 5);
	CHECK_EQ(batches[1]->fields.entries_like, (ALIKE - KINDS) * 5);
	check_same(batches);
}

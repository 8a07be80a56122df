/* Pages decode to what they were made of, whatever that was; leaves and counts are right. */
#include "store/page.h"

#include "codec/filter.h"
#include "codec/token.h"
#include "store/page_sample.h"
#include "store/store.h"
#include "tap.h"

/* page_encode compares everything with the batch itself: ERR_OK says that the page holds it. */
static struct store_page *encode(struct batch *batch, uint64_t first_index) {
	struct store_page *page = NULL;
	struct diag diag = {0};
	enum err err = page_encode(batch, sample_plan(batch, first_index), &page, &diag);
	if (!CHECK_EQ(err, ERR_OK)) {
		printf("# %s\n", diag.message);
	}
	return page;
}

TEST(batches_of_all_sizes_become_pages_and_come_back) {
	static const uint32_t sizes[] = {1, 2, 3, 10, 255, 256, 257, 1000, LIMIT_BATCH_ROWS};
	for (size_t i = 0; i < 2 * ARRAY_LEN(sizes); i++) {
		struct batch *batch = sample_batch(sizes[i / 2], i, i % 2 == 0);
		struct store_page *page = encode(batch, 1000 * i);
		if (CHECK(page != NULL)) {
			CHECK_EQ(page->rows, batch->count);
			CHECK_EQ(page->hashes.len, batch->count * 32);
			CHECK(page->bytes.len < batch->raw.len + 1500);
			CHECK_EQ(page->bytes_raw, batch->raw.len);
		}
		page_free(page);
		batch_free(batch);
	}
}

TEST(bodies_of_any_bytes_and_none_come_back) {
	struct batch *batch = batch_new();
	struct batch_source source = {.name = STR_INIT("s"), .path = STR_INIT("p")};
	(void)batch_add_source(batch, &source);
	char *body = malloc(300000);
	for (uint32_t row = 0; row < 200; row++) {
		size_t len = row == 100 ? 300000 : (size_t)(tap_random() % 50);
		for (size_t i = 0; i < len; i++) {
			body[i] = (char)tap_random();
		}
		sample_record(batch, 0, str_make(body, len));
		batch->records[row].log_offset = tap_random();
		batch->records[row].number = tap_random();
		batch->records[row].received_ns = (int64_t)tap_random();
		batch->records[row].monotonic_ns = (int64_t)tap_random();
		batch->records[row].type = (uint8_t)(1 + tap_random() % 16);
		batch->records[row].flags = (uint8_t)(tap_random() % 64);
	}
	fields_begin(batch);
	for (uint32_t row = 0; row < 200; row++) {
		(void)fields_begin_row(batch);
		fields_set_format(batch, STR("text"));
		fields_set_time(batch, (int64_t)tap_random(), (uint8_t)(tap_random() % 16));
		fields_end_row(batch);
	}
	batch->parsed = true;
	page_free(encode(batch, UINT64_MAX / 2));
	free(body);
	batch_free(batch);
}

static struct value random_value(char *bytes, size_t cap, uint32_t variety) {
	size_t len = (size_t)(tap_random() % cap);
	for (size_t i = 0; i < len; i++) {
		bytes[i] = (char)(variety < 256 ? 'a' + tap_random() % variety : tap_random());
	}
	enum value_kind kind = (enum value_kind)(tap_random() % 5 == 0 ? VALUE_NUMBER : VALUE_STRING);
	return (struct value){kind, str_make(bytes, len)};
}

/* Columns of every form: random names, kinds, lengths, presence and places. */
static struct batch *random_batch(void) {
	struct batch *batch = batch_new();
	struct batch_source source = {.name = STR_INIT("s"), .path = STR_INIT("p")};
	uint32_t rows = 1 + (uint32_t)(tap_random() % 400);
	uint32_t names = (uint32_t)(tap_random() % 30);
	(void)batch_add_source(batch, &source);
	for (uint32_t row = 0; row < rows; row++) {
		char body[60];
		struct value value = random_value(body, sizeof(body), 3);
		sample_record(batch, 0, value.text);
	}
	fields_begin(batch);
	for (uint32_t row = 0; row < rows; row++) {
		char bytes[100];
		(void)fields_begin_row(batch);
		if (tap_random() % 3 == 0) {
			fields_set_text(batch, random_value(bytes, 80, 26).text);
		}
		fields_set_format(batch, tap_random() % 2 == 0 ? STR("one") : STR("two"));
		size_t text_len = batch_text(batch, row).len;
		for (uint32_t i = 0; i < names; i++) {
			char name[20];
			uint32_t number = (uint32_t)(tap_random() % names);
			int len = snprintf(name, sizeof(name), "field_%u", (unsigned)number);
			uint32_t id = fields_name(batch, str_make(name, (size_t)len));
			if (number % 3 == 0) {
				uint32_t offset = (uint32_t)(tap_random() % (text_len + 1));
				uint32_t slice = (uint32_t)(tap_random() % (text_len - offset + 1));
				fields_put_span(batch, id, VALUE_STRING, offset, slice);
			} else if (number % 3 == 1) {
				fields_put(batch, id, random_value(bytes, 3, 2));
			} else {
				fields_put(batch, id, random_value(bytes, sizeof(bytes), 300));
			}
		}
		fields_end_row(batch);
	}
	batch->parsed = true;
	return batch;
}

struct need {
	const uint8_t *filter;
	size_t size;
	bool all;
};

static void check_token(void *ctx, uint64_t hash) {
	struct need *need = ctx;
	need->all = need->all && filter_may_have(need->filter, need->size, hash);
}

static void check_filter_has(struct need *need, struct value value) {
	size_t at = 0;
	struct value element;
	if (value.kind != VALUE_LIST) {
		token_each(value.text, check_token, need);
		return;
	}
	while (value_list_next(value.text, &at, &element)) {
		token_each(element.text, check_token, need);
	}
}

/* The filter has the tokens of every text and of every value of a field. */
static bool filter_is_whole(const struct store_page *page, const struct batch *batch) {
	struct arena *arena = arena_new(SIZE_MAX);
	struct page_frame frame;
	if (!CHECK_EQ(page_frame_read(buf_str(&page->bytes), arena, &frame), ERR_OK)) {
		return false;
	}
	struct str filter = frame.sections[SECTION_FILTER].bytes;
	struct need need = {(const uint8_t *)filter.ptr, filter.len, true};
	for (uint32_t row = 0; row < batch->count; row++) {
		const struct field_row *parsed = &batch->fields.rows[row];
		token_each(batch_text(batch, row), check_token, &need);
		for (uint32_t i = 0; i < parsed->count; i++) {
			check_filter_has(&need,
			                 fields_value(batch, row, &batch->fields.entries[parsed->first + i]));
		}
	}
	arena_free(arena);
	return need.all;
}

TEST(random_fields_come_back_and_their_words_are_in_the_filter) {
	for (unsigned round = 0; round < 60; round++) {
		struct batch *batch = random_batch();
		struct store_page *page = encode(batch, tap_random() >> 20);
		if (CHECK(page != NULL)) {
			CHECK(filter_is_whole(page, batch));
		}
		page_free(page);
		batch_free(batch);
	}
}

TEST(leaf_hashes_are_those_of_single_leaves) {
	struct batch *batch = sample_batch(600, 9, true);
	struct page_plan *plan = sample_plan(batch, 1000);
	struct store_page *page = encode(batch, 1000);
	uint64_t sequence[3] = {0};
	uint8_t salts[SALT_BUNDLE * SALT_SIZE];
	REQUIRE(page != NULL);
	for (uint32_t row = 0; row < batch->count; row++) {
		const struct batch_record *record = &batch->records[row];
		uint64_t index = 1000 + row;
		uint8_t entry[LEAF_SIZE];
		uint8_t hash[SHA256_SIZE];
		struct str body = batch_body(batch, row);
		struct leaf leaf = {.type = record->type,
		                    .flags = record->flags,
		                    .stream_seq = plan->streams[record->source].first_seq +
		                                  sequence[record->source]++,
		                    .received_ns = record->received_ns,
		                    .monotonic_ns = record->monotonic_ns,
		                    .incarnation = plan->incarnation,
		                    .connection = LEAF_NO_CONNECTION,
		                    .body_len = body.len};
		memcpy(leaf.stream_id, plan->streams[record->source].id, STREAM_ID_SIZE);
		salt_bundle(plan->seeds[index / SALT_BUNDLE - 1000 / SALT_BUNDLE], salts);
		leaf_commit(salts + index % SALT_BUNDLE * SALT_SIZE, body.ptr, body.len, leaf.commit);
		leaf_encode(&leaf, entry);
		leaf_hash(entry, hash);
		CHECK(memcmp(hash, page->hashes.ptr + (size_t)row * 32, 32) == 0);
	}
	page_free(page);
	batch_free(batch);
}

TEST(counts_of_streams_and_files_are_right) {
	struct batch *batch = sample_batch(100, 4, true);
	batch->records[99].flags = RECORD_NO_FINAL_LF;
	batch->records[98].source = 0;
	batch->records[98].flags = RECORD_NO_FINAL_LF;
	batch->records[0].type = RECORD_CONTEXT;
	batch_add_file_end(batch, &(struct batch_file_end){.file = 5, .size = 777});
	struct store_page *page = encode(batch, 0);
	REQUIRE(page != NULL);
	uint64_t records = 0;
	uint64_t bytes = 0;
	CHECK_EQ(page->records, 99);
	CHECK_EQ(page->streams_count, 3);
	CHECK_EQ(page->files_count, 3);
	for (uint32_t i = 0; i < 3; i++) {
		records += page->streams[i].records;
		bytes += page->streams[i].bytes_raw;
	}
	CHECK_EQ(records, 100);
	CHECK_EQ(bytes, page->bytes_raw);
	CHECK_EQ(page->files[0].file, 3);
	CHECK_EQ(page->ends_count, 1);
	CHECK_EQ(page->ends[0].size, 777);
	CHECK(page->progress_no_final_lf);
	CHECK_EQ(page->time_min_ns, SAMPLE_TIME + 1000000000);
	page_free(page);
	batch_free(batch);
}

/* Pages and blocks decode to what they were made of, whatever that was; leaves and counts are
 * right.
 */
#include "store/page.h"

#include "tap.h"

#include "store/batch_sample.h"
#include "store/view_sample.h"

/* page_encode compares what is in the page with the batch, block_rows_check the rest: ERR_OK of
 * both says that nothing was lost. */
static struct store_page *encode(struct batch *batch, uint64_t first_index) {
	struct store_page *page = NULL;
	struct diag diag = {0};
	struct viewed viewed;
	enum err err = page_encode(batch, sample_plan(batch, first_index), &page, &diag);
	if (CHECK_EQ(err, ERR_OK) && CHECK(viewed_make(&viewed, page, NULL))) {
		err = block_rows_check_page(page->block_rows, viewed.view, &diag);
		CHECK_EQ(err, ERR_OK);
		viewed_deinit(&viewed);
	}
	if (err != ERR_OK) {
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
			CHECK(page->bytes.len < 600 + 8 * (size_t)batch->count);
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

TEST(random_fields_and_texts_come_back) {
	for (size_t round = 0; round < tap_rounds(60); round++) {
		struct batch *batch = random_batch(400);
		page_free(encode(batch, tap_random() >> 20));
		batch_free(batch);
	}
}

TEST(a_page_of_like_rows_is_small) {
	struct batch *batch = sample_batch(LIMIT_BATCH_ROWS, 1, false);
	for (uint32_t row = 0; row < batch->count; row++) {
		batch->records[row].source = 0;
	}
	struct store_page *page = encode(batch, 0);
	REQUIRE(page != NULL);
	CHECK(page->bytes.len < 400);
	CHECK_EQ(page->types, page_type_bit(RECORD_DATA));
	page_free(page);
	batch_free(batch);
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

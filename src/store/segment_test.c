/* Segments: written, read, taken over, proved; every flipped bit is found; the bytes are those of
 * docs/formats/segment.md.
 */
#include "store/segment.h"

#include "tap.h"

#include "codec/token.h"
#include "os/os_record.h"
#include "store/segment_sample.h"
#include "store/segment_table.h"
#include "store/store.h"

static void count_damage(void *ctx, struct str what, uint64_t from, uint64_t to) {
	unsigned *count = ctx;
	CHECK(what.len > 0 && from < to);
	*count += 1;
}

static void check_footer(const struct segment_footer *footer, const struct segment_footer *wrote) {
	CHECK(memcmp(footer->store_uuid, wrote->store_uuid, 16) == 0);
	CHECK(memcmp(footer->log_uuid, wrote->log_uuid, 16) == 0);
	CHECK(str_eq(footer->tree, wrote->tree));
	CHECK(footer->incarnation == wrote->incarnation && footer->log_frame == wrote->log_frame);
	CHECK(footer->time_min_ns == wrote->time_min_ns && footer->time_max_ns == wrote->time_max_ns);
	CHECK_EQ(footer->records, wrote->records);
	CHECK_EQ(footer->bytes_raw, wrote->bytes_raw);
	CHECK_EQ(footer->streams_count, 1);
	CHECK(str_eq(footer->streams[0].name, wrote->streams[0].name));
	CHECK(footer->streams[0].time_max_ns == INT64_MAX);
	CHECK_EQ(footer->streams[0].records, 34);
	CHECK_EQ(footer->files_count, 2);
	CHECK(footer->files[0].done && footer->files[0].no_final_lf && !footer->files[0].is_object);
	CHECK_EQ(footer->files[0].modified_ns, -5);
	CHECK_EQ(footer->files[0].same_as, UINT32_MAX);
	CHECK_EQ(footer->files[0].hash[2], 7);
	CHECK(str_eq(footer->files[0].path, wrote->files[0].path));
	CHECK(footer->files[1].is_object && footer->files[1].file == 4);
}

TEST(a_segment_that_is_opened_late_is_mapped_when_its_pages_are_asked_for) {
	struct folder folder = folder_new();
	struct os_record *record CLEANUP(os_record_freep) = os_record_new(os_real(), NULL, NULL);
	struct segment *segment;
	struct diag diag = {0};
	struct buf front = {0};
	unsigned damages = 0;
	uint32_t map = OS_CALL_BIT(OS_CALL_MAP);
	REQUIRE(write_segment(&folder, "a", 500, 3, 100, true));
	REQUIRE(segment_open(os_record_os(record), folder.path, "a", true, &segment, &diag) == ERR_OK);
	folder_remove(&folder, (const char *const[]){"a"}, 1); /* what is open can be read */
	struct segment_footer wrote = sample_footer(500, 300);
	check_footer(segment_footer(segment), &wrote);
	CHECK_EQ(segment_block_front(segment, 0, &front), ERR_OK);
	CHECK_EQ(os_record_count_of(record, map), 0);
	struct str block = segment_block_bytes(segment, 0);
	CHECK(front.len == MIN_OF(block.len, (size_t)SEGMENT_FRONT));
	CHECK(str_eq(buf_str(&front), str_slice(block, 0, front.len)));
	CHECK_EQ(segment_block_front(segment, 0, &front), ERR_NOT_FOUND);
	CHECK_EQ(segment_check(segment, count_damage, &damages), ERR_OK);
	CHECK_EQ(damages, 0);
	segment_free(segment);
	CHECK_EQ(os_record_count_of(record, map), 1);
	CHECK_EQ(os_record_count_of(record, OS_CALL_BIT(OS_CALL_CLOSE)), 1);
	buf_deinit(&front);
}

TEST(a_segment_that_is_opened_late_and_not_asked_is_closed) {
	struct folder folder = folder_new();
	struct os_record *record CLEANUP(os_record_freep) = os_record_new(os_real(), NULL, NULL);
	struct segment *segment;
	struct diag diag = {0};
	REQUIRE(write_segment(&folder, "a", 500, 3, 100, true));
	REQUIRE(segment_open(os_record_os(record), folder.path, "a", true, &segment, &diag) == ERR_OK);
	CHECK_EQ(os_record_count_of(record, OS_CALL_BIT(OS_CALL_CLOSE)), 0);
	segment_free(segment);
	CHECK_EQ(os_record_count_of(record, OS_CALL_BIT(OS_CALL_CLOSE)), 1);
	CHECK_EQ(os_record_count_of(record, OS_CALL_BIT(OS_CALL_MAP)), 0);
	folder_remove(&folder, (const char *const[]){"a"}, 1);
}

TEST(what_a_segment_says_of_itself_comes_back) {
	struct folder folder = folder_new();
	struct segment *segment;
	struct diag diag = {0};
	unsigned damages = 0;
	REQUIRE(write_segment(&folder, "a", 500, 3, 100, true));
	REQUIRE(segment_open(os_real(), folder.path, "a", false, &segment, &diag) == ERR_OK);
	struct segment_footer wrote = sample_footer(500, 300);
	check_footer(segment_footer(segment), &wrote);
	CHECK_EQ(segment_pages(segment), 3);
	CHECK_EQ(segment_page_info(segment, 2).first_index, 700);
	CHECK_EQ(segment_page_info(segment, 2).rows, 100);
	CHECK(segment_page_info(segment, 2).has_data);
	CHECK_EQ(segment_page_of(segment, 500), 0);
	CHECK_EQ(segment_page_of(segment, 599), 0);
	CHECK_EQ(segment_page_of(segment, 600), 1);
	CHECK_EQ(segment_page_of(segment, 799), 2);
	CHECK_EQ(segment_check(segment, count_damage, &damages), ERR_OK);
	CHECK_EQ(damages, 0);
	segment_free(segment);
	folder_remove(&folder, (const char *const[]){"a"}, 1);
}

static void take_token(void *ctx, uint64_t hash) {
	*(uint64_t *)ctx = hash;
}

TEST(filters_of_the_first_version_pass_over_pages_without_a_word) {
	struct buf bytes = {0};
	struct segment *segment;
	struct diag diag = {0};
	uint64_t tokens[2];
	REQUIRE(read_golden_1(&bytes));
	REQUIRE(segment_open_bytes(buf_str(&bytes), "golden", &segment, &diag) == ERR_OK);
	token_each(STR("password"), take_token, &tokens[0]);
	token_each(STR("absent_word"), take_token, &tokens[1]);
	CHECK(segment_page_may_have(segment, 0, tokens, 0));
	CHECK(segment_page_may_have(segment, 0, tokens, 1));
	CHECK(!segment_page_may_have(segment, 0, tokens, 2));
	CHECK(!segment_page_may_have_types(segment, 0, page_type_bit(RECORD_SEAL)));
	segment_free(segment);
	buf_deinit(&bytes);
}

TEST(a_page_says_which_types_it_has) {
	struct folder folder = folder_new();
	struct segment *segment;
	struct diag diag = {0};
	REQUIRE(write_segment(&folder, "a", 0, 1, 50, true));
	REQUIRE(segment_open(os_real(), folder.path, "a", false, &segment, &diag) == ERR_OK);
	uint32_t data = page_type_bit(RECORD_DATA);
	CHECK(segment_page_may_have_types(segment, 0, data | page_type_bit(RECORD_SEAL)));
	CHECK(!segment_page_may_have_types(segment, 0, page_type_bit(RECORD_SEAL)));
	CHECK(segment_page_info(segment, 0).has_data);
	segment_free(segment);
	folder_remove(&folder, (const char *const[]){"a"}, 1);
}

/* The leaves that a view rebuilds have the hashes that went into the tree. */
static void check_leaves(struct store_view *view, const struct batch *batch,
                         const struct store_page *page) {
	for (uint32_t row = 0; row < batch->count; row++) {
		struct leaf leaf;
		uint8_t salt[SALT_SIZE];
		uint8_t hash[SHA256_SIZE];
		struct str body = batch_body(batch, row);
		if (!CHECK_EQ(store_view_leaf(view, row, &leaf, salt), ERR_OK)) {
			return;
		}
		leaf_hash_many(&leaf, &(struct leaf_body){body.ptr, body.len}, salt, 1, hash);
		CHECK(memcmp(hash, page->hashes.ptr + (size_t)row * SHA256_SIZE, SHA256_SIZE) == 0);
	}
}

TEST(leaves_are_rebuilt_from_views) {
	struct folder folder = folder_new();
	struct segment *segment;
	struct store_view *view;
	struct store_page *page;
	struct diag diag = {0};
	struct batch *batch = sample_batch(400, 200, true);
	REQUIRE(write_segment(&folder, "a", 200, 1, 400, true));
	REQUIRE(page_encode(batch, sample_plan(batch, 200), &page, &diag) == ERR_OK);
	REQUIRE(segment_open(os_real(), folder.path, "a", false, &segment, &diag) == ERR_OK);
	REQUIRE(segment_view(segment, 0, NULL, &view, &diag) == ERR_OK);
	check_leaves(view, batch, page);
	store_view_free(view);
	segment_free(segment);
	page_free(page);
	batch_free(batch);
	folder_remove(&folder, (const char *const[]){"a"}, 1);
}

static bool damage_is_found(struct str bytes) {
	struct segment *segment;
	struct diag diag = {0};
	unsigned damages = 0;
	if (segment_open_bytes(bytes, "a", &segment, &diag) != ERR_OK) {
		return diag.message[0] != '\0';
	}
	CHECK_EQ(segment_check(segment, count_damage, &damages), ERR_OK);
	segment_free(segment);
	return damages > 0;
}

TEST(every_flipped_bit_and_every_cut_is_found) {
	struct folder folder = folder_new();
	struct buf bytes = {0};
	REQUIRE(write_segment(&folder, "a", 100, 2, 12, true));
	read_whole(&folder, "a", &bytes);
	CHECK(!damage_is_found(buf_str(&bytes)));
	for (size_t bit = 0; bit < bytes.len * 8; bit++) {
		bytes.ptr[bit / 8] ^= (char)(1 << bit % 8);
		if (!CHECK(damage_is_found(buf_str(&bytes)))) {
			printf("# bit %zu of %zu bytes\n", bit, bytes.len);
		}
		bytes.ptr[bit / 8] ^= (char)(1 << bit % 8);
	}
	for (size_t len = 0; len < bytes.len; len++) {
		CHECK(damage_is_found(str_make(bytes.ptr, len)));
	}
	buf_append_char(&bytes, 0);
	CHECK(damage_is_found(buf_str(&bytes)));
	buf_deinit(&bytes);
	folder_remove(&folder, (const char *const[]){"a"}, 1);
}

TEST(the_bytes_are_those_of_the_format) {
	struct folder folder = folder_new();
	struct buf bytes = {0};
	REQUIRE(write_segment(&folder, "a", GOLDEN_FIRST, 1, GOLDEN_ROWS, true));
	read_whole(&folder, "a", &bytes);
	tap_check_golden("segment-2.bin", bytes.ptr, bytes.len);
	buf_deinit(&bytes);
	folder_remove(&folder, (const char *const[]){"a"}, 1);
}

static void check_row(struct store_view *view, const struct batch *batch, uint32_t i) {
	struct row_field fields[LIMIT_FIELDS_PER_RECORD];
	struct row expected;
	struct row row;
	row_from_batch(batch, i, fields, &expected);
	if (!CHECK_EQ(store_view_row(view, i, &row), ERR_OK)) {
		return;
	}
	CHECK(str_eq(row.text, expected.text) && str_eq(row.body, expected.body));
	CHECK(str_eq(row.format, expected.format) && str_eq(row.path, expected.path));
	CHECK(row.time_ns == expected.time_ns && row.time_flags == expected.time_flags);
	CHECK(row.received_ns == expected.received_ns && row.container == expected.container);
	CHECK(row.type == expected.type && row.flags == expected.flags);
	CHECK_EQ(row.number, expected.number);
	CHECK_EQ(row.log_offset, expected.log_offset);
	CHECK_EQ(row.fields_count, expected.fields_count);
	for (size_t k = 0; k < expected.fields_count && k < row.fields_count; k++) {
		struct value value = row.fields[k].value;
		const struct column *column;
		CHECK(str_eq(row.fields[k].name, fields[k].name));
		CHECK(value.kind == fields[k].value.kind && str_eq(value.text, fields[k].value.text));
		if (CHECK_EQ(store_view_column(view, fields[k].name, &column), ERR_OK)) {
			value = column_get(column, i);
			CHECK(value.kind == fields[k].value.kind && str_eq(value.text, fields[k].value.text));
		}
	}
}

/* Everything that golden segments of all versions say. */
static void check_golden(struct str bytes, uint32_t version) {
	struct segment *segment;
	struct store_view *view;
	struct store_page *page;
	struct diag diag = {0};
	unsigned damages = 0;
	struct batch *batch = sample_batch(GOLDEN_ROWS, GOLDEN_FIRST, true);
	struct segment_footer wrote = sample_footer(GOLDEN_FIRST, GOLDEN_ROWS);
	REQUIRE(page_encode(batch, sample_plan(batch, GOLDEN_FIRST), &page, &diag) == ERR_OK);
	REQUIRE(segment_open_bytes(bytes, "golden", &segment, &diag) == ERR_OK);
	CHECK_EQ(segment_table(segment)->version, version);
	check_footer(segment_footer(segment), &wrote);
	CHECK_EQ(segment_check(segment, count_damage, &damages), ERR_OK);
	CHECK_EQ(damages, 0);
	CHECK(segment_page_info(segment, 0).has_data);
	REQUIRE(segment_view(segment, 0, NULL, &view, &diag) == ERR_OK);
	CHECK_EQ(store_view_rows(view), GOLDEN_ROWS);
	for (uint32_t i = 0; i < GOLDEN_ROWS; i++) {
		check_row(view, batch, i);
	}
	check_leaves(view, batch, page);
	store_view_free(view);
	segment_free(segment);
	page_free(page);
	batch_free(batch);
}

TEST(segments_of_the_first_version_are_read_to_the_last_detail) {
	struct buf bytes = {0};
	REQUIRE(read_golden_1(&bytes));
	check_golden(buf_str(&bytes), SEGMENT_VERSION_FIRST);
	buf_deinit(&bytes);
}

TEST(segments_say_the_same_as_those_of_the_first_version) {
	struct folder folder = folder_new();
	struct buf bytes = {0};
	REQUIRE(write_segment(&folder, "a", GOLDEN_FIRST, 1, GOLDEN_ROWS, true));
	read_whole(&folder, "a", &bytes);
	check_golden(buf_str(&bytes), SEGMENT_VERSION);
	buf_deinit(&bytes);
	folder_remove(&folder, (const char *const[]){"a"}, 1);
}

TEST(every_flipped_bit_of_the_first_version_is_found) {
	struct buf bytes = {0};
	REQUIRE(read_golden_1(&bytes));
	CHECK(!damage_is_found(buf_str(&bytes)));
	for (size_t bit = 0; bit < bytes.len * 8; bit++) {
		bytes.ptr[bit / 8] ^= (char)(1 << bit % 8);
		if (!CHECK(damage_is_found(buf_str(&bytes)))) {
			printf("# bit %zu of %zu bytes\n", bit, bytes.len);
		}
		bytes.ptr[bit / 8] ^= (char)(1 << bit % 8);
	}
	buf_deinit(&bytes);
}

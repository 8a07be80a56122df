/* Segments: written, read, taken over, proved; every flipped bit is found; the bytes are those of
 * docs/formats/segment.md.
 */
#include "store/segment.h"

#include <stdio.h>
#include <unistd.h>

#include "codec/token.h"
#include "store/page.h"
#include "store/page_sample.h"
#include "store/segment_table.h"
#include "store/store.h"
#include "tap.h"

struct folder {
	char path[64];
};

static struct folder folder_new(void) {
	struct folder folder = {"/tmp/akashi-segment-XXXXXX"};
	CHECK(mkdtemp(folder.path) != NULL);
	return folder;
}

static void folder_remove(const struct folder *folder, const char *const *names, size_t count) {
	char path[128];
	for (size_t i = 0; i < count; i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", folder->path, names[i]);
		(void)unlink(path);
	}
	(void)rmdir(folder->path);
}

/* A footer with a bit of everything; records from first on. */
static struct segment_footer sample_footer(uint64_t first, uint64_t count) {
	static const struct segment_stream streams[] = {{.stream = 7,
	                                                 .id = {1, 2, 3},
	                                                 .name = STR_INIT("web-1:/var/log/auth.log"),
	                                                 .first_seq = 12,
	                                                 .records = 34,
	                                                 .bytes_raw = 56,
	                                                 .time_min_ns = SAMPLE_TIME,
	                                                 .time_max_ns = INT64_MAX}};
	static const struct segment_file files[] = {{.file = 3,
	                                             .same_as = UINT32_MAX,
	                                             .path = STR_INIT("/var/log/auth.log"),
	                                             .source = STR_INIT("auth"),
	                                             .done = true,
	                                             .no_final_lf = true,
	                                             .hash = {9, 8, 7},
	                                             .position = 1234,
	                                             .size = 1234,
	                                             .records = 99,
	                                             .modified_ns = -5,
	                                             .first_index = 5},
	                                            {.file = 4, .is_object = true}};
	return (struct segment_footer){.store_uuid = {0xaa},
	                               .tree = STR("default"),
	                               .first_index = first,
	                               .count = count,
	                               .records = count,
	                               .bytes_raw = 1000,
	                               .time_min_ns = INT64_MIN,
	                               .time_max_ns = SAMPLE_TIME,
	                               .incarnation = UINT64_MAX,
	                               .log_uuid = {0xbb},
	                               .log_frame = 17,
	                               .streams = streams,
	                               .streams_count = ARRAY_LEN(streams),
	                               .files = files,
	                               .files_count = ARRAY_LEN(files)};
}

static bool add_page(struct segment_writer *writer, uint64_t first, uint32_t rows,
                     bool containers) {
	struct batch *batch = sample_batch(rows, first, containers);
	struct store_page *page = NULL;
	struct diag diag = {0};
	bool ok = CHECK_EQ(page_encode(batch, sample_plan(batch, first), &page, &diag), ERR_OK) &&
	          CHECK_EQ(segment_writer_add(writer, page, &diag), ERR_OK);
	page_free(page);
	batch_free(batch);
	return ok;
}

/* Pages of rows records each, from first on. */
static bool write_segment(const struct folder *folder, const char *name, uint64_t first,
                          uint32_t pages, uint32_t rows, bool containers) {
	struct segment_writer *writer;
	struct diag diag = {0};
	uint64_t bytes;
	struct segment_footer footer = sample_footer(first, (uint64_t)pages * rows);
	if (!CHECK_EQ(segment_writer_new(os_real(), folder->path, name, &writer, &diag), ERR_OK)) {
		return false;
	}
	for (uint32_t i = 0; i < pages; i++) {
		if (!add_page(writer, first + (uint64_t)i * rows, rows, containers)) {
			segment_writer_abort(writer);
			return false;
		}
	}
	return CHECK_EQ(segment_writer_finish(writer, &footer, &bytes, &diag), ERR_OK);
}

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

TEST(what_a_segment_says_of_itself_comes_back) {
	struct folder folder = folder_new();
	struct segment *segment;
	struct diag diag = {0};
	unsigned damages = 0;
	REQUIRE(write_segment(&folder, "a", 500, 3, 100, true));
	REQUIRE(segment_open(os_real(), folder.path, "a", &segment, &diag) == ERR_OK);
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

TEST(filters_pass_over_pages_without_a_word) {
	struct folder folder = folder_new();
	struct segment *segment;
	struct diag diag = {0};
	uint64_t tokens[2];
	REQUIRE(write_segment(&folder, "a", 0, 1, 50, true));
	REQUIRE(segment_open(os_real(), folder.path, "a", &segment, &diag) == ERR_OK);
	token_each(STR("password"), take_token, &tokens[0]);
	token_each(STR("absent_word"), take_token, &tokens[1]);
	CHECK(segment_page_may_have(segment, 0, tokens, 0));
	CHECK(segment_page_may_have(segment, 0, tokens, 1));
	CHECK(!segment_page_may_have(segment, 0, tokens, 2));
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
	REQUIRE(segment_open(os_real(), folder.path, "a", &segment, &diag) == ERR_OK);
	REQUIRE(segment_view(segment, 0, NULL, &view, &diag) == ERR_OK);
	check_leaves(view, batch, page);
	store_view_free(view);
	segment_free(segment);
	page_free(page);
	batch_free(batch);
	folder_remove(&folder, (const char *const[]){"a"}, 1);
}

TEST(a_batch_rebuilt_from_its_page_makes_the_same_page) {
	struct folder folder = folder_new();
	struct segment *segment;
	struct store_view *view;
	struct store_page *page;
	struct store_page *again;
	struct batch *rebuilt;
	struct page_plan *plan;
	struct diag diag = {0};
	struct batch *batch = sample_batch(400, 200, false);
	REQUIRE(write_segment(&folder, "a", 200, 1, 400, false));
	REQUIRE(page_encode(batch, sample_plan(batch, 200), &page, &diag) == ERR_OK);
	REQUIRE(segment_open(os_real(), folder.path, "a", &segment, &diag) == ERR_OK);
	REQUIRE(segment_view(segment, 0, NULL, &view, &diag) == ERR_OK);
	REQUIRE(store_view_to_batch(view, &rebuilt, &plan, &diag) == ERR_OK);
	REQUIRE(page_encode(rebuilt, plan, &again, &diag) == ERR_OK);
	CHECK(str_eq(buf_str(&page->bytes), buf_str(&again->bytes)));
	CHECK(str_eq(buf_str(&page->hashes), buf_str(&again->hashes)));
	page_free(page);
	page_free(again);
	batch_free(batch);
	batch_free(rebuilt);
	store_view_free(view);
	segment_free(segment);
	folder_remove(&folder, (const char *const[]){"a"}, 1);
}

TEST(a_batch_with_containers_is_not_rebuilt) {
	struct folder folder = folder_new();
	struct segment *segment;
	struct store_view *view;
	struct batch *rebuilt;
	struct page_plan *plan;
	struct diag diag = {0};
	REQUIRE(write_segment(&folder, "a", 0, 1, 20, true));
	REQUIRE(segment_open(os_real(), folder.path, "a", &segment, &diag) == ERR_OK);
	REQUIRE(segment_view(segment, 0, NULL, &view, &diag) == ERR_OK);
	CHECK_EQ(store_view_to_batch(view, &rebuilt, &plan, &diag), ERR_UNSUPPORTED);
	store_view_free(view);
	segment_free(segment);
	folder_remove(&folder, (const char *const[]){"a"}, 1);
}

TEST(a_small_segment_is_taken_over_by_its_successor) {
	struct folder folder = folder_new();
	struct segment *small;
	struct segment *large;
	struct segment_writer *writer;
	struct diag diag = {0};
	uint64_t bytes;
	uint8_t seeds[2][SALT_SEED_SIZE];
	REQUIRE(write_segment(&folder, "small", 256, 2, 200, true));
	REQUIRE(segment_open(os_real(), folder.path, "small", &small, &diag) == ERR_OK);
	REQUIRE(segment_writer_new(os_real(), folder.path, "large", &writer, &diag) == ERR_OK);
	REQUIRE(segment_writer_copy(writer, small, &diag) == ERR_OK);
	REQUIRE(add_page(writer, 656, 300, false));
	struct segment_footer footer = sample_footer(256, 700);
	REQUIRE(segment_writer_finish(writer, &footer, &bytes, &diag) == ERR_OK);
	REQUIRE(segment_open(os_real(), folder.path, "large", &large, &diag) == ERR_OK);
	CHECK_EQ(segment_pages(large), 3);
	CHECK_EQ(segment_bytes(large), bytes);
	CHECK_EQ(segment_page_info(large, 2).first_index, 656);
	for (uint32_t i = 0; i < 2; i++) {
		CHECK(str_eq(segment_page_bytes(small, i), segment_page_bytes(large, i)));
	}
	segment_seed(small, 655, seeds[0]);
	segment_seed(large, 655, seeds[1]);
	CHECK(memcmp(seeds[0], seeds[1], SALT_SEED_SIZE) == 0);
	segment_seed(large, 900, seeds[1]);
	CHECK_EQ(seeds[1][0], 900 / SALT_BUNDLE);
	segment_free(small);
	segment_free(large);
	folder_remove(&folder, (const char *const[]){"small", "large"}, 2);
}

static void read_whole(const struct folder *folder, const char *name, struct buf *out) {
	char path[128];
	(void)snprintf(path, sizeof(path), "%s/%s", folder->path, name);
	CHECK_EQ(os_read_file(os_real(), path, (size_t)1 << 30, out), ERR_OK);
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
	REQUIRE(write_segment(&folder, "a", 250, 1, 12, true));
	read_whole(&folder, "a", &bytes);
	tap_check_golden("segment.bin", bytes.ptr, bytes.len);
	buf_deinit(&bytes);
	folder_remove(&folder, (const char *const[]){"a"}, 1);
}

TEST(files_that_cannot_be_written_or_read_are_told) {
	struct segment_writer *writer;
	struct segment *segment;
	struct diag diag = {0};
	CHECK_EQ(segment_writer_new(os_real(), "/nonexistent", "a", &writer, &diag), ERR_NOT_FOUND);
	CHECK(diag.message[0] != '\0');
	CHECK_EQ(segment_open(os_real(), "/nonexistent", "a", &segment, &diag), ERR_NOT_FOUND);
}

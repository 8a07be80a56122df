/* Segments in a folder of their own, for the tests of segments, which include
 * tap.h before. */
#pragma once

#include <stdio.h>
#include <unistd.h>

#include "store/page_sample.h"

struct folder {
	char path[64];
};

static inline struct folder folder_new(void) {
	struct folder folder = {"/tmp/akashi-segment-XXXXXX"};
	CHECK(mkdtemp(folder.path) != NULL);
	return folder;
}

static inline void folder_remove(const struct folder *folder, const char *const *names,
                                 size_t count) {
	char path[128];
	for (size_t i = 0; i < count; i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", folder->path, names[i]);
		(void)unlink(path);
	}
	(void)rmdir(folder->path);
}

/* A footer with a bit of everything; records from first on. */
static inline struct segment_footer sample_footer(uint64_t first, uint64_t count) {
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

static inline void read_whole(const struct folder *folder, const char *name, struct buf *out) {
	char path[128];
	(void)snprintf(path, sizeof(path), "%s/%s", folder->path, name);
	CHECK_EQ(os_read_file(os_real(), path, (size_t)1 << 30, out), ERR_OK);
}

/* tests/golden/segment-1.bin: a segment of version 1, one page of sample_batch(GOLDEN_ROWS,
 * GOLDEN_FIRST, true). */
enum { GOLDEN_ROWS = 12, GOLDEN_FIRST = 250 };
static inline bool read_golden_1(struct buf *out) {
	char path[1024];
	(void)snprintf(path, sizeof(path), "%s/golden/segment-1.bin", tap_folder());
	return CHECK_EQ(os_read_file(os_real(), path, (size_t)1 << 30, out), ERR_OK);
}

static inline bool add_page(struct segment_writer *writer, uint64_t first, uint32_t rows,
                            bool containers) {
	struct batch *batch = sample_batch(rows, first, containers);
	struct store_page *page = NULL;
	struct diag diag = {0};
	bool ok = CHECK_EQ(page_encode(batch, sample_plan(batch, first), &page, &diag), ERR_OK);
	if (ok) {
		page_take_raw(page, batch);
		ok = CHECK_EQ(segment_writer_add(writer, page, &diag), ERR_OK);
	}
	page_free(page);
	batch_free(batch);
	return ok;
}

/* Pages of rows records each, from first on. */
static inline bool write_segment(const struct folder *folder, const char *name, uint64_t first,
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

/* Arbitrary bytes as a segment (first byte even) or as a page (odd): whatever opens is walked to
 * the end. A segment is opened as a file, too, which must come to the same. In fuzzing builds
 * checksums are taken for right, so that decoders are reached.
 */
#include "os/os_memory.h"
#include "store/block.h"
#include "store/segment_table.h"
#include "store/view_private.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void use_column(const struct column *column) {
	volatile size_t sum = 0; /* every value is looked at */
	for (uint32_t row = 0; row < column->rows; row++) {
		struct value value = column_get(column, row);
		ASSERT(value.kind < VALUE_KIND_COUNT);
		sum += value.text.len == 0 ? 0
		                           : (unsigned char)value.text.ptr[0] +
		                                 (size_t)(unsigned char)value.text.ptr[value.text.len - 1];
	}
}

static void walk_columns(struct store_view *view) {
	static const char *const built_in[] = {"file.path",      "akashi.format", "akashi.record",
	                                       "log.offset",     "akashi.index",  "akashi.source",
	                                       "event.original", "@timestamp"};
	const struct str *names = NULL;
	const struct column *column;
	size_t count = store_view_names(view, &names);
	for (size_t i = 0; i < count; i++) {
		if (store_view_column(view, names[i], &column) == ERR_OK) {
			use_column(column);
		}
	}
	for (size_t i = 0; i < ARRAY_LEN(built_in); i++) {
		if (store_view_column(view, str_from(built_in[i]), &column) == ERR_OK) {
			use_column(column);
		}
	}
}

static void walk_rows(struct store_view *view, bool leaves) {
	for (uint32_t i = 0; i < store_view_rows(view); i++) {
		struct row row;
		struct view_body body;
		struct leaf leaf;
		uint8_t salt[SALT_SIZE];
		if (store_view_row(view, i, &row) == ERR_OK) {
			volatile size_t sum = row.text.len + row.body.len + row.path.len + row.fields_count;
			(void)sum;
		}
		if (store_view_body(view, i, &body) != ERR_OK) {
			return;
		}
		if (leaves && store_view_leaf(view, i, &leaf, salt) != ERR_OK) {
			return;
		}
	}
}

static void walk_page(struct str bytes) {
	struct store_view *view;
	if (view_new(bytes, NULL, 0, NULL, &view, NULL) == ERR_OK) {
		walk_columns(view);
		walk_rows(view, false);
		store_view_free(view);
	}
}

static void ignore_damage(void *ctx, struct str what, uint64_t from, uint64_t to) {
	(void)ctx;
	ASSERT(what.len > 0 && from <= to);
}

static void walk_view(const struct segment *segment, uint32_t page) {
	struct store_view *view;
	struct batch *batch;
	struct page_plan *plan;
	struct diag diag = {0};
	if (segment_view(segment, page, NULL, &view, &diag) != ERR_OK) {
		return;
	}
	walk_columns(view);
	walk_rows(view, true);
	if (store_view_to_batch(view, &batch, &plan, &diag) == ERR_OK) {
		ASSERT(batch->count == store_view_rows(view));
		batch_free(batch);
	}
	store_view_free(view);
}

static void walk_opened(const struct segment *segment) {
	const uint64_t token = 0x1234567890abcdef;
	for (uint32_t page = 0; page < segment_pages(segment); page++) {
		struct segment_page_info info = segment_page_info(segment, page);
		ASSERT(segment_page_of(segment, info.first_index) == page);
		(void)segment_page_may_have(segment, page, &token, 1); /* must not read outside */
		(void)segment_page_may_have_types(segment, page, UINT32_MAX);
		walk_view(segment, page);
	}
	ASSERT(segment_check(segment, ignore_damage, NULL) == ERR_OK);
}

/* What blocks say of themselves, of their first bytes. */
static void walk_fronts(const struct segment *segment) {
	const struct segment_table *table = segment_table(segment);
	for (uint32_t i = 0; i < table->blocks_count; i++) {
		const struct segment_block *entry = &table->blocks[i];
		const struct word_filter *words;
		struct block_values *values;
		struct block *block = NULL;
		struct buf front = {0};
		ASSERT(segment_block_front(segment, i, &front) == ERR_OK);
		struct str bytes = str_make(front.ptr, entry->len);
		if (block_open_front(bytes, front.len, entry->rows, entry->kept, &block) == ERR_OK) {
			/* They must not read outside. */
			ASSERT(block_words_of(block, &words) != ERR_OK || words != NULL);
			ASSERT(block_values_of(block, &values) != ERR_OK || values != NULL);
		}
		block_free(block);
		buf_deinit(&front);
	}
}

/* The same bytes as a file, of which head and tail are read and the rest is mapped, late or not. */
static void walk_file(struct str bytes, bool late, enum err expected, uint32_t pages) {
	struct os_memory *memory = os_memory_new(1);
	struct segment *segment;
	const struct os *os = os_memory_os(memory);
	struct diag diag = {0};
	int fd;
	ASSERT(os->open(os->ctx, "/fuzz", OS_WRITE | OS_CREATE, &fd) == ERR_OK);
	ASSERT(os->close(os->ctx, fd) == ERR_OK);
	ASSERT(os_memory_set(memory, "/fuzz", bytes) == ERR_OK);
	enum err err = segment_open(os, "/", "fuzz", late, &segment, &diag);
	ASSERT(err == expected);
	if (err == ERR_OK) {
		if (late) {
			walk_fronts(segment);
		}
		ASSERT(segment_pages(segment) == pages);
		for (uint32_t page = 0; page < pages; page++) {
			walk_view(segment, page);
		}
		segment_free(segment);
	} else {
		ASSERT(diag.message[0] != '\0');
	}
	ASSERT(os_memory_open_count(memory) == 0);
	os_memory_free(memory);
}

static void walk_segment(struct str bytes) {
	struct segment *segment;
	struct diag diag = {0};
	uint32_t pages = 0;
	enum err err = segment_open_bytes(bytes, "fuzz", &segment, &diag);
	if (err == ERR_OK) {
		pages = segment_pages(segment);
		walk_opened(segment);
		segment_free(segment);
	} else {
		ASSERT(diag.message[0] != '\0');
	}
	walk_file(bytes, false, err, pages);
	walk_file(bytes, true, err, pages);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	if (size > 0) {
		struct str bytes = str_make((const char *)data + 1, size - 1);
		if (data[0] % 2 == 0) {
			walk_segment(bytes);
		} else {
			walk_page(bytes);
		}
	}
	return 0;
}

/* Arbitrary bytes as a segment (first byte even) or as a page (odd): whatever opens is walked to
 * the end. In fuzzing builds checksums are taken for right, so that decoders are reached.
 */
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

static void walk_segment(struct str bytes) {
	struct segment *segment;
	struct diag diag = {0};
	const uint64_t token = 0x1234567890abcdef;
	if (segment_open_bytes(bytes, "fuzz", &segment, &diag) != ERR_OK) {
		ASSERT(diag.message[0] != '\0');
		return;
	}
	for (uint32_t page = 0; page < segment_pages(segment); page++) {
		struct segment_page_info info = segment_page_info(segment, page);
		ASSERT(segment_page_of(segment, info.first_index) == page);
		(void)segment_page_may_have(segment, page, &token, 1); /* must not read outside */
		(void)segment_page_may_have_types(segment, page, UINT32_MAX);
		walk_view(segment, page);
	}
	ASSERT(segment_check(segment, ignore_damage, NULL) == ERR_OK);
	segment_free(segment);
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

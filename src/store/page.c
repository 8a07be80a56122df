/* A parsed batch becomes a page: its sections and directory, the leaf hashes of its rows, the
 * counts that the store keeps of it, and what goes into the block. Nothing leaves here that was not
 * decoded and compared; what goes into the block is compared when that is made.
 */
#include "store/page.h"

#include "base/hash.h"
#include "base/instant.h"
#include "codec/ints.h"
#include "codec/texts.h"
#include "store/block_rows.h"

/* One page in the making. */
struct making {
	const struct batch *batch;
	const struct page_plan *plan;
	const uint8_t *own_text; /* of each row: its text is not its body, or its body is not kept */
	struct buf sections;     /* one behind the other */
	struct buf directory;
	size_t section_start;
	uint32_t sections_count;
};

static void end_section(struct making *making) {
	size_t len = making->sections.len - making->section_start;
	wire_put_varint(&making->directory, len);
	wire_put_u32(&making->directory, crc32c(0, making->sections.ptr + making->section_start, len));
	making->section_start = making->sections.len;
	making->sections_count++;
}

static bool is_container(const struct batch *batch, uint32_t row) {
	return batch->sources[batch->records[row].source].container;
}

/* A text equal to its body is not kept twice, except of containers, whose bodies are elsewhere. */
static uint8_t *find_own_texts(const struct batch *batch) {
	uint8_t *own_text = calloc((size_t)batch->count + 1, sizeof(*own_text));
	ASSERT(own_text != NULL);
	for (uint32_t row = 0; row < batch->count; row++) {
		own_text[row] =
		    is_container(batch, row) || (batch->fields.rows[row].has_text &&
		                                 !str_eq(batch_text(batch, row), batch_body(batch, row)));
	}
	return own_text;
}

/* ---- sections ---- */

static void put_source(struct buf *out, const struct batch_source *source,
                       const struct page_stream *stream) {
	wire_put_varint(out, stream->stream);
	buf_append(out, stream->id, sizeof(stream->id));
	wire_put_varint(out, stream->first_seq);
	wire_put_str(out, source->name);
	wire_put_str(out, source->path);
	wire_put_str(out, source->host);
	wire_put_str(out, source->format);
	wire_put_str(out, source->zone);
	wire_put_varint(out, (uint32_t)source->year);
	wire_put_zigzag(out, source->modified_ns);
	wire_put_varint(out, source->charset);
	wire_put_varint(out, source->file);
	wire_put_varint(out, source->container);
	if (source->container) {
		buf_append(out, source->object, sizeof(source->object));
	}
}

static void put_meta(struct making *making) {
	const struct batch *batch = making->batch;
	struct buf meta = {0};
	wire_put_u64(&meta, making->plan->incarnation);
	wire_put_varint(&meta, batch->sources_count);
	for (uint32_t i = 0; i < batch->sources_count; i++) {
		put_source(&meta, &batch->sources[i], &making->plan->streams[i]);
	}
	wire_put_varint(&meta, batch->fields.formats_count);
	for (uint32_t i = 0; i < batch->fields.formats_count; i++) {
		wire_put_str(&meta, batch->fields.formats[i]);
	}
	blob_put(&making->sections, buf_str(&meta), COMPRESS_FAST);
	end_section(making);
	buf_deinit(&meta);
}

/* One integer of every row. */
#define PUT_ROWS(making, expression)                                    \
	do {                                                                \
		int64_t values_[LIMIT_BATCH_ROWS];                              \
		for (uint32_t row = 0; row < (making)->batch->count; row++) {   \
			values_[row] = (int64_t)(expression);                       \
		}                                                               \
		ints_put(&(making)->sections, values_, (making)->batch->count); \
	} while (0)

static void put_rows(struct making *making) {
	const struct batch_record *records = making->batch->records;
	const struct field_row *parsed = making->batch->fields.rows;
	PUT_ROWS(making, records[row].type);
	PUT_ROWS(making, records[row].flags);
	PUT_ROWS(making, parsed[row].time_flags);
	PUT_ROWS(making, making->own_text[row]);
	PUT_ROWS(making, records[row].source);
	PUT_ROWS(making, parsed[row].format);
	PUT_ROWS(making, parsed[row].time_ns);
	end_section(making);
}

static void put_receipt(struct making *making) {
	const struct batch_record *records = making->batch->records;
	PUT_ROWS(making, records[row].received_ns);
	PUT_ROWS(making, records[row].monotonic_ns);
	PUT_ROWS(making, records[row].number);
	/* A body begins behind the line feed of the one before: what differs from that. */
	PUT_ROWS(making, row == 0 ? records[row].log_offset
	                          : records[row].log_offset -
	                                (records[row - 1].log_offset + records[row - 1].body_len + 1));
	end_section(making);
}

/* How long all bodies of PAGE_GROUP rows are together: offsets are then had without all texts. */
static void put_groups(struct making *making) {
	int64_t groups[LIMIT_BATCH_ROWS / PAGE_GROUP];
	size_t count = 0;
	for (uint32_t row = 0; row < making->batch->count; row++) {
		if (row % PAGE_GROUP == 0) {
			groups[count++] = 0;
		}
		groups[count - 1] += making->batch->records[row].body_len;
	}
	ints_put(&making->sections, groups, count);
}

static void put_lengths(struct making *making) {
	int64_t lens[LIMIT_BATCH_ROWS];
	size_t own = 0;
	for (uint32_t row = 0; row < making->batch->count; row++) {
		if (making->own_text[row] != 0) {
			lens[own++] = (int64_t)making->batch->records[row].body_len;
		}
	}
	ints_put(&making->sections, lens, own);
	put_groups(making);
	end_section(making);
}

/* ---- the page ---- */

static void assemble(struct making *making, struct buf *out) {
	struct buf directory = {0};
	wire_put_varint(&directory, making->sections_count);
	buf_append_str(&directory, buf_str(&making->directory));
	size_t len = PAGE_HEADER_SIZE + directory.len + 4 + making->sections.len;
	wire_put_u32(out, PAGE_MAGIC);
	wire_put_u32(out, PAGE_VERSION);
	wire_put_u32(out, (uint32_t)len);
	wire_put_u32(out, making->batch->count);
	wire_put_u64(out, making->plan->first_index);
	wire_put_u32(out, (uint32_t)directory.len);
	buf_append_str(out, buf_str(&directory));
	wire_put_u32(out, crc32c(0, out->ptr, out->len));
	buf_append_str(out, buf_str(&making->sections));
	ASSERT(out->len == len);
	buf_deinit(&directory);
}

static void make_bytes(const struct batch *batch, const struct page_plan *plan,
                       const uint8_t *own_text, struct buf *out) {
	struct making making = {.batch = batch, .plan = plan, .own_text = own_text};
	put_meta(&making);
	put_rows(&making);
	put_receipt(&making);
	put_lengths(&making);
	assemble(&making, out);
	buf_deinit(&making.sections);
	buf_deinit(&making.directory);
}

/* ---- leaves ---- */

struct bundle { /* leaves that share a seed */
	struct leaf leaves[SALT_BUNDLE];
	struct leaf_body bodies[SALT_BUNDLE];
	uint8_t salts[SALT_BUNDLE * SALT_SIZE];
};

static void fill_leaf(const struct batch *batch, const struct page_plan *plan, uint32_t row,
                      uint64_t *sequence, struct leaf *out_leaf) {
	const struct batch_record *record = &batch->records[row];
	const struct page_stream *stream = &plan->streams[record->source];
	*out_leaf = (struct leaf){.type = record->type,
	                          .flags = record->flags,
	                          .stream_seq = stream->first_seq + sequence[record->source]++,
	                          .received_ns = record->received_ns,
	                          .monotonic_ns = record->monotonic_ns,
	                          .incarnation = plan->incarnation,
	                          .connection = LEAF_NO_CONNECTION};
	memcpy(out_leaf->stream_id, stream->id, STREAM_ID_SIZE);
}

static void make_hashes(const struct batch *batch, const struct page_plan *plan, struct buf *out) {
	struct bundle *bundle = malloc(sizeof(*bundle));
	uint64_t *sequence = calloc((size_t)batch->sources_count + 1, sizeof(*sequence));
	ASSERT(bundle != NULL);
	ASSERT(sequence != NULL);
	uint32_t seed = 0;
	for (uint32_t row = 0; row < batch->count;) {
		uint32_t skip = (uint32_t)((plan->first_index + row) % SALT_BUNDLE);
		uint32_t count = MIN_OF(batch->count - row, SALT_BUNDLE - skip);
		ASSERT(seed < plan->seeds_count);
		salt_bundle(plan->seeds[seed++], bundle->salts);
		for (uint32_t i = 0; i < count; i++) {
			struct str body = batch_body(batch, row + i);
			bundle->bodies[i] = (struct leaf_body){body.ptr, body.len};
			fill_leaf(batch, plan, row + i, sequence, &bundle->leaves[i]);
		}
		uint8_t *hashes = (uint8_t *)buf_reserve(out, (size_t)count * SHA256_SIZE);
		leaf_hash_many(bundle->leaves, bundle->bodies, bundle->salts + (size_t)skip * SALT_SIZE,
		               count, hashes);
		out->len += (size_t)count * SHA256_SIZE;
		row += count;
	}
	ASSERT(seed == plan->seeds_count);
	free(sequence);
	free(bundle);
}

/* ---- counts ---- */

static void *new_array(size_t count, size_t size) {
	void *array = calloc(MAX_OF(count, (size_t)1), size);
	ASSERT(array != NULL);
	return array;
}

static struct page_stream_count *stream_count(struct store_page *page,
                                              const struct page_stream *stream) {
	for (uint32_t i = 0; i < page->streams_count; i++) {
		if (page->streams[i].stream == stream->stream) {
			page->streams[i].first_seq = MIN_OF(page->streams[i].first_seq, stream->first_seq);
			return &page->streams[i];
		}
	}
	struct page_stream_count *count = &page->streams[page->streams_count++];
	*count = (struct page_stream_count){.stream = stream->stream,
	                                    .first_seq = stream->first_seq,
	                                    .time_min_ns = INSTANT_MAX,
	                                    .time_max_ns = INSTANT_MIN};
	return count;
}

static struct page_file_count *file_count(struct store_page *page, uint32_t file) {
	for (uint32_t i = 0; i < page->files_count; i++) {
		if (page->files[i].file == file) {
			return &page->files[i];
		}
	}
	page->files[page->files_count] = (struct page_file_count){.file = file};
	return &page->files[page->files_count++];
}

static void count_row(struct store_page *page, const struct batch *batch, uint32_t row,
                      struct page_stream_count *stream, struct page_file_count *file) {
	const struct batch_record *record = &batch->records[row];
	page->types |= page_type_bit(record->type);
	page->bytes_raw += record->body_len;
	stream->records++;
	stream->bytes_raw += record->body_len;
	if (record->type == RECORD_DATA) {
		int64_t time = batch->fields.rows[row].time_ns;
		page->records++;
		file->records++;
		page->time_min_ns = MIN_OF(page->time_min_ns, time);
		page->time_max_ns = MAX_OF(page->time_max_ns, time);
		stream->time_min_ns = MIN_OF(stream->time_min_ns, time);
		stream->time_max_ns = MAX_OF(stream->time_max_ns, time);
	}
	if (batch->sources[record->source].file == batch->progress_file) {
		page->progress_no_final_lf = (record->flags & RECORD_NO_FINAL_LF) != 0;
	}
}

/* Sources are few: each is looked up once, and its stream and file kept by number. */
static void count_rows(struct store_page *page, const struct batch *batch,
                       const struct page_plan *plan) {
	uint32_t sources = batch->sources_count;
	bool *used = new_array(sources, sizeof(*used));
	struct page_stream_count **streams = new_array(sources, sizeof(struct page_stream_count *));
	struct page_file_count **files = new_array(sources, sizeof(struct page_file_count *));
	page->streams = new_array(sources, sizeof(*page->streams));
	page->files = new_array(sources, sizeof(*page->files));
	for (uint32_t row = 0; row < batch->count; row++) {
		uint32_t source = batch->records[row].source;
		ASSERT(source < sources);
		if (!used[source]) {
			used[source] = true;
			streams[source] = stream_count(page, &plan->streams[source]);
			files[source] = file_count(page, batch->sources[source].file);
		}
		count_row(page, batch, row, streams[source], files[source]);
	}
	free(used);
	free(streams);
	free(files);
}

static struct store_page *page_new(const struct batch *batch, const struct page_plan *plan) {
	struct store_page *page = new_array(1, sizeof(*page));
	page->first_index = plan->first_index;
	page->rows = batch->count;
	page->time_min_ns = INSTANT_MAX;
	page->time_max_ns = INSTANT_MIN;
	page->seeds = new_array(plan->seeds_count, sizeof(*page->seeds));
	page->seeds_count = plan->seeds_count;
	memcpy(page->seeds, plan->seeds, plan->seeds_count * sizeof(*page->seeds));
	page->ends = new_array(batch->ends_count, sizeof(*page->ends));
	page->ends_count = batch->ends_count;
	if (batch->ends_count > 0) {
		memcpy(page->ends, batch->ends, batch->ends_count * sizeof(*page->ends));
	}
	page->progress_file = batch->progress_file;
	page->progress_position = batch->progress_position;
	memcpy(page->progress_hash, batch->progress_hash, sizeof(page->progress_hash));
	return page;
}

void page_free(struct store_page *page) {
	if (page != NULL) {
		buf_deinit(&page->bytes);
		buf_deinit(&page->hashes);
		block_rows_free(page->block_rows);
		free(page->streams);
		free(page->files);
		free(page->seeds);
		free(page->ends);
		free(page);
	}
}

/* What would not fit into a view's memory must not become a page. */
static bool fits(const struct batch *batch) {
	size_t entries = (size_t)batch->fields.entries_count + batch->fields.entries_like;
	size_t values = entries * 2 * sizeof(struct value);
	if (batch->raw.len + 2 * batch->fields.bytes.len + values >= LIMIT_VIEW_BYTES / 2) {
		return false;
	}
	if (batch->raw.len <= TEXTS_LEN_MAX && batch->fields.bytes.len <= TEXTS_LEN_MAX) {
		return true;
	}
	for (uint32_t row = 0; row < batch->count; row++) {
		if (batch_body(batch, row).len > TEXTS_LEN_MAX ||
		    batch_text(batch, row).len > TEXTS_LEN_MAX) {
			return false;
		}
	}
	for (uint32_t i = 0; i < batch->fields.entries_count; i++) {
		if (batch->fields.entries[i].len > TEXTS_LEN_MAX) {
			return false;
		}
	}
	return true;
}

enum err page_encode(struct batch *batch, const struct page_plan *plan,
                     struct store_page **out_page, struct diag *diag) {
	ASSERT(batch->parsed);
	ASSERT(batch->count > 0);
	ASSERT(batch->fields.rows_done == batch->count);
	if (!fits(batch)) {
		return diag_set(diag, ERR_LIMIT, "a batch of %u records is too large for a page",
		                batch->count);
	}
	struct store_page *page = page_new(batch, plan);
	uint8_t *own_text = find_own_texts(batch);
	make_bytes(batch, plan, own_text, &page->bytes);
	make_hashes(batch, plan, &page->hashes);
	count_rows(page, batch, plan);
	page->block_rows = block_rows_from_batch(batch, own_text);
	free(own_text);
	enum err err = page_check(page, batch, plan, diag);
	if (err != ERR_OK) {
		page_free(page);
		return err;
	}
	*out_page = page;
	return ERR_OK;
}

void page_take_raw(struct store_page *page, struct batch *batch) {
	block_rows_take_raw(page->block_rows, &batch->raw);
}

/* Writing and reading what stands around the pages. The reader trusts nothing: counts are bounded
 * by the bytes that are left, and pages and blocks must tile the file.
 */
#include "store/segment_table.h"

#include "base/hash.h"
#include "store/page.h"

uint64_t segment_bundles(uint64_t first_index, uint64_t count) {
	ASSERT(count > 0);
	return (first_index + count - 1) / SALT_BUNDLE - first_index / SALT_BUNDLE + 1;
}

static void put_header(struct buf *out, uint32_t version) {
	size_t start = out->len;
	buf_append_str(out, STR(SEGMENT_MAGIC));
	wire_put_u32(out, version);
	wire_put_u32(out, crc32c(0, out->ptr + start, SEGMENT_HEADER_SIZE - 4));
}

void segment_put_header(struct buf *out) {
	put_header(out, SEGMENT_VERSION);
}

bool segment_header_holds(struct str head, uint32_t version) {
	struct buf expected = {0};
	put_header(&expected, version);
	bool same = str_starts(head, buf_str(&expected));
	buf_deinit(&expected);
	return same;
}

/* ---- writing ---- */

static void put_pages(struct buf *out, const struct segment_table *table) {
	wire_put_varint(out, table->pages_count);
	for (uint32_t i = 0; i < table->pages_count; i++) {
		const struct segment_page *page = &table->pages[i];
		wire_put_varint(out, page->len);
		wire_put_varint(out, page->rows);
		wire_put_varint(out, page->types);
		wire_put_varint(out, page->kept);
		wire_put_zigzag(out, page->time_min_ns);
		wire_put_zigzag(out, page->time_max_ns);
	}
	wire_put_varint(out, table->blocks_count);
	for (uint32_t i = 0; i < table->blocks_count; i++) {
		const struct segment_block *block = &table->blocks[i];
		wire_put_varint(out, block->pages);
		wire_put_varint(out, block->len);
		wire_put_varint(out, block->bytes);
	}
}

static void put_stream(struct buf *out, const struct segment_stream *stream) {
	wire_put_varint(out, stream->stream);
	buf_append(out, stream->id, sizeof(stream->id));
	wire_put_str(out, stream->name);
	wire_put_varint(out, stream->first_seq);
	wire_put_varint(out, stream->records);
	wire_put_varint(out, stream->bytes_raw);
	wire_put_zigzag(out, stream->time_min_ns);
	wire_put_zigzag(out, stream->time_max_ns);
}

enum file_bit { FILE_OBJECT = 1, FILE_DONE = 2, FILE_NO_FINAL_LF = 4, FILE_ALL = 7 };

static void put_file(struct buf *out, const struct segment_file *file) {
	wire_put_varint(out, file->file);
	wire_put_varint(out, file->same_as);
	wire_put_str(out, file->path);
	wire_put_str(out, file->source);
	wire_put_varint(out, (file->is_object ? FILE_OBJECT : 0u) | (file->done ? FILE_DONE : 0u) |
	                         (file->no_final_lf ? FILE_NO_FINAL_LF : 0u));
	buf_append(out, file->hash, sizeof(file->hash));
	wire_put_varint(out, file->position);
	wire_put_varint(out, file->size);
	wire_put_varint(out, file->records);
	wire_put_zigzag(out, file->modified_ns);
	wire_put_varint(out, file->first_index);
}

static void put_facts(struct buf *out, const struct segment_footer *footer) {
	buf_append(out, footer->store_uuid, sizeof(footer->store_uuid));
	wire_put_str(out, footer->tree);
	wire_put_varint(out, footer->first_index);
	wire_put_varint(out, footer->count);
	wire_put_varint(out, footer->records);
	wire_put_varint(out, footer->bytes_raw);
	wire_put_zigzag(out, footer->time_min_ns);
	wire_put_zigzag(out, footer->time_max_ns);
	wire_put_u64(out, footer->incarnation);
	buf_append(out, footer->log_uuid, sizeof(footer->log_uuid));
	wire_put_varint(out, footer->log_frame);
}

/* Footers are read each time a store is opened: those that take little are not decoded then. */
enum { PLAIN_MAX = 16 << 10 };

void segment_put_end(struct buf *out, const struct segment_table *table, uint64_t offset) {
	const struct segment_footer *footer = &table->footer;
	struct buf bytes = {0};
	size_t seeds = table->seeds_count * sizeof(*table->seeds);
	buf_append(out, table->seeds, seeds);
	size_t start = out->len;
	put_facts(&bytes, footer);
	put_pages(&bytes, table);
	wire_put_varint(&bytes, table->seeds_count);
	wire_put_u32(&bytes, crc32c(0, table->seeds, seeds));
	wire_put_varint(&bytes, footer->streams_count);
	for (uint32_t i = 0; i < footer->streams_count; i++) {
		put_stream(&bytes, &footer->streams[i]);
	}
	wire_put_varint(&bytes, footer->files_count);
	for (uint32_t i = 0; i < footer->files_count; i++) {
		put_file(&bytes, &footer->files[i]);
	}
	if (bytes.len <= PLAIN_MAX) {
		blob_put_plain(out, buf_str(&bytes));
	} else {
		blob_put(out, buf_str(&bytes), COMPRESS_BEST);
	}
	buf_deinit(&bytes);
	size_t len = out->len - start;
	size_t trailer = out->len;
	wire_put_u64(out, offset + seeds);
	wire_put_u32(out, (uint32_t)len);
	wire_put_u32(out, crc32c(0, out->ptr + start, len));
	wire_put_u32(out, SEGMENT_VERSION);
	wire_put_u32(out, crc32c(0, out->ptr + trailer, out->len - trailer));
	buf_append_str(out, STR(SEGMENT_END_MAGIC));
}

/* ---- reading ---- */

enum err segment_read_trailer(const struct segment_ends *ends, struct segment_trailer *out_trailer,
                              struct diag *diag) {
	if (ends->size < SEGMENT_HEADER_SIZE + SEGMENT_TRAILER_SIZE) {
		return diag_set(diag, ERR_CORRUPT, "the file is too short for a segment");
	}
	ASSERT(ends->tail.len >= SEGMENT_TRAILER_SIZE && ends->tail.len <= ends->size);
	uint64_t begin = ends->size - SEGMENT_TRAILER_SIZE;
	struct str trailer =
	    str_slice(ends->tail, ends->tail.len - SEGMENT_TRAILER_SIZE, ends->tail.len);
	struct wire in = wire_from(trailer);
	uint64_t offset = wire_u64(&in);
	uint32_t len = wire_u32(&in);
	uint32_t crc = wire_u32(&in);
	uint32_t version = wire_u32(&in);
	uint32_t trailer_crc = wire_u32(&in);
	struct str magic = wire_bytes(&in, 8);
	if (!str_eq(magic, STR(SEGMENT_END_MAGIC)) ||
	    !page_checksum_holds(str_slice(trailer, 0, 20), trailer_crc)) {
		return diag_set(diag, ERR_CORRUPT, "the trailer is damaged");
	}
	if (version < SEGMENT_VERSION_FIRST || version > SEGMENT_VERSION) {
		return diag_set(diag, ERR_UNSUPPORTED, "format version %u of a segment is not known here",
		                version);
	}
	if (offset < SEGMENT_HEADER_SIZE || offset > begin || len != begin - offset) {
		return diag_set(diag, ERR_CORRUPT, "the footer does not end where the trailer begins");
	}
	*out_trailer = (struct segment_trailer){version, offset, len, crc};
	return ERR_OK;
}

static struct str footer_of(const struct segment_ends *ends,
                            const struct segment_trailer *trailer) {
	size_t end = ends->tail.len - SEGMENT_TRAILER_SIZE;
	ASSERT(trailer->footer_len <= end);
	return str_slice(ends->tail, end - trailer->footer_len, end);
}

bool segment_footer_holds(const struct segment_ends *ends, const struct segment_trailer *trailer) {
	return page_checksum_holds(footer_of(ends, trailer), trailer->footer_crc);
}

static void read_id(struct wire *in, uint8_t *out_id, size_t size) {
	struct str id = wire_bytes(in, size);
	memcpy(out_id, id.ptr, id.len);
}

static void read_facts(struct wire *in, struct segment_footer *footer) {
	read_id(in, footer->store_uuid, sizeof(footer->store_uuid));
	footer->tree = wire_str(in, SIZE_MAX);
	footer->first_index = wire_varint(in);
	footer->count = wire_varint(in);
	footer->records = wire_varint(in);
	footer->bytes_raw = wire_varint(in);
	footer->time_min_ns = wire_zigzag(in);
	footer->time_max_ns = wire_zigzag(in);
	footer->incarnation = wire_u64(in);
	read_id(in, footer->log_uuid, sizeof(footer->log_uuid));
	footer->log_frame = wire_varint(in);
}

static void read_filter(struct wire *in, struct segment_page *page) {
	page->filter_offset = (uint32_t)wire_varint_max(in, page->len);
	page->filter_len = (uint32_t)wire_varint_max(in, page->len - page->filter_offset);
	page->filter_crc = wire_u32(in);
	in->bad |= page->filter_len == 0 || page->filter_len % 32 != 0;
}

static void read_page(struct wire *in, uint32_t version, struct segment_page *page) {
	bool first = version == SEGMENT_VERSION_FIRST;
	page->len = (uint32_t)wire_varint_max(in, UINT32_MAX);
	page->rows = (uint32_t)wire_varint_max(in, LIMIT_BATCH_ROWS);
	if (first) {
		page->has_data = wire_varint_max(in, 1) == 1;
	} else {
		page->types = (uint32_t)wire_varint_max(in, UINT32_MAX);
		page->has_data = (page->types & page_type_bit(RECORD_DATA)) != 0;
		page->kept = (uint32_t)wire_varint_max(in, page->rows);
	}
	page->time_min_ns = wire_zigzag(in);
	page->time_max_ns = wire_zigzag(in);
	if (first) {
		read_filter(in, page);
	}
	in->bad |= page->rows == 0;
}

/* An array of count elements, count bounded by what is left to read. */
static void *new_array(struct wire *in, uint64_t count, size_t size, struct arena *arena) {
	void *array = count > wire_left(in) ? NULL : arena_try_alloc(arena, (size_t)count * size);
	in->bad |= array == NULL;
	return array;
}

static void read_pages(struct wire *in, struct arena *arena, struct segment_table *table) {
	uint64_t index = table->footer.first_index;
	table->pages_count = (uint32_t)wire_varint_max(in, LIMIT_SEGMENT_PAGES);
	table->pages = new_array(in, table->pages_count, sizeof(*table->pages), arena);
	for (uint32_t i = 0; !in->bad && i < table->pages_count; i++) {
		struct segment_page *page = &table->pages[i];
		read_page(in, table->version, page);
		page->first_index = index;
		in->bad |= __builtin_add_overflow(index, page->rows, &index);
	}
	uint64_t count = index - table->footer.first_index;
	in->bad |= count != table->footer.count || count == 0;
}

/* Each page belongs to a block, in order. */
static void read_blocks(struct wire *in, struct arena *arena, struct segment_table *table) {
	uint32_t page = 0;
	table->blocks_count = (uint32_t)wire_varint_max(in, table->pages_count);
	table->blocks = new_array(in, table->blocks_count, sizeof(*table->blocks), arena);
	for (uint32_t i = 0; !in->bad && i < table->blocks_count; i++) {
		struct segment_block *block = &table->blocks[i];
		block->first_page = page;
		block->pages = (uint32_t)wire_varint_max(in, table->pages_count - page);
		block->len = (uint32_t)wire_varint_max(in, UINT32_MAX);
		block->bytes = wire_varint(in);
		for (uint32_t k = 0; k < block->pages; k++) {
			struct segment_page *at = &table->pages[page++];
			at->block = i;
			at->block_first = block->rows;
			at->block_kept = block->kept;
			block->rows += at->rows;
			block->kept += at->kept;
			in->bad |= block->rows > LIMIT_BLOCK_ROWS;
		}
		in->bad |= block->pages == 0;
	}
	in->bad |= page != table->pages_count;
}

/* Where the next len bytes of the file lie; end: where the footer begins. */
static bool take_place(uint64_t *offset, uint64_t len, uint64_t end, uint64_t *out_offset) {
	*out_offset = *offset;
	if (len > end - *offset) {
		return false;
	}
	*offset += len;
	return true;
}

/* Pages and blocks fill the file: a block lies behind its last page. */
static void place_all(struct wire *in, uint64_t end, struct segment_table *table) {
	uint64_t offset = SEGMENT_HEADER_SIZE;
	for (uint32_t i = 0; !in->bad && i < table->pages_count; i++) {
		struct segment_page *page = &table->pages[i];
		in->bad |= !take_place(&offset, page->len, end, &page->offset);
		if (in->bad || table->version == SEGMENT_VERSION_FIRST) {
			continue;
		}
		struct segment_block *block = &table->blocks[page->block];
		if (i + 1 == block->first_page + block->pages) {
			in->bad |= !take_place(&offset, block->len, end, &block->offset);
		}
	}
	in->bad |= offset != end;
}

/* end: where the footer begins; then, where what lies before it begins. */
static void read_seeds(struct wire *in, uint64_t *end, struct segment_table *table) {
	const struct segment_footer *footer = &table->footer;
	uint64_t count = wire_varint_max(in, UINT32_MAX);
	uint64_t len = count * SALT_SEED_SIZE;
	in->bad |= in->bad || count != segment_bundles(footer->first_index, footer->count);
	table->seeds_count = (uint32_t)count;
	if (table->version == SEGMENT_VERSION_FIRST) {
		/* in the arena already, as all of the footer: nobody writes there */
		table->seeds = (uint8_t(*)[SALT_SEED_SIZE])(uintptr_t)wire_bytes(in, len).ptr;
		return;
	}
	table->seeds_crc = wire_u32(in);
	in->bad |= len > *end;
	*end -= in->bad ? 0 : len;
	table->seeds_offset = *end;
}

bool segment_seeds_hold(const struct segment_table *table, const char *seeds) {
	return table->version == SEGMENT_VERSION_FIRST ||
	       page_checksum_holds(str_make(seeds, (size_t)table->seeds_count * SALT_SEED_SIZE),
	                           table->seeds_crc);
}

static void read_streams(struct wire *in, struct arena *arena, struct segment_footer *footer) {
	footer->streams_count = (uint32_t)wire_varint_max(in, UINT32_MAX);
	struct segment_stream *streams = new_array(in, footer->streams_count, sizeof(*streams), arena);
	for (uint32_t i = 0; !in->bad && i < footer->streams_count; i++) {
		streams[i].stream = (uint32_t)wire_varint_max(in, UINT32_MAX);
		read_id(in, streams[i].id, sizeof(streams[i].id));
		streams[i].name = wire_str(in, SIZE_MAX);
		streams[i].first_seq = wire_varint(in);
		streams[i].records = wire_varint(in);
		streams[i].bytes_raw = wire_varint(in);
		streams[i].time_min_ns = wire_zigzag(in);
		streams[i].time_max_ns = wire_zigzag(in);
	}
	footer->streams = streams;
}

static void read_file(struct wire *in, struct segment_file *file) {
	file->file = (uint32_t)wire_varint_max(in, UINT32_MAX);
	file->same_as = (uint32_t)wire_varint_max(in, UINT32_MAX);
	file->path = wire_str(in, SIZE_MAX);
	file->source = wire_str(in, SIZE_MAX);
	uint64_t bits = wire_varint_max(in, FILE_ALL);
	file->is_object = (bits & FILE_OBJECT) != 0;
	file->done = (bits & FILE_DONE) != 0;
	file->no_final_lf = (bits & FILE_NO_FINAL_LF) != 0;
	read_id(in, file->hash, sizeof(file->hash));
	file->position = wire_varint(in);
	file->size = wire_varint(in);
	file->records = wire_varint(in);
	file->modified_ns = wire_zigzag(in);
	file->first_index = wire_varint(in);
}

static void read_files(struct wire *in, struct arena *arena, struct segment_footer *footer) {
	footer->files_count = (uint32_t)wire_varint_max(in, UINT32_MAX);
	struct segment_file *files = new_array(in, footer->files_count, sizeof(*files), arena);
	for (uint32_t i = 0; !in->bad && i < footer->files_count; i++) {
		read_file(in, &files[i]);
	}
	footer->files = files;
}

static enum err decode_footer(struct str footer, struct arena *arena, struct str *out_bytes) {
	struct wire in = wire_from(footer);
	struct blob blob = blob_get(&in, LIMIT_VIEW_BYTES);
	if (!wire_done(&in)) {
		return ERR_CORRUPT;
	}
	char *bytes = arena_try_alloc(arena, blob.len);
	if (bytes == NULL) {
		return ERR_LIMIT;
	}
	TRY(blob_decode(&blob, bytes));
	*out_bytes = str_make(bytes, blob.len);
	return ERR_OK;
}

/* end: where the footer begins. */
static void read_all(struct wire *in, uint64_t end, struct arena *arena,
                     struct segment_table *table) {
	read_facts(in, &table->footer);
	read_pages(in, arena, table);
	if (!in->bad && table->version != SEGMENT_VERSION_FIRST) {
		read_blocks(in, arena, table);
	}
	if (!in->bad) {
		read_seeds(in, &end, table);
	}
	place_all(in, end, table);
	read_streams(in, arena, &table->footer);
	read_files(in, arena, &table->footer);
}

enum err segment_read_table(const struct segment_ends *ends, const struct segment_trailer *trailer,
                            struct arena *arena, struct segment_table *out_table,
                            struct diag *diag) {
	struct str bytes;
	if (!segment_header_holds(ends->head, trailer->version)) {
		return diag_set(diag, ERR_CORRUPT, "the header is damaged");
	}
	if (!segment_footer_holds(ends, trailer)) {
		return diag_set(diag, ERR_CORRUPT, "the footer is damaged");
	}
	enum err err = decode_footer(footer_of(ends, trailer), arena, &bytes);
	if (err != ERR_OK) {
		return diag_set(diag, err, "the footer does not decode");
	}
	struct segment_table table = {.version = trailer->version};
	struct wire in = wire_from(bytes);
	read_all(&in, trailer->footer, arena, &table);
	if (!wire_done(&in)) {
		return diag_set(diag, ERR_CORRUPT, "the footer does not fit the file");
	}
	*out_table = table;
	return ERR_OK;
}

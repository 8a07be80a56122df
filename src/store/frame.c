/* Batch to bytes and back. The reader trusts nothing: every offset, count and index is checked, so
 * that whatever it returns is a batch that the rest of the program may use without looking.
 */
#include "store/frame.h"

#include "codec/wire.h"

enum { FRAME_VERSION = 1, FILE_ROW_MIN = 12 /* bytes of a file's row, at least */ };

static void put_file(struct buf *out, const struct file_table *files, uint32_t number) {
	const struct file_entry *entry = file_table_find(files, number);
	ASSERT(entry != NULL);
	wire_put_u32(out, number);
	wire_put_str(out, entry->path);
	wire_put_str(out, entry->source);
	wire_put_varint(out, entry->is_object);
	wire_put_zigzag(out, entry->modified_ns);
	wire_put_u32(out, entry->same_as);
}

/* Each file that the batch speaks of, once or more (the reader does not mind). */
static void put_files(struct buf *out, const struct batch *batch, const struct file_table *files) {
	uint32_t count = batch->ends_count + (batch->progress_file != FILE_NONE);
	for (uint16_t i = 0; i < batch->sources_count; i++) {
		count += batch->sources[i].file != FILE_NONE;
	}
	wire_put_varint(out, count);
	for (uint16_t i = 0; i < batch->sources_count; i++) {
		if (batch->sources[i].file != FILE_NONE) {
			put_file(out, files, batch->sources[i].file);
		}
	}
	for (uint32_t i = 0; i < batch->ends_count; i++) {
		put_file(out, files, batch->ends[i].file);
	}
	if (batch->progress_file != FILE_NONE) {
		put_file(out, files, batch->progress_file);
	}
}

static void put_plan(struct buf *out, const struct batch *batch, const struct page_plan *plan) {
	wire_put_u64(out, plan->first_index);
	wire_put_varint(out, plan->incarnation);
	wire_put_varint(out, batch_reservation(batch)->cut_after);
	wire_put_varint(out, plan->seeds_count);
	buf_append(out, plan->seeds, (size_t)plan->seeds_count * SALT_SEED_SIZE);
	for (uint16_t i = 0; i < batch->sources_count; i++) {
		buf_append(out, plan->streams[i].id, STREAM_ID_SIZE);
		wire_put_u32(out, plan->streams[i].stream);
		wire_put_varint(out, plan->streams[i].first_seq);
	}
}

static void put_source(struct buf *out, const struct batch_source *source) {
	wire_put_str(out, source->name);
	wire_put_str(out, source->path);
	wire_put_str(out, source->host);
	wire_put_str(out, source->format);
	wire_put_str(out, source->zone);
	wire_put_zigzag(out, source->year);
	wire_put_zigzag(out, source->modified_ns);
	wire_put_varint(out, source->charset);
	wire_put_u32(out, source->file);
}

static void put_records(struct buf *out, const struct batch *batch) {
	int64_t received = 0;
	int64_t monotonic = 0;
	for (uint32_t i = 0; i < batch->count; i++) {
		const struct batch_record *record = &batch->records[i];
		wire_put_varint(out, record->body_len);
		wire_put_varint(out, record->type);
		wire_put_varint(out, record->flags);
		wire_put_varint(out, record->source);
		wire_put_varint(out, record->log_offset);
		wire_put_varint(out, record->number);
		wire_put_zigzag(out, (int64_t)((uint64_t)record->received_ns - (uint64_t)received));
		wire_put_zigzag(out, (int64_t)((uint64_t)record->monotonic_ns - (uint64_t)monotonic));
		received = record->received_ns;
		monotonic = record->monotonic_ns;
	}
	for (uint32_t i = 0; i < batch->count; i++) {
		buf_append_str(out, batch_body(batch, i));
	}
}

static void put_progress(struct buf *out, const struct batch *batch) {
	wire_put_varint(out, batch->ends_count);
	for (uint32_t i = 0; i < batch->ends_count; i++) {
		const struct batch_file_end *end = &batch->ends[i];
		wire_put_u32(out, end->file);
		buf_append(out, end->hash, sizeof(end->hash));
		wire_put_varint(out, end->size);
		wire_put_varint(out, end->records);
	}
	wire_put_u32(out, batch->progress_file);
	wire_put_varint(out, batch->progress_position);
	buf_append(out, batch->progress_hash, sizeof(batch->progress_hash));
}

enum err frame_encode(const struct batch *batch, const struct file_table *files, struct buf *out) {
	for (uint16_t i = 0; i < batch->sources_count; i++) {
		if (batch->sources[i].container) {
			return ERR_UNSUPPORTED;
		}
	}
	wire_put_varint(out, FRAME_VERSION);
	wire_put_varint(out, batch->sources_count);
	for (uint16_t i = 0; i < batch->sources_count; i++) {
		put_source(out, &batch->sources[i]);
	}
	put_files(out, batch, files);
	wire_put_varint(out, batch->count);
	put_plan(out, batch, &batch_reservation(batch)->plan);
	put_progress(out, batch);
	put_records(out, batch);
	return ERR_OK;
}

/* ---- reading ---- */

static void get_bytes(struct wire *in, void *out, size_t len) {
	struct str bytes = wire_bytes(in, len);
	if (bytes.len == len) {
		memcpy(out, bytes.ptr, len);
	}
}

static void get_sources(struct wire *in, struct batch *batch) {
	uint64_t count = wire_varint_max(in, UINT16_MAX - 1);
	for (uint64_t i = 0; i < count && !in->bad; i++) {
		struct batch_source source = {0};
		source.name = wire_str(in, LIMIT_PATH * 2);
		source.path = wire_str(in, SIZE_MAX);
		source.host = wire_str(in, SIZE_MAX);
		source.format = wire_str(in, SIZE_MAX);
		source.zone = wire_str(in, SIZE_MAX);
		int64_t year = wire_zigzag(in);
		source.year = (int32_t)year;
		in->bad = in->bad || year != source.year;
		source.modified_ns = wire_zigzag(in);
		source.charset = (enum charset)wire_varint_max(in, CHARSET_COUNT - 1);
		source.file = wire_u32(in);
		if (!in->bad) {
			(void)batch_add_source(batch, &source);
		}
	}
}

static void get_files(struct wire *in, struct batch *batch, struct frame_files *files) {
	uint64_t count = wire_varint_max(in, wire_left(in) / FILE_ROW_MIN);
	files->rows = in->bad ? NULL : ARENA_ARRAY(batch->arena, count, struct segment_file);
	files->count = 0;
	for (uint64_t i = 0; i < count && !in->bad; i++) {
		struct segment_file *row = &files->rows[i];
		row->file = wire_u32(in);
		row->path = arena_str(batch->arena, wire_str(in, SIZE_MAX));
		row->source = arena_str(batch->arena, wire_str(in, SIZE_MAX));
		row->is_object = wire_varint_max(in, 1) != 0;
		row->modified_ns = wire_zigzag(in);
		row->same_as = wire_u32(in);
		row->first_index = UINT64_MAX;
		in->bad = in->bad || row->file == FILE_NONE;
		files->count++;
	}
}

static bool has_file(const struct frame_files *files, uint32_t number) {
	for (uint32_t i = 0; i < files->count; i++) {
		if (files->rows[i].file == number) {
			return true;
		}
	}
	return false;
}

static uint32_t bundles_of(uint64_t first, uint32_t count) {
	return count == 0 ? 0 : (uint32_t)((first + count - 1) / SALT_BUNDLE - first / SALT_BUNDLE + 1);
}

static void get_plan(struct wire *in, struct batch *batch, uint32_t rows,
                     struct reservation *reservation) {
	struct page_plan *plan = &reservation->plan;
	plan->first_index = wire_u64(in);
	plan->incarnation = wire_varint(in);
	reservation->cut_after = wire_varint_max(in, 1) != 0;
	plan->seeds_count = (uint32_t)wire_varint_max(in, LIMIT_BATCH_ROWS / SALT_BUNDLE + 2);
	in->bad = in->bad || plan->first_index > UINT64_MAX / 2 ||
	          plan->seeds_count != bundles_of(plan->first_index, rows);
	if (in->bad) {
		return;
	}
	plan->seeds = arena_array(batch->arena, plan->seeds_count, SALT_SEED_SIZE);
	get_bytes(in, plan->seeds, (size_t)plan->seeds_count * SALT_SEED_SIZE);
	plan->streams = ARENA_ARRAY(batch->arena, batch->sources_count, struct page_stream);
	for (uint16_t i = 0; i < batch->sources_count && !in->bad; i++) {
		get_bytes(in, plan->streams[i].id, STREAM_ID_SIZE);
		plan->streams[i].stream = wire_u32(in);
		plan->streams[i].first_seq = wire_varint_max(in, UINT64_MAX / 2);
	}
	batch->first_index = plan->first_index;
}

static void get_progress(struct wire *in, struct batch *batch, const struct frame_files *files) {
	uint64_t count = wire_varint_max(in, LIMIT_BATCH_ROWS - 1);
	for (uint64_t i = 0; i < count && !in->bad; i++) {
		struct batch_file_end end = {.file = wire_u32(in)};
		get_bytes(in, end.hash, sizeof(end.hash));
		end.size = wire_varint(in);
		end.records = wire_varint(in);
		in->bad = in->bad || !has_file(files, end.file);
		if (!in->bad) {
			batch_add_file_end(batch, &end);
		}
	}
	batch->progress_file = wire_u32(in);
	batch->progress_position = wire_varint(in);
	get_bytes(in, batch->progress_hash, sizeof(batch->progress_hash));
	in->bad =
	    in->bad || (batch->progress_file != FILE_NONE && !has_file(files, batch->progress_file));
}

static void get_records(struct wire *in, struct batch *batch, uint32_t rows) {
	int64_t received = 0;
	int64_t monotonic = 0;
	uint64_t raw = 0;
	for (uint32_t i = 0; i < rows && !in->bad; i++) {
		struct batch_record *record = batch_add_record(batch);
		record->body_len = (uint32_t)wire_varint_max(in, UINT32_MAX);
		record->type = (uint8_t)wire_varint_max(in, RECORD_OBJECT);
		record->flags = (uint8_t)wire_varint_max(in, UINT8_MAX);
		record->source = (uint16_t)wire_varint_max(in, UINT16_MAX);
		record->log_offset = wire_varint(in);
		record->number = wire_varint(in);
		received = (int64_t)((uint64_t)received + (uint64_t)wire_zigzag(in));
		monotonic = (int64_t)((uint64_t)monotonic + (uint64_t)wire_zigzag(in));
		record->received_ns = received;
		record->monotonic_ns = monotonic;
		record->body_offset = raw;
		raw += record->body_len;
		in->bad = in->bad || record->type < RECORD_DATA || record->source >= batch->sources_count ||
		          raw > wire_left(in);
	}
	struct str bodies = wire_bytes(in, raw);
	if (wire_done(in)) {
		buf_append_str(&batch->raw, bodies);
	}
}

enum err frame_decode(struct str payload, struct batch **out_batch, struct frame_files *out_files) {
	struct batch *batch CLEANUP(batch_freep) = batch_new();
	struct reservation *reservation = ARENA_NEW(batch->arena, struct reservation);
	struct frame_files files = {0};
	struct wire in = wire_from(payload);
	in.bad = wire_varint(&in) != FRAME_VERSION;
	get_sources(&in, batch);
	get_files(&in, batch, &files);
	uint32_t rows = (uint32_t)wire_varint_max(&in, LIMIT_BATCH_ROWS);
	get_plan(&in, batch, rows, reservation);
	if (in.bad) {
		return ERR_CORRUPT;
	}
	get_progress(&in, batch, &files);
	get_records(&in, batch, rows);
	for (uint16_t i = 0; i < batch->sources_count; i++) {
		in.bad = in.bad ||
		         (batch->sources[i].file != FILE_NONE && !has_file(&files, batch->sources[i].file));
	}
	if (!wire_done(&in)) {
		return ERR_CORRUPT;
	}
	batch->store_private = reservation;
	*out_files = files;
	*out_batch = TAKE(batch);
	return ERR_OK;
}

/* Files, chunks and records of event logs. A file is a header of 4 KiB and chunks of 64 KiB, each
 * with a header of its own, records that follow each other, and slack: what the memory held before.
 * Slack of a whole chunk is full of old records that are no part of the log, so a chunk whose
 * checksum fits is believed where it says that its records end.
 */
#include "ingest/evtx.h"

#include <stdarg.h>

#include "base/endian.h"
#include "base/instant.h"
#include "ingest/evtx_crc.h"
#include "ingest/evtx_event.h"

enum {
	FILE_HEADER = 4096,
	FILE_CHUNKS = 42,
	FILE_FLAGS = 120,
	FILE_DIRTY = 1,
	CHUNK_HEADER = 512,
	CHUNK_FREE_SPACE = 48,
	CHUNK_RECORDS_SUM = 52,
	CHUNK_HEADER_SUM = 124,
	RECORD_HEADER = 24, /* magic, size, number, time */
	RECORD_MIN = RECORD_HEADER + 4,
};

static const char file_magic[8] = "ElfFile";
static const char chunk_magic[8] = "ElfChnk";
static const char record_magic[4] = "**\0\0";

/* A record as it is framed, by offsets in the chunk. */
struct record {
	uint32_t at;
	uint32_t size;
	uint64_t id;
	bool found; /* by searching, or its frame is damaged */
};

struct evtx_reader {
	struct str bytes;
	evtx_problem_f problem;
	void *problem_ctx;
	uint32_t problems;
	bool dirty; /* records may go on behind the place where their chunk says they end */
	size_t next_chunk;
	uint64_t records;

	bool in_chunk;
	size_t chunk_at;
	uint32_t at;    /* where the next record is looked for */
	uint32_t limit; /* where records end */
	bool trusted;   /* limit is what the chunk's header says */
	bool found_any; /* records in this chunk */
	bool after_gap; /* bytes before at are no record */
	uint64_t last_id;
	uint64_t id_before; /* of the record before that */

	struct evtx_crc crc;
	struct evtx_chunk chunk;
	struct evtx_event event;
};

static void PRINTF_LIKE(3, 4)
    report(struct evtx_reader *reader, size_t offset, const char *format, ...) {
	char text[256];
	va_list args;
	if (reader->problem == NULL || reader->problems >= LIMIT_EVTX_PROBLEMS) {
		return;
	}
	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	reader->problem(reader->problem_ctx, offset, str_from(text));
	if (++reader->problems == LIMIT_EVTX_PROBLEMS) {
		reader->problem(reader->problem_ctx, offset,
		                STR("too many damaged places: further ones are not told"));
	}
}

static bool has_magic(struct str bytes, size_t at, const char magic[8]) {
	return at <= bytes.len && bytes.len - at >= 8 && memcmp(bytes.ptr + at, magic, 8) == 0;
}

bool evtx_recognise(struct str first_bytes) {
	return has_magic(first_bytes, 0, file_magic) || has_magic(first_bytes, 0, chunk_magic) ||
	       has_magic(first_bytes, FILE_HEADER, chunk_magic);
}

/* ---- the file's header ---- */

/* The header counts chunks, but a file may have more: in a dirty one it is behind. */
static void check_length(struct evtx_reader *reader) {
	size_t there = (reader->bytes.len - FILE_HEADER + EVTX_CHUNK_SIZE - 1) / EVTX_CHUNK_SIZE;
	size_t counted = le16_load(reader->bytes.ptr + FILE_CHUNKS);
	if (there == 0) {
		report(reader, reader->bytes.len, "file ends behind its header");
	} else if (there < counted) {
		report(reader, reader->bytes.len, "file has %zu chunks and should have %zu", there,
		       counted);
	}
}

/* Chunks begin behind the header's block of 4 KiB, or at once where there is no header. */
static size_t read_file_header(struct evtx_reader *reader) {
	struct str bytes = reader->bytes;
	if (!has_magic(bytes, 0, file_magic)) {
		reader->dirty = true;
		report(reader, 0, "no file header");
		return has_magic(bytes, FILE_HEADER, chunk_magic) ? FILE_HEADER : 0;
	}
	if (bytes.len < FILE_HEADER) {
		report(reader, bytes.len, "file ends within its header");
		return bytes.len;
	}
	if (evtx_crc_update(&reader->crc, 0, bytes.ptr, FILE_FLAGS) !=
	    le32_load(bytes.ptr + FILE_FLAGS + 4)) {
		report(reader, 0, "checksum of the file header does not fit");
		reader->dirty = true;
		return FILE_HEADER;
	}
	check_length(reader);
	reader->dirty = (le32_load(bytes.ptr + FILE_FLAGS) & FILE_DIRTY) != 0;
	return FILE_HEADER;
}

struct evtx_reader *evtx_reader_new(struct str bytes, evtx_problem_f problem, void *problem_ctx) {
	struct evtx_reader *reader = calloc(1, sizeof(*reader));
	ASSERT(reader != NULL);
	reader->bytes = bytes;
	reader->problem = problem;
	reader->problem_ctx = problem_ctx;
	evtx_crc_init(&reader->crc);
	evtx_chunk_init(&reader->chunk, bytes);
	evtx_event_init(&reader->event, &reader->chunk);
	reader->next_chunk = read_file_header(reader);
	return reader;
}

void evtx_reader_free(struct evtx_reader *reader) {
	if (reader != NULL) {
		evtx_event_deinit(&reader->event);
		evtx_chunk_deinit(&reader->chunk);
		free(reader);
	}
}

void evtx_reader_freep(struct evtx_reader **reader) {
	evtx_reader_free(*reader);
	*reader = NULL;
}

uint64_t evtx_records(const struct evtx_reader *reader) {
	return reader->records;
}

/* ---- records ---- */

static bool all_zero(const char *bytes, size_t len) {
	return len == 0 || (bytes[0] == 0 && memcmp(bytes, bytes + 1, len - 1) == 0);
}

/* The size of the record that is whole at at, or 0: magic, and twice the same size. */
static uint32_t frame_size(const char *chunk, uint32_t at, uint32_t limit) {
	if (limit - at < RECORD_MIN || memcmp(chunk + at, record_magic, 4) != 0) {
		return 0;
	}
	uint32_t size = le32_load(chunk + at + 4);
	bool fits =
	    size >= RECORD_MIN && size <= limit - at && le32_load(chunk + at + size - 4) == size;
	return fits ? size : 0;
}

/* Where the next whole record starts, from at on, or limit. */
static uint32_t find_frame(const char *chunk, uint32_t at, uint32_t limit) {
	while (at < limit) {
		const char *hit = memmem(chunk + at, limit - at, record_magic, sizeof(record_magic));
		if (hit == NULL) {
			return limit;
		}
		at = (uint32_t)(hit - chunk);
		if (frame_size(chunk, at, limit) > 0) {
			return at;
		}
		at++;
	}
	return limit;
}

/* The size of a record at at of whose magic and two sizes one is damaged; next: where the next
 * whole record starts. 0 when there is none. */
static uint32_t damaged_frame_size(const char *chunk, uint32_t at, uint32_t next, uint32_t limit) {
	if (limit - at < RECORD_MIN) {
		return 0;
	}
	uint32_t size = le32_load(chunk + at + 4);
	if (size >= RECORD_MIN && size <= limit - at && le32_load(chunk + at + size - 4) == size) {
		return size; /* the magic is damaged */
	}
	if (next - at < RECORD_MIN) {
		return 0;
	}
	bool magic = memcmp(chunk + at, record_magic, 4) == 0;
	bool last_size = le32_load(chunk + next - 4) == next - at;
	bool first_size = size == next - at;
	return magic + last_size + first_size >= 2 ? next - at : 0;
}

static bool counts_on(uint64_t last_id, uint64_t id) {
	return id > last_id && id - last_id <= EVTX_CHUNK_SIZE;
}

/* In a chunk that does not say where its records end, old ones may follow: their numbers do not
 * count on from the record before. One number that is damaged is no reason: it may be that before
 * (then this one fits to the one before that) or this one (then the next one fits). */
static bool is_old(const struct evtx_reader *reader, uint32_t at, uint32_t size) {
	const char *chunk = reader->chunk.bytes;
	uint64_t id = le64_load(chunk + at + 8);
	uint32_t next = at + size;
	if (reader->trusted || !reader->found_any || counts_on(reader->last_id, id) ||
	    id == reader->id_before + 2) {
		return false;
	}
	return frame_size(chunk, next, reader->limit) == 0 ||
	       !counts_on(reader->last_id, le64_load(chunk + next + 8));
}

static void take_record(struct evtx_reader *reader, struct record *record) {
	record->id = le64_load(reader->chunk.bytes + record->at + 8);
	reader->at = record->at + record->size;
	bool odd = !reader->trusted && reader->found_any && !counts_on(reader->last_id, record->id) &&
	           record->id != reader->id_before + 2;
	reader->id_before = reader->found_any ? reader->last_id : record->id - 1;
	reader->last_id = odd ? reader->last_id + 1 : record->id;
	reader->found_any = true;
	reader->after_gap = false;
	reader->records++;
}

/* Bytes at reader->at are no whole record: a record with a damaged frame, or a gap. True when it
 * is a record. */
static bool pass_gap(struct evtx_reader *reader, struct record *out_record) {
	const char *chunk = reader->chunk.bytes;
	uint32_t at = reader->at;
	uint32_t next = find_frame(chunk, at + 1, reader->limit);
	uint32_t size = damaged_frame_size(chunk, at, next, reader->limit);
	if (size > 0 && !is_old(reader, at, size)) {
		*out_record = (struct record){.at = at, .size = size, .found = true};
		report(reader, reader->chunk_at + at, "frame of a record of %u bytes is damaged", size);
		return true;
	}
	if (!all_zero(chunk + at, next - at) && (reader->trusted || next < reader->limit)) {
		report(reader, reader->chunk_at + at, "%u bytes are no record", next - at);
	}
	reader->after_gap = true;
	reader->at = next;
	return false;
}

/* Behind the end that a chunk's header gives: in a dirty file records may have been written since,
 * that follow at once with the next number; also in a chunk that had none when its header was
 * written. */
static bool continues(struct evtx_reader *reader, struct record *out_record) {
	if (!reader->dirty || !reader->trusted || reader->records == 0) {
		return false;
	}
	uint32_t size = frame_size(reader->chunk.bytes, reader->at, reader->chunk.size);
	if (size == 0 || le64_load(reader->chunk.bytes + reader->at + 8) != reader->last_id + 1) {
		return false;
	}
	*out_record = (struct record){.at = reader->at, .size = size};
	return true;
}

/* The next record of the open chunk. */
static bool next_in_chunk(struct evtx_reader *reader, struct record *out_record) {
	while (reader->at < reader->limit) {
		uint32_t size = frame_size(reader->chunk.bytes, reader->at, reader->limit);
		if (size == 0) {
			if (pass_gap(reader, out_record)) {
				take_record(reader, out_record);
				return true;
			}
			continue;
		}
		if (is_old(reader, reader->at, size)) {
			reader->at += size;
			continue;
		}
		*out_record = (struct record){.at = reader->at, .size = size, .found = reader->after_gap};
		take_record(reader, out_record);
		return true;
	}
	if (continues(reader, out_record)) {
		take_record(reader, out_record);
		reader->limit = reader->at;
		return true;
	}
	return false;
}

/* ---- chunks ---- */

/* A chunk's header, checked by its own checksum. */
static bool header_fits(const struct evtx_reader *reader, const char *chunk, size_t size) {
	if (size < CHUNK_HEADER || memcmp(chunk, chunk_magic, 8) != 0) {
		return false;
	}
	uint32_t sum = evtx_crc_update(&reader->crc, 0, chunk, CHUNK_HEADER_SUM - 4);
	sum = evtx_crc_update(&reader->crc, sum, chunk + 128, CHUNK_HEADER - 128);
	return sum == le32_load(chunk + CHUNK_HEADER_SUM);
}

/* Whether a whole record ends exactly at end: then it is the end, whatever the checksum says. */
static bool ends_a_record(const char *chunk, uint32_t end) {
	uint32_t size = end > CHUNK_HEADER + RECORD_MIN ? le32_load(chunk + end - 4) : 0;
	return size >= RECORD_MIN && size <= end - CHUNK_HEADER &&
	       frame_size(chunk, end - size, end) == size;
}

/* Where the next chunk starts if this one is shorter than it should be (bytes were lost), else
 * size: a header that fits, within what should be this chunk. */
static uint32_t cut_size(const struct evtx_reader *reader, size_t at, uint32_t size) {
	size_t next = at + size;
	if (has_magic(reader->bytes, next, chunk_magic)) {
		return size;
	}
	const char *chunk = reader->bytes.ptr + at;
	uint32_t from = 8;
	while (from < size) {
		const char *hit = memmem(chunk + from, size - from, chunk_magic, sizeof(chunk_magic));
		if (hit == NULL) {
			return size;
		}
		from = (uint32_t)(hit - chunk);
		if (header_fits(reader, hit, reader->bytes.len - at - from)) {
			return from;
		}
		from++;
	}
	return size;
}

static void begin_chunk(struct evtx_reader *reader, size_t at, uint32_t size) {
	evtx_chunk_begin(&reader->chunk, at, size);
	reader->in_chunk = true;
	reader->chunk_at = at;
	reader->next_chunk = at + size;
	reader->found_any = false;
	reader->after_gap = false;
	reader->at = 0;
	reader->limit = size;
	reader->trusted = false;
}

static void open_chunk(struct evtx_reader *reader, size_t at) {
	uint32_t size = (uint32_t)MIN_OF(reader->bytes.len - at, (size_t)EVTX_CHUNK_SIZE);
	begin_chunk(reader, at, cut_size(reader, at, size));
	const char *chunk = reader->chunk.bytes;
	size = reader->chunk.size;
	reader->at = CHUNK_HEADER;
	if (size < CHUNK_HEADER) {
		report(reader, at, "chunk ends within its header");
		return;
	}
	uint32_t end = le32_load(chunk + CHUNK_FREE_SPACE);
	bool in_range = end >= CHUNK_HEADER && end <= EVTX_CHUNK_SIZE;
	bool fits = header_fits(reader, chunk, size);
	if (!fits) {
		report(reader, at, "checksum of a chunk's header does not fit");
	}
	if (in_range && (fits || (end <= size && ends_a_record(chunk, end)))) {
		reader->trusted = true;
		reader->limit = MIN_OF(end, size);
	}
	if (size < EVTX_CHUNK_SIZE && (!reader->trusted || end > size)) {
		report(reader, at + size, "chunk is cut after %u of 65536 bytes", size);
	} else if (reader->trusted && evtx_crc_update(&reader->crc, 0, chunk + CHUNK_HEADER,
	                                              reader->limit - CHUNK_HEADER) !=
	                                  le32_load(chunk + CHUNK_RECORDS_SUM)) {
		report(reader, at, "checksum of a chunk's records does not fit");
	}
}

/* Bytes where a chunk should be: its records are searched for, in case its header is damaged. */
static void open_headless(struct evtx_reader *reader, size_t at, uint32_t size) {
	begin_chunk(reader, at, size);
	reader->at = find_frame(reader->chunk.bytes, 0, size);
	if (reader->at < size) {
		report(reader, at, "header of a chunk is damaged; records were searched for");
	} else {
		report(reader, at, "%u bytes are neither chunk nor records", size);
	}
	reader->after_gap = true;
}

/* Opens the next chunk, or what may have been one; false at the end of the file. */
static bool next_chunk(struct evtx_reader *reader) {
	struct str bytes = reader->bytes;
	while (reader->next_chunk < bytes.len) {
		size_t at = reader->next_chunk;
		if (has_magic(bytes, at, chunk_magic)) {
			open_chunk(reader, at);
			return true;
		}
		size_t size = MIN_OF(bytes.len - at, (size_t)EVTX_CHUNK_SIZE);
		const char *hit = memmem(bytes.ptr + at, size, chunk_magic, sizeof(chunk_magic));
		size = hit == NULL ? size : (size_t)(hit - bytes.ptr) - at;
		if (!all_zero(bytes.ptr + at, size)) {
			open_headless(reader, at, (uint32_t)size);
			return true;
		}
		reader->next_chunk = at + size;
	}
	return false;
}

static bool next_record(struct evtx_reader *reader, struct record *out_record) {
	for (;;) {
		if (reader->in_chunk && next_in_chunk(reader, out_record)) {
			return true;
		}
		reader->in_chunk = next_chunk(reader);
		if (!reader->in_chunk) {
			return false;
		}
	}
}

void evtx_skip(struct evtx_reader *reader, uint64_t records) {
	struct record ignored;
	for (uint64_t i = 0; i < records && next_record(reader, &ignored); i++) {
	}
}

/* ---- rows ---- */

/* What only the record's own header tells, where its event does not. */
static void put_header(struct evtx_reader *reader, struct batch *batch,
                       const struct record *record) {
	struct evtx_event *event = &reader->event;
	if (event->fields.time_ns == INSTANT_MIN) {
		event->fields.time_ns =
		    evtx_filetime_ns(le64_load(reader->chunk.bytes + record->at + RECORD_HEADER - 8));
		if (event->fields.time_ns != INSTANT_MIN) {
			fields_set_time(batch, event->fields.time_ns, 0);
		}
	}
	if (event->fault == NULL) {
		return;
	}
	char id[24];
	int len = snprintf(id, sizeof(id), "%llu", (unsigned long long)record->id);
	if (!event->fields.has_record_id) {
		fields_put(batch, FIELD_WINLOG_RECORD_ID,
		           (struct value){VALUE_NUMBER, str_make(id, (size_t)len)});
	}
	fields_put_str(batch, FIELD_ERROR_MESSAGE, str_from(event->fault));
	report(reader, reader->chunk_at + event->fault_at, "record %llu at %zu: %s",
	       (unsigned long long)record->id, reader->chunk_at + record->at, event->fault);
}

bool evtx_next(struct evtx_reader *reader, struct batch *batch, const struct evtx_stamp *stamp) {
	struct record record;
	ASSERT(batch->fields.rows_done == batch->count);
	if (!next_record(reader, &record)) {
		return false;
	}
	struct batch_record *row = batch_add_record(batch);
	row->body_offset = batch->raw.len;
	row->body_len = record.size;
	row->flags = record.found ? RECORD_FRAMING_ERROR : 0;
	row->source = stamp->source;
	row->log_offset = reader->chunk_at + record.at;
	row->number = reader->records;
	row->received_ns = stamp->received_ns;
	row->monotonic_ns = stamp->monotonic_ns;
	buf_append(&batch->raw, reader->chunk.bytes + record.at, record.size);
	(void)fields_begin_row(batch);
	evtx_event_render(&reader->event, batch, record.at + RECORD_HEADER,
	                  record.at + record.size - 4);
	evtx_fields_put(&reader->event.fields);
	put_header(reader, batch, &record);
	fields_end_row(batch);
	return true;
}

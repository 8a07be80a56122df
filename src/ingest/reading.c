/* Batches are filled here and handed to the sink: small files share one, large files span many.
 * Invariant: when a batch is handed on while a file is open, the file's position, record count and
 * hash describe exactly the rows that are in this and earlier batches.
 */
#include "ingest/reading.h"

#include <stdarg.h>

#include "codec/charset.h"
#include "ingest/columns.h"
#include "ingest/columns_csv.h"

void reading_init(struct reading *reading, const struct ingest_options *options,
                  const struct sink *sink, struct ingest_totals *totals) {
	*reading =
	    (struct reading){.options = options, .os = options->os, .sink = sink, .totals = totals};
}

enum err reading_finish(struct reading *reading, enum err err) {
	/* Also after a stop: what was read up to here is complete in itself. */
	if (err == ERR_OK || err == ERR_CANCELED) {
		enum err put = reading_put(reading);
		err = put != ERR_OK ? put : err;
	}
	batch_freep(&reading->batch);
	map_freep(&reading->begun);
	map_freep(&reading->journals);
	header_deinit(&reading->header);
	buf_deinit(&reading->format);
	return err;
}

void reading_problem(struct reading *reading, struct str path, uint64_t offset, enum err err,
                     const char *format, ...) {
	char message[DIAG_TEXT_MAX];
	va_list args;
	va_start(args, format);
	(void)vsnprintf(message, sizeof(message), format, args); /* cut when longer */
	va_end(args);
	reading->file_failed = true;
	if (reading->sink->problem != NULL) {
		reading->sink->problem(reading->sink->ctx, path, offset, err, str_from(message));
	}
}

enum err reading_progress(struct reading *reading, uint64_t bytes) {
	reading->totals->bytes += bytes;
	const struct sink *sink = reading->sink;
	if (sink->progress != NULL && !sink->progress(sink->ctx, reading->totals->bytes)) {
		return ERR_CANCELED;
	}
	return ERR_OK;
}

static struct str size_key(const uint64_t *size) {
	return str_make((const char *)size, sizeof(*size));
}

/* Of a file that the batch being filled speaks of; hash: NULL when it is not known. True when
 * neither its name nor its bytes were noted before. */
static bool note_unsettled(struct reading *reading, struct str path, const uint8_t *hash,
                           uint64_t size) {
	bool first_path = true;
	bool first_hash = true;
	if (reading->begun == NULL) {
		reading->begun = map_new();
	}
	(void)map_put(reading->begun, path, 0, &first_path);
	if (hash != NULL) {
		(void)map_put(reading->begun, str_make((const char *)hash, SHA256_SIZE), 0, &first_hash);
		/* A path of the same bytes does no harm: then a hash is asked for in vain. */
		(void)map_put(reading->begun, size_key(&size), 0, NULL);
	}
	return first_path && first_hash;
}

/* The sink knows a file once its batch was put. A second file of the same name or the same bytes
 * must not be asked for before: it would be taken twice, or for the first one. */
static enum err settle_same(struct reading *reading, const struct sink_file *about) {
	const uint8_t *hash = about->hash_known && about->size > 0 ? about->hash : NULL;
	if (note_unsettled(reading, about->path, hash, about->size)) {
		return ERR_OK;
	}
	TRY(reading_put(reading));
	(void)note_unsettled(reading, about->path, hash, about->size);
	return ERR_OK;
}

bool reading_size_known(const struct reading *reading, uint64_t size) {
	const struct sink *sink = reading->sink;
	if (sink->file_begin == NULL) {
		return false;
	}
	return (reading->begun != NULL && map_find(reading->begun, size_key(&size)) != NULL) ||
	       sink->size_known == NULL || sink->size_known(sink->ctx, size);
}

enum err reading_file_begin(struct reading *reading, struct reading_file *file,
                            const struct sink_file *about, bool fresh,
                            enum sink_verdict *out_verdict, struct sink_resume *out_resume) {
	*out_verdict = SINK_TAKE;
	*out_resume = (struct sink_resume){0};
	file->number = UINT32_MAX;
	file->position = 0;
	file->records = 0;
	file->batch_serial = 0;
	header_clear(&reading->header);
	sha256_init(&file->sha);
	if (reading->sink->file_begin == NULL) {
		return ERR_OK;
	}
	TRY(settle_same(reading, about));
	enum err err = reading->sink->file_begin(reading->sink->ctx, about, fresh, &file->number,
	                                         out_verdict, out_resume);
	if (err == ERR_EXISTS) {
		reading_problem(reading, about->path, 0, err,
		                "was begun in another class and has changed: go on with --class as before, "
		                "or take all of it with --again");
		*out_verdict = SINK_SKIP;
		return ERR_OK;
	}
	return err;
}

void reading_stamp(const struct reading *reading, struct reading_file *file) {
	file->received_ns = reading->os->wall_ns(reading->os->ctx);
	file->monotonic_ns = reading->os->monotonic_ns(reading->os->ctx);
}

enum err reading_put(struct reading *reading) {
	if (reading->batch == NULL) {
		return ERR_OK;
	}
	struct reading_file *file = reading->open_file;
	if (reading->begun != NULL) {
		map_clear(reading->begun);
	}
	if (file != NULL) {
		reading->batch->progress_file = file->number;
		reading->batch->progress_position = file->position;
		if (file->progress_hash != NULL) {
			memcpy(reading->batch->progress_hash, file->progress_hash, SHA256_SIZE);
		} else if (file->is_object) {
			memcpy(reading->batch->progress_hash, file->object, SHA256_SIZE);
		} else {
			sha256_digest(&file->sha, reading->batch->progress_hash);
		}
	}
	return reading->sink->put(reading->sink->ctx, TAKE(reading->batch));
}

/* The next batch of a long file is about as large as the last: room that is made at once is not
 * copied as it grows, and leaves no holes in the heap when what is too much is given back. */
static void start_batch(struct reading *reading) {
	reading->batch = batch_new();
	reading->batch_serial++;
	if (reading->raw_len > 0) {
		(void)buf_reserve(&reading->batch->raw, reading->raw_len + reading->raw_len / 16);
	}
}

static void name_source(struct reading *reading, struct reading_file *file) {
	const struct ingest_options *options = reading->options;
	buf_clear(&reading->format);
	columns_format_join(&reading->format, file->format, &reading->header);
	struct batch_source source = {
	    .name = options->source.len > 0 ? options->source : file->path,
	    .path = file->path,
	    .host = options->host,
	    .format = buf_str(&reading->format),
	    .zone = options->zone,
	    .year = options->year,
	    .modified_ns = file->modified_ns,
	    .charset = file->charset,
	    .file = file->number,
	    .container = file->container,
	};
	memcpy(source.object, file->object, sizeof(source.object));
	file->batch_source = batch_add_source(reading->batch, &source);
	file->batch_serial = reading->batch_serial;
}

enum err reading_room(struct reading *reading, struct reading_file *file) {
	reading->open_file = file;
	if (reading->batch != NULL &&
	    (batch_full(reading->batch) ||
	     (reading->batch->count > 0 && reading->batch->parsed != file->parsed))) {
		reading->raw_len = reading->batch->raw.len;
		TRY(reading_put(reading));
	}
	if (reading->batch == NULL) {
		start_batch(reading);
	}
	if (file->batch_serial != reading->batch_serial) {
		name_source(reading, file);
	}
	return ERR_OK;
}

/* ---- headers ---- */

static bool is_utf16(const struct reading_file *file) {
	return file->charset == CHARSET_UTF16LE || file->charset == CHARSET_UTF16BE;
}

void reading_begin_lines(struct reading *reading, struct reading_file *file, struct str bytes) {
	struct buf text = {0};
	if (reading->options->format.len > 0 || reading->options->formats == NULL || bytes.len == 0) {
		return;
	}
	if (is_utf16(file)) {
		(void)charset_decode((enum charset_id)file->charset, bytes, &text);
		bytes = buf_str(&text);
	}
	struct csv_look look;
	if (csv_look_at(bytes, &look)) {
		file->format = STR("csv");
	}
	buf_deinit(&text);
}

static bool may_be_header(const struct reading_file *file, struct str body) {
	size_t high = file->charset == CHARSET_UTF16BE;
	if (is_utf16(file)) {
		return body.len > 1 && body.ptr[high] == '#' && body.ptr[!high] == 0;
	}
	return body.len > 0 &&
	       (body.ptr[0] == '#' || (body.ptr[0] == '\xef' && body.len > 3 && body.ptr[3] == '#'));
}

void reading_note(struct reading *reading, const struct reading_file *file, struct str body,
                  uint64_t record) {
	struct buf text = {0};
	bool csv = record <= 2 && reading->header.lines.len == 0 && str_eq(file->format, STR("csv"));
	if (!csv && LIKELY(!may_be_header(file, body))) {
		return;
	}
	if (is_utf16(file)) {
		(void)charset_decode((enum charset_id)file->charset, body, &text);
		body = buf_str(&text);
	}
	if (csv) {
		header_note_csv(&reading->header, body);
	} else {
		(void)header_note(&reading->header, body);
	}
	buf_deinit(&text);
}

void reading_add(struct reading *reading, struct reading_file *file, struct str body,
                 uint64_t log_offset, uint8_t flags) {
	struct batch *batch = reading->batch;
	struct batch_record *record = batch_add_record(batch);
	record->body_offset = batch->raw.len;
	record->body_len = (uint32_t)body.len;
	record->flags = flags;
	record->source = file->batch_source;
	record->log_offset = log_offset;
	record->number = ++file->records;
	record->received_ns = file->received_ns;
	record->monotonic_ns = file->monotonic_ns;
	buf_append_str(&batch->raw, body);
	reading_note(reading, file, body, record->number);
}

enum err reading_leave(struct reading *reading, enum err err) {
	if (err == ERR_CANCELED) {
		enum err put = reading_put(reading);
		err = put != ERR_OK ? put : err;
	}
	reading->open_file = NULL;
	return err;
}

enum err reading_file_end(struct reading *reading, struct reading_file *file,
                          const uint8_t hash[32], uint64_t size) {
	if (reading->batch != NULL && batch_full(reading->batch)) {
		TRY(reading_put(reading));
	}
	reading->open_file = NULL;
	if (reading->batch == NULL) {
		start_batch(reading);
	}
	struct batch_file_end end = {.file = file->number, .size = size, .records = file->records};
	memcpy(end.hash, hash, SHA256_SIZE);
	batch_add_file_end(reading->batch, &end);
	/* Its beginning may have been put, and forgotten here, while files inside it were read. */
	(void)note_unsettled(reading, file->path, size > 0 ? hash : NULL, size);
	return ERR_OK;
}

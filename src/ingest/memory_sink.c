/* See memory_sink.h.
 */
#include "ingest/memory_sink.h"

static void complain(struct memory_sink *sink, const char *what) {
	sink->broken = true;
	buf_printf(&sink->problems, "BROKEN: %s\n", what);
}

static bool ends_fit(struct memory_sink *sink, const struct batch_file_end *end) {
	uint8_t hash[SHA256_SIZE];
	if (end->file >= sink->count || sink->files[end->file]->ended) {
		return false;
	}
	struct memory_file *file = sink->files[end->file];
	file->ended = true;
	file->size_told = end->size;
	file->records_told = end->records;
	memcpy(file->hash_told, end->hash, sizeof(file->hash_told));
	if (file->is_object) {
		return file->records == end->records;
	}
	sha256(file->bytes.ptr, file->bytes.len, hash);
	return file->records == end->records && file->bytes.len == end->size &&
	       memcmp(hash, end->hash, sizeof(hash)) == 0;
}

static bool progress_fits(const struct memory_sink *sink, const struct batch *batch) {
	uint8_t hash[SHA256_SIZE];
	if (batch->progress_file == UINT32_MAX) {
		return true;
	}
	if (batch->progress_file >= sink->count) {
		return false;
	}
	const struct memory_file *file = sink->files[batch->progress_file];
	if (file->is_object) {
		return batch->progress_position == file->records;
	}
	sha256(file->bytes.ptr, file->bytes.len, hash);
	return batch->progress_position == file->bytes.len &&
	       memcmp(hash, batch->progress_hash, sizeof(hash)) == 0;
}

static void take_line(struct memory_sink *sink, struct memory_file *file, const struct batch *batch,
                      uint32_t row) {
	const struct batch_record *record = &batch->records[row];
	struct str body = batch_body(batch, row);
	if (record->log_offset != file->bytes.len) {
		complain(sink, "log_offset is not where the body stands");
	}
	buf_append_str(&file->bytes, body);
	bool open = (record->flags & (RECORD_NO_FINAL_LF | RECORD_CONTINUES)) != 0;
	if (open) {
		file->no_final_lf = true;
	} else {
		buf_append_char(&file->bytes, '\n');
		file->no_final_lf = false;
	}
}

static void take_slice(struct memory_sink *sink, struct memory_file *file,
                       const struct batch *batch, uint32_t row) {
	struct str body = batch_body(batch, row);
	uint64_t at = batch->records[row].log_offset;
	if (file->bytes.len > 0 && (at > file->bytes.len || body.len > file->bytes.len - at ||
	                            !str_eq(body, str_make(file->bytes.ptr + at, body.len)))) {
		complain(sink, "a body is not the slice of its object");
	}
	buf_append_str(&file->texts, body);
	buf_append_char(&file->texts, '\n');
}

static void take_row(struct memory_sink *sink, const struct batch *batch, uint32_t row) {
	const struct batch_record *record = &batch->records[row];
	const struct batch_source *source = &batch->sources[record->source];
	if (source->file >= sink->count) {
		complain(sink, "a record of a file that was not begun");
		return;
	}
	struct memory_file *file = sink->files[source->file];
	if (file->ended || record->number != ++file->records || record->received_ns == 0 ||
	    !str_eq(source->path, file->path)) {
		complain(sink, "a record after the end, out of order, or without time");
	}
	if (source->container) {
		take_slice(sink, file, batch, row);
	} else {
		take_line(sink, file, batch, row);
	}
}

static enum err put(void *ctx, struct batch *batch) {
	struct memory_sink *sink = ctx;
	enum err err = ERR_OK;
	if (++sink->batches == sink->fail_put_at) {
		err = ERR_NO_SPACE;
	} else {
		for (uint32_t row = 0; row < batch->count; row++) {
			take_row(sink, batch, row);
		}
		sink->records += batch->count;
		for (uint32_t i = 0; i < batch->ends_count; i++) {
			if (!ends_fit(sink, &batch->ends[i])) {
				complain(sink, "an end does not fit what was given");
			}
		}
		if (!progress_fits(sink, batch)) {
			complain(sink, "progress does not fit what was given");
		}
		if (sink->seen != NULL) {
			sink->seen(sink->seen_ctx, batch);
		}
	}
	batch_free(batch);
	return err;
}

static struct memory_file *find(const struct memory_sink *sink, struct str path) {
	for (uint32_t i = sink->count; i-- > 0;) {
		if (str_eq(sink->files[i]->path, path)) {
			return sink->files[i];
		}
	}
	return NULL;
}

/* What the store would say of a file. */
static enum sink_verdict judge(const struct memory_sink *sink, const struct sink_file *about,
                               uint32_t *out_file, struct sink_resume *out_resume) {
	for (uint32_t i = 0; about->hash_known && i < sink->count; i++) {
		if (sink->files[i]->ended &&
		    memcmp(sink->files[i]->hash_told, about->hash, SHA256_SIZE) == 0) {
			return SINK_SKIP;
		}
	}
	struct memory_file *file = find(sink, about->path);
	if (file == NULL || (about->is_object && file->ended)) {
		return SINK_TAKE;
	}
	for (uint32_t i = 0; i < sink->count; i++) {
		*out_file = sink->files[i] == file ? i : *out_file;
	}
	out_resume->position = about->is_object ? file->records : file->bytes.len;
	out_resume->records = file->records;
	sha256(file->bytes.ptr, file->bytes.len, out_resume->hash);
	file->ended = false;
	return SINK_RESUME;
}

static enum err file_begin(void *ctx, const struct sink_file *about, bool fresh, uint32_t *out_file,
                           enum sink_verdict *out_verdict, struct sink_resume *out_resume) {
	struct memory_sink *sink = ctx;
	*out_verdict = SINK_TAKE;
	if (sink->knows && !fresh) {
		*out_verdict = judge(sink, about, out_file, out_resume);
	}
	if (*out_verdict != SINK_TAKE) {
		return ERR_OK;
	}
	if (sink->count == sink->cap) {
		sink->cap = sink->cap * 2 + 16;
		sink->files = reallocarray(sink->files, sink->cap, sizeof(struct memory_file *));
		ASSERT(sink->files != NULL);
	}
	struct memory_file *file = ARENA_NEW(sink->arena, struct memory_file);
	file->path = arena_str(sink->arena, about->path);
	file->is_object = about->is_object;
	file->hash_begin_known = about->hash_known;
	memcpy(file->hash_begin, about->hash, sizeof(file->hash_begin));
	if (about->is_object && about->bytes != NULL) {
		buf_append(&file->bytes, about->bytes, (size_t)about->size);
	}
	*out_file = sink->count;
	sink->files[sink->count++] = file;
	return ERR_OK;
}

static bool size_known(void *ctx, uint64_t size) {
	const struct memory_sink *sink = ctx;
	bool known = false;
	for (uint32_t i = 0; sink->knows && i < sink->count; i++) {
		known |= sink->files[i]->ended && sink->files[i]->size_told == size;
	}
	return known;
}

static void problem(void *ctx, struct str path, uint64_t offset, enum err err, struct str message) {
	struct memory_sink *sink = ctx;
	(void)offset;
	(void)err;
	sink->problems_count++;
	buf_printf(&sink->problems, "%.*s: %.*s\n", STR_ARG(path), STR_ARG(message));
}

static bool progress(void *ctx, uint64_t bytes) {
	struct memory_sink *sink = ctx;
	(void)bytes;
	return sink->stop_after == 0 || --sink->stop_after > 0;
}

void memory_sink_init(struct memory_sink *sink) {
	*sink = (struct memory_sink){.arena = arena_new(SIZE_MAX)};
	sink->sink = (struct sink){.ctx = sink,
	                           .put = put,
	                           .file_begin = file_begin,
	                           .size_known = size_known,
	                           .problem = problem,
	                           .progress = progress};
}

void memory_sink_deinit(struct memory_sink *sink) {
	for (uint32_t i = 0; i < sink->count; i++) {
		buf_deinit(&sink->files[i]->bytes);
		buf_deinit(&sink->files[i]->texts);
	}
	free(sink->files);
	buf_deinit(&sink->problems);
	arena_free(sink->arena);
}

struct memory_file *memory_sink_file(const struct memory_sink *sink, const char *path) {
	return find(sink, str_from(path));
}

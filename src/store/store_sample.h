/* Taking files into a store as `ingest` does, for tests: identity, batches of lines, progress,
 * ends, log, encode, append. Included by tests and fuzzers only.
 */
#pragma once

#include "base/sha256.h"
#include "os/os_memory.h"
#include "store/page_sample.h"
#include "store/store.h"

struct taking {
	struct store *store;
	uint32_t rows_per_batch;
	bool log;       /* each batch goes through the log */
	bool stop;      /* the file's last batch is not handed over: the reader was stopped */
	uint32_t ahead; /* batches that are logged before the first of them is appended */
	struct batch *waiting[8];
	uint32_t waiting_count;
	bool hold;     /* nor is any of the last ones: for sample_append_waiting */
	uint32_t full; /* batches that found the log full, and went into a segment without it */
	enum sink_verdict verdict; /* the answer to file_begin */
	struct diag diag;
};

/* What parsing would make of it: the text format. */
static inline void sample_parse(struct batch *batch) {
	fields_begin(batch);
	for (uint32_t row = 0; row < batch->count; row++) {
		(void)fields_begin_row(batch);
		fields_set_format(batch,
		                  batch->records[row].type == RECORD_DATA ? STR("text") : STR("akashi"));
		fields_set_time(batch, SAMPLE_TIME + (int64_t)(batch->first_index + row) * 1000, 0);
		fields_end_row(batch);
	}
	batch->parsed = true;
}

static inline enum err sample_append(struct taking *taking, struct batch *batch) {
	struct store_page *page = NULL;
	sample_parse(batch);
	TRY(store_encode(taking->store, batch, &page, &taking->diag));
	return store_append(taking->store, page, &taking->diag);
}

/* Appends the oldest until only `left` wait; after an error they are dropped. */
static inline enum err sample_append_waiting(struct taking *taking, uint32_t left, enum err err) {
	while (taking->waiting_count > left) {
		struct batch *batch = taking->waiting[0];
		taking->waiting_count--;
		memmove(taking->waiting, taking->waiting + 1,
		        taking->waiting_count * sizeof(struct batch *));
		if (err == ERR_OK) {
			err = sample_append(taking, batch);
		} else {
			batch_free(batch);
		}
	}
	return err;
}

static inline enum err sample_hand_over(struct taking *taking, struct batch *batch) {
	enum err err = store_reserve(taking->store, batch);
	if (err == ERR_OK && taking->log) {
		err = store_log(taking->store, batch, &taking->diag);
	}
	if (err == ERR_LIMIT) {
		taking->full++;
		taking->waiting[taking->waiting_count++] = batch;
		TRY(sample_append_waiting(taking, 0, ERR_OK));
		return store_commit(taking->store, &taking->diag);
	}
	if (err != ERR_OK) {
		batch_free(batch);
		return err;
	}
	ASSERT(taking->ahead < ARRAY_LEN(taking->waiting));
	taking->waiting[taking->waiting_count++] = batch;
	return sample_append_waiting(taking, taking->ahead, ERR_OK);
}

static inline void sample_add_line(struct batch *batch, struct str text, size_t *at,
                                   uint64_t number) {
	size_t end = str_find_char(text, '\n', *at);
	struct batch_record *record = batch_add_record(batch);
	record->body_offset = batch->raw.len;
	record->body_len = (uint32_t)(end - *at);
	record->log_offset = *at;
	record->number = number;
	record->received_ns = SAMPLE_TIME;
	record->monotonic_ns = 1;
	record->flags = end == text.len ? RECORD_NO_FINAL_LF : 0;
	buf_append_str(&batch->raw, str_slice(text, *at, end));
	*at = end == text.len ? end : end + 1;
}

/* The lines from position on. */
static inline enum err sample_take_lines(struct taking *taking, struct str path, struct str text,
                                         uint32_t file, size_t at, uint64_t records) {
	do {
		struct batch *batch = batch_new();
		struct batch_source source = {.name = path, .path = path, .file = file};
		(void)batch_add_source(batch, &source);
		while (at < text.len && batch->count < taking->rows_per_batch) {
			sample_add_line(batch, text, &at, ++records);
		}
		if (at < text.len) {
			batch->progress_file = file;
			batch->progress_position = at;
			sha256(text.ptr, at, batch->progress_hash);
		} else {
			struct batch_file_end end = {.file = file, .size = text.len, .records = records};
			sha256(text.ptr, text.len, end.hash);
			batch_add_file_end(batch, &end);
			if (taking->stop) {
				batch_free(batch);
				return ERR_OK;
			}
		}
		TRY(sample_hand_over(taking, batch));
	} while (at < text.len);
	return ERR_OK;
}

/* Takes a file of lines as `ingest` would, without committing. */
static inline enum err sample_take(struct taking *taking, struct str path, struct str text) {
	struct sink_file file = {.path = path, .source = path, .modified_ns = 5};
	struct sink_resume resume = {0};
	uint8_t hash[32];
	uint32_t number = 0;
	file.hash_known = true;
	file.size = text.len;
	sha256(text.ptr, text.len, file.hash);
	TRY(store_file_begin(taking->store, &file, false, &number, &taking->verdict, &resume,
	                     &taking->diag));
	if (taking->verdict == SINK_RESUME) {
		sha256(text.ptr, MIN_OF(resume.position, text.len), hash);
		if (resume.position > text.len || memcmp(hash, resume.hash, 32) != 0 ||
		    resume.ended_inside_line) {
			resume = (struct sink_resume){0};
			TRY(store_file_begin(taking->store, &file, true, &number, &taking->verdict, &resume,
			                     &taking->diag));
		}
	}
	if (taking->verdict == SINK_SKIP) {
		return ERR_OK;
	}
	enum err err = sample_take_lines(taking, path, text, number, resume.position, resume.records);
	return taking->hold ? err : sample_append_waiting(taking, 0, err);
}

/* Replays the log as `ingest` would; *out_batches (may be NULL) counts. */
static inline enum err sample_replay(struct taking *taking, uint32_t *out_batches) {
	for (;;) {
		struct batch *batch = NULL;
		TRY(store_replay_next(taking->store, &batch, &taking->diag));
		if (batch == NULL) {
			return ERR_OK;
		}
		if (out_batches != NULL) {
			++*out_batches;
		}
		TRY(sample_append(taking, batch));
	}
}

static inline enum err sample_collect(void *ctx, const void *bytes, size_t len) {
	buf_append(ctx, bytes, len);
	return ERR_OK;
}

/* The newest file of that name, whole. */
static inline enum err sample_read_back(struct store *store, struct str path, struct buf *out,
                                        struct diag *diag) {
	const struct store_file *files;
	size_t count = store_files(store, &files);
	for (size_t i = count; i-- > 0;) {
		if (str_eq(files[i].path, path)) {
			return store_read_file(store, files[i].number, sample_collect, out, diag);
		}
	}
	return ERR_NOT_FOUND;
}

/* Lines that say where they are from: "PREFIX 1 ...\nPREFIX 2 ...\n". */
static inline void sample_lines(struct buf *out, const char *prefix, uint32_t from, uint32_t to) {
	for (uint32_t i = from; i < to; i++) {
		buf_printf(out, "%s %u: Failed password for user%u from 10.0.%u.%u port %u\n", prefix, i,
		           i % 17, i / 256 % 256, i % 256, 40000 + i % 1000);
	}
}

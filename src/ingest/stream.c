/* See stream.h.
 */
#include "ingest/stream.h"

#include "ingest/content.h"
#include "ingest/lines.h"

/* Half of what is promised: the wait for more and the age of the batch add up. */
enum { STREAM_WAIT_MS = 100 };

struct stream {
	struct reading *reading;
	int fd;
	struct str shown;
	bool ended;
	bool fifo; /* not read yet: poll never says that a FIFO without a writer has ended, read does */
	uint32_t batch_serial; /* the batch that waits, and since when */
	int64_t batch_since_ns;
};

/* A source that never pauses must not hold its batch back either. */
static enum err put_when_old(struct stream *stream, int64_t now_ns) {
	struct reading *reading = stream->reading;
	if (stream->batch_serial != reading->batch_serial) {
		stream->batch_serial = reading->batch_serial;
		stream->batch_since_ns = now_ns;
	}
	return now_ns - stream->batch_since_ns < STREAM_WAIT_MS * (int64_t)1000000
	           ? ERR_OK
	           : reading_put(reading);
}

/* Waits for bytes; what was received meanwhile is handed on, and the user may stop. */
static enum err wait_for_bytes(struct stream *stream, enum err *out_failed) {
	const struct os *os = stream->reading->os;
	bool ready = stream->fifo;
	stream->fifo = false;
	*out_failed = ERR_OK;
	while (!ready && *out_failed == ERR_OK) {
		*out_failed = os->wait_read(os->ctx, stream->fd, STREAM_WAIT_MS, &ready);
		if (*out_failed == ERR_OK && !ready) {
			TRY(reading_put(stream->reading));
			TRY(reading_progress(stream->reading, 0));
		}
	}
	return ERR_OK;
}

static enum err read_block(struct stream *stream, char *block, size_t len, size_t *out_len) {
	const struct os *os = stream->reading->os;
	enum err failed;
	*out_len = 0;
	if (stream->ended) {
		return ERR_OK;
	}
	TRY(wait_for_bytes(stream, &failed));
	if (failed == ERR_OK) {
		failed = os->read_some(os->ctx, stream->fd, block, len, out_len);
	}
	if (failed != ERR_OK) {
		reading_problem(stream->reading, stream->shown, UINT64_MAX, failed, "cannot be read: %s",
		                err_text(failed));
		*out_len = 0;
	}
	stream->ended = *out_len == 0;
	return ERR_OK;
}

/* ---- lines ---- */

/* The character set shows when the first line comes that is not plain ASCII. */
static void look(const struct reading *reading, struct sampler *sampler, struct str bytes,
                 struct reading_file *file) {
	bool plain = sampler->sample.len == 0 || sampler->plain;
	bool first = sampler->sample.len == 0;
	sampler_push(sampler, bytes);
	if (plain && (first || !sampler->plain)) {
		recognise_lines(reading->options, buf_str(&sampler->sample), file);
		file->batch_serial = 0; /* what follows is described anew */
	}
}

static enum err push_all(struct stream *stream, struct lines *lines, char *block, size_t got) {
	struct sampler sampler = {0};
	enum err err = ERR_OK;
	while (err == ERR_OK && got > 0) {
		struct str bytes = str_make(block, got);
		look(stream->reading, &sampler, bytes, lines->file);
		err = lines_push(lines, bytes);
		if (err == ERR_OK) {
			err = put_when_old(stream, lines->file->monotonic_ns);
		}
		if (err == ERR_OK) {
			err = reading_progress(stream->reading, got);
		}
		if (err == ERR_OK) {
			err = read_block(stream, block, PULL_BLOCK, &got);
		}
	}
	sampler_deinit(&sampler);
	return err;
}

static enum err take_lines(struct stream *stream, char *block, size_t got) {
	struct reading *reading = stream->reading;
	struct reading_file file = {.path = stream->shown};
	struct content content = {.path = stream->shown};
	struct sink_file about = content_about(reading, &content, false);
	struct lines lines;
	enum sink_verdict verdict;
	struct sink_resume resume;
	TRY(reading_file_begin(reading, &file, &about, true, &verdict, &resume));
	lines_init(&lines, reading, &file);
	enum err err = push_all(stream, &lines, block, got);
	if (err == ERR_OK || err == ERR_CANCELED) {
		/* What was taken from a stream cannot be read again: it is kept, also on a stop. */
		uint8_t hash[SHA256_SIZE];
		enum err end = lines_end(&lines);
		sha256_digest(&file.sha, hash);
		end = end == ERR_OK ? reading_file_end(reading, &file, hash, file.position) : end;
		err = end != ERR_OK ? end : err;
	}
	lines_deinit(&lines);
	reading->open_file = NULL;
	return err;
}

/* ---- objects ---- */

static enum err read_stream(void *ctx, char *buffer, size_t len, size_t *out_len,
                            struct diag *diag) {
	enum err err = read_block(ctx, buffer, len, out_len);
	return err == ERR_OK ? ERR_OK : diag_set(diag, err, "cannot be read on: %s", err_text(err));
}

static enum err take_whole(struct stream *stream, struct str first) {
	struct pull_ahead ahead;
	struct pull rest = {.ctx = stream, .read = read_stream};
	struct content content = {.path = stream->shown, .pull = pull_ahead(&ahead, first, &rest)};
	return content_take(stream->reading, &content);
}

enum err stream_take(struct reading *reading, int fd, bool fifo, struct str shown) {
	struct stream stream = {.reading = reading, .fd = fd, .shown = shown, .fifo = fifo};
	char *block = malloc(PULL_BLOCK);
	ASSERT(block != NULL);
	size_t got;
	reading->file_failed = false;
	enum err err = read_block(&stream, block, PULL_BLOCK, &got);
	if (err == ERR_OK) {
		bool lines = carrier_recognise(reading->options, str_make(block, got)) == CARRIER_LINES;
		err = lines ? take_lines(&stream, block, got) : take_whole(&stream, str_make(block, got));
	}
	free(block);
	reading->totals->files++;
	reading->totals->files_failed += reading->file_failed;
	return err;
}

enum err ingest_stream(const struct ingest_options *options, int fd, struct str shown,
                       const struct sink *sink, struct ingest_totals *totals) {
	struct reading reading;
	reading_init(&reading, options, sink, totals);
	return reading_finish(&reading, stream_take(&reading, fd, false, shown));
}

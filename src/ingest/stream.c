/* Standard input and other streams: bytes are taken as they come, and what was received is handed
 * on after at most STREAM_LATENCY_MS.
 */
#include "ingest/lines.h"

#include "ingest/pull.h"
#include "ingest/recognise.h"

enum { STREAM_LATENCY_MS = 200 };

static enum err take_stream(struct reading *reading, struct lines *lines, int fd, char *block) {
	const struct os *os = reading->os;
	for (;;) {
		bool ready;
		size_t got;
		enum err err = os->wait_read(os->ctx, fd, STREAM_LATENCY_MS, &ready);
		if (err == ERR_OK && !ready) {
			TRY(reading_put(reading));
			TRY(reading_progress(reading, 0));
			continue;
		}
		if (err == ERR_OK) {
			err = os->read_some(os->ctx, fd, block, PULL_BLOCK, &got);
		}
		if (err != ERR_OK) {
			reading_problem(reading, lines->file->path, lines->file->position, err,
			                "cannot be read: %s", err_text(err));
			return ERR_OK;
		}
		if (got == 0) {
			return ERR_OK;
		}
		TRY(lines_push(lines, str_make(block, got)));
		TRY(reading_progress(reading, got));
	}
}

enum err ingest_stream(const struct ingest_options *options, int fd, struct str shown,
                       const struct sink *sink, struct ingest_totals *totals) {
	struct reading reading;
	struct reading_file file = {.path = shown};
	struct lines lines;
	enum sink_verdict verdict;
	struct sink_resume resume;
	uint8_t hash[SHA256_SIZE];
	reading_init(&reading, options, sink, totals);
	recognise_lines(options, STR(""), &file);
	struct sink_file about = {.path = shown,
	                          .source = options->source.len > 0 ? options->source : shown};
	TRY(reading_file_begin(&reading, &file, &about, true, &verdict, &resume));
	char *block = malloc(PULL_BLOCK);
	ASSERT(block != NULL);
	lines_init(&lines, &reading, &file);
	enum err err = take_stream(&reading, &lines, fd, block);
	if (err == ERR_OK || err == ERR_CANCELED) {
		/* What was taken from a stream cannot be read again: it is kept, also on a stop. */
		enum err end = lines_end(&lines);
		sha256_digest(&file.sha, hash);
		end = end == ERR_OK ? reading_file_end(&reading, &file, hash, file.position) : end;
		err = end != ERR_OK ? end : err;
	}
	lines_deinit(&lines);
	free(block);
	totals->files++;
	totals->files_failed += reading.file_failed;
	return reading_finish(&reading, err);
}

/* How fast lines become fields: reads a file into batches first, then parses them over and over.
 *   parse_bench FILE [SECONDS [FORMAT]]
 */
#include <stdio.h>

#include "ingest/formats.h"

enum { FILE_MAX_MIB = 2048, ROUNDS_MAX = 1000 };

/* Of this process on the CPU: the machine may be busy with other things. */
static double seconds_now(void) {
	struct timespec now;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void cut(struct str rest, struct str format, struct batch **batches, size_t *count) {
	while (rest.len > 0) {
		struct batch *batch = batch_new();
		struct batch_source source = {.name = STR("bench"),
		                              .path = STR("bench"),
		                              .format = format,
		                              .modified_ns = os_real()->wall_ns(os_real()->ctx),
		                              .file = UINT32_MAX};
		(void)batch_add_source(batch, &source);
		while (rest.len > 0 && !batch_full(batch)) {
			struct str line = str_cut(&rest, '\n');
			struct batch_record *record = batch_add_record(batch);
			record->body_offset = batch->raw.len;
			record->body_len = (uint32_t)line.len;
			buf_append_str(&batch->raw, line);
		}
		batches[(*count)++] = batch;
	}
}

/* Makes a parsed batch as it was before; its memory is kept, as a pipeline would. */
static void unparse(struct batch *batch) {
	struct field_block *fields = &batch->fields;
	fields->rows_done = 0;
	fields->entries_count = 0;
	buf_clear(&fields->bytes);
	batch->parsed = false;
}

static void report(const struct batch *batch, size_t bytes, double seconds, size_t rows) {
	const struct field_block *fields = &batch->fields;
	printf("%.0f MB/s, %.0f ns a line, %.1f fields a line\n", (double)bytes / 1e6 / seconds,
	       seconds * 1e9 / (double)rows, (double)fields->entries_count / (double)batch->count);
	for (uint32_t i = 0; i < fields->formats_count; i++) {
		printf("  %.*s\n", STR_ARG(fields->formats[i]));
	}
}

int main(int argc, char **argv) {
	struct buf file = {0};
	struct diag diag = {0};
	struct formats *formats = NULL;
	double limit = argc > 2 ? strtod(argv[2], NULL) : 5;
	if (argc < 2 || os_read_file(os_real(), argv[1], (size_t)FILE_MAX_MIB << 20, &file) != ERR_OK) {
		fprintf(stderr, "usage: parse_bench FILE [SECONDS [FORMAT]]\n");
		return 2;
	}
	if (formats_new(os_real(), NULL, &formats, &diag) != ERR_OK) {
		fprintf(stderr, "%s\n", diag.message);
		return 3;
	}
	struct batch **batches = calloc(file.len / 4096 + 16, sizeof(struct batch *));
	struct parser *parser = parser_new(os_real(), formats);
	size_t count = 0;
	cut(buf_str(&file), argc > 3 ? str_from(argv[3]) : STR(""), batches, &count);
	for (int round = 0; round < ROUNDS_MAX && limit > 0; round++) {
		double start = seconds_now();
		size_t rows = 0;
		for (size_t i = 0; i < count; i++) {
			parser_run(parser, batches[i]);
			rows += batches[i]->count;
		}
		double spent = seconds_now() - start;
		limit -= spent;
		report(batches[0], file.len, spent, rows);
		for (size_t i = 0; i < count; i++) {
			unparse(batches[i]);
		}
	}
	for (size_t i = 0; i < count; i++) {
		batch_free(batches[i]);
	}
	free(batches);
	parser_free(parser);
	formats_free(formats);
	buf_deinit(&file);
	return 0;
}

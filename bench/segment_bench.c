/* What a segment costs in CPU time: reads a file into parsed batches first, then encodes them
 * (pages, leaf hashes, cuts of lines and fields), then writes the segment (shapes, columns,
 * comparing), then reads it: texts alone, a field, and everything of every row. segment_bench FILE
 * [MIB [ROUNDS]]
 */
#include <stdio.h>
#include <unistd.h>

#include "codec/checked.h"
#include "ingest/formats.h"
#include "store/block_rows.h"
#include "store/page_sample.h"
#include "store/segment_table.h"
#include "store/view_private.h"

enum { FILE_MAX_MIB = 2048 };

/* Of this process on the CPU: the machine may be busy with other things. */
static double seconds_now(void) {
	struct timespec now;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static struct batch *cut(struct str *rest) {
	struct batch *batch = batch_new();
	struct batch_source source = {.name = STR_INIT("bench"),
	                              .path = STR_INIT("/var/log/bench.log"),
	                              .modified_ns = os_real()->wall_ns(os_real()->ctx),
	                              .file = 1};
	(void)batch_add_source(batch, &source);
	while (rest->len > 0 && !batch_full(batch)) {
		sample_record(batch, 0, str_cut(rest, '\n'));
	}
	return batch;
}

struct work {
	struct batch **batches;
	struct page_plan **plans;
	struct store_page **pages;
	size_t count;
	size_t rows, bytes_raw;
	char folder[64];
};

static void fail(const char *what, const struct diag *diag) {
	fprintf(stderr, "%s: %s\n", what, diag->message);
	exit(3);
}

static void prepare(struct work *work, struct str text, const struct formats *formats) {
	struct parser *parser = parser_new(os_real(), formats);
	size_t cap = text.len / 4096 + 16;
	uint64_t index = 0;
	work->batches = calloc(cap, sizeof(struct batch *));
	work->plans = calloc(cap, sizeof(struct page_plan *));
	work->pages = calloc(cap, sizeof(struct store_page *));
	while (text.len > 0) {
		struct batch *batch = cut(&text);
		parser_run(parser, batch);
		work->plans[work->count] = sample_plan(batch, index);
		work->batches[work->count++] = batch;
		work->rows += batch->count;
		work->bytes_raw += batch->raw.len + batch->count;
		index += batch->count;
	}
	parser_free(parser);
}

static double encode(struct work *work) {
	struct diag diag = {0};
	double start = seconds_now();
	for (size_t i = 0; i < work->count; i++) {
		if (page_encode(work->batches[i], work->plans[i], &work->pages[i], &diag) != ERR_OK) {
			fail("encode", &diag);
		}
	}
	return seconds_now() - start;
}

static double write_all(struct work *work) {
	struct segment_writer *writer;
	struct diag diag = {0};
	uint64_t bytes;
	double start = seconds_now();
	struct segment_footer footer = {.tree = STR("default"), .count = work->rows};
	if (segment_writer_new(os_real(), work->folder, "bench", &writer, &diag) != ERR_OK) {
		fail("write", &diag);
	}
	for (size_t i = 0; i < work->count; i++) {
		if (segment_writer_add(writer, work->pages[i], &diag) != ERR_OK) {
			fail("add", &diag);
		}
		page_free(TAKE(work->pages[i]));
	}
	if (segment_writer_finish(writer, &footer, &bytes, &diag) != ERR_OK) {
		fail("finish", &diag);
	}
	return seconds_now() - start;
}

/* Looks at every page; name: at this column alone, or NULL: at everything. */
static double read_all(const struct segment *segment, bool rows, const char *name) {
	double start = seconds_now();
	struct diag diag = {0};
	for (uint32_t page = 0; page < segment_pages(segment); page++) {
		struct store_view *view;
		const struct column *column;
		const struct str *texts;
		struct row row;
		enum err err = segment_view(segment, page, NULL, &view, &diag);
		if (err == ERR_OK && name != NULL) {
			err = store_view_column(view, str_from(name), &column);
		} else if (err == ERR_OK) {
			err = store_view_texts(view, &texts);
		}
		for (uint32_t k = 0; rows && err == ERR_OK && k < store_view_rows(view); k++) {
			err = store_view_row(view, k, &row);
		}
		if (err != ERR_OK) {
			fail("read", &diag);
		}
		store_view_free(view);
	}
	return seconds_now() - start;
}

static void print_parts(const struct segment *segment, const struct work *work) {
	static const char *const names[BLOCK_PARTS] = {
	    "shapes", "order",   "codes",          "pools", "words", "whole", "layouts", "numbers",
	    "slices", "strings", "bodies: shapes", "order", "codes", "pools", "words",   "whole"};
	size_t sizes[BLOCK_PARTS + 1] = {0};
	const struct segment_table *table = segment_table(segment);
	for (uint32_t i = 0; i < table->pages_count; i++) {
		sizes[BLOCK_PARTS] += table->pages[i].len;
	}
	for (uint32_t i = 0; i < table->blocks_count; i++) {
		struct checked *checked;
		struct str part;
		if (checked_open(segment_block_bytes(segment, i), &checked) != ERR_OK) {
			exit(3);
		}
		for (size_t k = 0; k < checked_count(checked); k++) {
			if (checked_get(checked, k, &part) == ERR_OK) {
				sizes[k] += part.len;
			}
		}
		checked_free(checked);
	}
	for (size_t k = 0; k <= BLOCK_PARTS; k++) {
		if (sizes[k] > 0) {
			printf("  %-15s %9zu bytes  %6.3f %%\n", k < BLOCK_PARTS ? names[k] : "pages", sizes[k],
			       100.0 * (double)sizes[k] / (double)work->bytes_raw);
		}
	}
}

static void measure(struct work *work) {
	struct segment *segment;
	struct diag diag = {0};
	double gb = (double)work->bytes_raw / 1e9;
	double encoding = encode(work);
	double writing = write_all(work);
	if (segment_open(os_real(), work->folder, "bench", false, &segment, &diag) != ERR_OK) {
		fail("open", &diag);
	}
	double texts = read_all(segment, false, NULL);
	double column = read_all(segment, false, "host.name");
	double rows = read_all(segment, true, NULL);
	printf("CPU-s/GB: encode %.2f, write %.2f; texts %.2f, host.name %.2f, rows %.2f; stored %.3f "
	       "%%\n",
	       encoding / gb, writing / gb, texts / gb, column / gb, rows / gb,
	       100.0 * (double)segment_bytes(segment) / (double)work->bytes_raw);
	print_parts(segment, work);
	segment_free(segment);
}

int main(int argc, char **argv) {
	struct buf file = {0};
	struct diag diag = {0};
	struct formats *formats = NULL;
	struct work work = {.folder = "/tmp/akashi-bench-XXXXXX"};
	char path[128];
	size_t mib = argc > 2 ? strtoul(argv[2], NULL, 10) : FILE_MAX_MIB;
	if (argc < 2 || os_read_file(os_real(), argv[1], (size_t)FILE_MAX_MIB << 20, &file) != ERR_OK) {
		fprintf(stderr, "usage: segment_bench FILE [MIB [ROUNDS]]\n");
		return 2;
	}
	if (formats_new(os_real(), NULL, &formats, &diag) != ERR_OK || mkdtemp(work.folder) == NULL) {
		fprintf(stderr, "%s\n", diag.message);
		return 3;
	}
	prepare(&work, str_slice(buf_str(&file), 0, mib << 20), formats);
	for (unsigned long round = argc > 3 ? strtoul(argv[3], NULL, 10) : 1; round > 0; round--) {
		measure(&work);
	}
	(void)snprintf(path, sizeof(path), "%s/bench", work.folder);
	(void)unlink(path);
	(void)rmdir(work.folder);
	for (size_t i = 0; i < work.count; i++) {
		batch_free(work.batches[i]);
	}
	free(work.batches);
	free(work.plans);
	free(work.pages);
	formats_free(formats);
	buf_deinit(&file);
	return 0;
}

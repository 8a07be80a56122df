/* What a page costs, at best (the least of all rounds for each page, as the machine may be busy):
 * reads a file into parsed batches first, then encodes them (columns, tokens, filter, leaf hashes,
 * round trip), then decodes: texts alone, and everything of every row. segment_bench FILE [MIB
 * [ROUNDS]]
 */
#include <stdio.h>

#include "ingest/formats.h"
#include "store/page.h"
#include "store/page_sample.h"
#include "store/store.h"

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
	struct best {
		double encode, texts, rows; /* seconds */
	} *best;                        /* of each page */
	size_t count;
	size_t rows, bytes_raw, bytes_stored;
};

static double encode(struct work *work, size_t i) {
	struct diag diag = {0};
	page_free(TAKE(work->pages[i]));
	double start = seconds_now();
	if (page_encode(work->batches[i], work->plans[i], &work->pages[i], &diag) != ERR_OK) {
		fprintf(stderr, "%s\n", diag.message);
		exit(3);
	}
	return seconds_now() - start;
}

static double decode(const struct work *work, size_t i, bool rows) {
	double start = seconds_now();
	struct store_view *view = NULL;
	const struct str *texts;
	struct row row;
	enum err err = view_new(buf_str(&work->pages[i]->bytes), NULL, NULL, &view, NULL);
	err = err == ERR_OK ? store_view_texts(view, &texts) : err;
	for (uint32_t k = 0; rows && err == ERR_OK && k < store_view_rows(view); k++) {
		err = store_view_row(view, k, &row);
	}
	if (err != ERR_OK) {
		fprintf(stderr, "%s\n", err_text(err));
		exit(3);
	}
	store_view_free(view);
	return seconds_now() - start;
}

/* Bytes stored by section, over all pages. */
static void print_sections(const struct work *work) {
	static const char *const names[SECTION_COLUMNS] = {"filter",  "meta",   "rows", "receipt",
	                                                   "lengths", "bodies", "texts"};
	size_t sections[SECTION_COLUMNS + 1] = {0};
	for (size_t i = 0; i < work->count; i++) {
		struct arena *arena = arena_new(SIZE_MAX);
		struct page_frame frame;
		if (page_frame_read(buf_str(&work->pages[i]->bytes), arena, &frame) != ERR_OK) {
			exit(3);
		}
		for (uint32_t k = 0; k < frame.sections_count; k++) {
			sections[MIN_OF(k, (uint32_t)SECTION_COLUMNS)] += frame.sections[k].bytes.len;
		}
		arena_free(arena);
	}
	for (size_t k = 0; k <= SECTION_COLUMNS; k++) {
		printf("  %-8s %7.3f %%\n", k < SECTION_COLUMNS ? names[k] : "columns",
		       100.0 * (double)sections[k] / (double)work->bytes_raw);
	}
}

static void print_columns(const struct store_page *page) {
	static const char *const forms[FORM_COUNT] = {"const", "dict", "span", "flat"};
	struct arena *arena = arena_new(SIZE_MAX);
	struct page_frame frame;
	struct page_meta meta;
	enum column_form form;
	if (page_frame_read(buf_str(&page->bytes), arena, &frame) == ERR_OK &&
	    page_meta_read(&frame, arena, &meta) == ERR_OK) {
		for (uint32_t i = 0; i < meta.names_count; i++) {
			if (page_column_form(&frame, i, &form) == ERR_OK) {
				printf("  %-30.*s %-5s %6zu bytes\n", STR_ARG(meta.names[i]), forms[form],
				       frame.sections[SECTION_COLUMNS + i].bytes.len);
			}
		}
	}
	arena_free(arena);
}

static void prepare(struct work *work, struct str text, const struct formats *formats) {
	struct parser *parser = parser_new(os_real(), formats);
	size_t cap = text.len / 4096 + 16;
	uint64_t index = 0;
	work->batches = calloc(cap, sizeof(struct batch *));
	work->plans = calloc(cap, sizeof(struct page_plan *));
	work->pages = calloc(cap, sizeof(struct store_page *));
	work->best = calloc(cap, sizeof(*work->best));
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

static void measure(struct work *work, unsigned rounds) {
	struct best sum = {0};
	for (unsigned round = 0; round < rounds; round++) {
		for (size_t i = 0; i < work->count; i++) {
			struct best now = {.encode = encode(work, i)};
			now.texts = decode(work, i, false);
			now.rows = decode(work, i, true);
			struct best *best = &work->best[i];
			bool first = round == 0;
			best->encode = first ? now.encode : MIN_OF(best->encode, now.encode);
			best->texts = first ? now.texts : MIN_OF(best->texts, now.texts);
			best->rows = first ? now.rows : MIN_OF(best->rows, now.rows);
		}
	}
	for (size_t i = 0; i < work->count; i++) {
		sum.encode += work->best[i].encode;
		sum.texts += work->best[i].texts;
		sum.rows += work->best[i].rows;
		work->bytes_stored += work->pages[i]->bytes.len;
	}
	double mb = (double)work->bytes_raw / 1e6;
	printf("encode %.0f MB/s, %.0f ns a record; texts %.0f MB/s; rows %.0f MB/s; stored %.2f %%\n",
	       mb / sum.encode, sum.encode * 1e9 / (double)work->rows, mb / sum.texts, mb / sum.rows,
	       100.0 * (double)work->bytes_stored / (double)work->bytes_raw);
}

int main(int argc, char **argv) {
	struct buf file = {0};
	struct diag diag = {0};
	struct formats *formats = NULL;
	struct work work = {0};
	size_t mib = argc > 2 ? strtoul(argv[2], NULL, 10) : FILE_MAX_MIB;
	if (argc < 2 || os_read_file(os_real(), argv[1], (size_t)FILE_MAX_MIB << 20, &file) != ERR_OK) {
		fprintf(stderr, "usage: segment_bench FILE [MIB [ROUNDS]]\n");
		return 2;
	}
	if (formats_new(os_real(), NULL, &formats, &diag) != ERR_OK) {
		fprintf(stderr, "%s\n", diag.message);
		return 3;
	}
	prepare(&work, str_slice(buf_str(&file), 0, mib << 20), formats);
	measure(&work, argc > 3 ? (unsigned)strtoul(argv[3], NULL, 10) : 3);
	print_sections(&work);
	print_columns(work.pages[0]);
	for (size_t i = 0; i < work.count; i++) {
		page_free(work.pages[i]);
		batch_free(work.batches[i]);
	}
	free(work.batches);
	free(work.plans);
	free(work.pages);
	free(work.best);
	formats_free(formats);
	buf_deinit(&file);
	return 0;
}

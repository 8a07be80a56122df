/* lines_bench FILE [SEGMENT_MIB [NEEDLE...]]: lines of a file as shapes and slots, block by block:
 * bytes of each part, CPU time of each step, every line compared with what comes back, and how long
 * needles take to be found. Times of rows are taken from the first time that stands in each line.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/bits.h"
#include "base/instant.h"
#include "codec/lines_find.h"
#include "codec/packed.h"
#include "codec/skeleton_time.h"

enum { BATCH_BYTES = 1 << 20, BATCH_ROWS = 4096 };

static double cpu_seconds(void) {
	struct timespec at;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &at);
	return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

struct totals {
	double cut, mine, put, open, join, find;
	size_t parts[LINES_PARTS], raw, rows, shapes, maybe, sure;
};

static const char *const part_names[LINES_PARTS] = {"shapes", "order", "codes",
                                                    "pools",  "words", "whole"};

/* What a parser would make of the line's time. */
static int64_t time_of(struct str text, int64_t before) {
	int64_t ns;
	bool has_zone;
	size_t used;
	for (size_t at = 0; at + 19 < text.len && at < 60; at++) {
		if (char_is_digit(text.ptr[at]) &&
		    instant_parse_iso(str_slice(text, at, text.len), &ns, &has_zone, &used)) {
			return ns;
		}
		uint64_t seconds;
		size_t len;
		if (text.ptr[at] >= 'A' && text.ptr[at] <= 'Z' &&
		    time_form_read(TIME_BSD, str_slice(text, at, text.len), &seconds, &len)) {
			return ((int64_t)seconds + 820454400) * INSTANT_SECOND; /* 2026 for 2000 */
		}
	}
	return before;
}

static void find_needles(struct lines *lines, uint32_t rows, char **needles, int count,
                         struct totals *totals) {
	for (int i = 0; i < count; i++) {
		uint64_t *maybe = calloc(bits_words(rows), sizeof(*maybe));
		uint64_t *sure = calloc(bits_words(rows), sizeof(*sure));
		struct lines_needle needle = {.bytes = str_from(needles[i])};
		double start = cpu_seconds();
		enum err err = lines_find(lines, &needle, NULL, maybe, sure);
		double took = cpu_seconds() - start;
		totals->find += took;
		printf("  find %-24s %7.2f ms  %8zu perhaps %8zu surely%s\n", needles[i], took * 1e3,
		       bits_count(maybe, rows), bits_count(sure, rows), err != ERR_OK ? " FAILED" : "");
		free(maybe);
		free(sure);
	}
}

static bool check_block(const struct str parts[LINES_PARTS], const struct str *texts,
                        const int64_t *times, uint32_t rows, char **needles, int needles_count,
                        struct totals *totals) {
	struct lines *lines;
	struct lines_rows joined = {0};
	double start = cpu_seconds();
	if (lines_open(parts, NULL, rows, &lines) != ERR_OK) {
		return false;
	}
	double opened = cpu_seconds();
	bool same = true;
	for (uint32_t first = 0; same && first < rows; first += BATCH_ROWS) {
		uint32_t count = MIN_OF(rows - first, (uint32_t)BATCH_ROWS);
		same = lines_join(lines, first, count, times + first, SIZE_MAX, &joined) == ERR_OK;
		for (uint32_t i = 0; same && i < count; i++) {
			same = str_eq(str_slice(buf_str(&joined.bytes), joined.starts[i], joined.starts[i + 1]),
			              texts[first + i]);
		}
	}
	totals->open += opened - start;
	totals->join += cpu_seconds() - opened;
	totals->shapes += lines_shapes(lines);
	find_needles(lines, rows, needles, needles_count, totals);
	lines_rows_deinit(&joined);
	lines_free(lines);
	return same;
}

static bool run_block(struct str *rest, size_t most, char **needles, int needles_count,
                      struct totals *totals) {
	struct lines_draft *draft = lines_draft_new();
	struct buf texts = {0};
	struct buf times = {0};
	size_t raw = 0;
	int64_t time = 0;
	while (rest->len > 0 && raw < most) {
		struct lines_cut *cut = lines_cut_new();
		size_t first = times.len / sizeof(int64_t);
		size_t bytes = 0;
		double start = cpu_seconds();
		while (rest->len > 0 && bytes < BATCH_BYTES && lines_cut_rows(cut) < BATCH_ROWS) {
			struct str line = str_cut(rest, '\n');
			lines_cut_add(cut, line);
			bytes += line.len + 1;
			buf_append(&texts, &line, sizeof(line));
		}
		double cut_done = cpu_seconds();
		totals->cut += cut_done - start;
		for (uint32_t i = 0; i < lines_cut_rows(cut); i++) {
			time = time_of(lines_cut_text(cut, i), time);
			buf_append(&times, &time, sizeof(time));
		}
		start = cpu_seconds();
		lines_draft_add(draft, cut, (const int64_t *)(void *)times.ptr + first);
		totals->mine += cpu_seconds() - start;
		raw += bytes;
	}
	struct buf parts[LINES_PARTS] = {0};
	struct str opened[LINES_PARTS];
	uint32_t rows = lines_draft_rows(draft);
	double start = cpu_seconds();
	lines_draft_mine(draft);
	double mined = cpu_seconds();
	lines_draft_put(draft, parts);
	totals->mine += mined - start;
	totals->put += cpu_seconds() - mined;
	for (size_t i = 0; i < LINES_PARTS; i++) {
		totals->parts[i] += parts[i].len;
		memset(buf_reserve(&parts[i], PACKED_SLACK), 0, PACKED_SLACK);
		opened[i] = buf_str(&parts[i]);
	}
	totals->raw += raw;
	totals->rows += rows;
	lines_draft_free(draft);
	bool same =
	    check_block(opened, (const struct str *)(void *)texts.ptr,
	                (const int64_t *)(void *)times.ptr, rows, needles, needles_count, totals);
	for (size_t i = 0; i < LINES_PARTS; i++) {
		buf_deinit(&parts[i]);
	}
	buf_deinit(&texts);
	buf_deinit(&times);
	return same;
}

int main(int argc, char **argv) {
	struct totals totals = {0};
	struct stat stat;
	int fd = argc > 1 ? open(argv[1], O_RDONLY) : -1;
	if (fd < 0 || fstat(fd, &stat) != 0 || stat.st_size == 0) {
		fprintf(stderr, "lines_bench FILE [SEGMENT_MIB [NEEDLE...]]\n");
		return 2;
	}
	uint64_t mib = 64;
	if (argc > 2 && !str_to_u64(str_from(argv[2]), 4096, &mib)) {
		return 2;
	}
	size_t most = (size_t)mib << 20;
	char *bytes = mmap(NULL, (size_t)stat.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (bytes == MAP_FAILED) {
		return 3;
	}
	struct str rest = str_make(bytes, (size_t)stat.st_size);
	while (rest.len > 0) {
		if (!run_block(&rest, most, argv + 3, MAX_OF(argc - 3, 0), &totals)) {
			printf("a line does not come back\n");
			return 1;
		}
	}
	size_t all = 0;
	for (size_t i = 0; i < LINES_PARTS; i++) {
		printf("  %-8s %10zu\n", part_names[i], totals.parts[i]);
		all += totals.parts[i];
	}
	double gb = (double)totals.raw / 1e9;
	printf("%zu bytes, %zu rows, %zu shapes -> %zu (%.2f : 1)\n", totals.raw, totals.rows,
	       totals.shapes, all, (double)totals.raw / (double)all);
	printf("CPU-s/GB: cut %.2f mine %.2f put %.2f open %.2f join+compare %.2f\n", totals.cut / gb,
	       totals.mine / gb, totals.put / gb, totals.open / gb, totals.join / gb);
	struct rusage usage;
	getrusage(RUSAGE_SELF, &usage);
	printf("peak %ld MiB\n", usage.ru_maxrss / 1024);
	return 0;
}

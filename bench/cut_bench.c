/* cut_bench FILE [SHOW]: lines to skeletons, shapes and back: CPU time per GB of each step, and how
 * many skeletons and shapes there are. SHOW prints that many of the most frequent shapes.
 */
#include <sys/resource.h>

#include "base/buf.h"
#include "base/hash.h"
#include "codec/shapes.h"
#include "codec/skeleton.h"

/* A whole segment as the store makes it, so that mining is measured on as many skeletons. */
enum { SEGMENT_BYTES = 64 << 20, ROUNDS = 5 };

static double now(void) {
	struct rusage usage;
	ASSERT(getrusage(RUSAGE_SELF, &usage) == 0);
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
	       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static struct buf read_file(const char *path) {
	struct buf bytes = {0};
	FILE *file = fopen(path, "rb");
	if (file == NULL) {
		perror(path);
		exit(2);
	}
	char *at = buf_reserve(&bytes, SEGMENT_BYTES);
	bytes.len = fread(at, 1, SEGMENT_BYTES, file);
	(void)fclose(file);
	return bytes;
}

static void report(const char *what, double seconds, size_t bytes) {
	printf("%-28s %6.2f CPU-s/GB\n", what, seconds / (double)bytes * 1e9);
}

/* Cuts every line; the least CPU time of some rounds. */
static double cut_all(struct str text, struct cut_line *cut, uint64_t *out_values) {
	double least = 1e9;
	for (unsigned round = 0; round < ROUNDS; round++) {
		struct str rest = text;
		double start = now();
		*out_values = 0;
		while (rest.len > 0) {
			(void)skeleton_cut(str_cut(&rest, '\n'), cut);
			*out_values += cut->count;
		}
		least = MIN_OF(least, now() - start);
	}
	return least;
}

/* Joins every line from copies of its cut, a few thousand lines at a time; the time of joining. */
static double join_all(struct str text, struct cut_line *cut, size_t *out_wrong) {
	uint64_t numbers[SKELETON_VALUES_MAX];
	struct str texts[SKELETON_VALUES_MAX];
	struct buf out CLEANUP(buf_deinit) = {0};
	double seconds = 0;
	double both = now();
	*out_wrong = 0;
	for (struct str rest = text; rest.len > 0;) {
		struct str line = str_cut(&rest, '\n');
		if (!skeleton_cut(line, cut)) {
			continue;
		}
		for (uint32_t i = 0; i < cut->count; i++) {
			numbers[i] = cut->values[i].number;
			texts[i] = str_make(line.ptr + cut->values[i].offset, cut->values[i].len);
		}
		buf_clear(&out);
		skeleton_join(buf_str(&cut->skeleton), numbers, texts, &out);
		*out_wrong += !str_eq(buf_str(&out), line);
	}
	seconds = now() - both;
	return seconds;
}

static int by_rows(const void *a, const void *b, void *shapes) {
	uint64_t x = shapes_rows(shapes, *(const uint32_t *)a);
	uint64_t y = shapes_rows(shapes, *(const uint32_t *)b);
	return x < y ? 1 : x > y ? -1 : 0;
}

static void print_skeleton(struct str skeleton) {
	struct skeleton_part part;
	while (skeleton_next(&skeleton, &part)) {
		printf("%.*s", STR_ARG(part.literal));
		if (part.code != 0) {
			printf("\x1b[7m%02x\x1b[0m", part.code);
		}
	}
	printf("\n");
}

static void show(struct shapes *shapes, uint64_t count) {
	size_t all = shapes_count(shapes);
	uint32_t *order = calloc(all + 1, sizeof(*order));
	ASSERT(order != NULL);
	size_t rare = 0;
	for (uint32_t i = 0; i < all; i++) {
		order[i] = i;
		rare += shapes_rows(shapes, i) == 1;
	}
	qsort_r(order, all, sizeof(*order), by_rows, shapes);
	printf("shapes of one row %zu\n", rare);
	for (size_t i = 0; i < all && i < count; i++) {
		printf("%8llu ", (unsigned long long)shapes_rows(shapes, order[i]));
		print_skeleton(shapes_text(shapes, order[i]));
	}
	free(order);
}

/* The budget and the mining over one segment. */
static void mine_all(struct str text, struct cut_line *cut, double cutting, uint64_t shown) {
	struct shapes *shapes CLEANUP(shapes_freep) = shapes_new();
	size_t whole = 0;
	double start = now();
	for (struct str rest = text; rest.len > 0;) {
		whole += !skeleton_cut(str_cut(&rest, '\n'), cut) ||
		         shapes_add(shapes, buf_str(&cut->skeleton), cut->hash, 1) == SHAPES_NONE;
	}
	report("adding (cutting taken off)", now() - start - cutting, text.len);
	start = now();
	shapes_mine(shapes);
	report("mining", now() - start, text.len);
	printf("skeletons %zu, shapes %zu, lines kept whole %zu\n", shapes_skeletons(shapes),
	       shapes_count(shapes), whole);
	show(shapes, shown);
}

int main(int argc, char **argv) {
	uint64_t shown = 0;
	uint64_t values;
	size_t wrong;
	struct cut_line cut CLEANUP(cut_line_deinit) = {0};
	if (argc < 2 || (argc > 2 && !str_to_u64(str_from(argv[2]), UINT32_MAX, &shown))) {
		(void)fprintf(stderr, "usage: cut_bench FILE [SHOW]\n");
		return 2;
	}
	struct buf bytes CLEANUP(buf_deinit) = read_file(argv[1]);
	struct str text = buf_str(&bytes);
	double cutting = cut_all(text, &cut, &values);
	double both = join_all(text, &cut, &wrong);
	printf("%zu bytes, %llu values, %zu lines wrong\n", text.len, (unsigned long long)values,
	       wrong);
	report("cutting", cutting, text.len);
	report("joining (cutting taken off)", both - cutting, text.len);
	mine_all(text, &cut, cutting, shown);
	return wrong > 0;
}

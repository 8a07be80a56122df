/* How fast text is found in lines in memory: the file's lines as pages of 4,096 rows, as the store
 * hands them out, one test over all of them.
 *   needle_bench FILE [KIND TEXT]...    KIND: words, contains, alike, pattern, regex
 * CPU seconds: the least of several rounds.
 */
#include <stdio.h>
#include <time.h>

#include "base/bits.h"
#include "expr/expr.h"
#include "os/os.h"

enum { FILE_MAX_MIB = 2048, ROWS = 4096, ROUNDS = 7 };

struct pages {
	struct str *texts;
	size_t count;
	size_t at; /* the first row of the page at hand */
};

static double seconds_now(void) {
	struct timespec now;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static enum err page_texts(void *ctx, const struct str **out_texts) {
	struct pages *pages = ctx;
	*out_texts = pages->texts + pages->at;
	return ERR_OK;
}

static size_t count_rows(struct pages *pages, const struct expr *expr, struct arena *scratch) {
	size_t found = 0;
	for (pages->at = 0; pages->at < pages->count; pages->at += ROWS) {
		uint64_t bits[ROWS / 64 + 1];
		struct expr_input input = {.ctx = pages,
		                           .rows = (uint32_t)MIN_OF((size_t)ROWS, pages->count - pages->at),
		                           .texts = page_texts};
		arena_reset(scratch);
		if (expr_eval(expr, &input, scratch, bits) != ERR_OK) {
			fprintf(stderr, "the test gave up\n");
		}
		found += bits_count(bits, input.rows);
	}
	return found;
}

/* Lines side by side, without what ends them. */
static void cut(struct str rest, struct buf *bytes, struct pages *pages) {
	size_t cap = rest.len / 8 + 16;
	pages->texts = calloc(cap, sizeof(*pages->texts));
	(void)buf_reserve(bytes, rest.len + 1);
	while (rest.len > 0 && pages->count < cap) {
		struct str line = str_cut(&rest, '\n');
		pages->texts[pages->count++] = str_make(bytes->ptr + bytes->len, line.len);
		buf_append_str(bytes, line);
	}
}

static bool kind_of(const char *name, enum expr_test_kind *out_kind) {
	static const struct {
		const char *name;
		enum expr_test_kind kind;
	} kinds[] = {{"words", EXPR_WORDS},
	             {"contains", EXPR_CONTAINS},
	             {"alike", EXPR_ALIKE},
	             {"pattern", EXPR_PATTERN},
	             {"regex", EXPR_REGEX}};
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		if (strcmp(kinds[i].name, name) == 0) {
			*out_kind = kinds[i].kind;
			return true;
		}
	}
	return false;
}

static void measure(struct pages *pages, size_t bytes, const char *kind_name, const char *text) {
	struct arena *arena = arena_new(SIZE_MAX);
	struct arena *scratch = arena_new(SIZE_MAX);
	struct expr *expr = NULL;
	struct diag diag = {0};
	enum expr_test_kind kind;
	if (!kind_of(kind_name, &kind) ||
	    expr_test(arena, kind, STR(""), str_from(text), &expr, &diag) != ERR_OK) {
		fprintf(stderr, "%s '%s': %s\n", kind_name, text, diag.message);
	} else {
		double best = 1e9;
		size_t found = 0;
		for (int round = 0; round < ROUNDS; round++) {
			double start = seconds_now();
			found = count_rows(pages, expr, scratch);
			best = MIN_OF(best, seconds_now() - start);
		}
		printf("%8.1f ms %7.2f GB/s %8zu rows  %s %s\n", best * 1e3, (double)bytes / 1e9 / best,
		       found, kind_name, text);
		expr_free(expr);
	}
	arena_free(scratch);
	arena_free(arena);
}

int main(int argc, char **argv) {
	struct buf file = {0};
	struct buf bytes = {0};
	struct pages pages = {0};
	if (argc < 4 || os_read_file(os_real(), argv[1], (size_t)FILE_MAX_MIB << 20, &file) != ERR_OK) {
		fprintf(stderr, "usage: needle_bench FILE [KIND TEXT]...\n");
		return 2;
	}
	cut(buf_str(&file), &bytes, &pages);
	for (int i = 2; i + 1 < argc; i += 2) {
		measure(&pages, bytes.len, argv[i], argv[i + 1]);
	}
	free(pages.texts);
	buf_deinit(&bytes);
	buf_deinit(&file);
	return 0;
}

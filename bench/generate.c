/* generate syslog|zeek|words OUT BYTES [SEED [SAMPLES [TEMPLATES]]]: log data of any size for the
 * bench, the same for the same arguments. SAMPLES is a folder of real lines that are expanded
 * (loghub/ and zeek/, not part of this project); "-" or without it the lines of TEMPLATES
 * (bench/templates) are. Beside OUT: OUT.drawn.json (lines, bytes, bits drawn by kind) and
 * OUT.templates (the fixed text of the lines used). docs/performance.md says what the numbers mean.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <unistd.h>
#include <zlib.h>

#include "bench/gen.h"

void gen_fail(const char *format, ...) {
	va_list list;
	va_start(list, format);
	fprintf(stderr, "generate: ");
	vfprintf(stderr, format, list);
	fprintf(stderr, "\n");
	va_end(list);
	exit(3);
}

void output_flush(struct output *out) {
	for (size_t at = 0; at < out->buf.len;) {
		ssize_t n = write(out->fd, out->buf.ptr + at, out->buf.len - at);
		if (n < 0 && errno != EINTR) {
			gen_fail("cannot write: %s", strerror(errno));
		}
		at += n > 0 ? (size_t)n : 0;
	}
	buf_clear(&out->buf);
}

bool gen_has(const char *dir, const char *name) {
	struct buf path CLEANUP(buf_deinit) = {0};
	buf_printf(&path, "%s/%s%c", dir, name, '\0');
	return access(path.ptr, R_OK) == 0;
}

struct str gen_read(struct arena *arena, const char *dir, const char *name) {
	struct buf path CLEANUP(buf_deinit) = {0};
	struct buf text CLEANUP(buf_deinit) = {0};
	buf_printf(&path, "%s/%s%c", dir, name, '\0');
	gzFile file = gzopen(path.ptr, "rb");
	if (file == NULL) {
		gen_fail("cannot read %s", path.ptr);
	}
	int n;
	while ((n = gzread(file, buf_reserve(&text, 1 << 20), 1 << 20)) > 0) {
		text.len += (size_t)n;
	}
	if (n < 0) {
		gen_fail("cannot read %s: not whole", path.ptr);
	}
	(void)gzclose(file); /* only read */
	return arena_str(arena, buf_str(&text));
}

double gen_rhythm(double second_of_day) {
	return 1 + 0.6 * sin((second_of_day / 86400 - 0.3) * 2 * M_PI);
}

/* Lines of 6 to 24 words of a vocabulary of random letters: text that has no shape. */
void gen_words(struct generator *gen) {
	enum { WORDS = 30000 };
	struct random *random = &gen->random;
	struct pool words;
	pool_init(&words, WORDS, 16, gen->arena);
	for (uint32_t i = 0; i < WORDS; i++) {
		char word[16];
		size_t len = 4 + (size_t)random_raw_below(random, 11); /* long enough to differ */
		for (size_t k = 0; k < len; k++) {
			word[k] = (char)('a' + random_raw_below(random, 26));
		}
		pool_set(&words, i, str_make(word, len), log2(11) + (double)len * log2(26));
	}
	while (gen->out.bytes < gen->target_bytes) {
		char *at = output_room(&gen->out);
		for (uint64_t left = random_range(random, DRAWN_SOURCE, 6, 25); left > 0; left--) {
			at = put_str(at, pool_pick(&words, random, DRAWN_NAME));
			*at++ = left > 1 ? ' ' : '\n';
		}
		output_line(&gen->out, at);
	}
}

static void write_beside(const char *out, const char *ending, struct str text) {
	struct buf path CLEANUP(buf_deinit) = {0};
	buf_printf(&path, "%s.%s%c", out, ending, '\0');
	FILE *file = fopen(path.ptr, "we");
	bool whole = file != NULL && (text.len == 0 || fwrite(text.ptr, 1, text.len, file) == text.len);
	if (!whole || fclose(file) != 0) {
		gen_fail("cannot write %s", path.ptr);
	}
}

static void write_drawn(const struct generator *gen, const char *kind, const char *seed,
                        const char *out) {
	struct buf json CLEANUP(buf_deinit) = {0};
	double total = 0;
	buf_printf(&json, "{\"kind\": \"%s\", \"seed\": \"%s\", \"samples\": %s, \"lines\": %llu, ",
	           kind, seed, gen->samples != NULL ? "true" : "false",
	           (unsigned long long)gen->out.lines);
	buf_printf(&json, "\"bytes\": %llu, \"bits\": {", (unsigned long long)gen->out.bytes);
	for (enum drawn i = 0; i < DRAWN_COUNT; i++) {
		buf_printf(&json, "%s\"%s\": %.0f", i > 0 ? ", " : "", drawn_name(i), gen->random.bits[i]);
		total += gen->random.bits[i];
	}
	buf_printf(&json, "}, \"drawn_bytes\": %.0f}\n", total / 8);
	write_beside(out, "drawn.json", buf_str(&json));
	write_beside(out, "templates", buf_str(&gen->used));
	printf("%llu lines, %llu bytes, %.0f bytes drawn\n", (unsigned long long)gen->out.lines,
	       (unsigned long long)gen->out.bytes, total / 8);
}

int main(int argc, char **argv) {
	static const struct {
		const char *name;
		void (*run)(struct generator *gen);
	} kinds[] = {{"syslog", gen_syslog}, {"zeek", gen_zeek}, {"words", gen_words}};
	uint64_t bytes = 0;
	if (argc < 4 || argc > 7 || !str_to_u64(str_from(argv[3]), (uint64_t)1 << 50, &bytes)) {
		fprintf(stderr, "generate syslog|zeek|words OUT BYTES [SEED [SAMPLES [TEMPLATES]]]\n");
		return 2;
	}
	const char *seed = argc > 4 ? argv[4] : "42";
	struct generator gen = {.target_bytes = bytes,
	                        .templates = argc > 6 ? argv[6] : "bench/templates"};
	gen.samples = argc > 5 && strcmp(argv[5], "-") != 0 ? argv[5] : NULL;
	struct buf name CLEANUP(buf_deinit) = {0};
	buf_printf(&name, "%s-%s%c", argv[1], seed, '\0');
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		if (strcmp(argv[1], kinds[i].name) == 0) {
			random_init(&gen.random, name.ptr);
			gen.arena = arena_new(SIZE_MAX);
			gen.out.fd = open(argv[2], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
			if (gen.out.fd < 0) {
				gen_fail("cannot write %s: %s", argv[2], strerror(errno));
			}
			kinds[i].run(&gen);
			output_flush(&gen.out);
			write_drawn(&gen, argv[1], seed, argv[2]);
			arena_free(gen.arena);
			buf_deinit(&gen.out.buf);
			buf_deinit(&gen.used);
			return close(gen.out.fd) == 0 ? 0 : 3;
		}
	}
	fprintf(stderr, "generate: %s is no kind of data\n", argv[1]);
	return 2;
}

/* Built and run while the program is built: compiles the text formats of src/ingest/formats, runs
 * their tests, and writes them packed, as an array in C, so that the program starts with nothing to
 * compile.
 *   format_pack OUT FILE.yml...
 */
#include <stdio.h>

#include "ingest/text_format.h"

enum { FILE_MAX = 1 << 20, BYTES_IN_A_LINE = 32 };

static bool read_file(const char *path, struct buf *out) {
	FILE *f = fopen(path, "rb");
	if (f == NULL) {
		return false;
	}
	size_t got = fread(buf_reserve(out, FILE_MAX), 1, FILE_MAX, f);
	out->len = got;
	return fclose(f) == 0;
}

static bool compile(struct arena *arena, const char *path, struct text_format *out) {
	struct buf yaml = {0};
	struct diag diag = {0};
	if (!read_file(path, &yaml)) {
		fprintf(stderr, "%s: cannot be read\n", path);
		return false;
	}
	bool ok = text_format_read(arena, str_from(path), buf_str(&yaml), out, &diag) == ERR_OK &&
	          text_format_check(out, str_from(path), &diag) == ERR_OK;
	if (!ok) {
		fprintf(stderr, "%s\n%s\n", diag.message, diag.hint);
	}
	buf_deinit(&yaml);
	return ok;
}

static void print(FILE *out, struct str packed, int count) {
	fprintf(out, "enum { BUILTIN_FORMATS = %d };\n", count);
	fputs("static const unsigned char builtin_formats[] = {\n", out);
	for (size_t i = 0; i < packed.len; i++) {
		bool last = i % BYTES_IN_A_LINE == BYTES_IN_A_LINE - 1 || i + 1 == packed.len;
		fprintf(out, "%u,%s", (unsigned char)packed.ptr[i], last ? "\n" : "");
	}
	fputs("};\n", out);
}

int main(int argc, char **argv) {
	struct arena *arena = arena_new(SIZE_MAX);
	FILE *out = argc > 2 ? fopen(argv[1], "w") : NULL;
	struct buf packed = {0};
	bool ok = out != NULL;
	for (int i = 2; i < argc; i++) { /* all, so that all mistakes are told */
		struct text_format format;
		if (compile(arena, argv[i], &format)) {
			text_format_pack(&format, &packed);
		} else {
			ok = false;
		}
	}
	if (ok) {
		print(out, buf_str(&packed), argc - 2);
	}
	if (out != NULL && fclose(out) != 0) {
		ok = false;
	}
	buf_deinit(&packed);
	arena_free(arena);
	return ok ? 0 : 1;
}

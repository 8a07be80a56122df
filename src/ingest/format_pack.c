/* Built and run while the program is built: compiles the text formats of src/ingest/formats, runs
 * their tests, and writes them as tables in C, so that the program starts with nothing to compile.
 *   format_pack OUT FILE.yml...
 */
#include <stdio.h>

#include "ingest/text_format.h"

enum { FILE_MAX = 1 << 20 };

static void print_str(FILE *out, struct str s) {
	fputs("STR_INIT(\"", out);
	for (size_t i = 0; i < s.len; i++) {
		fprintf(out, "\\%03o", (unsigned)(unsigned char)s.ptr[i]);
	}
	fputs("\")", out);
}

static void print_ops(FILE *out, const struct pattern *pattern, size_t format, uint32_t number) {
	fprintf(out, "static const struct pattern_op builtin_%zu_%u[] = {\n", format, number);
	for (uint32_t i = 0; i < pattern->ops_count; i++) {
		const struct pattern_op *op = &pattern->ops[i];
		fprintf(out, "\t{%u, %u, %d, %u, %u, ", op->kind, op->type, op->may_absent, op->to,
		        op->field);
		print_str(out, op->text);
		fputs(", ", out);
		print_str(out, op->stop);
		fputs("},\n", out);
	}
	fputs("};\n", out);
}

static void print_tables(FILE *out, const struct text_format *format, size_t number) {
	fprintf(out, "static const struct pattern_field builtin_%zu_fields[] = {\n", number);
	for (uint32_t i = 0; i < format->fields_count; i++) {
		fputc('\t', out);
		fputc('{', out);
		print_str(out, format->fields[i].name);
		fprintf(out, ", %uu},\n", format->fields[i].known);
	}
	fprintf(out, "};\nstatic const struct text_constant builtin_%zu_constants[] = {\n", number);
	for (uint32_t i = 0; i < format->constants_count; i++) {
		fprintf(out, "\t{%u, %u, ", format->constants[i].field, format->constants[i].kind);
		print_str(out, format->constants[i].value);
		fputs("},\n", out);
	}
	fprintf(out, "\t{0, 0, STR_INIT(\"\")},\n};\n");
	for (uint32_t i = 0; i < format->patterns_count; i++) {
		print_ops(out, &format->patterns[i], number, i);
	}
	fprintf(out, "static const struct pattern builtin_%zu_patterns[] = {\n", number);
	for (uint32_t i = 0; i < format->patterns_count; i++) {
		const struct pattern *p = &format->patterns[i];
		fputs("\t{", out);
		print_str(out, p->name);
		fprintf(out, ", builtin_%zu_%u, %u, {%lluu, %lluu, %lluu, %lluu}},\n", number, i,
		        p->ops_count, (unsigned long long)p->first[0], (unsigned long long)p->first[1],
		        (unsigned long long)p->first[2], (unsigned long long)p->first[3]);
	}
	fputs("};\n", out);
}

static void print_format(FILE *out, const struct text_format *format, size_t number) {
	fputs("\t{", out);
	print_str(out, format->name);
	fputs(", ", out);
	print_str(out, format->title);
	fprintf(out,
	        ", builtin_%zu_fields, %u, builtin_%zu_constants, %u, builtin_%zu_patterns, %u, NULL, "
	        "0},\n",
	        number, format->fields_count, number, format->constants_count, number,
	        format->patterns_count);
}

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

int main(int argc, char **argv) {
	struct arena *arena = arena_new(SIZE_MAX);
	FILE *out = argc > 2 ? fopen(argv[1], "w") : NULL;
	bool ok = out != NULL;
	struct text_format *formats = ARENA_ARRAY(arena, (size_t)argc, struct text_format);
	for (int i = 2; i < argc && ok; i++) {
		ok = compile(arena, argv[i], &formats[i]);
		if (ok) {
			print_tables(out, &formats[i], (size_t)i);
		}
	}
	if (ok) {
		fputs("static const struct text_format builtin_formats[] = {\n", out);
		for (int i = 2; i < argc; i++) {
			print_format(out, &formats[i], (size_t)i);
		}
		fputs("};\n", out);
	}
	if (out != NULL && fclose(out) != 0) {
		ok = false;
	}
	arena_free(arena);
	return ok ? 0 : 1;
}

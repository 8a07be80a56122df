/* The compiled form as bytes: docs/formats/many.md. Atoms and programs are read through the
 * builder, which checks them. */
#include "base/endian.h"
#include "base/hash.h"
#include "base/limits.h"
#include "expr/many_plan.h"

#define MAGIC "AKMANY\x02\n"
enum { MAGIC_SIZE = 8, SUM_SIZE = 8, HEAD_SIZE = MAGIC_SIZE + MANY_KEY_SIZE + 8 };

/* Fuzzing gets behind the sum. */
#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
enum { IS_CHECKED = 0 };
#else
enum { IS_CHECKED = 1 };
#endif

static void append_u32(struct buf *out, uint32_t value) {
	char bytes[4];
	le32_store(bytes, value);
	buf_append(out, bytes, sizeof(bytes));
}

static void append_u64(struct buf *out, uint64_t value) {
	char bytes[8];
	le64_store(bytes, value);
	buf_append(out, bytes, sizeof(bytes));
}

static void append_text(struct buf *out, struct str text) {
	append_u32(out, (uint32_t)text.len);
	buf_append_str(out, text);
}

/* ---- writing ---- */

static void append_atom(struct buf *out, const struct atom *atom) {
	const char head[] = {(char)atom->kind, (char)atom->flags, (char)atom->op, (char)atom->part,
	                     (char)atom->relation};
	buf_append(out, head, sizeof(head));
	append_text(out, atom->field);
	append_text(out, atom->text);
}

static void append_rule(struct buf *out, const struct many_rule *rule) {
	append_u32(out, rule->group);
	append_u32(out, rule->program.count);
	for (uint32_t i = 0; i < rule->program.count; i++) {
		append_u32(out, rule->program.ops[i].kind);
		append_u32(out, rule->program.ops[i].atom);
		append_u32(out, rule->program.ops[i].end);
	}
}

void many_save(const struct many *many, const void *key, struct str extra, struct buf *out) {
	size_t first = out->len;
	buf_append(out, MAGIC, MAGIC_SIZE);
	buf_append(out, key, MANY_KEY_SIZE);
	append_u64(out, many->plain);
	append_u32(out, many->atoms_count);
	for (uint32_t i = 0; i < many->atoms_count; i++) {
		append_atom(out, &many->atoms[i]);
	}
	append_u32(out, many->rules_count);
	for (uint32_t i = 0; i < many->rules_count; i++) {
		append_rule(out, &many->rules[i]);
	}
	append_text(out, extra);
	append_u64(out, hash64(out->ptr + first, out->len - first));
}

/* ---- reading ---- */

struct reader {
	struct str rest;
	bool bad; /* something was missing; then zeros are read */
};

static struct str take(struct reader *reader, size_t len) {
	if (reader->rest.len < len) {
		reader->bad = true;
		reader->rest.len = 0;
		return STR("");
	}
	struct str part = str_make(reader->rest.ptr, len);
	reader->rest = str_make(reader->rest.ptr + len, reader->rest.len - len);
	return part;
}

static uint32_t take_u32(struct reader *reader) {
	struct str bytes = take(reader, 4);
	return bytes.len == 4 ? le32_load(bytes.ptr) : 0;
}

static struct str take_text(struct reader *reader) {
	return take(reader, take_u32(reader));
}

static enum err read_atom(struct reader *reader, struct many_build *build) {
	struct str head = take(reader, 5);
	uint32_t next = build->many->atoms_count;
	uint32_t number;
	if (head.len != 5) {
		return ERR_CORRUPT;
	}
	struct atom atom = {.kind = (enum atom_kind)(unsigned char)head.ptr[0],
	                    .flags = (unsigned char)head.ptr[1],
	                    .op = (enum atom_op)(unsigned char)head.ptr[2],
	                    .part = (enum atom_part)(unsigned char)head.ptr[3],
	                    .relation = (enum atom_kind)(unsigned char)head.ptr[4]};
	atom.field = take_text(reader);
	atom.text = take_text(reader);
	if (reader->bad || atom.kind >= ATOM_KIND_COUNT || atom.op >= ATOM_OP_COUNT ||
	    atom.part >= ATOM_PART_COUNT || atom.relation > ATOM_ENDS) {
		return ERR_CORRUPT;
	}
	bool ok = many_build_atom(build, &atom, &number, NULL) == ERR_OK && number == next;
	return ok ? ERR_OK : ERR_CORRUPT;
}

static enum err read_rule(struct reader *reader, struct many_build *build, struct buf *ops) {
	uint32_t group = take_u32(reader);
	uint32_t count = take_u32(reader);
	if (reader->bad || group >= LIMIT_MANY_GROUPS || count > reader->rest.len / 12) {
		return ERR_CORRUPT;
	}
	buf_clear(ops);
	for (uint32_t i = 0; i < count; i++) {
		struct program_op op = {.kind = take_u32(reader)};
		op.atom = take_u32(reader);
		op.end = take_u32(reader);
		buf_append(ops, &op, sizeof(op));
	}
	struct program program = {(const struct program_op *)(const void *)ops->ptr, count};
	return many_build_rule(build, &program, group, NULL) == ERR_OK ? ERR_OK : ERR_CORRUPT;
}

static enum err read_build(struct reader *reader, struct many_build *build) {
	CLEANUP(buf_deinit) struct buf ops = {0};
	uint32_t atoms = take_u32(reader);
	for (uint32_t i = 0; i < atoms; i++) {
		TRY(read_atom(reader, build));
	}
	uint32_t rules = take_u32(reader);
	for (uint32_t i = 0; i < rules; i++) {
		TRY(read_rule(reader, build, &ops));
	}
	return reader->bad ? ERR_CORRUPT : ERR_OK;
}

static enum err read_head(struct str bytes, const void *key, bool *out_plain) {
	if (bytes.len < HEAD_SIZE + SUM_SIZE || memcmp(bytes.ptr, MAGIC, MAGIC_SIZE) != 0) {
		return ERR_CORRUPT;
	}
	size_t body = bytes.len - SUM_SIZE;
	if (IS_CHECKED && hash64(bytes.ptr, body) != le64_load(bytes.ptr + body)) {
		return ERR_CORRUPT;
	}
	const char *at = bytes.ptr + MAGIC_SIZE;
	if (memcmp(at, key, MANY_KEY_SIZE) != 0) {
		return ERR_NOT_FOUND;
	}
	*out_plain = le64_load(at + MANY_KEY_SIZE) != 0;
	return ERR_OK;
}

enum err many_load(struct str bytes, const void *key, struct many **out_many,
                   struct str *out_extra) {
	struct reader reader = {0};
	struct many_build *build = many_build_new();
	bool plain = false;
	enum err err = read_head(bytes, key, &plain);
	if (plain) {
		many_build_plain(build);
	}
	if (err == ERR_OK) {
		reader.rest = str_slice(bytes, HEAD_SIZE, bytes.len - SUM_SIZE);
		err = read_build(&reader, build);
	}
	if (err != ERR_OK) {
		many_build_free(build);
		return err;
	}
	struct str extra = take_text(&reader);
	if (reader.bad || reader.rest.len > 0) {
		many_build_free(build);
		return ERR_CORRUPT;
	}
	if (out_extra != NULL) {
		*out_extra = extra;
	}
	*out_many = many_build_finish(build);
	return ERR_OK;
}

/* Values are counted over the columns of a block that was just made, by what reads them later.
 *
 * The part: nothing, or a blob: number of records of type data, number of names (varints); for each
 * name (string) the number of its values (varint; 0: not kept); for each of these kind (1 byte),
 * bytes (string), records that have it (varint).
 */
#include "store/block_values.h"

#include <stdlib.h>

#include "codec/compress.h"
#include "store/block_columns.h"
#include "store/list_text.h"
#include "store/view_private.h"

enum {
	ROWS_MIN = 4096,        /* in smaller blocks there is little to spare */
	VALUES_MAX = 128,       /* of a field */
	ROWS_EACH = 16,         /* that a value must stand for, on average */
	VALUE_BYTES_MAX = 256,  /* of one */
	NAMES_MAX = 4096,       /* of a block: with more, none is counted */
	PART_BYTES_MAX = 65536, /* what comes behind is not kept */
	READ_BYTES_MAX = 16 << 20,
};

/* ---- making ---- */

struct tally { /* of a field */
	struct lines_coder *coder;
	uint64_t rows[VALUES_MAX + 1]; /* of each code */
	bool gone;
};

struct tallies {
	struct lines *lines;
	struct tally **names; /* NULL: not met */
	const int64_t *times;
};

static struct lines_coder *coder_of(void *ctx, uint32_t name) {
	struct tallies *tallies = ctx;
	if (tallies->names[name] == NULL) {
		struct tally *tally = calloc(1, sizeof(*tally));
		ASSERT(tally != NULL);
		tally->coder = lines_coder_new(tallies->lines, VALUES_MAX);
		tallies->names[name] = tally;
	}
	return tallies->names[name]->gone ? NULL : tallies->names[name]->coder;
}

static void add_codes(void *ctx, uint32_t name, const uint32_t *codes, uint32_t count) {
	uint64_t *rows = ((const struct tallies *)ctx)->names[name]->rows;
	for (uint32_t i = 0; i < count; i++) {
		rows[codes[i]]++;
	}
}

static void add_same(void *ctx, uint32_t name, uint32_t code, uint32_t count) {
	((const struct tallies *)ctx)->names[name]->rows[code] += count;
}

static void give_up(void *ctx, uint32_t name) {
	struct tally *tally = ((const struct tallies *)ctx)->names[name];
	lines_coder_free(TAKE(tally->coder));
	tally->gone = true;
}

static enum err give_times(void *ctx, const int64_t **out_times) {
	*out_times = ((const struct tallies *)ctx)->times;
	return ERR_OK;
}

static uint64_t rows_with(const struct tally *tally) {
	uint64_t rows = 0;
	for (uint32_t code = 1; code <= lines_coder_count(tally->coder); code++) {
		rows += tally->rows[code];
	}
	return rows;
}

/* Whether the counts of a field are worth their bytes. A value that only rows which were given up
 * had has no rows; a list may have two codes (event/value.h, and as it stands in the text). */
static bool pays(const struct tally *tally) {
	uint32_t count = lines_coder_count(tally->coder);
	uint64_t rows = rows_with(tally);
	bool good = count > 0 && (uint64_t)count * ROWS_EACH <= rows;
	bool packed = false;
	bool array = false;
	for (uint32_t code = 1; code <= count && good; code++) {
		uint8_t tag = lines_coder_tag(tally->coder, code);
		packed |= tag == VALUE_LIST;
		array |= tag == BLOCK_COLUMN_ARRAY;
		good = tally->rows[code] > 0 && lines_coder_text(tally->coder, code).len <= VALUE_BYTES_MAX;
	}
	return good && !(packed && array);
}

/* False: a list cannot be read. */
static bool put_tally(struct buf *out, const struct tally *tally) {
	CLEANUP(buf_deinit) struct buf list = {0};
	uint32_t count = lines_coder_count(tally->coder);
	wire_put_varint(out, count);
	for (uint32_t code = 1; code <= count; code++) {
		struct str text = lines_coder_text(tally->coder, code);
		uint8_t tag = lines_coder_tag(tally->coder, code);
		if (tag == BLOCK_COLUMN_ARRAY) {
			if (!list_text_read(text, &list)) {
				return false;
			}
			text = list.len == 0 ? STR("") : buf_str(&list);
			tag = VALUE_LIST;
		}
		buf_append_char(out, (char)tag);
		wire_put_str(out, text);
		wire_put_varint(out, tally->rows[code]);
	}
	return true;
}

static void put_names(struct buf *out, const struct tallies *tallies, const struct str *names,
                      uint32_t count) {
	wire_put_varint(out, count);
	for (uint32_t i = 0; i < count; i++) {
		const struct tally *tally = tallies->names[i];
		wire_put_str(out, names[i]);
		size_t before = out->len;
		bool kept = before < PART_BYTES_MAX && tally != NULL && !tally->gone && pays(tally) &&
		            put_tally(out, tally);
		if (!kept) {
			out->len = before;
			wire_put_varint(out, 0);
		}
	}
}

static void tallies_deinit(struct tallies *tallies, uint32_t count) {
	for (uint32_t i = 0; i < count; i++) {
		if (tallies->names[i] != NULL) {
			lines_coder_free(tallies->names[i]->coder);
			free(tallies->names[i]);
		}
	}
	free(tallies->names);
}

void block_values_put(struct lines *lines, struct layouts *layouts,
                      const struct block_values_facts *facts, struct buf *out) {
	CLEANUP(buf_deinit) struct buf raw = {0};
	const struct str *names;
	uint32_t count = layouts_names(layouts, &names);
	if (facts->rows < ROWS_MIN || facts->own_fields || count > NAMES_MAX) {
		return;
	}
	struct tallies tallies = {.lines = lines, .times = facts->times};
	tallies.names = calloc((size_t)count + 1, sizeof(*tallies.names));
	ASSERT(tallies.names != NULL);
	struct block_counter counter = {&tallies, coder_of, add_codes, add_same, give_up};
	struct block_columns_rows all = {.all = facts->rows};
	struct block_columns *columns = block_columns_new(lines, layouts, &all, give_times, &tallies);
	if (block_columns_count(columns, &counter) == ERR_OK) { /* else it is seen when compared */
		wire_put_varint(&raw, facts->rows - facts->own);
		put_names(&raw, &tallies, names, count);
		blob_put(out, buf_str(&raw), COMPRESS_BEST);
	}
	block_columns_free(columns);
	tallies_deinit(&tallies, count);
}

/* ---- reading ---- */

struct values_field {
	struct str name;
	struct store_count *counts; /* and one more, for records without the field */
	size_t count;               /* 0: not kept */
};

struct block_values {
	struct arena *arena;
	bool known;
	uint64_t rows, records;
	struct values_field *fields;
	size_t fields_count;
	struct store_count none; /* of a field that no record has */
};

static enum err read_field(struct block_values *values, struct wire *in,
                           struct values_field *field) {
	uint64_t left = values->records;
	field->name = wire_str(in, SIZE_MAX);
	size_t count = (size_t)wire_varint_max(in, wire_left(in) / 3);
	field->counts = arena_try_alloc(values->arena, (count + 1) * sizeof(*field->counts));
	if (in->bad || field->counts == NULL) {
		return in->bad ? ERR_CORRUPT : ERR_LIMIT;
	}
	for (size_t i = 0; i < count; i++) {
		uint8_t kind = wire_u8(in);
		struct str text = wire_str(in, SIZE_MAX);
		uint64_t rows = wire_varint_max(in, left);
		if (in->bad || rows == 0 || kind == VALUE_NONE || kind >= VALUE_KIND_COUNT) {
			return ERR_CORRUPT;
		}
		field->counts[i] = (struct store_count){{(enum value_kind)kind, text}, rows};
		left -= rows;
	}
	field->count = count;
	if (count > 0 && left > 0) {
		field->counts[field->count++] = (struct store_count){VALUE_ABSENT, left};
	}
	return ERR_OK;
}

static enum err read_part(struct block_values *values, struct str part) {
	struct wire in = wire_from(part);
	struct blob blob = blob_get(&in, READ_BYTES_MAX);
	if (!wire_done(&in) || (blob.compressed && !compress_may_be(blob.stored.len, blob.len))) {
		return ERR_CORRUPT;
	}
	char *bytes = arena_try_alloc(values->arena, blob.len + 1);
	if (bytes == NULL) {
		return ERR_LIMIT;
	}
	TRY(blob_decode(&blob, bytes));
	in = wire_from(str_make(bytes, blob.len));
	values->records = wire_varint_max(&in, values->rows);
	values->fields_count = (size_t)wire_varint_max(&in, wire_left(&in) / 2);
	values->fields =
	    arena_try_alloc(values->arena, (values->fields_count + 1) * sizeof(*values->fields));
	if (in.bad || values->fields == NULL) {
		return in.bad ? ERR_CORRUPT : ERR_LIMIT;
	}
	for (size_t i = 0; i < values->fields_count; i++) {
		TRY(read_field(values, &in, &values->fields[i]));
	}
	values->none = (struct store_count){VALUE_ABSENT, values->records};
	values->known = true;
	return wire_done(&in) ? ERR_OK : ERR_CORRUPT;
}

enum err block_values_open(struct str bytes, uint32_t rows, struct block_values **out_values) {
	struct block_values *values = calloc(1, sizeof(*values));
	ASSERT(values != NULL);
	values->arena = arena_new(8 * (size_t)READ_BYTES_MAX);
	values->rows = rows;
	enum err err = bytes.len == 0 ? ERR_OK : read_part(values, bytes);
	if (err != ERR_OK) {
		block_values_free(values);
		return err;
	}
	*out_values = values;
	return ERR_OK;
}

void block_values_free(struct block_values *values) {
	if (values != NULL) {
		arena_free(values->arena);
		free(values);
	}
}

size_t block_values_bytes(const struct block_values *values) {
	return sizeof(*values) + arena_used(values->arena);
}

uint64_t block_values_records(const struct block_values *values) {
	return values->records;
}

bool block_values_get(const struct block_values *values, struct str field,
                      const struct store_count **out_counts, size_t *out_count) {
	*out_counts = &values->none;
	*out_count = values->records > 0;
	for (size_t i = 0; i < values->fields_count; i++) {
		if (str_eq(values->fields[i].name, field)) {
			*out_counts = values->fields[i].counts;
			*out_count = values->fields[i].count;
			return *out_count > 0;
		}
	}
	return values->known;
}

bool block_values_known(const struct block_values *values) {
	return values->known;
}

size_t block_values_fields(const struct block_values *values) {
	return values->fields_count;
}

size_t block_values_field(const struct block_values *values, size_t i, struct str *out_name,
                          const struct store_count **out_counts) {
	ASSERT(i < values->fields_count);
	*out_name = values->fields[i].name;
	*out_counts = values->fields[i].counts;
	return values->fields[i].count;
}

/* ---- tests ---- */

enum block_verdict block_values_judge(const struct block_values *values, const struct expr *expr) {
	const struct store_count *counts;
	size_t count;
	if (expr->test_kind == EXPR_TIME || expr->field.len == 0 || view_built_in_has(expr->field) ||
	    !block_values_get(values, expr->field, &counts, &count)) {
		return BLOCK_SOME;
	}
	struct expr_run *run = expr_run_new(expr->test);
	bool all = values->records == values->rows; /* others have no fields */
	bool any = false;
	bool sure = true;
	for (size_t i = 0; i < count && sure; i++) {
		bool match = false;
		sure = counts[i].value.kind == VALUE_NONE ||
		       expr_run_match(run, counts[i].value, &match) == ERR_OK;
		any |= match;
		all &= match;
	}
	expr_run_free(run);
	return !sure ? BLOCK_SOME : !any ? BLOCK_NONE : all ? BLOCK_ALL : BLOCK_SOME;
}

bool block_values_pass(const struct block_values *values, const struct expr *test,
                       uint64_t *out_records) {
	const struct store_count *counts;
	size_t count;
	if (test->kind != EXPR_TEST || test->test_kind == EXPR_TIME || test->field.len == 0 ||
	    view_built_in_has(test->field) || !block_values_get(values, test->field, &counts, &count)) {
		return false;
	}
	struct expr_run *run = expr_run_new(test->test);
	uint64_t records = 0;
	bool sure = true;
	for (size_t i = 0; i < count && sure; i++) {
		bool match = false;
		sure = counts[i].value.kind == VALUE_NONE ||
		       expr_run_match(run, counts[i].value, &match) == ERR_OK;
		records += match ? counts[i].rows : 0;
	}
	expr_run_free(run);
	*out_records = records;
	return sure;
}

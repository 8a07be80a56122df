/* Columns of a block's rows, each made when it is asked for. */
#include "store/scan_block.h"

#include <stdlib.h>

#include "base/bits.h"
#include "store/block_columns.h"
#include "store/block_extract.h"
#include "store/block_strips.h"
#include "store/block_values.h"
#include "store/list_text.h"
#include "store/segment_table.h"
#include "store/view_private.h"

enum { VALUES_MAX = 65536 }; /* different ones of a field */

struct asked { /* a field */
	struct str name;
	bool extracted;
	struct lines_coder *coder;
	struct store_codes codes;
};

struct store_block {
	const struct segment *segment;
	const struct segment_block *entry;
	struct block *block;
	struct store_block_chosen chosen;
	struct arena *arena;
	struct block_columns *columns; /* NULL until asked for */
	int64_t *all_times;            /* of all rows of the block; NULL until asked for */
	int64_t *times;
	struct buf asked; /* struct asked */
};

struct store_block *store_block_new(const struct segment *segment, uint32_t number,
                                    struct block *block, const struct store_block_chosen *rows) {
	struct store_block *made = calloc(1, sizeof(*made));
	ASSERT(made != NULL);
	*made = (struct store_block){.segment = segment,
	                             .entry = &segment_table(segment)->blocks[number],
	                             .block = block,
	                             .chosen = *rows,
	                             .arena = arena_new(SIZE_MAX)};
	return made;
}

void store_block_free(struct store_block *block) {
	if (block == NULL) {
		return;
	}
	const struct asked *asked = (const struct asked *)(void *)block->asked.ptr;
	for (size_t i = 0; i < block->asked.len / sizeof(*asked); i++) {
		lines_coder_free(asked[i].coder);
	}
	buf_deinit(&block->asked);
	block_columns_free(block->columns);
	free(block->all_times);
	free(block->times);
	arena_free(block->arena);
	free(block);
}

enum err scan_block_drop_own(const struct segment *segment, uint32_t page, uint64_t *bits) {
	struct store_view *view;
	struct diag ignored = {0}; /* the page will say it when it is read */
	const uint8_t *types;
	TRY(segment_view(segment, page, NULL, &view, &ignored));
	enum err err = store_view_types(view, &types);
	for (uint32_t row = 0; err == ERR_OK && row < store_view_rows(view); row++) {
		if (types[row] != RECORD_DATA) {
			bits_clear(bits, row);
		}
	}
	store_view_free(view);
	return err;
}

static enum err read_times(const struct store_block *block, int64_t *times) {
	for (uint32_t i = 0; i < block->entry->pages; i++) {
		struct store_view *view;
		struct diag ignored = {0};
		const int64_t *some;
		TRY(segment_view(block->segment, block->entry->first_page + i, NULL, &view, &ignored));
		enum err err = store_view_times(view, &some);
		if (err == ERR_OK) {
			memcpy(times, some, store_view_rows(view) * sizeof(*times));
			times += store_view_rows(view);
		}
		store_view_free(view);
		TRY(err);
	}
	return ERR_OK;
}

static enum err all_times(void *ctx, const int64_t **out_times) {
	struct store_block *block = ctx;
	if (block->all_times == NULL) {
		int64_t *times = calloc((size_t)block->entry->rows + 1, sizeof(*times));
		ASSERT(times != NULL);
		enum err err = read_times(block, times);
		if (err != ERR_OK) {
			free(times);
			return err;
		}
		block->all_times = times;
	}
	*out_times = block->all_times;
	return ERR_OK;
}

static enum err use_columns(struct store_block *block) {
	struct lines *lines;
	struct layouts *layouts;
	if (block->columns == NULL) {
		TRY(block_texts(block->block, &lines));
		TRY(block_layouts(block->block, &layouts));
		struct block_columns_rows rows = {
		    .all = block->entry->rows, .bits = block->chosen.bits, .shapes = block->chosen.shapes};
		block->columns = block_columns_new(lines, layouts, &rows, all_times, block);
	}
	return ERR_OK;
}

enum err store_block_rows(struct store_block *block, uint64_t *out_rows) {
	uint32_t rows;
	if (block->chosen.shapes == NULL) {
		*out_rows = bits_count(block->chosen.bits, block->entry->rows);
		return ERR_OK;
	}
	TRY(use_columns(block));
	TRY(block_columns_rows(block->columns, &rows));
	*out_rows = rows;
	return ERR_OK;
}

static const struct asked *find_asked(const struct store_block *block, struct str field) {
	const struct asked *asked = (const struct asked *)(const void *)block->asked.ptr;
	for (size_t i = 0; i < block->asked.len / sizeof(*asked); i++) {
		if (str_eq(asked[i].name, field)) {
			return &asked[i];
		}
	}
	return NULL;
}

enum err store_block_counts(struct store_block *block, struct str field,
                            const struct store_count **out_counts, size_t *out_count) {
	struct block_values *values;
	uint64_t rows;
	const struct asked *asked = find_asked(block, field);
	if (asked != NULL && asked->extracted) {
		return ERR_NOT_FOUND;
	}
	TRY(block_values_of(block->block, &values));
	TRY(store_block_rows(block, &rows));
	return rows == block_values_records(values) && !view_built_in_has(field) &&
	               block_values_get(values, field, out_counts, out_count)
	           ? ERR_OK
	           : ERR_NOT_FOUND;
}

/* The values of a coder; lists that stood in the text are read. */
static enum err list_values(struct store_block *block, const struct lines_coder *coder,
                            struct store_codes *out_codes) {
	CLEANUP(buf_deinit) struct buf list = {0};
	uint32_t count = lines_coder_count(coder) + 1;
	struct value *values = ARENA_ARRAY(block->arena, count, struct value);
	for (uint32_t i = 1; i < count; i++) {
		uint8_t tag = lines_coder_tag(coder, i);
		values[i] = (struct value){(enum value_kind)tag, lines_coder_text(coder, i)};
		if (tag == BLOCK_COLUMN_ARRAY) {
			if (!list_text_read(values[i].text, &list)) {
				return ERR_CORRUPT;
			}
			values[i] = (struct value){VALUE_LIST, arena_str(block->arena, buf_str(&list))};
		}
	}
	out_codes->values = values;
	out_codes->values_count = count;
	return ERR_OK;
}

static enum err make_codes(struct store_block *block, struct asked *asked) {
	struct lines *lines;
	uint32_t rows;
	TRY(use_columns(block));
	TRY(block_columns_rows(block->columns, &rows));
	TRY(block_texts(block->block, &lines));
	uint32_t *codes = ARENA_ARRAY(block->arena, rows + 1, uint32_t);
	asked->coder = lines_coder_new(lines, VALUES_MAX);
	TRY(block_columns_codes(block->columns, asked->name, asked->coder, codes));
	asked->codes.codes = codes;
	return list_values(block, asked->coder, &asked->codes);
}

enum err store_block_codes(struct store_block *block, struct str field,
                           struct store_codes *out_codes) {
	const struct asked *before = find_asked(block, field);
	struct asked asked = {.name = arena_str(block->arena, field)};
	if (view_built_in_has(field)) {
		return ERR_UNSUPPORTED; /* pages know those */
	}
	if (before != NULL) {
		*out_codes = before->codes;
		return ERR_OK;
	}
	enum err err = make_codes(block, &asked);
	if (err != ERR_OK) {
		lines_coder_free(asked.coder);
		return err;
	}
	buf_append(&block->asked, &asked, sizeof(asked));
	*out_codes = asked.codes;
	return ERR_OK;
}

/* What the block has of that name is there before. */
static enum err extract(struct store_block *block, const struct regex *regex,
                        const struct str *names, struct lines_coder *const *coders) {
	uint32_t rows;
	size_t count = regex_names(regex);
	TRY(use_columns(block));
	TRY(block_columns_rows(block->columns, &rows));
	uint32_t **codes = ARENA_ARRAY(block->arena, count + 1, uint32_t *);
	for (size_t i = 0; i < count; i++) {
		codes[i] = ARENA_ARRAY(block->arena, rows + 1, uint32_t);
		TRY(block_columns_codes(block->columns, names[i], coders[i], codes[i]));
	}
	TRY(block_extract(block->columns, regex, coders, codes));
	for (size_t i = 0; i < count; i++) {
		struct asked asked = {
		    .name = names[i], .extracted = true, .coder = coders[i], .codes = {.codes = codes[i]}};
		TRY(list_values(block, coders[i], &asked.codes));
		buf_append(&block->asked, &asked, sizeof(asked));
	}
	return ERR_OK;
}

enum err store_block_extract(struct store_block *block, const struct regex *regex) {
	size_t count = regex_names(regex);
	size_t before = block->asked.len;
	struct str *names = ARENA_ARRAY(block->arena, count + 1, struct str);
	struct lines_coder **coders = ARENA_ARRAY(block->arena, count + 1, struct lines_coder *);
	struct lines *lines;
	for (size_t i = 0; i < count; i++) {
		names[i] = arena_str(block->arena, regex_name(regex, i));
		if (view_built_in_has(names[i]) || find_asked(block, names[i]) != NULL) {
			return ERR_UNSUPPORTED;
		}
	}
	TRY(block_texts(block->block, &lines));
	for (size_t i = 0; i < count; i++) {
		coders[i] = lines_coder_new(lines, VALUES_MAX);
	}
	enum err err = extract(block, regex, names, coders);
	for (size_t i = 0; err != ERR_OK && i < count; i++) {
		lines_coder_free(coders[i]);
	}
	block->asked.len = err == ERR_OK ? block->asked.len : before;
	return err;
}

enum err store_block_times(struct store_block *block, const int64_t **out_times) {
	const uint32_t *which;
	const int64_t *all;
	uint32_t rows;
	if (block->times == NULL) {
		TRY(use_columns(block));
		TRY(block_columns_rows(block->columns, &rows));
		TRY(block_columns_which(block->columns, &which));
		TRY(all_times(block, &all));
		block->times = calloc((size_t)rows + 1, sizeof(*block->times));
		ASSERT(block->times != NULL);
		for (uint32_t i = 0; i < rows; i++) {
			block->times[i] = all[which[i]];
		}
	}
	*out_times = block->times;
	return ERR_OK;
}

/* Where some were extracted, by the codes of all rows. */
static enum err give_codes(struct store_block *block, const struct str *fields, size_t count,
                           store_strips_f take, void *ctx) {
	struct store_strip *strips = ARENA_ARRAY(block->arena, count + 1, struct store_strip);
	uint64_t rows;
	TRY(store_block_rows(block, &rows));
	for (size_t i = 0; i < count; i++) {
		struct store_codes codes;
		TRY(store_block_codes(block, fields[i], &codes));
		for (uint32_t k = 1; k < codes.values_count; k++) {
			if (codes.values[k].kind == VALUE_LIST) {
				return ERR_UNSUPPORTED;
			}
		}
		strips[i] = (struct store_strip){.form = STORE_STRIP_CODES,
		                                 .codes = codes.codes,
		                                 .coder = find_asked(block, fields[i])->coder};
	}
	return rows == 0 ? ERR_OK : take(ctx, strips, (uint32_t)rows);
}

enum err store_block_strips(struct store_block *block, const struct str *fields, size_t count,
                            store_strips_f take, void *ctx) {
	bool extracted = false;
	for (size_t i = 0; i < count; i++) {
		if (view_built_in_has(fields[i])) {
			return ERR_UNSUPPORTED; /* pages know those */
		}
		const struct asked *asked = find_asked(block, fields[i]);
		extracted = extracted || (asked != NULL && asked->extracted);
	}
	if (extracted) {
		return give_codes(block, fields, count, take, ctx);
	}
	TRY(use_columns(block));
	return block_strips(block->columns, fields, count, take, ctx);
}

/* The values that a block says its fields have, held against the rows: counted over columns, as
 * they are when they are made, and over the rows themselves where columns give up.
 */
#include <stdlib.h>

#include "base/map.h"
#include "store/block_check.h"
#include "store/block_columns.h"
#include "store/block_values.h"
#include "store/list_text.h"
#include "store/view_private.h"

enum { CODES_MORE = 128 }; /* than values are claimed: layouts that no row has may have some */

/* What is said of one field. */
struct claim {
	bool open;        /* nothing */
	bool by_rows;     /* columns do not tell */
	struct map *left; /* kind and bytes of each value: records that must still be found with it */
	struct lines_coder *coder;
	uint32_t codes_max;
	uint64_t *rows; /* of each code */
};

struct claims {
	struct block_case *at;
	struct claim *all; /* of each name of the block */
	const struct str *names;
	uint32_t count;
	struct buf key;  /* scratch */
	struct buf list; /* likewise */
};

static void claims_deinit(struct claims *claims) {
	for (uint32_t i = 0; i < claims->count; i++) {
		map_free(claims->all[i].left);
		lines_coder_free(claims->all[i].coder);
		free(claims->all[i].rows);
	}
	free(claims->all);
	buf_deinit(&claims->key);
	buf_deinit(&claims->list);
}

static struct str key_of(struct claims *claims, enum value_kind kind, struct str text) {
	buf_clear(&claims->key);
	buf_append_char(&claims->key, (char)kind);
	buf_append_str(&claims->key, text);
	return buf_str(&claims->key);
}

/* ---- what is claimed ---- */

/* A value stands once, and some record has it. */
static enum err read_claim(struct claims *claims, const struct block_values *values, size_t field,
                           struct map *seen) {
	const struct store_count *counts;
	struct str name;
	bool added;
	size_t count = block_values_field(values, field, &name, &counts);
	uint32_t number = layouts_find_name(claims->at->layouts, name);
	(void)map_put(seen, name, 0, &added);
	if (!added || (number == UINT32_MAX && count > 0)) {
		return ERR_CORRUPT; /* readers take the first; a field that no row has */
	}
	if (number == UINT32_MAX) {
		return ERR_OK;
	}
	struct claim *claim = &claims->all[number];
	claim->open = count == 0;
	claim->codes_max += (uint32_t)count;
	for (size_t i = 0; i < count; i++) {
		struct str key = key_of(claims, counts[i].value.kind, counts[i].value.text);
		if (counts[i].value.kind != VALUE_NONE) {
			(void)map_put(claim->left, key, counts[i].rows, &added);
			if (!added) {
				return ERR_CORRUPT;
			}
		}
	}
	return ERR_OK;
}

static enum err read_claims(struct claims *claims, const struct block_values *values) {
	struct map *seen = map_new();
	enum err err = ERR_OK;
	claims->count = layouts_names(claims->at->layouts, &claims->names);
	claims->all = calloc((size_t)claims->count + 1, sizeof(*claims->all));
	ASSERT(claims->all != NULL);
	for (uint32_t i = 0; i < claims->count; i++) {
		claims->all[i].left = map_new();
		claims->all[i].codes_max = CODES_MORE;
	}
	for (size_t i = 0; i < block_values_fields(values) && err == ERR_OK; i++) {
		err = read_claim(claims, values, i, seen);
	}
	map_free(seen);
	return err;
}

/* So many more records have this value. */
static enum err take(struct claims *claims, struct claim *claim, enum value_kind kind,
                     struct str text, uint64_t rows) {
	uint64_t *left = map_find(claim->left, key_of(claims, kind, text));
	if (left == NULL || *left < rows) {
		return ERR_CORRUPT;
	}
	*left -= rows;
	return ERR_OK;
}

/* ---- columns ---- */

static struct lines_coder *coder_of(void *ctx, uint32_t name) {
	struct claims *claims = ctx;
	struct claim *claim = &claims->all[name];
	if (claim->open || claim->by_rows) {
		return NULL;
	}
	if (claim->coder == NULL) {
		claim->coder = lines_coder_new(claims->at->lines, claim->codes_max);
		claim->rows = calloc((size_t)claim->codes_max + 1, sizeof(*claim->rows));
		ASSERT(claim->rows != NULL);
	}
	return claim->coder;
}

static void add_codes(void *ctx, uint32_t name, const uint32_t *codes, uint32_t count) {
	uint64_t *rows = ((const struct claims *)ctx)->all[name].rows;
	for (uint32_t i = 0; i < count; i++) {
		rows[codes[i]]++;
	}
}

static void add_same(void *ctx, uint32_t name, uint32_t code, uint32_t count) {
	((const struct claims *)ctx)->all[name].rows[code] += count;
}

static void give_up(void *ctx, uint32_t name) {
	((const struct claims *)ctx)->all[name].by_rows = true;
}

static enum err give_times(void *ctx, const int64_t **out_times) {
	*out_times = ((const struct claims *)ctx)->at->times;
	return ERR_OK;
}

/* Every code is a value that is claimed; a list may have two. */
static enum err settle_codes(struct claims *claims, struct claim *claim) {
	uint32_t count = claim->coder == NULL ? 0 : lines_coder_count(claim->coder);
	for (uint32_t code = 1; code <= count; code++) {
		struct str text = lines_coder_text(claim->coder, code);
		uint8_t tag = lines_coder_tag(claim->coder, code);
		if (claim->rows[code] == 0) {
			continue;
		}
		if (tag == BLOCK_COLUMN_ARRAY) {
			if (!list_text_read(text, &claims->list)) {
				return ERR_CORRUPT;
			}
			text = claims->list.len == 0 ? STR("") : buf_str(&claims->list);
			tag = VALUE_LIST;
		}
		TRY(take(claims, claim, (enum value_kind)tag, text, claim->rows[code]));
	}
	return ERR_OK;
}

static enum err count_columns(struct claims *claims) {
	struct block_case *at = claims->at;
	struct block_counter counter = {claims, coder_of, add_codes, add_same, give_up};
	struct block_columns_rows all = {.all = at->entry->rows};
	struct block_columns *columns =
	    block_columns_new(at->lines, at->layouts, &all, give_times, claims);
	enum err err = block_columns_count(columns, &counter);
	block_columns_free(columns);
	for (uint32_t i = 0; i < claims->count && err == ERR_OK; i++) {
		if (!claims->all[i].open && !claims->all[i].by_rows) {
			err = settle_codes(claims, &claims->all[i]);
		}
	}
	return err;
}

/* ---- rows ---- */

static enum err count_page(struct claims *claims, struct store_view *view) {
	for (uint32_t i = 0; i < claims->count; i++) {
		const struct column *column = NULL;
		if (claims->all[i].by_rows) {
			TRY(view_block_get(view, claims->names[i], &column));
		}
		for (uint32_t row = 0; column != NULL && row < store_view_rows(view); row++) {
			struct value value = column_get(column, row);
			if (value.kind != VALUE_NONE) {
				TRY(take(claims, &claims->all[i], value.kind, value.text, 1));
			}
		}
	}
	return ERR_OK;
}

static enum err count_rows(struct claims *claims) {
	bool any = false;
	for (uint32_t i = 0; i < claims->count; i++) {
		any |= claims->all[i].by_rows;
	}
	for (uint32_t page = 0; any && page < claims->at->entry->pages; page++) {
		struct store_view *view;
		TRY(block_case_view(claims->at, page, &view));
		enum err err = count_page(claims, view);
		store_view_free(view);
		TRY(err);
	}
	return ERR_OK;
}

/* Records that are not of type data have no fields, or the counts are not what they are said to be.
 */
static enum err check_own(const struct block_case *at) {
	enum { SOME = 256 };
	uint32_t shapes[SOME];
	uint32_t ranks[SOME];
	uint32_t layouts[SOME];
	for (uint32_t i = 0; i < at->own; i += SOME) {
		uint32_t count = MIN_OF(at->own - i, (uint32_t)SOME);
		TRY(lines_order_some(at->lines, at->own_rows + i, count, shapes, ranks));
		TRY(layouts_of(at->layouts, shapes, ranks, count, layouts));
		for (uint32_t k = 0; k < count; k++) {
			const struct layout *layout;
			TRY(layouts_get(at->layouts, layouts[k], &layout));
			if (layout->count > 0) {
				return ERR_CORRUPT;
			}
		}
	}
	return ERR_OK;
}

/* Of all that was claimed every record was found. */
static enum err nothing_left(const struct claims *claims) {
	for (uint32_t i = 0; i < claims->count; i++) {
		const struct map *left = claims->all[i].left;
		for (size_t k = 0; k < map_count(left); k++) {
			if (*map_value(left, k) != 0) {
				return ERR_CORRUPT;
			}
		}
	}
	return ERR_OK;
}

static enum err check_claims(struct claims *claims, const struct block_values *values) {
	TRY(read_claims(claims, values));
	TRY(check_own(claims->at));
	TRY(count_columns(claims));
	TRY(count_rows(claims));
	return nothing_left(claims);
}

enum err block_values_check(struct block_case *at) {
	struct claims claims = {.at = at};
	struct block_values *values;
	TRY(block_values_of(at->block, &values));
	if (!block_values_known(values)) {
		return ERR_OK;
	}
	if (block_values_records(values) != at->entry->rows - at->own) {
		return ERR_CORRUPT;
	}
	enum err err = check_claims(&claims, values);
	claims_deinit(&claims);
	return err;
}

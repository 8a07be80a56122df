/* Where a match can begin at one place only, each different piece of rows from there on is matched
 * once; other rows are put together, unless they are too many.
 */
#include "store/block_extract.h"

#include <stdlib.h>

#include "base/bits.h"
#include "store/block_regex.h"

enum { JOIN_ROWS = 1024 /* at a time */, JOIN_BYTES = 64 << 20 };

struct extraction {
	struct block_columns *columns;
	struct lines *lines;
	const struct regex *regex;
	size_t names;
	struct lines_coder *const *coders;
	uint32_t *const *codes;
	struct block_regex *of_block;
	bool asked;       /* some row may match elsewhere */
	uint32_t *values; /* of each match, for each name: 1 and the code; 0: not asked */
	uint32_t matches_cap;
	struct buf hard; /* uint32_t: rows that count, by their number, to be put together */
};

static void extraction_deinit(struct extraction *e) {
	block_regex_free(e->of_block);
	free(e->values);
	buf_deinit(&e->hard);
}

/* ---- matches ---- */

static void make_room(struct extraction *e) {
	uint32_t need = block_regex_matches(e->of_block) + 1;
	if (need <= e->matches_cap) {
		return;
	}
	uint32_t cap = need + need / 2;
	e->values = reallocarray(e->values, (size_t)cap * e->names + 1, sizeof(*e->values));
	ASSERT(e->values != NULL);
	memset(e->values + (size_t)e->matches_cap * e->names, 0,
	       (size_t)(cap - e->matches_cap) * e->names * sizeof(*e->values));
	e->matches_cap = cap;
}

static enum err take_match(struct extraction *e, uint32_t match, uint32_t at) {
	uint32_t *values = e->values + (size_t)match * e->names;
	for (size_t i = 0; i < e->names; i++) {
		struct str part;
		if (values[i] == 0) {
			uint32_t code = 0;
			if (block_regex_captured(e->of_block, match, i, &part)) {
				TRY(lines_coder_value(e->coders[i], VALUE_STRING, part, &code));
			}
			values[i] = code + 1;
		}
		if (values[i] > 1) {
			e->codes[i][at] = values[i] - 1;
		}
	}
	return ERR_OK;
}

static enum err add_hard(struct extraction *e, uint32_t at) {
	if (e->hard.len / sizeof(at) >= block_columns_joined_max(e->columns)) {
		return ERR_UNSUPPORTED;
	}
	buf_append(&e->hard, &at, sizeof(at));
	return ERR_OK;
}

/* once: NULL: no match begins in literal text of the shape. */
static enum err extract_shape(struct extraction *e, uint32_t shape, const struct lines_once *once,
                              uint32_t *matches) {
	struct block_columns_part part;
	const uint32_t *which = NULL;
	TRY(block_columns_part(e->columns, shape, &part));
	if (part.count == 0 || (once == NULL && !e->asked)) {
		return ERR_OK;
	}
	if (e->asked) {
		TRY(block_columns_which(e->columns, &which));
	}
	if (once != NULL) {
		TRY(block_regex_match(e->of_block, once, part.ranks, part.count, matches));
		make_room(e);
	}
	for (uint32_t i = 0; i < part.count; i++) {
		uint32_t match = once == NULL ? BLOCK_REGEX_NO : matches[i];
		uint32_t at = part.first + i;
		if (match == BLOCK_REGEX_OPEN ||
		    (which != NULL && bits_get(block_regex_elsewhere(e->of_block), which[at]))) {
			TRY(add_hard(e, at));
		} else if (match != BLOCK_REGEX_NO) {
			TRY(take_match(e, match, at));
		}
	}
	return ERR_OK;
}

static enum err extract_shapes(struct extraction *e, uint32_t rows) {
	size_t count;
	const struct lines_once *once = block_regex_shapes(e->of_block, &count);
	uint32_t *matches = calloc((size_t)rows + 1, sizeof(*matches));
	enum err err = ERR_OK;
	ASSERT(matches != NULL);
	for (uint32_t shape = 0; shape < lines_shapes(e->lines) && err == ERR_OK; shape++) {
		bool here = count > 0 && once->shape == shape;
		err = extract_shape(e, shape, here ? once : NULL, matches);
		once += here;
		count -= here;
	}
	free(matches);
	return err;
}

/* ---- rows that have to be put together ---- */

struct wanted {
	uint32_t row; /* of the block */
	uint32_t at;  /* among those that count */
};

static int compare_wanted(const void *a, const void *b) {
	const struct wanted *x = a;
	const struct wanted *y = b;
	return x->row < y->row ? -1 : x->row > y->row;
}

static enum err take_text(struct extraction *e, struct regex_run *run, uint32_t at,
                          struct str text) {
	bool match;
	TRY(regex_match(e->regex, run, text, &match));
	for (size_t i = 0; match && i < e->names; i++) {
		struct str part;
		if (regex_captured(e->regex, run, i, text, &part)) {
			TRY(lines_coder_value(e->coders[i], VALUE_STRING, part, &e->codes[i][at]));
		}
	}
	return ERR_OK;
}

/* At most JOIN_ROWS of them. */
static enum err take_texts(struct extraction *e, struct regex_run *run, const struct wanted *wanted,
                           size_t count) {
	struct lines_rows joined CLEANUP(lines_rows_deinit) = {0};
	uint32_t which[JOIN_ROWS];
	int64_t times[JOIN_ROWS];
	const int64_t *all_times;
	TRY(block_columns_times(e->columns, &all_times));
	for (size_t i = 0; i < count; i++) {
		which[i] = wanted[i].row;
		times[i] = all_times[wanted[i].row];
	}
	TRY(lines_join_some(e->lines, which, (uint32_t)count, times, JOIN_BYTES, &joined));
	for (size_t i = 0; i < count; i++) {
		uint32_t len = joined.starts[i + 1] - joined.starts[i];
		struct str text = len == 0 ? STR("") : str_make(joined.bytes.ptr + joined.starts[i], len);
		TRY(take_text(e, run, wanted[i].at, text));
	}
	return ERR_OK;
}

static enum err extract_hard(struct extraction *e) {
	const uint32_t *hard = (const uint32_t *)(const void *)e->hard.ptr;
	size_t count = e->hard.len / sizeof(*hard);
	const uint32_t *which;
	enum err err = ERR_OK;
	if (count == 0) {
		return ERR_OK;
	}
	TRY(block_columns_which(e->columns, &which));
	struct wanted *wanted = calloc(count, sizeof(*wanted));
	struct regex_run *run = regex_run_new(e->regex);
	ASSERT(wanted != NULL);
	for (size_t i = 0; i < count; i++) {
		wanted[i] = (struct wanted){which[hard[i]], hard[i]};
	}
	qsort(wanted, count, sizeof(*wanted), compare_wanted);
	for (size_t i = 0; i < count && err == ERR_OK; i += JOIN_ROWS) {
		err = take_texts(e, run, wanted + i, MIN_OF(count - i, (size_t)JOIN_ROWS));
	}
	regex_run_free(run);
	free(wanted);
	return err;
}

/* ---- all ---- */

/* Shapes of which rows count. */
static enum err list_shapes(struct extraction *e, bool *shapes) {
	for (uint32_t i = 0; i < lines_shapes(e->lines); i++) {
		struct block_columns_part part;
		TRY(block_columns_part(e->columns, i, &part));
		shapes[i] = part.count > 0;
	}
	return ERR_OK;
}

static enum err start(struct extraction *e) {
	bool *shapes = calloc((size_t)lines_shapes(e->lines) + 1, sizeof(*shapes));
	ASSERT(shapes != NULL);
	uint32_t all = block_columns_all(e->columns);
	enum err err = list_shapes(e, shapes);
	err = err == ERR_OK ? block_regex_new(e->lines, e->regex, shapes, all, &e->of_block) : err;
	free(shapes);
	TRY(err);
	e->asked = bits_count(block_regex_elsewhere(e->of_block), all) > 0;
	return ERR_OK;
}

enum err block_extract(struct block_columns *columns, const struct regex *regex,
                       struct lines_coder *const *coders, uint32_t *const *codes) {
	struct extraction e CLEANUP(extraction_deinit) = {.columns = columns,
	                                                  .lines = block_columns_lines(columns),
	                                                  .regex = regex,
	                                                  .names = regex_names(regex),
	                                                  .coders = coders,
	                                                  .codes = codes};
	struct str begins;
	const char *mask;
	uint32_t rows;
	if (!regex_begins(regex, &begins, &mask) || begins.len > UINT16_MAX) {
		return ERR_UNSUPPORTED;
	}
	TRY(block_columns_rows(columns, &rows));
	TRY(start(&e));
	TRY(extract_shapes(&e, rows));
	return extract_hard(&e);
}

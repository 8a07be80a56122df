/* The layouts of a shape say where its rows have a field. What lies in the text is coded by columns
 * (lines_codes.h); values that stand in no text are one behind the other, shape by shape, and are
 * decoded together when the first of them is asked for.
 */
#include "store/block_shape.h"

#include <stdlib.h>

#include "store/block_columns_private.h"

enum { SOME = 256 };

struct block_shape {
	struct block_columns *columns;
	struct lines *lines;
	struct layouts *layouts;
	struct shape_rows rows;
	bool has_numbers, has_strings;
	uint32_t *numbers; /* of each row: its layout, among those of the shape */
	uint32_t *firsts;  /* of each row: its first string, among those of the shape */
	uint32_t *ranks, *found;
	uint32_t cap;
	struct buf strings; /* bytes of them */
	uint32_t *lens;
	size_t *starts; /* in strings */
	uint32_t strings_count, strings_cap;
};

static void *grown(void *array, size_t count, size_t size) {
	void *made = reallocarray(array, count + 1, size);
	ASSERT(made != NULL);
	return made;
}

struct block_shape *block_shape_new(struct block_columns *columns, struct lines *lines,
                                    struct layouts *layouts) {
	struct block_shape *shape = calloc(1, sizeof(*shape));
	ASSERT(shape != NULL);
	shape->columns = columns;
	shape->lines = lines;
	shape->layouts = layouts;
	return shape;
}

void block_shape_free(struct block_shape *shape) {
	if (shape != NULL) {
		buf_deinit(&shape->strings);
		free(shape->numbers);
		free(shape->firsts);
		free(shape->ranks);
		free(shape->found);
		free(shape->lens);
		free(shape->starts);
		free(shape);
	}
}

static void begin_rows(struct block_shape *shape) {
	shape->has_numbers = shape->has_strings = false;
	if (shape->rows.count > shape->cap || shape->cap == 0) {
		shape->cap = shape->rows.count;
		shape->numbers = grown(shape->numbers, shape->cap, sizeof(*shape->numbers));
		shape->firsts = grown(shape->firsts, shape->cap, sizeof(*shape->firsts));
		shape->ranks = grown(shape->ranks, shape->cap, sizeof(*shape->ranks));
		shape->found = grown(shape->found, shape->cap, sizeof(*shape->found));
	}
}

enum err block_shape_begin(struct block_shape *shape, uint32_t number) {
	uint32_t all;
	TRY(block_columns_rows(shape->columns, &all));
	shape->rows = block_columns_shape(shape->columns, number);
	begin_rows(shape);
	return ERR_OK;
}

enum err block_shape_begin_some(struct block_shape *shape, uint32_t number, const uint32_t *ranks,
                                uint32_t count) {
	uint32_t all;
	TRY(block_columns_rows(shape->columns, &all));
	shape->rows = block_columns_shape(shape->columns, number);
	ASSERT(count > 0 && count <= shape->rows.count && ranks[count - 1] < shape->rows.count);
	if (count < shape->rows.count) {
		shape->rows.ranks = ranks;
		shape->rows.count = count;
	}
	begin_rows(shape);
	return ERR_OK;
}

/* The rank of a row that it is about. */
static uint32_t rank_of(const struct block_shape *shape, uint32_t row) {
	return shape->rows.ranks == NULL ? row : shape->rows.ranks[row];
}

/* ---- what rows have which layout ---- */

static enum err use_numbers(struct block_shape *shape) {
	const struct shape_rows *rows = &shape->rows;
	uint32_t shapes[SOME];
	uint32_t ranks[SOME];
	if (shape->has_numbers) {
		return ERR_OK;
	}
	for (uint32_t first = 0; first < rows->count; first += SOME) {
		uint32_t count = MIN_OF(rows->count - first, (uint32_t)SOME);
		for (uint32_t i = 0; i < count; i++) {
			shapes[i] = rows->shape;
			ranks[i] = rank_of(shape, first + i);
		}
		TRY(layouts_of(shape->layouts, shapes, ranks, count, shape->numbers + first));
	}
	for (uint32_t i = 0; i < rows->count; i++) {
		uint32_t number = shape->numbers[i];
		if (number < rows->layouts_first || number - rows->layouts_first >= rows->layouts) {
			return ERR_CORRUPT;
		}
		shape->numbers[i] = number - rows->layouts_first;
	}
	shape->has_numbers = true;
	return ERR_OK;
}

/* ---- values that stand in no text ---- */

/* How many strings a row of a layout has. */
static enum err strings_of(struct block_shape *shape, uint32_t number, uint32_t *out_count) {
	const struct layout *layout;
	TRY(layouts_get(shape->layouts, shape->rows.layouts_first + number, &layout));
	*out_count = layout->outside;
	return ERR_OK;
}

static void make_room(struct block_shape *shape, uint32_t count) {
	if (count > shape->strings_cap || shape->strings_cap == 0) {
		shape->strings_cap = count;
		shape->lens = grown(shape->lens, count, sizeof(*shape->lens));
		shape->starts = grown(shape->starts, count, sizeof(*shape->starts));
	}
	buf_clear(&shape->strings);
	shape->strings_count = count;
}

/* How many strings each row has, into firsts as sums. */
static enum err count_strings(struct block_shape *shape, uint32_t *out_count) {
	uint64_t count = 0;
	uint32_t last = UINT32_MAX;
	uint32_t strings = 0;
	for (uint32_t i = 0; i < shape->rows.count; i++) {
		if (shape->numbers[i] != last) {
			last = shape->numbers[i];
			TRY(strings_of(shape, last, &strings));
		}
		shape->firsts[i] = (uint32_t)count;
		count += strings;
		if (count > BLOCK_SHAPE_STRINGS_MAX) {
			return ERR_LIMIT;
		}
	}
	*out_count = (uint32_t)count;
	return ERR_OK;
}

/* The strings of rows [row, end), which follow each other; they have numbers [at, at + count). */
static enum err decode_strings(struct block_shape *shape, uint32_t row, uint32_t at,
                               uint32_t count) {
	uint32_t rank = rank_of(shape, row);
	uint32_t ignored;
	uint32_t first;
	if (count == 0) {
		return ERR_OK;
	}
	TRY(layouts_starts(shape->layouts, &shape->rows.shape, &rank, 1, &ignored, &first));
	size_t start = shape->strings.len;
	TRY(layouts_outside(shape->layouts, first, count, &shape->strings, shape->lens + at));
	for (uint32_t i = at; i < at + count; i++) {
		shape->starts[i] = start;
		start += shape->lens[i];
	}
	return start <= shape->strings.len ? ERR_OK : ERR_CORRUPT;
}

static enum err use_strings(struct block_shape *shape) {
	const struct shape_rows *rows = &shape->rows;
	uint32_t count;
	if (shape->has_strings) {
		return ERR_OK;
	}
	TRY(use_numbers(shape));
	TRY(count_strings(shape, &count));
	make_room(shape, count);
	for (uint32_t row = 0; row < rows->count;) {
		uint32_t end = row + 1;
		while (end < rows->count && rank_of(shape, end) == rank_of(shape, end - 1) + 1) {
			end++;
		}
		uint32_t at = shape->firsts[row];
		TRY(decode_strings(shape, row, at, (end < rows->count ? shape->firsts[end] : count) - at));
		row = end;
	}
	shape->has_strings = true;
	return ERR_OK;
}

enum err block_shape_layout(struct block_shape *shape, uint32_t row,
                            const struct layout **out_layout) {
	ASSERT(row < shape->rows.count);
	TRY(use_numbers(shape));
	return layouts_get(shape->layouts, shape->rows.layouts_first + shape->numbers[row], out_layout);
}

struct str block_shape_string(const struct block_shape *shape, uint32_t code,
                              enum value_kind *out_kind) {
	uint32_t number = code & (BLOCK_SHAPE_STRINGS_MAX - 1);
	ASSERT((code & BLOCK_SHAPE_OUTSIDE) != 0 && code != BLOCK_SHAPE_ROW);
	ASSERT(shape->has_strings && number < shape->strings_count);
	*out_kind = (enum value_kind)(code / BLOCK_SHAPE_STRINGS_MAX % BLOCK_SHAPE_KINDS);
	return shape->lens[number] == 0
	           ? STR("")
	           : str_make(shape->strings.ptr + shape->starts[number], shape->lens[number]);
}

/* ---- a field ---- */

/* Where rows of one layout have the field, beyond what block_columns_find says of it. */
struct place {
	bool outside;
	uint32_t before; /* strings of the row before it */
	uint8_t kind;
};

static enum err find_place(struct block_shape *shape, uint32_t number, uint32_t index,
                           struct place *out_place) {
	const struct layout *layout;
	TRY(layouts_get(shape->layouts, shape->rows.layouts_first + number, &layout));
	if (index >= layout->count) {
		return ERR_CORRUPT;
	}
	const struct layout_item *item = &layout->items[index];
	*out_place = (struct place){.outside = item->source == LAYOUT_OUTSIDE, .kind = item->kind};
	for (uint32_t i = 0; i < index; i++) {
		out_place->before += layout->items[i].source == LAYOUT_OUTSIDE;
	}
	return item->kind < BLOCK_SHAPE_KINDS ? ERR_OK : ERR_CORRUPT;
}

/* Rows of one layout that have the field outside, or in the row alone. */
static enum err code_rows(struct block_shape *shape, uint32_t number, uint32_t index,
                          uint32_t *out_codes) {
	struct place place;
	TRY(find_place(shape, number, index, &place));
	if (place.outside) {
		TRY(use_strings(shape));
	}
	for (uint32_t i = 0; i < shape->rows.count; i++) {
		if (shape->rows.layouts > 1 && shape->numbers[i] != number) {
			continue;
		}
		out_codes[i] = BLOCK_SHAPE_ROW;
		if (place.outside) {
			out_codes[i] = BLOCK_SHAPE_OUTSIDE | (uint32_t)place.kind * BLOCK_SHAPE_STRINGS_MAX |
			               (shape->firsts[i] + place.before);
		}
	}
	return ERR_OK;
}

/* The codes of those rows whose layout has the piece. */
static enum err code_piece(struct block_shape *shape, struct lines_coder *coder,
                           const struct pieces *pieces, uint32_t number, uint32_t *out_codes) {
	const struct way *ways = shape->columns->ways;
	const struct lines_piece *piece = &pieces->items[number];
	uint32_t count = 0;
	if (shape->rows.layouts == 1) {
		TRY(lines_coder_piece(coder, pieces->tags[number], piece, shape->rows.ranks,
		                      shape->rows.count, out_codes));
	} else {
		for (uint32_t i = 0; i < shape->rows.count; i++) {
			struct way way = ways[shape->numbers[i]];
			shape->ranks[count] = rank_of(shape, i);
			count += way.kind == WAY_PIECE && way.at == number;
		}
		bool all = count == lines_shape_rows(shape->lines, shape->rows.shape);
		TRY(lines_coder_piece(coder, pieces->tags[number], piece, all ? NULL : shape->ranks, count,
		                      shape->found));
	}
	uint32_t at = 0;
	for (uint32_t i = 0; i < shape->rows.count; i++) {
		struct way way = ways[shape->rows.layouts > 1 ? shape->numbers[i] : 0];
		if (way.kind != WAY_PIECE || way.at != number) {
			continue;
		}
		if (shape->rows.layouts > 1) {
			out_codes[i] = shape->found[at++];
		}
		if (out_codes[i] == 0) {
			return ERR_CORRUPT;
		}
	}
	return ERR_OK;
}

/* One code for all rows of a layout: constants, and what the layout has not. */
static void code_same(const struct block_shape *shape, uint32_t *out_codes) {
	const struct way *ways = shape->columns->ways;
	for (uint32_t i = 0; i < shape->rows.count; i++) {
		struct way way = ways[shape->rows.layouts > 1 ? shape->numbers[i] : 0];
		out_codes[i] = way.kind == WAY_CODE ? way.at : BLOCK_SHAPE_NONE;
	}
}

enum err block_shape_codes(struct block_shape *shape, uint32_t name, struct lines_coder *coder,
                           uint32_t *out_codes) {
	struct pieces pieces;
	if (shape->rows.layouts == 0) {
		return shape->rows.count == 0 ? ERR_OK : ERR_CORRUPT;
	}
	if (shape->rows.layouts > 1) {
		TRY(use_numbers(shape));
	}
	TRY(block_columns_find(shape->columns, coder, name, &shape->rows, &pieces));
	code_same(shape, out_codes);
	for (uint32_t i = 0; i < pieces.count; i++) {
		TRY(code_piece(shape, coder, &pieces, i, out_codes));
	}
	for (uint32_t i = 0; i < shape->rows.layouts; i++) {
		struct way way = shape->columns->ways[i];
		if (way.kind == WAY_ROW) {
			TRY(code_rows(shape, i, way.at, out_codes));
		}
	}
	return ERR_OK;
}

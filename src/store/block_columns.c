/* A field over rows of a block, shape by shape: the layouts of a shape say where its values lie.
 * Constants are one code each; what is a piece of the text that all rows of the shape share is
 * coded by its columns (lines_codes.h); what is left is few rows, which are put together.
 */
#include "store/block_columns.h"

#include <stdlib.h>

#include "base/bits.h"
#include "codec/lines_ask.h"
#include "store/block_columns_private.h"

enum {
	JOINED_MIN = 4096, /* rows that may always be put together, */
	JOINED_SHARE = 16, /* or one in so many */
	JOIN_ROWS = 1024,  /* at a time */
	JOIN_BYTES = 64 << 20,
	ORDER_ROWS = 4096,
	FEW_SHARE = 16, /* so few rows are looked up one by one */
};

static void *new_array(size_t count, size_t size) {
	void *array = calloc(count + 1, size);
	ASSERT(array != NULL);
	return array;
}

struct block_columns *block_columns_new(struct lines *lines, struct layouts *layouts,
                                        const struct block_columns_rows *rows, block_times_f times,
                                        void *ctx) {
	struct block_columns *columns = new_array(1, sizeof(*columns));
	*columns = (struct block_columns){.lines = lines,
	                                  .layouts = layouts,
	                                  .rows = rows->all,
	                                  .shapes = rows->shapes,
	                                  .bits = rows->bits,
	                                  .times = times,
	                                  .ctx = ctx,
	                                  .numbers_shape = UINT32_MAX};
	return columns;
}

void block_columns_free(struct block_columns *columns) {
	if (columns != NULL) {
		free(columns->starts);
		free(columns->ranks);
		free(columns->which);
		free(columns->ways);
		free(columns->numbers);
		free(columns->codes);
		free(columns->some);
		buf_deinit(&columns->hard);
		free(columns);
	}
}

/* ---- the order of the rows ---- */

static void start_shapes(struct block_columns *columns) {
	uint32_t shapes = lines_shapes(columns->lines);
	for (uint32_t i = 0; i < shapes; i++) {
		bool counts = columns->shapes == NULL || columns->shapes[i];
		columns->starts[i + 1] =
		    columns->starts[i] + (counts ? lines_shape_rows(columns->lines, i) : 0);
	}
}

/* Shapes and ranks of all rows of the block, piece by piece, or of a few rows alone. */
static enum err read_order(const struct block_columns *columns, const uint32_t *which,
                           uint32_t count, uint32_t *out_shapes, uint32_t *out_ranks) {
	uint32_t shapes[ORDER_ROWS];
	uint32_t ranks[ORDER_ROWS];
	uint32_t at = 0;
	if (count < columns->rows / FEW_SHARE) {
		return lines_order_some(columns->lines, which, count, out_shapes, out_ranks);
	}
	for (uint32_t first = 0; first < columns->rows; first += ORDER_ROWS) {
		uint32_t piece = MIN_OF(columns->rows - first, (uint32_t)ORDER_ROWS);
		TRY(lines_order(columns->lines, first, piece, shapes, ranks));
		for (; at < count && which[at] < first + piece; at++) {
			out_shapes[at] = shapes[which[at] - first];
			out_ranks[at] = ranks[which[at] - first];
		}
	}
	return ERR_OK;
}

/* Puts the rows that count in order. Ranks of a shape ascend with the rows. */
static enum err place_rows(struct block_columns *columns, const uint32_t *rows, uint32_t count,
                           const uint32_t *shapes, const uint32_t *ranks) {
	uint32_t shapes_count = lines_shapes(columns->lines);
	memset(columns->starts, 0, ((size_t)shapes_count + 1) * sizeof(*columns->starts));
	for (uint32_t i = 0; i < count; i++) {
		if (ranks[i] >= lines_shape_rows(columns->lines, shapes[i])) {
			return ERR_CORRUPT; /* the order and the shapes do not agree */
		}
		columns->starts[shapes[i] + 1]++;
	}
	uint32_t *next = new_array(shapes_count, sizeof(*next));
	for (uint32_t i = 0; i < shapes_count; i++) {
		columns->starts[i + 1] += columns->starts[i];
		next[i] = columns->starts[i];
	}
	columns->ranks = new_array(count, sizeof(*columns->ranks));
	columns->which = new_array(count, sizeof(*columns->which));
	for (uint32_t i = 0; i < count; i++) {
		uint32_t at = next[shapes[i]]++;
		columns->ranks[at] = ranks[i];
		columns->which[at] = rows[i];
	}
	free(next);
	return ERR_OK;
}

static enum err order_rows_of(struct block_columns *columns, const uint32_t *rows, uint32_t count) {
	uint32_t *shapes = new_array(count, sizeof(*shapes));
	uint32_t *ranks = new_array(count, sizeof(*ranks));
	enum err err = read_order(columns, rows, count, shapes, ranks);
	err = err == ERR_OK ? place_rows(columns, rows, count, shapes, ranks) : err;
	free(shapes);
	free(ranks);
	return err;
}

static uint32_t *list_rows(const struct block_columns *columns, const uint64_t *bits,
                           uint32_t *out_count) {
	uint32_t *rows = new_array(columns->rows, sizeof(*rows));
	uint32_t count = 0;
	for (uint32_t row = 0; row < columns->rows; row++) {
		if (bits == NULL || bits_get(bits, row)) {
			rows[count++] = row;
		}
	}
	*out_count = count;
	return rows;
}

/* Those whose bits are set; NULL: all. */
static enum err order_rows_in(struct block_columns *columns, const uint64_t *bits) {
	uint32_t count;
	uint32_t *rows = list_rows(columns, bits, &count);
	enum err err = order_rows_of(columns, rows, count);
	free(rows);
	return err;
}

static enum err sort_rows(struct block_columns *columns) {
	columns->starts = new_array((size_t)lines_shapes(columns->lines) + 1, sizeof(uint32_t));
	if (columns->shapes != NULL || columns->bits == NULL ||
	    bits_count(columns->bits, columns->rows) == columns->rows) {
		start_shapes(columns);
		return ERR_OK;
	}
	return order_rows_in(columns, columns->bits);
}

static enum err use_rows(struct block_columns *columns) {
	if (!columns->sorted) {
		columns->sorted_err = sort_rows(columns);
		columns->sorted = true;
	}
	return columns->sorted_err;
}

enum err block_columns_rows(struct block_columns *columns, uint32_t *out_rows) {
	TRY(use_rows(columns));
	*out_rows = columns->starts[lines_shapes(columns->lines)];
	return ERR_OK;
}

/* The rows of shapes that count as a whole. */
static enum err order_whole_shapes(struct block_columns *columns) {
	uint64_t *bits = new_array(bits_words(columns->rows), sizeof(*bits));
	size_t count = (size_t)lines_shapes(columns->lines) + 1;
	uint32_t *starts = new_array(count, sizeof(*starts));
	memcpy(starts, columns->starts, count * sizeof(*starts));
	enum err err =
	    columns->shapes == NULL ? ERR_OK : lines_shape_bits(columns->lines, columns->shapes, bits);
	err = err == ERR_OK ? order_rows_in(columns, columns->shapes == NULL ? NULL : bits) : err;
	if (err == ERR_OK && memcmp(starts, columns->starts, count * sizeof(*starts)) != 0) {
		err = ERR_CORRUPT; /* the order and the shapes do not agree */
	}
	memcpy(columns->starts, starts, count * sizeof(*starts));
	if (err != ERR_OK) {
		free(TAKE(columns->which));
		free(TAKE(columns->ranks));
	}
	free(starts);
	free(bits);
	return err;
}

enum err block_columns_which(struct block_columns *columns, const uint32_t **out_rows) {
	TRY(use_rows(columns));
	if (columns->which == NULL) { /* shapes were enough so far */
		TRY(order_whole_shapes(columns));
	}
	*out_rows = columns->which;
	return ERR_OK;
}

uint32_t block_columns_joined_max(const struct block_columns *columns) {
	return MAX_OF((uint32_t)JOINED_MIN, columns->rows / JOINED_SHARE);
}

uint32_t block_columns_all(const struct block_columns *columns) {
	return columns->rows;
}

struct lines *block_columns_lines(const struct block_columns *columns) {
	return columns->lines;
}

enum err block_columns_times(const struct block_columns *columns, const int64_t **out_times) {
	return columns->times(columns->ctx, out_times);
}

/* ---- one shape ---- */

struct shape_rows block_columns_shape(const struct block_columns *columns, uint32_t shape) {
	struct shape_rows rows = {.shape = shape,
	                          .first = columns->starts[shape],
	                          .count = columns->starts[shape + 1] - columns->starts[shape]};
	if (columns->ranks != NULL && rows.count < lines_shape_rows(columns->lines, shape)) {
		rows.ranks = columns->ranks + rows.first;
	}
	layouts_of_shape(columns->layouts, shape, &rows.layouts_first, &rows.layouts);
	return rows;
}

enum err block_columns_part(struct block_columns *columns, uint32_t shape,
                            struct block_columns_part *out_part) {
	TRY(use_rows(columns));
	struct shape_rows rows = block_columns_shape(columns, shape);
	*out_part = (struct block_columns_part){rows.first, rows.count, rows.ranks};
	return ERR_OK;
}

static void make_scratch(struct block_columns *columns) {
	uint32_t most = 0;
	if (columns->codes != NULL) {
		return;
	}
	for (uint32_t i = 0; i < lines_shapes(columns->lines); i++) {
		most = MAX_OF(most, columns->starts[i + 1] - columns->starts[i]);
	}
	columns->numbers = new_array(most, sizeof(*columns->numbers));
	columns->codes = new_array(most, sizeof(*columns->codes));
	columns->some = new_array(2 * (size_t)most, sizeof(*columns->some));
}

/* Which of the shape's layouts each row has, into columns->numbers. */
static enum err use_numbers(struct block_columns *columns, const struct shape_rows *rows) {
	uint32_t shapes[256];
	uint32_t ranks[256];
	if (columns->numbers_shape == rows->shape) {
		return ERR_OK;
	}
	columns->numbers_shape = UINT32_MAX;
	for (uint32_t i = 0; i < rows->count; i += ARRAY_LEN(ranks)) {
		uint32_t count = MIN_OF(rows->count - i, (uint32_t)ARRAY_LEN(ranks));
		for (uint32_t k = 0; k < count; k++) {
			shapes[k] = rows->shape;
			ranks[k] = rows->ranks == NULL ? i + k : rows->ranks[i + k];
		}
		TRY(layouts_of(columns->layouts, shapes, ranks, count, columns->numbers + i));
	}
	for (uint32_t i = 0; i < rows->count; i++) {
		columns->numbers[i] -= rows->layouts_first;
	}
	columns->numbers_shape = rows->shape;
	return ERR_OK;
}

static bool same_place(struct lines_place a, struct lines_place b) {
	return a.where == b.where && a.slot == b.slot && a.at == b.at;
}

static uint8_t tag_of(const struct layout_item *item) {
	bool in_text = item->source == LAYOUT_PLACED || item->source == LAYOUT_FREE;
	return item->kind == VALUE_LIST && in_text ? BLOCK_COLUMN_ARRAY : item->kind;
}

static enum err find_piece(struct lines_coder *coder, const struct layout_item *item,
                           uint32_t shape, struct pieces *pieces, struct way *way) {
	struct lines_piece piece = {shape, item->from, item->to};
	bool can;
	for (uint32_t i = 0; i < pieces->count; i++) {
		if (same_place(pieces->items[i].from, item->from) &&
		    same_place(pieces->items[i].to, item->to) && pieces->tags[i] == tag_of(item)) {
			*way = (struct way){WAY_PIECE, i};
			return ERR_OK;
		}
	}
	TRY(lines_coder_can(coder, &piece, &can));
	if (can && pieces->count < PIECES_MAX) {
		pieces->items[pieces->count] = piece;
		pieces->tags[pieces->count] = tag_of(item);
		*way = (struct way){WAY_PIECE, pieces->count++};
	}
	return ERR_OK;
}

static enum err find_way(struct block_columns *columns, struct lines_coder *coder, uint32_t name,
                         const struct shape_rows *rows, uint32_t number, struct pieces *pieces,
                         struct way *out_way) {
	struct layout_item item;
	uint32_t index;
	*out_way = (struct way){WAY_NONE, 0};
	TRY(layouts_item(columns->layouts, rows->layouts_first + number, name, &item, &index));
	if (index == UINT32_MAX) {
		return ERR_OK;
	}
	*out_way = (struct way){WAY_ROW, index};
	if (item.source == LAYOUT_CONST) {
		out_way->kind = WAY_CODE;
		return lines_coder_value(coder, item.kind, item.bytes, &out_way->at);
	}
	return item.source == LAYOUT_PLACED ? find_piece(coder, &item, rows->shape, pieces, out_way)
	                                    : ERR_OK;
}

enum err block_columns_find(struct block_columns *columns, struct lines_coder *coder, uint32_t name,
                            const struct shape_rows *rows, struct pieces *pieces) {
	if (rows->layouts > columns->ways_cap) {
		columns->ways_cap = rows->layouts * 2;
		free(columns->ways);
		columns->ways = new_array(columns->ways_cap, sizeof(*columns->ways));
	}
	pieces->count = 0;
	for (uint32_t i = 0; i < rows->layouts; i++) {
		TRY(find_way(columns, coder, name, rows, i, pieces, &columns->ways[i]));
	}
	return ERR_OK;
}

/* The codes of those rows whose layout has the piece, into codes. */
static enum err code_piece(struct block_columns *columns, struct lines_coder *coder,
                           const struct shape_rows *rows, const struct pieces *pieces,
                           uint32_t number, uint32_t *codes) {
	const struct lines_piece *piece = &pieces->items[number];
	uint32_t *ranks = columns->some;
	uint32_t *found = columns->some + rows->count;
	uint32_t count = 0;
	for (uint32_t i = 0; i < rows->count; i++) {
		struct way way = columns->ways[columns->numbers[i]];
		if (way.kind == WAY_PIECE && way.at == number) {
			ranks[count++] = rows->ranks == NULL ? i : rows->ranks[i];
		}
	}
	bool all = count == lines_shape_rows(columns->lines, rows->shape);
	TRY(lines_coder_piece(coder, pieces->tags[number], piece, all ? NULL : ranks, count, found));
	count = 0;
	for (uint32_t i = 0; i < rows->count; i++) {
		struct way way = columns->ways[columns->numbers[i]];
		if (way.kind == WAY_PIECE && way.at == number) {
			if (found[count] == 0) {
				return ERR_CORRUPT;
			}
			codes[i] = found[count++];
		}
	}
	return ERR_OK;
}

static enum err add_hard(struct block_columns *columns, uint32_t name,
                         const struct shape_rows *rows, uint32_t i, uint32_t layout,
                         uint32_t item) {
	if (columns->hard.len / sizeof(struct hard) >= block_columns_joined_max(columns)) {
		return ERR_UNSUPPORTED;
	}
	struct hard hard = {.at = rows->first + i,
	                    .name = name,
	                    .shape = rows->shape,
	                    .rank = rows->ranks == NULL ? i : rows->ranks[i],
	                    .layout = rows->layouts_first + layout,
	                    .item = item};
	buf_append(&columns->hard, &hard, sizeof(hard));
	return ERR_OK;
}

/* Several layouts; codes into columns->codes. */
static enum err code_several(struct block_columns *columns, struct lines_coder *coder,
                             uint32_t name, const struct shape_rows *rows,
                             const struct pieces *pieces, struct shape_codes *out_codes) {
	uint32_t *codes = columns->codes;
	bool same = true;
	for (uint32_t i = 0; i < rows->layouts; i++) {
		struct way way = columns->ways[i];
		same = same && way.kind <= WAY_CODE && way.kind == columns->ways[0].kind &&
		       way.at == columns->ways[0].at;
	}
	if (same) {
		*out_codes = (struct shape_codes){true, columns->ways[0].at};
		return ERR_OK;
	}
	TRY(use_numbers(columns, rows));
	for (uint32_t i = 0; i < rows->count; i++) {
		struct way way = columns->ways[columns->numbers[i]];
		codes[i] = way.kind == WAY_CODE ? way.at : 0;
		if (way.kind == WAY_ROW) {
			TRY(add_hard(columns, name, rows, i, columns->numbers[i], way.at));
		}
	}
	for (uint32_t k = 0; k < pieces->count; k++) {
		TRY(code_piece(columns, coder, rows, pieces, k, codes));
	}
	*out_codes = (struct shape_codes){false, 0};
	return ERR_OK;
}

enum err block_columns_code(struct block_columns *columns, struct lines_coder *coder, uint32_t name,
                            const struct shape_rows *rows, const struct pieces *pieces,
                            struct shape_codes *out_codes) {
	make_scratch(columns);
	if (rows->layouts != 1) {
		return code_several(columns, coder, name, rows, pieces, out_codes);
	}
	struct way way = columns->ways[0];
	*out_codes = (struct shape_codes){true, way.kind == WAY_CODE ? way.at : 0};
	if (way.kind == WAY_PIECE) {
		out_codes->same = false;
		TRY(lines_coder_piece(coder, pieces->tags[0], &pieces->items[0], rows->ranks, rows->count,
		                      columns->codes));
		bool none = false;
		for (uint32_t i = 0; i < rows->count; i++) {
			none |= columns->codes[i] == 0;
		}
		if (none) {
			return ERR_CORRUPT;
		}
	}
	for (uint32_t i = 0; way.kind == WAY_ROW && i < rows->count; i++) {
		TRY(add_hard(columns, name, rows, i, 0, way.at));
	}
	return ERR_OK;
}

static enum err code_shape(struct block_columns *columns, struct lines_coder *coder, uint32_t name,
                           const struct shape_rows *rows, struct shape_codes *out_codes) {
	struct pieces pieces;
	TRY(block_columns_find(columns, coder, name, rows, &pieces));
	return block_columns_code(columns, coder, name, rows, &pieces, out_codes);
}

/* ---- rows that have to be put together ---- */

/* Who takes what they have. */
struct taker {
	struct lines_coder *(*coder)(void *ctx, uint32_t name); /* NULL: no longer */
	enum err (*take)(void *ctx, uint32_t name, uint32_t at, uint32_t code);
	enum err (*failed)(void *ctx, uint32_t name, enum err err); /* ERR_OK: go on */
	void *ctx;
};

static enum err find_hard_rows(struct block_columns *columns) {
	struct hard *hard = (struct hard *)(void *)columns->hard.ptr;
	size_t count = columns->hard.len / sizeof(*hard);
	CLEANUP(buf_deinit) struct buf rows = {0};
	CLEANUP(buf_deinit) struct buf ranks = {0};
	for (size_t i = 0; i < count;) {
		size_t end = i; /* one field in one shape: ranks ascend */
		buf_clear(&rows);
		buf_clear(&ranks);
		while (end < count && hard[end].shape == hard[i].shape && hard[end].name == hard[i].name) {
			buf_append(&ranks, &hard[end].rank, sizeof(hard[end].rank));
			end++;
		}
		TRY(lines_rows_of(columns->lines, hard[i].shape, (const uint32_t *)(void *)ranks.ptr,
		                  end - i, &rows));
		for (size_t k = i; k < end; k++) {
			hard[k].row = ((const uint32_t *)(void *)rows.ptr)[k - i];
		}
		i = end;
	}
	return ERR_OK;
}

static int compare_hard(const void *a, const void *b) {
	const struct hard *x = a;
	const struct hard *y = b;
	if (x->row != y->row) {
		return x->row < y->row ? -1 : 1;
	}
	return (x->name > y->name) - (x->name < y->name);
}

/* Where the value lies in the text of row i of joined. */
static enum err place_hard(struct block_columns *columns, const struct hard *hard,
                           const struct layout *layout, const struct lines_rows *joined, uint32_t i,
                           struct str *out_text) {
	const struct layout_item *item = &layout->items[hard->item];
	uint32_t len = joined->starts[i + 1] - joined->starts[i];
	uint32_t from;
	uint32_t to;
	if (item->source == LAYOUT_FREE) {
		uint32_t first;
		uint32_t ignored;
		TRY(layouts_starts(columns->layouts, &hard->shape, &hard->rank, 1, &first, &ignored));
		for (uint32_t k = 0; k < hard->item; k++) {
			first += layout->items[k].source == LAYOUT_FREE;
		}
		TRY(layouts_free_value(columns->layouts, hard->shape, first, &from, &to));
		if (__builtin_add_overflow(to, from, &to)) {
			return ERR_CORRUPT;
		}
	} else {
		TRY(lines_rows_offset(joined, i, item->from, &from));
		TRY(lines_rows_offset(joined, i, item->to, &to));
	}
	if (from > to || to > len) {
		return ERR_CORRUPT;
	}
	*out_text = str_make(joined->bytes.ptr + joined->starts[i] + from, to - from);
	return ERR_OK;
}

static enum err read_outside(struct block_columns *columns, const struct hard *hard,
                             const struct layout *layout, struct buf *out) {
	uint32_t ignored;
	uint32_t first;
	uint32_t len;
	TRY(layouts_starts(columns->layouts, &hard->shape, &hard->rank, 1, &ignored, &first));
	for (uint32_t k = 0; k < hard->item; k++) {
		first += layout->items[k].source == LAYOUT_OUTSIDE;
	}
	return layouts_outside(columns->layouts, first, 1, out, &len);
}

static enum err take_hard(struct block_columns *columns, const struct hard *hard,
                          const struct lines_rows *joined, uint32_t i, const struct taker *taker) {
	CLEANUP(buf_deinit) struct buf outside = {0};
	struct lines_coder *coder = taker->coder(taker->ctx, hard->name);
	const struct layout *layout;
	struct str text;
	uint32_t code;
	if (coder == NULL) {
		return ERR_OK;
	}
	TRY(layouts_get(columns->layouts, hard->layout, &layout));
	const struct layout_item *item = &layout->items[hard->item];
	if (item->source == LAYOUT_OUTSIDE) {
		TRY(read_outside(columns, hard, layout, &outside));
		text = outside.len == 0 ? STR("") : buf_str(&outside);
	} else {
		TRY(place_hard(columns, hard, layout, joined, i, &text));
	}
	enum err err = lines_coder_value(coder, tag_of(item), text, &code);
	return err == ERR_OK ? taker->take(taker->ctx, hard->name, hard->at, code)
	                     : taker->failed(taker->ctx, hard->name, err);
}

/* Values [first, end) of the list, of at most JOIN_ROWS rows. */
static enum err take_some(struct block_columns *columns, const struct hard *hard, size_t count,
                          const struct taker *taker) {
	struct lines_rows joined CLEANUP(lines_rows_deinit) = {0};
	uint32_t which[JOIN_ROWS];
	int64_t times[JOIN_ROWS];
	const int64_t *all_times;
	uint32_t rows = 0;
	TRY(columns->times(columns->ctx, &all_times));
	for (size_t i = 0; i < count; i++) {
		if (i == 0 || hard[i].row != hard[i - 1].row) {
			which[rows] = hard[i].row;
			times[rows++] = all_times[hard[i].row];
		}
	}
	TRY(lines_join_some(columns->lines, which, rows, times, JOIN_BYTES, &joined));
	uint32_t row = 0;
	for (size_t i = 0; i < count; i++) {
		row += i > 0 && hard[i].row != hard[i - 1].row;
		TRY(take_hard(columns, &hard[i], &joined, row, taker));
	}
	return ERR_OK;
}

static enum err take_all_hard(struct block_columns *columns, const struct taker *taker) {
	struct hard *hard = (struct hard *)(void *)columns->hard.ptr;
	size_t count = columns->hard.len / sizeof(*hard);
	if (count == 0) {
		return ERR_OK;
	}
	TRY(find_hard_rows(columns));
	qsort(hard, count, sizeof(*hard), compare_hard);
	for (size_t i = 0; i < count;) {
		size_t end = i;
		for (uint32_t rows = 0; end < count; end++) {
			rows += end == i || hard[end].row != hard[end - 1].row;
			if (rows > JOIN_ROWS) {
				break;
			}
		}
		TRY(take_some(columns, hard + i, end - i, taker));
		i = end;
	}
	return ERR_OK;
}

/* ---- one field ---- */

struct one_field {
	struct lines_coder *coder;
	uint32_t *codes;
};

static struct lines_coder *one_coder(void *ctx, uint32_t name) {
	(void)name;
	return ((const struct one_field *)ctx)->coder;
}

static enum err one_take(void *ctx, uint32_t name, uint32_t at, uint32_t code) {
	(void)name;
	((const struct one_field *)ctx)->codes[at] = code;
	return ERR_OK;
}

static enum err one_failed(void *ctx, uint32_t name, enum err err) {
	(void)ctx;
	(void)name;
	return err;
}

static enum err code_field(struct block_columns *columns, uint32_t name, struct lines_coder *coder,
                           uint32_t *codes) {
	for (uint32_t shape = 0; shape < lines_shapes(columns->lines); shape++) {
		struct shape_rows rows = block_columns_shape(columns, shape);
		struct shape_codes found;
		if (rows.count == 0) {
			continue;
		}
		TRY(code_shape(columns, coder, name, &rows, &found));
		if (!found.same) {
			memcpy(codes + rows.first, columns->codes, rows.count * sizeof(*codes));
			continue;
		}
		for (uint32_t i = 0; i < rows.count; i++) {
			codes[rows.first + i] = found.code;
		}
	}
	struct one_field field = {coder, codes};
	struct taker taker = {one_coder, one_take, one_failed, &field};
	return take_all_hard(columns, &taker);
}

enum err block_columns_codes(struct block_columns *columns, struct str field,
                             struct lines_coder *coder, uint32_t *codes) {
	uint32_t name = layouts_find_name(columns->layouts, field);
	uint32_t count;
	TRY(block_columns_rows(columns, &count));
	if (name == UINT32_MAX) {
		memset(codes, 0, count * sizeof(*codes));
		return ERR_OK;
	}
	buf_clear(&columns->hard);
	return code_field(columns, name, coder, codes);
}

/* ---- all fields, counted ---- */

static struct lines_coder *counter_coder(void *ctx, uint32_t name) {
	const struct block_counter *counter = ctx;
	return counter->coder(counter->ctx, name);
}

static enum err counter_take(void *ctx, uint32_t name, uint32_t at, uint32_t code) {
	const struct block_counter *counter = ctx;
	(void)at;
	counter->add_same(counter->ctx, name, code, 1);
	return ERR_OK;
}

static enum err counter_failed(void *ctx, uint32_t name, enum err err) {
	const struct block_counter *counter = ctx;
	if (err != ERR_LIMIT && err != ERR_UNSUPPORTED) {
		return err;
	}
	counter->give_up(counter->ctx, name);
	return ERR_OK;
}

static enum err count_field(struct block_columns *columns, const struct shape_rows *rows,
                            uint32_t name, const struct block_counter *counter) {
	struct lines_coder *coder = counter->coder(counter->ctx, name);
	struct shape_codes found;
	if (coder == NULL) {
		return ERR_OK;
	}
	size_t before = columns->hard.len;
	enum err err = code_shape(columns, coder, name, rows, &found);
	if (err != ERR_OK) {
		columns->hard.len = before;
		return counter_failed((void *)(uintptr_t)counter, name, err);
	}
	if (found.same) {
		counter->add_same(counter->ctx, name, found.code, rows->count);
	} else {
		counter->add(counter->ctx, name, columns->codes, rows->count);
	}
	return ERR_OK;
}

/* Each name of the shape's layouts once. */
static enum err count_shape(struct block_columns *columns, const struct shape_rows *rows,
                            uint32_t *seen, const struct block_counter *counter) {
	for (uint32_t i = 0; i < rows->layouts; i++) {
		const struct layout *layout;
		TRY(layouts_get(columns->layouts, rows->layouts_first + i, &layout));
		for (uint32_t k = 0; k < layout->count; k++) {
			uint32_t name = layout->items[k].name;
			if (seen[name] != rows->shape + 1) {
				seen[name] = rows->shape + 1;
				TRY(count_field(columns, rows, name, counter));
			}
		}
	}
	return ERR_OK;
}

enum err block_columns_count(struct block_columns *columns, const struct block_counter *counter) {
	const struct str *names;
	TRY(use_rows(columns));
	buf_clear(&columns->hard);
	uint32_t *seen = new_array(layouts_names(columns->layouts, &names), sizeof(*seen));
	enum err err = ERR_OK;
	for (uint32_t shape = 0; shape < lines_shapes(columns->lines) && err == ERR_OK; shape++) {
		struct shape_rows rows = block_columns_shape(columns, shape);
		if (rows.count > 0) {
			err = count_shape(columns, &rows, seen, counter);
		}
	}
	free(seen);
	TRY(err);
	struct taker taker = {counter_coder, counter_take, counter_failed, (void *)(uintptr_t)counter};
	return take_all_hard(columns, &taker);
}

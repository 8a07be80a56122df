/* What block_columns.c and block_strips.c share: where the rows of a shape have a field. */
#pragma once

#include "store/block_columns.h"

enum { PIECES_MAX = 32 /* places of a field in one shape, by its layouts */ };

enum way_kind { WAY_NONE, WAY_CODE, WAY_PIECE, WAY_ROW };

/* Where rows of one layout have the field. */
struct way {
	enum way_kind kind;
	uint32_t at; /* the code; the number of the piece; which item of the layout */
};

/* A value that only the row itself gives. */
struct hard {
	uint32_t row; /* of the block */
	uint32_t at;  /* among those that count */
	uint32_t name, shape, rank, layout, item;
};

struct block_columns {
	struct lines *lines;
	struct layouts *layouts;
	uint32_t rows; /* of the block */
	const bool *shapes;
	const uint64_t *bits;
	block_times_f times;
	void *ctx;
	bool sorted;
	enum err sorted_err;
	uint32_t *starts; /* of each shape among the rows that count, and the end */
	uint32_t *ranks;  /* of the rows that count; NULL: all count */
	uint32_t *which;  /* NULL: not known yet */
	/* scratch */
	struct way *ways;
	uint32_t ways_cap;
	uint32_t *numbers, *codes, *some; /* of the rows of one shape */
	uint32_t numbers_shape;           /* UINT32_MAX: none */
	struct buf hard;                  /* struct hard */
};

struct shape_rows {
	uint32_t shape;
	uint32_t first, count; /* among the rows that count */
	const uint32_t *ranks; /* NULL: all of them, in order */
	uint32_t layouts_first, layouts;
};

struct pieces { /* of the text that rows of a shape have as the field */
	struct lines_piece items[PIECES_MAX];
	uint8_t tags[PIECES_MAX];
	uint32_t count;
};

struct shape_codes {
	bool same; /* all rows have code */
	uint32_t code;
};

struct shape_rows block_columns_shape(const struct block_columns *columns, uint32_t shape);
/* Where each layout of the shape has the field: columns->ways, good until the next call, and
 * pieces. Constants are coded. ERR_CORRUPT; ERR_LIMIT of the coder. */
MUST_USE enum err block_columns_find(struct block_columns *columns, struct lines_coder *coder,
                                     uint32_t name, const struct shape_rows *rows,
                                     struct pieces *pieces);
/* Codes of a field in the rows of a shape, into columns->codes unless they are the same: right
 * after block_columns_find. Rows that have to be put together have code 0 and are remembered. */
MUST_USE enum err block_columns_code(struct block_columns *columns, struct lines_coder *coder,
                                     uint32_t name, const struct shape_rows *rows,
                                     const struct pieces *pieces, struct shape_codes *out_codes);

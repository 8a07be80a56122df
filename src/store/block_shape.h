/* Fields of all rows of one shape of a block, without the rows. Private to src/store.
 */
#pragma once

#include "store/block_columns.h"

/* What a row has in a field: BLOCK_SHAPE_NONE; BLOCK_SHAPE_ROW: only the row itself says it; a code
 * of the field's coder; or BLOCK_SHAPE_OUTSIDE, the kind of value, and the number of a string that
 * stands in no text. */
enum {
	BLOCK_SHAPE_NONE = 0,
	BLOCK_SHAPE_STRINGS_MAX = 1 << 26, /* of a shape; and where the kind stands in a code */
	BLOCK_SHAPE_KINDS = 16,
};
#define BLOCK_SHAPE_ROW UINT32_MAX
#define BLOCK_SHAPE_OUTSIDE ((uint32_t)1 << 31)

struct block_shape;
/* columns: of all rows of the block; borrowed, for one thread. */
struct block_shape *block_shape_new(struct block_columns *columns, struct lines *lines,
                                    struct layouts *layouts);
void block_shape_free(struct block_shape *shape); /* NULL is fine */
/* From here on it is about this shape. ERR_CORRUPT. */
MUST_USE enum err block_shape_begin(struct block_shape *shape, uint32_t number);
/* The same, about some of its rows alone: by rank, ascending (ranks are borrowed); there is one. */
MUST_USE enum err block_shape_begin_some(struct block_shape *shape, uint32_t number,
                                         const uint32_t *ranks, uint32_t count);
/* The layout that one of the rows has. ERR_CORRUPT. */
MUST_USE enum err block_shape_layout(struct block_shape *shape, uint32_t row,
                                     const struct layout **out_layout);
/* A field (its number in the layouts) of each row that it is about, in order of rank. coder is
 * always the same for a name. ERR_LIMIT, ERR_CORRUPT. */
MUST_USE enum err block_shape_codes(struct block_shape *shape, uint32_t name,
                                    struct lines_coder *coder, uint32_t *out_codes);
/* The text of a code with BLOCK_SHAPE_OUTSIDE, until the next shape; *out_kind: of the value. */
struct str block_shape_string(const struct block_shape *shape, uint32_t code,
                              enum value_kind *out_kind);

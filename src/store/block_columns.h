/* Fields of a block's rows as codes, without the rows: which of a few different values each row
 * has. Rows are in an order of their own: by shape, then by rank. Private to src/store.
 */
#pragma once

#include "codec/lines_codes.h"
#include "store/block.h"

/* Tags of coders are kinds of values (enum value_kind), or this: a list that stands in the text as
 * an array (list_text.h). */
enum { BLOCK_COLUMN_ARRAY = 16 };

/* Some rows of a block, of which fields are asked. */
struct block_columns;

/* Event times of all rows of the block; they live as long as ctx. */
typedef enum err (*block_times_f)(void *ctx, const int64_t **out_times);

/* Which rows count; borrowed. */
struct block_columns_rows {
	uint32_t all;         /* of the block */
	const bool *shapes;   /* those of these shapes; NULL: bits say it */
	const uint64_t *bits; /* base/bits.h; NULL: all */
};
/* lines and layouts must outlive it, and are used by one thread. times: asked when a row has to be
 * put together. */
struct block_columns *block_columns_new(struct lines *lines, struct layouts *layouts,
                                        const struct block_columns_rows *rows, block_times_f times,
                                        void *ctx);
void block_columns_free(struct block_columns *columns); /* NULL is fine */
/* How many rows count. ERR_CORRUPT. */
MUST_USE enum err block_columns_rows(struct block_columns *columns, uint32_t *out_rows);
/* The block's row of each, in the columns' order; borrowed. ERR_CORRUPT. */
MUST_USE enum err block_columns_which(struct block_columns *columns, const uint32_t **out_rows);
/* Those of a shape among the rows that count. */
struct block_columns_part {
	uint32_t first, count;
	const uint32_t *ranks; /* NULL: all of them, in order */
};
MUST_USE enum err block_columns_part(struct block_columns *columns, uint32_t shape,
                                     struct block_columns_part *out_part);
/* So many rows may be put together: more are better read as rows. */
uint32_t block_columns_joined_max(const struct block_columns *columns);
/* Of the block: its rows, their texts, and their event times (ERR_CORRUPT). */
uint32_t block_columns_all(const struct block_columns *columns);
struct lines *block_columns_lines(const struct block_columns *columns);
MUST_USE enum err block_columns_times(const struct block_columns *columns,
                                      const int64_t **out_times);
/* The codes of a field, one for each row that counts; 0: the row has none. ERR_UNSUPPORTED: too
 * many rows would have to be put together; ERR_LIMIT: of the coder; ERR_CORRUPT. */
MUST_USE enum err block_columns_codes(struct block_columns *columns, struct str field,
                                      struct lines_coder *coder, uint32_t *codes);

/* Who counts all fields at once. */
struct block_counter {
	void *ctx;
	/* NULL: the field is not counted, or no more. */
	struct lines_coder *(*coder)(void *ctx, uint32_t name);
	/* Some more rows have these codes of coder(name); 0: none. */
	void (*add)(void *ctx, uint32_t name, const uint32_t *codes, uint32_t count);
	/* So many more rows have this code. */
	void (*add_same)(void *ctx, uint32_t name, uint32_t code, uint32_t count);
	/* It cannot be counted: ERR_UNSUPPORTED, or ERR_LIMIT of its coder. */
	void (*give_up)(void *ctx, uint32_t name);
};
/* Counts the values of all fields that a row has. ERR_CORRUPT. */
MUST_USE enum err block_columns_count(struct block_columns *columns,
                                      const struct block_counter *counter);

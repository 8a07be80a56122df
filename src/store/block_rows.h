/* The rows of one batch on their way into a block, private to src/store: cut in a worker, kept with
 * the bytes they point into until the block is made, then compared with what the block gives back.
 */
#pragma once

#include "event/batch.h"
#include "store/block.h"

struct store_view;

struct block_rows {
	struct block_cut cut; /* until a draft takes it */
	struct buf raw, own;  /* what texts and bodies lie in; raw is empty while it is borrowed */
	const char *raw_at;
	uint32_t rows, kept;
	struct row_slice {
		uint32_t at; /* in raw; with ROW_SLICE_OWN in own */
		uint32_t len;
	} *texts, *bodies;      /* of all rows; of those whose body is kept beside the text */
	uint64_t *field_hashes; /* of each row */
	uint64_t bytes;         /* of texts and bodies */
};

/* own_text: of each row, its text is not its body (or it is one of a container). Raw bytes are
 * borrowed from the batch; its cut is taken, if it has one. */
struct block_rows *block_rows_from_batch(struct batch *batch, const uint8_t *own_text);
/* Takes raw, which is what the batch has lent. */
void block_rows_take_raw(struct block_rows *rows, struct buf *raw);
/* From a page that has a block already: everything is copied. ERR_CORRUPT, ERR_LIMIT. */
MUST_USE enum err block_rows_from_view(struct store_view *view, struct block_rows **out_rows);
void block_rows_free(struct block_rows *rows); /* NULL is fine */
/* What they weigh when it is to be decided which blocks are joined: bytes, and some for each row.
 */
uint64_t block_weight(uint64_t bytes, uint64_t rows);
/* Compares everything that views of count pages, which follow each other in their block, give with
 * their rows: texts and bodies to the byte, fields by their hashes. scratch is zero-initialised or
 * used before. ERR_CORRUPT with diag. */
MUST_USE enum err block_rows_check(struct block_rows *const *rows, struct store_view *const *views,
                                   uint32_t count, struct lines_rows *scratch, struct diag *diag);
/* The same of one page. */
MUST_USE enum err block_rows_check_page(struct block_rows *rows, struct store_view *view,
                                        struct diag *diag);

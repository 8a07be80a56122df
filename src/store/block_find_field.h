/* What block_find.c and block_find_field.c share. */
#pragma once

#include "expr/expr.h"
#include "store/block.h"

/* Rows of a block, by shape: those of one are [starts[shape], starts[shape + 1]). */
struct block_few {
	uint32_t *starts;
	uint32_t *ranks; /* ascending */
	uint32_t *rows;
};

struct block_finder {
	struct arena *arena;
	struct block *block;
	struct lines *lines;
	struct layouts *layouts; /* NULL until a test of a field is asked */
	uint32_t rows;
	size_t words; /* of a bitmap of rows */
	/* NULL, or of each shape whether its rows are asked for. What is said of others is not looked
	 * at. */
	const bool *wanted;
	const struct block_few *few; /* with wanted: what is said of other rows is not looked at */
	/* Of each shape, where a test of a field may answer for whole shapes; NULL: it may not. */
	bool *shapes;
	bool pass_known; /* exactly `pass` rows pass the test of a field that is asked */
	uint64_t pass;
	bool by_shapes; /* shapes has the answer, surely: all rows of a shape, or none */
};

/* Rows whose text may have all pieces of a test; NULL: nothing is said. *out_sure: rows that pass a
 * test of the text; NULL: of none is it known. */
MUST_USE enum err block_find_pieces(const struct block_finder *finder, const struct expr *expr,
                                    uint64_t **out_maybe, uint64_t **out_sure);
/* A test of a field; bits are only set, and none where the answer is that of whole shapes. */
MUST_USE enum err block_find_field(struct block_finder *finder, const struct expr *expr,
                                   uint64_t *maybe, uint64_t *sure);

/* What whole blocks of a scan say of fields, without their records: for who counts and sums. A
 * reduction is asked of a block when it is known of every page of it, or of pages beside each
 * other, which of their records match; one thread uses a block at a time.
 */
#pragma once

#include "base/err.h"
#include "event/value.h"

/* Matching records (of type data) of one block. */
struct store_block;

/* How many. */
MUST_USE enum err store_block_rows(struct store_block *block, uint64_t *out_rows);

struct store_count {
	struct value value; /* none: records without the field */
	uint64_t rows;
};
/* How often a field has which value, where the block keeps that: each value once. They live as long
 * as the block. ERR_NOT_FOUND: it does not. */
MUST_USE enum err store_block_counts(struct store_block *block, struct str field,
                                     const struct store_count **out_counts, size_t *out_count);

/* A field of all of them, in an order that all fields of the block share. */
struct store_codes {
	const uint32_t *codes;      /* of each record: its value */
	const struct value *values; /* the first: none. A value may stand there twice */
	uint32_t values_count;
};
/* They live as long as the block. ERR_UNSUPPORTED, ERR_LIMIT: not by columns; ERR_CORRUPT. */
MUST_USE enum err store_block_codes(struct store_block *block, struct str field,
                                    struct store_codes *out_codes);
/* Event times, in the same order. ERR_CORRUPT. */
MUST_USE enum err store_block_times(struct store_block *block, const int64_t **out_times);

/* What whole blocks of a scan say of fields, without their records: for who counts and sums. A
 * reduction is asked of a block when it is known of every page of it, or of pages beside each
 * other, which of their records match; one thread uses a block at a time.
 */
#pragma once

#include "base/err.h"
#include "event/value.h"

/* Matching records (of type data) of one block. */
struct store_block;
struct lines_coder; /* codec/lines_codes.h */

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
/* From here on the named groups of regex (regex_begins) are fields of the records, by what they
 * take of the text, as strings; a record that has a field of that name keeps it where the group
 * takes no part. Before a field is asked for. ERR_UNSUPPORTED, ERR_LIMIT: not by columns;
 * ERR_CORRUPT. */
struct regex;
MUST_USE enum err store_block_extract(struct store_block *block, const struct regex *regex);
/* Event times, in the same order. ERR_CORRUPT. */
MUST_USE enum err store_block_times(struct store_block *block, const int64_t **out_times);

/* ---- shape by shape, for who looks at each value once ---- */

enum store_strip_form {
	STORE_STRIP_CODES,     /* of values (store_strip_value); 0: the row has none */
	STORE_STRIP_DECIMALS,  /* numbers below 2^63 that are written without leading zeros */
	STORE_STRIP_ADDRESSES, /* numbers below 2^32 that are written as IPv4 addresses */
};
/* What some rows have in a field. */
struct store_strip {
	enum store_strip_form form;
	enum value_kind kind; /* of numbers */
	const uint64_t *numbers;
	const uint32_t *codes; /* the same value of the same kind has one code in all strips */
	const struct lines_coder *coder;
};
/* Codes are below so many; more with each strip. */
uint32_t store_strip_values(const struct store_strip *strip);
/* Borrowed, until the next strip. It is no list. */
struct value store_strip_value(const struct store_strip *strip, uint32_t code);
/* strips: of each field. Another error than ERR_OK ends it. */
typedef enum err (*store_strips_f)(void *ctx, const struct store_strip *strips, uint32_t rows);
/* Gives out all of them, some rows at a time, in no order that means anything. ERR_UNSUPPORTED: a
 * field cannot be had so; ERR_LIMIT, ERR_CORRUPT; then what was given out says nothing. */
MUST_USE enum err store_block_strips(struct store_block *block, const struct str *fields,
                                     size_t count, store_strips_f take, void *ctx);

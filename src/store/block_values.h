/* How often fields have which values in a block, for fields with few different ones: what counts by
 * such a field, or tests it, need not open the block's columns. Private to src/store.
 */
#pragma once

#include "expr/expr.h"
#include "store/block.h"
#include "store/columns.h"

/* ---- making ---- */

/* What else is known of the rows. */
struct block_values_facts {
	uint32_t rows;
	uint32_t own;         /* rows whose record is not of type data */
	bool own_fields;      /* some of these have fields: nothing is counted then */
	const int64_t *times; /* event times of all rows */
};
/* Appends the part of a block whose lines and layouts these are; nothing when it would not pay. */
void block_values_put(struct lines *lines, struct layouts *layouts,
                      const struct block_values_facts *facts, struct buf *out);

/* ---- reading ---- */

struct block_values;
/* bytes: what block_values_put appended; rows: of the block. ERR_CORRUPT. */
MUST_USE enum err block_values_open(struct str bytes, uint32_t rows,
                                    struct block_values **out_values);
void block_values_free(struct block_values *values); /* NULL is fine */
/* Memory held, in bytes. */
size_t block_values_bytes(const struct block_values *values);
/* Records of type data. */
uint64_t block_values_records(const struct block_values *values);
/* The values that a field has in records of type data, and last those without it, when there are
 * some: each value once; borrowed. False: it is not known. */
bool block_values_get(const struct block_values *values, struct str field,
                      const struct store_count **out_counts, size_t *out_count);

/* False: nothing is said of any field. */
bool block_values_known(const struct block_values *values);
/* The fields that are named, in their order, and what is said of one: as block_values_get gives it,
 * but 0 when its values are not kept. */
size_t block_values_fields(const struct block_values *values);
size_t block_values_field(const struct block_values *values, size_t i, struct str *out_name,
                          const struct store_count **out_counts);

enum block_verdict {
	BLOCK_NONE, /* no row matches */
	BLOCK_SOME, /* it is not known of all */
	BLOCK_ALL,  /* every row matches */
};
/* How many records of type data pass a test of a field. False: it is not known. */
bool block_values_pass(const struct block_values *values, const struct expr *test,
                       uint64_t *out_records);
/* What follows for a test (EXPR_TEST); block_judge.h takes whole filters. */
enum block_verdict block_values_judge(const struct block_values *values, const struct expr *test);

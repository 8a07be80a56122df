/* The fields of a block's records, shape by shape, without the records: for who looks at few fields
 * of many records, and at each value once. A shape is what records of one kind have in common
 * (docs/formats/shapes.md); a record is its shape and its rank among the records of that shape, in
 * the order of index. What comes of it is what store_view_row gives, or unknown.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "event/value.h"

struct store;
struct store_table;

/* The block that holds a record. One thread uses a table. ERR_UNSUPPORTED: records of the first
 * version of segments; ERR_NOT_FOUND, ERR_CORRUPT: who reads the records is told. */
MUST_USE enum err store_table_new(struct store *store, uint64_t index,
                                  struct store_table **out_table);
void store_table_free(struct store_table *table); /* NULL is fine */
/* Indices [*out_first, *out_first + *out_rows); records of all types. */
void store_table_range(const struct store_table *table, uint64_t *out_first, uint32_t *out_rows);
/* Names of all fields of the block; but for the built-in ones. They live as long as the table. */
uint32_t store_table_names(const struct store_table *table, const struct str **out_names);
uint32_t store_table_shapes(const struct store_table *table);
uint32_t store_table_shape_rows(const struct store_table *table, uint32_t shape);
/* Begins with a shape. ERR_CORRUPT. */
MUST_USE enum err store_table_begin(struct store_table *table, uint32_t shape);
/* Of a name, by its number: whether some record of the shape may have it. */
bool store_table_has(const struct store_table *table, uint32_t name);
/* What the records of the shape have in a field, by rank: 0: nothing; STORE_TABLE_UNKNOWN: only the
 * record says it; else a code. out_codes: room for all. ERR_LIMIT, ERR_CORRUPT. */
#define STORE_TABLE_UNKNOWN UINT32_MAX
/* Codes below this stand for the same value in all shapes, and are small. */
#define STORE_TABLE_SHARED ((uint32_t)1 << 31)
MUST_USE enum err store_table_codes(struct store_table *table, uint32_t name, uint32_t *out_codes);
/* The value of a code, until codes of this name, or a shape, are asked for. ERR_CORRUPT. */
MUST_USE enum err store_table_value(struct store_table *table, uint32_t name, uint32_t code,
                                    struct value *out_value);
/* Begins with some records of a shape alone, by rank, ascending; there is one. ranks is borrowed
 * until the next shape. ERR_CORRUPT. */
MUST_USE enum err store_table_begin_some(struct store_table *table, uint32_t shape,
                                         const uint32_t *ranks, uint32_t count);
/* The fields of number i of these, as store_view_row gives them; room for LIMIT_FIELDS_PER_RECORD.
 * They live until the next shape, names as long as the table. *out_known: false: only the record
 * says all of them. ERR_LIMIT, ERR_CORRUPT. */
struct row_field;
MUST_USE enum err store_table_fields(struct store_table *table, uint32_t i,
                                     struct row_field *out_fields, uint32_t *out_count,
                                     bool *out_known);
/* Of each record of the block, in the order of index, its place: its rank behind all records of the
 * shapes before its own. out_places: room for all. ERR_CORRUPT. */
MUST_USE enum err store_table_places(struct store_table *table, uint32_t *out_places);
/* Bytes of all texts, and of bodies that are not their record's text. */
uint64_t store_table_bytes(const struct store_table *table);
/* The block that holds a record will not be asked for again soon. */
void store_table_forget(struct store *store, uint64_t index);

/* ---- where records come from, without their bytes ---- */

struct store_view;
struct row;
/* Numbers in their files, of the records of a view that has all of its page (store_view_at). They
 * live as long as the view. ERR_CORRUPT, ERR_LIMIT. */
MUST_USE enum err store_view_numbers(struct store_view *view, const int64_t **out_numbers);
/* As store_view_row, but without text, body, fields, number, offset and time of receiving. */
MUST_USE enum err store_view_row_place(struct store_view *view, uint32_t row, struct row *out_row);
/* Only the fields of a row, as store_view_row gives them. */
MUST_USE enum err store_view_row_fields(struct store_view *view, uint32_t row,
                                        const struct row_field **out_fields, size_t *out_count);

/* A column: one field over the rows of one page, in the cheapest of three forms. Borrowed from
 * the page that decoded it. Predicates work on distinct values and broadcast.
 */
#pragma once

#include "event/value.h"

enum column_kind {
	COLUMN_CONST, /* values[0] for every row (VALUE_NONE: the field is absent in this page) */
	COLUMN_DICT,  /* values[codes[row]]; values[0] may be VALUE_NONE */
	COLUMN_FLAT,  /* values[row] */
};

struct column {
	enum column_kind kind;
	uint32_t rows;
	uint32_t values_count;
	const struct value *values;
	const uint16_t *codes; /* COLUMN_DICT */
};

static inline struct value column_get(const struct column *column, uint32_t row) {
	switch (column->kind) {
	case COLUMN_CONST:
		return column->values[0];
	case COLUMN_DICT:
		return column->values[column->codes[row]];
	case COLUMN_FLAT:
	default:
		return column->values[row];
	}
}

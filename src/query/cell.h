/* Private to src/query: what an expression gives for a row (where.h), and how such values are read,
 * compared and given back as values of fields.
 */
#pragma once

#include "base/arena.h"
#include "event/value.h"
#include "expr/compare.h"

enum cell_kind { CELL_NONE, CELL_BOOL, CELL_INTEGER, CELL_REAL, CELL_TEXT, CELL_LIST };

struct cell {
	enum cell_kind kind;
	enum value_kind origin; /* of the field that it was read from; VALUE_NONE: computed */
	union {
		bool boolean;
		int64_t integer;
		double real;
	};
	struct str text; /* TEXT, LIST (packed); others: as it was written, in a
	                  * field or in the query; empty when computed */
};

enum cell_compare { CELL_EQ, CELL_NE, CELL_LT, CELL_LE, CELL_GT, CELL_GE };

static inline struct cell cell_none(void) {
	return (struct cell){.kind = CELL_NONE};
}
static inline struct cell cell_bool(bool value) {
	return (struct cell){.kind = CELL_BOOL, .boolean = value};
}
static inline struct cell cell_integer(int64_t value) {
	return (struct cell){.kind = CELL_INTEGER, .integer = value};
}
/* A text, also where it looks like a number; borrowed. */
static inline struct cell cell_string(struct str text) {
	return (struct cell){.kind = CELL_TEXT, .text = text};
}
/* What is no number (infinite, not a number) is absent; a whole one that fits is an integer. */
struct cell cell_real(double value);

/* Reads a field's value: texts that are numbers count as numbers. Borrowed. */
struct cell cell_of(struct value value);
/* As a condition: false for what is absent, 0, empty. */
bool cell_true(struct cell cell);
static inline bool cell_is_number(struct cell cell) {
	return cell.kind == CELL_INTEGER || cell.kind == CELL_REAL;
}
double cell_as_real(struct cell number);
/* As written; computed numbers as results show them. The text lives in scratch or is borrowed. */
struct str cell_text(struct arena *scratch, struct cell cell);
/* As the value of a field: what was read from one keeps its kind and its text, numbers of the query
 * are as computed ones. */
struct value cell_value(struct arena *scratch, struct cell cell);
struct scalar cell_scalar(struct cell cell);
/* What is absent makes every comparison false. A list compares as one of its elements does; != only
 * when none is equal. Texts without case. */
bool cell_compare(enum cell_compare compare, struct cell left, struct cell right);

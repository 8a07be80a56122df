/* Reading, comparing and writing what expressions compute with. */
#include "query/cell.h"

#include <math.h>

#include "query/number.h"

static struct cell read_single(struct str text, enum value_kind kind) {
	struct scalar scalar = scalar_read(text);
	struct cell cell = {.kind = CELL_TEXT, .origin = kind, .text = text};
	if (scalar.kind == SCALAR_INTEGER) {
		cell.kind = CELL_INTEGER;
		cell.integer = scalar.integer;
	} else if (scalar.kind == SCALAR_REAL) {
		cell.kind = CELL_REAL;
		cell.real = scalar.real;
	} else if (kind == VALUE_BOOL) {
		cell.kind = CELL_BOOL;
		cell.boolean = str_eq(text, STR("true"));
	}
	return cell;
}

struct cell cell_of(struct value value) {
	if (value.kind == VALUE_NONE) {
		return cell_none();
	}
	if (value.kind == VALUE_LIST) {
		return (struct cell){.kind = CELL_LIST, .origin = VALUE_LIST, .text = value.text};
	}
	return read_single(value.text, value.kind);
}

struct cell cell_real(double value) {
	if (!isfinite(value)) {
		return cell_none();
	}
	if (fabs(value) < 9007199254740992.0 && value == (double)(int64_t)value) { /* 2^53 */
		return cell_integer((int64_t)value);
	}
	return (struct cell){.kind = CELL_REAL, .real = value};
}

bool cell_true(struct cell cell) {
	switch (cell.kind) {
	case CELL_BOOL:
		return cell.boolean;
	case CELL_INTEGER:
		return cell.integer != 0;
	case CELL_REAL:
		return cell.real != 0;
	case CELL_TEXT:
	case CELL_LIST:
		return cell.text.len > 0;
	case CELL_NONE:
	default:
		return false;
	}
}

double cell_as_real(struct cell number) {
	ASSERT(cell_is_number(number));
	return number.kind == CELL_INTEGER ? (double)number.integer : number.real;
}

struct str cell_text(struct arena *scratch, struct cell cell) {
	CLEANUP(buf_deinit) struct buf out = {0};
	if (cell.text.len > 0 || cell.kind == CELL_TEXT || cell.kind == CELL_LIST) {
		return cell.text;
	}
	if (cell.kind == CELL_INTEGER) {
		buf_append_i64(&out, cell.integer);
	} else if (cell.kind == CELL_REAL) {
		number_append(&out, cell.real);
	} else if (cell.kind == CELL_BOOL) {
		return cell.boolean ? STR("true") : STR("false");
	}
	return arena_str(scratch, buf_str(&out));
}

struct value cell_value(struct arena *scratch, struct cell cell) {
	static const enum value_kind kinds[] = {
	    [CELL_NONE] = VALUE_NONE,   [CELL_BOOL] = VALUE_BOOL,   [CELL_INTEGER] = VALUE_NUMBER,
	    [CELL_REAL] = VALUE_NUMBER, [CELL_TEXT] = VALUE_STRING, [CELL_LIST] = VALUE_LIST};
	enum value_kind kind = cell.origin != VALUE_NONE ? cell.origin : kinds[cell.kind];
	if (cell_is_number(cell) && cell.origin == VALUE_NONE) {
		cell.text = STR(""); /* 1.50 of the query itself */
	}
	return kind == VALUE_NONE ? VALUE_ABSENT : (struct value){kind, cell_text(scratch, cell)};
}

/* ---- comparing ---- */

struct scalar cell_scalar(struct cell cell) {
	switch (cell.kind) {
	case CELL_INTEGER:
		return (struct scalar){.kind = SCALAR_INTEGER, .integer = cell.integer};
	case CELL_REAL:
		return (struct scalar){.kind = SCALAR_REAL, .real = cell.real};
	case CELL_BOOL:
		return (struct scalar){.kind = SCALAR_TEXT,
		                       .text = cell.boolean ? STR("true") : STR("false")};
	case CELL_NONE:
	case CELL_TEXT:
	case CELL_LIST:
	default:
		return scalar_read(cell.text);
	}
}

static bool compare_single(enum cell_compare compare, struct cell left, struct cell right) {
	if (left.kind == CELL_NONE || right.kind == CELL_NONE) {
		return false;
	}
	struct scalar a = cell_scalar(left);
	struct scalar b = cell_scalar(right);
	if (!scalar_comparable(&a, &b)) {
		return compare == CELL_NE;
	}
	int order = scalar_order_nocase(&a, &b);
	switch (compare) {
	case CELL_EQ:
		return order == 0;
	case CELL_NE:
		return order != 0;
	case CELL_LT:
		return order < 0;
	case CELL_LE:
		return order <= 0;
	case CELL_GT:
		return order > 0;
	case CELL_GE:
	default:
		return order >= 0;
	}
}

/* right may be a list, too. */
static bool compare_list(enum cell_compare compare, struct str list, struct cell right) {
	size_t at = 0;
	struct value element;
	bool unequal = compare == CELL_NE;
	while (value_list_next(list, &at, &element)) {
		if (cell_compare(unequal ? CELL_EQ : compare, cell_of(element), right)) {
			return !unequal;
		}
	}
	return unequal && right.kind != CELL_NONE;
}

bool cell_compare(enum cell_compare compare, struct cell left, struct cell right) {
	static const enum cell_compare mirrored[] = {
	    [CELL_EQ] = CELL_EQ, [CELL_NE] = CELL_NE, [CELL_LT] = CELL_GT,
	    [CELL_LE] = CELL_GE, [CELL_GT] = CELL_LT, [CELL_GE] = CELL_LE};
	if (left.kind == CELL_LIST) {
		return compare_list(compare, left.text, right);
	}
	if (right.kind == CELL_LIST) {
		return compare_list(mirrored[compare], right.text, left);
	}
	return compare_single(compare, left, right);
}

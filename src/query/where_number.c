/* Functions of numbers. What is no number, and what has no finite result, gives nothing. */
#include <math.h>

#include "query/number.h"
#include "query/where.h"

typedef double real_function(double);

static enum err apply(real_function *function, struct cell number, struct cell *out_cell) {
	*out_cell = cell_is_number(number) ? cell_real(function(cell_as_real(number))) : cell_none();
	return ERR_OK;
}

static enum err call_abs(const struct where_call *call, const struct cell *arguments, size_t count,
                         struct cell *out_cell) {
	(void)call;
	(void)count;
	if (arguments[0].kind == CELL_INTEGER && arguments[0].integer != INT64_MIN) {
		int64_t number = arguments[0].integer;
		*out_cell = cell_integer(number < 0 ? -number : number);
		return ERR_OK;
	}
	return apply(fabs, arguments[0], out_cell);
}

/* Half away from zero, as people round. */
static enum err call_round(const struct where_call *call, const struct cell *arguments,
                           size_t count, struct cell *out_cell) {
	(void)call;
	struct cell digits = count > 1 ? arguments[1] : cell_integer(0);
	*out_cell = cell_none();
	if (!cell_is_number(arguments[0]) || digits.kind != CELL_INTEGER) {
		return ERR_OK;
	}
	if (digits.integer == 0 && arguments[0].kind == CELL_REAL) {
		*out_cell = cell_real(round(arguments[0].real));
		return ERR_OK;
	}
	if (digits.integer >= 0 && arguments[0].kind == CELL_INTEGER) {
		*out_cell = cell_integer(arguments[0].integer);
		return ERR_OK;
	}
	/* Powers of ten up to 10^22 are exact; by division 0.1 is the nearest to one tenth. */
	double power = pow(10, (double)MIN_OF(llabs(digits.integer), 22LL));
	double number = cell_as_real(arguments[0]);
	double rounded = digits.integer < 0                          ? round(number / power) * power
	                 : fabs(number) > 9007199254740992.0 / power ? number /* has no such digits */
	                                                             : round(number * power) / power;
	*out_cell = cell_real(rounded);
	return ERR_OK;
}

static enum err call_floor(const struct where_call *call, const struct cell *arguments,
                           size_t count, struct cell *out_cell) {
	(void)call;
	(void)count;
	if (arguments[0].kind == CELL_INTEGER) {
		*out_cell = cell_integer(arguments[0].integer);
		return ERR_OK;
	}
	return apply(floor, arguments[0], out_cell);
}

static enum err call_ceil(const struct where_call *call, const struct cell *arguments, size_t count,
                          struct cell *out_cell) {
	(void)call;
	(void)count;
	if (arguments[0].kind == CELL_INTEGER) {
		*out_cell = cell_integer(arguments[0].integer);
		return ERR_OK;
	}
	return apply(ceil, arguments[0], out_cell);
}

static enum err call_sqrt(const struct where_call *call, const struct cell *arguments, size_t count,
                          struct cell *out_cell) {
	(void)call;
	(void)count;
	return apply(sqrt, arguments[0], out_cell);
}

static enum err call_exp(const struct where_call *call, const struct cell *arguments, size_t count,
                         struct cell *out_cell) {
	(void)call;
	(void)count;
	return apply(exp, arguments[0], out_cell);
}

static enum err call_ln(const struct where_call *call, const struct cell *arguments, size_t count,
                        struct cell *out_cell) {
	(void)call;
	(void)count;
	return apply(log, arguments[0], out_cell);
}

/* 2 and 10 by functions of their own, which are exact for their powers. */
static enum err call_log(const struct where_call *call, const struct cell *arguments, size_t count,
                         struct cell *out_cell) {
	(void)call;
	struct cell base = count > 1 ? arguments[1] : cell_integer(10);
	*out_cell = cell_none();
	if (!cell_is_number(base) || !cell_is_number(arguments[0])) {
		return ERR_OK;
	}
	double number = cell_as_real(arguments[0]);
	double by = cell_as_real(base);
	if (number > 0 && by > 0 && by != 1) {
		*out_cell = cell_real(by == 10  ? log10(number)
		                      : by == 2 ? log2(number)
		                                : log(number) / log(by));
	}
	return ERR_OK;
}

/* Exact for whole numbers as long as they fit. */
static bool power_of_integers(int64_t base, int64_t exponent, int64_t *out) {
	*out = 1;
	for (int64_t i = 0; i < exponent; i++) {
		if (exponent > 64 || __builtin_mul_overflow(*out, base, out)) {
			return false;
		}
	}
	return exponent >= 0;
}

static enum err call_pow(const struct where_call *call, const struct cell *arguments, size_t count,
                         struct cell *out_cell) {
	int64_t power;
	(void)call;
	(void)count;
	*out_cell = cell_none();
	if (!cell_is_number(arguments[0]) || !cell_is_number(arguments[1])) {
		return ERR_OK;
	}
	if (arguments[0].kind == CELL_INTEGER && arguments[1].kind == CELL_INTEGER &&
	    power_of_integers(arguments[0].integer, arguments[1].integer, &power)) {
		*out_cell = cell_integer(power);
	} else {
		*out_cell = cell_real(pow(cell_as_real(arguments[0]), cell_as_real(arguments[1])));
	}
	return ERR_OK;
}

static void take_better(struct cell *best, struct cell other, int sign) {
	struct scalar a = cell_scalar(*best);
	struct scalar b = cell_scalar(other);
	if (other.kind != CELL_NONE && (best->kind == CELL_NONE || scalar_order(&b, &a) * sign > 0)) {
		*best = other;
	}
}

/* The best by the order of values, of lists by that of their elements; what is absent counts for
 * nothing. */
static enum err best(const struct cell *arguments, size_t count, int sign, struct cell *out_cell) {
	*out_cell = cell_none();
	for (size_t i = 0; i < count; i++) {
		size_t at = 0;
		struct value element;
		if (arguments[i].kind != CELL_LIST) {
			take_better(out_cell, arguments[i], sign);
			continue;
		}
		while (value_list_next(arguments[i].text, &at, &element)) {
			take_better(out_cell, cell_of(element), sign);
		}
	}
	return ERR_OK;
}

static enum err call_min(const struct where_call *call, const struct cell *arguments, size_t count,
                         struct cell *out_cell) {
	(void)call;
	return best(arguments, count, -1, out_cell);
}

static enum err call_max(const struct where_call *call, const struct cell *arguments, size_t count,
                         struct cell *out_cell) {
	(void)call;
	return best(arguments, count, 1, out_cell);
}

static int digit_of(char c) {
	c = char_lower(c);
	return char_is_digit(c) ? c - '0' : c >= 'a' && c <= 'z' ? c - 'a' + 10 : 99;
}

/* Digits of a base from 2 to 36, as 0x1f for 16, too. */
static bool read_base(struct str text, int64_t base, int64_t *out_number) {
	bool negative = text.len > 0 && text.ptr[0] == '-';
	size_t at = negative;
	int64_t number = 0;
	if (base == 16 && text.len >= at + 2 && text.ptr[at] == '0' &&
	    char_lower(text.ptr[at + 1]) == 'x') {
		at += 2;
	}
	if (at == text.len || base < 2 || base > 36) {
		return false;
	}
	for (; at < text.len; at++) {
		int digit = digit_of(text.ptr[at]);
		if (digit >= base || __builtin_mul_overflow(number, base, &number) ||
		    __builtin_add_overflow(number, (int64_t)digit, &number)) {
			return false;
		}
	}
	*out_number = negative ? -number : number;
	return true;
}

static enum err call_tonumber(const struct where_call *call, const struct cell *arguments,
                              size_t count, struct cell *out_cell) {
	int64_t number;
	struct str text = str_trim(cell_text(call->scratch, arguments[0]));
	*out_cell = cell_none();
	if (arguments[0].kind == CELL_NONE || arguments[0].kind == CELL_LIST) {
		return ERR_OK;
	}
	if (count > 1) {
		bool fits =
		    arguments[1].kind == CELL_INTEGER && read_base(text, arguments[1].integer, &number);
		*out_cell = fits ? cell_integer(number) : cell_none();
		return ERR_OK;
	}
	struct cell cell = cell_of(value_string(text));
	if (cell_is_number(cell)) {
		*out_cell = cell.kind == CELL_INTEGER ? cell_integer(cell.integer) : cell_real(cell.real);
	} else if (arguments[0].kind == CELL_BOOL) {
		*out_cell = cell_integer(arguments[0].boolean);
	}
	return ERR_OK;
}

static const char *tonumber_objection(size_t i, struct cell literal) {
	bool fine =
	    i != 1 || (literal.kind == CELL_INTEGER && literal.integer >= 2 && literal.integer <= 36);
	return fine ? NULL : "a base from 2 to 36";
}

static const char *round_objection(size_t i, struct cell literal) {
	return i != 1 || literal.kind == CELL_INTEGER ? NULL : "a whole number of digits";
}

static const struct where_function table[] = {
    {STR_INIT("abs"), STR_INIT("abs(N)"), STR_INIT("without its sign"), 1, 1, call_abs, NULL},
    {STR_INIT("round"), STR_INIT("round(N[, DIGITS])"), STR_INIT("half away from zero"), 1, 2,
     call_round, round_objection},
    {STR_INIT("floor"), STR_INIT("floor(N)"), STR_INIT("the whole number below"), 1, 1, call_floor,
     NULL},
    {STR_INIT("ceil"), STR_INIT("ceil(N)"), STR_INIT("the whole number above"), 1, 1, call_ceil,
     NULL},
    {STR_INIT("sqrt"), STR_INIT("sqrt(N)"), STR_INIT("square root"), 1, 1, call_sqrt, NULL},
    {STR_INIT("pow"), STR_INIT("pow(N, M)"), STR_INIT("N to the power of M"), 2, 2, call_pow, NULL},
    {STR_INIT("exp"), STR_INIT("exp(N)"), STR_INIT("e to the power of N"), 1, 1, call_exp, NULL},
    {STR_INIT("ln"), STR_INIT("ln(N)"), STR_INIT("natural logarithm"), 1, 1, call_ln, NULL},
    {STR_INIT("log"), STR_INIT("log(N[, BASE])"), STR_INIT("logarithm, base 10 by default"), 1, 2,
     call_log, NULL},
    {STR_INIT("min"), STR_INIT("min(A, B, ...)"), STR_INIT("the least of those that are there"), 1,
     WHERE_ARGUMENTS_MAX, call_min, NULL},
    {STR_INIT("max"), STR_INIT("max(A, B, ...)"), STR_INIT("the greatest of those that are there"),
     1, WHERE_ARGUMENTS_MAX, call_max, NULL},
    {STR_INIT("tonumber"), STR_INIT("tonumber(TEXT[, BASE])"),
     STR_INIT("the number that it writes"), 1, 2, call_tonumber, tonumber_objection},
};

size_t where_number_functions(const struct where_function **out_functions) {
	*out_functions = table;
	return ARRAY_LEN(table);
}

/* Atoms matched one by one: literals through needles and wildcards, all else through compare.h and
 * PCRE2. Right before fast: expr/many.h is checked against this. */
#include "expr/atom.h"

#include "base/instant.h"
#include "base/limits.h"
#include "expr/compare.h"
#include "expr/needle.h"
#include "expr/regex.h"
#include "expr/wildcard.h"

struct atom_test {
	struct atom atom;
	struct needle needle;     /* EQUALS, CONTAINS without case */
	struct wildcard wildcard; /* WILDCARD; STARTS, ENDS without case */
	struct regex *regex;
	struct network network;
	struct scalar number; /* COMPARE, TIME */
};

static const char *const kind_names[ATOM_KIND_COUNT] = {
    [ATOM_EQUALS] = "equals",
    [ATOM_CONTAINS] = "contains",
    [ATOM_STARTS] = "starts with",
    [ATOM_ENDS] = "ends with",
    [ATOM_WILDCARD] = "is like",
    [ATOM_REGEX] = "matches",
    [ATOM_CIDR] = "is in",
    [ATOM_COMPARE] = "",
    [ATOM_EXISTS] = "is there",
    [ATOM_NULL] = "is not there",
    [ATOM_FIELD] = "",
    [ATOM_TIME] = "",
};
static const char *const op_names[ATOM_OP_COUNT] = {
    [ATOM_EQ] = "=", [ATOM_LT] = "<", [ATOM_LTE] = "<=", [ATOM_GT] = ">", [ATOM_GTE] = ">=",
};
static const char *const part_names[ATOM_PART_COUNT] = {
    [ATOM_MINUTE] = "minute", [ATOM_HOUR] = "hour",   [ATOM_DAY] = "day",
    [ATOM_WEEK] = "week",     [ATOM_MONTH] = "month", [ATOM_YEAR] = "year",
};

/* ---- descriptions ---- */

bool atom_eq(const struct atom *a, const struct atom *b) {
	return a->kind == b->kind && a->flags == b->flags && a->op == b->op && a->part == b->part &&
	       a->relation == b->relation && str_eq(a->field, b->field) && str_eq(a->text, b->text);
}

void atom_append_key(struct buf *out, const struct atom *atom) {
	const char head[] = {(char)atom->kind, (char)atom->flags, (char)atom->op, (char)atom->part,
	                     (char)atom->relation};
	buf_append(out, head, sizeof(head));
	buf_append_u64(out, atom->field.len);
	buf_append_char(out, ':');
	buf_append_str(out, atom->field);
	buf_append_str(out, atom->text);
}

static void append_flags(struct buf *out, unsigned flags) {
	static const struct {
		unsigned flag;
		const char *name;
	} rows[] = {{ATOM_CASED, " (cased)"},
	            {ATOM_CASELESS, " (any case)"},
	            {ATOM_MULTILINE, " (many lines)"},
	            {ATOM_DOTALL, " (dot is any)"}};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if ((flags & rows[i].flag) != 0) {
			buf_append_str(out, str_from(rows[i].name));
		}
	}
}

void atom_append_text(struct buf *out, const struct atom *atom) {
	buf_append_str(out, atom->field.len == 0 ? STR("any value") : atom->field);
	buf_append_char(out, ' ');
	switch (atom->kind) {
	case ATOM_EXISTS:
	case ATOM_NULL:
		buf_append_str(out, str_from(kind_names[atom->kind]));
		return;
	case ATOM_COMPARE:
		buf_printf(out, "%s %.*s", op_names[atom->op], STR_ARG(atom->text));
		return;
	case ATOM_TIME:
		buf_printf(out, "%s %s %.*s", part_names[atom->part], op_names[atom->op],
		           STR_ARG(atom->text));
		return;
	case ATOM_FIELD:
		buf_printf(out, "%s field %.*s", kind_names[atom->relation], STR_ARG(atom->text));
		append_flags(out, atom->flags);
		return;
	case ATOM_EQUALS:
	case ATOM_CONTAINS:
	case ATOM_STARTS:
	case ATOM_ENDS:
	case ATOM_WILDCARD:
	case ATOM_REGEX:
	case ATOM_CIDR:
	case ATOM_KIND_COUNT:
	default:
		buf_append_str(out, str_from(kind_names[atom->kind]));
		buf_append_char(out, ' ');
		buf_append_json(out, atom->text);
		append_flags(out, atom->flags);
	}
}

/* ---- making a test ---- */

/* The wildcard of STARTS and ENDS. */
static void init_wildcard(struct atom_test *test, struct arena *arena) {
	const struct atom *atom = &test->atom;
	struct buf pattern = {0};
	if (atom->kind == ATOM_ENDS) {
		buf_append_char(&pattern, '*');
	}
	for (size_t i = 0; i < atom->text.len; i++) {
		char c = atom->text.ptr[i];
		if (atom->kind != ATOM_WILDCARD && (c == '*' || c == '?' || c == '\\')) {
			buf_append_char(&pattern, '\\');
		}
		buf_append_char(&pattern, c);
	}
	if (atom->kind == ATOM_STARTS) {
		buf_append_char(&pattern, '*');
	}
	if ((atom->flags & ATOM_CASED) != 0) {
		wildcard_init_cased(&test->wildcard, arena, buf_str(&pattern));
	} else {
		wildcard_init(&test->wildcard, arena, buf_str(&pattern));
	}
	buf_deinit(&pattern);
}

static enum err init_regex(struct atom_test *test, struct diag *diag) {
	unsigned flags = test->atom.flags;
	return regex_new_plain(test->atom.text,
	                       ((flags & ATOM_CASELESS) != 0 ? REGEX_CASELESS : 0u) |
	                           ((flags & ATOM_MULTILINE) != 0 ? REGEX_MULTILINE : 0u) |
	                           ((flags & ATOM_DOTALL) != 0 ? REGEX_DOTALL : 0u),
	                       &test->regex, diag);
}

static bool is_number(const struct scalar *scalar) {
	return scalar->kind == SCALAR_INTEGER || scalar->kind == SCALAR_REAL;
}

static enum err init(struct atom_test *test, struct arena *arena, struct diag *diag) {
	struct str text = test->atom.text;
	switch (test->atom.kind) {
	case ATOM_EQUALS:
	case ATOM_CONTAINS:
		needle_init(&test->needle, arena, text, false, false);
		return ERR_OK;
	case ATOM_STARTS:
	case ATOM_ENDS:
	case ATOM_WILDCARD:
		init_wildcard(test, arena);
		return ERR_OK;
	case ATOM_REGEX:
		return init_regex(test, diag);
	case ATOM_CIDR:
		return network_parse(text, &test->network)
		           ? ERR_OK
		           : diag_set_at(diag, ERR_INVALID, 0, text.len,
		                         "this is not a network in CIDR notation");
	case ATOM_COMPARE:
	case ATOM_TIME:
		test->number = scalar_read(text);
		return is_number(&test->number)
		           ? ERR_OK
		           : diag_set_at(diag, ERR_INVALID, 0, text.len, "this is not a number");
	case ATOM_EXISTS:
	case ATOM_NULL:
	case ATOM_FIELD:
	case ATOM_KIND_COUNT:
	default:
		return ERR_OK;
	}
}

enum err atom_test_new(struct arena *arena, const struct atom *atom, struct atom_test **out_test,
                       struct diag *diag) {
	ASSERT(atom->kind < ATOM_KIND_COUNT);
	if (atom->text.len > LIMIT_ATOM_TEXT) {
		return diag_set(diag, ERR_LIMIT, "longer than %zu bytes", LIMIT_ATOM_TEXT);
	}
	struct atom_test *test = ARENA_NEW(arena, struct atom_test);
	test->atom = *atom;
	test->atom.field = arena_str(arena, atom->field);
	test->atom.text = arena_str(arena, atom->text);
	TRY(init(test, arena, diag));
	*out_test = test;
	return ERR_OK;
}

void atom_test_deinit(struct atom_test *test) {
	if (test != NULL) {
		regex_free(test->regex);
		test->regex = NULL;
	}
}

const struct atom *atom_test_atom(const struct atom_test *test) {
	return &test->atom;
}

void atom_run_deinit(struct atom_run *run) {
	regex_run_free(run->regex);
	*run = (struct atom_run){0};
}

/* ---- matching ---- */

static bool stands(enum atom_op op, int order) {
	switch (op) {
	case ATOM_LT:
		return order < 0;
	case ATOM_LTE:
		return order <= 0;
	case ATOM_GT:
		return order > 0;
	case ATOM_GTE:
		return order >= 0;
	case ATOM_EQ:
	case ATOM_OP_COUNT:
	default:
		return order == 0;
	}
}

static bool is_leap(int32_t year) {
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int32_t day_of_year(const struct civil *civil) {
	static const int32_t before[12] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
	return before[civil->month - 1] + civil->day + (civil->month > 2 && is_leap(civil->year));
}

/* ISO 8601: the week of a day is that of its Thursday; week 1 has January's first Thursday. */
static int32_t week_of(const struct civil *civil) {
	int32_t thursday = day_of_year(civil) + 4 - civil_weekday(civil);
	int32_t days = 365 + is_leap(civil->year);
	if (thursday < 1) {
		thursday += 365 + is_leap(civil->year - 1);
	} else if (thursday > days) {
		thursday -= days;
	}
	return (thursday - 1) / 7 + 1;
}

static int32_t part_of(enum atom_part part, const struct civil *civil) {
	switch (part) {
	case ATOM_MINUTE:
		return civil->minute;
	case ATOM_HOUR:
		return civil->hour;
	case ATOM_DAY:
		return civil->day;
	case ATOM_WEEK:
		return week_of(civil);
	case ATOM_MONTH:
		return civil->month;
	case ATOM_YEAR:
	case ATOM_PART_COUNT:
	default:
		return civil->year;
	}
}

/* Where the zone of a time begins: behind the date only. */
static size_t zone_at(struct str text) {
	size_t at = MIN_OF(text.len, (size_t)10);
	while (at < text.len && strchr("+-Zz", text.ptr[at]) == NULL) {
		at++;
	}
	return at;
}

/* The specification knows no conversion of zones: the parts are those that are written. */
static bool match_time(const struct atom_test *test, struct str text) {
	struct scalar value = scalar_read(text);
	if (value.kind == SCALAR_TIME) {
		value = scalar_read(str_slice(text, 0, zone_at(text)));
	}
	if (value.kind != SCALAR_TIME) {
		return false;
	}
	struct civil civil;
	instant_to_civil(value.integer, 0, &civil);
	struct scalar part = {.kind = SCALAR_INTEGER, .integer = part_of(test->atom.part, &civil)};
	return stands(test->atom.op, scalar_order(&part, &test->number));
}

static bool match_regex(const struct atom_test *test, struct atom_run *run, struct str text) {
	bool match = false;
	if (run->regex == NULL) {
		run->regex = regex_run_new(test->regex);
	}
	enum err err = regex_match(test->regex, run->regex, text, &match);
	if (err != ERR_OK && run->err == ERR_OK) {
		run->err = err;
	}
	return match;
}

static bool match_literal(const struct atom_test *test, struct str text) {
	const struct atom *atom = &test->atom;
	bool cased = (atom->flags & ATOM_CASED) != 0;
	switch (atom->kind) {
	case ATOM_EQUALS:
		return cased ? str_eq(text, atom->text) : needle_equals(&test->needle, text);
	case ATOM_CONTAINS:
		return atom->text.len == 0 || (cased ? str_find(text, atom->text, 0) != (size_t)-1
		                                     : needle_find(&test->needle, text, 0, NULL));
	case ATOM_STARTS:
		return cased ? str_starts(text, atom->text) : wildcard_match(&test->wildcard, text);
	case ATOM_ENDS:
		return cased ? str_ends(text, atom->text) : wildcard_match(&test->wildcard, text);
	case ATOM_WILDCARD:
	case ATOM_REGEX:
	case ATOM_CIDR:
	case ATOM_COMPARE:
	case ATOM_EXISTS:
	case ATOM_NULL:
	case ATOM_FIELD:
	case ATOM_TIME:
	case ATOM_KIND_COUNT:
	default:
		return wildcard_match(&test->wildcard, text);
	}
}

static bool is_null(struct value value) {
	return value.kind == VALUE_NONE ||
	       (value.kind == VALUE_JSON && str_eq(value.text, STR("null")));
}

static bool match_text(const struct atom_test *test, struct atom_run *run, struct str text) {
	struct scalar number;
	struct address address;
	switch (test->atom.kind) {
	case ATOM_REGEX:
		return match_regex(test, run, text);
	case ATOM_CIDR:
		return address_parse(text, &address) && network_has(&test->network, &address);
	case ATOM_COMPARE:
		number = scalar_read(text);
		return is_number(&number) && stands(test->atom.op, scalar_order(&number, &test->number));
	case ATOM_TIME:
		return match_time(test, text);
	case ATOM_EQUALS:
	case ATOM_CONTAINS:
	case ATOM_STARTS:
	case ATOM_ENDS:
	case ATOM_WILDCARD:
		return match_literal(test, text);
	case ATOM_EXISTS:
	case ATOM_NULL:
	case ATOM_FIELD:
	case ATOM_KIND_COUNT:
	default:
		return false;
	}
}

bool atom_match(const struct atom_test *test, struct atom_run *run, struct value value) {
	ASSERT(test->atom.kind != ATOM_FIELD);
	if (test->atom.kind == ATOM_NULL) {
		return is_null(value);
	}
	if (test->atom.kind == ATOM_EXISTS) {
		return value.kind != VALUE_NONE;
	}
	return !is_null(value) && match_text(test, run, value.text);
}

bool atom_match_field(const struct atom_test *test, struct value value, struct value other) {
	ASSERT(test->atom.kind == ATOM_FIELD);
	if (is_null(value) || is_null(other)) {
		return false;
	}
	struct arena *scratch = arena_new(SIZE_MAX);
	struct atom_test pair = {.atom = test->atom};
	pair.atom.kind = test->atom.relation;
	pair.atom.text = other.text;
	bool hit = init(&pair, scratch, NULL) == ERR_OK && match_literal(&pair, value.text);
	arena_free(scratch);
	return hit;
}

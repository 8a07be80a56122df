/* Reading expressions, by precedence: or, and, not, comparison, + -, * / %, unary minus.
 *
 *   comparison = sum [ ("=" | "==" | "!=" | "<" | "<=" | ">" | ">=") sum ]
 *              | sum ("=~" | "!~") /regex/ | sum [ "not" ] "in" "(" literal, ... ")"
 *   primary    = number | duration | "text" | 'text' | field | function "(" ... ")" | "(" or ")"
 */
#include "base/instant.h"
#include "base/limits.h"
#include "expr/compare.h"
#include "query/when.h"
#include "query/where.h"

static enum err parse_or(struct parser *p, struct where *where, struct where_node **out_node);
static enum err parse_unary(struct parser *p, struct where *where, struct where_node **out_node);

struct where_node *where_node_new(struct parser *p, enum where_kind kind, struct where_node *left,
                                  struct where_node *right) {
	struct where_node *node = ARENA_NEW(p->arena, struct where_node);
	node->kind = kind;
	node->left = left;
	node->right = right;
	return node;
}

static enum err enter(struct parser *p) {
	if (++p->depth > LIMIT_QUERY_DEPTH) {
		return diag_set_at(p->diag, ERR_LIMIT, p->at, 1, "the query is nested deeper than %u",
		                   LIMIT_QUERY_DEPTH);
	}
	return ERR_OK;
}

static bool take_two(struct parser *p, char first, char second) {
	parser_skip(p);
	if (parser_peek(p, 0) != first || parser_peek(p, 1) != second) {
		return false;
	}
	p->at += 2;
	return true;
}

/* ---- literals ---- */

bool where_at_string(struct parser *p) {
	parser_skip(p);
	return parser_peek(p, 0) == '"' || parser_peek(p, 0) == '\'';
}

enum err where_read_string(struct parser *p, struct str *out_text) {
	if (parser_peek(p, 0) == '"') {
		return parser_quoted(p, out_text);
	}
	size_t first = p->at;
	size_t end = str_find_char(p->text, '\'', first + 1);
	if (end == p->text.len) {
		return diag_set_at(p->diag, ERR_INVALID, first, 1, "this quotation mark is not closed");
	}
	*out_text = str_slice(p->text, first + 1, end);
	p->at = end + 1;
	return ERR_OK;
}

static struct where_node *literal_node(struct parser *p, struct cell cell) {
	struct where_node *node = where_node_new(p, WHERE_LITERAL, NULL, NULL);
	node->literal = cell;
	return node;
}

static bool at_digit(struct parser *p) {
	parser_skip(p);
	char c = parser_peek(p, 0);
	return char_is_digit(c) || (c == '.' && char_is_digit(parser_peek(p, 1)));
}

/* A number as JSON writes it, or a duration ("5m"), which is a number of seconds. */
static bool number_of(struct str text, struct cell *out_cell) {
	int64_t ns;
	*out_cell = cell_of(value_string(text));
	if (cell_is_number(*out_cell)) {
		out_cell->origin = VALUE_NONE;
		return true;
	}
	if (when_parse_duration(text, &ns, NULL) != ERR_OK) {
		return false;
	}
	*out_cell = ns % INSTANT_SECOND == 0 ? cell_integer(ns / INSTANT_SECOND)
	                                     : cell_real((double)ns / (double)INSTANT_SECOND);
	return true;
}

static enum err read_number(struct parser *p, struct cell *out_cell) {
	size_t len = 0;
	for (char before = '\0';; before = parser_peek(p, len++)) {
		char c = parser_peek(p, len);
		bool sign = (c == '-' || c == '+') && (before == 'e' || before == 'E');
		if (!char_is_digit(c) && !char_is_alpha(c) && c != '.' && c != '_' && !sign) {
			break;
		}
	}
	if (!number_of(str_slice(p->text, p->at, p->at + len), out_cell)) {
		enum err err = pipe_expected(p, "a number");
		diag_hint(p->diag, "put text, times and addresses in quotes");
		return err;
	}
	p->at += len;
	return ERR_OK;
}

/* ---- primary ---- */

static enum err parse_name(struct parser *p, struct where *where, struct where_node **out_node) {
	struct str name;
	parser_skip(p);
	size_t first = p->at;
	bool quoted = parser_peek(p, 0) == '`';
	if (!quoted && pipe_name_length(p) == 0) {
		return pipe_expected(p, "a field, a number, a text in quotes or '('");
	}
	TRY(pipe_name(p, &name));
	size_t end = p->at;
	if (!quoted && pipe_take(p, '(')) {
		return where_parse_call(p, where, name, first, out_node);
	}
	p->at = end;
	if (!quoted && parser_peek(p, 0) == ':') {
		enum err err = diag_set_at(p->diag, ERR_INVALID, p->at, 1,
		                           "in where, fields are compared with =, <, >, =~ and functions");
		diag_hint(p->diag, "write %.*s = \"...\", or put field:value before the first pipe",
		          STR_ARG(str_slice(name, 0, 80)));
		return err;
	}
	bool is_true = str_eq_nocase(name, STR("true"));
	if (!quoted && (is_true || str_eq_nocase(name, STR("false")))) {
		*out_node = literal_node(p, cell_bool(is_true));
		return ERR_OK;
	}
	if (!quoted && str_eq_nocase(name, STR("null"))) {
		*out_node = literal_node(p, cell_none());
		return ERR_OK;
	}
	*out_node = where_node_new(p, WHERE_FIELD, NULL, NULL);
	return pipe_field_named(p, name, first, &(*out_node)->field);
}

static enum err parse_primary(struct parser *p, struct where *where, struct where_node **out_node) {
	parser_skip(p);
	size_t open = p->at;
	if (pipe_take(p, '(')) {
		TRY(parse_or(p, where, out_node));
		return pipe_take(p, ')')
		           ? ERR_OK
		           : diag_set_at(p->diag, ERR_INVALID, open, 1, "this parenthesis is not closed");
	}
	if (where_at_string(p)) {
		struct cell cell = {.kind = CELL_TEXT};
		TRY(where_read_string(p, &cell.text));
		*out_node = literal_node(p, cell);
		return ERR_OK;
	}
	if (at_digit(p)) {
		struct cell cell;
		TRY(read_number(p, &cell));
		*out_node = literal_node(p, cell);
		return ERR_OK;
	}
	return parse_name(p, where, out_node);
}

/* ---- operators ---- */

static enum err parse_unary(struct parser *p, struct where *where, struct where_node **out_node) {
	TRY(enter(p));
	if (pipe_take(p, '-')) {
		struct where_node *inner = NULL;
		TRY(parse_unary(p, where, &inner));
		*out_node = where_node_new(p, WHERE_NEGATE, inner, NULL);
	} else {
		TRY(parse_primary(p, where, out_node));
	}
	p->depth--;
	return ERR_OK;
}

static bool take_operator(struct parser *p, const char *signs, const enum where_kind *kinds,
                          enum where_kind *out_kind) {
	parser_skip(p);
	char c = parser_peek(p, 0);
	const char *at = c == '\0' ? NULL : strchr(signs, c);
	if (at == NULL) {
		return false;
	}
	p->at++;
	*out_kind = kinds[at - signs];
	return true;
}

static enum err parse_product(struct parser *p, struct where *where, struct where_node **out_node) {
	static const enum where_kind kinds[] = {WHERE_MULTIPLY, WHERE_DIVIDE, WHERE_REMAINDER};
	enum where_kind kind;
	TRY(parse_unary(p, where, out_node));
	uint32_t depth = p->depth; /* the tree leans to the left: each operator is a level */
	while (take_operator(p, "*/%", kinds, &kind)) {
		struct where_node *right = NULL;
		TRY(enter(p));
		TRY(parse_unary(p, where, &right));
		*out_node = where_node_new(p, kind, *out_node, right);
	}
	p->depth = depth;
	return ERR_OK;
}

static enum err parse_sum(struct parser *p, struct where *where, struct where_node **out_node) {
	static const enum where_kind kinds[] = {WHERE_ADD, WHERE_SUBTRACT};
	enum where_kind kind;
	TRY(parse_product(p, where, out_node));
	uint32_t depth = p->depth;
	while (take_operator(p, "+-", kinds, &kind)) {
		struct where_node *right = NULL;
		TRY(enter(p));
		TRY(parse_product(p, where, &right));
		*out_node = where_node_new(p, kind, *out_node, right);
	}
	p->depth = depth;
	return ERR_OK;
}

static bool take_comparison(struct parser *p, enum cell_compare *out_compare) {
	static const struct {
		char first, second;
		enum cell_compare compare;
	} two[] = {
	    {'=', '=', CELL_EQ}, {'!', '=', CELL_NE}, {'<', '>', CELL_NE},
	    {'<', '=', CELL_LE}, {'>', '=', CELL_GE},
	};
	for (size_t i = 0; i < ARRAY_LEN(two); i++) {
		if (take_two(p, two[i].first, two[i].second)) {
			*out_compare = two[i].compare;
			return true;
		}
	}
	char c = parser_peek(p, 0);
	*out_compare = c == '=' ? CELL_EQ : c == '<' ? CELL_LT : CELL_GT;
	return (c == '=' || c == '<' || c == '>') && pipe_take(p, c);
}

/* ---- times ---- */

static bool is_time_node(const struct parser *p, const struct where_node *node) {
	return node->kind == WHERE_FIELD && str_eq(p->fields[node->field].name, STR("@timestamp"));
}

static struct where_node *compare_node(struct parser *p, struct where_node *left,
                                       enum cell_compare compare, struct where_node *right) {
	struct where_node *node = where_node_new(p, WHERE_COMPARE, left, right);
	node->compare = compare;
	return node;
}

static struct where_node *compare_instant(struct parser *p, struct where_node *field,
                                          enum cell_compare compare, int64_t ns) {
	CLEANUP(buf_deinit) struct buf text = {0};
	instant_format(&text, ns, 0);
	struct cell cell = {.kind = CELL_TEXT, .text = arena_str(p->arena, buf_str(&text))};
	return compare_node(p, field, compare, literal_node(p, cell));
}

/* @timestamp against a time as the filter reads it: "-7d", "2026-11-22" is the whole day. */
static enum err compare_time(struct parser *p, struct where_node *field, enum cell_compare compare,
                             struct str text, size_t position, struct where_node **out_node) {
	struct diag inner = {0};
	struct when when;
	enum err err = when_parse(text, p->options->now_ns, p->options->zone, &when, &inner);
	if (err != ERR_OK) {
		(void)diag_set_at(p->diag, err, position, p->at - position, "%s", inner.message);
		diag_hint(p->diag, "%s", inner.hint);
		return err;
	}
	int64_t end;
	if (__builtin_add_overflow(when.ns, MAX_OF(when.span_ns, 1), &end)) {
		end = INSTANT_MAX;
	}
	struct where_node *from_start = compare_instant(p, field, CELL_GE, when.ns);
	struct where_node *before_end = compare_instant(p, field, CELL_LT, end);
	switch (compare) {
	case CELL_EQ:
		*out_node = where_node_new(p, WHERE_AND, from_start, before_end);
		break;
	case CELL_NE:
		*out_node = where_node_new(p, WHERE_OR, compare_instant(p, field, CELL_LT, when.ns),
		                           compare_instant(p, field, CELL_GE, end));
		break;
	case CELL_LT:
		*out_node = compare_instant(p, field, CELL_LT, when.ns);
		break;
	case CELL_LE:
		*out_node = before_end;
		break;
	case CELL_GT:
		*out_node = compare_instant(p, field, CELL_GE, end);
		break;
	case CELL_GE:
	default:
		*out_node = from_start;
		break;
	}
	return ERR_OK;
}

/* Not match, where left is there: !~ and "not in" are false for what is absent, as != is. */
static struct where_node *present_and_not(struct parser *p, struct where_node *left,
                                          struct where_node *match) {
	return where_node_new(p, WHERE_AND, where_exists(p, left),
	                      where_node_new(p, WHERE_NOT, match, NULL));
}

static enum err parse_match(struct parser *p, struct where *where, bool negated,
                            struct where_node **out_node) {
	struct str pattern;
	parser_skip(p);
	size_t first = p->at;
	TRY(where_read_regex(p, &pattern));
	struct where_node *left = *out_node;
	TRY(where_add_test(p, where, EXPR_REGEX, pattern, first, left, out_node));
	*out_node = negated ? present_and_not(p, left, *out_node) : *out_node;
	return ERR_OK;
}

/* in (a, b): or of equalities. */
static enum err parse_in(struct parser *p, struct where *where, bool negated,
                         struct where_node **out_node) {
	struct where_node *any = NULL;
	if (!pipe_take(p, '(')) {
		return pipe_expected(p, "'(' and values");
	}
	do {
		struct where_node *value = NULL;
		TRY(parse_sum(p, where, &value));
		struct where_node *equal = compare_node(p, *out_node, CELL_EQ, value);
		any = any == NULL ? equal : where_node_new(p, WHERE_OR, equal, any);
	} while (pipe_take(p, ','));
	*out_node = negated ? present_and_not(p, *out_node, any) : any;
	return pipe_take(p, ')') ? ERR_OK : pipe_expected(p, "')' or a comma");
}

static enum err parse_comparison(struct parser *p, struct where *where,
                                 struct where_node **out_node) {
	enum cell_compare compare;
	TRY(parse_sum(p, where, out_node));
	if (take_two(p, '=', '~')) {
		return parse_match(p, where, false, out_node);
	}
	if (take_two(p, '!', '~')) {
		return parse_match(p, where, true, out_node);
	}
	if (pipe_take_word(p, STR("in"))) {
		return parse_in(p, where, false, out_node);
	}
	size_t before = p->at;
	if (pipe_take_word(p, STR("not"))) {
		if (pipe_take_word(p, STR("in"))) {
			return parse_in(p, where, true, out_node);
		}
		p->at = before;
	}
	if (take_comparison(p, &compare)) {
		struct where_node *right = NULL;
		parser_skip(p);
		size_t position = p->at;
		TRY(parse_sum(p, where, &right));
		if (is_time_node(p, *out_node) && right->kind == WHERE_LITERAL &&
		    right->literal.kind == CELL_TEXT) {
			return compare_time(p, *out_node, compare, right->literal.text, position, out_node);
		}
		*out_node = compare_node(p, *out_node, compare, right);
	}
	return ERR_OK;
}

static enum err parse_not(struct parser *p, struct where *where, struct where_node **out_node) {
	bool negated = false;
	for (;;) {
		parser_skip(p);
		bool sign = parser_peek(p, 0) == '!' && parser_peek(p, 1) != '=';
		if (!sign && !pipe_take_word(p, STR("not"))) {
			break;
		}
		p->at += sign;
		negated = !negated;
	}
	TRY(parse_comparison(p, where, out_node));
	*out_node = negated ? where_node_new(p, WHERE_NOT, *out_node, NULL) : *out_node;
	return ERR_OK;
}

/* Long chains lean to the right, so that evaluation of "a or b or c..." is a loop, not a depth. */
static enum err parse_and(struct parser *p, struct where *where, struct where_node **out_node) {
	TRY(parse_not(p, where, out_node));
	struct where_node **last = out_node;
	while (pipe_take_word(p, STR("and")) || take_two(p, '&', '&')) {
		struct where_node *right = NULL;
		TRY(parse_not(p, where, &right));
		*last = where_node_new(p, WHERE_AND, *last, right);
		last = &(*last)->right;
	}
	return ERR_OK;
}

static enum err parse_or(struct parser *p, struct where *where, struct where_node **out_node) {
	TRY(enter(p));
	TRY(parse_and(p, where, out_node));
	struct where_node **last = out_node;
	while (pipe_take_word(p, STR("or")) || take_two(p, '|', '|')) {
		struct where_node *right = NULL;
		TRY(parse_and(p, where, &right));
		*last = where_node_new(p, WHERE_OR, *last, right);
		last = &(*last)->right;
	}
	p->depth--;
	return ERR_OK;
}

void where_init(struct parser *p, struct where *out_where) {
	*out_where = (struct where){
	    .tests = ARENA_ARRAY(p->arena, WHERE_TESTS_MAX, const struct expr_test *),
	    .regexes = ARENA_ARRAY(p->arena, WHERE_TESTS_MAX, const struct regex *),
	};
}

enum err where_parse_inner(struct parser *p, struct where *where, struct where_node **out_node) {
	return parse_or(p, where, out_node);
}

enum err where_parse(struct parser *p, struct where *where, struct where_node **out_root) {
	return parse_or(p, where, out_root);
}

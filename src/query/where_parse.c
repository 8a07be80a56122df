/* Reading expressions, by precedence: or, and, not, comparison, + -, * / %, unary minus.
 *
 *   comparison = sum [ ("=" | "==" | "!=" | "<" | "<=" | ">" | ">=") sum ]
 *              | sum ("=~" | "!~") /regex/ | sum [ "not" ] "in" "(" literal, ... ")"
 *   primary    = number | "text" | 'text' | field | function "(" ... ")" | "(" or ")"
 */
#include "base/instant.h"
#include "base/limits.h"
#include "expr/compare.h"
#include "query/when.h"
#include "query/where.h"

static enum err parse_or(struct parser *p, struct where *where, struct where_node **out_node);
static enum err parse_unary(struct parser *p, struct where *where, struct where_node **out_node);

enum { TESTS_MAX = 256 };

static struct where_node *new_node(struct parser *p, enum where_kind kind, struct where_node *left,
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

static struct cell read_cell(struct str text) {
	struct scalar scalar = scalar_read(text);
	struct cell cell = {.kind = CELL_TEXT, .text = text};
	if (scalar.kind == SCALAR_INTEGER) {
		cell.kind = CELL_INTEGER;
		cell.integer = scalar.integer;
	} else if (scalar.kind == SCALAR_REAL) {
		cell.kind = CELL_REAL;
		cell.real = scalar.real;
	}
	return cell;
}

static bool at_string(struct parser *p) {
	parser_skip(p);
	return parser_peek(p, 0) == '"' || parser_peek(p, 0) == '\'';
}

static enum err read_string(struct parser *p, struct str *out_text) {
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
	struct where_node *node = new_node(p, WHERE_LITERAL, NULL, NULL);
	node->literal = cell;
	return node;
}

static bool at_digit(struct parser *p) {
	parser_skip(p);
	char c = parser_peek(p, 0);
	return char_is_digit(c) || (c == '.' && char_is_digit(parser_peek(p, 1)));
}

/* A number as JSON writes it. */
static enum err read_number(struct parser *p, struct cell *out_cell) {
	size_t len = 0;
	for (char before = '\0';; before = parser_peek(p, len++)) {
		char c = parser_peek(p, len);
		bool sign = (c == '-' || c == '+') && (before == 'e' || before == 'E');
		if (!char_is_digit(c) && !char_is_alpha(c) && c != '.' && c != '_' && !sign) {
			break;
		}
	}
	struct cell cell = read_cell(str_slice(p->text, p->at, p->at + len));
	if (cell.kind == CELL_TEXT) {
		enum err err = pipe_expected(p, "a number");
		diag_hint(p->diag, "put text, times and addresses in quotes");
		return err;
	}
	p->at += len;
	*out_cell = cell;
	return ERR_OK;
}

/* ---- tests of expr ---- */

static enum err add_test(struct parser *p, struct where *where, enum expr_test_kind kind,
                         struct str text, size_t position, struct where_node *value,
                         struct where_node **out_node) {
	struct expr *expr = NULL;
	struct diag inner = {0};
	if (where->tests_count == TESTS_MAX) {
		return diag_set_at(p->diag, ERR_LIMIT, position, 0, "at most %d tests are possible",
		                   TESTS_MAX);
	}
	enum err err = expr_test(p->arena, kind, STR("where"), text, &expr, &inner);
	if (err != ERR_OK) {
		size_t at = kind == EXPR_REGEX ? position + 1 + inner.position : position;
		return diag_set_at(p->diag, err, MIN_OF(at, p->text.len), 0, "%s", inner.message);
	}
	parser_own_expr(p, expr);
	struct where_node *node = new_node(p, WHERE_TEST, value, NULL);
	node->test = expr->test;
	node->test_number = where->tests_count;
	where->tests[where->tests_count++] = expr->test;
	*out_node = node;
	return ERR_OK;
}

static enum err read_regex(struct parser *p, struct str *out_pattern) {
	parser_skip(p);
	if (parser_peek(p, 0) == '/') {
		return parser_regex(p, out_pattern);
	}
	return at_string(p) ? read_string(p, out_pattern) : pipe_expected(p, "a /regular expression/");
}

/* Functions that are tests: name(value, "text"). */
struct test_function {
	struct str name;
	enum expr_test_kind kind;
	const char *before, *after; /* around the text, as wildcards */
};

static const struct test_function test_functions[] = {
    {STR_INIT("contains"), EXPR_CONTAINS, "", ""},
    {STR_INIT("alike"), EXPR_ALIKE, "", ""},
    {STR_INIT("regex"), EXPR_REGEX, "", ""},
    {STR_INIT("matches"), EXPR_REGEX, "", ""},
    {STR_INIT("cidr"), EXPR_CIDR, "", ""},
    {STR_INIT("word"), EXPR_WORDS, "", ""},
    {STR_INIT("like"), EXPR_WILDCARD, "", ""},
    {STR_INIT("startswith"), EXPR_WILDCARD, "", "*"},
    {STR_INIT("endswith"), EXPR_WILDCARD, "*", ""},
};

static const struct test_function *find_test_function(struct str name) {
	for (size_t i = 0; i < ARRAY_LEN(test_functions); i++) {
		if (str_eq_nocase(test_functions[i].name, name)) {
			return &test_functions[i];
		}
	}
	return NULL;
}

/* Text as a wildcard that stands for itself. */
static struct str escape_wildcard(struct parser *p, struct str text) {
	char *out = arena_alloc(p->arena, 2 * text.len + 1);
	size_t len = 0;
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];
		if (c == '*' || c == '?' || c == '\\') {
			out[len++] = '\\';
		}
		out[len++] = c;
	}
	return str_make(out, len);
}

static enum err parse_test_call(struct parser *p, struct where *where,
                                const struct test_function *function,
                                struct where_node **out_node) {
	struct where_node *value = NULL;
	struct str text;
	TRY(parse_or(p, where, &value));
	if (!pipe_take(p, ',')) {
		return pipe_expected(p, "a comma and a text in quotes");
	}
	parser_skip(p);
	size_t first = p->at;
	if (function->kind == EXPR_REGEX) {
		TRY(read_regex(p, &text));
	} else if (at_string(p)) {
		TRY(read_string(p, &text));
	} else {
		return pipe_expected(p, "a text in quotes");
	}
	if (function->before[0] != '\0' || function->after[0] != '\0') {
		text = escape_wildcard(p, text);
		text = arena_printf(p->arena, "%s%.*s%s", function->before, STR_ARG(text), function->after);
	}
	TRY(add_test(p, where, function->kind, text, first, value, out_node));
	return pipe_take(p, ')') ? ERR_OK : pipe_expected(p, "')'");
}

/* ---- primary ---- */

static enum err unknown_function(struct parser *p, struct str name, size_t position) {
	const struct where_function *functions;
	size_t count = where_functions(&functions);
	CLEANUP(buf_deinit) struct buf all = {0};
	for (size_t i = 0; i < ARRAY_LEN(test_functions); i++) {
		buf_printf(&all, "%.*s, ", STR_ARG(test_functions[i].name));
	}
	for (size_t i = 0; i < count; i++) {
		buf_printf(&all, "%s%.*s", i > 0 ? ", " : "", STR_ARG(functions[i].name));
	}
	enum err err = diag_set_at(p->diag, ERR_INVALID, position, name.len,
	                           "there is no function '%.*s'", STR_ARG(str_slice(name, 0, 40)));
	diag_hint(p->diag, "the functions are %.*s", STR_ARG(buf_str(&all)));
	return err;
}

static enum err parse_call(struct parser *p, struct where *where, struct str name, size_t position,
                           struct where_node **out_node) {
	const struct test_function *test = find_test_function(name);
	if (test != NULL) {
		return parse_test_call(p, where, test, out_node);
	}
	const struct where_function *function = where_function_find(name);
	struct where_node *argument = NULL;
	if (function == NULL) {
		return unknown_function(p, name, position);
	}
	TRY(parse_or(p, where, &argument));
	*out_node = new_node(p, WHERE_CALL, argument, NULL);
	(*out_node)->function = function;
	return pipe_take(p, ')') ? ERR_OK : pipe_expected(p, "')'");
}

static enum err parse_name(struct parser *p, struct where *where, struct where_node **out_node) {
	struct str name;
	parser_skip(p);
	size_t first = p->at;
	bool quoted = parser_peek(p, 0) == '`';
	if (!quoted && pipe_name_length(p) == 0) {
		return pipe_expected(p, "a field, a number, a text in quotes or '('");
	}
	TRY(pipe_name(p, &name));
	if (!quoted && parser_peek(p, 0) == '(') {
		p->at++;
		return parse_call(p, where, name, first, out_node);
	}
	if (!quoted && parser_peek(p, 0) == ':') {
		enum err err = diag_set_at(p->diag, ERR_INVALID, p->at, 1,
		                           "in where, fields are compared with =, <, >, =~ and functions");
		diag_hint(p->diag, "write %.*s = \"...\", or put field:value before the first pipe",
		          STR_ARG(str_slice(name, 0, 80)));
		return err;
	}
	bool is_true = str_eq_nocase(name, STR("true"));
	if (!quoted && (is_true || str_eq_nocase(name, STR("false")))) {
		*out_node = literal_node(p, (struct cell){.kind = CELL_BOOL, .boolean = is_true});
		return ERR_OK;
	}
	*out_node = new_node(p, WHERE_FIELD, NULL, NULL);
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
	if (at_string(p)) {
		struct cell cell = {.kind = CELL_TEXT};
		TRY(read_string(p, &cell.text));
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
		*out_node = new_node(p, WHERE_NEGATE, inner, NULL);
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
		*out_node = new_node(p, kind, *out_node, right);
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
		*out_node = new_node(p, kind, *out_node, right);
	}
	p->depth = depth;
	return ERR_OK;
}

static bool take_comparison(struct parser *p, enum where_compare *out_compare) {
	static const struct {
		char first, second;
		enum where_compare compare;
	} two[] = {
	    {'=', '=', WHERE_EQ}, {'!', '=', WHERE_NE}, {'<', '>', WHERE_NE},
	    {'<', '=', WHERE_LE}, {'>', '=', WHERE_GE},
	};
	for (size_t i = 0; i < ARRAY_LEN(two); i++) {
		if (take_two(p, two[i].first, two[i].second)) {
			*out_compare = two[i].compare;
			return true;
		}
	}
	char c = parser_peek(p, 0);
	*out_compare = c == '=' ? WHERE_EQ : c == '<' ? WHERE_LT : WHERE_GT;
	return (c == '=' || c == '<' || c == '>') && pipe_take(p, c);
}

/* ---- times ---- */

static bool is_time_node(const struct parser *p, const struct where_node *node) {
	return node->kind == WHERE_FIELD && str_eq(p->fields[node->field].name, STR("@timestamp"));
}

static struct where_node *compare_node(struct parser *p, struct where_node *left,
                                       enum where_compare compare, struct where_node *right) {
	struct where_node *node = new_node(p, WHERE_COMPARE, left, right);
	node->compare = compare;
	return node;
}

static struct where_node *compare_instant(struct parser *p, struct where_node *field,
                                          enum where_compare compare, int64_t ns) {
	CLEANUP(buf_deinit) struct buf text = {0};
	instant_format(&text, ns, 0);
	struct cell cell = {.kind = CELL_TEXT, .text = arena_str(p->arena, buf_str(&text))};
	return compare_node(p, field, compare, literal_node(p, cell));
}

/* @timestamp against a time as the filter reads it: "-7d", "2026-11-22" is the whole day. */
static enum err compare_time(struct parser *p, struct where_node *field, enum where_compare compare,
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
	struct where_node *from_start = compare_instant(p, field, WHERE_GE, when.ns);
	struct where_node *before_end = compare_instant(p, field, WHERE_LT, end);
	switch (compare) {
	case WHERE_EQ:
		*out_node = new_node(p, WHERE_AND, from_start, before_end);
		break;
	case WHERE_NE:
		*out_node = new_node(p, WHERE_OR, compare_instant(p, field, WHERE_LT, when.ns),
		                     compare_instant(p, field, WHERE_GE, end));
		break;
	case WHERE_LT:
		*out_node = compare_instant(p, field, WHERE_LT, when.ns);
		break;
	case WHERE_LE:
		*out_node = before_end;
		break;
	case WHERE_GT:
		*out_node = compare_instant(p, field, WHERE_GE, end);
		break;
	case WHERE_GE:
	default:
		*out_node = from_start;
		break;
	}
	return ERR_OK;
}

/* Not match, where left is there: !~ and "not in" are false for what is absent, as != is. */
static struct where_node *present_and_not(struct parser *p, struct where_node *left,
                                          struct where_node *match) {
	struct where_node *exists = new_node(p, WHERE_CALL, left, NULL);
	exists->function = where_function_find(STR("exists"));
	return new_node(p, WHERE_AND, exists, new_node(p, WHERE_NOT, match, NULL));
}

static enum err parse_match(struct parser *p, struct where *where, bool negated,
                            struct where_node **out_node) {
	struct str pattern;
	parser_skip(p);
	size_t first = p->at;
	TRY(read_regex(p, &pattern));
	struct where_node *left = *out_node;
	TRY(add_test(p, where, EXPR_REGEX, pattern, first, left, out_node));
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
		struct where_node *equal = compare_node(p, *out_node, WHERE_EQ, value);
		any = any == NULL ? equal : new_node(p, WHERE_OR, equal, any);
	} while (pipe_take(p, ','));
	*out_node = negated ? present_and_not(p, *out_node, any) : any;
	return pipe_take(p, ')') ? ERR_OK : pipe_expected(p, "')' or a comma");
}

static enum err parse_comparison(struct parser *p, struct where *where,
                                 struct where_node **out_node) {
	enum where_compare compare;
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
	*out_node = negated ? new_node(p, WHERE_NOT, *out_node, NULL) : *out_node;
	return ERR_OK;
}

/* Long chains lean to the right, so that evaluation of "a or b or c..." is a loop, not a depth. */
static enum err parse_and(struct parser *p, struct where *where, struct where_node **out_node) {
	TRY(parse_not(p, where, out_node));
	struct where_node **last = out_node;
	while (pipe_take_word(p, STR("and")) || take_two(p, '&', '&')) {
		struct where_node *right = NULL;
		TRY(parse_not(p, where, &right));
		*last = new_node(p, WHERE_AND, *last, right);
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
		*last = new_node(p, WHERE_OR, *last, right);
		last = &(*last)->right;
	}
	p->depth--;
	return ERR_OK;
}

enum err where_parse(struct parser *p, struct where *out_where) {
	out_where->tests = ARENA_ARRAY(p->arena, TESTS_MAX, const struct expr_test *);
	return parse_or(p, out_where, &out_where->root);
}

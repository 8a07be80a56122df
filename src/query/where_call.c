/* Reading calls: tests of expr (contains, cidr...), forms that do not evaluate all their arguments
 * (if, case, coalesce), replace with its regular expression, and the tables of plain functions.
 */
#include "base/limits.h"
#include "expr/regex.h"
#include "query/where.h"

/* ---- tests of expr ---- */

enum err where_add_test(struct parser *p, struct where *where, enum expr_test_kind kind,
                        struct str text, size_t position, struct where_node *value,
                        struct where_node **out_node) {
	struct expr *expr = NULL;
	struct diag inner = {0};
	if (where->tests_count == WHERE_TESTS_MAX) {
		return diag_set_at(p->diag, ERR_LIMIT, position, 0, "at most %d tests are possible",
		                   WHERE_TESTS_MAX);
	}
	enum err err = expr_test(p->arena, kind, STR("where"), text, &expr, &inner);
	if (err != ERR_OK) {
		size_t at = kind == EXPR_REGEX ? position + 1 + inner.position : position;
		return diag_set_at(p->diag, err, MIN_OF(at, p->text.len), 0, "%s", inner.message);
	}
	parser_own_expr(p, expr);
	struct where_node *node = where_node_new(p, WHERE_TEST, value, NULL);
	node->test = expr->test;
	node->test_number = where->tests_count;
	where->tests[where->tests_count++] = expr->test;
	*out_node = node;
	return ERR_OK;
}

enum err where_read_regex(struct parser *p, struct str *out_pattern) {
	parser_skip(p);
	if (parser_peek(p, 0) == '/') {
		return parser_regex(p, out_pattern);
	}
	return where_at_string(p) ? where_read_string(p, out_pattern)
	                          : pipe_expected(p, "a /regular expression/");
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

static enum err need_comma(struct parser *p, const char *what) {
	return pipe_take(p, ',') ? ERR_OK : pipe_expected(p, what);
}

static enum err need_close(struct parser *p) {
	return pipe_take(p, ')') ? ERR_OK : pipe_expected(p, "')'");
}

static enum err parse_test_call(struct parser *p, struct where *where,
                                const struct test_function *function,
                                struct where_node **out_node) {
	struct where_node *value = NULL;
	struct str text;
	TRY(where_parse_inner(p, where, &value));
	TRY(need_comma(p, "a comma and a text in quotes"));
	parser_skip(p);
	size_t first = p->at;
	if (function->kind == EXPR_REGEX) {
		TRY(where_read_regex(p, &text));
	} else if (where_at_string(p)) {
		TRY(where_read_string(p, &text));
	} else {
		return pipe_expected(p, "a text in quotes");
	}
	if (function->before[0] != '\0' || function->after[0] != '\0') {
		text = escape_wildcard(p, text);
		text = arena_printf(p->arena, "%s%.*s%s", function->before, STR_ARG(text), function->after);
	}
	TRY(where_add_test(p, where, function->kind, text, first, value, out_node));
	return need_close(p);
}

/* ---- replace ---- */

static enum err add_regex(struct parser *p, struct where *where, struct str pattern,
                          size_t position) {
	struct regex *regex = NULL;
	struct diag inner = {0};
	if (where->regexes_count == WHERE_TESTS_MAX) {
		return diag_set_at(p->diag, ERR_LIMIT, position, 0, "at most %d replacements are possible",
		                   WHERE_TESTS_MAX);
	}
	enum err err = regex_new(pattern, &regex, &inner);
	if (err != ERR_OK) {
		size_t at = MIN_OF(position + 1 + inner.position, p->text.len);
		return diag_set_at(p->diag, err, at, 0, "%s", inner.message);
	}
	parser_own_regex(p, regex);
	where->regexes[where->regexes_count++] = regex;
	return ERR_OK;
}

/* replace(TEXT, /REGEX/, TEXT) */
static enum err parse_replace(struct parser *p, struct where *where, struct where_node **out_node) {
	struct where_node *node = where_node_new(p, WHERE_REPLACE, NULL, NULL);
	struct str pattern;
	TRY(where_parse_inner(p, where, &node->left));
	TRY(need_comma(p, "a comma and a /regular expression/"));
	parser_skip(p);
	size_t position = p->at;
	TRY(where_read_regex(p, &pattern));
	node->test_number = where->regexes_count;
	TRY(add_regex(p, where, pattern, position));
	TRY(need_comma(p, "a comma and what to put there"));
	TRY(where_parse_inner(p, where, &node->right));
	*out_node = node;
	return need_close(p);
}

/* ---- arguments ---- */

/* Up to and with ')'. positions: of each, for errors. */
static enum err read_arguments(struct parser *p, struct where *where, struct where_node *node,
                               size_t positions[WHERE_ARGUMENTS_MAX]) {
	struct where_node *arguments[WHERE_ARGUMENTS_MAX];
	size_t count = 0;
	if (!pipe_take(p, ')')) {
		do {
			parser_skip(p);
			if (count == WHERE_ARGUMENTS_MAX) {
				return diag_set_at(p->diag, ERR_LIMIT, p->at, 0,
				                   "a function takes at most %d arguments", WHERE_ARGUMENTS_MAX);
			}
			positions[count] = p->at;
			TRY(where_parse_inner(p, where, &arguments[count]));
			count++;
		} while (pipe_take(p, ','));
		TRY(pipe_take(p, ')') ? ERR_OK : pipe_expected(p, "')' or a comma"));
	}
	node->arguments = ARENA_ARRAY(p->arena, count + 1, struct where_node *);
	memcpy(node->arguments, arguments, count * sizeof(struct where_node *));
	node->arguments_count = count;
	return ERR_OK;
}

static enum err check_arguments(struct parser *p, const struct where_function *function,
                                const struct where_node *node, size_t position,
                                const size_t positions[WHERE_ARGUMENTS_MAX]) {
	size_t count = node->arguments_count;
	if (count < function->arguments_min || count > function->arguments_max) {
		enum err err =
		    diag_set_at(p->diag, ERR_INVALID, position, p->at - position,
		                "%zu argument%s too %s for %.*s", count, count == 1 ? " is" : "s are",
		                count < function->arguments_min ? "few" : "many", STR_ARG(function->name));
		diag_hint(p->diag, "%.*s: %.*s", STR_ARG(function->usage), STR_ARG(function->help));
		return err;
	}
	for (size_t i = 0; i < count && function->objection != NULL; i++) {
		const char *expected = node->arguments[i]->kind != WHERE_LITERAL
		                           ? NULL
		                           : function->objection(i, node->arguments[i]->literal);
		if (expected != NULL) {
			enum err err =
			    diag_set_at(p->diag, ERR_INVALID, positions[i], 0, "%s is expected here", expected);
			diag_hint(p->diag, "%.*s: %.*s", STR_ARG(function->usage), STR_ARG(function->help));
			return err;
		}
	}
	return ERR_OK;
}

/* ---- forms ---- */

static const struct where_function forms[] = {
    {STR_INIT("if"), STR_INIT("if(CONDITION, A[, B])"),
     STR_INIT("A where the condition holds, else B"), 2, 3, NULL, NULL},
    {STR_INIT("case"), STR_INIT("case(CONDITION, A, CONDITION, B, ...[, OTHERWISE])"),
     STR_INIT("what stands behind the first condition that holds"), 2, WHERE_ARGUMENTS_MAX, NULL,
     NULL},
    {STR_INIT("coalesce"), STR_INIT("coalesce(A, B, ...)"), STR_INIT("the first that is there"), 1,
     WHERE_ARGUMENTS_MAX, NULL, NULL},
};

static const struct where_function replace_form = {
    .name = STR_INIT("replace"),
    .usage = STR_INIT("replace(TEXT, /REGEX/, TEXT)"),
    .help = STR_INIT("every match replaced; $1 is what its first group took"),
};

static enum err call_exists(const struct where_call *call, const struct cell *arguments,
                            size_t count, struct cell *out_cell) {
	(void)call;
	(void)count;
	*out_cell = cell_bool(arguments[0].kind != CELL_NONE);
	return ERR_OK;
}

static const struct where_function exists = {STR_INIT("exists"),
                                             STR_INIT("exists(FIELD)"),
                                             STR_INIT("whether it is there"),
                                             1,
                                             1,
                                             call_exists,
                                             NULL};

static enum err call_isnull(const struct where_call *call, const struct cell *arguments,
                            size_t count, struct cell *out_cell) {
	(void)call;
	(void)count;
	*out_cell = cell_bool(arguments[0].kind == CELL_NONE);
	return ERR_OK;
}

static const struct where_function isnull_function = {STR_INIT("isnull"),
                                                      STR_INIT("isnull(FIELD)"),
                                                      STR_INIT("whether it is absent"),
                                                      1,
                                                      1,
                                                      call_isnull,
                                                      NULL};

const struct where_function *where_form_at(size_t i) {
	return i < ARRAY_LEN(forms) ? &forms[i] : i == ARRAY_LEN(forms) ? &replace_form : NULL;
}

const struct where_function *where_function_at(size_t i) {
	static const struct where_function *const own[] = {&exists, &isnull_function};
	size_t (*const tables[])(const struct where_function **) = {
	    where_text_functions, where_number_functions, where_time_functions};
	if (i < ARRAY_LEN(own)) {
		return own[i];
	}
	i -= ARRAY_LEN(own);
	for (size_t k = 0; k < ARRAY_LEN(tables); k++) {
		const struct where_function *functions;
		size_t count = tables[k](&functions);
		if (i < count) {
			return &functions[i];
		}
		i -= count;
	}
	return NULL;
}

struct where_node *where_exists(struct parser *p, struct where_node *value) {
	struct where_node *node = where_node_new(p, WHERE_CALL, NULL, NULL);
	node->function = &exists;
	node->arguments = ARENA_ARRAY(p->arena, 1, struct where_node *);
	node->arguments[0] = value;
	node->arguments_count = 1;
	return node;
}

static enum err unknown_function(struct parser *p, struct str name, size_t position) {
	CLEANUP(buf_deinit) struct buf all = {0};
	const struct where_function *function;
	for (size_t i = 0; i < ARRAY_LEN(test_functions); i++) {
		buf_printf(&all, "%s%.*s", i > 0 ? ", " : "", STR_ARG(test_functions[i].name));
	}
	for (size_t i = 0; (function = where_form_at(i)) != NULL; i++) {
		buf_printf(&all, ", %.*s", STR_ARG(function->name));
	}
	for (size_t i = 0; (function = where_function_at(i)) != NULL; i++) {
		buf_printf(&all, ", %.*s", STR_ARG(function->name));
	}
	enum err err = diag_set_at(p->diag, ERR_INVALID, position, name.len,
	                           "there is no function '%.*s'", STR_ARG(str_slice(name, 0, 40)));
	diag_hint(p->diag, "the functions are %.*s", STR_ARG(buf_str(&all)));
	return err;
}

static enum err parse_form(struct parser *p, struct where *where, size_t number, size_t position,
                           struct where_node **out_node) {
	size_t positions[WHERE_ARGUMENTS_MAX];
	enum where_kind kind = number == 2 ? WHERE_COALESCE : WHERE_CASE;
	*out_node = where_node_new(p, kind, NULL, NULL);
	TRY(read_arguments(p, where, *out_node, positions));
	return check_arguments(p, &forms[number], *out_node, position, positions);
}

static enum err parse_function(struct parser *p, struct where *where,
                               const struct where_function *function, size_t position,
                               struct where_node **out_node) {
	size_t positions[WHERE_ARGUMENTS_MAX];
	*out_node = where_node_new(p, WHERE_CALL, NULL, NULL);
	(*out_node)->function = function;
	TRY(read_arguments(p, where, *out_node, positions));
	return check_arguments(p, function, *out_node, position, positions);
}

enum err where_parse_call(struct parser *p, struct where *where, struct str name, size_t position,
                          struct where_node **out_node) {
	const struct where_function *function;
	for (size_t i = 0; i < ARRAY_LEN(test_functions); i++) {
		if (str_eq_nocase(test_functions[i].name, name)) {
			return parse_test_call(p, where, &test_functions[i], out_node);
		}
	}
	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		if (str_eq_nocase(forms[i].name, name)) {
			return parse_form(p, where, i, position, out_node);
		}
	}
	if (str_eq_nocase(name, replace_form.name)) {
		return parse_replace(p, where, out_node);
	}
	for (size_t i = 0; (function = where_function_at(i)) != NULL; i++) {
		if (str_eq_nocase(function->name, name)) {
			return parse_function(p, where, function, position, out_node);
		}
	}
	return unknown_function(p, name, position);
}

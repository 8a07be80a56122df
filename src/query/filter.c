/* The filter: recursive descent from text to a predicate tree (docs/query.md has the language).
 *
 *   or      = and { "OR" and }
 *   and     = not { [ "AND" ] not }
 *   not     = { "NOT" | "-" | "!" } term
 *   term    = "(" or ")" | "*" | word | "phrase" | ~"part" | ~~"part" | /regex/ | field ":" value
 */
#include "base/instant.h"
#include "base/limits.h"
#include "expr/compare.h"
#include "expr/wildcard.h"
#include "query/parse.h"
#include "query/when.h"

static enum err parse_or(struct parser *p, struct expr **out_expr);
static enum err parse_value(struct parser *p, struct str field, struct expr **out_expr);

/* ---- lists of children ---- */

struct children {
	struct expr **items;
	size_t count, cap;
};

static void children_add(struct parser *p, struct children *children, struct expr *expr) {
	if (children->count == children->cap) {
		size_t cap = children->cap * 2 + 2;
		struct expr **bigger = ARENA_ARRAY(p->arena, cap, struct expr *);
		if (children->count > 0) {
			memcpy(bigger, children->items, children->count * sizeof(*bigger));
		}
		children->items = bigger;
		children->cap = cap;
	}
	children->items[children->count++] = expr;
}

static struct expr *group(struct parser *p, enum expr_kind kind, const struct children *children) {
	return children->count == 1 ? children->items[0]
	                            : expr_group(p->arena, kind, children->items, children->count);
}

/* ---- bare words ---- */

static bool ends_bare(const struct parser *p, size_t at) {
	char c = at < p->text.len ? p->text.ptr[at] : '\0';
	return at >= p->text.len || parser_blank(p->text, at) > 0 || c == '"' || c == '(' || c == ')' ||
	       c == '|' || (c == ',' && p->lists > 0);
}

/* The end of the bare word at the position. A backslash takes the next byte along. */
static size_t bare_end(const struct parser *p) {
	size_t at = p->at;
	while (!ends_bare(p, at)) {
		at += p->text.ptr[at] == '\\' && at + 1 < p->text.len ? 2 : 1;
	}
	return MIN_OF(at, p->text.len);
}

/* Reads it; backslashes before what would end it go, those of wildcards stay. */
static struct str read_bare(struct parser *p) {
	size_t end = bare_end(p);
	char *out = arena_alloc(p->arena, end - p->at + 1);
	size_t len = 0;
	for (; p->at < end; p->at++) {
		char c = p->text.ptr[p->at];
		char next = p->at + 1 < end ? p->text.ptr[p->at + 1] : '\0';
		if (c == '\\' && (next == '\\' || next == '*' || next == '?')) {
			out[len++] = c;
			c = p->text.ptr[++p->at];
		} else if (c == '\\' && next != '\0' && memchr(" \"()|,:", next, 7) != NULL) {
			c = p->text.ptr[++p->at];
		}
		out[len++] = c;
	}
	return str_make(out, len);
}

static bool at_keyword(const struct parser *p, struct str word) {
	return str_eq(str_slice(p->text, p->at, bare_end(p)), word);
}

/* ---- making tests ---- */

static enum err make_test(struct parser *p, enum expr_test_kind kind, struct str field,
                          struct str text, size_t position, struct expr **out_expr) {
	struct diag inner = {0};
	enum err err = expr_test(p->arena, kind, field, text, out_expr, &inner);
	if (err != ERR_OK) {
		size_t at = position + (kind == EXPR_REGEX ? 1 + inner.position : 0);
		size_t len = kind == EXPR_REGEX ? 0 : inner.length;
		(void)diag_set_at(p->diag, err, MIN_OF(at, p->text.len), len, "%s", inner.message);
		if (kind == EXPR_REGEX) {
			diag_hint(p->diag, "to search for the characters themselves, put them in quotes");
		}
		return err;
	}
	parser_own_expr(p, *out_expr);
	return ERR_OK;
}

static bool is_time_field(struct str field) {
	return str_eq(field, STR("@timestamp"));
}

static bool is_text_field(struct str field) {
	uint32_t known = field_known_find(field);
	return field.len == 0 || (known != UINT32_MAX && field_known_type(known) == FIELD_TYPE_TEXT);
}

static enum err read_when(struct parser *p, struct str text, size_t position, size_t end,
                          struct when *out) {
	struct diag inner = {0};
	if (str_starts(text, STR("now")) && text.len > 3) { /* now-15m */
		text = str_slice(text, 3, text.len);
	}
	enum err err = when_parse(text, p->options->now_ns, p->options->zone, out, &inner);
	if (err != ERR_OK) {
		(void)diag_set_at(p->diag, err, position, end - position, "%s", inner.message);
		diag_hint(p->diag, "%s", inner.hint);
	}
	return err;
}

/* The first instant behind what the text says. */
static int64_t behind(const struct when *when) {
	int64_t ns;
	return __builtin_add_overflow(when->ns, MAX_OF(when->span_ns, 1), &ns) ? INSTANT_MAX : ns;
}

static enum err make_time(struct parser *p, struct str text, size_t position,
                          struct expr **out_expr) {
	struct when when;
	TRY(read_when(p, text, position, p->at, &when));
	bool relative = text.ptr[0] == '-' || text.ptr[0] == '+' || str_starts(text, STR("now"));
	if (relative) { /* this very nanosecond: nobody means that */
		enum err err = diag_set_at(p->diag, ERR_INVALID, position, p->at - position,
		                           "'%.*s' is an instant, which no record will have",
		                           STR_ARG(str_slice(text, 0, 80)));
		diag_hint(p->diag, "write @timestamp:>=%.*s for all since then",
		          STR_ARG(str_slice(text, 0, 80)));
		return err;
	}
	*out_expr = expr_test_time(p->arena, when.ns, behind(&when));
	return ERR_OK;
}

/* An address that can be written in several ways. */
static bool is_ipv6(struct str text) {
	struct address address;
	return str_find_char(text, ':', 0) < text.len && address_parse(text, &address);
}

/* A value in quotation marks: the whole value, in text fields a phrase. */
static enum err make_exact(struct parser *p, struct str field, struct str text, size_t position,
                           struct expr **out_expr) {
	if (is_time_field(field)) {
		return make_time(p, text, position, out_expr);
	}
	if (is_text_field(field) && text.len > 0) {
		return make_test(p, EXPR_WORDS, field, text, position, out_expr);
	}
	return make_test(p, is_ipv6(text) ? EXPR_CIDR : EXPR_EQUALS, field, text, position, out_expr);
}

/* Networks, and addresses that can be written in several ways. */
static bool is_network(struct str text) {
	struct network network;
	bool slash = memchr(text.ptr, '/', text.len) != NULL;
	bool colon = memchr(text.ptr, ':', text.len) != NULL;
	return (slash || colon) && network_parse(text, &network);
}

static bool looks_like_network(struct str text) {
	struct address address;
	size_t slash = str_find_char(text, '/', 0);
	return slash < text.len && address_parse(str_slice(text, 0, slash), &address);
}

static enum err make_bare(struct parser *p, struct str field, struct str text, size_t position,
                          struct expr **out_expr) {
	bool pattern = wildcard_is_pattern(text);
	if (str_eq(text, STR("*"))) {
		return make_test(p, EXPR_EXISTS, field, STR(""), position, out_expr);
	}
	if (is_time_field(field) && !pattern) {
		return make_time(p, text, position, out_expr);
	}
	if (is_text_field(field)) {
		return make_test(p, pattern ? EXPR_PATTERN : EXPR_WORDS, field,
		                 pattern ? text : wildcard_unescape(p->arena, text), position, out_expr);
	}
	if (pattern) {
		return make_test(p, EXPR_WILDCARD, field, text, position, out_expr);
	}
	if (is_network(text) || looks_like_network(text)) {
		return make_test(p, EXPR_CIDR, field, text, position, out_expr);
	}
	return make_test(p, EXPR_EQUALS, field, wildcard_unescape(p->arena, text), position, out_expr);
}

/* ---- values of fields ---- */

static enum err need_value(struct parser *p, size_t position, const char *behind_what) {
	enum err err =
	    diag_set_at(p->diag, ERR_INVALID, position, 0, "a value is missing behind %s", behind_what);
	diag_hint(p->diag, "field:* finds records that have the field, field:\"\" an empty value");
	return err;
}

/* One end of a range as it stands in the query. */
struct bound {
	bool present, open, quoted;
	struct str text;
	size_t at, end; /* bytes of the query */
};

/* What stands behind '=' or a comparison. */
static enum err read_bound(struct parser *p, struct bound *out) {
	out->at = p->at;
	out->present = true;
	out->quoted = parser_peek(p, 0) == '"';
	if (out->quoted) {
		TRY(parser_quoted(p, &out->text));
	} else {
		struct str bare = read_bare(p);
		out->text = wildcard_unescape(p->arena, bare);
		if (bare.len == 0) {
			return need_value(p, p->at, "the comparison");
		}
	}
	out->end = p->at;
	return ERR_OK;
}

/* ---- ranges ---- */

static enum err backwards(struct parser *p, const struct bound *min, const struct bound *max) {
	enum err err = diag_set_at(p->diag, ERR_INVALID, min->at, max->end - min->at,
	                           "nothing lies in this range: it ends before it begins");
	diag_hint(p->diag, "the lesser value stands first: [100 TO 200]");
	return err;
}

static enum err make_time_range(struct parser *p, const struct bound *min, const struct bound *max,
                                int64_t *out_from, int64_t *out_to) {
	int64_t from = INSTANT_MIN;
	int64_t to = INSTANT_MAX;
	struct when when;
	if (min->present) {
		TRY(read_when(p, min->text, min->at, min->end, &when));
		from = min->open ? behind(&when) : when.ns;
	}
	if (max->present) {
		TRY(read_when(p, max->text, max->at, max->end, &when));
		to = max->open ? when.ns : behind(&when);
	}
	*out_from = from;
	*out_to = to;
	return min->present && max->present && from >= to ? backwards(p, min, max) : ERR_OK;
}

static struct str time_text(struct parser *p, int64_t ns) {
	struct buf text = {0};
	instant_format(&text, ns, 0);
	struct str kept = arena_str(p->arena, buf_str(&text));
	buf_deinit(&text);
	return kept;
}

/* A field of times other than the event's own: its values are compared with instants. */
static enum err make_date_range(struct parser *p, struct str field, const struct bound *min,
                                const struct bound *max, struct expr **out_expr) {
	int64_t from;
	int64_t to;
	TRY(make_time_range(p, min, max, &from, &to));
	struct expr_range range = {.has_min = min->present, .has_max = max->present, .max_open = true};
	range.min = time_text(p, from);
	range.max = time_text(p, to);
	*out_expr = expr_test_range(p->arena, field, &range);
	return ERR_OK;
}

/* What a bound must be. A bare word in a field of no known type is rather a slip (10k, monday) than
 * a text: texts stand in quotation marks there. */
static enum err check_bound(struct parser *p, struct str field, const struct bound *bound) {
	uint32_t known = field_known_find(field);
	struct scalar scalar = scalar_read(bound->text);
	bool number = scalar.kind == SCALAR_INTEGER || scalar.kind == SCALAR_REAL;
	bool is_long = known != UINT32_MAX && field_known_type(known) == FIELD_TYPE_LONG;
	bool is_ip = known != UINT32_MAX && field_known_type(known) == FIELD_TYPE_IP;
	const char *wanted = "a number, a time or an address";
	bool fits = scalar.kind != SCALAR_TEXT || bound->quoted || known != UINT32_MAX;
	if (is_long || is_ip) {
		wanted = is_long ? "a number" : "an address";
		fits = is_long ? number : scalar.kind == SCALAR_ADDRESS;
	}
	if (!bound->present || fits) {
		return ERR_OK;
	}
	struct str shown = str_slice(bound->text, 0, 80);
	enum err err = diag_set_at(p->diag, ERR_INVALID, bound->at, bound->end - bound->at,
	                           "'%.*s' is not %s", STR_ARG(shown), wanted);
	if (is_long || is_ip) {
		diag_hint(p->diag, "%.*s holds %s", STR_ARG(field),
		          is_long ? "numbers" : "addresses; a network is written without a comparison");
	} else {
		diag_hint(p->diag, "to compare by the order of letters, put it in quotes: \"%.*s\"",
		          STR_ARG(shown));
	}
	return err;
}

static enum err make_range(struct parser *p, struct str field, const struct bound *min,
                           const struct bound *max, struct expr **out_expr) {
	uint32_t known = field_known_find(field);
	int64_t from;
	int64_t to;
	if (is_time_field(field)) {
		TRY(make_time_range(p, min, max, &from, &to));
		*out_expr = expr_test_time(p->arena, from, to);
		return ERR_OK;
	}
	if (known != UINT32_MAX && field_known_type(known) == FIELD_TYPE_DATE) {
		return make_date_range(p, field, min, max, out_expr);
	}
	TRY(check_bound(p, field, min));
	TRY(check_bound(p, field, max));
	if (min->present && max->present) {
		struct scalar low = scalar_read(min->text);
		struct scalar high = scalar_read(max->text);
		if (!scalar_comparable(&low, &high)) {
			return diag_set_at(p->diag, ERR_INVALID, min->at, max->end - min->at,
			                   "the ends of this range cannot be compared with each other");
		}
		if (scalar_order_nocase(&low, &high) > 0) {
			return backwards(p, min, max);
		}
	}
	struct expr_range range = {.has_min = min->present,
	                           .has_max = max->present,
	                           .min_open = min->open,
	                           .max_open = max->open,
	                           .min = min->text,
	                           .max = max->text};
	*out_expr = expr_test_range(p->arena, field, &range);
	return ERR_OK;
}

/* field:>=10 */
static enum err parse_comparison(struct parser *p, struct str field, struct expr **out_expr) {
	char sign = parser_peek(p, 0);
	bool equal = parser_peek(p, 1) == '=';
	struct bound bound = {.open = !equal};
	struct bound none = {0};
	p->at += equal ? 2 : 1;
	TRY(read_bound(p, &bound));
	return sign == '>' ? make_range(p, field, &bound, &none, out_expr)
	                   : make_range(p, field, &none, &bound, out_expr);
}

/* A bound of [a TO b]: also ends at the closing bracket. */
static enum err read_range_bound(struct parser *p, struct bound *out) {
	parser_skip(p);
	out->at = p->at;
	out->quoted = parser_peek(p, 0) == '"';
	if (out->quoted) {
		TRY(parser_quoted(p, &out->text));
	} else {
		while (!ends_bare(p, p->at) && parser_peek(p, 0) != ']' && parser_peek(p, 0) != '}') {
			p->at++;
		}
		out->text = str_slice(p->text, out->at, p->at);
		if (out->text.len == 0) {
			return need_value(p, p->at, "the bracket");
		}
	}
	out->end = p->at;
	out->present = out->quoted || !str_eq(out->text, STR("*"));
	return ERR_OK;
}

/* field:[a TO b], field:{a TO b}: with and without the ends; '*' leaves an end open. */
static enum err parse_brackets(struct parser *p, struct str field, struct expr **out_expr) {
	size_t first = p->at;
	struct bound min = {.open = parser_peek(p, 0) == '{'};
	struct bound max = {0};
	p->at++;
	TRY(read_range_bound(p, &min));
	parser_skip(p);
	if (!at_keyword(p, STR("TO"))) {
		return diag_set_at(p->diag, ERR_INVALID, p->at, 0,
		                   "a range is written [from TO to]: TO is missing here");
	}
	p->at += 2;
	TRY(read_range_bound(p, &max));
	parser_skip(p);
	char close = parser_peek(p, 0);
	if (close != ']' && close != '}') {
		return diag_set_at(p->diag, ERR_INVALID, first, 1, "this bracket is not closed");
	}
	p->at++;
	max.open = close == '}';
	if (!min.present && !max.present) {
		return make_test(p, EXPR_EXISTS, field, STR(""), first, out_expr);
	}
	return make_range(p, field, &min, &max, out_expr);
}

static enum err enter(struct parser *p, size_t position) {
	if (++p->depth > LIMIT_QUERY_DEPTH) {
		return diag_set_at(p->diag, ERR_LIMIT, position, 1, "the query is nested deeper than %u",
		                   LIMIT_QUERY_DEPTH);
	}
	return ERR_OK;
}

/* One value in field:(a OR b): itself negated, grouped, or plain. */
static enum err parse_list_not(struct parser *p, struct str field, struct expr **out_expr) {
	size_t first = p->at;
	bool negated = at_keyword(p, STR("NOT"));
	if (negated) {
		p->at += 3;
		parser_skip(p);
		TRY(enter(p, first));
		TRY(parse_list_not(p, field, out_expr));
		p->depth--;
		*out_expr = expr_not(p->arena, *out_expr);
		return ERR_OK;
	}
	return parse_value(p, field, out_expr);
}

static enum err list_separator(struct parser *p, size_t open, bool *out_or, bool *out_end) {
	parser_skip(p);
	if (p->at >= p->text.len) {
		return diag_set_at(p->diag, ERR_INVALID, open, 1, "this parenthesis is not closed");
	}
	*out_end = parser_peek(p, 0) == ')';
	*out_or = at_keyword(p, STR("OR")) || parser_peek(p, 0) == ',';
	if (!*out_end && !*out_or && !at_keyword(p, STR("AND"))) {
		return diag_set_at(p->diag, ERR_INVALID, p->at, 0,
		                   "between the values of a field stands OR, AND or a comma");
	}
	p->at += *out_end || parser_peek(p, 0) == ',' ? 1 : *out_or ? 2 : 3;
	parser_skip(p);
	return ERR_OK;
}

/* field:(a OR b OR "c d"), field:(a, b): AND binds before OR. */
static enum err parse_list(struct parser *p, struct str field, struct expr **out_expr) {
	size_t open = p->at++;
	struct children either = {0};
	struct children all = {0};
	bool end = false;
	TRY(enter(p, open));
	p->lists++;
	parser_skip(p);
	while (!end) {
		struct expr *value = NULL;
		bool is_or = false;
		TRY(parse_list_not(p, field, &value));
		children_add(p, &all, value);
		TRY(list_separator(p, open, &is_or, &end));
		if (is_or || end) {
			children_add(p, &either, group(p, EXPR_AND, &all));
			all = (struct children){0};
		}
	}
	p->lists--;
	p->depth--;
	*out_expr = group(p, EXPR_OR, &either);
	return ERR_OK;
}

static enum err parse_regex(struct parser *p, struct str field, struct expr **out_expr) {
	size_t first = p->at;
	struct str pattern;
	TRY(parser_regex(p, &pattern));
	return make_test(p, EXPR_REGEX, field, pattern, first, out_expr);
}

/* ~"part", ~part; ~~"part" whatever its width */
static enum err parse_part(struct parser *p, struct str field, struct expr **out_expr) {
	size_t first = p->at++;
	struct str part;
	bool alike = parser_peek(p, 0) == '~';
	p->at += alike;
	if (parser_peek(p, 0) == '"') {
		TRY(parser_quoted(p, &part));
	} else {
		part = wildcard_unescape(p->arena, read_bare(p));
	}
	if (part.len == 0) {
		return need_value(p, first + 1 + alike, alike ? "'~~'" : "'~'");
	}
	return make_test(p, alike ? EXPR_ALIKE : EXPR_CONTAINS, field, part, first, out_expr);
}

/* /a/b/ is neither a regex nor surely a path. */
static enum err check_slashes(struct parser *p) {
	size_t end = bare_end(p);
	if (parser_peek(p, 0) == '/' && end > p->at + 1 && p->text.ptr[end - 1] == '/') {
		enum err err = diag_set_at(p->diag, ERR_INVALID, p->at, end - p->at,
		                           "this may be a path or a regular expression");
		diag_hint(p->diag, "put a path in quotes; inside /regex/ write a slash as \\/");
		return err;
	}
	return ERR_OK;
}

/* What stands behind "field:". */
static enum err parse_value(struct parser *p, struct str field, struct expr **out_expr) {
	size_t first = p->at;
	struct str text;
	struct bound bound = {0};
	switch (parser_peek(p, 0)) {
	case '(':
		return parse_list(p, field, out_expr);
	case '"':
		TRY(parser_quoted(p, &text));
		return make_exact(p, field, text, first, out_expr);
	case '[':
	case '{':
		return parse_brackets(p, field, out_expr);
	case '>':
	case '<':
		return parse_comparison(p, field, out_expr);
	case '~':
		return parse_part(p, field, out_expr);
	case '=':
		p->at++;
		TRY(read_bound(p, &bound));
		return make_exact(p, field, bound.text, first, out_expr);
	case '!':
		p->at++;
		TRY(enter(p, first));
		TRY(parse_value(p, field, out_expr));
		p->depth--;
		*out_expr = expr_not(p->arena, *out_expr);
		return ERR_OK;
	default:
		break;
	}
	if (parser_is_regex(p)) {
		return parse_regex(p, field, out_expr);
	}
	TRY(check_slashes(p));
	text = read_bare(p);
	return text.len == 0 ? need_value(p, first, "the colon")
	                     : make_bare(p, field, text, first, out_expr);
}

/* ---- terms ---- */

static bool is_name_byte(char c) {
	return char_is_alpha(c) || char_is_digit(c) || (unsigned char)c >= 0x80 ||
	       (c != '\0' && memchr("_.@-", c, 4) != NULL);
}

/* "aa:bb:cc", "fe80::1": hardware and network addresses, not fields. */
static bool is_hex_groups(struct str text) {
	size_t colons = 0;
	for (size_t i = 0; i < text.len; i++) {
		char c = char_lower(text.ptr[i]);
		colons += c == ':';
		if (!char_is_digit(c) && !(c >= 'a' && c <= 'f') && c != ':') {
			return false;
		}
	}
	return colons >= 2;
}

/* Bytes of the field name that stands at the position before a colon; 0 when there is none. */
static size_t field_length(const struct parser *p) {
	size_t end = bare_end(p);
	size_t i = p->at;
	while (i < end && is_name_byte(p->text.ptr[i])) {
		i++;
	}
	char first = parser_peek(p, 0);
	if (i == p->at || i >= p->text.len || p->text.ptr[i] != ':' || char_is_digit(first) ||
	    first == '.' || first == '-' || is_hex_groups(str_slice(p->text, p->at, end))) {
		return 0;
	}
	bool drive = i == p->at + 1 && i + 1 < p->text.len && p->text.ptr[i + 1] == '\\';
	return drive ? 0 : i - p->at;
}

static enum err parse_field(struct parser *p, struct str field, struct expr **out_expr) {
	size_t first = p->at;
	p->at++; /* the colon */
	if (field.len > LIMIT_FIELD_NAME) {
		return diag_set_at(p->diag, ERR_LIMIT, first, 0, "a field's name has at most %zu bytes",
		                   LIMIT_FIELD_NAME);
	}
	if (parser_peek(p, 0) == '/' && parser_peek(p, 1) == '/') {
		enum err err = diag_set_at(p->diag, ERR_INVALID, first, 1,
		                           "this colon makes a field of '%.*s'", STR_ARG(field));
		diag_hint(p->diag, "put a URL in quotes");
		return err;
	}
	return parse_value(p, field, out_expr);
}

static enum err parse_word(struct parser *p, struct expr **out_expr) {
	size_t first = p->at;
	char c = parser_peek(p, 0);
	if (c == '<' || c == '>' || c == '=') {
		enum err err =
		    diag_set_at(p->diag, ERR_INVALID, first, 1, "a comparison needs a field before it");
		diag_hint(p->diag, "write field:>=10, without blanks; or put the text in quotes");
		return err;
	}
	TRY(check_slashes(p));
	struct str text = read_bare(p);
	if (text.len == 0) {
		return diag_set_at(p->diag, ERR_INVALID, first, 1, "a word is expected here");
	}
	if (str_eq(text, STR("*"))) {
		*out_expr = expr_constant(p->arena, true);
		return ERR_OK;
	}
	return make_bare(p, STR(""), text, first, out_expr);
}

static enum err parse_phrase(struct parser *p, struct expr **out_expr) {
	size_t first = p->at;
	struct str text;
	TRY(parser_quoted(p, &text));
	if (parser_peek(p, 0) == ':') { /* a field with an unusual name */
		return parse_field(p, text, out_expr);
	}
	if (text.len == 0) {
		return diag_set_at(p->diag, ERR_INVALID, first, 2, "this phrase is empty");
	}
	return make_test(p, EXPR_WORDS, STR(""), text, first, out_expr);
}

static enum err parse_parentheses(struct parser *p, struct expr **out_expr) {
	size_t open = p->at++;
	uint32_t lists = p->lists;
	p->lists = 0;
	TRY(enter(p, open));
	TRY(parse_or(p, out_expr));
	parser_skip(p);
	if (parser_peek(p, 0) != ')') {
		return diag_set_at(p->diag, ERR_INVALID, open, 1, "this parenthesis is not closed");
	}
	p->at++;
	p->depth--;
	p->lists = lists;
	return ERR_OK;
}

static enum err parse_term(struct parser *p, struct expr **out_expr) {
	parser_skip(p);
	char c = parser_peek(p, 0);
	if (p->at >= p->text.len || c == ')' || c == '|') {
		return diag_set_at(p->diag, ERR_INVALID, p->at, 0, "a word or a test is expected here");
	}
	if (c == '(') {
		return parse_parentheses(p, out_expr);
	}
	if (c == '"') {
		return parse_phrase(p, out_expr);
	}
	if (c == '~' && !char_is_space(parser_peek(p, 1)) && parser_peek(p, 1) != '\0') {
		return parse_part(p, STR(""), out_expr);
	}
	if (parser_is_regex(p)) {
		return parse_regex(p, STR(""), out_expr);
	}
	size_t name = field_length(p);
	if (name > 0) {
		struct str field = str_slice(p->text, p->at, p->at + name);
		p->at += name;
		return parse_field(p, field, out_expr);
	}
	if (at_keyword(p, STR("AND")) || at_keyword(p, STR("OR"))) {
		enum err err = diag_set_at(p->diag, ERR_INVALID, p->at, bare_end(p) - p->at,
		                           "a word or a test is expected on both sides of %.*s",
		                           STR_ARG(str_slice(p->text, p->at, bare_end(p))));
		diag_hint(p->diag, "to search for the word itself, put it in quotes");
		return err;
	}
	return parse_word(p, out_expr);
}

static enum err parse_not(struct parser *p, struct expr **out_expr) {
	bool negated = false;
	for (;;) {
		parser_skip(p);
		char next = parser_peek(p, 1);
		bool sign = (parser_peek(p, 0) == '-' || parser_peek(p, 0) == '!') && next != '\0' &&
		            parser_blank(p->text, p->at + 1) == 0 && next != ')' && next != '|';
		if (!sign && !at_keyword(p, STR("NOT"))) {
			break;
		}
		p->at += sign ? 1 : 3;
		negated = !negated;
	}
	TRY(parse_term(p, out_expr));
	if (negated) {
		*out_expr = expr_not(p->arena, *out_expr);
	}
	return ERR_OK;
}

static enum err parse_and(struct parser *p, struct expr **out_expr) {
	struct children children = {0};
	for (;;) {
		struct expr *child = NULL;
		TRY(parse_not(p, &child));
		children_add(p, &children, child);
		parser_skip(p);
		char c = parser_peek(p, 0);
		if (p->at >= p->text.len || c == ')' || c == '|' || at_keyword(p, STR("OR"))) {
			break;
		}
		p->at += at_keyword(p, STR("AND")) ? 3 : 0;
	}
	*out_expr = group(p, EXPR_AND, &children);
	return ERR_OK;
}

static enum err parse_or(struct parser *p, struct expr **out_expr) {
	struct children children = {0};
	for (;;) {
		struct expr *child = NULL;
		TRY(parse_and(p, &child));
		children_add(p, &children, child);
		parser_skip(p);
		if (!at_keyword(p, STR("OR"))) {
			break;
		}
		p->at += 2;
	}
	*out_expr = group(p, EXPR_OR, &children);
	return ERR_OK;
}

enum err filter_parse(struct parser *p, struct expr **out_expr) {
	if (parser_end(p) || parser_peek(p, 0) == '|') {
		*out_expr = expr_constant(p->arena, true);
		return ERR_OK;
	}
	TRY(parse_or(p, out_expr));
	parser_skip(p);
	if (parser_peek(p, 0) == ')' && !p->inner) {
		return diag_set_at(p->diag, ERR_INVALID, p->at, 1,
		                   "this parenthesis closes nothing: no '(' stands before it");
	}
	ASSERT(p->at >= p->text.len || parser_peek(p, 0) == '|' || parser_peek(p, 0) == ')');
	return ERR_OK;
}

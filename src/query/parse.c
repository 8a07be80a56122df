/* Reading the query's text: blanks, quoted strings, regular expressions; things to be freed. */
#include "query/parse.h"

#include "expr/regex.h"

size_t parser_blank(struct str text, size_t at) {
	if (at >= text.len) {
		return 0;
	}
	if (char_is_space(text.ptr[at])) {
		return 1;
	}
	/* U+3000, which Japanese input methods write for a blank */
	return str_starts(str_slice(text, at, text.len), STR("\xe3\x80\x80")) ? 3 : 0;
}

void parser_skip(struct parser *p) {
	size_t blank;
	while ((blank = parser_blank(p->text, p->at)) > 0) {
		p->at += blank;
	}
}

bool parser_end(struct parser *p) {
	parser_skip(p);
	return p->at >= p->text.len;
}

char parser_peek(const struct parser *p, size_t ahead) {
	return ahead < p->text.len - p->at ? p->text.ptr[p->at + ahead] : '\0';
}

enum err parser_quoted(struct parser *p, struct str *out_text) {
	size_t first = p->at;
	ASSERT(parser_peek(p, 0) == '"');
	char *out = arena_alloc(p->arena, p->text.len - p->at + 1);
	size_t len = 0;
	for (p->at++; p->at < p->text.len; p->at++) {
		char c = p->text.ptr[p->at];
		if (c == '"') {
			p->at++;
			*out_text = str_make(out, len);
			return ERR_OK;
		}
		if (c == '\\' && (parser_peek(p, 1) == '"' || parser_peek(p, 1) == '\\')) {
			c = p->text.ptr[++p->at];
		}
		out[len++] = c;
	}
	enum err err = diag_set_at(p->diag, ERR_INVALID, first, 1, "this quotation mark is not closed");
	diag_hint(p->diag, "a quotation mark inside quotation marks is written \\\"");
	return err;
}

/* Where the regex that begins at the position ends (its closing slash), or the text's length. */
static size_t regex_end(const struct parser *p) {
	size_t i = p->at + 1;
	while (i < p->text.len && p->text.ptr[i] != '/') {
		i += p->text.ptr[i] == '\\' && i + 1 < p->text.len ? 2 : 1;
	}
	return MIN_OF(i, p->text.len);
}

static bool ends_value(struct str text, size_t at) {
	return at >= text.len || parser_blank(text, at) > 0 || memchr("|(),", text.ptr[at], 4) != NULL;
}

bool parser_is_regex(const struct parser *p) {
	size_t end = regex_end(p);
	return parser_peek(p, 0) == '/' && end > p->at + 1 && end < p->text.len &&
	       ends_value(p->text, end + 1);
}

enum err parser_regex(struct parser *p, struct str *out_pattern) {
	size_t first = p->at;
	size_t end = regex_end(p);
	if (end >= p->text.len) {
		return diag_set_at(p->diag, ERR_INVALID, first, 1,
		                   "this regular expression is not closed by a '/'");
	}
	char *out = arena_alloc(p->arena, end - first + 1);
	size_t len = 0;
	for (size_t i = first + 1; i < end; i++) {
		i += p->text.ptr[i] == '\\' && p->text.ptr[i + 1] == '/' && i + 1 < end;
		if (p->text.ptr[i] == '\\' && i + 1 < end) { /* an escape stays whole */
			out[len++] = p->text.ptr[i++];
		}
		out[len++] = p->text.ptr[i];
	}
	p->at = end + 1;
	*out_pattern = str_make(out, len);
	return ERR_OK;
}

struct owned {
	struct owned *next;
	struct expr *expr;
	struct regex *regex;
};

static struct owned *own(struct parser *p) {
	struct owned *owned = ARENA_NEW(p->arena, struct owned);
	owned->next = p->owned;
	p->owned = owned;
	return owned;
}

void parser_own_expr(struct parser *p, struct expr *expr) {
	own(p)->expr = expr;
}

void parser_own_regex(struct parser *p, struct regex *regex) {
	own(p)->regex = regex;
}

void owned_free(struct owned *owned) {
	for (; owned != NULL; owned = owned->next) {
		expr_free(owned->expr);
		regex_free(owned->regex);
	}
}

static uint32_t find_field(struct parser *p, struct str name) {
	for (size_t i = 0; i < p->fields_count; i++) {
		if (str_eq(p->fields[i].name, name)) {
			return (uint32_t)i;
		}
	}
	if (p->fields_count == p->fields_cap) {
		size_t cap = p->fields_cap * 2 + 8;
		struct field_use *bigger = ARENA_ARRAY(p->arena, cap, struct field_use);
		if (p->fields_count > 0) {
			memcpy(bigger, p->fields, p->fields_count * sizeof(*bigger));
		}
		p->fields = bigger;
		p->fields_cap = cap;
	}
	p->fields[p->fields_count] = (struct field_use){.name = arena_str(p->arena, name)};
	return (uint32_t)p->fields_count++;
}

uint32_t parser_field(struct parser *p, struct str name) {
	uint32_t field = find_field(p, name);
	p->fields[field].last = MAX_OF(p->fields[field].last, p->stage);
	return field;
}

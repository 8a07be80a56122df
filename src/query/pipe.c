/* Reading what stands behind a pipe's name. */
#include "query/pipe.h"

#include "base/limits.h"

bool pipe_at_end(struct parser *p) {
	return parser_end(p) || parser_peek(p, 0) == '|';
}

static bool is_name_byte(char c) {
	return char_is_alpha(c) || char_is_digit(c) || (unsigned char)c >= 0x80 || c == '_' ||
	       c == '.' || c == '@';
}

/* Bytes of the name at the position; a dash counts between name bytes. */
static size_t name_length(const struct parser *p) {
	size_t len = 0;
	while (is_name_byte(parser_peek(p, len)) ||
	       (len > 0 && parser_peek(p, len) == '-' && is_name_byte(parser_peek(p, len + 1)))) {
		if (parser_blank(p->text, p->at + len) > 0) { /* U+3000 */
			break;
		}
		len++;
	}
	return len;
}

enum err pipe_expected(struct parser *p, const char *what) {
	parser_skip(p);
	size_t len = 0;
	while (p->at + len < p->text.len && parser_blank(p->text, p->at + len) == 0 &&
	       parser_peek(p, len) != '|' && len < 40) {
		len++;
	}
	if (len == 0) {
		return diag_set_at(p->diag, ERR_INVALID, p->at, 0, "%s is expected here", what);
	}
	return diag_set_at(p->diag, ERR_INVALID, p->at, len, "%s is expected here, not '%.*s'", what,
	                   STR_ARG(str_make(p->text.ptr + p->at, len)));
}

enum err pipe_name(struct parser *p, struct str *out_name) {
	parser_skip(p);
	size_t first = p->at;
	if (parser_peek(p, 0) == '"') {
		TRY(parser_quoted(p, out_name));
	} else {
		*out_name = str_slice(p->text, p->at, p->at + name_length(p));
		p->at += out_name->len;
	}
	if (out_name->len == 0) {
		p->at = first;
		return pipe_expected(p, "the name of a field");
	}
	if (out_name->len > LIMIT_FIELD_NAME) {
		return diag_set_at(p->diag, ERR_LIMIT, first, 0, "a field's name has at most %zu bytes",
		                   LIMIT_FIELD_NAME);
	}
	return ERR_OK;
}

bool pipe_take(struct parser *p, char c) {
	parser_skip(p);
	if (p->at < p->text.len && p->text.ptr[p->at] == c) {
		p->at++;
		return true;
	}
	return false;
}

bool pipe_take_word(struct parser *p, struct str word) {
	parser_skip(p);
	size_t len = name_length(p);
	if (!str_eq_nocase(str_slice(p->text, p->at, p->at + len), word)) {
		return false;
	}
	p->at += len;
	return true;
}

enum err pipe_number(struct parser *p, uint64_t max, uint64_t *out_value) {
	parser_skip(p);
	size_t len = 0;
	while (char_is_digit(parser_peek(p, len))) {
		len++;
	}
	if (len == 0 || is_name_byte(parser_peek(p, len)) ||
	    !str_to_u64(str_slice(p->text, p->at, p->at + len), max, out_value)) {
		return pipe_expected(p, "a whole number");
	}
	p->at += len;
	return ERR_OK;
}

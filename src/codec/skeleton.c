/* Cutting lines that are not JSON, token by token. One pass: to the next digit sixteen bytes at a
 * time, then back to the start of its token, then on to its end. What lies between is copied as
 * literal when the next value comes.
 */
#include "codec/skeleton.h"

#include "base/hash.h"
#include "codec/skeleton_cutter.h"
#include "codec/skeleton_token.h"

enum {
	SLACK = 32,      /* short literals are copied as sixteen bytes */
	HEX_LEAST = 4,   /* a shorter token is rather letters and digits */
	MIXED_LONG = 12, /* a token that goes on over the bytes of base64 */
	HOST_MAX = 255,
};

void cut_line_deinit(struct cut_line *cut) {
	buf_deinit(&cut->skeleton);
	free(cut->values);
	*cut = (struct cut_line){0};
}

static bool is_two_digits(struct str text, size_t at) {
	return is_digit_at(text, at) && is_digit_at(text, at + 1) && !is_digit_at(text, at + 2);
}

/* Whether the two digits at start are a part of hh:mm or hh:mm:ss. */
static bool is_clock_part(struct str text, size_t start) {
	if (start + 2 < text.len && text.ptr[start + 2] == ':' && is_two_digits(text, start + 3)) {
		return true;
	}
	if (start < 3 || text.ptr[start - 1] != ':' || !is_two_digits(text, start - 3)) {
		return false;
	}
	char before = start > 3 ? text.ptr[start - 4] : ' ';
	return byte_kind(before) == 0 && before != '.'; /* the port of an address */
}

/* A date without time of day, 2005-06-03: its end, or the start of the token. */
static size_t cut_date(struct cutter *cutter, const struct token *token) {
	struct str text = cutter->text;
	size_t at = token->end;
	char mark = at < text.len ? text.ptr[at] : ' ';
	if (token->end - token->start != 4 || (mark != '-' && mark != '.' && mark != '/') ||
	    !is_two_digits(text, at + 1) || text.len - at < 6 || text.ptr[at + 3] != mark ||
	    !is_two_digits(text, at + 4) || text.ptr[token->start] == '0') {
		return token->start;
	}
	cutter_number(cutter, token->start, token->end);
	cutter_digits(cutter, at + 1, at + 3);
	cutter_digits(cutter, at + 4, at + 6);
	return at + 6;
}

/* The digits behind the point of a decimal number (12.50, 3.5ms, but not 1.2.3): their end, or the
 * end of the token. */
static size_t fraction_end(struct str text, const struct token *token) {
	if (!is_digit_at(text, token->end + 1) || text.ptr[token->end] != '.' ||
	    (token->start > 0 && text.ptr[token->start - 1] == '.')) {
		return token->end;
	}
	size_t digits = token->end + 1;
	while (is_digit_at(text, digits)) {
		digits++;
	}
	size_t end = digits;
	while (end < text.len && byte_kind(text.ptr[end]) > BYTE_DIGIT) {
		end++;
	}
	bool more = is_digit_at(text, end) ||
	            (end < text.len && text.ptr[end] == '.' && is_digit_at(text, end + 1));
	return more ? token->end : digits;
}

/* A token of digits alone, which may begin something longer. The end of what was cut. */
static size_t cut_digits(struct cutter *cutter, const struct token *token) {
	struct str text = cutter->text;
	size_t len = token->end - token->start;
	char next = token->end < text.len ? text.ptr[token->end] : ' ';
	size_t end = token->start;
	if (next == '.' && len <= 3 && (token->start == 0 || text.ptr[token->start - 1] != '.')) {
		end = cutter_ipv4(cutter, token->start);
	} else if ((next == '-' && len == 8) || (next == ':' && len == 2)) {
		end = cutter_grouped(cutter, token->start);
	}
	if (end == token->start && len == 4) {
		end = cut_date(cutter, token);
	}
	if (end > token->start) {
		return end;
	}
	if (next == '.') {
		end = fraction_end(text, token);
		cutter_number(cutter, token->start, token->end);
		if (end > token->end) {
			cutter_fraction(cutter, token->end + 1, end);
		}
		return end > token->end ? end : token->end;
	}
	if (len == 2 && is_clock_part(text, token->start)) {
		cutter_digits(cutter, token->start, token->end);
	} else {
		cutter_number(cutter, token->start, token->end);
	}
	return token->end;
}

/* Letters then digits, or digits then letters. */
static void cut_split(struct cutter *cutter, const struct token *token) {
	struct str text = cutter->text;
	size_t start = token->start;
	while (!char_is_digit(text.ptr[start])) {
		start++;
	}
	size_t end = start;
	while (end < token->end && char_is_digit(text.ptr[end])) {
		end++;
	}
	if (start > token->start && end - start == 2) {
		cutter_digits(cutter, start, end); /* web01 and web10 are alike */
	} else {
		cutter_number(cutter, start, end);
	}
}

static bool is_prefixed(struct str text, const struct token *token) {
	return token->end - token->start > 2 && text.ptr[token->start] == '0' &&
	       (text.ptr[token->start + 1] | 0x20) == 'x';
}

/* 0x and hexadecimal digits of one case, or else a text. */
static void cut_prefixed(struct cutter *cutter, const struct token *token) {
	uint8_t kinds = BYTE_DIGIT;
	for (size_t i = token->start + 2; i < token->end; i++) {
		kinds |= byte_kind(cutter->text.ptr[i]);
	}
	bool upper = kinds == (BYTE_DIGIT | BYTE_HEX_UPPER);
	if (upper || kinds <= (BYTE_DIGIT | BYTE_HEX_LOWER)) {
		cutter_hex(cutter, token->start + 2, token->end, upper);
	} else {
		cutter_text(cutter, token->start, token->end);
	}
}

static bool is_base64(char c) {
	return byte_kind(c) != 0 || c == '+' || c == '/' || c == '=';
}

/* A token of letters and digits. The end of what was cut. */
static size_t cut_mixed(struct cutter *cutter, const struct token *token) {
	struct str text = cutter->text;
	size_t len = token->end - token->start;
	bool lower = token->kinds == (BYTE_DIGIT | BYTE_HEX_LOWER);
	bool upper = token->kinds == (BYTE_DIGIT | BYTE_HEX_UPPER);
	if (lower || upper) {
		size_t end = token->start;
		if (len == 8 || len == 2) {
			end = cutter_grouped(cutter, token->start);
		}
		if (end > token->start) {
			return end;
		}
		if (len >= HEX_LEAST || token->changes > 1) {
			cutter_hex(cutter, token->start, token->end, upper);
			return token->end;
		}
	}
	if (is_prefixed(text, token)) {
		cut_prefixed(cutter, token);
		return token->end;
	}
	if (token->changes == 1) {
		cut_split(cutter, token);
		return token->end;
	}
	size_t end = token->end;
	while (len >= MIXED_LONG && end < text.len && is_base64(text.ptr[end])) {
		end++;
	}
	cutter_text(cutter, token->start, end);
	return end;
}

static bool is_host(char c) {
	return byte_kind(c) != 0 || (c >= '-' && c <= ':') || c == '_' || c == '@';
}

/* The host behind a syslog time, so that lines of all hosts have one skeleton. */
static size_t cut_host(struct cutter *cutter, size_t at) {
	struct str text = cutter->text;
	if (at >= text.len || text.ptr[at] != ' ') {
		return at;
	}
	size_t start = at + 1;
	size_t end = start;
	bool letter = false;
	while (end < text.len && is_host(text.ptr[end])) {
		letter |= byte_kind(text.ptr[end]) > BYTE_DIGIT;
		end++;
	}
	if (!letter || end - start > HOST_MAX || end >= text.len || text.ptr[end] != ' ' ||
	    text.ptr[end - 1] == ':') {
		return at;
	}
	cutter_text(cutter, start, end);
	return end;
}

/* Whether a time may stand around the token: cheap, for most say no. */
static bool may_be_time(struct str text, size_t least, const struct token *token, size_t at) {
	char next = at + token->run < text.len ? text.ptr[at + token->run] : 'x';
	switch (token->run) {
	case 1:
	case 2:
		return (next == ' ' && at - least >= 4 && text.ptr[at - 1] == ' ') ||
		       (token->run == 2 && (next == '/' || next == '-' || next == '.'));
	case 4:
		return next == '-' || next == '/';
	case 6:
		return at == 0 && next == ' ';
	case 8:
		return next == '-' || next == 'T';
	default:
		return false;
	}
}

/* A time and what belongs to it; its end, or at when there is none. */
static size_t cut_time(struct cutter *cutter, const struct token *token, size_t at,
                       enum time_form *out_form) {
	struct time_found found;
	struct str text = cutter->text;
	if (!may_be_time(text, cutter->literal, token, at) ||
	    !time_find(text, cutter->literal, at, &found)) {
		return at;
	}
	size_t end = cutter_time(cutter, &found);
	*out_form = found.form;
	if (found.form == TIME_BSD || found.form == TIME_BSD_SHORT) {
		return cut_host(cutter, end);
	}
	if (found.form == TIME_ISO && text.ptr[0] == '<') { /* RFC 5424 */
		end += end < text.len && text.ptr[end] == 'Z' ? 1 : 0;
		return cut_host(cutter, end);
	}
	return end;
}

/* Cuts the tokens from at on. */
static void cut_tokens(struct cutter *cutter, size_t at, bool web);

/* What stands behind the time of a web server's log: quoted strings (request, referer, browser) are
 * texts as a whole, for their parts are of endless variety. */
static void cut_web(struct cutter *cutter, size_t at) {
	struct str text = cutter->text;
	while (at < text.len && !cutter->full) {
		size_t open = str_find_char(text, '"', at);
		size_t close = open < text.len ? cutter_string_end(text, open + 1) : text.len;
		bool quoted = close < text.len;
		cutter->text.len = quoted ? open : text.len;
		cut_tokens(cutter, at, false);
		cutter->text.len = text.len;
		if (quoted) {
			cutter_text(cutter, open + 1, close);
		}
		at = quoted ? close + 1 : text.len;
	}
}

static void cut_tokens(struct cutter *cutter, size_t at, bool web) {
	struct str text = cutter->text;
	while ((at = next_digit(text, at)) < text.len && !cutter->full) {
		struct token token = token_around(text, cutter->literal, at);
		enum time_form form = TIME_FORMS;
		size_t end = cut_time(cutter, &token, at, &form);
		if (end > at) {
			at = end;
			if (form == TIME_WEB && web) {
				cut_web(cutter, at);
				return;
			}
		} else if (token.kinds == BYTE_DIGIT) {
			at = cut_digits(cutter, &token);
		} else {
			at = cut_mixed(cutter, &token);
		}
	}
}

static bool is_object(struct str text) {
	return text.len >= 2 && text.ptr[0] == '{' && str_ends(str_trim(text), STR("}"));
}

bool skeleton_cut(struct str text, struct cut_line *cut) {
	cut->count = 0;
	buf_clear(&cut->skeleton);
	if (text.len > UINT32_MAX / 4 ||
	    (text.len > 0 && memchr(text.ptr, SKELETON_SLOT, text.len) != NULL)) {
		return false;
	}
	if (cut->cap == 0) {
		cut->values = calloc(SKELETON_VALUES_MAX, sizeof(*cut->values));
		ASSERT(cut->values != NULL);
		cut->cap = SKELETON_VALUES_MAX;
	}
	char *first = buf_reserve(&cut->skeleton, 2 * text.len + SLACK);
	struct cutter cutter = {.text = text, .out = first, .values = cut->values};
	if (!is_object(text) || !cutter_json(&cutter)) {
		cutter = (struct cutter){.text = text, .out = first, .values = cut->values};
		cut_tokens(&cutter, 0, true);
	}
	if (cutter.full) {
		return false;
	}
	cutter_literal(&cutter, text.len);
	cut->skeleton.len = (size_t)(cutter.out - first);
	cut->count = cutter.count;
	cut->hash = hash64(cut->skeleton.ptr, cut->skeleton.len);
	return true;
}

/* Reads a pattern token by token: one that it does not know ends it all. What is known looks at no
 * byte before the match and, but for running out of text, does not ask where the text ends.
 */
#include "expr/regex_start.h"

#include "base/buf.h"

struct reader {
	struct str pattern;
	size_t at;
	size_t depth; /* of groups */
	bool caseless;
	bool begun; /* the literal text goes no further */
	struct buf bytes, mask;
};

static char peek(const struct reader *reader, size_t ahead) {
	return reader->at + ahead < reader->pattern.len ? reader->pattern.ptr[reader->at + ahead]
	                                                : '\0';
}

static bool is_one_of(char c, const char *set) {
	return c != '\0' && strchr(set, c) != NULL;
}

/* ---- literal text ---- */

/* A literal byte was read; what stands behind it may be a quantifier of it. */
static void take_literal(struct reader *reader, char c) {
	unsigned char byte = (unsigned char)c;
	char low = char_lower(c);
	char mask = reader->caseless && char_is_alpha(c) ? 0x20 : 0;
	char next = peek(reader, 0);
	bool plain = byte >= 0x20 && byte < 0x7f && !(mask != 0 && (low == 'k' || low == 's'));
	bool optional = is_one_of(next, "*?{");
	if (reader->depth > 0 || reader->begun || !plain || optional) {
		reader->begun = true;
		return;
	}
	buf_append_char(&reader->bytes, mask != 0 ? low : c);
	buf_append_char(&reader->mask, mask);
	reader->begun = next == '+';
}

/* ---- tokens; false: not known ---- */

static bool read_escape(struct reader *reader) {
	char c = peek(reader, 1);
	if (reader->at + 1 >= reader->pattern.len) {
		return false;
	}
	reader->at += 2;
	if ((unsigned char)c < 0x80 && !char_is_alpha(c) && !char_is_digit(c)) {
		take_literal(reader, c);
		return true;
	}
	reader->begun = true;
	return is_one_of(c, "dDwWsShHvVNtnrfea");
}

static bool read_class(struct reader *reader) {
	reader->begun = true;
	reader->at++;
	reader->at += peek(reader, 0) == '^';
	for (bool first = true; reader->at < reader->pattern.len; first = false) {
		char c = reader->pattern.ptr[reader->at++];
		if (c == ']' && !first) {
			return true;
		}
		if (c == '[' && is_one_of(peek(reader, 0), ":.=")) {
			return false;
		}
		if (c == '\\') {
			char escaped = peek(reader, 0);
			bool itself =
			    (unsigned char)escaped < 0x80 && !char_is_alpha(escaped) && !char_is_digit(escaped);
			if (reader->at >= reader->pattern.len ||
			    !(itself || is_one_of(escaped, "dDwWsShHvVtnrfea"))) {
				return false;
			}
			reader->at++;
		}
	}
	return false;
}

/* (, (?: or a name. */
static bool read_group(struct reader *reader) {
	reader->begun = true;
	reader->depth++;
	reader->at++;
	if (peek(reader, 0) != '?') {
		return peek(reader, 0) != '*';
	}
	reader->at++;
	if (peek(reader, 0) == ':') {
		reader->at++;
		return true;
	}
	reader->at += peek(reader, 0) == 'P';
	char open = peek(reader, 0);
	bool named = open == '<' || (open == '\'' && reader->pattern.ptr[reader->at - 1] == '?');
	reader->at++;
	if (!named || !(char_is_alpha(peek(reader, 0)) || peek(reader, 0) == '_')) {
		return false;
	}
	while (char_is_alpha(peek(reader, 0)) || char_is_digit(peek(reader, 0)) ||
	       peek(reader, 0) == '_') {
		reader->at++;
	}
	return peek(reader, 0) == (open == '<' ? '>' : '\'') && ++reader->at > 0;
}

/* {n}, {n,} or {n,m}; others may be literal text. */
static bool read_braces(struct reader *reader) {
	size_t digits = 0;
	reader->at++;
	for (; char_is_digit(peek(reader, 0)); digits++) {
		reader->at++;
	}
	if (digits > 0 && peek(reader, 0) == ',') {
		reader->at++;
		while (char_is_digit(peek(reader, 0))) {
			reader->at++;
		}
	}
	return digits > 0 && peek(reader, 0) == '}' && ++reader->at > 0;
}

static bool read_token(struct reader *reader) {
	char c = peek(reader, 0);
	switch (c) {
	case '\\':
		return read_escape(reader);
	case '[':
		return read_class(reader);
	case '(':
		return read_group(reader);
	case '{':
		reader->begun = true;
		return read_braces(reader);
	case ')':
		reader->at++;
		return reader->depth-- > 0;
	case '|':
		reader->at++;
		return reader->depth > 0;
	case '.':
	case '*':
	case '+':
	case '?':
		reader->begun = true;
		reader->at++;
		return true;
	case '^':
	case '$':
	case '\0':
		return false;
	default:
		reader->at++;
		take_literal(reader, c);
		return true;
	}
}

bool regex_start(struct str pattern, bool caseless, struct arena *arena,
                 struct regex_start *out_start) {
	bool exact = str_starts(pattern, STR("(?-i)"));
	struct reader reader = {.pattern = pattern,
	                        .at = exact || str_starts(pattern, STR("(?i)")) ? 4 + exact : 0,
	                        .caseless = caseless && !exact};
	reader.caseless = reader.caseless || str_starts(pattern, STR("(?i)"));
	bool known = true;
	while (known && reader.at < pattern.len) {
		known = read_token(&reader);
	}
	known = known && reader.depth == 0 && reader.bytes.len >= REGEX_START_MIN;
	if (known) {
		out_start->bytes = arena_str(arena, buf_str(&reader.bytes));
		out_start->mask = arena_str(arena, buf_str(&reader.mask)).ptr;
	}
	buf_deinit(&reader.bytes);
	buf_deinit(&reader.mask);
	return known;
}

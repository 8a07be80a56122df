/* A reader of patterns that understands little and gives up early: what it does not know ends the
 * run, what could change the meaning of all (an alternative, a setting, \Q, a verb) ends
 * everything.
 */
#include "expr/regex_pieces.h"

#include "base/buf.h"

struct reader {
	struct str pattern;
	size_t at;
	struct arena *arena;
	void (*need)(void *ctx, struct str text);
	void *ctx;
	struct buf run;
	bool exact; /* the case counts */
};

enum { RUN_MIN = 2 };

static void end_run(struct reader *reader) {
	if (reader->run.len >= RUN_MIN) {
		reader->need(reader->ctx, arena_str(reader->arena, buf_str(&reader->run)));
	}
	buf_clear(&reader->run);
}

/* 'k' and 's' equal K (U+212A) and ſ (U+017F) without regard to case. */
static bool is_plain(const struct reader *reader, char c) {
	unsigned char byte = (unsigned char)c;
	char low = char_lower(c);
	return byte >= 0x20 && byte < 0x7f && (reader->exact || (low != 'k' && low != 's'));
}

/* The pattern has no '|' outside of groups and classes, no group that is not closed, no \Q, no
 * setting and no verb. */
static bool is_simple(struct str pattern) {
	size_t depth = 0;
	for (size_t i = 0; i < pattern.len; i++) {
		char c = pattern.ptr[i];
		if (c == '\\') {
			i++;
			if (i < pattern.len && (pattern.ptr[i] == 'Q' || pattern.ptr[i] == 'E')) {
				return false;
			}
		} else if (c == '[') {
			size_t first = ++i;
			if (i < pattern.len && pattern.ptr[i] == '^') {
				first = ++i;
			}
			for (; i < pattern.len && (pattern.ptr[i] != ']' || i == first); i++) {
				if (pattern.ptr[i] == '[') {
					return false; /* a POSIX class: not read here */
				}
				i += pattern.ptr[i] == '\\';
			}
			if (i >= pattern.len) {
				return false;
			}
		} else if (c == '(') {
			depth++;
			bool special =
			    i + 1 < pattern.len && (pattern.ptr[i + 1] == '?' || pattern.ptr[i + 1] == '*');
			bool plain_group = special && i + 2 < pattern.len && pattern.ptr[i + 1] == '?' &&
			                   pattern.ptr[i + 2] == ':';
			if (special && !plain_group) {
				return false;
			}
		} else if (c == ')') {
			if (depth-- == 0) {
				return false;
			}
		} else if (c == '|' && depth == 0) {
			return false;
		}
	}
	return depth == 0;
}

/* Behind a group, a class or an escape: at its end. */
static void skip_group(struct reader *reader) {
	size_t depth = 0;
	for (; reader->at < reader->pattern.len; reader->at++) {
		char c = reader->pattern.ptr[reader->at];
		if (c == '\\') {
			reader->at++;
		} else if (c == '[') {
			size_t first = reader->at + 1;
			first += first < reader->pattern.len && reader->pattern.ptr[first] == '^';
			for (reader->at = first;
			     reader->at < reader->pattern.len &&
			     (reader->pattern.ptr[reader->at] != ']' || reader->at == first);
			     reader->at++) {
				reader->at += reader->pattern.ptr[reader->at] == '\\';
			}
		} else if (c == '(') {
			depth++;
		} else if (c == ')') {
			depth--;
		}
		if (depth == 0) {
			reader->at++;
			return;
		}
	}
}

/* What stands behind an atom may make it optional or repeat it; it goes behind that. False: the
 * atom need not be there. *out_once: it is there just once. */
static bool read_quantifier(struct reader *reader, bool *out_once) {
	char c = reader->at < reader->pattern.len ? reader->pattern.ptr[reader->at] : '\0';
	*out_once = c != '?' && c != '*' && c != '+' && c != '{';
	if (*out_once) {
		return true;
	}
	if (c == '{') {
		while (reader->at < reader->pattern.len && reader->pattern.ptr[reader->at] != '}') {
			reader->at++;
		}
	}
	reader->at++;
	if (reader->at < reader->pattern.len &&
	    (reader->pattern.ptr[reader->at] == '?' || reader->pattern.ptr[reader->at] == '+')) {
		reader->at++;
	}
	return c == '+';
}

static void take_plain(struct reader *reader, char c) {
	bool once;
	bool needed = read_quantifier(reader, &once);
	if (needed && is_plain(reader, c)) {
		buf_append_char(&reader->run, char_lower(c));
	}
	if (!needed || !once || !is_plain(reader, c)) {
		end_run(reader);
	}
}

static void take_escape(struct reader *reader) {
	char c = reader->pattern.ptr[reader->at + 1];
	reader->at += 2;
	if (!char_is_alpha(c) && !char_is_digit(c) && (unsigned char)c < 0x80) {
		take_plain(reader, c); /* itself */
		return;
	}
	end_run(reader);
	/* Arguments of escapes (\x41, \p{L}, \g1) are not literal. */
	if (c == 'd' || c == 'D' || c == 'w' || c == 'W' || c == 's' || c == 'S' || c == 'b' ||
	    c == 'B') {
		bool once;
		(void)read_quantifier(reader, &once); /* not literal anyway */
		return;
	}
	reader->at = reader->pattern.len;
}

void regex_pieces(struct str pattern, struct arena *arena, void (*need)(void *ctx, struct str text),
                  void *ctx) {
	bool exact = str_starts(pattern, STR("(?-i)"));
	pattern = str_slice(pattern, exact ? 5 : 0, pattern.len);
	struct reader reader = {
	    .pattern = pattern, .arena = arena, .need = need, .ctx = ctx, .exact = exact};
	if (!is_simple(pattern)) {
		return;
	}
	while (reader.at < pattern.len) {
		char c = pattern.ptr[reader.at];
		bool once;
		if (c == '\\' && reader.at + 1 < pattern.len) {
			take_escape(&reader);
		} else if (c == '(' || c == '[') {
			end_run(&reader);
			skip_group(&reader);
			(void)read_quantifier(&reader, &once); /* what is inside is not looked at */
		} else if (c == '.' || c == '^' || c == '$') {
			end_run(&reader);
			reader.at++;
			(void)read_quantifier(&reader, &once); /* not literal anyway */
		} else if (c == '{' || c == '*' || c == '+' || c == '?') {
			break; /* a quantifier of nothing, or a brace: not read here */
		} else {
			reader.at++;
			take_plain(&reader, c);
		}
	}
	end_run(&reader);
	buf_deinit(&reader.run);
}

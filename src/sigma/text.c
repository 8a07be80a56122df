/* Patterns are short: everything is done byte by byte, with whole characters where they matter. */
#include "sigma/text.h"

#include "base/buf.h"
#include "base/limits.h"
#include "base/utf8.h"

/* Moves what was built into the arena and frees the buffer. */
static struct str finish(struct arena *arena, struct buf *buf) {
	struct str text = arena_str(arena, buf_str(buf));
	buf_deinit(buf);
	return text;
}

/* printf would end at a NUL. */
static struct str join(struct arena *arena, struct str a, struct str b, struct str c) {
	struct buf out = {0};
	buf_append_str(&out, a);
	buf_append_str(&out, b);
	buf_append_str(&out, c);
	return finish(arena, &out);
}

/* True when count texts of len bytes each are too many for one value of a rule. */
static bool too_many(uint64_t count, uint64_t len) {
	return count > LIMIT_RULE_VALUES || count * len > LIMIT_RULE_BYTES;
}

static bool is_special(char c) {
	return c == '*' || c == '?' || c == '\\';
}

static void append_quoted(struct buf *out, char c) {
	if (is_special(c)) {
		buf_append_char(out, '\\');
	}
	buf_append_char(out, c);
}

/* ---- patterns ---- */

/* The element at *at: a byte, or a wildcard; *at moves behind it. */
static char next(struct str text, size_t *at, bool *out_wildcard) {
	char c = text.ptr[(*at)++];
	*out_wildcard = c == '*' || c == '?';
	if (c == '\\' && *at < text.len && is_special(text.ptr[*at])) {
		c = text.ptr[(*at)++];
	}
	return c;
}

struct str text_pattern(struct arena *arena, struct str raw) {
	struct buf out = {0};
	for (size_t at = 0; at < raw.len;) {
		bool wildcard;
		char c = next(raw, &at, &wildcard);
		if (wildcard) {
			buf_append_char(&out, c);
		} else {
			append_quoted(&out, c);
		}
	}
	return finish(arena, &out);
}

struct str text_quote(struct arena *arena, struct str bytes) {
	struct buf out = {0};
	for (size_t i = 0; i < bytes.len; i++) {
		append_quoted(&out, bytes.ptr[i]);
	}
	return finish(arena, &out);
}

bool text_plain(struct arena *arena, struct str pattern, struct str *out_bytes) {
	struct buf out = {0};
	bool plain = true;
	for (size_t at = 0; at < pattern.len && plain;) {
		bool wildcard;
		buf_append_char(&out, next(pattern, &at, &wildcard));
		plain = !wildcard;
	}
	if (plain && out_bytes != NULL) {
		*out_bytes = arena_str(arena, buf_str(&out));
	}
	buf_deinit(&out);
	return plain;
}

/* The part of pattern between the '*' at its ends; how many stand there. */
static struct str without_stars(struct str pattern, bool *out_first, bool *out_last) {
	size_t from = 0;
	while (from < pattern.len && pattern.ptr[from] == '*') {
		from++;
	}
	size_t end = from; /* behind the last element that is no '*' */
	for (size_t at = from; at < pattern.len;) {
		size_t before = at;
		bool wildcard;
		char c = next(pattern, &at, &wildcard);
		if (!wildcard || c == '?') {
			end = at;
		}
		ASSERT(at > before);
	}
	*out_first = from > 0;
	*out_last = end < pattern.len;
	return str_slice(pattern, from, end);
}

struct str text_anchor(struct arena *arena, struct str pattern, bool star_first, bool star_last) {
	bool first;
	bool last;
	struct str core = without_stars(pattern, &first, &last);
	struct buf out = {0};
	if (first || star_first) {
		buf_append_char(&out, '*');
	}
	buf_append_str(&out, core);
	if (last || star_last) {
		buf_append_char(&out, '*');
	}
	return finish(arena, &out);
}

void text_to_atom(struct arena *arena, struct str pattern, struct atom *atom) {
	bool first;
	bool last;
	struct str core = without_stars(pattern, &first, &last);
	if (!text_plain(arena, core, &atom->text)) {
		atom->kind = ATOM_WILDCARD;
		atom->text = arena_str(arena, pattern);
	} else if (core.len == 0 && (first || last)) { /* "*": any text */
		atom->kind = ATOM_CONTAINS;
	} else if (first) {
		atom->kind = last ? ATOM_CONTAINS : ATOM_ENDS;
	} else {
		atom->kind = last ? ATOM_STARTS : ATOM_EQUALS;
	}
}

/* ---- encodings ---- */

static void append_unit(struct buf *out, uint32_t unit, bool big_endian) {
	char low = (char)(unit & 0xff);
	char high = (char)(unit >> 8 & 0xff);
	append_quoted(out, big_endian ? high : low);
	append_quoted(out, big_endian ? low : high);
}

static void append_utf16(struct buf *out, uint32_t code, bool big_endian) {
	if (code < 0x10000) {
		append_unit(out, code, big_endian);
		return;
	}
	code -= 0x10000;
	append_unit(out, 0xd800 | code >> 10, big_endian);
	append_unit(out, 0xdc00 | (code & 0x3ff), big_endian);
}

struct str text_utf16(struct arena *arena, struct str pattern, bool big_endian, bool mark) {
	struct buf out = {0};
	if (mark) {
		append_unit(&out, 0xfeff, big_endian);
	}
	for (size_t at = 0; at < pattern.len;) {
		char c = pattern.ptr[at];
		if (c == '*' || c == '?') {
			buf_append_char(&out, c);
			at++;
			continue;
		}
		at += c == '\\' && at + 1 < pattern.len;
		append_utf16(&out, utf8_next(pattern, &at, NULL), big_endian);
	}
	return finish(arena, &out);
}

struct str text_base64(struct arena *arena, struct str bytes) {
	struct buf out = {0};
	buf_append_base64(&out, bytes.ptr, bytes.len);
	return finish(arena, &out); /* nothing in it is special */
}

struct str text_base64_offset(struct arena *arena, struct str bytes, unsigned shift) {
	static const size_t first[3] = {0, 2, 3};  /* digits that the bytes before have part in */
	static const size_t behind[3] = {0, 3, 2}; /* and those behind, padding counted */
	ASSERT(shift < 3);
	struct buf padded = {0};
	struct buf encoded = {0};
	buf_append(&padded, "  ", shift);
	buf_append_str(&padded, bytes);
	buf_append_base64(&encoded, padded.ptr, padded.len);
	size_t end = encoded.len - MIN_OF(encoded.len, behind[padded.len % 3]);
	struct str part = arena_str(arena, str_slice(buf_str(&encoded), first[shift], end));
	buf_deinit(&padded);
	buf_deinit(&encoded);
	return part;
}

/* ---- windash ---- */

static const struct str dashes[] = {STR_INIT("-"), STR_INIT("/"), STR_INIT("\xe2\x80\x93"),
                                    STR_INIT("\xe2\x80\x94"), STR_INIT("\xe2\x80\x95")};

/* How many bytes a dash takes at at; 0: there is none. */
static size_t dash_at(struct str pattern, size_t at) {
	struct str rest = str_slice(pattern, at, pattern.len);
	for (size_t i = 0; i < ARRAY_LEN(dashes); i++) {
		if (str_starts(rest, dashes[i])) {
			return dashes[i].len;
		}
	}
	return 0;
}

/* A dash counts when no word stands right before it and one right behind it, as in " -f". */
static size_t flag_at(struct str pattern, size_t at, uint32_t before) {
	size_t len = dash_at(pattern, at);
	size_t behind = at + len;
	bool word = len > 0 && behind < pattern.len && !utf8_is_word(before) &&
	            utf8_is_word(utf8_next(pattern, &behind, NULL));
	return word ? len : 0;
}

enum err text_windash(struct arena *arena, struct str pattern, struct texts *out) {
	struct texts forms = {0};
	size_t done = 0; /* bytes of pattern that are in all forms */
	uint32_t before = 0;
	texts_append(&forms, arena, STR(""));
	for (size_t at = 0; at < pattern.len;) {
		size_t dash = flag_at(pattern, at, before);
		if (dash == 0) {
			before = utf8_next(pattern, &at, NULL);
			continue;
		}
		struct texts more = {0};
		if (too_many((uint64_t)forms.count * ARRAY_LEN(dashes), 3 * pattern.len)) {
			return ERR_LIMIT;
		}
		for (uint32_t i = 0; i < forms.count; i++) {
			for (size_t k = 0; k < ARRAY_LEN(dashes); k++) {
				struct str piece = str_slice(pattern, done, at);
				texts_append(&more, arena, join(arena, forms.items[i], piece, dashes[k]));
			}
		}
		forms = more;
		at += dash;
		done = at;
		before = '-';
	}
	for (uint32_t i = 0; i < forms.count; i++) {
		struct str piece = str_slice(pattern, done, pattern.len);
		texts_append(out, arena, join(arena, forms.items[i], piece, STR("")));
	}
	return ERR_OK;
}

/* ---- placeholders ---- */

static bool is_name_char(char c, bool first) {
	return char_is_alpha(c) || char_is_digit(c) || c == '_' || (!first && (c == '-' || c == '.'));
}

/* The end of a placeholder that begins at at (behind its second '%'), or 0. */
static size_t placeholder_end(struct str raw, size_t at) {
	if (raw.ptr[at] != '%') {
		return 0;
	}
	size_t end = at + 1;
	while (end < raw.len && is_name_char(raw.ptr[end], end == at + 1)) {
		end++;
	}
	return end > at + 1 && end < raw.len && raw.ptr[end] == '%' ? end + 1 : 0;
}

/* The literal text from at on, up to the next placeholder, as a pattern; *at moves to its end. */
static struct str literal(struct arena *arena, struct str raw, size_t *at) {
	struct buf piece = {0};
	while (*at < raw.len && placeholder_end(raw, *at) == 0) {
		bool wildcard;
		if (raw.ptr[*at] == '\\' && *at + 1 < raw.len && raw.ptr[*at + 1] == '%') {
			buf_append_char(&piece, '%');
			*at += 2;
			continue;
		}
		char c = next(raw, at, &wildcard);
		if (wildcard) {
			buf_append_char(&piece, c);
		} else {
			append_quoted(&piece, c);
		}
	}
	return finish(arena, &piece);
}

/* forms x values */
static enum err multiply(struct arena *arena, struct texts *forms, const struct texts *values) {
	struct texts more = {0};
	size_t longest = 0;
	for (uint32_t i = 0; i < forms->count; i++) {
		longest = MAX_OF(longest, forms->items[i].len);
	}
	for (uint32_t k = 0; k < values->count; k++) {
		struct str value = text_pattern(arena, values->items[k]);
		if (too_many((uint64_t)forms->count * values->count, longest + value.len)) {
			return ERR_LIMIT;
		}
		for (uint32_t i = 0; i < forms->count; i++) {
			texts_append(&more, arena, join(arena, forms->items[i], value, STR("")));
		}
	}
	*forms = more;
	return ERR_OK;
}

enum err text_expand(struct arena *arena, struct str raw, text_values_f values, void *ctx,
                     struct texts *out, struct str *out_missing) {
	struct texts forms = {0};
	texts_append(&forms, arena, STR(""));
	for (size_t at = 0; at < raw.len;) {
		struct str piece = literal(arena, raw, &at);
		if (too_many(forms.count, raw.len)) {
			return ERR_LIMIT;
		}
		for (uint32_t i = 0; i < forms.count; i++) {
			forms.items[i] = join(arena, forms.items[i], piece, STR(""));
		}
		if (at == raw.len) {
			break;
		}
		size_t end = placeholder_end(raw, at);
		struct str name = str_slice(raw, at + 1, end - 1);
		const struct texts *list = values(ctx, name);
		if (list == NULL || list->count == 0) {
			*out_missing = name;
			return ERR_NOT_FOUND;
		}
		TRY(multiply(arena, &forms, list));
		at = end;
	}
	for (uint32_t i = 0; i < forms.count; i++) {
		texts_append(out, arena, forms.items[i]);
	}
	return ERR_OK;
}

/* Each reader goes over the text once; looking ahead for the end of a value is bounded. */
#include "ingest/text_pairs.h"

/* How far the mark that ends a value may be looked for when others stand before it. */
enum { MARKS_AHEAD = 4096, WORDS_AHEAD = 40 /* the length of a key of several words */ };

static bool is_blank(char c) {
	return c == ' ' || c == '\t';
}

bool pairs_style(struct str argument, struct pairs_style *out_style) {
	struct str rest = argument;
	struct str separator = str_cut(&rest, ' ');
	*out_style = (struct pairs_style){.separator = ' ', .sign = '='};
	if (rest.len > 1) {
		return false;
	}
	if (rest.len == 1) {
		out_style->sign = rest.ptr[0];
	}
	if (str_eq(separator, STR("cef"))) {
		out_style->cef = true;
	} else if (str_eq(separator, STR("tab"))) {
		out_style->separator = '\t';
	} else if (separator.len == 1) {
		out_style->separator = separator.ptr[0];
	} else {
		return separator.len == 0 ? argument.len == 0 : str_eq(separator, STR("blank"));
	}
	return out_style->sign != out_style->separator;
}

struct str text_unescape(struct arena *arena, struct str text, struct str signs) {
	if (str_find_char(text, '\\', 0) >= text.len) {
		return text;
	}
	char *out = arena_alloc(arena, text.len);
	size_t len = 0;
	for (size_t i = 0; i < text.len; i++) {
		char next = i + 1 < text.len ? text.ptr[i + 1] : '\0';
		if (text.ptr[i] != '\\' || next == '\0' ||
		    (next != '\\' && memchr(signs.ptr, next, signs.len) == NULL)) {
			out[len++] = text.ptr[i];
			continue;
		}
		i++;
		out[len++] = next == 'n' ? '\n' : next == 'r' ? '\r' : next;
	}
	return str_make(out, len);
}

/* ---- pairs ---- */

static bool ends_value(struct str text, size_t at, struct pairs_style style) {
	return at >= text.len || text.ptr[at] == style.separator || is_blank(text.ptr[at]);
}

/* The place of the mark that ends the value whose first mark stands at at, or text.len. It is the
 * first one behind which a separator stands; where none does so, the first. */
static size_t closing_mark(struct str text, size_t at, struct pairs_style style) {
	char mark = text.ptr[at];
	size_t first = text.len;
	size_t last = MIN_OF(text.len, at + 1 + MARKS_AHEAD);
	for (size_t i = at + 1; i < text.len && (i < last || first == text.len); i++) {
		if (text.ptr[i] == '\\') {
			i++;
		} else if (text.ptr[i] == mark) {
			first = first == text.len ? i : first;
			if (ends_value(text, i + 1, style)) {
				return i;
			}
		}
	}
	return first;
}

/* Whether "Key:" or "Two Words:" and a blank, or the end, stand behind the separator at at. */
static bool is_next_key(struct str text, size_t at, struct pairs_style style) {
	size_t i = at + 1;
	while (i < text.len && i - at <= WORDS_AHEAD &&
	       (char_is_alpha(text.ptr[i]) || char_is_digit(text.ptr[i]) || text.ptr[i] == '_' ||
	        text.ptr[i] == '-' || text.ptr[i] == ' ')) {
		i++;
	}
	return i < text.len && text.ptr[i] == style.sign &&
	       (i + 1 == text.len || is_blank(text.ptr[i + 1]));
}

/* The value at *at, which then stands behind it. */
static struct str take_value(struct str text, size_t *at, struct pairs_style style,
                             struct arena *arena, bool *out_marked) {
	size_t first = *at;
	*out_marked = false;
	if (first < text.len && (text.ptr[first] == '"' || text.ptr[first] == '\'')) {
		size_t end = closing_mark(text, first, style);
		if (end < text.len) {
			*at = end + 1;
			*out_marked = true;
			return text_unescape(arena, str_trim(str_slice(text, first + 1, end)), STR("\"']"));
		}
	}
	size_t end = first;
	bool words = style.separator == ',' && style.sign == ':';
	while (end < text.len &&
	       (text.ptr[end] != style.separator || (words && !is_next_key(text, end, style))) &&
	       !(style.separator == ' ' && text.ptr[end] == '\t')) {
		end++;
	}
	*at = end;
	return str_trim(str_slice(text, first, end));
}

static void read_separated(struct str text, struct pairs_style style, struct arena *arena,
                           pairs_take *take, void *ctx) {
	size_t at = 0;
	while (at < text.len) {
		while (at < text.len && (text.ptr[at] == style.separator || is_blank(text.ptr[at]))) {
			at++;
		}
		size_t first = at;
		while (at < text.len && text.ptr[at] != style.sign && text.ptr[at] != style.separator) {
			at++;
		}
		if (at >= text.len || text.ptr[at] != style.sign) {
			continue; /* words without a sign */
		}
		struct str key = str_trim(str_slice(text, first, at));
		at++;
		at += style.sign == ':' && at < text.len && text.ptr[at] == ':'; /* key::"value" */
		while (style.separator != ' ' && at < text.len && is_blank(text.ptr[at]) &&
		       text.ptr[at] != style.separator) {
			at++;
		}
		bool marked;
		struct str value = take_value(text, &at, style, arena, &marked);
		if (key.len > 0) {
			take(ctx, key, value, marked);
		}
	}
}

static bool is_cef_key(char c) {
	return char_is_alpha(c) || char_is_digit(c) || c == '_' || c == '.' || c == '-' || c == '[' ||
	       c == ']' || c == '@';
}

/* The beginning of the key that ends at the sign at at, when a blank behind from, or nothing,
 * stands before it; at when it is none. */
static size_t cef_key(struct str text, size_t from, size_t at) {
	size_t first = at;
	while (first > from && is_cef_key(text.ptr[first - 1])) {
		first--;
	}
	bool begins = first == 0 || (first > from && text.ptr[first - 1] == ' ');
	return first < at && begins ? first : at;
}

/* What a label calls the values of another key: "cs1Label=Rule cs1=x" gives "Rule" too, with '_'
 * for what cannot stand in a field's name. */
enum { LABELS_MAX = 32, LABEL_LEN_MAX = 64 };

struct cef {
	struct arena *arena;
	pairs_take *take;
	void *ctx;
	struct cef_label {
		struct str key, label;
	} labels[LABELS_MAX];
	uint32_t labels_count;
};

static struct str label_name(struct arena *arena, struct str label) {
	char *out = arena_alloc(arena, label.len);
	for (size_t i = 0; i < label.len; i++) {
		char c = label.ptr[i];
		bool stays = char_is_alpha(c) || char_is_digit(c) || c == '.' || c == '-';
		out[i] = stays ? c : '_';
	}
	return str_make(out, label.len);
}

static void note_label(struct cef *cef, struct str key, struct str value) {
	static const struct str end = STR_INIT("Label");
	value = str_trim(value);
	if (key.len > end.len && str_eq(str_slice(key, key.len - end.len, key.len), end) &&
	    cef->labels_count < LABELS_MAX && value.len > 0 && value.len <= LABEL_LEN_MAX) {
		cef->labels[cef->labels_count++] =
		    (struct cef_label){str_slice(key, 0, key.len - end.len), label_name(cef->arena, value)};
	}
}

static void take_cef(struct cef *cef, struct str key, struct str raw) {
	struct str value = str_trim(raw);
	if (value.len >= 2 && value.ptr[0] == '"' && value.ptr[value.len - 1] == '"') {
		value = str_slice(value, 1, value.len - 1);
	}
	value = text_unescape(cef->arena, value, STR("=|nr"));
	cef->take(cef->ctx, key, value, false);
	for (uint32_t i = cef->labels_count; i > 0; i--) { /* the last that the key was given counts */
		if (str_eq(cef->labels[i - 1].key, key)) {
			cef->take(cef->ctx, cef->labels[i - 1].label, value, false);
			return;
		}
	}
}

/* "a=b c d=e": a value ends before the last blank before the next key. */
static void walk_cef(struct cef *cef, struct str text, char sign,
                     void (*each)(struct cef *cef, struct str key, struct str value)) {
	struct str key = {0};
	size_t value_at = 0;
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] == '\\') {
			i++;
			continue;
		}
		if (text.ptr[i] != sign) {
			continue;
		}
		size_t key_at = cef_key(text, value_at, i);
		if (key_at == i) {
			continue;
		}
		if (key.len > 0) {
			each(cef, key, str_slice(text, value_at, key_at));
		}
		key = str_slice(text, key_at, i);
		value_at = i + 1;
	}
	if (key.len > 0) {
		each(cef, key, str_slice(text, value_at, text.len));
	}
}

static void read_cef(struct str text, char sign, struct arena *arena, pairs_take *take, void *ctx) {
	struct cef cef = {.arena = arena, .take = take, .ctx = ctx};
	walk_cef(&cef, text, sign, note_label);
	walk_cef(&cef, text, sign, take_cef);
}

void pairs_read(struct str text, struct pairs_style style, struct arena *arena, pairs_take *take,
                void *ctx) {
	if (style.cef) {
		read_cef(text, style.sign, arena, take, ctx);
	} else {
		read_separated(text, style, arena, take, ctx);
	}
}

/* ---- columns ---- */

/* The value between marks at *at, "" being one mark; *at then stands behind the closing one. */
static struct str take_marked(struct str text, size_t *at, struct arena *arena) {
	size_t first = *at + 1;
	size_t i = first;
	bool doubled = false;
	while (i < text.len && (text.ptr[i] != '"' || (i + 1 < text.len && text.ptr[i + 1] == '"'))) {
		bool mark = text.ptr[i] == '"';
		doubled = doubled || mark;
		i += 1 + mark;
	}
	struct str value = str_slice(text, first, MIN_OF(i, text.len));
	*at = MIN_OF(i + 1, text.len);
	if (!doubled) {
		return value;
	}
	char *out = arena_alloc(arena, value.len);
	size_t len = 0;
	for (i = 0; i < value.len; i++) {
		out[len++] = value.ptr[i];
		i += value.ptr[i] == '"';
	}
	return str_make(out, len);
}

void columns_read(struct str text, char separator, struct arena *arena, columns_take *take,
                  void *ctx) {
	size_t at = 0;
	for (uint32_t number = 0; at <= text.len; number++) {
		while (separator == ' ' && at < text.len && is_blank(text.ptr[at])) {
			at++;
		}
		size_t first = at;
		struct str value = {0};
		bool marked = at < text.len && text.ptr[at] == '"';
		if (marked) {
			value = take_marked(text, &at, arena);
		}
		size_t behind = at;
		while (at < text.len && text.ptr[at] != separator) {
			at++;
		}
		/* Text behind the closing mark: the value was no marked one. */
		bool plain = !marked || str_trim(str_slice(text, behind, at)).len > 0;
		take(ctx, number, plain ? str_trim(str_slice(text, first, at)) : value);
		at++;
	}
}

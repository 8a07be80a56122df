/* The databases of a field: Vectorscan looks for all its literals in one pass, and in another for
 * the regexes that need no literal. Of regexes only those are given to it whose every construct
 * means for ASCII texts what it means to PCRE2, and not too large: its compiler has no bound of
 * its own. What it finds is only "perhaps". */
#include "base/limits.h"
#include "expr/many_plan.h"

/* ---- which regexes ---- */

enum { GROUPS_MAX = 32 };

struct weigher {
	struct str pattern;
	size_t at;
	uint64_t sums[GROUPS_MAX]; /* positions of the open groups so far */
	size_t depth;
	uint64_t last; /* positions of the last element, which a quantifier repeats */
};

static char peek(const struct weigher *w, size_t ahead) {
	return w->at + ahead < w->pattern.len ? w->pattern.ptr[w->at + ahead] : '\0';
}

/* Behind '{': "n", "n,", "n,m", then '}'. *out_times: the larger number. */
static bool read_repeat(struct weigher *w, uint64_t *out_times) {
	uint64_t low = 0;
	uint64_t high = 0;
	size_t digits = 0;
	for (; char_is_digit(peek(w, 0)) && digits < 6; w->at++, digits++) {
		low = low * 10 + (uint64_t)(peek(w, 0) - '0');
	}
	if (digits == 0) {
		return false;
	}
	high = low;
	if (peek(w, 0) == ',') {
		w->at++;
		for (digits = 0; char_is_digit(peek(w, 0)) && digits < 6; w->at++, digits++) {
			high = (digits == 0 ? 0 : high * 10) + (uint64_t)(peek(w, 0) - '0');
		}
	}
	*out_times = MAX_OF(MAX_OF(low, high), (uint64_t)1);
	return peek(w, 0) == '}';
}

/* At a quantifier. Possessive ones are refused. */
static bool read_quantifier(struct weigher *w) {
	uint64_t times = 1;
	bool braces = peek(w, 0) == '{';
	w->at++;
	if (braces && !read_repeat(w, &times)) {
		return false;
	}
	w->at += braces;
	w->sums[w->depth] += w->last * (times - 1);
	w->last = 0;
	w->at += peek(w, 0) == '?';
	char next = peek(w, 0);
	return next != '+' && next != '*' && next != '?' && next != '{' &&
	       w->sums[w->depth] <= LIMIT_MANY_WEIGHT;
}

/* Behind '\'. The escapes that mean the same. */
static bool is_same_escape(char c) {
	return (c > ' ' && c < 0x7f && !char_is_alpha(c) && !char_is_digit(c)) ||
	       (c != '\0' && strchr("dDwWsSbBtrnf", c) != NULL);
}

/* At '['. POSIX classes and odd ends are refused. */
static bool read_class(struct weigher *w) {
	w->at++;
	w->at += peek(w, 0) == '^';
	for (bool first = true;; first = false) {
		char c = peek(w, 0);
		if (w->at >= w->pattern.len || c == '[' || (c == ']' && first)) {
			return false;
		}
		if (c == '\\') {
			w->at++;
			if (!is_same_escape(peek(w, 0)) || peek(w, 0) == 'b' || peek(w, 0) == 'B') {
				return false;
			}
		}
		w->at++;
		if (c == ']') {
			return true;
		}
	}
}

static bool open_group(struct weigher *w) {
	w->at++;
	if (peek(w, 0) == '*' || (peek(w, 0) == '?' && peek(w, 1) != ':')) {
		return false;
	}
	w->at += peek(w, 0) == '?' ? 2 : 0;
	if (++w->depth == GROUPS_MAX) {
		return false;
	}
	w->sums[w->depth] = 0;
	w->last = 0;
	return true;
}

static bool close_group(struct weigher *w) {
	if (w->depth == 0) {
		return false;
	}
	w->at++;
	w->last = w->sums[w->depth--] + 1;
	w->sums[w->depth] += w->last;
	return true;
}

static bool read_element(struct weigher *w) {
	char c = peek(w, 0);
	if (c == '(') {
		return open_group(w);
	}
	if (c == ')') {
		return close_group(w);
	}
	if (c == '*' || c == '+' || c == '?' || c == '{') {
		return w->last > 0 && read_quantifier(w);
	}
	if (c == '[') {
		if (!read_class(w)) {
			return false;
		}
	} else if (c == '\\') {
		if (!is_same_escape(peek(w, 1))) {
			return false;
		}
		w->at += 2;
	} else {
		w->at++;
	}
	bool repeats = c != '^' && c != '$' && c != '|' &&
	               !(c == '\\' && (w->pattern.ptr[w->at - 1] | 0x20) == 'b');
	w->last = repeats;
	w->sums[w->depth]++;
	return c >= ' ' && c < 0x7f;
}

uint32_t many_regex_weight(struct str pattern) {
	struct weigher w = {.pattern = pattern};
	if (pattern.len > LIMIT_MANY_PATTERN) {
		return 0;
	}
	w.at = str_starts(pattern, STR("(?i)")) ? 4 : 0;
	while (w.at < pattern.len) {
		if (!read_element(&w) || w.sums[w.depth] > LIMIT_MANY_WEIGHT) {
			return 0;
		}
	}
	return w.depth == 0 ? (uint32_t)w.sums[0] : 0;
}

/* ---- databases ---- */

/* Vectorscan 5.4.9 makes an automaton of few literals, and that one misses some of them in texts of
 * more than 64 bytes; of many it makes tables, which do not. So there are always many: the further
 * ones are of bytes that hardly stand side by side, and their numbers are not looked at. */
enum { LITERALS_MIN = 64, FILLER_LEN = 6 };

static const char *filler(struct arena *arena, uint32_t number) {
	char *text = arena_alloc(arena, FILLER_LEN);
	for (uint32_t i = 0; i < FILLER_LEN; i++) {
		text[i] = (char)(0xf8 + ((number >> (i % 3 * 3)) + i * 5) % 8);
	}
	text[FILLER_LEN - 1] = (char)(1 + number % 8);
	text[FILLER_LEN - 2] = (char)(0x10 + number / 8 % 8);
	return text;
}

/* NULL when it cannot be compiled. */
static hs_database_t *compile_literals(const struct many_draft *draft) {
	uint32_t count = draft->field->literals_count;
	uint32_t all = MAX_OF(count, (uint32_t)LITERALS_MIN);
	const char **texts = ARENA_ARRAY(draft->scratch, all, const char *);
	size_t *lens = ARENA_ARRAY(draft->scratch, all, size_t);
	unsigned *flags = ARENA_ARRAY(draft->scratch, all, unsigned);
	unsigned *ids = ARENA_ARRAY(draft->scratch, all, unsigned);
	for (uint32_t i = 0; i < all; i++) {
		struct str key = i < count ? map_key(draft->literals, i) : STR("");
		bool is_filler = i >= count;
		texts[i] = is_filler ? filler(draft->scratch, i) : key.ptr + 1;
		lens[i] = is_filler ? FILLER_LEN : key.len - 1;
		flags[i] = !is_filler && key.ptr[0] == 'i' ? HS_FLAG_CASELESS : 0;
		ids[i] = i;
	}
	hs_database_t *database = NULL;
	hs_compile_error_t *error = NULL;
	(void)draft->many->hs.hs_compile_lit_multi(texts, flags, ids, lens, all, HS_MODE_BLOCK, NULL,
	                                           &database, &error); /* no database says it */
	(void)draft->many->hs.hs_free_compile_error(error);            /* NULL is fine */
	return database;
}

static unsigned pattern_flags(const struct atom *atom) {
	return HS_FLAG_ALLOWEMPTY | HS_FLAG_SINGLEMATCH |
	       ((atom->flags & ATOM_CASELESS) != 0 ? HS_FLAG_CASELESS : 0) |
	       ((atom->flags & ATOM_MULTILINE) != 0 ? HS_FLAG_MULTILINE : 0) |
	       ((atom->flags & ATOM_DOTALL) != 0 ? HS_FLAG_DOTALL : 0);
}

static hs_database_t *compile_patterns(const struct many_draft *draft) {
	uint32_t count = draft->field->patterns_count;
	const uint32_t *atoms = (const uint32_t *)(const void *)draft->patterns.ptr;
	const char **texts = ARENA_ARRAY(draft->scratch, count, const char *);
	unsigned *flags = ARENA_ARRAY(draft->scratch, count, unsigned);
	unsigned *ids = ARENA_ARRAY(draft->scratch, count, unsigned);
	for (uint32_t i = 0; i < count; i++) {
		const struct atom *atom = &draft->many->atoms[atoms[i]];
		texts[i] = arena_cstr(draft->scratch, atom->text);
		flags[i] = pattern_flags(atom);
		ids[i] = i;
	}
	hs_database_t *database = NULL;
	hs_compile_error_t *error = NULL;
	(void)draft->many->hs.hs_compile_multi(texts, flags, ids, count, HS_MODE_BLOCK, NULL, &database,
	                                       &error); /* no database says it */
	(void)draft->many->hs.hs_free_compile_error(error);
	return database;
}

static void list_add(struct many_list *list, uint32_t atom) {
	list->atoms[list->count++] = atom;
}

/* Without a database atom_match is asked of everything that it would have found. */
void many_without_literals(struct many *many, struct many_field *field) {
	const struct many_span *spans = field->literal_spans;
	bool *is_seen = calloc(many->atoms_count, sizeof(bool));
	ASSERT(is_seen != NULL);
	for (uint32_t i = 0; i < field->literals_count; i++) {
		for (uint32_t k = 0; k < spans[i].count; k++) {
			uint32_t atom = field->checks[spans[i].first + k].atom;
			if (!is_seen[atom]) {
				is_seen[atom] = true;
				many_need_test(many, atom);
				list_add(&field->slow, atom);
			}
		}
	}
	free(is_seen);
	field->literals_count = 0;
}

void many_without_patterns(struct many_field *field) {
	for (uint32_t i = 0; i < field->patterns_count; i++) {
		list_add(&field->slow, field->pattern_atoms[i]);
	}
	field->patterns_count = 0;
	field->slow_wide.count = 0;
}

void many_compile(struct many *many, struct many_field *field, struct many_draft *draft) {
	if (field->literals_count > 0) {
		field->literals = compile_literals(draft);
		if (field->literals == NULL) {
			many_without_literals(many, field);
		}
	}
	if (field->patterns_count > 0) {
		field->patterns = compile_patterns(draft);
		if (field->patterns == NULL) {
			many_without_patterns(field);
		}
	}
}

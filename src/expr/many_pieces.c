/* Literals that an atom needs. Bytes of a text that fits are the literal's bytes as long as no
 * character of it has another case beyond ASCII: of the others the longest such part is taken. */
#include "base/limits.h"
#include "base/utf8.h"
#include "expr/many_plan.h"
#include "expr/needle.h"
#include "expr/regex_pieces.h"
#include "expr/wildcard.h"

enum { REGEX_PIECE_MIN = 3 };
#define MALFORMED ((uint32_t)0x110000) /* plus the byte: as needle_next has it */

static bool is_malformed(uint32_t code) {
	return code >= MALFORMED && code < WILDCARD_ANY;
}

static void append_code(struct buf *out, uint32_t code) {
	if (is_malformed(code)) {
		buf_append_char(out, (char)(code - MALFORMED));
	} else if (code < 0x80) {
		buf_append_char(out, (char)code);
	} else {
		utf8_append(out, code);
	}
}

void many_append_folded(struct buf *out, struct str text) {
	for (size_t at = 0; at < text.len;) {
		append_code(out, needle_next(text, &at));
	}
}

/* True when all texts that equal code have the same bytes, but for the case of ASCII letters. */
static bool is_stable(uint32_t code, bool cased) {
	uint32_t others[UTF8_UNFOLD_MAX];
	return cased || code < 0x80 || is_malformed(code) || utf8_unfold(code, others) == 0;
}

/* The atom as elements of a wildcard: code points, WILDCARD_ANY, WILDCARD_ONE. */
static struct wildcard elements_of(const struct atom *atom, struct arena *arena) {
	struct wildcard wildcard;
	if (atom->kind == ATOM_WILDCARD) {
		if ((atom->flags & ATOM_CASED) != 0) {
			wildcard_init_cased(&wildcard, arena, atom->text);
		} else {
			wildcard_init(&wildcard, arena, atom->text);
		}
		return wildcard;
	}
	uint32_t *codes = ARENA_ARRAY(arena, atom->text.len + 1, uint32_t);
	size_t count = 0;
	for (size_t at = 0; at < atom->text.len;) {
		codes[count++] = needle_next(atom->text, &at);
	}
	return (struct wildcard){.codes = codes, .count = count};
}

/* The longest part of stable code points. *out_all: it is all there is, and well formed. */
static struct str longest(const struct wildcard *wildcard, struct arena *arena, bool *out_all) {
	CLEANUP(buf_deinit) struct buf best = {0};
	CLEANUP(buf_deinit) struct buf part = {0};
	*out_all = true;
	for (size_t i = 0; i <= wildcard->count; i++) {
		uint32_t code = i < wildcard->count ? wildcard->codes[i] : WILDCARD_ANY;
		if (code < WILDCARD_ANY && is_stable(code, wildcard->cased)) {
			append_code(&part, code);
			*out_all = *out_all && !is_malformed(code);
			continue;
		}
		*out_all = *out_all && i == wildcard->count;
		if (part.len > best.len) {
			buf_clear(&best);
			buf_append_str(&best, buf_str(&part));
		}
		buf_clear(&part);
	}
	return arena_str(arena, buf_str(&best));
}

/* No part is stable: each case of the first code point is a piece. */
static size_t first_cases(const struct wildcard *wildcard, struct arena *arena,
                          struct many_piece *out_pieces) {
	uint32_t cases[UTF8_UNFOLD_MAX + 1];
	size_t i = 0;
	while (i < wildcard->count && wildcard->codes[i] >= WILDCARD_ANY) {
		i++;
	}
	if (i == wildcard->count) {
		return 0;
	}
	cases[0] = wildcard->codes[i];
	size_t count = 1 + utf8_unfold(cases[0], cases + 1);
	for (size_t k = 0; k < count; k++) {
		CLEANUP(buf_deinit) struct buf one = {0};
		append_code(&one, cases[k]);
		out_pieces[k] = (struct many_piece){
		    .bytes = arena_str(arena, buf_str(&one)), .cased = true, .kind = MANY_PERHAPS};
	}
	return count;
}

static enum many_kind kind_of(const struct atom *atom) {
	return atom->kind == ATOM_CONTAINS ? MANY_HOLDS
	       : atom->kind == ATOM_STARTS ? MANY_AT_HEAD
	       : atom->kind == ATOM_ENDS   ? MANY_AT_END
	                                   : MANY_PERHAPS;
}

static size_t text_pieces(const struct atom *atom, struct arena *arena,
                          struct many_piece *out_pieces) {
	bool cased = (atom->flags & ATOM_CASED) != 0;
	if (cased && atom->kind != ATOM_WILDCARD) {
		out_pieces[0] =
		    (struct many_piece){.bytes = atom->text, .cased = true, .kind = kind_of(atom)};
		return atom->text.len > 0;
	}
	struct wildcard wildcard = elements_of(atom, arena);
	bool all;
	struct str part = longest(&wildcard, arena, &all);
	if (part.len == 0) {
		return first_cases(&wildcard, arena, out_pieces);
	}
	out_pieces[0] = (struct many_piece){
	    .bytes = part, .cased = cased, .kind = all ? kind_of(atom) : MANY_PERHAPS};
	return 1;
}

static void take_longer(void *ctx, struct str text) {
	struct str *best = ctx;
	if (text.len > best->len) {
		*best = text;
	}
}

/* True when a literal of a regex is seldom enough in texts to run it wherever it stands. */
static bool is_telling(struct str piece) {
	return piece.len >= REGEX_PIECE_MIN || str_eq(piece, STR("&&")) || str_eq(piece, STR("0x"));
}

static size_t regex_piece(const struct atom *atom, struct arena *arena,
                          struct many_piece *out_pieces) {
	CLEANUP(buf_deinit) struct buf pattern = {0};
	struct str best = {0};
	bool any_case = str_starts(atom->text, STR("(?i)"));
	if ((atom->flags & ATOM_CASELESS) == 0 && !any_case) {
		buf_append_str(&pattern, STR("(?-i)"));
	}
	buf_append_str(&pattern, str_slice(atom->text, any_case ? 4 : 0, atom->text.len));
	if (any_case && str_starts(buf_str(&pattern), STR("(?-i)"))) {
		return 0; /* regex_pieces would take it for ours */
	}
	regex_pieces(buf_str(&pattern), arena, take_longer, &best);
	out_pieces[0] = (struct many_piece){.bytes = best, .kind = MANY_PERHAPS};
	return is_telling(best);
}

size_t many_pieces(const struct atom *atom, struct arena *arena,
                   struct many_piece out_pieces[MANY_PIECES_MAX]) {
	_Static_assert((int)MANY_PIECES_MAX >= (int)UTF8_UNFOLD_MAX + 1, "all cases of one code point");
	size_t count = atom->kind == ATOM_REGEX ? regex_piece(atom, arena, out_pieces)
	                                        : text_pieces(atom, arena, out_pieces);
	for (size_t i = 0; i < count; i++) {
		struct many_piece *piece = &out_pieces[i];
		if (piece->bytes.len > LIMIT_MANY_LITERAL) {
			piece->bytes =
			    str_slice(piece->bytes, piece->bytes.len - LIMIT_MANY_LITERAL, piece->bytes.len);
			piece->kind = MANY_PERHAPS;
		}
	}
	return count;
}

bool many_holds_always(const struct atom *atom) {
	if (atom->kind == ATOM_CONTAINS || atom->kind == ATOM_STARTS || atom->kind == ATOM_ENDS) {
		return atom->text.len == 0;
	}
	size_t stars = 0;
	while (stars < atom->text.len && atom->text.ptr[stars] == '*') {
		stars++;
	}
	return atom->kind == ATOM_WILDCARD && stars > 0 && stars == atom->text.len;
}

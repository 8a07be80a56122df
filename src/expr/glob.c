/* All matches are followed at once, code point by code point: bit i says that the first i codes of
 * the pattern stand before this place. So no text takes longer than its length times the pattern's.
 */
#include "expr/glob.h"

#include "base/bits.h"
#include "expr/wildcard.h"

/* ASCII blanks and the ideographic one: what separates words in a query separates them here. */
static bool is_blank(uint32_t code) {
	return code == 0x3000 || (code < 0x80 && char_is_space((char)code));
}

/* ---- making one ---- */

/* The longest run of codes without wildcards, as it stands in text. starts[i]: where code i does.
 */
static struct str longest_piece(const struct glob *glob, struct str *pieces) {
	struct str best = STR("");
	for (size_t i = 0; i < glob->count;) {
		size_t first = i++;
		if (glob->codes[first] == WILDCARD_ONE) {
			continue;
		}
		struct str piece = pieces[first];
		while (i < glob->count && glob->codes[i] != WILDCARD_ONE && !glob->stars[i]) {
			piece.len += pieces[i++].len;
		}
		best = piece.len > best.len ? piece : best;
	}
	return best;
}

void glob_init(struct glob *glob, struct arena *arena, struct str text) {
	uint32_t *codes = ARENA_ARRAY(arena, text.len + 1, uint32_t);
	bool *stars = ARENA_ARRAY(arena, text.len + 1, bool);
	struct str *pieces = ARENA_ARRAY(arena, text.len + 1, struct str);
	char *plain = arena_alloc(arena, text.len + 1); /* text without wildcards and backslashes */
	size_t len = 0;
	size_t count = 0;
	for (size_t at = 0; at < text.len;) {
		size_t first = at;
		uint32_t code = wildcard_next(text, &at);
		if (code == WILDCARD_ANY) {
			stars[count] = true;
			continue;
		}
		first += at - first == 2 && text.ptr[first] == '\\'; /* an escape */
		pieces[count] = str_make(plain + len, code == WILDCARD_ONE ? 0 : at - first);
		memcpy(plain + len, text.ptr + first, at - first);
		len += pieces[count].len;
		codes[count++] = code;
	}
	*glob = (struct glob){.codes = codes, .stars = stars, .count = count};
	glob->piece_text = longest_piece(glob, pieces);
	needle_init(&glob->piece, arena, glob->piece_text, false, false);
}

/* ---- matching ---- */

/* From the bits before a code point to those behind it; false when there are none. */
static bool step(const struct glob *glob, const struct glob_run *run, const uint64_t *before,
                 uint64_t *behind, uint32_t code) {
	bool blank = is_blank(code);
	bool any = false;
	memset(behind, 0, run->words * sizeof(*behind));
	for (size_t word = 0; word < run->words; word++) {
		for (uint64_t left = before[word]; left != 0; left &= left - 1) {
			size_t i = word * 64 + (size_t)__builtin_ctzll(left);
			if (i == glob->count) {
				continue;
			}
			if (glob->codes[i] == code || (glob->codes[i] == WILDCARD_ONE && !blank)) {
				bits_set(behind, i + 1);
				any = true;
			}
			if (i > 0 && glob->stars[i] && !blank) {
				bits_set(behind, i);
				any = true;
			}
		}
	}
	return any;
}

static void prepare(const struct glob *glob, struct glob_run *run) {
	if (run->bits == NULL) {
		run->words = bits_words(glob->count + 1);
		run->bits = calloc(2 * run->words, sizeof(*run->bits));
		ASSERT(run->bits != NULL);
	}
	memset(run->bits, 0, run->words * sizeof(*run->bits));
}

bool glob_find(const struct glob *glob, struct glob_run *run, struct str text) {
	size_t at = 0;
	uint32_t last = 0;
	bool any = false; /* a match has begun */
	if (glob->count == 0) {
		return true; /* stars only */
	}
	if (glob->piece_text.len > 0 && !needle_find(&glob->piece, text, 0, NULL)) {
		return false;
	}
	prepare(glob, run);
	uint64_t *before = run->bits;
	uint64_t *behind = run->bits + run->words;
	while (at < text.len) {
		bool first = at == 0;
		uint32_t code = needle_next(text, &at);
		bool begins = glob->codes[0] == code || glob->codes[0] == WILDCARD_ONE;
		if (any && bits_get(before, glob->count) &&
		    (glob->stars[glob->count] || needle_is_border(last, code))) {
			return true;
		}
		if (begins && (glob->stars[0] || first || needle_is_border(last, code))) {
			bits_set(before, 0);
			any = true;
		}
		if (any) {
			any = step(glob, run, before, behind, code);
			uint64_t *other = before;
			before = behind;
			behind = other;
		}
		last = code;
	}
	return any && bits_get(before, glob->count);
}

void glob_run_deinit(struct glob_run *run) {
	free(run->bits);
	*run = (struct glob_run){0};
}

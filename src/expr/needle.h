/* One piece of literal text, made ready to be found in many texts without regard to case.
 * Case: simple folding (base/utf8.h), but ASCII letters only ever equal ASCII letters, so that the
 * token filters of pages (codec/token.h) never contradict a search. Malformed bytes equal only
 * themselves.
 */
#pragma once

#include "base/arena.h"
#include "base/str.h"

#define NEEDLE_NONE ((size_t)-1)

struct needle {
	/* The part that is searched bytewise: ASCII, and code points of which all cases take the same
	 * number of bytes. A byte of a text fits when it equals anchor's with fold's bits set. */
	struct str anchor;   /* with the bits of fold set */
	const char *fold;    /* per byte of anchor: the bits in which cases differ */
	bool anchor_is_sure; /* what fits bytewise is the same but for case; else codes are compared */
	size_t rare_a, rare_b;
	/* All of it, as folded code points; anchor stands for [anchor_first, anchor_end). */
	const uint32_t *codes;
	size_t codes_count, anchor_first, anchor_end;
	const bool *leads; /* anchor empty: the first bytes that a match may have; NULL: any */
	bool border_first, border_last; /* must begin, end at a word border */
	bool avx2;
};

struct needle_span {
	size_t from, to; /* bytes of the text */
};

/* Everything lives in arena; text may go. */
void needle_init(struct needle *needle, struct arena *arena, struct str text, bool border_first,
                 bool border_last);
/* The first match at or after from. out_span may be NULL. */
bool needle_find(const struct needle *needle, struct str text, size_t from,
                 struct needle_span *out_span);
/* True when text as a whole is the needle (borders play no part). */
bool needle_equals(const struct needle *needle, struct str text);

/* For many neighbouring texts at once: where the anchor's bytes stand in hay at or after from, or
 * NEEDLE_NONE; then whether the needle matches in text with its anchor at `at`. Only for needles
 * whose anchor is not empty. */
size_t needle_anchor(const struct needle *needle, struct str hay, size_t from);
bool needle_verify(const struct needle *needle, struct str text, size_t at,
                   struct needle_span *out_span);

/* The next code point, folded as needles see it. at < text.len. */
uint32_t needle_next(struct str text, size_t *at);
/* True when a word may begin or end between the two code points. */
bool needle_is_border(uint32_t before, uint32_t after);

/* Literal search: two rare bytes of the anchor are compared 32 (16) positions at a time, candidates
 * are compared bytewise, then the code points around the anchor and the borders are checked.
 */
#include "expr/needle.h"

#include "base/utf8.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#define MALFORMED ((uint32_t)0x110000) /* plus the byte */

uint32_t needle_next(struct str text, size_t *at) {
	unsigned char lead = (unsigned char)text.ptr[*at];
	if (lead < 0x80) {
		(*at)++;
		return (unsigned char)char_lower((char)lead);
	}
	bool ok;
	uint32_t code = utf8_next(text, at, &ok);
	if (!ok) {
		return MALFORMED + lead;
	}
	uint32_t folded = utf8_fold(code);
	return folded < 0x80 ? code : folded;
}

/* The code point that ends before *at (> 0), and moves there. */
static uint32_t previous(struct str text, size_t *at) {
	size_t end = *at;
	for (size_t back = 1; back <= 4 && back <= end; back++) {
		size_t i = end - back;
		unsigned char byte = (unsigned char)text.ptr[i];
		if ((byte & 0xc0) == 0x80) {
			continue;
		}
		size_t next = i;
		uint32_t code = needle_next(str_make(text.ptr, end), &next);
		if (next == end) {
			*at = i;
			return code;
		}
		break;
	}
	*at = end - 1;
	return MALFORMED + (unsigned char)text.ptr[end - 1];
}

bool needle_is_border(uint32_t before, uint32_t after) {
	return !utf8_is_word(before) || !utf8_is_word(after) || utf8_is_unspaced(before) ||
	       utf8_is_unspaced(after);
}

/* ---- making one ---- */

/* How common a byte is in logs: 0 is the rarest. */
static unsigned commonness(unsigned char byte) {
	static const char common[] = " e0t1aosin2r3-4d:l5c.6u/78m9ph\"g=fb,ywv_[]()kx";
	if (byte >= 0x80) {
		return byte >= 0xe0 ? 40 : 10; /* lead bytes repeat within a script */
	}
	const char *at = byte == 0 ? NULL : strchr(common, char_lower((char)byte));
	return at == NULL ? 0 : 60 - (unsigned)(at - common);
}

static void choose_rare(struct needle *needle) {
	struct str anchor = needle->anchor;
	for (size_t i = 0; i < anchor.len; i++) {
		if (commonness((unsigned char)anchor.ptr[i]) <
		    commonness((unsigned char)anchor.ptr[needle->rare_a])) {
			needle->rare_a = i;
		}
	}
	needle->rare_b = needle->rare_a == 0 ? anchor.len - 1 : 0;
	for (size_t i = 0; i < anchor.len; i++) {
		if (i != needle->rare_a && commonness((unsigned char)anchor.ptr[i]) <
		                               commonness((unsigned char)anchor.ptr[needle->rare_b])) {
			needle->rare_b = i;
		}
	}
}

/* True for code points that equal nothing but themselves bytewise (ASCII apart). */
static bool is_plain(uint32_t code) {
	return code < 0x80 || (code < MALFORMED && utf8_is_unspaced(code));
}

/* The longest run of plain code points, in bytes. starts[i]: byte where code i begins. */
static void choose_anchor(struct needle *needle, struct arena *arena, struct str text,
                          const size_t *starts) {
	size_t best = 0;
	struct str bytes = STR("");
	for (size_t i = 0; i < needle->codes_count; i++) {
		size_t first = i;
		while (i < needle->codes_count && is_plain(needle->codes[i])) {
			i++;
		}
		if (starts[i] - starts[first] > best) {
			best = starts[i] - starts[first];
			bytes = str_make(text.ptr + starts[first], best);
			needle->anchor_first = first;
			needle->anchor_end = i;
		}
	}
	char *lower = arena_alloc(arena, bytes.len + 1);
	char *fold = arena_alloc(arena, bytes.len + 1);
	for (size_t i = 0; i < bytes.len; i++) {
		lower[i] = char_lower(bytes.ptr[i]);
		fold[i] = char_is_alpha(bytes.ptr[i]) ? 0x20 : 0;
	}
	needle->anchor = str_make(lower, bytes.len);
	needle->fold = fold;
}

void needle_init(struct needle *needle, struct arena *arena, struct str text, bool border_first,
                 bool border_last) {
	*needle = (struct needle){.border_first = border_first, .border_last = border_last};
	uint32_t *codes = arena_array(arena, text.len + 1, sizeof(*codes));
	size_t *starts = arena_array(arena, text.len + 1, sizeof(*starts));
	size_t at = 0;
	while (at < text.len) {
		starts[needle->codes_count] = at;
		codes[needle->codes_count++] = needle_next(text, &at);
	}
	starts[needle->codes_count] = text.len;
	needle->codes = codes;
	choose_anchor(needle, arena, text, starts);
	if (needle->anchor.len > 0) {
		choose_rare(needle);
	}
#if defined(__x86_64__)
	needle->avx2 = __builtin_cpu_supports("avx2") != 0;
#endif
}

/* ---- the anchor ---- */

static bool anchor_at(const struct needle *needle, const char *at) {
	for (size_t i = 0; i < needle->anchor.len; i++) {
		if ((char)(at[i] | needle->fold[i]) != needle->anchor.ptr[i]) {
			return false;
		}
	}
	return true;
}

/* Positions [from, end) one by one. */
static size_t find_slowly(const struct needle *needle, const char *hay, size_t from, size_t end) {
	char rare = needle->anchor.ptr[needle->rare_a];
	char fold = needle->fold[needle->rare_a];
	for (size_t i = from; i < end; i++) {
		if ((char)(hay[i + needle->rare_a] | fold) == rare && anchor_at(needle, hay + i)) {
			return i;
		}
	}
	return NEEDLE_NONE;
}

#if defined(__x86_64__)
static size_t check_candidates(const struct needle *needle, const char *hay, size_t at,
                               uint32_t hits) {
	while (hits != 0) {
		size_t i = at + (size_t)__builtin_ctz(hits);
		if (anchor_at(needle, hay + i)) {
			return i;
		}
		hits &= hits - 1;
	}
	return NEEDLE_NONE;
}

static size_t find_sse2(const struct needle *needle, const char *hay, size_t from, size_t end) {
	const __m128i byte_a = _mm_set1_epi8(needle->anchor.ptr[needle->rare_a]);
	const __m128i byte_b = _mm_set1_epi8(needle->anchor.ptr[needle->rare_b]);
	const __m128i fold_a = _mm_set1_epi8(needle->fold[needle->rare_a]);
	const __m128i fold_b = _mm_set1_epi8(needle->fold[needle->rare_b]);
	size_t i = from;
	for (; i + 16 <= end; i += 16) {
		__m128i a = _mm_loadu_si128((const __m128i_u *)(hay + i + needle->rare_a));
		__m128i b = _mm_loadu_si128((const __m128i_u *)(hay + i + needle->rare_b));
		__m128i same = _mm_and_si128(_mm_cmpeq_epi8(_mm_or_si128(a, fold_a), byte_a),
		                             _mm_cmpeq_epi8(_mm_or_si128(b, fold_b), byte_b));
		size_t hit = check_candidates(needle, hay, i, (uint32_t)_mm_movemask_epi8(same));
		if (hit != NEEDLE_NONE) {
			return hit;
		}
	}
	return find_slowly(needle, hay, i, end);
}

__attribute__((target("avx2"))) static size_t find_avx2(const struct needle *needle,
                                                        const char *hay, size_t from, size_t end) {
	const __m256i byte_a = _mm256_set1_epi8(needle->anchor.ptr[needle->rare_a]);
	const __m256i byte_b = _mm256_set1_epi8(needle->anchor.ptr[needle->rare_b]);
	const __m256i fold_a = _mm256_set1_epi8(needle->fold[needle->rare_a]);
	const __m256i fold_b = _mm256_set1_epi8(needle->fold[needle->rare_b]);
	size_t i = from;
	for (; i + 32 <= end; i += 32) {
		__m256i a = _mm256_loadu_si256((const __m256i_u *)(hay + i + needle->rare_a));
		__m256i b = _mm256_loadu_si256((const __m256i_u *)(hay + i + needle->rare_b));
		__m256i same = _mm256_and_si256(_mm256_cmpeq_epi8(_mm256_or_si256(a, fold_a), byte_a),
		                                _mm256_cmpeq_epi8(_mm256_or_si256(b, fold_b), byte_b));
		size_t hit = check_candidates(needle, hay, i, (uint32_t)_mm256_movemask_epi8(same));
		if (hit != NEEDLE_NONE) {
			return hit;
		}
	}
	return find_sse2(needle, hay, i, end);
}
#endif

size_t needle_anchor(const struct needle *needle, struct str hay, size_t from) {
	ASSERT(needle->anchor.len > 0);
	if (hay.len < needle->anchor.len || from > hay.len - needle->anchor.len) {
		return NEEDLE_NONE;
	}
	size_t end = hay.len - needle->anchor.len + 1; /* positions where it could begin */
#if defined(__x86_64__)
	if (needle->avx2) {
		return find_avx2(needle, hay.ptr, from, end);
	}
	return find_sse2(needle, hay.ptr, from, end);
#else
	return find_slowly(needle, hay.ptr, from, end);
#endif
}

/* ---- the whole ---- */

static bool borders_ok(const struct needle *needle, struct str text, struct needle_span span) {
	if (needle->codes_count == 0) {
		return true;
	}
	if (needle->border_first && span.from > 0) {
		size_t at = span.from;
		if (!needle_is_border(previous(text, &at), needle->codes[0])) {
			return false;
		}
	}
	if (needle->border_last && span.to < text.len) {
		size_t at = span.to;
		uint32_t last = needle->codes[needle->codes_count - 1];
		return needle_is_border(last, needle_next(text, &at));
	}
	return true;
}

static bool codes_forward(const struct needle *needle, size_t first, struct str text, size_t *at) {
	size_t i = *at;
	for (size_t k = first; k < needle->codes_count; k++) {
		if (i >= text.len || needle_next(text, &i) != needle->codes[k]) {
			return false;
		}
	}
	*at = i;
	return true;
}

bool needle_verify(const struct needle *needle, struct str text, size_t at,
                   struct needle_span *out_span) {
	struct needle_span span = {at, at + needle->anchor.len};
	for (size_t k = needle->anchor_first; k > 0; k--) {
		if (span.from == 0 || previous(text, &span.from) != needle->codes[k - 1]) {
			return false;
		}
	}
	if (!codes_forward(needle, needle->anchor_end, text, &span.to) ||
	    !borders_ok(needle, text, span)) {
		return false;
	}
	if (out_span != NULL) {
		*out_span = span;
	}
	return true;
}

/* Needles made of cased letters beyond ASCII only: code point by code point. */
static bool find_by_codes(const struct needle *needle, struct str text, size_t from,
                          struct needle_span *out_span) {
	for (size_t i = from; i <= text.len;) {
		struct needle_span span = {i, i};
		if (codes_forward(needle, 0, text, &span.to) && borders_ok(needle, text, span)) {
			if (out_span != NULL) {
				*out_span = span;
			}
			return true;
		}
		if (i == text.len) {
			break;
		}
		(void)needle_next(text, &i);
		while (i < text.len && (unsigned char)text.ptr[i] < 0x80 && needle->codes_count > 0) {
			i++; /* the first code is beyond ASCII */
		}
	}
	return false;
}

bool needle_find(const struct needle *needle, struct str text, size_t from,
                 struct needle_span *out_span) {
	if (needle->anchor.len == 0) {
		return find_by_codes(needle, text, from, out_span);
	}
	for (size_t at = from;; at++) {
		at = needle_anchor(needle, text, at);
		struct needle_span span;
		if (at == NEEDLE_NONE) {
			return false;
		}
		if (needle_verify(needle, text, at, &span) && span.from >= from) {
			if (out_span != NULL) {
				*out_span = span;
			}
			return true;
		}
	}
}

bool needle_equals(const struct needle *needle, struct str text) {
	size_t at = 0;
	return codes_forward(needle, 0, text, &at) && at == text.len;
}

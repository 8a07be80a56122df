/* Literal search: two rare bytes of the anchor are compared 32 (16) positions at a time, candidates
 * are compared bytewise, then the code points that bytes do not settle, and the borders.
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

/* How common a byte is in logs: 0 is the rarest. In UTF-8 the first byte of a character says its
 * script, which a log is full of or not; of three bytes the last tells characters apart best. */
static unsigned commonness(unsigned char byte) {
	static const char common[] = " e0t1aosin2r3-4d:l5c.6u/78m9ph\"g=fb,ywv_[]()kx";
	if (byte >= 0xc0) {
		return byte == 0xe3 ? 62 : 45; /* kana */
	}
	if (byte >= 0x80) {
		return byte >= 0x81 && byte <= 0x83 ? 58 : 30; /* the second byte of kana */
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

/* One code point of a needle as bytes. */
struct form {
	char bytes[4], fold[4];
	size_t len; /* 0: it cannot be part of an anchor */
	bool sure;
};

/* The code points that texts may have for code, itself first. */
static size_t all_cases(uint32_t code, uint32_t out_codes[UTF8_UNFOLD_MAX + 1]) {
	out_codes[0] = code;
	return 1 + (code < 0x80 ? 0 : utf8_unfold(code, out_codes + 1));
}

static struct form form_of(uint32_t code) {
	struct form form = {.sure = true};
	CLEANUP(buf_deinit) struct buf one = {0};
	uint32_t cases[UTF8_UNFOLD_MAX + 1];
	if (code >= MALFORMED) {
		return form;
	}
	size_t count = all_cases(code, cases);
	for (size_t i = 0; i < count; i++) {
		buf_clear(&one);
		utf8_append(&one, cases[i]);
		if (i > 0 && one.len != form.len) {
			return (struct form){0};
		}
		for (size_t k = 0; k < one.len; k++) {
			form.bytes[k] = i == 0 ? one.ptr[k] : form.bytes[k];
			form.fold[k] = (char)(form.fold[k] | (one.ptr[k] ^ form.bytes[k]));
		}
		form.len = one.len;
		form.sure = i == 0;
	}
	if (code < 0x80 && char_is_alpha((char)code)) {
		form.fold[0] = 0x20;
	}
	return form;
}

/* Appends the code points from first on until one cannot be part of an anchor; returns its place.
 */
static size_t read_run(const struct needle *needle, size_t first, struct buf *bytes,
                       struct buf *fold, bool *out_sure) {
	size_t i = first;
	buf_clear(bytes);
	buf_clear(fold);
	*out_sure = true;
	for (; i < needle->codes_count; i++) {
		struct form form = form_of(needle->codes[i]);
		if (form.len == 0) {
			break;
		}
		for (size_t k = 0; k < form.len; k++) {
			buf_append_char(bytes, (char)(form.bytes[k] | form.fold[k]));
			buf_append_char(fold, form.fold[k]);
		}
		*out_sure = *out_sure && form.sure;
	}
	return i;
}

/* The longest run in bytes. */
static void choose_anchor(struct needle *needle, struct arena *arena) {
	CLEANUP(buf_deinit) struct buf bytes = {0};
	CLEANUP(buf_deinit) struct buf fold = {0};
	for (size_t first = 0; first < needle->codes_count;) {
		bool sure;
		size_t end = read_run(needle, first, &bytes, &fold, &sure);
		if (bytes.len > needle->anchor.len) {
			needle->anchor = arena_str(arena, buf_str(&bytes));
			needle->fold = arena_str(arena, buf_str(&fold)).ptr;
			needle->anchor_is_sure = sure;
			needle->anchor_first = first;
			needle->anchor_end = end;
		}
		first = end + 1;
	}
}

/* What a match may begin with, when nothing can be searched bytewise. */
static void choose_leads(struct needle *needle, struct arena *arena) {
	CLEANUP(buf_deinit) struct buf one = {0};
	uint32_t cases[UTF8_UNFOLD_MAX + 1];
	if (needle->codes_count == 0 || needle->codes[0] >= MALFORMED) {
		return;
	}
	bool *leads = ARENA_ARRAY(arena, 256, bool);
	size_t count = all_cases(needle->codes[0], cases);
	for (size_t i = 0; i < count; i++) {
		buf_clear(&one);
		utf8_append(&one, cases[i]);
		leads[(unsigned char)one.ptr[0]] = true;
	}
	needle->leads = leads;
}

void needle_init(struct needle *needle, struct arena *arena, struct str text, bool border_first,
                 bool border_last) {
	*needle = (struct needle){.border_first = border_first, .border_last = border_last};
	uint32_t *codes = arena_array(arena, text.len + 1, sizeof(*codes));
	size_t at = 0;
	while (at < text.len) {
		codes[needle->codes_count++] = needle_next(text, &at);
	}
	needle->codes = codes;
	choose_anchor(needle, arena);
	if (needle->anchor.len > 0) {
		choose_rare(needle);
	} else {
		choose_leads(needle, arena);
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

/* The code points [first, end) stand at *at, which moves behind them. */
static bool codes_forward(const struct needle *needle, size_t first, size_t end, struct str text,
                          size_t *at) {
	size_t i = *at;
	for (size_t k = first; k < end; k++) {
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
	if (!needle->anchor_is_sure) {
		span.to = at;
		if (!codes_forward(needle, needle->anchor_first, needle->anchor_end, text, &span.to)) {
			return false;
		}
	}
	for (size_t k = needle->anchor_first; k > 0; k--) {
		if (span.from == 0 || previous(text, &span.from) != needle->codes[k - 1]) {
			return false;
		}
	}
	if (!codes_forward(needle, needle->anchor_end, needle->codes_count, text, &span.to) ||
	    !borders_ok(needle, text, span)) {
		return false;
	}
	if (out_span != NULL) {
		*out_span = span;
	}
	return true;
}

/* Needles without an anchor: code point by code point. A byte that begins a well-formed sequence is
 * never inside another, so with leads the bytes between need no reading. */
static bool find_by_codes(const struct needle *needle, struct str text, size_t from,
                          struct needle_span *out_span) {
	for (size_t i = from; i <= text.len;) {
		while (needle->leads != NULL && i < text.len &&
		       !needle->leads[(unsigned char)text.ptr[i]]) {
			i++;
		}
		struct needle_span span = {i, i};
		if (codes_forward(needle, 0, needle->codes_count, text, &span.to) &&
		    borders_ok(needle, text, span)) {
			if (out_span != NULL) {
				*out_span = span;
			}
			return true;
		}
		if (i == text.len) {
			break;
		}
		(void)needle_next(text, &i);
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
	return codes_forward(needle, 0, needle->codes_count, text, &at) && at == text.len;
}

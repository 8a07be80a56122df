/* Tokens with digits in a line: finding the next, and how far it goes. Sixteen bytes at a time
 * where the processor can. In a header, for a call for each token would cost as much as the token.
 * Private to src/codec.
 */
#pragma once

#include "codec/skeleton_cutter.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

enum { TOKEN_BLOCK = 16 };

#if defined(__SSE2__)
/* Bit i: byte i is a digit. */
static inline unsigned digit_bits(const char *at) {
	__m128i v =
	    _mm_sub_epi8(_mm_loadu_si128((const __m128i *)(const void *)at), _mm_set1_epi8('0'));
	return (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_min_epu8(v, _mm_set1_epi8(9)), v));
}
#endif

/* The first digit at or after at, or text.len. */
static inline size_t next_digit(struct str text, size_t at) {
#if defined(__SSE2__)
	while (text.len - at >= TOKEN_BLOCK) {
		unsigned bits = digit_bits(text.ptr + at);
		if (bits != 0) {
			return at + (size_t)__builtin_ctz(bits);
		}
		at += TOKEN_BLOCK;
	}
	if (text.len >= TOKEN_BLOCK &&
	    at < text.len) { /* the last block again, without what is behind us */
		unsigned bits =
		    digit_bits(text.ptr + text.len - TOKEN_BLOCK) >> (TOKEN_BLOCK - (text.len - at));
		return bits != 0 ? at + (size_t)__builtin_ctz(bits) : text.len;
	}
#endif
	while (at < text.len && !char_is_digit(text.ptr[at])) {
		at++;
	}
	return at;
}

/* A token with a digit, and what is known of it. */
struct token {
	size_t start;
	size_t end;
	size_t run;       /* digits from the first one on */
	uint8_t kinds;    /* of all its bytes */
	unsigned changes; /* from letters to digits and back */
};

/* From the first digit to the end, byte by byte. */
static inline void token_rest_bytes(struct str text, size_t at, struct token *token) {
	bool digits = true;
	for (token->end = at; token->end < text.len; token->end++) {
		uint8_t kind = byte_kind(text.ptr[token->end]);
		if (kind == 0) {
			break;
		}
		token->changes += digits != (kind == BYTE_DIGIT);
		digits = kind == BYTE_DIGIT;
		token->kinds |= kind;
		token->run += digits && token->run == token->end - at;
	}
}

#if defined(__SSE2__)
/* Bit i: byte i lies in [first, first + count). */
static inline unsigned range_bits(__m128i v, char first, char count) {
	__m128i distance = _mm_sub_epi8(v, _mm_set1_epi8(first));
	__m128i most = _mm_set1_epi8((char)(count - 1));
	return (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_min_epu8(distance, most), distance));
}

/* The kinds of the letters among some bytes. */
static inline uint8_t letter_kinds(__m128i v, unsigned letters) {
	unsigned lower = range_bits(v, 'a', 6) & letters;
	unsigned upper = range_bits(v, 'A', 6) & letters;
	return (uint8_t)((lower != 0 ? BYTE_HEX_LOWER : 0) | (upper != 0 ? BYTE_HEX_UPPER : 0) |
	                 ((letters & ~(lower | upper)) != 0 ? BYTE_LETTER : 0));
}

/* The same by blocks; the last block of the text is taken as a whole, for it may be read. */
static inline void token_rest(struct str text, size_t at, struct token *token) {
	if (text.len < TOKEN_BLOCK) {
		token_rest_bytes(text, at, token);
		return;
	}
	unsigned before = 0; /* 1: the byte before the block is a letter */
	unsigned len = TOKEN_BLOCK;
	for (token->end = at; len == TOKEN_BLOCK && token->end < text.len; token->end += len) {
		size_t from = MIN_OF(token->end, text.len - TOKEN_BLOCK);
		unsigned shift = (unsigned)(token->end - from);
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)(text.ptr + from));
		__m128i folded = _mm_or_si128(v, _mm_set1_epi8(0x20));
		unsigned digits = range_bits(v, '0', 10) >> shift;
		unsigned letters = range_bits(folded, 'a', 26) >> shift;
		len = (unsigned)__builtin_ctz(~(digits | letters));
		unsigned mask = (1u << len) - 1;
		letters &= mask;
		if (token->run == token->end - at) {
			token->run += (unsigned)__builtin_ctz(~(digits & mask));
		}
		if ((letters | before) != 0) {
			token->kinds |= letter_kinds(v, letters << shift);
			token->changes +=
			    (unsigned)__builtin_popcount((letters ^ (letters << 1 | before)) & mask);
			before = letters >> (TOKEN_BLOCK - 1);
		}
	}
}
#else
static inline void token_rest(struct str text, size_t at, struct token *token) {
	token_rest_bytes(text, at, token);
}
#endif

/* The token around a digit at at; letters before least are no part of it. */
static inline struct token token_around(struct str text, size_t least, size_t at) {
	struct token token = {.start = at, .kinds = BYTE_DIGIT};
	while (token.start > least && byte_kind(text.ptr[token.start - 1]) > BYTE_DIGIT) {
		token.start--;
		token.kinds |= byte_kind(text.ptr[token.start]);
	}
	token.changes = token.start < at;
	token_rest(text, at, &token);
	return token;
}

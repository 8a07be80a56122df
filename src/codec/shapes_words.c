/* One pass over the bytes of a skeleton. */
#include "codec/shapes_words.h"

#include "base/hash.h"

static const uint64_t place_multiplier = 0x9e3779b97f4a7c15u;
static const uint64_t wild_seed = 0x616b617368692a2au;
static const uint64_t rest_seed = 0x616b617368692e2eu;

/* Bytes of which words consist. 0xff begins a mark. */
static bool is_inner(uint8_t c) {
	return c >= 0x80 || char_is_alpha((char)c) || char_is_digit((char)c) || c == '_';
}

/* Bytes that join two parts of a word. */
static bool is_joint(uint8_t c) {
	return c == '.' || c == '-' || c == '/' || c == '@' || c == '$' || c == '%' || c == '+' ||
	       c == '~' || c == '\\';
}

/* The end of the word at at, and what it consists of. Between a mark and a byte above ASCII a word
 * ends: scripts without blanks write values into their sentences. */
static size_t word_end(struct str text, size_t at, bool *out_literal, bool *out_marks) {
	uint8_t before = ' ';
	*out_literal = false;
	*out_marks = false;
	while (at < text.len) {
		uint8_t c = (uint8_t)text.ptr[at];
		bool joint = is_joint(c) && at + 1 < text.len && is_inner((uint8_t)text.ptr[at + 1]);
		if ((!is_inner(c) && !joint) || (c == SKELETON_SLOT && before >= 0x80 && before < c) ||
		    (c >= 0x80 && c < SKELETON_SLOT && before == SKELETON_SLOT)) {
			break;
		}
		*out_marks |= c == SKELETON_SLOT;
		*out_literal |= c != SKELETON_SLOT && !joint;
		at += c == SKELETON_SLOT ? 2 : 1;
		before = c;
	}
	return at;
}

uint32_t words_find(struct str skeleton, uint32_t max, struct word *out_words, uint64_t *out_hash) {
	uint32_t count = 0;
	size_t at = 0;
	size_t behind = 0; /* the end of the last word */
	uint64_t sum = 0;
	while (at < skeleton.len && count < max) {
		if (!is_inner((uint8_t)skeleton.ptr[at])) {
			at++;
			continue;
		}
		bool literal;
		bool marks;
		size_t end = word_end(skeleton, at, &literal, &marks);
		if (literal) {
			uint64_t place = (count + 1) * place_multiplier;
			struct word *word = &out_words[count++];
			word->start = (uint32_t)at;
			word->len = (uint32_t)(end - at);
			word->hash = hash64_seeded(skeleton.ptr + at, end - at, place);
			word->wild = place ^ wild_seed;
			word->plain = !marks;
			sum +=
			    hash64_seeded(skeleton.ptr + behind, at - behind, place ^ rest_seed) + word->hash;
			behind = end;
		}
		at = end;
	}
	*out_hash = sum + hash64_seeded(skeleton.ptr + behind, skeleton.len - behind, rest_seed);
	return count;
}

/* Finding words. Runs of word bytes are found sixty-four bytes at a time; only a run with bytes
 * above ASCII is decoded and folded character by character.
 */
#include "codec/token.h"

#include "base/endian.h"
#include "base/utf8.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

enum { BLOCK = 64 };

static const uint64_t word_multiplier = 0x9e3779b97f4a7c15u;
static const uint64_t last_multiplier = 0xd1342543de82ef95u;
static const uint64_t word_seed = 0x616b617368692077u; /* apart from pairs and single characters */
static const uint64_t pair_seed = 0x616b617368692070u;
static const uint64_t single_seed = 0x616b617368692073u;
static const uint64_t type_seed = 0x616b617368692074u;
static const uint64_t high_bits = 0x8080808080808080u;
static const uint64_t lower_bits = 0x2020202020202020u;

struct scan {
	struct str text;
	token_f each;
	void *ctx;
	bool inner; /* leave out what touches the ends of text */
};

/* Both halves of the 128-bit product. */
static uint64_t mix(uint64_t a, uint64_t b) {
	unsigned __int128 product = (unsigned __int128)a * b;
	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Bit i: byte i is an ASCII word character or above ASCII. */
static uint64_t run_bits(const char *bytes) {
	uint64_t bits = 0;
#if defined(__SSE2__)
	for (unsigned i = 0; i < BLOCK; i += 16) {
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)(bytes + i));
		__m128i alpha = _mm_sub_epi8(_mm_or_si128(v, _mm_set1_epi8(0x20)), _mm_set1_epi8('a'));
		__m128i digit = _mm_sub_epi8(v, _mm_set1_epi8('0'));
		__m128i is_alpha = _mm_cmpeq_epi8(_mm_min_epu8(alpha, _mm_set1_epi8(25)), alpha);
		__m128i is_digit = _mm_cmpeq_epi8(_mm_min_epu8(digit, _mm_set1_epi8(9)), digit);
		__m128i is_line = _mm_cmpeq_epi8(v, _mm_set1_epi8('_'));
		__m128i word = _mm_or_si128(_mm_or_si128(is_alpha, is_digit), _mm_or_si128(is_line, v));
		bits |= (uint64_t)(uint32_t)_mm_movemask_epi8(word) << i;
	}
#else
	for (unsigned i = 0; i < BLOCK; i++) {
		unsigned char c = (unsigned char)bytes[i];
		bits |= (uint64_t)(c >= 0x80 || utf8_is_word(c)) << i;
	}
#endif
	return bits;
}

/* The hash of a word that comes eight bytes at a time. */
static uint64_t word_step(uint64_t hash, uint64_t chunk) {
	return mix(hash ^ chunk, word_multiplier);
}
static uint64_t word_end(uint64_t hash, size_t len) {
	return mix(hash ^ len, last_multiplier);
}

uint64_t token_of_type(uint8_t type) {
	return mix(type_seed ^ type, last_multiplier);
}

/* The first len bytes (1 to 8) at at; less than eight may be left of text. */
static uint64_t load_chunk(struct str text, size_t at, size_t len) {
	uint64_t chunk = 0;
	if (LIKELY(text.len - at >= 8)) {
		return le64_load(text.ptr + at) & UINT64_MAX >> (64 - 8 * len);
	}
	memcpy(&chunk, text.ptr + at, len);
	return chunk;
}

/* The hash of an ASCII word at [from, to). False when there is a byte above ASCII. Setting bit 5
 * folds letters, leaves digits and takes the underscore to a value of its own. */
static bool hash_ascii(struct str text, size_t from, size_t to, uint64_t *out_hash) {
	uint64_t hash = word_seed;
	uint64_t all = 0;
	size_t at = from;
	for (; to - at > 8; at += 8) {
		uint64_t chunk = le64_load(text.ptr + at);
		all |= chunk;
		hash = word_step(hash, chunk | lower_bits);
	}
	uint64_t chunk = load_chunk(text, at, to - at);
	hash = word_step(hash, chunk | lower_bits >> (64 - 8 * (to - at)));
	*out_hash = word_end(hash, to - from);
	return ((all | chunk) & high_bits) == 0;
}

/* Going through the characters of a run with bytes above ASCII. */
struct walk {
	const struct scan *scan;
	uint64_t hash, chunk; /* of the ASCII stretch */
	size_t stretch;       /* its length */
	bool stretch_open;    /* it may begin before text does */
	uint32_t before;      /* word character before this one; 0 none */
	bool single;          /* before is not ASCII and has a border on its left */
};

static void emit(const struct scan *scan, uint64_t hash) {
	scan->each(scan->ctx, hash);
}

static void stretch_add(struct walk *walk, uint32_t code, bool at_start) {
	if (walk->stretch == 0) {
		walk->hash = word_seed;
		walk->chunk = 0;
		walk->stretch_open = at_start;
	}
	walk->chunk |= (uint64_t)(code | 0x20) << walk->stretch % 8 * 8;
	if (++walk->stretch % 8 == 0) {
		walk->hash = word_step(walk->hash, walk->chunk);
		walk->chunk = 0;
	}
}

static void stretch_flush(struct walk *walk, bool at_end) {
	if (walk->stretch == 0) {
		return;
	}
	uint64_t hash = walk->stretch % 8 == 0 ? walk->hash : word_step(walk->hash, walk->chunk);
	if (!walk->scan->inner || (!walk->stretch_open && !at_end)) {
		emit(walk->scan, word_end(hash, walk->stretch));
	}
	walk->stretch = 0;
}

/* code 0: no word character stands here (at_end: because text ends). */
static void walk_to(struct walk *walk, uint32_t code, bool at_start, bool at_end) {
	uint32_t before = walk->before;
	bool unspaced = code != 0 && utf8_is_unspaced(code);
	bool unsure = walk->scan->inner && at_end && !utf8_is_unspaced(before);
	if (walk->single && !unsure && (code == 0 || unspaced || utf8_is_unspaced(before))) {
		emit(walk->scan, mix(single_seed ^ before, last_multiplier));
	}
	if (before != 0 && code != 0 && (before >= 0x80 || code >= 0x80)) {
		emit(walk->scan, mix(pair_seed ^ ((uint64_t)before << 32 | code), last_multiplier));
	}
	if (code == 0 || code >= 0x80) {
		stretch_flush(walk, at_end);
	} else {
		stretch_add(walk, code, at_start);
	}
	bool border = before == 0 ? !(walk->scan->inner && at_start) || unspaced
	                          : unspaced || utf8_is_unspaced(before);
	walk->single = code >= 0x80 && border;
	walk->before = code;
}

static void walk_run(const struct scan *scan, size_t from, size_t to) {
	struct walk walk = {.scan = scan};
	struct str run = str_make(scan->text.ptr + from, to - from);
	for (size_t at = 0; at < run.len;) {
		bool at_start = from + at == 0;
		uint32_t code = utf8_fold(utf8_next(run, &at, NULL));
		walk_to(&walk, utf8_is_word(code) ? code : 0, at_start, false);
	}
	walk_to(&walk, 0, false, to == scan->text.len);
}

static void take_run(const struct scan *scan, size_t from, size_t to) {
	uint64_t hash;
	if (!hash_ascii(scan->text, from, to, &hash)) {
		walk_run(scan, from, to);
	} else if (!scan->inner || (from > 0 && to < scan->text.len)) {
		emit(scan, hash);
	}
}

static void scan_runs(const struct scan *scan) {
	struct str text = scan->text;
	size_t from = 0;
	uint64_t inside = 0;
	for (size_t base = 0; base < text.len; base += BLOCK) {
		char last[BLOCK] = {0};
		bool whole = text.len - base >= BLOCK;
		if (!whole) {
			memcpy(last, text.ptr + base, text.len - base);
		}
		uint64_t bits = run_bits(whole ? text.ptr + base : last);
		for (uint64_t edges = bits ^ (bits << 1 | inside); edges != 0; edges &= edges - 1) {
			size_t at = base + (size_t)__builtin_ctzll(edges);
			if (inside != 0) {
				take_run(scan, from, at);
			}
			from = at;
			inside ^= 1;
		}
	}
	if (inside != 0) {
		take_run(scan, from, text.len);
	}
}

void token_each(struct str text, token_f each, void *ctx) {
	scan_runs(&(struct scan){.text = text, .each = each, .ctx = ctx});
}

void token_each_inner(struct str needle, token_f each, void *ctx) {
	if (utf8_valid(needle)) {
		scan_runs(&(struct scan){.text = needle, .each = each, .ctx = ctx, .inner = true});
	}
}

/* NFKD of single code points. The tables are generated (tools/gen_compat.py). */
#include "base/compat.h"

#include "base/macros.h"

struct entry {
	uint32_t code;
	uint16_t place;
	uint16_t count;
};
struct mark {
	uint32_t first, last;
};

#include "compat.gen.h"

/* Conjoining Jamo (the Unicode standard, section 3.12). */
enum {
	HANGUL_FIRST = 0xac00,
	HANGUL_COUNT = 11172,
	LEADING = 0x1100,
	VOWEL = 0x1161,
	VOWELS = 21,
	TRAILING = 0x11a7,
	TRAILINGS = 28,
};

static size_t expand_hangul(uint32_t number, uint32_t *out_codes) {
	uint32_t trailing = number % TRAILINGS;
	out_codes[0] = LEADING + number / (VOWELS * TRAILINGS);
	out_codes[1] = VOWEL + number / TRAILINGS % VOWELS;
	out_codes[2] = TRAILING + trailing;
	return trailing == 0 ? 2 : 3;
}

static const struct entry *find_entry(uint32_t code) {
	size_t low = 0;
	size_t high = ARRAY_LEN(compat_table);
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (compat_table[middle].code < code) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low < ARRAY_LEN(compat_table) && compat_table[low].code == code ? &compat_table[low]
	                                                                       : NULL;
}

size_t compat_expand(uint32_t code, uint32_t out_codes[COMPAT_MAX]) {
	if (code >= HANGUL_FIRST && code < HANGUL_FIRST + HANGUL_COUNT) {
		return expand_hangul(code - HANGUL_FIRST, out_codes);
	}
	bool ideograph = code >= 0x3400 && code < 0xa000; /* nothing there has another form */
	const struct entry *entry = code < 0x80 || ideograph ? NULL : find_entry(code);
	if (entry == NULL) {
		out_codes[0] = code;
		return 1;
	}
	for (size_t i = 0; i < entry->count; i++) {
		out_codes[i] = compat_codes[entry->place + i];
	}
	return entry->count;
}

bool compat_is_mark(uint32_t code) {
	size_t low = 0;
	size_t high = ARRAY_LEN(marks_table);
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (marks_table[middle].last < code) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low < ARRAY_LEN(marks_table) && marks_table[low].first <= code;
}

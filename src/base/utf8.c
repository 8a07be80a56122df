/* UTF-8 and the few facts of Unicode that words, folding and terminals need. Tables are generated
 * (tools/gen_unicode.py); ASCII never reaches them.
 */
#include "base/utf8.h"

struct range {
	uint32_t first, last;
};
struct fold {
	uint32_t first, last;
	int32_t step, delta;
};
struct unfold {
	uint32_t folded, other;
};

#include "unicode.gen.h"

bool utf8_ascii(struct str text) {
	size_t i = 0;
	for (; i + 8 <= text.len; i += 8) {
		uint64_t word;
		memcpy(&word, text.ptr + i, 8);
		if ((word & 0x8080808080808080u) != 0) {
			return false;
		}
	}
	for (; i < text.len; i++) {
		if ((unsigned char)text.ptr[i] >= 0x80) {
			return false;
		}
	}
	return true;
}

static bool is_tail(struct str text, size_t at) {
	return at < text.len && ((unsigned char)text.ptr[at] & 0xc0) == 0x80;
}

static uint32_t tail_bits(struct str text, size_t at) {
	return (unsigned char)text.ptr[at] & 0x3f;
}

/* Length of the well-formed sequence at at (2..4) and its code point, or 0. */
static size_t decode_long(struct str text, size_t at, uint32_t *out_code) {
	unsigned char lead = (unsigned char)text.ptr[at];
	if (lead >= 0xc2 && lead <= 0xdf && is_tail(text, at + 1)) {
		*out_code = (uint32_t)(lead & 0x1f) << 6 | tail_bits(text, at + 1);
		return 2;
	}
	if (lead >= 0xe0 && lead <= 0xef && is_tail(text, at + 1) && is_tail(text, at + 2)) {
		uint32_t code =
		    (uint32_t)(lead & 0x0f) << 12 | tail_bits(text, at + 1) << 6 | tail_bits(text, at + 2);
		*out_code = code;
		return code < 0x800 || (code >= 0xd800 && code <= 0xdfff) ? 0 : 3;
	}
	if (lead >= 0xf0 && lead <= 0xf4 && is_tail(text, at + 1) && is_tail(text, at + 2) &&
	    is_tail(text, at + 3)) {
		uint32_t code = (uint32_t)(lead & 0x07) << 18 | tail_bits(text, at + 1) << 12 |
		                tail_bits(text, at + 2) << 6 | tail_bits(text, at + 3);
		*out_code = code;
		return code < 0x10000 || code > 0x10ffff ? 0 : 4;
	}
	return 0;
}

uint32_t utf8_next(struct str text, size_t *at, bool *out_ok) {
	unsigned char lead = (unsigned char)text.ptr[*at];
	uint32_t code = lead;
	size_t len = lead < 0x80 ? 1 : decode_long(text, *at, &code);
	if (out_ok != NULL) {
		*out_ok = len > 0;
	}
	*at += len > 0 ? len : 1;
	return len > 0 ? code : UTF8_REPLACEMENT;
}

/* Bytes of ASCII from the start, at least: some of the last eight may not be counted. */
static size_t ascii_start(struct str text) {
	const uint64_t high = 0x8080808080808080u;
	uint64_t words[4];
	size_t i = 0;
	for (; i + sizeof(words) <= text.len; i += sizeof(words)) {
		memcpy(words, text.ptr + i, sizeof(words));
		if (((words[0] | words[1] | words[2] | words[3]) & high) != 0) {
			break;
		}
	}
	for (; i + sizeof(words[0]) <= text.len; i += sizeof(words[0])) {
		memcpy(words, text.ptr + i, sizeof(words[0]));
		if ((words[0] & high) != 0) {
			return i;
		}
	}
	if (i < text.len && text.len >= sizeof(words[0])) {
		memcpy(words, text.ptr + text.len - sizeof(words[0]), sizeof(words[0]));
		return (words[0] & high) == 0 ? text.len : i;
	}
	return i;
}

bool utf8_valid(struct str text) {
	size_t i = 0;
	while (i < text.len) {
		i += ascii_start(str_slice(text, i, text.len));
		if (i == text.len) {
			return true;
		}
		bool ok;
		(void)utf8_next(text, &i, &ok);
		if (!ok) {
			return false;
		}
	}
	return true;
}

void utf8_append(struct buf *out, uint32_t code) {
	if ((code >= 0xd800 && code <= 0xdfff) || code > 0x10ffff) {
		code = UTF8_REPLACEMENT;
	}
	char bytes[4];
	size_t len;
	if (code < 0x80) {
		bytes[0] = (char)code;
		len = 1;
	} else if (code < 0x800) {
		bytes[0] = (char)(0xc0 | code >> 6);
		bytes[1] = (char)(0x80 | (code & 0x3f));
		len = 2;
	} else if (code < 0x10000) {
		bytes[0] = (char)(0xe0 | code >> 12);
		bytes[1] = (char)(0x80 | (code >> 6 & 0x3f));
		bytes[2] = (char)(0x80 | (code & 0x3f));
		len = 3;
	} else {
		bytes[0] = (char)(0xf0 | code >> 18);
		bytes[1] = (char)(0x80 | (code >> 12 & 0x3f));
		bytes[2] = (char)(0x80 | (code >> 6 & 0x3f));
		bytes[3] = (char)(0x80 | (code & 0x3f));
		len = 4;
	}
	buf_append(out, bytes, len);
}

void utf8_append_mended(struct buf *out, struct str text) {
	size_t i = 0;
	while (i < text.len) {
		size_t first = i;
		bool ok = true;
		uint32_t code = utf8_next(text, &i, &ok);
		if (ok) {
			buf_append(out, text.ptr + first, i - first);
		} else {
			utf8_append(out, code);
		}
	}
}

static bool in_table(const struct range *table, size_t count, uint32_t code) {
	size_t low = 0;
	while (low < count) {
		size_t middle = low + (count - low) / 2;
		if (code > table[middle].last) {
			low = middle + 1;
		} else if (code < table[middle].first) {
			count = middle;
		} else {
			return true;
		}
	}
	return false;
}

bool utf8_is_word(uint32_t code) {
	if (code < 0x80) {
		return char_is_alpha((char)code) || char_is_digit((char)code) || code == '_';
	}
	return in_table(words_table, ARRAY_LEN(words_table), code);
}

bool utf8_is_unspaced(uint32_t code) {
	return code >= 0x0e00 && in_table(unspaced_table, ARRAY_LEN(unspaced_table), code);
}

uint32_t utf8_fold(uint32_t code) {
	if (code < 0x80) {
		return (uint32_t)(unsigned char)char_lower((char)code);
	}
	if (code >= 0x2e80 && code < 0xa640) { /* kana, Han and their neighbours have no case */
		return code;
	}
	size_t low = 0;
	size_t high = ARRAY_LEN(folds_table);
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct fold *fold = &folds_table[middle];
		if (code > fold->last) {
			low = middle + 1;
		} else if (code < fold->first) {
			high = middle;
		} else {
			bool hit = (code - fold->first) % (uint32_t)fold->step == 0;
			return hit ? (uint32_t)((int64_t)code + fold->delta) : code;
		}
	}
	return code;
}

size_t utf8_unfold(uint32_t folded, uint32_t out_others[UTF8_UNFOLD_MAX]) {
	size_t low = 0;
	size_t high = ARRAY_LEN(unfolds_table);
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (unfolds_table[middle].folded < folded) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	size_t count = 0;
	for (; low < ARRAY_LEN(unfolds_table) && unfolds_table[low].folded == folded; low++) {
		ASSERT(count < UTF8_UNFOLD_MAX);
		out_others[count++] = unfolds_table[low].other;
	}
	return count;
}

int utf8_width(uint32_t code) {
	if (code < 0x20 || (code >= 0x7f && code < 0xa0)) {
		return 0;
	}
	if (code < 0x300) {
		return 1;
	}
	if (in_table(zero_table, ARRAY_LEN(zero_table), code)) {
		return 0;
	}
	return in_table(wide_table, ARRAY_LEN(wide_table), code) ? 2 : 1;
}

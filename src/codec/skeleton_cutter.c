/* Values of lines, each as it goes into skeleton and values. */
#include "codec/skeleton_cutter.h"

#include "base/endian.h"
#include "codec/skeleton_slot.h"

enum { LONG_NUMBER = 64, LONG_HEX = 512, INT_DIGITS = 19, UUID_LEN = 36, MAC_LEN = 17 };

#define DIGITS BYTE_DIGIT
#define LOWER BYTE_HEX_LOWER
#define UPPER BYTE_HEX_UPPER
#define OTHER BYTE_LETTER
const uint8_t cutter_kinds[256] = {
    ['0' ... '9'] = DIGITS, ['a' ... 'f'] = LOWER, ['A' ... 'F'] = UPPER,
    ['g' ... 'z'] = OTHER,  ['G' ... 'Z'] = OTHER,
};

void cutter_literal(struct cutter *cutter, size_t end) {
	size_t len = end - cutter->literal;
	const char *from = cutter->text.ptr + cutter->literal;
	if (len <= 16 && cutter->text.len - cutter->literal >= 16) {
		memcpy(cutter->out, from, 16);
	} else {
		memcpy(cutter->out, from, len);
	}
	cutter->out += len;
	cutter->literal = end;
}

void cutter_value(struct cutter *cutter, uint8_t code, size_t start, size_t end, uint64_t number) {
	if (UNLIKELY(cutter->count == SKELETON_VALUES_MAX)) {
		cutter->full = true;
		return;
	}
	cutter_literal(cutter, start);
	cutter->literal = end;
	cutter->out[0] = (char)SKELETON_SLOT;
	cutter->out[1] = (char)code;
	cutter->out += 2;
	cutter->values[cutter->count++] = (struct cut_value){
	    .number = number, .offset = (uint32_t)start, .len = (uint32_t)(end - start)};
}

/* The number that up to 8 digits say, of which the first is the lowest byte. */
static uint64_t decimal_word(uint64_t word, size_t len) {
	word -= 0x3030303030303030u;
	word <<= 64 - 8 * len;
	word = word * 10 + (word >> 8); /* pairs in every other byte */
	return ((word & 0x000000ff000000ffu) * 0x000f424000000064u +
	        (word >> 16 & 0x000000ff000000ffu) * 0x0000271000000001u) >>
	       32;
}

static uint64_t decimal(struct str text, size_t start, size_t len) {
	if (len <= 8 && len > 0 && text.len - start >= 8) {
		return decimal_word(le64_load(text.ptr + start), len);
	}
	uint64_t value = 0;
	for (size_t i = start; i < start + len; i++) {
		value = value * 10 + (uint64_t)(text.ptr[i] - '0');
	}
	return value;
}

void cutter_digits(struct cutter *cutter, size_t start, size_t end) {
	if (end - start > LONG_NUMBER) {
		cutter_text(cutter, start, end);
		return;
	}
	while (start < end) {
		size_t len = MIN_OF(end - start, (size_t)SLOT_DIGITS_MAX);
		cutter_value(cutter, (uint8_t)(SLOT_DIGITS + len), start, start + len,
		             decimal(cutter->text, start, len));
		start += len;
	}
}

void cutter_fraction(struct cutter *cutter, size_t start, size_t end) {
	size_t len = end - start;
	uint64_t number;
	if (slot_fraction_fits(len) && !__builtin_add_overflow(decimal(cutter->text, start, len),
	                                                       slot_fraction_one(len), &number)) {
		cutter_value(cutter, SLOT_FRACTION, start, end, number);
	} else {
		cutter_digits(cutter, start, end);
	}
}

void cutter_number(struct cutter *cutter, size_t start, size_t end) {
	size_t len = end - start;
	if (len <= INT_DIGITS && (len == 1 || cutter->text.ptr[start] != '0')) {
		uint64_t value = decimal(cutter->text, start, len);
		if (value <= INT64_MAX) {
			cutter_value(cutter, SLOT_INT, start, end, value);
			return;
		}
	}
	cutter_digits(cutter, start, end);
}

void cutter_hex(struct cutter *cutter, size_t start, size_t end, bool upper) {
	if (end - start > LONG_HEX) {
		cutter_text(cutter, start, end);
		return;
	}
	while (start < end) {
		size_t len = MIN_OF(end - start, (size_t)SLOT_HEX_MAX);
		uint64_t value = 0;
		for (size_t i = start; i < start + len; i++) {
			uint8_t c = (uint8_t)cutter->text.ptr[i];
			value = value << 4 | (uint64_t)((c & 15) + (c >> 6) * 9);
		}
		cutter_value(cutter, (uint8_t)((upper ? SLOT_HEX_UPPER : SLOT_HEX) + len), start,
		             start + len, value);
		start += len;
	}
}

size_t cutter_ipv4(struct cutter *cutter, size_t start) {
	struct str text = cutter->text;
	uint64_t address = 0;
	size_t at = start;
	for (unsigned i = 0; i < 4; i++) {
		uint32_t part = 0;
		size_t first = at;
		while (is_digit_at(text, at) && at - first < 3) {
			part = part * 10 + (uint32_t)(text.ptr[at++] - '0');
		}
		if (at == first || part > 255 || (text.ptr[first] == '0' && at - first > 1) ||
		    (i < 3 && (at >= text.len || text.ptr[at++] != '.'))) {
			return start;
		}
		address = address << 8 | part;
	}
	if (is_alnum_at(text, at) ||
	    (at < text.len && text.ptr[at] == '.' && is_digit_at(text, at + 1))) {
		return start;
	}
	cutter_value(cutter, SLOT_IPV4, start, at, address);
	return at;
}

/* Whether [at, at + len) is groups of hexadecimal digits of one case with marks between them: bit i
 * of marks: a mark stands at i. */
static bool is_grouped(struct str text, size_t at, size_t len, char mark, uint64_t marks,
                       bool *out_upper) {
	uint8_t kinds = 0;
	if (text.len - at < len || is_alnum_at(text, at + len)) {
		return false;
	}
	for (size_t i = 0; i < len; i++) {
		char c = text.ptr[at + i];
		uint8_t kind = byte_kind(c);
		if ((marks >> i & 1) != 0 ? c != mark : kind == 0) {
			return false;
		}
		kinds |= kind;
	}
	*out_upper = (kinds & BYTE_HEX_UPPER) != 0;
	return (kinds & BYTE_LETTER) == 0 && (!*out_upper || (kinds & BYTE_HEX_LOWER) == 0);
}

size_t cutter_grouped(struct cutter *cutter, size_t start) {
	static const uint64_t uuid_marks = 1 << 8 | 1 << 13 | 1 << 18 | 1 << 23;
	static const uint64_t mac_marks = 1 << 2 | 1 << 5 | 1 << 8 | 1 << 11 | 1 << 14;
	struct str text = cutter->text;
	uint64_t marks = uuid_marks;
	size_t len = UUID_LEN;
	bool upper;
	if (text.len - start < MAC_LEN) {
		return start;
	}
	if (text.ptr[start + 2] == ':') {
		marks = mac_marks;
		len = MAC_LEN;
	} else if (text.ptr[start + 8] != '-') {
		return start;
	}
	if (!is_grouped(text, start, len, len == MAC_LEN ? ':' : '-', marks, &upper) ||
	    (len == MAC_LEN && start + len < text.len && text.ptr[start + len] == ':')) {
		return start;
	}
	size_t first = start;
	for (size_t i = 0; i <= len; i++) {
		if (i == len || (marks >> i & 1) != 0) {
			cutter_hex(cutter, first, start + i, upper);
			first = start + i + 1;
		}
	}
	return start + len;
}

/* The end of a zone at at: "+09:00", "+0900", or either behind a blank; at when none is there. */
static size_t zone_end(struct str text, size_t at) {
	size_t sign = at + (at < text.len && text.ptr[at] == ' ' ? 1 : 0);
	if (sign >= text.len || (text.ptr[sign] != '+' && text.ptr[sign] != '-')) {
		return at;
	}
	size_t digits = sign + 1;
	size_t minutes = digits + 2;
	if (!is_digit_at(text, digits) || !is_digit_at(text, digits + 1)) {
		return at;
	}
	minutes += minutes < text.len && text.ptr[minutes] == ':' ? 1 : 0;
	if (!is_digit_at(text, minutes) || !is_digit_at(text, minutes + 1) ||
	    is_alnum_at(text, minutes + 2) || text.ptr[digits] > '1' || text.ptr[minutes] > '5' ||
	    (text.ptr[minutes + 1] != '0' && text.ptr[minutes + 1] != '5')) {
		return at;
	}
	return minutes + 2;
}

size_t cutter_time(struct cutter *cutter, const struct time_found *found) {
	struct str text = cutter->text;
	size_t at = found->start + found->len;
	cutter_value(cutter, (uint8_t)(SLOT_TIME + (int)found->form), found->start, at, found->seconds);
	if (is_digit_at(text, at + 1) &&
	    (text.ptr[at] == '.' || text.ptr[at] == ',' || text.ptr[at] == ':')) {
		size_t end = at + 1;
		while (is_digit_at(text, end)) {
			end++;
		}
		size_t len = end - at - 1;
		/* A comma may also end a column, and a colon may begin a number of another kind. */
		if (text.ptr[at] == '.' ? len <= SLOT_DIGITS_MAX : len == 3 || len == 6 || len == 9) {
			cutter_digits(cutter, at + 1, end);
			at = end;
		}
	}
	return zone_end(text, at);
}

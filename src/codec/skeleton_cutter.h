/* What cutting text lines and cutting JSON share: the state of one line, and the values that both
 * know. Private to src/codec.
 */
#pragma once

#include "codec/skeleton.h"
#include "codec/skeleton_time.h"

/* Kinds of bytes, as bits, so that a token's kinds are the OR of its bytes'. */
enum byte_kind {
	BYTE_DIGIT = 1,
	BYTE_HEX_LOWER = 2, /* a to f */
	BYTE_HEX_UPPER = 4, /* A to F */
	BYTE_LETTER = 8,    /* the other letters of ASCII */
};
extern const uint8_t cutter_kinds[256];

static inline uint8_t byte_kind(char c) {
	return cutter_kinds[(uint8_t)c];
}
static inline bool is_digit_at(struct str text, size_t at) {
	return at < text.len && char_is_digit(text.ptr[at]);
}
static inline bool is_alnum_at(struct str text, size_t at) {
	return at < text.len && byte_kind(text.ptr[at]) != 0;
}

/* A line while it is cut. The skeleton is written behind out, where there is room for all of it: a
 * value never makes it longer than twice the line. */
struct cutter {
	struct str text;
	size_t literal; /* from here on the text is not in the skeleton yet */
	char *out;
	struct cut_value *values;
	uint32_t count;
	bool full; /* a value more than SKELETON_VALUES_MAX was asked for */
};

/* The value [start, end) of the text, behind those that came before. */
void cutter_value(struct cutter *cutter, uint8_t code, size_t start, size_t end, uint64_t number);
static inline void cutter_text(struct cutter *cutter, size_t start, size_t end) {
	cutter_value(cutter, SLOT_TEXT, start, end, 0);
}
/* Copies literal bytes up to end. */
void cutter_literal(struct cutter *cutter, size_t end);
/* Digits: SLOT_INT if they can be, else SLOT_DIGITS, else (very long) SLOT_TEXT. */
void cutter_number(struct cutter *cutter, size_t start, size_t end);
/* Digits: SLOT_DIGITS of their number. */
void cutter_digits(struct cutter *cutter, size_t start, size_t end);
/* Digits behind a decimal point: SLOT_FRACTION when there are 10 to 19, else as cutter_digits. */
void cutter_fraction(struct cutter *cutter, size_t start, size_t end);
/* Hexadecimal digits of one case. */
void cutter_hex(struct cutter *cutter, size_t start, size_t end, bool upper);
/* A canonical IPv4 address at start that no digit or letter or further ".digit" follows; its end,
 * or start when none is there. */
size_t cutter_ipv4(struct cutter *cutter, size_t start);
/* A UUID or a MAC address at start, of one case, behind which no letter or digit stands; its end,
 * or start. */
size_t cutter_grouped(struct cutter *cutter, size_t start);
/* A time that was found, the fraction behind it; a zone behind that is literal. The end. */
size_t cutter_time(struct cutter *cutter, const struct time_found *found);

/* The closing quotation mark of the string whose first byte is at at (a backslash takes the next
 * byte with it), or the length of the text. */
size_t cutter_string_end(struct str text, size_t at);
/* Cuts a JSON object; false: it is none (the cutter is as far as it came). */
bool cutter_json(struct cutter *cutter);

/* A line as a skeleton (its literal bytes, with a mark for each value) and its values; and back, to
 * the byte. Lines of one kind have the same skeleton, so that their values can lie in columns.
 *
 * A mark is the byte SKELETON_SLOT and a slot code. A line that has the byte SKELETON_SLOT itself
 * cannot be cut. Which tokens become values is a choice about size that may change at any time;
 * what a code prints is part of the file format (docs/formats).
 */
#pragma once

#include "base/buf.h"
#include "base/str.h"

enum {
	SKELETON_SLOT = 0xff,
	SKELETON_VALUES_MAX = 1000, /* of one line */
	SLOT_PRINT_MAX = 32,        /* most bytes that a code other than SLOT_TEXT prints */
	SLOT_DIGITS_MAX = 15,
	SLOT_HEX_MAX = 16,
};

/* What stands in a slot. A number is canonical: each has one text of its code and the reverse. */
enum slot_code {
	SLOT_TEXT = 0x01, /* any bytes, also none */
	SLOT_INT = 0x02,  /* decimal, without leading zero (or just 0), below 2^63 */
	SLOT_IPV4 = 0x03, /* four numbers up to 255 without leading zeros; the first is the highest */
	/* 10 to 19 digits behind a decimal point, as 10^n + the digits: what programs print of binary
	 * fractions varies in length. All 64 bits may be used. */
	SLOT_FRACTION = 0x04,
	/* + n, 1 to 15: exactly n decimal digits, whatever they are. The cutter uses it for numbers
	 * with a leading zero, for digits behind a decimal point, for parts of times (hh:mm) and of
	 * long numbers (pieces of 15 and a rest, without literal between), for two digits behind
	 * letters (web01, web10). */
	SLOT_DIGITS = 0x10,
	/* + n, 1 to 16: exactly n hexadecimal digits, lower case. Longer ones are pieces of 16 and a
	 * rest, without literal between. A value may be of digits 0 to 9 alone where its neighbours
	 * show that it is hexadecimal: pieces, parts of a UUID or MAC address, behind 0x. */
	SLOT_HEX = 0x20,
	SLOT_HEX_UPPER = 0x40, /* + n: the same in upper case */
	/* + form (codec/skeleton_time.h): a date with a time of day, as seconds since 1970 of what it
	 * says, read as UTC; forms without a year are read in the year 2000. */
	SLOT_TIME = 0x60,
};

struct cut_value {
	uint64_t number; /* 0 for SLOT_TEXT */
	uint32_t offset; /* where it lay in the line, in bytes */
	uint32_t len;
};

/* A cut line. Zero-initialise; may be used for line after line; deinit frees. */
struct cut_line {
	struct buf skeleton;
	struct cut_value *values; /* in the order of the marks */
	uint32_t count;
	uint32_t cap;
	uint64_t hash; /* hash64 of skeleton */
};

void cut_line_deinit(struct cut_line *cut);

/* Cuts text into *cut (what was there is overwritten). skeleton_join of the result is text. False,
 * with cut empty: the line has the byte SKELETON_SLOT, more than SKELETON_VALUES_MAX values or more
 * than 1 GiB, and is to be kept whole.
 *
 * JSON objects (from '{' to '}' with strings that end; else they are as other lines): keys,
 * punctuation, true, false and null are literal. A string value is one SLOT_TEXT (its bytes between
 * the quotation marks, escapes as they are) unless it is as a whole one of the typed forms, or a
 * time with fraction and zone. Numbers are SLOT_INT, or that, a point and SLOT_DIGITS (from ten
 * digits on SLOT_FRACTION); signs and the letters of exponents are literal.
 *
 * Other lines: a token (letters and digits of ASCII) without digit is literal, and so is every
 * other byte. A token with digits is typed where it fits; letters then digits, or digits then
 * letters, are literal letters and typed digits; else it is SLOT_TEXT. The host behind a BSD syslog
 * time is one SLOT_TEXT, and so is each quoted string behind the time of a web server
 * (14/Nov/2026:01:02:03). */
bool skeleton_cut(struct str text, struct cut_line *cut);

/* Appends the line that has this skeleton, with numbers[i] or (SLOT_TEXT) texts[i] for mark i.
 * texts may be NULL when no mark is SLOT_TEXT. The skeleton must be valid (skeleton_valid); numbers
 * may be any. */
void skeleton_join(struct str skeleton, const uint64_t *numbers, const struct str *texts,
                   struct buf *out);

/* Whether every mark has a code that exists: ask before anything else about a skeleton that comes
 * from a file. *out_values: its marks. */
bool skeleton_valid(struct str skeleton, uint32_t *out_values);

/* A valid skeleton piece by piece: literal bytes, then the code of the mark behind them. */
struct skeleton_part {
	struct str literal; /* may be empty; borrowed from the skeleton */
	uint8_t code;       /* 0: the end, no mark follows */
};
/* Takes the first part off *rest (begin with the skeleton). False: nothing is left. */
bool skeleton_next(struct str *rest, struct skeleton_part *out_part);

bool slot_code_valid(uint8_t code);
/* Appends the value as its code prints it: text for SLOT_TEXT, else number in at most
 * SLOT_PRINT_MAX bytes. A number that the code cannot have (damage) prints as another one. */
void slot_print(struct buf *out, uint8_t code, uint64_t number, struct str text);
/* Whether token as a whole is a value of this code: slot_print of *out_number gives it back. Always
 * true for SLOT_TEXT (number 0). */
bool slot_parse(uint8_t code, struct str token, uint64_t *out_number);

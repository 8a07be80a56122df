/* The codes of slots: which there are, and one text for each number, both ways. */
#include "codec/skeleton_slot.h"

#include "codec/skeleton_time.h"

_Static_assert((int)TIME_TEXT_MAX <= (int)SLOT_PRINT_MAX, "times fit");
_Static_assert((int)SLOT_TIME + (int)TIME_FORMS <= 0x80, "codes of times end before the next kind");

enum slot_kind {
	KIND_NONE,
	KIND_TEXT,
	KIND_INT,
	KIND_IPV4,
	KIND_FRACTION,
	KIND_DIGITS,
	KIND_HEX,
	KIND_UPPER,
	KIND_TIME
};

/* The kind of a code, and the code that its n or form is counted from. */
struct code {
	uint8_t kind;
	uint8_t base;
};

static const struct code codes[256] = {
    [SLOT_TEXT] = {KIND_TEXT, 0},
    [SLOT_INT] = {KIND_INT, 0},
    [SLOT_IPV4] = {KIND_IPV4, 0},
    [SLOT_FRACTION] = {KIND_FRACTION, 0},
    [SLOT_DIGITS + 1 ... SLOT_DIGITS + (int) SLOT_DIGITS_MAX] = {KIND_DIGITS, SLOT_DIGITS},
    [SLOT_HEX + 1 ... SLOT_HEX + (int) SLOT_HEX_MAX] = {KIND_HEX, SLOT_HEX},
    [SLOT_HEX_UPPER + 1 ... SLOT_HEX_UPPER + (int) SLOT_HEX_MAX] = {KIND_UPPER, SLOT_HEX_UPPER},
    [SLOT_TIME... SLOT_TIME + (int)TIME_FORMS - 1] = {KIND_TIME, SLOT_TIME},
};

static enum slot_kind kind_of(uint8_t code, unsigned *out_n) {
	*out_n = (unsigned)code - codes[code].base;
	return (enum slot_kind)codes[code].kind;
}

bool slot_code_valid(uint8_t code) {
	unsigned n;
	return kind_of(code, &n) != KIND_NONE;
}

static const char pairs[] = "000102030405060708091011121314151617181920212223242526272829"
                            "303132333435363738394041424344454647484950515253545556575859"
                            "606162636465666768697071727374757677787980818283848586878889"
                            "90919293949596979899";

/* The last n decimal digits of number. */
static size_t print_digits(uint64_t number, size_t n, char *out) {
	size_t at = n;
	for (; at >= 2; at -= 2) {
		unsigned two = (unsigned)(number % 100);
		number /= 100;
		memcpy(out + at - 2, &pairs[(size_t)two * 2], 2);
	}
	if (at > 0) {
		out[0] = (char)('0' + number % 10);
	}
	return n;
}

/* How many digits number has, 1 to 20. */
static size_t decimal_len(uint64_t number) {
	size_t n = 1;
	for (; number >= 10000; number /= 10000) {
		n += 4;
	}
	return n + (number >= 10) + (number >= 100) + (number >= 1000);
}

static size_t print_int(uint64_t number, char *out) {
	return print_digits(number, decimal_len(number), out);
}

/* The digits behind the leading one. */
static size_t print_fraction(uint64_t number, char *out) {
	return print_digits(number, decimal_len(number) - 1, out);
}

static size_t print_ipv4(uint64_t number, char *out) {
	char *at = out;
	for (unsigned i = 0; i < 4; i++) {
		unsigned part = (unsigned)(number >> (24 - 8 * i)) & 255;
		if (part >= 100) {
			*at++ = (char)('0' + part / 100);
		}
		if (part >= 10) {
			*at++ = (char)('0' + part / 10 % 10);
		}
		*at++ = (char)('0' + part % 10);
		*at++ = '.';
	}
	return (size_t)(at - out) - 1;
}

static size_t print_hex(uint64_t number, size_t n, const char *digits, char *out) {
	for (size_t i = n; i-- > 0;) {
		out[i] = digits[number & 15];
		number >>= 4;
	}
	return n;
}

/* As slot_print_number, of a code that was looked at. */
static inline size_t print_kind(enum slot_kind kind, unsigned n, uint64_t number, char *out) {
	switch (kind) {
	case KIND_INT:
		return print_int(number, out);
	case KIND_IPV4:
		return print_ipv4(number, out);
	case KIND_FRACTION:
		return print_fraction(number, out);
	case KIND_DIGITS:
		return print_digits(number, n, out);
	case KIND_HEX:
		return print_hex(number, n, "0123456789abcdef", out);
	case KIND_UPPER:
		return print_hex(number, n, "0123456789ABCDEF", out);
	case KIND_TIME:
		return time_form_print((enum time_form)n, number, out);
	case KIND_NONE:
	case KIND_TEXT:
		break;
	}
	ASSERT(false);
}

size_t slot_print_number(uint8_t code, uint64_t number, char *out) {
	unsigned n;
	enum slot_kind kind = kind_of(code, &n);
	return print_kind(kind, n, number, out);
}

void slot_print_numbers(uint8_t code, const uint64_t *numbers, size_t count,
                        struct slot_cell *cells, uint8_t *out_lens) {
	unsigned n;
	enum slot_kind kind = kind_of(code, &n);
	if (kind == KIND_TIME) {
		struct time_printed last = {0};
		memset(out_lens, (int)time_form_len((enum time_form)n), count);
		for (size_t i = 0; i < count; i++) {
			time_form_print_more(&last, (enum time_form)n, numbers[i], cells[i].text);
		}
		return;
	}
	for (size_t i = 0; i < count; i++) {
		out_lens[i] = (uint8_t)print_kind(kind, n, numbers[i], cells[i].text);
	}
}

void slot_print(struct buf *out, uint8_t code, uint64_t number, struct str text) {
	if (code == SLOT_TEXT) {
		buf_append_str(out, text);
		return;
	}
	char *to = buf_reserve(out, SLOT_PRINT_MAX);
	out->len += slot_print_number(code, number, to);
}

static bool parse_ipv4(struct str token, uint64_t *out_number) {
	uint64_t address = 0;
	for (unsigned i = 0; i < 4; i++) {
		uint64_t part;
		if (i < 3 && str_find_char(token, '.', 0) == token.len) {
			return false;
		}
		struct str digits = i < 3 ? str_cut(&token, '.') : token;
		if (!str_to_u64(digits, 255, &part) || (digits.len > 1 && digits.ptr[0] == '0')) {
			return false;
		}
		address = address << 8 | part;
	}
	*out_number = address;
	return true;
}

static bool parse_fraction(struct str token, uint64_t *out_number) {
	uint64_t digits;
	if (!slot_fraction_fits(token.len) || !str_to_u64(token, UINT64_MAX, &digits)) {
		return false;
	}
	return !__builtin_add_overflow(digits, slot_fraction_one(token.len), out_number);
}

static bool parse_hex(struct str token, char letters, uint64_t *out_number) {
	uint64_t value = 0;
	for (size_t i = 0; i < token.len; i++) {
		char c = token.ptr[i];
		bool letter = c >= letters && c < letters + 6;
		if (!letter && !char_is_digit(c)) {
			return false;
		}
		value = value << 4 | (uint64_t)(letter ? c - letters + 10 : c - '0');
	}
	*out_number = value;
	return true;
}

bool slot_parse(uint8_t code, struct str token, uint64_t *out_number) {
	unsigned n;
	size_t used;
	uint64_t number = 0;
	bool is = false;
	switch (kind_of(code, &n)) {
	case KIND_TEXT:
		is = true;
		break;
	case KIND_INT:
		is = str_to_u64(token, INT64_MAX, &number) && (token.len == 1 || token.ptr[0] != '0');
		break;
	case KIND_IPV4:
		is = parse_ipv4(token, &number);
		break;
	case KIND_FRACTION:
		is = parse_fraction(token, &number);
		break;
	case KIND_DIGITS:
		is = token.len == n && str_to_u64(token, UINT64_MAX, &number);
		break;
	case KIND_HEX:
		is = token.len == n && parse_hex(token, 'a', &number);
		break;
	case KIND_UPPER:
		is = token.len == n && parse_hex(token, 'A', &number);
		break;
	case KIND_TIME:
		is = time_form_read((enum time_form)n, token, &number, &used) && used == token.len;
		break;
	case KIND_NONE:
		break;
	}
	if (is) {
		*out_number = number;
	}
	return is;
}

/* Digits at the begin of a value leave ranges open, digits at its end a rest; addresses are four
 * values in a row, between which the points of a piece leave few placings.
 */
#include "codec/slot_wanted.h"

#include "base/bits.h"
#include "codec/skeleton_slot.h"

enum { OCTETS = 4, OCTET_VALUES = 256, INT_DIGITS_MAX = 19 };

static void want_none(struct slot_wanted *wanted) {
	wanted->how = WANTED_RANGES;
	wanted->count = 0;
}

static void add_range(struct slot_wanted *wanted, uint64_t least, uint64_t greatest) {
	ASSERT(wanted->count < WANTED_RANGES_MAX);
	wanted->ranges[wanted->count++] = (struct slot_range){least, greatest};
}

/* ---- digits ---- */

static uint64_t power(uint64_t base, size_t exponent) {
	uint64_t product = 1;
	while (exponent-- > 0) {
		product *= base;
	}
	return product;
}

/* The piece as a number; its digits are those of the base, in any case. */
static uint64_t read_digits(struct str digits, uint64_t base) {
	uint64_t number = 0;
	for (size_t i = 0; i < digits.len; i++) {
		char c = char_lower(digits.ptr[i]);
		number = number * base + (uint64_t)(char_is_digit(c) ? c - '0' : c - 'a' + 10);
	}
	return number;
}

/* Values of n digits that begin with those of the piece. first: of the values. */
static void want_begin(struct slot_wanted *wanted, uint64_t base, size_t n, uint64_t first) {
	uint64_t span = power(base, n - wanted->piece.bytes.len);
	uint64_t least;
	uint64_t greatest;
	if (!__builtin_add_overflow(first, read_digits(wanted->piece.bytes, base) * span, &least)) {
		bool over = __builtin_add_overflow(least, span - 1, &greatest);
		add_range(wanted, least, over ? UINT64_MAX : greatest);
	}
}

static void want_end(struct slot_wanted *wanted, uint64_t base, uint64_t least) {
	wanted->how = WANTED_ENDING;
	wanted->modulus = power(base, wanted->piece.bytes.len);
	wanted->rest = read_digits(wanted->piece.bytes, base);
	wanted->least = least;
}

static void want_digits(struct slot_wanted *wanted, uint64_t base, size_t n) {
	if (wanted->piece.match == SLOT_PREFIX || wanted->piece.bytes.len == n) {
		want_begin(wanted, base, n, 0);
	} else if (wanted->piece.match == SLOT_SUFFIX) {
		want_end(wanted, base, 0);
	} else {
		wanted->how = WANTED_PRINTED;
	}
}

static void want_int(struct slot_wanted *wanted) {
	struct str digits = wanted->piece.bytes;
	bool zero_first = digits.ptr[0] == '0';
	if (wanted->piece.match == SLOT_PREFIX) {
		if (zero_first && digits.len == 1) {
			add_range(wanted, 0, 0);
		}
		for (size_t n = digits.len; n <= INT_DIGITS_MAX && !zero_first; n++) {
			want_begin(wanted, 10, n, 0);
		}
	} else if (wanted->piece.match == SLOT_SUFFIX) {
		/* Digits that begin with 0 have others before them. */
		bool more = zero_first && digits.len > 1;
		want_end(wanted, 10, more ? power(10, digits.len) : 0);
	} else {
		wanted->how = WANTED_PRINTED;
	}
}

/* Numbers that have a digit 1 before those that are printed. */
static void want_fraction(struct slot_wanted *wanted) {
	size_t len = wanted->piece.bytes.len;
	if (wanted->piece.match == SLOT_PREFIX) {
		for (size_t n = MAX_OF(len, (size_t)FRACTION_LEAST); n <= FRACTION_MOST; n++) {
			want_begin(wanted, 10, n, slot_fraction_one(n));
		}
	} else if (wanted->piece.match == SLOT_SUFFIX) {
		want_end(wanted, 10, slot_fraction_one(MAX_OF(len, (size_t)FRACTION_LEAST)));
	} else {
		wanted->how = WANTED_PRINTED;
	}
}

/* ---- addresses ---- */

/* One octet against what stands between two points of the piece: a piece's first and last part may
 * be those of more, unless they are held. */
static bool octet_fits(unsigned octet, struct str part, bool open_before, bool open_behind) {
	char text[SLOT_PRINT_MAX];
	struct str all = str_make(text, slot_print_number(SLOT_INT, octet, text));
	if (open_before && open_behind) {
		return str_find(all, part, 0) < all.len || part.len == 0;
	}
	return open_before   ? str_ends(all, part)
	       : open_behind ? str_starts(all, part)
	                     : str_eq(all, part);
}

static bool set_octets(uint64_t *set, struct str part, bool open_before, bool open_behind) {
	bool any = false;
	for (unsigned octet = 0; octet < OCTET_VALUES; octet++) {
		if (octet_fits(octet, part, open_before, open_behind)) {
			bits_set(set, octet);
			any = true;
		}
	}
	return any;
}

/* The first part of the piece in octet number first. False: that cannot be. */
static bool place_octets(const struct slot_piece *piece, size_t points, size_t first,
                         struct slot_octets *out) {
	bool held_first = piece->match == SLOT_PREFIX || piece->match == SLOT_EQUALS;
	bool held_last = piece->match == SLOT_SUFFIX || piece->match == SLOT_EQUALS;
	struct str rest = piece->bytes;
	*out = (struct slot_octets){0};
	if ((held_first && first > 0) || (held_last && first + points + 1 < OCTETS)) {
		return false;
	}
	for (size_t i = 0; i < OCTETS; i++) {
		if (i < first || i > first + points) {
			bits_fill(out->sets[i], OCTET_VALUES, true);
			continue;
		}
		struct str part = i < first + points ? str_cut(&rest, '.') : rest;
		bool open_before = i == first && !held_first;
		bool open_behind = i == first + points && !held_last;
		if (!set_octets(out->sets[i], part, open_before, open_behind)) {
			return false;
		}
	}
	return true;
}

static size_t count_runs(const uint64_t *set) {
	size_t runs = 0;
	for (unsigned octet = 0; octet < OCTET_VALUES; octet++) {
		runs += bits_get(set, octet) && (octet == 0 || !bits_get(set, octet - 1));
	}
	return runs;
}

/* Ranges of the addresses whose first octets are those of high (number of them: at). last: the last
 * octet that is not left open. */
static void add_octet_ranges(struct slot_wanted *wanted, const struct slot_octets *octets,
                             size_t at, size_t last, uint64_t high) {
	unsigned shift = (unsigned)(OCTETS - 1 - at) * 8;
	const uint64_t *set = octets->sets[at];
	for (unsigned octet = 0; octet < OCTET_VALUES; octet++) {
		uint64_t least = (high << 8 | octet) << shift;
		if (!bits_get(set, octet)) {
			continue;
		}
		if (at < last) {
			add_octet_ranges(wanted, octets, at + 1, last, high << 8 | octet);
			continue;
		}
		while (octet + 1 < OCTET_VALUES && bits_get(set, octet + 1)) {
			octet++;
		}
		add_range(wanted, least, ((high << 8 | octet) << shift) + (((uint64_t)1 << shift) - 1));
	}
}

/* Few ranges instead of sets, where that is all. */
static void try_ranges(struct slot_wanted *wanted) {
	struct slot_octets octets = wanted->placings[0];
	size_t last = OCTETS - 1;
	size_t ranges = 1;
	while (last > 0 && bits_count(octets.sets[last], OCTET_VALUES) == OCTET_VALUES) {
		last--;
	}
	for (size_t i = 0; i < last; i++) {
		ranges *= bits_count(octets.sets[i], OCTET_VALUES);
	}
	if (wanted->count == 1 && ranges * count_runs(octets.sets[last]) <= WANTED_RANGES_MAX) {
		want_none(wanted);
		add_octet_ranges(wanted, &octets, 0, last, 0);
	}
}

static void want_octets(struct slot_wanted *wanted) {
	const struct slot_piece *piece = &wanted->piece;
	size_t points = 0;
	for (size_t i = 0; i < piece->bytes.len; i++) {
		points += piece->bytes.ptr[i] == '.';
	}
	for (size_t first = 0; first + points < OCTETS; first++) {
		wanted->count += place_octets(piece, points, first, &wanted->placings[wanted->count]);
	}
	wanted->how = WANTED_OCTETS;
	if (wanted->count == 0) {
		want_none(wanted);
	} else {
		try_ranges(wanted);
	}
}

static bool has_octets(const struct slot_octets *octets, uint64_t number) {
	return bits_get(octets->sets[0], number >> 24 & 255) &&
	       bits_get(octets->sets[1], number >> 16 & 255) &&
	       bits_get(octets->sets[2], number >> 8 & 255) && bits_get(octets->sets[3], number & 255);
}

/* ---- all codes ---- */

/* The one number that prints so, if any. Months in times and letters of hexadecimal digits have one
 * case only. */
static void want_equal(struct slot_wanted *wanted) {
	char text[SLOT_PRINT_MAX];
	const struct slot_piece *piece = &wanted->piece;
	size_t len = piece->bytes.len;
	uint64_t number;
	if (len > sizeof(text)) {
		return;
	}
	bool upper = wanted->code >= SLOT_HEX_UPPER && wanted->code < SLOT_TIME;
	for (size_t i = 0; i < len; i++) {
		char c = piece->bytes.ptr[i];
		bool any_case = piece->mask != NULL && piece->mask[i] == 0x20;
		text[i] = upper && any_case && c >= 'a' && c <= 'f' ? (char)(c - 32) : c;
	}
	if (slot_parse(wanted->code, str_make(text, len), &number)) {
		add_range(wanted, number, number);
	}
}

void slot_wanted_init(struct slot_wanted *wanted, uint8_t code, const struct slot_piece *piece) {
	*wanted = (struct slot_wanted){.code = code, .piece = *piece};
	want_none(wanted);
	if (!slot_can(code, piece)) {
		return;
	}
	if (code >= SLOT_TIME && (piece->match != SLOT_EQUALS || piece->mask != NULL)) {
		wanted->how = WANTED_PRINTED;
	} else if (piece->match == SLOT_EQUALS) {
		want_equal(wanted);
	} else if (code == SLOT_INT) {
		want_int(wanted);
	} else if (code == SLOT_FRACTION) {
		want_fraction(wanted);
	} else if (code == SLOT_IPV4) {
		want_octets(wanted);
	} else if (code < SLOT_HEX) {
		want_digits(wanted, 10, (size_t)code - SLOT_DIGITS);
	} else {
		want_digits(wanted, 16,
		            (size_t)code - (code >= SLOT_HEX_UPPER ? SLOT_HEX_UPPER : SLOT_HEX));
	}
}

static bool has_printed(const struct slot_wanted *wanted, uint64_t number) {
	char text[SLOT_PRINT_MAX];
	size_t len = slot_print_number(wanted->code, number, text);
	return slot_piece_fits(&wanted->piece, str_make(text, len));
}

bool slot_wanted_has(const struct slot_wanted *wanted, uint64_t number) {
	bool has = false;
	switch ((enum wanted_how)wanted->how) {
	case WANTED_RANGES:
		for (uint32_t i = 0; i < wanted->count && !has; i++) {
			has = number >= wanted->ranges[i].least && number <= wanted->ranges[i].greatest;
		}
		return has;
	case WANTED_OCTETS:
		for (uint32_t i = 0; i < wanted->count && !has; i++) {
			has = has_octets(&wanted->placings[i], number);
		}
		return has;
	case WANTED_ENDING:
		return number >= wanted->least && number % wanted->modulus == wanted->rest;
	case WANTED_PRINTED:
	default:
		return has_printed(wanted, number);
	}
}

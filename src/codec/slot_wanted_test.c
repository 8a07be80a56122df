/* What is said of numbers is what their texts say. */
#include "codec/slot_wanted.h"

#include "codec/skeleton_slot.h"
#include "tap.h"

static uint64_t random_value(uint8_t code) {
	uint64_t number = tap_random() >> (tap_random() % 64);
	if (tap_random() % 3 == 0) { /* near a power of ten */
		uint64_t ten = 1;
		for (uint64_t i = tap_random() % 19; i > 0; i--) {
			ten *= 10;
		}
		number = ten + tap_random() % 3 - 1;
	}
	if (code == SLOT_INT) {
		return number & INT64_MAX;
	}
	if (code == SLOT_IPV4) {
		return tap_random() % 4 == 0 ? tap_random() & 0x0f0f0f0f : number & UINT32_MAX;
	}
	if (code == SLOT_FRACTION) {
		uint64_t one = slot_fraction_one(FRACTION_LEAST + tap_random() % 10);
		uint64_t rest = number % one;
		return one > UINT64_MAX - rest ? one : one + rest;
	}
	if (code < SLOT_HEX) {
		uint64_t ten = 1;
		for (int i = 0; i < code - SLOT_DIGITS; i++) {
			ten *= 10;
		}
		return number % ten;
	}
	if (code < SLOT_TIME) {
		int n = code - (code >= SLOT_HEX_UPPER ? SLOT_HEX_UPPER : SLOT_HEX);
		return number & packed_mask((unsigned)n * 4);
	}
	/* Forms without a year are read in 2000; some are of the first nine days of a month. */
	enum { FEBRUARY = 949363200, NINE_DAYS = 9 * 86400 };
	char text[SLOT_PRINT_MAX];
	number = FEBRUARY + number % NINE_DAYS;
	struct str shown = str_make(text, slot_print_number(code, number, text));
	ASSERT(slot_parse(code, shown, &number));
	return number;
}

/* Something of the text of a value, now and then with something else in it. */
static size_t random_piece(uint8_t code, char *out, char *mask, struct slot_piece *piece) {
	char text[SLOT_PRINT_MAX];
	size_t len = slot_print_number(code, random_value(code), text);
	size_t from = tap_random() % len;
	size_t n = 1 + tap_random() % (len - from);
	piece->match = (uint8_t)(tap_random() % 4);
	from = piece->match == SLOT_PREFIX || piece->match == SLOT_EQUALS ? 0 : from;
	n = piece->match == SLOT_EQUALS ? len : n;
	from = piece->match == SLOT_SUFFIX ? len - n : from;
	memcpy(out, text + from, n);
	if (tap_random() % 8 == 0) {
		out[tap_random() % n] = "0123456789.abF"[tap_random() % 14];
	}
	piece->bytes = str_make(out, n);
	piece->mask = NULL;
	if (tap_random() % 2 == 0) {
		for (size_t i = 0; i < n; i++) {
			mask[i] = char_is_alpha(out[i]) ? 0x20 : 0;
			out[i] |= mask[i];
		}
		piece->mask = mask;
	}
	return n;
}

static bool check_one(const struct slot_wanted *wanted, uint64_t number) {
	char text[SLOT_PRINT_MAX];
	struct str shown = str_make(text, slot_print_number(wanted->code, number, text));
	bool fits = slot_piece_fits(&wanted->piece, shown);
	if (CHECK_EQ(slot_wanted_has(wanted, number), fits)) {
		return true;
	}
	printf("# code %d match %d piece %.*s value %.*s\n", wanted->code, wanted->piece.match,
	       STR_ARG(wanted->piece.bytes), STR_ARG(shown));
	return false;
}

static bool check_code(uint8_t code, size_t *out_how) {
	char bytes[SLOT_PRINT_MAX];
	char mask[SLOT_PRINT_MAX];
	struct slot_piece piece;
	struct slot_wanted wanted;
	(void)random_piece(code, bytes, mask, &piece);
	slot_wanted_init(&wanted, code, &piece);
	bool fine = true;
	for (uint32_t i = 0; i < wanted.count && wanted.how == WANTED_RANGES; i++) {
		const struct slot_range *range = &wanted.ranges[i];
		fine = CHECK(range->least <= range->greatest) && fine;
		fine = CHECK(i == 0 || range->least > wanted.ranges[i - 1].greatest) && fine;
		fine = check_one(&wanted, range->least) && fine;
		fine = check_one(&wanted, range->greatest) && fine;
	}
	for (size_t i = 0; i < 40; i++) {
		fine = check_one(&wanted, random_value(code)) && fine;
	}
	out_how[wanted.how]++;
	return fine;
}

TEST(numbers_are_wanted_whose_texts_fit) {
	size_t how[4] = {0};
	for (size_t round = 0; round < tap_rounds(300); round++) {
		for (unsigned code = SLOT_INT; code < 256; code++) {
			if (slot_code_valid((uint8_t)code) && !check_code((uint8_t)code, how)) {
				return;
			}
		}
	}
	for (size_t i = 0; i < ARRAY_LEN(how); i++) {
		CHECK(how[i] > 100);
	}
}

static void check_how(uint8_t code, const char *text, enum slot_match match, enum wanted_how how,
                      uint32_t count) {
	struct slot_piece piece = {.bytes = str_from(text), .match = (uint8_t)match};
	struct slot_wanted wanted;
	slot_wanted_init(&wanted, code, &piece);
	CHECK_EQ(wanted.how, how);
	CHECK_EQ(wanted.count, count);
}

TEST(addresses_are_ranges_where_they_are_few) {
	check_how(SLOT_IPV4, "203.0.113.77", SLOT_CONTAINS, WANTED_RANGES, 1);
	check_how(SLOT_IPV4, "10.", SLOT_PREFIX, WANTED_RANGES, 1);
	check_how(SLOT_IPV4, "10.1", SLOT_PREFIX, WANTED_RANGES, 3);
	check_how(SLOT_IPV4, "10.1", SLOT_CONTAINS, WANTED_OCTETS, 3);
	check_how(SLOT_IPV4, ".300.", SLOT_CONTAINS, WANTED_RANGES, 0);
	check_how(SLOT_IPV4, "1.2.3.4.5", SLOT_CONTAINS, WANTED_RANGES, 0);
	check_how(SLOT_FRACTION, "0123456789", SLOT_EQUALS, WANTED_RANGES, 1);
}

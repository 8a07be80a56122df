/* Values one by one: where they end, and what they leave literal. */
#include "codec/skeleton_cutter.h"

#include "tap.h"

enum { OUT = 512 };

struct bench {
	struct cutter cutter;
	struct cut_value values[SKELETON_VALUES_MAX];
	char out[OUT];
};

/* A cutter over text. */
static struct cutter *begin(struct bench *bench, const char *text) {
	bench->cutter =
	    (struct cutter){.text = str_from(text), .out = bench->out, .values = bench->values};
	return &bench->cutter;
}

/* The skeleton so far, with the rest as literal. */
static struct str skeleton(struct bench *bench) {
	cutter_literal(&bench->cutter, bench->cutter.text.len);
	return str_make(bench->out, (size_t)(bench->cutter.out - bench->out));
}

TEST(values_are_marked_and_what_is_between_is_literal) {
	static struct bench bench;
	struct cutter *cutter = begin(&bench, "a literal of more than sixteen bytes 12 and 7");
	cutter_number(cutter, 37, 39);
	cutter_text(cutter, 44, 45);
	CHECK_STR(skeleton(&bench), "a literal of more than sixteen bytes \xff\x02 and \xff\x01");
	CHECK_EQ(cutter->count, 2);
	CHECK_EQ(bench.values[0].number, 12);
	CHECK_EQ(bench.values[0].offset, 37);
	CHECK_EQ(bench.values[0].len, 2);
	CHECK_EQ(bench.values[1].number, 0);
}

TEST(digits_of_every_length_are_read_wherever_they_stand) {
	static struct bench bench;
	char text[40];
	for (size_t len = 1; len <= 19; len++) {
		for (size_t behind = 0; behind < 10; behind++) {
			uint64_t expected = 0;
			for (size_t i = 0; i < len; i++) {
				uint64_t digit = 1 + tap_random() % 8;
				text[i] = (char)('0' + digit);
				expected = expected * 10 + digit;
			}
			memset(text + len, '9', behind);
			text[len + behind] = '\0';
			cutter_number(begin(&bench, text), 0, len);
			CHECK_EQ(bench.values[0].number, expected);
		}
	}
}

TEST(long_numbers_and_hexadecimals_are_pieces_and_very_long_ones_texts) {
	static struct bench bench;
	char text[600];
	memset(text, '1', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	cutter_number(begin(&bench, text), 0, 64);
	CHECK_EQ(bench.cutter.count, 5);
	CHECK_EQ(bench.out[1], SLOT_DIGITS + 15);
	cutter_number(begin(&bench, text), 0, 65);
	CHECK_EQ(bench.cutter.count, 1);
	CHECK_EQ(bench.out[1], SLOT_TEXT);
	cutter_hex(begin(&bench, text), 0, 512, true);
	CHECK_EQ(bench.cutter.count, 32);
	CHECK_EQ(bench.values[31].number, 0x1111111111111111);
	cutter_hex(begin(&bench, text), 0, 513, true);
	CHECK_EQ(bench.cutter.count, 1);
}

TEST(fractions_of_ten_to_nineteen_digits_are_one_value) {
	static struct bench bench;
	cutter_fraction(begin(&bench, "0123456789012345"), 0, 16);
	CHECK_EQ(bench.values[0].number, 10123456789012345);
	cutter_fraction(begin(&bench, "012345678"), 0, 9);
	CHECK_EQ(bench.out[1], SLOT_DIGITS + 9);
	cutter_fraction(begin(&bench, "9999999999999999999"), 0, 19); /* above 64 bits */
	CHECK_EQ(bench.cutter.count, 2);
}

TEST(addresses_and_groups_say_where_they_end) {
	static struct bench bench;
	CHECK_EQ(cutter_ipv4(begin(&bench, "10.0.0.1"), 0), 8);
	CHECK_EQ(cutter_ipv4(begin(&bench, "10.0.0.1."), 0), 8);
	CHECK_EQ(cutter_ipv4(begin(&bench, "10.0.0.1.2"), 0), 0);
	CHECK_EQ(cutter_ipv4(begin(&bench, "10.0.0.1234"), 0), 0);
	CHECK_EQ(cutter_ipv4(begin(&bench, "10.0.0"), 0), 0);
	CHECK_EQ(cutter_grouped(begin(&bench, "00:11:22:33:44:55"), 0), 17);
	CHECK_EQ(cutter_grouped(begin(&bench, "00:11:22:33:44:55:66"), 0), 0);
	CHECK_EQ(cutter_grouped(begin(&bench, "00:11:22:33:44:5A"), 0), 17);
	CHECK_EQ(bench.out[1], SLOT_HEX_UPPER + 2);
	CHECK_EQ(cutter_grouped(begin(&bench, "00:11:22:3a:44:5A"), 0), 0);
	CHECK_EQ(cutter_grouped(begin(&bench, "38101a0b-2096-447d-96ea-a692162415ae"), 0), 36);
	CHECK_EQ(bench.cutter.count, 5);
	CHECK_EQ(cutter_grouped(begin(&bench, "38101a0b-2096-447d-96ea-a692162415ag"), 0), 0);
}

TEST(a_value_too_many_is_noticed) {
	static struct bench bench;
	struct cutter *cutter = begin(&bench, "1");
	cutter->count = SKELETON_VALUES_MAX;
	cutter_number(cutter, 0, 1);
	CHECK(cutter->full);
}

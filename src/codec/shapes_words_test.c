/* Words of skeletons, and sums of hashes with a word left out. */
#include "codec/shapes_words.h"

#include "tap.h"

/* The words of a skeleton with | between them; those with marks in []. */
static void check_words(const char *skeleton, const char *expected) {
	struct word words[WORDS_MAX];
	struct buf out = {0};
	uint64_t hash;
	uint32_t count = words_find(str_from(skeleton), WORDS_MAX, words, &hash);
	for (uint32_t i = 0; i < count; i++) {
		struct str text = str_make(skeleton + words[i].start, words[i].len);
		buf_printf(&out, words[i].plain ? "|%.*s" : "|[%.*s]", STR_ARG(text));
	}
	CHECK_STR(buf_str(&out), expected);
	buf_deinit(&out);
}

TEST(words_are_joined_parts_with_something_literal) {
	check_words("", "");
	check_words("a bb, (ccc)", "|a|bb|ccc");
	check_words("\xff\x02 \xff\x03:\xff\x02", "");
	check_words("user=erin\xff\x12;", "|user|[erin\xff\x12]");
	check_words("/etc/rc.d/x. y.", "|etc/rc.d/x|y");
	check_words("\xff\x02-\xff\x02.net -a a- a--b", "|[\xff\x02-\xff\x02.net]|a|a|a|b");
	check_words("\xc3\xa9t\xc3\xa9 \xe6\x97\xa5", "|\xc3\xa9t\xc3\xa9|\xe6\x97\xa5");
	check_words("\xe6\x97\xff\x02\xe6\xff\x03", "|\xe6\x97|\xe6");
	check_words("x\xff\x20 y", "|[x\xff\x20]|y"); /* a code that looks like a blank */
}

/* The sum of a skeleton with word i left out. */
static uint64_t without(const char *skeleton, uint32_t i) {
	struct word words[WORDS_MAX];
	uint64_t hash;
	uint32_t count = words_find(str_from(skeleton), WORDS_MAX, words, &hash);
	CHECK(i < count);
	return hash - words[i].hash + words[i].wild;
}

TEST(skeletons_that_differ_in_one_word_are_equal_without_it) {
	CHECK(without("a b c", 1) == without("a xx\xff\x02 c", 1));
	CHECK(without("a b c", 1) != without("a b d", 1));
	CHECK(without("a b c", 1) != without("a b c", 0));
	CHECK(without("a b c", 1) != without("a  b c", 1));
	CHECK(without("a b c", 1) != without("a b  c", 1));
	CHECK(without("a b", 1) != without("b a", 1));
}

TEST(words_beyond_the_most_are_part_of_the_rest) {
	struct word words[2];
	uint64_t one;
	uint64_t other;
	CHECK_EQ(words_find(STR("a b c"), 2, words, &one), 2);
	CHECK_EQ(words_find(STR("a b d"), 2, words, &other), 2);
	CHECK(one != other);
}

/* Tokens: blocks and single bytes see the same. */
#include "codec/skeleton_token.h"

#include "tap.h"

static void check_token(const char *text, size_t at, size_t start, size_t end, size_t run,
                        unsigned changes) {
	struct token token = token_around(str_from(text), 0, at);
	CHECK_EQ(token.start, start);
	CHECK_EQ(token.end, end);
	CHECK_EQ(token.run, run);
	CHECK_EQ(token.changes, changes);
}

TEST(tokens_go_from_letters_before_to_the_next_mark) {
	check_token("a web01 b", 5, 2, 7, 2, 1);
	check_token("12", 0, 0, 2, 2, 0);
	check_token("x 12ab34-", 2, 2, 8, 2, 2);
	check_token("9f4ef63 and more than sixteen bytes", 0, 0, 7, 1, 4);
	check_token("more than sixteen bytes before x1y", 32, 31, 34, 1, 2);
	check_token("54fadb412c4e40cdbaed9335e4c35a9e", 0, 0, 32, 2, 15);
	check_token("12345678901234567890123456789012abc ", 0, 0, 35, 32, 1);
	CHECK_EQ(token_around(STR("abc1"), 2, 3).start, 2);
}

TEST(blocks_and_bytes_see_the_same) {
	static const char bytes[] = "1a5F0z9Z-7 \xff:@`{[/Gg"; /* the ends of ranges, and beside */
	for (size_t i = 0; i < tap_rounds(20000); i++) {
		size_t len = 1 + tap_random() % 60;
		char *text = malloc(len);
		uint64_t kinds = 1 + tap_random() % 8;
		for (size_t k = 0; k < len; k++) {
			text[k] = bytes[tap_random() % (kinds < 8 ? kinds * 2 : sizeof(bytes) - 1)];
		}
		struct str whole = str_make(text, len);
		size_t digit = 0;
		while (digit < len && !char_is_digit(text[digit])) {
			digit++;
		}
		CHECK_EQ(next_digit(whole, 0), digit);
		if (digit < len) {
			struct token blocks = {.start = digit, .kinds = BYTE_DIGIT};
			struct token single = blocks;
			token_rest(whole, digit, &blocks);
			token_rest_bytes(whole, digit, &single);
			CHECK_EQ(blocks.end, single.end);
			CHECK_EQ(blocks.run, single.run);
			CHECK_EQ(blocks.kinds, single.kinds);
			CHECK_EQ(blocks.changes, single.changes);
		}
		free(text);
	}
}

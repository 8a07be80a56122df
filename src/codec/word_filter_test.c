/* What was added is perhaps there; most of what was not is surely not. */
#include "codec/word_filter.h"

#include "codec/packed.h"
#include "tap.h"

struct made {
	struct buf part;
	struct word_filter filter;
};

static void made_deinit(struct made *made) {
	buf_deinit(&made->part);
}

static void open_made(struct made *made) {
	struct str part = made->part.len == 0 ? STR("") : buf_str(&made->part);
	REQUIRE(word_filter_open(part, NULL, &made->filter) == ERR_OK);
}

static void make_of(struct made *made, struct str text, bool hex) {
	struct word_filter_writer *writer = word_filter_writer_new();
	word_filter_add(writer, text, hex);
	word_filter_put(writer, 4096, &made->part);
	word_filter_writer_free(writer);
	open_made(made);
}

static bool may_be(const struct made *made, struct str needle, bool bounded) {
	bool may = false;
	CHECK_EQ(word_filter_may_have(&made->filter, 1, needle, NULL, bounded, &may), ERR_OK);
	return may;
}

TEST(whole_words_are_told_in_any_case_and_with_any_number) {
	struct made made CLEANUP(made_deinit) = {0};
	make_of(&made, STR("Failed pass_word for user07 from blk_-12 (x)"), false);
	CHECK(may_be(&made, STR("FAILED"), true));
	CHECK(may_be(&made, STR("pass_word"), true));
	CHECK(may_be(&made, STR("user1234567"), true));
	CHECK(may_be(&made, STR("x"), true));
	CHECK(may_be(&made, STR("123"), true)); /* numbers are not told apart */
	CHECK(!may_be(&made, STR("Fail"), true));
	CHECK(!may_be(&made, STR("user"), true));
	CHECK(!may_be(&made, STR("user07x"), true));
	CHECK(!may_be(&made, STR("nosuchtoken123456"), true));
}

TEST(only_words_with_both_borders_are_asked) {
	struct made made CLEANUP(made_deinit) = {0};
	make_of(&made, STR("one two three"), false);
	CHECK(may_be(&made, STR("absent"), false));
	CHECK(may_be(&made, STR("xone two threex"), false));
	CHECK(!may_be(&made, STR("xone two threex"), true));
	CHECK(!may_be(&made, STR("one absent three"), false));
	CHECK(!may_be(&made,
	              STR("\xe3\x81\x82"
	                  "absent\xe3\x81\x82"),
	              false));
	CHECK(may_be(&made, STR("\xe3\x81\x82two\xe3\x81\x82"), true));
}

static bool may_be_masked(const struct made *made, struct str needle, struct str mask) {
	bool may = false;
	CHECK_EQ(needle.len, mask.len);
	CHECK_EQ(word_filter_may_have(&made->filter, 1, needle, mask.ptr, true, &may), ERR_OK);
	return may;
}

TEST(bits_that_do_not_count_leave_words_and_borders_open) {
	struct made made CLEANUP(made_deinit) = {0};
	make_of(&made, STR("one two"), false);
	CHECK(!may_be_masked(&made, STR("ab"), STR("  ")));
	CHECK(may_be_masked(&made, STR("ab"), STR("\x01 ")));
	CHECK(may_be_masked(&made, STR("a,b"), STR("\x00\x40\x00")));
	CHECK(!may_be_masked(&made, STR("a,b"), STR("\x00\x00\x00")));
	CHECK(may_be_masked(&made,
	                    STR("a\xfe"
	                        "b"),
	                    STR("\x00\x80\x00")));
}

TEST(hexadecimal_numbers_stand_for_each_other) {
	struct made made CLEANUP(made_deinit) = {0};
	make_of(&made, STR("0xa id_a a"), true);
	CHECK(may_be(&made, STR("0x7FFE01"), true));
	CHECK(may_be(&made, STR("id_77"), true));
	CHECK(may_be(&made, STR("dead"), true));
	CHECK(!may_be(&made, STR("xyz"), true));
	CHECK(!may_be(&made, STR("ig_77"), true));
}

TEST(kinds_of_too_many_words_are_left_open) {
	struct made made CLEANUP(made_deinit) = {0};
	struct word_filter_writer *writer = word_filter_writer_new();
	word_filter_add(writer, STR("few rare names"), false);
	for (size_t i = 0; i < 100000; i++) {
		char name[12] = "C";
		for (size_t k = 1; k < sizeof(name); k++) {
			name[k] = (char)('a' + tap_random() % 26);
		}
		word_filter_add(writer, str_make(name, sizeof(name)), false);
	}
	word_filter_put(writer, 4096, &made.part);
	word_filter_writer_free(writer);
	open_made(&made);
	CHECK(made.part.len < 128);
	CHECK_EQ(made.filter.open.len, 2);
	CHECK(may_be(&made, STR("cabcdefghijk"), true));
	CHECK(may_be(&made, STR("rare"), true));
	CHECK(!may_be(&made, STR("cabcdefghij"), true));
	CHECK(!may_be(&made, STR("dabcdefghijk"), true));
}

static void random_word(char *word, size_t len) {
	for (size_t i = 0; i < len; i++) {
		word[i] = "abcdefghijklmnopqrstuvwxyz_"[tap_random() % 27];
	}
}

/* All that was added is known whatever the room is; with enough of it little else is. */
TEST(a_filter_forgets_nothing_and_knows_little_else) {
	enum { COUNT = 6000, ROOMS = 4, LEN = 16 };
	static const size_t rooms[ROOMS] = {0, 600, 5000, 16384};
	struct buf words CLEANUP(buf_deinit) = {0};
	for (size_t i = 0; i < COUNT; i++) {
		size_t len = 2 + tap_random() % (LEN - 2);
		random_word(buf_reserve(&words, LEN), len);
		memset(words.ptr + words.len + len, ' ', LEN - len);
		words.len += LEN;
	}
	for (size_t room = 0; room < ROOMS; room++) {
		struct made made CLEANUP(made_deinit) = {0};
		struct word_filter_writer *writer = word_filter_writer_new();
		size_t wrong = 0;
		bool all = false;
		word_filter_add(writer, buf_str(&words), false);
		word_filter_put(writer, rooms[room], &made.part);
		word_filter_writer_free(writer);
		open_made(&made);
		CHECK(made.part.len <= rooms[room]);
		CHECK_EQ(word_filter_has_all(&made.filter, buf_str(&words), false, &all), ERR_OK);
		CHECK(all);
		for (size_t i = 0; i < 2000; i++) {
			char absent[20];
			random_word(absent, sizeof(absent));
			wrong += may_be(&made, str_make(absent, sizeof(absent)), true);
		}
		CHECK(rooms[room] <= 600 ? wrong == 2000 : wrong < 40);
	}
}

TEST(any_bytes_are_a_filter_or_an_error) {
	struct made made CLEANUP(made_deinit) = {0};
	size_t refused = 0;
	make_of(&made, STR("some words of a filter that is cut and changed"), false);
	for (size_t i = 0; i < tap_rounds(2000); i++) {
		struct word_filter filter;
		bool may;
		struct buf bad CLEANUP(buf_deinit) = {0};
		buf_append_str(&bad, buf_str(&made.part));
		bad.ptr[tap_random() % bad.len] ^= (char)(1 + tap_random() % 255);
		bad.ptr[0] = tap_random() % 4 == 0 ? (char)tap_random() : bad.ptr[0];
		bad.len -= tap_random() % 4 == 0 ? tap_random() % bad.len : 0;
		if (word_filter_open(buf_str(&bad), NULL, &filter) == ERR_OK) {
			CHECK_EQ(word_filter_may_have(&filter, 1, STR("some x y"), NULL, true, &may), ERR_OK);
		} else {
			refused++;
		}
	}
	CHECK(refused > 100);
	struct word_filter filter;
	CHECK_EQ(word_filter_open(STR("\x01"), NULL, &filter), ERR_CORRUPT);
}

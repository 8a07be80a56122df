/* Tokens: what is a word, and the promise that a text with a phrase in it has the phrase's tokens.
 */
#include "codec/token.h"

#include "base/utf8.h"
#include "tap.h"

struct bag {
	uint64_t hashes[4096];
	size_t count;
};

static void bag_add(void *ctx, uint64_t hash) {
	struct bag *bag = ctx;
	ASSERT(bag->count < ARRAY_LEN(bag->hashes));
	bag->hashes[bag->count++] = hash;
}

static bool bag_has(const struct bag *bag, uint64_t hash) {
	for (size_t i = 0; i < bag->count; i++) {
		if (bag->hashes[i] == hash) {
			return true;
		}
	}
	return false;
}

static bool bag_has_all(const struct bag *bag, const struct bag *parts) {
	for (size_t i = 0; i < parts->count; i++) {
		if (!bag_has(bag, parts->hashes[i])) {
			return false;
		}
	}
	return true;
}

static struct bag tokens(struct str text) {
	struct bag bag = {0};
	token_each(text, bag_add, &bag);
	return bag;
}

static struct bag inner_tokens(struct str text) {
	struct bag bag = {0};
	token_each_inner(text, bag_add, &bag);
	return bag;
}

static bool has(struct str text, struct str word) {
	struct bag all = tokens(text);
	struct bag part = tokens(word);
	return bag_has_all(&all, &part);
}

TEST(ascii_words_are_found_in_any_case) {
	struct str line = STR("Nov 22 12:00:01 web-1 sshd[4242]: Failed_password for ROOT");
	CHECK_EQ(tokens(line).count, 12);
	CHECK(has(line, STR("root")));
	CHECK(has(line, STR("SSHD")));
	CHECK(has(line, STR("4242")));
	CHECK(has(line, STR("failed_PASSWORD")));
	CHECK(!has(line, STR("password")));
	CHECK(!has(line, STR("roo")));
	CHECK(!has(line, STR("242")));
	CHECK(!has(line, STR("failed\x7fpassword")));
}

TEST(words_across_the_borders_of_blocks_are_whole) {
	char line[200];
	for (size_t from = 0; from < 150; from++) {
		for (size_t len = 1; len < 40; len++) {
			memset(line, ' ', sizeof(line));
			memset(line + from, 'x', len);
			struct bag bag = tokens(str_make(line, sizeof(line)));
			struct bag word = tokens(str_make(line + from, len));
			struct bag cut = tokens(str_make(line, from + len));
			CHECK_EQ(bag.count, 1);
			CHECK(word.count == 1 && bag.hashes[0] == word.hashes[0]);
			CHECK(cut.count == 1 && cut.hashes[0] == word.hashes[0]);
		}
	}
}

TEST(parts_of_japanese_words_are_found) {
	struct str line = STR("ユーザーrootのログインに失敗しました");
	CHECK(has(line, STR("ログイン")));
	CHECK(has(line, STR("失敗")));
	CHECK(has(line, STR("失")));
	CHECK(has(line, STR("root")));
	CHECK(has(line, STR("ROOTの")));
	CHECK(!has(line, STR("成功")));
	CHECK(!has(line, STR("敗失")));
}

TEST(other_letters_are_folded) {
	CHECK(has(STR("Ünïcode GROẞE Москва"), STR("ünÏcode große МОСКВА")));
	CHECK(has(STR("\xe2\x84\xaa"
	              "ernel"),
	          STR("kernel"))); /* the sign for kelvin */
	CHECK(!has(STR("Москва"), STR("Москв")) || !has(STR("Москва"), STR("Мсква")));
}

TEST(broken_bytes_part_words) {
	CHECK(has(STR("root\xff\xfe"
	              "admin"),
	          STR("root")));
	CHECK(has(STR("root\xff\xfe"
	              "admin"),
	          STR("admin")));
	CHECK_EQ(tokens(STR("\xff\xfe\xfd")).count, 0);
	CHECK_EQ(tokens(STR("")).count, 0);
}

TEST(inner_tokens_leave_out_what_may_be_part_of_more) {
	CHECK_EQ(inner_tokens(STR("password")).count, 0);
	CHECK_EQ(inner_tokens(STR("ssword fo")).count, 0);
	CHECK_EQ(inner_tokens(STR("ssword for ro")).count, 1);
	CHECK_EQ(inner_tokens(STR(" for ")).count, 1);
	CHECK_EQ(inner_tokens(STR("\xff for ")).count, 0);
	struct bag all = tokens(STR("Failed password for root"));
	struct bag part = inner_tokens(STR("word for ro"));
	CHECK(part.count == 1 && bag_has_all(&all, &part));
}

/* Characters that meet each other in every way: ASCII letters, blanks, spaced and unspaced scripts,
 * letters that fold to ASCII, broken bytes. */
static const char *const pieces[] = {"a",  "B", "_",  "7", " ",    "-", "é",  "Б",      "語",
                                     "の", "ท", "、", "ſ", "\xff", ".", "kk", "aaaaaaa"};

static void append_random(struct buf *out, size_t count, bool valid) {
	for (size_t i = 0; i < count; i++) {
		const char *piece = pieces[tap_random() % ARRAY_LEN(pieces)];
		if (!valid || (unsigned char)piece[0] != 0xff) {
			buf_append(out, piece, strlen(piece));
		}
	}
}

static uint32_t last_code(struct str text) {
	uint32_t code = 0;
	for (size_t at = 0; at < text.len;) {
		code = utf8_next(text, &at, NULL);
	}
	return code;
}

static bool is_border(uint32_t left, uint32_t right) {
	left = utf8_fold(left);
	right = utf8_fold(right);
	return left == 0 || right == 0 || !utf8_is_word(left) || !utf8_is_word(right) ||
	       utf8_is_unspaced(left) || utf8_is_unspaced(right);
}

/* Puts a needle between two random sides; whether its ends are word borders is for the caller. */
static void check_needle(struct str before, struct str needle, struct str after) {
	size_t at = 0;
	struct buf text = {0};
	buf_append_str(&text, before);
	buf_append_str(&text, needle);
	buf_append_str(&text, after);
	struct bag all = tokens(buf_str(&text));
	struct bag inner = inner_tokens(needle);
	bool ok = bag_has_all(&all, &inner);
	uint32_t first = needle.len == 0 ? 0 : utf8_next(needle, &at, NULL);
	at = 0;
	uint32_t next = after.len == 0 ? 0 : utf8_next(after, &at, NULL);
	if (is_border(last_code(before), first) && is_border(last_code(needle), next)) {
		struct bag whole = tokens(needle);
		ok = ok && bag_has_all(&all, &whole);
	}
	if (!CHECK(ok)) {
		printf("# '%.*s' in '%.*s'\n", STR_ARG(needle), STR_ARG(text));
	}
	buf_deinit(&text);
}

TEST(a_text_has_all_tokens_of_what_it_contains) {
	struct buf before = {0};
	struct buf needle = {0};
	struct buf after = {0};
	for (unsigned round = 0; round < 30000; round++) {
		buf_clear(&before);
		buf_clear(&needle);
		buf_clear(&after);
		append_random(&before, (size_t)(tap_random() % 4), false);
		append_random(&needle, 1 + (size_t)(tap_random() % 8), true);
		append_random(&after, (size_t)(tap_random() % 4), false);
		check_needle(buf_str(&before), buf_str(&needle), buf_str(&after));
	}
	buf_deinit(&before);
	buf_deinit(&needle);
	buf_deinit(&after);
}

TEST(the_hashes_are_those_of_the_file_format) {
	struct bag bag = tokens(STR("sshd 語 aé"));
	CHECK_EQ(bag.count, 4);
	struct buf text = {0};
	for (size_t i = 0; i < bag.count; i++) {
		buf_printf(&text, "%016llx\n", (unsigned long long)bag.hashes[i]);
	}
	tap_check_golden("tokens.txt", text.ptr, text.len);
	buf_deinit(&text);
}

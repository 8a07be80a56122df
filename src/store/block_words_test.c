/* A block is passed over for words that it has not, and never for those that it has. */
#include "store/block_words.h"

#include "base/bits.h"
#include "codec/word_filter.h"
#include "store/block_judge.h"
#include "tap.h"

#include "store/batch_sample.h"
#include "store/block_sample.h"

enum { ROWS = 4096, FIRST = 9000 };

static enum block_verdict judge(struct fixture *f, const struct expr *expr) {
	enum block_verdict verdict = BLOCK_ALL;
	CHECK_EQ(block_judge(f->viewed.block, expr, &verdict), ERR_OK);
	return verdict;
}

static struct expr *test_of(struct fixture *f, enum expr_test_kind kind, struct str field,
                            struct str text) {
	struct expr *expr = NULL;
	struct diag diag = {0};
	if (!CHECK_EQ(expr_test(f->arena, kind, field, text, &expr, &diag), ERR_OK)) {
		expr = expr_constant(f->arena, true);
	}
	return expr;
}

static enum block_verdict judge_text(struct fixture *f, enum expr_test_kind kind,
                                     const char *text) {
	return judge(f, test_of(f, kind, STR(""), str_from(text)));
}

TEST(words_that_no_row_has_pass_a_block_over) {
	for (int containers = 0; containers < 2; containers++) {
		struct fixture f;
		if (setup(&f, ROWS, FIRST, containers == 1)) {
			const struct word_filter *words;
			CHECK_EQ(block_words_of(f.viewed.block, &words), ERR_OK);
			CHECK(words[BLOCK_WORDS_IN_SHAPES].bits.len > 0);
			CHECK(words[BLOCK_WORDS_IN_STRINGS].bits.len > 0);
			CHECK_EQ(judge_text(&f, EXPR_WORDS, "nosuchtoken123456"), BLOCK_NONE);
			CHECK_EQ(judge_text(&f, EXPR_WORDS, "nosuchtoken123456 root"), BLOCK_NONE);
			CHECK_EQ(judge_text(&f, EXPR_CONTAINS, "nosuchtoken"), BLOCK_SOME);
			CHECK_EQ(judge_text(&f, EXPR_CONTAINS, "a nosuchtoken b"), BLOCK_NONE);
			CHECK_EQ(judge(&f, test_of(&f, EXPR_WORDS, STR("message"), STR("nosuchtoken"))),
			         BLOCK_SOME);
		}
		teardown(&f);
	}
}

/* Each word of each row, as a search has it. */
static size_t ask_row(struct fixture *f, struct str text) {
	size_t asked = 0;
	for (size_t from = 0; from < text.len; from++) {
		size_t to = from;
		while (to < text.len && (char_is_alpha(text.ptr[to]) || char_is_digit(text.ptr[to]) ||
		                         text.ptr[to] == '_')) {
			to++;
		}
		if (to > from) {
			struct str word = str_slice(text, from, to);
			if (judge(f, test_of(f, EXPR_WORDS, STR(""), word)) == BLOCK_NONE) {
				CHECK_STR(word, "");
			}
			asked++;
			from = to;
		}
	}
	return asked;
}

TEST(no_word_of_a_row_passes_its_block_over) {
	for (int containers = 0; containers < 2; containers++) {
		struct fixture f;
		size_t asked = 0;
		if (setup(&f, ROWS, FIRST, containers == 1)) {
			for (size_t i = 0; i < tap_rounds(300); i++) {
				asked += ask_row(&f, batch_text(f.batch, (uint32_t)(tap_random() % ROWS)));
			}
			CHECK(asked > 300);
			CHECK_EQ(block_words_check(f.viewed.block), ERR_OK);
		}
		teardown(&f);
	}
}

TEST(verdicts_are_joined_along_a_filter) {
	struct fixture f;
	if (setup(&f, ROWS, FIRST, false)) {
		struct expr *absent = test_of(&f, EXPR_WORDS, STR(""), STR("nosuchtoken123456"));
		struct expr *some = test_of(&f, EXPR_CONTAINS, STR(""), STR("e"));
		struct expr *both[2] = {some, absent};
		CHECK_EQ(judge(&f, expr_group(f.arena, EXPR_AND, both, 2)), BLOCK_NONE);
		CHECK_EQ(judge(&f, expr_group(f.arena, EXPR_OR, both, 2)), BLOCK_SOME);
		CHECK_EQ(judge(&f, expr_not(f.arena, absent)), BLOCK_ALL);
		CHECK_EQ(judge(&f, expr_not(f.arena, some)), BLOCK_SOME);
		CHECK_EQ(judge(&f, expr_constant(f.arena, true)), BLOCK_ALL);
		CHECK_EQ(judge(&f, expr_constant(f.arena, false)), BLOCK_NONE);
	}
	teardown(&f);
}

TEST(small_blocks_have_no_filter) {
	struct fixture f;
	struct lines *lines;
	struct buf parts[BLOCK_WORDS_PARTS] = {0};
	if (setup(&f, ROWS, FIRST, false)) {
		CHECK_EQ(block_texts(f.viewed.block, &lines), ERR_OK);
		block_words_put(lines, ROWS - 1, 1 << 20, parts);
		CHECK_EQ(parts[0].len + parts[1].len, 0);
		block_words_put(lines, ROWS, 1000, parts);
		CHECK_EQ(parts[0].len + parts[1].len, 0);
		block_words_put(lines, ROWS, 1 << 20, parts);
		CHECK(parts[0].len > 0);
		CHECK(parts[1].len > 0);
	}
	buf_deinit(&parts[0]);
	buf_deinit(&parts[1]);
	teardown(&f);
}

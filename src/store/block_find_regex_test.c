/* What is found in a block is compared with the texts of its rows. */
#include "store/block_find_regex.h"

#include "base/bits.h"
#include "store/block_regex_sample.h"
#include "tap.h"

enum { WORDS = REGEX_ROWS / 64 + 1 };

struct tally {
	size_t truth, maybe, sure;
};

static void compare(const struct sample *rows, struct str pattern, const bool *wanted,
                    struct tally *tally) {
	uint64_t maybe[WORDS] = {0};
	uint64_t sure[WORDS] = {0};
	uint32_t shapes[REGEX_ROWS];
	struct diag diag = {0};
	struct expr *expr = NULL;
	struct buf ended CLEANUP(buf_deinit) = {0};
	CLEANUP(arena_freep) struct arena *arena = arena_new(SIZE_MAX);
	struct block_finder finder = {.arena = arena,
	                              .lines = rows->lines,
	                              .rows = REGEX_ROWS,
	                              .words = bits_words(REGEX_ROWS),
	                              .wanted = wanted};
	REQUIRE(expr_test(arena, EXPR_REGEX, STR(""), pattern, &expr, &diag) == ERR_OK);
	CHECK(block_find_regex_can(expr));
	CHECK(block_find_regex(&finder, expr, maybe, sure) == ERR_OK);
	CHECK(lines_order(rows->lines, 0, REGEX_ROWS, shapes, NULL) == ERR_OK);
	struct regex_run *run = regex_run_new(expr_test_regex(expr));
	for (uint32_t i = 0; i < REGEX_ROWS; i++) {
		struct str ignored;
		bool truth;
		bool has;
		if ((wanted != NULL && !wanted[shapes[i]]) ||
		    !regex_row_truth(expr_test_regex(expr), run, text_at(rows, i), &ended, &truth, &ignored,
		                     &has)) {
			continue;
		}
		tally->truth += truth;
		tally->maybe += bits_get(maybe, i);
		tally->sure += bits_get(sure, i);
		CHECK(!truth || bits_get(maybe, i));
		CHECK(truth || !bits_get(sure, i));
		CHECK(bits_get(maybe, i) || !bits_get(sure, i));
	}
	regex_run_free(run);
	expr_free(expr);
}

TEST(no_row_is_missed_and_none_is_sure_that_does_not_match) {
	struct buf pattern CLEANUP(buf_deinit) = {0};
	struct tally tally = {0};
	struct sample sample CLEANUP(sample_deinit) = {0};
	sample_init(&sample, REGEX_ROWS, regex_rows_line);
	const struct sample *rows = &sample;
	bool *wanted = calloc(lines_shapes(rows->lines), sizeof(*wanted));
	for (size_t i = 0; i < 80; i++) {
		for (uint32_t k = 0; k < lines_shapes(rows->lines); k++) {
			wanted[k] = tap_random() % 4 != 0;
		}
		compare(rows, regex_rows_pattern(&pattern), i % 4 == 0 ? wanted : NULL, &tally);
	}
	CHECK(tally.truth > 1000);
	CHECK(tally.sure > tally.truth / 2);
	CHECK(tally.maybe < 3 * tally.truth);
	free(wanted);
}

TEST(rows_of_login_lines_are_sure) {
	struct tally tally = {0};
	struct sample sample CLEANUP(sample_deinit) = {0};
	sample_init(&sample, REGEX_ROWS, regex_rows_line);
	const struct sample *rows = &sample;
	compare(rows, STR("(?-i)Failed password for (invalid user )?\\S+ from 1\\d*\\.\\d+"), NULL,
	        &tally);
	CHECK(tally.truth > 100);
	CHECK(tally.maybe - tally.sure < tally.truth / 4);
	tally = (struct tally){0};
	compare(rows, STR("(?-i)Zed\\[\\d"), NULL, &tally); /* all rows of a shape */
	CHECK(tally.truth > 100);
	CHECK_EQ(tally.sure, tally.truth);
}

TEST(other_tests_are_not_asked) {
	struct diag diag = {0};
	struct expr *expr = NULL;
	CLEANUP(arena_freep) struct arena *arena = arena_new(SIZE_MAX);
	REQUIRE(expr_test(arena, EXPR_REGEX, STR(""), STR("^from "), &expr, &diag) == ERR_OK);
	CHECK(!block_find_regex_can(expr));
	expr_free(expr);
	REQUIRE(expr_test(arena, EXPR_REGEX, STR("user.name"), STR("from "), &expr, &diag) == ERR_OK);
	CHECK(!block_find_regex_can(expr));
	expr_free(expr);
	REQUIRE(expr_test(arena, EXPR_CONTAINS, STR(""), STR("from "), &expr, &diag) == ERR_OK);
	CHECK(!block_find_regex_can(expr));
	expr_free(expr);
}

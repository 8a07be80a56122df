/* What is said of rows from pieces of them is compared with their texts. */
#include "store/block_regex.h"

#include "base/bits.h"
#include "store/block_regex_sample.h"
#include "tap.h"

struct tally {
	size_t yes, no, open, elsewhere;
};

struct asked {
	const struct sample *rows;
	const struct regex *regex;
	struct regex_run *run;
	struct block_regex *of_block;
	uint32_t shapes[REGEX_ROWS], ranks[REGEX_ROWS];
	uint32_t row_of[REGEX_ROWS]; /* of the shape at hand, by rank */
	struct tally *tally;
};

static void compare_row(struct asked *asked, uint32_t row, uint32_t match) {
	struct buf ended CLEANUP(buf_deinit) = {0};
	struct str taken = STR("");
	struct str part = STR("");
	bool truth;
	bool has;
	struct str text = text_at(asked->rows, row);
	if (match == BLOCK_REGEX_OPEN) {
		asked->tally->open++;
		return;
	}
	if (!regex_row_truth(asked->regex, asked->run, text, &ended, &truth, &taken, &has)) {
		return;
	}
	asked->tally->yes += match != BLOCK_REGEX_NO;
	asked->tally->no += match == BLOCK_REGEX_NO;
	bool elsewhere = bits_get(block_regex_elsewhere(asked->of_block), row);
	asked->tally->elsewhere += elsewhere;
	if (!elsewhere || match != BLOCK_REGEX_NO) {
		if (!CHECK_EQ(match != BLOCK_REGEX_NO, truth)) {
			CHECK_STR(text, ""); /* to see it */
		}
	}
	if (!elsewhere && match != BLOCK_REGEX_NO) {
		CHECK_EQ(block_regex_captured(asked->of_block, match, 0, &part), has);
		CHECK(str_eq(part, taken));
	}
}

/* Some ranks of a shape, or all. */
static void compare_shape(struct asked *asked, const struct lines_once *once) {
	uint32_t ranks[REGEX_ROWS];
	uint32_t matches[REGEX_ROWS];
	uint32_t rows = lines_shape_rows(asked->rows->lines, once->shape);
	uint32_t count = 0;
	bool all = tap_random() % 3 == 0;
	unsigned sparse = 1 + (unsigned)(tap_random() % 5);
	for (uint32_t i = 0; i < REGEX_ROWS; i++) {
		if (asked->shapes[i] == once->shape) {
			asked->row_of[asked->ranks[i]] = i;
		}
	}
	for (uint32_t i = 0; i < rows; i++) {
		if (all || tap_random() % sparse == 0) {
			ranks[count++] = i;
		}
	}
	CHECK(block_regex_match(asked->of_block, once, all ? NULL : ranks, count, matches) == ERR_OK);
	for (uint32_t i = 0; i < count; i++) {
		if (matches[i] != BLOCK_REGEX_OPEN) {
			CHECK(matches[i] <= block_regex_matches(asked->of_block));
		}
		compare_row(asked, asked->row_of[ranks[i]], matches[i]);
	}
}

/* Rows of shapes in which no match can begin at one place. */
static void compare_others(struct asked *asked) {
	size_t count;
	const struct lines_once *once = block_regex_shapes(asked->of_block, &count);
	bool *has = calloc(lines_shapes(asked->rows->lines), sizeof(*has));
	for (size_t i = 0; i < count; i++) {
		has[once[i].shape] = true;
	}
	for (uint32_t i = 0; i < REGEX_ROWS; i++) {
		if (!has[asked->shapes[i]] && !bits_get(block_regex_elsewhere(asked->of_block), i)) {
			compare_row(asked, i, BLOCK_REGEX_NO);
		}
	}
	free(has);
}

static void compare(const struct sample *rows, struct str pattern, struct tally *tally) {
	struct asked asked = {.rows = rows, .tally = tally};
	struct regex *regex = NULL;
	struct diag diag = {0};
	size_t count;
	REQUIRE(regex_new(pattern, &regex, &diag) == ERR_OK);
	asked.regex = regex;
	asked.run = regex_run_new(regex);
	CHECK(lines_order(rows->lines, 0, REGEX_ROWS, asked.shapes, asked.ranks) == ERR_OK);
	CHECK(block_regex_new(rows->lines, regex, NULL, REGEX_ROWS, &asked.of_block) == ERR_OK);
	const struct lines_once *once = block_regex_shapes(asked.of_block, &count);
	for (size_t i = 0; i < count; i++) {
		compare_shape(&asked, &once[i]);
	}
	compare_others(&asked);
	block_regex_free(asked.of_block);
	regex_run_free(asked.run);
	regex_free(regex);
}

TEST(what_is_said_of_a_row_is_what_its_text_says) {
	struct buf pattern CLEANUP(buf_deinit) = {0};
	struct tally tally = {0};
	struct sample sample CLEANUP(sample_deinit) = {0};
	sample_init(&sample, REGEX_ROWS, regex_rows_line);
	const struct sample *rows = &sample;
	for (size_t i = 0; i < 60; i++) {
		compare(rows, regex_rows_pattern(&pattern), &tally);
	}
	CHECK(tally.yes > 1000);
	CHECK(tally.no > 1000);
	CHECK(tally.elsewhere > 100);
	CHECK(tally.open < tally.yes);
}

TEST(rows_of_login_lines_are_all_told_without_their_texts) {
	struct tally tally = {0};
	struct sample sample CLEANUP(sample_deinit) = {0};
	sample_init(&sample, REGEX_ROWS, regex_rows_line);
	const struct sample *rows = &sample;
	compare(rows, STR("(?-i)Failed password for (?<x>(invalid user )?\\S+) from 1\\d*\\.\\d+"),
	        &tally);
	CHECK(tally.yes > 20);
	CHECK(tally.open == 0);
}

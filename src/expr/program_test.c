/* Programs: answers, what is asked, and what is not a program. */
#include "expr/program.h"

#include "base/limits.h"
#include "tap.h"

#define PROGRAM(...)                                                              \
	((struct program){.ops = (const struct program_op[]){__VA_ARGS__},            \
	                  .count = sizeof((const struct program_op[]){__VA_ARGS__}) / \
	                           sizeof(struct program_op)})

/* 0 and not (1 or 2) */
static const struct program_op sample_ops[] = {
    {PROGRAM_AND, 0, 6}, {PROGRAM_ATOM, 0, 2}, {PROGRAM_NOT, 0, 6},
    {PROGRAM_OR, 0, 6},  {PROGRAM_ATOM, 1, 5}, {PROGRAM_ATOM, 2, 6},
};
static const struct program sample = {sample_ops, ARRAY_LEN(sample_ops)};

TEST(a_program_answers_for_every_set_of_bits) {
	REQUIRE(program_valid(&sample, 3));
	for (uint64_t bits = 0; bits < 8; bits++) {
		bool expected = (bits & 1) != 0 && (bits & 6) == 0;
		CHECK_EQ(program_eval(&sample, &bits), expected);
	}
	CHECK(!program_holds_without(&sample));
	CHECK(program_holds_without(&PROGRAM({PROGRAM_NOT, 0, 2}, {PROGRAM_ATOM, 0, 2})));
	CHECK(program_holds_without(&PROGRAM({PROGRAM_AND, 0, 1})));
	CHECK(!program_holds_without(&PROGRAM({PROGRAM_OR, 0, 1})));
}

static bool count_asked(void *ctx, uint32_t atom) {
	(*(int *)ctx)++;
	return atom == 1;
}

TEST(atoms_that_cannot_change_the_answer_are_not_asked) {
	int asked = 0;
	CHECK(!program_eval_with(&sample, count_asked, &asked));
	CHECK_EQ(asked, 1);
}

TEST(what_is_not_one_tree_is_refused) {
	CHECK(!program_valid(&sample, 2));
	CHECK(!program_valid(&PROGRAM({PROGRAM_ATOM, 0, 2}), 1));
	CHECK(!program_valid(&PROGRAM({PROGRAM_ATOM, 0, 1}, {PROGRAM_ATOM, 0, 2}), 1));
	CHECK(!program_valid(&PROGRAM({PROGRAM_ATOM, 0, 0}), 1));
	CHECK(!program_valid(&PROGRAM({PROGRAM_NOT, 0, 1}), 1));
	CHECK(!program_valid(&PROGRAM({PROGRAM_NOT, 0, 3}, {PROGRAM_ATOM, 0, 2}, {PROGRAM_ATOM, 0, 3}),
	                     1));
	CHECK(!program_valid(&PROGRAM({PROGRAM_AND, 0, 2}, {PROGRAM_ATOM, 0, 3}), 1));
	CHECK(!program_valid(&PROGRAM({PROGRAM_KIND_COUNT, 0, 1}), 1));
	struct program empty = {sample_ops, 0};
	CHECK(!program_valid(&empty, 3));
}

TEST(deep_nesting_is_refused) {
	struct program_op ops[LIMIT_PROGRAM_DEPTH + 1];
	uint32_t count = ARRAY_LEN(ops);
	for (uint32_t i = 0; i < count; i++) {
		ops[i] = (struct program_op){i + 1 < count ? PROGRAM_NOT : PROGRAM_ATOM, 0, count};
	}
	CHECK(!program_valid(&(struct program){ops, count}, 1));
	for (uint32_t i = 1; i < count; i++) {
		ops[i].end--;
	}
	CHECK(program_valid(&(struct program){ops + 1, count - 1}, 1));
}

TEST(random_bytes_are_never_run_wild) {
	for (size_t round = 0; round < tap_rounds(20000); round++) {
		struct program_op ops[6];
		for (size_t i = 0; i < ARRAY_LEN(ops); i++) {
			ops[i] = (struct program_op){(uint32_t)(tap_random() % 5), (uint32_t)(tap_random() % 3),
			                             (uint32_t)(tap_random() % 8)};
		}
		struct program program = {ops, 1 + (uint32_t)(tap_random() % 6)};
		uint64_t bits = tap_random();
		if (program_valid(&program, 3)) {
			bool answer = program_eval(&program, &bits);
			CHECK(answer == program_eval(&program, &bits));
		}
	}
}
